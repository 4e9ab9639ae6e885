"""Results of different programs in one shape, so that they can be compared to the row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

Alert = tuple[str, str, str, str, tuple[tuple[str, str], ...]]
"""rule, household, area, level, figures (name and value, in order of the names)."""


def figure(value: Any) -> str:
    """A figure as text: numbers without trailing noughts, so that 5000, "5000.00" and 5000.0 are one value."""
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)


def alert(rule: str, household: str | None, area: str, level: str, figures: dict[str, Any]) -> Alert:
    """One alert in the common shape."""
    return rule, household or "", area, level, tuple(sorted((name, figure(value)) for name, value in figures.items()))


def from_parquet(path: Path) -> list[Alert]:
    """Alerts of an `alerts.parquet` with `figures` as JSON, sorted."""
    rows = pq.ParquetFile(path).read(columns=["rule", "household", "area", "level", "figures"]).to_pylist()
    return sorted(
        alert(row["rule"], row["household"], row["area"], row["level"], json.loads(row["figures"])) for row in rows
    )


def from_json(path: Path) -> list[Alert]:
    """Alerts of the plain implementation, sorted."""
    return sorted(alert(**row) for row in json.loads(path.read_text(encoding="utf-8")))


def digest(alerts: Iterable[Alert]) -> str:
    """Digest of sorted alerts."""
    return hashlib.sha256(json.dumps(list(alerts), ensure_ascii=False).encode()).hexdigest()


def links_digest(path: Path) -> str:
    """Digest of the rows of a `links.parquet`, in whatever order they stand: how many, and the sum of their hashes."""
    query = """SELECT count(*), sum(hash(feed, file, CAST(row AS BIGINT), resident, how, score, band, differs))
        FROM read_parquet(?)"""
    count, total = duckdb.execute(query, [str(path)]).fetchall()[0]
    return f"{count} rows, {total:x}"
