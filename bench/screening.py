"""Screening beside hand-written SQL, the biggest join and pandas: CPU seconds and peak memory as ratios of one run.

`python -m bench [--residents N ...] [--repeats N] [--json]`. Programs run as child processes, taking turns, so that
whatever else the machine does falls on all of them. CPU seconds are those of the child and all it started. All programs
must find the same alerts, and those that say whose each row is the same links. The exit status is 1, with a sentence, when a
bar is missed.
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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import results

HERE = Path(__file__).resolve().parent
DAY = "2021-12-20"
SEED = 3
SIZES = (100_000, 1_000_000)
BAR_SQL = 1.5
BAR_PANDAS = 1 / 10
BAR_JOIN = 3.6
PANDAS_BAR_FROM = 1_000_000


@dataclass(frozen=True)
class Cost:
    """One run of one program: CPU seconds in all, those of intake checks, peak memory in MB."""

    cpu: float
    intake: float
    peak_mb: float


def python(script: str, *words: str | Path) -> list[str]:
    """A command that runs a script of this folder."""
    return [sys.executable, str(HERE / script), *map(str, words)]


def commands(data: Path) -> dict[str, Callable[[Path], list[str]]]:
    """How each program is started, given the folder for its results."""
    taizhang = str(Path(sys.executable).parent / "taizhang")
    files = ["--registers", str(data / "registers"), "--feeds", str(data / "feeds"), "--date", DAY]
    return {
        "taizhang": lambda out: [taizhang, "screen", *files, "--out", str(out)],
        "sql": lambda out: python("sql_screen.py", HERE / "screen.sql", data, "--date", DAY, "--out", out),
        "biggest join": lambda out: python(
            "sql_screen.py", HERE / "biggest_join.sql", data, "--date", DAY, "--out", out
        ),
        "pandas": lambda out: python("pandas_screen.py", data, "--date", DAY, "--out", out),
        "pandas, alerts alone": lambda out: python(
            "pandas_screen.py", data, "--date", DAY, "--out", out, "--without-links"
        ),
    }


def run(command: list[str], out: Path) -> Cost:
    """Run a program and take its cost from the kernel; raises `RuntimeError` with its output if it fails."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read().decode(errors='replace')[-3000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, intake_seconds(out / "run.json"), usage.ru_maxrss / 1024)


def intake_seconds(path: Path) -> float:
    """CPU seconds that a run spent on reading and checking files, as it says itself; 0 where it does not say."""
    if not path.exists():
        return 0.0
    phases = json.loads(path.read_text(encoding="utf-8"))["phases"]
    return float(phases["intake"]["cpu_seconds"])


def measure(residents: int, repeats: int, folder: Path) -> dict[str, Any]:
    """Generate files, run every program `repeats` times in turns, compare their alerts."""
    data = folder / str(residents)
    make = python("generate.py", data, "--residents", str(residents), "--seed", str(SEED), "--date", DAY, "--clean")
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    costs: dict[str, list[Cost]] = {}
    digests: dict[str, str] = {}
    links: dict[str, str] = {}
    alerts = 0
    for turn in range(repeats):
        for name, command in commands(data).items():
            out = folder / "results" / str(residents) / f"{name} {turn}"
            out.mkdir(parents=True)
            costs.setdefault(name, []).append(run(command(out), out))
            if (out / "alerts.parquet").exists():
                found = results.from_parquet(out / "alerts.parquet")
                digests[name] = results.digest(found)
                alerts = len(found)
            if (out / "links.parquet").exists():
                links[name] = results.links_digest(out / "links.parquet")
            shutil.rmtree(out)
    return {
        "residents": residents,
        "alerts": alerts,
        "digests": digests,
        "links": links,
        "programs": summary(costs),
    }


def summary(costs: dict[str, list[Cost]]) -> dict[str, dict[str, float]]:
    """Medians per program, and ratios of screening without intake to the SQL, to pandas and to the biggest join."""
    cpu = {name: statistics.median(cost.cpu - cost.intake for cost in every) for name, every in costs.items()}
    return {
        name: {
            "cpu_seconds": round(cpu[name], 2),
            "intake_cpu_seconds": round(statistics.median(cost.intake for cost in every), 2),
            "lowest": round(min(cost.cpu - cost.intake for cost in every), 2),
            "highest": round(max(cost.cpu - cost.intake for cost in every), 2),
            "peak_mb": round(max(cost.peak_mb for cost in every)),
            "to_sql": round(cpu[name] / cpu["sql"], 3),
            "to_pandas": round(cpu[name] / cpu["pandas"], 3),
            "to_join": round(cpu[name] / cpu["biggest join"], 2),
        }
        for name, every in costs.items()
    }


def missed(result: dict[str, Any]) -> list[str]:
    """A sentence for each bar that this size misses."""
    programs, size = result["programs"], result["residents"]
    faults: list[str] = []
    if len(set(result["digests"].values())) != 1:
        faults.append(f"{size} residents: the programs do not find the same alerts: {result['digests']}.")
    if len(result["links"]) < 2 or len(set(result["links"].values())) != 1:
        faults.append(f"{size} residents: the programs do not link rows to the same people: {result['links']}.")
    if programs["taizhang"]["to_sql"] > BAR_SQL:
        faults.append(f"{size} residents: screening takes {programs['taizhang']['to_sql']} of the SQL (bar {BAR_SQL}).")
    if size >= PANDAS_BAR_FROM and programs["taizhang"]["to_pandas"] > BAR_PANDAS:
        faults.append(
            f"{size} residents: screening takes {programs['taizhang']['to_pandas']} of pandas (bar {BAR_PANDAS})."
        )
    if size >= PANDAS_BAR_FROM and programs["sql"]["to_join"] > BAR_JOIN:
        faults.append(
            f"{size} residents: the SQL takes {programs['sql']['to_join']} of the biggest join (bar {BAR_JOIN})."
        )
    return faults


def table(result: dict[str, Any]) -> str:
    """One size as a Markdown table."""
    lines = [
        f"{result['residents']:,} residents, {result['alerts']:,} alerts, equal in "
        f"{len(result['digests'])} programs: {len(set(result['digests'].values())) == 1}; links equal in "
        f"{len(result['links'])}: {len(set(result['links'].values())) == 1} ({next(iter(result['links'].values()), '')})",
        "",
        "| program | CPU s (lowest to highest) | intake apart, CPU s | peak MB | to SQL | to pandas | to biggest join |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in result["programs"].items():
        lines.append(
            f"| {name} | {row['cpu_seconds']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f}) "
            f"| {row['intake_cpu_seconds']:.2f} | {row['peak_mb']:.0f} | {row['to_sql']:.2f} "
            f"| {row['to_pandas']:.3f} | {row['to_join']:.2f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Read the command line, measure each size, print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure the screening beside SQL and pandas.")
    parser.add_argument("--residents", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    given = parser.parse_args()
    measured: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
        for residents in given.residents:
            measured.append(measure(residents, given.repeats, Path(folder)))
            if not given.json:
                print(table(measured[-1]), end="\n\n", flush=True)
    faults = [sentence for result in measured for sentence in missed(result)]
    if given.json:
        print(json.dumps({"sizes": measured, "missed": faults}, ensure_ascii=False, indent=1))
    for sentence in faults:
        print(sentence, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
