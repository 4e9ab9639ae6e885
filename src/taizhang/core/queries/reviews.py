"""What organisations submitted and an office looks at: several cells with their words and evidence, each judged by itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import F, Min, QuerySet

from taizhang.core import access, editions, seals
from taizhang.core import rosters as owing
from taizhang.core.models import Case, Entry, Evidence, Organisation
from taizhang.core.queries import citing, rosters, shown
from taizhang.core.queries.citing import Record
from taizhang.core.queries.shown import Colour
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.schema import Act, Field, Ledger

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """An act that answers a submission, and the one fact that it asks for."""

    act: str
    label: Text
    asks: str  # the key of that field; empty: it asks for nothing
    spec: Field | None


@dataclass(frozen=True, slots=True)
class Submitted:
    """One submission as it is judged."""

    case: uuid.UUID
    n: int  # give it back with the verdict
    number: str
    unit: Text
    item: Text
    period: Text
    sent: date  # the last time, where it was sent again
    said: tuple[tuple[Text, str], ...]  # what was written, by label
    files: tuple[uuid.UUID, ...]
    records: tuple[Record, ...]
    light: Colour
    due: datetime | None  # none: nobody owes a review of it


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A page of submissions that wait, and what can be done with each."""

    ledger: Ledger
    verdicts: tuple[Verdict, ...]
    rows: tuple[Submitted, ...]
    total: int
    owed: int  # of all of them, those whose review is owed by a day


def verdicts(actor: access.Actor, law: Ledger) -> tuple[Verdict, ...]:
    """The acts of the actor's posts that answer a submission and ask for one thing at most."""
    held = {one.token for one in actor.posts}
    stages = _waiting(law)
    found = []
    for name, act in law.acts.items():
        judged = stages & set(act.from_) and not act.opens and held & set(act.by)
        if judged and len(act.asks) <= 1 and not any(act.evidence.values()):
            found.append(_verdict(law, name, act))
    return tuple(found)


def page(
    actor: access.Actor, name: str, now: datetime, *, owed: bool = True, item: str = "", unit: str = "", number: int = 1
) -> Reviewed:
    """Submissions that the actor may judge: those whose review is owed, or every one; those owed soonest first.

    `item` is a code of the list, `unit` a part of an organisation's name. Raises NotFound where there is nothing to
    judge for this actor.
    """
    law = rosters.of(name)
    can = verdicts(actor, law)
    if not can:
        raise NotFound(Text("审核", "A review"))
    waiting = access.cases_for(actor).filter(ledger=name, stage__in=_waiting(law), closed=None)
    due = waiting.filter(turns__isnull=False)
    rows = due if owed else waiting
    rows = rows.filter(item=item) if item else rows
    if unit:
        rows = rows.filter(organisation__in=Organisation.objects.filter(name__contains=unit).values("pk"))
    total = rows.values("pk").distinct().count()
    start = (max(number, 1) - 1) * PAGE
    chosen = rows.annotate(red=Min("turns__red_at")).order_by(F("red").asc(nulls_last=True), "-opened", "number")
    return Reviewed(
        law, can, _submitted(actor, law, chosen[start : start + PAGE], now), total,
        due.values("pk").distinct().count(),
    )  # fmt: skip


def _waiting(law: Ledger) -> set[str]:
    """The stages in which what an answer says can be judged: those to which an act that answers leads, and which are no end."""
    leads = {law.acts[act].to for act in roster.declared(law).answers if "@subject" in law.acts[act].by}
    return {stage for stage in leads if stage is not None and not law.stages[stage].end}


def _verdict(law: Ledger, name: str, act: Act) -> Verdict:
    key = act.asks[0] if act.asks else ""
    return Verdict(name, act.label, key, law.fields.get(key))


def _submitted(actor: access.Actor, law: Ledger, rows: QuerySet[Case], now: datetime) -> tuple[Submitted, ...]:
    cases = list(rows.select_related("organisation"))
    entries: dict[uuid.UUID, list[uuid.UUID]] = {}
    sent: dict[uuid.UUID, datetime] = {}
    for entry, whose, happened in (
        Entry.objects.filter(case__in=cases).order_by("n").values_list("pk", "case", "happened")
    ):
        if whose is not None:
            entries.setdefault(whose, []).append(entry)
            sent[whose] = happened
    files: dict[uuid.UUID, list[uuid.UUID]] = {}
    for file, whose in (
        Evidence.objects.filter(entry__case__in=cases).order_by("received").values_list("pk", "entry__case")
    ):
        if whose is not None:
            files.setdefault(whose, []).append(file)
    cited = citing.of_entries(actor, [entry for those in entries.values() for entry in those])
    texts = [key for key, spec in law.fields.items() if spec.type == "text"]
    wanted = [case.data[key] for case in cases for key in texts if seals.is_reference(case.data.get(key))]
    opened = seals.read(wanted)
    labels = editions.library().catalogues[roster.declared(law).items]
    found = []
    for case in cases:
        unit = case.organisation
        red: Any = case.red  # type: ignore[attr-defined]  # annotated
        found.append(
            Submitted(
                case.pk, case.n, case.number, Text(unit.name, unit.name_en or unit.name) if unit else Text("", ""),
                labels.label(case.item), _period(law, case), days.day_of(sent.get(case.pk, case.opened)),
                tuple(_said(law, case, texts, opened)),
                tuple(files.get(case.pk, ())), tuple(one for entry in entries.get(case.pk, ()) for one in cited.get(entry, ())),
                shown.colour(case, now) if red is not None else "green", red,
            )
        )  # fmt: skip
    return tuple(found)


def _period(law: Ledger, case: Case) -> Text:
    if case.period is None:
        return Text("", "")
    cell = roster.cell(law, owing.world(), case.item, case.period)
    return roster.said(cell.begins, cell.ends) if cell is not None else Text("", "")


def _said(law: Ledger, case: Case, texts: Sequence[str], opened: Mapping[str, Any]) -> list[tuple[Text, str]]:
    found = []
    for key in texts:
        raw = case.data.get(key)
        if seals.is_reference(raw):
            raw = opened.get(raw["sealed"])
        if raw:
            found.append((law.fields[key].label, str(raw)))
    return found
