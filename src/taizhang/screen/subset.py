"""The SQL that signals and rules may be written in: one SELECT, known tables, known functions, so that every engine agrees."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp

from taizhang.kit.days import add_months
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen.texts import Value

# node classes that may stand in a signal or a rule; everything else (files, settings, DDL, casts to odd types) is refused
_ALLOWED: Final = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Subquery, exp.Union, exp.Alias, exp.TableAlias,
    exp.Table, exp.Column, exp.Identifier, exp.Literal, exp.Placeholder, exp.Null, exp.Boolean, exp.Paren, exp.Distinct, exp.Star,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.Is, exp.Exists,
    exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg, exp.Case, exp.If, exp.Coalesce, exp.Sum, exp.Count, exp.Min, exp.Max,
    exp.Cast, exp.DataType, exp.DateDiff, exp.AddMonths, exp.Year, exp.Month, exp.Day, exp.Abs, exp.Length, exp.Substring, exp.Var,
    exp.TsOrDsToDate,
)  # fmt: skip
_FUNCTIONS: Final = frozenset({"full_years", "share"})
# what linkage compares two texts by; none of it stands in signals or rules
_COMPARING: Final = (exp.Levenshtein, exp.JarowinklerSimilarity, exp.Contains, exp.StartsWith, exp.Reverse, exp.Greatest, exp.Least,
                     exp.Concat, exp.DPipe, exp.Like, exp.Replace)  # fmt: skip
_COMPARING_NAMES: Final = frozenset({"damerau_levenshtein", "strlen", "replace"})
_TYPES: Final = frozenset({"BIGINT", "INT", "DATE"})
_ENGINES_DIFFER: Final = ("length", "substr", "substring")


def parse_query(text: str, *, name: str, tables: Collection[str]) -> exp.Expr:
    """One SELECT over the given tables. Raises Refusal that names the file and what is not allowed."""
    tree = _parse(text, name)
    if not isinstance(tree, exp.Select) or not tree.find(exp.From):
        raise _no(name, Text("必须是一条 SELECT。", "it must be one SELECT."))
    _check(tree, name, tables)
    return tree


@lru_cache(maxsize=1024)
def parse_condition(text: str, *, name: str, comparing: bool = False) -> exp.Expr:
    """A boolean or value expression without any query. Raises Refusal. What it gives is shared: copy before changing it.

    `comparing` also lets through what compares two texts (edit distance and the like), for linkage.
    """
    tree = _parse(f"SELECT ({text})", name)  # bare, `:name` would be read as an alias
    said = {part for part, value in tree.args.items() if value}
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or said != {"expressions"}:
        raise _no(name, Text("必须是一个条件。", "it must be one condition."))
    condition: exp.Expr = tree.expressions[0]
    if condition.find(exp.Select, exp.Table):
        raise _no(name, Text("条件里不能有查询。", "a condition holds no query."))
    _check(condition, name, (), comparing=comparing)
    return condition


def _parse(text: str, name: str) -> exp.Expr:
    try:
        trees = sqlglot.parse(text, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        line = str(error).splitlines()[0][:200]
        raise _no(name, Text(f"语法错误：{line}", f"syntax error: {line}")) from error
    if len(trees) != 1 or trees[0] is None:
        raise _no(name, Text("只能有一条语句。", "there must be one statement."))
    return trees[0]


def _check(tree: exp.Expr, name: str, tables: Collection[str], *, comparing: bool = False) -> None:
    allowed = (*_ALLOWED, *_COMPARING) if comparing else _ALLOWED
    functions = _FUNCTIONS | _COMPARING_NAMES if comparing else _FUNCTIONS
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            if str(node.this).lower() not in functions:
                raise _no(name, Text(f"不能使用函数 {node.this}。", f"the function {node.this} is not allowed."))
        elif not isinstance(node, allowed):
            said = node.sql("duckdb")[:60]
            raise _no(
                name,
                Text(
                    f"不能使用“{said}”（{type(node).__name__}）。", f"“{said}” ({type(node).__name__}) is not allowed."
                ),
            )
        if isinstance(node, exp.Table) and (
            node.name not in tables or node.args.get("db") or not isinstance(node.this, exp.Identifier)
        ):
            raise _no(name, Text(f"没有名为 {node.sql('duckdb')} 的数据。", f"there is no table {node.sql('duckdb')}."))
        if isinstance(node, exp.DataType) and node.this.value not in _TYPES:
            raise _no(
                name, Text(f"不能使用类型 {node.sql('duckdb')}。", f"the type {node.sql('duckdb')} is not allowed.")
            )
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise _no(name, Text("请写出列名，不用 *。", "name the columns instead of *."))


def names(tree: exp.Expr) -> list[list[str]]:
    """What a text names: tables as often as they stand there, columns, `:numbers` without `date`, and the columns that a query gives."""
    gives = [one.alias_or_name for one in tree.expressions] if isinstance(tree, exp.Select) else []
    return [
        [table.name for table in tree.find_all(exp.Table)],
        sorted({column.name for column in tree.find_all(exp.Column)}),
        sorted(parameters(tree)),
        gives,
    ]


def filled(text: str, values: Mapping[str, Value], columns: Mapping[str, str] | None, *, name: str) -> str:
    """A condition for DuckDB with its numbers, and each column as `columns` says. Raises Refusal for a column that is not there."""
    tree = bound(parse_condition(text, name=name), values)
    for column in list(tree.find_all(exp.Column)) if columns is not None else []:
        if columns is None or column.name not in columns:
            raise Refusal(
                "bad_rule",
                Text(f"规则 {name} 用到了没有的“{column.name}”。", f"Rule {name}: there is no “{column.name}”."),
            )
        placed = exp.to_column(columns[column.name])
        if column is tree:
            tree = placed
        else:
            column.replace(placed)
    return sql(tree)


def parameters(tree: exp.Expr) -> frozenset[str]:
    """The names of the `:numbers` in it, without `date`."""
    return frozenset(str(node.this) for node in tree.find_all(exp.Placeholder)) - {"date"}


def bound(tree: exp.Expr, values: Mapping[str, Value]) -> exp.Expr:
    """The same with every `:name` replaced by its value, and days before and months before a day worked out."""

    def place(node: exp.Expr) -> exp.Expr:
        return _literal(values[str(node.this)]) if isinstance(node, exp.Placeholder) else node

    def fold(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.AddMonths):
            day, months = _day(node.this), _whole(node.expression)
            return _literal(add_months(day, months)) if day and months is not None else node
        if isinstance(node, exp.Sub):
            day, days = _day(node.this), _whole(node.expression)
            return _literal(day - timedelta(days=days)) if day and days is not None else node
        if isinstance(node, exp.Year | exp.Month):
            day = _day(node.this)
            return _literal(day.year if isinstance(node, exp.Year) else day.month) if day else node
        return node

    # innermost first, so that a folded part can be part of the next fold
    made = tree.copy().transform(place)
    for node in reversed(list(made.walk())):
        changed = fold(node)
        if changed is not node:
            if node is made:
                return changed
            node.replace(changed)
    return made


def sql(tree: exp.Expr) -> str:
    """The text for DuckDB."""
    return tree.sql("duckdb")


def _literal(value: Value) -> exp.Expr:
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    if isinstance(value, int):
        return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
    return exp.Literal.string(value)


def _day(node: exp.Expr) -> date | None:
    while isinstance(node, exp.Paren | exp.TsOrDsToDate):
        node = node.this
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.to.this.value == "DATE":
        return date.fromisoformat(str(node.this.this))
    return None


def _whole(node: exp.Expr) -> int | None:
    if isinstance(node, exp.Neg):
        inner = _whole(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string:
        return int(node.this)
    return None


def _no(name: str, text: Text) -> Refusal:
    return Refusal("bad_sql", Text(f"{name}：{text.zh}", f"{name}: {text.en}"))
