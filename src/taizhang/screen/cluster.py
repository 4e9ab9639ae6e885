"""A Spark Connect server as the machine that links and judges: Sail, Apache Spark, or a service that speaks the same protocol.

There is one source of SQL, written for DuckDB; `dialect` says it anew, and refuses what the common subset does not hold before
anything is sent. Tables lie as Parquet in a folder that this machine and the server both reach, and so do the files that
intake wrote. Needs the extra `cluster`, and is only imported where it is asked for.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import dialect

_PORT: Final = 15002  # where Spark Connect listens if nobody says otherwise
_SECONDS: Final = 10
_FILES: Final = "file://"
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
            # as in DuckDB a division by nought gives nothing, and does not end the run
            self._session.conf.set("spark.sql.ansi.enabled", "false")
        except Exception as error:  # whatever a network says
            raise Refusal(
                "no_cluster",
                Text(f"连不上计算集群 {url}：{_first(error)}", f"The cluster {url} does not answer: {_first(error)}"),
                Text(
                    "请检查地址和端口；单机可用 --engine duckdb。",
                    "Check host and port; on one machine use --engine duckdb.",
                ),
            ) from error
        self._meet(url)

    def _meet(self, url: str) -> None:
        """Raise Refusal where the server does not read what this machine writes, or the other way round."""
        here, why = self._folder / "here.parquet", ""
        pq.write_table(pa.table({"here": [1]}), here)
        try:
            there = self._written(self._session.read.parquet(_local(here)))
        except Exception as error:  # each server says it in its own way
            there, why = [], f"：{_first(error)}"
        if not there:
            self.close()
            raise Refusal(
                "not_shared",
                Text(
                    f"计算集群 {url} 与本机没有共用结果文件夹{why}",
                    f"The cluster {url} and this machine do not share the folder of results{why.replace('：', ': ')}",
                ),
                Text(
                    "--out 请放在两边以同一路径都能读写的存储上。",
                    "Put --out on storage that both read and write under the same path.",
                ),
            )

    # --- what screening asks of an engine -----------------------------------------------------------------------------

    def run(self, sql: str) -> None:
        """Carry out one statement of the common subset. Raises Refusal for another one."""
        tree = dialect.parsed(sql)
        with _told():
            if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
                self._empty(tree)
            elif isinstance(tree, exp.Create) and tree.expression is not None:
                self._made(tree.this.name, self._frame(tree.expression), laid=tree.kind == "TABLE")
            elif isinstance(tree, exp.Insert):
                self._insert(tree.this.name, self._frame(tree.expression))
            elif isinstance(tree, exp.Copy):
                self._copy(tree.this, Path(tree.args["files"][0].name))
            elif isinstance(tree, exp.Drop) and tree.args["kind"] == "TABLE":
                for table in tree.args["tables"]:
                    self._drop(table.name)
            else:
                raise dialect.outside(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of one query."""
        tree = dialect.parsed(sql)
        with _told():
            if isinstance(tree, exp.Describe):
                what = tree.this
                frame = self._session.table(what.name) if isinstance(what, exp.Table) else self._frame(what)
                return [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]
            return [tuple(row.values()) for row in self._frame(tree).toArrow().to_pylist()]

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows given as Python values, few of them."""
        there = self._session.table(table)
        more = [tuple(row) for row in rows]
        if more:
            both = there.unionAll(self._session.createDataFrame(more, there.schema))
            self._made(table, both, laid=True)

    def close(self) -> None:
        """End the session."""
        self._session.stop()

    # --- tables ---------------------------------------------------------------------------------------------------------

    def _frame(self, query: exp.Expr) -> DataFrame:
        frame: DataFrame = self._session.sql(self._translated(query))
        return frame

    def _made(self, name: str, frame: DataFrame, *, laid: bool) -> None:
        """A view; or a table, whose rows are written down."""
        self._columns.pop(name, None)
        self._parts.pop(name, None)
        if laid:
            self._parts[name] = self._written(frame)
            frame = self._session.read.parquet(*self._parts[name]) if self._parts[name] else frame.limit(0)
        frame.createOrReplaceTempView(name)

    def _drop(self, name: str) -> None:
        """Forget a table. Its files stay until the folder goes: a view may still read them."""
        self._session.catalog.dropTempView(name)

    def _copy(self, what: exp.Expr, target: Path) -> None:
        """One Parquet file at `target`, written by this machine; what has an order is fetched in it, the rest comes through the folder."""
        source = what.this if isinstance(what, exp.Subquery) else exp.select("*").from_(what)
        frame = self._frame(source)
        parts = self._parts.get(what.name) if isinstance(what, exp.Table) else None
        if parts is None:
            parts = [] if source.args.get("order") else self._written(frame)
        if not parts:
            rows = frame.toArrow()
            pq.write_table(rows.cast(_plain(rows.schema)), target)
            return
        made = pads.dataset([pads.dataset(part.removeprefix(_FILES), format="parquet") for part in parts])
        schema = _plain(made.schema)
        with pq.ParquetWriter(target, schema) as writer:
            for batch in made.to_batches():
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))

    def _written(self, frame: DataFrame) -> list[str]:
        """Where the server wrote these rows; nowhere where there are none, of which some servers leave no file."""
        path = self._folder / f"t{next(self._count)}"
        frame.write.mode("overwrite").parquet(_local(path))
        return [_local(path)] if any(path.glob("*.parquet")) else []

    def _empty(self, tree: exp.Create) -> None:
        name = tree.this.this.name
        self._columns[name] = [
            (column.name, _TYPES[column.args["kind"].this.value]) for column in tree.this.expressions
        ]
        self._parts[name] = []
        cells = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in self._columns[name])
        self._session.sql(f"SELECT {cells} LIMIT 0").createOrReplaceTempView(name)

    def _insert(self, name: str, frame: DataFrame) -> None:
        if name not in self._columns:
            schema = self._session.table(name).schema
            self._columns[name] = [(field.name, field.dataType.simpleString()) for field in schema.fields]
        columns = self._columns[name]
        made = frame.toDF(*(column for column, _ in columns))
        typed = made.selectExpr(*(f"CAST({column} AS {kind}) AS {column}" for column, kind in columns))
        more = self._written(typed)
        if more:
            self._parts[name].extend(more)
            self._session.read.parquet(*self._parts[name]).createOrReplaceTempView(name)

    def _file(self, paths: Sequence[str]) -> str:
        """The view of some Parquet files; closed lists, which are bytes to some servers, as texts."""
        key = tuple(paths)
        if key not in self._files:
            self._files[key] = f"file_{len(self._files) + 1}"
            frame = self._session.read.parquet(*key)
            bytes_ = {field.name for field in frame.schema.fields if field.dataType.simpleString() == "binary"}
            cells = (
                f"CAST(`{name}` AS STRING) AS `{name}`" if name in bytes_ else f"`{name}`" for name in frame.columns
            )
            (frame.selectExpr(*cells) if bytes_ else frame).createOrReplaceTempView(self._files[key])
        return self._files[key]

    # --- words ----------------------------------------------------------------------------------------------------------

    def _translated(self, query: exp.Expr) -> str:
        """The same query in Spark's words."""
        tree = query.copy()
        for node in list(tree.find_all(exp.Table)):
            if isinstance(node.this, exp.ReadParquet):
                view = exp.to_table(self._file([_local(one.name) for one in node.this.find_all(exp.Literal)]))
                if node.args.get("alias"):
                    view.set("alias", node.args["alias"].copy())
                node.replace(view)
        return dialect.spark(tree)


def _local(path: Path | str) -> str:
    """A path as a file system's, also where a server takes paths for those of another storage."""
    return f"{_FILES}{path}"


def _knock(url: str) -> None:
    """Raise OSError where nobody listens at an address."""
    place = urlsplit(url)
    socket.create_connection((place.hostname or "", place.port or _PORT), timeout=_SECONDS).close()


@contextmanager
def _told() -> Iterator[None]:
    """What a server could not do, as a Refusal."""
    try:
        yield
    except PySparkException as error:
        raise Refusal(
            "cluster_failed", Text(f"集群执行出错：{_first(error)}", f"The cluster failed: {_first(error)}")
        ) from error


def _plain(schema: pa.Schema) -> pa.Schema:
    """Texts as DuckDB writes them: no large strings, no views."""
    return pa.schema(
        [
            field.with_type(pa.string())
            if pa.types.is_large_string(field.type) or pa.types.is_string_view(field.type)
            else field
            for field in schema
        ]
    )


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
