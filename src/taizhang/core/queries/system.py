"""What a system administrator sees: areas, organisations, the calendar and the counts of rows. No case, no person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from taizhang.core import access, editions
from taizhang.core.models import Account, Area, Case, Entry, Evidence, Household, Organisation, Resident


@dataclass(frozen=True, slots=True)
class Unit:
    """One organisation."""

    code: str
    name: str
    short: str
    area: str


@dataclass(frozen=True, slots=True)
class Place:
    """One town or street with how many villages lie in it."""

    path: str
    name: str
    villages: int


@dataclass(frozen=True, slots=True)
class Year:
    """One year of the calendar of working days."""

    year: int
    workdays: int
    provisional: bool  # its notice is not there yet


@dataclass(frozen=True, slots=True)
class Counts:
    """How much lies in the database."""

    entries: int
    cases: int
    households: int
    residents: int
    evidence: int
    accounts: int


def may(actor: access.Actor) -> None:
    """Raises Refusal("not_allowed") without `system.manage`."""
    access.acting(actor, "system.manage")


def organisations() -> tuple[Unit, ...]:
    """Every organisation, by name."""
    rows = Organisation.objects.select_related("area").order_by("name")
    return tuple(Unit(row.code, row.name, row.short, row.area.name) for row in rows)


def towns() -> tuple[Place, ...]:
    """Every town in the order of the codes."""
    rows = Area.objects.order_by("path").values_list("path", "name", "level")
    villages = [path for path, _name, level in rows if level == "village"]
    return tuple(
        Place(path, name, sum(1 for village in villages if village.startswith(path)))
        for path, name, level in rows
        if level == "town"
    )


def calendar(today: date) -> tuple[Year, ...]:
    """The year before, this year and the next."""
    known = editions.library().calendar
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        span = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
        worked = sum(1 for day in span if known.is_workday(date.fromordinal(day)))
        found.append(Year(year, worked, known.is_provisional(date(year, 7, 1))))
    return tuple(found)


def counts() -> Counts:
    """How many rows of each kind there are."""
    return Counts(
        Entry.objects.count(), Case.objects.count(), Household.objects.count(), Resident.objects.count(),
        Evidence.objects.count(), Account.objects.count(),
    )  # fmt: skip
