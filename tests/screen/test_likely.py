"""A trained model and doubtful rows: three bands, what may never be taken by a score, and the arithmetic that is Splink's."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import likely, linkage, scoring, sounds, training
from taizhang.screen.engine import DuckEngine
from tests.screen.county import DAY, LIBRARY, County, number
from tests.screen.learnt import model

BILL = {"就诊日期": "2021-12-01", "个人自付": "6000"}


def wrong(text: str, at: int = 9) -> str:
    """The number with one figure changed; its check character is not right then."""
    return text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1 :]


def test_a_row_one_figure_off_with_the_same_name_is_the_same_and_feeds_signals_with_a_model_only(
    county: County,
) -> None:
    one = county.resident("A", "李兰", "1974-03-21", kind="脱贫户")
    county.send("medical", {"证件号码": wrong(one), "姓名": "李兰", **BILL})
    plain, learnt = county.screen(), county.screen(model=model())
    assert (plain.links_of("medical"), plain.hit("R01")) == ([(2, one, "person")], set())
    assert (learnt.links_of("medical"), learnt.hit("R01")) == ([(2, one, "same")], {"A"})
    assert [(row["how"], row["differs"]) for row in learnt.links] == [("model", False)]
    assert learnt.links[0]["score"] > 0.999
    assert (plain.report.model, len(learnt.report.model)) == ("", 64)


def test_a_name_that_sounds_the_same_and_one_that_could_not_be_written_are_taken_too(county: County) -> None:
    people = [
        county.resident(f"H{at}", name, f"19{60 + at}-03-21") for at, name in enumerate(("李喆", "王堃", "赵云舒"))
    ]
    county.send(
        "medical",
        *(
            {"证件号码": wrong(one), "姓名": name, **BILL}
            for one, name in zip(people, ("李哲", "王?", "赵云SHU"), strict=True)
        ),
    )
    assert county.screen(model=model()).links_of("medical") == [(row, one, "same") for row, one in enumerate(people, 2)]


def test_a_near_number_under_a_wholly_other_name_is_left_to_people_or_to_nobody(county: County) -> None:
    one = county.resident("A", "李兰", "1974-03-21")
    county.send("medical", {"证件号码": wrong(one), "姓名": "王静", **BILL})
    assert county.screen(model=model()).links_of("medical") == [(2, one, "person")]
    against = {
        "number": (20.0, 16.0, 14.0, 12.0, 10.0, 8.0, 4.0, -10.0),
        "name": (12.0, 10.0, 8.0, 6.0, 2.0, 2.0, -6.0, -30.0),
    }
    assert county.screen(model=model(against)).links_of("medical") == [(2, "", "different")]


def test_of_two_who_fit_alike_none_is_taken(county: County) -> None:
    first, second = (county.resident(house, "李兰", "1974-03-21") for house in "AB")
    between = next(
        first[:at] + digit + first[at + 1 :]
        for at in range(14, 17)
        for digit in "0123456789"
        if sum(a != b for a, b in zip(first[:at] + digit + first[at + 1 :], second, strict=True)) <= 2
        and digit != first[at]
    )
    county.send("medical", {"证件号码": between, "姓名": "李兰", **BILL})
    found = county.screen(model=model())
    assert {(resident, band) for _, resident, band in found.links_of("medical")} == {
        (first, "person"),
        (second, "person"),
    }


def test_nobody_is_dead_by_a_score(county: County) -> None:
    one = county.resident("A", "李兰", "1974-03-21")
    county.send("deaths", {"证件号码": wrong(one), "姓名": "李兰", "死亡日期": "2021-12-01"})
    assert county.screen(model=model()).links_of("deaths") == [(2, one, "person")]


def test_a_row_with_a_name_alone_is_nobody(county: County) -> None:
    county.resident("A", "李兰", "1974-03-21")
    county.send("medical", {"证件号码": "", "姓名": "李兰", **BILL})
    assert county.screen(model=model()).links_of("medical") == [(2, "", "different")]


def test_a_file_that_is_no_model_and_one_for_other_comparisons_are_refused(county: County) -> None:
    county.resident("A")
    for content, code in (
        (b"{}", "no_model"),
        (b"\x00", "no_model"),
        (model(settings="0" * 64), "model_of_other_settings"),
    ):
        with pytest.raises(Refusal) as refused:
            county.screen(model=content)
        assert refused.value.code == code


def test_a_larger_register_than_the_one_trained_on_makes_the_same_row_less_sure(county: County) -> None:
    one = county.resident("A", "李兰", "1974-03-21")
    county.send("medical", {"证件号码": wrong(one), "姓名": "李兰", **BILL})
    scores = [county.screen(model=model(people=people)).links[0]["score"] for people in (1000, 10)]
    assert scores[0] > scores[1]


def test_names_sound_by_their_characters_and_letters_stand_for_themselves() -> None:
    assert [sounds.of(name) for name in ("李喆", "李ZHE", "吕堃", "阿依古丽·买买提")] == [
        "lizhe",
        "lizhe",
        "lvkun",
        "ayiguli·maimaiti",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("levels:", "levels_:"), "levels"),
        (("name_l = name_r", "read_csv('x') = name_r"), "READ_CSV"),
        (("{zh: 不同, en: different}", "{when: name_l = name_r, zh: 不同, en: different}"), "condition"),
    ],
)
def test_settings_with_a_fault_are_refused_with_their_file(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    path = tmp_path / "person.yaml"
    path.write_text(
        (LIBRARY / "linkage" / "person.yaml").read_text(encoding="utf-8").replace(*change), encoding="utf-8"
    )
    with pytest.raises(Refusal) as refused:
        linkage.read(path)
    assert "person.yaml" in refused.value.text.en
    assert said in refused.value.text.en


# --- training -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> tuple[list[tuple[int, str, str]], list[tuple[str, str]]]:
    """A register of 1,500 and 300 rows about some of them, with one figure wrong or another way of writing the name."""
    dice = random.Random(7)
    given = "安柏辰川丹恩帆光涵嘉柯岚铭宁鹏启荣珊桐薇夏妍泽知"
    known = [
        (
            at,
            number(f"19{40 + at % 60}-{1 + at % 12:02d}-{1 + at % 28:02d}", at % 1000),
            dice.choice("王李张刘陈杨赵黄") + dice.choice(given) + dice.choice(given),
        )
        for at in range(1500)
    ]
    rows = [
        (wrong(text, dice.randrange(8, 17)), name if at % 5 else name[0] + dice.choice(given) + name[2])
        for at, text, name in dice.sample(known, 300)
    ]
    return known, rows


@pytest.fixture(scope="module")
def trained(
    people: tuple[list[tuple[int, str, str]], list[tuple[str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[DuckEngine, bytes]:
    known, rows = people
    place = tmp_path_factory.mktemp("trained")
    engine = DuckEngine([place], scratch=place / "scratch")
    engine.run("CREATE TEMP TABLE people (id BIGINT, number VARCHAR, name VARCHAR)")
    engine.insert("people", known)
    engine.run("CREATE TEMP TABLE written (number VARCHAR, name VARCHAR)")
    engine.insert("written", rows)
    likely.features(engine, known="people", rows="written")
    return engine, training.train(engine.connection, linkage.for_feeds(LIBRARY)[0], "known", "doubtful", pairs=200_000)


def test_scores_are_those_that_splink_gives_with_the_same_model(trained: tuple[DuckEngine, bytes]) -> None:
    engine, content = trained
    settings = linkage.for_feeds(LIBRARY)[0]
    scoring.pair_up(engine, settings, "known", "doubtful")
    scoring.score(engine, settings, linkage.model(content, settings), "known", "doubtful")
    ours = {(left, right): bits for left, right, bits in engine.rows("SELECT id_l, id_r, bits FROM scored")}
    theirs = training.predicted(engine.connection, settings, content, "known", "doubtful")
    assert len(ours) > 250
    assert theirs.keys() == ours.keys()
    assert max(abs(theirs[pair] - ours[pair]) for pair in ours) < 1e-6


def test_a_model_holds_numbers_per_level_and_nobody(
    trained: tuple[DuckEngine, bytes], people: tuple[list[tuple[int, str, str]], list[tuple[str, str]]]
) -> None:
    text = trained[1].decode()
    told = json.loads(text)
    assert sorted(told) == ["linkage", "prior", "rows", "settings", "splink", "weights"]
    assert told["rows"] == [1500, 300]
    assert not [name for _, own, name in people[0] if name in text or own in text]


def test_training_from_files_needs_enough_rows_in_doubt(county: County) -> None:
    one = county.resident("A", "李兰", "1974-03-21")
    county.send("medical", {"证件号码": wrong(one), "姓名": "李兰", **BILL})
    county.write()
    with pytest.raises(Refusal) as refused:
        training.train_files(county.place / "registers", county.place / "feeds", DAY, library=LIBRARY)
    assert refused.value.code == "too_few_rows"
