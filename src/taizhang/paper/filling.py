"""A paper with its values, as the typesetter takes it: words, blanks to write on, boxes to tick, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.paper import vocabulary
from taizhang.paper.schema import Block, Cell, Listed, Paper, pieces

BLANK: Final = 8  # characters of room for a value that a place does not give a width
YES_NO: Final = (("true", "是"), ("false", "否"))


@dataclass(frozen=True)
class Value:
    """A value in words, as it is printed, and the codes that are ticked where its choices stand as boxes."""

    words: str = ""
    codes: frozenset[str] = frozenset()


Key = tuple[str, bool]  # a path, and whether it is printed in full


@dataclass(frozen=True)
class Notice:
    """What stands on a public notice: words already filled in, and the rows of facts that its ledger lets be shown."""

    title: str
    opening: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    objection: str
    issuer: str
    dated: str


@dataclass(frozen=True)
class Values:
    """What is known for one sheet; nothing of it is there that the paper does not name."""

    one: Mapping[Key, Value] = field(default_factory=dict)
    rows: Mapping[Listed, Sequence[Mapping[Key, Value]]] = field(default_factory=dict)
    notices: Mapping[str, Notice] = field(default_factory=dict)
    by: str = ""  # who printed it and when
    day: date | None = None  # which codes of a catalogue are offered; None: all


def sheet(paper: Paper, values: Values, ledgers: Mapping[str, Ledger], library: Library) -> dict[str, Any]:
    """One sheet for the typesetter. A value that is not known is left as room to write in."""
    filler = _Filler(paper, values, ledgers, library)
    return {
        "number": "".join(run.get("t", "") for run in filler.runs(paper.number) if "u" not in run or run["t"]),
        "by": values.by,
        "roomy": paper.roomy,
        "large": paper.kept == "public",
        "blocks": [told for block in paper.blocks for told in filler.block(block)],
    }


class _Filler:
    def __init__(self, paper: Paper, values: Values, ledgers: Mapping[str, Ledger], library: Library):
        self.paper, self.values, self.ledgers, self.library = paper, values, ledgers, library

    def runs(self, words: str) -> list[dict[str, Any]]:
        """Words with their places filled in: plain runs, and underlined ones of some width."""
        found: list[dict[str, Any]] = []
        for text, path, width in pieces(words):
            if text:
                found.append({"t": text})
                continue
            value = self.values.one.get((path, False), Value()).words
            plain = (
                vocabulary.ALONE.get(path) in ("place", "day") and value
            )  # a village's own name needs no line below it
            found.append({"t": value} if plain else {"t": value, "u": width or BLANK})
        return found

    def block(self, block: Block) -> list[dict[str, Any]]:
        """A block as the typesetter's own; a notice becomes several."""
        if block.wording is not None:
            return self._notice(block.wording)
        for kind in ("title", "text", "note"):
            words = getattr(block, kind)
            if words is not None:
                return [{"kind": kind, "runs": self.runs(words)}]
        if block.sides is not None:
            return [{"kind": "sides", "sides": [self.runs(words) for words in block.sides]}]
        if block.grid is not None:
            rows = [[self._cell(cell) for cell in cells] for cells in block.grid]
            return [{"kind": "grid", "columns": list(block.columns or ()), "rows": rows}]
        if block.list is not None:
            return [self._list(block.list)]
        return [{"kind": "signs", "signs": [sign.model_dump() for sign in block.signs or ()]}]

    def _cell(self, cell: Cell) -> dict[str, Any]:
        told: dict[str, Any] = {"span": cell.span, "rows": cell.rows, "tall": cell.tall, "kind": "value", "runs": []}
        if cell.label is not None:
            told |= {"kind": "label", "runs": [{"t": cell.label}]}
        elif cell.sign is not None:
            told |= {"kind": "sign", "runs": [{"t": cell.sign}]}
        elif cell.text is not None:
            told |= {"kind": "text", "runs": self.runs(cell.text)}
        elif cell.field is not None:
            told["runs"] = [{"t": self.values.one.get((cell.field, cell.full), Value()).words}]
        elif cell.check is not None:
            told |= {"kind": "check", "runs": self._boxes(cell.check, full=cell.full)}
        return told

    def _boxes(self, path: str, *, full: bool) -> list[dict[str, Any]]:
        ticked = self.values.one.get((path, full), Value()).codes
        spec = vocabulary.spec(self.paper, path, "", self.ledgers)
        options: Sequence[tuple[str, str]] = ()
        if spec is not None and spec.type == "bool":
            options = YES_NO
        elif spec is not None and spec.type == "choice":
            options = [(key, choice.zh) for key, choice in spec.choices.items()]
        elif spec is not None and spec.type == "pick" and str(spec.of) in self.library.catalogues:
            listed = self.library.catalogues[str(spec.of)]
            rows = listed.rows.values() if self.values.day is None else listed.in_force(self.values.day)
            options = [(row["code"], row["zh"]) for row in rows]
        return [{"box": code in ticked, "t": label} for code, label in options]

    def _list(self, listed: Listed) -> dict[str, Any]:
        known = [
            [row.get((column.field, column.full), Value()).words for column in listed.columns]
            for row in self.values.rows.get(listed, ())
        ]
        empty = [[""] * len(listed.columns)] * max(0, listed.least - len(known))
        return {
            "kind": "list", "columns": [column.width for column in listed.columns],
            "heads": [column.head for column in listed.columns], "rows": [*known, *empty],
        }  # fmt: skip

    def _notice(self, act: str) -> list[dict[str, Any]]:
        notice = self.values.notices.get(act)
        if notice is None:
            return []
        told: list[dict[str, Any]] = [
            {"kind": "title", "runs": [{"t": notice.title}]},
            {"kind": "text", "runs": [{"t": notice.opening}]},
            {"kind": "list", "columns": [1] * len(notice.heads), "heads": list(notice.heads),
             "rows": [list(row) for row in notice.rows]},
        ]  # fmt: skip
        if notice.objection:
            told.append({"kind": "text", "runs": [{"t": notice.objection}]})
        return [*told, {"kind": "issued", "issuer": notice.issuer, "dated": notice.dated}]
