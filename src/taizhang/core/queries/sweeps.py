"""What the sweep ran: its past runs, what was put off, and the notices whose days were over between two runs."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from taizhang.core import editions, rosters
from taizhang.core.models import Job, Notice, RuleRun, Turn
from taizhang.core.moves import gathering, rules
from taizhang.kit import days
from taizhang.kit.text import Text
from taizhang.ledger import roster, spans

KIND: Final = "sweep"
KEPT: Final = 200
AHEAD: Final = timedelta(days=10)
LOOKS_BACK: Final = timedelta(days=400)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ran:
    """One sweep."""

    started: datetime
    finished: datetime | None
    done: int
    failed: int
    notices_over: int
    broken: tuple[str, ...] = ()  # what broke besides rules of cases


@dataclass(frozen=True, slots=True)
class PutOff:
    """A rule that could not be carried out yet."""

    case: uuid.UUID
    number: str
    ledger: Text
    clock: Text
    rule: str
    turned_at: datetime
    tries: int
    again_at: datetime | None
    note: str


def runs(limit: int = 20) -> tuple[Ran, ...]:
    """The last sweeps, newest first."""
    rows = Job.objects.filter(kind=KIND).order_by("-created", "-pk")[:limit]
    return tuple(
        Ran(
            row.created, row.finished, row.done, int(row.note.get("failed", 0)), int(row.note.get("notices_over", 0)),
            tuple(row.note.get("broken", ())),
        )
        for row in rows
    )  # fmt: skip


def put_off() -> tuple[PutOff, ...]:
    """What could not be done and is tried again."""
    rows = RuleRun.objects.filter(done_at=None).select_related("case").order_by("again_at")[:KEPT]
    return tuple(
        PutOff(
            row.case_id, row.case.number, editions.pinned(row.case.edition_id).label, _clock(row), row.rule, row.turned_at,
            row.tries, row.again_at, row.note,
        )
        for row in rows
    )  # fmt: skip


def _clock(row: RuleRun) -> Text:
    """The clock of a rule, by its name in the ledger."""
    name, law = row.rule.partition(":")[0], editions.pinned(row.case.edition_id)
    return law.clocks[name].label if name in law.clocks else law.label


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a ledger will want done at an instant if nothing is done before."""

    ledger: Text
    clock: Text
    at: datetime
    count: int  # cases; of a roster items
    gathers: bool


def waiting(now: datetime) -> tuple[Waiting, ...]:
    """What will be done within ten days, by ledger, clock and instant, if nobody acts before: lights turned, and turning."""
    found: Counter[tuple[str, str, datetime]] = Counter()
    until = now + AHEAD
    laws = editions.current_all()
    ruled = {name: law for name, law in laws.items() if any(rule.at != roster.CLOCK for rule in law.rules)}
    rows = Turn.objects.filter(case__ledger__in=ruled, case__closed=None, frozen="").select_related("case")
    for turn in rows.exclude(clock=roster.CLOCK).iterator(chunk_size=500):
        law = editions.pinned(turn.case.edition_id)
        for rule in law.rules:
            turned = turn.red_at if rule.turns == "red" else turn.yellow_at
            if rule.at == turn.clock and turned is not None and turned <= until:
                at = rules.when(law, rule, turned, turn.case)
                if now < at <= until:
                    found[law.name, rule.at, at] += 1
    told = [
        Waiting(laws[name].label, laws[name].clocks[clock].label, at, count, gathers=False)
        for (name, clock, at), count in found.items()
    ]
    return tuple(sorted((*told, *_gathering(now, until)), key=lambda one: one.at))


def _gathering(now: datetime, until: datetime) -> Iterator[Waiting]:
    """The items of rosters that will be told to whoever did not do them."""
    calendar, found = editions.library().calendar, Counter[tuple[str, datetime]]()
    laws = {law.name: law for law, _ in gathering.ruled()}
    for law, number in gathering.ruled():
        plus = law.rules[number].plus
        length = plus.duration if plus is not None else None
        first = max(rosters.begun(law), days.day_of(now - LOOKS_BACK))
        for cell in roster.cells(law, rosters.world(), first, days.day_of(until)):
            if cell.begins >= rosters.begun(law):
                at = cell.red_at if length is None else spans.past(cell.red_at, length, calendar)
                if now < at <= until:
                    found[law.name, at] += 1
    for (name, at), count in found.items():
        yield Waiting(laws[name].label, laws[name].label, at, count, gathers=True)


def notices_over(now: datetime) -> int:
    """How many notices ran out since the sweep before."""
    before = (
        Job.objects.filter(kind=KIND).order_by("-created", "-pk").values_list("created", flat=True).first() or _EVER
    )
    return Notice.objects.filter(taken_down=None, ends__gt=before, ends__lte=now).count()
