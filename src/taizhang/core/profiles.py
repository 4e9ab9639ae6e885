"""What the registers say of people and households on a day, unsealed: read in bulk, for whoever has the right to it.

Nothing here asks for rights: callers hand in ids that `taizhang.core.access` has given them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.db.models import Q

from taizhang.core import seals
from taizhang.core.models import HouseholdVersion, Income, ResidentVersion

INCOME_KINDS: Final = ("wage", "business", "property", "transfer", "cost", "claims", "self_paid")


@dataclass(frozen=True)
class Profile:
    """A person on a day; texts are empty when unknown, everything is empty once erased."""

    name: str = ""
    number: str = ""  # normalised; as given where it is no valid one
    phone: str = ""
    health: str = ""
    labour: str = ""
    school: str = ""
    work_months: str = ""
    born: date | None = None
    died: date | None = None

    def sealed(self) -> dict[str, str]:
        """What is sealed of it: the texts that are not empty."""
        return {name: value for name in SEALED if (value := getattr(self, name))}


SEALED: Final = tuple(field.name for field in fields(Profile) if field.name not in ("born", "died"))
UNKNOWN: Final = Profile()


def in_force(day: date) -> Q:
    """A WHERE over versions: those of that day."""
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))


def resident_place(version: uuid.UUID) -> seals.Place:
    """Where the profile of a version of a person lies."""
    return seals.Place("resident_version", "profile", version)


def household_place(version: uuid.UUID) -> seals.Place:
    """Where the particulars of a version of a household lie."""
    return seals.Place("household_version", "particulars", version)


def income_place(income: uuid.UUID) -> seals.Place:
    """Where the amounts of a reckoning lie."""
    return seals.Place("income", "amounts", income)


def of_versions(versions: Iterable[ResidentVersion]) -> list[Profile]:
    """The profiles of versions, in their order; one query for the keys of five hundred."""
    rows = list(versions)
    contents = seals.unseal_many((row.sealed, resident_place(row.pk)) for row in rows)
    return [
        Profile(**(content or {}), born=row.born, died=row.died) for row, content in zip(rows, contents, strict=True)
    ]


def people(residents: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, Profile]:
    """People by id as the registers had them on a day; who was not in them then is left out."""
    wanted = list(dict.fromkeys(residents))
    rows: list[ResidentVersion] = []
    for some in _slices(wanted):
        rows.extend(ResidentVersion.objects.filter(in_force(day), resident_id__in=some).order_by("valid_from"))
    return {row.resident_id: profile for row, profile in zip(rows, of_versions(rows), strict=True)}


def head_ids(households: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, uuid.UUID]:
    """Who heads each household on a day; one that has no head is left out."""
    named: dict[uuid.UUID, uuid.UUID] = {}
    for some in _slices(list(dict.fromkeys(households))):
        rows = HouseholdVersion.objects.filter(in_force(day), household_id__in=some).exclude(head=None)
        named.update(rows.order_by("valid_from").values_list("household_id", "head_id"))
    return named


def heads(households: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, str]:
    """The name of each household's head on a day, empty where there is none or it was erased."""
    wanted = list(dict.fromkeys(households))
    named = head_ids(wanted, day)
    known = people(named.values(), day)
    return {household: known.get(named[household], UNKNOWN).name if household in named else "" for household in wanted}


def particulars(households: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, dict[str, Any]]:
    """What is sealed of each household on a day (its address)."""
    wanted = list(dict.fromkeys(households))
    rows: list[HouseholdVersion] = []
    for some in _slices(wanted):
        rows.extend(HouseholdVersion.objects.filter(in_force(day), household_id__in=some).order_by("valid_from"))
    contents = seals.unseal_many((row.sealed, household_place(row.pk)) for row in rows)
    return {row.household_id: content or {} for row, content in zip(rows, contents, strict=True)}


def address(households: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, str]:
    """The address of each household on a day, empty when unknown."""
    wanted = list(dict.fromkeys(households))
    known = particulars(wanted, day)
    return {household: str(known.get(household, {}).get("address", "")) for household in wanted}


def masked_phone(phone: str) -> str:
    """A phone number with its middle covered: 138****1234."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


@dataclass(frozen=True)
class Reckoning:
    """A reckoning of a household's income that stands: fen by kind; persons and line where it says them."""

    begins: date
    ends: date
    amounts: Mapping[str, int]
    purpose: str  # empty for one that came in a department's file
    confirmed: bool  # by a second person, or by the department that sent it
    row: Income

    @property
    def persons(self) -> int | None:
        """Among how many the income is shared, where the reckoning says so."""
        return self.amounts.get("persons")

    @property
    def line(self) -> int | None:
        """The line that it was compared with, fen per head, where the reckoning says so."""
        return self.amounts.get("line")


def incomes(household: uuid.UUID) -> list[Reckoning]:
    """Every reckoning of a household's income that stands, the latest first."""
    rows = list(
        Income.objects.filter(household_id=household, replaced=False, batch__withdrawn_at=None)
        .select_related("entry__account", "confirmed__account", "batch")
        .order_by("-ends", "-pk")
    )
    contents = seals.unseal_many((row.sealed, income_place(row.pk)) for row in rows)
    return [
        Reckoning(
            row.begins, row.ends, content or {}, row.purpose, row.case_id is None or row.confirmed_id is not None, row
        )
        for row, content in zip(rows, contents, strict=True)
    ]


@lru_cache(maxsize=16_384)
def sort_key(name: str) -> str:
    """A name's pinyin, by which lists sort; other letters stay as they are."""
    from pypinyin import lazy_pinyin  # its tables take a third of a second, and only writers need them

    return " ".join(lazy_pinyin(name)).lower()[:120]


def _slices(items: list[uuid.UUID], size: int = 500) -> Iterable[list[uuid.UUID]]:
    return (items[at : at + size] for at in range(0, len(items), size))
