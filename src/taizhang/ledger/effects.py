"""What an act does besides its entry: facts it sets, cases it spawns, changes of registers, further acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from taizhang.kit.text import Text
from taizhang.ledger import draw as lots
from taizhang.ledger import lights, spans
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.schema import Draw, Each, Effect
from taizhang.ledger.schema import Spawn as SpawnSpec
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import EffectDone, Spawn, Unmet
from taizhang.ledger.values import from_cel

Path = tuple[str | int, ...]


def written(effects: tuple[Effect, ...], path: Path, scope: Scope) -> dict[str, Any]:
    """The facts that `set` writes; one it cannot compute is left as it is."""
    found: dict[str, Any] = {}
    for number, effect in enumerate(effects):
        for target in effect.set or {}:
            value = scope.ask(scope.ledger.conditions.at(*path, "do", number, "set", target))
            if value is not UNKNOWN:
                found[target] = from_cel(scope.ledger.fields[target], value)
    return found


def drawn(effects: tuple[Effect, ...], path: Path, scope: Scope, now: datetime) -> tuple[dict[str, Any], Unmet | None]:
    """What draws write (the rows, the seed, what could be drawn), or why one of them cannot be made."""
    found: dict[str, Any] = {}
    for number, effect in enumerate(effects):
        if effect.draw is None:
            continue
        spec, below = effect.draw, (*path, "do", number, "draw")
        pool, size, seed = _pool(spec, below, scope, now), _number(scope, below), scope.world.seed()
        among = _names(scope, below, "among") if spec.among else []
        given = lots.draw(seed, pool, size, len(spec.hands), among, _barred(spec, scope))
        if given.lacks:
            return {}, Unmet(
                "draw",
                Text(f"能抽的只有 {len(pool)} 个，不够 {size} 个。", f"Only {len(pool)} can be drawn, not {size}."),
            )
        if given.nobody:
            return {}, Unmet(
                "draw",
                Text("除去有利害关系的人，检查人员不够。", "Without those in conflict there are too few people to go."),
            )
        found[spec.into] = [
            {spec.target: row, **dict(zip(spec.hands, hands, strict=True))} for row, hands in given.rows
        ]
        found[spec.seed] = seed
        if spec.pool is not None:
            found[spec.pool] = [{spec.target: row} for row in sorted(pool)]
    return found, None


def _pool(spec: Draw, path: Path, scope: Scope, now: datetime) -> set[str]:
    """The ids of what can be drawn."""
    where, pool = scope.ledger.conditions.find(*path, "where"), set()
    for row in scope.world.things(spec.from_, scope.state.area, scope.day):
        if where is None or replace(scope, each=row).holds(where):
            pool.add(str(row["id"]))
    for ledger, length in spec.spared.items():
        span, _ = lights.resolved(length, scope, (), now)
        if span is not None:
            pool -= scope.world.recent(ledger, spans.before(now, span, scope.world.calendar))
    return pool - set(_names(scope, path, "without") if spec.without else ())


def _number(scope: Scope, path: Path) -> int:
    value = scope.ask(scope.ledger.conditions.at(*path, "size"))
    return 0 if value is UNKNOWN else int(value)


def _names(scope: Scope, path: Path, key: str) -> list[str]:
    value = scope.ask(scope.ledger.conditions.at(*path, key))
    return [] if value is UNKNOWN else [str(one) for one in value]


def _barred(spec: Draw, scope: Scope) -> dict[str, set[str]]:
    """Who may not go to a row."""
    found: dict[str, set[str]] = {}
    if spec.conflicts is not None:
        table = scope.ledger.fields[spec.conflicts]
        person, thing = table.column_of("person"), table.column_of(spec.from_)
        for row in scope.fields.get(spec.conflicts) or ():
            found.setdefault(str(row.get(thing)), set()).add(str(row.get(person)))
    return found


def spawns(effects: tuple[Effect, ...], path: Path, scope: Scope) -> tuple[Spawn, ...]:
    """The cases to be opened elsewhere."""
    found: list[Spawn] = []
    for number, effect in enumerate(effects):
        if effect.spawn is not None:
            below = (*path, "do", number, "spawn")
            found += [_spawned(effect.spawn, below, inner) for inner in _repeated(effect.spawn, below, scope)]
    return tuple(found)


def _repeated(spawn: SpawnSpec, path: Path, scope: Scope) -> Iterator[Scope]:
    """The scope of each case: one, or one for each element of a list or row of a catalogue."""
    if spawn.each is None:
        yield scope
    elif isinstance(spawn.each, Each):
        where = scope.ledger.conditions.find(*path, "each", "where")
        for row in scope.world.rows(spawn.each.catalogue, scope.day):
            inner = replace(scope, each=row)
            if inner.holds(where):
                yield inner
    else:
        listed = scope.ask(scope.ledger.conditions.at(*path, "each"))
        for element in listed if listed is not UNKNOWN else ():
            yield replace(scope, each=element)


def _spawned(spawn: SpawnSpec, path: Path, scope: Scope) -> Spawn:
    conditions = scope.ledger.conditions
    given = {name: _plain(scope.ask(conditions.at(*path, "set", name))) for name in spawn.set}
    subject = scope.ask(conditions.at(*path, "subject")) if spawn.subject else None
    area = scope.ask(conditions.at(*path, "area")) if spawn.area else None
    return Spawn(
        spawn.ledger,
        spawn.act,
        {name: value for name, value in given.items() if value is not UNKNOWN},
        None if subject is UNKNOWN else subject,
        None if area is UNKNOWN else area,
        _gathered(spawn, path, scope),
    )


def _gathered(spawn: SpawnSpec, path: Path, scope: Scope) -> dict[str, dict[str, Any]]:
    """The row that one turned light adds to the table of a gathered case; columns it cannot compute stay empty."""
    found: dict[str, dict[str, Any]] = {}
    for table, columns in spawn.gather.items():
        asked = {name: scope.ask(scope.ledger.conditions.at(*path, "gather", table, name)) for name in columns}
        found[table] = {name: _plain(value) for name, value in asked.items() if value is not UNKNOWN}
    return found


def _plain(value: Any) -> Any:
    """A condition's value as it is kept: dates as text, no floats."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date().isoformat()
    return format(Decimal(repr(value)).normalize(), "f") if isinstance(value, float) else value


def others(effects: tuple[Effect, ...], path: Path, scope: Scope) -> tuple[EffectDone, ...]:
    """Changes of registers, numbered papers and further acts, in their order."""
    found: list[EffectDone] = []
    for number, effect in enumerate(effects):
        if effect.act is not None:
            found.append(EffectDone("act", effect.act))
        if effect.print is not None:
            name = scope.ask(scope.ledger.conditions.at(*path, "do", number, "print"))
            if name is not UNKNOWN:
                found.append(EffectDone("print", str(name)))
        if effect.register_ is not None:
            below = (*path, "do", number, "register", "set")
            asked = {name: scope.ask(scope.ledger.conditions.at(*below, name)) for name in effect.register_.set}
            values = {name: _plain(value) for name, value in asked.items() if value is not UNKNOWN}
            found.append(EffectDone("register", effect.register_.change, values))
    return tuple(found)
