"""Linking again only what may be linked otherwise than before: rows that changed, and rows of numbers whose resident changed.

Leaves the tables and views that `link.find` leaves (`register`, `keys`, `exceptions`, `lost`, `offered`, `taken`, `gone`, `contact_FEED`),
`pairs` beside them, and `stirred` (person, feed): of whom a row or an offer came or went.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from taizhang.screen import link, near
from taizhang.screen.engine import DuckEngine, literal
from taizhang.screen.feeds import Feed
from taizhang.screen.link import Linked
from taizhang.screen.renewed import Renewed, moved_line
from taizhang.screen.state import State, fill


def relink(engine: DuckEngine, feeds: Mapping[str, Renewed], before: State, day: date) -> None:
    """Link the rows of feeds as they are now. `namesakes` of the register were told before."""
    residents = feeds["residents"]
    show_register(engine, residents)
    engine.run("CREATE OR REPLACE TEMP TABLE stirred (person BIGINT, feed VARCHAR)")
    _earlier(engine, feeds, before)
    keyed = [one for one in feeds.values() if one.feed.is_linked and one.feed.of_type("number", "card")]
    _exceptions(engine, keyed, residents, before)
    engine.run(f"CREATE OR REPLACE TEMP TABLE lost_now AS {link.lost('exceptions')}")
    _pairs(engine, residents, before)
    offer(engine, "lost_now", "pairs", "offered")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE taken AS SELECT feed, line, number, person, score FROM offered WHERE false"
    )
    engine.run("""CREATE OR REPLACE TEMP TABLE offers_moved AS SELECT DISTINCT l.feed, l.line FROM lost_now l
        JOIN pairs_moved p ON l.number = p.number AND l.named IS NOT DISTINCT FROM p.named""")
    engine.run("INSERT INTO stirred SELECT DISTINCT person, '' FROM pairs_moved WHERE person IS NOT NULL")
    other = [one for one in keyed if one.came_and_went]
    if other or engine.rows("SELECT 1 FROM again LIMIT 1"):
        _stir(engine, "(SELECT * FROM lost_now WHERE (feed, line) IN (SELECT feed, line FROM again))", "pairs")
    then = [_lines(one, "went") for one in other if one.feed.feed in before.files]
    if then:  # whom a row that went was offered for
        went = f"(feed, line) IN ({' UNION ALL '.join(then)})"
        _stir(engine, f"({link.lost(before.table('exceptions'))} AND {went})", "pairs_then")
    for one in other:
        for side in ("came", "went"):
            engine.run(
                f"INSERT INTO stirred SELECT DISTINCT who, {literal(one.feed.feed)} FROM {side}_{one.feed.feed} WHERE who IS NOT NULL"
            )
    _contacts(engine, feeds, before, day)


def show_register(engine: DuckEngine, residents: Renewed) -> None:
    """Views `register` and `keys` over the lines of the register as they are now."""
    link.show_register(engine, residents.accepted_sql(), _once(engine))
    engine.run("CREATE OR REPLACE TEMP VIEW keys AS SELECT who, person, named FROM register WHERE valid AND once")


def _once(engine: DuckEngine) -> str:
    """Which line of a number that is given twice counts: a condition, and a plain one where there is nothing to look up."""
    doubled = engine.rows("SELECT 1 FROM doubled_lines LIMIT 1")
    return "line NOT IN (SELECT line FROM doubled_lines)" if doubled else "true"


def _stir(engine: DuckEngine, lost: str, pairs: str) -> None:
    """Add whom some lines without anybody are offered for."""
    engine.run(f"""INSERT INTO stirred SELECT DISTINCT p.person, l.feed FROM {lost} l
        JOIN {pairs} p ON l.number = p.number AND l.named IS NOT DISTINCT FROM p.named""")


def _lines(one: Renewed, side: str) -> str:
    """The lines of a feed that came or went, or are like those."""
    return f"SELECT {literal(one.feed.feed)} AS feed, line FROM {side}_{one.feed.feed}"


def _earlier(engine: DuckEngine, feeds: Mapping[str, Renewed], before: State) -> None:
    """Tables `exceptions` and `pairs_then`: those of before, their lines as they are counted now."""
    there = [one for name, one in feeds.items() if one.feed.is_linked and name in before.files]
    places = {one.feed.feed: moved_line(one, before) for one in there}
    cases = " ".join(f"WHEN {literal(name)} THEN {line}" for name, line in places.items() if line != "line")
    went = " UNION ALL ".join(_lines(one, "went") for one in there if one.came_and_went)
    fill(engine, "exceptions", f"""SELECT * FROM (
            SELECT feed, {f"CASE feed {cases} ELSE line END" if cases else "line"} AS line, named, who, odd, found, differs
            FROM {before.table("exceptions")} {f"WHERE (feed, line) NOT IN ({went})" if went else ""})
        WHERE line IS NOT NULL""")  # fmt: skip
    moved = moved_line(feeds["residents"], before, "-person")
    engine.run(f"""CREATE OR REPLACE TEMP TABLE pairs_then AS SELECT * FROM (
        SELECT number, named, CASE WHEN person >= 0 THEN person ELSE -({moved}) END AS person, how FROM {before.table("pairs")}
        WHERE -person NOT IN (SELECT line FROM went_residents)) WHERE person IS NOT NULL""")


def _exceptions(engine: DuckEngine, keyed: Collection[Renewed], residents: Renewed, before: State) -> None:
    """Bring `exceptions` up to date; table `again` (feed, line, named, who, odd) has the lines that were looked at."""
    rekeyed = bool(engine.rows("SELECT 1 FROM rekeyed LIMIT 1"))
    parts = [
        "SELECT '' AS feed, CAST(0 AS BIGINT) AS line, hash('') AS named, CAST(0 AS BIGINT) AS who, '' AS odd LIMIT 0"
    ]
    for one in keyed:
        name = literal(one.feed.feed)
        if not one.held:  # of a feed that is there no more, all went
            continue
        if one.came_and_went:
            parts.append(f"""SELECT {name}, line, named, who, odd FROM like_{one.feed.feed}
                WHERE line NOT IN (SELECT line FROM late WHERE feed = {name})""")
        if rekeyed:
            some = one.accepted_sql("line", "named", "who", "odd", some="who IN (SELECT who FROM rekeyed)")
            parts.append(f"SELECT {name}, line, named, who, odd FROM {some}")
    engine.run(f"CREATE OR REPLACE TEMP TABLE again AS {' UNION '.join(f'({part})' for part in parts)}")
    if len(parts) == 1 and not any(one.came_and_went for one in keyed):
        return
    like = [_lines(one, "like") for one in keyed if one.came_and_went]
    looked = f"(feed, line) IN ({' UNION ALL '.join(['SELECT feed, line FROM again', *like])})"
    _stir(engine, f"({link.lost('exceptions')} AND {looked})", "pairs_then")
    engine.run(f"DELETE FROM exceptions WHERE {looked}")
    keys = residents.accepted_sql("who", "named", "line", some="valid AND who IN (SELECT who FROM again)")
    engine.run(f"CREATE OR REPLACE TEMP TABLE keys_again AS SELECT who, named FROM {keys} WHERE {_once(engine)}")
    engine.run("""INSERT INTO exceptions
        SELECT f.feed, f.line, f.named, f.who, f.odd, k.who IS NOT NULL, coalesce(f.named <> k.named, false)
        FROM again f LEFT JOIN keys_again k ON f.who = k.who WHERE k.who IS NULL OR f.named <> k.named""")


def _pairs(engine: DuckEngine, residents: Renewed, before: State) -> None:
    """Bring `pairs` up to date: for numbers that are new everybody is looked at, for the others the residents who may be meant otherwise."""
    then = link.lost(before.table("exceptions"))
    engine.run("CREATE OR REPLACE TEMP TABLE numbers AS SELECT DISTINCT number, named FROM lost_now")
    engine.run(f"CREATE OR REPLACE TEMP TABLE numbers_then AS SELECT DISTINCT number, named FROM ({then})")
    changed = "(SELECT who FROM rekeyed UNION ALL SELECT -line FROM like_residents)"
    kept = f"""SELECT p.* FROM pairs_then p JOIN numbers n ON n.number = p.number AND n.named IS NOT DISTINCT FROM p.named
        WHERE p.person NOT IN {changed}"""
    fill(engine, "pairs", kept)
    fresh = """SELECT n.* FROM numbers n LEFT JOIN numbers_then t ON t.number = n.number AND t.named IS NOT DISTINCT FROM n.named
        WHERE t.number IS NULL"""
    _look(engine, fresh)
    engine.run(f"""CREATE OR REPLACE TEMP TABLE pairs_moved AS SELECT number, named, person FROM pairs_then WHERE person IN {changed}
        UNION ALL SELECT number, named, NULL FROM {before.table("pairs")} WHERE -person IN (SELECT line FROM went_residents)""")
    engine.run(f"""CREATE OR REPLACE TEMP TABLE rows_late AS SELECT * FROM {residents.accepted_sql()} WHERE {_once(engine)} AND line IN
        (SELECT line FROM namesakes WHERE valid AND who IN (SELECT who FROM rekeyed) UNION ALL SELECT line FROM like_residents WHERE NOT valid)""")
    if engine.rows("SELECT 1 FROM rows_late LIMIT 1"):
        known = "SELECT * FROM numbers n SEMI JOIN numbers_then t ON t.number = n.number AND t.named IS NOT DISTINCT FROM n.named"
        # seen through the views of this name, the register is only those who changed
        link.show_register(engine, "rows_late", "true")
        _look(engine, near.of_some(f"({known})", "rows_late"))
        engine.run("INSERT INTO pairs_moved SELECT number, named, person FROM candidates")
        show_register(engine, residents)


def _look(engine: DuckEngine, numbers: str) -> None:
    engine.run(f"CREATE OR REPLACE TEMP VIEW lost AS {numbers}")
    near.candidates(engine)
    engine.run("INSERT INTO pairs SELECT number, named, person, how FROM candidates")


def offer(engine: DuckEngine, lost: str, pairs: str, target: str) -> None:
    """Whom each line without anybody may have meant."""
    score = " ".join(f"WHEN {literal(way)} THEN {value}" for way, value in link.SCORES.items())
    engine.run(f"""CREATE OR REPLACE TEMP TABLE {target} AS
        SELECT l.feed, l.line, l.number, c.person, c.how, CAST(CASE c.how {score} END AS DOUBLE) AS score
        FROM {lost} l JOIN {pairs} c ON l.number = c.number AND l.named IS NOT DISTINCT FROM c.named""")


def gone(engine: DuckEngine, deaths: Renewed | None, day: date) -> None:
    """Table `gone` (person): who died up to a day."""
    engine.run("CREATE OR REPLACE TEMP TABLE gone (person BIGINT)")
    if deaths is not None and deaths.accepted:
        engine.run(f"""INSERT INTO gone SELECT k.person FROM {deaths.accepted_sql()} f JOIN keys k ON k.who = f.who
            WHERE f.died_on <= DATE {literal(day.isoformat())}""")


def _contacts(engine: DuckEngine, feeds: Mapping[str, Renewed], before: State, day: date) -> None:
    """Rows by telephone or by name and village; they are few, and are looked up anew."""
    gone(engine, feeds.get("deaths"), day)
    parts = []
    for name, one in feeds.items():
        if one.feed.keyed == "contact":
            engine.run(f"CREATE OR REPLACE TEMP TABLE contact_{name} AS {link.contact(one)}")
            parts.append(f"SELECT {literal(name)} AS feed, line, person FROM contact_{name}")
            then = f"""SELECT {moved_line(one, before)} AS line, CASE WHEN person >= 0 THEN person
                    ELSE -({moved_line(feeds["residents"], before, "-person")}) END AS person
                FROM {before.table("contacts")} WHERE feed = {literal(name)} AND line NOT IN (SELECT line FROM went_{name})"""
            now = f"SELECT line, person FROM contact_{name} WHERE line NOT IN (SELECT line FROM came_{name})"
            engine.run(f"""INSERT INTO stirred SELECT DISTINCT person, {literal(name)} FROM (
                ({then} EXCEPT {now}) UNION ALL ({now} EXCEPT {then})
                UNION ALL SELECT line, person FROM contact_{name} WHERE line IN (SELECT line FROM like_{name})
                UNION ALL SELECT line, person FROM {before.table("contacts")} WHERE line IN (SELECT line FROM went_{name})) WHERE person IS NOT NULL""")
    fill(engine, "contacts", " UNION ALL ".join(parts))


def people(engine: DuckEngine) -> None:
    """Table `touched_register`: of the lines of the households in `touched` what signals look at."""
    engine.run("""CREATE OR REPLACE TEMP TABLE touched_register AS SELECT person, household, born, once, area, kind, is_head, line FROM register
        WHERE household IN (SELECT household FROM touched)""")


def linked(feeds: Mapping[str, Renewed], declared: Mapping[str, Feed], *, touched: bool) -> Linked:
    """The rows that signals are computed on: all of them, or those of the people and households that are touched.

    Where every row of a feed counts, all are left in: signals join them with the members, and choosing first would be the same join once more.
    """
    home = "household IN (SELECT household FROM touched)" if touched else ""
    people = "IN (SELECT person FROM touched_register)"
    found = Linked(inside={"residents": "touched_register" if touched else "register"})
    for name, one in feeds.items():
        feed = declared[name]
        if name == "residents":
            continue
        if feed.keyed == "contact":
            found.inside[name] = f"contact_{name}"
        elif feed.is_linked:
            some = f"who {people}" if touched and feed.repeats != "every" else ""
            found.inside[name] = f"(SELECT *, who AS person FROM {one.accepted_sql(some=some)})"
            offers = f"SELECT line, person FROM offered WHERE feed = {literal(name)}{f' AND person {people}' if touched else ''}"
            found.inside_offered[name] = (
                f"(SELECT a.*, o.person FROM {one.accepted_sql()} a JOIN ({offers}) o ON o.line = a.line)"
            )
        else:
            found.inside[name] = one.accepted_sql(some=home if "household" in feed.columns else "")
    return found
