"""What a case is about: one row of a register, its attributes as conditions read them, and the key it is sealed under."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from taizhang.core import access, numbers, profiles, reckoning, statements, thing_rights
from taizhang.core.models import (
    Area,
    Case,
    Household,
    HouseholdVersion,
    Membership,
    Organisation,
    Resident,
    ResidentVersion,
    Thing,
)
from taizhang.core.profiles import in_force
from taizhang.core.seals import Owner
from taizhang.kit import idnumber
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger.registers import REGISTERS
from taizhang.ledger.schema import Ledger

# Able to work by age: from 16 to 59 full years, as the employment registers count (domain of the labour bureau).
WORKING_AGE: Final = range(16, 60)
_FORMER_POOR: Final = "脱贫户"


@dataclass(frozen=True)
class Subject:
    """A row of a register as the subject of a case, with the area the case belongs to."""

    register: str
    id: str  # as conditions see it: a UUID, an organisation's code, an area's path
    area: uuid.UUID
    path: str
    household: uuid.UUID | None = None
    resident: uuid.UUID | None = None
    organisation: uuid.UUID | None = None
    thing: uuid.UUID | None = None
    speaker: uuid.UUID | None = None  # the thing whose people speak for it: of a product or a place its enterprise
    known: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)  # what was read with it

    def owner(self, case: uuid.UUID) -> Owner:
        """Whose key the values of its cases lie under."""
        if self.resident is not None:
            return Owner("resident", self.resident)
        if self.household is not None:
            return Owner("household", self.household)
        return Owner("case", case)


def of_case(case: Case) -> Subject:
    """The subject of a case; no query unless it is an organisation or a thing."""
    named: dict[str, Any] = {
        "household": case.household_id, "resident": case.resident_id, "organisation": case.organisation_id,
    }  # fmt: skip
    for register in ("resident", "household"):
        if named[register] is not None:
            return Subject(register, str(named[register]), case.area_id, case.area_path, **{register: named[register]})
    if case.organisation_id is not None:
        return replace(_organisation(case.organisation_id), area=case.area_id, path=case.area_path)
    if case.thing_id is not None:
        return replace(
            _thing(thing_rights.thing_for(access.SYSTEM, case.thing_id)), area=case.area_id, path=case.area_path
        )
    return Subject("area", case.area_path, case.area_id, case.area_path)


def row(about: Subject) -> dict[str, Any]:
    """The columns of a case that say which row it is about; none for an area."""
    for column in ("resident", "household", "organisation", "thing"):
        if (found := getattr(about, column)) is not None:
            return {column: found}
    return {}


def find(actor: access.Actor, ledger: Ledger, act: str, wanted: uuid.UUID | str) -> Subject:
    """The register's row that a new case of a ledger is about.

    `wanted` is the row's id; for an area its path, for an organisation its code will do as well.
    Raises NotFound when it is absent, or outside the areas in which the actor may read it or do the opening act.
    """
    register = ledger.subject
    by = ledger.acts[act].by if act in ledger.acts else ()
    if register == "household":
        household = access.household_for(actor, wanted, by=by)
        return Subject(register, str(household.pk), household.area_id, household.area_path, household=household.pk)
    if register == "resident":
        return _resident(actor, wanted)
    if register == "organisation":
        return _organisation(wanted)
    if register == "area":
        return _area(actor, wanted)
    thing = thing_rights.thing_for(actor, wanted, by=by)
    if thing.register != register:
        raise NotFound(Text("名册里的这一行", "This row of the register"))
    if thing.closed is not None:
        raise Refusal("closed", Text(f"“{thing.name}”已注销或停用。", f"“{thing.name}” is closed."))
    return _thing(thing)


def _thing(row: Thing) -> Subject:
    owner = statements.value(Organisation, "code", pk=row.organisation_id) if row.organisation_id else ""
    known = {
        "kind": row.kind, "grade": row.grade, "enterprise": str(row.enterprise_id or ""), "organisation": owner,
        "open": row.closed is None,
    }  # fmt: skip
    speaker = row.enterprise_id or row.pk
    return Subject(row.register, str(row.pk), row.area_id, row.area_path, thing=row.pk, speaker=speaker, known=known)


def _resident(actor: access.Actor, wanted: uuid.UUID | str) -> Subject:
    try:
        resident: Resident = access.residents_for(actor).get(pk=wanted)
    except (Resident.DoesNotExist, ValueError):
        raise NotFound(Text("这个人", "This person")) from None
    home = (
        Membership.objects.filter(resident=resident, valid_to=None)
        .select_related("household")
        .order_by("-valid_from")
        .first()
    )
    if home is None:
        raise Refusal("no_household", Text("此人现在不属于任何一户。", "This person belongs to no household now."))
    area = home.household
    return Subject("resident", str(resident.pk), area.area_id, area.area_path, resident=resident.pk)


def _organisation(wanted: uuid.UUID | str) -> Subject:
    named = {"pk": uuid.UUID(str(wanted))} if _is_uuid(wanted) else {"code": str(wanted)}
    found = statements.one(Organisation, **named)
    if found is None:
        raise NotFound(Text("这个单位", "This organisation"))
    (area,) = statements.find(Area, pk=found.area_id)
    known = {"kind": found.kind, "level": area.level, "founded": found.founded, "closed": found.closed}
    return Subject("organisation", found.code, area.pk, area.path, organisation=found.pk, known=known)


def _area(actor: access.Actor, wanted: uuid.UUID | str) -> Subject:
    rows = access.areas_for(actor)
    try:
        found = rows.get(pk=wanted) if _is_uuid(wanted) else rows.get(path=str(wanted))
    except Area.DoesNotExist:
        raise NotFound(Text("这个地方", "This area")) from None
    return Subject("area", found.path, found.pk, found.path)


def _is_uuid(value: uuid.UUID | str) -> bool:
    return isinstance(value, uuid.UUID) or bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value))


# --- attributes -----------------------------------------------------------------------------------------------------


class Attributes(Mapping[str, Any]):
    """The attributes of a subject as conditions read them (ledger/registers.py), as of a day; asked for when read."""

    def __init__(self, subject: Subject, day: date):
        self._subject = subject
        self._day = day
        self._known: dict[str, Any] = {"id": subject.id, "area": subject.path}
        self._known |= {name: value for name, value in subject.known.items() if name in REGISTERS[subject.register]}
        self._asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._ask(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        for name in REGISTERS[self._subject.register]:
            if name not in self._known:
                self._ask(name)
        return iter(self._known)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _ask(self, name: str) -> None:
        subject, day = self._subject, self._day
        group = "kind" if name in ("kind", "former_poor") else "income" if name.startswith("income_") else "people"
        if group in self._asked:
            return
        self._asked.add(group)
        if subject.household is not None:
            self._known |= _OF_HOUSEHOLD[group](subject.household, day)
        elif subject.resident is not None:
            self._known |= _of_resident(subject.resident, day)
        elif subject.organisation is None and subject.thing is None:
            area = Area.objects.get(pk=subject.area)
            self._known |= {
                "level": area.level,
                "children": list(area.children.order_by("path").values_list("path", flat=True)),
                "households": Household.objects.filter(access.within("area_path", [area.path])).count(),
            }


_SPAN: Final = ("valid_from", "valid_to")


def _on(day: date, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The versions of a day among rows that begin with their span, without it."""
    return [row[2:] for row in rows if row[0] <= day and (row[1] is None or day < row[1])]


def _kind(household: uuid.UUID, day: date) -> dict[str, Any]:
    rows = _on(day, statements.values(HouseholdVersion, *_SPAN, "kind", household=household, order="valid_from"))
    return {"kind": rows[-1][0], "former_poor": rows[-1][0] == _FORMER_POOR} if rows else {}


def _people(household: uuid.UUID, day: date) -> dict[str, Any]:
    rows = _on(day, statements.values(Membership, *_SPAN, "kind", "resident", household=household))
    lives = {
        who: (born, died)
        for who in {who for _, who in rows}
        for born, died in _on(day, statements.values(ResidentVersion, *_SPAN, "born", "died", resident=who))
    }
    living = [(kind, who) for kind, who in rows if (lives.get(who) or (None, None))[1] is None]
    registered = {who for kind, who in living if kind == "registered"}
    sharing = {who for kind, who in living if kind == "sharing"} or registered
    labour = [who for who in sharing if (born := (lives.get(who) or (None, None))[0]) and _works(born, day)]
    return {"registered": len(registered), "members": len(sharing), "labour": len(labour)}


def _income(household: uuid.UUID, day: date) -> dict[str, Any]:
    """The latest confirmed reckoning and the row of those above their line that it ends; unknown without a line."""
    path = Household.objects.values_list("area_path", flat=True).get(pk=household)
    told = []
    for one in profiles.incomes(household):
        line = one.line if one.line is not None else numbers.policy("income_line", path, one.ends)
        persons = one.persons or len(members_on(household, one.ends))
        if one.confirmed and one.ends <= day and isinstance(line, int) and persons:
            found = reckoning.Reckoned({kind: one.amounts.get(kind, 0) for kind in reckoning.GROUPS}, persons)
            told.append((one, found, found.above(line)))
    if not told:
        return {"income_known": False}
    last, found, above = told[0]
    return {
        "income_known": True,
        "income_head": found.head, "income_above": above, "income_purpose": last.purpose, "income_ends": last.ends,
        "income_steady_months": reckoning.steady_months([(one.ends, held) for one, _found, held in told]),
    }  # fmt: skip


def members_on(household: uuid.UUID, day: date) -> set[uuid.UUID]:
    """Who was registered in a household on a day."""
    rows = Membership.objects.filter(in_force(day), household=household, kind="registered")
    return set(rows.values_list("resident", flat=True))


_OF_HOUSEHOLD: Final[Mapping[str, Callable[[uuid.UUID, date], dict[str, Any]]]] = {
    "kind": _kind, "people": _people, "income": _income,
}  # fmt: skip


def _of_resident(resident: uuid.UUID, day: date) -> dict[str, Any]:
    row = ResidentVersion.objects.filter(in_force(day), resident=resident).order_by("-valid_from").first()
    if row is None:
        return {}
    home = Membership.objects.filter(in_force(day), resident=resident).values_list("household", flat=True).first()
    found: dict[str, Any] = {"alive": row.died is None, "household": str(home) if home else ""}
    if row.born is not None:
        found["age"] = idnumber.full_years(row.born, day)
    return found


def _works(born: date, day: date) -> bool:
    return idnumber.full_years(born, day) in WORKING_AGE
