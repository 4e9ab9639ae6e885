"""The library that ships: ledgers load and tell their stories, numbers have sources, names lead somewhere."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from taizhang.kit.days import Calendar
from taizhang.ledger import library as libraries
from taizhang.ledger import shelf as shelves
from taizhang.ledger import stories, upgrade
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.shelf import Shelf

LIBRARY = Path(__file__).resolve().parents[2] / "library"
LEDGERS = (
    "assistance", "comparison", "corrections", "household_monitoring", "pairing", "policy_register", "register", "rounds",
    "village_problems", "village_works",
)  # fmt: skip
# Facts that no public notice may carry: health, disability, the risk behind a case, money, and every free text.
NEVER_PUBLIC = {
    "risk_1",
    "risk_2",
    "risk_3",
    "risk_4",
    "risk_5",
    "situation",
    "wage",
    "net",
    "self_paid",
    "hint",
    "objection",
}
SURE = {"high", "medium", "low", "chosen"}


@pytest.fixture(scope="module")
def library() -> Library:
    return libraries.read(LIBRARY)


@pytest.fixture(scope="module")
def shelf(library: Library) -> Shelf:
    return shelves.load(LIBRARY / "ledgers", library=library)


def rows(name: str) -> list[dict[str, str]]:
    lines = (LIBRARY / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_every_ledger_loads_without_a_fault(shelf: Shelf) -> None:
    assert set(shelf) >= set(LEDGERS)


@pytest.mark.parametrize("name", LEDGERS)
def test_every_story_of_a_ledger_is_told_to_its_end(name: str, shelf: Shelf, library: Library) -> None:
    results = stories.run(shelf[name], library)
    assert len(results) == len(shelf[name].stories) >= 4
    assert [result for result in results if not result.ok] == []


@pytest.mark.parametrize("name", LEDGERS)
def test_each_ledger_has_a_story_with_a_refused_act_and_one_that_turns_red(name: str, shelf: Shelf) -> None:
    told = shelf[name].stories
    assert any(step.refused for story in told for step in story.do)
    assert any(story.ends.light == "red" for story in told)


def test_a_notice_shows_the_head_the_number_of_persons_and_the_category_and_nothing_else(shelf: Shelf) -> None:
    notices = [act.notice for act in shelf["household_monitoring"].acts.values() if act.notice]
    assert [set(notice.show) for notice in notices] == [{"subject", "persons", "category"}, {"subject", "persons"}]


@pytest.mark.parametrize("name", LEDGERS)
def test_no_notice_shows_a_sealed_field(name: str, shelf: Shelf) -> None:
    ledger: Ledger = shelf[name]
    shown = {field for act in ledger.acts.values() if act.notice for field in act.notice.show}
    assert not shown & NEVER_PUBLIC
    assert not {field for field in shown if field in ledger.fields and ledger.fields[field].sealed}


def test_no_evidence_photo_is_ever_compulsory(shelf: Shelf) -> None:
    forced = [
        (name, act)
        for name in LEDGERS
        for act, declared in shelf[name].acts.items()
        if declared.evidence.get("photo") or declared.evidence.get("located_photo")
    ]
    assert forced == []


def test_the_steps_of_identification_add_up_to_its_fifteen_days(library: Library) -> None:
    def days(name: str) -> int:
        value = library.policy(name, "410503", date(2021, 12, 1))
        return value if isinstance(value, int) else int(str(value).split()[0])

    steps = ("visit_limit", "review_limit", "posting_limit", "notice_days", "town_limit", "county_limit")
    # The comparison runs beside the other steps, so its three days are no days of the sum.
    assert sum(days(step) for step in steps) == 15 == days("identify_limit")


def test_every_policy_number_says_where_it_was_read_and_how_sure_it_is(library: Library) -> None:
    assert [name for name, policy in library.policies.items() if not policy.values] == []
    values = [(name, value) for name, policy in library.policies.items() for value in policy.values]
    assert [name for name, value in values if not value.source or value.sure not in SURE] == []


def test_the_income_lines_of_henan_are_as_found_and_an_unpublished_year_has_none(library: Library) -> None:
    lines = {year: library.policy("income_line", "410503", date(year, 7, 1)) for year in range(2018, 2028)}
    assert lines == {
        2018: None, 2019: 500000, 2020: 500000, 2021: 600000, 2022: 690000, 2023: 750000, 2024: 830000,
        2025: None, 2026: None, 2027: None,
    }  # fmt: skip


def test_an_income_line_of_henan_holds_nowhere_else(library: Library) -> None:
    assert library.policy("income_line", "130102", date(2021, 7, 1)) is None


def test_the_numbers_of_the_screening_rules_are_all_there(library: Library) -> None:
    wanted = {
        "r01_self_paid": 500000, "r02_self_paid": 2000000, "r04_days": 180, "r06_school_cost": 1000000, "r09_days": 90,
        "r09_gap_days": 31, "r12_months_from": 3, "r12_months_to": 12, "r16_days": 30, "amount_ceiling": 1000000000,
    }  # fmt: skip
    assert {name: library.policy(name, "410503", date(2021, 12, 20)) for name in wanted} == wanted


def test_the_calendar_knows_the_holidays_of_2019_to_2026_and_not_the_next_year() -> None:
    calendar = Calendar.read(LIBRARY / "calendar.csv")
    assert calendar.years == frozenset(range(2019, 2027))
    # Spring Festival 2021: the seventh was worked, the eleventh to the seventeenth were not, the twentieth was worked.
    worked = {day: calendar.exceptions.get(date(2021, 2, day)) for day in (7, 11, 17, 20)}
    assert worked == {7: True, 11: False, 17: False, 20: True}


def test_every_make_up_workday_of_the_calendar_falls_on_a_weekend() -> None:
    days = [date.fromisoformat(row["day"]) for row in rows("calendar.csv") if row["kind"] == "workday"]
    assert [day for day in days if day.weekday() < 5] == []


def test_the_calendar_lists_at_least_the_eleven_statutory_days_of_each_year() -> None:
    for year in range(2019, 2027):
        days = [row["day"] for row in rows("calendar.csv") if row["kind"] == "holiday"]
        assert sum(day.startswith(str(year)) for day in days) >= 11, year


def test_every_role_that_a_ledger_names_is_a_role_of_the_library(shelf: Shelf, library: Library) -> None:
    named = {
        token
        for name in LEDGERS
        for act in shelf[name].acts.values()
        for token in act.by
        if "@" in token and not token.startswith("@")
    }
    assert named <= set(library.roles)


def test_administrators_read_no_case_and_hold_no_other_post() -> None:
    roles = YAML(typ="safe").load(LIBRARY / "roles.yaml")
    apart = {name: role["cases"] for name, role in roles.items() if role["apart"]}
    assert apart == {
        "auditor@district": "area", "system_admin@district": "none", "security_admin@district": "none",
        "enterprise@district": "party",  # and no official logs in for an enterprise
    }  # fmt: skip


def test_every_organisation_that_a_catalogue_names_exists(library: Library) -> None:
    known = {row["code"] for row in rows("organisations.csv")}
    naming = (library.catalogues["comparison_departments"], library.catalogues["village_problems"])
    assert {row["organisation"] for catalogue in naming for row in catalogue.rows.values()} <= known


def test_on_any_day_until_the_reform_of_2024_there_is_exactly_one_lead_office() -> None:
    offices = [row for row in rows("organisations.csv") if row["kind"] == "lead"]
    day = date(2016, 1, 1)
    while day < date(2024, 10, 1):
        iso = day.isoformat()
        in_force = [row["code"] for row in offices if row["valid_from"] <= iso < (row["valid_to"] or "9999")]
        assert len(in_force) == 1, day
        day += timedelta(days=31)


def test_the_area_tree_has_one_district_ten_towns_and_a_hundred_and_twenty_villages() -> None:
    levels = [row["level"] for row in rows("areas-410503.csv")]
    assert {level: levels.count(level) for level in set(levels)} == {"district": 1, "town": 10, "village": 120}


def counts(part: object) -> Iterator[dict[str, Any]]:
    """Every count of an indicator, a register or a roster inside a figure."""
    if isinstance(part, dict):
        if part.keys() & {"indicator", "register", "roster"}:
            yield part
        for inner in part.values():
            yield from counts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from counts(inner)


def test_every_printed_figure_rests_on_indicators_or_duties_of_ledgers_or_on_a_register(shelf: Shelf) -> None:
    figures = YAML(typ="safe").load(LIBRARY / "figures.yaml")
    assert [figure["id"] for figure in figures if not list(counts(figure["count"]))] == []
    for count in counts(figures):
        if "indicator" in count:
            ledger, indicator = count["indicator"].split(".")
            assert indicator in shelf[ledger].indicators, count
            assert [name for name in count.get("where", ()) if not shelf[ledger].fields[name].find] == []
        elif "roster" in count:
            duties = shelf[count["roster"]].roster
            assert duties is not None
            assert count["of"] in ("item", "level", *shelf.library.catalogues[duties.items].columns)


def test_the_words_of_a_notice_name_only_what_its_act_shows(shelf: Shelf) -> None:
    words = YAML(typ="safe").load(LIBRARY / "notices.yaml")
    for key, text in words.items():
        ledger, act = key.split(".")
        notice = shelf[ledger].acts[act.replace("announce", "post")].notice  # what is announced was on notice before
        assert notice is not None
        assert list(text["columns"]) == list(notice.show)


def test_the_happy_path_takes_no_longer_than_fifteen_days(shelf: Shelf) -> None:
    steps = shelf["household_monitoring"].stories[0].do
    first, last = (datetime.fromisoformat(steps[n].on) for n in (0, -1))
    assert (last - first).days <= 15


def test_the_example_of_the_authors_guide_is_a_whole_ledger(library: Library, tmp_path: Path) -> None:
    guide = (LIBRARY.parent / "docs" / "guides" / "ledger-author.md").read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in guide.split("```yaml\n")[1:]]
    found = []
    for example in examples:
        (tmp_path / "lost_keys.yaml").write_text(example, encoding="utf-8")
        ledger = shelves.load(tmp_path, library=library, stories=True)["lost_keys"]
        assert [result.text.zh for result in stories.run(ledger, library) if not result.ok] == []
        found.append(ledger)
    first, second = found  # the newer edition takes over the open cases of the older one
    assert upgrade.stays(second, first.version) is None
    assert list(upgrade.hindrances(first, second)) == []


def test_every_capability_that_the_code_asks_for_is_given_by_some_role(library: Library) -> None:
    given = {capability for role in library.roles.values() for capability in role.capabilities}
    asked: dict[str, str] = {}
    for file in sorted((LIBRARY.parent / "src").rglob("*.py")):
        for name in re.findall(
            r"\b(?:acting|may|posts_with)\(\s*[\w.]+,\s*\"([^\"]+)\"", file.read_text(encoding="utf-8")
        ):
            asked[name] = file.name
    assert {name: file for name, file in asked.items() if name not in given} == {}
