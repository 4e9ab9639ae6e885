"""A run that goes on from an earlier one finds what a full run finds, to the row, whatever changed in between."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taizhang.kit import idnumber
from taizhang.kit.refusal import Refusal
from taizhang.screen import proof, run, since
from tests.screen.changing import Changing, moved_on
from tests.screen.county import DAY, LIBRARY, County, number, read_parquet


def rows(out: Path, name: str) -> list[str]:
    return sorted(map(repr, read_parquet(out / f"{name}.parquet")))


def told(out: Path, report: run.Report) -> dict[str, Any]:
    """All that a run says: alerts in their order, rejects in theirs, links, and its report."""
    return {
        "alerts": read_parquet(out / "alerts.parquet"),
        "rejects": read_parquet(out / "rejects.parquet"),
        "links": rows(out, "links"),
        "hits": report.hits,
        "not_evaluated": report.not_evaluated,
        "inputs": report.inputs,
    }


def brought_up(links: list[dict[str, Any]], out: Path) -> list[str]:
    """The links of before with those of `links-since` in the place of theirs."""
    news = read_parquet(out / "links-since.parquet")
    other = {(one["feed"], one["file"], one["row"]) for one in news}
    kept = [one for one in links if (one["feed"], one["file"], one["row"]) not in other]
    now = [{name: value for name, value in one.items() if name != "gone"} for one in news if not one["gone"]]
    return sorted(map(repr, [*kept, *now]))


def lived(place: Path, seed: int, yards: int, steps: int) -> list[int | None]:
    """Live a sequence of changes, each day going on from the day before and once in full; give how many households were touched."""
    files, rng, touched = Changing(place, yards, seed), Random(seed), []
    files.write()
    registers, feeds = place / "registers", place / "feeds"
    last = place / "full0"
    run.screen_files(registers, feeds, files.day, last, library=LIBRARY, state=True)
    shutil.copytree(last, place / "since0")
    for at in range(1, steps + 1):
        files.step(days=moved_on(files.day, rng))
        files.write()
        before, on, full = place / f"since{at - 1}", place / f"since{at}", place / f"full{at}"
        mine = since.screen_since(before, registers, feeds, files.day, on, library=LIBRARY, links=True)
        whole = run.screen_files(registers, feeds, files.day, full, library=LIBRARY)
        assert told(on, mine) == told(full, whole), f"seed {seed}, step {at}"
        assert brought_up(read_parquet(last / "links.parquet"), on) == rows(full, "links"), f"seed {seed}, step {at}"
        last = full
        touched.append(mine.since["households"])
    return touched


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_sequence_of_changes_gives_what_full_runs_give(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Thirty sequences side by side; `python -m bench deltas` lives a thousand."""
    lived(tmp_path_factory.mktemp("changing"), seed, yards=30, steps=2)


def bill(number: str, paid: str, day: str) -> dict[str, str]:
    return {"证件号码": number, "姓名": "", "就诊日期": day, "个人自付": paid}


def go_on(county: County, earlier: str, out: str, days: int = 1) -> run.Report:
    county.write()
    day = DAY + timedelta(days=days)
    return since.screen_since(county.place / earlier, county.place / "registers", county.place / "feeds", day, county.place / out, library=LIBRARY)  # fmt: skip


@pytest.fixture
def three(county: County) -> County:
    """Three households with a state: A is hit by a bill that leaves the window tomorrow, B by one that stays, C by none."""
    bills = {"A": "2020-12-21", "B": "2021-06-01", "C": "2021-06-01"}
    for household, day in bills.items():
        county.send(
            "medical", bill(county.resident(household, kind="脱贫户"), "1" if household == "C" else "5000", day)
        )
    county.write()
    run.screen_files(
        county.place / "registers", county.place / "feeds", DAY, county.place / "one", library=LIBRARY, state=True
    )
    return county


def test_only_whom_the_day_or_a_row_concerns_is_reckoned_anew(three: County) -> None:
    report = go_on(three, "one", "two")
    assert (report.since, report.hits["R01"]) == ({"run": "one", "rows": 0, "households": 1}, 1)
    three.send("medical", bill(three.people[2][2], "4999", "2021-12-21"))
    report = go_on(three, "two", "three")
    assert (report.since, report.hits["R01"]) == ({"run": "two", "rows": 1, "households": 1}, 2)
    news = read_parquet(three.place / "three" / "links-since.parquet")
    assert [(one["feed"], one["row"], one["resident"], one["gone"]) for one in news] == [
        ("medical", 5, three.people[2][2], False)
    ]


def test_another_threshold_or_other_rules_concern_everybody(three: County) -> None:
    numbers = three.place / "numbers.yaml"
    numbers.write_text(
        'r01_self_paid:\n  zh: 自付\n  en: Paid\n  type: money\n  values:\n    - {area: "", from: 2019-01-01, value: 1, source: 试验, sure: chosen}\n',
        encoding="utf-8",
    )
    place = three.place
    report = since.screen_since(
        place / "one", place / "registers", place / "feeds", DAY, place / "two", numbers, library=LIBRARY
    )
    assert (report.since["households"], report.hits["R01"]) == (None, 3)
    about = place / "two" / "state" / "state.json"
    about.write_text(json.dumps(json.loads(about.read_text(encoding="utf-8")) | {"law": "of others"}), encoding="utf-8")
    report = since.screen_since(
        place / "two", place / "registers", place / "feeds", DAY, place / "three", library=LIBRARY
    )
    assert (report.since, report.hits["R01"]) == ({}, 2)
    assert (place / "three" / "links.parquet").is_file()


def test_a_run_without_a_state_cannot_be_gone_on_from(three: County) -> None:
    with pytest.raises(Refusal) as refused:
        go_on(three, "none", "two")
    assert refused.value.code == "no_state"


def test_the_proof_agrees_with_a_run_and_names_the_household_of_an_alert_that_was_altered(three: County) -> None:
    place = three.place
    go_on(three, "one", "two")
    good = proof.prove(place / "two", place / "registers", place / "feeds", library=LIBRARY)
    assert (good.households, good.alerts, good.differing) == (3, 1, ())
    assert set(good.files) == {"residents.csv", "medical.csv"}
    alerts = (place / "two" / "alerts.parquet").absolute()
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE alerts AS SELECT * REPLACE ('A' AS household) FROM read_parquet('{alerts}')")
        connection.execute(f"COPY alerts TO '{alerts}' (FORMAT parquet)")
    assert proof.prove(place / "two", place / "registers", place / "feeds", library=LIBRARY).differing == ("A", "B")


def test_a_resident_who_comes_later_is_offered_for_every_near_number_that_nobody_was_found_for(county: County) -> None:
    one = number("1974-03-21", 658)
    damaged = {one[:at] + digit + one[at + 1 :] for at in range(18) for digit in "0123456789"} | {
        one[:at] + one[at + 1 :] for at in range(18)
    }
    damaged |= {one[:at] + digit + one[at:] for at in range(19) for digit in "019X"}
    damaged |= {one[:at] + one[at + 1] + one[at] + one[at + 2 :] for at in range(17)}
    wrong = sorted(text for text in damaged if text != one and not idnumber.is_valid(text))
    county.resident("B", "王静", "1985-06-15")
    county.send(
        "medical", *({"证件号码": text, "姓名": "某", "就诊日期": "2021-06-01", "个人自付": "1"} for text in wrong)
    )
    county.write()
    run.screen_files(
        county.place / "registers", county.place / "feeds", DAY, county.place / "one", library=LIBRARY, state=True
    )
    assert {row["band"] for row in read_parquet(county.place / "one" / "links.parquet")} == {"different"}
    county.people.append(("A", "李兰", one, "户主", *county.people[0][4:]))
    go_on(county, "one", "two")
    news = read_parquet(county.place / "two" / "links-since.parquet")
    assert sorted((row["row"], row["resident"], row["how"]) for row in news) == [
        (row, one, "edit") for row in range(2, 2 + len(wrong))
    ]


def test_a_number_that_stood_in_two_households_is_found_once_both_lines_say_the_same(county: County) -> None:
    own = county.resident("B", "李兰", "1974-03-21")
    other = county.people[0]
    county.people.append(("A", *other[1:]))
    county.send("medical", bill(own, "5000", "2021-06-01"))
    county.write()
    run.screen_files(
        county.place / "registers", county.place / "feeds", DAY, county.place / "one", library=LIBRARY, state=True
    )
    assert [row["band"] for row in read_parquet(county.place / "one" / "links.parquet")] == ["different"]
    county.people[0] = county.people[1]
    report = go_on(county, "one", "two")
    assert report.inputs["residents"]["rejected"] == 1
    assert [
        (row["row"], row["resident"], row["band"]) for row in read_parquet(county.place / "two" / "links-since.parquet")
    ] == [(2, own, "same")]
