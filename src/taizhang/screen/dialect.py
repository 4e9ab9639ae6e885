"""One source of SQL in Spark's words: what DuckDB says otherwise is said anew, and what both do not mean alike is refused.

The statements are those of `link`, `near`, `stage`, `evaluate`, the signals and the rules, as written for DuckDB.
"""

from __future__ import annotations

from typing import Final

import sqlglot
from sqlglot import exp

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import spelling

# our own functions whose text both engines read alike; those that read what departments write are the driver's business
_OURS: Final = frozenset({"full_years", "share", "yuan", "text_of", "who_of", "born_of", "sum_of"})
_SAME: Final = {"strlen": "octet_length"}  # what sqlglot does not know, by its name in Spark
_KNOWN: Final = (
    exp.Abs, exp.AddMonths, exp.And, exp.ArgMin, exp.Array, exp.Case, exp.Cast, exp.Coalesce, exp.Contains, exp.Count, exp.DateDiff,
    exp.Day, exp.EndsWith, exp.Exists, exp.FirstValue, exp.If, exp.Length, exp.LogicalOr, exp.Lower, exp.Max, exp.Min, exp.Month, exp.Nullif, exp.Or, exp.Pad,
    exp.ReadParquet, exp.RegexpFullMatch, exp.RegexpLike, exp.Right, exp.RowNumber, exp.Sign, exp.StartsWith, exp.StrPosition, exp.Substring,
    exp.Sum, exp.Translate, exp.TryCast, exp.TsOrDsToDate, exp.Year,
)  # fmt: skip


def parsed(sql: str) -> exp.Expr:
    """One statement as a tree."""
    return sqlglot.parse_one(sql, read="duckdb")


def spark(tree: exp.Expr) -> str:
    """A query in Spark's words. Raises Refusal where it asks for something that Spark lacks or means otherwise. Changes the tree."""
    tree = _expanded(tree)
    for node in list(tree.find_all(exp.Func)):
        if isinstance(node, exp.Anonymous):
            if str(node.this).lower() not in _SAME:
                raise outside(node.sql("duckdb"))
            node.set("this", _SAME[str(node.this).lower()])
        elif not isinstance(node, _KNOWN):
            raise outside(node.sql("duckdb"))
        elif isinstance(node, exp.RegexpFullMatch):
            whole = exp.Literal.string(rf"^(?:{node.expression.name})\z")
            node.replace(exp.RegexpLike(this=node.this.copy(), expression=whole))
    for star in tree.find_all(exp.Star):
        star.set("except_", None)  # a helper column more does no harm
    for part in tree.find_all(exp.CTE):
        part.set("materialized", None)
    for kind in list(tree.find_all(exp.DataType)):
        if kind.is_type(exp.DType.ENUM):  # closed lists are texts there
            kind.replace(exp.DataType.build("text"))
    for window in tree.find_all(exp.Window):
        if isinstance(window.this, exp.RowNumber) and not window.args.get("order") and not window.args.get("alias"):
            window.set(
                "order", exp.Order(expressions=[exp.Ordered(this=exp.Literal.number(1))])
            )  # any order, but it must be told
    for at in list(tree.find_all(exp.Bracket)):
        place = exp.cast(at.expressions[0].copy(), "int")
        at.replace(exp.func("element_at", at.this.copy(), place))  # counts from one as DuckDB does
    return tree.sql("spark")


def _expanded(tree: exp.Expr) -> exp.Expr:
    """Our own functions replaced by what they stand for, innermost first."""
    bodies = spelling.bodies()
    for node in reversed(list(tree.find_all(exp.Anonymous))):
        name = str(node.this).lower()
        if name not in _OURS:
            continue
        names, body = bodies[name]
        given = dict(zip(names, node.expressions, strict=True))
        made = exp.Paren(this=parsed(body))
        for column in list(made.find_all(exp.Column)):
            if column.name in given:
                column.replace(exp.Paren(this=given[column.name].copy()))
        if node is tree:
            return made
        node.replace(made)
    return tree


def outside(sql: str) -> Refusal:
    """What is said of a statement that not every engine understands."""
    said = " ".join(sql.split())[:80]
    return Refusal(
        "bad_sql",
        Text(f"这句 SQL 不在各引擎通用的范围内：{said}", f"This SQL is outside what every engine understands: {said}"),
    )
