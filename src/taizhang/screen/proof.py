"""The nightly proof of runs that go on from one another: a sample of households reckoned anew from all of their rows, held against the alerts.

Nothing is taken over here: neither hits, nor who was touched, nor whom a row by telephone means. One typed file of the sample is read again from its
bytes, so that what intake once wrote is compared too. A run in full, now and then, proves the rest.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen import evaluate, feeds, intake, link, relink, renewed, rules, run, sheets, state
from taizhang.screen.engine import DuckEngine, Limits, literal, parquet
from taizhang.screen.evaluate import Carried
from taizhang.screen.renewed import Renewed
from taizhang.screen.sheets import Source
from taizhang.screen.state import State

_CELLS: Final = "rule, household, area, level, sentence, figures"


@dataclass(frozen=True)
class Proof:
    """How many households were reckoned anew, and of which the alerts differ."""

    households: int
    alerts: int
    files: tuple[str, ...]  # read again from their bytes
    differing: tuple[str, ...]  # households, and files

    def json(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)


def prove(out: Path, registers: Path, feeds_folder: Path, *, library: Path, policies: Path | None = None, households: int = 1000,
          files: int = 3, limits: Limits | None = None) -> Proof:  # fmt: skip
    """Reckon a sample of households of a run anew and compare. Raises Refusal("no_state") and where the rules are others."""
    told = state.read(out)
    declared = feeds.read_all(library)
    rulebook = rules.read(library, declared, policies)
    if told.law != state.law(declared, rulebook, {}, run.ceiling(rulebook, told.day)) or told.numbers != state.numbers(
        rulebook, told.day
    ):
        raise Refusal(
            "other_rules",
            Text(
                "规则或数值与那次筛查时不同，无法核对。",
                "Rules or numbers are not those of that run; there is nothing to compare with.",
            ),
            Text("请先接着筛查一次。", "Screen once more first."),
        )
    with tempfile.TemporaryDirectory(prefix="taizhang-") as made:
        scratch = Path(made)
        engine = engines.open_engine(
            "duckdb", [registers, feeds_folder, library, out, scratch], scratch=scratch, limits=limits
        )
        try:
            engine.lock()
            now = _restored(engine, told, declared)
            engine.run(f"""CREATE OR REPLACE TEMP TABLE touched AS SELECT household FROM (SELECT DISTINCT household FROM register)
                ORDER BY hash(household || {literal(told.day.isoformat())}) LIMIT {households}""")
            relink.people(engine)
            linked = relink.linked(now, declared, touched=True)
            carried = Carried(
                "(SELECT * FROM hits WHERE false)", told.present, f"(SELECT area FROM {told.table('home_areas')})"
            )
            state.fill(engine, "hits", "")
            found = evaluate.evaluate(engine, linked, declared, rulebook, told.day, scratch, carried=carried)
            mine = f"SELECT {_CELLS} FROM {parquet([found.alerts])} WHERE household <> ''"
            theirs = f"SELECT {_CELLS} FROM {parquet([(out / 'alerts.parquet').absolute()])} WHERE household IN (SELECT household FROM touched)"
            wrong = [home for (home,) in engine.rows(
                f"SELECT DISTINCT household FROM (({mine} EXCEPT {theirs}) UNION ALL ({theirs} EXCEPT {mine})) ORDER BY 1")]  # fmt: skip
            count = engine.rows("SELECT count(*) FROM touched")[0][0]
            alerts = engine.rows(f"SELECT count(*) FROM ({mine})")[0][0]
            again = _read_again(engine, now, (registers, feeds_folder), scratch, files, told.day)
        finally:
            engine.close()
    return Proof(count, alerts, tuple(again), (*wrong, *(name for name, same in again.items() if not same)))


def _restored(engine: DuckEngine, told: State, declared: dict[str, feeds.Feed]) -> dict[str, Renewed]:
    """The rows of a state, its register and its offers; whom a telephone means is looked up anew."""
    for name in ("late", "doubled_lines", "exceptions", "pairs"):
        state.fill(engine, name, f"SELECT * FROM {told.table(name)}")
    found = {}
    for name, held in told.files.items():
        late = engine.rows(f"SELECT count(*) FROM late WHERE feed = {literal(name)}")[0][0]
        found[name] = Renewed(
            declared[name], tuple(Source(one.name, one.sha256) for one in held), sum(one.received for one in held),
            sum(one.bad for one in held) + late, (), late, 0, Path(), held=held, folder=told.folder.absolute(),
        )  # fmt: skip
    relink.show_register(engine, found["residents"])
    relink.offer(engine, f"({link.lost('exceptions')})", "pairs", "offered")
    relink.gone(engine, found.get("deaths"), told.day)
    for name, one in found.items():
        if one.feed.keyed == "contact":
            engine.run(f"CREATE OR REPLACE TEMP TABLE contact_{name} AS {link.contact(one)}")
    return found


def _read_again(
    engine: DuckEngine, now: dict[str, Renewed], folders: tuple[Path, Path], scratch: Path, count: int, day: date
) -> dict[str, bool]:
    """Some files, another choice each day, read from their bytes: whether they still say what was typed of them."""
    every = [(name, at) for name, one in now.items() for at in range(len(one.held))]
    chosen = sorted(every, key=lambda one: canonical.digest(f"{now[one[0]].held[one[1]].sha256}{day}".encode()))[:count]
    found: dict[str, bool] = {}
    for name, at in chosen:
        one, held = now[name], now[name].held[at]
        path = {
            file.name: file for file in sheets.files_of(folders[0] if name in run.REGISTERS else folders[1], name)
        }.get(held.name)
        if path is None or renewed.sha256(path) != held.sha256:
            continue  # sent anew since
        target = scratch / "again.parquet"
        intake.parse(engine, one.feed, path, target, offset=held.offset)
        sides = [f"SELECT line, bad, digest FROM {parquet([file])}" for file in (target, one.folder / held.path)]
        differ = engine.rows(
            f"SELECT 1 FROM (({sides[0]} EXCEPT {sides[1]}) UNION ALL ({sides[1]} EXCEPT {sides[0]})) LIMIT 1"
        )
        found[held.name] = not differ
    return found
