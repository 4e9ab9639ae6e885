"""Catalogues: code lists as CSV files, with labels, dates and further columns that conditions can read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from taizhang.kit.text import Text

DATED = ("from", "to")


@dataclass(frozen=True)
class Catalogue:
    """A code list: every row has `code`, `zh`, `en`, and the columns of its own."""

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]

    def label(self, code: str) -> Text:
        """A code's label; a code that is not in the list stands for itself."""
        row = self.rows.get(code)
        return Text(row["zh"], row["en"]) if row else Text(code, code)

    def in_force(self, day: date) -> tuple[Mapping[str, str], ...]:
        """The rows that hold on a day (`from` and `to` inclusive, both may be empty), in the file's order."""
        iso = day.isoformat()
        return tuple(
            row
            for row in self.rows.values()
            if (not row.get("from") or row["from"] <= iso) and (not row.get("to") or iso <= row["to"])
        )


def read(path: Path) -> Catalogue:
    """Read one catalogue (UTF-8, header `code,zh,en,…`, lines with # are remarks).

    Raises ValueError with file and line when a column or a label is missing or a code stands twice.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        numbered = [(number, line) for number, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(line for _, line in numbered)
    columns = tuple(reader.fieldnames or ())
    for wanted in ("code", "zh", "en"):
        if wanted not in columns:
            raise ValueError(f"{path.name}:1: the column {wanted} is missing; a catalogue begins with code,zh,en")
    rows: dict[str, Mapping[str, str]] = {}
    for (number, _), row in zip(numbered[1:], reader, strict=False):
        code = (row["code"] or "").strip()
        if not code or not row["zh"] or not row["en"] or None in row:
            raise ValueError(
                f"{path.name}:{number}: code, zh and en are needed in each row, and no more cells than columns"
            )
        if code in rows:
            raise ValueError(f"{path.name}:{number}: the code {code} stands twice")
        rows[code] = {key: (value or "").strip() for key, value in row.items()}
    return Catalogue(path.stem, columns, rows)
