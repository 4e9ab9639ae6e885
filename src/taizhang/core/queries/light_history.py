"""How the lights of duties stood over time: each cell's colours from day to day as they were known then.

A light of the past is reckoned like one of today, by what had been received. Most cells need no more than their
deadline and the day on which they were answered; only a case that was put off, returned or found faulty is folded entry
by entry. Nothing is stored.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from taizhang.core import access, editions, folding, subjects
from taizhang.core import rosters as owing
from taizhang.core.models import Case, Entry
from taizhang.core.queries import rosters
from taizhang.core.queries.shown import Colour
from taizhang.core.rosters import Unit
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import lights, roster
from taizhang.ledger.roster import Cell
from taizhang.ledger.schema import Ledger

_DAY: Final = timedelta(days=1)
ALL: Final = ""  # every module
Span = tuple[datetime, datetime, Colour]  # from, until (half-open), and the light meanwhile


@dataclass(frozen=True, slots=True)
class Month:
    """How the lights of some cells stood at the end of a month, and for how many days they were yellow or red in it."""

    begins: date
    green: int
    yellow: int
    red: int
    yellow_days: int
    red_days: int


@dataclass(frozen=True, slots=True)
class Course:
    """A module, month by month; the empty code is all of them."""

    module: str
    label: Text
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The lights of a year over time: of one organisation, or of all that the reader looks over."""

    ledger: Ledger
    unit: Unit | None
    year: int
    courses: tuple[Course, ...]  # all of it first, then module by module


def of(actor: access.Actor, name: str, code: str, year: int, now: datetime) -> History:
    """The lights of a year to date, of one organisation or (without a code) of everybody the actor looks over.

    Raises NotFound where there is no such roster, or nobody to be seen.
    """
    law, units = rosters.of(name), rosters.seen(actor, name, code)
    if not units:
        raise NotFound(Text("这个单位", "This organisation"))
    since, until = date(year, 1, 1), date(year + 1, 1, 1)
    modules = {
        item: row.get("module", "")
        for item, row in editions.library().catalogues[roster.declared(law).items].rows.items()
    }
    begun = [date(year, month, 1) for month in range(1, 13) if date(year, month, 1) <= days.day_of(now)]
    ends = [min(days.start_of(days.add_months(one, 1)), now) for one in begun]
    standing: dict[tuple[str, int], Counter[str]] = {}
    lasting: dict[tuple[str, int], Counter[str]] = {}
    always: Counter[tuple[str, int]] = (
        Counter()
    )  # cells that were green all along, by module and month of their beginning
    known, first, today = owing.owing(law), owing.begun(law), days.day_of(now)
    answers = _Answers(law, since, units)
    for unit in units:
        for cell in known.cells(unit, since, until):
            if not first <= cell.begins <= today:
                continue
            module = modules[cell.item]
            if answers.green(unit, cell, now):
                always[module, max(cell.begins, since).month - 1] += 1
                continue
            spans = list(answers.spans(unit, cell, now))
            for at, (opens, closes) in enumerate(zip(begun, ends, strict=True)):
                _month(spans, days.start_of(opens), closes, module, at, standing, lasting)
    for (module, month), count in always.items():
        for at in range(month, len(begun)):
            for key in (module, ALL):
                standing.setdefault((key, at), Counter())["green"] += count
    present = sorted({module for module, _ in standing})
    return History(law, units[0] if code else None, year, tuple(
        Course(module, rosters.module_label(module), tuple(
            _told(one, standing.get((module, at), Counter()), lasting.get((module, at), Counter()))
            for at, one in enumerate(begun)
        ))
        for module in present
    ))  # fmt: skip


def _told(begins: date, stands: Counter[str], lasts: Counter[str]) -> Month:
    return Month(begins, stands["green"], stands["yellow"], stands["red"], lasts["yellow"], lasts["red"])


def _month(
    spans: Sequence[Span], opens: datetime, closes: datetime, module: str, at: int,
    standing: dict[tuple[str, int], Counter[str]], lasting: dict[tuple[str, int], Counter[str]],
) -> None:  # fmt: skip
    """Count one cell into one month: its light at the month's last moment, and its days of yellow and red."""
    moment = closes - timedelta(microseconds=1)
    for begins, ends, colour in spans:
        if begins <= moment < ends:
            for key in (module, ALL):
                standing.setdefault((key, at), Counter())[colour] += 1
        if colour != "green" and begins < closes and ends > opens:
            whole = _days(max(begins, opens), min(ends, closes))
            for key in (module, ALL):
                lasting.setdefault((key, at), Counter())[colour] += whole


def _days(begins: datetime, ends: datetime) -> int:
    """Days that were begun: a light that was red for an hour was red on that day."""
    return (days.day_of(ends - timedelta(microseconds=1)) - days.day_of(begins)).days + 1


class _Answers:
    """What answered the cells of a year, read at once for all organisations asked about."""

    def __init__(self, law: Ledger, since: date, units: Sequence[Unit]):
        self._law, declared = law, roster.declared(law)
        self._answering = set(declared.answers)
        self._watched = {
            stage for clock in law.clocks.values() if clock.owes == declared.owes for stage in clock.during
        }
        those = Q(organisation__in=[unit.pk for unit in units]) if len(units) <= rosters.FEW else Q()
        rows = Case.objects.filter(those, ledger=law.name, period__gte=since)
        named = ("case__organisation", "case__item", "case__period", "case__n", "act", "received")
        self._first: dict[uuid.UUID, dict[tuple[str, date], tuple[int, str, datetime]]] = {}
        for unit, item, period, *first in Entry.objects.filter(case__in=rows, n=1).values_list(*named):
            if unit is not None and period is not None:
                self._first.setdefault(unit, {})[item, period] = (first[0], first[1], first[2])
        self._cases = {(row.organisation_id, row.item, row.period): row for row in rows.filter(n__gt=1)}
        self._more: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
        for case, body in Entry.objects.filter(case__in=rows.filter(n__gt=1)).order_by("n").values_list("case", "body"):
            if case is not None:
                self._more.setdefault(case, []).append(json.loads(body))

    def green(self, unit: Unit, cell: Cell, now: datetime) -> bool:
        """Whether a cell was green all along, as far as that is seen without looking at what came after its answer."""
        count, act, received = self._first.get(unit.pk, {}).get((cell.item, cell.begins), (0, "", now))
        return (
            cell.yellow_at > now if count == 0 else count == 1 and act in self._answering and received <= cell.yellow_at
        )

    def spans(self, unit: Unit, cell: Cell, now: datetime) -> Iterator[Span]:
        """The colours of a cell from its first day until now."""
        begins = days.start_of(cell.begins)
        count, act, received = self._first.get(unit.pk, {}).get((cell.item, cell.begins), (0, "", now))
        if count == 0:
            yield from _coloured(begins, now, cell.yellow_at, cell.red_at)
            return
        case = self._cases.get((unit.pk, cell.item, cell.begins))
        written = self._more[case.pk] if case is not None else []
        if case is None or self._plain(written):
            until = min(self._answered(act, received, written) or now, now)
            yield from _coloured(begins, until, cell.yellow_at, cell.red_at)
            if until < now:
                yield until, now, "green"
            return
        yield from _coloured(begins, received, cell.yellow_at, cell.red_at)
        for place, body in enumerate(written):
            opens = folding.instant(body["received"])
            closes = folding.instant(written[place + 1]["received"]) if place + 1 < len(written) else now
            yield from self._folded(case, written[: place + 1], opens, closes)

    def _answered(self, act: str, received: datetime, written: Sequence[Mapping[str, Any]]) -> datetime | None:
        """When the first entry came that answers the cell, or ends its case."""
        if act in self._answering:
            return received
        for body in written:
            stage = self._law.stages.get(body["says"]["stage"])
            if body["act"] in self._answering or (stage is not None and stage.end):
                return folding.instant(body["received"])
        return None

    def _plain(self, written: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a case ran on no clock of its organisation but that of its cell, and nothing moved that."""
        puts_off = roster.declared(self._law).puts_off
        return not any(
            body["kind"] != folding.ACT
            or body["edition"] != self._law.digest
            or body["says"]["stage"] in self._watched
            or (puts_off is not None and puts_off in (body["says"].get("fields") or {}))
            for body in written
        )

    def _folded(
        self, case: Case, written: Sequence[Mapping[str, Any]], opens: datetime, closes: datetime
    ) -> Iterator[Span]:
        """The colours between two entries, by the clocks that the organisation owed then."""
        if closes <= opens:
            return
        law = editions.pinned(case.edition_id)
        state = folding.state(case, law, opens, written=written)
        world, owes = CaseWorld(subjects.of_case(case), opens, case.pk), roster.declared(law).owes
        ours = [turn for turn in lights.turns(law, state, world) if turn.owes.token == owes and turn.stopped_at is None]
        yellows = [turn.yellow_at for turn in ours if turn.yellow_at is not None]
        reds = [turn.red_at for turn in ours if turn.red_at is not None]
        red = min(reds, default=roster.NEVER)
        yield from _coloured(opens, closes, min([*yellows, red]), red)


def _coloured(begins: datetime, ends: datetime, yellow: datetime, red: datetime) -> Iterator[Span]:
    """A stretch of time cut where its light turns."""
    marks: tuple[tuple[datetime, Colour], ...] = (
        (begins, "green"),
        (max(yellow, begins), "yellow"),
        (max(red, begins), "red"),
    )
    for place, (at, colour) in enumerate(marks):
        until = min(marks[place + 1][0] if place + 1 < len(marks) else ends, ends)
        if at < until:
            yield at, until, colour
