"""The offices' side of the demo: duties, letters, problems, meetings and task forces, from the library that governs them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from taizhang.demo import duties, meetings, rectified
from taizhang.demo.lived import LAST
from taizhang.demo.offices import Unit
from taizhang.demo.story import Step, in_order
from taizhang.ledger import library as libraries
from taizhang.ledger import shelf
from taizhang.ledger.worlds import LibraryWorld


def schedule(library: Path, areas: Sequence[Mapping[str, str]], units: Sequence[Unit], home: str) -> tuple[Step, ...]:
    """Every step of the offices up to the last morning, in the order of time."""
    read = libraries.read(library)
    law = shelf.edition((library / "ledgers" / "duties.yaml").read_text(encoding="utf-8"), library=read)
    towns = [row["code"] for row in areas if row["level"] == "town"]
    steps = [
        *duties.schedule(law, LibraryWorld(read), units), *rectified.schedule(towns), *meetings.schedule(towns, home),
    ]  # fmt: skip
    return tuple(step for step in in_order(steps) if step.at < LAST)
