"""Statements on one table that are written once: rows found, written, changed and removed by equal columns.

Django writes a query anew at each use, for 0.2 to 0.4 ms of CPU, and an act needs a dozen of them. Here the text is
written once per table and columns, and every value goes through the model's own field, so that rows are those that a
queryset would read and write. What has another condition, or a join, stays a queryset.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

M = TypeVar("M", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]
_KEPT: Final = 512


# --- reading --------------------------------------------------------------------------------------------------------


def find(model: type[M], *, order: str = "", lock: bool = False, **where: Any) -> list[M]:
    """The rows whose columns equal the values (None: is null), in the order of a column; `lock` holds them."""
    return [model.from_db(DEFAULT_DB_ALIAS, _names(model), row) for row in _rows(model, (), order, lock, where)]


def one(model: type[M], *, lock: bool = False, **where: Any) -> M | None:
    """The first row whose columns equal the values; None where there is none."""
    found = find(model, lock=lock, **where)
    return found[0] if found else None


def the(model: type[M], key: Any) -> M:
    """The row that a foreign key points at, which is therefore there. Raises the model's DoesNotExist."""
    found = one(model, pk=key)
    if found is None:
        raise model.DoesNotExist(f"{model.__name__} {key}")  # type: ignore[attr-defined]
    return found


def values(
    model: type[models.Model], *columns: str, order: str = "", lock: bool = False, **where: Any
) -> list[tuple[Any, ...]]:
    """Some columns of the rows whose columns equal the values."""
    return [tuple(row) for row in _rows(model, columns, order, lock, where)]


def value(model: type[models.Model], column: str, **where: Any) -> Any:
    """One column of the first row whose columns equal the values; None where there is none."""
    found = values(model, column, **where)
    return found[0][0] if found else None


def _rows(
    model: type[models.Model], columns: tuple[str, ...], order: str, lock: bool, where: Mapping[str, Any]
) -> list[list[Any]]:
    connection = connections[DEFAULT_DB_ALIAS]
    text, given = _select(model, columns, order, lock, tuple(where), _nulls(where), connection.vendor)
    converters = _converters(model, columns, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(text, [prepare(where[name], connection) for name, prepare in given])
        rows = [list(row) for row in cursor.fetchall()]
    for at, (expression, steps) in converters.items():
        for row in rows:
            for step in steps:
                row[at] = step(row[at], expression, connection)
    return rows


def count(model: type[models.Model], distinct: str, wanted: Sequence[Mapping[str, Any]], more: str, *given: Any) -> int:
    """How many values of a column the rows have that meet one of the `wanted` alternatives, and a condition in SQL.

    The condition is the program's own text; its instants and numbers are `given` in its order (`%s`).
    """
    connection = connections[DEFAULT_DB_ALIAS]
    parts, values = [], []
    for columns in wanted:
        condition, prepared = _condition(model, tuple(columns), _nulls(columns), connection.vendor)
        parts.append(f"({condition.removeprefix(' WHERE ')})")
        values += [prepare(columns[name], connection) for name, prepare in prepared]
    if not parts:
        return 0
    column = _quoted(_field(model, distinct))
    text = f"SELECT COUNT(DISTINCT {column}) FROM {_table(model)} WHERE ({' OR '.join(parts)}) AND ({more})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(text, [*values, *(_given(value, connection) for value in given)])
        return int(cursor.fetchone()[0])


def _given(value: Any, connection: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


# --- writing --------------------------------------------------------------------------------------------------------


def insert(rows: Sequence[models.Model]) -> None:
    """Write new rows of one table. Numbers that the database gives are not told back."""
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    text, columns = _insert(type(rows[0]), connection.vendor)
    written = [[prepare(getattr(row, name), connection) for name, prepare, _ in columns] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(text, written)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def update(model: type[models.Model], changes: Mapping[str, Any], **where: Any) -> int:
    """Change columns of the rows whose columns equal the values; how many rows there were."""
    connection = connections[DEFAULT_DB_ALIAS]
    text, new, given = _update(model, tuple(changes), tuple(where), _nulls(where), connection.vendor)
    written = [prepare(changes[name], connection) for name, prepare in new]
    with connection.cursor() as cursor:
        cursor.execute(text, [*written, *(prepare(where[name], connection) for name, prepare in given)])
        return int(cursor.rowcount)


def delete(model: type[models.Model], **where: Any) -> int:
    """Remove the rows whose columns equal the values, and nothing that points at them; how many there were."""
    connection = connections[DEFAULT_DB_ALIAS]
    text, given = _delete(model, tuple(where), _nulls(where), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(text, [prepare(where[name], connection) for name, prepare in given])
        return int(cursor.rowcount)


def insert_values(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new rows given by column (`case_id`, not `case`); what is not given is the column's default.

    For rows that nobody looks at afterwards: making a model instance of each costs more than writing it.
    """
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    text, columns = _insert(model, connection.vendor)
    written = [
        [prepare(row[name] if name in row else default(), connection) for name, prepare, default in columns]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(text, written)


# --- texts, each written once ---------------------------------------------------------------------------------------

Prepare = Callable[[Any, Any], Any]  # a value and the connection: what the database is given
Given = tuple[tuple[str, Prepare], ...]
# Values of these kinds are what the database takes already; a value of another type goes through its field.
_PLAIN: Final = (
    ((models.CharField, models.TextField), str),
    ((models.IntegerField,), int),
    ((models.BooleanField,), bool),
)


def _nulls(where: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, wanted in where.items() if wanted is None)


@lru_cache(maxsize=_KEPT)
def _select(
    model: type[models.Model],
    columns: tuple[str, ...],
    order: str,
    lock: bool,
    where: tuple[str, ...],
    nulls: tuple[str, ...],
    vendor: str,
) -> tuple[str, Given]:
    named = ", ".join(_quoted(field) for field in _fields(model, columns))
    condition, given = _condition(model, where, nulls, vendor)
    sorting = f" ORDER BY {_quoted(_field(model, order))}" if order else ""
    locking = " FOR UPDATE" if lock and vendor == "postgresql" else ""  # SQLite lets one writer in at a time
    return f"SELECT {named} FROM {_table(model)}{condition}{sorting}{locking}", given  # noqa: S608


@lru_cache(maxsize=_KEPT)
def _insert(model: type[models.Model], vendor: str) -> tuple[str, tuple[tuple[str, Prepare, Callable[[], Any]], ...]]:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    named, marks = ", ".join(map(_quoted, fields)), ", ".join(["%s"] * len(fields))
    return (
        f"INSERT INTO {_table(model)} ({named}) VALUES ({marks})",  # noqa: S608
        tuple((field.attname, _prepare(field, vendor), field.get_default) for field in fields),
    )


@lru_cache(maxsize=_KEPT)
def _update(
    model: type[models.Model], changes: tuple[str, ...], where: tuple[str, ...], nulls: tuple[str, ...], vendor: str
) -> tuple[str, Given, Given]:
    fields = {name: _field(model, name) for name in changes}
    setting = ", ".join(f"{_quoted(field)} = %s" for field in fields.values())
    condition, given = _condition(model, where, nulls, vendor)
    new = tuple((name, _prepare(field, vendor)) for name, field in fields.items())
    return f"UPDATE {_table(model)} SET {setting}{condition}", new, given  # noqa: S608


@lru_cache(maxsize=_KEPT)
def _delete(
    model: type[models.Model], where: tuple[str, ...], nulls: tuple[str, ...], vendor: str
) -> tuple[str, Given]:
    condition, given = _condition(model, where, nulls, vendor)
    return f"DELETE FROM {_table(model)}{condition}", given  # noqa: S608


@lru_cache(maxsize=_KEPT)
def _condition(
    model: type[models.Model], where: tuple[str, ...], nulls: tuple[str, ...], vendor: str
) -> tuple[str, Given]:
    fields = {name: _field(model, name) for name in where}
    parts = [
        f"{_quoted(field)} IS NULL" if name in nulls else f"{_quoted(field)} = %s" for name, field in fields.items()
    ]
    given = tuple((name, _prepare(field, vendor)) for name, field in fields.items() if name not in nulls)
    return f" WHERE {' AND '.join(parts)}" if parts else "", given


def _prepare(field: Any, vendor: str) -> Prepare:
    """What makes the database's value of Python's, as the ORM does it."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if vendor == "sqlite" and isinstance(field, models.UUIDField):
        return _uuid_as_text
    if vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return _instant_as_text
    plain = next((kind for kinds, kind in _PLAIN if isinstance(field, kinds)), None)

    def prepare(value: Any, connection: Any) -> Any:
        return value if value is None or type(value) is plain else field.get_db_prep_save(value, connection)

    return prepare


def _uuid_as_text(value: Any, connection: Any) -> Any:
    """A UUID as SQLite's column holds it."""
    return value.hex if isinstance(value, uuid.UUID) else value and uuid.UUID(str(value)).hex


def _instant_as_text(value: Any, connection: Any) -> Any:
    """An instant as SQLite's column holds it: UTC without its zone."""
    return value and str(value.astimezone(UTC).replace(tzinfo=None))


@lru_cache(maxsize=_KEPT)
def _converters(
    model: type[models.Model], columns: tuple[str, ...], vendor: str
) -> Mapping[int, tuple[Any, tuple[Convert, ...]]]:
    """What makes Python's values of the database's, by position."""
    connection = connections[DEFAULT_DB_ALIAS]
    found: dict[int, tuple[Any, tuple[Convert, ...]]] = {}
    for at, field in enumerate(_fields(model, columns)):
        column = field.get_col(model._meta.db_table)
        steps = (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
        if steps:
            found[at] = (column, steps)
    return found


@lru_cache(maxsize=_KEPT)
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _fields(model: type[models.Model], columns: tuple[str, ...]) -> list[Any]:
    return [_field(model, name) for name in columns] if columns else list(model._meta.concrete_fields)


def _field(model: type[models.Model], name: str) -> Any:
    """A column by the name of its field; `pk` as everywhere. Raises FieldDoesNotExist."""
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _quoted(field: Any) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(field.column)


def _table(model: type[models.Model]) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)
