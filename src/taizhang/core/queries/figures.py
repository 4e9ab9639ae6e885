"""Printed figures counted from records: indicators from dated facts, people from the registers; each opens to its records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet, Sum

from taizhang.core import access, editions, profiles
from taizhang.core.models import Case, Fact, HouseholdVersion, Membership, ResidentVersion
from taizhang.core.profiles import in_force
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import yaml12

FORMER_POOR: Final = "脱贫户"
DISABLED: Final = "残疾"  # what the register of residents says under 健康状况


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

    kind: str  # case, resident
    id: uuid.UUID
    label: str
    counts: int


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
    count = wanted.count["share"]["of"] if "share" in wanted.count else wanted.count
    day = on or wanted.on
    if "indicator" in count:
        return _cases(actor, count, day)
    people = profiles.people(
        access.residents_for(actor).filter(pk__in=_residents(count, day)).values_list("pk", flat=True), day
    )
    return tuple(Record("resident", pk, one.name, 1) for pk, one in people.items())


def _figure(wanted: Wanted, day: date, known: datetime | None) -> Figure:
    value, rows = _counted(wanted.count, day, known)
    printed, found = Decimal(wanted.wanted), Decimal(value)
    return Figure(wanted, value, rows, found >= printed if wanted.least else found == printed)


def _counted(count: Mapping[str, Any], day: date, known: datetime | None) -> tuple[str, int]:
    """The value as text and the number of records that carry it."""
    if "share" in count:
        part, rows = _counted(count["share"]["of"], day, known)
        whole, _ = _counted(count["share"]["in"], day, known)
        if Decimal(whole) == 0:
            return "0", rows
        step = Decimal(1).scaleb(-int(count.get("places", 0)))
        return str((Decimal(part) * 100 / Decimal(whole)).quantize(step, ROUND_HALF_UP)), rows
    if "indicator" in count:
        facts = _facts(count, day, known)
        ledger, _, name = str(count["indicator"]).partition(".")
        summed = editions.current(ledger).indicators[name].sum is not None
        total = facts.aggregate(total=Sum("value" if summed else "num"))["total"] or 0
        return str(total), facts.order_by().values("case").distinct().count()
    people = _residents(count, day)
    return str(len(people)), len(people)


def _facts(count: Mapping[str, Any], day: date, known: datetime | None) -> QuerySet[Fact]:
    ledger, _, name = str(count["indicator"]).partition(".")
    end = days.start_of(date.fromordinal(day.toordinal() + 1))
    rows = Fact.objects.filter(ledger=ledger, indicator=name, at__lt=end)
    if count.get("window", "standing") == "year":
        rows = rows.filter(at__gte=days.start_of(date(day.year, 1, 1)))
    elif count["window"] != "standing":
        raise Refusal("figure", Text("统计窗口只能是 standing 或 year。", "A window is standing or year."))
    return rows.filter(known__lt=known) if known is not None else rows


def _cases(actor: access.Actor, count: Mapping[str, Any], day: date) -> tuple[Record, ...]:
    ledger, _, name = str(count["indicator"]).partition(".")
    summed = editions.current(ledger).indicators[name].sum is not None
    rows = _facts(count, day, None).filter(case__in=access.cases_for(actor)).order_by()
    totals = {
        case: total
        for case, total in rows.values_list("case").annotate(total=Sum("value" if summed else "num"))
        if total
    }
    numbers = dict(Case.objects.filter(pk__in=totals).values_list("pk", "number"))
    return tuple(
        Record("case", case, numbers[case], total)
        for case, total in sorted(totals.items(), key=lambda one: numbers[one[0]])
    )


# --- registers ------------------------------------------------------------------------------------------------------


def _residents(count: Mapping[str, Any], day: date) -> Sequence[uuid.UUID]:
    """The residents that meet every named condition on a day."""
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
        homes = HouseholdVersion.objects.filter(in_force(day), kind=FORMER_POOR).values("household")
        members = Membership.objects.filter(in_force(day), kind="registered", household__in=homes).values("resident")
        rows = rows.filter(resident__in=members)
    if "disabled" not in wanted:
        return list(rows.values_list("resident", flat=True).distinct())
    versions = list(rows)
    told = profiles.of_versions(versions)
    return list({row.resident_id for row, one in zip(versions, told, strict=True) if DISABLED in one.health})
