"""Search by number and by name, within what the asker may see: names through an index of digests that holds no name."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q, QuerySet

from taizhang.core import access, editions, profiles, seals, thing_rights
from taizhang.core.models import Case, Household, HouseholdNumber, Membership, NameToken, Organisation, Resident, Thing
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Subject
from taizhang.kit import areacode, days, idnumber
from taizhang.kit.text import Text

LIMIT: Final = 30


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case that a search found."""

    case: uuid.UUID
    number: str
    ledger: str
    ledger_label: Text
    stage: Text
    subject: Subject
    light: shown.Colour


@dataclass(frozen=True, slots=True)
class FoundHousehold:
    """A household that a search found, by its head or by a member."""

    household: uuid.UUID
    head: str
    area: str
    path: str


@dataclass(frozen=True, slots=True)
class FoundThing:
    """An enterprise, a place, a product or a project that a search found by its name or code."""

    thing: uuid.UUID
    register: str
    name: str
    code: str
    area: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, at most thirty of each kind."""

    cases: tuple[FoundCase, ...]
    households: tuple[FoundHousehold, ...]
    things: tuple[FoundThing, ...] = ()


def find(actor: access.Actor, text: str, now: datetime) -> Found:
    """Search numbers of cases and households, identity numbers, and names of two characters or more."""
    text = text.strip()
    if len(text) < 2:
        return Found((), ())
    day = days.day_of(now)
    rows = list(access.cases_for(actor).filter(matching(text)).order_by("-opened")[:LIMIT])
    subjects = shown.subjects(rows, day)
    cases = tuple(
        FoundCase(
            row.pk,
            row.number,
            row.ledger,
            law.label,
            law.stages[row.stage].label,
            subjects[row.pk],
            shown.colour(row, now),
        )
        for row in rows
        for law in [editions.pinned(row.edition_id)]
    )
    return Found(cases, _households(access.households_for(actor), text, now), _things(actor, text))


def _things(actor: access.Actor, text: str) -> tuple[FoundThing, ...]:
    rows = thing_rights.things_for(actor).filter(Q(name__contains=text) | Q(code=text.upper()), closed=None)
    return tuple(
        FoundThing(row.pk, row.register, row.name, row.code, areacode.short_name(row.area.name))
        for row in rows.select_related("area").order_by("register", "sort_key")[:LIMIT]
    )


def _households(rows: QuerySet[Household], text: str, now: datetime) -> tuple[FoundHousehold, ...]:
    found = list(rows.filter(households_matching(text)).select_related("area").order_by("area_path", "pk")[:LIMIT])
    heads = profiles.heads({row.pk for row in found}, days.day_of(now))
    return tuple(
        FoundHousehold(row.pk, heads.get(row.pk, ""), areacode.short_name(row.area.name), row.area_path)
        for row in found
    )


def matching(text: str) -> Q:
    """A WHERE over cases: by number, by the household's or person's name or number, by an organisation's name."""
    text = text.strip()
    wanted = Q(number__icontains=text.upper())
    homes = Household.objects.filter(households_matching(text)).values("pk")
    people = _people(text)
    wanted |= Q(household__in=homes) | Q(resident__in=people)
    if not re.fullmatch(r"[0-9A-Za-z-]+", text):
        wanted |= Q(organisation__in=Organisation.objects.filter(name__contains=text).values("pk"))
        wanted |= Q(thing__in=Thing.objects.filter(name__contains=text).values("pk"))
        wanted |= Q(area__name__contains=text)
    return wanted


def households_matching(text: str) -> Q:
    members = Membership.objects.filter(resident__in=_people(text), valid_to=None).values("household")
    numbers = HouseholdNumber.objects.filter(number=text, batch__withdrawn_at=None).values("household")
    return Q(pk__in=members) | Q(pk__in=numbers)


def _people(text: str) -> QuerySet[Resident]:
    """The residents of a name (all its neighbouring pairs of characters) or of an identity number."""
    number = idnumber.normalise(text)
    if number is not None:
        return Resident.objects.filter(number_index=seals.index("number", number)).values("pk")  # type: ignore[return-value]
    tokens = (
        seals.name_tokens(text) if not re.search(r"[0-9]", text) and len("".join(text.split())) >= 2 else frozenset()
    )
    if not tokens:
        return Resident.objects.none().values("pk")  # type: ignore[return-value]
    counted = (
        NameToken.objects.filter(token__in=tokens).values("resident").annotate(count=Count("token", distinct=True))
    )
    return counted.filter(count=len(tokens)).values("resident")  # type: ignore[return-value]


def cases_of(household: uuid.UUID, actor: access.Actor) -> QuerySet[Case]:
    """The cases about a household that the actor may see."""
    return access.cases_for(actor).filter(household=household).order_by("-opened")
