"""The register's history of a household: who came and left and whence, moves, splits, merges, births and deaths; and a past day.

Everything is read from versions and memberships, each of which names the entry or the import that said so. What lies
in a batch that was withdrawn is left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from taizhang.core import access, profiles
from taizhang.core.models import Batch, Entry, HouseholdNumber, HouseholdVersion, Membership, ResidentVersion
from taizhang.core.moves.versions import HEAD
from taizhang.core.profiles import in_force
from taizhang.core.queries import household as households
from taizhang.core.queries import shown
from taizhang.kit import days

Kind = Literal[
    "first", "split_new", "joined", "born", "merged_in", "left", "split", "merged_out", "died", "moved", "kind",
    "relation", "head",
]  # fmt: skip
_CAME: Final[Mapping[str, Kind]] = {"birth": "born", "split": "split_new", "merge": "merged_in"}
_WENT: Final[Mapping[str, Kind]] = {"split": "split", "merge": "merged_out"}
_ORDER: Final[Sequence[Kind]] = (
    "first", "split_new", "moved", "kind", "joined", "born", "merged_in", "relation", "head", "died", "left", "split",
    "merged_out",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a change concerns."""

    name: str
    born: date | None


@dataclass(frozen=True, slots=True)
class Other:
    """The household that somebody came from or went to; one that the reader may not see has no id and no name."""

    household: uuid.UUID | None
    head: str
    number: str


@dataclass(frozen=True, slots=True)
class Source:
    """What said so: a case (which the reader may see or not) or an import."""

    number: str
    case: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a household, from the day on which it holds."""

    day: date
    kind: Kind
    people: tuple[Person, ...]
    before: str  # a place, a kind or a relation
    after: str
    other: Other | None
    source: Source | None


@dataclass(frozen=True, slots=True)
class OnDay:
    """A household as the register has it for a day."""

    day: date
    known: bool  # whether the register knows it for that day
    head: str
    kind: str
    area: str
    address: str
    members: tuple[households.Member, ...]


@dataclass
class _Raw:
    day: date
    kind: Kind
    resident: uuid.UUID | None = None
    before: str = ""
    after: str = ""
    other: uuid.UUID | None = None
    entry: uuid.UUID | None = None
    batch: uuid.UUID | None = None

    def together(self) -> tuple[Any, ...]:
        """What changes of several people have in common when they are one."""
        return (self.day, self.kind, self.before, self.after, self.other, self.entry, self.batch)


@dataclass
class _Rows:
    """What the register holds of a household and of everybody who ever belonged to it."""

    home: uuid.UUID
    versions: list[HouseholdVersion] = field(default_factory=list)
    own: dict[uuid.UUID, list[Membership]] = field(default_factory=dict)  # by person
    elsewhere: dict[uuid.UUID, list[Membership]] = field(default_factory=dict)
    deaths: dict[uuid.UUID, ResidentVersion] = field(default_factory=dict)


def history(actor: access.Actor, household_id: uuid.UUID | str, now: datetime) -> tuple[Change, ...]:
    """Every change of a household, the earliest first; about ten queries. Raises NotFound when it is absent or hidden."""
    home = access.household_for(actor, household_id)
    rows, acts = _rows(home.pk), _Acts()
    acts.fetch(_named(rows))
    raw = [*_people(rows, acts), *_deaths(rows), *_versions(rows)]
    grouped: dict[tuple[Any, ...], list[_Raw]] = {}
    for one in sorted(raw, key=lambda one: (one.day, _ORDER.index(one.kind))):
        grouped.setdefault(one.together(), []).append(one)
    told = _Telling(actor, raw, acts, days.day_of(now))
    return tuple(told.change(several) for several in grouped.values())


def on_day(actor: access.Actor, household_id: uuid.UUID | str, day: date) -> OnDay:
    """A household on a day, as the register has it now. Raises NotFound when it is absent or hidden."""
    home = access.household_for(actor, household_id)
    rows = HouseholdVersion.objects.filter(in_force(day), household=home, batch__withdrawn_at=None)
    version = rows.order_by("-valid_from").first()
    members, _ = households.members_on(home, day)
    place = shown.places_of([version.area_path])[version.area_path].whole if version else ""
    return OnDay(
        day, version is not None or bool(members), profiles.heads([home.pk], day).get(home.pk, ""),
        version.kind if version else "", place, profiles.address([home.pk], day).get(home.pk, ""), members,
    )  # fmt: skip


# --- rows -----------------------------------------------------------------------------------------------------------


def _rows(home: uuid.UUID) -> _Rows:
    found = _Rows(home)
    standing = Membership.objects.filter(kind="registered", batch__withdrawn_at=None).order_by("valid_from", "pk")
    for row in standing.filter(household=home):
        found.own.setdefault(row.resident_id, []).append(row)
    for row in standing.filter(resident__in=found.own).exclude(household=home):
        found.elsewhere.setdefault(row.resident_id, []).append(row)
    found.versions = list(
        HouseholdVersion.objects.filter(household=home, batch__withdrawn_at=None).order_by("valid_from", "pk")
    )
    dead = ResidentVersion.objects.filter(resident__in=found.own, batch__withdrawn_at=None).exclude(died=None)
    for version in dead.order_by("-valid_from", "-pk"):
        found.deaths[version.resident_id] = version  # the first to say so stays
    return found


def _named(rows: _Rows) -> set[uuid.UUID]:
    memberships = [row for some in (*rows.own.values(), *rows.elsewhere.values()) for row in some]
    return {row.entry_id for row in (*memberships, *rows.versions, *rows.deaths.values()) if row.entry_id is not None}


class _Acts:
    """The entries that changes name: which act of which case, or which import."""

    def __init__(self) -> None:
        self.rows: dict[uuid.UUID, Entry] = {}

    def fetch(self, entries: Iterable[uuid.UUID]) -> None:
        """Read them, in one query."""
        self.rows = {row.pk: row for row in Entry.objects.filter(pk__in=list(entries)).select_related("case")}

    def act(self, entry: uuid.UUID | None) -> str:
        """The act that an entry is of; empty for an import."""
        row = self.rows.get(entry) if entry is not None else None
        return row.act if row is not None and row.case_id is not None else ""


def _people(rows: _Rows, acts: _Acts) -> Iterator[_Raw]:
    """Who came and who left, and who came to stand otherwise to the head."""
    first = min((row.valid_from for some in rows.own.values() for row in some), default=None)
    for resident, spans in rows.own.items():
        previous: Membership | None = None
        for row in spans:
            if previous is not None and previous.valid_to is not None and previous.valid_to >= row.valid_from:
                if previous.relation != row.relation:
                    kind: Kind = "head" if row.relation == HEAD else "relation"
                    yield _Raw(
                        row.valid_from,
                        kind,
                        resident,
                        previous.relation,
                        row.relation,
                        None,
                        row.entry_id,
                        row.batch_id,
                    )
            else:
                if previous is not None:
                    yield _went(rows, resident, previous, acts)
                yield _came(rows, resident, row, acts, begins=row.valid_from == first)
            previous = row
        if previous is not None and previous.valid_to is not None:
            yield _went(rows, resident, previous, acts)


def _came(rows: _Rows, resident: uuid.UUID, row: Membership, acts: _Acts, *, begins: bool) -> _Raw:
    before = [
        one for one in rows.elsewhere.get(resident, ()) if one.valid_to is not None and one.valid_to <= row.valid_from
    ]
    kind: Kind = _CAME.get(acts.act(row.entry_id), "first" if begins else "joined")
    if kind == "split_new" and not begins:
        kind = "joined"
    other = before[-1].household_id if before and before[-1].valid_to == row.valid_from else None
    return _Raw(
        row.valid_from,
        kind,
        resident,
        "",
        row.relation if other is None and kind != "first" else "",
        other,
        row.entry_id,
        row.batch_id,
    )


def _went(rows: _Rows, resident: uuid.UUID, row: Membership, acts: _Acts) -> _Raw:
    """Who ended a membership is not written in it: the one that followed elsewhere says so, or the household's next version."""
    day = row.valid_to or row.valid_from
    after = next((one for one in rows.elsewhere.get(resident, ()) if one.valid_from == day), None)
    said: Membership | HouseholdVersion | None = after or next(
        (one for one in rows.versions if one.valid_from == day), None
    )
    kind = _WENT.get(acts.act(said.entry_id), "left") if said is not None else "left"
    return _Raw(
        day, kind, resident, "", "", after.household_id if after is not None else None,
        said.entry_id if said is not None else None, said.batch_id if said is not None else None,
    )  # fmt: skip


def _deaths(rows: _Rows) -> Iterator[_Raw]:
    for resident, version in rows.deaths.items():
        day = version.died or version.valid_from
        if any(row.valid_from <= day and (row.valid_to is None or row.valid_to >= day) for row in rows.own[resident]):
            yield _Raw(day, "died", resident, entry=version.entry_id, batch=version.batch_id)


def _versions(rows: _Rows) -> Iterator[_Raw]:
    for before, after in zip(rows.versions, rows.versions[1:], strict=False):
        said = {"entry": after.entry_id, "batch": after.batch_id}
        if before.area_path != after.area_path:
            yield _Raw(after.valid_from, "moved", None, before.area_path, after.area_path, **said)
        if before.kind != after.kind:
            yield _Raw(after.valid_from, "kind", None, before.kind, after.kind, **said)


# --- telling --------------------------------------------------------------------------------------------------------


class _Telling:
    """Names, places, other households and sources of the changes, as far as the reader may see them; fetched at once."""

    def __init__(self, actor: access.Actor, raw: Sequence[_Raw], acts: _Acts, day: date):
        self._acts = acts
        self._people = profiles.people({one.resident for one in raw if one.resident is not None}, day)
        others = {one.other for one in raw if one.other is not None}
        seen = set(access.households_for(actor).filter(pk__in=others).values_list("pk", flat=True))
        first = {one.other: one.day for one in raw if one.other is not None}
        self._heads = {home: self._head(home, day, first[home]) for home in seen}
        numbers = HouseholdNumber.objects.filter(household__in=seen).order_by("valid_from")
        self._numbers = dict(numbers.values_list("household", "number"))
        self._places = shown.places_of({path for one in raw if one.kind == "moved" for path in (one.before, one.after)})
        batches = Batch.objects.filter(pk__in={one.batch for one in raw if one.batch is not None})
        self._batches = dict(batches.values_list("pk", "number"))
        cases = {row.case_id for row in acts.rows.values() if row.case_id is not None}
        self._cases = set(access.cases_for(actor).filter(pk__in=cases).values_list("pk", flat=True))

    def _head(self, home: uuid.UUID, day: date, then: date) -> str:
        """The head now, or of the day on which the change was, where the household is gone."""
        return profiles.heads([home], day).get(home) or profiles.heads([home], then).get(home, "")

    def change(self, several: Sequence[_Raw]) -> Change:
        """One change out of those that hold for several people."""
        one = several[0]
        named = [self._people.get(raw.resident, profiles.UNKNOWN) for raw in several if raw.resident is not None]
        moved = one.kind == "moved"
        return Change(
            one.day, one.kind, tuple(Person(person.name or "（已删除）", person.born) for person in named),
            self._places[one.before].whole if moved else one.before, self._places[one.after].whole if moved else one.after,
            None if one.other is None else self._other(one.other), self._source(one),
        )  # fmt: skip

    def _other(self, home: uuid.UUID) -> Other:
        if home not in self._heads:
            return Other(None, "", "")
        return Other(home, self._heads[home], self._numbers.get(home, ""))

    def _source(self, one: _Raw) -> Source | None:
        entry = self._acts.rows.get(one.entry) if one.entry is not None else None
        if entry is None:
            return None
        if entry.case_id is not None and entry.case is not None:
            return Source(entry.case.number, entry.case_id if entry.case_id in self._cases else None)
        return Source(self._batches.get(one.batch, "")) if one.batch is not None else None
