"""Where each value of a household in the register comes from: the file of a department with its day, or an act of a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import access, editions, profiles, seals
from taizhang.core.models import Batch, Entry, HouseholdNumber, HouseholdVersion, Membership, ResidentVersion
from taizhang.kit import days, idnumber
from taizhang.kit.text import Text

HOME: Final[Mapping[str, Text]] = {
    "number": Text("户编号", "Household number"), "kind": Text("户类型", "Kind of household"), "area": Text("地点", "Place"),
    "address": Text("住址", "Address"),
}  # fmt: skip
PERSON: Final[Mapping[str, Text]] = {
    "name": Text("姓名", "Name"), "number": Text("证件号码", "Identity number"), "phone": Text("联系电话", "Telephone"),
    "labour": Text("劳动技能", "Ability to work"), "school": Text("在校状况", "At school"),
    "work_months": Text("务工月数", "Months of work"), "relation": Text("与户主关系", "Relation to the head"),
    "died": Text("去世日期", "Died on"),
}  # fmt: skip
_COVERED: Final = ("number", "phone")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said a value first of those who still say it, and when."""

    department: str
    batch: uuid.UUID | None
    number: str  # of the batch
    by: Text  # the act and who did it, where it was no file
    on: date


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the register with its origin; numbers and telephones are covered."""

    resident: uuid.UUID | None  # None: of the household
    who: str
    item: str
    label: Text
    value: str
    origin: Origin


def register(actor: access.Actor, household_id: uuid.UUID | str, now: datetime) -> tuple[Value, ...]:
    """Every value of a household and its present members, with its origin. Raises NotFound when it is hidden."""
    home, day = access.household_for(actor, household_id), days.day_of(now)
    found = [*_home(home.pk)]
    rows = list(
        Membership.objects.filter(profiles.in_force(day), household=home, kind="registered").select_related(
            "batch__organisation"
        )
    )
    people = profiles.people([row.resident_id for row in rows], day)
    origins = _Origins([row.entry_id for row in rows])
    for row in rows:
        who = people.get(row.resident_id, profiles.UNKNOWN).name
        found.append(Value(row.resident_id, who, "relation", PERSON["relation"], row.relation, origins.of(row)))
        found += _person(row.resident_id, who)
    return tuple(found)


def _home(household: uuid.UUID) -> Iterable[Value]:
    standing = HouseholdNumber.objects.filter(household=household, batch__withdrawn_at=None)
    numbers = list(standing.select_related("batch__organisation").order_by("valid_from", "pk"))
    yield from _values(
        None, "", numbers, {"number": HOME["number"]}, lambda rows: [{"number": row.number} for row in rows]
    )
    versions = list(_standing(HouseholdVersion, household=household).select_related("batch__organisation", "area"))
    yield from _values(None, "", versions, {key: HOME[key] for key in ("kind", "area", "address")}, _home_values)


def _home_values(rows: Sequence[HouseholdVersion]) -> list[dict[str, Any]]:
    contents = seals.unseal_many((row.sealed, profiles.household_place(row.pk)) for row in rows)
    return [
        {"kind": row.kind, "area": row.area.name, "address": (content or {}).get("address", "")}
        for row, content in zip(rows, contents, strict=True)
    ]


def _person(resident: uuid.UUID, who: str) -> Iterable[Value]:
    versions = list(_standing(ResidentVersion, resident=resident).select_related("batch__organisation"))
    labels = {key: label for key, label in PERSON.items() if key != "relation"}
    yield from _values(
        resident, who, versions, labels, lambda rows: [vars(profile) for profile in profiles.of_versions(rows)]
    )


def _standing(model: type[Any], **of: uuid.UUID) -> Any:
    """The versions that held, the earliest first."""
    return model.objects.filter(batch__withdrawn_at=None, **of).order_by("valid_from", "pk")


def _values(
    resident: uuid.UUID | None,
    who: str,
    rows: Sequence[Any],
    labels: Mapping[str, Text],
    read: Callable[[Sequence[Any]], Sequence[Mapping[str, Any]]],
) -> Iterable[Value]:
    """Each value of the present version, from the version that brought it first and that nothing has changed since."""
    if not rows or rows[-1].valid_to is not None:
        return
    told, origins = list(read(rows)), _Origins([row.entry_id for row in rows])
    for key, label in labels.items():
        value = told[-1].get(key)
        if value in (None, ""):
            continue
        since = len(rows) - 1
        while since and told[since - 1].get(key) == value:
            since -= 1
        shown = idnumber.mask(str(value)) if resident is not None and key in _COVERED else str(value)
        yield Value(resident, who, key, label, shown, origins.of(rows[since]))


class _Origins:
    """The origins of rows, read with one query."""

    def __init__(self, entries: Iterable[uuid.UUID | None]):
        wanted = {entry for entry in entries if entry is not None}
        self.entries = {
            entry.pk: entry for entry in Entry.objects.filter(pk__in=wanted).select_related("account", "case")
        }

    def of(self, row: Any) -> Origin:
        batch: Batch | None = row.batch
        if batch is not None:
            department = batch.organisation.name if batch.organisation else ""
            return Origin(department, batch.pk, batch.number, Text("", ""), days.day_of(batch.received_at))
        entry = self.entries.get(row.entry_id)
        if entry is None or entry.kind != "act":
            return Origin("", None, "", Text("登记导入", "Loaded"), row.valid_from)
        return Origin("", None, "", _act(entry), days.day_of(entry.received))


def _act(entry: Entry) -> Text:
    law = editions.current_all().get(entry.case.ledger) if entry.case else None
    act = law.acts.get(entry.act) if law else None
    label = act.label if act else Text(entry.act, entry.act)
    who = entry.account.name if entry.account else ""
    return Text(f"{label.zh} {who}".strip(), f"{label.en} {who}".strip())
