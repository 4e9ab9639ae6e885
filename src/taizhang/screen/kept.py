"""What a run leaves behind so that numbers can be tried on it without a new pass over the feeds.

A folder of Parquet: the people and households of the run under small whole numbers, the rows that count of each feed with
the columns that signals look at, every signal, and every hit. A threshold is tried on the signals alone. A window or an
age changes a signal; then that one signal is computed anew by its own query from the rows kept here, which were read,
checked, linked and freed of repeats by the run. So the result is that of a full run by construction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import evaluate, rules, stage
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.evaluate import Own
from taizhang.screen.feeds import Feed
from taizhang.screen.link import Linked
from taizhang.screen.rules import BUILT, Bound, Rulebook
from taizhang.screen.texts import Value

ABOUT: Final = "kept.json"
_PACKED: Final = "(FORMAT parquet, COMPRESSION lz4)"


@dataclass(frozen=True)
class Group:
    """One set of numbers in force and where it holds (None: everywhere)."""

    values: Mapping[str, Value]
    prefixes: tuple[str, ...] | None


@dataclass(frozen=True)
class Kept:
    """What lies in a folder that a run left behind."""

    folder: Path
    day: date
    reach: int
    present: frozenset[str]  # feeds with rows
    groups: tuple[Group, ...]
    rules: str  # digest of the rules and signals that were in force

    def signal(self, name: str, group: int) -> Path:
        """Where a signal lies."""
        return self.folder / f"signal-{name}-{group}.parquet"


def keep(engine: DuckEngine, linked: Linked, feeds: Mapping[str, Feed], rulebook: Rulebook, day: date, folder: Path,
         own: Sequence[Own] = ()) -> Kept:  # fmt: skip
    """Write what a run on these linked rows leaves behind into an empty folder.

    `own` are the hits found in a site's own records: no number tried here changes them, but they count for levels.
    """
    ground = stage.lay(engine, linked, feeds, day, signals=list(rulebook.signals.values()))
    _coded(engine, folder)
    for table, columns in _named(rulebook).items():
        if _feed_of(table) in ground.present:
            _table(engine, table, columns, folder / f"{table}.parquet")
    groups = tuple(Group(one.values, one.prefixes) for one in evaluate.groups(engine, rulebook, day))
    kept = Kept(folder, day, rulebook.reach(), ground.present, groups, rulebook.digest)
    with engine.beside() as machine:  # signals are computed on what was kept alone, in tables of the same names
        _judged(machine, kept, rulebook, own)
    said = {
        "day": day.isoformat(), "reach": kept.reach, "present": sorted(kept.present), "rules": kept.rules,
        "groups": [{"values": _plain(group.values), "prefixes": group.prefixes} for group in groups],
    }  # fmt: skip
    (folder / ABOUT).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return kept


def _judged(machine: DuckEngine, kept: Kept, rulebook: Rulebook, own: Sequence[Own]) -> None:
    """Every signal and every hit under the numbers in force."""
    laid(machine, kept)
    machine.run("CREATE TEMP TABLE own (rule VARCHAR, known VARCHAR)")
    machine.insert("own", [(one.rule, one.household) for one in own])
    machine.run("CREATE TEMP TABLE hit (rule VARCHAR, household INTEGER, area VARCHAR, nth INTEGER)")
    for at, group in enumerate(kept.groups):
        show(machine, kept, group)
        machine.run(f"""INSERT INTO hit SELECT o.rule, h.household, h.area, {at}
            FROM own o JOIN household h ON h.known = o.known WHERE h.residents > 0""")
        made: set[str] = set()
        for name in live(rulebook, kept, group.values):
            signal = rulebook.rules[name].signal
            if signal not in made:
                query = rulebook.signals[signal].filled(group.values)
                machine.run(f"COPY ({query}) TO {literal(kept.signal(signal, at))} {_PACKED}")
                made.add(signal)
            machine.run(f"INSERT INTO hit {hits_sql(rulebook, name, group.values, kept.signal(signal, at), at)}")
    machine.run(
        f"COPY (SELECT * FROM hit ORDER BY rule, household, area) TO {literal(kept.folder / 'hit.parquet')} {_PACKED}"
    )


def cleared(folder: Path) -> Path:
    """The folder, there and without what an earlier run left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (*folder.glob("*.parquet"), folder / ABOUT):
        path.unlink(missing_ok=True)
    return folder


def read(folder: Path) -> Kept:
    """What a run left behind. Raises Refusal("nothing_kept")."""
    path = folder / ABOUT
    if not path.is_file():
        raise Refusal(
            "nothing_kept",
            Text("这次筛查没有留下可以试算的信号。", "This run kept no signals to try numbers on."),
            Text("请重新筛查一次，再试算。", "Screen once more, then try."),
        )
    said = json.loads(path.read_text(encoding="utf-8"))
    day = date.fromisoformat(said["day"])
    groups = tuple(
        Group({**one["values"], "date": day}, None if one["prefixes"] is None else tuple(one["prefixes"]))
        for one in said["groups"]
    )
    return Kept(folder, day, int(said["reach"]), frozenset(said["present"]), groups, str(said["rules"]))


def _plain(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "date"}


# --- writing ----------------------------------------------------------------------------------------------------------


def _coded(engine: DuckEngine, folder: Path) -> None:
    """People and households under small whole numbers, by which joins cost a fraction of those by text."""
    engine.run("""CREATE OR REPLACE TEMP TABLE home_code AS
        SELECT h.household AS known, CAST(row_number() OVER (ORDER BY h.known) AS INTEGER) AS code FROM household_all h""")
    engine.run("""CREATE OR REPLACE TEMP TABLE person_code AS SELECT known, CAST(row_number() OVER () AS INTEGER) AS code
        FROM (SELECT DISTINCT person AS known FROM member_all WHERE person IS NOT NULL)""")
    engine.run(f"""COPY (SELECT c.code AS household, h.known, h.kind, h.area, h.members, h.residents
        FROM household_all h JOIN home_code c ON c.known = h.household ORDER BY 1)
        TO {literal(folder / "household.parquet")} {_PACKED}""")
    engine.run(f"""COPY (SELECT p.code AS person, c.code AS household, m.born, m.living, m.once
        FROM member_all m JOIN home_code c ON c.known = m.household LEFT JOIN person_code p ON p.known = m.person ORDER BY 1)
        TO {literal(folder / "member.parquet")} {_PACKED}""")
    engine.run(f"COPY (SELECT area FROM village_all) TO {literal(folder / 'village.parquet')} {_PACKED}")


def _named(rulebook: Rulebook) -> dict[str, set[str]]:
    """Every table that signals read, and the columns they may mean by it."""
    found: dict[str, set[str]] = {}
    for signal in rulebook.signals.values():
        for table in set(signal.said.tables) - set(BUILT):
            found.setdefault(table, set()).update(signal.said.columns)
    return found


def _table(engine: DuckEngine, table: str, columns: set[str], target: Path) -> None:
    """The rows of one table that concern somebody of the register, with the columns that signals look at."""
    known = [str(row[0]) for row in engine.rows(f"DESCRIBE {table}")]
    cells, joins = [], []
    for name in known:
        if name == "person":
            cells.append("p.code AS person")
            joins.append("JOIN person_code p ON p.known = f.person")
        elif name == "household":
            cells.append("c.code AS household")
            joins.append("JOIN home_code c ON c.known = f.household")
        elif name in columns:
            cells.append(f"f.{name}")
    order = "ORDER BY 1" if "person" in known else ""
    engine.run(
        f"COPY (SELECT {', '.join(cells)} FROM {table} f {' '.join(joins)} {order}) TO {literal(target)} {_PACKED}"
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def laid(engine: DuckEngine, kept: Kept) -> None:
    """Views over everything kept, by the names that signals use."""
    for path in sorted(kept.folder.glob("*.parquet")):
        name = path.stem
        if not name.startswith("signal-") and name not in (*BUILT, "hit"):
            engine.run(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {parquet([path])}")
    for name in BUILT:
        engine.run(
            f"CREATE OR REPLACE TEMP VIEW kept_{name} AS SELECT * FROM {parquet([kept.folder / f'{name}.parquet'])}"
        )


def show(engine: DuckEngine, kept: Kept, group: Group) -> None:
    """Point `member`, `household` and `village` at the areas where one set of numbers holds."""
    inside = ""
    if group.prefixes is not None:
        inside = f"WHERE substr(area, 1, {kept.reach}) IN ({', '.join(map(literal, group.prefixes))})"
    engine.run(f"CREATE OR REPLACE TEMP VIEW household AS SELECT * FROM kept_household {inside}")
    engine.run(f"CREATE OR REPLACE TEMP VIEW village AS SELECT * FROM kept_village {inside}")
    some = "WHERE household IN (SELECT household FROM household)" if inside else ""
    engine.run(f"CREATE OR REPLACE TEMP VIEW member AS SELECT * FROM kept_member {some}")


def live(rulebook: Rulebook, kept: Kept, values: Mapping[str, Value]) -> Iterator[str]:
    """The rules that can be asked: their feeds have rows and their numbers are in force."""
    for name, rule in rulebook.rules.items():
        if not rule.site and not rulebook.feeds_of(name) - kept.present and not rulebook.numbers_of(name) - set(values):
            yield name


def hits_sql(rulebook: Rulebook, name: str, values: Mapping[str, Value], signal: Path, nth: int) -> str:
    """What a rule hits, as rows of (rule, household, area, nth), over a signal that lies in a file."""
    rule, source = rulebook.rules[name], parquet([signal])
    columns = {column: f"s.{column}" for column in rulebook.signals[rule.signal].said.gives}
    bound = bind(rulebook, name, values, columns)
    if rule.about == "area":
        return f"SELECT {literal(name)}, CAST(NULL AS INTEGER), s.area, {nth} FROM {source} s WHERE {bound.when}"
    return f"""SELECT {literal(name)}, h.household, h.area, {nth} FROM {source} s JOIN household h ON h.household = s.household
        WHERE h.residents > 0 AND ({bound.when})"""


def bind(rulebook: Rulebook, name: str, values: Mapping[str, Value], columns: Mapping[str, str]) -> Bound:
    """A rule with its numbers filled in, over signal s and household h."""
    if rulebook.rules[name].about == "household":
        columns = {"kind": "h.kind", "residents": "h.residents", "members": "h.members"} | dict(columns)
    return rules.bind(rulebook, name, values, columns)


def _feed_of(table: str) -> str:
    return table.removesuffix("_lines").removesuffix("_offered")
