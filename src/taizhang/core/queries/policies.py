"""Policy numbers with every dated value: those of the library, and those an office entered for what the library lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from taizhang.core import access, editions
from taizhang.core import numbers as kept
from taizhang.core.models import Area, District, Entry
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger.policies import Policy


@dataclass(frozen=True, slots=True)
class Value:
    """One dated value of a number."""

    area: str
    place: str  # in words; empty where it holds everywhere
    begins: date
    ends: date | None
    value: int | str
    source: str
    sure: str
    entered: datetime | None  # None: from the library
    by: str
    decided: bool = False  # in place of a default

    def holds(self, area: str, day: date) -> bool:
        """Whether it is in force there on a day."""
        return area.startswith(self.area) and self.begins <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Number:
    """One policy number, and whether it is known today."""

    name: str
    label: Text
    type: str
    unit: str
    values: tuple[Value, ...]  # newest first
    today: Value | None


def numbers(day: date) -> tuple[Number, ...]:
    """Every number of the library with all its values; `today` is what holds in this district on a day."""
    here = District.objects.values_list("code", flat=True).first() or ""
    added = _entered_rows()
    places = dict(
        Area.objects.filter(path__in={row["area"] for rows in added.values() for row, _ in rows}).values_list(
            "path", "name"
        )
    )
    return tuple(
        _number(policy, added.get(name, ()), here, day, places) for name, policy in editions.library().policies.items()
    )


def number(name: str, day: date) -> Number:
    """One number. Raises NotFound."""
    found = next((one for one in numbers(day) if one.name == name), None)
    if found is None:
        raise NotFound(Text("这个政策数", "This policy number"))
    return found


def areas(actor: access.Actor) -> tuple[tuple[str, str], ...]:
    """The areas for which the actor may enter a number: path and name."""
    paths = [held.path for held in access.posts_with(actor, "policies.enter")]
    return tuple(Area.objects.filter(path__in=paths).order_by("path").values_list("path", "name"))


def _entered_rows() -> Mapping[str, list[tuple[Mapping[str, Any], Entry]]]:
    found: dict[str, list[tuple[Mapping[str, Any], Entry]]] = {}
    for row in Entry.objects.filter(kind=kept.KIND).select_related("account").order_by("seq"):
        says = json.loads(row.body)["says"]
        found.setdefault(says["name"], []).append((says, row))
    return found


def _number(
    policy: Policy, added: Sequence[tuple[Mapping[str, Any], Entry]], here: str, day: date, places: Mapping[str, str]
) -> Number:
    values = [
        Value(one.area, "", one.begins, one.ends, one.value, one.source, one.sure, None, "") for one in policy.values
    ]
    for says, row in added:
        one = kept.dated(says)
        who = row.account.name if row.account else ""
        place = places.get(one.area, one.area)
        values.append(
            Value(
                one.area, place, one.begins, one.ends, one.value, one.source, one.sure, row.received, who, one.decided
            )
        )
    holding = [one for one in values if one.holds(here, day)]
    newest_first = tuple(sorted(values, key=lambda one: one.begins, reverse=True))
    return Number(
        policy.name, policy.label, policy.type, policy.unit, newest_first, max(holding, key=_rank, default=None)
    )


def _rank(one: Value) -> tuple[bool, bool, int, date, str]:
    """What was decided, the library before what was entered, the nearest area, the latest beginning, the later entry."""
    return one.decided, one.entered is None, len(one.area), one.begins, one.entered.isoformat() if one.entered else ""
