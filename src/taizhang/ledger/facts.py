"""Indicators as dated deltas: an act's are fixed at the act, standing ones change at entries and when lights turn."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from taizhang.kit.days import day_of
from taizhang.ledger import lights
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.schema import Indicator, Ledger
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import Actor, Entry, Fact, State, Turn, World

Figures = tuple[int, int, int]  # numerator, denominator, value
NOTHING: Figures = (0, 0, 0)
_LIT: dict[str, bool] = {}  # by edition


def facts(
    ledger: Ledger, before: State | None, after: State, actor: Actor | None, world: World, turns: tuple[Turn, ...]
) -> tuple[Fact, ...]:
    """The facts that the last entry of `after` makes; `turns` are those of `after`."""
    entry = after.entries[-1]
    found: list[Fact] = []
    earlier = lights.turns(ledger, before, world) if before is not None and _reads_lights(ledger) else ()
    for name, indicator in ledger.indicators.items():
        if indicator.standing:
            found += _standing(ledger, name, before, earlier, after, turns, world, entry.received)
        elif entry.act in indicator.on:
            figures = _of_act(ledger, name, indicator, before or after, after, entry, actor, world, turns)
            if figures != NOTHING:
                found.append(Fact(name, entry.happened or entry.received, entry.received, *figures))
    return tuple(found)


def restate(
    ledger: Ledger, before: State | None, after: State, known: datetime, world: World, world_before: World | None = None
) -> tuple[Fact, ...]:
    """The deltas of standing indicators when a case comes to stand otherwise without an act of its ledger.

    After an entry is annulled, or (with `world_before`) a new calendar published.
    """
    earlier = lights.turns(ledger, before, world_before or world) if before is not None else ()
    turns = lights.turns(ledger, after, world)
    return tuple(
        fact
        for name, indicator in ledger.indicators.items()
        if indicator.standing
        for fact in _standing(ledger, name, before, earlier, after, turns, world, known)
    )


def moved(old: Ledger, before: State, new: Ledger, after: State, known: datetime, world: World) -> tuple[Fact, ...]:
    """The deltas of standing indicators when a case comes to another edition: what the old one counted goes, the new comes."""
    sides = ((old, before, -1, lights.turns(old, before, world)), (new, after, 1, lights.turns(new, after, world)))
    found: dict[tuple[str, datetime], list[int]] = defaultdict(lambda: [0, 0, 0])
    for ledger, state, sign, turns in sides:
        for name, indicator in ledger.indicators.items():
            if indicator.standing:
                for fact in _standing(ledger, name, None, (), state, turns, world, known):
                    _add(found[name, fact.at], (fact.num, fact.den, fact.value), NOTHING, sign)
    return tuple(Fact(name, at, known, *delta) for (name, at), delta in sorted(found.items()) if any(delta))


def _reads_lights(ledger: Ledger) -> bool:
    """Whether a standing indicator counts cases by their clocks."""
    if ledger.digest not in _LIT:
        standing = [name for name, indicator in ledger.indicators.items() if indicator.standing]
        read = {
            name
            for path, condition in ledger.conditions.compiled.items()
            if path[0] == "indicators" and path[1] in standing
            for name in condition.names
        }
        _LIT[ledger.digest] = any(name.startswith(("lit.", "late.")) for name in read)
    return _LIT[ledger.digest]


def _figures(ledger: Ledger, name: str, indicator: Indicator, scope: Scope) -> Figures:
    """What a case counts for: 1 in the numerator (of those in `over`, if it is a rate), and the sum."""
    find = ledger.conditions.find
    over = find("indicators", name, "over")
    den = int(scope.holds(over)) if over is not None else 0
    num = int(scope.holds(find("indicators", name, "where")) and (over is None or den == 1))
    total = find("indicators", name, "sum")
    value = scope.ask(total) if total is not None and num else 0
    return num, den, 0 if value is UNKNOWN else int(value)


def _of_act(
    ledger: Ledger, name: str, indicator: Indicator, state: State, after: State, entry: Entry,
    actor: Actor | None, world: World, turns: tuple[Turn, ...],
) -> Figures:  # fmt: skip
    act = ledger.acts[entry.act]
    scope = Scope(ledger, state, world, day_of(entry.happened or entry.received), after.fields, entry.own, act.entry,
                  actor, late=lights.late(turns, entry.received), stage=after.stage)  # fmt: skip
    return _figures(ledger, name, indicator, scope)


def _standing(
    ledger: Ledger, name: str, before: State | None, earlier: tuple[Turn, ...], after: State,
    turns: tuple[Turn, ...], world: World, at: datetime,
) -> list[Fact]:  # fmt: skip
    """The change at the entry, the changes to come at turning instants, and the cancelling of those foretold before."""
    deltas: dict[datetime, list[int]] = defaultdict(lambda: [0, 0, 0])
    for state, known, sign in ((before, earlier, -1), (after, turns, 1)):
        if state is None:
            continue
        previous = standing(ledger, name, state, known, world, at)
        _add(deltas[at], previous, NOTHING, sign)
        for instant in _instants(ledger, name, known, at):
            now = standing(ledger, name, state, known, world, instant)
            _add(deltas[instant], now, previous, sign)
            previous = now
    return [Fact(name, instant, at, *delta) for instant, delta in sorted(deltas.items()) if any(delta)]


def _add(delta: list[int], now: Figures, previous: Figures, sign: int) -> None:
    for index in range(3):
        delta[index] += sign * (now[index] - previous[index])


def standing(ledger: Ledger, name: str, state: State, turns: tuple[Turn, ...], world: World, now: datetime) -> Figures:
    """What a case counts for in a standing indicator at an instant, evaluated directly."""
    lit = {turn.clock: turn.colour(now) for turn in turns}
    # Policy numbers are those of the last entry's day: a new line in January does not undo December's decision.
    scope = Scope(ledger, state, world, day_of(state.entries[-1].received), state.fields,
                  late=lights.late(turns, now), lit=lit)  # fmt: skip
    return _figures(ledger, name, ledger.indicators[name], scope)


def _instants(ledger: Ledger, name: str, turns: tuple[Turn, ...], after: datetime) -> list[datetime]:
    """The instants to come at which an indicator may change: the turns of the clocks it reads."""
    read: set[str] = set()
    for key in ("where", "sum", "over"):
        condition = ledger.conditions.find("indicators", name, key)
        names = condition.names if condition is not None else ()
        read |= {text.split(".")[1] for text in names if text.startswith(("lit.", "late."))}
    running = [turn for turn in turns if turn.clock in read and turn.stopped_at is None and turn.frozen is None]
    instants = {instant for turn in running for instant in (turn.yellow_at, turn.red_at) if instant is not None}
    return sorted(instant for instant in instants if instant > after)
