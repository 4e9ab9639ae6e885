"""Reading a register file into versioned rows: residents with their households, and reckoned incomes.

A file is a snapshot of a day: a household in it has exactly the members that the file lists; what did not change makes
no new version; what was changed by an entry dated after that day is left as it is. Rows come as intake has read them
(columns of `library/feeds/residents.yaml` and `household_income.yaml`), every value a text or None.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from taizhang.core import access, chain, profiles, seals
from taizhang.core.clock import Clock
from taizhang.core.models import (
    Area,
    Batch,
    District,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Income,
    Membership,
    Resident,
    ResidentVersion,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves.versions import HEAD, SLICE, Source, phone_index, slices, write_profiles
from taizhang.core.profiles import Profile
from taizhang.kit import days, idnumber
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

SYSTEM: Final = "national"  # whose household number a register file carries
Progress = Callable[[int, int], None]
RowOf = Mapping[str, Any]


@dataclass
class Counts:
    """What an import did; every row read is either unchanged, written or rejected."""

    rows: int = 0
    households: int = 0
    residents: int = 0
    new_households: int = 0
    new_residents: int = 0
    changed_households: int = 0
    changed_residents: int = 0
    left: int = 0  # people who belong to a household no more
    newer: int = 0  # households left alone: an entry dated after the file's day has changed them
    rejected: list[tuple[int, str]] = field(default_factory=list)  # position (from 0) and reason code

    def plain(self) -> dict[str, int]:
        """The numbers as an entry says them."""
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, int)}
        return {**numbers, "rejected": len(self.rejected)}


def import_residents(
    actor: access.Actor,
    rows: Sequence[RowOf],
    *,
    day: date,
    clock: Clock,
    batch: Batch | None = None,
    whole: bool = False,
    progress: Progress | None = None,
) -> Counts:
    """Bring the register of residents to what a file says of a day: one transaction, one entry.

    `whole`: the file is the whole register, so who is not in it has left. Raises Refusal when the actor may not, and
    for a file without rows (a mistake, not a district without people).
    """
    if not rows:
        raise Refusal("empty_register", Text("文件里没有可用的行。", "The file has no row that can be used."))
    held = None if actor.is_own_hand else access.acting(actor, "registers.import")
    entry = new_id()
    source = Source(day, entry, batch.pk if batch else None)
    with transaction.atomic():
        counts = _Residents(source, progress).load(rows, whole=whole)
        _append(actor, held, "residents", counts, source, clock)
    return counts


def import_incomes(
    actor: access.Actor, rows: Sequence[RowOf], *, clock: Clock, batch: Batch | None = None, day: date | None = None
) -> Counts:
    """Add the reckonings of a file of household incomes (amounts in fen, `since` and `until` as dates): one entry.

    A reckoning that is there already, to the fen, is not added again. Raises Refusal when the actor may not.
    """
    held = None if actor.is_own_hand else access.acting(actor, "registers.import")
    source = Source(day or days.day_of(clock.now()), new_id(), batch.pk if batch else None)
    with transaction.atomic():
        counts = _load_incomes(rows, source)
        _append(actor, held, "household_income", counts, source, clock)
    return counts


def _append(
    actor: access.Actor, held: access.Held | None, feed: str, counts: Counts, source: Source, clock: Clock
) -> None:
    batch = str(source.batch) if source.batch else None
    chain.append(
        chain.Draft(
            id=source.entry,
            kind="import",
            received=clock.now(),
            area=held.path if held else District.objects.get().code,
            account=actor.account,
            post=held.post if held else None,
            hand=actor.hand,
            says={"feed": feed, "batch": batch, "day": source.day.isoformat(), "counts": counts.plain()},
        )
    )


# --- residents ------------------------------------------------------------------------------------------------------


@dataclass
class _Person:
    """A row of the file, read."""

    at: int
    profile: Profile
    relation: str
    index: str | None
    resident: uuid.UUID = field(default_factory=new_id)
    fresh: bool = True


@dataclass
class _Home:
    """The rows of one household of the file."""

    number: str
    area: Area
    kind: str
    address: str
    people: list[_Person]
    household: uuid.UUID = field(default_factory=new_id)
    fresh: bool = True

    @property
    def head(self) -> _Person | None:
        """The first who is called head; None where nobody is."""
        return next((person for person in self.people if person.relation == HEAD), None)


class _Residents:
    """One import; everything is read in bulk, compared in memory and written in bulk."""

    def __init__(self, source: Source, progress: Progress | None):
        self.source = source
        self.progress = progress or (lambda done, total: None)
        self.counts = Counts()
        self.memberships: dict[uuid.UUID, list[Membership]] = {}  # by household, present and registered
        self.homes_now: dict[uuid.UUID, HouseholdVersion] = {}
        self.people_now: dict[uuid.UUID, tuple[ResidentVersion, Profile]] = {}

    def load(self, rows: Sequence[RowOf], *, whole: bool) -> Counts:
        homes = self._read(rows)
        self._find_homes(homes)
        self._find_people(homes)
        homes = self._without_newer(homes)
        total = len(homes)
        self.progress(0, total)
        self._write_households(homes)
        self._write_people(homes)
        self._write_memberships(homes, whole=whole)
        self.progress(total, total)
        self.counts.households = len(homes)
        self.counts.residents = sum(len(home.people) for home in homes)
        return self.counts

    # -- reading the file --

    def _read(self, rows: Sequence[RowOf]) -> list[_Home]:
        """The households of the file; a row that cannot be used is counted with its reason, never dropped in silence."""
        areas = {area.path: area for area in Area.objects.all()}
        homes: dict[str, _Home] = {}
        seen: set[str] = set()
        self.counts.rows = len(rows)
        double = _in_two_households(rows)
        for at, row in enumerate(rows):
            number, name = _word(row, "household"), _word(row, "name")
            identity = idnumber.tidy(_word(row, "number"))
            area = areas.get(_word(row, "area"))
            reason = (
                "household" if not number
                else "name" if not name
                else "area" if area is None and number not in homes
                else "two_households" if identity in double
                else "repeat" if identity and identity in seen
                else ""
            )  # fmt: skip
            if reason:
                self.counts.rejected.append((at, reason))
                continue
            seen.add(identity)
            person = _person(at, row, name, identity)
            home = homes.get(number)
            if home is None:
                assert area is not None  # noqa: S101  # rejected above
                homes[number] = _Home(number, area, _word(row, "kind"), _word(row, "address"), [person])
                continue
            home.people.append(person)
            if person.relation == HEAD and home.head is person:  # the head's row speaks for the household
                home.kind, home.address = _word(row, "kind") or home.kind, _word(row, "address") or home.address
                home.area = area or home.area
        return list(homes.values())

    # -- what is there --

    def _find_homes(self, homes: list[_Home]) -> None:
        by_number = {home.number: home for home in homes}
        for some in slices(list(by_number)):
            rows = HouseholdNumber.objects.filter(system=SYSTEM, valid_to=None, number__in=some)
            for number, household in rows.values_list("number", "household_id"):
                by_number[number].household, by_number[number].fresh = household, False
        known = [home.household for home in homes if not home.fresh]
        for some in slices(known):
            for version in HouseholdVersion.objects.filter(household_id__in=some, valid_to=None):
                self.homes_now[version.household_id] = version
            self._take_memberships(Membership.objects.filter(household_id__in=some))

    def _take_memberships(self, rows: QuerySet[Membership]) -> None:
        for row in rows.filter(valid_to=None, kind="registered"):
            there = self.memberships.setdefault(row.household_id, [])
            if all(row.pk != other.pk for other in there):
                there.append(row)

    def _find_people(self, homes: list[_Home]) -> None:
        """Who the rows are: by number, else by name among the members of the same household."""
        by_index = {person.index: person for home in homes for person in home.people if person.index}
        for some in slices(list(by_index)):
            for identity, index in Resident.objects.filter(number_index__in=some).values_list("pk", "number_index"):
                if index is None:
                    continue
                person = by_index[index]
                person.resident, person.fresh = identity, False
        found = {person.resident for person in by_index.values() if not person.fresh}
        members = {row.resident_id for rows in self.memberships.values() for row in rows}
        versions: list[ResidentVersion] = []
        for some in slices(list(found | members)):
            versions.extend(ResidentVersion.objects.filter(resident_id__in=some, valid_to=None))
            self._take_memberships(Membership.objects.filter(resident_id__in=some))  # wherever they live now
        for version, profile in zip(versions, profiles.of_versions(versions), strict=True):
            self.people_now[version.resident_id] = (version, profile)
        for home in homes:
            self._match_by_name(home, found)

    def _match_by_name(self, home: _Home, taken: set[uuid.UUID]) -> None:
        for person in home.people:
            if not person.fresh:
                continue
            for row in self.memberships.get(home.household, ()):
                known = self.people_now.get(row.resident_id)
                same_name = known is not None and known[1].name == person.profile.name
                # a known number that is another one is another person of the same name
                other = known is not None and idnumber.is_valid(known[1].number) and person.index is not None
                if same_name and not other and row.resident_id not in taken:
                    person.resident, person.fresh = row.resident_id, False
                    taken.add(row.resident_id)
                    break

    def _without_newer(self, homes: list[_Home]) -> list[_Home]:
        """Without the households of which an entry has said something since the day of the file."""
        day, kept = self.source.day, []
        for home in homes:
            spans = [row.valid_from for row in self.memberships.get(home.household, ())]
            if home.household in self.homes_now:
                spans.append(self.homes_now[home.household].valid_from)
            spans += [self.people_now[p.resident][0].valid_from for p in home.people if p.resident in self.people_now]
            if any(start > day for start in spans):
                self.counts.newer += 1
            else:
                kept.append(home)
        return kept

    # -- writing --

    def _write_households(self, homes: list[_Home]) -> None:
        fresh = [home for home in homes if home.fresh]
        Household.objects.bulk_create(
            [Household(id=home.household, area=home.area, area_path=home.area.path) for home in fresh], batch_size=SLICE
        )
        HouseholdNumber.objects.bulk_create(
            [HouseholdNumber(household_id=home.household, system=SYSTEM, number=home.number, **self.source.of()) for home in fresh],
            batch_size=SLICE,
        )  # fmt: skip
        self.counts.new_households = len(fresh)
        known = profiles.particulars([home.household for home in homes if not home.fresh], self.source.day)
        changed = [home for home in homes if self._home_differs(home, known)]
        keys = seals.keys_of("household", [home.household for home in changed])
        ended = [self.homes_now[home.household].pk for home in changed if home.household in self.homes_now]
        _end(HouseholdVersion.objects.all(), ended, self.source.day)
        versions = []
        for home in changed:
            version = HouseholdVersion(
                household_id=home.household, area=home.area, area_path=home.area.path, kind=home.kind,
                head_id=home.head.resident if home.head else None,
                sort_key=profiles.sort_key((home.head or home.people[0]).profile.name), **self.source.of(),
            )  # fmt: skip
            place = profiles.household_place(version.pk)
            version.sealed = seals.seal(keys[home.household], place, {"address": home.address})
            versions.append(version)
        HouseholdVersion.objects.bulk_create(versions, batch_size=SLICE)
        for home in changed:
            if not home.fresh and self._moved(home):
                Household.objects.filter(pk=home.household).update(area=home.area, area_path=home.area.path)
        self.counts.changed_households = len(changed) - len(fresh)

    def _moved(self, home: _Home) -> bool:
        now = self.homes_now.get(home.household)
        return now is None or now.area_id != home.area.pk

    def _home_differs(self, home: _Home, known: Mapping[uuid.UUID, Mapping[str, Any]]) -> bool:
        now = self.homes_now.get(home.household)
        if home.fresh or now is None:
            return True
        head = home.head.resident if home.head else None
        address = known.get(home.household, {}).get("address", "")
        return (now.area_id, now.kind, now.head_id, address) != (home.area.pk, home.kind, head, home.address)

    def _write_people(self, homes: list[_Home]) -> None:
        everybody = [person for home in homes for person in home.people]
        fresh = [person for person in everybody if person.fresh]
        Resident.objects.bulk_create(
            [Resident(id=person.resident, number_index=person.index, phone_index=phone_index(person.profile.phone))
             for person in fresh],
            batch_size=SLICE,
        )  # fmt: skip
        changed = [person for person in everybody if self._differs(person)]
        write_profiles([(person.resident, self._with_death(person)) for person in changed], self.source)
        for person in changed:
            known = self.people_now.get(person.resident)
            if known and (known[1].phone, known[1].number) != (person.profile.phone, person.profile.number):
                Resident.objects.filter(pk=person.resident).update(
                    phone_index=phone_index(person.profile.phone),
                    **({"number_index": person.index} if person.index else {}),
                )
        self.counts.new_residents = len(fresh)
        self.counts.changed_residents = len(changed) - len(fresh)

    def _with_death(self, person: _Person) -> Profile:
        """A file of the living may still list somebody whose death an entry has recorded."""
        known = self.people_now.get(person.resident)
        return replace(person.profile, died=known[1].died) if known else person.profile

    def _differs(self, person: _Person) -> bool:
        known = self.people_now.get(person.resident)
        return known is None or replace(known[1], died=None) != person.profile

    def _write_memberships(self, homes: list[_Home], *, whole: bool) -> None:
        """Who belongs where: nobody is registered in two households."""
        wanted = {person.resident: (home.household, person.relation) for home in homes for person in home.people}
        there: set[uuid.UUID] = set()
        ended: list[Membership] = []
        in_file = {home.household for home in homes}
        for household, rows in self.memberships.items():
            for row in rows:
                if wanted.get(row.resident_id) == (household, row.relation) and row.resident_id not in there:
                    there.add(row.resident_id)
                elif row.resident_id in wanted or household in in_file:
                    ended.append(row)
        if whole:
            ended += self._absent(in_file)
        _end(Membership.objects.all(), [row.pk for row in ended], self.source.day)
        self.counts.left = len({row.resident_id for row in ended} - set(wanted))
        Membership.objects.bulk_create(
            [
                Membership(household_id=household, resident_id=resident, relation=relation, **self.source.of())
                for resident, (household, relation) in wanted.items()
                if resident not in there
            ],
            batch_size=SLICE,
        )

    def _absent(self, in_file: set[uuid.UUID]) -> list[Membership]:
        """Who is registered in a household that the file does not list at all."""
        rows = Membership.objects.filter(valid_to=None, kind="registered", valid_from__lte=self.source.day)
        listed = {row.pk for rows in self.memberships.values() for row in rows}
        return [row for row in rows.iterator(SLICE) if row.household_id not in in_file and row.pk not in listed]


def _in_two_households(rows: Iterable[RowOf]) -> set[str]:
    """Numbers that stand in two households: no row of theirs can be believed."""
    seen: dict[str, str] = {}
    double: set[str] = set()
    for row in rows:
        number = idnumber.tidy(_word(row, "number"))
        if number and seen.setdefault(number, _word(row, "household")) != _word(row, "household"):
            double.add(number)
    return double


def _person(at: int, row: RowOf, name: str, number: str) -> _Person:
    valid = idnumber.is_valid(number)
    profile = Profile(
        name=name, number=number, phone=_word(row, "phone"), health=_word(row, "health"), labour=_word(row, "labour"),
        school=_word(row, "school"), work_months=_word(row, "work_months"),
        born=idnumber.birth_date(number) if valid else None,
    )  # fmt: skip
    return _Person(at, profile, _word(row, "relation")[:20], seals.index("number", number) if valid else None)


# --- incomes --------------------------------------------------------------------------------------------------------


def _load_incomes(rows: Sequence[RowOf], source: Source) -> Counts:
    counts = Counts(rows=len(rows))
    numbers = {_word(row, "household") for row in rows}
    homes: dict[str, uuid.UUID] = {}
    for some in slices(sorted(numbers)):
        known = HouseholdNumber.objects.filter(system=SYSTEM, valid_to=None, number__in=some)
        homes.update(known.values_list("number", "household_id"))
    there = _reckonings(homes.values())
    keys = seals.keys_of("household", homes.values())
    fresh = []
    for at, row in enumerate(rows):
        home, ends = homes.get(_word(row, "household")), row.get("until")
        if home is None or ends is None:
            counts.rejected.append((at, "household" if home is None else "until"))
            continue
        amounts = {kind: int(row[kind]) for kind in profiles.INCOME_KINDS if row.get(kind) is not None}
        begins = row.get("since") or ends
        if (home, begins, ends, tuple(sorted(amounts.items()))) in there:
            continue
        income = Income(household_id=home, begins=begins, ends=ends, batch_id=source.batch)
        income.sealed = seals.seal(keys[home], profiles.income_place(income.pk), amounts)
        fresh.append(income)
    Income.objects.bulk_create(fresh, batch_size=SLICE)
    counts.households = counts.changed_households = len({income.household_id for income in fresh})
    return counts


def _reckonings(households: Iterable[uuid.UUID]) -> set[tuple[Any, ...]]:
    rows: list[Income] = []
    for some in slices(list(households)):
        rows.extend(Income.objects.filter(household_id__in=some))
    contents = seals.unseal_many((row.sealed, profiles.income_place(row.pk)) for row in rows)
    return {
        (row.household_id, row.begins, row.ends, tuple(sorted((content or {}).items())))
        for row, content in zip(rows, contents, strict=True)
    }


# --- small things ---------------------------------------------------------------------------------------------------


def _end(rows: QuerySet[Any], ids: list[uuid.UUID], day: date) -> None:
    for some in slices(ids):
        rows.filter(pk__in=some).update(valid_to=day)


def _word(row: RowOf, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()
