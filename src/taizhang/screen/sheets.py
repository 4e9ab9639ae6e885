"""Reading files as they are: every row with the number a spreadsheet shows, every cell as text."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import _duckdb as duckdb  # as in `engine`

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import header, workbook
from taizhang.screen.engine import DuckEngine, literal
from taizhang.screen.feeds import Feed
from taizhang.screen.workbook import WorkbookLimits

KINDS: Final = (".csv", ".xlsx", ".parquet")
CHUNK: Final = 1 << 22
MAX_COLUMNS: Final = 512


@dataclass(frozen=True)
class Source:
    """One file that was sent."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Raw:
    """The cells of one file: an SQL relation with `row` and the columns c0, c1, …, which are text but for those of `typed`."""

    relation: str
    width: int
    head: Sequence[tuple[int, Sequence[str | None]]]
    source: Source
    first_row: int = 1  # rows above are no data even before a header is looked for
    typed: Mapping[int, str] = field(
        default_factory=dict
    )  # columns that the file itself holds as `date`, `year` or `money`


def files_of(folder: Path, feed: str) -> tuple[Path, ...]:
    """The files of a feed in a folder: `NAME.csv|xlsx|parquet` or several `NAME-*.…`, by the order of their names."""
    found = [
        path for path in folder.iterdir()
        if path.suffix.lower() in KINDS and (path.stem == feed or path.stem.startswith(f"{feed}-"))
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda path: path.name))


def open_raw(engine: DuckEngine, path: Path, feed: Feed, *, table: str, scratch: Path,
             mapping: Mapping[str, str] | None = None, limits: WorkbookLimits | None = None) -> Raw:  # fmt: skip
    """Make the cells of a file readable by SQL. Raises Refusal when it is no such file."""
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _parquet(engine, path)
    if kind == ".xlsx":
        with path.open("rb") as stream:
            source = Source(path.name, hashlib.file_digest(stream, "sha256").hexdigest())
        target = scratch / f"{table}.csv"
        sheet = workbook.unpack(path, target, words=header.words(feed, mapping), limits=limits)
        _load_numbered(engine, target, sheet.width, table)
        target.unlink()
        return _from_table(engine, table, sheet.width, source)
    if kind == ".csv":
        return _csv(engine, path, table, scratch)
    raise Refusal(
        "file_kind",
        Text(f"文件 {path.name} 不是 CSV、XLSX 或 Parquet。", f"File {path.name} is no CSV, XLSX or Parquet."),
        Text("请另存为其中一种再送。", "Save it as one of these and send it again."),
    )


def _parquet(engine: DuckEngine, path: Path) -> Raw:
    with path.open("rb") as stream:
        source = Source(path.name, hashlib.file_digest(stream, "sha256").hexdigest())
    table = f"read_parquet({literal(path.absolute())}, file_row_number = true)"
    try:
        told = engine.rows(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {table}")
    except duckdb.Error as error:
        raise _unreadable(path, "Parquet") from error
    typed = {at: kind for at, row in enumerate(told) if (kind := _kind(str(row[1])))}
    cells = [(at, '"' + str(row[0]).replace('"', '""') + '"') for at, row in enumerate(told)]
    shown = ", ".join(f"{name} AS c{at}" if at in typed else f"CAST({name} AS VARCHAR) AS c{at}" for at, name in cells)
    relation = f"(SELECT file_row_number + 1 AS row, {shown} FROM {table})"
    return Raw(relation, len(told), [(0, [str(row[0]) for row in told])], source, typed=typed)


def _kind(type_name: str) -> str:
    """What a column of this type of DuckDB is at once, without being read as text: nothing, but for days, years and exact amounts."""
    exact = re.fullmatch(r"DECIMAL\((\d+),([0-2])\)", type_name)
    if exact:
        return "money" if int(exact[1]) <= 18 else ""
    return {"DATE": "date", "INTEGER": "year", "BIGINT": "year"}.get(type_name, "")


def _from_table(engine: DuckEngine, table: str, width: int, source: Source) -> Raw:
    cells = ", ".join(f"c{at}" for at in range(width))
    head = engine.rows(f"SELECT row, {cells} FROM {table} WHERE row <= {header.HEAD} ORDER BY row")
    return Raw(table, width, [(row[0], row[1:]) for row in head], source)


# --- CSV ------------------------------------------------------------------------------------------------------------


@dataclass
class _Looked:
    """What one pass over the bytes of a CSV file told."""

    sha256: str = ""
    utf8: bool = True
    quotes: bool = False
    gaps: bool = False  # an empty line before the last one: the fast reader would not count it
    returns: int = 0
    feeds: int = 0
    pairs: int = 0
    nul: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether every line of the file is one row, so that the fast reader counts as a spreadsheet does."""
        one_ending = self.pairs == self.returns and self.pairs in (0, self.feeds)
        return one_ending and not self.gaps


def _look(path: Path) -> _Looked:
    looked, digest = _Looked(), hashlib.sha256()
    decoder, tail, pending_gap = codecs.getincrementaldecoder("utf-8")(), b"\n", False
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            digest.update(piece)
            if looked.utf8:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    looked.utf8 = False
            text = tail + piece
            looked.nul |= b"\0" in piece
            looked.quotes |= b'"' in piece
            looked.returns += piece.count(b"\r")
            looked.feeds += piece.count(b"\n")
            looked.pairs += text.count(b"\r\n") - tail.count(b"\r\n")
            at = max(text.rfind(b"\n\n"), text.rfind(b"\n\r\n"))
            if pending_gap and piece.strip():
                looked.gaps = True
            if at >= 0:
                first = min(p for p in (text.find(b"\n\n"), text.find(b"\n\r\n")) if p >= 0)
                looked.gaps |= bool(text[first:].strip())
                pending_gap = True
            tail = text[-2:]
    try:
        if looked.utf8:
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        looked.utf8 = False
    looked.sha256 = digest.hexdigest()
    return looked


def _csv(engine: DuckEngine, path: Path, table: str, scratch: Path) -> Raw:
    looked = _look(path)
    source = Source(path.name, looked.sha256)
    if looked.nul:
        raise _unreadable(path, "CSV")
    text, made = path, None
    if not looked.utf8:
        text = made = _converted(path, scratch / f"{table}-utf8.csv")
    delimiter = _delimiter(text)
    width = _width(text, delimiter)
    try:
        if not (looked.is_plain and _load_fast(engine, text, width, delimiter, table)):
            width = _load_slowly(engine, text, delimiter, table, scratch, path)
    finally:
        if made:
            made.unlink()
    return _from_table(engine, table, width, source)


def _converted(path: Path, target: Path) -> Path:
    """The same text in UTF-8. Raises Refusal when the bytes are neither UTF-8 nor GB 18030."""
    try:
        with path.open(encoding="gb18030", newline="") as read, target.open("w", encoding="utf-8", newline="") as write:
            while piece := read.read(CHUNK):
                write.write(piece)
    except UnicodeDecodeError as error:
        target.unlink(missing_ok=True)
        raise Refusal(
            "encoding",
            Text(
                f"文件 {path.name} 的编码既不是 UTF-8 也不是 GB 18030。",
                f"File {path.name} is neither UTF-8 nor GB 18030.",
            ),
            Text(
                "请用表格软件打开，另存为“CSV UTF-8”或 xlsx。",
                "Open it in a spreadsheet program and save it as “CSV UTF-8” or xlsx.",
            ),
        ) from error
    return target


def _first_records(path: Path, delimiter: str) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        try:
            return [record for _, record in zip(range(header.HEAD), reader, strict=False)]
        except csv.Error as error:
            raise _unreadable(path, "CSV") from error


def _delimiter(path: Path) -> str:
    """Comma unless another one makes clearly more columns (tables pasted as text use tabs or semicolons)."""
    counted = {sign: max((len(record) for record in _first_records(path, sign)), default=0) for sign in ",\t;"}
    return "," if counted[","] > 1 else max(counted, key=lambda sign: counted[sign])


def _width(path: Path, delimiter: str) -> int:
    width = max((len(record) for record in _first_records(path, delimiter)), default=0)
    if width > MAX_COLUMNS:
        raise _unreadable(path, "CSV")
    return max(width, 1)


def _load_fast(engine: DuckEngine, path: Path, width: int, delimiter: str, table: str) -> bool:
    """Read the lines in parallel; False when a line does not fit, and the careful reader must look."""
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(width))
    try:
        engine.run(
            f"CREATE OR REPLACE TEMP TABLE {table}_lines AS SELECT * FROM read_csv({literal(path.absolute())}, header = false, "
            f"auto_detect = false, delim = {literal(delimiter)}, quote = '\"', escape = '\"', null_padding = true, "
            f"columns = {{{columns}}})"
        )
    except duckdb.Error:
        return False
    cells = ", ".join(f"c{at}" for at in range(width))
    engine.run(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT rowid + 1 AS row, {cells} FROM {table}_lines")
    return True


def _load_slowly(engine: DuckEngine, path: Path, delimiter: str, table: str, scratch: Path, sent: Path) -> int:
    """Read record by record with an exact count of rows; for files with line breaks in cells, empty or ragged lines."""
    target, width = scratch / f"{table}.csv", 0
    csv.field_size_limit(1 << 20)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            width = max((len(record) for record in csv.reader(stream, delimiter=delimiter)), default=0)
        if not 0 < width <= MAX_COLUMNS:
            raise _unreadable(sent, "CSV")
        with (
            path.open(encoding="utf-8-sig", newline="") as stream,
            target.open("w", encoding="utf-8", newline="") as write,
        ):
            writer = csv.writer(write, quoting=csv.QUOTE_ALL, lineterminator="\n")
            padding = [""] * width
            for number, record in enumerate(csv.reader(stream, delimiter=delimiter), 1):
                if any(record):
                    writer.writerow([number, *record, *padding[len(record) :]])
    except csv.Error as error:
        raise _unreadable(sent, "CSV") from error
    _load_numbered(engine, target, width, table)
    target.unlink()
    return width


def _load_numbered(engine: DuckEngine, path: Path, width: int, table: str) -> None:
    columns = ", ".join(["'row': 'BIGINT'", *(f"'c{at}': 'VARCHAR'" for at in range(width))])
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({literal(path.absolute())}, header = false, "
        f"auto_detect = false, delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


def drop(engine: DuckEngine, table: str) -> None:
    """Forget the cells of a file once they are typed."""
    for kind, name in (("VIEW", table), ("TABLE", f"{table}_lines"), ("TABLE", table)):
        try:
            engine.run(f"DROP {kind} IF EXISTS {name}")
        except duckdb.CatalogException:
            continue


def _unreadable(path: Path, kind: str) -> Refusal:
    return Refusal(
        "unreadable",
        Text(f"文件 {path.name} 不能作为 {kind} 读取。", f"File {path.name} cannot be read as {kind}."),
        Text(
            "请用表格软件打开，检查后另存再送。",
            "Open it in a spreadsheet program, look at it, save it and send it again.",
        ),
    )
