"""The rows of the feeds as they are now, told from what a state holds and the files that are new: what came, and what went.

A row is the same when it stands in the same line of the file of that name and says the same. Of each feed that changed there are
the temporary tables `came_FEED` and `went_FEED` (rows now and rows then, each without the other's), and `like_FEED`: every row
there is now that says what one of those says, so that repeats among them are found anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from taizhang.screen import intake, state
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.feeds import Feed
from taizhang.screen.intake import Intake
from taizhang.screen.sheets import Source
from taizhang.screen.state import Held, State


@dataclass(frozen=True)
class Renewed(Intake):
    """The rows of a feed now: typed files of an earlier run taken over, new ones typed."""

    held: tuple[Held, ...] = ()
    folder: Path = Path()
    changed: bool = False
    came_and_went: int = 0
    instead: str = ""  # an SQL relation of such of its accepted rows as are to be seen alone

    def all_rows(self) -> str:
        """An SQL relation of every row, bad or not, its line counted by the place of its file now."""
        return rows_of(self.folder, [(one, at << intake.FILES) for at, one in enumerate(self.held)])

    def good_rows(self) -> str:
        """An SQL relation of the rows that can be read, one too many or not."""
        placed = [(one, at << intake.FILES) for at, one in enumerate(self.held)]
        good = [one for one in placed if not one[0].bad]  # that nothing is left out of these, the engine need not guess
        parts = [f"FROM {rows_of(self.folder, good)}"] if good else []
        some = [one for one in placed if one[0].bad]
        parts += [f"FROM {rows_of(self.folder, some)} WHERE NOT bad"] if some else []
        return f"({' UNION ALL '.join(parts)})"

    def accepted_sql(self, *columns: str, some: str = "") -> str:
        """An SQL relation of the accepted rows: file, row, line, digest, who and the declared columns; or some of these alone.

        `some` is a condition by which few rows are chosen: it is asked first, so that the engine knows how few are left.
        """
        names = ", ".join(columns or ["file", "row", "line", "digest", *self.derived, *self.feed.columns])
        late = f" AND line NOT IN (SELECT line FROM late WHERE feed = {literal(self.feed.feed)})" if self.late else ""
        rows = f"(SELECT * FROM {self.good_rows()} WHERE {some})" if some else self.good_rows()
        return self.instead or f"(SELECT {names} FROM {rows} WHERE true{late})"


def rows_of(folder: Path, held: Sequence[tuple[Held, int]]) -> str:
    """An SQL relation of the rows of typed files, their lines counted from an offset each."""
    as_typed = [folder / one.path for one, offset in held if one.offset == offset]
    parts = [f"SELECT * FROM {parquet(as_typed)}"] if as_typed else []
    parts += [
        f"SELECT * REPLACE (CAST(row AS BIGINT) + {offset} AS line) FROM {parquet([folder / one.path])}"
        for one, offset in held if one.offset != offset
    ]  # fmt: skip
    return f"({' UNION ALL '.join(parts)})"


def sha256(path: Path) -> str:
    """The digest of the bytes of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def renew(engine: DuckEngine, feed: Feed, files: Sequence[Path], before: State, folder: Path, *, mapping: Mapping[str, str] | None,
          ceiling: int) -> Renewed:  # fmt: skip
    """Take over or read every file of a feed into the state that is made in `folder`; make `came_`, `went_` and `like_FEED`.

    Adds the lines that are one too many to the table `late`. Raises Refusal when a new file cannot be read.
    """
    then = before.files.get(feed.feed, ())
    known = {(one.name, one.sha256): one for one in then}
    held: list[Held] = []
    for at, path in enumerate(files):
        mark = (path.name, sha256(path))
        one = known.get(mark)
        if one is None:
            one = _typed(engine, feed, path, folder, at << intake.FILES, mapping, ceiling, mark[1])
        else:
            state.take_over(before.folder / one.path, folder / one.path)
        held.append(one)
    new = [(one, at << intake.FILES) for at, one in enumerate(held) if (one.name, one.sha256) not in known]
    still = {(one.name, one.sha256) for one in held}
    gone = [(one, at << intake.FILES) for at, one in enumerate(then) if (one.name, one.sha256) not in still]
    found = Renewed(
        feed, tuple(Source(one.name, one.sha256) for one in held), sum(one.received for one in held), 0, (), 0, 0, Path(),
        held=tuple(held), folder=folder.absolute(), changed=bool(new or gone),
    )  # fmt: skip
    count = _came_and_went(engine, found, _Side(folder.absolute(), new), _Side(before.folder.absolute(), gone))
    _late(engine, found, before)
    late: int = engine.rows(f"SELECT count(*) FROM late WHERE feed = {literal(feed.feed)}")[0][0]
    return replace(found, late=late, rejected=sum(one.bad for one in held) + late, came_and_went=count)


def _typed(engine: DuckEngine, feed: Feed, path: Path, folder: Path, offset: int, mapping: Mapping[str, str] | None, ceiling: int,
           digest: str) -> Held:  # fmt: skip
    name = state.place(path.name, digest, feed.feed)
    intake.parse(engine, feed, path, folder / name, offset=offset, mapping=mapping, ceiling=ceiling)
    return Held(path.name, digest, name, offset, *state.counted(engine, folder / name))


def _cells(feed: Feed) -> str:
    """What of a row tells which row it is, and whom it concerns."""
    odd = "CAST(NULL AS VARCHAR) AS odd, valid" if feed.keyed == "register" else "odd, CAST(NULL AS BOOLEAN) AS valid"
    home = "household" if "household" in feed.columns else "CAST(NULL AS VARCHAR) AS household"
    return f"line, digest, who, named, {odd}, {home}"


def file_of(names: Sequence[str], line: str = "line") -> str:
    """An expression that gives the name of the file in which a line stands, of these files of a feed in their order."""
    return f"[{', '.join(map(literal, names))}][CAST({line} >> {intake.FILES} AS INTEGER) + 1]"


def row_of(line: str = "line") -> str:
    """An expression that gives the row of its file at which a line stands."""
    return f"CAST({line} & {intake.ROWS} AS INTEGER)"


@dataclass(frozen=True)
class _Side:
    """The files of a feed that are there on one side alone: now, or in the state of before."""

    folder: Path
    files: Sequence[tuple[Held, int]]

    def without(self, others: _Side, cells: str) -> str:
        """A query of the rows of these files, without those that stand in the same line of a file of the same name on the other side."""
        parts = []
        for one, offset in self.files:
            part = f"SELECT {cells} FROM (SELECT * FROM {rows_of(self.folder, [(one, offset)])} WHERE NOT bad) n"
            twins = [(other, at) for other, at in others.files if other.name == one.name]
            if twins:
                there = f"(SELECT row, digest FROM {rows_of(others.folder, twins)} WHERE NOT bad)"
                part += f" ANTI JOIN {there} o ON o.row = n.row AND o.digest = n.digest"
            parts.append(part)
        return " UNION ALL ".join(parts)


def _came_and_went(engine: DuckEngine, now: Renewed, new: _Side, gone: _Side) -> int:
    """Make the tables of what came and went, and of what says the same as those; give how many rows came and went."""
    name, said = now.feed.feed, _cells(now.feed)
    for side, query in (("came", new.without(gone, said)), ("went", gone.without(new, said))):
        engine.run(
            f"""CREATE OR REPLACE TEMP TABLE {side}_{name}
                (line BIGINT, digest UBIGINT, who BIGINT, named UBIGINT, odd VARCHAR, valid BOOLEAN, household VARCHAR)"""
        )
        if query:
            engine.run(f"INSERT INTO {side}_{name} {query}")
    both = f"(SELECT * FROM came_{name} UNION ALL SELECT * FROM went_{name})"
    count: int = engine.rows(f"SELECT count(*) FROM {both}")[0][0]
    like = f"SELECT * FROM came_{name} LIMIT 0"
    if count and now.held:
        # the number beside the digest, so that no chance makes two rows alike; the rest then need not be read
        like = f"""SELECT a.line, s.* FROM {now.good_rows()} a
            JOIN (SELECT DISTINCT * EXCLUDE (line) FROM {both}) s ON a.digest = s.digest AND a.who IS NOT DISTINCT FROM s.who"""
    engine.run(f"CREATE OR REPLACE TEMP TABLE like_{name} AS {like}")
    return count


def _late(engine: DuckEngine, now: Renewed, before: State) -> None:
    """Lines that are one too many: those of before as far as nothing like them changed, and what is found anew."""
    name = now.feed.feed
    line = moved_line(now, before)
    engine.run(f"""INSERT INTO late SELECT feed, now, file, row, column_name, value, reason
        FROM (SELECT *, {line} AS now FROM {before.table("late")} WHERE feed = {literal(name)} AND line NOT IN (SELECT line FROM went_{name}))
        WHERE now IS NOT NULL AND now NOT IN (SELECT line FROM like_{name})""")
    twice = f"SELECT line FROM like_{name} WHERE digest IN (SELECT digest FROM like_{name} GROUP BY digest HAVING count(*) > 1)"
    if not engine.rows(f"{twice} LIMIT 1"):
        return
    if now.feed.of_type("number", "card") and now.feed.keyed != "register":
        # again the number says that no chance made two rows alike
        rows = f"(SELECT *, {file_of([one.name for one in now.held])} AS file, {row_of()} AS row FROM like_{name} WHERE line IN ({twice}))"
        repeats = intake.repeats(rows, ("digest", "who", "odd"))
    else:
        repeats = intake.repeats(f"(SELECT * FROM {now.good_rows()} WHERE line IN ({twice}))", now.feed.columns)
    engine.run(f"INSERT INTO late SELECT {literal(name)}, line, file, row, column_name, value, reason FROM ({repeats})")


def moved_line(now: Renewed, before: State, line: str = "line") -> str:
    """An expression that gives the place where a line of before stands now; NULL where its file is gone."""
    then = [one.name for one in before.files.get(now.feed.feed, ())]
    places = {one.name: at << intake.FILES for at, one in enumerate(now.held)}
    if all(places.get(name) == at << intake.FILES for at, name in enumerate(then)):
        return line
    offsets = ", ".join(str(places.get(name, "NULL")) for name in then) or "NULL"
    return f"CAST([{offsets}][CAST(({line}) >> {intake.FILES} AS INTEGER) + 1] + (({line}) & {intake.ROWS}) AS BIGINT)"


def namesakes(engine: DuckEngine, residents: Renewed, before: State) -> None:
    """Whose number the register has twice, told anew for the numbers of rows that changed.

    Makes `turned` (who: numbers whose rows changed), `rekeyed` (who: those of them that may have another name now, or none or some
    resident), `namesakes` (every row with one of `turned`) and `doubled_lines`; adds to `late` what stands in two households.
    """
    engine.run("""CREATE OR REPLACE TEMP TABLE turned AS SELECT DISTINCT who
        FROM (SELECT who FROM went_residents UNION ALL SELECT who FROM like_residents) WHERE who IS NOT NULL""")
    late = "SELECT line FROM late WHERE feed = 'residents' AND reason = 'repeat'"
    engine.run(f"""CREATE OR REPLACE TEMP TABLE namesakes AS SELECT line, who, number, household, valid FROM {residents.good_rows()}
        WHERE who IN (SELECT who FROM turned) AND line NOT IN ({late})""")
    engine.run(
        "DELETE FROM late WHERE feed = 'residents' AND reason = 'two_households' AND line IN (SELECT line FROM namesakes)"
    )
    file = file_of([one.name for one in residents.held])
    engine.run(f"""INSERT INTO late SELECT 'residents', line, {file}, {row_of()}, '证件号码', number, 'two_households' FROM namesakes
        WHERE valid AND who IN (SELECT who FROM namesakes WHERE valid GROUP BY who HAVING min(household) <> max(household))""")
    then = f"""SELECT now FROM (SELECT {moved_line(residents, before)} AS now FROM {before.table("doubled_lines")}
        WHERE line NOT IN (SELECT line FROM went_residents)) WHERE now IS NOT NULL AND now NOT IN (SELECT line FROM namesakes)"""
    own = """SELECT line FROM (SELECT line, row_number() OVER (PARTITION BY who ORDER BY line) AS nth FROM namesakes
        WHERE valid AND line NOT IN (SELECT line FROM late WHERE feed = 'residents')) WHERE nth > 1"""
    state.fill(engine, "doubled_lines", f"{then} UNION ALL {own}")
    # one row then and one row now, both valid and of the same name: whatever else of it changed, nothing links otherwise for it
    engine.run("""CREATE OR REPLACE TEMP TABLE rekeyed AS SELECT who FROM turned WHERE who NOT IN (
        SELECT c.who FROM came_residents c
        JOIN (SELECT min(line) AS line FROM (SELECT who, line FROM namesakes UNION SELECT who, line FROM like_residents)
              GROUP BY who HAVING count(*) = 1) n ON n.line = c.line
        JOIN (SELECT who, bool_and(valid) AS valid, min(named) AS named FROM went_residents GROUP BY who HAVING count(*) = 1) w ON w.who = c.who
        WHERE c.valid AND w.valid AND c.named IS NOT DISTINCT FROM w.named)""")
