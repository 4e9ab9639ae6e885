"""Doubtful rows: who a row may mean, offered to a person, and what that person decided. A decision is kept and reused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from taizhang.core import access, chain, enrolled, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Batch, District, Pair
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

SLICE = 500


@dataclass(frozen=True)
class Offer:
    """A row (the first that says so) and a resident whom it may mean."""

    row_key: str  # keyed digest of the row's number, and of its name where only the name is in doubt
    resident: uuid.UUID
    file: str
    row: int
    rows: int
    how: str
    score: float
    differs: bool
    says: Mapping[str, str]  # number and name as the row writes them
    sure: bool = False  # a model takes the row to mean that person until somebody says otherwise
    reasons: Sequence[Mapping[str, Any]] = ()  # what each comparison says, nothing that names anybody


@dataclass(frozen=True)
class Offered:
    """Where another batch says the same of the same resident."""

    batch: uuid.UUID
    file: str
    row: int
    rows: int


def offer(batch: Batch, offers: Sequence[Offer]) -> int:
    """Put what was not asked before onto the link desk, within the transaction of the import; how many are new."""
    known: set[tuple[str, uuid.UUID]] = set()
    keys = sorted({one.row_key for one in offers})
    idle: set[tuple[str, uuid.UUID]] = set()  # of a batch that was withdrawn before anybody decided
    for at in range(0, len(keys), SLICE):
        there = Pair.objects.filter(row_key__in=keys[at : at + SLICE])
        known |= set(there.values_list("row_key", "resident_id"))
        left = there.filter(decided_at=None).exclude(batch__withdrawn_at=None)
        idle |= set(left.values_list("row_key", "resident_id"))
    fresh: dict[tuple[str, uuid.UUID], Offer] = {}
    for one in offers:
        if (one.row_key, one.resident) in idle:
            place_of = Pair.objects.filter(row_key=one.row_key, resident_id=one.resident)
            place_of.update(batch=batch, file=one.file, row=one.row, rows=one.rows)
        elif (one.row_key, one.resident) not in known:
            fresh.setdefault((one.row_key, one.resident), one)
    secrets = seals.keys_of("resident", {one.resident for one in fresh.values()})
    rows = []
    for one in fresh.values():
        row = Pair(
            feed=batch.feed, batch=batch, file=one.file, row=one.row, rows=one.rows, row_key=one.row_key, resident_id=one.resident,
            how=one.how, score=one.score, differs=one.differs, band="same" if one.differs or one.sure else "person",
            reasons=[dict(reason) for reason in one.reasons],
        )  # fmt: skip
        row.sealed = seals.seal(secrets[one.resident], place(row.pk), dict(one.says))
        rows.append(row)
    Pair.objects.bulk_create(rows, batch_size=SLICE)
    return len(rows)


def hand_over(batch: uuid.UUID, offered: Mapping[tuple[str, str], Offered]) -> None:
    """Let undecided pairs of a withdrawn batch speak of another batch that offers them too (by keys of row and person)."""
    for pair in Pair.objects.filter(batch=batch, decided_at=None).select_related("resident"):
        there = offered.get((pair.row_key, enrolled.person_key(pair.resident_id, pair.resident.number_index)))
        if there is not None:
            told = {"batch": there.batch, "file": there.file, "row": there.row, "rows": there.rows}
            Pair.objects.filter(pk=pair.pk).update(**told)


def place(pair: uuid.UUID) -> seals.Place:
    """Where what a row says of a person lies."""
    return seals.Place("pair", "says", pair)


def decide(actor: access.Actor, pair_id: uuid.UUID | str, same: bool, *, clock: Clock) -> Pair:
    """Decide whether a row means a resident: an entry. Deciding anew is possible; the last decision counts.

    A row that means one resident means no other: its other pairs are different then. Runs and batches to come use it.
    Raises NotFound, Refusal("not_allowed").
    """
    held = None if actor.is_own_hand else access.acting(actor, "links.decide")
    with transaction.atomic():
        try:
            pair = Pair.objects.select_for_update().get(pk=pair_id)
        except (Pair.DoesNotExist, ValueError, ValidationError):
            raise NotFound(Text("这一对", "This pair")) from None
        now = clock.now()
        draft = chain.Draft(
            kind="link", received=now, area=held.path if held else District.objects.get().code, account=actor.account,
            post=held.post if held else None, hand=actor.hand,
            says={"pair": str(pair.pk), "feed": pair.feed, "row": pair.row_key, "resident": str(pair.resident_id), "same": same},
        )  # fmt: skip
        decided = {"decided_at": now, "decided_by_id": actor.account, "entry_id": draft.id}
        Pair.objects.filter(pk=pair.pk).update(band="same" if same else "different", **decided)
        if same:
            others = Pair.objects.filter(row_key=pair.row_key).exclude(pk=pair.pk)
            others.update(band="different", **decided)
        chain.append(draft)
    pair.refresh_from_db()
    return pair


def adopt(actor: access.Actor, model: str, digest: str, *, clock: Clock) -> None:
    """Let imports use a linkage model from now on, or none (empty): an entry that holds it, numbers per level and nobody's data.

    Raises Refusal("not_allowed").
    """
    held = None if actor.is_own_hand else access.acting(actor, "links.decide")
    with transaction.atomic():
        chain.append(
            chain.Draft(
                kind="linkage", received=clock.now(), area=held.path if held else District.objects.get().code, account=actor.account,
                post=held.post if held else None, hand=actor.hand, says={"model": model, "digest": digest},
            )
        )  # fmt: skip
