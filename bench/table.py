"""One table of one run: the product beside SQL, Polars, pandas and Sail, and what a day costs that goes on from the day before.

`python -m bench table --residents N ... [--repeats N] [--without NAME ...] [--json]`, or `make bench-screen N="100000 1000000" JSON=1`.
Programs take turns as child processes; CPU seconds are those of the child and all it started, of a Sail server those from before to
after. All must find the same alerts, and those that say whose each row is the same links. Nothing is judged here: bars stand in
`screening` and `deltas`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deltas
import engines
import results
import screening

HERE = Path(__file__).resolve().parent
DAY = screening.DAY


@dataclass(frozen=True)
class Row:
    """One run of one program: CPU seconds, of these for reading and checking files, seconds on the wall, peak memory in MB."""

    cpu: float
    intake: float
    wall: float
    peak_mb: float


def programs(data: Path, sail: str) -> dict[str, Callable[[Path], list[str]]]:
    """How each program is started, given the folder for its results."""
    sql = HERE / "screen.sql"
    own = screening.commands(data)
    return {
        "taizhang": own["taizhang"],
        "taizhang, 1 GB": lambda out: [*own["taizhang"](out), "--memory", "1GB"],
        "taizhang on Sail": lambda out: [*own["taizhang"](out), "--engine", sail],
        "SQL, tuned": lambda out: screening.python("sql_screen.py", sql, data, "--date", DAY, "--out", out),
        "SQL, plain": lambda out: screening.python("sql_screen.py", sql, data, "--date", DAY, "--out", out, "--plain"),
        "Polars": lambda out: screening.python("polars_screen.py", data, "--date", DAY, "--out", out),
        "pandas": own["pandas"],
        "biggest join": own["biggest join"],
    }


def timed(command: list[str], out: Path, server: int | None) -> Row:
    """Run a program; raises `RuntimeError` with what it said if it fails."""
    before, _ = engines.spent(server) if server is not None else (0.0, 0.0)
    with tempfile.TemporaryFile() as said:
        began = os.times().elapsed
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = os.times().elapsed - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read().decode(errors='replace')[-3000:]}")
    after, peak = engines.spent(server) if server is not None else (0.0, 0.0)
    cpu, intake = usage.ru_utime + usage.ru_stime + after - before, screening.intake_seconds(out / "run.json")
    return Row(cpu, intake, wall, max(usage.ru_maxrss / 1024, peak))


def generated(residents: int, folder: Path) -> Path:
    """Files of so many residents."""
    data = folder / str(residents)
    words = [str(data), "--residents", str(residents), "--seed", str(screening.SEED), "--date", DAY, "--clean"]
    subprocess.run([sys.executable, str(HERE / "generate.py"), *words], check=True, stdout=subprocess.DEVNULL)
    return data


def measure(
    residents: int, repeats: int, without: Sequence[str], folder: Path, data: Path | None = None
) -> dict[str, Any]:
    """Run every program in turns, compare alerts; then the days that go on from a first one."""
    data = data or generated(residents, folder)
    rows: dict[str, list[Row]] = {}
    digests: dict[str, str] = {}
    links: dict[str, str] = {}
    with engines.server() as (url, process):
        for turn in range(repeats):
            for name, command in programs(data, url).items():
                if name in without:
                    continue
                out = folder / "results" / str(residents) / f"{name} {turn}"
                out.mkdir(parents=True)
                rows.setdefault(name, []).append(timed(command(out), out, process if name.endswith("Sail") else None))
                if (out / "alerts.parquet").exists():
                    digests[name] = results.digest(results.from_parquet(out / "alerts.parquet"))
                if (out / "links.parquet").exists():
                    links[name] = results.links_digest(out / "links.parquet")
                shutil.rmtree(out)
    told = {
        name: {
            "cpu": round(statistics.median(one.cpu for one in every), 2),
            "intake": round(statistics.median(one.intake for one in every), 2),
            "wall": round(statistics.median(one.wall for one in every), 2),
            "peak_mb": round(max(one.peak_mb for one in every)),
        }
        for name, every in rows.items()
    }
    found: dict[str, Any] = {
        "residents": residents,
        "programs": told,
        "equal": len(set(digests.values())) == 1 and len(set(links.values())) <= 1,
        "digests": digests,
        "links": links,
    }
    if "deltas" not in without:
        found["deltas"] = deltas.measure(data, folder / f"{residents}-deltas")
    return found


def table(result: dict[str, Any]) -> str:
    """One size as a Markdown table."""
    lines = [
        f"{result['residents']:,} residents; alerts equal in {len(result['digests'])} programs, "
        f"links in {len(result['links'])}: {result['equal']}",
        "",
        "| program | CPU s | of these intake | wall s | peak MB | without intake, to tuned SQL |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    sql = result["programs"].get("SQL, tuned", {}).get("cpu")
    for name, row in result["programs"].items():
        ratio = round((row["cpu"] - row["intake"]) / sql, 2) if sql else ""
        lines.append(f"| {name} | {row['cpu']} | {row['intake']} | {row['wall']} | {row['peak_mb']} | {ratio} |")
    for one in result.get("deltas", {}).get("days", ()):
        mine = one["delta"]
        cells = (
            f"taizhang --since, {one['share']:.1%} changed",
            mine["cpu"],
            mine["intake"],
            mine["seconds"],
            mine["peak_mb"],
            f"{one['ratio']} of a full run",
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Measure each size, print; 1 when results differ."""
    parser = argparse.ArgumentParser(prog="python -m bench table", description="One table of one run.")
    parser.add_argument("--residents", type=int, nargs="+", default=[100_000])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="programs, or `deltas`, to leave out")
    parser.add_argument("--data", type=Path, help="files of that many residents that `generate.py` made before")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    found = []
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
        for residents in given.residents:
            found.append(measure(residents, given.repeats, given.without, Path(folder), given.data))
            if not given.json:
                print(table(found[-1]), end="\n\n", flush=True)
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    equal = all(one["equal"] and all(day["equal"] for day in one.get("deltas", {}).get("days", ())) for one in found)
    return 0 if equal else 1
