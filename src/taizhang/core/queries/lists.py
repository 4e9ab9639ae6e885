"""A ledger's list: filter, search, sort, page, count by stage and light for the board, and rows for an export."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from django.db.models import Count, F, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from taizhang.core import access, editions
from taizhang.core.models import Case, SavedView, Turn
from taizhang.core.queries import search, shown
from taizhang.core.queries.shown import Colour, Subject
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger.schema import Ledger

PAGE: Final = 50
EXPORT: Final = 5000
Sort = Literal["red", "number", "opened", "area", "stage"]
SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "red": ("red_at", "opened"), "number": ("number",), "opened": ("opened",), "area": ("area_path", "red_at"),
    "stage": ("stage", "red_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means everything."""

    stage: str = ""
    light: str = ""  # green, yellow, red
    area: str = ""  # a path
    text: str = ""  # a number, or part of a name
    owner: str = ""  # mine, or role@level
    scope: str = "open"  # open, closed, all
    sort: str = "red"
    descending: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One case in a list."""

    case: uuid.UUID
    number: str
    stage: str
    stage_label: Text
    subject: Subject
    light: Colour
    red_at: datetime | None
    days_left: int | None
    opened: datetime
    closed: datetime | None
    n: int


@dataclass(frozen=True, slots=True)
class Board:
    """How many open cases rest in a stage, by light."""

    stage: str
    label: Text
    green: int
    yellow: int
    red: int
    end: bool

    @property
    def total(self) -> int:
        """All of them."""
        return self.green + self.yellow + self.red


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a ledger's list."""

    ledger: Ledger
    filters: Filters
    rows: tuple[Row, ...]
    total: int
    pages: int
    board: tuple[Board, ...]


def page(actor: access.Actor, name: str, filters: Filters, now: datetime) -> Page:
    """A page of a ledger's list. Raises NotFound for a ledger of which the actor may read nothing."""
    law = _law(actor, name)
    everything = access.cases_for(actor).filter(ledger=name)
    narrowed = _narrowed(actor, law, everything, filters, now)
    total = narrowed.count()
    pages = max(1, -(-total // PAGE))
    filters = replace(filters, page=min(max(filters.page, 1), pages))
    start = (filters.page - 1) * PAGE
    rows = list(_sorted(narrowed, filters)[start : start + PAGE])
    board = _board(law, _narrowed(actor, law, everything, replace(filters, stage="", light=""), now), now)
    return Page(law, filters, tuple(_rows(rows, now)), total, pages, board)


def export(actor: access.Actor, name: str, filters: Filters, now: datetime, language: str) -> Iterator[Sequence[str]]:
    """The heading and the rows of a list as text, at most 5,000; a cell that a spreadsheet would run is made harmless.

    Raises Refusal("not_allowed") without the capability `lists.export`.
    """
    access.acting(actor, "lists.export")
    law = _law(actor, name)
    rows = list(
        _sorted(_narrowed(actor, law, access.cases_for(actor).filter(ledger=name), filters, now), filters)[:EXPORT]
    )
    return _lines(_rows(rows, now), language)


def _lines(rows: Sequence[Row], language: str) -> Iterator[Sequence[str]]:
    heading = (
        Text("编号", "Number"), Text("对象", "Subject"), Text("地区", "Area"), Text("地区代码", "Area code"), Text("环节", "Stage"),
        Text("灯", "Light"), Text("转红时间", "Red from"), Text("登记时间", "Opened"), Text("办结时间", "Closed"),
    )  # fmt: skip
    yield [one.within(language) for one in heading]
    lights = {"green": Text("绿", "green"), "yellow": Text("黄", "yellow"), "red": Text("红", "red")}
    for row in rows:
        cells = (
            row.number, row.subject.label, row.subject.area, row.subject.path, row.stage_label.within(language),
            lights[row.light].within(language), _said(row.red_at), _said(row.opened), _said(row.closed),
        )  # fmt: skip
        yield [harmless(cell) for cell in cells]


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _said(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(days.SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _law(actor: access.Actor, name: str) -> Ledger:
    if not reads(actor, name):
        raise NotFound(Text("这本台账", "This ledger"))
    return editions.current(name)


def reads(actor: access.Actor, name: str) -> bool:
    """Whether the actor may read or open something of a ledger. Cases are looked for only where no post says so."""
    return name in _by_post(actor) or access.cases_for(actor).filter(ledger=name).exists()


def names(actor: access.Actor) -> frozenset[str]:
    """The ledgers of which the actor may read or open something."""
    return _by_post(actor) | set(access.cases_for(actor).order_by().values_list("ledger", flat=True).distinct())


def _by_post(actor: access.Actor) -> frozenset[str]:
    """The ledgers that a post lets the actor read in its area, or open cases of."""
    law = editions.current_all()
    roles = editions.library().roles
    held = {one.token for one in actor.posts}
    mine = {token for token in held if token in roles and roles[token].cases == "area"}
    readable = {name for token, ledgers in access.readers().items() if token in mine for name in ledgers}
    opening = {name for name, one in law.items() for act in one.acts.values() if held & set(act.by)}
    return frozenset(readable | opening)


# --- narrowing ------------------------------------------------------------------------------------------------------


def _narrowed(
    actor: access.Actor, law: Ledger, rows: QuerySet[Case], filters: Filters, now: datetime
) -> QuerySet[Case]:
    if filters.scope != "all":
        rows = rows.filter(closed__isnull=filters.scope != "closed")
    if filters.stage:
        rows = rows.filter(stage=filters.stage)
    if filters.light in ("green", "yellow", "red"):
        rows = rows.annotate(light=shown.light(now)).filter(light=filters.light)
    if re.fullmatch(r"\d{2,20}", filters.area):
        rows = rows.filter(access.within("area_path", [filters.area]))
    if filters.owner == "mine":
        rows = rows.filter(pk__in=Turn.objects.filter(access.owed_by(actor)).values("case"))
    elif "@" in filters.owner:
        role, _, level = filters.owner.partition("@")
        rows = rows.filter(pk__in=Turn.objects.filter(owes_role=role, owes_level=level).values("case"))
    if filters.text.strip():
        found = {
            f"find_{key}": Cast(KT(f"data__{key}"), TextField())
            for key, spec in law.fields.items()
            if spec.find and not spec.sealed
        }
        wanted = search.matching(filters.text)
        for key in found:
            wanted |= Q(**{key: filters.text.strip()})
        rows = rows.alias(**found).filter(wanted)
    return rows


def _sorted(rows: QuerySet[Case], filters: Filters) -> QuerySet[Case]:
    fields = SORTS.get(filters.sort, SORTS["red"])
    order = [F(f).desc(nulls_last=True) if filters.descending else F(f).asc(nulls_last=True) for f in fields]
    return rows.order_by(*order, "pk")


def _rows(rows: Sequence[Case], now: datetime) -> list[Row]:
    subjects = shown.subjects(rows, days.day_of(now))
    return [
        Row(
            case=row.pk, number=row.number, stage=row.stage, subject=subjects[row.pk],
            stage_label=editions.pinned(row.edition_id).stages[row.stage].label,
            light=shown.colour(row, now), red_at=row.red_at, days_left=shown.days_left(row.red_at, now),
            opened=row.opened, closed=row.closed, n=row.n,
        )
        for row in rows
    ]  # fmt: skip


def _board(law: Ledger, rows: QuerySet[Case], now: datetime) -> tuple[Board, ...]:
    """How many stand at each stage; stages of older editions come last, as long as somebody stands there."""
    counted: dict[str, dict[str, int]] = {}
    stages = dict(law.stages)
    grouped = rows.annotate(light=shown.light(now)).order_by().values_list("stage", "edition", "light")
    for stage, edition, light, count in grouped.annotate(count=Count("pk")):
        stages.setdefault(stage, editions.pinned(edition).stages[stage])
        lit = counted.setdefault(stage, {})
        lit[light] = lit.get(light, 0) + count
    return tuple(Board(stage, spec.label, *_lights(counted.get(stage, {})), spec.end) for stage, spec in stages.items())


def _lights(counted: Mapping[str, int]) -> tuple[int, int, int]:
    return counted.get("green", 0), counted.get("yellow", 0), counted.get("red", 0)


# --- all ledgers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overview:
    """One ledger with its open cases by light."""

    ledger: Ledger
    green: int
    yellow: int
    red: int


def ledgers(actor: access.Actor, now: datetime) -> tuple[Overview, ...]:
    """Every ledger the actor may read or open, with the lights of its open cases; one query for all counts."""
    counted: dict[str, dict[str, int]] = {}
    rows = access.cases_for(actor).filter(closed=None).annotate(light=shown.light(now)).order_by()
    for name, light, count in rows.values_list("ledger", "light").annotate(count=Count("pk")):
        counted.setdefault(name, {})[light] = count
    mine = names(actor)
    return tuple(
        Overview(law, *_lights(counted.get(name, {}))) for name, law in editions.current_all().items() if name in mine
    )


# --- saved views ----------------------------------------------------------------------------------------------------


def saved(actor: access.Actor, name: str) -> QuerySet[SavedView]:
    """The views that this person keeps for a ledger."""
    return SavedView.objects.filter(account=actor.account, ledger=name).order_by("name")
