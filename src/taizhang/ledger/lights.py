"""Lights: a pure function of entries, editions, policy numbers, calendar and the instant asked about; never stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from taizhang.kit.days import SHANGHAI, Duration, day_of, start_of
from taizhang.kit.text import Text
from taizhang.ledger import roster, spans
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.history import Pauses, Step, as_timedelta, counted, pauses, steps
from taizhang.ledger.parts import Span, is_formula
from taizhang.ledger.schema import PERIODS, Clock, Ledger, Notice, Period
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import COLOURS, Colour, Moment, Owes, State, Turn, World
from taizhang.ledger.why import Why, why

__all__ = ["Light", "Why", "late", "late_at", "light", "notice_over", "turns", "why"]
NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Light:
    """The worst colour of a case's running clocks, and the clock it comes from."""

    colour: Colour
    clock: str | None


@dataclass(frozen=True)
class Run:
    """A clock's latest run: since when, from which list on the board it was counted, and when it was stopped."""

    since: datetime
    stopped: datetime | None
    waits: bool = False  # it counts from the end of a notice that stands still


def turns(ledger: Ledger, state: State, world: World) -> tuple[Turn, ...]:
    """Every clock of a case that has started: when its light turns, unless an act changes it; stopped ones included."""
    passed = list(steps(ledger, state.entries))
    found = (_turn(ledger, state, world, passed, name, clock) for name, clock in ledger.clocks.items())
    return tuple(turn for turn in (*found, roster.turn(ledger, state, world, passed)) if turn is not None)


def light(turns: Iterable[Turn], now: datetime) -> Light:
    """The worst light at an instant; among equals the clock that turned, or turns, first."""
    running = [turn for turn in turns if turn.stopped_at is None]
    if not running:
        return Light("green", None)
    last = datetime.max.replace(tzinfo=SHANGHAI)
    worst = max(COLOURS.index(turn.colour(now)) for turn in running)
    lit = [turn for turn in running if COLOURS.index(turn.colour(now)) == worst]
    first = min(
        lit, key=lambda turn: ((turn.yellow_at if worst < 2 else turn.red_at) or turn.red_at or last, turn.clock)
    )
    return Light(COLOURS[worst], first.clock)


def late(turns: Iterable[Turn], at: datetime) -> dict[str, bool]:
    """Which clocks are, or were when they stopped, past their end."""
    return {
        turn.clock: turn.frozen == "red" or (turn.red_at is not None and (turn.stopped_at or at) >= turn.red_at)
        for turn in turns
    }


def late_at(ledger: Ledger, state: State, moment: Moment, world: World) -> dict[str, bool]:
    """Which clocks an act finds past their end, each by the moment that it accepts: when it happened, or was received."""
    found: dict[str, bool] = {}
    for turn in turns(ledger, state, world):
        tolerance = back(ledger.clocks[turn.clock]) if turn.clock in ledger.clocks else NO_TIME
        said = moment.happened
        at = said if said is not None and moment.received - said <= tolerance else moment.received
        found |= late([turn], at)
    return found


def _turn(ledger: Ledger, state: State, world: World, passed: list[Step], name: str, clock: Clock) -> Turn | None:
    run = _run(ledger, state, world, passed, clock)
    if run is None:
        return None
    if name in state.clocks_from and run.since < state.clocks_from[name]:
        run = replace(run, since=state.clocks_from[name])
    scope = Scope(ledger, state, world, day_of(run.since), state.fields)
    if not scope.holds(ledger.conditions.find("clocks", name, "when")):
        return None
    owes = _owes(clock.owes or "system", state)
    still = pauses(passed, clock.pauses, run.since)
    if run.stopped is not None and still.open_since is not None and still.open_since < run.stopped:
        still = Pauses((*still.spans, (still.open_since, run.stopped)))  # it was stopped while it stood still
    if clock.every is not None:
        turn = _cadence(name, clock, scope, run, passed, owes)
    elif clock.due is not None:
        turn = _dated(name, clock, scope, run, owes)
    else:
        turn = _limited(name, clock, scope, run, owes, still)
    if run.stopped is not None:
        return replace(turn, stopped_at=run.stopped, frozen=None)
    if run.waits:
        return replace(turn, due=None, yellow_at=None, red_at=None, frozen="green")
    if still.open_since is not None:
        return replace(turn, due=None, yellow_at=None, red_at=None, frozen=turn.colour(still.open_since))
    return turn


def _run(ledger: Ledger, state: State, world: World, passed: list[Step], clock: Clock) -> Run | None:
    """The latest run of a clock: begun by the last of its `starts`, ended by the first of its `stops` after that."""
    tolerance = back(clock)
    run: Run | None = None
    for index, step in enumerate(passed):
        begun = _begins(ledger, state, world, passed, index, clock, tolerance)
        if begun is not None:
            run = begun
        elif run is not None and run.stopped is None and step.entry.act in clock.stops:
            run = replace(run, stopped=max(counted(step.entry, tolerance), min(run.since, step.entry.received)))
        stage = ledger.stages.get(step.after)  # a stage of an older edition may be gone
        ended = (stage is not None and stage.end) or (clock.during and step.after not in clock.during)
        if run is not None and run.stopped is None and ended:
            run = replace(run, stopped=max(counted(step.entry, tolerance), min(run.since, step.entry.received)))
    return run


def _begins(
    ledger: Ledger, state: State, world: World, passed: list[Step], index: int, clock: Clock, tolerance: timedelta
) -> Run | None:
    step = passed[index]
    if clock.starts:
        if step.entry.act in clock.starts:
            return Run(counted(step.entry, tolerance), None)
        if f"{step.entry.act}.notice" in clock.starts:
            over = notice_over(ledger, state, world, passed, index)
            return Run(over or step.entry.received, None, waits=over is None)
        entered = clock.during and step.after in clock.during and step.before not in (*clock.during, None)
        if entered and any(earlier.entry.act in clock.starts for earlier in passed[:index]):
            return Run(counted(step.entry, tolerance), None)
        return None
    if clock.during:
        return (
            Run(counted(step.entry, tolerance), None)
            if step.after in clock.during and step.before not in clock.during
            else None
        )
    return Run(counted(step.entry, tolerance), None) if index == 0 else None


def back(clock: Clock) -> timedelta:
    """How far back a clock accepts when something is said to have happened."""
    return as_timedelta(clock.accepts_back.duration) if clock.accepts_back and clock.accepts_back.duration else NO_TIME


def notice_length(notice: Notice, world: World, area: str, posted: datetime) -> Duration | None:
    """How long a notice hangs; None when it is a policy number of which none is published."""
    raw = notice.workdays if notice.workdays is not None else notice.days
    unit = "workdays" if notice.workdays is not None else "days"
    if isinstance(raw, str):
        value = world.policy(raw.removeprefix("policy."), area, day_of(posted))
        if isinstance(value, str):
            return Duration.parse(value)
        raw = value
    return Duration(raw, cast(Any, unit)) if raw is not None else None


def notice_over(ledger: Ledger, state: State, world: World, passed: Sequence[Step], index: int) -> datetime | None:
    """When the notice that an entry posted has run its days; None while it stands still or its length is unknown."""
    step = passed[index]
    notice = ledger.acts[step.entry.act].notice
    if notice is None:
        return None
    length = notice_length(notice, world, state.area, step.entry.received)
    still = pauses(passed[index:], notice.pauses, step.entry.received)
    if length is None:
        return None
    over = spans.elapsed(step.entry.received, length, world.calendar, Pauses(still.spans))
    return None if still.open_since is not None and still.open_since < over else over


def _limited(name: str, clock: Clock, scope: Scope, run: Run, owes: Owes, still: Pauses) -> Turn:
    limit, source = resolved(clock.limit, scope, ("clocks", name, "limit"), run.since)
    if limit is None:
        return Turn(name, run.since, None, None, None, owes, policy_source=source,
                    limit_text=Text("尚无规定时长", "no length is published yet"))  # fmt: skip
    # A notice that ends when a day begins has run through the day before: its last day is the one counted from.
    posted = any(start.endswith(".notice") for start in clock.starts)
    begun = run.since - timedelta(microseconds=1) if posted and run.since == start_of(day_of(run.since)) else run.since
    due = spans.limit_ends(begun, limit, scope.world.calendar, Pauses(still.spans))
    return _coloured(name, clock, scope, run.since, due, limit, owes, source, spans.said(limit))


def _dated(name: str, clock: Clock, scope: Scope, run: Run, owes: Owes) -> Turn:
    day = scope.ask(scope.ledger.conditions.at("clocks", name, "due"))
    if day is UNKNOWN:
        return Turn(name, run.since, None, None, None, owes, limit_text=Text("日期未定", "no date yet"))
    last = day.date()
    due = start_of(last) + timedelta(days=1)
    said = Text(f"{last.isoformat()} 止", f"by {last.isoformat()}")
    return _coloured(name, clock, scope, run.since, due, Duration(1, "days"), owes, None, said)


def _cadence(name: str, clock: Clock, scope: Scope, run: Run, passed: list[Step], owes: Owes) -> Turn:
    """The period owed now: the first full one after the start, or the one after the last that was done.

    Missed periods do not pile up: an act in April does not mend March, but April is then done.
    """
    period = str(clock.every)
    if is_formula(clock.every):
        period = scope.ask(scope.ledger.conditions.at("clocks", name, "every"))
    if period not in PERIODS:
        return Turn(name, run.since, None, None, None, owes, limit_text=Text("周期未定", "no period yet"))
    kind = cast(Period, period)
    begins, ends = spans.period_of(day_of(run.since), kind)
    if run.since != start_of(begins):
        begins, ends = spans.period_of(ends, kind)
    tolerance = back(clock)
    done = [
        at
        for step in passed
        if step.entry.act in clock.act and (at := counted(step.entry, tolerance)) >= start_of(begins)
    ]
    if done:
        begins, ends = spans.period_of(day_of(max(done)), kind)
        if sum(start_of(begins) <= at < start_of(ends) for at in done) >= clock.times:
            begins, ends = spans.period_of(ends, kind)
    said = spans.PERIOD_TEXT[kind]
    if clock.times > 1:
        said = Text(f"{said.zh}{clock.times}次", f"{clock.times} times {said.en}")
    return _coloured(name, clock, scope, start_of(begins), start_of(ends), Duration(1, "days"), owes, None, said)


def _coloured(
    name: str, clock: Clock, scope: Scope, since: datetime, due: datetime, limit: Duration, owes: Owes,
    source: str | None, said: Text,
) -> Turn:  # fmt: skip
    """The instants at which the light turns: red when due (or `grace` later), yellow before (`yellow`) or when due."""
    calendar = scope.world.calendar
    grace, _ = resolved(clock.grace, scope, ("clocks", name, "grace"), since)
    red = spans.past(due, grace, calendar) if grace is not None else due
    yellow = due if grace is not None else None
    if clock.yellow is not None:
        margin = clock.yellow.duration if isinstance(clock.yellow, Span) else _margin(clock.yellow, limit)
        if margin is not None:
            early = max(spans.before(due, margin, calendar), since)
            yellow = min(early, due)
    worked = any(length is not None and length.unit == "workdays" for length in (limit, grace))
    if worked and calendar.is_provisional(day_of(red - timedelta(microseconds=1))):
        early = due if yellow is None else yellow
        return Turn(name, since, due, early, None, owes, limit_text=said, policy_source=source, provisional=True)
    return Turn(name, since, due, yellow, red, owes, limit_text=said, policy_source=source)


def _margin(count: int, limit: Duration) -> Duration:
    """A bare number counts in the limit's own unit; of months, in days."""
    return Duration(count, "days" if limit.unit == "months" else limit.unit)


def resolved(
    length: Span | None, scope: Scope, path: tuple[str, ...], at: datetime
) -> tuple[Duration | None, str | None]:
    """A span's length for a case, and the policy number it comes from; None when it is not known."""
    if length is None:
        return None, None
    if length.duration is not None:
        return length.duration, None
    if length.policy is not None:
        value = scope.world.policy(length.policy, scope.state.area, day_of(at))
        return (Duration.parse(value) if isinstance(value, str) else None), length.policy
    value = scope.ask(scope.ledger.conditions.at(*path, str(length.unit)))
    return (None if value is UNKNOWN else Duration(max(int(value), 0), cast(Any, length.unit))), None


def _owes(token: str, state: State) -> Owes:
    if token == "@subject":
        return Owes(token, party=str(state.subject.get("id", "")) or None)
    if token == "@opener":
        return Owes(token, party=state.entries[0].person if state.entries else None)
    if token.startswith("@"):
        value = state.fields.get(token[1:])
        return Owes(token, party=value if isinstance(value, str) else None)
    role, _, level = token.partition("@")
    return Owes(token, role, level)
