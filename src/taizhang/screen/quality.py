"""Rules of data quality: predicates over the register and the feeds, checked like rules of screening, each with examples.

A rule that names a column which nobody collects is not evaluated and says which; nothing is taken for right by silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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


def check(engine: DuckEngine, rules: Rules, given: Mapping[str, Rows], values: Mapping[str, subset.Value], day: date) -> Checked:  # fmt: skip
    """Ask every rule whose columns are collected and whose numbers are in force."""
    for table, rows in given.items():
        _lay(engine, rules, table, rows)
    doubts: list[Doubt] = []
    asked, missed = [], []
    for name, rule in rules.rules.items():
        lacking = _lacking(rules, name, given, values)
        if lacking:
            zh, en = "、".join(text.zh for text in lacking), ", ".join(text.en for text in lacking)
            missed.append(NotAsked(name, Text(f"未评估：没有收集{zh}。", f"Not evaluated: {en} is not collected.")))
            continue
        asked.append(name)
        when = subset.sql(subset.bound(subset.parse_condition(rule.when, name=name), {**values, "date": day}))
        found = engine.rows(f"SELECT about, area FROM quality_{rule.about} WHERE {when} ORDER BY area, about")
        doubts += [Doubt(name, about, area) for about, area in found]
    return Checked(tuple(doubts), tuple(asked), tuple(missed))


def _lacking(rules: Rules, name: str, given: Mapping[str, Rows], values: Mapping[str, subset.Value]) -> list[Text]:
    rule = rules.rules[name]
    there = set(given[rule.about].columns) if rule.about in given else set()
    lacking = [rules.tables[rule.about][column] for column in rules.columns_of(name) if column not in there]
    return lacking + [Text(one, one) for one in sorted(rules.numbers_of(name) - set(values))]


def _lay(engine: DuckEngine, rules: Rules, table: str, rows: Rows) -> None:
    cells = ", ".join(f"{name} {_TYPES[rules.type_of(table, name)]}" for name in rows.columns)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE quality_{table} (about VARCHAR, area VARCHAR{', ' if cells else ''}{cells})"
    )
    engine.insert(f"quality_{table}", rows.rows)
