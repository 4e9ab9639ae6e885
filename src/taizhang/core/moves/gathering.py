"""Letters that a roster's red lights call for: one per addressee with everything that turned, each cell told once.

A cell for which there is no case has no row to mark, so what was told is kept by cell and instant of turning. The row is
unique: of two sweeps at once the second finds it taken, and its whole transaction is undone.
"""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from taizhang.core import access, editions, folding, rosters, subjects
from taizhang.core.clock import Clock
from taizhang.core.models import Appointment, Case, Gathered, Turn
from taizhang.core.moves.cases import act_in, spawn_case
from taizhang.core.moves.effects import Writing
from taizhang.core.rosters import Unit
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.ledger import effects, lights, roster, spans
from taizhang.ledger.schema import Ledger
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import State

_LOOKS_BACK: Final = timedelta(days=400)  # a site that stood still for longer starts afresh
_LONGEST: Final = timedelta(days=367)  # a period; what is due early in its year turns red long before the year ends


@dataclass(frozen=True, slots=True)
class Told:
    """A cell whose light turned red, and when."""

    item: str
    period: date
    turned_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that turned red for one addressee under one rule and was not told yet."""

    ledger: str
    rule: int
    unit: Unit
    cells: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """An addressee whose red lights cannot be told, and what was raised."""

    ledger: str
    unit: Unit
    error: Exception


def ruled() -> tuple[tuple[Ledger, int], ...]:
    """The ledgers with a rule that gathers, and its position."""
    return tuple(
        (law, number)
        for law in editions.current_all().values()
        for number, rule in enumerate(law.rules)
        if law.roster is not None and rule.at == roster.CLOCK and rule.turns == "red"
    )


def due(now: datetime) -> Iterator[Group]:
    """What is to be told now, one group an addressee."""
    for law, number in ruled():
        yield from (found for found in of_ledger(law, number, now) if isinstance(found, Group))


def of_ledger(law: Ledger, number: int, now: datetime) -> Iterator[Group | Broken]:
    """What one rule of a ledger has to tell now; an addressee for whom that cannot be said does not hide the others."""
    rule = law.rules[number]
    today, calendar = days.day_of(now), editions.library().calendar
    begun, since = rosters.begun(law), now - _LOOKS_BACK
    plus = rule.plus.duration if rule.plus is not None else None

    def turned(red_at: datetime | None) -> bool:
        return (
            red_at is not None
            and since <= red_at
            and ((spans.past(red_at, plus, calendar) if plus is not None else red_at) <= now)
        )

    first = max(begun, days.day_of(since) - _LOOKS_BACK)
    taken = frozenset(Gathered.objects.filter(ledger=law.name, rule=number).values_list(
        "organisation", "item", "period", "turned_at"))  # fmt: skip
    done = rosters.answered(law, first)
    open_red: dict[uuid.UUID, list[Told]] = {}
    rows = Turn.objects.filter(case__ledger=law.name, case__closed=None, clock=roster.CLOCK, red_at__lte=now)
    for turn in rows.select_related("case"):
        if turned(turn.red_at) and turn.case.organisation_id and turn.case.period and turn.red_at:
            told = Told(turn.case.item, turn.case.period, turn.red_at)
            open_red.setdefault(turn.case.organisation_id, []).append(told)
    cells = [
        cell
        for cell in roster.cells(law, rosters.world(), first, today + _LONGEST)
        if cell.begins >= begun and turned(cell.red_at)
    ]
    owing = rosters.owing(law)
    for unit in rosters.units():
        try:
            fresh = _fresh(unit, cells, owing, done, open_red.get(unit.pk, ()), taken)
        except Exception as error:  # whatever is wrong with one unit, the others are told
            yield Broken(law.name, unit, error)
            continue
        if fresh:
            yield Group(law.name, number, unit, fresh)


def _fresh(
    unit: Unit, cells: Sequence[roster.Cell], owing: rosters.Owing, done: Container[Any], open_red: Sequence[Told],
    taken: Container[Any],
) -> tuple[Told, ...]:  # fmt: skip
    """What turned for one unit and was not told yet: what nobody answered, and what was answered and is red again."""
    missing = [
        Told(cell.item, cell.begins, cell.red_at)
        for cell in cells
        if (unit.pk, cell.item, cell.begins) not in done and owing.owes(unit, cell)
    ]
    every = (*missing, *open_red)
    fresh = [told for told in every if (unit.pk, told.item, told.period, told.turned_at) not in taken]
    return tuple(sorted(fresh, key=lambda told: (told.turned_at, told.item)))


def carry_out(group: Group, *, clock: Clock) -> bool:
    """Draft what a group calls for, in one transaction; False when another sweep was quicker, or nothing is red now."""
    try:
        with transaction.atomic():
            return _carry_out(group, clock.now())
    except IntegrityError:
        return False


def _carry_out(group: Group, now: datetime) -> bool:
    law = editions.current(group.ledger)
    rule = law.rules[group.rule]
    about = subjects.find(access.SYSTEM, law, "", group.unit.pk)
    done = rosters.answered(law, min(told.period for told in group.cells))
    red = [
        told
        for told in group.cells
        if (group.unit.pk, told.item, told.period) not in done or _still_red(law, group, told)
    ]
    if not red:
        return False
    writing = Writing(now)
    path = ("rules", group.rule)
    asked = [effects.spawns(rule.do, path, _scope(law, group.unit, about, told, now)) for told in red]
    letters = []
    for at, first in enumerate(asked[0]):
        tables = {table: [dict(spawns[at].gathered[table]) for spawns in asked] for table in first.gathered}
        letters.append(spawn_case(writing, None, about, first, extra=tables))
    Gathered.objects.bulk_create(
        Gathered(
            ledger=law.name, rule=group.rule, organisation_id=group.unit.pk, item=told.item, period=told.period,
            turned_at=told.turned_at, told_in_id=letters[0].case.pk,
        )
        for told in red
    )  # fmt: skip
    writing.finish()
    return True


def _still_red(law: Ledger, group: Group, told: Told) -> bool:
    return Turn.objects.filter(
        case__ledger=law.name, case__organisation=group.unit.pk, case__item=told.item, case__period=told.period,
        clock=roster.CLOCK, red_at=told.turned_at,
    ).exists()  # fmt: skip


def _scope(law: Ledger, unit: Unit, about: subjects.Subject, told: Told, now: datetime) -> Scope:
    """What a rule may read of one cell: the item, and what turned, when, and who held the post at that moment."""
    declared = roster.declared(law)
    fields = {declared.item: told.item}
    state = State(law.name, "", unit.attributes, unit.path, "", now, None, fields, (), told.period)
    world = CaseWorld(about, now)
    cell = roster.cell(law, world, told.item, told.period)
    on = days.day_of(told.turned_at)
    turned: dict[str, Any] = {
        "on": on,
        "clock": law.zh,
        "key": f"{told.item}:{told.period.isoformat()}",
        "period": roster.said(told.period, cell.ends).zh if cell is not None else "",
        "holder": _holder(unit, declared.post, on),
    }
    return Scope(law, state, world, days.day_of(now), fields, turned=turned)


def _holder(unit: Unit, role: str | None, day: date) -> str | None:
    """Who held the post on a day: the appointed, not who stood in."""
    rows = Appointment.objects.filter(post__organisation=unit.pk, post__role=role, deputy=False, valid_from__lte=day)
    held = rows.filter(Q(valid_to=None) | Q(valid_to__gt=day)).order_by("valid_from").values_list("account", flat=True)
    found = held.first()
    return None if found is None else str(found)


# --- what turned out not to have been late ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unsent:
    """An automatic letter that is not closed, what it lists, and the act that takes it back."""

    letter: uuid.UUID
    rows: tuple[Gathered, ...]
    act: str


def unsent() -> Iterator[Unsent]:
    """Automatic letters that may have to be taken back."""
    told: dict[uuid.UUID, list[Gathered]] = {}
    for row in Gathered.objects.filter(told_in__closed=None).order_by("told_in", "pk"):
        told.setdefault(row.told_in_id, []).append(row)
    for letter, rows in told.items():
        wanted = editions.current(rows[0].ledger).rules[rows[0].rule :][:1]  # an edition may have dropped the rule
        effects_ = (effect.spawn for rule in wanted for effect in rule.do if effect.spawn is not None)
        void = next((spawn.void for spawn in effects_), None)
        if void is not None:
            yield Unsent(letter, tuple(rows), void)


def was_mistaken(one: Unsent, now: datetime) -> bool:
    """Whether every matter of a letter was done in time after all."""
    return all(_in_time(row, now) for row in one.rows)


def _in_time(row: Gathered, now: datetime) -> bool:
    """Whether a case answers the cell, and by the clock's tolerance did so before its light turned."""
    case = Case.objects.filter(
        ledger=row.ledger, organisation=row.organisation_id, item=row.item, period=row.period
    ).first()
    if case is None:
        return False
    pinned = editions.pinned(case.edition_id)
    state = folding.state(case, pinned, now)
    turns = lights.turns(pinned, state, CaseWorld(subjects.of_case(case), now, case.pk))
    return not lights.late(turns, now).get(roster.CLOCK, True)


def take_back(letter: uuid.UUID, act: str, *, clock: Clock) -> None:
    """Take a letter back that should not have been drafted. Raises Refusal when it was sent meanwhile."""
    with transaction.atomic():
        now = clock.now()
        case = access.case_for(access.SYSTEM, letter, lock=True)
        writing = Writing(now)
        act_in(writing, case, act, folding.state(case, editions.pinned(case.edition_id), now))
        writing.finish()
