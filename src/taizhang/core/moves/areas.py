"""The area tree and the organisations: loaded from the library's tables, renamed and given new codes with a past."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from django.db import transaction

from taizhang.core import access, chain
from taizhang.core.clock import Clock
from taizhang.core.models import (
    Area,
    AreaAlias,
    AreaVersion,
    Case,
    District,
    Household,
    Organisation,
    OrganisationVersion,
    Thing,
)
from taizhang.core.models.fields import new_id
from taizhang.kit import areacode, days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

BRANCHES: Final = {"town": "town_committee", "village": "village_branch"}  # kinds of party organisation by level
BEGINNING: Final = date(2016, 1, 1)  # versions of a first import hold from here: the first year any ledger speaks of
CIVIL: Final = "civil"  # the civil-affairs ministry's codes; the tree itself carries the statistics bureau's
ALSO_CALLED: Final = "also called "


def load_areas(path: Path, *, clock: Clock, actor: access.Actor = access.SYSTEM) -> int:
    """Load an area table (columns code, level, name, parent, alias_code, note); how many areas are new.

    Areas that are there keep their row; a changed name becomes a new version. One entry. Raises Refusal when the actor
    may not, or for a row whose parent is not above it.
    """
    held = None if actor.is_own_hand else access.acting(actor, "organisations.manage")
    now, entry = clock.now(), new_id()
    known = {area.path: area for area in Area.objects.all()}
    fresh: list[Area] = []
    with transaction.atomic():
        for row in _rows(path):
            code = areacode.statistical(row["code"])
            if code in known:
                _rename(known[code], row["name"], days.day_of(now), entry)
                continue
            above = areacode.parent(code)
            parent = known.get(above) if above else None
            if parent is None and areacode.level(code) != "district":
                raise Refusal(
                    "area_parent",
                    Text(f"区划 {code} 的上级不在表里。", f"Area {code}: the area above it is not in the table."),
                )
            area = Area(level=areacode.level(code), parent=parent, path=code, name=row["name"])
            area.save(force_insert=True)
            known[code] = area
            fresh.append(area)
            _aliases(area, row)
        AreaVersion.objects.bulk_create(
            [
                AreaVersion(area=area, path=area.path, name=area.name, valid_from=BEGINNING, entry_id=entry)
                for area in fresh
            ]
        )
        says = {"table": path.name, "new": len(fresh), "areas": len(known)}
        _append(entry, "areas", says, now_held=held, actor=actor, clock=clock)
    return len(fresh)


def _aliases(area: Area, row: Mapping[str, str]) -> None:
    if row.get("alias_code"):
        AreaAlias.objects.create(area=area, system=CIVIL, code=row["alias_code"])
    note = row.get("note") or ""
    if note.startswith(ALSO_CALLED):
        AreaAlias.objects.create(area=area, system="name", name=note.removeprefix(ALSO_CALLED))


def _rename(area: Area, name: str, day: date, entry: uuid.UUID) -> None:
    if area.name == name:
        return
    AreaVersion.objects.filter(area=area, valid_to=None).update(valid_to=day)
    AreaVersion.objects.create(area=area, path=area.path, name=name, valid_from=day, entry_id=entry)
    Area.objects.filter(pk=area.pk).update(name=name)


def recode(actor: access.Actor, old: str, new: str, *, since: date, reason: str, clock: Clock) -> int:
    """Give an area a new code, as happens when streets are regrouped; everything below follows. How many areas changed.

    Households and open cases follow to the present path, facts keep the path of their day; the old code stays as a
    version. Raises Refusal when the actor may not or when the new code is taken, NotFound for an unknown area.
    """
    held = None if actor.is_own_hand else access.acting(actor, "organisations.manage")
    low, high = areacode.span(old)
    below = list(Area.objects.filter(path__gte=low, path__lt=high).order_by("path"))
    if not below:
        raise NotFound(Text("这个区划", "This area"))
    if areacode.level(new) != below[0].level or Area.objects.filter(path=new).exists():
        raise Refusal("area_code", Text(f"代码 {new} 不能用。", f"The code {new} cannot be used."))
    entry = new_id()
    with transaction.atomic():
        for area in below:
            path = new + area.path[len(old) :]
            AreaVersion.objects.filter(area=area, valid_to=None).update(valid_to=since)
            AreaVersion.objects.create(area=area, path=path, name=area.name, valid_from=since, entry_id=entry)
            parent = Area.objects.filter(path=areacode.parent(path)).first() if area.path == old else area.parent
            Area.objects.filter(pk=area.pk).update(path=path, parent=parent)
            Household.objects.filter(area=area).update(area_path=path)
            Thing.objects.filter(area=area).update(area_path=path)
            Case.objects.filter(area=area, closed=None).update(area_path=path)
        _append(entry, "recode", {"old": old, "new": new, "reason": reason, "since": since.isoformat()},
                now_held=held, actor=actor, clock=clock)  # fmt: skip
    return len(below)


def load_organisations(path: Path, *, clock: Clock, actor: access.Actor = access.SYSTEM) -> int:
    """Load a table of organisations (columns code, zh, en, area, kind, valid_from, valid_to, short); how many are new.

    Lines with one code are one organisation under the names of its days. What the table says of an organisation
    replaces its versions only where it differs. One entry. Raises Refusal when the actor may not, NotFound.
    """
    held = None if actor.is_own_hand else access.acting(actor, "organisations.manage")
    areas = {area.path: area for area in Area.objects.all()}
    lines: dict[str, list[dict[str, str]]] = {}
    for row in _rows(path):
        lines.setdefault(row["code"], []).append(row)
    entry, fresh, today = new_id(), 0, days.day_of(clock.now())
    with transaction.atomic():
        for code, rows in lines.items():
            named = sorted((_span(row), row["zh"], row["en"]) for row in rows)
            _, name, english = next((line for line in reversed(named) if line[0][0] <= today), named[0])
            area = areas.get(areacode.statistical(rows[0]["area"]))
            if area is None:
                raise NotFound(Text(f"区划“{rows[0]['area']}”", f"The area {rows[0]['area']}"))
            says = {
                "area": area,
                "kind": rows[0]["kind"],
                "name": name,
                "name_en": english,
                "short": rows[0].get("short") or "",
                "founded": min(span[0] for span, _, _ in named),
                "closed": None if (last := max(span[1] for span, _, _ in named)) == date.max else last,
            }
            found, made = Organisation.objects.update_or_create(code=code, defaults=says)
            fresh += made
            _restate(found, [(span, name) for span, name, _ in named], today, entry)
        _append(entry, "organisations", {"table": path.name, "new": fresh}, now_held=held, actor=actor, clock=clock)
    return fresh


def found_branches(*, clock: Clock) -> int:
    """Found the party organisation of every town and village that has none: they follow from the tree; how many are new.

    One entry. Their names follow from the area's: 街道党工委, 镇党委, 社区党支部, 村党支部.
    """
    entry, made = new_id(), []
    known = set(Organisation.objects.filter(kind__in=BRANCHES.values()).values_list("area", flat=True))
    for area in Area.objects.filter(level__in=BRANCHES).exclude(pk__in=known).order_by("path"):
        name = _branch(area.level, areacode.short_name(area.name), area.name)
        made.append(
            Organisation(
                id=new_id(),
                code=f"party-{area.path}",
                area=area,
                kind=BRANCHES[area.level],
                name=name.zh,
                name_en=name.en,
                founded=BEGINNING,
            )
        )
    with transaction.atomic():
        Organisation.objects.bulk_create(made)
        OrganisationVersion.objects.bulk_create(
            OrganisationVersion(organisation=one, name=one.name, valid_from=BEGINNING, entry_id=entry) for one in made
        )
        if made:
            _append(entry, "branches", {"new": len(made)}, now_held=None, actor=access.SYSTEM, clock=clock)
    return len(made)


def _branch(level: str, short: str, name: str) -> Text:
    if level == "town":
        return Text(f"{short}{'党工委' if '街道' in name else '党委'}", f"Party committee of {short}")
    return Text(f"{short}党支部", f"Party branch of {short}")


def _span(row: Mapping[str, str]) -> tuple[date, date]:
    start, end = row["valid_from"], row["valid_to"]
    return date.fromisoformat(start) if start else BEGINNING, date.fromisoformat(end) if end else date.max


def _restate(
    organisation: Organisation, named: Sequence[tuple[tuple[date, date], str]], today: date, entry: uuid.UUID
) -> None:
    """The names of an organisation's days; a name that the table changes without a day holds from today."""
    there = list(OrganisationVersion.objects.filter(organisation=organisation).order_by("valid_from", "pk"))
    if not there:
        for (start, end), name in named:
            until = None if end == date.max else end
            OrganisationVersion.objects.create(
                organisation=organisation, name=name, valid_from=start, valid_to=until, entry_id=entry
            )
    elif there[-1].name != organisation.name and named_on(organisation, today) != organisation.name:
        for version in there:
            if version.valid_to is None or version.valid_to > today:
                version.valid_to = max(today, version.valid_from)
                version.save(update_fields=["valid_to"])
        OrganisationVersion.objects.create(
            organisation=organisation, name=organisation.name, valid_from=today, entry_id=entry
        )


def named_on(organisation: Organisation, day: date) -> str:
    """What an organisation was called on a day; its present name for a day before its first."""
    version = (
        OrganisationVersion.objects.filter(organisation=organisation, valid_from__lte=day)
        .exclude(valid_to__lte=day)
        .order_by("-valid_from")
        .first()
    )
    return version.name if version else organisation.name


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def _append(
    entry: uuid.UUID,
    act: str,
    says: Mapping[str, object],
    *,
    now_held: access.Held | None,
    actor: access.Actor,
    clock: Clock,
) -> None:
    chain.append(
        chain.Draft(
            id=entry,
            kind="register",
            act=act,
            received=clock.now(),
            area=now_held.path if now_held else District.objects.get().code,
            account=actor.account,
            post=now_held.post if now_held else None,
            hand=actor.hand,
            says=dict(says),
        )
    )
