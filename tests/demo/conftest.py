"""The demo district on paper, drawn once: no database is asked for it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from taizhang.demo import lived

LIBRARY = Path(__file__).resolve().parents[2] / "library"


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of the library."""
    lines = (LIBRARY / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture(scope="session")
def district() -> lived.District:
    """The whole district on paper."""
    return lived.draw(table("areas-410503.csv"))
