"""Stage two, the ground: the tables that signals are computed on, built from linked rows for one day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from taizhang.screen.engine import Engine, literal, more_than_once
from taizhang.screen.feeds import Feed, Repeats
from taizhang.screen.link import Linked
from taizhang.screen.texts import Query

MEMBER = "person, household, born, living, once"
COUNTED: Final = ("file", "row", "line", "mark", "person")  # of a row besides what it tells
_WRITTEN: Final = "household"
_HASHED: Final = f"hash({_WRITTEN})"
"""A household goes by the hash of its code, which is a whole number: joins by it cost a third less than by text, and half the memory."""


@dataclass(frozen=True)
class Ground:
    """Which feeds have rows, and how the rows that count are called."""

    engine: Engine
    feeds: Mapping[str, Feed]
    present: frozenset[str]  # feeds with at least one accepted row


def lay(engine: Engine, linked: Linked, feeds: Mapping[str, Feed], day: date, *, signals: Sequence[Query],
        only: Collection[str] | None = None, areas: Sequence[str] | None = None,
        present: Collection[str] | None = None) -> Ground:  # fmt: skip
    """Build `member_all`, `household_all`, `village_all` and the views of every feed, as of a day.

    `only` restricts to some households, `areas` to the inside of some area codes; `present` names the feeds with rows where
    the rows given are not all there are.
    """
    found, houses = set(), list[Feed]()
    used = Counter(table for signal in signals for table in signal.said.tables)
    present = linked.present if present is None else present
    for name, feed in feeds.items():
        rows = linked.rows(name)
        if rows is None or feed.keyed == "register" or feed.sealed:
            continue
        if name in present if present is not None else engine.rows(f"SELECT 1 FROM {rows} LIMIT 1"):
            found.add(name)
            if feed.keyed == "household":
                houses.append(feed)
                continue
            _rows(engine, linked, feed, day, used)
            if f"{name}_offered" in used:
                _offered(engine, linked, feed, day)
    homes = _members(engine, linked.rows("residents") or "", "deaths" in found, only, areas)
    for feed in houses:
        _rows(engine, linked, feed, day, used, homes)
    for name in found:
        _counted(engine, feeds[name], often=used[name] > 1)
    _villages(engine, found, areas)
    return Ground(engine, feeds, frozenset(found))


def _rows(engine: Engine, linked: Linked, feed: Feed, day: date, used: Collection[str], homes: str = _WRITTEN) -> None:
    """`FEED_lines`, and `FEED` where every row counts: the rows up to the day whose person is known; `homes` is what a household goes by."""
    rows, known = linked.rows(feed.feed) or "", "person IS NOT NULL" if feed.is_linked else "true"
    cells = _cells(engine, feed, rows, inside=feed.feed in linked.inside)
    told = ", ".join(f"{homes} AS {_WRITTEN}" if cell == _WRITTEN else cell for cell in cells)
    latest = isinstance(feed.repeats, Repeats)
    for view, wanted in ((feed.feed, not latest), (f"{feed.feed}_lines", latest or f"{feed.feed}_lines" in used)):
        if wanted:
            engine.run(
                f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {told} FROM {rows} WHERE {known} AND {_until(feed, day)}"
            )


def _offered(engine: Engine, linked: Linked, feed: Feed, day: date) -> None:
    """`FEED_offered`: every row up to the day that was left to a person, once for each resident it was offered for."""
    offers, inside = linked.offers(feed.feed), feed.feed in linked.inside
    source, some = (offers, _until(feed, day)) if offers else (linked.rows(feed.feed) or "", "false")
    cells = ", ".join(_cells(engine, feed, source, inside=inside))
    engine.run(f"CREATE OR REPLACE TEMP VIEW {feed.feed}_offered AS SELECT {cells} FROM {source} WHERE {some}")


def _until(feed: Feed, day: date) -> str:
    column = feed.row_date
    if not column:
        return "true"
    is_year = feed.columns[column].type == "year"
    return f"{column} <= {day.year}" if is_year else f"{column} <= DATE '{day.isoformat()}'"


def _cells(engine: Engine, feed: Feed, rows: str, *, inside: bool) -> list[str]:
    """The columns of rows that may be counted with or looked at by a signal, as far as they are there.

    What says who somebody is, no signal may look at; carried along it would cost more than everything else in the row.
    Rows linked inside the engine have what the feed declares; a file may be of a time when it declared less.
    """
    if inside:
        return ["file", "row", "line", *(["person"] if feed.is_linked else []), *feed.telling]
    wanted = {*COUNTED, *feed.telling}
    return [name for name, *_ in engine.rows(f"DESCRIBE SELECT * FROM {rows}") if name in wanted]


def _members(
    engine: Engine,
    residents: str,
    deaths: bool,
    only: Collection[str] | None,
    areas: Sequence[str] | None,
) -> str:
    """Members and households: the kind and the area are those of the head's row, else of the first row.

    Gives what a household goes by: the hash of its code, where no two have the same and all are there in DuckDB, else the code. `known` is the code.
    """
    asked = f"WHERE household IN ({', '.join(literal(one) for one in only)})" if only is not None else ""
    dead = "SELECT DISTINCT person FROM deaths_lines" if deaths else "SELECT person FROM rows WHERE false"
    columns = {name for name, *_ in engine.rows(f"DESCRIBE SELECT * FROM {residents}")}
    # a site's own register knows of deaths that no file told of
    alive = "AND r.died IS NULL" if "died" in columns else ""
    inside = f"HAVING {_inside('arg_min(area, place)', areas)}" if areas is not None else ""
    for homes in (_HASHED, _WRITTEN) if engine.name == "duckdb" and areas is None else (_WRITTEN,):
        engine.run(f"""CREATE OR REPLACE TEMP TABLE member_all AS WITH rows AS (SELECT * FROM {residents} {asked}), dead AS ({dead})
            SELECT r.person, {homes} AS household, r.born, d.person IS NULL {alive} AS living, r.once
            FROM rows r LEFT JOIN dead d ON d.person = r.person""")
        engine.run(f"""CREATE OR REPLACE TEMP TABLE household_all AS
            SELECT h.household, h.known, h.kind, h.area, h.members, h.members - coalesce(d.dead, 0) AS residents
            FROM (SELECT {homes} AS household, household AS known, kind, area, members FROM (
                  SELECT household, arg_min(kind, place) AS kind, arg_min(area, place) AS area, count(*) AS members
                  FROM (SELECT household, coalesce(kind, '') AS kind, coalesce(area, '') AS area,
                               line + CASE WHEN is_head THEN 0 ELSE {1 << 61} END AS place FROM {residents} {asked}) GROUP BY household {inside})) h
            LEFT JOIN (SELECT household, count(*) AS dead FROM member_all WHERE NOT living GROUP BY household) d ON d.household = h.household""")
        if homes == _WRITTEN or not engine.rows(f"{more_than_once(engine, _WRITTEN, 'household_all')} LIMIT 1"):
            break
    return homes


def _inside(code: str, areas: Sequence[str]) -> str:
    return " OR ".join(f"starts_with({code}, {literal(area)})" for area in areas) or "false"


def _counted(engine: Engine, feed: Feed, *, often: bool) -> None:
    """`FEED`: the rows that count, the latest of those that stand for the same thing."""
    name = feed.feed
    if not isinstance(feed.repeats, Repeats):
        return
    source = f"{name}_lines"
    if feed.is_linked and "household" in feed.repeats.per:
        source = f"(SELECT f.*, m.household FROM {name}_lines f JOIN member_all m ON m.person = f.person AND m.once)"
    order = f"{feed.row_date} DESC, line DESC" if feed.row_date else "line DESC"
    kind = "TABLE" if often else "VIEW"
    engine.run(f"""CREATE OR REPLACE TEMP {kind} {name} AS SELECT * EXCLUDE (nth) FROM (
        SELECT *, row_number() OVER (PARTITION BY {", ".join(feed.repeats.per)} ORDER BY {order}) AS nth FROM {source}) WHERE nth = 1""")


def _villages(engine: Engine, present: Collection[str], areas: Sequence[str] | None) -> None:
    """Every village of the area register, and every village that a row names itself."""
    sources = ["SELECT code AS area FROM areas_lines"] if "areas" in present else []
    sources += ["SELECT area FROM water_lines"] if "water" in present else []
    every = " UNION ".join(sources) or "SELECT CAST(NULL AS VARCHAR) AS area"
    inside = f" AND ({_inside('area', areas)})" if areas is not None else ""
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE village_all AS SELECT DISTINCT area FROM ({every}) WHERE strlen(area) = 12{inside}"
    )


def show(engine: Engine, prefixes: Sequence[str] | None, reach: int) -> None:
    """Point `member`, `household` and `village` at the areas where one set of numbers holds (None: everywhere)."""
    chosen = (
        f"WHERE substr(area, 1, {reach}) IN ({', '.join(literal(one) for one in prefixes)})"
        if prefixes is not None
        else ""
    )
    engine.run(f"CREATE OR REPLACE TEMP VIEW household AS SELECT * FROM household_all {chosen}")
    engine.run(f"CREATE OR REPLACE TEMP VIEW village AS SELECT area FROM village_all {chosen}")
    inside = "" if prefixes is None else "WHERE household IN (SELECT household FROM household)"
    engine.run(f"CREATE OR REPLACE TEMP VIEW member AS SELECT {MEMBER} FROM member_all {inside}")
