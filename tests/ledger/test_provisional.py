"""Working days of a year whose holiday notice is not there yet: the date is provisional, and nobody is late by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from taizhang.kit.days import Calendar
from taizhang.ledger import library, lights, loop, roster, shelf, why
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Moment, State, Turn
from tests.ledger.driving import World, actor, at

LIBRARY = Path(__file__).resolve().parents[2] / "library"
UNIT = {"id": "u", "level": "district", "kind": "department"}


@pytest.fixture(scope="module")
def whole() -> Library:
    return library.read(LIBRARY)


@pytest.fixture(scope="module")
def laws(whole: Library) -> dict[str, Ledger]:
    return dict(shelf.load(LIBRARY / "ledgers", library=whole))


def ends_with(whole: Library, year: int) -> World:
    """The library with a holiday table that ends with a year."""
    known = {day: worked for day, worked in whole.calendar.exceptions.items() if day.year <= year}
    years = frozenset(one for one in whole.calendar.years if one <= year)
    return World(replace(whole, calendar=Calendar("short", known, years)))


def problem(laws: dict[str, Ledger], world: World, opened: str) -> tuple[State, Turn]:
    """A problem that is entered, and its clock of five working days."""
    law = laws["rectification"]
    given = {"source": "INSPECTION", "problem": "档案不全", "deadline": "2026-03-31"}
    hand = actor("discipline@district", person="钱明")
    done = loop.open_case(law, "enter", hand, UNIT, "410503", given, {}, Moment(at(opened)), world, case="c")
    return done.state, next(turn for turn in done.turns if turn.clock == "plan")


def test_a_limit_that_ends_in_a_year_without_its_holidays_is_provisional_and_turns_nobody_red(
    whole: Library, laws: dict[str, Ledger]
) -> None:
    short = ends_with(whole, 2025)
    state, turn = problem(laws, short, "2025-12-30 09:00")
    assert (turn.provisional, turn.red_at) == (True, None)
    assert [turn.colour(at(f"{day} 12:00")) for day in ("2026-01-05", "2026-01-20", "2027-06-01")] == [
        "green", "yellow", "yellow",
    ]  # fmt: skip
    said = why.why(laws["rectification"], turn, at("2026-01-20 12:00"), whole).turns
    assert said.zh == "暂定 2026-01-07 24:00 到期：2026 年放假安排还没有录入，录入前不会转红"
    assert lights.light(lights.turns(laws["rectification"], state, short), at("2027-06-01 12:00")).colour == "yellow"


def test_when_the_notice_comes_the_same_limit_has_its_day(whole: Library, laws: dict[str, Ledger]) -> None:
    state, _ = problem(laws, ends_with(whole, 2025), "2025-12-30 09:00")
    turns = lights.turns(laws["rectification"], state, World(whole))
    turn = next(one for one in turns if one.clock == "plan")
    assert turn.provisional is False
    assert turn.red_at is not None
    assert turn.colour(turn.red_at) == "red"


def test_a_limit_within_the_table_and_one_in_plain_days_are_not_touched(
    whole: Library, laws: dict[str, Ledger]
) -> None:
    short = ends_with(whole, 2025)
    _, turn = problem(laws, short, "2025-12-01 09:00")
    assert (turn.provisional, turn.red_at) == (False, at("2025-12-09 00:00"))


def test_a_duty_whose_grace_reaches_into_such_a_year_stays_yellow(whole: Library, laws: dict[str, Ledger]) -> None:
    law, short = laws["duties"], ends_with(whole, 2025)
    december = next(one for one in roster.cells(law, short, date(2025, 12, 1), date(2026, 1, 1)) if one.item == "D01")
    assert december.red_at == roster.NEVER
    assert december.colour(at("2026-03-01 12:00")) == "yellow"
    known = next(
        one for one in roster.cells(law, World(whole), date(2025, 12, 1), date(2026, 1, 1)) if one.item == "D01"
    )
    assert known.colour(at("2026-03-01 12:00")) == "red"
