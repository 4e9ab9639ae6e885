"""Finding the header of a table by what it says, and which column is which."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen.cage import plain
from taizhang.screen.feeds import Feed

_UNIT: Final = re.compile(r"[(（【\[]?(?:单位[:：]?)?(万元|元)[)）】\]]?$")
_PARENTHESIS: Final = re.compile(r"[(（【\[][^)）】\]]*[)）】\]]$")
HEAD: Final = 60  # a header stands within the first lines


@dataclass(frozen=True)
class Header:
    """Where the header stands (0: the file has none but names its columns) and which cell holds which column."""

    row: int
    cells: Mapping[str, int]  # column of the feed -> position
    factors: Mapping[str, int]  # yuan per unit of a money column, where the header says 万元
    strangers: tuple[int, ...]  # positions left of the first declared column, where a total line has its word


def words(feed: Feed, mapping: Mapping[str, str] | None = None) -> set[str]:
    """Every header this feed is known by, as they are compared."""
    known = {plain(word) for column in feed.columns.values() for word in (column.zh, *column.also)}
    return known | {plain(theirs) for theirs in (mapping or {})}


def find(
    file: str, lines: Sequence[tuple[int, Sequence[str | None]]], feed: Feed, mapping: Mapping[str, str] | None = None
) -> Header:
    """The header among the first lines. Raises Refusal that names the file, what is missing and what to do."""
    best: tuple[int, int, dict[str, int], Sequence[str | None]] | None = None
    for number, cells in lines:
        found = _assign(cells, feed, mapping or {})
        if best is None or len(found) > best[0]:
            best = (len(found), number, found, cells)
    if best is None or best[0] < min(2, len(feed.columns)):
        names = "、".join(column.zh for column in feed.columns.values() if not column.may_lack)
        raise Refusal(
            "no_header",
            Text(f"文件 {file} 里没有找到“{feed.zh}”的表头。", f"File {file}: no header of “{feed.en}” was found."),
            Text(f"前 {HEAD} 行内应有一行写着：{names}。", f"One of the first {HEAD} lines must say: {names}."),
        )
    _, number, found, cells = best
    _refuse_missing(file, cells, found, feed)
    factors = {
        name: 10_000 for name, at in found.items() if feed.columns[name].type == "money" and _unit(cells[at]) == "万元"
    }
    first = min(found.values())
    return Header(number, found, factors, tuple(range(min(first, 3))))


def _unit(cell: str | None) -> str:
    match = _UNIT.search(plain(cell or ""))
    return match[1] if match else ""


def _assign(cells: Sequence[str | None], feed: Feed, mapping: Mapping[str, str]) -> dict[str, int]:
    """Column of the feed to position: a saved mapping first, then the header of record, then the usual other ones."""
    positions: dict[str, int] = {}
    for at, cell in enumerate(cells):
        if cell:
            text = plain(cell)
            for form in (text, _PARENTHESIS.sub("", text), _UNIT.sub("", text)):
                positions.setdefault(form, at)
    by_zh = {column.zh: name for name, column in feed.columns.items()}
    found: dict[str, int] = {}
    for theirs, ours in mapping.items():
        name, where = by_zh.get(ours, ours), positions.get(plain(theirs))
        if name in feed.columns and where is not None:
            found[name] = where
    for rank in ("zh", "also"):
        for name, column in feed.columns.items():
            for word in (column.zh,) if rank == "zh" else column.also:
                place = positions.get(plain(word))
                if name not in found and place is not None and place not in found.values():
                    found[name] = place
    return found


def _refuse_missing(file: str, cells: Sequence[str | None], found: Mapping[str, int], feed: Feed) -> None:
    missing = [column for name, column in feed.columns.items() if name not in found and not column.may_lack]
    if not missing:
        return
    unused = [cell for at, cell in enumerate(cells) if cell and at not in found.values()]
    advice, hints = [], []
    for column in missing:
        near = difflib.get_close_matches(column.zh, unused, n=1, cutoff=0.4)
        if near:
            advice.append(f"表头“{near[0]}”若就是“{column.zh}”，请把它对应到“{column.zh}”")
            hints.append(f"if “{near[0]}” is “{column.zh}”, map it to that")
    names = "、".join(f"“{column.zh}”" for column in missing)
    zh = "；".join(advice) if advice else "请补上该列，或说明哪一列就是它（可用表头：" + "、".join(unused[:12]) + "）"
    en = "; ".join(hints) if hints else "add it, or say which column it is (there are: " + ", ".join(unused[:12]) + ")"
    raise Refusal(
        "missing_column",
        Text(f"文件 {file} 缺少{names}列。", f"File {file} lacks the column {names}."),
        Text(zh + "。", en[0].upper() + en[1:] + "."),
        {"file": file, "columns": [column.zh for column in missing], "headers": unused},
    )
