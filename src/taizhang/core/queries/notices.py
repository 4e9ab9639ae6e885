"""The notice board: what hangs in an area, only the facts that may be read, gone by arithmetic when its days are over."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from taizhang.core import access, editions
from taizhang.core.models import Notice
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Shown
from taizhang.kit import areacode, days
from taizhang.kit.text import Text

LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class Hanging:
    """One notice: whom it names (the head of a household), the facts shown, and from when to when."""

    notice: uuid.UUID
    case: uuid.UUID | None  # None for a reader who may not see the case itself
    ledger: str
    ledger_label: Text
    act: str
    act_label: Text
    name: str
    area: str
    town: str
    path: str
    facts: tuple[Shown, ...]
    starts: datetime
    ends: datetime | None  # None: an objection holds it
    days_left: int | None
    personal: bool = True  # whether the name is a person's, of which pages show the surname alone


def hanging(now: datetime) -> QuerySet[Notice]:
    """What hangs at an instant: begun, not taken down, its days not over."""
    return Notice.objects.filter(Q(ends=None) | Q(ends__gt=now), starts__lte=now).filter(
        Q(taken_down=None) | Q(taken_down__gt=now)
    )


def board(now: datetime, *, actor: access.Actor | None = None, area: str = "") -> tuple[Hanging, ...]:
    """The notices that hang in an area (a path; empty: everywhere). A notice may be read by anyone.

    With an actor each notice of a case that the actor may see links to it.
    """
    rows = hanging(now)
    if area.isdigit():
        rows = rows.filter(access.within("area_path", [area]))
    found = list(rows.select_related("case", "entry").order_by("area_path", "-starts")[:LIMIT])
    day = days.day_of(now)
    cases = [row.case for row in found]
    subjects = shown.subjects(cases, day)
    seen = (
        set(access.cases_for(actor).filter(pk__in=[case.pk for case in cases]).values_list("pk", flat=True))
        if actor
        else set()
    )
    towns = shown.area_names({areacode.at(row.area_path, "town") or row.area_path for row in found})
    return tuple(_hanging(row, subjects[row.case_id], seen, towns, now) for row in found)


def _hanging(
    row: Notice, subject: shown.Subject, seen: set[uuid.UUID], towns: Mapping[str, str], now: datetime
) -> Hanging:
    law = editions.pinned(row.case.edition_id)
    names = shown.Names(days.day_of(now))
    facts = tuple(
        Shown(key, law.fields[key].label, shown.words(law.fields[key], row.case.data.get(key), names))
        for key in row.show
        # a sealed fact never hangs on a board, whatever the ledger says: the check refuses it, and so does this
        if key in law.fields and not law.fields[key].sealed
    )
    act = editions.of_entry(row.entry).acts[row.entry.act]
    return Hanging(
        notice=row.pk, case=row.case_id if row.case_id in seen else None, ledger=law.name, ledger_label=law.label,
        act=row.entry.act, act_label=act.label, name=subject.label if "subject" in row.show else "", area=subject.official,
        town=towns.get(areacode.at(row.area_path, "town") or "", ""), path=row.area_path, facts=facts,
        starts=row.starts, ends=row.ends, days_left=shown.days_left(row.ends, now),
        personal=subject.register in ("household", "resident"),
    )  # fmt: skip


def areas_with_notices(now: datetime) -> tuple[tuple[str, str], ...]:
    """The areas where something hangs: path and name."""
    return tuple(sorted(shown.area_names(hanging(now).values_list("area_path", flat=True)).items()))
