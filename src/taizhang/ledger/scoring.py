"""What a year is worth by a card: every point that is missing is a loss with its record. Pure arithmetic, no floats.

Amounts are hundredths of a point. A loss is rounded half up by itself and a part is what its losses leave, so that
what is listed adds up to what is missing, to the hundredth.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from taizhang.kit.text import Text
from taizhang.ledger.scorecards import Band, Card, Scored


@dataclass(frozen=True, slots=True)
class Record:
    """A case that a loss rests on; without one, that nothing was done."""

    case: uuid.UUID | None = None
    number: str = ""


NONE = Record()


@dataclass(frozen=True, slots=True)
class Judged:
    """An owed cell and how often each indicator counted the case about it."""

    item: str
    begins: date
    period: Text
    weight: int
    counted: Mapping[str, int] = field(default_factory=dict)
    record: Record = NONE


@dataclass(frozen=True, slots=True)
class Counted:
    """How often an indicator counted a case: of a rate, so many of so many."""

    record: Record
    num: int
    den: int = 0


@dataclass(frozen=True)
class Gathered:
    """All that a card reads about one organisation and year, by part; `each` by the place of the line."""

    cells: Mapping[str, Sequence[Judged]] = field(default_factory=dict)
    each: Mapping[tuple[str, int], Sequence[Counted]] = field(default_factory=dict)
    rates: Mapping[str, Sequence[Counted]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """Points that are missing: of which part, why, how many hundredths, and the record behind it."""

    part: str
    why: Text
    cents: int
    record: Record
    item: str = ""
    begins: date | None = None
    period: Text | None = None


@dataclass(frozen=True)
class PartScore:
    """One part: its points and what is left of them, in hundredths."""

    key: str
    label: Text
    full: int
    losses: tuple[Loss, ...]
    judged: int  # so many cells, or cases, were looked at
    left_out: bool = False
    nothing: bool = False  # nothing to judge and no points for it

    @property
    def cents(self) -> int:
        """What is left."""
        return 0 if self.nothing else self.full - sum(loss.cents for loss in self.losses)


@dataclass(frozen=True)
class Score:
    """A whole year."""

    full: int
    parts: tuple[PartScore, ...]

    @property
    def cents(self) -> int:
        """The hundredths of points; parts that were left out do not count, the others are scaled up."""
        counting = [part for part in self.parts if not part.left_out]
        whole, left = sum(part.full for part in counting), sum(part.cents for part in counting)
        return half_up(Fraction(left * self.full, whole)) if whole else 0

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Every loss, part by part."""
        return tuple(loss for part in self.parts for loss in part.losses)


def score(card: Card, gathered: Gathered) -> Score:
    """What a year is worth."""
    parts = []
    for name, part in card.parts.items():
        losses, judged = _losses(name, part, gathered)
        empty = judged == 0
        parts.append(PartScore(
            name, part.label, part.points * 100, losses, judged,
            left_out=empty and part.empty == "left_out", nothing=empty and part.empty == "none",
        ))  # fmt: skip
    return Score(card.full * 100, tuple(parts))


def band(card: Card, cents: int) -> Band:
    """The band of a score."""
    return next(band for band in card.bands if cents >= band.from_ * 100)


def half_up(value: Fraction) -> int:
    """Rounded to a whole number, halves up. Values are never negative here."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _losses(name: str, part: Scored, gathered: Gathered) -> tuple[tuple[Loss, ...], int]:
    if part.cells is not None:
        kept = [(cell, _keeps(part, cell)) for cell in gathered.cells.get(name, ())]
        judged = [(cell, keeps) for cell, keeps in kept if keeps is not None]
        return tuple(_within(part, _of_cells(name, part, judged))), len(judged)
    if part.rate is not None:
        rows = gathered.rates.get(name, ())
        return tuple(_within(part, _of_rate(name, part, rows))), sum(row.den for row in rows)
    rows_of = [(off, gathered.each.get((name, place), ())) for place, off in enumerate(part.each)]
    found = [
        Loss(name, off.label, off.points * row.num * 100, row.record)
        for off, rows in rows_of
        for row in rows
        if row.num > 0
    ]
    return tuple(_within(part, found)), sum(row.num for _, rows in rows_of for row in rows)


def _within(part: Scored, losses: Iterable[Loss]) -> Iterator[Loss]:
    """A part has no less than nothing: what comes after its last point is listed with no points."""
    left = part.points * 100
    for loss in losses:
        taken = min(loss.cents, left)
        left -= taken
        yield replace(loss, cents=taken)


def _keeps(part: Scored, cell: Judged) -> tuple[int, Text] | None:
    """The percent that a cell keeps and why; None when it is not judged."""
    for line in part.keeps:
        if cell.counted.get(line.counted, 0) > 0:
            return None if line.leaves else (line.keeps, line.label)
    missing = part.missing
    return (missing.keeps, missing.label) if missing is not None else None


def _of_cells(name: str, part: Scored, judged: Sequence[tuple[Judged, tuple[int, Text]]]) -> Iterator[Loss]:
    whole = sum(cell.weight for cell, _ in judged)
    for cell, (keeps, why) in judged:
        lost = half_up(Fraction(part.points * 100 * cell.weight * (100 - keeps), whole * 100))
        if lost:
            yield Loss(name, why, lost, cell.record, cell.item, cell.begins, cell.period)


def _of_rate(name: str, part: Scored, rows: Sequence[Counted]) -> Iterator[Loss]:
    whole = sum(row.den for row in rows)
    why = part.lost.label if part.lost is not None else part.label
    for row in rows:
        lost = half_up(Fraction(part.points * 100 * (row.den - row.num), whole)) if whole else 0
        if lost:
            yield Loss(name, why, lost, row.record)
