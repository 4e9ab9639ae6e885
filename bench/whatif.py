"""What trying another number costs, beside the full run that it stands for: `python -m bench whatif [--residents N] [--json]`.

One full run keeps its signals; then each change is tried on them, and the answer is held against a full run with that
number. CPU seconds are those of answering, once rules are read, threads counted. The bar is one second at a million
residents; the exit status is 1, with a sentence, when it is missed or when a count differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from taizhang.kit import money
from taizhang.screen import evaluate, feeds, kept, rules, run, whatif
from taizhang.screen.rules import Rulebook

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parent / "library"
DAY = date(2021, 12, 20)
SEED = 3
BAR = 1.0
BAR_FROM = 1_000_000
CHANGES = (
    {"r01_self_paid": 600_000}, {"r02_self_paid": 1_800_000}, {"income_line": 690_000}, {"self_paid_months": 6},
    {"r12_months_from": 6}, {"r09_days": 30}, {"red_departments": 3}, {"r05_age_to": 17},
    {"r01_self_paid": 400_000, "self_paid_months": 18, "income_line": 750_000},
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One change: what it cost, what it found, and what a full run costs that finds the same."""

    changes: dict[str, int]
    cpu_seconds: float
    computed: tuple[str, ...]
    gained: int
    lost: int
    full_cpu_seconds: float
    equal: bool


def measure(residents: int, folder: Path) -> tuple[float, float, list[Answer]]:
    """CPU seconds of keeping, megabytes kept, and an answer per change."""
    data = folder / str(residents)
    make = [
        sys.executable,
        str(HERE / "generate.py"),
        str(data),
        "--residents",
        str(residents),
        "--seed",
        str(SEED),
        "--clean",
    ]
    subprocess.run([*make, "--date", DAY.isoformat()], check=True, stdout=subprocess.DEVNULL)
    place = folder / "kept"
    place.mkdir()
    with run.prepared(data / "registers", data / "feeds", folder, library=LIBRARY, day=DAY) as ready:
        began = time.process_time()
        kept.keep(ready.engine, ready.linked, ready.feeds, ready.rulebook, DAY, place)
        cost = time.process_time() - began
        answers = [_answer(ready, place, changes, folder) for changes in CHANGES]
    return cost, sum(path.stat().st_size for path in place.iterdir()) / 1e6, answers


def _answer(ready: run.Prepared, place: Path, changes: dict[str, int], folder: Path) -> Answer:
    tried = whatif.attempt(place, ready.rulebook, changes)
    began = time.process_time()
    out = folder / "full"
    out.mkdir(exist_ok=True)
    evaluate.evaluate(ready.engine, ready.linked, ready.feeds, changed(ready.rulebook, changes, out), DAY, out)
    full = time.process_time() - began
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT rule, household FROM read_parquet(?)", [str(out / "alerts.parquet")]
        ).fetchall()
    hits = dict(Counter(rule for rule, _ in found))
    mine = {one.name: one.after for one in tried.rules if one.after}
    homes = len({household for _, household in found if household})
    equal = hits == mine and homes == tried.households.after
    whole = tried.households
    return Answer(changes, tried.seconds, tried.computed, whole.gained, whole.lost, round(full, 2), equal)


def changed(book: Rulebook, changes: dict[str, int], folder: Path) -> Rulebook:
    """The same rules under other numbers, as `--policies` would give them."""
    lines = []
    for name, value in changes.items():
        policy = book.policies[name]
        said = money.decimal_yuan(value) if policy.type == "money" else value
        lines += [
            f"{name}:",
            f"  zh: {policy.label.zh}",
            f"  en: {policy.label.en}",
            f"  type: {policy.type}",
            "  values:",
        ]
        lines += [f'    - {{area: "", from: 2000-01-01, value: {said}, sure: chosen, source: bench}}']
    path = folder / "changed.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rules.read(LIBRARY, feeds.read_all(LIBRARY), path)


def main(words: list[str]) -> int:
    """Measure, print, and say what was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench whatif")
    parser.add_argument("--residents", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
        cost, size, answers = measure(given.residents, Path(folder))
    if given.json:
        print(json.dumps({"residents": given.residents, "keep_cpu_seconds": round(cost, 2), "kept_mb": round(size, 1),
                          "answers": [asdict(one) for one in answers]}))  # fmt: skip
    else:
        print(f"{given.residents:,} residents; keeping costs {cost:.2f} CPU s and {size:.1f} MB\n")
        heads = ("change", "CPU s", "computed anew", "gained", "lost", "full run from linked rows, CPU s", "equal")
        print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
        for one in answers:
            said = ", ".join(f"{name} {value}" for name, value in one.changes.items())
            print(f"| {said} | {one.cpu_seconds:.2f} | {', '.join(one.computed) or '-'} | {one.gained:,} | {one.lost:,} "
                  f"| {one.full_cpu_seconds:.2f} | {one.equal} |")  # fmt: skip
    faults = [f"{one.changes}: not what a full run finds" for one in answers if not one.equal]
    if given.residents >= BAR_FROM:
        faults += [
            f"{one.changes}: {one.cpu_seconds} CPU s, the bar is {BAR}" for one in answers if one.cpu_seconds > BAR
        ]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0
