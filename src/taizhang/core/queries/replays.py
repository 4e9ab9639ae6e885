"""Replays, the latest first, for who reads screening."""

from __future__ import annotations

import uuid

from taizhang.core import access
from taizhang.core.models import Replay
from taizhang.core.moves import replays


def listed(actor: access.Actor) -> tuple[Replay, ...]:
    """Every replay. Raises Refusal("not_allowed")."""
    _may(actor)
    return tuple(Replay.objects.select_related("proposal", "account", "job").order_by("-created", "-pk"))


def one(actor: access.Actor, replay_id: uuid.UUID | str) -> Replay:
    """One replay. Raises NotFound, Refusal("not_allowed")."""
    _may(actor)
    return replays.get(replay_id)


def _may(actor: access.Actor) -> None:
    if not actor.is_own_hand and not access.posts_with(actor, "screening.read"):
        access.acting(actor, "screening.try")
