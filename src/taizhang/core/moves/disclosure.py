"""Showing a sealed value to somebody, and erasing a person: both leave an entry, the first with its reason."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection, transaction

from taizhang.core import access, chain, editions, profiles, seals, store
from taizhang.core.clock import Clock
from taizhang.core.models import (
    Case,
    Entry,
    Evidence,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Membership,
    NameToken,
    Resident,
    ResidentVersion,
)
from taizhang.core.queries import shown
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

USUAL: Final = 30  # values shown to one person on one day; beyond it the entry says so, for the auditor
MOST: Final = 200  # and beyond this nothing is shown any more that day
SHOWS: Final = ("reveal", "print")  # kinds of entries that show values to somebody, on the screen and on paper
_REASON: Final = 4  # characters that a reason has at least


def reveal(actor: access.Actor, resident_id: uuid.UUID, field: str, *, reason: str, clock: Clock) -> str:
    """A field of a person's profile in full; the entry names the person by id, the field and the reason.

    Raises NotFound for a person whom the actor may not see, Refusal: `reason` without one, `reveal_quota` after 200 on
    a day, `erased`.
    """
    if field not in profiles.SEALED:
        raise Refusal("field", Text(f"没有“{field}”这一项。", f"There is no field “{field}”."))
    reasoned(reason)
    resident = access.residents_for(actor).filter(pk=resident_id).first()
    if resident is None:
        raise NotFound(Text("这个人", "This person"))
    today = days.day_of(clock.now())
    with transaction.atomic():
        beyond = beyond_usual(actor, clock)
        profile = profiles.people([resident.pk], today).get(resident.pk)
        if profile is None or resident.erased_at is not None:
            raise Refusal("erased", Text("此人没有可看的资料。", "There is nothing to see about this person."))
        homes = Membership.objects.filter(profiles.in_force(today), resident=resident)
        path = homes.values_list("household__area_path", flat=True).first() or _path(actor)
        kept = seals.keep(seals.Owner("resident", resident.pk), "reveal.reason", reason.strip())
        says = {"resident": str(resident.pk), "field": field, "beyond_usual": beyond, "reason": kept}
        chain.append(_draft(actor, "reveal", path, clock, says))
    return str(getattr(profile, field))


def reveal_value(
    actor: access.Actor, case_id: uuid.UUID, field: str, *, n: int | None = None, reason: str, clock: Clock
) -> Text:
    """A sealed value of a case in full and in words: as it is now, or as entry `n` wrote it; logged like `reveal`.

    Only those who may act on the case read its sealed values. Raises NotFound for a hidden case and for a field that is
    not sealed there, Refusal: `reason`, `reveal_quota`, `not_allowed`, `not_yet`, `erased`.
    """
    reasoned(reason)
    case = access.case_for(actor, case_id)
    law = editions.pinned(case.edition_id)
    hats = access.hats(actor, case).tokens - {"anyone"}
    mine = [declared for declared in law.acts.values() if hats & set(declared.by)]
    # who may only open such a case reads what opening it asks for, and nothing that others found out later
    may = any(not declared.opens or field in (*declared.asks, *declared.may) for declared in mine)
    if not actor.is_own_hand and not may:
        raise Refusal(
            "not_allowed", Text("只有经办这件事的人能看。", "Only those who may act on this case may see it.")
        )
    if field in law.fields and not law.fields[field].lies_open(case.stage):
        stages = [law.stages[name].label for name in law.fields[field].during]
        raise Refusal(
            "not_yet",
            Text(
                f"这一项要到“{'、'.join(one.zh for one in stages)}”才能看，现在谁也看不到。",
                f"This is read only in: {', '.join(one.en for one in stages)}. Nobody reads it now.",
            ),
        )
    act, written = ("", case.data.get(field)) if n is None else _written(case.pk, n, field)
    if not seals.is_reference(written):
        raise NotFound(Text("这一项", "This field"))
    with transaction.atomic():
        beyond = beyond_usual(actor, clock)
        value = seals.read([written])[written["sealed"]]
        if value is None:
            raise Refusal("erased", Text("内容已按规定删除。", "The value has been erased."))
        kept = seals.keep(_owner(case), "reveal.reason", reason.strip())
        says = {"case": str(case.pk), "field": field, "n": n, "beyond_usual": beyond, "reason": kept}
        chain.append(_draft(actor, "reveal", case.area_path, clock, says))
    spec = (law.acts[act].entry.get(field) if act in law.acts else None) or law.fields.get(field)
    return shown.words(spec, value, shown.Names(days.day_of(clock.now()))) if spec else Text(str(value), str(value))


def _written(case: uuid.UUID, n: int, field: str) -> tuple[str, Any]:
    """The act of an entry, and what it wrote in a field."""
    entry = Entry.objects.filter(case_id=case, n=n).first()
    if entry is None:
        return "", None
    says = json.loads(entry.body)["says"]
    return entry.act, says.get("fields", {}).get(field) or says.get("own", {}).get(field)


def _owner(case: Case) -> seals.Owner:
    if case.resident_id is not None:
        return seals.Owner("resident", case.resident_id)
    return seals.Owner("household", case.household_id) if case.household_id else seals.Owner("case", case.pk)


def reasoned(reason: str) -> None:
    """Raises Refusal("reason") where no reason is given."""
    if len(reason.strip()) < _REASON:
        raise Refusal("reason", Text("请写明原因或依据。", "Give the reason or the ground."))


def beyond_usual(actor: access.Actor, clock: Clock) -> bool:
    """Whether this is more than is usual on a day. Raises Refusal("reveal_quota") where it is far too much."""
    today = days.start_of(days.day_of(clock.now()))
    shown = Entry.objects.filter(kind__in=SHOWS, account=actor.account, received__gte=today).count()
    if shown >= MOST:
        raise Refusal(
            "reveal_quota",
            Text(
                f"今天已查看 {MOST} 项完整信息，不能再看。",
                f"You have seen {MOST} values in full today: no more today.",
            ),
            Text("审计人员会看到这一情况。", "The auditor will see this."),
        )
    return shown >= USUAL


def _path(actor: access.Actor) -> str:
    return actor.posts[0].path if actor.posts else ""


def erase(actor: access.Actor, resident_id: uuid.UUID, *, ground: str, clock: Clock) -> None:
    """Erase a person for ever: their key, sort keys, search tokens, and the files of their own cases.

    The household's key goes too when nobody else of it is left. Entries stay as they are, and the chain verifies.
    Only the system administrator may, on a ground (the number of a decision), which the entry keeps in plain words.
    Raises Refusal: `not_allowed`, `reason`; NotFound for an unknown or erased person.
    """
    held = None if actor.is_own_hand else access.acting(actor, "system.manage")
    reasoned(ground)
    now = clock.now()
    with transaction.atomic():
        resident = Resident.objects.filter(pk=resident_id, erased_at=None).first()
        if resident is None:
            raise NotFound(Text("这个人", "This person"))
        owners = [seals.Owner("resident", resident.pk), *_emptied(resident)]
        cases = Case.objects.none()
        for owner in owners:
            cases |= Case.objects.filter(**{f"{owner.kind}_id": owner.id})
            seals.destroy(owner, now)
        households = [owner.id for owner in owners if owner.kind == "household"]
        _blank(resident, households)
        numbers = HouseholdNumber.objects.filter(household_id__in=households)
        numbers.update(number="")  # a later file that lists the number speaks of a household of its own
        Resident.objects.filter(pk=resident.pk).update(erased_at=now, number_index=None, phone_index=None)
        digests = _files(cases.values_list("pk", flat=True))
        says = {"resident": str(resident.pk), "ground": ground.strip(), "evidence": digests,
                "households": [str(owner.id) for owner in owners if owner.kind == "household"]}  # fmt: skip
        path = (
            held.path
            if held
            else Membership.objects.filter(resident=resident).values_list("household__area_path", flat=True).first()
        )
        chain.append(_draft(actor, "erase", path or "", clock, says, held))
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:  # or the wrapped key would stay readable in the write-ahead log
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for digest in digests:  # after the entry is there: a power cut leaves files too many, never an entry too few
        store.remove(digest)


def _emptied(resident: Resident) -> list[seals.Owner]:
    """The households in which nobody else was ever registered or lives who is not erased."""
    found = []
    for household in Household.objects.filter(memberships__resident=resident).distinct():
        others = Membership.objects.filter(household=household, resident__erased_at=None).exclude(resident=resident)
        if not others.exists():
            found.append(seals.Owner("household", household.pk))
    return found


def _blank(resident: Resident, households: list[uuid.UUID]) -> None:
    NameToken.objects.filter(resident=resident).delete()
    ResidentVersion.objects.filter(resident=resident).update(sort_key="", sealed=None, born=None, died=None)
    HouseholdVersion.objects.filter(head=resident).update(sort_key="")
    HouseholdVersion.objects.filter(household_id__in=households).update(sort_key="", sealed=None)


def _files(cases: Iterable[uuid.UUID]) -> list[str]:
    """Digests of files that these cases alone name."""
    mine = set(Evidence.objects.filter(entry__case_id__in=list(cases)).values_list("digest", flat=True))
    others = Evidence.objects.filter(digest__in=mine).exclude(entry__case_id__in=list(cases))
    return sorted(mine - set(others.values_list("digest", flat=True)))


def _draft(
    actor: access.Actor, kind: str, path: str, clock: Clock, says: Mapping[str, object], held: access.Held | None = None
) -> chain.Draft:
    acting = held or (actor.posts[0] if actor.posts else None)
    return chain.Draft(
        kind=kind, received=clock.now(), area=path, account=actor.account, post=acting.post if acting else None,
        hand=actor.hand, says=says,
    )  # fmt: skip
