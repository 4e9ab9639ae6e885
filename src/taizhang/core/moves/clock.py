"""Moving the clock of a demo database on, so that a five-day notice can be lived in a minute."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from taizhang.core import access, chain
from taizhang.core.clock import Clock
from taizhang.core.models import District
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

MOST: Final = 366


def advance(actor: access.Actor, days: int, *, clock: Clock) -> None:
    """Move the demo clock on by days; itself an entry, received before the clock moves.

    Raises Refusal: `not_demo` where the district is a real one, `clock_days` unless 1 to 366 days, `not_allowed` for
    somebody without a post.
    """
    if not 1 <= days <= MOST:
        raise Refusal(
            "clock_days", Text(f"一次可以拨快 1 到 {MOST} 天。", f"The clock moves on by 1 to {MOST} days at a time.")
        )
    if not actor.is_own_hand and not actor.posts:
        raise Refusal("not_allowed", Text("需要先有一个岗位。", "You need a post first."))
    with transaction.atomic():
        district = District.objects.select_for_update().first()
        if district is None or not district.demo:
            raise Refusal("not_demo", Text("只有演示库能拨动时钟。", "Only a demo database takes another clock."))
        now = clock.now()
        span = timedelta(days=days)
        District.objects.filter(pk=district.pk).update(clock_offset=F("clock_offset") + int(span.total_seconds()))
        chain.append(
            chain.Draft(
                kind="clock",
                received=now,
                area=district.code,
                account=actor.account,
                post=actor.posts[0].post if actor.posts else None,
                hand=actor.hand,
                says={"days": days},
            )
        )
