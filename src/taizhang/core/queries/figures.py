"""Printed figures counted from records: indicators from dated facts, people from the registers; each opens to its records."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Min, Q, QuerySet, Sum

from taizhang.core import access, editions, profiles, rosters
from taizhang.core.models import Case, Fact, HouseholdVersion, Membership, Party, ResidentVersion
from taizhang.core.profiles import in_force
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import roster, yaml12
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Ledger

FORMER_POOR: Final = "脱贫户"
DISABLED: Final = "残疾"  # what the register of residents says under 健康状况
_WINDOWS: Final = ("standing", "so_far", "year", "day")
_PARTIES: Final = {"person": "account", "organisation": "organisation", "resident": "resident",
                   "household": "household", "area": "area", **dict.fromkeys(THINGS, "thing")}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A figure that a page printed, and how it is counted."""

    id: str
    system: str
    label: Text
    on: date
    wanted: str
    least: bool
    unit: str
    count: Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A printed figure beside what the records say."""

    wanted: Wanted
    value: str
    records: int  # so many records carry it
    agrees: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record that a figure rests on."""

    kind: str  # case, resident, organisation
    id: uuid.UUID
    label: str
    counts: int
    code: str = ""  # of an organisation


def read() -> tuple[Wanted, ...]:
    """The figures of the library, in its order."""
    return read_file(Path(settings.LIBRARY) / "figures.yaml")


@lru_cache(maxsize=4)
def read_file(file: Path) -> tuple[Wanted, ...]:
    """The figures of a file, read once per process."""
    if not file.exists():
        return ()
    found = []
    for raw in yaml12.read(file.read_text(encoding="utf-8")).data:
        found.append(
            Wanted(
                id=raw["id"], system=raw["system"], label=Text(raw["zh"], raw["en"]), on=date.fromisoformat(str(raw["on"])),
                wanted=str(raw["wanted"]), least=bool(raw["least"]), unit=raw["unit"], count=raw["count"],
            )
        )  # fmt: skip
    return tuple(found)


def figures(*, on: date | None = None, known: datetime | None = None) -> tuple[Figure, ...]:
    """Every figure counted from records, as of its own day (or of `on`).

    `known` asks what was known at an instant; without it everything that is known now counts.
    """
    return tuple(_figure(wanted, on or wanted.on, known) for wanted in read())


def figure(wanted_id: str, *, on: date | None = None, known: datetime | None = None) -> Figure:
    """One figure. Raises NotFound."""
    wanted = next((one for one in read() if one.id == wanted_id), None)
    if wanted is None:
        raise NotFound(Text("这个数字", "This figure"))
    return _figure(wanted, on or wanted.on, known)


def records(actor: access.Actor, wanted_id: str, *, on: date | None = None) -> tuple[Record, ...]:
    """The records behind a figure, as far as the actor may see them. Raises NotFound, and Refusal without the right."""
    access.acting(actor, "figures.read")
    wanted = next((one for one in read() if one.id == wanted_id), None)
    if wanted is None:
        raise NotFound(Text("这个数字", "This figure"))
    return records_of(actor, wanted, on or wanted.on)


def records_of(actor: access.Actor, wanted: Wanted, day: date, known: datetime | None = None) -> tuple[Record, ...]:
    """The records that a count rests on, on a day and as known at an instant (None: now), as far as the actor may see them."""
    count = _rests_on(wanted.count)
    if "indicator" in count:
        return _cases(actor, count, day, known)
    if "roster" in count:
        seen = set(rosters.organisations_for(actor, str(count["roster"])).values_list("pk", flat=True))
        owing = [(unit, items) for unit, items in _duties(count, day) if unit.pk in seen]
        return tuple(Record("organisation", unit.pk, unit.name, len(items), unit.code) for unit, items in owing)
    those = _residents(count, day, known)
    people = profiles.people(access.residents_for(actor).filter(pk__in=those).values_list("pk", flat=True), day)
    return tuple(Record("resident", pk, one.name, 1) for pk, one in people.items())


def basis(count: Mapping[str, Any], day: date, known: datetime | None = None) -> dict[str, int]:
    """What a count rests on: every record by its id, with the amount that it counts for; of a share both parts."""
    if "share" in count:
        parts = {
            f"{side} {key}": amount
            for side in ("of", "in")
            for key, amount in basis(count["share"][side], day, known).items()
        }
        return parts
    for key in ("days", "months"):
        if key in count:
            ends = ("from", "to")
            return {
                f"{side} {one}": amount for side in ends for one, amount in basis(count[key][side], day, known).items()
            }
    if "rate" in count:
        facts = _facts(count["rate"], day, known)
        return {f"{column} {pk}": total for column in ("num", "den") for pk, total in _totals(facts, column).items()}
    for key in ("per", "distinct"):
        if key in count:
            return basis(count[key]["of"], day, known)
    if "indicator" in count:
        return {str(pk): total for pk, total in _totals(_facts(count, day, known), _column(count)).items()}
    if "roster" in count:
        return {unit.code: len(items) for unit, items in _duties(count, day)}
    return {str(pk): 1 for pk in _residents(count, day, known)}


def value(wanted: Wanted, day: date, known: datetime | None = None) -> tuple[str, int]:
    """What a count gives on a day, as known at an instant, in the unit it is told in; and how many records carry it."""
    found, rows = _counted(wanted.count, day, known)
    return (_short(Decimal(found) / 100) if wanted.unit == "yuan" else found), rows


def _figure(wanted: Wanted, day: date, known: datetime | None) -> Figure:
    told, rows = value(wanted, day, known)
    printed, found = Decimal(wanted.wanted), Decimal(told)
    return Figure(wanted, told, rows, found >= printed if wanted.least else found == printed)


def _rests_on(count: Mapping[str, Any]) -> Mapping[str, Any]:
    """The count of an indicator or a register that a figure is reckoned from."""
    for key in ("share", "per", "distinct"):
        if key in count:
            return _rests_on(count[key]["of"])
    for key in ("days", "months"):
        if key in count:
            return _rests_on(count[key]["to"])
    return _rests_on(count["rate"]) if "rate" in count else count


def _counted(count: Mapping[str, Any], day: date, known: datetime | None) -> tuple[str, int]:
    """The value as text and the number of records that carry it."""
    places = int(count.get("places", 0))
    if "share" in count:
        part, rows = _counted(count["share"]["of"], day, known)
        whole, _ = _counted(count["share"]["in"], day, known)
        return _percent(Decimal(part), Decimal(whole), places), rows
    if "rate" in count:
        facts = _facts(count["rate"], day, known)
        sums = facts.aggregate(num=Sum("num"), den=Sum("den"))
        return _percent(Decimal(sums["num"] or 0), Decimal(sums["den"] or 0), places), len(_totals(facts, "den"))
    if "per" in count:
        value, rows = _counted(count["per"]["of"], day, known)
        return _short((Decimal(value) / Decimal(count["per"]["by"])).quantize(_step(places), ROUND_HALF_UP)), rows
    if "distinct" in count:
        return _distinct(count["distinct"], day, known)
    if "days" in count:
        return _apart(count["days"], day, known, lambda one, other: (other - one).days)
    if "months" in count:
        return _apart(
            count["months"], day, known, lambda one, other: (other.year - one.year) * 12 + other.month - one.month
        )
    if "indicator" in count:
        facts = _facts(count, day, known)
        total = facts.aggregate(total=Sum(_column(count)))["total"] or 0
        return str(total), facts.order_by().values("case").distinct().count()
    if "roster" in count:
        return _kinds(count, day)
    people = _residents(count, day, known)
    return str(len(people)), len(people)


def _duties(count: Mapping[str, Any], day: date) -> list[tuple[rosters.Unit, frozenset[str]]]:
    """The organisations that owe duties on a day, each with the items it owes."""
    law = editions.current(str(count["roster"]))
    owing = rosters.owing(law)
    there = Q(founded=None) | Q(founded__lte=day), Q(closed=None) | Q(closed__gt=day)
    found = [(unit, owing.items(unit, day)) for unit in rosters.units(Q(*there))]
    return [(unit, items) for unit, items in found if items]


def _kinds(count: Mapping[str, Any], day: date) -> tuple[str, int]:
    """How many items are owed, or values of a column among them, or levels of organisations that owe."""
    owing, name = _duties(count, day), str(count.get("of", "item"))
    if name == "level":
        return str(len({unit.level for unit, _ in owing})), len(owing)
    items = {item for _, owed in owing for item in owed}
    law = editions.current(str(count["roster"]))
    rows = editions.library().catalogues[roster.declared(law).items].rows
    return str(len(items if name == "item" else {rows[item][name] for item in items})), len(owing)


def _percent(part: Decimal, whole: Decimal, places: int) -> str:
    return str((part * 100 / whole).quantize(_step(places), ROUND_HALF_UP)) if whole else "0"


def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _short(value: Decimal) -> str:
    """Without zeros behind the point: 14.40 as 14.4, 24.0 as 24."""
    return format(value.normalize(), "f")


def _distinct(count: Mapping[str, Any], day: date, known: datetime | None) -> tuple[str, int]:
    """How many values a field has in the cases that count: parties by the relation, others by the found field."""
    inner, name = count["of"], str(count["field"])
    cases = set(_totals(_facts(inner, day, known), _column(inner)))
    spec = _law(inner).fields[name]
    found: set[Any]
    if spec.type in _PARTIES:
        found = set(Party.objects.filter(case__in=cases, field=name).values_list(_PARTIES[spec.type], flat=True))
    else:
        _found(_law(inner), name)
        found = set(Case.objects.filter(pk__in=cases).values_list(f"data__{name}", flat=True))
    return str(len(found - {None})), len(cases)


def _apart(
    count: Mapping[str, Any], day: date, known: datetime | None, between: Callable[[date, date], int]
) -> tuple[str, int]:
    """How far one fact of a case is from another, in days or calendar months; of several cases the farthest."""
    begun = dict(_facts(count["from"], day, known).order_by().values_list("case").annotate(at=Min("at")))
    done = dict(_facts(count["to"], day, known).order_by().values_list("case").annotate(at=Min("at")))
    both = [between(days.day_of(begun[case]), days.day_of(done[case])) for case in done if case in begun]
    return str(max(both, default=0)), len(both)


def _law(count: Mapping[str, Any]) -> Ledger:
    return editions.current(str(count["indicator"]).partition(".")[0])


def _column(count: Mapping[str, Any]) -> str:
    """Where the amount of an indicator's facts stands: the sum if it has one, else how many."""
    name = str(count["indicator"]).partition(".")[2]
    return "value" if _law(count).indicators[name].sum is not None else "num"


def _totals(facts: QuerySet[Fact], column: str) -> dict[uuid.UUID, int]:
    """What each case counts for; cases that came and went are left out."""
    rows = facts.order_by().values_list("case").annotate(total=Sum(column))
    return {case: total for case, total in rows if total}


def _facts(count: Mapping[str, Any], day: date, known: datetime | None) -> QuerySet[Fact]:
    ledger, _, name = str(count["indicator"]).partition(".")
    end = days.start_of(date.fromordinal(day.toordinal() + 1))
    rows = Fact.objects.filter(ledger=ledger, indicator=name, at__lt=end)
    window = count.get("window", "standing")
    if window not in _WINDOWS:
        raise Refusal("figure", Text(f"统计窗口只能是 {'、'.join(_WINDOWS)}。", f"A window is {', '.join(_WINDOWS)}."))
    if window == "year":
        rows = rows.filter(at__gte=days.start_of(date(day.year, 1, 1)))
    elif window == "day":
        rows = rows.filter(at__gte=days.start_of(day))
    for field, wanted in (count.get("where") or {}).items():
        _found(_law(count), field)
        rows = rows.filter(**{f"case__data__{field}__in": wanted if isinstance(wanted, list) else [wanted]})
    if "area" in count:
        rows = rows.filter(access.within("area_path", [str(count["area"])]))
    return rows.filter(known__lt=known) if known is not None else rows


def _found(law: Ledger, field: str) -> None:
    """Only fields declared to be found may narrow a figure: they are unsealed and indexed."""
    if field not in law.fields or not law.fields[field].find:
        raise Refusal("figure", Text(f"“{field}”不是可检索的字段。", f"{field!r} is no field that can be found."))


def _cases(
    actor: access.Actor, count: Mapping[str, Any], day: date, known: datetime | None = None
) -> tuple[Record, ...]:
    totals = _totals(_facts(count, day, known).filter(case__in=access.cases_for(actor)), _column(count))
    numbers = dict(Case.objects.filter(pk__in=totals).values_list("pk", "number"))
    return tuple(
        Record("case", case, numbers[case], total)
        for case, total in sorted(totals.items(), key=lambda one: numbers[one[0]])
    )


# --- registers ------------------------------------------------------------------------------------------------------


def _residents(count: Mapping[str, Any], day: date, known: datetime | None = None) -> Sequence[uuid.UUID]:
    """The residents that meet every named condition on a day, and belong to a household of each named kind."""
    if count.get("register") != "resident":
        raise Refusal("figure", Text("不认识这个名册。", "This register is not known."))
    wanted = set(count.get("where") or ())
    unknown = wanted - {"living", "registered_poor", "disabled"}
    if unknown:
        raise Refusal("figure", Text(f"不认识条件 {unknown}。", f"Conditions not known: {unknown}."))
    rows = ResidentVersion.objects.filter(in_force(day))
    if "living" in wanted:
        rows = rows.exclude(died__lte=day)
    if "registered_poor" in wanted:
        rows = rows.filter(resident__in=_members(_former_poor(day), day))
    if "homes" in count:
        homes = {pk for one in count["homes"] for pk in _homes(one, day, known)}
        rows = rows.filter(resident__in=_members(homes, day))
    if "with" in count:
        rows = rows.filter(resident__in=_members(_homes(count["with"], day, known), day))
    if "disabled" not in wanted:
        return list(rows.values_list("resident", flat=True).distinct())
    versions = list(rows)
    told = profiles.of_versions(versions)
    return list({row.resident_id for row, one in zip(versions, told, strict=True) if DISABLED in one.health})


def _members(homes: Any, day: date) -> QuerySet[Membership, uuid.UUID]:
    """Who stands in the household register of these homes on a day."""
    rows = Membership.objects.filter(in_force(day), kind="registered", household__in=homes)
    return rows.values_list("resident", flat=True)


def _former_poor(day: date) -> QuerySet[HouseholdVersion, uuid.UUID]:
    return HouseholdVersion.objects.filter(in_force(day), kind=FORMER_POOR).values_list("household", flat=True)


def _homes(named: Any, day: date, known: datetime | None) -> set[uuid.UUID]:
    """Households: `registered_poor`, or those whose cases stand in an indicator on that day."""
    if named == "registered_poor":
        return set(_former_poor(day))
    cases = _totals(_facts(named, day, known), _column(named))
    return set(Case.objects.filter(pk__in=cases).exclude(household=None).values_list("household", flat=True))
