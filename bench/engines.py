"""What screening costs on DuckDB and on a Sail server, by size: the curve that a province is sized from.

`python -m bench engines [--residents N ...] [--json]`. Both screen the same files and must give the same alerts, links and rejects. CPU of
the server is that of its process from before to after; beside it the driver reads the files and writes what comes out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from taizhang.screen import run

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parent / "library"
DAY = date(2021, 12, 20)
SERVER = (
    "import sys; from pysail.spark import SparkConnectServer; s = SparkConnectServer('127.0.0.1', 0); s.start(background=True); "
    "print(s.listening_address[1], flush=True); sys.stdin.read()"
)


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """A Sail server: its address and its process."""
    child = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield f"sc://127.0.0.1:{child.stdout.readline().strip()}", child.pid
    finally:
        child.stdin.close()
        child.wait()


def spent(process: int) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a process that runs."""
    ticks = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    peak = next(
        line
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
        if line.startswith("VmHWM")
    )
    return (int(ticks[11]) + int(ticks[12])) / 100, int(peak.split()[1]) / 1024


def measure(residents: int, place: Path) -> dict[str, Any]:
    """Screen one size on both."""
    files = place / str(residents)
    words = [str(files), "--residents", str(residents), "--seed", "3", "--date", DAY.isoformat()]
    subprocess.run([sys.executable, str(HERE / "generate.py"), *words], check=True, stdout=subprocess.DEVNULL)
    told: dict[str, Any] = {"residents": residents}
    with server() as (url, process):
        for name, engine in (("duckdb", "duckdb"), ("sail", url)):
            before, _ = spent(process)
            out = place / f"{residents}-{name}"
            report = run.screen_files(files / "registers", files / "feeds", DAY, out, engine=engine, library=LIBRARY)
            after, peak = spent(process)
            told[name] = {
                "cpu": round(sum(one["cpu_seconds"] for one in report.phases.values()), 2),
                "seconds": round(report.seconds, 2),
            }
            if name == "sail":
                told[name] |= {"server_cpu": round(after - before, 2), "server_peak_mb": round(peak)}
            told[name]["outputs"] = {one: digest(out / f"{one}.parquet") for one in ("alerts", "links", "rejects")}
    told["equal"] = told["duckdb"]["outputs"] == told["sail"]["outputs"]
    return told


def digest(output: Path) -> str:
    """What an output says, whatever the order of its rows."""
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT count(*), sum(hash(t)) FROM read_parquet(?) t", [str(output)]).fetchone()
    return str(rows)


def main(words: Sequence[str]) -> int:
    """Measure each size, print; 1 when outputs differ."""
    parser = argparse.ArgumentParser(
        prog="python -m bench engines", description="Measure screening on DuckDB and on Sail."
    )
    parser.add_argument("--residents", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="taizhang-engines-") as folder:
        found = [measure(residents, Path(folder)) for residents in given.residents]
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        print(
            "| residents | DuckDB CPU s | driver CPU s beside Sail | Sail CPU s | DuckDB s | Sail s | server peak MB | outputs equal |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            sep="\n",
        )
        for one in found:
            here, there = one["duckdb"], one["sail"]
            cells = (
                f"{one['residents']:,}",
                here["cpu"],
                there["cpu"],
                there["server_cpu"],
                here["seconds"],
                there["seconds"],
                there["server_peak_mb"],
                one["equal"],
            )
            print("| " + " | ".join(map(str, cells)) + " |")
    return 0 if all(one["equal"] for one in found) else 1
