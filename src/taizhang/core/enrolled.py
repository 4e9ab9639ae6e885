"""Who is registered where on a day, as screening reads it: nothing here names anybody.

A person goes by a keyed digest everywhere in stored rows: that of the number, else of the row of the register.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from taizhang.core import profiles, seals
from taizhang.core.models import Household, HouseholdNumber, HouseholdVersion, Membership, Resident, ResidentVersion

HEAD = "户主"


@dataclass(frozen=True)
class Member:
    """A row of the register as a run reads it: nothing that names anybody."""

    person: str
    household: str
    area: str
    kind: str
    is_head: bool
    born: date | None
    resident: uuid.UUID
    numbered: bool = True  # whether the register has a valid number of theirs
    died: date | None = None  # as an entry of the register has it, up to that day


@dataclass(frozen=True)
class Register:
    """Who is registered where, and the household behind each household number, on one day."""

    members: list[Member]
    homes: dict[str, str]


def register(day: date) -> Register:
    """The register as a run of that day reads it."""
    return Register(on(day), numbers(day))


def person_key(resident: uuid.UUID, number_index: str | None) -> str:
    """What stands in for a person in stored rows."""
    return number_index or seals.index("person", str(resident))


def keys(residents: Collection[uuid.UUID]) -> tuple[str, ...]:
    """What stands in for some people in stored rows."""
    rows = Resident.objects.filter(pk__in=residents).values_list("pk", "number_index")
    return tuple(person_key(resident, index) for resident, index in rows)


def number_key(number: str, name: str | None = None) -> str:
    """What stands in for the number of a row, and for its name too where only that is in doubt."""
    return seals.index("number", number if name is None else f"{number}@{name}")


def on(day: date) -> list[Member]:
    """Who is registered where on a day, the dead among them marked, in the order in which the register took them in; six queries."""
    then = profiles.in_force(day)
    homes = HouseholdVersion.objects.filter(then).order_by("valid_from").values_list("household", "kind")
    kinds = dict(homes)
    paths = dict(Household.objects.values_list("pk", "area_path"))
    people = ResidentVersion.objects.filter(then).order_by("valid_from").values_list("resident", "born", "died")
    lives = {resident: (born, died) for resident, born, died in people}
    indexes = dict(Resident.objects.values_list("pk", "number_index"))
    rows = (
        Membership.objects.filter(then, kind="registered")
        .order_by("pk")
        .values_list("household", "resident", "relation")
    )
    found = []
    for household, resident, relation in rows.iterator(2000):
        born, died = lives.get(resident, (None, None))
        key = person_key(resident, indexes.get(resident))
        found.append(
            Member(
                key,
                str(household),
                paths.get(household, ""),
                kinds.get(household, ""),
                relation == HEAD,
                born,
                resident,
                indexes.get(resident) is not None,
                died if died is not None and died <= day else None,
            )
        )
    return found


def numbers(day: date) -> dict[str, str]:
    """The household behind each external household number."""
    rows = (
        HouseholdNumber.objects.filter(profiles.in_force(day)).order_by("valid_from").values_list("number", "household")
    )
    return {number: str(household) for number, household in rows}


def present() -> int:
    """How many people are registered now."""
    return Membership.objects.filter(valid_to=None, kind="registered").count()


def mark() -> list[str | int]:
    """What changes whenever the register does: how many versions there are, the newest, and how many have ended."""
    said: list[str | int] = []
    for model in (Membership, ResidentVersion, HouseholdVersion, HouseholdNumber):
        seen = model.objects.aggregate(rows=Count("pk"), ended=Count("valid_to"))
        newest = model.objects.order_by("-pk").values_list("pk", flat=True).first()
        said += [seen["rows"], str(newest), seen["ended"]]
    return said
