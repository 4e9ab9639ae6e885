"""What the form of an act needs: the ledger's form, filled with what the case knows, and who or what can be chosen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Case as Choose
from django.db.models import IntegerField, Q, Value, When

from taizhang.core import access, editions, profiles, subjects, thing_rights
from taizhang.core.models import Appointment, Case, Household, Membership, Organisation, Thing
from taizhang.core.profiles import in_force
from taizhang.core.queries import case as cases
from taizhang.core.queries import citing, shown
from taizhang.core.queries.citing import Record
from taizhang.core.subjects import Subject
from taizhang.core.world import CaseWorld
from taizhang.kit import areacode, days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import forms
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Ledger

MOST: Final = 500  # choices of one field; a village has fewer households
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The form of an act, for a case or for one to be opened."""

    ledger: Ledger
    form: forms.Form
    choices: Mapping[str, Choices]  # by the type of field that points at a row
    subject: shown.Subject | None
    number: str
    n: int
    records: tuple[Record, ...] = ()  # of other ledgers, which the act may cite


def of_act(actor: access.Actor, case_id: uuid.UUID | str, act: str, now: datetime) -> Asked:
    """The form of an act on a case. Raises NotFound when the case is hidden or the act is not this actor's."""
    case, law, state, world = cases.offered(actor, case_id, act, now)
    form = forms.form(law, act, state, world, now)
    subject = shown.subjects([case], days.day_of(now))[case.pk]
    choices = _choices(actor, law, form, case.area_path, case.household_id, now)
    records = citing.offered(actor, law, act, case.organisation_id, case.period, now)
    return Asked(law, form, choices, subject, case.number, case.n, records)


def to_open(
    actor: access.Actor, name: str, act: str, subject: str, now: datetime, *, period: date | None = None
) -> Asked:
    """The form that opens a case about a subject (empty: not chosen yet), of a roster for a period. Raises NotFound."""
    law = editions.current_all().get(name)
    if law is None or act not in law.acts or not law.acts[act].opens or not actor.posts:
        raise NotFound(Text("这一步", "This act"))
    about = subjects.find(actor, law, act, subject) if subject else None
    held = actor.posts[0]
    worn = {held.token for held in actor.posts} | ({"@subject"} if _speaks(actor, about) else set())
    if not worn & set(law.acts[act].by):
        raise NotFound(Text("这一步", "This act"))
    place = about or Subject("area", held.path, held.area, held.path)
    form = forms.form(law, act, None, CaseWorld(place, now), now)
    choices = _choices(actor, law, form, place.path, place.household, now)
    records = citing.offered(actor, law, act, about.organisation, period, now) if about else ()
    return Asked(law, form, choices, _named(about, now) if about else None, "", 0, records)


def _speaks(actor: access.Actor, about: Subject | None) -> bool:
    """Whether a post of the actor speaks for the subject, or for any while none is chosen."""
    ours = actor.organisations | actor.things
    return bool(ours) if about is None else bool({about.organisation, about.speaker} & ours)


def subjects_of(actor: access.Actor, name: str, act: str) -> Choices:
    """What a case of a ledger can be about, where that is a short list: organisations, areas, or rows of a register."""
    law = editions.current(name)
    if law.subject == "area":
        return _areas(actor)
    if law.subject in THINGS:
        return _things(actor, law, law.subject, None, "", posted=False)
    if law.subject == "organisation" and not {held.token for held in actor.posts} & set(law.acts[act].by):
        return tuple(
            Organisation.objects.filter(pk__in=actor.organisations).order_by("code").values_list("code", "name")
        )
    if law.subject != "organisation":
        return ()
    return tuple(Organisation.objects.order_by("area__path", "code").values_list("code", "name")[:MOST])


def _areas(actor: access.Actor) -> Choices:
    rows = access.areas_for(actor).order_by("path").values_list("path", "name")
    return tuple((path, areacode.short_name(name)) for path, name in rows)


def _named(about: Subject, now: datetime) -> shown.Subject:
    """A subject in words before there is a case."""
    day = days.day_of(now)
    place = shown.places_of([about.path]).get(about.path)
    label = area = place.name if place else ""
    if about.household is not None:
        label = profiles.heads([about.household], day).get(about.household, "")
    elif about.resident is not None:
        person = profiles.people([about.resident], day).get(about.resident)
        label = person.name if person else ""
    elif about.organisation is not None:
        label = Organisation.objects.values_list("name", flat=True).get(pk=about.organisation)
    elif about.thing is not None:
        label = Thing.objects.values_list("name", flat=True).get(pk=about.thing)
    return shown.Subject(about.register, label, area, about.path, about.household, thing=about.thing)


def _choices(
    actor: access.Actor, law: Ledger, form: forms.Form, path: str, household: uuid.UUID | None, now: datetime
) -> dict[str, Choices]:
    """Who or what can be chosen in the fields that point at a register; only what the form asks for is looked up."""
    wanted = {spec.type for spec in form.fields} | {column.type for spec in form.fields for column in spec.columns}
    found: dict[str, Choices] = {}
    for register, kind in sorted(_narrowed(form), key=str):
        key = register if kind is None else f"{register}:{kind}"
        if register in THINGS:
            found[key] = _things(actor, law, register, kind, path)
        else:
            found[key] = _organisations(kind) if register == "organisation" else _people(path, now, kind)
    if "area" in wanted:
        found["area"] = _areas(actor)
    if "household" in wanted:
        found["household"] = _households(actor, path, now)
    if "resident" in wanted and household is not None:
        found["resident"] = _members(household, now)
    return found


def _narrowed(form: forms.Form) -> set[tuple[str, str | None]]:
    """The kinds of organisations and things, and the roles of persons, that the form's fields and columns ask for."""
    specs = [*form.fields, *(column for spec in form.fields for column in spec.columns)]
    return {(spec.type, spec.kind) for spec in specs if spec.type in ("organisation", "person", *THINGS)}


def _people(path: str, now: datetime, role: str | None) -> Choices:
    """The accounts that may be named in a person field, as (id, name with post), the nearest to the case's area first.

    With a role (`helper@district`) whoever holds it over the area, unit by unit; without one every post over the area
    that reads the cases of its area: neither departments nor helpers, who are named by their role.
    """
    above = [path[:length] for length in range(2, len(path) + 1)]
    declared = editions.library().roles
    wanted = [role] if role is not None else [token for token in declared if declared[token].cases == "area"]
    held = [
        Q(post__role=declared[one].name, post__level=declared[one].level) for one in wanted if not declared[one].apart
    ]
    rows = (
        Appointment.objects.filter(in_force(days.day_of(now)), account__is_active=True, post__area__path__in=above)
        .filter(reduce(or_, held, Q(pk__in=[])))
        .select_related("account", "post__area", "post__organisation")
        .order_by("post__organisation__code", "account__sort_key")
    )
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: -len(row.post.area.path)):
        unit = row.post.organisation.name if row.post.organisation is not None and role is not None else row.post.title
        found.setdefault(str(row.account_id), f"{row.account.name}（{unit}）")
    return tuple(found.items())


def _organisations(kind: str | None) -> Choices:
    """Organisations of a kind; where the ledger names none, those of the district and not every village's."""
    rows = Organisation.objects.order_by("code")
    rows = rows.filter(kind=kind) if kind else rows.filter(area__level="district")
    return tuple(rows.values_list("code", "name")[:MOST])


def _things(
    actor: access.Actor, law: Ledger, register: str, kind: str | None, path: str, *, posted: bool = True
) -> Choices:
    """The open rows of a register that the actor may see, those of the case's own area first.

    Whoever stands on the ledger's public board may be named by everybody (`posted`): an enterprise chooses its partner there.
    """
    rows = thing_rights.things_for(actor)
    if posted and law.public.board and law.subject == register:
        standing = Case.objects.filter(ledger=law.name, closed=None).values("thing")
        rows = Thing.objects.filter(Q(pk__in=rows.values("pk")) | Q(pk__in=standing))
    rows = rows.filter(register=register, closed=None)
    rows = rows.filter(kind=kind) if kind else rows
    near = When(access.within("area_path", [path]), then=Value(0)) if path else When(pk__in=(), then=Value(0))
    ordered = rows.annotate(far=Choose(near, default=Value(1), output_field=IntegerField())).order_by("far", "sort_key")
    return tuple((str(pk), name) for pk, name in ordered.values_list("pk", "name")[:MOST])


def _households(actor: access.Actor, path: str, now: datetime) -> Choices:
    """The households of the case's own area: a household moves or merges among its neighbours."""
    rows = access.households_for(actor).filter(access.within("area_path", [path])).order_by("area_path", "pk")
    ids = list(rows.values_list("pk", flat=True)[:MOST])
    heads = profiles.heads(ids, days.day_of(now))
    return tuple((str(one), heads.get(one, "")) for one in ids)


def _members(household: uuid.UUID, now: datetime) -> Choices:
    day = days.day_of(now)
    home = Household.objects.get(pk=household)
    ids = list(Membership.objects.filter(in_force(day), household=home).values_list("resident", flat=True))
    people = profiles.people(ids, day)
    return tuple((str(one), people[one].name) for one in dict.fromkeys(ids) if one in people)
