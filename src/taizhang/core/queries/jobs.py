"""Long work as pages see it: how far it is, how it ended, and whether it has stopped giving signs of life."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from taizhang.core import access
from taizhang.core.models import Job
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

KINDS: Final = ("import", "run", "undo", "quality", "replay", "sweep_now")
SILENT: Final = timedelta(minutes=10)  # without a sign of life
UNTAKEN: Final = timedelta(minutes=2)  # no worker has begun
KEPT: Final = 100
State = Literal["waiting", "running", "stuck", "failed", "done"]


@dataclass(frozen=True, slots=True)
class JobRow:
    """One piece of long work."""

    id: uuid.UUID
    kind: str
    state: State
    created: datetime
    started: datetime | None
    finished: datetime | None
    done: int
    total: int
    tries: int
    text: Text  # what it is doing, or how it ended
    result: Mapping[str, Any]
    again: bool  # can be run again


def listed(actor: access.Actor, now: datetime) -> tuple[JobRow, ...]:
    """The jobs that the actor may see, the latest first: everybody's for the lead office, else one's own."""
    return tuple(_row(job, now) for job in _seen(actor).order_by("-created", "-pk")[:KEPT])


def one(actor: access.Actor, job_id: uuid.UUID | str, now: datetime) -> JobRow:
    """One job. Raises NotFound, also where it is hidden."""
    return _row(find(actor, job_id), now)


def find(actor: access.Actor, job_id: uuid.UUID | str) -> Job:
    """The row of a job that the actor may see. Raises NotFound."""
    try:
        return _seen(actor).get(pk=job_id)
    except (Job.DoesNotExist, ValueError, ValidationError):
        raise NotFound(Text("这项任务", "This job")) from None


def stuck(now: datetime) -> tuple[JobRow, ...]:
    """Jobs that nobody takes up, or that give no sign of life, for whoever looks after the site."""
    rows = (_row(job, now) for job in Job.objects.filter(kind__in=KINDS, finished=None).order_by("created"))
    return tuple(row for row in rows if row.state == "stuck")


def state(job: Job, now: datetime) -> State:
    """Where a job stands at an instant."""
    if job.finished is not None:
        return "failed" if job.failed else "done"
    if job.started is None:
        return "stuck" if now - job.created > UNTAKEN else "waiting"
    return "stuck" if now - (job.beat or job.started) > SILENT else "running"


def _seen(actor: access.Actor) -> QuerySet[Job]:
    rows = Job.objects.filter(kind__in=KINDS)
    if actor.is_own_hand or access.posts_with(actor, "screening.run"):
        return rows
    return rows.filter(account=actor.account) if actor.account is not None else rows.none()


def _row(job: Job, now: datetime) -> JobRow:
    where = state(job, now)
    text = Text(str(job.note.get("zh", "")), str(job.note.get("en", "")))
    if where == "stuck":
        text = Text(
            "任务没有动静，可能被中断；可以重新运行。",
            "No sign of life: it may have been cut off and can be run again.",
        )
    return JobRow(
        job.pk, job.kind, where, job.created, job.started, job.finished, job.done, job.total, job.tries, text, dict(job.result),
        where in ("failed", "stuck"),
    )  # fmt: skip
