"""Doubtful points of the data as a check finds them, and waivers: a real case that breaks a rule, with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction

from taizhang.core import access, chain, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Doubt, Household, Waiver
from taizhang.core.models.fields import new_id
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

KIND: Final = "waiver"
CAPABILITY: Final = "quality.waive"
LONGEST: Final = 300
SLICE: Final = 500


@dataclass(frozen=True, slots=True)
class Found:
    """One doubtful point as a check finds it; `about` is the household, or household/resident."""

    rule: str
    about: str
    area: str
    severity: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping them changed."""

    new: int
    gone: int


def record(found: Sequence[Found], asked: Collection[str], day: date) -> Kept:
    """Keep what a check of a day found: new points begin, those not found any more by a rule that was asked are gone."""
    now = {(one.rule, one.about): one for one in found}
    with transaction.atomic():
        known = {(row.rule, row.about): row for row in Doubt.objects.filter(rule__in=asked)}
        fresh = [one for key, one in now.items() if key not in known]
        back = [row.pk for key, row in known.items() if key in now and row.gone is not None]
        gone = [row.pk for key, row in known.items() if key not in now and row.gone is None]
        for some in _slices(back):
            Doubt.objects.filter(pk__in=some).update(gone=None, found=day)
        for some in _slices(gone):
            Doubt.objects.filter(pk__in=some).update(gone=day)
        Doubt.objects.bulk_create([_row(one, day) for one in fresh], batch_size=SLICE)
    return Kept(len(fresh) + len(back), len(gone))


def _row(one: Found, day: date) -> Doubt:
    home, _slash, resident = one.about.partition("/")
    return Doubt(
        rule=one.rule, about=one.about, household_id=uuid.UUID(home), resident_id=uuid.UUID(resident) if resident else None,
        area_path=one.area, severity=one.severity, found=day,
    )  # fmt: skip


def _slices(items: Sequence[int]) -> list[Sequence[int]]:
    return [items[at : at + SLICE] for at in range(0, len(items), SLICE)]


def waive(actor: access.Actor, rule: str, about: str, *, reason: str, until: date | None, clock: Clock) -> uuid.UUID:
    """Waive a rule for whom it is about, with the reason and what proves it, until a day; it survives every import.

    Raises NotFound where there is no such doubt inside the actor's areas, and Refusal: `not_allowed`, `waiver_reason`,
    `waiver_until`.
    """
    access.acting(actor, CAPABILITY)
    if not 0 < len(reason.strip()) <= LONGEST:
        said = Text(
            f"请写明真实情况和佐证，不超过 {LONGEST} 字。",
            f"Say what is true and what proves it, in at most {LONGEST} characters.",
        )
        raise Refusal("waiver_reason", said)
    if until is not None and until < days.day_of(clock.now()):
        raise Refusal("waiver_until", Text("豁免的止日已经过去。", "The last day of the waiver is over."))
    doubt = Doubt.objects.filter(rule=rule, about=about).first()
    home = (
        None if doubt is None or doubt.household_id is None else Household.objects.filter(pk=doubt.household_id).first()
    )
    if doubt is None or home is None:
        raise NotFound(Text("这条疑点", "This doubt"))
    held = access.acting(actor, CAPABILITY, home.area_path)
    made = new_id()
    cipher = seals.seal(seals.key_of(seals.Owner("household", home.pk)), place(made), reason.strip())
    with transaction.atomic():
        says = {"act": "waive", "waiver": str(made), "rule": rule, "until": until.isoformat() if until else None}
        draft = chain.Draft(
            kind=KIND, received=clock.now(), area=home.area_path, account=actor.account, post=held.post, hand=actor.hand, says=says,
        )  # fmt: skip
        row = Waiver(
            id=made, rule=rule, about=about, household=home, resident_id=doubt.resident_id, sealed=cipher, created=clock.now(),
            until=until, account_id=actor.account, entry_id=draft.id,
        )  # fmt: skip
        row.save(force_insert=True)
        chain.append(draft)
    return made


def end(actor: access.Actor, waiver_id: uuid.UUID | str, *, clock: Clock) -> None:
    """End a waiver; the doubt is open again. Raises NotFound, Refusal("not_allowed")."""
    row = Waiver.objects.select_related("household").filter(pk=waiver_id, ended_at=None).first()
    if row is None or row.household is None:
        raise NotFound(Text("这条豁免", "This waiver"))
    held = access.acting(actor, CAPABILITY, row.household.area_path)
    with transaction.atomic():
        draft = chain.Draft(
            kind=KIND, received=clock.now(), area=row.household.area_path, account=actor.account, post=held.post, hand=actor.hand,
            says={"act": "end", "waiver": str(row.pk), "rule": row.rule},
        )  # fmt: skip
        Waiver.objects.filter(pk=row.pk).update(ended_at=clock.now())
        chain.append(draft)


def place(waiver: uuid.UUID) -> seals.Place:
    """Where the reason of a waiver lies."""
    return seals.Place("waiver", "reason", waiver)
