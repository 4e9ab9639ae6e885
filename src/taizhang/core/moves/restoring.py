"""The register without a batch that is withdrawn: every row it brought or ended is folded anew from what remains.

Rows of the batch stay as history that never held (an empty span). What a later batch attested stands by that batch from
its day; what an act changed is laid over what remains. See `taizhang.core.moves.timelines` for the rules.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from taizhang.core import profiles, seals
from taizhang.core.models import (
    Attested,
    Batch,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Income,
    Membership,
    NameToken,
    Resident,
    ResidentVersion,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves import timelines
from taizhang.core.moves.timelines import NEVER, Claim, Folded, Later, Value
from taizhang.core.moves.versions import SLICE, phone_index, slices
from taizhang.core.profiles import Profile
from taizhang.kit import idnumber

_ID: Final = 16  # bytes of a packed identifier
_HOME: Final = ("area_id", "area_path", "kind", "head_id", "sort_key")
_PERSON: Final = tuple(one.name for one in fields(Profile))


@dataclass(frozen=True)
class Restored:
    """How many subjects of the register changed when a batch was taken away."""

    households: int = 0
    residents: int = 0
    memberships: int = 0
    incomes: int = 0

    def plain(self) -> dict[str, int]:
        """The numbers as an entry says them."""
        return dict(vars(self))


def restore(batch: Batch) -> Restored:
    """Bring the register to what it would be without a batch, within the transaction that withdraws it.

    The batch must be marked as withdrawn already. Nothing happens for a feed that does not touch the register.
    """
    if batch.feed == "household_income":
        return Restored(incomes=_incomes(batch))
    return _Restoring(batch).run() if batch.feed == "residents" else Restored()


def _unpack(packed: bytes | memoryview) -> frozenset[uuid.UUID]:
    data = bytes(packed)
    return frozenset(uuid.UUID(bytes=data[at : at + _ID]) for at in range(0, len(data), _ID))


def _attesting(feed: str, after: int) -> list[Later]:
    """The register batches that stand and came after a place in the chain, in the order of the chain."""
    rows = Attested.objects.filter(batch__feed=feed, batch__withdrawn_at=None, entry__seq__gt=after)
    return [
        Later(row.batch_id, row.entry_id, seq, row.day, row.reach, _unpack(row.versions))
        for row, seq in ((row, row.at) for row in rows.annotate(at=F("entry__seq")).order_by("at"))
    ]


def _incomes(batch: Batch) -> int:
    """Reckonings that only this batch sent stand no more; those that a later one repeated stand by that one."""
    mine = list(Income.objects.filter(batch=batch))
    said = Attested.objects.filter(batch=batch).values_list("entry__seq", flat=True).first()
    later = _attesting(batch.feed, NEVER if said is None else said)
    fresh = []
    contents = seals.unseal_many((row.sealed, profiles.income_place(row.pk)) for row in mine)
    for row, content in zip(mine, contents, strict=True):
        by = next((one for one in later if row.pk in one.versions), None)
        if by is None or content is None:
            continue
        again = Income(household_id=row.household_id, begins=row.begins, ends=row.ends, batch_id=by.batch)
        key = seals.key_of(seals.Owner("household", row.household_id))
        again.sealed = seals.seal(key, profiles.income_place(again.pk), content)
        fresh.append(again)
        for one in later:
            if row.pk in one.versions:
                _attest_too(one.batch, [again.pk])
    Income.objects.bulk_create(fresh, batch_size=SLICE)
    return len(mine) - len(fresh)


def _attest_too(batch: uuid.UUID, rows: Iterable[uuid.UUID]) -> None:
    """Let a batch attest the rows that now say what it said."""
    there = Attested.objects.get(pk=batch)
    more = b"".join(row.bytes for row in rows)
    Attested.objects.filter(pk=batch).update(versions=bytes(there.versions) + more)


class _Restoring:
    """One batch of residents taken away."""

    def __init__(self, batch: Batch):
        self.batch = batch
        said = Attested.objects.filter(batch=batch).values_list("entry_id", "entry__seq").first()
        if said is None:  # imported before files attested anything: its rows tell which entry it was
            rows = ResidentVersion.objects.filter(batch=batch).exclude(entry=None)
            said = rows.values_list("entry_id", "entry__seq").first()
        self.entry: uuid.UUID | None = said[0] if said else None
        self.at: int = said[1] if said else NEVER
        self.later = _attesting(batch.feed, self.at)
        self.moved: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)  # by batch, the rows that it attests now

    def run(self) -> Restored:
        """Fold and write every kind of row; then what is looked up by (numbers, telephones, names, present areas)."""
        numbers = self._versions(HouseholdNumber, "household_id", self._number_values, self._write_number)
        homes = self._versions(HouseholdVersion, "household_id", self._home_values, self._write_home)
        people = self._versions(ResidentVersion, "resident_id", self._person_values, self._write_person)
        members = self._memberships()
        self._place(homes)
        self._name(people)
        for attesting, rows in self.moved.items():
            _attest_too(attesting, rows)
        return Restored(len(homes | numbers), len(people), len(members))

    # -- versions --

    def _versions(
        self,
        model: type[Any],
        owner: str,
        values: Callable[[list[Any]], list[Value | None]],
        write: Callable[[Any, uuid.UUID, Value], None],
    ) -> set[uuid.UUID]:
        touched = set(model.objects.filter(batch=self.batch).values_list(owner, flat=True))
        for some in slices(sorted(touched)):
            rows = self._rows(model.objects.filter(**{f"{owner}__in": some}))
            by_owner: dict[uuid.UUID, list[tuple[Any, Value | None]]] = defaultdict(list)
            for row, value in zip(rows, values(rows), strict=True):
                by_owner[getattr(row, owner)].append((row, value))
            for identity, mine in by_owner.items():
                claims = _claims(mine)
                if any(value is None for _, value in mine):
                    continue  # erased for ever: there is nothing to restore
                made = timelines.versions(claims, self.batch.pk, self.at, self.later, self._carry)
                self._write(model, made, {row.pk: (row, value) for row, value in mine}, identity, write)
        return touched

    def _rows(self, wanted: QuerySet[Any]) -> list[Any]:
        """Rows in the order of the chain, without those of batches that were withdrawn before."""
        standing = wanted.filter(Q(batch__withdrawn_at=None) | Q(batch=self.batch))
        told = standing.annotate(at=F("entry__seq"), said_by=F("entry__kind"))
        return list(told.order_by(F("at").asc(nulls_first=True), "pk"))

    def _write(
        self,
        model: type[Any],
        made: Folded,
        there: Mapping[uuid.UUID, tuple[Any, Value | None]],
        identity: uuid.UUID,
        write: Callable[[Any, uuid.UUID, Value], None],
    ) -> None:
        model.objects.filter(pk__in=made.void).update(valid_to=F("valid_from"))
        rows: dict[int, uuid.UUID] = {}
        for span in made.spans:
            if span.row is not None:
                rows[id(span)] = span.row
                row, value = there[span.row]
                if row.valid_to != span.until:
                    model.objects.filter(pk=row.pk).update(valid_to=span.until)
                if value != span.value:  # what an act changed, laid over what remains
                    write(row, identity, span.value)
                    row.save(update_fields=[field.name for field in row._meta.concrete_fields if not field.primary_key])
            elif span.by is not None:
                row = model(id=new_id(), valid_from=span.since, batch_id=span.by.batch, entry_id=span.by.entry)
                row.valid_to = span.until
                write(row, identity, span.value)
                row.save(force_insert=True)
                rows[id(span)] = row.pk
        self._note_moved(made, rows)

    def _note_moved(self, made: Folded, rows: Mapping[int, uuid.UUID]) -> None:
        for attesting, span in made.moved:
            if rows[id(span)] not in attesting.versions:
                self.moved[attesting.batch].append(rows[id(span)])

    def _carry(self, claim: Claim | None, attesting: Later | None, value: Value, present: Value) -> Value:
        """A file says nothing of deaths, and one that mends single rows nothing of a head it does not list."""
        if "died" in value:
            return {**value, "died": present["died"]}
        by = attesting or next((one for one in self.later if claim is not None and one.batch == claim.batch), None)
        if (
            "head_id" in value
            and by is not None
            and by.reach == "rows"
            and value["head_id"] not in self._listed[by.batch]
        ):
            return {**value, "head_id": present["head_id"], "sort_key": present["sort_key"]}
        return value

    @staticmethod
    def _number_values(rows: list[HouseholdNumber]) -> list[Value | None]:
        return [{"number": row.number, "system": row.system} for row in rows]

    @staticmethod
    def _write_number(row: HouseholdNumber, household: uuid.UUID, value: Value) -> None:
        row.household_id, row.number, row.system = household, value["number"], value["system"]

    @staticmethod
    def _home_values(rows: list[HouseholdVersion]) -> list[Value | None]:
        contents = seals.unseal_many((row.sealed, profiles.household_place(row.pk)) for row in rows)
        return [
            {**{name: getattr(row, name) for name in _HOME}, "content": content} if content is not None else None
            for row, content in zip(rows, contents, strict=True)
        ]

    @staticmethod
    def _write_home(row: HouseholdVersion, household: uuid.UUID, value: Value) -> None:
        row.household_id = household
        for name in _HOME:
            setattr(row, name, value[name])
        key = seals.key_of(seals.Owner("household", household))
        row.sealed = seals.seal(key, profiles.household_place(row.pk), value["content"])

    @staticmethod
    def _person_values(rows: list[ResidentVersion]) -> list[Value | None]:
        return [
            {name: getattr(profile, name) for name in _PERSON} if row.sealed is not None else None
            for row, profile in zip(rows, profiles.of_versions(rows), strict=True)
        ]

    @staticmethod
    def _write_person(row: ResidentVersion, resident: uuid.UUID, value: Value) -> None:
        profile = Profile(**value)
        row.resident_id, row.born, row.died = resident, profile.born, profile.died
        row.sort_key = profiles.sort_key(profile.name)
        key = seals.key_of(seals.Owner("resident", resident))
        row.sealed = seals.seal(key, profiles.resident_place(row.pk), profile.sealed())

    # -- memberships --

    @cached_property
    def _listed(self) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
        """Whom each later batch lists."""
        return {one.batch: self._of(Membership, "resident_id", one) for one in self.later}

    @cached_property
    def _homes(self) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
        """The households that each later batch lists."""
        return {one.batch: self._of(HouseholdVersion, "household_id", one) for one in self.later}

    @staticmethod
    def _of(model: type[Any], owner: str, one: Later) -> frozenset[uuid.UUID]:
        found = set(model.objects.filter(batch=one.batch).values_list(owner, flat=True))
        for some in slices(sorted(one.versions)):
            found |= set(model.objects.filter(pk__in=some).values_list(owner, flat=True))
        return frozenset(found)

    def _memberships(self) -> set[uuid.UUID]:
        every = Membership.objects.filter(kind="registered")
        touched = set(every.filter(batch=self.batch).values_list("resident_id", flat=True))
        if self.entry is not None:
            touched |= set(every.filter(ended=self.entry).values_list("resident_id", flat=True))
        for some in slices(sorted(touched)):
            rows = self._rows(every.filter(resident_id__in=some).annotate(ended_at=F("ended__seq")))
            by_owner: dict[uuid.UUID, list[tuple[Any, Value | None]]] = defaultdict(list)
            for row in rows:
                by_owner[row.resident_id].append((row, {"household": row.household_id, "relation": row.relation}))
            for resident, mine in by_owner.items():
                made = timelines.memberships(
                    _claims(mine), self.batch.pk, self.at, self.later,
                    frozenset(one.batch for one in self.later if resident in self._listed[one.batch]), self._homes,
                )  # fmt: skip
                self._write_memberships(made, {row.pk: row for row, _ in mine}, resident)
        return touched

    def _write_memberships(self, made: Folded, there: Mapping[uuid.UUID, Membership], resident: uuid.UUID) -> None:
        Membership.objects.filter(pk__in=made.void).update(valid_to=F("valid_from"), ended=None)
        rows: dict[int, uuid.UUID] = {}
        for span in made.spans:
            ended = span.ended.entry if span.ended else None
            if span.row is not None:
                row, rows[id(span)] = there[span.row], span.row
                if row.valid_to != span.until:
                    Membership.objects.filter(pk=row.pk).update(valid_to=span.until, ended=ended)
            elif span.by is not None:
                fresh = Membership.objects.create(
                    household_id=span.value["household"], resident_id=resident, relation=span.value["relation"], ended_id=ended,
                    valid_from=span.since, valid_to=span.until, batch_id=span.by.batch, entry_id=span.by.entry,
                )  # fmt: skip
                rows[id(span)] = fresh.pk
        self._note_moved(made, rows)

    # -- what is looked up by --

    @staticmethod
    def _place(households: Iterable[uuid.UUID]) -> None:
        for some in slices(sorted(households)):
            for home in HouseholdVersion.objects.filter(household_id__in=some, valid_to=None).order_by("valid_from"):
                there = Household.objects.filter(pk=home.household_id).exclude(area_id=home.area_id)
                there.update(area_id=home.area_id, area_path=home.area.path)

    @staticmethod
    def _name(residents: Iterable[uuid.UUID]) -> None:
        """Numbers, telephones and names by which people are found; who is in the register no more is not found by name."""
        for some in slices(sorted(residents)):
            NameToken.objects.filter(resident_id__in=some, resident__erased_at=None).delete()
            held = Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))
            rows = list(
                ResidentVersion.objects.filter(held, resident_id__in=some)
                .exclude(sealed=None)
                .order_by("entry__seq", "pk")
            )
            told: dict[uuid.UUID, list[tuple[bool, Profile]]] = defaultdict(list)
            for row, profile in zip(rows, profiles.of_versions(rows), strict=True):
                told[row.resident_id].append((row.valid_to is None, profile))
            present = {resident: past[-1][1] for resident, past in told.items() if past[-1][0]}
            Resident.objects.filter(pk__in=set(some) - set(present)).update(phone_index=None)
            for resident, profile in present.items():
                numbers = [
                    number for _, past in told[resident] if idnumber.is_valid(number := idnumber.tidy(past.number))
                ]
                index = seals.index("number", numbers[-1]) if numbers else None
                taken = index is not None and Resident.objects.filter(number_index=index).exclude(pk=resident).exists()
                more: dict[str, Any] = {} if taken else {"number_index": index}
                Resident.objects.filter(pk=resident).update(phone_index=phone_index(profile.phone), **more)
            NameToken.objects.bulk_create(
                [
                    NameToken(resident_id=resident, token=token)
                    for resident, profile in present.items()
                    for token in seals.name_tokens(profile.name)
                ],
                batch_size=1000,
            )


def _claims(rows: Sequence[tuple[Any, Value | None]]) -> list[Claim]:
    """Rows as claims; one that never held and that nothing replaced on its day is left out."""
    claims = []
    for place, (row, value) in enumerate(rows):
        following = rows[place + 1][0].valid_from if place + 1 < len(rows) else None
        if value is None or (row.valid_to == row.valid_from and following != row.valid_to):
            continue
        claims.append(
            Claim(
                row.pk, NEVER if row.at is None else row.at, row.valid_from, row.valid_to, value, row.batch_id,
                row.said_by == "act", getattr(row, "ended_at", None),
            )
        )  # fmt: skip
    return claims
