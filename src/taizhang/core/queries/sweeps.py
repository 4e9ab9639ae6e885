"""What the sweep ran: its past runs, what was put off, and the notices whose days were over between two runs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from taizhang.core.models import Job, Notice, RuleRun

KIND: Final = "sweep"
KEPT: Final = 200
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ran:
    """One sweep."""

    started: datetime
    finished: datetime | None
    done: int
    failed: int
    notices_over: int


@dataclass(frozen=True, slots=True)
class PutOff:
    """A rule that could not be carried out yet."""

    case: uuid.UUID
    number: str
    rule: str
    turned_at: datetime
    tries: int
    again_at: datetime | None
    note: str


def runs(limit: int = 20) -> tuple[Ran, ...]:
    """The last sweeps, newest first."""
    rows = Job.objects.filter(kind=KIND).order_by("-created", "-pk")[:limit]
    return tuple(
        Ran(row.created, row.finished, row.done, int(row.note.get("failed", 0)), int(row.note.get("notices_over", 0)))
        for row in rows
    )


def put_off() -> tuple[PutOff, ...]:
    """What waits to be tried again."""
    rows = RuleRun.objects.filter(done_at=None).select_related("case").order_by("again_at")[:KEPT]
    return tuple(
        PutOff(row.case_id, row.case.number, row.rule, row.turned_at, row.tries, row.again_at, row.note) for row in rows
    )


def notices_over(now: datetime) -> int:
    """How many notices ran out since the sweep before."""
    before = (
        Job.objects.filter(kind=KIND).order_by("-created", "-pk").values_list("created", flat=True).first() or _EVER
    )
    return Notice.objects.filter(taken_down=None, ends__gt=before, ends__lte=now).count()
