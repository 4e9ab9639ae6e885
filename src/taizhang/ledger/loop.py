"""The pure loop: open a case, act on it, say what can come next. No rows, no clock: everything is passed in."""

from __future__ import annotations

from taizhang.ledger.state import (
    Actor,
    Children,
    Done,
    EffectDone,
    Entry,
    Moment,
    NoticePosted,
    Offer,
    Refused,
    Spawn,
    State,
    Unmet,
    World,
)

__all__ = [
    "Actor", "Children", "Done", "EffectDone", "Entry", "Moment", "NoticePosted", "Offer",
    "Refused", "Spawn", "State", "Unmet", "World",
]  # fmt: skip
