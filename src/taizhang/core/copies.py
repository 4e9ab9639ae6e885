"""Copies of a ledger as `taizhang.core.verify` reads them: a SQLite file, a PostgreSQL address, a bundle of lines."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg

from taizhang.core import append_only
from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

Row = tuple[Any, ...]  # in the order of COLUMNS, written as chained bytes write it
COLUMNS: Final = (
    "seq", "prev", "digest", "body", "id", "district", "kind", "case", "n",
    "act", "account", "post", "area", "happened", "received", "key",
)  # fmt: skip
DATABASE: Final = "taizhang.sqlite3"


class Copy(Protocol):
    """What can be checked."""

    columns: bool  # whether there are columns, and other tables, besides the bytes
    evidence: Path | None

    def rows(self) -> Iterable[Row]:
        """The entries in order of their sequence."""
        ...

    def district(self) -> tuple[int, str, str, str, bool] | None:
        """Sequence, head, code, algorithm and demo stamp of the district's own row."""
        ...

    def missing_triggers(self) -> list[str]:
        """Protections that should be there and are not."""
        ...

    def cases(self) -> Iterable[tuple[str, int]]:
        """Each case and the number of its entries."""
        ...

    def sealed(self) -> Iterable[str]:
        """The ids of sealed values."""
        ...

    def files(self) -> Iterable[tuple[str, str]]:
        """The ids of evidence and the digests it names."""
        ...


@contextmanager
def open_copy(source: str | Path) -> Iterator[Copy]:
    """Open a copy for reading only. Raises Refusal("copy")."""
    if str(source).startswith(("postgres://", "postgresql://")):
        with _postgres(str(source)) as server:
            yield server
        return
    path = Path(source)
    if path.is_dir():
        path = path / DATABASE
    if not path.is_file():
        raise _refused(path, "文件不存在", "there is no such file")
    with path.open("rb") as file:
        start = file.read(16)
    if start == b"SQLite format 3\x00":
        # a copy without its write-ahead log is complete: reading it then needs no lock and no writable folder
        beside = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{beside}", uri=True)
        try:
            yield _Sqlite(connection, path.parent / "evidence")
        except sqlite3.DatabaseError as error:
            raise _refused(path, f"不是台账数据库：{error}", f"it is no database of this product: {error}") from None
        finally:
            connection.close()
    elif start[:1] == b"{" or start[:2] == b"\x1f\x8b":
        yield _Bundle(path)
    else:
        raise _refused(path, "既不是数据库也不是导出的链", "it is neither a database nor an exported chain")


class _Sqlite:
    columns = True

    def __init__(self, connection: sqlite3.Connection, evidence: Path) -> None:
        self.connection = connection
        self.evidence: Path | None = evidence
        connection.text_factory = _readable

    def rows(self) -> Iterable[Row]:
        columns = ("account_id", "post_id")
        account, post = (_dashed(name) for name in columns)
        return self.connection.execute(
            f"SELECT seq, prev, digest, body, {_dashed('id')}, district_id, kind, {_dashed('case_id')}, n, act, "  # noqa: S608
            f"{account}, {post}, area_path, {_instant('happened')}, {_instant('received')}, {_dashed('key')} "
            "FROM core_entry ORDER BY seq"
        )

    def district(self) -> tuple[int, str, str, str, bool] | None:
        row = self.connection.execute("SELECT seq, head, code, algorithm, demo FROM core_district").fetchone()
        return (row[0], row[1], row[2], row[3], bool(row[4])) if row else (0, "", "", "", False)

    def missing_triggers(self) -> list[str]:
        there = dict(self.connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        return sorted(name for name, sql in append_only.sqlite_triggers().items() if there.get(name) != sql)

    def cases(self) -> Iterable[tuple[str, int]]:
        return self.connection.execute(f"SELECT {_dashed('id')}, n FROM core_case")  # noqa: S608

    def sealed(self) -> Iterable[str]:
        return (row[0] for row in self.connection.execute(f"SELECT {_dashed('id')} FROM core_sealed"))  # noqa: S608

    def files(self) -> Iterable[tuple[str, str]]:
        return self.connection.execute(f"SELECT {_dashed('id')}, digest FROM core_evidence WHERE entry_id IS NOT NULL")  # noqa: S608


class _Postgres:
    columns = True
    evidence: Path | None = None

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def _all(self, query: str) -> Iterable[Any]:
        with self.connection.cursor(name="verify") as cursor:  # on the server: a million rows are not held here
            cursor.itersize = 5000
            cursor.execute(query)
            yield from cursor

    def rows(self) -> Iterable[Row]:
        happened, received = (
            f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
            for name in ("happened", "received")
        )
        return self._all(
            "SELECT seq, prev, digest, body, id::text, district_id, kind, case_id::text, n, act, account_id::text, "  # noqa: S608
            f"post_id::text, area_path, {happened}, {received}, key::text "
            "FROM core_entry ORDER BY seq"
        )

    def district(self) -> tuple[int, str, str, str, bool] | None:
        row = self.connection.execute("SELECT seq, head, code, algorithm, demo FROM core_district").fetchone()
        return tuple(row) if row else (0, "", "", "", False)

    def missing_triggers(self) -> list[str]:
        there = self._all("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        return sorted(set(append_only.postgres_triggers()) - {row[0] for row in there})

    def cases(self) -> Iterable[tuple[str, int]]:
        return self._all("SELECT id::text, n FROM core_case")

    def sealed(self) -> Iterable[str]:
        return (row[0] for row in self._all("SELECT id::text FROM core_sealed"))

    def files(self) -> Iterable[tuple[str, str]]:
        return self._all("SELECT id::text, digest FROM core_evidence WHERE entry_id IS NOT NULL")


class _Bundle:
    columns = False

    def __init__(self, path: Path) -> None:
        self.path = path
        folder = path.parent / "evidence"
        self.evidence: Path | None = folder if folder.is_dir() else None

    def rows(self) -> Iterable[Row]:
        packed = self.path.suffix == ".gz"
        with gzip.open(self.path, "rt", encoding="utf-8") if packed else self.path.open(encoding="utf-8") as lines:
            for at, line in enumerate(lines, 1):
                try:
                    held = json.loads(line)
                    said = json.loads(held["body"])
                    yield said["seq"], said["prev"], held["digest"], held["body"]
                except (ValueError, TypeError, KeyError):
                    raise _refused(self.path, f"第 {at} 行读不出来", f"line {at} cannot be read") from None

    def district(self) -> tuple[int, str, str, str, bool] | None:
        return None

    def missing_triggers(self) -> list[str]:
        return []

    def cases(self) -> Iterable[tuple[str, int]]:
        return []

    def sealed(self) -> Iterable[str]:
        return []

    def files(self) -> Iterable[tuple[str, str]]:
        return []


def write_bundle(source: str | Path, target: Path) -> int:
    """Write the entries of a copy as JSON lines (gzip when `target` ends so), for an auditor; how many they were."""
    count = 0
    packed = target.suffix == ".gz"
    with (
        open_copy(source) as copy,
        gzip.open(target, "wt", encoding="utf-8") if packed else target.open("w", encoding="utf-8") as lines,
    ):
        for row in copy.rows():
            lines.write(canonical.encode({"digest": row[2], "body": row[3]}).decode() + "\n")
            count += 1
    return count


def digest_of(path: Path, algorithm: canonical.Algorithm) -> str:
    """The digest of a file's bytes, read in pieces."""
    hasher = canonical.Hasher(algorithm)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            hasher.update(piece)
    return hasher.hexdigest()


@contextmanager
def _postgres(address: str) -> Iterator[_Postgres]:
    try:
        connection = psycopg.connect(address)
    except psycopg.Error as error:
        raise _refused(Path("postgres"), f"连不上数据库：{error}", f"cannot connect: {error}") from None
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # one state, however long it takes
        yield _Postgres(connection)
    finally:
        connection.close()


def _dashed(column: str) -> str:
    """SQL for a UUID as chained bytes write it, out of the 32 digits that SQLite keeps."""
    parts = "||'-'||".join(f"substr({column},{at},{size})" for at, size in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 16)))
    return f"({parts})"


def _instant(column: str) -> str:
    """SQL for an instant as chained bytes write it; whole seconds are kept without microseconds."""
    return f"replace({column},' ','T')||CASE length({column}) WHEN 19 THEN '.000000Z' ELSE 'Z' END"


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")  # a changed byte must be found, not stop the search


def _refused(path: Path, zh: str, en: str) -> Refusal:
    return Refusal("copy", Text(f"{path} 不能核对：{zh}。", f"{path} cannot be checked: {en}."))
