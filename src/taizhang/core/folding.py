"""A case as its entries leave it: the chained bytes read back into the state that the pure loop works on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from taizhang.core import models as rows
from taizhang.core import seals, subjects
from taizhang.kit import days
from taizhang.ledger import loop
from taizhang.ledger.schema import Ledger

ACT: Final = "act"
ANNUL: Final = "annul"


def bodies(case: rows.Case) -> list[Mapping[str, Any]]:
    """The entries of a case as they were written, oldest first; one query."""
    texts = rows.Entry.objects.filter(case=case.pk, n__isnull=False).order_by("n").values_list("body", flat=True)
    return [json.loads(text) for text in texts]


def state(
    case: rows.Case, ledger: Ledger, now: datetime, *, written: Sequence[Mapping[str, Any]] | None = None
) -> loop.State:
    """The case as the loop knows it, sealed values opened (for the law, not for the eye): three queries at most."""
    written = bodies(case) if written is None else written
    opened = _opened(written)
    entries = tuple(_entry(body, opened) for body in written if body["kind"] == ACT)
    withdrawn = {body["says"]["annuls"] for body in written if body["kind"] == ANNUL}
    entries = tuple(replace(entry, annulled=entry.n in withdrawn) for entry in entries)
    attributes = subjects.attributes(subjects.of_case(case), days.day_of(now), ledger)
    return loop.fold(ledger, str(case.pk), attributes, case.area_path, entries)


def references(value: Any) -> list[seals.Reference]:
    """The sealed references among the values of a mapping."""
    return [found for found in value.values() if seals.is_reference(found)]


def said(entry: rows.Entry) -> Mapping[str, Any]:
    """What an entry says beside its envelope."""
    says: Mapping[str, Any] = json.loads(entry.body)["says"]
    return says


def stored(written: Sequence[Mapping[str, Any]], *, without: int | None = None) -> dict[str, Any]:
    """The fields as the case row keeps them (sealed ones as references), as entries leave them."""
    gone = {body["says"]["annuls"] for body in written if body["kind"] == ANNUL} | {without}
    fields: dict[str, Any] = {}
    for body in written:
        if body["kind"] == ACT and body["n"] not in gone:
            fields.update(body["says"].get("fields") or {})
    return fields


def plain(values: Mapping[str, Any], opened: Mapping[str, Any]) -> dict[str, Any]:
    """Values with each reference replaced by what it seals; an erased one is as if it had never been filled in."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if seals.is_reference(value):
            value = opened.get(value["sealed"])
            if value is None:
                continue
        found[key] = value
    return found


def instant(text: str) -> datetime:
    """An instant as chained bytes write it."""
    return datetime.fromisoformat(text)


def _opened(written: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    wanted = [
        found for body in written for part in ("fields", "own") for found in references(body["says"].get(part) or {})
    ]
    return seals.read(wanted) if wanted else {}


def _entry(body: Mapping[str, Any], opened: Mapping[str, Any]) -> loop.Entry:
    says = body["says"]
    pieces: dict[str, int] = {}
    for file in body["evidence"]:
        pieces[file["kind"]] = pieces.get(file["kind"], 0) + 1
    who = body["account"] or body["hand"]
    return loop.Entry(
        n=body["n"],
        act=body["act"],
        happened=instant(body["happened"]),
        received=instant(body["received"]),
        actor=who,
        person=who,
        org=says.get("org"),
        post=says.get("hat"),
        fields=plain(says.get("fields") or {}, opened),
        own=plain(says.get("own") or {}, opened),
        evidence=pieces,
        edition=body["edition"],
        stage=says.get("stage"),
    )
