"""What verifying costs: a chain of 100,000 entries checked offline, in CPU seconds; and what one condition costs.

`python -m bench chain [--entries N] [--json]`. The entries are appended straight into the table of a founded demo district,
because the doors would take minutes for them. The bar of `taizhang verify` is a minute for a million entries.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import acts

NOW: Final = datetime(2021, 12, 20, 1, tzinfo=UTC)
INSERT: Final = """INSERT INTO core_entry
    (id, district_id, seq, prev, digest, body, kind, act, area_path, happened, received)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)"""
BAR: Final = 60.0  # CPU seconds for a million entries


def fill(path: Path, count: int) -> None:
    """Append so many entries to the chain in a database file."""
    from taizhang.core import chain
    from taizhang.kit import canonical

    with sqlite3.connect(path) as database:
        district, start, prev = database.execute("SELECT code, seq, head FROM core_district").fetchone()
        rows = []
        for seq in range(start + 1, start + 1 + count):
            fields = {"height": seq, "note": {"commitment": "c" * 64, "sealed": str(uuid.UUID(int=seq))}}
            draft = chain.Draft(kind="note", received=NOW, area=district, account=None, says={"fields": fields})
            text = chain.body(draft, district=district, seq=seq, prev=prev)
            digest = canonical.digest(text.encode())
            rows.append((draft.id.hex, district, seq, prev, digest, text, "note", "", district, "2021-12-20 01:00:00"))
            prev = digest
        database.executemany(INSERT, rows)
        database.execute("UPDATE core_district SET seq = ?, head = ?", [start + count, prev])


def verifying(entries: int) -> float:
    """CPU seconds in which a chain of so many entries is verified."""
    from taizhang.core.verify import verify

    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as place:
        data = Path(place) / "data"
        acts.child("found", str(data))
        acts.site(data)
        path = data / "taizhang.sqlite3"
        fill(path, entries)
        begun = time.process_time()
        report = verify(path)
        took = time.process_time() - begun
    assert report.entries > entries
    assert {fault.code for fault in report.faults} <= {"sealed"}, report.faults[:3]  # what they refer to is not there
    return took


def condition() -> float:
    """CPU microseconds in which one compiled condition is evaluated: the best of five times two thousand."""
    from taizhang.ledger.cel import Environment, T

    compiled = Environment({"case.users": T.INT, "case.level": T.STRING}).compile(
        "case.users > 3 && case.level == 'a'", T.BOOL
    )
    values = {"case.users": 4, "case.level": "a"}
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(2000):
            compiled.value(values.get)
        best = min(best, (time.process_time() - begun) / 2000)
    return best * 1e6


def main(words: list[str]) -> int:
    """Read the command line, measure, print; 1 when the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench chain", description="What verifying a chain costs.")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")
    given = parser.parse_args(words)
    seconds, micro = verifying(given.entries), condition()
    million = seconds / given.entries * 1_000_000
    found = {"entries": given.entries, "cpu_s": round(seconds, 2), "per_million": round(million, 1), "bar": BAR,
             "condition_us": round(micro, 1)}  # fmt: skip
    if given.json:
        print(json.dumps(found))
    else:
        print(
            f"{given.entries:,} entries verified in {seconds:.2f} CPU s: {million:.0f} s for a million (bar {BAR:.0f})"
        )
        print(f"a condition is evaluated in {micro:.1f} CPU microseconds")
    return 0 if million <= BAR else 1
