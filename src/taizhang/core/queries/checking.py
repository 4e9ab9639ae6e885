"""What the check of data quality reads of the registers and cases, in bulk; for work in the background, asks for no rights."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import enrolled, profiles, seals
from taizhang.core.models import Case, Entry, Income, Membership
from taizhang.core.profiles import Profile
from taizhang.kit import days

MONITORING: Final = "household_monitoring"
WATCHED: Final = (
    "watched", "removing", "removal_reviewed", "removal_posted", "removal_objected", "removal_at_county", "removal_approved", "leaving",
)  # fmt: skip
ENTERING: Final = "announce"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody registered and alive, in the clear: held in memory for as long as the check lasts."""

    key: str  # what stands in for the person in rows
    resident: uuid.UUID
    household: str
    area: str
    kind: str
    relation: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Watch:
    """The latest spell of monitoring of a household that was entered."""

    open: bool
    entered: date
    removed: date | None
    removal: str
    risks: tuple[str, ...]
    disaster: str
    answers: Mapping[str, bool]  # housing, education, water, insurance
    contact: bool


@dataclass(frozen=True)
class Facts:
    """Everything that is read."""

    people: tuple[Person, ...]
    incomes: Mapping[str, Mapping[str, int]]  # latest reckoning by household
    watches: Mapping[str, Watch]
    measures: Mapping[str, int] = field(default_factory=dict)


def facts(day: date) -> Facts:
    """The registers and cases as of a day."""
    members = [one for one in enrolled.on(day) if one.died is None]
    known = profiles.people([one.resident for one in members], day)
    rows = Membership.objects.filter(profiles.in_force(day), kind="registered").values_list(
        "household", "resident", "relation"
    )
    relations = {(str(home), resident): relation for home, resident, relation in rows}
    people = tuple(
        Person(one.person, one.resident, one.household, one.area, one.kind, relations.get((one.household, one.resident), ""),
               known.get(one.resident, profiles.UNKNOWN))
        for one in members
    )  # fmt: skip
    cases = Case.objects.filter(ledger="assistance").exclude(household=None).exclude(stage__in=("refused", "cancelled"))
    measures = Counter(str(home) for home in cases.values_list("household", flat=True))
    return Facts(people, _incomes(), _watches(), measures)


def _incomes() -> dict[str, Mapping[str, int]]:
    latest: dict[uuid.UUID, Income] = {}
    for row in Income.objects.filter(replaced=False, batch__withdrawn_at=None).order_by("ends", "pk"):
        latest[row.household_id] = row
    rows = list(latest.values())
    contents = seals.unseal_many((row.sealed, profiles.income_place(row.pk)) for row in rows)
    return {str(row.household_id): content for row, content in zip(rows, contents, strict=True) if content is not None}


def _watches() -> dict[str, Watch]:
    entered: dict[uuid.UUID, datetime] = {}
    acts = Entry.objects.filter(case__ledger=MONITORING, act=ENTERING).order_by("seq")
    for case, received in acts.values_list("case", "received"):
        entered[case] = received
    rows = list(Case.objects.filter(pk__in=list(entered)).exclude(household=None).order_by("opened"))
    sealed = [value for row in rows for value in row.data.values() if seals.is_reference(value)]
    opened = seals.read(sealed) if sealed else {}
    found = {}
    for row in rows:
        data = {
            key: opened.get(value["sealed"]) if seals.is_reference(value) else value for key, value in row.data.items()
        }
        found[str(row.household_id)] = _watch(row, data, entered[row.pk])
    return found


def _watch(row: Case, data: Mapping[str, Any], since: datetime) -> Watch:
    risks = tuple(str(data[key]) for at in range(1, 6) if data.get(key := f"risk_{at}"))
    removed = days.day_of(row.closed) if row.closed is not None and row.stage == "removed" else None
    answers = {
        name: bool(data[name]) for name in ("housing", "education", "water", "insurance") if data.get(name) is not None
    }
    return Watch(
        row.stage in WATCHED, days.day_of(since), removed, str(data.get("removal") or ""), risks, str(data.get("disaster") or ""),
        answers, bool(data.get("contact")),
    )  # fmt: skip


def by_household(people: tuple[Person, ...]) -> dict[str, list[Person]]:
    """The people of each household, in the order of the register."""
    found: dict[str, list[Person]] = defaultdict(list)
    for one in people:
        found[one.household].append(one)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Course:
    """One spell of a household from the clue on: by what it was opened, when it was entered and left."""

    household: str
    opened: date
    entered: date | None
    left: date | None
    by_screening: bool


def courses() -> tuple[Course, ...]:
    """Every spell of monitoring there was, clues that led to nothing among them."""
    entered = dict(
        Entry.objects.filter(case__ledger=MONITORING, act=ENTERING).order_by("-seq").values_list("case", "received")
    )
    warned = set(Entry.objects.filter(case__ledger=MONITORING, act="warn").values_list("case", flat=True))
    rows = Case.objects.filter(ledger=MONITORING).exclude(household=None).order_by("opened")
    return tuple(
        Course(
            str(row.household_id), days.day_of(row.opened), days.day_of(entered[row.pk]) if row.pk in entered else None,
            days.day_of(row.closed) if row.closed else None, row.pk in warned,
        )
        for row in rows.defer("data")
    )  # fmt: skip
