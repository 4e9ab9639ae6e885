"""What the SQL texts of a library name, and how they read with numbers filled in: worked out by `subset` once, then remembered.

The parser takes longer to load and to read the rules of a library than a small district takes to be screened. A text that was
found good is known again by its digest together with that of the parser, so that a run with texts and numbers of
before loads no parser at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from taizhang.kit import remembered

if TYPE_CHECKING:
    from sqlglot import exp

Value = int | str | date
_MOST: Final = 2048  # answers that are remembered; a run of one day asks for about 150


@dataclass(frozen=True)
class Said:
    """What a text names; `tables` as often as they stand there, `gives` the columns of a query in their order."""

    tables: tuple[str, ...]
    columns: frozenset[str]
    parameters: frozenset[str]
    gives: tuple[str, ...]

    def used(self, values: Mapping[str, Value]) -> dict[str, list[str]]:
        """The numbers that the text looks at, as they can be compared."""
        names = ("date", *sorted(self.parameters))
        return {one: [type(values[one]).__name__, str(values[one])] for one in names if one in values}


@dataclass(frozen=True)
class Query:
    """A signal: one SELECT that was found good."""

    name: str
    text: str
    said: Said

    @cached_property
    def tree(self) -> exp.Expr:
        """As the parser sees it. It is shared: copy before changing it."""
        found: exp.Expr = _parser().parse_query(self.text, name=self.name, tables=set(self.said.tables))
        return found

    def filled(self, values: Mapping[str, Value]) -> str:
        """For DuckDB, with every number in its place."""
        asked = ["query", self.text, self.said.used(values)]
        return str(told(asked, lambda: _parser().sql(_parser().bound(self.tree, values))))


def query(text: str, *, name: str, tables: Collection[str]) -> Query:
    """One SELECT over the given tables. Raises Refusal that names the file and what is not allowed."""
    said = _said(["tables", text], lambda: _parser().parse_query(text, name=name, tables=tables))
    if not set(said.tables) <= set(tables):
        _parser().parse_query(text, name=name, tables=tables)  # says what is wrong, and where
    return Query(name, text, said)


def condition(text: str, *, name: str, comparing: bool = False) -> Said:
    """What a condition or value names; `comparing` as of `subset.parse_condition`. Raises Refusal."""
    return _said(["names", text, comparing], lambda: _parser().parse_condition(text, name=name, comparing=comparing))


def filled(text: str, values: Mapping[str, Value], columns: Mapping[str, str] | None, *, name: str) -> str:
    """A condition or value with its numbers, and with each column as `columns` says; as it is called where that is None.

    Raises Refusal, also for a column that is not among them.
    """
    said = condition(text, name=name)
    known = None if columns is None else {one: columns[one] for one in sorted(said.columns) if one in columns}
    asked = ["condition", text, said.used(values), known]
    return str(told(asked, lambda: _parser().filled(text, values, columns, name=name)))


def told(asked: list[Any], work: Callable[[], Any]) -> Any:
    """What somebody works out with the parser from what is asked (both plain values), or what is remembered of it."""
    return book().answer(asked, work)


def keep() -> None:
    """Remember what was worked out since, for the next run."""
    book().keep()


# --- what is remembered -------------------------------------------------------------------------------------------------


class _Book:
    """Answers by what was asked, in the order in which they were last wanted."""

    def __init__(self) -> None:
        parser, here = find_spec("sqlglot"), Path(__file__).parent
        place = Path(parser.origin).parent if parser is not None and parser.origin else here
        sources = [place / "_version.py", *(here / f"{name}.py" for name in ("subset", "texts", "moved", "passing"))]
        self._key = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources if path.is_file())).hexdigest()
        found = remembered.recall(self._key)
        self._before: dict[str, Any] = found if isinstance(found, dict) else {}
        self._now: dict[str, Any] = {}
        self._new = False

    def answer(self, asked: list[Any], work: Callable[[], Any]) -> Any:
        key = hashlib.sha256(json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        if key not in self._now:
            if len(self._now) >= _MOST:  # a site runs for months
                del self._now[next(iter(self._now))]
            if key in self._before:
                self._now[key] = self._before[key]
            else:
                self._now[key], self._new = work(), True
        return self._now[key]

    def keep(self) -> None:
        if self._new:
            every = {**{key: value for key, value in self._before.items() if key not in self._now}, **self._now}
            remembered.keep(self._key, dict(list(every.items())[-_MOST:]))
            self._new = False


@lru_cache(maxsize=1)
def book() -> _Book:
    """What this process knows, and what those before it left."""
    return _Book()


def _said(asked: list[Any], parse: Callable[[], exp.Expr]) -> Said:
    tables, columns, parameters, gives = told(asked, lambda: _parser().names(parse()))
    return Said(tuple(tables), frozenset(columns), frozenset(parameters), tuple(gives))


def _parser() -> ModuleType:
    """The module, loaded only by who needs it."""
    return import_module("taizhang.screen.subset")
