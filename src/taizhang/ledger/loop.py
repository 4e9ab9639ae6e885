"""The pure loop: open a case, act on it, say what can come next. No rows, no clock: everything is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from taizhang.kit.days import day_of
from taizhang.kit.text import Text
from taizhang.ledger import effects, facts, history, lights, needs
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.schema import Ledger
from taizhang.ledger.scope import Scope, missing
from taizhang.ledger.state import (
    Actor,
    Children,
    Done,
    EffectDone,
    Entry,
    Fact,
    Moment,
    NoticePosted,
    Offer,
    Refused,
    Spawn,
    State,
    Turn,
    Unmet,
    World,
)

__all__ = [
    "Actor", "Children", "Done", "EffectDone", "Entry", "Fact", "Moment", "NoticePosted", "Offer",
    "Refused", "Spawn", "State", "Turn", "Unmet", "World", "act", "fold", "notices", "offers", "open_case", "reads",
]  # fmt: skip

NOTHING_NEW: Mapping[str, datetime] = {}


def open_case(
    ledger: Ledger,
    act: str,
    actor: Actor,
    subject: Mapping[str, Any],
    area: str,
    given: Mapping[str, Any],
    evidence: Mapping[str, int],
    moment: Moment,
    world: World,
    *,
    case: str = "",
    period: date | None = None,
) -> Done:
    """Open a case by one of the ledger's opening acts. `given` holds typed values (money in fen).

    `period` is the first day of the period, where the case answers a cell of the ledger's roster.

    Raises Refused with every unmet need.
    """
    blank = State(ledger.name, case, subject, area, "", moment.received, None, {}, (), period)
    return _do(ledger, None, blank, act, actor, given, evidence, moment, world)


def act(
    ledger: Ledger,
    state: State,
    act: str,
    actor: Actor,
    given: Mapping[str, Any],
    evidence: Mapping[str, int],
    moment: Moment,
    world: World,
) -> Done:
    """Do an act on an open case. `given` holds typed values (money in fen). Raises Refused with every unmet need."""
    return _do(ledger, state, state, act, actor, given, evidence, moment, world)


def _do(
    ledger: Ledger, case: State | None, state: State, name: str, actor: Actor, given: Mapping[str, Any],
    evidence: Mapping[str, int], moment: Moment, world: World,
) -> Done:  # fmt: skip
    if name not in ledger.acts:
        raise Refused(
            (Unmet("no_such_act", Text(f"{ledger.zh}没有“{name}”这项办理。", f"{ledger.en} has no act “{name}”.")),)
        )
    spec = ledger.acts[name]
    barred = tuple(needs.standing(ledger, spec, case, actor.hats))
    if barred:
        raise Refused(barred)  # whoever may not act at all is told nothing more about the case
    taken = needs.take(ledger, name, state, actor, given, moment, world)
    scope = needs.scope_of(ledger, name, state, actor, taken, _day(moment), world)
    scope.stage = state.stage or spec.to
    unmet = [*_timely(moment), *taken.unmet, *needs.evidenced(spec, evidence)]
    unmet += needs.conditions(ledger, name, scope)
    unmet += (wait for wait, _, _ in needs.waits(ledger, name, state, moment, world) if wait is not None)
    unmet += needs.signatures(ledger, name, scope, actor)
    if unmet:
        raise Refused(tuple(dict.fromkeys(unmet)))
    path = ("acts", name)
    drawn, short = effects.drawn(spec.do, path, scope, moment.received)
    if short is not None:
        raise Refused((short,))
    written = effects.written(spec.do, path, replace(scope, late=_late_before(ledger, name, case, moment, world)))
    written |= drawn
    entry = Entry(
        len(state.entries) + 1, name, moment.happened, moment.received, actor.id, actor.person, actor.org,
        needs.wears(spec, actor.hats), {**taken.fields, **written}, taken.own,
        {kind: count for kind, count in evidence.items() if count}, ledger.digest, stage=spec.to or state.stage,
    )  # fmt: skip
    after = fold(
        ledger, state.case, state.subject, state.area, (*state.entries, entry), state.period, state.clocks_from
    )
    scope = replace(scope, state=after, fields=after.fields, stage=after.stage)
    turns = lights.turns(ledger, after, world)
    return Done(
        entry, after, turns, effects.spawns(spec.do, path, scope), _posted(ledger, after, world, name),
        facts.facts(ledger, case, after, actor, world, turns), effects.others(spec.do, path, scope),
    )  # fmt: skip


def _late_before(ledger: Ledger, name: str, case: State | None, moment: Moment, world: World) -> Mapping[str, bool]:
    """Which clocks were past their end when the act was done, for what it sets; reckoned only where that is read."""
    compiled = ledger.conditions.compiled
    read = any(
        text.startswith("late.")
        for path, condition in compiled.items()
        if path[:3] == ("acts", name, "do") and "set" in path
        for text in condition.names
    )
    return lights.late_at(ledger, case, moment, world) if read and case is not None else {}


def _day(moment: Moment) -> Any:
    return day_of(moment.happened or moment.received)


def _timely(moment: Moment) -> list[Unmet]:
    if moment.happened is not None and moment.happened > moment.received:
        return [
            Unmet(
                "happened",
                Text("发生时间不能晚于现在。", "What happened cannot have happened later than now."),
                "happened",
            )
        ]
    return []


def _posted(ledger: Ledger, state: State, world: World, name: str) -> NoticePosted | None:
    if ledger.acts[name].notice is None:
        return None
    return notices(ledger, state, world)[state.entries[-1].n]


def notices(ledger: Ledger, state: State, world: World) -> dict[int, NoticePosted]:
    """Every list the case has put on the board, by the number of its entry, as it stands now.

    An objection puts its end off; while the case rests in a stage of `pauses` the end is None.
    """
    found: dict[int, NoticePosted] = {}
    passed = list(history.steps(ledger, state.entries))
    for index, step in enumerate(passed):
        spec = ledger.acts[step.entry.act].notice if step.entry.act in ledger.acts else None
        if spec is None:
            continue
        posted = step.entry.received
        length = lights.notice_length(spec, world, state.area, posted)
        over = lights.notice_over(ledger, state, world, passed, index)
        days = length.value if length else 0
        found[step.entry.n] = NoticePosted(
            days, length is not None and length.unit == "workdays", spec.show, posted, over
        )
    return found


def fold(
    ledger: Ledger,
    case: str,
    subject: Mapping[str, Any],
    area: str,
    entries: Iterable[Entry],
    period: date | None = None,
    clocks_from: Mapping[str, datetime] = NOTHING_NEW,
) -> State:
    """A case as its entries leave it; annulled entries are passed over. Raises ValueError when there is no opening."""
    kept = tuple(entries)
    passed = list(history.steps(ledger, kept))
    if not passed:
        raise ValueError("a case has at least the entry that opened it")
    fields: dict[str, Any] = {}
    closed: datetime | None = None
    for step in passed:
        fields |= step.entry.fields
        ends = step.after in ledger.stages and ledger.stages[step.after].end
        closed = (closed or step.entry.received) if ends else None
    opened = passed[0].entry.received
    return State(ledger.name, case, subject, area, passed[-1].after, opened, closed, fields, kept, period, clocks_from)


def offers(
    ledger: Ledger, state: State, hats: frozenset[str], moment: Moment, world: World, actor: Actor | None = None
) -> tuple[Offer, ...]:
    """The acts that can come next from here, for everybody: which of them now, from when, and for whom they wait.

    Conditions on what the act itself asks for or changes are judged when it is done, not here.
    """
    found: list[Offer] = []
    for name, spec in ledger.acts.items():
        if spec.opens or state.stage not in needs.stages_of(ledger, spec):
            continue
        blank = needs.Given()
        scope = needs.scope_of(ledger, name, state, actor, blank, _day(moment), world)
        skip = {f"case.{key}" for key in (*spec.asks, *spec.may)} | {f"known.{key}" for key in (*spec.asks, *spec.may)}
        skip |= {"entry.", "changed"} | (set() if actor is not None else {"actor."})
        unmet = list(needs.conditions(ledger, name, scope, frozenset(skip)))
        begins: list[datetime] = []
        ends: list[datetime] = []
        for wait, at, kind in needs.waits(ledger, name, state, moment, world):
            unmet += [wait] if wait is not None else []
            (begins if kind == "from" else ends).extend([at] if at is not None else [])
        unmet += needs.signatures(ledger, name, scope, actor)
        still = missing(scope, name) if spec.each else ()
        mine = needs.wears(spec, hats) is not None
        found.append(Offer(
            name, mine and not unmet, max(begins, default=None), tuple(unmet), spec.by,
            () if still is UNKNOWN else tuple(still), min(ends, default=None),
        ))  # fmt: skip
    return tuple(found)


def reads(scope: Scope) -> Mapping[str, Any]:
    """The case's facts with derived ones computed, as they are shown; what is not known is left out."""
    shown = {name: scope.field(name) for name in scope.ledger.fields}
    return {name: value for name, value in shown.items() if value is not UNKNOWN}
