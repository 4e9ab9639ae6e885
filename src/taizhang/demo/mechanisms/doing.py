"""Founds what the mechanisms are about and acts their deeds out, through the doors that everybody uses."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from PIL import Image

from taizhang.core import access, editions, thing_rights
from taizhang.core.clock import Clock, Standing
from taizhang.core.moves import bulletins, cases, evidence, things, tips
from taizhang.core.queries import identified
from taizhang.demo.mechanisms import cast
from taizhang.demo.mechanisms.deeds import BULLETIN, TIP, Deed, named
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Field

if TYPE_CHECKING:
    from taizhang.demo.posts import Staff

TOWN: Final = "@town"
Cases = dict[tuple[str, str], uuid.UUID]


def found(clock: Clock) -> None:
    """Enterprises and roads, before anybody is appointed."""
    for register, rows in (("enterprise", cast.enterprises()), ("project", cast.projects())):
        taken = things.import_csv(access.SYSTEM, register, _table(things.COLUMNS, rows), clock=clock)
        if taken.rejected:
            raise ValueError(taken.rejected[0][1].zh)


def act(deed: Deed, staff: Staff, played: Cases) -> None:
    """Act one out through the doors. Raises the Refusal of a deed that they refuse."""
    clock, now = Standing(deed.at), deed.at
    if deed.ledger == BULLETIN:
        bulletins.publish(staff.actor(deed.who, now), deed.act, on=date.fromisoformat(deed.subject), clock=clock)
        return
    if deed.ledger == TIP:
        _tip(deed, staff, played)
        return
    law, where = editions.current(deed.ledger), (deed.ledger, named(deed.subject, deed.file))
    declared = law.acts[deed.act]
    specs = {**law.fields, **declared.entry}
    given = {key: _value(specs.get(key), value, staff, now) for key, value in deed.given.items()}
    if declared.opens:
        actor, subject = staff.actor(deed.who, now), _row(law.subject, deed.subject)
        papers = _papers(actor, deed, clock)
        acted = cases.open_case(
            actor, deed.ledger, deed.act, subject=subject, given=given, evidence=papers, period=deed.period,
            clock=clock,
        )  # fmt: skip
        played[where] = acted.case
        return
    if where not in played and deed.above is not None:
        rows = access.cases_for(access.SYSTEM).filter(ledger=deed.ledger, parent=played[deed.above])
        played[where] = rows.exclude(pk__in=played.values()).order_by("number").values_list("pk", flat=True)[0]
    actor = _who(deed, played[where], staff)
    cases.act(actor, played[where], deed.act, given=given, evidence=_papers(actor, deed, clock), clock=clock)


def _tip(deed: Deed, staff: Staff, played: Cases) -> None:
    """A tip is sent by nobody; two of the discipline office open it, read it and answer."""
    clock, where = Standing(deed.at), (TIP, deed.subject)
    if deed.act == "send":
        played[where] = tips.by_code(tips.send(deed.given, clock=clock), clock=clock).pk
        return
    actor = staff.actor(deed.who, deed.at)
    if deed.act == "open":
        tips.open_lid(actor, played[where], clock=clock)
    elif deed.act == "read":
        tips.read(actor, played[where], clock=clock)
    else:
        tips.answer(actor, played[where], deed.given["words"], ends=False, clock=clock)


def _papers(actor: access.Actor, deed: Deed, clock: Clock) -> list[uuid.UUID]:
    """Invented papers: a small picture each, of its own colour so that no two are the same file."""
    made = []
    for order, kind in enumerate(deed.papers):
        stream = io.BytesIO()
        Image.new("L", (8, 8), (deed.at.toordinal() + order) % 256).save(stream, "PNG")
        made.append(evidence.keep(actor, stream.getvalue(), kind=kind, clock=clock).pk)
    return made


def _who(deed: Deed, case: uuid.UUID, staff: Staff) -> access.Actor:
    """Whoever a deed means: a post, or the person whom the case names (`@first`), or the reviewer of its town."""
    if not deed.who.startswith("@"):
        return staff.actor(deed.who, deed.at)
    if deed.who == TOWN:
        path = access.cases_for(access.SYSTEM).values_list("area_path", flat=True).get(pk=case)
        return staff.actor(f"reviewer:{path[:9]}", deed.at)
    named_so = Q(pk=case, parties__field=deed.who[1:])
    (username,) = access.cases_for(access.SYSTEM).filter(named_so).values_list("parties__account__username", flat=True)
    return identified.actor_named(username, deed.at)


def _row(register: str, subject: str) -> str:
    """The id of the row that a deed names by its code or number."""
    if register in THINGS:
        return str(thing_rights.things_for(access.SYSTEM).get(register=register, code=subject).pk)
    return str(identified.resident(access.SYSTEM, subject)) if register == "resident" else subject


def _value(spec: Field | None, value: Any, staff: Staff, now: datetime) -> Any:
    if spec is None or value is None:
        return value
    if spec.type == "table":
        return [{key: _value(spec.columns.get(key), cell, staff, now) for key, cell in row.items()} for row in value]
    if isinstance(value, list):
        return [_one(spec.type, one, staff, now) for one in value]
    return _one(spec.type, value, staff, now)


def _one(kind: str, value: Any, staff: Staff, now: datetime) -> Any:
    if kind == "person":
        return str(staff.actor(str(value), now).account)
    if kind in THINGS or kind == "resident":
        return _row(kind, str(value))
    if kind == "money":
        return int(value) * 100
    return value.isoformat() if isinstance(value, date) else value


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
