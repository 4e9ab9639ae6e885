"""The bell: what newly turned yellow or red among my clocks, and what newly became mine, since I last looked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import Q, QuerySet

from taizhang.core import access, editions, statements
from taizhang.core.models import Account, Turn
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour, Subject
from taizhang.kit import days
from taizhang.kit.text import Text
from taizhang.ledger.schema import Ledger

PAGE: Final = 20
_BADNESS: Final = ("green", "yellow", "red")
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
# What `_since` says, as the condition of a statement that every page sends.
_RINGS: Final = " OR ".join(f"{column} > %s AND {column} <= %s" for column in ("since", "yellow_at", "red_at"))
_OPEN: Final = "EXISTS (SELECT 1 FROM core_case WHERE id = core_turn.case_id AND closed IS NULL)"


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why a case rings."""

    clock_label: Text
    light: Colour
    at: datetime  # when it turned, or became mine
    new: bool  # newly mine, rather than newly turned


@dataclass(frozen=True, slots=True)
class Rung:
    """A case that rings, with its reasons, the newest first."""

    case: uuid.UUID
    number: str
    ledger_label: Text
    subject: Subject
    why: tuple[Why, ...]

    @property
    def light(self) -> Colour:
        """The worst of its lights."""
        return max((one.light for one in self.why), key=_BADNESS.index)


@dataclass(frozen=True, slots=True)
class Bell:
    """One page of the cases that ring, the newest first, and how many ring in all."""

    rows: tuple[Rung, ...]
    total: int
    page: int


def rung(actor: access.Actor, now: datetime, *, page: int = 1) -> Bell:
    """What happened to my clocks since I last looked, by case; a page beyond the last is the last."""
    seen = _seen(actor)
    newest: dict[uuid.UUID, datetime] = {}
    for case, *instants in _since(actor, seen, now).values_list("case_id", "since", "yellow_at", "red_at"):
        newest[case] = max(newest.get(case, _EVER), *(at for at in instants if at is not None and seen < at <= now))
    order = sorted(newest, key=lambda case: (newest[case], case), reverse=True)
    page = min(max(1, page), max(1, -(-len(order) // PAGE)))
    wanted = order[(page - 1) * PAGE : page * PAGE]
    turns = list(_since(actor, seen, now).filter(case__in=wanted).select_related("case"))
    subjects = shown.subjects([*{row.case_id: row.case for row in turns}.values()], days.day_of(now))
    rows = []
    for case in wanted:
        of_case = [row for row in turns if row.case_id == case]
        head, law = of_case[0].case, editions.pinned(of_case[0].case.edition_id)
        why = sorted((_why(row, law, seen, now) for row in of_case), key=lambda one: one.at, reverse=True)
        rows.append(Rung(case, head.number, law.label, subjects[case], tuple(why)))
    return Bell(tuple(rows), len(order), page)


def count(actor: access.Actor, now: datetime, seen: datetime | None) -> int:
    """How many cases ring for whoever last looked then (None: never); one statement, for every page's head."""
    return statements.count(Turn, "case", access.owing(actor), f"({_RINGS}) AND {_OPEN}", *([seen or _EVER, now] * 3))


def _why(turn: Turn, law: Ledger, seen: datetime, now: datetime) -> Why:
    turned = max((at for at in (turn.red_at, turn.yellow_at) if at is not None and seen < at <= now), default=None)
    return Why(law.clock(turn.clock).label, shown.colour(turn, now), turned or turn.since, turned is None)


def _seen(actor: access.Actor) -> datetime:
    if actor.account is None:
        return _EVER
    return statements.value(Account, "bell_seen_at", pk=actor.account) or _EVER


def _since(actor: access.Actor, seen: datetime, now: datetime) -> QuerySet[Turn]:
    turned = Q(yellow_at__gt=seen, yellow_at__lte=now) | Q(red_at__gt=seen, red_at__lte=now)
    begun = Q(since__gt=seen, since__lte=now)
    return Turn.objects.filter(access.owed_by(actor), turned | begun, case__closed=None)
