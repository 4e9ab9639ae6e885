"""What a run leaves behind so that the next one need only look at what changed since (`OUT/state`).

Every file that was sent lies there as intake typed it, under the digest of its bytes; a later run takes what is the same over by a
hard link. Beside them lie the exceptions of linking and the hits. Nothing in the folder is changed once it is written, so that a
run that stops half-way spoils nothing, and any earlier run can be gone on from.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import _duckdb as duckdb  # as in `engine`

from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import intake, spelling
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.feeds import Feed
from taizhang.screen.intake import Intake
from taizhang.screen.rules import Rulebook

FOLDER: Final = "state"
ABOUT: Final = "state.json"
_SHAPE: Final = 3  # raised when what lies in the folder, or how linking reads it, changes
_FAST: Final = "(FORMAT parquet, COMPRESSION lz4)"
TABLES: Final[Mapping[str, str]] = {
    "late": "feed VARCHAR, line BIGINT, file VARCHAR, row INTEGER, column_name VARCHAR, value VARCHAR, reason VARCHAR",
    "doubled_lines": "line BIGINT",  # further lines of a number that one household has twice
    "exceptions": "feed VARCHAR, line BIGINT, named UBIGINT, who BIGINT, odd VARCHAR, found BOOLEAN, differs BOOLEAN",
    "pairs": "number VARCHAR, named UBIGINT, person BIGINT, how VARCHAR",  # whom a number and name may have meant
    "contacts": "feed VARCHAR, line BIGINT, person BIGINT",
    "hits": "rule VARCHAR, household VARCHAR, area VARCHAR, department VARCHAR, alone BOOLEAN, counts BOOLEAN, enough INTEGER, "
    "sentence VARCHAR, figures VARCHAR",
    "home_areas": "area VARCHAR, homes BIGINT",  # in how many households' area something is
}
"""Tables of a state, and their columns; a `line` counts as intake counts, by the place of its file among those of the feed."""


@dataclass(frozen=True)
class Held:
    """One file that was sent, typed."""

    name: str
    sha256: str
    path: str  # within the folder of the state
    offset: int  # from where its lines were counted when it was typed
    received: int
    bad: int


@dataclass(frozen=True)
class State:
    """What a run left behind."""

    folder: Path
    day: date
    law: str  # digest of all that says how rows are read and judged, numbers apart
    numbers: str  # digest of the numbers in force that day
    files: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)  # by feed, in the order of their names
    present: frozenset[str] = frozenset()  # feeds with rows that rules may look at

    def table(self, name: str) -> str:
        """An SQL relation of one of `TABLES`."""
        return parquet([self.folder / f"{name}.parquet"])


def law(feeds: Mapping[str, Feed], rulebook: Rulebook, mappings: Mapping[str, Mapping[str, str]], ceiling: int) -> str:
    """The digest of all that says how rows are read, linked and judged; the numbers in force are compared by themselves."""
    told = [
        str(_SHAPE), duckdb.__version__, rulebook.digest, repr(spelling.MACROS), repr(sorted(intake.REASONS.items())), str(ceiling),
        *(repr(feed) for _, feed in sorted(feeds.items())), json.dumps(mappings, ensure_ascii=False, sort_keys=True),
    ]  # fmt: skip
    return canonical.digest("\0".join(told).encode())


def read(run: Path) -> State:
    """What a run left in its output folder. Raises Refusal("no_state")."""
    folder = run / FOLDER
    try:
        said = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        files = {feed: tuple(Held(**one) for one in held) for feed, held in said["files"].items()}
        return State(
            folder, date.fromisoformat(said["day"]), said["law"], said["numbers"], files, frozenset(said["present"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(
            "no_state",
            Text(f"{run.name} 没有留下可以接着算的状态。", f"{run.name} left no state to go on from."),
            Text("请先用 --state 完整筛查一次。", "Screen once in full with --state first."),
        ) from error


def numbers(rulebook: Rulebook, day: date) -> str:
    """The digest of the numbers in force on a day, wherever one is published."""
    told = {
        area: sorted((name, str(value)) for name, value in rulebook.values(area, day).items())
        for area in areas(rulebook)
    }
    return canonical.digest(json.dumps(told, ensure_ascii=False).encode())


def areas(rulebook: Rulebook) -> list[str]:
    """Every area for which a number is published, everywhere (an empty code) among them."""
    return sorted(
        {"", *(value.area for policy in rulebook.policies.values() for value in (*policy.values, *policy.entered))}
    )


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """A folder for a state, in its place only when all of it is there."""
    made, place = out / f".{FOLDER}", out / FOLDER
    for old in (made, place):
        shutil.rmtree(old, ignore_errors=True)
    made.mkdir(parents=True)
    yield made
    made.rename(place)


def finish(engine: DuckEngine, folder: Path, state: State) -> None:
    """Write the tables of a state, which lie in the engine under their names, and what it is about."""
    for name in TABLES:
        order = " ORDER BY line" if name == "exceptions" else ""
        engine.run(f"COPY (SELECT * FROM {name}{order}) TO {literal((folder / f'{name}.parquet').absolute())} {_FAST}")
    said = {
        "day": state.day.isoformat(), "law": state.law, "numbers": state.numbers, "present": sorted(state.present),
        "files": {feed: [asdict(one) for one in held] for feed, held in state.files.items()},
    }  # fmt: skip
    (folder / ABOUT).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def place(name: str, sha256: str, feed: str) -> str:
    """Where a typed file lies within the folder of a state: by its name and its bytes."""
    mark = canonical.digest(f"{sha256} {name}".encode())
    return f"{feed}-{mark[:20]}.parquet"


def take_over(source: Path, target: Path) -> None:
    """The same file in another folder, without a copy where the disk can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def counted(engine: DuckEngine, path: Path) -> tuple[int, int]:
    """How many rows a typed file has, and how many of them are bad."""
    received, bad = engine.rows(f"SELECT count(*), count(*) FILTER (bad) FROM {parquet([path])}")[0]
    return received, bad


def present(intakes: Mapping[str, Intake]) -> frozenset[str]:
    """The feeds that were sent and have rows that rules may look at."""
    return frozenset(
        name
        for name, one in intakes.items()
        if one.files and one.accepted and one.feed.keyed != "register" and not one.feed.sealed
    )


# --- after a full run -------------------------------------------------------------------------------------------------


def keep(engine: DuckEngine, intakes: Mapping[str, Intake], out: Path, day: date, *, law: str, numbers: str) -> None:  # fmt: skip
    """Leave behind, beside the outputs, what the tables of a full run in this engine hold."""
    with written(out) as folder:
        files = {name: _held(engine, read, folder) for name, read in intakes.items() if read.files}
        _tables(engine, intakes)
        finish(engine, folder, State(folder, day, law, numbers, files, present(intakes)))


def _held(engine: DuckEngine, read: Intake, folder: Path) -> tuple[Held, ...]:
    found = []
    for at, (one, path) in enumerate(zip(read.files, read.parsed, strict=True)):
        name = place(one.name, one.sha256, read.feed.feed)
        take_over(path, folder / name)
        found.append(Held(one.name, one.sha256, name, at << intake.FILES, *counted(engine, path)))
    return tuple(found)


def _tables(engine: DuckEngine, intakes: Mapping[str, Intake]) -> None:
    """The tables that a full run has no need of itself."""
    late = [
        f"""SELECT feed, line, file, row, "column" AS column_name, value, reason FROM {parquet([one.rejects])}
            WHERE reason IN ('repeat', 'two_households')"""
        for one in intakes.values() if one.late
    ]  # fmt: skip
    contacts = [
        f"SELECT {literal(name)} AS feed, line, person FROM contact_{name}"
        for name, one in intakes.items()
        if one.feed.keyed == "contact"
    ]
    given = {
        "late": " UNION ALL ".join(late),
        "contacts": " UNION ALL ".join(contacts),
        "doubled_lines": "SELECT line FROM doubled" if intakes["residents"].twins else "",
        "pairs": "SELECT DISTINCT number, named, person, how FROM candidates",
        "hits": "SELECT * FROM hit WHERE household <> ''",
        "home_areas": "SELECT area, count(*) AS homes FROM household_all GROUP BY area",
    }
    for name, query in given.items():
        fill(engine, name, query)


def fill(engine: DuckEngine, name: str, query: str) -> None:
    """Make one of `TABLES` of a query of its columns (empty: without rows)."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE {name} ({TABLES[name]})")
    if query:
        engine.run(f"INSERT INTO {name} {query}")
