"""Changes of the registers that an act makes: move, split, merge, birth, death, correction; reckonings of income.

Nothing is overwritten: what was ends on a day, what is begins on it, and both name the entry that said so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from taizhang.core import access, editions, profiles, seals
from taizhang.core.models import (
    Area,
    Case,
    Household,
    HouseholdVersion,
    Membership,
    Resident,
    ResidentVersion,
)
from taizhang.core.moves import incomes, standing, things
from taizhang.core.moves.versions import HEAD, Source, dead, phone_index, write_profiles
from taizhang.core.profiles import Profile
from taizhang.kit import days, idnumber
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

if TYPE_CHECKING:
    from taizhang.core.subjects import Subject

OTHER: Final = "其他"
_PERSONAL: Final = ("name", "number", "phone", "health", "labour", "school", "work_months")


@dataclass(frozen=True)
class Changed:
    """What a change of the registers made: the other household it concerned (split off, or merged into)."""

    other: uuid.UUID | None = None


@dataclass(frozen=True)
class _Change:
    household: uuid.UUID
    case: uuid.UUID
    values: Mapping[str, Any]
    source: Source
    now: datetime

    @property
    def day(self) -> date:
        return self.source.day

    def wants(self, name: str) -> Any:
        value = self.values.get(name)
        if value in (None, "", []):
            raise Refusal("register_change", Text(f"缺少“{name}”。", f"“{name}” is missing."))
        return value


def apply(
    change: str,
    values: Mapping[str, Any],
    *,
    subject: Subject,
    case: uuid.UUID,
    entry_id: uuid.UUID,
    actor: access.Actor,
    now: datetime,
) -> Changed:
    """Make a change of the registers inside the transaction of the act that decided it; appends no entry of its own.

    `values` as the ledgers `register`, `directory` and `income` set them; dates `YYYY-MM-DD`, people and households by id, areas by path.
    Raises Refusal("register_change") for what cannot be done, NotFound for an unknown area, person or household.
    """
    known: Mapping[str, Callable[[_Change], uuid.UUID | None]] = {
        "move": _move, "split": _split, "merge": _merge, "birth": _birth, "death": _death, "join": _join,
        "leave": _leave, "correction": _correct, "income": _income,
        "income_confirmed": lambda one: incomes.confirm(one.case, one.source.entry),
        "income_withdrawn": lambda one: incomes.withdraw(one.case),
    }  # fmt: skip
    today = days.day_of(now)
    since = values.get("since")
    day = date.fromisoformat(since) if isinstance(since, str) and since else since or today
    if day > today:
        raise Refusal("register_change", Text("变动日期不能在今天之后。", "A change cannot lie in the future."))
    if change in things.CHANGES:
        things.change(change, values, subject=subject, case=case, source=Source(day, entry_id), now=now)
        return Changed()
    if change not in known or subject.household is None:
        raise Refusal("register_change", Text(f"名册没有“{change}”这种变动。", f"Registers know no change “{change}”."))
    return Changed(known[change](_Change(subject.household, case, values, Source(day, entry_id), now)))


# --- households -----------------------------------------------------------------------------------------------------


def _move(change: _Change) -> None:
    path = str(change.wants("area"))
    area = Area.objects.filter(path=path).first()
    if area is None:
        raise NotFound(Text("迁入地", "The area moved to"))
    Household.objects.filter(pk=change.household).update(area=area, area_path=area.path)
    for case in Case.objects.filter(household_id=change.household, closed=None):
        standing.carry(case, area.path, change.now)
        Case.objects.filter(pk=case.pk).update(area=area, area_path=area.path)
    _restate(change, change.household, area=area)


def _split(change: _Change) -> uuid.UUID:
    leaving = [uuid.UUID(str(member)) for member in change.wants("members")]
    there = _members(change.household)
    gone = [row for row in there if row.resident_id in leaving]
    if len(gone) != len(set(leaving)):
        raise Refusal(
            "register_change", Text("分出的人不在本户。", "Not everybody who splits off belongs to the household.")
        )
    if len(gone) == len(there):
        raise Refusal("register_change", Text("不能全部分出。", "Not every member can split off."))
    old = Household.objects.select_related("area").get(pk=change.household)
    new = Household.objects.create(area=old.area, area_path=old.area_path)
    _end(gone, change.day)
    order = {member: at for at, member in enumerate(leaving)}
    for row in sorted(gone, key=lambda row: order[row.resident_id]):
        relation = HEAD if order[row.resident_id] == 0 else OTHER
        _enter(change, new.pk, row.resident_id, relation)
    version = _version(change.household)
    _restate(change, new.pk, area=old.area, kind=version.kind if version else "")
    _restate(change, change.household)
    return new.pk


def _merge(change: _Change) -> uuid.UUID:
    into = Household.objects.filter(pk=change.wants("into")).first()
    if into is None or into.pk == change.household:
        raise NotFound(Text("并入的户", "The household to merge into"))
    there = _members(change.household)
    gone = dead(row.resident_id for row in there)
    rows = [row for row in there if row.resident_id not in gone]
    _end(rows, change.day)
    for row in rows:
        _enter(change, into.pk, row.resident_id, OTHER if row.relation == HEAD else row.relation)
    _end_version(change.household, change.day)
    _restate(change, into.pk)
    return into.pk


# --- people ---------------------------------------------------------------------------------------------------------


def _birth(change: _Change) -> None:
    _admit(change, born=change.day)


def _join(change: _Change) -> None:
    _admit(change, born=None)


def _admit(change: _Change, born: date | None) -> None:
    """Somebody comes to the household: known by number from another household, or new in the registers."""
    number = idnumber.tidy(str(change.values.get("number") or ""))
    valid = idnumber.is_valid(number)
    index = seals.index("number", number) if valid else None
    resident = Resident.objects.filter(number_index=index).first() if index else None
    if resident is not None and resident.erased_at is not None:
        raise Refusal("erased", Text("此人的资料已按规定删除。", "This person's data have been erased."))
    held = resident is not None and ResidentVersion.objects.filter(resident=resident, valid_to=None).exists()
    if resident is None or not held:  # new, or known by a register alone that was withdrawn
        resident = resident or Resident.objects.create(number_index=index)
        born = idnumber.birth_date(number) if valid else born
        write_profiles(
            [(resident.pk, Profile(name=str(change.wants("name")), number=number, born=born))], change.source
        )
    else:
        _end(list(Membership.objects.filter(resident=resident, kind="registered", valid_to=None)), change.day)
    _enter(change, change.household, resident.pk, _relation(str(change.wants("relation"))))
    _restate(change, change.household)


def _death(change: _Change) -> None:
    resident = _member(change).resident_id
    _, profile = _person(resident)
    write_profiles([(resident, replace(profile, died=change.day))], _after(change.source, resident))
    _restate(change, change.household)


def _leave(change: _Change) -> None:
    _end([_member(change)], change.day)
    _restate(change, change.household)


def _correct(change: _Change) -> None:
    item, value = str(change.wants("item")), str(change.wants("value")).strip()
    if item == "address":
        _restate(change, change.household, address=value)
    elif item == "kind":
        _restate(change, change.household, kind=value)
    elif item in ("relation", "head"):
        _correct_relation(change, HEAD if item == "head" else _relation(value))
    elif item in _PERSONAL:
        _correct_person(change, item, value)
    else:
        raise Refusal("register_change", Text(f"名册没有“{item}”这一项。", f"Registers have no item “{item}”."))


def _correct_relation(change: _Change, relation: str) -> None:
    row = _member(change)
    if relation == HEAD:
        for other in _members(change.household):
            if other.relation == HEAD and other.pk != row.pk:
                _end([other], change.day)
                _enter(change, change.household, other.resident_id, OTHER)
    _end([row], change.day)
    _enter(change, change.household, row.resident_id, relation)
    _restate(change, change.household)


def _correct_person(change: _Change, item: str, value: str) -> None:
    resident = _member(change).resident_id
    _, profile = _person(resident)
    if item == "number":
        value = idnumber.tidy(value)
        if not idnumber.is_valid(value):
            raise Refusal("number", Text("证件号码不对：校验位或出生日期有误。", "The identity number is not valid."))
        index = seals.index("number", value)
        if Resident.objects.filter(number_index=index).exclude(pk=resident).exists():
            raise Refusal(
                "number_taken", Text("这个证件号码已在名册中。", "This identity number is in the register already.")
            )
        Resident.objects.filter(pk=resident).update(number_index=index)
        profile = replace(profile, born=idnumber.birth_date(value))
    if item == "phone":
        Resident.objects.filter(pk=resident).update(phone_index=phone_index(value))
    write_profiles([(resident, _with(profile, item, value))], _after(change.source, resident))
    if item == "name":
        _restate(change, change.household)


def _income(change: _Change) -> None:
    incomes.record(change.household, change.case, change.source.entry, change.values)


# --- versions -------------------------------------------------------------------------------------------------------


def _restate(
    change: _Change,
    household: uuid.UUID,
    *,
    area: Area | None = None,
    kind: str | None = None,
    address: str | None = None,
) -> None:
    """A new version of a household: what is named is changed, head and sort key follow the members."""
    now = _version(household)
    old = profiles.household_place(now.pk) if now else None
    content = (seals.unseal(now.sealed, old) or {}) if now and now.sealed and old else {}
    rows = _members(household)
    head = next((row.resident_id for row in rows if row.relation == HEAD), None)
    named = head or (rows[0].resident_id if rows else None)
    place = area or (now.area if now else Household.objects.select_related("area").get(pk=household).area)
    source = _no_earlier(change.source, now.valid_from if now else None)
    _end_version(household, source.day)
    version = HouseholdVersion(
        household_id=household, area=place, area_path=place.path, head_id=head,
        kind=kind if kind is not None else (now.kind if now else ""),
        sort_key=profiles.sort_key(_person(named)[1].name) if named else "", **source.of(),
    )  # fmt: skip
    content = {**content, "address": address} if address is not None else content
    version.sealed = seals.seal(
        seals.key_of(seals.Owner("household", household)), profiles.household_place(version.pk), content
    )
    version.save(force_insert=True)


def _version(household: uuid.UUID) -> HouseholdVersion | None:
    return HouseholdVersion.objects.filter(household_id=household, valid_to=None).order_by("-valid_from").first()


def _end_version(household: uuid.UUID, day: date) -> None:
    for version in HouseholdVersion.objects.filter(household_id=household, valid_to=None):
        HouseholdVersion.objects.filter(pk=version.pk).update(valid_to=max(day, version.valid_from))


def _members(household: uuid.UUID) -> list[Membership]:
    return list(
        Membership.objects.filter(household_id=household, kind="registered", valid_to=None).order_by("valid_from", "pk")
    )


def _member(change: _Change) -> Membership:
    member = str(change.wants("member"))
    for row in _members(change.household):
        if str(row.resident_id) == member:
            return row
    raise NotFound(Text("这位家庭成员", "This member of the household"))


def _person(resident: uuid.UUID) -> tuple[ResidentVersion, Profile]:
    row = ResidentVersion.objects.filter(resident_id=resident, valid_to=None).order_by("-valid_from").first()
    if row is None:
        raise NotFound(Text("此人的名册资料", "The register's data on this person"))
    return row, profiles.of_versions([row])[0]


def _end(rows: list[Membership], day: date) -> None:
    for row in rows:
        Membership.objects.filter(pk=row.pk).update(valid_to=max(day, row.valid_from))


def _enter(change: _Change, household: uuid.UUID, resident: uuid.UUID, relation: str) -> None:
    Membership.objects.create(household_id=household, resident_id=resident, relation=relation, **change.source.of())


def _with(profile: Profile, item: str, value: str) -> Profile:
    changes: dict[str, Any] = {item: value}
    return replace(profile, **changes)


def _after(source: Source, resident: uuid.UUID) -> Source:
    return _no_earlier(source, _person(resident)[0].valid_from)


def _no_earlier(source: Source, start: date | None) -> Source:
    """A change that is told late cannot begin before what it changes; its claimed day stays in the entry."""
    return replace(source, day=max(source.day, start)) if start else source


def _relation(value: str) -> str:
    """A relation in words; a code of the catalogue `relations` is looked up."""
    catalogue = editions.library().catalogues.get("relations")
    return catalogue.label(value).zh if catalogue else value
