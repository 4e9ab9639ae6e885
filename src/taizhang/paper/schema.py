"""What a paper's file may say: whose paper it is, where it is kept, and its blocks from top to bottom. Shapes only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from taizhang.ledger.parts import Labelled, Message, Name, Part, Wrong

# Where a paper ends up decides what may stand on it.
#   file:   the household's own file, in a cupboard      card: in the household's hands, often on its wall
#   public: the village notice board
Kept = Literal["file", "card", "public"]
HOUSEHOLD: Final = "household"  # `from:` of papers that need no case
_PLACEHOLDER: Final = re.compile(r"\{([a-z0-9_.]+)(?::(\d{1,2}))?\}")
Width = Annotated[int, Field(ge=1, le=24)]


def _labelled(value: Any) -> Any:
    """A text alone is a label."""
    return {"label": value} if isinstance(value, str) else value


class Cell(Part):
    """One cell of a grid: printed words, a value, the choices of a value with boxes, or room for a signature."""

    label: str | None = None
    text: str | None = None  # words with {places}
    field: str | None = None
    check: str | None = None
    sign: str | None = None
    span: Annotated[int, Field(ge=1, le=12)] = 1
    rows: Annotated[int, Field(ge=1, le=20)] = 1
    tall: Annotated[int, Field(ge=0, le=200)] = 0  # at least so many millimetres
    full: bool = False  # a number, phone, state of health or masked field is printed in full

    @model_validator(mode="after")
    def _one_thing(self) -> Cell:
        if sum(one is not None for one in (self.label, self.text, self.field, self.check, self.sign)) > 1:
            raise Wrong("一格只写一样：label、text、field、check 或 sign。",
                        "a cell is one thing: label, text, field, check or sign.")  # fmt: skip
        return self


class Column(Part):
    """One column of a list."""

    head: str
    field: str = ""  # empty: to be filled in by hand
    width: Width = 1
    full: bool = False


class Listed(Part):
    """A table with one line for each member, case or entry."""

    of: str  # members, LEDGER, or LEDGER.ACT
    stages: tuple[Name, ...] = ()  # of a ledger's cases: only those that stand here
    most: Annotated[int, Field(ge=1, le=100)] = 40  # the newest so many
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=12)]
    least: Annotated[int, Field(ge=0, le=40)] = 0  # empty lines are added up to so many


class Sign(Part):
    """Room to sign in: by hand, with a fingerprint beside, or with an office's seal."""

    who: str
    finger: bool = False
    seal: bool = False
    day: bool = True


class Block(Part):
    """One block of a sheet; exactly one of its keys is there."""

    title: str | None = None
    sides: Annotated[tuple[str, ...], Field(min_length=2, max_length=3)] | None = None
    text: str | None = None
    note: str | None = None
    columns: Annotated[tuple[Width, ...], Field(min_length=1, max_length=12)] | None = None
    grid: tuple[tuple[Annotated[Cell, BeforeValidator(_labelled)], ...], ...] | None = None
    list: Listed | None = None
    signs: Annotated[tuple[Sign, ...], Field(min_length=1, max_length=4)] | None = None
    wording: Name | None = None  # the words of a public notice, by the act that posts it

    @model_validator(mode="after")
    def _one_thing(self) -> Block:
        there = [self.title, self.sides, self.text, self.note, self.grid, self.list, self.signs, self.wording]
        if sum(one is not None for one in there) != 1 or (self.columns is None) != (self.grid is None):
            raise Wrong("一块只写一样：title、sides、text、note、grid（连同 columns）、list、signs 或 wording。",
                        "a block is one thing: title, sides, text, note, grid (with columns), list, signs or wording.")  # fmt: skip
        return self


class Paper(Labelled):
    """One paper of the household file."""

    paper: Name
    order: int = 100  # where it stands among the others
    source: Name = Field(alias="from")  # a ledger whose cases it is printed from, or `household`
    kept: Kept
    number: str = ""  # words with {places}, at the foot
    ground: Message | None = None  # by what rule values stand on it in full
    batch: bool = False  # may be printed for a whole village
    landscape: bool = False
    roomy: bool = False  # taller lines, where the sheet has room for them
    blocks: Annotated[tuple[Block, ...], Field(min_length=1, max_length=60)]


class Wanted(Part):
    """One value that a paper prints, where it stands in the file, and whether it is printed in full."""

    path: str
    full: bool
    place: tuple[str | int, ...]
    rows: str = ""  # of which list, where it stands in one


def places(words: str) -> Iterator[tuple[str, int]]:
    """The {places} in words: path and width in characters."""
    return ((match[1], int(match[2] or 0)) for match in _PLACEHOLDER.finditer(words))


def pieces(words: str) -> Iterator[tuple[str, str, int]]:
    """Words cut at their places: (text, "", 0) and ("", path, width) in turn."""
    at = 0
    for match in _PLACEHOLDER.finditer(words):
        if match.start() > at:
            yield words[at : match.start()], "", 0
        yield "", match[1], int(match[2] or 0)
        at = match.end()
    if at < len(words):
        yield words[at:], "", 0


def wanted(paper: Paper) -> Iterator[Wanted]:
    """Every value that stands on a paper. What is not among them is never looked up."""

    def within(words: str | None, *place: str | int) -> Iterator[Wanted]:
        return (Wanted(path=path, full=False, place=place) for path, _width in places(words or ""))

    yield from within(paper.number, "number")
    for n, block in enumerate(paper.blocks):
        at = ("blocks", n)
        for key in ("title", "text", "note"):
            yield from within(getattr(block, key), *at, key)
        for side, words in enumerate(block.sides or ()):
            yield from within(words, *at, "sides", side)
        for row, cells in enumerate(block.grid or ()):
            for column, cell in enumerate(cells):
                yield from within(cell.text, *at, "grid", row, column, "text")
                path = cell.field or cell.check
                if path:
                    key = "field" if cell.field else "check"
                    yield Wanted(path=path, full=cell.full, place=(*at, "grid", row, column, key))
        if block.list is not None:
            for n_column, column_ in enumerate(block.list.columns):
                if column_.field:
                    place = (*at, "list", "columns", n_column, "field")
                    yield Wanted(path=column_.field, full=column_.full, place=place, rows=block.list.of)
