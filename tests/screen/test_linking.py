"""Linking: equal valid numbers are one person; near ones are offered to a person and used only once decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taizhang.kit import idnumber
from taizhang.screen import engine, feeds, intake, link
from taizhang.screen.engine import DuckEngine
from taizhang.screen.link import Decision, Linked, RegisterRow
from tests.screen.county import DAY, LIBRARY, County, number, read_parquet, write_csv

HEADER = ["证件号码", "姓名", "就诊日期", "个人自付"]


def bills(county: County, *people: tuple[str, str]) -> None:
    county.send(
        "medical",
        *(
            {"证件号码": who, "姓名": name, "就诊日期": "2021-12-01", "个人自付": str(at)}
            for at, (who, name) in enumerate(people, 1)
        ),
    )


def test_an_equal_valid_number_is_the_same_person_and_another_name_is_noted(county: County) -> None:
    one = county.resident("A", "李兰", "1970-01-01")
    bills(county, (one, "李 兰"), (one, "王静"), (one, ""), (one[:6] + one[8:17], "李兰"))
    found = county.screen()
    assert found.links_of("medical") == [(row, one, "same") for row in (2, 3, 4, 5)]
    assert [(row["row"], row["how"], row["score"]) for row in found.links if row["differs"]] == [(3, "number", 1.0)]


def test_numbers_one_edit_or_exchange_away_are_offered_with_the_resident_they_may_mean(county: County) -> None:
    one = county.resident("A", "李兰", "1974-03-21")
    county.resident("B", "王静", "1985-06-15")
    at = next(at for at in range(8, 16) if one[at] != one[at + 1])
    edits = [
        one[:9] + str((int(one[9]) + 3) % 10) + one[10:],  # a digit changed
        one[:at] + one[at + 1] + one[at] + one[at + 2 :],  # neighbours exchanged
        one[:10] + one[11:], one[:5] + one[6:], one[:17],  # a character missing
        one[:12] + "7" + one[12:], one + "0", "1" + one,  # one too many
        one[:17] + ("1" if one[17] != "1" else "2"),  # the check character wrong
        one[:8] + "O" + one[9:],  # a letter for a digit
    ]  # fmt: skip
    bills(county, *((text, "另一个名字") for text in edits))
    found = county.screen()
    assert found.links_of("medical") == [(row, one, "person") for row in range(2, 2 + len(edits))]
    assert {row["how"] for row in found.links} == {"edit"}


@pytest.mark.parametrize("serial", range(2))
def test_every_near_number_is_found_whatever_the_place(county: County, serial: int) -> None:
    one = county.resident("A", "李兰", f"19{50 + serial * 13}-1{serial % 3}-0{serial + 1}")
    damaged = {one[:at] + digit + one[at + 1 :] for at in range(18) for digit in "0123456789"} | {
        one[:at] + one[at + 1 :] for at in range(18)
    }
    damaged |= {one[:at] + digit + one[at:] for at in range(19) for digit in "019X"}
    damaged |= {one[:at] + one[at + 1] + one[at] + one[at + 2 :] for at in range(17)}
    wrong = sorted(text for text in damaged if text != one and not idnumber.is_valid(text))
    bills(county, *((text, "某") for text in wrong))
    assert county.screen().links_of("medical") == [(row, one, "person") for row in range(2, 2 + len(wrong))]


def test_a_name_with_the_birth_date_and_area_of_the_number_is_offered(county: County) -> None:
    one = county.resident("A", "李兰", "1974-03-21")
    typo = county.resident("B", "王静", "1985-06-15", written="990503198506150999")
    masked, unknown = one[:14] + "****", number("1974-03-21", 999)
    bills(
        county,
        (masked, "李兰"),
        (unknown, "李兰"),
        (masked, "王静"),
        (unknown, ""),
        ("", "李兰"),
        (typo, "王静"),
        (one[:6] + "19740322" + "****", "李兰"),
    )
    found = county.screen()
    assert found.links_of("medical") == [
        (2, one, "person"), (3, one, "person"), (4, "", "different"), (5, "", "different"), (6, "", "different"),
        (7, "990503198506150999", "person"), (8, "", "different"),
    ]  # fmt: skip
    assert {row["how"] for row in found.links if row["band"] == "person"} == {"birth"}


def test_a_row_left_to_a_person_or_to_nobody_is_accepted_and_feeds_no_rule(county: County) -> None:
    one = county.resident("A", "李兰", kind="脱贫户")
    wrong = one[:17] + ("1" if one[17] != "1" else "2")
    county.send(
        "medical",
        *(
            {"证件号码": who, "姓名": "李兰", "就诊日期": "2021-12-01", "个人自付": "9000"}
            for who in (wrong, number("1960-01-01", 77))
        ),
    )
    found = county.screen()
    assert found.report.inputs["medical"]["accepted"] == 2
    assert found.alerts == []


def test_a_person_twice_in_one_household_is_one_person(county: County) -> None:
    one = county.resident("A", "李兰", kind="脱贫户")
    county.resident("A", "李小兰", written=one, kind="脱贫户")
    county.send("medical", {"证件号码": one, "姓名": "", "就诊日期": "2021-12-01", "个人自付": "2500.00"})
    county.send("insured", {"证件号码": one, "姓名": "", "参保年度": "2021"})
    found = county.screen()
    assert found.alerts == []
    assert found.links_of("medical") == [(2, one, "same")]


# --- for a site: its own register, decisions of people, nothing that names anybody ----------------------------------------------


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[DuckEngine]:
    """A locked engine on the test's own folder."""
    opened = engine.open_engine("duckdb", [tmp_path], scratch=tmp_path / "scratch")
    opened.lock()
    yield opened
    opened.close()


ONE, TWO = number("1974-03-21"), number("1985-06-15")
WRONG = ONE[:17] + ("1" if ONE[17] != "1" else "2")


def sealed(text: str) -> str:
    return f"key({len(text)}:{text[-2:]})"


def linked(machine: DuckEngine, place: Path, *decisions: Decision) -> Linked:
    rows = [[ONE, "李兰", "2021-12-01", "1"], [WRONG, "李兰", "2021-12-02", "2"], [TWO, "王静", "2021-12-03", "3"]]
    path = write_csv(place / "medical.csv", [HEADER, *rows])
    read = intake.read(machine, feeds.read(LIBRARY / "feeds" / "medical.yaml"), [path], place / "read")
    people = [
        RegisterRow("p1", "h1", ONE, "李兰", "410503100201", "脱贫户", True),
        RegisterRow("p2", "h2", TWO, "王静", "410503100201", "", True),
    ]
    link.load_register_rows(machine, people)
    return link.link(machine, [read], place / "linked", decisions=decisions, key=sealed, day=DAY)


def test_concealed_rows_hold_no_number_name_or_free_text_but_a_keyed_mark(machine: DuckEngine, tmp_path: Path) -> None:
    found = linked(machine, tmp_path)
    rows = read_parquet(found.feeds["medical"][0])
    assert [row["person"] for row in rows] == ["p1", None, "p2"]
    assert set(rows[0]) == {
        "file",
        "row",
        "line",
        "person",
        "differs",
        "how",
        "visited_on",
        "total",
        "refunded",
        "self_paid",
        "mark",
    }
    assert [row["person"] for row in read_parquet(found.offered["medical"][0])] == ["p1"]
    for path in (*found.feeds["medical"], *found.offered["medical"]):
        held = path.read_bytes()
        assert not any(text.encode() in held for text in (ONE, TWO, WRONG, ONE[:17], "李兰", "王静"))
    assert len({row["mark"] for row in rows}) >= 1
    assert all(row["mark"].startswith("key(") for row in rows)


def test_a_decision_is_used_again_for_every_row_that_says_the_same(machine: DuckEngine, tmp_path: Path) -> None:
    same = linked(machine, tmp_path / "same", Decision(sealed(WRONG), "p1", same=True))
    assert [(row["person"], row["how"]) for row in read_parquet(same.feeds["medical"][0])] == [
        ("p1", "number"),
        ("p1", "decided"),
        ("p2", "number"),
    ]
    assert same.offered == {}
    different = linked(machine, tmp_path / "different", Decision(sealed(WRONG), "p1", same=False))
    assert [row["person"] for row in read_parquet(different.feeds["medical"][0])] == ["p1", None, "p2"]
    assert different.offered == {}
