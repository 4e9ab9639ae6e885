"""Reading a register file into versioned rows: residents with their households, and reckoned incomes.

A file is a snapshot of a day: a household in it has exactly the members that the file lists (unless it only mends single
rows); what did not change makes no new version, and is noted as attested by the batch, so that it stands when an earlier
batch is withdrawn; what was changed by an entry dated after that day is left as it is. Rows come as intake has read them
(columns of `library/feeds/residents.yaml` and `household_income.yaml`), every value a text or None.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal

from django.db import transaction
from django.db.models import QuerySet

from taizhang.core import access, chain, profiles, seals
from taizhang.core.clock import Clock
from taizhang.core.models import (
    Area,
    Attested,
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
from taizhang.core.moves.register_rows import Home, Person, RowOf, in_two_households, person_of, word
from taizhang.core.moves.versions import HEAD, SLICE, Source, phone_index, slices, write_profiles
from taizhang.core.profiles import Profile
from taizhang.kit import days, idnumber
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

SYSTEM: Final = "national"  # whose household number a register file carries
Progress = Callable[[int, int], None]
Reach = Literal["rows", "homes", "whole"]  # whom a file speaks of: who is listed; all members of their homes; everybody


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
    reach: Reach = "homes",
    progress: Progress | None = None,
) -> Counts:
    """Bring the register of residents to what a file says of a day: one transaction, one entry.

    `reach` "rows": only who is listed is spoken of; "homes": a household has exactly the members listed; "whole": the
    file is the whole register, so who is not in it has left. Raises Refusal when the actor may not, and for a file
    without rows (a mistake, not a district without people).
    """
    if not rows:
        raise Refusal("empty_register", Text("文件里没有可用的行。", "The file has no row that can be used."))
    held = None if actor.is_own_hand else access.acting(actor, "registers.import")
    entry = new_id()
    source = Source(day, entry, batch.pk if batch else None)
    with transaction.atomic():
        reader = _Residents(source, reach, progress)
        counts = reader.load(rows)
        _attest(batch, source, reach, reader.same)
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
        counts, same = _load_incomes(rows, source)
        _attest(batch, source, "rows", same)
        _append(actor, held, "household_income", counts, source, clock)
    return counts


def _attest(batch: Batch | None, source: Source, reach: Reach, same: Iterable[uuid.UUID]) -> None:
    if batch is not None:
        packed = b"".join(identity.bytes for identity in same)
        Attested.objects.create(batch=batch, entry_id=source.entry, day=source.day, reach=reach, versions=packed)


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


class _Residents:
    """One import; everything is read in bulk, compared in memory and written in bulk."""

    def __init__(self, source: Source, reach: Reach, progress: Progress | None):
        self.source, self.reach = source, reach
        self.progress = progress or (lambda done, total: None)
        self.counts = Counts()
        self.memberships: dict[uuid.UUID, list[Membership]] = {}  # by household, present and registered
        self.homes_now: dict[uuid.UUID, HouseholdVersion] = {}
        self.people_now: dict[uuid.UUID, tuple[ResidentVersion, Profile]] = {}
        self.returning: set[uuid.UUID] = set()  # households whose batch was withdrawn: they keep their identity
        self.same: list[uuid.UUID] = []  # versions that say already what the file says

    def load(self, rows: Sequence[RowOf]) -> Counts:
        homes = self._read(rows)
        self._find_homes(homes)
        self._find_people(homes)
        homes = self._without_newer(homes)
        total = len(homes)
        self.progress(0, total)
        self._write_households(homes)
        self._write_people(homes)
        self._write_memberships(homes)
        self.progress(total, total)
        self.counts.households = len(homes)
        self.counts.residents = sum(len(home.people) for home in homes)
        return self.counts

    # -- reading the file --

    def _read(self, rows: Sequence[RowOf]) -> list[Home]:
        """The households of the file; a row that cannot be used is counted with its reason, never dropped in silence."""
        areas = {area.path: area for area in Area.objects.all()}
        homes: dict[str, Home] = {}
        seen: set[str] = set()
        self.counts.rows = len(rows)
        double = in_two_households(rows)
        for at, row in enumerate(rows):
            number, name = word(row, "household"), word(row, "name")
            identity = idnumber.tidy(word(row, "number"))
            area = areas.get(word(row, "area"))
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
            person = person_of(at, row, name, identity)
            home = homes.get(number)
            if home is None:
                assert area is not None  # noqa: S101  # rejected above
                homes[number] = Home(number, area, word(row, "kind"), word(row, "address"), [person])
                continue
            home.people.append(person)
            if person.relation == HEAD and home.head is person:  # the head's row speaks for the household
                home.kind, home.address = word(row, "kind") or home.kind, word(row, "address") or home.address
                home.area = area or home.area
        return list(homes.values())

    # -- what is there --

    def _find_homes(self, homes: list[Home]) -> None:
        by_number = {home.number: home for home in homes}
        for some in slices(list(by_number)):
            known = HouseholdNumber.objects.filter(system=SYSTEM, number__in=some)
            for number, household in known.exclude(batch__withdrawn_at=None).values_list("number", "household_id"):
                by_number[number].household = household
                self.returning.add(household)
            for row, number, household in known.filter(valid_to=None).values_list("pk", "number", "household_id"):
                by_number[number].household, by_number[number].fresh = household, False
                self.returning.discard(household)
                self.same.append(row)
        there = [home.household for home in homes if not home.fresh]
        for some in slices(there):
            for version in HouseholdVersion.objects.filter(household_id__in=some, valid_to=None):
                self.homes_now[version.household_id] = version
            self._take_memberships(Membership.objects.filter(household_id__in=some))

    def _take_memberships(self, rows: QuerySet[Membership]) -> None:
        for row in rows.filter(valid_to=None, kind="registered"):
            there = self.memberships.setdefault(row.household_id, [])
            if all(row.pk != other.pk for other in there):
                there.append(row)

    def _find_people(self, homes: list[Home]) -> None:
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

    def _match_by_name(self, home: Home, taken: set[uuid.UUID]) -> None:
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

    def _without_newer(self, homes: list[Home]) -> list[Home]:
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

    def _write_households(self, homes: list[Home]) -> None:
        fresh = [home for home in homes if home.fresh]
        Household.objects.bulk_create(
            [
                Household(id=home.household, area=home.area, area_path=home.area.path)
                for home in fresh
                if home.household not in self.returning
            ],
            batch_size=SLICE,
        )
        HouseholdNumber.objects.bulk_create(
            [HouseholdNumber(household_id=home.household, system=SYSTEM, number=home.number, **self.source.of()) for home in fresh],
            batch_size=SLICE,
        )  # fmt: skip
        self.counts.new_households = len(fresh)
        known = profiles.particulars([home.household for home in homes if not home.fresh], self.source.day)
        changed = [home for home in homes if self._home_differs(home, known)]
        self._same(homes, changed, lambda home: self.homes_now[home.household].pk)
        keys = seals.keys_of("household", [home.household for home in changed])
        ended = [self.homes_now[home.household].pk for home in changed if home.household in self.homes_now]
        _end(HouseholdVersion.objects.all(), ended, self.source.day)
        versions = []
        for home in changed:
            version = HouseholdVersion(
                household_id=home.household, area=home.area, area_path=home.area.path, kind=home.kind,
                head_id=self._head(home), sort_key=self._sort_key(home), **self.source.of(),
            )  # fmt: skip
            place = profiles.household_place(version.pk)
            version.sealed = seals.seal(keys[home.household], place, {"address": home.address})
            versions.append(version)
        HouseholdVersion.objects.bulk_create(versions, batch_size=SLICE)
        for home in changed:
            if home.household in self.returning or (not home.fresh and self._moved(home)):
                Household.objects.filter(pk=home.household).update(area=home.area, area_path=home.area.path)
        self.counts.changed_households = len(changed) - len(fresh)

    def _same(self, every: list[Any], changed: list[Any], version: Callable[[Any], uuid.UUID]) -> None:
        new = {id(one) for one in changed}
        self.same += [version(one) for one in every if id(one) not in new]

    def _head(self, home: Home) -> uuid.UUID | None:
        """The head that the file names; a file that mends single rows leaves the head that is there."""
        now = self.homes_now.get(home.household)
        if home.head is None and self.reach == "rows" and now is not None:
            return now.head_id
        return home.head.resident if home.head else None

    def _sort_key(self, home: Home) -> str:
        now = self.homes_now.get(home.household)
        if home.head is None and self.reach == "rows" and now is not None:
            return now.sort_key
        return profiles.sort_key((home.head or home.people[0]).profile.name)

    def _moved(self, home: Home) -> bool:
        now = self.homes_now.get(home.household)
        return now is None or now.area_id != home.area.pk

    def _home_differs(self, home: Home, known: Mapping[uuid.UUID, Mapping[str, Any]]) -> bool:
        now = self.homes_now.get(home.household)
        if home.fresh or now is None:
            return True
        head = self._head(home)
        address = known.get(home.household, {}).get("address", "")
        return (now.area_id, now.kind, now.head_id, address) != (home.area.pk, home.kind, head, home.address)

    def _write_people(self, homes: list[Home]) -> None:
        everybody = [person for home in homes for person in home.people]
        fresh = [person for person in everybody if person.fresh]
        Resident.objects.bulk_create(
            [Resident(id=person.resident, number_index=person.index, phone_index=phone_index(person.profile.phone))
             for person in fresh],
            batch_size=SLICE,
        )  # fmt: skip
        changed = [person for person in everybody if self._differs(person)]
        self._same(everybody, changed, lambda person: self.people_now[person.resident][0].pk)
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

    def _with_death(self, person: Person) -> Profile:
        """A file of the living may still list somebody whose death an entry has recorded."""
        known = self.people_now.get(person.resident)
        return replace(person.profile, died=known[1].died) if known else person.profile

    def _differs(self, person: Person) -> bool:
        known = self.people_now.get(person.resident)
        return known is None or replace(known[1], died=None) != person.profile

    def _write_memberships(self, homes: list[Home]) -> None:
        """Who belongs where: nobody is registered in two households."""
        wanted = {person.resident: (home.household, person.relation) for home in homes for person in home.people}
        there: set[uuid.UUID] = set()
        ended: list[Membership] = []
        in_file = {home.household for home in homes} if self.reach != "rows" else set()
        for household, rows in self.memberships.items():
            for row in rows:
                if wanted.get(row.resident_id) == (household, row.relation) and row.resident_id not in there:
                    there.add(row.resident_id)
                    self.same.append(row.pk)
                elif row.resident_id in wanted or household in in_file:
                    ended.append(row)
        if self.reach == "whole":
            ended += self._absent(in_file)
        _end(Membership.objects.all(), [row.pk for row in ended], self.source.day, ended=self.source.entry)
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


# --- incomes --------------------------------------------------------------------------------------------------------


def _load_incomes(rows: Sequence[RowOf], source: Source) -> tuple[Counts, list[uuid.UUID]]:
    """What was done, and the reckonings that were there already."""
    counts, same = Counts(rows=len(rows)), list[uuid.UUID]()
    numbers = {word(row, "household") for row in rows}
    homes: dict[str, uuid.UUID] = {}
    for some in slices(sorted(numbers)):
        known = HouseholdNumber.objects.filter(system=SYSTEM, valid_to=None, number__in=some)
        homes.update(known.values_list("number", "household_id"))
    there = _reckonings(homes.values())
    keys = seals.keys_of("household", homes.values())
    fresh = []
    for at, row in enumerate(rows):
        home, ends = homes.get(word(row, "household")), row.get("until")
        if home is None or ends is None:
            counts.rejected.append((at, "household" if home is None else "until"))
            continue
        amounts = {kind: int(row[kind]) for kind in profiles.INCOME_KINDS if row.get(kind) is not None}
        begins = row.get("since") or ends
        known_as = there.get((home, begins, ends, tuple(sorted(amounts.items()))))
        if known_as is not None:
            same.append(known_as)
            continue
        income = Income(household_id=home, begins=begins, ends=ends, batch_id=source.batch)
        income.sealed = seals.seal(keys[home], profiles.income_place(income.pk), amounts)
        fresh.append(income)
    Income.objects.bulk_create(fresh, batch_size=SLICE)
    counts.households = counts.changed_households = len({income.household_id for income in fresh})
    return counts, same


def _reckonings(households: Iterable[uuid.UUID]) -> dict[tuple[Any, ...], uuid.UUID]:
    """The reckonings that count, by what they say."""
    rows: list[Income] = []
    for some in slices(list(households)):
        rows.extend(Income.objects.filter(household_id__in=some, batch__withdrawn_at=None))
    contents = seals.unseal_many((row.sealed, profiles.income_place(row.pk)) for row in rows)
    return {
        (row.household_id, row.begins, row.ends, tuple(sorted((content or {}).items()))): row.pk
        for row, content in zip(rows, contents, strict=True)
    }


# --- small things ---------------------------------------------------------------------------------------------------


def _end(rows: QuerySet[Any], ids: list[uuid.UUID], day: date, **more: Any) -> None:
    for some in slices(ids):
        rows.filter(pk__in=some).update(valid_to=day, **more)
