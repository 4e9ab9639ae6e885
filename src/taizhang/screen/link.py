"""Linking: which resident a row speaks of. Exact after normalising; else candidates for a person to decide on.

An equal valid number is `same`. A number one edit or one exchange of neighbours away from a valid one of the register,
or the same name with the same birth date and area in the number, is `person`: offered, and used only once decided.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from taizhang.screen.engine import SCRATCH, DuckEngine, literal, parquet, word
from taizhang.screen.feeds import IDENTIFYING
from taizhang.screen.intake import Intake

_WEIGHTS: Final = (
    7,
    9,
    10,
    5,
    8,
    4,
    2,
    1,
    6,
    3,
    7,
    9,
    10,
    5,
    8,
    4,
    2,
    1,
)  # GB 11643-1999; the check character counts 1
_INVERSE: Final = tuple(pow(weight, -1, 11) for weight in _WEIGHTS)
SCORES: Final = {"number": 1.0, "decided": 1.0, "phone": 1.0, "name_area": 0.9, "edit": 0.9, "birth": 0.8, "none": 0.0}
"""How sure each way of linking is, before a person or a trained model looks at the row."""


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


@dataclass(frozen=True)
class Linked:
    """The seam between the two stages: typed Parquet per feed with a person key, and what was offered to people."""

    feeds: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    offered: dict[str, tuple[Path, ...]] = field(default_factory=dict)

    @classmethod
    def in_folder(cls, folder: Path) -> Linked:
        """Every `FEED.parquet` or `FEED-*.parquet` of a folder, and of `offered/` below it."""

        def by_feed(place: Path) -> dict[str, tuple[Path, ...]]:
            found: dict[str, tuple[Path, ...]] = {}
            for path in sorted(place.glob("*.parquet")):
                name = path.stem.split("-")[0]
                found[name] = (*found.get(name, ()), path.absolute())
            return found

        return cls(by_feed(folder), by_feed(folder / "offered"))


def load_register(engine: DuckEngine, residents: Intake) -> None:
    """Make the relation `register` from an intake of `residents`. A valid number is its own person key."""
    rows = residents.accepted_sql()
    # one number twice in one household: two lines of the register, one person
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT who, min(line) AS line FROM {rows} WHERE valid GROUP BY who HAVING count(*) > 1"
    )
    first = (
        f"line NOT IN (SELECT r.line FROM {rows} r JOIN doubled d ON d.who = r.who WHERE r.valid AND r.line <> d.line)"
    )
    once = first if engine.rows("SELECT 1 FROM doubled LIMIT 1") else "true"
    engine.run(f"""CREATE OR REPLACE TEMP VIEW register AS
        SELECT CASE WHEN valid THEN who ELSE -line END AS person, number, valid, who, household, name, area, kind,
               coalesce(relation = '户主', false) AS is_head, phone, born, {once} AS once, file, row, line FROM {rows}""")
    _keys(engine)


def load_register_rows(engine: DuckEngine, rows: Iterable[RegisterRow]) -> None:
    """Make the table `register` from rows of a site's own register."""
    engine.run("""CREATE OR REPLACE TEMP TABLE given_register (person VARCHAR, household VARCHAR, number VARCHAR, name VARCHAR,
        area VARCHAR, kind VARCHAR, is_head BOOLEAN, phone VARCHAR)""")
    engine.insert(
        "given_register", ((r.person, r.household, r.number, r.name, r.area, r.kind, r.is_head, r.phone) for r in rows)
    )
    engine.run("""CREATE OR REPLACE TEMP TABLE register_rows AS
        SELECT person, number, is_valid(number) AS valid, CASE WHEN is_valid(number) THEN who_of(number) END AS who, household, name, area, kind, is_head, phone,
               CASE WHEN strlen(number) = 18 THEN in_reason(born_of(number)) END AS born, true AS once, '' AS file, 0 AS row, line
        FROM (SELECT person, household, read_number(number) AS number, read_name(name) AS name, area, kind, is_head,
                     read_phone(phone) AS phone, rowid AS line FROM given_register)""")
    engine.run("CREATE OR REPLACE TEMP VIEW register AS SELECT * FROM register_rows")
    engine.run("DROP TABLE given_register")
    _keys(engine)


def _keys(engine: DuckEngine) -> None:
    engine.run("CREATE OR REPLACE TEMP TABLE keys AS SELECT who, person, name FROM register WHERE valid AND once")


def write_residents(engine: DuckEngine, out: Path) -> Path:
    """The register as stage two reads it: no number, name or phone; birth date and sex are kept."""
    target = (out / "residents.parquet").absolute()
    engine.run(f"""COPY (SELECT person, household, area, kind, is_head, born,
            CASE WHEN valid THEN (who // 11) % 2 = 0 END AS female, once, file, row, line
        FROM register ORDER BY line) TO {literal(target)} {SCRATCH}""")
    return target


def write_plain(engine: DuckEngine, intake: Intake, out: Path) -> Path:
    """A feed that speaks of households or areas, as stage two reads it."""
    target = (out / f"{intake.feed.feed}.parquet").absolute()
    engine.run(f"COPY (SELECT * EXCLUDE (digest) FROM {intake.accepted_sql()}) TO {literal(target)} (FORMAT parquet)")
    return target


def link(engine: DuckEngine, intakes: Sequence[Intake], out: Path, *, decisions: Sequence[Decision] = (),
         key: Callable[[str], str] = str, conceal: bool = False, columns: Mapping[str, Collection[str]] | None = None,
         day: date | None = None) -> Linked:  # fmt: skip
    """Link the rows of feeds to the table `register`; write one typed file per feed, and one of offers where there are some.

    `key` turns a row's number (or name@area) into what decisions are kept by. With `conceal`, no number, name, phone
    or free text is left in what is written, and `mark` (a keyed digest of the row) says which rows are the same row.
    `columns` keeps of each feed only these columns (those that rules look at); None keeps all. Who died up to `day`
    makes no call: a telephone shared with the dead is that of the living.
    """
    (out / "offered").mkdir(parents=True, exist_ok=True)
    drafts: dict[str, _Draft] = {}
    engine.run("CREATE OR REPLACE TEMP TABLE unfound (number VARCHAR, name VARCHAR)")
    engine.run("CREATE OR REPLACE TEMP TABLE gone AS SELECT person FROM register WHERE false")
    for intake in sorted(intakes, key=lambda one: one.feed.keyed == "contact"):
        drafts[intake.feed.feed] = _draft(engine, intake, out, conceal=conceal, columns=columns)
        if intake.feed.feed == "deaths" and day is not None:
            engine.run(f"""INSERT INTO gone SELECT person FROM {parquet([drafts["deaths"].target])}
                WHERE person IS NOT NULL AND died_on <= DATE {literal(day.isoformat())}""")
    engine.run("CREATE OR REPLACE TEMP TABLE unfound AS SELECT DISTINCT number, name FROM unfound")
    _candidates(engine)
    _decide(engine, decisions, key)
    linked = Linked()
    for name, draft in drafts.items():
        offers = _offers(engine, draft, out)
        if offers:
            linked.offered[name] = offers
        if decisions or conceal:
            _finish(engine, draft, key, conceal=conceal)
        linked.feeds[name] = (draft.target,)
        engine.run(f"DROP TABLE IF EXISTS lost_{name}")
    return linked


@dataclass(frozen=True)
class _Draft:
    """A feed joined to the register by equal numbers, before people's decisions are laid over it."""

    intake: Intake
    target: Path
    kept: tuple[str, ...]
    number: str | None
    name: str | None


def _draft(
    engine: DuckEngine, intake: Intake, out: Path, *, conceal: bool, columns: Mapping[str, Collection[str]] | None
) -> _Draft:
    """Write the joined rows; put those without a person into `lost_FEED`, and their numbers into `unfound`.

    Texts that identify somebody stay behind in the intake: carried through the join they would cost more than the join.
    """
    feed = intake.feed
    number, name = feed.of_type("number", "card"), feed.of_type("name")
    kept = tuple(
        column for column, declared in feed.columns.items()
        if declared.type not in IDENTIFYING and (columns is None or column in columns[feed.feed]) and not (conceal and declared.type == "text")
    )  # fmt: skip
    target = (out / f"{feed.feed}.parquet").absolute()
    found = _contact(intake) if number is None else _exact(intake, name or "NULL")
    file = word(intake.files[0].name) if len(intake.files) == 1 else "file"
    cells = ", ".join([f"{file} AS file", "row", "line", "person", "differs", "how", *kept])
    engine.run(f"COPY (SELECT {cells} FROM ({found})) TO {literal(target)} {SCRATCH}")
    exceptions(engine, feed.feed, (target,))
    if number is not None:
        shown = ", ".join(["file", "row", "line", *kept, number, name or "NULL"])
        engine.run(f"""CREATE OR REPLACE TEMP TABLE lost_{feed.feed} AS SELECT {shown} FROM {intake.accepted_sql()}
            WHERE line IN (SELECT line FROM exceptions_{feed.feed} WHERE NOT found)""")
        engine.run(
            f"INSERT INTO unfound SELECT DISTINCT {number}, {name} FROM lost_{feed.feed} WHERE {number} IS NOT NULL"
        )
    return _Draft(intake, target, kept, number, name)


def exceptions(engine: DuckEngine, feed: str, rows: Sequence[Path], offered: Sequence[Path] = ()) -> None:
    """Table `exceptions_FEED`: the few lines that are not simply of one person (line, found, differs, offered)."""
    offer = f"line IN (SELECT line FROM {parquet(offered)})" if offered else "false"
    engine.run(f"""CREATE OR REPLACE TEMP TABLE exceptions_{feed} AS SELECT line, person IS NOT NULL AS found, differs, {offer} AS offered
        FROM {parquet(rows)} WHERE person IS NULL OR differs""")


def _exact(intake: Intake, name: str) -> str:
    """Rows with the resident of the same valid number; `differs` where the name is another."""
    return f"""SELECT f.*, k.person, coalesce(f.{name} <> k.name, false) AS differs,
                      CASE WHEN k.person IS NULL THEN {word("none", SCORES)} ELSE {word("number", SCORES)} END AS how
               FROM {intake.accepted_sql()} f LEFT JOIN keys k ON f.who = k.who"""


def _contact(intake: Intake) -> str:
    """Rows by telephone, else by name within one village, where exactly one resident fits."""
    return f"""WITH f AS MATERIALIZED (SELECT * FROM {intake.accepted_sql()}),
        phones AS (SELECT phone, min(person) AS person, min(name) AS name FROM register
                   WHERE once AND person NOT IN (FROM gone) AND phone IN (SELECT phone FROM f) GROUP BY phone HAVING count(*) = 1),
        places AS (SELECT name, substr(area, 1, 12) AS place, min(person) AS person FROM register
                   WHERE once AND person NOT IN (FROM gone) AND strlen(area) >= 12 AND name IN (SELECT name FROM f)
                   GROUP BY name, substr(area, 1, 12) HAVING count(*) = 1)
        SELECT f.*, coalesce(p.person, n.person) AS person, coalesce(f.name <> p.name, false) AS differs,
               CASE WHEN p.person IS NOT NULL THEN 'phone' WHEN n.person IS NOT NULL THEN 'name_area' ELSE 'none' END AS how
        FROM f LEFT JOIN phones p ON f.phone = p.phone
               LEFT JOIN places n ON f.name = n.name AND strlen(f.area) >= 12 AND substr(f.area, 1, 12) = n.place"""


def _candidates(engine: DuckEngine) -> None:
    """Residents that a number which was not found may have meant: table `candidates` (number, name, person, how)."""
    _broken(engine)
    near = " UNION ALL ".join((*_CHANGED, _EXCHANGED, _LAST_TWO, _SHORTER, _LONGER))
    engine.run(f"""CREATE OR REPLACE TEMP TABLE candidates AS
        WITH meant AS ({near}),
        near AS (SELECT DISTINCT m.number, k.person FROM meant m JOIN keys k ON m.who = k.who),
        named AS (SELECT u.number, u.name, r.person FROM unfound u JOIN register r
                  ON u.name = r.name AND substr(u.number, 1, 14) = substr(r.number, 1, 14)
                  WHERE r.once AND regexp_full_match(substr(u.number, 1, 14), '[0-9]{{14}}') AND born_of(u.number) IS NOT NULL)
        SELECT number, name, person, CASE min(way) WHEN 1 THEN 'edit' ELSE 'birth' END AS how FROM (
            SELECT u.number, u.name, n.person, 1 AS way FROM unfound u JOIN near n ON u.number = n.number
            UNION ALL SELECT number, name, person, 2 FROM named) GROUP BY ALL""")
    engine.run("DROP TABLE broken")


# The check digit leaves one possible character per place, so that nothing has to be searched: with the sum of a valid number
# (digits by their weights, modulo 11) being 1, a number that is `off` by so much is mended at a place by one change at most.
# All on whole numbers: `first` holds seventeen digits, `who` is first * 11 + check, exactly as in `keys`.
_PLACES: Final = "(SELECT unnest(range(1, {})) AS pos)"
_LIST: Final[Callable[[Sequence[int]], str]] = lambda numbers: f"[{', '.join(str(one) for one in numbers)}]"  # noqa: E731
_TENS: Final = _LIST([10 ** (17 - pos) for pos in range(1, 18)])
_CHANGED: Final = (
    f"""SELECT number, (first + (new - v[pos]) * {_TENS}[pos]) * 11 + v[18] AS who FROM (
        SELECT number, first, v, pos, (v[pos] + off * {_LIST(_INVERSE)}[pos]) % 11 AS new FROM broken, {_PLACES.format(18)}
        WHERE long = 18 AND odd IN (0, pos)) WHERE new < 10""",
    "SELECT number, first * 11 + (v[18] + off) % 11 FROM broken WHERE long = 18 AND odd IN (0, 18)",
)
_EXCHANGED: Final = f"""SELECT number, (first + (v[pos + 1] - v[pos]) * ({_TENS}[pos] - {_TENS}[pos + 1])) * 11 + v[18]
    FROM broken, {_PLACES.format(17)} WHERE long = 18 AND odd = 0
      AND (({_LIST(_WEIGHTS)}[pos] - {_LIST(_WEIGHTS)}[pos + 1]) * (v[pos + 1] - v[pos]) - off) % 11 = 0"""
_LAST_TWO: Final = """SELECT number, who_of(substr(number, 1, 16) || substr(number, 18, 1) || substr(number, 17, 1)) FROM broken WHERE long = 18"""
_SHORTER: Final = f"SELECT number, who_of(substr(number, 1, pos - 1) || substr(number, pos + 1)) FROM broken, {_PLACES.format(20)} WHERE long = 19"
_LONGER: Final = f"""SELECT number, who_of(substr(number, 1, pos - 1) || substr('0123456789X', CAST(new AS INTEGER) + 1, 1) || substr(number, pos)) FROM (
    SELECT number, pos, (((1 - sums[pos]) % 11 + 11) * {_LIST(_INVERSE)}[pos]) % 11 AS new
    FROM broken, {_PLACES.format(19)} WHERE long = 17) WHERE new < 10 OR pos = 18"""


def _broken(engine: DuckEngine) -> None:
    """Numbers that were not found and are none: their digits, what they are off by, and the one place that is no digit (`odd`)."""

    def value(pos: int) -> str:
        sign = f"substr(number, {pos}, 1)"
        return f"CASE WHEN {sign} BETWEEN '0' AND '9' THEN ascii({sign}) - 48 WHEN {pos} = long AND {sign} = 'X' THEN 10 ELSE 0 END"

    total = " + ".join(f"v[{pos}] * {weight}" for pos, weight in enumerate(_WEIGHTS, 1))
    first = " + ".join(f"v[{pos}] * {10 ** (17 - pos)}" for pos in range(1, 18))
    digits = ", ".join([*(f"who // {11 * 10 ** (17 - pos)} % 10" for pos in range(1, 18)), "who % 11"])
    # the sum of a number that lacks a character, by the place where it is put in: what stands behind moves to the next weight
    sums = [
        " + ".join(f"v[{pos}] * {_WEIGHTS[pos - 1] if pos < put else _WEIGHTS[pos]}" for pos in range(1, 18))
        for put in range(1, 19)
    ]
    engine.run("""CREATE OR REPLACE TEMP TABLE unread AS SELECT number, strlen(number) AS long, who_of(number) AS who
        FROM (SELECT DISTINCT number FROM unfound) WHERE strlen(number) BETWEEN 17 AND 19""")
    engine.run(f"""CREATE OR REPLACE TEMP TABLE broken AS
        SELECT number, long, v, CASE WHEN long = 17 THEN [{", ".join(sums)}] END AS sums, {first} AS first,
               ((1 - ({total})) % 11 + 11) % 11 AS off, odd
        FROM (SELECT number, long, [{digits}] AS v, 0 AS odd FROM unread WHERE who IS NOT NULL
              UNION ALL
              SELECT number, long, CAST([{", ".join(value(pos) for pos in range(1, 19))}] AS BIGINT[]) AS v,
                     CASE WHEN others = '' THEN 0 ELSE strpos(number, others) END AS odd
              FROM (SELECT *, regexp_replace(regexp_replace(number, 'X$', ''), '[0-9]+', '', 'g') AS others FROM unread
                    WHERE who IS NULL AND regexp_full_match(number, '[0-9A-Z]+')) WHERE strlen(others) <= 1)
        WHERE long <> 18 OR odd <> 0 OR ({total}) % 11 <> 1 OR born_of(number) IS NULL""")
    engine.run("DROP TABLE unread")


def _decide(engine: DuckEngine, decisions: Sequence[Decision], key: Callable[[str], str]) -> None:
    """What people decided before: table `settled`; a pair that is different is not offered again."""
    engine.run("CREATE OR REPLACE TEMP TABLE settled AS SELECT number, person FROM candidates WHERE false")
    if not decisions:
        return
    engine.run("CREATE OR REPLACE TEMP TABLE decided (row_key VARCHAR, person VARCHAR, same BOOLEAN)")
    engine.insert("decided", ((one.row_key, one.person, one.same) for one in decisions))
    engine.run("CREATE OR REPLACE TEMP TABLE row_keys (number VARCHAR, row_key VARCHAR)")
    engine.insert(
        "row_keys", ((number, key(number)) for (number,) in engine.rows("SELECT DISTINCT number FROM unfound"))
    )
    engine.run("""DELETE FROM candidates WHERE (number, CAST(person AS VARCHAR)) IN
        (SELECT k.number, d.person FROM row_keys k JOIN decided d ON k.row_key = d.row_key WHERE NOT d.same)""")
    engine.run("""INSERT INTO settled SELECT k.number, min(r.person) FROM row_keys k
        JOIN decided d ON k.row_key = d.row_key AND d.same JOIN register r ON CAST(r.person AS VARCHAR) = d.person GROUP BY k.number""")
    engine.run("DELETE FROM candidates WHERE number IN (SELECT number FROM settled)")


def _offers(engine: DuckEngine, draft: _Draft, out: Path) -> tuple[Path, ...]:
    """The rows left to a person, one line per candidate."""
    if draft.number is None:
        return ()
    feed = draft.intake.feed.feed
    joined = (
        f"lost_{feed} j JOIN candidates c ON j.{draft.number} = c.number AND j.{draft.name} IS NOT DISTINCT FROM c.name"
    )
    if not engine.rows(f"SELECT 1 FROM {joined} LIMIT 1"):
        return ()
    target = (out / "offered" / f"{feed}.parquet").absolute()
    cells = ", ".join(
        ["j.file", "j.row", "j.line", "c.person", "false AS differs", "c.how", *(f"j.{name}" for name in draft.kept)]
    )
    engine.run(f"COPY (SELECT {cells} FROM {joined} ORDER BY j.line, c.person) TO {literal(target)} (FORMAT parquet)")
    return (target,)


def _finish(engine: DuckEngine, draft: _Draft, key: Callable[[str], str], *, conceal: bool) -> None:
    """Lay decisions over a draft; with `conceal`, give every row its mark."""
    feed, marks = draft.intake.feed, ""
    if conceal:
        text = " || '\x1f' || ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in feed.columns)
        said = engine.rows(f"SELECT line, {text} FROM {draft.intake.accepted_sql()}")
        engine.run("CREATE OR REPLACE TEMP TABLE marks (line BIGINT, mark VARCHAR)")
        engine.insert("marks", ((line, key(row)) for line, row in said))
        marks = "LEFT JOIN marks m ON m.line = d.line"
    settled = "(SELECT CAST(NULL AS BIGINT) AS line, NULL AS person WHERE false)"
    if draft.number:
        settled = f"(SELECT l.line, s.person FROM lost_{feed.feed} l JOIN settled s ON s.number = l.{draft.number})"
    how = "CASE WHEN d.person IS NULL AND s.person IS NOT NULL THEN 'decided' ELSE d.how END AS how"
    cells = ", ".join([*(f"d.{name}" for name in draft.kept), *(["m.mark"] if conceal else [])])
    finished = draft.target.with_suffix(".finished")
    engine.run(f"""COPY (SELECT d.file, d.row, d.line, coalesce(d.person, s.person) AS person, d.differs, {how}{", " if cells else ""}{cells}
        FROM {parquet([draft.target])} d LEFT JOIN {settled} s ON s.line = d.line {marks} ORDER BY d.line)
        TO {literal(finished)} (FORMAT parquet)""")
    finished.replace(draft.target)
