"""The complaints about pages and ledgers, for whoever maintains the system."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from taizhang.core import access, seals
from taizhang.core.models import Entry
from taizhang.core.moves.complaints import KIND

KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody wrote about a page."""

    entry: uuid.UUID
    received: datetime
    who: str
    post: str
    about: str
    words: str  # empty once erased


def filed(actor: access.Actor) -> tuple[Complaint, ...]:
    """The newest complaints. Raises Refusal("not_allowed") without `system.manage`."""
    access.acting(actor, "system.manage")
    rows = list(Entry.objects.filter(kind=KIND).select_related("account", "post").order_by("-seq")[:KEPT])
    said = [json.loads(row.body)["says"] for row in rows]
    words = seals.read([one["fields"]["words"] for one in said])
    return tuple(
        Complaint(
            row.pk, row.received, row.account.name if row.account else "", row.post.title if row.post else "",
            one["about"], str(words.get(one["fields"]["words"]["sealed"]) or ""),
        )
        for row, one in zip(rows, said, strict=True)
    )  # fmt: skip
