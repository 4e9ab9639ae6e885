"""Records that an act may cite, and those that an entry cites, in words."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from taizhang.core import access, citing, editions, seals
from taizhang.core.models import Case, Cited, Entry
from taizhang.kit import days
from taizhang.kit.text import Text
from taizhang.ledger.schema import Ledger

MOST: Final = 40  # records on one form
BEFORE: Final = timedelta(days=31)  # a meeting of the month before may be what shows it
LATELY: Final = timedelta(days=92)  # where the act names no period
_LONGEST: Final = 36  # characters of what a record is about


@dataclass(frozen=True, slots=True)
class Record:
    """One act that was done in another ledger."""

    entry: uuid.UUID
    case: uuid.UUID | None  # none: the reader may not see the case
    number: str
    ledger: Text
    act: Text
    about: Text  # its kind or its first words, as far as the reader may read them
    day: date


def offered(
    actor: access.Actor, law: Ledger, act: str, organisation: uuid.UUID | None, period: date | None, now: datetime
) -> tuple[Record, ...]:
    """What an organisation has done lately that an act about it may cite, the latest first; nothing where none may be."""
    rows = citing.records(actor, law, act, organisation)
    since = days.start_of(period) - BEFORE if period is not None else now - LATELY
    return _told(actor, citing.standing(rows, since)[:MOST])


def of_entries(actor: access.Actor, entries: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[Record, ...]]:
    """What each entry cites. A record of a case that the reader may not see is named, and leads nowhere."""
    pairs = list(Cited.objects.filter(entry__in=entries).order_by("pk").values_list("entry", "record"))
    if not pairs:
        return {}
    rows = Entry.objects.filter(pk__in={record for _, record in pairs}).select_related("case")
    told = {one.entry: one for one in _told(actor, list(rows))}
    found: dict[uuid.UUID, tuple[Record, ...]] = {}
    for entry, record in pairs:
        found[entry] = (*found.get(entry, ()), told[record])
    return found


def _told(actor: access.Actor, rows: Sequence[Entry]) -> tuple[Record, ...]:
    cases = {row.case.pk: row.case for row in rows if row.case is not None}
    seen = set(access.cases_for(actor).filter(pk__in=cases).values_list("pk", flat=True))
    words = _about(actor, [case for case in cases.values() if case.pk in seen])
    found = []
    for row in rows:
        if (case := row.case) is None:
            continue
        law = editions.of_entry(row)
        label = law.acts[row.act].label if row.act in law.acts else Text(row.act, row.act)
        found.append(
            Record(
                row.pk, case.pk if case.pk in seen else None, case.number, law.label, label, words.get(case.pk, Text("", "")),
                days.day_of(row.happened),
            )
        )  # fmt: skip
    return tuple(found)


def _about(actor: access.Actor, cases: Sequence[Case]) -> dict[uuid.UUID, Text]:
    """What each case is about: its kind by the catalogue, and its first words for who acts on it."""
    library, held = editions.library(), {one.token for one in actor.posts}
    kinds: dict[uuid.UUID, Text] = {}
    texts: dict[uuid.UUID, Any] = {}
    for case in cases:
        law = editions.pinned(case.edition_id)
        acting = {token for act in law.acts.values() for token in act.by}
        mine = case.organisation_id in actor.organisations or bool(held & acting)
        for key, spec in law.fields.items():
            raw = case.data.get(key)
            if raw is None:
                continue
            if spec.type == "pick" and case.pk not in kinds:
                kinds[case.pk] = library.catalogues[str(spec.of)].label(str(raw))
            elif spec.type == "text" and spec.sensitive is None and case.pk not in texts and mine:
                texts[case.pk] = raw
    opened = seals.read([raw for raw in texts.values() if seals.is_reference(raw)])
    found = {}
    for case in cases:
        first: Any = texts.get(case.pk)
        text = str(first or "") if not seals.is_reference(first) else str(opened.get(first["sealed"], ""))
        text = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
        kind = kinds.get(case.pk, Text("", ""))
        found[case.pk] = Text(f"{kind.zh} {text}".strip(), f"{kind.en} {text}".strip())
    return found
