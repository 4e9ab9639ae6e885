"""Duties by arithmetic: which cells there are, who owes them, when their light turns, and what a case changes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.kit.days import start_of
from taizhang.ledger import check, lights, loop, roster, shelf
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Moment, State
from tests.ledger.driving import AREA, World, actor, at

HERE = Path(__file__).parent
TOWN = {"id": "town", "level": "town"}
YEAR = (date(2021, 1, 1), date(2022, 1, 1))


@pytest.fixture(scope="module")
def chores(library: Library) -> Ledger:
    return shelf.load(HERE / "rosters", library=library)["chores"]


def handed_in(ledger: Ledger, world: World, when: str, *, period: date, happened: str | None = None) -> State:
    moment = Moment(at(when), at(happened) if happened else None)
    give = {"chore": "TALK", "told": "谈话两次"}
    done = loop.open_case(ledger, "hand_in", actor("@subject"), TOWN, AREA, give, {}, moment, world, period=period)
    return done.state


def test_a_year_has_a_cell_for_each_period_of_each_item_and_none_for_events(chores: Ledger, library: Library) -> None:
    cells = roster.cells(chores, World(library), *YEAR)
    by_item = {item: [cell.begins for cell in cells if cell.item == item] for item in ("TALK", "PLAN", "FILE", "CASE")}
    assert by_item["TALK"] == [date(2021, month, 1) for month in range(1, 13)]
    assert by_item["PLAN"] == [date(2021, 1, 1)]
    assert by_item["FILE"] == [
        date(2021, 7, 1),
        date(2021, 10, 1),
    ]  # in force since May: the second quarter is not whole
    assert by_item["CASE"] == []


def test_a_cell_belongs_to_the_window_in_which_its_period_ends(chores: Ledger, library: Library) -> None:
    world = World(library)
    november = roster.cells(chores, world, date(2021, 11, 1), date(2021, 12, 1))
    december = roster.cells(chores, world, date(2021, 12, 1), date(2022, 1, 1))
    assert [(cell.item, cell.begins) for cell in november] == [("TALK", date(2021, 11, 1))]
    assert {(cell.item, cell.begins) for cell in december} == {
        ("TALK", date(2021, 12, 1)), ("PLAN", date(2021, 1, 1)), ("FILE", date(2021, 10, 1)),
    }  # fmt: skip


def test_the_light_of_a_cell_is_yellow_before_its_end_and_red_some_workdays_after(
    chores: Ledger, library: Library
) -> None:
    cell = roster.cell(chores, World(library), "TALK", date(2021, 11, 10))
    assert cell is not None
    assert (cell.yellow_at, cell.due, cell.red_at) == (
        start_of(date(2021, 11, 26)), start_of(date(2021, 12, 1)), start_of(date(2021, 12, 4)),
    )  # fmt: skip
    colours = [cell.colour(at(when)) for when in ("2021-11-25 23:59", "2021-11-26 00:00", "2021-12-04 00:00")]
    assert colours == ["green", "yellow", "red"]


def test_an_item_may_end_inside_its_period(chores: Ledger, library: Library) -> None:
    cell = roster.cell(chores, World(library), "PLAN", date(2021, 6, 1))
    assert cell is not None
    assert (cell.begins, cell.due) == (date(2021, 1, 1), start_of(date(2021, 4, 1)))


def test_who_owes_what_follows_from_the_attributes_that_the_roster_reads(chores: Ledger, library: Library) -> None:
    world, day = World(library), date(2021, 6, 1)
    assert roster.reads(chores) == ("level",)
    owed = {level: roster.owed_items(chores, world, {"level": level}, day) for level in ("district", "town", "village")}
    assert owed == {"district": ("TALK", "PLAN", "CASE"), "town": ("TALK", "PLAN", "FILE"), "village": ("PLAN",)}
    assert not roster.owes(chores, world, {"level": "village"}, "TALK", day)


def test_an_answer_in_time_keeps_the_cell_green_and_a_late_one_counts_as_late(chores: Ledger, library: Library) -> None:
    world = World(library)
    for when, late in (("2021-12-03 23:59", False), ("2021-12-04 00:00", True)):
        state = handed_in(chores, world, when, period=date(2021, 11, 1))
        turns = lights.turns(chores, state, world)
        assert lights.late(turns, at("2022-01-01 00:00"))[roster.CLOCK] is late
        assert lights.light(turns, at(when)).colour == "green"  # what is still open is the review


def test_a_late_entry_of_what_was_done_in_time_is_in_time_within_the_tolerance(
    chores: Ledger, library: Library
) -> None:
    world = World(library)
    soon = handed_in(chores, world, "2021-12-06 09:00", period=date(2021, 11, 1), happened="2021-12-03 15:00")
    later = handed_in(chores, world, "2021-12-08 09:00", period=date(2021, 11, 1), happened="2021-12-03 15:00")
    late = [
        lights.late(lights.turns(chores, state, world), at("2022-01-01 00:00"))["roster"] for state in (soon, later)
    ]
    assert late == [False, True]


@given(since=st.dates(date(2020, 1, 1), date(2023, 1, 1)), length=st.integers(1, 800), cut=st.integers(1, 799))
def test_cells_of_a_window_are_those_of_its_parts_and_each_is_found_by_any_of_its_days(
    chores: Ledger, library: Library, since: date, length: int, cut: int
) -> None:
    world, until = World(library), since + timedelta(days=length)
    middle = min(since + timedelta(days=cut), until)
    whole = roster.cells(chores, world, since, until)
    parts = roster.cells(chores, world, since, middle) + roster.cells(chores, world, middle, until)
    assert sorted(whole, key=lambda cell: (cell.item, cell.begins)) == sorted(
        parts, key=lambda cell: (cell.item, cell.begins)
    )
    assert all(cell.begins < cell.ends and cell.yellow_at <= cell.due <= cell.red_at for cell in whole)
    for cell in whole:
        assert roster.cell(chores, world, cell.item, cell.ends - timedelta(days=1)) == cell


WRONG = [
    ("period: each.period", "period: each.perid", "name", "roster.period"),
    ("items: chores, item: chore", "items: chors, item: chore", "unknown_catalogue", "roster.items"),
    ("item: chore,", "item: told,", "roster_item", "roster.item"),
    ("answers: [hand_in, late_in]", "answers: [hand_in, late]", "unknown_act", "roster.answers"),
    ("puts_off: until", "puts_off: reason", "puts_off", "roster.puts_off"),
    ("due: each.by", "due: each.levels", "roster_row", "roster.items"),
    ("zh: 例行事务", "zh: 例行的事务", None, ""),
    ("gather: {items: {what", "gather: {told: {what", "gather", "rules.0.do.0.spawn.gather"),
    ("since: turned.on", "since: turned.day", "name", "rules.0.do.0.spawn.gather"),
    ("mark: 北便, paper: note", "mark: 北便", "missing", "documents.note"),
    ("documents: {case: LX-YYYY-NNNN, note: {zh: 便函, en: Note, mark: 北便, paper: note}}", "documents: {case: LX-YYYY-NNNN}",
     "nothing_to_print", "documents"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "where"), WRONG, ids=lambda value: str(value)[:24])
def test_a_fault_of_a_roster_or_of_its_papers_is_named_where_it_stands(
    tmp_path: Path, library: Library, old: str, new: str, code: str | None, where: str
) -> None:
    sound = (HERE / "rosters" / "chores.yaml").read_text(encoding="utf-8")
    assert old in sound, old
    path = tmp_path / "chores.yaml"
    path.write_text(sound.replace(old, new, 1), encoding="utf-8")
    faults = check.check_paths([path], library).faults
    told = [fault for fault in faults if fault.code == code and fault.where.startswith(where)]
    assert bool(told) is (code is not None), [(fault.code, fault.where) for fault in faults]
    assert code or faults == ()
