"""Policy numbers in force: the library's, and for a day on which it has none, what an office entered as an entry.

Which number holds never depends on who asks. Only a number that the library lacks costs a query. What an office decided in
place of a default concerns screening alone, which is given `entered`; no number that a ledger looks at is decided so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import editions
from taizhang.core.models import Entry
from taizhang.kit.text import Text
from taizhang.ledger.policies import Dated, Policy

KIND: Final = "policy"


def policy(name: str, area: str, day: date) -> int | str | None:
    """A policy number in force for an area (a path) on a day; None while nobody has published or entered it."""
    known = editions.library().policy(name, area, day)
    if known is not None:
        return known
    held = Policy(name, Text(name, name), "text", "", (), entered().get(name, ())).in_force(area, day)
    return held.value if held else None


def entered(known: datetime | None = None) -> Mapping[str, tuple[Dated, ...]]:
    """The values that offices entered (up to an instant), by number; of one area and first day the later entry stands.

    One query.
    """
    found: dict[str, dict[tuple[str, date], Dated]] = {}
    rows = Entry.objects.filter(kind=KIND)
    if known is not None:
        rows = rows.filter(received__lte=known)
    for body in rows.order_by("seq").values_list("body", flat=True):
        says = json.loads(body)["says"]
        one = dated(says)
        found.setdefault(says["name"], {})[one.area, one.begins] = one
    return {name: tuple(rows.values()) for name, rows in found.items()}


def dated(says: Mapping[str, Any]) -> Dated:
    """The value that an entry of this kind says."""
    ends = date.fromisoformat(says["to"]) if says["to"] else None
    begins = date.fromisoformat(says["from"])
    return Dated(says["area"], begins, ends, says["value"], says["source"], says["sure"], bool(says.get("decided")))
