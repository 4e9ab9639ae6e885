"""Bulletins as files of the library: paragraphs with places for figures, each place a figure that is counted. Pure.

`{ID}` is a figure of `library/figures.yaml` or of the template's own `counts`; `{ID:wan}` says it in tens of thousands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from taizhang.kit.text import Text
from taizhang.ledger import yaml12

PLACE: Final = re.compile(r"\{([a-z0-9-]+)(?::(wan))?\}")
_WAN: Final = 10_000


@dataclass(frozen=True)
class Own:
    """A count of the template's own: like a figure, but nobody printed it before."""

    id: str
    label: Text
    unit: str
    count: Mapping[str, Any]
    on: date | None = None  # None: the bulletin's day


@dataclass(frozen=True)
class Template:
    """A bulletin before it is counted."""

    id: str
    title: Text
    own_days: bool  # each figure as of the day it speaks of, else all as of the bulletin's day
    say: tuple[str, ...]
    counts: Mapping[str, Own] = field(default_factory=dict)
    digest: str = ""  # SHA-256 of the file

    @property
    def places(self) -> tuple[str, ...]:
        """The figures it says, in their order, each once."""
        return tuple(dict.fromkeys(found for line in self.say for found, _ in PLACE.findall(line)))


@dataclass(frozen=True)
class Piece:
    """Words of a paragraph; those of a figure name it."""

    words: str
    figure: str = ""


def load(folder: Path) -> Mapping[str, Template]:
    """Every template of a folder by its id. Raises ValueError with the file for what cannot be read."""
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        try:
            template = _template(yaml12.read(text).data, hashlib.sha256(text.encode()).hexdigest())
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}: {error}") from error
        found[template.id] = template
    return found


def _template(raw: Any, digest: str) -> Template:
    counts = {
        name: Own(name, Text(one["zh"], one["en"]), one["unit"], one["count"], date.fromisoformat(str(one["on"])) if "on" in one else None)
        for name, one in (raw.get("counts") or {}).items()
    }  # fmt: skip
    if raw["day"] not in ("own", "bulletin"):
        raise ValueError("day is own or bulletin")
    return Template(raw["bulletin"], Text(raw["zh"], raw["en"]), raw["day"] == "own", tuple(raw["say"]), counts, digest)


def pieces(line: str, values: Mapping[str, str]) -> Iterator[Piece]:
    """A paragraph with its figures filled in. Raises KeyError for a place without a value."""
    at = 0
    for place in PLACE.finditer(line):
        if place.start() > at:
            yield Piece(line[at : place.start()])
        yield Piece(shown(values[place[1]], wan=place[2] is not None), place[1])
        at = place.end()
    if at < len(line):
        yield Piece(line[at:])


def shown(value: str, *, wan: bool = False) -> str:
    """A figure in a sentence: plain digits, or in tens of thousands without zeros behind the point."""
    return format((Decimal(value) / _WAN).normalize(), "f") if wan else value


def paragraphs(say: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """The whole text, filled in."""
    return tuple("".join(piece.words for piece in pieces(line, values)) for line in say)
