"""The bell: what newly turned yellow or red among my clocks, and what newly became mine, since I last looked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import F, Q, QuerySet

from taizhang.core import access, editions
from taizhang.core.models import Account, Turn
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour, Subject
from taizhang.kit import days
from taizhang.kit.text import Text

LIMIT: Final = 50
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rung:
    """One reason for the bell."""

    case: uuid.UUID
    number: str
    ledger_label: Text
    subject: Subject
    clock_label: Text
    light: Colour
    at: datetime  # when it turned, or became mine
    new: bool  # newly mine, rather than newly turned


def rung(actor: access.Actor, now: datetime) -> tuple[Rung, ...]:
    """What happened to my clocks since I last looked, newest first."""
    seen = _seen(actor)
    rows = list(_since(actor, seen, now).select_related("case").order_by(F("red_at").asc(nulls_last=True))[:LIMIT])
    subjects = shown.subjects([row.case for row in rows], days.day_of(now))
    found = []
    for row in rows:
        law = editions.pinned(row.case.edition_id)
        turned = max((at for at in (row.red_at, row.yellow_at) if at is not None and seen < at <= now), default=None)
        found.append(
            Rung(
                row.case_id, row.case.number, law.label, subjects[row.case_id], law.clocks[row.clock].label,
                shown.colour(row, now), turned or row.since, turned is None,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def count(actor: access.Actor, now: datetime) -> int:
    """How many; two queries, for every page's head."""
    return _since(actor, _seen(actor), now).count()


def _seen(actor: access.Actor) -> datetime:
    if actor.account is None:
        return _EVER
    return Account.objects.values_list("bell_seen_at", flat=True).get(pk=actor.account) or _EVER


def _since(actor: access.Actor, seen: datetime, now: datetime) -> QuerySet[Turn]:
    turned = Q(yellow_at__gt=seen, yellow_at__lte=now) | Q(red_at__gt=seen, red_at__lte=now)
    begun = Q(since__gt=seen, since__lte=now)
    return Turn.objects.filter(access.owed_by(actor), turned | begun, case__closed=None)
