"""What somebody finds wrong with a page or a ledger: an entry, its words sealed, read by the system administrator."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import transaction

from taizhang.core import access, chain, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Area, District
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

KIND: Final = "complaint"
FIELD: Final = "complaint.words"
LONGEST: Final = 1000
ABOUT: Final = 200


def file(actor: access.Actor, about: str, words: str, *, clock: Clock) -> uuid.UUID:
    """Keep a complaint about a page (its address) under the district's key; gives its entry.

    Raises Refusal: `complaint_empty`, `complaint_long` above LONGEST characters.
    """
    words = words.strip()
    if not words:
        raise Refusal("complaint_empty", Text("请写一句您的意见。", "Write what is wrong, in a sentence."))
    if len(words) > LONGEST:
        raise Refusal(
            "complaint_long",
            Text(f"意见不超过 {LONGEST} 字。", f"At most {LONGEST} characters."),
            Text("请分两次写。", "Write it in two."),
        )
    with transaction.atomic():
        district = District.objects.get()
        area = Area.objects.get(path=district.code)
        sealed = seals.keep_many(seals.Owner("area", area.pk), {FIELD: words})
        says = {"about": about[:ABOUT], "fields": {"words": sealed[FIELD]}}
        post = actor.posts[0].post if actor.posts else None
        draft = chain.Draft(
            kind=KIND, received=clock.now(), area=district.code, account=actor.account, post=post, hand=actor.hand, says=says
        )  # fmt: skip
        chain.append(draft)
    return draft.id
