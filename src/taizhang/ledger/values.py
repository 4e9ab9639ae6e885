"""Values of fields: what may stand in one, how it looks to conditions, and how it is kept (canonical JSON, no floats)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from taizhang.kit import money
from taizhang.kit.text import Text
from taizhang.ledger.catalogue import Catalogue
from taizhang.ledger.schema import Field

MAX_TEXT: Final = 4000
MAX_ROWS: Final = 500
_BIGGEST: Final = 2**53  # canonical JSON numbers are exact up to here


class BadValue(ValueError):
    """A value that may not stand in a field, with the sentence for whoever gave it."""

    def __init__(self, zh: str, en: str):
        super().__init__(en)
        self.text = Text(zh, en)


def accept(spec: Field, value: Any, *, day: date, catalogues: Mapping[str, Catalogue] | None = None) -> Any:
    """The value as it is kept (money in fen, numbers and dates as text). `day` is the act's. Raises BadValue."""
    if spec.many:
        if not isinstance(value, list | tuple):
            raise BadValue("要给出一个列表。", "a list is wanted.")
        return [_one(spec, item, day, catalogues) for item in dict.fromkeys(value)]
    return _one(spec, value, day, catalogues)


def _one(spec: Field, value: Any, day: date, catalogues: Mapping[str, Catalogue] | None) -> Any:
    kind = spec.type
    if kind == "bool":
        if not isinstance(value, bool):
            raise BadValue("要选是或否。", "yes or no is wanted.")
        return value
    if kind in ("int", "money"):
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _BIGGEST:
            raise (
                BadValue("要填整数。", "a whole number is wanted.")
                if kind == "int"
                else BadValue("要填金额。", "an amount is wanted.")
            )
        return _bounded(spec, value, day)
    if kind == "number":
        return _number(spec, value, day)
    if kind == "date":
        return _bounded(spec, _date(value), day)
    if kind == "table":
        return _table(spec, value, day, catalogues)
    if not isinstance(value, str) or not value.strip():
        raise BadValue("不能为空。", "this may not be empty.")
    if len(value) > MAX_TEXT:
        raise BadValue(f"最多 {MAX_TEXT} 个字。", f"at most {MAX_TEXT} characters.")
    if kind == "choice" and value not in spec.choices:
        raise BadValue(f"“{value}”不在可选值之中。", f"“{value}” is none of the choices.")
    catalogue = (catalogues or {}).get(str(spec.of)) if kind == "pick" else None
    if catalogue is not None and all(row["code"] != value for row in catalogue.in_force(day)):
        raise BadValue(f"目录中没有“{value}”，或当天无效。", f"“{value}” is not in the catalogue, or not on that day.")
    return value.strip() if kind == "text" else value


def _number(spec: Field, value: Any, day: date) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise BadValue("要填数字。", "a number is wanted.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadValue("要填数字。", "a number is wanted.") from None
    if not number.is_finite() or abs(number) > _BIGGEST:
        raise BadValue("数字太大。", "the number is too big.")
    plain = format(number.normalize(), "f")
    _bounded(spec, number, day)
    return plain


def _date(value: Any) -> str:
    if isinstance(value, datetime):
        raise BadValue("要填日期，不带时刻。", "a day is wanted, without the time.")
    try:
        return value.isoformat() if isinstance(value, date) else date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise BadValue("要填日期，如 2021-12-20。", "a day is wanted, as 2021-12-20.") from None


def _table(spec: Field, value: Any, day: date, catalogues: Mapping[str, Catalogue] | None) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple) or len(value) > MAX_ROWS:
        raise BadValue(f"要给出表格，最多 {MAX_ROWS} 行。", f"a table is wanted, of at most {MAX_ROWS} rows.")
    rows = []
    for number, row in enumerate(value, 1):
        if not isinstance(row, Mapping):
            raise BadValue(f"第 {number} 行不是一行数据。", f"row {number} is no row.")
        strange = set(row) - set(spec.columns)
        if strange:
            raise BadValue(
                f"第 {number} 行有未知的列“{min(strange)}”。", f"row {number} has an unknown column “{min(strange)}”."
            )
        kept: dict[str, Any] = {}
        for name, column in spec.columns.items():
            if row.get(name) in (None, ""):
                if not column.optional:
                    raise BadValue(f"第 {number} 行缺少“{column.zh}”。", f"row {number} lacks “{column.en}”.")
                continue
            try:
                kept[name] = accept(column, row[name], day=day, catalogues=catalogues)
            except BadValue as bad:
                raise BadValue(
                    f"第 {number} 行“{column.zh}”：{bad.text.zh}", f"row {number}, “{column.en}”: {bad.text.en}"
                ) from None
        rows.append(kept)
    return rows


def literal(spec: Field, raw: Any, day: date) -> Any:
    """A literal of a declaration as it is kept: money is written in yuan there. Raises BadValue."""
    if spec.type == "money" and isinstance(raw, int | str) and not isinstance(raw, bool):
        from_text = spec.model_copy(update={"min": None, "max": None})
        try:
            return accept(from_text, money.parse(str(raw)), day=day)
        except ValueError as error:
            raise BadValue("要写金额（元）。", f"an amount in yuan is wanted ({error}).") from None
    if spec.type == "date" and raw == "today":
        return day.isoformat()
    return accept(spec, [raw] if spec.many and not isinstance(raw, list) else raw, day=day)


def bound(spec: Field, raw: int | str | None, day: date) -> Any:
    """A field's `min` or `max` in the unit used inside (yuan to fen, `today` to the act's day); None if not set."""
    if raw is None:
        return None
    if spec.type == "money":
        return money.parse(str(raw))
    if spec.type == "date":
        return day.isoformat() if raw == "today" else date.fromisoformat(str(raw)).isoformat()
    return Decimal(str(raw)) if spec.type == "number" else int(raw)


def _bounded(spec: Field, value: Any, day: date) -> Any:
    least, most = bound(spec, spec.min, day), bound(spec, spec.max, day)
    if least is not None and value < least:
        raise BadValue(f"不能小于 {_shown(spec, least)}。", f"not less than {_shown(spec, least)}.")
    if most is not None and value > most:
        raise BadValue(f"不能大于 {_shown(spec, most)}。", f"not more than {_shown(spec, most)}.")
    return value


def _shown(spec: Field, value: Any) -> str:
    return money.show(value) if spec.type == "money" else str(value)


def to_cel(spec: Field, value: Any) -> Any:
    """A kept value as conditions see it."""
    if value is None or spec.many:
        return value
    if spec.type == "number":
        return float(value)  # conditions compare; nothing computed from it is kept as a float
    if spec.type == "date":
        return as_day(date.fromisoformat(value))
    if spec.type == "table":
        return [{name: _cell(spec.columns.get(name), cell) for name, cell in row.items()} for row in value]
    return value


def as_day(day: date) -> datetime:
    """A day as conditions see it: they compare days with days, and know no time."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _cell(spec: Field | None, value: Any) -> Any:
    return float(value) if spec is not None and spec.type == "number" and not spec.many else value


def from_cel(spec: Field, value: Any) -> Any:
    """What a condition gave, as it is kept. Raises BadValue when it does not fit the field."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date().isoformat()
    if spec.type == "number" and isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    return value


def show(spec: Field, value: Any, catalogues: Mapping[str, Catalogue] | None = None) -> Text:
    """A kept value for people: labels of choices and catalogues, yuan with commas. Parties stay their ids."""
    if value is None:
        return Text("", "")
    if spec.many and isinstance(value, list | tuple):
        parts = [show(spec.model_copy(update={"many": False}), item, catalogues) for item in value]
        return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    if spec.type == "choice" and value in spec.choices:
        return spec.choices[value].label
    if spec.type == "pick" and catalogues and spec.of in catalogues:
        return catalogues[spec.of].label(value)
    if spec.type == "bool":
        return Text("是", "Yes") if value else Text("否", "No")
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.type == "money":
        return Text(money.show(value) + (unit or " 元"), money.show(value) + (unit or " yuan"))
    if spec.type == "table":
        return Text(f"{len(value)} 行", f"{len(value)} rows")
    return Text(f"{value}{unit}", f"{value}{unit}")
