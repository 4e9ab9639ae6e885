"""Linking: which resident a row speaks of. Exact after normalising; else candidates for a person to decide on.

An equal valid number is `same`. A number one edit or one exchange of neighbours away from a valid one of the register,
or the same name with the same birth date and area in the number, is `person`: offered, and used only once decided.

Almost every row is simply of the resident with its number, so that only the exceptions are ever written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taizhang.screen import near
from taizhang.screen.engine import SCRATCH, DuckEngine, Engine, literal, parquet, word
from taizhang.screen.feeds import Feed
from taizhang.screen.intake import Intake

if TYPE_CHECKING:
    from taizhang.screen.likely import Judge

SCORES: Final = {
    "number": 1.0,
    "decided": 1.0,
    "phone": 1.0,
    "name_area": 0.9,
    "edit": 0.9,
    "birth": 0.8,
    "model": 0.0,
    "none": 0.0,
}
"""How sure each way of linking is, before a person or a trained model looks at the row; `model` has the model's own score."""


@dataclass(frozen=True)
class Decision:
    """What a person decided about a doubtful row; reused for every later row that says the same."""

    row_key: str  # key(number), or key(name@area) where the row has no number
    person: str  # of the register
    same: bool


@dataclass(frozen=True)
class RegisterRow:
    """One resident as a site hands its own register over; `person` is a key of its choice (a keyed digest)."""

    person: str
    household: str
    number: str
    name: str
    area: str
    kind: str
    is_head: bool
    phone: str = ""
    dead: bool = False  # the register itself says so


@dataclass(frozen=True)
class Linked:
    """The seam between the two stages: of each feed its rows with a person key, and of what was offered to people."""

    feeds: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    offered: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)  # instead of files: SQL relations of the engine that linked
    inside_offered: dict[str, str] = field(default_factory=dict)
    present: frozenset[str] | None = None  # feeds with rows, where that is known without looking

    def rows(self, feed: str) -> str | None:
        """An SQL relation of the rows of a feed; None where there is no such feed."""
        return self.inside.get(feed) or (parquet(self.feeds[feed]) if self.feeds.get(feed) else None)

    def offers(self, feed: str) -> str | None:
        """An SQL relation of the rows left to a person; None where there are none."""
        return self.inside_offered.get(feed) or (parquet(self.offered[feed]) if self.offered.get(feed) else None)


# --- the register ---------------------------------------------------------------------------------------------------


def load_register(engine: Engine, residents: Intake) -> None:
    """Make the relation `register` from an intake of `residents`. A valid number is its own person key."""
    rows, once = residents.accepted_sql(), "true"
    if residents.twins:  # one number twice in one household: two lines of the register, one person
        engine.run(f"""CREATE OR REPLACE TEMP TABLE doubled AS SELECT r.line FROM {rows} r
            JOIN (SELECT who, min(line) AS line FROM {rows} WHERE valid GROUP BY who HAVING count(*) > 1) d ON d.who = r.who
            WHERE r.valid AND r.line <> d.line""")
        rows, once = (
            f"(SELECT r.*, d.line IS NULL AS single FROM {rows} r LEFT JOIN doubled d ON d.line = r.line)",
            "single",
        )
    show_register(engine, rows, once)
    _keys(engine)


def show_register(engine: Engine, rows: str, once: str) -> None:
    """Make the relation `register` over accepted rows of `residents`; `once` says which line of a number given twice counts."""
    engine.run(f"""CREATE OR REPLACE TEMP VIEW register AS
        SELECT CASE WHEN valid THEN who ELSE -line END AS person, number, valid, who, household, name, area, kind,
               coalesce(relation = '户主', false) AS is_head, phone, born, named, {once} AS once, false AS dead, file, row, line FROM {rows}""")


def load_register_rows(engine: DuckEngine, rows: Iterable[RegisterRow]) -> None:
    """Make the table `register` from rows of a site's own register."""
    engine.run("""CREATE OR REPLACE TEMP TABLE given_register (person VARCHAR, household VARCHAR, number VARCHAR, name VARCHAR,
        area VARCHAR, kind VARCHAR, is_head BOOLEAN, phone VARCHAR, dead BOOLEAN)""")
    engine.insert(
        "given_register",
        ((r.person, r.household, r.number, r.name, r.area, r.kind, r.is_head, r.phone, r.dead) for r in rows),
    )
    engine.run("""CREATE OR REPLACE TEMP TABLE register_rows AS
        SELECT person, number, is_valid(number) AS valid, CASE WHEN is_valid(number) THEN who_of(number) END AS who, household, name, area, kind, is_head, phone,
               CASE WHEN strlen(number) = 18 THEN in_reason(born_of(number)) END AS born, CASE WHEN name IS NOT NULL THEN hash(name) END AS named, true AS once, dead, '' AS file, 0 AS row, line
        FROM (SELECT person, household, read_number(number) AS number, read_name(name) AS name, area, kind, is_head,
                     read_phone(phone) AS phone, dead, rowid AS line FROM given_register)""")
    engine.run("CREATE OR REPLACE TEMP VIEW register AS SELECT * FROM register_rows")
    engine.run("DROP TABLE given_register")
    _keys(engine)


def _keys(engine: Engine) -> None:
    engine.run("CREATE OR REPLACE TEMP TABLE keys AS SELECT who, person, named FROM register WHERE valid AND once")


# --- what is no plain equal number ----------------------------------------------------------------------------------


def find(engine: Engine, intakes: Sequence[Intake], *, day: date | None = None, by: Judge | None = None) -> None:  # fmt: skip
    """Look every row of these feeds up in the register. Leaves tables:

    `exceptions` (feed, line, found, differs, …): lines that nobody was found for, or somebody with another name;
    `offered` (feed, line, number, person, how, score): residents that lines without anybody may have meant;
    `taken` (feed, line, number, person, score): whom a trained model is sure that a line meant; without a model nobody;
    `contact_FEED`: the rows of a feed that names people by telephone, with the person.
    Who died up to `day`, or is dead in the register, makes no call: a telephone shared with the dead is that of the living.
    """
    keyed = [intake for intake in intakes if _number(intake.feed)]
    _exceptions(engine, keyed)
    near.candidates(engine)
    score = " ".join(f"WHEN {literal(way)} THEN {value}" for way, value in SCORES.items())
    engine.run(f"""CREATE OR REPLACE TEMP TABLE offered AS
        SELECT l.feed, l.line, l.number, c.person, c.how, CAST(CASE c.how {score} END AS DOUBLE) AS score
        FROM lost l JOIN candidates c ON l.number = c.number AND l.named IS NOT DISTINCT FROM c.named""")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE taken AS SELECT feed, line, number, person, score FROM offered WHERE false"
    )
    if by is not None and by.model is not None:
        name_lost(engine, keyed)
        by.decide(engine, by.model)
    engine.run("CREATE OR REPLACE TEMP TABLE gone AS SELECT person FROM register WHERE dead")
    for intake in keyed:
        if intake.feed.feed == "deaths" and day is not None:
            engine.run(f"""INSERT INTO gone SELECT k.person FROM {intake.accepted_sql()} f JOIN keys k ON k.who = f.who
                WHERE f.died_on <= DATE {literal(day.isoformat())}""")
    for intake in intakes:
        if not _number(intake.feed):
            engine.run(f"CREATE OR REPLACE TEMP TABLE contact_{intake.feed.feed} AS {contact(intake)}")


def _number(feed: Feed) -> str | None:
    return feed.of_type("number", "card")


def _exceptions(engine: Engine, keyed: Sequence[Intake]) -> None:
    """Tables `exceptions`, and `lost` of it: the numbers of those lines that nobody was found for.

    Names are compared by their hash, and never read: reading them would cost a quarter of all. First whoever has the number and
    the name is put aside, of the few others then is asked which it is.
    """
    feeds, parts = [intake.feed.feed for intake in keyed], list[str]()
    for names in (True, False):
        looked = [
            f"SELECT {word(intake.feed.feed, feeds)} AS feed, line, who, odd, named FROM {intake.accepted_sql('line', 'who', 'odd', 'named')}"
            for intake in keyed
            if bool(intake.feed.of_type("name")) == names
        ]
        same = "f.who = k.who AND f.named = k.named" if names else "f.who = k.who"
        parts += [f"SELECT f.* FROM ({' UNION ALL '.join(looked)}) f ANTI JOIN keys k ON {same}"] if looked else []
    nothing = "SELECT '' AS feed, person AS line, who, CAST(NULL AS VARCHAR) AS odd, named FROM keys WHERE false"
    engine.run(f"CREATE OR REPLACE TEMP TABLE unlike AS {' UNION ALL '.join(parts) or nothing}")
    engine.run("""CREATE OR REPLACE TEMP TABLE exceptions AS
        SELECT f.feed, f.line, f.named, f.who, f.odd, k.who IS NOT NULL AS found, coalesce(f.named <> k.named, false) AS differs
        FROM unlike f LEFT JOIN keys k ON f.who = k.who WHERE k.who IS NULL OR f.named <> k.named""")
    engine.run("DROP TABLE unlike")
    engine.run(f"CREATE OR REPLACE TEMP TABLE lost AS {lost('exceptions')}")


def lost(exceptions: str) -> str:
    """A query of the lines of `exceptions`, or of a table like it, that nobody was found for, with what their number reads."""
    return f"""SELECT feed, line, named, coalesce(odd, text_of(who)) AS number FROM {exceptions}
        WHERE NOT found AND (who IS NOT NULL OR odd IS NOT NULL)"""


def name_lost(engine: Engine, intakes: Iterable[Intake]) -> None:
    """Add their names to the lines of `lost`, for whoever looks at how names are written."""
    rows = " UNION ALL ".join(
        f"SELECT {literal(intake.feed.feed)} AS feed, line, {intake.feed.of_type('name')} AS name FROM {intake.accepted_sql()}"
        for intake in intakes
        if _number(intake.feed) and intake.feed.is_linked and intake.feed.of_type("name")
    )
    engine.run("CREATE OR REPLACE TEMP TABLE lost_lines AS SELECT * FROM lost")
    engine.run(f"""CREATE OR REPLACE TEMP TABLE lost AS SELECT l.*, f.name
        FROM lost_lines l LEFT JOIN ({rows or "SELECT '' AS feed, 0 AS line, '' AS name"}) f ON f.feed = l.feed AND f.line = l.line""")


def contact(intake: Intake) -> str:
    """Rows by telephone, else by name within one village, where exactly one resident fits."""
    columns = dict.fromkeys(("file", "row", "line", "phone", "named", "area", *intake.feed.telling))
    return f"""WITH f AS MATERIALIZED (SELECT * FROM {intake.accepted_sql(*columns)}),
        phones AS (SELECT phone, min(person) AS person, min(named) AS named
                   FROM (SELECT phone, person, named FROM register WHERE once AND phone IN (SELECT phone FROM f))
                   WHERE person NOT IN (FROM gone) GROUP BY phone HAVING count(*) = 1),
        asked AS (SELECT DISTINCT named, substr(area, 1, 12) AS place FROM f WHERE strlen(area) >= 12),
        places AS (SELECT a.named, a.place, min(r.person) AS person
                   FROM register r JOIN asked a ON a.named = r.named AND a.place = substr(r.area, 1, 12)
                   WHERE r.once AND r.person NOT IN (FROM gone) AND strlen(r.area) >= 12
                   GROUP BY a.named, a.place HAVING count(*) = 1)
        SELECT f.*, coalesce(p.person, n.person) AS person, coalesce(f.named <> p.named, false) AS differs,
               CASE WHEN p.person IS NOT NULL THEN 'phone' WHEN n.person IS NOT NULL THEN 'name_area' ELSE 'none' END AS how
        FROM f LEFT JOIN phones p ON f.phone = p.phone
               LEFT JOIN places n ON f.named = n.named AND strlen(f.area) >= 12 AND substr(f.area, 1, 12) = n.place"""


# --- for a run on plain files: nothing is written, stage two reads what intake wrote ----------------------------------


def within(engine: Engine, intakes: Sequence[Intake], *, day: date, by: Judge | None = None) -> Linked:
    """Link the rows of feeds to `register` inside the engine: a row's number is its person key, whether anybody has it or not.

    A row whose number nobody has joins no member, so that it feeds no signal; what people decided is not known here.
    """
    find(engine, [intake for intake in intakes if intake.feed.is_linked], day=day, by=by)
    engine.run("DROP TABLE keys")  # of as many rows as the register
    present = frozenset(intake.feed.feed for intake in intakes if intake.accepted)
    linked = Linked(inside={"residents": "register"}, present=present)
    some, sure = (
        {str(feed) for (feed,) in engine.rows(f"SELECT DISTINCT feed FROM {table}")} for table in ("offered", "taken")
    )
    for intake in intakes:
        feed, rows = intake.feed.feed, intake.accepted_sql()
        if not intake.feed.is_linked:
            linked.inside.setdefault(feed, rows)
        elif not _number(intake.feed):
            linked.inside[feed] = f"contact_{feed}"
        elif feed in sure:
            linked.inside[feed] = f"""(SELECT a.*, coalesce(t.person, a.who) AS person FROM {rows} a
                LEFT JOIN taken t ON t.line = a.line AND t.feed = {literal(feed)})"""
        else:
            linked.inside[feed] = f"(SELECT *, who AS person FROM {rows})"
        if feed in some:
            linked.inside_offered[feed] = (
                f"(SELECT a.*, o.person FROM {rows} a JOIN offered o ON o.line = a.line AND o.feed = {literal(feed)})"
            )
    return linked


def lay_out(engine: Engine, linked: Linked, feeds: Mapping[str, Feed], out: Path) -> Linked:
    """What was linked inside an engine as Parquet files for another one, without what names anybody."""
    made = Linked()
    for feed, rows in linked.inside.items():
        cells = "person, household, born, once, coalesce(area, '') AS area, kind, is_head, line"
        if feed != "residents":
            who = ["person"] if feeds[feed].is_linked else []
            cells = ", ".join(["CAST(file AS VARCHAR) AS file", "row", "line", *who, *feeds[feed].telling])
        made.feeds[feed] = (_laid(engine, f"SELECT {cells} FROM {rows}", out / f"{feed}.parquet"),)
        if feed in linked.inside_offered:
            made.offered[feed] = (
                _laid(engine, f"SELECT {cells} FROM {linked.inside_offered[feed]}", out / f"{feed}.offered.parquet"),
            )
    return made


def _laid(engine: Engine, query: str, target: Path) -> Path:
    engine.run(f"COPY ({query}) TO {literal(target)} {SCRATCH}")
    return target


# --- for a site: rows at rest that name nobody, with people's decisions laid over them --------------------------------


def link(engine: DuckEngine, intakes: Sequence[Intake], out: Path, *, key: Callable[[str], str],
         decisions: Sequence[Decision] = (), day: date | None = None, by: Judge | None = None) -> Linked:  # fmt: skip
    """Link the rows of feeds to `register`; write one typed file per feed, and one of offers where there are some.

    No number, name, phone or free text is left in what is written; `mark` (the keyed digest of the row) says which rows
    are the same row. `key` makes that digest, and turns a row's number into what decisions are kept by.
    """
    (out / "offered").mkdir(parents=True, exist_ok=True)
    find(engine, intakes, day=day, by=by)
    _decide(engine, decisions, key)
    linked = Linked()
    for intake in intakes:
        feed = intake.feed.feed
        linked.feeds[feed] = (_write(engine, intake, out / f"{feed}.parquet", key),)
        if engine.rows(f"SELECT 1 FROM offered WHERE feed = {literal(feed)} LIMIT 1"):
            linked.offered[feed] = (_write_offers(engine, intake, out / "offered" / f"{feed}.parquet"),)
    return linked


def _decide(engine: DuckEngine, decisions: Sequence[Decision], key: Callable[[str], str]) -> None:
    """What people decided before: table `settled`; a pair that is different is not offered again."""
    engine.run("CREATE OR REPLACE TEMP TABLE settled AS SELECT number, person FROM offered WHERE false")
    if not decisions:
        return
    engine.run("CREATE OR REPLACE TEMP TABLE decided (row_key VARCHAR, person VARCHAR, same BOOLEAN)")
    engine.insert("decided", ((one.row_key, one.person, one.same) for one in decisions))
    engine.run("CREATE OR REPLACE TEMP TABLE row_keys (number VARCHAR, row_key VARCHAR)")
    engine.insert("row_keys", ((number, key(number)) for (number,) in engine.rows("SELECT DISTINCT number FROM lost")))
    for table in ("offered", "taken"):
        engine.run(f"""DELETE FROM {table} WHERE (number, CAST(person AS VARCHAR)) IN
            (SELECT k.number, d.person FROM row_keys k JOIN decided d ON k.row_key = d.row_key WHERE NOT d.same)""")
    engine.run("""INSERT INTO settled SELECT k.number, min(r.person) FROM row_keys k
        JOIN decided d ON k.row_key = d.row_key AND d.same JOIN register r ON CAST(r.person AS VARCHAR) = d.person GROUP BY k.number""")
    for table in ("offered", "taken"):
        engine.run(f"DELETE FROM {table} WHERE number IN (SELECT number FROM settled)")


def _write(engine: DuckEngine, intake: Intake, target: Path, key: Callable[[str], str]) -> Path:
    """The rows of a feed with their person, how it was found, and the mark of what the row says."""
    feed, target = intake.feed, target.absolute()
    text = " || '\x1f' || ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in feed.columns)
    said = engine.rows(f"SELECT line, {text} FROM {intake.accepted_sql()}")
    engine.run("CREATE OR REPLACE TEMP TABLE marks (line BIGINT, mark VARCHAR)")
    engine.insert("marks", ((line, key(row)) for line, row in said))
    found = f"(SELECT line, person, differs, how FROM contact_{feed.feed})"
    if _number(feed):
        found = f"""(SELECT f.line, coalesce(k.person, s.person, t.person) AS person, coalesce(f.named <> k.named, false) AS differs,
                CASE WHEN k.person IS NOT NULL THEN 'number' WHEN s.person IS NOT NULL THEN 'decided' WHEN t.person IS NOT NULL THEN 'model' ELSE 'none' END AS how
         FROM {intake.accepted_sql()} f LEFT JOIN keys k ON f.who = k.who LEFT JOIN settled s ON s.number = f.{_number(feed)} AND k.person IS NULL
         LEFT JOIN taken t ON t.line = f.line AND t.feed = {literal(feed.feed)})"""
    cells = ", ".join(
        [
            "a.file",
            "a.row",
            "a.line",
            "p.person",
            "p.differs",
            "p.how",
            *(f"a.{name}" for name in feed.telling),
            "m.mark",
        ]
    )
    engine.run(f"""COPY (SELECT {cells} FROM {intake.accepted_sql()} a JOIN {found} p ON p.line = a.line JOIN marks m ON m.line = a.line
        ORDER BY a.line) TO {literal(target)} (FORMAT parquet)""")
    return target


def _write_offers(engine: DuckEngine, intake: Intake, target: Path) -> Path:
    """The rows left to a person, one line per candidate."""
    target = target.absolute()
    cells = [
        "a.file",
        "a.row",
        "a.line",
        "o.person",
        "false AS differs",
        "o.how",
        "o.score",
        *(f"a.{name}" for name in intake.feed.telling),
    ]
    engine.run(f"""COPY (SELECT {", ".join(cells)} FROM {intake.accepted_sql()} a JOIN offered o ON o.line = a.line
        WHERE o.feed = {literal(intake.feed.feed)} ORDER BY a.line, o.person) TO {literal(target)} (FORMAT parquet)""")
    return target
