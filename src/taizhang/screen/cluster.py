"""A Spark Connect server as the machine for signals and rules: Sail, Apache Spark, or a service that speaks the same protocol.

There is one source of SQL, that of `stage`, `evaluate`, the signals and the rules. It is parsed here and written anew in
Spark's words; what the common subset does not hold is refused before anything is sent. Tables lie as Parquet in a folder
that this machine and the server both reach. Needs the extra `cluster`, and is only imported where it is asked for.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import spelling

# the functions that mean the same on both, beside those that sqlglot translates; anything else unknown to it is refused
_SAME: Final = frozenset({"strlen"})
_PORT: Final = 15002  # where Spark Connect listens if nobody says otherwise
_SECONDS: Final = 10
_TYPES: Final = {
    "VARCHAR": "STRING",
    "TEXT": "STRING",
    "INTEGER": "INT",
    "INT": "INT",
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
}


class ClusterEngine:
    """A session on a Spark Connect server; `folder` is where both sides find tables."""

    name = "spark"

    def __init__(self, url: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._count = folder.absolute(), itertools.count(1)
        self._columns: dict[str, list[tuple[str, str]]] = {}  # of tables that rows are put into: name and type
        self._parts: dict[str, list[str]] = {}
        self._files: dict[tuple[str, ...], str] = {}
        try:
            _knock(url)  # the client would try again for many minutes
            self._session = SparkSession.builder.remote(url).create()
            self._session.sql("SELECT 1").collect()
        except Exception as error:  # whatever a network says
            raise Refusal(
                "no_cluster",
                Text(f"连不上计算集群 {url}：{_first(error)}", f"The cluster {url} does not answer: {_first(error)}"),
                Text(
                    "请检查地址和端口；单机可用 --engine duckdb。",
                    "Check host and port; on one machine use --engine duckdb.",
                ),
            ) from error

    # --- what screening asks of an engine -----------------------------------------------------------------------------

    def run(self, sql: str) -> None:
        """Carry out one statement of the common subset. Raises Refusal for another one."""
        tree = _parsed(sql)
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            self._empty(tree)
        elif isinstance(tree, exp.Create) and tree.expression is not None:
            frame = self._frame(tree.expression)
            if tree.kind == "TABLE":
                frame = self._session.read.parquet(self._written(frame))
            frame.createOrReplaceTempView(tree.this.name)
        elif isinstance(tree, exp.Insert):
            self._insert(tree.this.name, self._frame(tree.expression))
        elif isinstance(tree, exp.Copy):
            path = tree.args["files"][0].name
            source = tree.this.this if isinstance(tree.this, exp.Subquery) else exp.select("*").from_(tree.this)
            pq.write_table(_plain(self._fetched(self._frame(source))), path)
        else:
            raise _outside(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of one query."""
        tree = _parsed(sql)
        if isinstance(tree, exp.Describe):
            what = tree.this
            frame = self._session.table(what.name) if isinstance(what, exp.Table) else self._frame(what)
            return [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]
        return [tuple(row.values()) for row in self._fetched(self._frame(tree)).to_pylist()]

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows given as Python values, few of them."""
        there = self._session.table(table)
        more = [tuple(row) for row in rows]
        if more:
            both = there.unionAll(self._session.createDataFrame(more, there.schema))
            self._session.read.parquet(self._written(both)).createOrReplaceTempView(table)

    def close(self) -> None:
        """End the session."""
        self._session.stop()

    # --- tables ---------------------------------------------------------------------------------------------------------

    def _frame(self, query: exp.Expr) -> DataFrame:
        frame: DataFrame = self._session.sql(self._translated(query))
        return frame

    def _fetched(self, frame: DataFrame) -> pa.Table:
        try:
            found: pa.Table = frame.toArrow()
        except PySparkException as error:
            raise Refusal(
                "cluster_failed", Text(f"集群执行出错：{_first(error)}", f"The cluster failed: {_first(error)}")
            ) from error
        return found

    def _written(self, frame: DataFrame) -> str:
        path = str(self._folder / f"t{next(self._count)}")
        try:
            frame.write.mode("overwrite").parquet(path)
        except PySparkException as error:
            raise Refusal(
                "cluster_failed", Text(f"集群执行出错：{_first(error)}", f"The cluster failed: {_first(error)}")
            ) from error
        return path

    def _empty(self, tree: exp.Create) -> None:
        name = tree.this.this.name
        self._columns[name] = [
            (column.name, _TYPES[column.args["kind"].this.value]) for column in tree.this.expressions
        ]
        self._parts[name] = []
        cells = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in self._columns[name])
        self._session.sql(f"SELECT {cells} LIMIT 0").createOrReplaceTempView(name)

    def _insert(self, name: str, frame: DataFrame) -> None:
        columns = self._columns[name]
        made = frame.toDF(*(column for column, _ in columns))
        typed = made.selectExpr(*(f"CAST({column} AS {kind}) AS {column}" for column, kind in columns))
        self._parts[name].append(self._written(typed))
        self._session.read.parquet(*self._parts[name]).createOrReplaceTempView(name)

    def _file(self, paths: Sequence[str]) -> str:
        """The view of some Parquet files."""
        key = tuple(paths)
        if key not in self._files:
            self._files[key] = f"file_{len(self._files) + 1}"
            self._session.read.parquet(*key).createOrReplaceTempView(self._files[key])
        return self._files[key]

    # --- words ----------------------------------------------------------------------------------------------------------

    def _translated(self, query: exp.Expr) -> str:
        """The same query in Spark's words."""
        tree = query.copy()
        for node in list(tree.find_all(exp.Table)):
            if isinstance(node.this, exp.ReadParquet):
                view = exp.to_table(self._file([one.name for one in node.this.find_all(exp.Literal)]))
                if node.args.get("alias"):
                    view.set("alias", node.args["alias"].copy())
                node.replace(view)
        return _spark(tree)


def _knock(url: str) -> None:
    """Raise OSError where nobody listens at an address."""
    place = urlsplit(url)
    socket.create_connection((place.hostname or "", place.port or _PORT), timeout=_SECONDS).close()


def _parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read="duckdb")


def _spark(tree: exp.Expr) -> str:
    """Macros put in place, what only DuckDB says said otherwise, and nothing left that means something else there."""
    tree = _expanded(tree)
    for star in tree.find_all(exp.Star):
        star.set("except_", None)  # a helper column more does no harm
    for node in list(tree.find_all(exp.Anonymous)):
        if str(node.this).lower() not in _SAME:
            raise _outside(node.sql("duckdb"))
        node.set("this", "octet_length")
    return tree.sql("spark")


def _expanded(tree: exp.Expr) -> exp.Expr:
    """Our own functions (`full_years`, `share`, `yuan`) replaced by what they stand for, innermost first."""
    known = {name: body for name, body in spelling.bodies().items() if name in ("full_years", "share", "yuan")}
    for node in reversed(list(tree.find_all(exp.Anonymous))):
        told = known.get(str(node.this).lower())
        if told is None:
            continue
        names, body = told
        given = dict(zip(names, node.expressions, strict=True))
        made = exp.Paren(this=sqlglot.parse_one(body, read="duckdb"))
        for column in list(made.find_all(exp.Column)):
            if column.name in given:
                column.replace(exp.Paren(this=given[column.name].copy()))
        node.replace(made)
    return tree


def _plain(table: pa.Table) -> pa.Table:
    """Texts as DuckDB writes them: no large strings, no views."""
    fields = [
        field.with_type(pa.string())
        if pa.types.is_large_string(field.type) or pa.types.is_string_view(field.type)
        else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _outside(sql: str) -> Refusal:
    said = " ".join(sql.split())[:80]
    return Refusal(
        "bad_sql",
        Text(f"这句 SQL 不在各引擎通用的范围内：{said}", f"This SQL is outside what every engine understands: {said}"),
    )
