"""The rows of long work: begun, alive, ended. What the work is, and who carries it out, is not decided here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.models import Job
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text


def create(actor: access.Actor, kind: str, arguments: Mapping[str, Any], *, clock: Clock, job: uuid.UUID) -> Job:
    """A job that waits for a worker."""
    note = Text("等待后台处理", "Waiting for the worker")
    return Job.objects.create(
        id=job, kind=kind, arguments=dict(arguments), account_id=actor.account, created=clock.now(), note=note._asdict()
    )


def begin(job: uuid.UUID, *, clock: Clock) -> Job | None:
    """Take a job up; None when it has ended or somebody else works on it."""
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job)
        if row.started is not None and row.finished is None:
            return None
        if row.finished is not None and not row.failed:
            return None
        now = clock.now()
        Job.objects.filter(pk=job).update(
            started=now, beat=now, finished=None, failed=False, done=0, tries=row.tries + 1
        )
        row.refresh_from_db()
        return row


def beat(job: uuid.UUID, text: Text, *, clock: Clock) -> None:
    """A sign of life, with what is being done. Inside a transaction nobody would see it, and nothing is written."""
    if not transaction.get_connection().in_atomic_block:
        Job.objects.filter(pk=job).update(beat=clock.now(), note=text._asdict())


def end(job: uuid.UUID, text: Text, *, failed: bool, result: Mapping[str, Any], clock: Clock) -> None:
    """How a job ended."""
    now = clock.now()
    Job.objects.filter(pk=job).update(beat=now, finished=now, failed=failed, note=text._asdict(), result=dict(result))


def reset(row: Job, *, clock: Clock) -> None:
    """Make a job that failed, or gives no sign of life, wait once more. Raises Refusal("job_done") for one that succeeded."""
    if row.finished is not None and not row.failed:
        raise Refusal("job_done", Text("这项任务已经完成。", "This job has been done."))
    note = Text("等待后台处理", "Waiting for the worker")
    Job.objects.filter(pk=row.pk).update(
        created=clock.now(), started=None, beat=None, finished=None, failed=False, note=note._asdict()
    )
