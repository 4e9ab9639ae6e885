"""Changes of the registers of enterprises, places, products and projects: entered, amended, closed, united, imported.

Nothing is overwritten: what was ends on a day, what is begins on it, and both name the entry that said so. A row that
a case enters has the case's id, so that its later acts need not name it.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from taizhang.core import access, chain, editions, profiles, statements
from taizhang.core.clock import Clock
from taizhang.core.models import Area, Case, District, Organisation, Party, Thing, ThingVersion, Turn
from taizhang.core.models.fields import new_id
from taizhang.core.moves import standing
from taizhang.core.moves.versions import Source
from taizhang.kit import areacode, days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger.registers import THINGS

if TYPE_CHECKING:
    from taizhang.core.subjects import Subject

CHANGES: Final = ("enter", "amend", "close", "unite")
GRADES: Final = "thing_grades"
COLUMNS: Final = ("code", "name", "kind", "grade", "area", "address", "enterprise", "organisation")
MANAGE: Final = "things.manage"
_TOLD: Final = ("code", "name", "kind", "grade", "address", "area_id", "area_path", "enterprise_id", "organisation_id")


@dataclass(frozen=True)
class Imported:
    """What became of the lines of a table: received = new + changed + same + rejected."""

    received: int
    new: int
    changed: int
    same: int
    rejected: Sequence[tuple[int, Text]]  # the line of the file, and why


def change(
    name: str, values: Mapping[str, Any], *, subject: Subject, case: uuid.UUID, source: Source, now: datetime
) -> None:
    """Make one of CHANGES inside the transaction of the act that decided it; appends no entry of its own.

    `values` as ledgers set them: `register`, `name`, `code`, `kind`, `grade`, `address`, `area` (a path), `enterprise`
    (an id), `organisation` (a code); `thing` (an id) names the row concerned: else the one that this case entered,
    else the subject. Raises Refusal: `thing`, `code_taken`; NotFound for what is in no register.
    """
    if name == "enter":
        row = _told(Thing(id=case, register=str(values.get("register", "")), area_path=""), values, subject.path)
        if statements.one(Thing, pk=case) is not None:
            raise Refusal("thing", Text("这个事项已经登记过一个。", "This case has entered one already."))
        _enter(row, source)
        return
    row = _concerned(values, subject, case)
    if row.closed is not None:
        raise Refusal("thing", Text(f"“{row.name}”已注销或停用。", f"“{row.name}” is closed."))
    if name == "amend":
        _restate(row, values, source, now)
    elif name == "close":
        _close(row, source)
    else:
        _unite(row, _named(str(values.get("into") or ""), row.register), source, now)


def _concerned(values: Mapping[str, Any], subject: Subject, case: uuid.UUID) -> Thing:
    wanted = values.get("thing") or (case if statements.one(Thing, pk=case) is not None else subject.thing)
    row = None if wanted is None else Thing.objects.select_for_update().filter(pk=wanted).first()
    if row is None:
        raise NotFound(Text("名册里的这一行", "This row of the register"))
    return row


# --- rows -----------------------------------------------------------------------------------------------------------


def _told(row: Thing, values: Mapping[str, Any], path: str = "") -> Thing:
    """The row with what the values say, checked; what they do not say stays. Raises Refusal, NotFound."""
    if row.register not in THINGS:
        raise Refusal("thing", Text("没有这种名册。", "There is no such register."))
    for key in ("name", "code", "kind", "grade", "address"):
        if values.get(key) not in (None, ""):
            setattr(row, key, str(values[key]).strip())
    if not row.name.strip():
        raise Refusal("thing", Text("缺少名称。", "The name is missing."))
    _known(f"{row.register}_kinds", row.kind)
    _known(GRADES, row.grade)
    wanted = str(values.get("area") or "") or ("" if row.area_path else path)
    if wanted:
        area = Area.objects.filter(path=areacode.statistical(wanted)).first()
        if area is None:
            raise NotFound(Text(f"区划“{wanted}”", f"The area {wanted}"))
        row.area, row.area_path = area, area.path
    if values.get("enterprise"):
        row.enterprise_id = _named(str(values["enterprise"]), "enterprise").pk
    if values.get("organisation"):
        owner = Organisation.objects.filter(code=values["organisation"]).first()
        if owner is None:
            raise NotFound(Text(f"单位“{values['organisation']}”", f"The organisation {values['organisation']}"))
        row.organisation_id = owner.pk
    row.sort_key = profiles.sort_key(row.name)
    same = Thing.objects.filter(register=row.register, code=row.code, merged_into=None).exclude(pk=row.pk)
    if row.code and (other := same.first()) is not None:
        raise Refusal(
            "code_taken",
            Text(f"编号 {row.code} 已登记为“{other.name}”。", f"{row.code} is registered as “{other.name}”."),
            Text("如是同一个，请更正原来的一条。", "If it is the same one, correct that row."),
        )
    return row


def _known(catalogue: str, code: str) -> None:
    found = editions.library().catalogues.get(catalogue)
    if code and found is not None and code not in found.rows:
        raise Refusal("thing", Text(f"目录里没有“{code}”。", f"“{code}” is not in the catalogue {catalogue}."))


def _named(wanted: str, register: str) -> Thing:
    """An open row of a register by its id or its code. Raises NotFound."""
    rows = Thing.objects.filter(register=register, closed=None)
    try:
        found = rows.filter(pk=uuid.UUID(wanted)).first()
    except ValueError:
        found = rows.filter(code=wanted).first() if wanted else None
    if found is None:
        raise NotFound(Text(f"名册里的“{wanted}”", f"“{wanted}” of the register"))
    return found


def _enter(row: Thing, source: Source) -> None:
    row.since = source.day
    row.save(force_insert=True)
    _version(row, source)


def _restate(row: Thing, values: Mapping[str, Any], source: Source, now: datetime) -> bool:
    """A new version where the values say something else; whether they do."""
    before = [getattr(row, name) for name in _TOLD]
    speaker, place = row.enterprise_id, row.area_id
    _told(row, values)
    if [getattr(row, name) for name in _TOLD] == before:
        return False
    row.save()
    _version(row, source)
    if row.area_id != place:
        _move(row, now)
    if row.enterprise_id != speaker:
        parties = Party.objects.filter(field="subject", case__thing=row.pk, case__closed=None)
        parties.update(thing=row.enterprise_id or row.pk)
    return True


def _move(row: Thing, now: datetime) -> None:
    """What is open about a thing goes with it to its new area, and so does who owes its clocks."""
    for case in Case.objects.filter(thing=row.pk, closed=None):
        standing.carry(case, row.area_path, now)
        Case.objects.filter(pk=case.pk).update(area=row.area_id, area_path=row.area_path)
    for turn in Turn.objects.filter(case__thing=row.pk, case__closed=None).exclude(owes_level=""):
        Turn.objects.filter(pk=turn.pk).update(owes_path=areacode.at(row.area_path, turn.owes_level) or "")


def _close(row: Thing, source: Source) -> None:
    row.closed = source.day
    row.save(update_fields=["closed"])
    _end(row, source.day)


def _unite(row: Thing, into: Thing, source: Source, now: datetime) -> None:
    """The same one under two entries: the row ends, and what is open about it or belongs to it goes to the other."""
    if into.pk == row.pk:
        raise Refusal("thing", Text("不能并入自己。", "It cannot be merged into itself."))
    row.closed, row.merged_into = source.day, into
    row.save(update_fields=["closed", "merged_into"])
    _end(row, source.day)
    for one in Thing.objects.filter(enterprise=row.pk, closed=None):
        _restate(one, {"enterprise": str(into.pk)}, source, now)
    Case.objects.filter(thing=row.pk, closed=None).update(thing=into.pk)
    Party.objects.filter(thing=row.pk, case__closed=None).update(thing=into.pk)


def _version(row: Thing, source: Source) -> None:
    """What is known now, from a day on; a change that is told late cannot begin before what it changes."""
    last = ThingVersion.objects.filter(thing=row.pk, valid_to=None).order_by("-valid_from").first()
    if last is not None:
        source = replace(source, day=max(source.day, last.valid_from))
        _end(row, source.day)
    told = {name: getattr(row, name) for name in _TOLD}
    ThingVersion.objects.create(thing=row, **told, **source.of())


def _end(row: Thing, day: date) -> None:
    for version in ThingVersion.objects.filter(thing=row.pk, valid_to=None):
        ThingVersion.objects.filter(pk=version.pk).update(valid_to=max(day, version.valid_from))


# --- tables ---------------------------------------------------------------------------------------------------------


def import_csv(actor: access.Actor, register: str, text: str, *, clock: Clock) -> Imported:
    """Rows of a register from its office's table (columns: COLUMNS, at least name and area; UTF-8), as one entry.

    A row is known again by its code, else by its name in its area. Only the areas of the office's post can be written.
    Lines at fault are left out and told with the reason; received = new + changed + same + rejected.
    Raises Refusal: `not_allowed`, `things_file` for a table without the needed columns.
    """
    held = None if actor.is_own_hand else access.acting(actor, MANAGE)
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    missing = {"name", "area"} - set(rows[0] if rows else ())
    if register not in THINGS or missing:
        names = "、".join(sorted(missing))
        raise Refusal("things_file", Text(f"表里缺少列：{names}。", f"The table lacks columns: {names}."))
    entry, today = new_id(), days.day_of(clock.now())
    source, counted, faults = Source(today, entry), {"new": 0, "changed": 0, "same": 0}, []
    with transaction.atomic():
        for line, raw in enumerate(rows, 2):
            row = {key: (value or "").strip() for key, value in raw.items() if key in COLUMNS}
            try:
                with transaction.atomic():
                    counted[_line(register, row, held, source, clock.now())] += 1
            except Refusal as error:
                faults.append((line, error.text))
        says = {"register": register, "received": len(rows), **counted, "rejected": len(faults)}
        _append(actor, held, entry, says, clock)
    return Imported(len(rows), counted["new"], counted["changed"], counted["same"], tuple(faults))


def _line(register: str, row: Mapping[str, str], held: access.Held | None, source: Source, now: datetime) -> str:
    if held is not None and not areacode.covers(held.path, areacode.statistical(row["area"])):
        raise Refusal("thing", Text("不在本岗位的辖区内。", "It lies outside the area of the post."))
    rows = Thing.objects.select_for_update().filter(register=register, closed=None)
    same: Callable[[], Thing | None] = (
        rows.filter(code=row["code"]).first
        if row.get("code")
        else rows.filter(name=row["name"], area__path=areacode.statistical(row["area"])).first
    )
    known = same()
    if known is None:
        _enter(_told(Thing(id=new_id(), register=register, area_path=""), row), source)
        return "new"
    return "changed" if _restate(known, row, source, now) else "same"


def _append(
    actor: access.Actor, held: access.Held | None, entry: uuid.UUID, says: Mapping[str, Any], clock: Clock
) -> None:
    chain.append(
        chain.Draft(
            id=entry, kind="register", act="things", received=clock.now(), area=held.path if held else District.objects.get().code,
            account=actor.account, post=held.post if held else None, hand=actor.hand, says=dict(says),
        )
    )  # fmt: skip
