"""What a meeting needs on the table: what changed since the last one, decisions that are open, what is red and why.

Made for the reader by the reader's own rights: whoever may not see letters finds none in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from taizhang.core import access, editions, seals
from taizhang.core.models import Case, Organisation
from taizhang.core.queries import rosters, shown
from taizhang.core.queries.rosters import Overdue
from taizhang.core.queries.shown import Colour
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

MEETINGS: Final = "meetings"
TASKS: Final = "tasks"
SOON: Final = timedelta(days=14)  # what is due so soon after the pack is made belongs on the table
MOST: Final = 200  # duties in one pack


@dataclass(frozen=True, slots=True)
class Matter:
    """One open case, or one that was settled: whose, what, how it stands."""

    case: uuid.UUID
    number: str
    unit: Text
    what: str
    stage: Text
    light: Colour
    due: datetime | None
    closed: date | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """Matters of one ledger."""

    ledger: Text
    matters: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class Duties:
    """Cells of one roster that are red or yellow; `more` stand beside those listed."""

    ledger: Text
    cells: tuple[Overdue, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Pack:
    """The papers of one meeting."""

    case: uuid.UUID
    number: str
    kind: Text
    on: date | None
    last: tuple[uuid.UUID, str, date] | None  # the meeting of this kind before: its case, number and day
    units: tuple[Text, ...]  # only of these; empty: of everybody whom the reader sees
    decided: tuple[Matter, ...]  # decisions of earlier meetings that are still open
    settled: tuple[Matter, ...]  # decisions that were settled since the last meeting
    duties: tuple[Duties, ...]
    letters: Chapter | None
    problems: Chapter | None
    contested: Chapter | None


def of(actor: access.Actor, case_id: uuid.UUID | str, now: datetime) -> Pack:
    """The papers of a meeting as things stand now. Raises NotFound where it is no meeting, or hidden."""
    case = access.case_for(actor, case_id)
    if case.ledger != MEETINGS:
        raise NotFound(Text("这次会议", "This meeting"))
    law = editions.pinned(case.edition_id)
    series = _series(actor, case)
    last = max((one for one in series if _day(one) is not None and one.pk != case.pk and _before(one, case)),
               key=lambda one: (_day(one) or date.min, one.number), default=None)  # fmt: skip
    since = _day(last) if last is not None else None
    tasks = access.cases_for(actor).filter(ledger=TASKS, parent__in=[one.pk for one in series])
    invited = frozenset(str(one) for one in case.data.get("invited") or ())
    units = Organisation.objects.filter(code__in=invited).order_by("area__path", "code")
    over = tasks.filter(closed__gte=days.start_of(since)) if since is not None else tasks.none()
    return Pack(
        case.pk, case.number, editions.library().catalogues[str(law.fields["kind"].of)].label(str(case.data.get("kind", ""))),
        _day(case), (last.pk, last.number, since) if last is not None and since is not None else None,
        tuple(Text(one.name, one.name_en or one.name) for one in units),
        _matters(actor, list(tasks.filter(closed=None)), now), _matters(actor, list(over), now),
        _duties(actor, invited, now), _chapter(actor, "letters", invited, now, {"served", "awaited", "replied"}, None),
        _chapter(actor, "rectification", invited, now, None, now + SOON),
        _chapter(actor, "assessments", invited, now, {"contested"}, None),
    )  # fmt: skip


def _series(actor: access.Actor, case: Case) -> list[Case]:
    """The meetings of the same kind in the same area, this one among them."""
    rows = access.cases_for(actor).filter(ledger=MEETINGS, area=case.area_id).order_by("number")
    return [one for one in rows if one.data.get("kind") == case.data.get("kind") and one.stage != "cancelled"]


def _day(case: Case) -> date | None:
    text: Any = case.data.get("on")
    return date.fromisoformat(text) if isinstance(text, str) else None


def _before(one: Case, case: Case) -> bool:
    return (_day(one) or date.max, one.number) < (_day(case) or date.max, case.number)


def _duties(actor: access.Actor, invited: frozenset[str], now: datetime) -> tuple[Duties, ...]:
    found = []
    for law in rosters.ledgers():
        desk = rosters.desk(actor, law.name, days.day_of(now).year, now, most=None, colours=("red", "yellow"))
        cells = [one for one in desk.overdue if not invited or one.unit.code in invited]
        if desk.stands:
            found.append(Duties(law.label, tuple(cells[:MOST]), max(0, len(cells) - MOST)))
    return tuple(found)


def _chapter(
    actor: access.Actor, ledger: str, invited: frozenset[str], now: datetime, stages: set[str] | None, due: datetime | None
) -> Chapter | None:  # fmt: skip
    """The open cases of a ledger in some stages, or due by an instant; None where the actor reads no such ledger."""
    law = editions.current_all().get(ledger)
    seen = access.cases_for(actor).filter(ledger=ledger)
    if law is None or not seen.exists():
        return None
    rows = seen.filter(closed=None)
    rows = rows.filter(stage__in=stages) if stages is not None else rows
    rows = rows.filter(red_at__lte=due) if due is not None else rows
    rows = rows.filter(organisation__code__in=invited) if invited else rows
    return Chapter(law.label, _matters(actor, list(rows.order_by("red_at", "number")), now))


def _matters(actor: access.Actor, cases: Sequence[Case], now: datetime) -> tuple[Matter, ...]:
    about = shown.subjects(list(cases), days.day_of(now))
    words = _words(actor, cases)
    found = []
    for case in cases:
        law, name = editions.pinned(case.edition_id), about[case.pk].label
        found.append(
            Matter(
                case.pk, case.number, Text(name, name), words.get(case.pk, ""), law.stages[case.stage].label, shown.colour(case, now),
                case.red_at, days.day_of(case.closed) if case.closed is not None else None,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.due is None, one.due or now, one.number)))


def _words(actor: access.Actor, cases: Sequence[Case]) -> dict[uuid.UUID, str]:
    """The first thing that is written in each case, for whoever may act on it."""
    held, first = {one.token for one in actor.posts}, {}
    for case in cases:
        law = editions.pinned(case.edition_id)
        acting = {token for act in law.acts.values() for token in act.by}
        key = next((key for key, spec in law.fields.items() if spec.type == "text" and key in case.data), None)
        if key is not None and (held & acting or case.organisation_id in actor.organisations):
            first[case.pk] = case.data[key]
    opened = seals.read([raw for raw in first.values() if seals.is_reference(raw)])
    return {
        pk: str(opened.get(raw["sealed"], "")) if seals.is_reference(raw) else str(raw) for pk, raw in first.items()
    }
