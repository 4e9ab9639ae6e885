"""What an act costs: the demo's history through the doors on SQLite, in CPU milliseconds an act.

`python -m bench acts [--acts N] [--repeats N] [--json]`. The demo district is founded and its first register imported
once; then every turn lives its history up to the first screening, or N steps of it, in a child process on a copy of that
database, one transaction a demo day. Counted is the CPU of this process inside the doors (open, act, keep a file), compiling the
ledgers apart. A step is one call of a door; what it leads to in the same transaction makes further entries.

The machine is not alone, and another one is quicker: between steps a fixed piece of work, the yardstick, is timed, and
CPU is also given as it would have been where the yardstick takes 1.5 ms. The bar is held to that.
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
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve()
BAR: Final = 3.0  # CPU ms a step
YARDSTICK: Final = 1.5  # CPU ms of the fixed work on the machine of docs/benchmarks.md, when it has nothing else to do
EVERY: Final = 10  # steps between two timings of the fixed work
PARTS: Final = {
    "rights": "rights, subject, area",
    "reading": "entries read back into a state",
    "law": "the ledger's law: needs, effects, clocks, figures",
    "asked": "what the law asks the database",
    "sealing": "sealing values",
    "rows": "rows of the case: parties, clocks, facts, notices",
    "chain": "the chained entry",
    "files": "evidence cleaned and kept",
    "rest": "transaction and the rest",
}


# --- one turn, in a process of its own ------------------------------------------------------------------------------


def yardstick() -> float:
    """A fixed piece of work, in CPU milliseconds."""
    begun = time.process_time()
    kept: dict[int, str] = {}
    for number in range(10_000):
        kept[number % 1000] = f"{number}x"
    return (time.process_time() - begun) * 1000


class Meter:
    """CPU seconds by part of the work; a part that calls another is not charged for it."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.open: list[float] = []  # what the parts inside each open one have taken

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Charge what happens inside to a part."""
        begun = time.process_time()
        self.open.append(0.0)
        try:
            yield
        finally:
            took = time.process_time() - begun
            self.spent[name] += took - self.open.pop()
            if self.open:
                self.open[-1] += took

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Charge every call of a function or method to a part."""
        run = getattr(owner, name)

        def watched(*given: Any, **named: Any) -> Any:
            with self.part(part):
                return run(*given, **named)

        setattr(owner, name, watched)


def live(data: Path, acts: int, *, parts: bool) -> dict[str, Any]:
    """Live the first steps of the history in a database that has begun; what they cost in CPU milliseconds."""
    site(data)
    from django.db import connection

    from taizhang.core import chain, editions
    from taizhang.core.moves import cases, evidence
    from taizhang.demo import build, play

    planned = build.plan(Path(os.environ["TAIZHANG_LIBRARY"]))
    lived = [step for step in planned.district.steps if step.at < build.FIRST_SCREENED]  # what follows answers a run
    steps = lived[: acts or None]
    begun = time.process_time()
    editions.current_all()
    compiled = time.process_time() - begun
    before, meter, speed, asked = chain.head().seq, Meter(), [yardstick()], Counter[str]()
    if parts:
        watch_parts(meter)

    def door(run: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*given: Any, **named: Any) -> Any:
            with meter.part("doors" if not parts else "rest"):
                done = run(*given, **named)
            asked["doors"] += 1
            if asked["doors"] % EVERY == 0:
                speed.append(yardstick())
            return done

        return measured

    def count(run: Any, text: str, given: Any, many: bool, context: Any) -> Any:
        asked["statements"] += bool(meter.open)
        return run(text, given, many, context)

    for owner, name in ((cases, "open_case"), (cases, "act"), (evidence, "keep")):
        setattr(owner, name, door(getattr(owner, name)))
    begun = time.process_time()
    with connection.execute_wrapper(count):
        play.play(steps, planned.staff)
    whole = time.process_time() - begun - sum(speed[1:]) / 1000
    entries = chain.head().seq - before
    return {
        "steps": len(steps), "entries": entries, "statements": asked["statements"], "compiled_ms": compiled * 1000,
        "slower": statistics.fmean(speed) / YARDSTICK, "whole_ms": whole * 1000,
        "doors_ms": sum(meter.spent.values()) * 1000,
        "parts_ms": {name: meter.spent[name] * 1000 for name in PARTS} if parts else {},
    }  # fmt: skip


def watch_parts(meter: Meter) -> None:
    """Charge the stations of an act to the parts that the table shows."""
    from taizhang.core import access, chain, folding, seals, subjects
    from taizhang.core.moves import effects, evidence
    from taizhang.core.world import CaseWorld
    from taizhang.ledger import loop

    for name in ("case_for", "hats", "hats_to_open"):
        meter.watch(access, name, "rights")
    meter.watch(subjects, "find", "rights")
    meter.watch(folding, "state", "reading")
    meter.watch(loop, "open_case", "law")
    meter.watch(loop, "act", "law")
    for owner, name in ((CaseWorld, "total"), (CaseWorld, "children"), (subjects.Attributes, "_ask")):
        meter.watch(owner, name, "asked")
    meter.watch(seals, "keep_many", "sealing")
    meter.watch(effects.Writing, "finish", "rows")
    meter.watch(chain, "append", "chain")
    meter.watch(evidence, "keep", "files")


def site(data: Path) -> None:
    """Load the site in this process on a data directory."""
    from taizhang import environment

    os.environ.update(TAIZHANG_DATA=str(data), DJANGO_SETTINGS_MODULE="taizhang.settings", TAIZHANG_AS_OWNER="1")
    chosen = environment.read(os.environ)
    os.environ["TAIZHANG_LIBRARY"] = str(chosen.library)
    environment.make_keys(chosen)
    chosen.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    import django

    django.setup()


def found(data: Path) -> dict[str, Any]:
    """Found the demo district with its first register in an empty data directory."""
    site(data)
    from taizhang.demo import build

    library = Path(os.environ["TAIZHANG_LIBRARY"])
    built = build.Built()
    build.begin(build.plan(library), library, Silent(), built)
    return {"seconds": built.seconds}


class Silent:
    """Tells nobody how far the building has come."""

    def tell(self, what: object) -> None:
        """Another part begins."""

    def __call__(self, done: int, of: int | None = None) -> None:
        """So many are done."""


# --- turns ----------------------------------------------------------------------------------------------------------


def child(*words: str) -> dict[str, Any]:
    """Run this file in a process of its own; raises `RuntimeError` with its output if it fails."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("TAIZHANG_")}
    done = subprocess.run([sys.executable, str(HERE), *words], capture_output=True, text=True, env=variables)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measure(acts: int, repeats: int) -> dict[str, Any]:
    """Found the district once, live its steps in turns, and once more with the parts timed."""
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as place:
        begun = Path(place) / "begun"
        child("found", str(begun))
        turns = []
        for turn in range(repeats + 1):
            data = Path(place) / f"turn{turn}"
            shutil.copytree(begun, data)
            shutil.copy(begun.with_name("begun.key"), data.with_name(f"{data.name}.key"))
            turns.append(child("live", str(data), "--acts", str(acts), *(["--parts"] if turn == repeats else [])))
            shutil.rmtree(data)
    return summary(turns[:-1], turns[-1])


def summary(turns: list[dict[str, Any]], parted: dict[str, Any]) -> dict[str, Any]:
    """Medians over the turns; parts as shares of the turn in which they were timed."""
    one = turns[0]

    def middle(of: Callable[[dict[str, Any]], float]) -> float:
        return round(statistics.median(map(of, turns)), 2)

    all_parts = sum(parted["parts_ms"].values())
    return {
        "steps": one["steps"],
        "entries": one["entries"],
        "per_step": middle(lambda turn: turn["doors_ms"] / turn["steps"] / turn["slower"]),
        "per_entry": middle(lambda turn: turn["doors_ms"] / turn["entries"] / turn["slower"]),
        "with_the_demo": middle(lambda turn: turn["whole_ms"] / turn["steps"] / turn["slower"]),
        "per_step_as_measured": middle(lambda turn: turn["doors_ms"] / turn["steps"]),
        "slower": middle(lambda turn: turn["slower"]),
        "compiled_ms": middle(lambda turn: turn["compiled_ms"] / turn["slower"]),
        "statements": round(one["statements"] / one["steps"], 1),
        "parts": {name: round(spent / all_parts, 3) for name, spent in parted["parts_ms"].items()},
    }


def table(found: dict[str, Any]) -> str:
    """The result as two Markdown tables."""
    lines = [
        f"{found['steps']:,} steps, {found['entries']:,} entries, {found['statements']} statements a step; "
        f"the yardstick took {found['slower']:.2f} times its {YARDSTICK} ms",
        "",
        "| CPU ms | a step | an entry | a step as measured | a step with the demo's own work |",
        "| --- | --- | --- | --- | --- |",
        f"| through the doors | {found['per_step']:.2f} | {found['per_entry']:.2f} | {found['per_step_as_measured']:.2f} "
        f"| {found['with_the_demo']:.2f} |",
        "",
        "| part of a step | share | CPU ms |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {PARTS[name]} | {share:.0%} | {share * found['per_step']:.2f} |" for name, share in found["parts"].items()
    ]
    return "\n".join(lines)


def main(words: list[str]) -> int:
    """Read the command line, measure, print; 1 when the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench acts", description="What an act costs on SQLite.")
    parser.add_argument("--acts", type=int, default=0, help="so many steps of the demo's history (default: all)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    given = parser.parse_args(words)
    result = measure(given.acts, given.repeats)
    print(json.dumps({**result, "bar": BAR}, ensure_ascii=False, indent=1) if given.json else table(result))
    if result["per_step"] > BAR:
        print(f"A step costs {result['per_step']} ms of CPU (bar {BAR}).", file=sys.stderr)
        return 1
    return 0


def turn(words: list[str]) -> int:
    """What a child process does: `found DIR` or `live DIR --acts N [--parts]`; its answer as one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=("found", "live"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--acts", type=int, default=0)
    parser.add_argument("--parts", action="store_true")
    given = parser.parse_args(words)
    print(json.dumps(found(given.data) if given.do == "found" else live(given.data, given.acts, parts=given.parts)))
    return 0


if __name__ == "__main__":
    sys.exit(turn(sys.argv[1:]))
