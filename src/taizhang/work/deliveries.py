"""The calendar of feeds: each is owed by its department for every period, by a day of it; a zero report is a delivery.

A last day that is not worked moves to the next working day (Civil Code, article 203). What came late has come: it is
shown with its days, and nobody is ranked by it.
"""

from __future__ import annotations

import calendar as months
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from taizhang.core import access, editions, numbers
from taizhang.core.queries import district, feeds, screening
from taizhang.core.queries.feeds import Arrival
from taizhang.core.queries.shown import Colour
from taizhang.kit import days
from taizhang.kit.days import Calendar
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen.feeds import Every, Feed
from taizhang.work import declared

SHOWN: Final = 6  # periods on the calendar
_MONTHS: Final[Mapping[Every, int]] = {"month": 1, "quarter": 3, "year": 12}
_DUE_DAY: Final = 5  # these three where the library gives no number
_YEAR_DUE: Final = "11-30"
_NEAR: Final = 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """One period of one feed: when it is due, whether it came."""

    feed: str
    label: Text
    owner: tuple[str, ...]
    period: str  # 2021-12, 2021Q4, 2021
    due: date
    came: date | None
    light: Colour
    batch: uuid.UUID | None  # the first that came for it
    rows: int  # accepted, of all that came for it

    @property
    def late(self) -> int:
        """How many days after its last day it came; 0 in time, and while it has not come."""
        return max(0, (self.came - self.due).days) if self.came is not None else 0

    @property
    def is_zero(self) -> bool:
        """Whether a report without rows was sent."""
        return self.came is not None and self.rows == 0


@dataclass(frozen=True, slots=True)
class Row:
    """One feed with its last periods, the earliest first."""

    feed: str
    label: Text
    owner: tuple[str, ...]
    every: Every
    cells: tuple[Delivery, ...]


# --- periods ----------------------------------------------------------------------------------------------------------


def period_of(every: Every, day: date) -> str:
    """The period a day lies in; empty for a feed that is sent when asked for."""
    if every == "month":
        return f"{day.year}-{day.month:02d}"
    if every == "quarter":
        return f"{day.year}Q{(day.month + 2) // 3}"
    return f"{day.year}" if every == "year" else ""


def before(every: Every, day: date, count: int) -> date:
    """A day of the period that lies so many periods before the one of `day`."""
    return days.add_months(day.replace(day=1), -_MONTHS[every] * count)


def due_on(every: Every, day: date, stated: int | str | None, calendar: Calendar) -> date:
    """The last day in time of the period that `day` lies in: `stated` is a day of its first month, or of a year `MM-DD`."""
    if every == "year":
        month, _, last = (stated if isinstance(stated, str) else _YEAR_DUE).partition("-")
        due = date(day.year, int(month), int(last))
    else:
        first = day.replace(day=1) if every == "month" else date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        wanted = stated if isinstance(stated, int) else _DUE_DAY
        due = first.replace(day=min(wanted, months.monthrange(first.year, first.month)[1]))
    return due if calendar.is_workday(due) else calendar.add_workdays(due, 1)


def light(due: date, came: date | None, today: date, near: int) -> Colour:
    """Green once it came; else yellow shortly before its last day, red after it."""
    if came is not None:
        return "green"
    if today > due:
        return "red"
    return "yellow" if due - today <= timedelta(days=near) else "green"


# --- the calendar -----------------------------------------------------------------------------------------------------


def calendar(actor: access.Actor, now: datetime) -> tuple[Row, ...]:
    """Every feed that the actor sees, with its last periods. Raises Refusal("not_allowed")."""
    seen = screening.sight(actor)
    return _rows([spec for spec in _owed() if seen.covers(spec.owner)], now)


def mine(actor: access.Actor, now: datetime) -> tuple[Delivery, ...]:
    """What the actor's own departments owe: the present period of each feed, and earlier ones that never came."""
    try:
        seen = screening.sight(actor)
    except Refusal:
        return ()
    own = feeds.departments(access.posts_with(actor, "feeds.import")) if seen.everything else seen.departments
    rows = _rows([spec for spec in _owed() if own & set(spec.owner)], now)
    missing = [cell for row in rows for cell in row.cells[:-1] if cell.came is None]
    found = [*missing, *(row.cells[-1] for row in rows)]
    return tuple(sorted(found, key=lambda one: (one.came is not None, one.due, one.feed)))


def present(spec: Feed, now: datetime) -> Delivery | None:
    """The present period of a feed; None for one that is sent when asked for."""
    return _rows([spec], now)[0].cells[-1] if spec.every != "asked" else None


def open_periods(spec: Feed, now: datetime) -> tuple[str, ...]:
    """The periods that a file may be sent for: the present one, then earlier ones that never came."""
    if spec.every == "asked":
        return ()
    cells = _rows([spec], now)[0].cells
    return (cells[-1].period, *(cell.period for cell in reversed(cells[:-1]) if cell.came is None))


def missing(spec: Feed, now: datetime) -> tuple[str, ...]:
    """The periods of a feed that nothing came for, the present one first."""
    cells = _rows([spec], now)[0].cells if spec.every != "asked" else ()
    return tuple(cell.period for cell in reversed(cells) if cell.came is None)


def _owed() -> list[Feed]:
    return [spec for name, spec in declared.feeds().items() if name != declared.AREAS and spec.every != "asked"]


def _rows(wanted: Sequence[Feed], now: datetime) -> tuple[Row, ...]:
    today = days.day_of(now)
    area, worked = district.here().code, editions.library().calendar
    near = numbers.policy("feed_near_days", area, today)
    came = feeds.arrivals([spec.feed for spec in wanted])
    by_feed: dict[str, list[Arrival]] = {}
    for one in came:
        by_feed.setdefault(one.feed, []).append(one)
    rows = []
    for spec in wanted:
        arrived = _by_period(spec, by_feed.get(spec.feed, ()))
        begun = min((one.on for one in by_feed.get(spec.feed, ())), default=today)
        cells = []
        for count in range(SHOWN - 1, -1, -1):
            day = today if not count else before(spec.every, today, count)
            due = due_on(spec.every, day, numbers.policy(spec.due_day, area, day), worked)
            if count and due < begun:
                continue  # the calendar of a feed begins with the first file that came
            told = arrived.get(period_of(spec.every, day), [])
            first = min(told, key=lambda one: one.on, default=None)
            cells.append(
                Delivery(
                    spec.feed, spec.label, spec.owner, period_of(spec.every, day), due, first.on if first else None,
                    light(due, first.on if first else None, today, near if isinstance(near, int) else _NEAR),
                    first.batch if first else None, sum(one.rows for one in told),
                )
            )  # fmt: skip
        rows.append(Row(spec.feed, spec.label, spec.owner, spec.every, tuple(cells)))
    return tuple(rows)


def _by_period(spec: Feed, arrived: Iterable[Arrival]) -> dict[str, list[Arrival]]:
    found: dict[str, list[Arrival]] = {}
    for one in arrived:
        found.setdefault(one.period or period_of(spec.every, one.on), []).append(one)
    return found
