"""The machine that runs the SQL: DuckDB inside this process, locked to the folders it needs."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

# the engine itself: what `duckdb` puts around it (relations to be written in Python) takes as long to load as all of this package
import _duckdb as duckdb

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import spelling


@dataclass(frozen=True)
class Limits:
    """What one statement may use before it is stopped."""

    memory_mb: int = (
        2250  # ten million residents need no more while rules are reckoned, and the whole process stays under 2.5 GB
    )
    threads: int = 2
    seconds: float = 1800.0
    plan: Path | None = None  # a file to which every statement is written with DuckDB's plan of it


class Engine(Protocol):
    """What signals and rules ask of an engine: DuckDB in this process, or a Spark Connect server (`cluster`)."""

    name: str

    def run(self, sql: str) -> None:
        """Carry out one statement."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of one query."""

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows given as Python values."""

    def close(self) -> None:
        """Give everything back."""


def literal(value: str | Path) -> str:
    """A text as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def word(value: str, among: Iterable[str] = ()) -> str:
    """A text that is the same in many rows, as a value of a small closed list: written to Parquet by its number, not by its bytes."""
    return f"CAST({literal(value)} AS {closed_list({value, *among})})"


def closed_list(words: Iterable[str]) -> str:
    """The SQL type of a small closed list of words."""
    return f"ENUM({', '.join(literal(one) for one in sorted(set(words)))})"


SCRATCH: Final = "(FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000)"
"""How files are written that only the next step reads: packing them would cost more than it saves.

Version 2 writes lines, rows and amounts as differences, a third less in all; and a list of the values of a column is given up
once it is no short one, instead of being tried with a fifth of the rows.
"""


def parquet(paths: Iterable[Path]) -> str:
    """A table function that reads these Parquet files."""
    return f"read_parquet([{', '.join(literal(path) for path in paths)}])"


def more_than_once(engine: Engine, column: str, rows: str) -> str:
    """A query of the values of a column that more than one row has.

    Nearly every value is there once, and putting them in order costs a third less than a group for each; on a cluster it would
    bring all of them to one machine.
    """
    if engine.name != "duckdb":
        return f"SELECT {column} FROM {rows} GROUP BY {column} HAVING count(*) > 1"
    return f"SELECT {column} FROM (SELECT {column}, lag({column}) OVER (ORDER BY {column}) AS before FROM {rows}) WHERE {column} = before"


def carry(table: str, here: Engine, there: Engine, through: Path) -> None:
    """Make a table of one engine that of another, through a file that both reach."""
    here.run(f"COPY {table} TO {literal(through)} {SCRATCH}")
    there.run(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {parquet([through])}")


class DuckEngine:
    """DuckDB in memory: no extensions, no network, no files outside the given folders, a lid on memory and time."""

    name = "duckdb"

    def __init__(self, folders: Sequence[Path], *, scratch: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        scratch.mkdir(parents=True, exist_ok=True)
        allowed = ", ".join(literal(f"{folder.absolute()}/") for folder in {*folders, scratch})
        connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": self.limits.threads,
            },
        )
        for setting in (
            f"memory_limit = '{self.limits.memory_mb}MB'",
            f"temp_directory = {literal(scratch.absolute())}",
            "preserve_insertion_order = true",
            "checkpoint_threshold = '1TB'",  # nothing here outlives the connection: tidying it up is work for nobody
            "enable_progress_bar = false",
            f"allowed_directories = [{allowed}]",
            "enable_external_access = false",
        ):
            connection.execute(f"SET {setting}")
        self._enter(connection)

    def _enter(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._macros: set[str] = set()
        self._watch = _Watch(connection.interrupt, self.limits.seconds)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for a library that brings SQL of its own (Splink, in training)."""
        return self._connection

    @contextmanager
    def beside(self) -> Iterator[DuckEngine]:
        """The same engine with tables and macros of its own, under the same locks and limits: one made anew costs 20 ms of CPU."""
        other = DuckEngine.__new__(DuckEngine)
        other.limits = self.limits
        other._enter(self._connection.cursor())
        try:
            yield other
        finally:
            other.close()

    def lock(self) -> None:
        """From here on no setting can be changed any more."""
        self._connection.execute("SET lock_configuration = true")

    def run(self, sql: str) -> None:
        """Carry out one statement. Raises Refusal when it takes longer than the limit."""
        with self._watched():
            self._make_macros(sql)
            if self.limits.plan is not None:
                self._explain(sql, self.limits.plan)
            self._connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of one query. Raises Refusal when it takes longer than the limit."""
        with self._watched():
            self._make_macros(sql)
            return self._connection.execute(sql).fetchall()

    def _explain(self, sql: str, plan: Path) -> None:
        """Write down how DuckDB will go about a statement that works on rows."""
        if re.match(r"\s*(COPY|INSERT|CREATE (OR REPLACE )?(TEMP )?TABLE \w+ AS)\b", sql):
            told = "".join(str(row[-1]) for row in self._connection.execute(f"EXPLAIN {sql}").fetchall())
            with plan.open("a", encoding="utf-8") as stream:
                stream.write(f"{' '.join(sql.split())}\n{told}\n\n")

    def _make_macros(self, sql: str) -> None:
        """Make the macros that a statement calls; all of them would cost more than a small file."""
        for name in sorted(spelling.names(sql) - self._macros, key=spelling.ORDER.__getitem__):
            self._connection.execute(spelling.statement(name))
            self._macros.add(name)

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows given as Python values, column by column, which is many times faster than row by row."""
        columns = [_handed_over(column) for column in zip(*rows, strict=True)]
        if columns:
            marks = ", ".join(f"unnest({how})" for how, _ in columns)
            self._connection.execute(f"INSERT INTO {table} SELECT {marks}", [what for _, what in columns])

    def close(self) -> None:
        """Give the memory and the scratch files back."""
        self._watch.end()
        self._connection.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        self._watch.begin()
        try:
            yield
        except duckdb.InterruptException as error:
            raise Refusal(
                "too_slow",
                Text(
                    f"一条查询运行超过 {self.limits.seconds:g} 秒，已停止。",
                    f"A query ran for more than {self.limits.seconds:g} seconds and was stopped.",
                ),
                Text("请减少数据量或提高时限。", "Use less data or a higher limit."),
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise Refusal(
                "too_big",
                Text(
                    f"内存不足（上限 {self.limits.memory_mb} MB）。",
                    f"Out of memory (limit {self.limits.memory_mb} MB).",
                ),
                Text("请提高内存上限或分批处理。", "Raise the limit, or work in smaller parts."),
            ) from error
        finally:
            self._watch.rest()


def _handed_over(column: Sequence[Any]) -> tuple[str, Any]:
    """A column as DuckDB takes it: texts in one piece, in a third of the time that a list of them needs."""
    try:
        joined = "\x1f".join(column)
    except TypeError:  # not texts alone
        return "?", list(column)
    whole = joined.count("\x1f") == len(column) - 1
    return ("string_split(?, chr(31))", joined) if whole else ("?", list(column))


class _Watch:
    """One thread that stops a statement when its time is up; a thread for each would cost more than most statements."""

    LOOKS: Final = 20  # how often it looks within the limit, but not less than once a second

    def __init__(self, stop: Callable[[], None], seconds: float) -> None:
        self._stop, self._seconds = stop, seconds
        self._until = math.inf
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="taizhang-watch", daemon=True)

    def begin(self) -> None:
        """A statement begins; the first one wakes the thread."""
        self._until = time.monotonic() + self._seconds
        if self._thread.ident is None:
            self._thread.start()

    def rest(self) -> None:
        """The statement is over."""
        self._until = math.inf

    def end(self) -> None:
        """Nothing more will be asked."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()  # so that no closed connection is stopped

    def _look(self) -> None:
        while not self._ended.wait(min(1.0, self._seconds / self.LOOKS)):
            if time.monotonic() > self._until:
                self._stop()


def is_cluster(url: str) -> bool:
    """Whether an address is that of a Spark Connect server."""
    return url.startswith("sc://") and len(url) > len("sc://")


def refuse_unknown(url: str) -> None:
    """Raise Refusal for an address that is no engine's."""
    if url != "duckdb" and not is_cluster(url):
        raise Refusal(
            "engine_unknown",
            Text(f"不认识计算引擎“{url}”。", f"There is no engine “{url}”."),
            Text("可用 duckdb；集群写 sc://主机:端口。", "There is duckdb; a cluster is written sc://HOST:PORT."),
        )


def open_engine(url: str, folders: Sequence[Path], *, scratch: Path, limits: Limits | None = None) -> DuckEngine:
    """DuckDB within this process, locked to some folders. Raises Refusal."""
    refuse_unknown(url)
    return DuckEngine(folders, scratch=scratch, limits=limits)


def open_cluster(url: str, folder: Path) -> Engine:
    """A session on a Spark Connect server that reaches `folder` too. Raises Refusal, also where the extra is not installed."""
    try:
        cluster = import_module("taizhang.screen.cluster")
    except ImportError as error:
        raise Refusal(
            "engine_not_here",
            Text(f"这里没有安装连接集群 {url} 的部分。", f"What talks to the cluster {url} is not installed here."),
            Text(
                "请安装附加部分 cluster：scripts/setup.sh full；或用 --engine duckdb。",
                "Install the extra `cluster`: scripts/setup.sh full; or use --engine duckdb.",
            ),
        ) from error
    made: Engine = cluster.ClusterEngine(url, folder)
    return made
