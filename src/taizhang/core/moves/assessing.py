"""Publishing a year's assessments: the rules are kept in an entry first, then every organisation's result is a case."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.db import transaction

from taizhang.core import access, chain
from taizhang.core.clock import Clock
from taizhang.core.models import Entry
from taizhang.core.models.fields import new_id
from taizhang.core.moves import cases
from taizhang.core.queries import scores
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import roster, scoring

PUBLISHES = "discipline_lead@district"


def may_publish(actor: access.Actor) -> bool:
    """Whether the actor heads the discipline office."""
    return any(held.token == PUBLISHES for held in actor.posts)


def publish(actor: access.Actor, card: str, year: int, *, clock: Clock) -> tuple[uuid.UUID, ...]:
    """Publish the results of a year for every organisation that has none yet; gives the new cases.

    Reckoned for all by what was known when it began, each written by itself: begun again, it goes on where it stopped.
    Raises Refusal: `not_allowed` for another than the head of the discipline office, `year_not_over`; NotFound.
    """
    if not may_publish(actor):
        raise Refusal("not_allowed", Text("只有区纪委监委负责人能公布考核结果。",
                                          "Only the head of the discipline office publishes assessments."))  # fmt: skip
    if days.day_of(clock.now()) < date(year + 1, 1, 1):
        raise Refusal("year_not_over", Text(f"{year}年还没有结束，现在只能试算。",
                                            f"{year} is not over: it can only be tried."))  # fmt: skip
    entry = scores.frozen(card, year) or _keep(actor, card, year, clock=clock)
    by = scores.rules_of(entry)
    made = []
    for unit in scores.owing(by, year):
        if scores.published(unit, year) is None:
            given = _given(by, year, scores.judge(by, unit, year, entry.received))
            made.append(
                cases.open_case(actor, scores.LEDGER, "publish", subject=unit.pk, given=given, clock=clock).case
            )
    return tuple(made)


def _keep(actor: access.Actor, card: str, year: int, *, clock: Clock) -> Entry:
    held = next(held for held in actor.posts if held.token == PUBLISHES)
    with transaction.atomic():
        (entry,) = chain.append(
            chain.Draft(
                id=new_id(), kind=scores.FROZEN, act="freeze", received=clock.now(), area=held.path,
                account=actor.account, post=held.post, hand=actor.hand, says=scores.keeping(scores.rules(card), year),
            )
        )  # fmt: skip
    return entry


def _given(by: scores.Rules, year: int, score: scoring.Score) -> dict[str, Any]:
    """A result as the ledger of assessments holds it."""
    card = by.sheet.card
    listed = by.library.catalogues[roster.declared(by.law).items]
    parts = {name: part.label.zh for name, part in card.parts.items()}
    losses = [
        {
            "part": parts[loss.part], "why": loss.why.zh, "item": listed.label(loss.item).zh if loss.item else None,
            "period": loss.period.zh if loss.period is not None else None, "record": loss.record.number or None,
            "cents": loss.cents,
        }
        for loss in score.losses
    ]  # fmt: skip
    given: dict[str, Any] = {
        "year": year, "score": score.cents, "full": score.full, "band": scoring.band(card, score.cents).zh,
        "card": f"{card.scorecard} {card.version}",
    }  # fmt: skip
    return {**given, "losses": losses} if losses else given
