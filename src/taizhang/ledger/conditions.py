"""Every condition of a ledger: where it stands, which names it may use, what it must give; compiled together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cel_expr_python import cel

from taizhang.kit.text import Text
from taizhang.ledger.cel import ROWS, STRINGS, WINDOWS, Condition, ConditionError, Environment, T
from taizhang.ledger.library import Library
from taizhang.ledger.parts import formula, is_formula
from taizhang.ledger.policies import PolicyType
from taizhang.ledger.schema import Act, Draw, Each, Effect, Field, Ledger, Roster, Spawn

Path = tuple[str | int, ...]
Place = Literal["case", "act", "set", "standing", "done", "rule"]
_ATTRIBUTE: Final[Mapping[str, cel.Type]] = {
    "string": T.STRING,
    "strings": STRINGS,
    "int": T.INT,
    "bool": T.BOOL,
    "date": T.TIMESTAMP,
}
_POLICY: Final[Mapping[PolicyType, cel.Type]] = {"money": T.INT, "int": T.INT, "text": T.STRING, "duration": T.STRING}


def cel_type(spec: Field) -> cel.Type:
    """The static type of a field in conditions. Money is fen; dates compare with dates only."""
    if spec.many:
        return STRINGS
    if spec.type in ("money", "int"):
        return T.INT
    if spec.type == "table":
        return ROWS
    return {"number": T.DOUBLE, "bool": T.BOOL, "date": T.TIMESTAMP}.get(spec.type, T.STRING)


@dataclass(frozen=True)
class Use:
    """One expression of a declaration."""

    path: Path
    text: str
    place: Place
    wants: cel.Type | None
    act: str | None = None
    each: Spawn | Roster | Draw | None = (
        None  # whose `each` it may read: an element of a spawn, a row of a roster or a draw
    )


@dataclass
class Conditions:
    """The compiled expressions of one edition, by their place in the file, and the library they were checked against."""

    library: Library
    compiled: dict[Path, Condition] = field(default_factory=dict)
    errors: list[tuple[Path, ConditionError]] = field(default_factory=list)

    def at(self, *path: str | int) -> Condition:
        """The condition at a place of the declaration; KeyError when nothing stands there."""
        return self.compiled[path]

    def find(self, *path: str | int) -> Condition | None:
        """The condition at a place, if one stands there."""
        return self.compiled.get(path)


def compile_all(ledger: Ledger, library: Library) -> Conditions:
    """Compile every expression of a ledger; errors are collected, not raised."""
    result = Conditions(library)
    built: dict[Any, Environment] = {}
    for use in uses(ledger):
        entry = frozenset((name, spec.type, spec.many) for name, spec in _entry(ledger, use).items())
        key: Any = (use.place, entry, id(use.each) if use.each else 0)
        if (listed := _listed(use.each)) is not None and listed not in library.catalogues:
            continue  # said once, where the catalogue is named
        if key not in built:
            built[key] = _environment(ledger, library, use, result)
        try:
            condition = built[key].compile(use.text, use.wants)
            _pure(use, condition)
            result.compiled[use.path] = condition
        except ConditionError as error:
            result.errors.append((use.path, error))
    return result


def _pure(use: Use, condition: Condition) -> None:
    """What others change may not turn a light or a standing figure without an entry of this case."""
    for _, window in condition.totals.values():
        if window is not None and window not in WINDOWS:
            raise ConditionError("total", Text(f"total 的期间只能是 {'、'.join(WINDOWS)}。",
                                               f"the window of total is one of {', '.join(WINDOWS)}."))  # fmt: skip
    outside = [name for name in condition.names if name.startswith("children.")]
    if use.place in ("case", "standing") and (condition.totals or outside):
        what = outside[0] if outside else "total()"
        raise ConditionError("outside", Text(
            f"这里不能用 {what}：它会不经本事项的记录而改变；只能用在办理的 needs、set 和 spawn 里。",
            f"{what} may not be used here: it changes without an entry of this case; use it in an act's needs, set or spawn."))  # fmt: skip


def uses(ledger: Ledger) -> Iterator[Use]:
    """All expressions of a ledger."""
    for name, spec in ledger.fields.items():
        yield from _of_field(("fields", name), spec)
    for name, act in ledger.acts.items():
        yield from _of_act(ledger, name, act)
    for name, clock in ledger.clocks.items():
        path: Path = ("clocks", name)
        if clock.when:
            yield Use((*path, "when"), formula(clock.when), "case", T.BOOL)
        if clock.due:
            yield Use((*path, "due"), formula(clock.due), "case", T.TIMESTAMP)
        if is_formula(clock.every):
            yield Use((*path, "every"), formula(str(clock.every)), "case", T.STRING)
        for key in ("limit", "grace", "accepts_back"):
            length = getattr(clock, key)
            if length is not None and length.cel:
                yield Use((*path, key, length.unit), length.cel, "case", T.INT)
    for number, rule in enumerate(ledger.rules):
        yield from _of_effects(ledger, ("rules", number), rule.do, "rule", None)
    yield from _of_roster(ledger.roster)
    for name, indicator in ledger.indicators.items():
        place: Place = "standing" if indicator.standing else "done"
        for key, wants in (("where", T.BOOL), ("sum", T.INT), ("over", T.BOOL), ("distinct", T.STRING)):
            text = getattr(indicator, key)
            if text:
                yield Use(("indicators", name, key), formula(text), place, wants)


def _of_roster(roster: Roster | None) -> Iterator[Use]:
    for key, wants in (("period", T.STRING), ("where", T.BOOL), ("due", T.STRING)):
        text = getattr(roster, key, None)
        if text:
            yield Use(("roster", key), formula(text), "case", wants, None, roster)


def _of_field(path: Path, spec: Field) -> Iterator[Use]:
    if spec.calc:
        yield Use((*path, "calc"), formula(spec.calc), "case", cel_type(spec))
    if spec.when:
        yield Use((*path, "when"), formula(spec.when), "case", T.BOOL)
    if is_formula(spec.default):
        yield Use((*path, "default"), formula(spec.default), "act", cel_type(spec))


def _of_act(ledger: Ledger, name: str, act: Act) -> Iterator[Use]:
    path: Path = ("acts", name)
    for key, spec in act.entry.items():
        if spec.when:
            yield Use((*path, "entry", key, "when"), formula(spec.when), "act", T.BOOL, name)
        if is_formula(spec.default):
            yield Use((*path, "entry", key, "default"), formula(spec.default), "act", cel_type(spec), name)
    for text in act.needs:
        yield Use((*path, "needs", text), formula(text), "act", T.BOOL, name)
    for other, length in (*act.after.items(), *act.within.items()):
        if not isinstance(length, str) and length.cel:
            key = "after" if other in act.after else "within"
            yield Use((*path, key, other, str(length.unit)), length.cel, "case", T.INT)
    if act.each:
        yield Use((*path, "each"), formula(act.each), "case", STRINGS)
    yield from _of_effects(ledger, path, act.do, "act", name)


def _of_effects(
    ledger: Ledger, path: Path, effects: tuple[Effect, ...], place: Place, act: str | None
) -> Iterator[Use]:
    for number, effect in enumerate(effects):
        here: Path = (*path, "do", number)
        for target, text in (effect.set or {}).items():
            spec = ledger.fields.get(target)
            yield Use(
                (*here, "set", target),
                formula(text),
                "set" if place == "act" else place,
                cel_type(spec) if spec else None,
                act,
            )
        if effect.print is not None:
            yield Use((*here, "print"), formula(effect.print), place, T.STRING, act)
        if effect.register_ is not None:
            for target, text in effect.register_.set.items():
                yield Use((*here, "register", "set", target), formula(text), place, None, act)
        if effect.draw is not None:
            yield from _of_draw((*here, "draw"), effect.draw, place, act)
        if effect.spawn is not None:
            spawn, below = effect.spawn, (*here, "spawn")
            for table, columns in spawn.gather.items():
                for column, text in columns.items():
                    yield Use((*below, "gather", table, column), formula(text), place, None, act)
            if isinstance(spawn.each, str):
                yield Use((*below, "each"), formula(spawn.each), place, None, act)
            elif spawn.each is not None and spawn.each.where:
                yield Use((*below, "each", "where"), formula(spawn.each.where), place, T.BOOL, act, spawn)
            for target, text in spawn.set.items():
                yield Use((*below, "set", target), formula(text), place, None, act, spawn if spawn.each else None)
            for key in ("subject", "area"):
                text = getattr(spawn, key)
                if text:
                    yield Use((*below, key), formula(text), place, T.STRING, act, spawn if spawn.each else None)


def _of_draw(path: Path, draw: Draw, place: Place, act: str | None) -> Iterator[Use]:
    for key, wants in (("size", T.INT), ("without", STRINGS), ("among", STRINGS)):
        text = getattr(draw, key)
        if text:
            yield Use((*path, key), formula(text), place, wants, act)
    if draw.where:
        yield Use((*path, "where"), formula(draw.where), place, T.BOOL, act, draw)


def _environment(ledger: Ledger, library: Library, use: Use, result: Conditions) -> Environment:
    """The names that may be used at a place, with their types."""
    names: dict[str, cel.Type] = {"stage": T.STRING}
    cash: set[str] = set()
    for name, spec in ledger.fields.items():
        names[f"known.{name}"] = T.BOOL
        _declare(f"case.{name}", spec, library, names, cash)
    names |= {f"subject.{name}": _ATTRIBUTE[kind] for name, kind in library.registers[ledger.subject].items()}
    names |= {f"policy.{name}": _POLICY[policy.type] for name, policy in library.policies.items()}
    cash |= {f"policy.{name}" for name, policy in library.policies.items() if policy.type == "money"}
    for name, act in ledger.acts.items():
        names |= {f"did.{name}.person": T.STRING, f"did.{name}.org": T.STRING, f"did.{name}.count": T.INT,
                  f"did.{name}.persons": STRINGS, f"did.{name}.orgs": STRINGS}  # fmt: skip
        if act.each:
            names[f"missing.{name}"] = STRINGS
    for child in spawned(ledger):
        names |= {f"children.{child}.open": T.INT, f"children.{child}.count": T.INT}
    if use.place in ("act", "set", "done"):
        names |= {"actor.id": T.STRING, "actor.person": T.STRING, "actor.org": T.STRING, "changed": STRINGS}
        for name, spec in _entry(ledger, use).items():
            _declare(f"entry.{name}", spec, library, names, cash)
    clocks = (*ledger.clocks, *(("roster",) if ledger.roster is not None else ()))
    if use.place in ("standing", "done"):
        names |= {f"late.{name}": T.BOOL for name in clocks}
    if use.place == "set":  # as the act finds them
        names |= {f"late.{name}": T.BOOL for name in ledger.clocks}
    if use.place == "standing":
        names |= {f"lit.{name}": T.STRING for name in clocks}
    if use.place == "rule":
        names |= {"turned.on": T.TIMESTAMP, "turned.clock": T.STRING, "turned.period": T.STRING, "turned.key": T.STRING,
                  "turned.holder": T.STRING}  # fmt: skip
    if use.each is not None:
        names |= _each(use, library, result)
    environment = Environment(names)
    environment.money = frozenset(cash)
    return environment


def _entry(ledger: Ledger, use: Use) -> Mapping[str, Field]:
    """The facts of an entry that may be read there: those of the act; of an indicator on several acts what all of them have."""
    if use.path[0] != "indicators":
        return ledger.acts[use.act].entry if use.act is not None else {}
    acts = [ledger.acts[name].entry for name in ledger.indicators[str(use.path[1])].on if name in ledger.acts]
    first = acts[0] if acts else {}
    return {name: spec for name, spec in first.items()
            if all(name in other and (other[name].type, other[name].of) == (spec.type, spec.of) for other in acts)}  # fmt: skip


def _declare(name: str, spec: Field, library: Library, names: dict[str, cel.Type], cash: set[str]) -> None:
    """Declare a field, and the columns of the catalogue it picks from."""
    names[name] = cel_type(spec)
    if spec.type == "money" and not spec.many:
        cash.add(name)
    if spec.type == "pick" and not spec.many and spec.of in library.catalogues and name.startswith("case."):
        names.update({f"{name}.{column}": T.STRING for column in library.catalogues[spec.of].columns})


def _each(use: Use, library: Library, result: Conditions) -> dict[str, cel.Type]:
    if isinstance(use.each, Draw):
        return {f"each.{name}": _ATTRIBUTE[kind] for name, kind in library.registers[use.each.from_].items()}
    if (catalogue := _listed(use.each)) is not None:
        return {f"each.{column}": T.STRING for column in library.catalogues[catalogue].columns}
    listed = result.find(*use.path[: use.path.index("spawn") + 1], "each")
    return {"each": T.STRING if listed is None or listed.type == STRINGS else T.DYN}


def _listed(each: Spawn | Roster | Draw | None) -> str | None:
    """The catalogue whose rows are gone through, if it is one."""
    if isinstance(each, Roster):
        return each.items
    return each.each.catalogue if isinstance(each, Spawn) and isinstance(each.each, Each) else None


def spawned(ledger: Ledger) -> tuple[str, ...]:
    """The ledgers in which this one opens cases."""
    effects = [effect for act in ledger.acts.values() for effect in act.do]
    effects += [effect for rule in ledger.rules for effect in rule.do]
    return tuple(dict.fromkeys(effect.spawn.ledger for effect in effects if effect.spawn is not None))
