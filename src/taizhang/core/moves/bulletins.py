"""Publishing a bulletin: every figure is counted once more and frozen in an entry, with the digest of what it counted."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Final

from django.db import transaction

from taizhang.core import access, chain
from taizhang.core.clock import Clock
from taizhang.core.models import District
from taizhang.core.queries import bulletins
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

PUBLISH: Final = "bulletins.publish"


def publish(actor: access.Actor, template_id: str, *, on: date, clock: Clock) -> uuid.UUID:
    """Publish a bulletin for a day; gives the entry. Raises NotFound for an unknown template, Refusal: `not_allowed`, `bulletin_day`."""
    held = None if actor.is_own_hand else access.acting(actor, PUBLISH)
    template = bulletins.templates().get(template_id)
    if template is None:
        raise NotFound(Text("这个简报模板", "This template"))
    now = clock.now()
    if on > days.day_of(now):
        raise Refusal("bulletin_day", Text("还没到这一天，不能数。", "That day has not come; it cannot be counted."),
                      Text("请选今天或以前的日期。", "Choose today or an earlier day."))  # fmt: skip
    with transaction.atomic():
        counted = bulletins.count(template, on, now)
        draft = chain.Draft(
            kind=bulletins.KIND, received=now, area=held.path if held else District.objects.get().code, account=actor.account,
            post=held.post if held else None, hand=actor.hand,
            says={"bulletin": template.id, "zh": template.title.zh, "en": template.title.en, "on": on.isoformat(),
                  "template": template.digest, "say": list(template.say), "figures": [one.said() for one in counted]},
        )  # fmt: skip
        chain.append(draft)
    return draft.id
