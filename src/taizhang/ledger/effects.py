"""What an act does besides its entry: facts it sets, cases it spawns, changes of registers, further acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.schema import Each, Effect
from taizhang.ledger.schema import Spawn as SpawnSpec
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import EffectDone, Spawn
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
