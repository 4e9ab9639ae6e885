"""Scorecards: how a year is assessed, declared as data and held against the ledgers; every fault with file and line.

A card says what is looked at and what it is worth. It reads nothing but a roster's cells and indicators, so that every
point rests on records; there is no place in it for uploads, log-ins or ranks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from taizhang.kit.text import Text
from taizhang.ledger import yaml12
from taizhang.ledger.faults import Fault, join, near
from taizhang.ledger.library import Library
from taizhang.ledger.parts import Labelled, Name, Wrong
from taizhang.ledger.schema import Ledger

Percent = Annotated[int, Field(ge=0, le=100)]
Points = Annotated[int, Field(ge=1, le=1000)]
Empty = Literal["full", "none", "left_out"]


class Keeps(Labelled):
    """What a cell keeps of its weight once an indicator counted it."""

    counted: Name
    keeps: Percent = 0
    leaves: bool = False  # it is not judged at all


class Missing(Labelled):
    """What a cell keeps about which there is no record."""

    keeps: Percent


class Off(Labelled):
    """So many points off for each time an indicator counted; `standing`: for each case that stands in it at the end."""

    counted: str
    points: Points
    standing: bool = False


class Scored(Labelled):
    """One part of a card: cells of a roster, points off, or a rate."""

    points: Points
    cells: Name | None = None
    weight: str | None = None
    weights: Mapping[str, Annotated[int, Field(ge=1, le=100)]] = {}
    keeps: tuple[Keeps, ...] = ()
    missing: Missing | None = None
    each: tuple[Off, ...] = ()
    rate: str | None = None
    lost: Labelled | None = None
    empty: Empty

    @model_validator(mode="after")
    def _one_thing(self) -> Scored:
        if sum((self.cells is not None, bool(self.each), self.rate is not None)) != 1:
            raise Wrong("一部分只写一样：cells、each 或 rate。", "a part is one thing: cells, each or rate.")
        if self.cells is not None and (self.weight is None or not self.keeps or self.missing is None):
            raise Wrong("cells 要写 weight、keeps 和 missing。", "cells want weight, keeps and missing.")
        if self.rate is not None and self.lost is None:
            raise Wrong("rate 要用 lost 写明没做到叫什么。", "a rate says by `lost` what was not reached.")
        return self


class Band(Labelled):
    """A word for a score."""

    from_: Annotated[int, Field(ge=0, alias="from")]


class Card(Labelled):
    """A whole card."""

    scorecard: Name
    version: Annotated[int, Field(ge=1)]
    full: Points
    parts: Annotated[Mapping[Name, Scored], Field(min_length=1)]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Sheet:
    """A card as it was read: its text and the digest of it."""

    card: Card
    text: str
    digest: str

    @property
    def ledger(self) -> str:
        """The ledger whose organisations it judges."""
        return next(part.cells for part in self.card.parts.values() if part.cells is not None) or ""


Found = tuple[yaml12.Path, str, Text]


def load(
    folder: Path, ledgers: Mapping[str, Ledger], library: Library
) -> tuple[Mapping[str, Sheet], tuple[Fault, ...]]:
    """The sound cards of a folder by name, and every fault of the others."""
    sheets: dict[str, Sheet] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob("*.yaml")):
        sheet, found = parse(file.read_text(encoding="utf-8"), file.name, ledgers, library)
        faults += found
        if sheet is not None:
            sheets[sheet.card.scorecard] = sheet
    return sheets, tuple(faults)


def parse(text: str, file: str, ledgers: Mapping[str, Ledger], library: Library) -> tuple[Sheet | None, list[Fault]]:
    """One card from text, and what is wrong with it; `file` is the name that faults mention."""
    read = yaml12.read(text)

    def fault(place: yaml12.Path, code: str, told: Text) -> Fault:
        return Fault(file, read.line(place), ".".join(map(str, place)) or "scorecard", told, code)

    if read.slips:
        return None, [fault(slip.path, slip.code, slip.text) for slip in read.slips]
    try:
        card = Card.model_validate(read.data)
    except ValidationError as errors:
        return None, [fault(error["loc"], error["type"], _shape(dict(error))) for error in errors.errors()]
    faults = [fault(*found) for found in _sense(card, file, ledgers, library)]
    sheet = Sheet(card, text, hashlib.sha256(text.encode()).hexdigest())
    return (None if faults else sheet), faults


def _shape(error: Mapping[str, Any]) -> Text:
    wrong = (error.get("ctx") or {}).get("error")
    last = error["loc"][-1] if error["loc"] else "scorecard"
    if isinstance(wrong, Wrong):
        return wrong.text
    if error["type"] == "missing":
        return Text(f"缺少 {last}。", f"{last} is missing.")
    if error["type"] == "extra_forbidden":
        return Text(f"没有“{last}”这个词。", f"there is no key “{last}”.")
    return Text(f"写法不对：{error['msg']}。", f"not written so: {error['msg']}.")


# --- sense ----------------------------------------------------------------------------------------------------------


def _sense(card: Card, file: str, ledgers: Mapping[str, Ledger], library: Library) -> Iterator[Found]:
    if card.scorecard != file.removesuffix(".yaml"):
        yield ("scorecard",), "name", Text("名称要和文件名相同。", "the name is that of the file.")
    total = sum(part.points for part in card.parts.values())
    if total != card.full:
        yield ("parts",), "sum", Text(
            f"各部分分值合计 {total}，应为 {card.full}：请改 points 或 full。",
            f"the points of the parts add up to {total} and should to {card.full}: change points or full.")  # fmt: skip
    if sum(part.cells is not None for part in card.parts.values()) != 1:
        yield ("parts",), "cells", Text("要有且只有一部分写 cells。", "exactly one part has cells.")
    for name, part in card.parts.items():
        yield from _cells(part, ("parts", name), ledgers, library)
        for place, off in enumerate(part.each):
            yield from _indicator(
                off.counted, ("parts", name, "each", place, "counted"), ledgers, standing=off.standing
            )
        if part.rate is not None:
            yield from _indicator(part.rate, ("parts", name, "rate"), ledgers, over=True)
    yield from _bands(card)


def _cells(part: Scored, at: yaml12.Path, ledgers: Mapping[str, Ledger], library: Library) -> Iterator[Found]:
    if part.cells is None:
        return
    law = ledgers.get(part.cells)
    if law is None or law.roster is None:
        told = Text(f"没有带 roster 的台账“{part.cells}”。", f"no ledger with a roster is called “{part.cells}”.")
        yield (*at, "cells"), "ledger", join(told, near(part.cells, [n for n, one in ledgers.items() if one.roster]))
        return
    for place, keeps in enumerate(part.keeps):
        name = f"{part.cells}.{keeps.counted}"
        yield from _indicator(name, (*at, "keeps", place, "counted"), ledgers)
    listed = library.catalogues.get(law.roster.items)
    if listed is None:
        return
    if part.weight not in listed.columns:
        told = Text(f"清单里没有“{part.weight}”这一列。", f"the list has no column “{part.weight}”.")
        yield (*at, "weight"), "weight", join(told, near(str(part.weight), listed.columns))
    else:
        for code, row in listed.rows.items():
            if code not in part.weights and not (row[part.weight].isdecimal() and int(row[part.weight]) > 0):
                yield (*at, "weight"), "weight", Text(
                    f"事项 {code} 的权重“{row[part.weight]}”不是正整数。",
                    f"the weight “{row[part.weight]}” of item {code} is no positive whole number.")  # fmt: skip
    for code in part.weights:
        if code not in listed.rows:
            told = Text(f"清单里没有事项“{code}”。", f"the list has no item “{code}”.")
            yield (*at, "weights", code), "item", join(told, near(code, listed.rows))


def _indicator(
    name: str, at: yaml12.Path, ledgers: Mapping[str, Ledger], *, over: bool = False, standing: bool = False
) -> Iterator[Found]:
    ledger, _, indicator = name.partition(".")
    law = ledgers.get(ledger)
    if law is None or indicator not in law.indicators:
        told = Text(f"没有指标“{name}”。", f"there is no indicator “{name}”.")
        known = [f"{ledger}.{one}" for one in law.indicators] if law is not None else list(ledgers)
        yield at, "indicator", join(told, near(name, known))
        return
    if law.subject != "organisation":
        yield at, "subject", Text(
            f"“{ledger}”不是以单位为对象的台账。", f"“{ledger}” is no ledger about organisations.")  # fmt: skip
    if over and law.indicators[indicator].over is None:
        yield at, "rate", Text(f"“{name}”不是比率，没有 over。", f"“{name}” is no rate: it has no `over`.")
    if standing != law.indicators[indicator].standing and not over:
        yield at, "standing", Text(
            f"“{name}”{'不' if standing else ''}是期末存量，standing 要写{'false' if standing else 'true'}。",
            f"“{name}” is {'not ' if standing else ''}a standing indicator: write standing: {str(not standing).lower()}.")  # fmt: skip


def _bands(card: Card) -> Iterator[Found]:
    bounds = [band.from_ for band in card.bands]
    if bounds != sorted(set(bounds), reverse=True):
        yield (
            ("bands",),
            "bands",
            Text("等次要从高分到低分写，不能重复。", "bands go from high to low, each bound once."),
        )
    if bounds[-1] != 0:
        yield ("bands",), "bands", Text("最后一个等次要从 0 分起。", "the last band begins at 0.")
    if bounds[0] > card.full:
        yield ("bands", 0), "bands", Text(
            f"等次的起点 {bounds[0]} 超过满分 {card.full}。", f"a band begins at {bounds[0]}, beyond the full {card.full}.")  # fmt: skip
