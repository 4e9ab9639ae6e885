"""Intake: the cells of a file become typed rows, and every row that cannot be read is kept with its reasons.

Accepted + rejected = received. A row whose person is unknown is no bad row: finding the person is linking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from taizhang.kit.text import Text
from taizhang.screen import header, sheets, spelling
from taizhang.screen.cage import plain
from taizhang.screen.engine import SCRATCH, DuckEngine, Engine, carry, literal, more_than_once, parquet, word
from taizhang.screen.feeds import Column, Feed
from taizhang.screen.sheets import Source
from taizhang.screen.workbook import WorkbookLimits

CEILING: Final = 10_000_000 * 100  # fen; the policy number amount_ceiling
FILES: Final = (
    32  # a line is its batch, its file within the batch, and its row within the file: from which bit on the file
)
ROWS: Final = (1 << FILES) - 1
REASONS: Final[Mapping[str, Text]] = {
    "date": Text("“{column}”写的是“{value}”，读不出日期；请写成 2021-12-20 的样子。", "“{column}” is “{value}”, which is no date; write it as 2021-12-20."),
    "month": Text("“{column}”写的是“{value}”，读不出年月；请写成 2021-12 的样子。", "“{column}” is “{value}”, which is no month; write it as 2021-12."),
    "year": Text("“{column}”写的是“{value}”，读不出年度；请写成 2021 的样子。", "“{column}” is “{value}”, which is no year; write it as 2021."),
    "money": Text("“{column}”写的是“{value}”，读不出精确到分的金额；请只写数字。", "“{column}” is “{value}”, which is no amount in whole fen; write digits only."),
    "negative": Text("“{column}”是负数 {value}；这类数据不能有负数。", "“{column}” is negative ({value}), which it may not be."),
    "too_large": Text("“{column}”是 {value}，超过单笔上限，请核对单位。", "“{column}” is {value}, above the ceiling of one row: look at the unit."),
    "empty": Text("“{column}”是空的；这一列必须填写。", "“{column}” is empty, but it is needed."),
    "word": Text("“{column}”写的是“{value}”，不是认识的词。", "“{column}” is “{value}”, which is no known word."),
    "area": Text("“{column}”写的是“{value}”，不是区划代码。", "“{column}” is “{value}”, which is no area code."),
    "nobody": Text("这一行既没有可用的证件号码，也没有姓名，不知道是谁。", "The row has neither a usable number nor a name: nobody can tell whose it is."),
    "total": Text("这是合计行，不是一条记录。", "This is a total line, no record."),
    "repeat": Text("与前面的 {value} 完全相同，重复行不再计入。", "It equals the earlier {value}; a repeated row is not counted again."),
    "two_households": Text("证件号码 {value} 同时出现在两户里，两处都不计入，请先查清。", "The number {value} stands in two households: neither row is counted until this is cleared up."),
}  # fmt: skip


@dataclass(frozen=True)
class Intake:
    """What came of reading a feed: typed rows with their faults, and counts that add up."""

    feed: Feed
    files: tuple[Source, ...]
    received: int
    rejected: int
    parsed: tuple[Path, ...]  # one Parquet file per file sent; accepted and rejected rows
    late: int  # good rows that are one too many: repeats, and numbers in two households
    twins: int  # rows of a register whose valid number stands in another row too
    rejects: Path  # feed, file, row, column, value, reason, sentence, line

    @property
    def accepted(self) -> int:
        """Rows that were read."""
        return self.received - self.rejected

    @property
    def derived(self) -> tuple[str, ...]:
        """What is known of the number besides its text, and the name as a whole number."""
        return ("who", "valid", "born", "named") if self.feed.keyed == "register" else ("who", "odd", "named")

    def accepted_sql(self, *columns: str) -> str:
        """An SQL relation of the accepted rows: file, row, line, digest, who and the declared columns; or some of these alone."""
        names = ", ".join(columns or ["file", "row", "line", "digest", *self.derived, *self.feed.columns])
        late = f"SELECT line FROM {parquet([self.rejects])} WHERE reason IN ('repeat', 'two_households')"
        without = f" AND line NOT IN ({late})" if self.late else ""
        return f"(SELECT {names} FROM {parquet(self.parsed)} WHERE NOT bad{without})"


def read(engine: DuckEngine, feed: Feed, files: Sequence[Path], out: Path, *, mapping: Mapping[str, str] | None = None,
         ceiling: int = CEILING, limits: WorkbookLimits | None = None, sequence: int = 0, across: Engine | None = None) -> Intake:  # fmt: skip
    """Read the files of one feed into typed Parquet under `out`.

    `mapping` is a saved {their header: our column}; `ceiling` is in fen; `sequence` orders this batch among
    others of the feed; `across` is what holds rows against each other, if that is another machine. Raises Refusal when a file as a whole cannot be read; single bad rows are rejected.
    """
    out.mkdir(parents=True, exist_ok=True)
    parsed, sources = [], []
    for at, path in enumerate(files):
        target = (out / f"{feed.feed}-{at:04d}.parquet").absolute()
        offset = (sequence << 44) + (at << FILES)
        sources.append(
            parse(engine, feed, path, target, offset=offset, mapping=mapping, ceiling=ceiling, limits=limits)
        )
        parsed.append(target)
    rejects = (out / f"{feed.feed}.rejects.parquet").absolute()
    return _reject(engine, feed, sources, parsed, rejects, across or engine)


def parse(engine: DuckEngine, feed: Feed, path: Path, target: Path, *, offset: int, mapping: Mapping[str, str] | None = None,
          ceiling: int = CEILING, limits: WorkbookLimits | None = None) -> Source:  # fmt: skip
    """Read one file into typed Parquet at `target`; its lines count from `offset`. Raises Refusal when it cannot be read."""
    table = f"raw_{feed.feed}"
    raw = sheets.open_raw(engine, path, feed, table=table, scratch=target.parent, mapping=mapping, limits=limits)
    top = header.find(path.name, raw.head, feed, mapping)
    engine.run(
        f"COPY ({_parse(feed, raw, top, ceiling=ceiling, offset=offset)}) TO {literal(target.absolute())} {SCRATCH}"
    )
    sheets.drop(engine, table)
    return raw.source


# --- one file -------------------------------------------------------------------------------------------------------


def _parse(feed: Feed, raw: sheets.Raw, top: header.Header, *, ceiling: int, offset: int) -> str:
    """The query that types every row of a file and notes what is wrong with it."""
    names = list(feed.columns)
    at_once = {name: _at_once(feed.columns[name], raw, top, name) for name in names}
    cells = {name: _text(raw, top.cells[name]) if name in top.cells else "CAST(NULL AS VARCHAR)" for name in names}
    given = ", ".join(
        f"{f'c{top.cells[name]}' if at_once[name] == 'typed' else cells[name]} AS r_{name}" for name in names
    )
    told = {name: f"CAST(r_{name} AS VARCHAR)" if at_once[name] == "typed" else f"r_{name}" for name in names}
    quick = ", ".join(_quick(feed.columns[name], name, how) for name, how in at_once.items())
    clean = ", ".join(_clean(feed.columns[name], name, how, told[name]) for name, how in at_once.items())
    typed = ", ".join(
        f"coalesce(q_{name}, {_value(column, f't_{name}', top.factors.get(name, 1))}) AS {name}" if at_once[name]
        else f"{_value(column, f't_{name}', top.factors.get(name, 1))} AS {name}"
        for name, column in feed.columns.items()
    )  # fmt: skip
    faults = ", ".join(f"{_fault(feed, name, ceiling, told[name])} AS f_{name}" for name in names)
    bad = " OR ".join(["whole IS NOT NULL", *(f"f_{name} IS NOT NULL" for name in names)])
    codes = ", ".join(["whole", *(f"CASE WHEN whole = 'total' THEN NULL ELSE f_{name} END" for name in names)])
    values = ", ".join(["label", *told.values()])
    labels = [_text(raw, at) for at in top.strangers] + [
        cells[name]
        for name, column in feed.columns.items()
        if column.type in ("number", "card", "name", "key", "area") and name in top.cells
    ]
    is_total = " ".join(f"WHEN contains({cell}, '计') AND is_total({cell}) THEN {cell}" for cell in labels)
    shown = " OR ".join(f"strlen({cells[name]}) > 3" for name in names[:2] if name in top.cells) or "false"
    every = " || ".join(f"coalesce({_text(raw, at)}, '')" for at in range(raw.width))
    kept = ", ".join(
        [*(f"r_{name}" for name in names), *(f"q_{name}" for name in [feed.of_type("number", "card")] if name)]
    )
    return f"""
SELECT {word(raw.source.name)} AS file, CAST(row AS INTEGER) AS row, row + {offset} AS line, bad,
       CASE WHEN NOT bad THEN hash({", ".join(names)}) END AS digest, {_who(feed)}, {", ".join(names)},
       CASE WHEN bad THEN [{codes}] END AS faults, CASE WHEN bad THEN [{values}] END AS given
FROM (SELECT *, ({bad}) AS bad
      FROM (SELECT *, {_whole(feed)} AS whole, {faults}
            FROM (SELECT row, label, {kept}, {typed}
                  FROM (SELECT *, {clean}
                        FROM (SELECT *, {quick}
                              FROM (SELECT row, {"CASE " + is_total + " END" if is_total else "CAST(NULL AS VARCHAR)"} AS label, {given}
                                    FROM {raw.relation}
                                    WHERE row > {top.row} AND CASE WHEN {shown} THEN true ELSE NOT is_blank({every}) END))))))"""


def _text(raw: sheets.Raw, at: int) -> str:
    """A cell as text."""
    return f"CAST(c{at} AS VARCHAR)" if at in raw.typed else f"c{at}"


def _at_once(column: Column, raw: sheets.Raw, top: header.Header, name: str) -> str:
    """Whether a cell has its value already (`typed`), or may have it in one step (`quick`): amounts in yuan, dates, numbers, names."""
    if name not in top.cells or column.type not in spelling.QUICK or top.factors.get(name, 1) != 1:
        return ""
    return "typed" if raw.typed.get(top.cells[name]) == column.type else "quick"


def _quick(column: Column, name: str, how: str) -> str:
    """The expression of a value that can be had at once; NULL where it cannot."""
    if how == "typed":
        return f"{spelling.TYPED[column.type]}(r_{name}) AS q_{name}"
    return f"{spelling.QUICK[column.type]}(r_{name}) AS q_{name}" if how else f"CAST(NULL AS VARCHAR) AS q_{name}"


def _clean(column: Column, name: str, how: str, text: str) -> str:
    """The expression of a clean text, where the value could not be had at once."""
    clean = f"{spelling.CLEAN[column.type]}({text})"
    return f"CASE WHEN q_{name} IS NULL THEN {clean} END AS t_{name}" if how else f"{clean} AS t_{name}"


def _value(column: Column, text: str, factor: int) -> str:
    """The expression that reads a cleaned cell; NULL where it cannot."""
    if column.type == "money":
        return f"fen_of({text}, {factor})"
    if column.type == "area":
        return f"area_of({text})" if column.needed else f"kept({text})"
    if column.type == "code":
        known = " ".join(
            f"WHEN {literal(plain(word))} THEN {literal(code)}"
            for code, words in column.values.items()
            for word in words
        )
        other = f" ELSE kept({text})" if column.others == "kept" else ""
        read = f"CASE {text} {known}{other} END"
        return f"CAST({read} AS INTEGER)" if column.number else read
    return f"{spelling.VALUE[column.type]}({text})" if column.type in spelling.VALUE else text


def _fault(feed: Feed, name: str, ceiling: int, cell: str) -> str:
    """The expression that names what is wrong with a cell; NULL where nothing is. `cell` is its text."""
    column = feed.columns[name]
    needed = "'empty'" if column.needed or column.type == "key" else "NULL"
    code = {"code": "word", "area": "area"}.get(column.type, column.type)
    if column.type == "money":
        negative = "" if column.negative else f"WHEN {name} < 0 THEN 'negative' "
        return (
            f"CASE WHEN {name} BETWEEN 0 AND {ceiling} THEN NULL {negative}WHEN {name} > {ceiling} THEN 'too_large' "
            f"WHEN {name} IS NOT NULL THEN NULL WHEN is_blank({cell}) THEN {needed} ELSE 'money' END"
        )
    if column.type in ("date", "month", "year", "code") or (column.type == "area" and column.needed):
        return f"CASE WHEN {name} IS NOT NULL THEN NULL WHEN is_blank({cell}) THEN {needed} ELSE '{code}' END"
    if column.type == "key":
        return f"CASE WHEN {name} IS NULL THEN 'empty' END"
    return "CAST(NULL AS VARCHAR)"


def _who(feed: Feed) -> str:
    """The identity number as a whole number, so that linking compares eight bytes and not eighteen; and its text where that is none.

    For a register also whether the number is a valid one, and the birth date in it. `named` is the hash of the name: of two rows
    it says, but for one pair in 2^64, whether they name the same; it is NULL where there is no name.
    """
    number = feed.of_type("number", "card")
    who = f"coalesce(who_in(q_{number}), who_of({number}))" if number else "CAST(NULL AS BIGINT)"
    name = feed.of_type("name")
    named = f"CASE WHEN {name} IS NOT NULL THEN hash({name}) END" if name else "CAST(NULL AS UBIGINT)"
    if feed.keyed != "register":
        odd = f"odd_of({who}, {number})" if number else "CAST(NULL AS VARCHAR)"
        return f"{who} AS who, {odd} AS odd, {named} AS named"
    born = f"CASE WHEN strlen({number}) = 18 THEN born_of({number}) END"
    return f"{who} AS who, is_right({number}, {who}, {born}) AS valid, in_reason({born}) AS born, {named} AS named"


def _whole(feed: Feed) -> str:
    """What is wrong with the row as a whole: a total line, or nobody it could be about."""
    nobody = ""
    number, name, phone = feed.of_type("number", "card"), feed.of_type("name"), feed.of_type("phone")
    if number and name:
        nobody = f" WHEN {name} IS NULL AND NOT is_valid({number}) THEN 'nobody'"
    elif name and phone:
        nobody = f" WHEN {name} IS NULL AND {phone} IS NULL THEN 'nobody'"
    return f"CASE WHEN label IS NOT NULL THEN 'total'{nobody} END"


# --- the whole feed -------------------------------------------------------------------------------------------------


def _reject(engine: DuckEngine, feed: Feed, sources: Sequence[Source], parsed: Sequence[Path], target: Path, across: Engine) -> Intake:  # fmt: skip
    """Write the rejects of a feed, and count."""
    rows = parquet(parsed)
    twins = _surplus(across, feed, rows)
    if across is not engine:
        carry("surplus", across, engine, target.with_name(f"{feed.feed}.surplus.parquet"))
    engine.run(f"CREATE OR REPLACE TEMP TABLE refused AS {bad_cells(feed, rows)} UNION ALL SELECT * FROM surplus")
    engine.run(f"COPY ({told(feed, 'refused')} ORDER BY line) TO {literal(target)} (FORMAT parquet)")
    received = engine.rows(f"SELECT count(*) FROM {rows}")[0][0]
    rejected = engine.rows("SELECT count(DISTINCT line) FROM refused")[0][0]
    late = engine.rows("SELECT count(*) FROM surplus")[0][0]
    for table in ("refused", "surplus"):
        engine.run(f"DROP TABLE {table}")
    return Intake(feed, tuple(sources), received, rejected, tuple(parsed), late, twins, target)


def _surplus(engine: Engine, feed: Feed, rows: str) -> int:
    """Table `surplus` (line, file, row, column_name, value, reason): good rows that are one too many. Gives how many numbers of a register stand in two rows."""
    often = more_than_once(engine, "digest", f"{rows} WHERE NOT bad")
    repeated = f"(SELECT * FROM {rows} WHERE NOT bad AND digest IN ({often}))"
    engine.run(f"CREATE OR REPLACE TEMP TABLE surplus AS {repeats(repeated, feed.columns)}")
    return _refuse_two_households(engine, rows) if feed.keyed == "register" else 0


def _filled(template: str) -> str:
    """A sentence with {column} and {value} as an SQL expression."""
    made = literal(template).replace("{column}", "' || column_name || '").replace("{value}", "' || value || '")
    return f"({made})"


def bad_cells(feed: Feed, rows: str) -> str:
    """A query of the cells of parsed rows that cannot be read: line, file, row, column_name, value, reason."""
    number = feed.of_type("number", "card", "phone", "key", "area") or next(iter(feed.columns))
    labels = [feed.columns[number].zh, *(column.zh for column in feed.columns.values())]
    return f"""SELECT line, file, row, column_name, coalesce(value, '') AS value, reason
        FROM (SELECT line, file, row, unnest([{", ".join(literal(label) for label in labels)}]) AS column_name,
                     unnest(given) AS value, unnest(faults) AS reason FROM {rows} WHERE bad) WHERE reason IS NOT NULL"""


def told(feed: Feed, refused: str) -> str:
    """A query that gives refused cells as a department reads them, each with its sentence and its line."""
    arms = " ".join(f"WHEN {literal(code)} THEN {_filled(text.zh)}" for code, text in REASONS.items())
    return f"""SELECT {literal(feed.feed)} AS feed, file, row, column_name AS "column", value, reason,
        CASE reason {arms} END AS sentence, line FROM {refused}"""


def repeats(repeated: str, columns: Iterable[str]) -> str:
    """A query of the lines that equal an earlier one in these columns, after normalising, among rows that may."""
    names = ", ".join(columns)
    return f"""
        WITH placed AS (SELECT line, file, row, row_number() OVER same AS nth, first_value(file) OVER same AS first_file,
                          first_value(row) OVER same AS first_row
                   FROM {repeated} WINDOW same AS (PARTITION BY {names} ORDER BY line))
        SELECT line, file, row, '' AS column_name,
               CASE WHEN first_file = file THEN '' ELSE first_file || ' ' END || '第 ' || first_row || ' 行' AS value, 'repeat' AS reason
        FROM placed WHERE nth > 1"""


def _refuse_two_households(engine: Engine, rows: str) -> int:
    """A valid number that stands in two households: every row of it. Gives how many rows have their number twice."""
    good = f"{rows} WHERE NOT bad AND valid AND line NOT IN (SELECT line FROM surplus)"
    engine.run(f"""CREATE OR REPLACE TEMP TABLE twins AS
        SELECT line, file, row, number, who, household FROM {good} AND who IN ({more_than_once(engine, "who", good)})""")
    engine.run("""INSERT INTO surplus
        WITH twice AS (SELECT who FROM twins GROUP BY who HAVING min(household) <> max(household))
        SELECT line, file, row, '证件号码', number, 'two_households' FROM twins WHERE who IN (SELECT who FROM twice)""")
    count: int = engine.rows("SELECT count(*) FROM twins")[0][0]
    engine.run("DROP TABLE twins")
    return count
