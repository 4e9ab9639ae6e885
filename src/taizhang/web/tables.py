"""Tables from plain cells: every cell takes the name and the alignment of its column's head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from taizhang.web import shown

Cells = Sequence[shown.Cell | str]
Heads = Sequence[shown.Head | str]
Line = tuple[Cells, str]  # its cells, and where its first one leads ("" nowhere)


def number(name: str, *, wide: bool = False) -> shown.Head:
    """The head of a column of figures."""
    return shown.Head(name, numeric=True, wide=wide)


def wide(name: str) -> shown.Head:
    """The head of a column that a phone leaves out."""
    return shown.Head(name, wide=True)


def table(
    caption: str,
    heads: Heads,
    lines: Iterable[Line],
    *,
    foot: Sequence[str] = (),
    cards: bool = True,
) -> shown.Table:
    """A table whose lines give a cell (or its words) for each head."""
    columns = [shown.Head(head) if isinstance(head, str) else head for head in heads]
    rows = [
        shown.Row([_under(cell, head) for cell, head in zip(cells, columns, strict=True)], url) for cells, url in lines
    ]
    totals = [_under(words, head) for words, head in zip(foot, columns, strict=True)] if foot else []
    return shown.Table(caption, columns, rows, totals, cards)


def _under(cell: shown.Cell | str, head: shown.Head) -> shown.Cell:
    made = shown.Cell(cell) if isinstance(cell, str) else cell
    return replace(made, head=head.name, numeric=head.numeric, wide=head.wide)


def pick(
    key: str,
    label: str,
    pairs: Iterable[tuple[str, str]],
    value: str = "",
    *,
    required: bool = False,
    hint: str = "",
    error: str = "",
) -> shown.Field:
    """A field in which one of some values is chosen."""
    choices = [shown.Choice(one, words, one == value) for one, words in pairs]
    return shown.Field(key, label, kind="select", choices=choices, required=required, hint=hint, error=error)


def page_number(text: str) -> int:
    """The number of a page as an address gives it; what is no number is the first."""
    return int(text) if text.isdecimal() and len(text) < 6 else 1
