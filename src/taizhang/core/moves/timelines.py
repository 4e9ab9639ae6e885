"""What remains of a row's history when one source is taken away: claims in the order of the chain, folded anew.

A batch says all of a row; an act says what it changed. A batch that found a row as it was attests it: the value stands
by that batch when the one that said it first is withdrawn. Nothing here touches the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

Value = Mapping[str, Any]
_OWN, _ATTESTED, _ABSENT, _ENDED = range(4)  # of one place in the chain, in this order
NEVER: Final = -1  # the place in the chain of rows that no entry tells of


@dataclass(frozen=True)
class Later:
    """A register batch that stands and came after the one that is taken away."""

    batch: uuid.UUID
    entry: uuid.UUID
    at: int  # place of its entry in the chain
    day: date
    reach: str  # rows, homes, whole
    versions: frozenset[uuid.UUID]  # that it attested


@dataclass
class Claim:
    """A row of a register as it lies there, and who said it."""

    row: uuid.UUID
    at: int
    since: date
    until: date | None
    value: Value
    batch: uuid.UUID | None
    is_act: bool
    ended_at: int | None = None  # place in the chain of the import that ended a membership; None: an act, or nothing


@dataclass
class Span:
    """A row as it shall lie there; without `row` a new one, said by `by`."""

    since: date
    until: date | None
    value: Value
    row: uuid.UUID | None = None
    by: Later | None = None
    ended: Later | None = None  # the batch that ends a membership


@dataclass
class Folded:
    """What becomes of one subject: rows that are to stand, and rows that never held."""

    spans: list[Span] = field(default_factory=list)
    void: list[uuid.UUID] = field(default_factory=list)
    moved: list[tuple[Later, Span]] = field(default_factory=list)  # which row a batch attests now

    def end(self, day: date, by: Later | None = None) -> None:
        """End the last span, no earlier than it began."""
        if self.spans and self.spans[-1].until is None:
            last = self.spans[-1]
            last.until, last.ended = max(day, last.since), by

    @property
    def present(self) -> Value | None:
        """What holds now."""
        return self.spans[-1].value if self.spans and self.spans[-1].until is None else None


Carry = Callable[[Claim | None, Later | None, Value, Value], Value]


def versions(claims: Sequence[Claim], gone: uuid.UUID, at: int, later: Sequence[Later], carry: Carry) -> Folded:
    """Fold the versions of one subject without the batch `gone`, whose place in the chain was `at`.

    `claims` in the order of the chain, without rows of batches withdrawn before. `carry(claim, attesting, value,
    present)` gives what a batch's value keeps of the present one (what the batch said nothing of).
    """
    made = Folded()
    own = {claim.batch for claim in claims}
    before: Claim | None = None
    for place, claim in enumerate(claims):
        value: Value | None = claim.value
        if claim.batch == gone:
            value = None
        elif claim.is_act and claim.at > at and before is not None:
            changed = {key: said for key, said in claim.value.items() if before.value.get(key) != said}
            value = {**made.present, **changed} if made.present is not None else None
        elif claim.at > at and made.present is not None:
            value = carry(claim, None, claim.value, made.present)
        if value is None:
            made.void.append(claim.row)
        else:
            made.end(claim.since)
            made.spans.append(Span(claim.since, None, value, claim.row))
        for one in later:
            if claim.row in one.versions and one.batch not in own:
                _attest(made, claim.value, one, carry)
        following = claims[place + 1].since if place + 1 < len(claims) else None
        if claim.until is not None and (following is None or claim.until < following):
            made.end(claim.until)
        before = claim
    return made


def _attest(made: Folded, value: Value, one: Later, carry: Carry) -> None:
    if made.present is not None:
        value = carry(None, one, value, made.present)
    if made.present != value:
        made.end(one.day)
        made.spans.append(Span(one.day, None, value, by=one))
    made.moved.append((one, made.spans[-1]))


def memberships(
    claims: Sequence[Claim],
    gone: uuid.UUID,
    at: int,
    later: Sequence[Later],
    listed: frozenset[uuid.UUID],
    homes: Mapping[uuid.UUID, frozenset[uuid.UUID]],
) -> Folded:
    """Fold where one person is registered (values `household`, `relation`) without the batch `gone`.

    A later batch that does not list the person ends the membership in a household that it does list. `listed` are
    the later batches that list this person, `homes` the households that each lists.
    """
    made = Folded()
    events: list[tuple[int, int, int, Claim | Later]] = []
    for order, claim in enumerate(claims):
        events.append((claim.at, _OWN, order, claim))
        attesting = [one for one in later if claim.row in one.versions]
        events += [(one.at, _ATTESTED, order, claim) for one in attesting]
        if claim.until is not None and (claim.ended_at is None or claim.ended_at < at):
            events.append((max([claim.at, *(one.at for one in attesting)]), _ENDED, order, claim))
    events += [(one.at, _ABSENT, len(claims), one) for one in later if one.reach != "rows" and one.batch not in listed]
    by_place = {one.at: one for one in later}
    own = {claim.batch for claim in claims}
    for place, kind, _order, event in sorted(events, key=lambda event: event[:3]):
        if isinstance(event, Later):
            household = made.present["household"] if made.present is not None else None
            if household is not None and (event.reach == "whole" or household in homes[event.batch]):
                made.end(event.day, event)
        elif kind == _OWN:
            _enter(made, event, gone, by_place.get(event.at))
        elif kind == _ATTESTED:
            one = by_place[place]
            if made.present != event.value and one.batch not in own:
                made.end(one.day, one)
                made.spans.append(Span(one.day, None, event.value, by=one))
            made.moved.append((one, made.spans[-1]))
        elif made.present is not None and made.present["household"] == event.value["household"]:
            made.end(event.until or event.since)
    return made


def _enter(made: Folded, claim: Claim, gone: uuid.UUID, by: Later | None) -> None:
    if claim.batch == gone:
        made.void.append(claim.row)
        return
    made.end(claim.since, by)
    made.spans.append(Span(claim.since, None, claim.value, claim.row))
