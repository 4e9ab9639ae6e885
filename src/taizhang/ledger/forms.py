"""Forms from a ledger: what an act asks for, in its order, and how to read what people type into it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from taizhang.kit import money
from taizhang.kit.days import day_of
from taizhang.kit.text import Text
from taizhang.ledger.needs import EVIDENCE
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Field, Ledger
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import State, World
from taizhang.ledger.values import BadValue, bound

_YES: Final = frozenset({"true", "1", "on", "yes", "y", "是", "有"})
_NO: Final = frozenset({"false", "0", "off", "no", "n", "否", "无"})

_WANTED: Final[Mapping[str, tuple[str, str]]] = {
    "money": ("要填金额，如 1200.50。", "an amount is wanted, as 1200.50."),
    "int": ("要填整数。", "a whole number is wanted."),
    "date": ("要填日期，如 2021-12-20。", "a day is wanted, as 2021-12-20."),
}


@dataclass(frozen=True)
class Option:
    """One value that can be chosen."""

    value: str
    label: Text


@dataclass(frozen=True)
class FieldSpec:
    """One field of a form."""

    key: str
    label: Text
    type: str
    required: bool
    choices: tuple[Option, ...] = ()
    unit: str | None = None
    sensitive: str | None = None
    hint: Text | None = None
    known_value: Any = None  # what the case already says, as kept: nothing is typed twice
    when: str | None = None  # asked only if this condition holds; the server decides again
    shown: bool = True  # whether `when` holds as things stand
    many: bool = False
    own: bool = False  # a fact of the entry alone
    least: Any = None
    most: Any = None
    kind: str | None = None  # organisation: of which kind; person: of which role (`helper@district`)
    columns: tuple[FieldSpec, ...] = ()
    known_on: date | None = None  # the day on which the case came to say so


@dataclass(frozen=True)
class EvidenceSpec:
    """A kind of evidence and how many pieces of it at least; 0 is an offer."""

    kind: str
    label: Text
    least: int


@dataclass(frozen=True)
class Form:
    """Everything a page needs to show an act; the conditions are judged when it is sent."""

    ledger: str
    act: str
    label: Text
    help: Text | None
    fields: tuple[FieldSpec, ...]
    evidence: tuple[EvidenceSpec, ...]
    needs: tuple[Text, ...]
    notice: bool


def form(ledger: Ledger, act: str, state: State | None, world: World, now: datetime | None = None) -> Form:
    """The form of an act, filled with what the case knows. `now` picks the catalogue rows in force (default: opening)."""
    spec = ledger.acts[act]
    at = now or (state.entries[-1].received if state is not None and state.entries else None)
    day = day_of(at) if at is not None else date.max
    scope = Scope(ledger, state or blank(ledger), world, day, state.fields if state is not None else {})
    fields = [
        _field(ledger.fields[key], key, scope, required=key in spec.asks, path=("fields", key))
        for key in (*spec.asks, *spec.may)
    ]
    fields += [
        _field(declared, key, scope, required=not declared.optional, path=("acts", act, "entry", key), own=True)
        for key, declared in spec.entry.items()
    ]
    return Form(
        ledger.name, act, spec.label, spec.help, tuple(fields),
        tuple(EvidenceSpec(kind, EVIDENCE[kind], least) for kind, least in spec.evidence.items()),
        tuple(message for message in spec.needs.values() if message is not None), spec.notice is not None,
    )  # fmt: skip


def blank(ledger: Ledger) -> State:
    """A case before its opening."""
    return State(ledger.name, "", {}, "", "", datetime.min.replace(tzinfo=UTC), None, {}, ())


def _field(
    spec: Field, key: str, scope: Scope, *, required: bool, path: tuple[str, ...], own: bool = False
) -> FieldSpec:
    conditions = scope.ledger.conditions
    known = None if own or not spec.lies_open(scope.state.stage) else scope.fields.get(key)
    if (
        known is None
        and spec.default is not None
        and not (isinstance(spec.default, str) and spec.default.startswith("="))
    ):
        known = spec.default if spec.type not in ("money", "date") else None
    return FieldSpec(
        key, spec.label, spec.type, required, options(spec, scope.world, scope.day), spec.unit, spec.sensitive, spec.hint,
        known, spec.when, spec.when is None or scope.ask(conditions.at(*path, "when")) is not False, spec.many, own,
        _bound(spec, spec.min, scope.day), _bound(spec, spec.max, scope.day),
        spec.of if spec.type in ("organisation", "person", *THINGS) and isinstance(spec.of, str) else None,
        tuple(_column(name, column, scope) for name, column in spec.columns.items()),
        None if own else _known_on(scope.state, key),
    )  # fmt: skip


def _known_on(state: State, key: str) -> date | None:
    """The day of the last entry that says a field's present value."""
    told = (entry for entry in reversed(state.entries) if not entry.annulled and key in entry.fields)
    last = next(told, None)
    return day_of(last.happened or last.received) if last is not None else None


def _bound(spec: Field, raw: int | str | None, day: date) -> Any:
    return bound(spec, raw, day) if raw != "today" or day != date.max else None


def _column(name: str, spec: Field, scope: Scope) -> FieldSpec:
    return FieldSpec(name, spec.label, spec.type, not spec.optional, options(spec, scope.world, scope.day), spec.unit,
                     spec.sensitive, spec.hint, many=spec.many)  # fmt: skip


def options(spec: Field, world: World, day: date) -> tuple[Option, ...]:
    """What can be chosen in a choice or pick field on a day; parties are found by the page."""
    if spec.type == "choice":
        return tuple(Option(value, choice.label) for value, choice in spec.choices.items())
    if spec.type == "pick":
        return tuple(Option(row["code"], Text(row["zh"], row["en"])) for row in world.rows(str(spec.of), day))
    return ()


def read_all(ledger: Ledger, act: str, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Text]]:
    """What people typed into an act's form, as typed values for the loop, and the sentences about what cannot be read."""
    spec = ledger.acts[act]
    given: dict[str, Any] = {}
    wrong: dict[str, Text] = {}
    for key, text in raw.items():
        field = spec.entry.get(key) or ledger.fields.get(key)
        if field is None:
            continue
        try:
            value = read(field, text)
        except BadValue as bad:
            wrong[key] = bad.text
            continue
        if value is not None:
            given[key] = value
    return given, wrong


def read(spec: Field, raw: Any) -> Any:
    """One field as people type it (text, or a list of texts) as a typed value; None when it is left empty. Raises BadValue."""
    if spec.type == "table":
        return _rows(spec, raw)
    if spec.many:
        values = [raw] if isinstance(raw, str) else list(raw or ())
        return [value for value in (_one(spec, text) for text in values) if value is not None] or None
    return _one(spec, raw[0] if isinstance(raw, list | tuple) and raw else raw)


def _rows(spec: Field, raw: Any) -> list[dict[str, Any]] | None:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        return None
    rows = []
    for row in raw:
        cells = {name: read(column, row.get(name)) for name, column in spec.columns.items()}
        if any(cell is not None for cell in cells.values()):
            rows.append({name: cell for name, cell in cells.items() if cell is not None})
    return rows or None


def _one(spec: Field, raw: Any) -> Any:
    if raw is None or isinstance(raw, list | tuple):
        return None
    if spec.type == "text":
        return str(raw).replace("\r\n", "\n").strip() or None
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    if not text:
        return None
    try:
        return _typed(spec, text)
    except BadValue:
        raise
    except ValueError:
        raise BadValue(*_WANTED.get(spec.type, ("无法读取。", "cannot be read."))) from None


def _typed(spec: Field, text: str) -> Any:
    if spec.type == "money":
        return money.parse(text)
    if spec.type == "int":
        return int(text.replace(",", ""))
    if spec.type == "number":
        return text.replace(",", "")
    if spec.type == "bool":
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        raise BadValue("要选是或否。", "yes or no is wanted.")
    if spec.type == "date":
        return date.fromisoformat(text.replace("/", "-").replace(".", "-")).isoformat()
    return text
