"""Duties that exist by arithmetic, subject by item by period; nothing is stored for what was not done.

A cell belongs to the window in which its period ends. Who is founded in the middle of a period owes nothing for it,
and neither does who is closed before its last day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

from taizhang.kit.days import day_of, start_of
from taizhang.kit.text import Text
from taizhang.ledger import spans
from taizhang.ledger.history import Step, as_timedelta, counted
from taizhang.ledger.parts import Span
from taizhang.ledger.schema import CELL, PERIODS, Ledger, Period, Roster
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import Colour, Owes, State, Turn, World

CLOCK: Final = CELL
EVENT: Final = "event"  # the period of an item that is owed when something happens, and so has no cells
NEVER: Final = datetime(3000, 1, 1, tzinfo=UTC)  # while the day on which a cell would turn red cannot be said
_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One item in one of its periods: owed by every subject that owes the item. Instants are UTC."""

    item: str
    begins: date
    ends: date  # the first day after the period
    due: datetime  # half-open: from then on it is late
    yellow_at: datetime
    red_at: datetime

    def colour(self, now: datetime) -> Colour:
        """Its light at an instant while nothing was done."""
        return "red" if now >= self.red_at else "yellow" if now >= self.yellow_at else "green"


def cells(ledger: Ledger, world: World, since: date, until: date) -> tuple[Cell, ...]:
    """Every cell whose period ends inside a window of days (half-open: the last day of the period counts)."""
    roster, found = declared(ledger), []
    for begins, ends, row in _periods(ledger, world, since, until):
        found.append(_cell(ledger, roster, world, row, begins, ends))
    return tuple(found)


def cell(ledger: Ledger, world: World, item: str, day: date) -> Cell | None:
    """The cell of an item whose period holds a day; None when the item is not in force, or has no periods."""
    roster = declared(ledger)
    row = next((row for row in world.rows(roster.items, day) if row["code"] == item), None)
    if row is None:
        return None
    kind = _kind(ledger, world, row, day)
    if kind not in PERIODS:
        return None
    return _cell(ledger, roster, world, row, *spans.period_of(day, cast(Period, kind)))


def owes(ledger: Ledger, world: World, subject: Mapping[str, Any], item: str, day: date) -> bool:
    """Whether a subject, by its attributes, owes an item on a day; whether it existed then is the caller's to know."""
    roster = declared(ledger)
    row = next((row for row in world.rows(roster.items, day) if row["code"] == item), None)
    if row is None:
        return False
    return _scope(ledger, world, day, row, subject).holds(ledger.conditions.find("roster", "where"))


def owed_items(ledger: Ledger, world: World, subject: Mapping[str, Any], day: date) -> tuple[str, ...]:
    """The items that a subject owes, those without periods included, in the order of the list."""
    rows = world.rows(declared(ledger).items, day)
    where = ledger.conditions.find("roster", "where")
    return tuple(row["code"] for row in rows if _scope(ledger, world, day, row, subject).holds(where))


def reads(ledger: Ledger) -> tuple[str, ...]:
    """The attributes of subjects on which it depends who owes what: subjects alike in these owe the same."""
    where = ledger.conditions.find("roster", "where")
    names = where.names if where is not None else ()
    return tuple(sorted({name.split(".")[1] for name in names if name.startswith("subject.")}))


def declared(ledger: Ledger) -> Roster:
    """The ledger's roster. Raises ValueError when it has none."""
    if ledger.roster is None:
        raise ValueError(f"{ledger.name} has no roster")
    return ledger.roster


def turn(ledger: Ledger, state: State, world: World, passed: Sequence[Step]) -> Turn | None:
    """The deadline of the cell that a case answers; stopped by the first act that answers it."""
    roster = ledger.roster
    item = state.fields.get(roster.item) if roster is not None else None
    if roster is None or state.period is None or not isinstance(item, str):
        return None
    one = cell(ledger, world, item, state.period)
    if one is None:
        return None
    one = _put_off(ledger, state, world, roster, one)
    back = as_timedelta(roster.accepts_back.duration) if roster.accepts_back and roster.accepts_back.duration else None
    stopped = next(
        (
            counted(step.entry, back or timedelta(0))
            for step in passed
            if step.entry.act in roster.answers or (step.after in ledger.stages and ledger.stages[step.after].end)
        ),
        None,
    )
    said = Text(f"{day_of(one.due - _DAY).isoformat()} 止", f"by {day_of(one.due - _DAY).isoformat()}")
    return Turn(
        CLOCK, start_of(one.begins), one.due, one.yellow_at, None if one.red_at == NEVER else one.red_at,
        owing(roster, state), stopped_at=stopped, limit_text=said, provisional=one.red_at == NEVER,
    )  # fmt: skip


def owing(roster: Roster, state: State) -> Owes:
    """Whose light a cell is."""
    if roster.owes == "@subject":
        return Owes(roster.owes, party=str(state.subject.get("id", "")) or None)
    role, _, level = roster.owes.partition("@")
    return Owes(roster.owes, role, level)


def said(begins: date, ends: date) -> Text:
    """A period in words: 2021年11月, 2021年第4季度."""
    span = (ends - begins).days
    year, month = begins.year, begins.month
    if span > 360:
        return Text(f"{year}年", f"{year}")
    if span > 180:
        return Text(
            f"{year}年{'上' if month == 1 else '下'}半年", f"{'first' if month == 1 else 'second'} half of {year}"
        )
    if span > 80:
        return Text(f"{year}年第{(month + 2) // 3}季度", f"quarter {(month + 2) // 3} of {year}")
    if span > 25:
        return Text(f"{year}年{month}月", f"{year}-{month:02d}")
    last = ends - _DAY
    return Text(f"{begins.isoformat()}至{last.isoformat()}", f"{begins.isoformat()} to {last.isoformat()}")


def faults(ledger: Ledger, world: World, day: date) -> Iterator[tuple[str, Text]]:
    """Rows of the list whose period or last day cannot be understood, by their code."""
    roster = declared(ledger)
    for row in world.rows(roster.items, day):
        kind = _kind(ledger, world, row, day)
        if kind not in (*PERIODS, EVENT):
            wanted = "、".join((*PERIODS, EVENT))
            yield (
                row["code"],
                Text(
                    f"事项 {row['code']} 的周期“{kind}”不对，应为 {wanted}。",
                    f"the period “{kind}” of item {row['code']} is none of {wanted}.",
                ),
            )
        last = _last(ledger, world, row, day)
        if last and re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", last) is None:
            yield (
                row["code"],
                Text(
                    f"事项 {row['code']} 的截止日“{last}”不对，应写成 月-日，如 03-31。",
                    f"the last day “{last}” of item {row['code']} is no MM-DD, as 03-31.",
                ),
            )


# --- one cell -------------------------------------------------------------------------------------------------------


def _periods(ledger: Ledger, world: World, since: date, until: date) -> Iterator[tuple[date, date, Mapping[str, str]]]:
    """Each period that ends in a window, with its row as it was in force when the period began."""
    roster = declared(ledger)
    for row in world.rows(roster.items, until - _DAY):
        kind = _kind(ledger, world, row, until - _DAY)
        if kind not in PERIODS:
            continue
        begins, ends = spans.period_of(since, cast(Period, kind))
        while ends <= until:
            if ends > since and _in_force(row, begins):
                yield begins, ends, row
            begins, ends = spans.period_of(ends, cast(Period, kind))


def _in_force(row: Mapping[str, str], day: date) -> bool:
    iso = day.isoformat()
    return (not row.get("from") or row["from"] <= iso) and (not row.get("to") or iso <= row["to"])


def _cell(ledger: Ledger, roster: Roster, world: World, row: Mapping[str, str], begins: date, ends: date) -> Cell:
    last = ends - _DAY
    written = _last(ledger, world, row, begins)
    if written:
        month, day = (int(part) for part in written.split("-"))
        named = date(begins.year, month, day)
        last = named if begins <= named < ends else last
    due = start_of(last + _DAY)
    return _coloured(Cell(row["code"], begins, ends, due, due, due), roster, world)


def _coloured(one: Cell, roster: Roster, world: World) -> Cell:
    """A cell with the instants at which its light turns: yellow before the last day, red `grace` after it."""
    grace = roster.grace.duration if roster.grace is not None else None
    red = spans.past(one.due, grace, world.calendar) if grace is not None else one.due
    if grace is not None and grace.unit == "workdays" and world.calendar.is_provisional(day_of(red - _MOMENT)):
        red = NEVER  # working days of a year without its holiday notice: nobody is late by them
    yellow = one.due
    if isinstance(roster.yellow, Span) and roster.yellow.duration is not None:
        yellow = max(spans.before(one.due, roster.yellow.duration, world.calendar), start_of(one.begins))
    return replace(one, yellow_at=yellow, red_at=red)


def _put_off(ledger: Ledger, state: State, world: World, roster: Roster, one: Cell) -> Cell:
    """The cell with the last day that a case was given instead, if it was."""
    later = state.fields.get(roster.puts_off) if roster.puts_off is not None else None
    if not isinstance(later, str):
        return one
    return _coloured(replace(one, due=start_of(date.fromisoformat(later) + _DAY)), roster, world)


def _kind(ledger: Ledger, world: World, row: Mapping[str, str], day: date) -> str:
    condition = ledger.conditions.find("roster", "period")
    return str(_scope(ledger, world, day, row, {}).ask(condition)) if condition is not None else ""


def _last(ledger: Ledger, world: World, row: Mapping[str, str], day: date) -> str:
    condition = ledger.conditions.find("roster", "due")
    return str(_scope(ledger, world, day, row, {}).ask(condition)) if condition is not None else ""


def _scope(ledger: Ledger, world: World, day: date, row: Mapping[str, str], subject: Mapping[str, Any]) -> Scope:
    blank = State(
        ledger.name, "", subject, str(subject.get("area", "")), "", datetime.min.replace(tzinfo=UTC), None, {}, ()
    )
    return Scope(ledger, blank, world, day, {}, each=row)
