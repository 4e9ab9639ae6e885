"""Doubtful points of the data inside one's areas: how many by rule, whom each is about, what was waived and why."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q, QuerySet

from taizhang.core import access, profiles, seals
from taizhang.core.models import Doubt, Waiver
from taizhang.core.moves import quality as moves
from taizhang.core.queries import shown
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Count:
    """The points of one rule."""

    open: int
    waived: int
    mended: int


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """One point."""

    about: str
    household: uuid.UUID
    head: str
    area: str
    found: date
    waiver: uuid.UUID | None
    reason: str  # of the waiver
    until: date | None
    by: str


def counts(actor: access.Actor, now: datetime, *, area: str = "") -> Mapping[str, Count]:
    """How many points each rule has, inside the areas of the actor. Raises Refusal("not_allowed")."""
    waived = _in_force(now)
    found: dict[str, list[int]] = {}
    for rule, about, gone in _seen(actor, area).values_list("rule", "about", "gone"):
        some = found.setdefault(rule, [0, 0, 0])
        some[2 if gone is not None else 1 if (rule, about) in waived else 0] += 1
    return {rule: Count(*some) for rule, some in found.items()}


def rows(
    actor: access.Actor, rule: str, now: datetime, *, area: str = "", waived: bool = False, page: int = 1
) -> tuple[tuple[DoubtRow, ...], int]:
    """A page of the points of one rule, and how many there are: open ones, or those that were waived."""
    held = {about: row for (name, about), row in _in_force(now).items() if name == rule}
    known = _seen(actor, area).filter(rule=rule, gone=None).order_by("area_path", "about")
    every = [row for row in known if (row.about in held) == waived]
    some = every[(page - 1) * PAGE : page * PAGE]
    day = days.day_of(now)
    homes = [row.household_id for row in some if row.household_id]
    heads, places = profiles.heads(homes, day), shown.places_of([row.area_path for row in some])
    return tuple(_row(row, held.get(row.about), heads, places) for row in some), len(every)


def _row(
    row: Doubt, waiver: Waiver | None, heads: Mapping[uuid.UUID, str], places: Mapping[str, shown.Place]
) -> DoubtRow:
    if row.household_id is None:
        raise AssertionError("a doubt is about a household")
    place = places.get(row.area_path)
    reason = "" if waiver is None else str(seals.unseal(waiver.sealed, moves.place(waiver.pk)) or "")
    return DoubtRow(
        row.about, row.household_id, heads.get(row.household_id, ""), place.name if place else "", row.found,
        waiver.pk if waiver else None, reason, waiver.until if waiver else None, waiver.account.name if waiver and waiver.account else "",
    )  # fmt: skip


def _seen(actor: access.Actor, area: str) -> QuerySet[Doubt]:
    held = access.posts_with(actor, "households.read")
    if not held and not actor.is_own_hand:
        raise Refusal("not_allowed", Text("您的岗位看不到数据疑点。", "Your posts give no sight of doubts."))
    wanted = Q() if actor.is_own_hand else access.within("area_path", [one.path for one in held])
    if area:
        wanted &= access.within("area_path", [area])
    return Doubt.objects.filter(wanted)


def _in_force(now: datetime) -> dict[tuple[str, str], Waiver]:
    day = days.day_of(now)
    rows = (
        Waiver.objects.filter(Q(until=None) | Q(until__gte=day), ended_at=None)
        .select_related("account")
        .order_by("created")
    )
    return {(row.rule, row.about): row for row in rows}
