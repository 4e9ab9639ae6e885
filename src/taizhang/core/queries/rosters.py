"""The duties of organisations as they stand: one organisation's year as a grid, and what is missing by area."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import CharField, Count, F, Min, Q
from django.db.models.functions import Left

from taizhang.core import access, editions, rosters
from taizhang.core.models import Case, Organisation, Turn
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour
from taizhang.core.rosters import Unit
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.roster import Cell
from taizhang.ledger.schema import Ledger

MONTHS: Final = 12
FEW: Final = 500  # organisations that are named to the database; of more, everybody's cases are read


@dataclass(frozen=True, slots=True)
class Square:
    """One cell of the grid: its period, its light, and what stands behind it."""

    item: str
    begins: date
    ends: date
    period: Text
    colour: Colour | None  # none: its period has not begun
    stage: Text | None  # of the case that answers it
    case: uuid.UUID | None
    due: date  # the last day
    since: date | None  # from when it is yellow or red

    @property
    def months(self) -> int:
        """How many columns of months it covers."""
        return max(1, round((self.ends - self.begins).days / 30.5))


@dataclass(frozen=True, slots=True)
class Line:
    """An item with its cells of a year."""

    item: str
    label: Text
    row: Mapping[str, str]  # of the list: module, weight, whose duty, evidence
    squares: tuple[Square, ...]  # empty: owed when something happens
    events: int  # records of what happened


@dataclass(frozen=True, slots=True)
class Year:
    """What an organisation owes in a year."""

    ledger: Ledger
    unit: Unit
    year: int
    lines: tuple[Line, ...]

    @property
    def lights(self) -> Counter[str]:
        """How many cells of each light, of those that have begun."""
        return Counter(square.colour for line in self.lines for square in line.squares if square.colour)


@dataclass(frozen=True, slots=True)
class Stand:
    """How an organisation stands today: its lights, by colour; no score and no rank."""

    unit: Unit
    red: int
    yellow: int
    green: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A cell that is red, or yellow: whose, what, since when, and how far it is."""

    unit: Unit
    item: str
    label: Text
    period: Text
    begins: date
    since: date
    colour: Colour
    case: uuid.UUID | None
    stage: Text | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The duties of a year of everybody whom the reader looks over."""

    stands: tuple[Stand, ...]  # in the order of areas
    overdue: tuple[Overdue, ...]  # the longest red first, as many as were asked for


def ledgers() -> tuple[Ledger, ...]:
    """The ledgers that have a roster, the longest list first."""
    laws = (law for law in editions.current_all().values() if law.roster is not None)
    return tuple(sorted(laws, key=_items, reverse=True))


def _items(law: Ledger) -> int:
    return len(editions.library().catalogues[roster.declared(law).items].rows)


def any_for(actor: access.Actor) -> bool:
    """Whether the actor looks over, or speaks for, an organisation that owes duties."""
    return bool(actor.posts) and any(rosters.organisations_for(actor, law.name).exists() for law in ledgers())


def module(line: Line) -> Text:
    """The module that an item belongs to."""
    return module_label(line.row.get("module", ""))


def module_label(code: str) -> Text:
    """A module by its catalogue where there is one; the list's own word else."""
    known = editions.library().catalogues.get("duty_modules")
    return known.label(code) if known is not None else Text(code, code)


def year(actor: access.Actor, name: str, code: str, wanted: int, now: datetime) -> Year:
    """An organisation's year. Raises NotFound where there is no such roster, or the organisation is hidden."""
    law = of(name)
    unit = next(
        iter(rosters.units(Q(pk__in=rosters.organisations_for(actor, name).filter(code=code).values("pk")))), None
    )
    if unit is None:
        raise NotFound(Text("这个单位", "This organisation"))
    since, until = date(wanted, 1, 1), date(wanted + 1, 1, 1)
    cells: dict[str, list[Cell]] = {}
    for _, cell in rosters.owed(law, [unit], since, until):
        cells.setdefault(cell.item, []).append(cell)
    cases = _cases(law, since, unit)
    happened = Counter(
        Case.objects.filter(ledger=law.name, organisation=unit.pk, period=None, opened__gte=days.start_of(since),
                            opened__lt=days.start_of(until)).exclude(item="").values_list("item", flat=True)
    )  # fmt: skip
    lines = []
    last = until - timedelta(days=1)
    owed = rosters.owing(law).items(unit, last)
    for row in rosters.world().rows(roster.declared(law).items, last):
        if (item := row["code"]) not in owed:
            continue
        squares = tuple(
            _square(law, cell, cases.get((unit.pk, item, cell.begins)), now) for cell in cells.get(item, ())
        )
        lines.append(Line(item, Text(row["zh"], row["en"]), row, squares, happened[item]))
    return Year(law, unit, wanted, tuple(lines))


def desk(
    actor: access.Actor,
    name: str,
    wanted: int,
    now: datetime,
    *,
    most: int | None,
    colours: Sequence[Colour] = ("red",),
) -> Desk:
    """How each organisation that the actor may see stands in a year, and what is red, `most` of it.

    With `colours` what is yellow too, after what is red. Raises NotFound where there is no such roster.
    """
    law, those = of(name), seen(actor, name)
    labels = editions.library().catalogues[roster.declared(law).items]
    counted: dict[uuid.UUID, Counter[str]] = {unit.pk: Counter() for unit in those}
    lit_up: list[tuple[int, date, str, str, str, Unit, Cell, _Done | None]] = []
    for unit, lit in _lit(law, those, wanted, now):
        counts = counted[unit.pk]
        for cell, colour, done in lit:
            counts[colour] += 1
            if colour in colours:
                since = days.day_of(_turned(cell, done, colour))
                lit_up.append((colours.index(colour), since, unit.path, unit.code, cell.item, unit, cell, done))
    lit_up.sort(key=lambda one: one[:5])
    return Desk(
        tuple(Stand(unit, *(counted[unit.pk][colour] for colour in ("red", "yellow", "green"))) for unit in those),
        tuple(
            Overdue(
                unit, cell.item, labels.label(cell.item), roster.said(cell.begins, cell.ends), cell.begins, since, colours[place],
                done.case if done is not None else None, _stage(law, done),
            )
            for place, since, _, _, _, unit, cell, done in lit_up[:most]
        ),
    )  # fmt: skip


def _turned(cell: Cell, done: _Done | None, colour: Colour) -> datetime:
    """When a cell turned the colour it has."""
    if colour == "red":
        return cell.red_at if done is None or done.red_at is None else done.red_at
    return cell.yellow_at if done is None or done.yellow_at is None else done.yellow_at


def _stage(law: Ledger, done: _Done | None) -> Text | None:
    if done is None:
        return None
    return law.stages[done.stage].label if done.stage in law.stages else Text(done.stage, done.stage)


def missing(law: Ledger, begins: date, ends: date, length: int) -> dict[str, int]:
    """Cells of the periods that end inside a window and about which there is no case, by area code of a length.

    Counted by subtraction: how many are owed follows from how many organisations are alike, and only what was done is
    read. The organisations are grouped by the database, so that the size of a province does not matter.
    """
    owing = rosters.owing(law)
    owed: Counter[str] = Counter()
    alike = ("kind", "area__level")
    for cell in owing.window(begins, ends):
        there = Q(founded=None) | Q(founded__lte=cell.begins), Q(closed=None) | Q(closed__gte=cell.ends)
        groups = Organisation.objects.filter(*there).values(*alike, street=_street(length)).annotate(count=Count("pk"))
        for group in groups:
            unit = Unit(uuid.UUID(int=0), "", "", "", group["kind"], group["area__level"], group["street"], None, None)
            if cell.item in owing.items(unit, cell.begins):
                owed[group["street"]] += group["count"]
    done = (
        Case.objects.filter(ledger=law.name, period__gte=begins - timedelta(days=366), period__lt=ends)
        .values("item", "period", street=Left("area_path", length))
        .annotate(count=Count("pk"))
    )
    wanted = {(cell.item, cell.begins) for cell in owing.window(begins, ends)}
    for group in done:
        if (group["item"], group["period"]) in wanted:
            owed[group["street"]] -= group["count"]
    return dict(owed)


def _street(length: int) -> Left:
    return Left(F("area__path"), length, output_field=CharField())


def of(name: str) -> Ledger:
    """The ledger in force of a roster. Raises NotFound where there is none of that name."""
    law = editions.current_all().get(name)
    if law is None or law.roster is None:
        raise NotFound(Text("这份任务表", "This list of duties"))
    return law


def seen(actor: access.Actor, name: str, code: str = "") -> tuple[Unit, ...]:
    """The organisations that the actor may see and that owe anything at all; of a code that one."""
    law = of(name)
    owing, today = rosters.owing(law), rosters.begun(law)
    rows = rosters.organisations_for(actor, name)
    units = rosters.units(Q(pk__in=(rows.filter(code=code) if code else rows).values("pk")))
    return tuple(unit for unit in units if owing.items(unit, today))


def items(name: str) -> tuple[tuple[str, Text], ...]:
    """The items of a list, by code."""
    listed = editions.library().catalogues[roster.declared(of(name)).items]
    return tuple((code, listed.label(code)) for code in listed.rows)


def openings(actor: access.Actor, law: Ledger, unit: Unit) -> tuple[str, ...]:
    """The acts by which the actor may open a case about a cell of an organisation, in the ledger's order."""
    worn = access.hats_to_open(actor, unit.path, unit.pk)
    return tuple(
        name for name, act in law.acts.items() if act.opens and "roster" in act.via and worn.for_act(act.by) is not None
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """A case that answers a cell, and when the light turns that its own organisation owes on it."""

    case: uuid.UUID
    stage: str
    yellow_at: datetime | None
    red_at: datetime | None


def _cases(law: Ledger, since: date, unit: Unit) -> dict[rosters.Key, _Done]:
    """An organisation's cases about cells; what others owe on them (a review, a ruling) is not the organisation's light."""
    rows = Case.objects.filter(ledger=law.name, period__gte=since, organisation=unit.pk)
    ours = Q(turns__owes_organisation=F("organisation"))
    lit = rows.annotate(yellow=Min("turns__yellow_at", filter=ours), red=Min("turns__red_at", filter=ours))
    found = lit.values_list("organisation", "item", "period", "pk", "stage", "yellow", "red")
    return {(org, item, day): _Done(*rest) for org, item, day, *rest in found if day is not None}


def _owing(law: Ledger, since: date, those: Q) -> dict[rosters.Key, _Done]:
    """The cases about cells on which the organisation itself still owes something: nearly none of all that was done."""
    cases = Case.objects.filter(those, ledger=law.name, period__gte=since)
    ours = Turn.objects.filter(case__in=cases, owes_organisation=F("case__organisation"))
    named = ("case__organisation", "case__item", "case__period", "case", "case__stage")
    lit = ours.values_list(*named).annotate(yellow=Min("yellow_at"), red=Min("red_at"))
    return {(org, item, day): _Done(*rest) for org, item, day, *rest in lit if org is not None and day is not None}


def _answered(law: Ledger, since: date, those: Q) -> dict[uuid.UUID, set[tuple[str, date]]]:
    """The cells of each organisation about which there is a case, as item and first day of the period."""
    rows = Case.objects.filter(those, ledger=law.name, period__gte=since)
    found: dict[uuid.UUID, set[tuple[str, date]]] = {}
    for org, item, day in rows.values_list("organisation", "item", "period"):
        if day is not None:
            found.setdefault(org, set()).add((item, day))
    return found


Lit = tuple[Cell, Colour, _Done | None]


def _lit(law: Ledger, units: Sequence[Unit], wanted: int, now: datetime) -> Iterator[tuple[Unit, list[Lit]]]:
    """Every cell of a year that has begun, with its light; a case on which nothing is owed any more is green."""
    since, until, today = date(wanted, 1, 1), date(wanted + 1, 1, 1), days.day_of(now)
    those = Q(organisation__in=[unit.pk for unit in units]) if len(units) <= FEW else Q()
    answered, owing = _answered(law, since, those), _owing(law, since, those)
    first, known = rosters.begun(law), rosters.owing(law)
    undone = {(cell.item, cell.begins): cell.colour(now) for cell in known.window(since, until)}
    for unit in units:
        ours = answered.get(unit.pk, set())
        lit: list[Lit] = []
        for cell in known.cells(unit, since, until):
            if not first <= cell.begins <= today:
                continue
            key = cell.item, cell.begins
            if key not in ours:
                lit.append((cell, undone[key], None))
                continue
            done = owing.get((unit.pk, *key)) if owing else None
            lit.append((cell, shown.colour(done, now) if done is not None else "green", done))
        yield unit, lit


def _square(law: Ledger, cell: Cell, done: _Done | None, now: datetime) -> Square:
    colour: Colour | None = cell.colour(now) if cell.begins <= days.day_of(now) else None
    yellow_at, red_at, stage = cell.yellow_at, cell.red_at, None
    if done is not None:
        colour = shown.colour(done, now)
        yellow_at, red_at = done.yellow_at or yellow_at, done.red_at or red_at
        stage = _stage(law, done)
    since = {"yellow": yellow_at, "red": red_at}.get(colour or "")
    last = days.day_of(cell.due) - timedelta(days=1)
    return Square(
        cell.item, cell.begins, cell.ends, roster.said(cell.begins, cell.ends), colour, stage,
        done.case if done is not None else None, last, days.day_of(since) if since is not None else None,
    )  # fmt: skip
