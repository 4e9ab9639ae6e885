"""What people without a log-in may read: forms, a case by its code, and boards whose every fact is on an allow-list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from taizhang.core import access, editions, folding, seals, subjects
from taizhang.core.models import Area, Case, Thing
from taizhang.core.queries import case as cases
from taizhang.core.queries import forms as asked_forms
from taizhang.core.queries import shown
from taizhang.core.subjects import Subject
from taizhang.core.world import CaseWorld
from taizhang.kit import areacode, days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import forms, history
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Ledger

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class FormOf:
    """A form that anyone may fill in."""

    ledger: str
    label: Text
    act: Text
    help: Text | None


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that a case has been in."""

    stage: Text
    since: datetime


@dataclass(frozen=True, slots=True)
class Tracked:
    """What whoever holds its code may know of a case."""

    number: str
    ledger: str
    ledger_label: Text
    place: str
    stage: Text
    closed: datetime | None
    steps: tuple[Step, ...]
    facts: tuple[shown.Shown, ...]
    acts: tuple[tuple[str, Text], ...]  # what may be added by the code


@dataclass(frozen=True, slots=True)
class Posted:
    """A case on a public board."""

    number: str
    place: str
    about: str  # the thing it is about; never a person or a household
    thing: uuid.UUID | None
    stage: Text
    opened: datetime
    facts: tuple[shown.Shown, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What a ledger puts on its board about a thing; `standing`: there is one such case at most, and it lasts."""

    label: Text
    facts: tuple[shown.Shown, ...]
    standing: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """A thing as anyone may know it: its name, and what ledgers put on their boards about it."""

    thing: uuid.UUID
    register: str
    name: str
    kind: Text
    place: str
    boards: tuple[Board, ...]  # by ledger


def all_forms() -> tuple[FormOf, ...]:
    """The forms that anyone may fill in."""
    return tuple(
        FormOf(name, law.label, law.acts[law.public.form].label, law.acts[law.public.form].help)
        for name, law in editions.current_all().items()
        if law.public.form is not None
    )


def boards() -> tuple[tuple[str, Text], ...]:
    """The ledgers that have a public board: name and label."""
    return tuple((name, law.label) for name, law in editions.current_all().items() if law.public.board)


def towns() -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Every town with its villages: path, name, and path and name of each village."""
    rows = list(Area.objects.filter(level__in=("town", "village")).order_by("path").values_list("path", "name"))
    return tuple(
        (path, areacode.short_name(name),
         tuple((below, areacode.short_name(called)) for below, called in rows if len(below) > len(path)
               and areacode.covers(path, below)))
        for path, name in rows if areacode.level(path) == "town"
    )  # fmt: skip


def form(ledger: str, area: str, now: datetime) -> asked_forms.Asked:
    """The public form of a ledger for a place. Raises NotFound."""
    law = editions.current_all().get(ledger)
    if law is None or law.public.form is None:
        raise NotFound(Text("这个表单", "This form"))
    about = subjects.find(access.ANYONE, law, law.public.form, area)
    made = forms.form(law, law.public.form, None, CaseWorld(about, now), now)
    return asked_forms.Asked(law, made, {}, _place(about), "", 0)


def _place(about: Subject) -> shown.Subject:
    at = shown.places_of([about.path]).get(about.path)
    return shown.Subject("area", at.whole if at else "", at.name if at else "", about.path)


def form_by_code(actor: access.Actor, act: str, now: datetime) -> asked_forms.Asked:
    """The form of an act for whoever holds the case's code. Raises NotFound."""
    case, law, state, world = cases.offered(actor, actor.follows or "", act, now)
    if act not in dict(_open_acts(law, case)):
        raise NotFound(Text("这一步", "This act"))
    made = forms.form(law, act, state, world, now)
    return asked_forms.Asked(law, made, {}, _place(subjects.of_case(case)), case.number, case.n)


def tracked(actor: access.Actor, now: datetime) -> Tracked:
    """The case of a code: where it stands, since when, and the facts that its ledger lets be read. Raises NotFound."""
    case = access.case_for(actor, actor.follows or "")
    law = editions.pinned(case.edition_id)
    state = folding.state(case, law, now)
    steps: list[Step] = []
    for step in history.steps(law, state.entries):
        if not steps or step.before != step.after:
            steps.append(Step(law.stages[step.after].label, step.entry.received))
    wanted = law.public.track if isinstance(law.public.track, tuple) else ()
    about = _place(subjects.of_case(case))
    return Tracked(
        number=case.number, ledger=law.name, ledger_label=law.label, place=about.label,
        stage=law.stages[case.stage].label, closed=case.closed, steps=tuple(steps),
        facts=facts(law, case, wanted, now, sealed=True), acts=_open_acts(law, case),
    )  # fmt: skip


def _open_acts(law: Ledger, case: Case) -> tuple[tuple[str, Text], ...]:
    return tuple(
        (name, act.label)
        for name, act in law.acts.items()
        if not act.opens and "anyone" in act.by and "public" in act.via and (not act.from_ or case.stage in act.from_)
    )


def facts(
    law: Ledger, case: Case, wanted: tuple[str, ...], now: datetime, *, sealed: bool = False
) -> tuple[shown.Shown, ...]:
    """Allow-listed facts of a case; sealed ones only for whoever holds its code."""
    keys = [key for key in wanted if key in law.fields and case.data.get(key) is not None]
    keys = keys if sealed else [key for key in keys if not law.fields[key].sealed]
    names = shown.Names(days.day_of(now))
    for key in keys:
        shown.want(law.fields[key], case.data[key], names)
    names.fetch()
    references = folding.references({key: case.data[key] for key in keys})
    opened: Mapping[str, object] = seals.read(references) if references else {}
    return tuple(shown.value(key, law.fields[key], case.data[key], opened, names, "full") for key in keys)


def board(ledger: str, now: datetime, *, area: str = "") -> tuple[Text, tuple[Posted, ...]]:
    """The cases on a ledger's public board, the open ones: label and cases. Raises NotFound where it has no board."""
    law = editions.current_all().get(ledger)
    if law is None or not law.public.board:
        raise NotFound(Text("这块公开栏", "This board"))
    rows = Case.objects.filter(ledger=ledger, closed=None).order_by("area_path", "-opened")
    rows = rows.filter(access.within("area_path", [area])) if area.isdigit() else rows
    found = list(rows[:MOST])
    named = shown.subjects(found, days.day_of(now))
    return law.label, tuple(
        Posted(
            row.number, named[row.pk].place, named[row.pk].label if row.thing_id else "", row.thing_id,
            pinned.stages[row.stage].label, row.opened, facts(pinned, row, law.public.board, now),
        )
        for row in found
        for pinned in [editions.pinned(row.edition_id)]
    )  # fmt: skip


def has_sign(thing_id: uuid.UUID) -> bool:
    """Whether something stands on the sign for a thing's door: an open case of a ledger with a board, one at most a thing."""
    laws = editions.current_all().items()
    boards = [name for name, law in laws if law.public.board and law.subject in THINGS and _standing(law)]
    return Case.objects.filter(ledger__in=boards, thing=thing_id, closed=None).exists()


def _standing(law: Ledger) -> bool:
    return any(act.alone for act in law.acts.values())


def sign(thing_id: uuid.UUID, now: datetime) -> Sign:
    """A thing's public page. Raises NotFound for one of which no ledger puts anything on a board."""
    row = Thing.objects.select_related("area").filter(pk=thing_id, closed=None).first()
    told = []
    for name, law in editions.current_all().items():
        if row is None or not law.public.board or law.subject not in THINGS:
            continue
        for case in Case.objects.filter(ledger=name, thing=row.pk, closed=None).order_by("-opened")[:1]:
            shown_facts = facts(editions.pinned(case.edition_id), case, law.public.board, now)
            told.append(Board(law.label, shown_facts, _standing(law)))
    if row is None or not told:
        raise NotFound(Text("这一页", "This page"))
    kinds = editions.library().catalogues.get(f"{row.register}_kinds")
    kind = kinds.label(row.kind) if kinds and row.kind else Text(row.kind, row.kind)
    at = shown.places_of([row.area_path]).get(row.area_path)
    return Sign(row.pk, row.register, row.name, kind, at.whole if at else "", tuple(told))
