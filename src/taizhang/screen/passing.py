"""Whom the passing of days alone concerns, as `moved` reads it off a signal's query: worked out once for two days, then remembered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

from taizhang.screen import texts
from taizhang.screen.engine import Engine
from taizhang.screen.rules import Rule
from taizhang.screen.texts import Query, Value

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Moved:
    """A query that gives who may have moved, in one column: households, or people."""

    key: Literal["household", "person"]
    query: str
    tables: tuple[str, ...]  # that it reads


def moved(signal: Query, before: Values, after: Values, homes: Collection[str]) -> tuple[Moved, ...] | None:
    """Whom the days between two sets of numbers (with their `date`) move; None: everybody may have been.

    `homes` are the tables whose rows name their household themselves (`member` and registers); rows of the others name a person.
    """

    def work() -> list[Any] | None:
        found = _reader().of_query(signal.tree, before, after, homes)
        return None if found is None else [[one.key, one.query, list(one.tables)] for one in found]

    asked = ["moved", signal.text, signal.said.used(before), signal.said.used(after), sorted(homes)]
    told = texts.told(asked, work)
    return None if told is None else tuple(Moved(key, query, tuple(tables)) for key, query, tables in told)


def says_another(rule: Rule, before: Values, after: Values, engine: Engine) -> bool:
    """Whether a rule's own predicate or figures hang on which of two days it is; what holds no column is worked out first."""
    more = [rule.more.when] if rule.more else []
    for text in (rule.when, *(figure.of for figure in rule.shown.values()), *more):
        if not text:
            continue
        said = texts.condition(text, name="rule")
        asked = ["another", text, said.used(before), said.used(after)]
        if texts.told(asked, partial(_another, text, before, after, engine)):
            return True
    return False


def _another(text: str, before: Values, after: Values, engine: Engine) -> bool:
    return bool(_reader().another(text, before, after, engine))


def _reader() -> ModuleType:
    """The module, loaded only by who needs it: it brings the parser."""
    return import_module("taizhang.screen.moved")
