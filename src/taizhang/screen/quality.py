"""Rules of data quality: predicates over the register and the feeds, checked like rules of screening, each with examples.

A rule that names a column which nobody collects is not evaluated and says which; nothing is taken for right by silence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlglot import exp

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import yaml12
from taizhang.screen import subset
from taizhang.screen.engine import DuckEngine
from taizhang.screen.texts import Value

Table = Literal["person", "home", "spell", "village"]
KEYS: Final = ("about", "area")  # of every table: whom a row is about, and where
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TYPES: Final[Mapping[type, str]] = {int: "BIGINT", str: "VARCHAR", date: "DATE"}


class QualityRule(BaseModel):
    """One rule as `quality.yaml` declares it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: Literal["E", "W", "I"]
    about: Table
    zh: str
    en: str
    when: str
    hits: Mapping[str, Any]
    passes: Mapping[str, Any]

    @property
    def label(self) -> Text:
        """What is doubtful."""
        return Text(self.zh, self.en)


@dataclass(frozen=True)
class Rules:
    """The rules, and the columns they may name, by table, with the words for them."""

    rules: Mapping[str, QualityRule]
    tables: Mapping[str, Mapping[str, Text]]
    usual: Mapping[str, Mapping[str, Any]]

    def type_of(self, table: str, column: str) -> type:
        """The type of a column, from the first example that gives it a value; a number where none does."""
        told = [
            self.usual[table],
            *(given for rule in self.rules.values() if rule.about == table for given in (rule.hits, rule.passes)),
        ]
        first = next((given[column] for given in told if given.get(column) is not None), 0)
        return date if isinstance(first, date) or (isinstance(first, str) and _DAY.fullmatch(first)) else type(first)

    def columns_of(self, name: str) -> tuple[str, ...]:
        """The columns that a rule looks at."""
        tree = subset.parse_condition(self.rules[name].when, name=name)
        return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))

    def numbers_of(self, name: str) -> frozenset[str]:
        """The policy numbers that a rule needs."""
        return subset.parameters(subset.parse_condition(self.rules[name].when, name=name))


@dataclass(frozen=True)
class Rows:
    """One table to look at: its columns, and rows of (about, area, *columns)."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubtful point: a rule and whom it is about."""

    rule: str
    about: str
    area: str


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A rule that could not be asked, and why."""

    rule: str
    text: Text
    whole: bool = True  # False: some of its alternatives were asked


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    doubts: tuple[Doubt, ...]
    asked: tuple[str, ...]
    not_asked: tuple[NotAsked, ...]


def read(path: Path) -> Rules:
    """Read `quality.yaml`; every predicate is in the checked subset and names declared columns. Raises Refusal."""
    found = yaml12.read(path.read_text(encoding="utf-8"))
    if found.slips or not isinstance(found.data, dict):
        raise Refusal("bad_yaml", Text(f"{path.name} 读不懂。", f"{path.name} cannot be read."))
    raw = found.data
    tables = {
        table: {name: Text(*words) for name, words in columns.items()} for table, columns in raw["tables"].items()
    }
    rules: dict[str, QualityRule] = {}
    for name, declared in raw["rules"].items():
        try:
            rules[name] = QualityRule.model_validate(declared)
        except ValidationError as error:
            first = error.errors()[0]
            said = ".".join(map(str, first["loc"]))
            raise Refusal("bad_rule", Text(f"疑点规则 {name} 的 {said} 有误：{first['msg']}", f"Rule {name}, {said}: {first['msg']}")) from error  # fmt: skip
    made = Rules(rules, tables, raw["usual"])
    for name, rule in rules.items():
        unknown = (set(made.columns_of(name)) | set(rule.hits) | set(rule.passes)) - set(tables[rule.about])
        if unknown:
            column = sorted(unknown)[0]
            raise Refusal(
                "bad_rule", Text(f"疑点规则 {name} 用到了没有的“{column}”。", f"Rule {name}: there is no “{column}”.")
            )
    return made


def check(engine: DuckEngine, rules: Rules, given: Mapping[str, Rows], values: Mapping[str, Value], day: date) -> Checked:  # fmt: skip
    """Ask every rule whose columns are collected and whose numbers are in force.

    The ways in which a rule may hold are asked one by one: where only some can be, the rule is asked by these, and what was
    left out is said.
    """
    for table, rows in given.items():
        _lay(engine, rules, table, rows)
    there = {table: set(rows.columns) for table, rows in given.items()}
    doubts: list[Doubt] = []
    asked = []
    for name, rule in rules.rules.items():
        some = [
            tree for tree in alternatives(rule.when, name) if not _lacks(tree, there.get(rule.about, set()), values)
        ]
        if not some:
            continue
        asked.append(name)
        when = " OR ".join(f"({subset.sql(subset.bound(tree, {**values, 'date': day}))})" for tree in some)
        found = engine.rows(f"SELECT about, area FROM quality_{rule.about} WHERE {when} ORDER BY area, about")
        doubts += [Doubt(name, about, area) for about, area in found]
    return Checked(tuple(doubts), tuple(asked), unasked(rules, there, values))


def unasked(rules: Rules, there: Mapping[str, Collection[str]], numbers: Collection[str]) -> tuple[NotAsked, ...]:
    """The rules that cannot be asked, or only in part, with the columns collected, and why."""
    missed = []
    for name, rule in rules.rules.items():
        columns = there.get(rule.about, ())
        parts = alternatives(rule.when, name)
        lacking = {one: None for tree in parts for one in _lacks(tree, columns, numbers)}
        if not lacking:
            continue
        words = [rules.tables[rule.about].get(one, Text(one, one)) for one in lacking]
        zh, en = "、".join(text.zh for text in words), ", ".join(text.en for text in words)
        if all(_lacks(tree, columns, numbers) for tree in parts):
            missed.append(
                NotAsked(name, Text(f"未评估：没有收集{zh}。", f"Not evaluated: {en} is not collected."), whole=True)
            )
        else:
            missed.append(
                NotAsked(
                    name, Text(f"部分未评估：没有收集{zh}。", f"Evaluated in part: {en} is not collected."), whole=False
                )
            )
    return tuple(missed)


def alternatives(when: str, name: str) -> list[exp.Expr]:
    """The ways in which a condition may hold: what stands between its ORs, with what stands before them by AND."""
    return _ways(subset.parse_condition(when, name=name))


def _ways(tree: exp.Expr) -> list[exp.Expr]:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if isinstance(tree, exp.Or):
        return [*_ways(tree.this), *_ways(tree.expression)]
    if isinstance(tree, exp.And):
        return [exp.and_(one.copy(), other.copy()) for one in _ways(tree.this) for other in _ways(tree.expression)]
    return [tree]


def _lacks(tree: exp.Expr, columns: Collection[str], numbers: Collection[str]) -> list[str]:
    names = dict.fromkeys(column.name for column in tree.find_all(exp.Column))
    return [one for one in names if one not in columns] + sorted(subset.parameters(tree) - set(numbers))


def _lay(engine: DuckEngine, rules: Rules, table: str, rows: Rows) -> None:
    cells = ", ".join(f"{name} {_TYPES[rules.type_of(table, name)]}" for name in rows.columns)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE quality_{table} (about VARCHAR, area VARCHAR{', ' if cells else ''}{cells})"
    )
    engine.insert(f"quality_{table}", rows.rows)
