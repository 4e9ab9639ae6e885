"""What the names in a condition stand for, for one case at one act; what is not known stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from taizhang.ledger import history
from taizhang.ledger.cel import UNKNOWN, Condition
from taizhang.ledger.schema import Field, Ledger
from taizhang.ledger.state import NO_FIELDS, Actor, Colour, State, World
from taizhang.ledger.values import as_day, to_cel


@dataclass
class Scope:
    """The readings of one case. `fields` are the case's facts with the given ones filled in."""

    ledger: Ledger
    state: State
    world: World
    day: date  # picks the policy numbers: the act's day
    fields: Mapping[str, Any]
    own: Mapping[str, Any] = field(default_factory=dict)
    own_specs: Mapping[str, Field] = field(default_factory=dict)
    actor: Actor | None = None
    each: Any = None
    late: Mapping[str, bool] = field(default_factory=lambda: NO_FIELDS)
    lit: Mapping[str, Colour] = field(default_factory=lambda: NO_FIELDS)
    stage: str | None = None
    turned: Mapping[str, Any] = field(default_factory=lambda: NO_FIELDS)  # rules only: what turned, and when
    unpublished: set[str] = field(default_factory=set)  # policy numbers asked for that have no value in force

    def ask(self, condition: Condition) -> Any:
        """The value of a condition here, or UNKNOWN."""
        return condition.value(self.read, self.world.total)

    def holds(self, condition: Condition | None) -> bool:
        """Whether a condition is met; none at all is met, an unknown one is not."""
        return condition is None or self.ask(condition) is True

    def read(self, name: str) -> Any:
        """The value of a declared name, or UNKNOWN."""
        head, _, rest = name.partition(".")
        reader = getattr(self, f"_{head}", None)
        return UNKNOWN if reader is None else reader(rest)

    def _stage(self, _: str) -> Any:
        return self.stage if self.stage is not None else self.state.stage

    def _case(self, rest: str) -> Any:
        name, _, column = rest.partition(".")
        spec = self.ledger.fields[name]
        value = self.field(name)
        if value is UNKNOWN or value is None:
            return UNKNOWN
        if not column:
            return to_cel(spec, value)
        rows = self.world.rows(str(spec.of), self.day)
        return next((row.get(column, "") for row in rows if row["code"] == value), UNKNOWN)

    def field(self, name: str) -> Any:
        """A field's kept value, computed if it is derived; UNKNOWN when it is not filled in."""
        spec = self.ledger.fields[name]
        if spec.calc:
            value = self.ask(self.ledger.conditions.at("fields", name, "calc"))
            return value
        value = self.fields.get(name)
        return UNKNOWN if value is None else value

    def _known(self, name: str) -> bool:
        return self.field(name) is not UNKNOWN

    def _entry(self, name: str) -> Any:
        value = self.own.get(name)
        return UNKNOWN if value is None or name not in self.own_specs else to_cel(self.own_specs[name], value)

    def _subject(self, name: str) -> Any:
        value = self.state.area if name == "area" else self.state.subject.get(name)
        if value is None:
            return UNKNOWN
        return as_day(value) if isinstance(value, date) else value

    def _policy(self, name: str) -> Any:
        value = self.world.policy(name, self.state.area, self.day)
        if value is None:
            self.unpublished.add(name)
            return UNKNOWN
        return value

    def _actor(self, name: str) -> Any:
        value = getattr(self.actor, name, None)
        return UNKNOWN if value is None else value

    def _did(self, rest: str) -> Any:
        act, _, what = rest.partition(".")
        done = [entry for entry in self.state.entries if entry.act == act and not entry.annulled]
        if what == "count":
            return len(done)
        if what == "persons":
            return list(dict.fromkeys(entry.person for entry in done))
        if what == "orgs":
            return list(dict.fromkeys(entry.org for entry in done if entry.org is not None))
        value = getattr(done[-1], what) if done else None
        return UNKNOWN if value is None else value

    def _changed(self, _: str) -> list[str]:
        return [name for name, value in self.fields.items() if self.state.fields.get(name) != value]

    def _missing(self, act: str) -> Any:
        return missing(self, act)

    def _children(self, rest: str) -> Any:
        ledger, _, what = rest.partition(".")
        return getattr(self.world.children(ledger), what)

    def _each(self, rest: str) -> Any:
        if not rest:
            return UNKNOWN if self.each is None else self.each
        return self.each.get(rest, "") if isinstance(self.each, Mapping) else UNKNOWN

    def _turned(self, name: str) -> Any:
        value = self.turned.get(name)
        return UNKNOWN if value is None else as_day(value) if isinstance(value, date) else value

    def _late(self, clock: str) -> Any:
        return self.late.get(clock, False)

    def _lit(self, clock: str) -> Any:
        return self.lit.get(clock, "green")


def missing(scope: Scope, act: str) -> list[str] | Any:
    """Who has still to do an act with `each`, since the case last entered its stage; UNKNOWN while the list is."""
    condition = scope.ledger.conditions.find("acts", act, "each")
    wanted: Any = scope.ask(condition) if condition is not None else UNKNOWN
    if wanted is UNKNOWN:
        return UNKNOWN
    signed: set[str] = set()
    for step in history.steps(scope.ledger, scope.state.entries):
        if step.before != step.after:
            signed = set()
        if step.entry.act == act:
            signed |= {step.entry.person} | ({step.entry.org} if step.entry.org else set())
    return [element for element in dict.fromkeys(list(wanted)) if element not in signed]
