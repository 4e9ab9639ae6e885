"""Drawing by lot so that anybody can do it again: order by SHA-256 of seed and name, and take the first. Pure.

A draw of so many rows, and of who goes to each: `lot(seed, names)` sorts names by SHA-256 of `SEED:NAME` (UTF-8, hexadecimal); rows are
the first of their lot, those who go to a row the first of the lot of `SEED:ROW`. With the seed and the list of what could be
drawn, which the entry keeps, a spreadsheet repeats it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Drawn:
    """What a draw gave: rows with those who go there, and why it could not be done (too few rows, too few people for a row)."""

    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    lacks: int = 0  # so many rows too few
    nobody: str = ""  # the first row for which there were too few people


def lot(seed: int | str, names: Iterable[str]) -> list[str]:
    """The names in the order of the lot; each once."""
    return sorted(set(names), key=lambda name: (hashlib.sha256(f"{seed}:{name}".encode()).hexdigest(), name))


def draw(
    seed: int, pool: Collection[str], size: int, hands: int = 0, among: Collection[str] = (),
    barred: Mapping[str, Collection[str]] | None = None,
) -> Drawn:  # fmt: skip
    """Draw `size` rows of the pool, and `hands` people out of `among` for each, leaving out whom `barred` names for a row."""
    chosen = lot(seed, pool)[:size]
    if len(chosen) < size:
        return Drawn(lacks=size - len(chosen))
    rows = []
    for row in chosen:
        able = lot(f"{seed}:{row}", set(among) - set((barred or {}).get(row, ())))[:hands]
        if len(able) < hands:
            return Drawn(nobody=row)
        rows.append((row, tuple(able)))
    return Drawn(tuple(rows))
