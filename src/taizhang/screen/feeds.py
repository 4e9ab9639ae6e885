"""What departments send: one declaration per feed, read from `library/feeds/*.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from taizhang.kit import shaped
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import yaml12

ColumnType = Literal["number", "card", "name", "phone", "area", "key", "text", "code", "date", "month", "year", "money"]
Keyed = Literal["register", "household", "person", "area", "contact"]
Every = Literal["month", "quarter", "year", "asked"]
IDENTIFYING: Final[frozenset[str]] = frozenset({"number", "card", "name", "phone"})
"""Column types that say who somebody is; concealed rows at rest hold none of them."""


@dataclass(frozen=True)
class _Part:
    __pydantic_config__: ClassVar = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Column(_Part):
    """One column of a feed: its header of record, the headers that departments use for it, and what may stand in it."""

    zh: str
    type: ColumnType
    also: tuple[str, ...] = ()
    needed: bool = False  # an empty cell rejects the row
    may_lack: bool = False  # a file without this column is still read
    negative: bool = False  # a negative amount is a reversal
    number: bool = False  # a code kept as a whole number
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Literal["rejected", "kept"] = "rejected"

    @property
    def sql_type(self) -> str:
        """The type of the column in a typed file."""
        if self.type in ("date", "month"):
            return "DATE"
        if self.type == "money":
            return "BIGINT"
        return "INTEGER" if self.type == "year" or self.number else "VARCHAR"


@dataclass(frozen=True)
class Repeats(_Part):
    """Which rows count once: of all rows with equal values there, the latest by row date, then the later line."""

    per: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Feed(_Part):
    """One table that a department owes, as its file in the library declares it."""

    feed: str
    zh: str
    en: str
    owner: tuple[str, ...]
    keyed: Keyed
    row_date: str | None = None
    repeats: Literal["every"] | Repeats
    columns: Mapping[str, Column]
    sealed: bool = False
    every: Every = "month"  # how often it is owed; asked: only when somebody asks for it
    due_day: str = "feed_due_day"  # the policy number: by which day of the period (`MM-DD` of a year) it is owed

    @property
    def label(self) -> Text:
        """The feed's name for people."""
        return Text(self.zh, self.en)

    def of_type(self, *types: ColumnType) -> str | None:
        """The name of the first column of one of these types."""
        return next((name for name, column in self.columns.items() if column.type in types), None)

    @property
    def telling(self) -> tuple[str, ...]:
        """The columns that a signal may look at: none that says who somebody is, no free text."""
        return tuple(
            name for name, column in self.columns.items() if column.type not in IDENTIFYING and column.type != "text"
        )

    @property
    def is_linked(self) -> bool:
        """Whether its rows speak of persons and are linked to the register."""
        return self.keyed in ("person", "contact")


def read(path: Path) -> Feed:
    """Read one declaration. Raises Refusal with file, line and what is wrong."""
    return _declared(path, path.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _declared(path: Path, text: str) -> Feed:
    """The declaration that a text is; a text that was read before is not parsed again."""
    known = shaped.recall(Feed, text)
    if known is not None and path.stem in known:
        return known[path.stem]
    found = yaml12.read(text)
    if found.slips:
        slip = found.slips[0]
        raise _bad(path, slip.line, slip.text)
    if not isinstance(found.data, dict):
        raise _bad(path, 1, Text("文件是空的。", "the file is empty."))
    try:
        feed = shaped.checked(Feed, _as_text(found.data))
    except shaped.Misshapen as error:
        place = ".".join(map(str, error.where))
        raise _bad(path, found.line(error.where), Text(f"{place}：{error.said}", f"{place}: {error.said}")) from error
    named = {feed.row_date} if feed.row_date else set()
    if isinstance(feed.repeats, Repeats):
        named |= set(feed.repeats.per) - {"person", "household"}
    for name in sorted(named - set(feed.columns)):
        raise _bad(path, 1, Text(f"没有名为“{name}”的列。", f"there is no column “{name}”."))
    if feed.feed != path.stem or not re.fullmatch(r"[a-z][a-z0-9_]*", feed.feed):
        raise _bad(path, 1, Text("文件名与 feed 不一致。", "the file is not named as its feed."))
    shaped.keep(Feed, text, {feed.feed: feed})
    return feed


def read_all(library: Path) -> dict[str, Feed]:
    """Every feed of a library folder, by name."""
    return {path.stem: read(path) for path in sorted((library / "feeds").glob("*.yaml"))}


def _as_text(raw: Any) -> Any:
    """Spellings written bare (`1`) are words, not numbers."""
    if isinstance(raw, dict):
        return {str(key): _as_text(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return tuple(str(item) for item in raw)
    return raw


def _bad(path: Path, line: int, text: Text) -> Refusal:
    return Refusal(
        "bad_feed",
        Text(
            f"数据项声明 {path.name} 第 {line} 行：{text.zh}", f"Feed declaration {path.name}, line {line}: {text.en}"
        ),
    )
