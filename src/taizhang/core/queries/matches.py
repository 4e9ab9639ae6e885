"""Who can supply what somebody wants: the posts on the exchange's public board, matched with their reasons.

What is matched is what the ledger lets anybody read of a post (`public.board`); words and contacts are not among it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from taizhang.core import access, editions
from taizhang.core.models import Case
from taizhang.core.queries import lists, shown
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import matching
from taizhang.ledger.matching import Match, Post

EXCHANGE: Final = "exchange"
OPEN: Final = "offered"  # the stage in which a post has no partner yet
MOST: Final = 500  # posts looked through
_ASKING: Final = ("propose", "suggest")  # by who posted; by who brings together


@dataclass(frozen=True, slots=True)
class Posted:
    """A post as anybody may read it; `case` only where the reader may see its case."""

    thing: uuid.UUID
    name: str
    case: uuid.UUID | None
    number: str
    post: Post


@dataclass(frozen=True, slots=True)
class Found:
    """A post of the other side, and why it meets."""

    other: Posted
    match: Match


@dataclass(frozen=True, slots=True)
class Matches:
    """What the exchange has for one post."""

    mine: Posted
    found: tuple[Found, ...]  # what fits first
    act: str  # by which the reader can ask a partner; empty: the reader cannot, or the post has one


@dataclass(frozen=True, slots=True)
class Pair:
    """A supply and a demand that meet."""

    supply: Posted
    demand: Posted
    match: Match


def of(actor: access.Actor, case_id: uuid.UUID, now: datetime) -> Matches:
    """What meets one post. Raises NotFound where the reader may not see its case, or it is no post of the exchange."""
    case = access.case_for(actor, case_id)
    if case.ledger != EXCHANGE or case.thing_id is None:
        raise NotFound(Text("供需对接", "The exchange"))
    mine = _posted(actor, [case], now)[0]
    others = [one for one in _standing(actor, now) if one.thing != mine.thing]
    worn = access.hats(actor, case)
    acts = editions.pinned(case.edition_id).acts
    can = (name for name in _ASKING if name in acts and worn.for_act(acts[name].by) is not None)
    return Matches(mine, tuple(_found(mine, others)), next(can, "") if case.stage == OPEN else "")


def all_pairs(actor: access.Actor, now: datetime) -> tuple[tuple[Pair, ...], tuple[Posted, ...]]:
    """Every supply and demand that meet, and the posts that meet nobody. Raises NotFound for who has no exchange."""
    if not lists.reads(actor, EXCHANGE):
        raise NotFound(Text("供需对接", "The exchange"))
    posts = _standing(actor, now)
    pairs = [
        Pair(one, found.other, found.match)
        for one in posts
        if one.post.side == matching.SUPPLY
        for found in _found(one, [other for other in posts if other.thing != one.thing])
        if found.match.fits
    ]
    met = {id(one) for pair in pairs for one in (pair.supply, pair.demand)}
    pairs.sort(key=lambda pair: (pair.supply.post.goods, pair.match.order))
    return tuple(pairs), tuple(one for one in posts if id(one) not in met)


def _found(mine: Posted, others: Sequence[Posted]) -> Iterator[Found]:
    pairs = [(other, matching.compare(mine.post, other.post)) for other in others]
    found = [Found(other, match) for other, match in pairs if match is not None]
    yield from sorted(found, key=lambda one: (one.match.order, one.other.name))


def _standing(actor: access.Actor, now: datetime) -> list[Posted]:
    """Every post without a partner whose last day is not over."""
    rows = Case.objects.filter(ledger=EXCHANGE, closed=None, stage=OPEN).order_by("opened", "pk")[:MOST]
    return [one for one in _posted(actor, list(rows), now) if one.post.until >= days.day_of(now)]


def _posted(actor: access.Actor, rows: Sequence[Case], now: datetime) -> list[Posted]:
    named = shown.subjects(rows, days.day_of(now))
    seen = set(access.cases_for(actor).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    goods = editions.library().catalogues["exchange_goods"]
    return [
        Posted(
            row.thing_id, named[row.pk].label, row.pk if row.pk in seen else None, row.number if row.pk in seen else "",
            Post(
                row.data["side"], row.data["goods"], goods.label(row.data["goods"]), goods.rows[row.data["goods"]]["unit"],
                row.data["quantity"], date.fromisoformat(row.data["since"]), date.fromisoformat(row.data["until"]),
                row.area_path, named[row.pk].area,
            ),
        )
        for row in rows
        if row.thing_id is not None
    ]  # fmt: skip
