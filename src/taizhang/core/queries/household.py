"""A household on one page: who lives there, basic needs, incomes, what screening found, its cases and visits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import QuerySet

from taizhang.core import access, editions, folding, profiles
from taizhang.core.models import (
    Alert,
    Case,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Membership,
    ResidentVersion,
)
from taizhang.core.moves import screening
from taizhang.core.profiles import in_force
from taizhang.core.queries import helping, incomes, life, search, shown
from taizhang.kit import areacode, days, idnumber
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

PAGE: Final = 50
# The ledger whose visits answer the basic needs, and the fields that do (three guarantees and water, food, clothing).
MONITORING: Final = "household_monitoring"
SAME: Final = {"medical": "insurance"}  # what a helper's visit calls it
NEEDS: Final = ("food", "clothing", "education", "insurance", "housing", "water")


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a household; number and phone are masked, health is covered until it is revealed."""

    resident: uuid.UUID
    name: str
    relation: str
    kind: str  # registered, sharing
    born: date | None
    age: int | None
    number: str
    phone: str
    labour: str
    school: str
    health: bool  # whether something is known of it
    died: date | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Need:
    """The answer of the latest visit to one of the basic needs."""

    key: str
    label: Text
    met: bool | None
    on: datetime | None


@dataclass(frozen=True, slots=True)
class Spell:
    """One case of the household, open or closed."""

    case: uuid.UUID
    number: str
    ledger: str
    ledger_label: Text
    stage: Text
    light: shown.Colour
    opened: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True)
class Warned:
    """A screening alert on the household."""

    digest: str
    rule: str
    level: str
    day: date
    case: uuid.UUID | None
    answer: str
    data_error: bool
    sentence: str  # for who sees all of screening, and for who may act on its case; else empty


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    """Everything that the page of a household shows."""

    household: uuid.UUID
    number: str
    head: str
    kind: str
    area: str  # with its town
    official: str  # the area's full name, for paper
    path: str
    address: str
    members: tuple[Member, ...]
    past_members: tuple[Member, ...]
    needs: tuple[Need, ...]
    incomes: tuple[incomes.Told, ...]
    alerts: tuple[Warned, ...]
    spells: tuple[Spell, ...]
    measures: tuple[helping.Measure, ...]
    calendar: helping.Calendar
    story: tuple[life.Event, ...]


def page(actor: access.Actor, household_id: uuid.UUID | str, now: datetime) -> HouseholdPage:
    """The page of a household; about twenty queries. Raises NotFound when it is absent or hidden."""
    home = access.household_for(actor, household_id)
    day = days.day_of(now)
    version = HouseholdVersion.objects.filter(in_force(day), household=home).order_by("-valid_from").first()
    number = HouseholdNumber.objects.filter(in_force(day), household=home).order_by("-valid_from").first()
    members, past = members_on(home, day)
    place = shown.places_of([home.area_path])[home.area_path]
    cases = list(access.cases_for(actor).filter(household=home).order_by("-opened"))
    standing = HouseholdVersion.objects.filter(household=home, batch__withdrawn_at=None)
    if not cases and not standing.exists():  # only a register that was withdrawn knew of it
        raise NotFound(Text("这一户", "This household"))
    written = {case.pk: folding.bodies(case) for case in cases if case.ledger in (MONITORING, helping.PAIRS)}
    return HouseholdPage(
        household=home.pk, number=number.number if number else "", head=profiles.heads([home.pk], day).get(home.pk, ""),
        kind=version.kind if version else "", area=place.whole, official=place.official, path=home.area_path,
        address=profiles.address([home.pk], day).get(home.pk, ""), members=members, past_members=past,
        needs=_needs(cases, written), incomes=incomes.history(home), alerts=_alerts(actor, home.pk, cases),
        spells=tuple(_spell(case, now) for case in cases), measures=helping.measures(actor, cases, now),
        calendar=helping.calendar(home.pk, [case.pk for case in cases], now), story=life.story(cases, now),
    )  # fmt: skip


def members_on(home: Household, day: date) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Who belongs to a household on a day, the head first; and who did before."""
    rows = list(Membership.objects.filter(household=home, batch__withdrawn_at=None).order_by("valid_from", "pk"))
    people = profiles.people({row.resident_id for row in rows}, day)
    deaths = dict(
        ResidentVersion.objects.filter(resident__in={row.resident_id for row in rows})
        .exclude(died=None)
        .values_list("resident", "died")
    )
    present: list[Member] = []
    past: list[Member] = []
    for row in rows:
        if row.valid_from > day:
            continue
        one = _member(row, people.get(row.resident_id, profiles.UNKNOWN), deaths.get(row.resident_id), day)
        gone = (row.valid_to is not None and row.valid_to <= day) or (one.died is not None and one.died <= day)
        (past if gone else present).append(one)
    order = {"户主": 0, "本人或户主": 0, "配偶": 1}
    present.sort(key=lambda one: (order.get(one.relation, 2), one.born or day))
    return tuple(present), tuple(past)


def _member(row: Membership, person: profiles.Profile, died: date | None, day: date) -> Member:
    return Member(
        resident=row.resident_id, name=person.name or "（已删除）", relation=row.relation, kind=row.kind, born=person.born,
        age=idnumber.full_years(person.born, day) if person.born else None,
        number=idnumber.mask(person.number) if person.number else "", phone=profiles.masked_phone(person.phone),
        labour=person.labour, school=person.school, health=bool(person.health), died=person.died or died,
        valid_from=row.valid_from, valid_to=row.valid_to,
    )  # fmt: skip


def _needs(cases: Sequence[Case], written: Mapping[uuid.UUID, Sequence[Mapping[str, Any]]]) -> tuple[Need, ...]:
    """What the latest visit to answer each of them said, by whomever."""
    answers: dict[str, tuple[bool, datetime]] = {}
    for case in sorted(cases, key=lambda one: (one.closed is None, one.opened)):
        gone = {body["says"]["annuls"] for body in written.get(case.pk, ()) if body["kind"] == folding.ANNUL}
        law, known = editions.pinned(case.edition_id), dict[str, Any]()
        for body in folding.under(law, written.get(case.pk, ())):
            if body["n"] not in gone:
                said = body["says"].get("fields") or {}
                known |= said
                # a visit that records only what changed has seen that the rest is as it was
                repeats = body["act"] in law.acts and law.acts[body["act"]].only_changes
                for key, value in (known if repeats else said).items():
                    need, at = SAME.get(key, key), folding.instant(body["happened"])
                    if need in NEEDS and isinstance(value, bool) and (need not in answers or answers[need][1] <= at):
                        answers[need] = (value, at)
    watching = editions.current_all().get(MONITORING)
    fields = watching.fields if watching is not None else {}
    return tuple(Need(key, fields[key].label, *(answers.get(key) or (None, None))) for key in NEEDS if key in fields)


def _alerts(actor: access.Actor, home: uuid.UUID, cases: Sequence[Case]) -> tuple[Warned, ...]:
    rows = list(Alert.objects.filter(household=home).order_by("-day", "rule")[:PAGE])
    everything = bool(access.posts_with(actor, "screening.read"))
    acting = {
        case.pk for case in cases
        if case.pk in {row.case_id for row in rows}
        and shown.sight(actor, editions.pinned(case.edition_id), access.hats(actor, case)) == "full"
    }  # fmt: skip
    told = screening.content_of([row for row in rows if everything or row.case_id in acting])
    return tuple(
        Warned(
            row.digest, row.rule, row.level, row.day, row.case_id, row.answer, row.data_error_at is not None,
            str(told.get(row.digest, {}).get("sentence", "")),
        )
        for row in rows
    )  # fmt: skip


def _spell(case: Case, now: datetime) -> Spell:
    law = editions.pinned(case.edition_id)
    return Spell(
        case.pk, case.number, case.ledger, law.label, law.stages[case.stage].label, shown.colour(case, now), case.opened,
        case.closed,
    )  # fmt: skip


# --- the list of households -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """One household in a list."""

    household: uuid.UUID
    number: str
    head: str
    kind: str
    area: str
    path: str
    members: int
    open_cases: int


@dataclass(frozen=True, slots=True)
class HouseholdList:
    """One page of households."""

    rows: tuple[HouseholdRow, ...]
    total: int
    page: int
    pages: int


def listed(
    actor: access.Actor, now: datetime, *, area: str = "", kind: str = "", text: str = "", page: int = 1
) -> HouseholdList:
    """The households the actor may see, by area and then by the head's name; ten queries."""
    day = days.day_of(now)
    versions = HouseholdVersion.objects.filter(in_force(day), household__in=access.households_for(actor))
    if area.isdigit():
        versions = versions.filter(access.within("area_path", [area]))
    if kind:
        versions = versions.filter(kind=kind)
    if text.strip():
        versions = versions.filter(
            household__in=Household.objects.filter(search.households_matching(text)).values("pk")
        )
    total = versions.count()
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    rows = list(
        versions.select_related("household__area").order_by("area_path", "sort_key", "pk")[
            (page - 1) * PAGE : page * PAGE
        ]
    )
    return HouseholdList(_rows(actor, rows, day), total, page, pages)


def _rows(actor: access.Actor, rows: Sequence[HouseholdVersion], day: date) -> tuple[HouseholdRow, ...]:
    ids = [row.household_id for row in rows]
    heads = profiles.heads(ids, day)
    numbers = dict(HouseholdNumber.objects.filter(in_force(day), household__in=ids).values_list("household", "number"))
    members: dict[uuid.UUID, int] = {}
    for home in Membership.objects.filter(in_force(day), household__in=ids, kind="registered").values_list(
        "household", flat=True
    ):
        members[home] = members.get(home, 0) + 1
    cases: dict[uuid.UUID | None, int] = {}
    for found in access.cases_for(actor).filter(household__in=ids, closed=None).values_list("household", flat=True):
        cases[found] = cases.get(found, 0) + 1
    return tuple(
        HouseholdRow(
            row.household_id, numbers.get(row.household_id, ""), heads.get(row.household_id, ""), row.kind,
            areacode.short_name(row.household.area.name), row.household.area_path,
            members.get(row.household_id, 0), cases.get(row.household_id, 0),
        )
        for row in rows
    )  # fmt: skip


def kinds(actor: access.Actor) -> tuple[str, ...]:
    """The kinds of household that occur, for a filter."""
    rows: QuerySet[HouseholdVersion, Any] = HouseholdVersion.objects.filter(
        household__in=access.households_for(actor), valid_to=None
    )
    return tuple(rows.order_by("kind").values_list("kind", flat=True).distinct())
