"""A run that goes on from an earlier one: what changed since is read, linked and judged anew, everything else is taken over.

Touched is a household of whose people or house a row came, went or is offered, whose lines in the register changed, or of which
a signal says something else because days have passed (`moved`). Its signals are computed by the same queries as in a full run, on all
of its rows; of all others the hits are carried over. So the result is that of a full run, and the cost that of what changed, of
the moving windows, and of looking through a few columns for the rows of those touched.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen import evaluate, feeds, intake, passing, relink, renewed, rules, run, sheets, state
from taizhang.screen.engine import DuckEngine, Limits, literal
from taizhang.screen.evaluate import Carried
from taizhang.screen.feeds import Feed
from taizhang.screen.renewed import Renewed
from taizhang.screen.rules import BUILT, Rulebook
from taizhang.screen.run import Meter, Progress, Report
from taizhang.screen.state import State

_RESIDENTS: Final = "residents"


@dataclass(frozen=True)
class Task:
    """What a run that goes on from another one is given."""

    engine: DuckEngine
    declared: Mapping[str, Feed]
    rulebook: Rulebook
    before: State
    day: date
    folder: Path  # where the new state is made
    scratch: Path
    ceiling: int
    mappings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def screen_since(earlier: Path, registers: Path, feeds_folder: Path, day: date, out: Path, policies: Path | None = None, *, library: Path,
                 progress: Progress | None = None, limits: Limits | None = None, mappings: Mapping[str, Mapping[str, str]] | None = None,
                 links: bool = False) -> Report:  # fmt: skip
    """Screen plain files as `run.screen_files` does, going on from what an earlier run left in its output folder.

    Writes alerts.parquet, rejects.parquet, run.json and the next state; of links only those that are otherwise than before
    (links-since.parquet), and all of them where `links` says so. Where rules or declarations are not those of the earlier run,
    it is a full run. Raises Refusal("no_state") and as that does.
    """
    before, meter = state.read(earlier), Meter()
    declared = feeds.read_all(library)
    rulebook = rules.read(library, declared, policies)
    ceiling = run.ceiling(rulebook, day)
    if before.law != state.law(declared, rulebook, mappings or {}, ceiling):
        run.say(
            progress, Text("规则或数据项已变，完整筛查", "Rules or feeds are not those of that run: screening in full")
        )
        return run.screen_files(registers, feeds_folder, day, out, policies, progress=progress, library=library, limits=limits,
                                mappings=mappings, state=True)  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    run.refuse_no_folder(registers, feeds_folder)
    with (
        state.written(out) as folder,
        _engine([registers, feeds_folder, library, out, earlier], out, limits) as (machine, scratch),
    ):
        task = Task(machine, declared, rulebook, before, day, folder, scratch, ceiling, mappings or {})
        with meter.phase("intake"):
            run.say(progress, Text("读取有变化的文件", "Reading what changed"))
            now = _renewed(task, registers, feeds_folder)
        with meter.phase("link"):
            run.say(progress, Text("对人", "Linking"))
            relink.relink(machine, now, before, day)
        with meter.phase("rules"):
            run.say(progress, Text("计算信号和规则", "Signals and rules"))
            report = _judged(task, now, library, out)
        with meter.phase("outputs"):
            _outputs(task, now, out, links=links)
            held = {name: one.held for name, one in now.items() if one.held}
            state.finish(
                machine, folder, State(folder, day, before.law, state.numbers(rulebook, day), held, state.present(now))
            )
    report.since["run"] = earlier.name
    report.inputs = {name: run.input_of(now[name]) for name in declared if name in now and now[name].files}
    meter.finish(report)
    (out / "run.json").write_text(json.dumps(report.json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return report


@contextmanager
def _engine(folders: list[Path], out: Path, limits: Limits | None) -> Iterator[tuple[DuckEngine, Path]]:
    with tempfile.TemporaryDirectory(prefix=".screen-", dir=out, ignore_cleanup_errors=True) as made:
        machine = engines.open_engine("duckdb", folders, scratch=Path(made), limits=limits)
        try:
            machine.lock()
            yield machine, Path(made)
        finally:
            machine.close()


# --- rows -------------------------------------------------------------------------------------------------------------


def _renewed(task: Task, registers: Path, feeds_folder: Path) -> dict[str, Renewed]:
    """The rows of every feed that is there now or was there before."""
    state.fill(task.engine, "late", "")
    found: dict[str, Renewed] = {}
    for name, feed in task.declared.items():
        files = sheets.files_of(registers if name in run.REGISTERS else feeds_folder, name)
        if name == _RESIDENTS and not files:
            raise run.no_residents()
        if files or name in task.before.files:
            found[name] = renewed.renew(
                task.engine,
                feed,
                files,
                task.before,
                task.folder,
                mapping=task.mappings.get(name),
                ceiling=task.ceiling,
            )
    renewed.namesakes(task.engine, found[_RESIDENTS], task.before)
    late = task.engine.rows("SELECT count(*) FROM late WHERE feed = 'residents'")[0][0]
    bad = sum(one.bad for one in found[_RESIDENTS].held)
    found[_RESIDENTS] = replace(found[_RESIDENTS], late=late, rejected=bad + late)
    return found


# --- signals and rules ------------------------------------------------------------------------------------------------


def _judged(task: Task, now: Mapping[str, Renewed], library: Path, out: Path) -> Report:
    """Evaluate rules for the households that are touched, and carry the hits of all others over."""
    engine, before, have = task.engine, task.before, state.present(now)
    there = {name: one for name, one in now.items() if one.held}
    found_all = _touched(task, there)
    everybody = have != before.present or state.numbers(task.rulebook, task.day) != before.numbers or not found_all
    linked = relink.linked(there, task.declared, touched=not everybody)
    if "areas" not in linked.inside:  # without a register of areas of its own, the tree of the library counts
        for tree in sorted(library.glob("areas-*.csv"))[:1]:
            linked.inside["areas"] = intake.read(engine, task.declared["areas"], [tree], task.scratch).accepted_sql()
            have |= {"areas"}
    carried = None
    if not everybody:
        _home_areas(engine, before)
        hits = f"(SELECT * FROM {before.table('hits')} WHERE household NOT IN (SELECT household FROM touched))"
        carried = Carried(hits, have, "home_areas")
    found = evaluate.evaluate(engine, linked, task.declared, task.rulebook, task.day, out, carried=carried)
    homes = "household_all" if everybody else "household_all WHERE known IN (SELECT household FROM at_home)"
    others = "" if everybody else "UNION ALL SELECT area, homes FROM home_areas"
    engine.run(f"CREATE OR REPLACE TEMP TABLE areas_now AS SELECT area, 1 AS homes FROM {homes} {others}")
    state.fill(engine, "home_areas", "SELECT area, sum(homes) FROM areas_now GROUP BY area")
    state.fill(engine, "hits", "SELECT * FROM hit WHERE household <> ''")
    report = Report(task.day.isoformat(), engine.name)
    report.hits = dict(sorted(found.hits.items()))
    report.not_evaluated = [one.json() for one in sorted(found.not_evaluated, key=lambda one: one.rule)]
    count = engine.rows("SELECT count(*) FROM touched")[0][0]
    report.since = {"rows": sum(one.came_and_went for one in now.values()), "households": None if everybody else count}
    return report


def _home_areas(engine: DuckEngine, before: State) -> None:
    """In how many households' areas something is, without those whose lines in the register changed."""
    residents = [(one, at << intake.FILES) for at, one in enumerate(before.files[_RESIDENTS])]
    late = f"SELECT line FROM {before.table('late')} WHERE feed = 'residents'"
    place = f"line + CASE WHEN relation = '户主' THEN 0 ELSE {1 << 61} END"
    then = f"""SELECT arg_min(coalesce(area, ''), {place}) AS area, -1 AS homes FROM {renewed.rows_of(before.folder.absolute(), residents)}
        WHERE household IN (SELECT household FROM at_home) AND NOT bad AND line NOT IN ({late}) GROUP BY household"""
    state.fill(engine, "home_areas", f"""SELECT area, sum(homes) FROM (SELECT area, homes FROM {before.table("home_areas")} UNION ALL {then})
        GROUP BY area HAVING sum(homes) > 0""")  # fmt: skip


# --- who is touched ---------------------------------------------------------------------------------------------------


def _touched(task: Task, now: Mapping[str, Renewed]) -> bool:
    """Tables `touched` and `at_home` (household), and those of `relink.people`; False where it cannot be told and everybody may be."""
    engine, known = task.engine, True
    engine.run("CREATE OR REPLACE TEMP TABLE at_home AS SELECT household FROM went_residents UNION SELECT household FROM like_residents "
               "UNION SELECT household FROM namesakes")  # fmt: skip
    engine.run("CREATE OR REPLACE TEMP TABLE touched_homes AS SELECT household FROM at_home")
    looked = [name for name, one in now.items() if not one.feed.sealed]
    sealed = [name for name, one in now.items() if one.feed.sealed]
    engine.run(f"DELETE FROM stirred WHERE feed IN ({', '.join(map(literal, ['-', *sealed]))})")
    for name in looked:
        one = now[name]
        if one.feed.keyed == "household":
            for side in ("came", "went"):
                engine.run(f"INSERT INTO touched_homes SELECT household FROM {side}_{name}")
    if task.day != task.before.day:
        known = _moved(task, {name: now[name] for name in looked})
    engine.run("""CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT household FROM touched_homes
        UNION SELECT household FROM register WHERE person IN (SELECT person FROM stirred)""")
    relink.people(engine)
    return known


def _moved(task: Task, now: Mapping[str, Renewed]) -> bool:
    """Add whom the days between touch: by rows that begin to count, and by what signals say otherwise."""
    engine, book, (first, last) = task.engine, task.rulebook, sorted((task.before.day, task.day))
    homes, people = list[str](), list[str]()
    for name, one in now.items():
        column = one.feed.row_date
        if not column or name == _RESIDENTS:
            continue
        low, high = (first.year, last.year) if one.feed.columns[column].type == "year" else (_sql(first), _sql(last))
        between = f"{column} > {low} AND {column} <= {high}"
        if one.feed.keyed == "household":
            homes.append(f"SELECT household FROM {one.good_rows()} WHERE {between}")
        elif one.feed.is_linked:
            rows = f"(SELECT *, who AS person FROM {one.good_rows()})"
            rows = f"contact_{name}" if one.feed.keyed == "contact" else rows
            people.append(f"SELECT person, {literal(name)} FROM {rows} WHERE person IS NOT NULL AND {between}")
            people.append(f"""SELECT o.person, o.feed FROM {one.good_rows()} a JOIN offered o ON o.line = a.line
                AND o.feed = {literal(name)} WHERE {between}""")
    for target, parts in (("touched_homes", homes), ("stirred", people)):
        if parts:
            engine.run(f"INSERT INTO {target} {' UNION '.join(parts)}")
    numbers = {tuple(sorted(book.values(area, task.day).items())) for area in state.areas(book)}
    asked: dict[str, passing.Moved] = {}
    for pairs in numbers:
        before, after = ({**dict(pairs), "date": day} for day in (task.before.day, task.day))
        queries = _said(task, now, before, after)
        if queries is None:
            return False
        asked |= {one.query: one for one in queries}
    with _shown(engine, now, {table for one in asked.values() for table in one.tables}):
        for query, asks in asked.items():
            target, more = ("touched_homes", "") if asks.key == "household" else ("stirred", ", ''")
            engine.run(f"INSERT INTO {target} SELECT touched{more} FROM ({query}) WHERE touched IS NOT NULL")
    return True


def _said(
    task: Task, now: Mapping[str, Renewed], before: passing.Values, after: passing.Values
) -> list[passing.Moved] | None:
    """Queries for whom signals say otherwise under one set of numbers; None where that cannot be told."""
    book, found = task.rulebook, list[passing.Moved]()
    homes = (*BUILT, *(name for name, one in now.items() if one.feed.keyed == "household"))
    seen: set[str] = set()
    for name, rule in book.rules.items():
        if rule.site or book.numbers_of(name) - set(after) or book.feeds_of(name) - set(now):
            continue
        if passing.says_another(rule, before, after, task.engine):
            return None
        if rule.about == "area" or rule.signal in seen:
            continue
        seen.add(rule.signal)
        queries = passing.moved(book.signals[rule.signal], before, after, homes)
        if queries is None:
            return None
        found += queries
    return found


@contextmanager
def _shown(engine: DuckEngine, now: Mapping[str, Renewed], wanted: Collection[str]) -> Iterator[None]:
    """Views by the names that signals use, over all rows there are: more than a signal would see, which is what `moved` asks for."""
    views = {"member": "SELECT person, household, born, once FROM register"}
    for name, one in now.items():
        if name == _RESIDENTS:
            continue
        rows = f"SELECT *{', who AS person' if one.feed.is_linked else ''} FROM {one.good_rows()}"
        if one.feed.keyed == "contact":
            rows = f"SELECT * FROM contact_{name}"
        views |= {name: rows, f"{name}_lines": rows}
        if one.feed.is_linked:
            views[f"{name}_offered"] = (
                f"SELECT a.*, o.person FROM {one.good_rows()} a JOIN offered o ON o.line = a.line AND o.feed = {literal(name)}"
            )
    for name in wanted:
        engine.run(f"CREATE OR REPLACE TEMP VIEW {name} AS {views[name]}")
    try:
        yield
    finally:
        for name in wanted:
            engine.run(f"DROP VIEW {name}")


def _sql(day: date) -> str:
    return f"DATE {literal(day.isoformat())}"


# --- outputs ----------------------------------------------------------------------------------------------------------


def _outputs(task: Task, now: Mapping[str, Renewed], out: Path, *, links: bool) -> None:
    """rejects.parquet of every feed, and links: those that are otherwise than before, or all."""
    engine = task.engine
    parts = []
    for at, one in enumerate(now[name] for name in task.declared if name in now and now[name].held):
        name = one.feed.feed
        refused = f"SELECT line, file, row, column_name, value, reason FROM late WHERE feed = {literal(name)}"
        if any(held.bad for held in one.held):
            refused += f" UNION ALL {intake.bad_cells(one.feed, one.all_rows())}"
        parts.append(f"SELECT {at} AS nth, * FROM ({intake.told(one.feed, f'({refused})')})")
    engine.run(f"""COPY (SELECT * EXCLUDE (nth, line) FROM ({" UNION ALL ".join(parts)}) ORDER BY nth, line)
        TO {literal((out / "rejects.parquet").absolute())} (FORMAT parquet)""")
    _links_since(task, now, (out / "links-since.parquet").absolute())
    if links:
        run.write_links(engine, [one for one in now.values() if one.held], out / "links.parquet")


def _links_since(task: Task, now: Mapping[str, Renewed], target: Path) -> None:
    """The links of rows that came or that link otherwise than before, and the rows whose link is gone."""
    engine = task.engine
    engine.run(f"""CREATE OR REPLACE TEMP TABLE seen AS
        SELECT feed, line, {renewed.row_of()} AS row, coalesce(odd, text_of(who)) AS number FROM again""")
    engine.run("""CREATE OR REPLACE TEMP TABLE exceptions_seen AS SELECT * FROM exceptions
        WHERE (feed, line) IN (SELECT feed, line FROM seen UNION ALL SELECT feed, line FROM offers_moved)""")
    some, gone = list[Renewed](), ["SELECT '' AS feed, '' AS file, 0 AS row WHERE false"]
    for name, one in now.items():
        number = one.feed.of_type("number", "card")
        if not number or not one.feed.is_linked:
            continue
        if name in task.before.files:
            file = renewed.file_of([held.name for held in task.before.files[name]])
            gone.append(f"SELECT {literal(name)}, {file}, {renewed.row_of()} FROM went_{name}")
        gone.append(
            f"SELECT feed, file, row FROM late WHERE feed = {literal(name)} AND line IN (SELECT line FROM like_{name})"
        )
        if one.held:
            rows = f"(SELECT line, row, number AS {number} FROM seen WHERE feed = {literal(name)})"
            some.append(replace(one, instead=rows))
    seen = "(SELECT * FROM lost_now WHERE (feed, line) IN (SELECT feed, line FROM exceptions_seen))"
    relink.offer(engine, seen, "pairs", "offered_seen")
    whole = target.with_suffix(".all")
    run.write_links(engine, some, whole, exceptions="exceptions_seen", offered="offered_seen")
    engine.run(f"""COPY (SELECT *, false AS gone FROM read_parquet({literal(whole)})
        UNION ALL BY NAME SELECT DISTINCT *, true AS gone FROM ({" UNION ALL ".join(gone)}) g
            ANTI JOIN read_parquet({literal(whole)}) n ON n.feed = g.feed AND n.file = g.file AND n.row = g.row)
        TO {literal(target)} (FORMAT parquet)""")
    whole.unlink()
