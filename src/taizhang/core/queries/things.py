"""The registers of enterprises, places, products and projects: lists within sight, and one row with its past and its cases."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Count, Q

from taizhang.core import access, editions, thing_rights
from taizhang.core.models import Case, Thing, ThingVersion
from taizhang.core.queries import shown
from taizhang.kit import areacode
from taizhang.kit.text import Text
from taizhang.ledger.registers import THINGS

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a register, in words."""

    thing: uuid.UUID
    register: str
    name: str
    code: str
    kind: Text
    grade: Text
    area: str
    owner: str  # its enterprise, else who answers for it
    open_cases: int
    closed: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a register."""

    rows: tuple[Row, ...]
    total: int
    page: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was known over a span of days, and the case that said so (None: a table, or one that the reader may not see)."""

    since: date
    until: date | None
    name: str
    kind: Text
    grade: Text
    area: str
    case: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class CaseOf:
    """A case about the row that the reader may see."""

    case: uuid.UUID
    number: str
    ledger: Text
    stage: Text
    opened: datetime
    closed: datetime | None
    light: shown.Colour


@dataclass(frozen=True, slots=True)
class Page:
    """One row on its page."""

    row: Row
    address: str
    enterprise: tuple[uuid.UUID, str] | None  # None too where the reader may not see it
    organisation: str
    past: tuple[Told, ...]
    cases: tuple[CaseOf, ...]
    belongings: tuple[Row, ...]  # its products and places
    openings: tuple[tuple[str, str, Text], ...]  # ledger, act, label: what the reader may begin about it
    merged_into: tuple[uuid.UUID, str] | None


def any_for(actor: access.Actor) -> bool:
    """Whether the actor may see anything of these registers."""
    return access.may(actor, "things.read") or bool(actor.things)


def listed(
    actor: access.Actor, register: str, *, text: str = "", area: str = "", kind: str = "", page: int = 1
) -> Listed:
    """One page of a register by area and name: what is there today, narrowed by name or code, area and kind."""
    rows = thing_rights.things_for(actor).filter(register=register, closed=None)
    if text:
        rows = rows.filter(Q(name__contains=text) | Q(code=text.upper()))
    if area.isdigit():
        rows = rows.filter(access.within("area_path", [area]))
    if kind:
        rows = rows.filter(kind=kind)
    total = rows.count()
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    chosen = rows.select_related("area", "enterprise", "organisation").order_by("area_path", "sort_key", "pk")
    return Listed(_rows(actor, list(chosen[(page - 1) * PAGE : page * PAGE])), total, page)


def kinds(register: str) -> tuple[tuple[str, Text], ...]:
    """The kinds of a register: code and label."""
    found = editions.library().catalogues.get(f"{register}_kinds")
    return tuple((code, found.label(code)) for code in found.rows) if found else ()


def one(actor: access.Actor, thing_id: uuid.UUID | str, now: datetime) -> Page:
    """One row with its past, its cases and what is its. Raises NotFound."""
    row = thing_rights.thing_for(actor, thing_id)
    visible = {one.pk: one.name for one in thing_rights.things_for(actor).filter(
        pk__in=[pk for pk in (row.enterprise_id, row.merged_into_id) if pk])}  # fmt: skip
    cases = list(access.cases_for(actor).filter(thing=row.pk).order_by("-opened")[:PAGE])
    belongings = thing_rights.things_for(actor).filter(enterprise=row.pk, closed=None)
    chosen = belongings.select_related("area", "enterprise", "organisation").order_by("register", "sort_key")
    return Page(
        row=_rows(actor, [row])[0],
        address=row.address,
        enterprise=_named(visible, row.enterprise_id),
        organisation=row.organisation.name if row.organisation else "",
        past=_past(actor, row),
        cases=tuple(_case(one, now) for one in cases),
        belongings=_rows(actor, list(chosen[:PAGE])),
        openings=_openings(actor, row) if row.closed is None else (),
        merged_into=_named(visible, row.merged_into_id),
    )


def _named(visible: Mapping[uuid.UUID, str], pk: uuid.UUID | None) -> tuple[uuid.UUID, str] | None:
    return (pk, visible[pk]) if pk is not None and pk in visible else None


def _rows(actor: access.Actor, rows: list[Thing]) -> tuple[Row, ...]:
    seen = access.cases_for(actor).filter(thing__in=[row.pk for row in rows], closed=None).order_by()
    counts = dict(seen.values_list("thing").annotate(count=Count("pk")))
    return tuple(
        Row(
            row.pk, row.register, row.name, row.code, _label(f"{row.register}_kinds", row.kind),
            _label("thing_grades", row.grade), areacode.short_name(row.area.name),
            row.enterprise.name if row.enterprise else row.organisation.name if row.organisation else "",
            counts.get(row.pk, 0), row.closed,
        )
        for row in rows
    )  # fmt: skip


def _label(catalogue: str, code: str) -> Text:
    found = editions.library().catalogues.get(catalogue)
    return found.label(code) if found and code else Text(code, code)


def _past(actor: access.Actor, row: Thing) -> tuple[Told, ...]:
    versions = list(
        ThingVersion.objects.filter(thing=row.pk).select_related("area", "entry").order_by("-valid_from", "-pk")
    )
    named = [one.entry.case_id for one in versions if one.entry is not None and one.entry.case_id is not None]
    seen = set(access.cases_for(actor).filter(pk__in=named).values_list("pk", flat=True))
    return tuple(
        Told(
            one.valid_from, one.valid_to, one.name, _label(f"{row.register}_kinds", one.kind),
            _label("thing_grades", one.grade), areacode.short_name(one.area.name),
            one.entry.case_id if one.entry is not None and one.entry.case_id in seen else None,
        )
        for one in versions
    )  # fmt: skip


def _case(row: Case, now: datetime) -> CaseOf:
    law = editions.pinned(row.edition_id)
    return CaseOf(
        row.pk, row.number, law.label, law.stages[row.stage].label, row.opened, row.closed, shown.colour(row, now)
    )


def _openings(actor: access.Actor, row: Thing) -> tuple[tuple[str, str, Text], ...]:
    worn = access.hats_to_open(actor, row.area_path, row.enterprise_id or row.pk).tokens - {"anyone"}
    return tuple(
        (name, act_name, act.label)
        for name, law in editions.current_all().items()
        if law.subject == row.register
        for act_name, act in law.acts.items()
        if act.opens and worn & set(act.by) and set(act.via) & {"web", "desk", "phone"}
    )


def registers() -> tuple[tuple[str, Text], ...]:
    """The four registers: code and label."""
    found = editions.library().catalogues.get("thing_registers")
    return tuple((code, found.label(code) if found else Text(code, code)) for code in THINGS)
