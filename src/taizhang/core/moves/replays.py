"""The rows of replays: asked for, how far, what came of them. Counts alone; nothing here decides or changes a case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.models import Proposal, Replay
from taizhang.core.models.fields import new_id
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text


def create(actor: access.Actor, proposal: Proposal | None, known: str, *, clock: Clock) -> Replay:
    """A replay that waits for its job."""
    return Replay.objects.create(
        id=new_id(),
        proposal=proposal,
        known="then" if known == "then" else "now",
        created=clock.now(),
        account_id=actor.account,
    )


def belongs(replay: uuid.UUID, job: uuid.UUID) -> None:
    """Say which job carries a replay out."""
    Replay.objects.filter(pk=replay).update(job=job)


def get(replay: uuid.UUID | str) -> Replay:
    """One replay. Raises NotFound."""
    row = Replay.objects.select_related("proposal", "account", "job").filter(pk=replay).first()
    if row is None:
        raise NotFound(Text("这次回放", "This replay"))
    return row


def reached(replay: uuid.UUID, months: int, since: date, until: date) -> None:
    """How many months are done."""
    Replay.objects.filter(pk=replay).update(months=months, since=since, until=until)


def finish(replay: uuid.UUID, result: Mapping[str, Any], *, clock: Clock) -> None:
    """What came of it."""
    Replay.objects.filter(pk=replay).update(result=dict(result), finished=clock.now())
