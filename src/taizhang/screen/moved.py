"""What the passing of days alone changes: of whom a signal says something else on another day, though no row is another.

Read off the signal's own query, so that there is no second set of rules. Whatever of a row is reckoned with the day (a window, an age,
months since, days overdue) is asked for both days; who has a row for which the answers differ has to be reckoned anew. What
is found may be too much, never too little: conditions that need more than the row itself are left out, and where a query has a shape that
is not understood here, everything counts as moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal

from sqlglot import exp

from taizhang.screen import subset
from taizhang.screen.engine import Engine
from taizhang.screen.passing import Moved, Values

_SHAPE: Final = ("group", "having", "distinct", "limit", "order", "qualify")


def of_query(signal: exp.Expr, before: Values, after: Values, homes: Collection[str]) -> tuple[Moved, ...] | None:
    """Queries for whom a signal's query says something else on another day; None where its shape is not understood."""
    if not _differs(signal, before, after):
        return ()
    found: list[Moved] = []
    tree = _merged(signal.copy())
    for select in tree.find_all(exp.Select):
        if select.find_ancestor(exp.Exists):
            if _differs(select, before, after):
                return None
            continue
        made = _of_select(select, before, after, homes)
        if made is None:
            return None
        found += made
    return tuple(found)


def another(text: str, before: Values, after: Values, engine: Engine) -> bool:
    """Whether a condition or value hangs on which of two days it is."""
    tree = subset.parse_condition(text, name="rule")
    then, now = (_worked_out(subset.bound(tree, values), engine) for values in (before, after))
    return then != now


def _worked_out(tree: exp.Expr, engine: Engine) -> str:
    def answer(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Binary | exp.Between | exp.Func) and not node.find(exp.Column):
            return exp.Literal.string(str(engine.rows(f"SELECT {subset.sql(node)}")[0][0]))
        return node

    return subset.sql(tree.copy().transform(answer))


def _differs(tree: exp.Expr, before: Values, after: Values) -> bool:
    return subset.sql(subset.bound(tree, before)) != subset.sql(subset.bound(tree, after))


# --- one SELECT -----------------------------------------------------------------------------------------------------


def _of_select(select: exp.Expr, before: Values, after: Values, homes: Collection[str]) -> list[Moved] | None:
    """Queries over the rows of one SELECT: one for each part that is reckoned with the day."""
    atoms = [one for one in _atoms(select) if _differs(one, before, after)]
    if not atoms:
        return []
    joins = list(select.args.get("joins") or ())
    outer = {join.this.alias_or_name for join in joins if join.side}
    sources = [select.args["from_"].this, *(join.this for join in joins if not join.side)]
    tables: Mapping[str, exp.Expr] = {source.alias_or_name: source for source in sources}
    known = all(isinstance(source, exp.Table) for source in sources) and not any(
        select.args.get(one) for one in ("having", "distinct")
    )
    if not known or any(_alias(column, tables) not in tables for atom in atoms for column in atom.find_all(exp.Column)):
        return None
    conditions = [select.args["where"].this] if select.args.get("where") else []
    conditions += [join.args["on"] for join in joins if not join.side and join.args.get("on")]
    kept = [part for one in conditions for part in _parts(one) if _of_row(part, outer)]
    shown = _shown(select, before, after)
    key = _key(select, tables, homes)
    if shown is None or key is None or any(_differs(join.args["on"], before, after) for join in joins if join.side):
        return None
    key, kept, tables = _without_member(
        key, kept, tables, (*atoms, *shown, *(part for part in kept if _differs(part, before, after)))
    )
    static = [f"({subset.sql(subset.bound(part, after))})" for part in kept if not _differs(part, before, after)]
    dynamic = [part for part in kept if _differs(part, before, after)]
    then, now = (
        " AND ".join(f"({subset.sql(subset.bound(part, values))})" for part in dynamic) or "true"
        for values in (before, after)
    )
    others = " OR ".join(_unlike(one, before, after) for one in shown) or "false"
    source = ", ".join(f"{table.name} AS {alias}" for alias, table in tables.items())
    return [
        Moved(key[0], f"""SELECT DISTINCT {key[1]} AS touched FROM {source} WHERE {" AND ".join([*static, _unlike(atom, before, after)])}
            AND ((({then}) IS DISTINCT FROM ({now})) OR (({now}) AND ({others})))""", tuple(table.name for table in tables.values()))
        for atom in atoms
    ]  # fmt: skip


def _without_member(key: tuple[Literal["household", "person"], str], kept: list[exp.Expr], tables: Mapping[str, exp.Expr],
                    asked: Collection[exp.Expr]) -> tuple[tuple[Literal["household", "person"], str], list[exp.Expr], Mapping[str, exp.Expr]]:  # fmt: skip
    """Where `member` only says whose household it is, the person is told instead: that join is made once for all signals."""
    alias = next((alias for alias, table in tables.items() if table.name == "member"), None)
    other = [one for one in tables if one != alias]
    if (
        alias is None
        or len(other) != 1
        or any(column.table == alias for part in asked for column in part.find_all(exp.Column))
    ):
        return key, kept, tables
    alone = [part for part in kept if not any(column.table == alias for column in part.find_all(exp.Column))]
    return ("person", f"{other[0]}.person"), alone, {other[0]: tables[other[0]]}


def _unlike(part: exp.Expr, before: Values, after: Values) -> str:
    then, now = (subset.sql(subset.bound(part, values)) for values in (before, after))
    return f"(({then}) IS DISTINCT FROM ({now}))"


def _own(select: exp.Expr) -> Iterator[exp.Expr]:
    """Every expression of a SELECT itself, those of queries within it left out."""
    yield from select.expressions
    if select.args.get("where"):
        yield select.args["where"].this
    for join in select.args.get("joins") or ():
        if join.args.get("on"):
            yield join.args["on"]
    for part in _SHAPE:
        if isinstance(select.args.get(part), exp.Expr):
            yield select.args[part]


def _atoms(select: exp.Expr) -> list[exp.Expr]:
    """The smallest parts that hold the day and something of a row."""
    found: dict[str, exp.Expr] = {}
    for whole in _own(select):
        for mark in whole.find_all(exp.Placeholder):
            node: exp.Expr = mark
            if str(mark.this) != "date" or mark.find_ancestor(exp.Select) is not select:
                continue
            while node is not whole and not node.find(exp.Column) and node.parent is not None:
                node = node.parent
            found.setdefault(node.sql(), node)
    return list(found.values())


def _parts(condition: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if isinstance(condition, exp.And):
        yield from _parts(condition.left)
        yield from _parts(condition.right)
    else:
        yield condition


def _of_row(part: exp.Expr, outer: Collection[str]) -> bool:
    """Whether a condition can be asked of the row alone: not who is alive, nor what other rows there are."""
    columns = list(part.find_all(exp.Column))
    return not part.find(exp.Select) and not any(one.name == "living" or one.table in outer for one in columns)


def _shown(select: exp.Expr, before: Values, after: Values) -> list[exp.Expr] | None:
    """What a SELECT tells of each row that is reckoned with the day; None where that is not told row by row."""
    found = []
    for told in select.expressions:
        if not _differs(told, before, after):
            continue
        sums = [one for one in told.find_all(exp.AggFunc) if _differs(one, before, after)]
        if any(not isinstance(one.this, exp.Expr) or one.find_ancestor(exp.AggFunc) for one in sums):
            return None
        found += [one.this for one in sums] or [told.unalias()]
    return found


def _alias(column: exp.Column, tables: Mapping[str, exp.Expr]) -> str:
    return column.table or (next(iter(tables)) if len(tables) == 1 else "")


def _key(
    select: exp.Expr, tables: Mapping[str, exp.Expr], homes: Collection[str]
) -> tuple[Literal["household", "person"], str] | None:
    for told in select.expressions:
        column = told.unalias()
        if isinstance(column, exp.Column) and told.alias_or_name in ("household", "person"):
            alias = _alias(column, tables)
            if alias not in tables:
                return None
            if column.name == "household" and tables[alias].name in homes:
                return "household", f"{alias}.household"
            return "person", f"{alias}.person"
    return None


# --- a query within a query that only names things ---------------------------------------------------------------------


def _merged(tree: exp.Expr) -> exp.Expr:
    """The same with every derived table that tells its rows one by one put in the place where it is read."""
    for outer in list(tree.find_all(exp.Select)):
        source = outer.args["from_"].this
        inner = source.this if isinstance(source, exp.Subquery) else None
        if not isinstance(inner, exp.Select) or any(inner.args.get(part) for part in _SHAPE) or inner.find(exp.AggFunc):
            continue
        told = {one.alias_or_name: one.unalias() for one in inner.expressions}
        for whole in list(_own(outer)):
            for column in list(whole.find_all(exp.Column)):
                if column.table == source.alias and column.name in told:
                    _put(column, told[column.name])
        where = [one.args["where"].this.copy() for one in (inner, outer) if one.args.get("where")]
        outer.set("from_", inner.args["from_"].copy())
        outer.set(
            "joins", [join.copy() for join in (*(inner.args.get("joins") or ()), *(outer.args.get("joins") or ()))]
        )
        outer.set("where", exp.Where(this=exp.and_(*where)) if where else None)
    return tree


def _put(column: exp.Expr, told: exp.Expr) -> None:
    """Say what a column stands for instead of its name; where it is what is told itself, the name stays as its alias."""
    made: exp.Expr = told.copy() if isinstance(told, exp.Column) else exp.Paren(this=told.copy())
    if isinstance(column.parent, exp.Select):
        made = exp.alias_(made, column.name)
    column.replace(made)
