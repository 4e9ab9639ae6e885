"""Noting that somebody has looked at the bell; a private mark of the reader's own, which no entry keeps."""

from __future__ import annotations

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.models import Account


def see(actor: access.Actor, *, clock: Clock) -> None:
    """What has turned up to now is no longer new to this reader."""
    if actor.account is not None:
        Account.objects.filter(pk=actor.account).update(bell_seen_at=clock.now())
