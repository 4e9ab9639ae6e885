"""How rows are put into words for a page: lights in SQL, the names of subjects, the values of fields, masked or not."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from django.db.models import Case as Choose
from django.db.models import CharField, Value, When

from taizhang.core import access, editions, profiles, seals
from taizhang.core.models import Account, Area, Case, Organisation
from taizhang.kit import days, idnumber, money
from taizhang.kit.text import Text
from taizhang.ledger import why
from taizhang.ledger.schema import Field, Ledger

Colour = Literal["green", "yellow", "red"]
COVERED: Final = "●●●●"


def light(now: datetime, prefix: str = "") -> Choose:
    """The light of a case (or, with a prefix, of a turn) at an instant, reckoned in the database."""
    return Choose(
        When(**{f"{prefix}red_at__lte": now}, then=Value("red")),
        When(**{f"{prefix}yellow_at__lte": now}, then=Value("yellow")),
        default=Value("green"),
        output_field=CharField(),
    )


def colour(row: Any, now: datetime) -> Colour:
    """The light of a row that has `yellow_at` and `red_at`, at an instant."""
    if row.red_at is not None and row.red_at <= now:
        return "red"
    return "yellow" if row.yellow_at is not None and row.yellow_at <= now else "green"


def days_left(instant: datetime | None, now: datetime) -> int | None:
    """Whole Shanghai days until an instant turns; negative when it has passed, 0 on its last day."""
    if instant is None:
        return None
    last = (
        days.day_of(instant)
        if instant > days.start_of(days.day_of(instant))
        else date.fromordinal(days.day_of(instant).toordinal() - 1)
    )
    return (last - days.day_of(now)).days


# --- subjects -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about, in words."""

    register: str
    label: str
    area: str  # the area's name
    path: str
    household: uuid.UUID | None = None


def subjects(cases: Sequence[Case], day: date) -> Mapping[uuid.UUID, Subject]:
    """The subject of each case by the case's id; at most six queries however many cases."""
    homes = {case.household_id for case in cases if case.household_id is not None}
    people = {case.resident_id for case in cases if case.resident_id is not None}
    units = {case.organisation_id for case in cases if case.organisation_id is not None}
    heads = profiles.heads(homes, day) if homes else {}
    persons = profiles.people(people, day) if people else {}
    named = dict(Organisation.objects.filter(pk__in=units).values_list("pk", "name")) if units else {}
    places = dict(Area.objects.filter(pk__in={case.area_id for case in cases}).values_list("pk", "name"))
    found: dict[uuid.UUID, Subject] = {}
    for case in cases:
        area = places.get(case.area_id, "")
        if case.household_id is not None:
            head = heads.get(case.household_id) or "（无户主）"
            found[case.pk] = Subject("household", head, area, case.area_path, case.household_id)
        elif case.resident_id is not None:
            person = persons.get(case.resident_id)
            found[case.pk] = Subject(
                "resident", (person.name if person else None) or "（已删除）", area, case.area_path
            )
        elif case.organisation_id is not None:
            found[case.pk] = Subject("organisation", named.get(case.organisation_id, ""), area, case.area_path)
        else:
            found[case.pk] = Subject("area", area, area, case.area_path)
    return found


# --- values ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a field as a page shows it."""

    key: str
    label: Text
    text: Text
    covered: bool = False  # there is a value, but this reader sees only that
    reveal: bool = False  # it can be opened by a logged act with a reason
    rows: tuple[tuple[Text, ...], ...] = ()  # of a table: heading first


class Names:
    """Names of accounts, organisations, areas and households that values point at; fetched together, once."""

    def __init__(self, day: date):
        self._day = day
        self._wanted: dict[str, set[str]] = {}
        self._found: dict[str, dict[str, str]] = {}

    def want(self, kind: str, value: Any) -> None:
        """Note that a value's name will be asked for."""
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, str) and one:
                self._wanted.setdefault(kind, set()).add(one)

    def fetch(self) -> None:
        """Fetch what was noted; one query a kind."""
        for kind, values in self._wanted.items():
            self._found[kind] = {**self._found.get(kind, {}), **self._names(kind, values)}
        self._wanted = {}

    def of(self, kind: str, value: str) -> str:
        """The name, or the value itself when there is none."""
        return self._found.get(kind, {}).get(value, value)

    def _names(self, kind: str, values: set[str]) -> dict[str, str]:
        if kind == "organisation":
            return dict(Organisation.objects.filter(code__in=values).values_list("code", "name"))
        if kind == "area":
            return dict(Area.objects.filter(path__in=values).values_list("path", "name"))
        ids = [found for value in values if (found := _identity(value)) is not None]
        if kind == "person":
            return {str(pk): name for pk, name in Account.objects.filter(pk__in=ids).values_list("pk", "name")}
        if kind == "household":
            return {str(pk): name for pk, name in profiles.heads(set(ids), self._day).items()}
        if kind == "resident":
            return {str(pk): one.name or "" for pk, one in profiles.people(set(ids), self._day).items()}
        return {}


def _identity(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def sight(actor: access.Actor, ledger: Ledger, worn: access.Hats) -> Literal["full", "none"]:
    """How much of the sealed values a reader sees: those who may act on the case read it, others see it covered."""
    acting = {token for declared in ledger.acts.values() for token in declared.by} - {"anyone"}
    return "full" if worn.tokens & acting else "none"


def value(
    key: str, spec: Field, raw: Any, opened: Mapping[str, Any], names: Names, reads: Literal["full", "none"]
) -> Shown:
    """A field's value in words. `opened` are unsealed values by reference; what may not be read is covered."""
    if seals.is_reference(raw):
        plain = opened.get(raw["sealed"])
        if plain is None:
            return Shown(key, spec.label, Text("（已删除）", "(erased)"), covered=True)
        if reads == "none" or spec.sensitive == "seal":
            return Shown(key, spec.label, Text(COVERED, COVERED), covered=True, reveal=reads == "full")
        if spec.sensitive == "mask":
            masked = idnumber.mask(str(plain))
            return Shown(key, spec.label, Text(masked, masked), covered=True, reveal=True)
        raw = plain
    if spec.type == "table":
        heading = tuple(column.label for column in spec.columns.values())
        body = tuple(
            tuple(words(column, row.get(name), names) for name, column in spec.columns.items()) for row in raw or ()
        )
        return Shown(key, spec.label, Text(f"{len(body)} 行", f"{len(body)} rows"), rows=(heading, *body))
    return Shown(key, spec.label, words(spec, raw, names))


def words(spec: Field, raw: Any, names: Names) -> Text:
    """A plain value in words, with its unit."""
    if raw is None:
        return Text("—", "—")
    if isinstance(raw, list | tuple):
        parts = [words(spec, one, names) for one in raw]
        return Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
    if spec.type == "choice":
        choice = spec.choices.get(str(raw))
        return choice.label if choice else Text(str(raw), str(raw))
    if spec.type == "pick":
        catalogue = editions.library().catalogues.get(str(spec.of))
        return catalogue.label(str(raw)) if catalogue else Text(str(raw), str(raw))
    if spec.type == "bool":
        return Text("是", "Yes") if raw else Text("否", "No")
    if spec.type == "money":
        amount = money.show(int(raw))
        return Text(f"{amount} {spec.unit or '元'}", f"¥{amount}")
    if spec.type in ("person", "organisation", "area", "household", "resident"):
        name = names.of(spec.type, str(raw))
        return Text(name, name)
    plain = f"{raw} {spec.unit}" if spec.unit else str(raw)
    return Text(plain, plain)


def want(spec: Field, raw: Any, names: Names) -> None:
    """Note the names that a value will need."""
    if spec.type in ("person", "organisation", "area", "household", "resident") and not seals.is_reference(raw):
        names.want(spec.type, raw)


def tokens(by: Iterable[str], ledger: Ledger) -> tuple[Text, ...]:
    """By-tokens in words."""
    return tuple(why.whose(ledger, token, editions.library().roles) for token in by)


def area_names(paths: Iterable[str]) -> Mapping[str, str]:
    """The present names of areas by path."""
    return dict(Area.objects.filter(path__in=set(paths)).values_list("path", "name"))
