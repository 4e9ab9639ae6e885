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
from taizhang.core.models import Account, Area, Case, Organisation, Post, Thing
from taizhang.kit import areacode, days, idnumber, money
from taizhang.kit.text import Text
from taizhang.ledger import why
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import POINTING, Field, Ledger

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
    area: str  # the area's name, as people say it
    path: str
    household: uuid.UUID | None = None
    place: str = ""  # the area with the town it lies in
    official: str = ""  # the area's full name, for paper
    thing: uuid.UUID | None = None


def subjects(cases: Sequence[Case], day: date) -> Mapping[uuid.UUID, Subject]:
    """The subject of each case by the case's id; at most seven queries however many cases."""
    homes = {case.household_id for case in cases if case.household_id is not None}
    people = {case.resident_id for case in cases if case.resident_id is not None}
    things = {case.thing_id for case in cases if case.thing_id is not None}
    known = {pk: (register, name) for pk, register, name in _things(things)} if things else {}
    units = {case.organisation_id for case in cases if case.organisation_id is not None}
    heads = profiles.heads(homes, day) if homes else {}
    persons = profiles.people(people, day) if people else {}
    named = dict(Organisation.objects.filter(pk__in=units).values_list("pk", "name")) if units else {}
    places = places_of(case.area_path for case in cases)
    found: dict[uuid.UUID, Subject] = {}
    for case in cases:
        at = places.get(case.area_path, _NOWHERE)
        register, label = "area", at.name
        if case.household_id is not None:
            register, label = "household", heads.get(case.household_id) or "（无户主）"
        elif case.resident_id is not None:
            person = persons.get(case.resident_id)
            register, label = "resident", (person.name if person else None) or "（已删除）"
        elif case.organisation_id is not None:
            register, label = "organisation", named.get(case.organisation_id, "")
        elif case.thing_id is not None:
            register, label = known.get(case.thing_id, ("enterprise", ""))
        found[case.pk] = Subject(
            register,
            label,
            at.name,
            case.area_path,
            case.household_id,
            place=at.whole,
            official=at.official,
            thing=case.thing_id,
        )
    return found


def _things(ids: Iterable[uuid.UUID]) -> Iterable[tuple[uuid.UUID, str, str]]:
    return Thing.objects.filter(pk__in=set(ids)).values_list("pk", "register", "name")


@dataclass(frozen=True, slots=True)
class Place:
    """An area by the names it goes by: as people say it, with its town, and in full."""

    name: str
    whole: str
    official: str


_NOWHERE: Final = Place("", "", "")


def places_of(paths: Iterable[str]) -> Mapping[str, Place]:
    """The names of areas by path, their towns' among them; one query."""
    wanted = set(paths)
    towns = {path: town for path in wanted if (town := areacode.at(path, "town")) and town != path}
    names = dict(Area.objects.filter(path__in=wanted | set(towns.values())).values_list("path", "name"))
    found = {}
    for path in wanted & names.keys():
        name = areacode.short_name(names[path])
        town = areacode.short_name(names.get(towns.get(path, ""), ""))
        found[path] = Place(name, f"{town} {name}" if town else name, names[path])
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
            return {path: place.name for path, place in places_of(values).items()}
        ids = [found for value in values if (found := _identity(value)) is not None]
        if kind == "person":
            return {str(pk): name for pk, name in Account.objects.filter(pk__in=ids).values_list("pk", "name")}
        if kind == "household":
            return {str(pk): name for pk, name in profiles.heads(set(ids), self._day).items()}
        if kind == "resident":
            return {str(pk): one.name or "" for pk, one in profiles.people(set(ids), self._day).items()}
        if kind in THINGS:
            return {str(pk): name for pk, _register, name in _things(ids)}
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
            masked = idnumber.mask(plain) if spec.type == "text" and isinstance(plain, str) else COVERED
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
    if spec.type in POINTING:
        name = names.of(spec.type, str(raw))
        return Text(name, name)
    return Text(f"{raw} {spec.unit}" if spec.unit else str(raw), str(raw))  # units are written in Chinese alone


def want(spec: Field, raw: Any, names: Names) -> None:
    """Note the names that a value will need, those of a table's rows among them; of sealed ones the plain value."""
    if seals.is_reference(raw):
        return
    if spec.type in POINTING:
        names.want(spec.type, raw)
    for row in raw if spec.type == "table" and isinstance(raw, list) else ():
        for name, column in spec.columns.items():
            want(column, row.get(name), names)


def tokens(by: Iterable[str], ledger: Ledger) -> tuple[Text, ...]:
    """By-tokens in words."""
    return tuple(why.whose(ledger, token, editions.library().roles) for token in by)


PostKey = tuple[str, str, str]  # role, level, path


def post_key(token: str, path: str) -> PostKey | None:
    """The post that `role@level` means for a case in an area; None for a party and for the system's own hands."""
    role, _, level = token.partition("@")
    above = areacode.at(path, level) if role and level else None
    return (role, level, above) if above else None


def posts_in_words(keys: Iterable[PostKey]) -> Mapping[PostKey, Text]:
    """Posts by the names people know: the title of the post there, else the role with its place; two queries."""
    wanted = set(keys)
    if not wanted:
        return {}
    paths = {path for _role, _level, path in wanted}
    rows = Post.objects.filter(area__path__in=paths, role__in={role for role, _level, _path in wanted}).order_by("pk")
    titles = {
        (role, level, path): title
        for role, level, path, title in rows.values_list("role", "level", "area__path", "title")
    }
    places, roles = places_of(paths), editions.library().roles
    found = {}
    for key in wanted:
        role, level, path = key
        declared = roles.get(f"{role}@{level}")
        label = declared.label if declared else Text(role, role)
        name = places[path].name if path in places else ""
        found[key] = Text(titles.get(key) or f"{name}{label.zh}", f"{label.en}, {name}" if name else label.en)
    return found


def area_names(paths: Iterable[str]) -> Mapping[str, str]:
    """The present full names of areas by path, as papers and notices give them."""
    return dict(Area.objects.filter(path__in=set(paths)).values_list("path", "name"))
