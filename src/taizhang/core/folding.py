"""A case as its entries leave it: the chained bytes read back into the state that the pure loop works on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from taizhang.core import editions, seals, statements, subjects
from taizhang.core import models as rows
from taizhang.kit import days
from taizhang.ledger import loop, upgrade
from taizhang.ledger.schema import Ledger

ACT: Final = "act"
ANNUL: Final = "annul"
UPGRADE: Final = "upgrade"  # the system moved the case to a newer edition
UNREAD: Final = "●"  # stands for a sealed value that no condition reads now


def bodies(case: rows.Case) -> list[Mapping[str, Any]]:
    """The entries of a case as they were written, oldest first; one query."""
    found = statements.values(rows.Entry, "n", "body", case=case.pk, order="n")
    return [json.loads(text) for n, text in found if n is not None]


def state(
    case: rows.Case,
    ledger: Ledger,
    now: datetime,
    *,
    written: Sequence[Mapping[str, Any]] | None = None,
    act: str | None = None,
) -> loop.State:
    """The case as the loop knows it, sealed values opened (for the law, not for the eye); at most three queries.

    With an act only what its conditions, the clocks and the indicators read is opened; the rest is known to be there.
    """
    written = under(ledger, bodies(case) if written is None else written)
    opened = _opened(written, None if act is None else _read_for(ledger, act))
    entries = tuple(_entry(body, opened) for body in written if body["kind"] == ACT)
    withdrawn = {body["says"]["annuls"] for body in written if body["kind"] == ANNUL}
    if withdrawn:
        entries = tuple(replace(entry, annulled=entry.n in withdrawn) for entry in entries)
    attributes = subjects.Attributes(subjects.of_case(case), days.day_of(now))
    return loop.fold(
        ledger, str(case.pk), attributes, case.area_path, entries, case.period, _clocks_from(ledger, written)
    )


def under(ledger: Ledger, written: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Entries by the names that an edition has for what older editions wrote; those of its own as they are."""
    if all(body["edition"] == ledger.digest for body in written):
        return written
    ways = {
        digest: upgrade.route(ledger, editions.pinned(digest).version)
        for digest in {body["edition"] for body in written} - {ledger.digest}
    }
    return [_renamed(body, ways[body["edition"]]) if body["edition"] in ways else body for body in written]


def _renamed(body: Mapping[str, Any], way: upgrade.Route) -> Mapping[str, Any]:
    """One entry of an older edition; an act that was let go gets a name that no act can have."""
    says = {**body["says"], "stage": way.stage(body["says"]["stage"])}
    if says.get("fields"):
        says["fields"] = way.fields(says["fields"])
    return {**body, "act": way.act(body["act"]) or f"{body['act']}~", "says": says}


def _clocks_from(ledger: Ledger, written: Sequence[Mapping[str, Any]]) -> dict[str, datetime]:
    """Since when the clocks count that an earlier edition of the case did not have."""
    found: dict[str, datetime] = {}
    for body in written:
        if body["kind"] == UPGRADE:
            had = editions.pinned(body["says"]["from"]).clocks
            found |= {name: instant(body["received"]) for name in ledger.clocks if name not in had}
    return found


_READ: dict[tuple[str, str], frozenset[str]] = {}  # by edition and act


def _read_for(ledger: Ledger, act: str) -> frozenset[str]:
    """The fields that may be read when an act is done: by its conditions, by clocks and indicators, and what those derive from."""
    if (ledger.digest, act) not in _READ:
        declared = ledger.acts.get(act)
        asked = (*declared.asks, *declared.may) if declared is not None else ()
        wanted = set(asked) if declared is not None and declared.only_changes else set[str]()
        figures = {name for name, figure in ledger.indicators.items() if figure.standing or act in figure.on}
        todo = [
            name
            for path, condition in ledger.conditions.compiled.items()
            if path[:2] == ("acts", act)
            or path[0] == "clocks"
            or (path[0] == "indicators" and path[1] in figures)
            or (path[0] == "fields" and path[1] in asked)
            for name in condition.names
        ]
        while todo:
            head, _, rest = todo.pop().partition(".")
            if head == "changed":
                wanted |= set(asked)
            key = rest.partition(".")[0]
            if head in ("case", "known") and key not in wanted:
                wanted.add(key)
                derived = ledger.conditions.find("fields", key, "calc")
                todo += derived.names if derived is not None else ()
        _READ[(ledger.digest, act)] = frozenset(wanted)
    return _READ[(ledger.digest, act)]


def references(value: Any) -> list[seals.Reference]:
    """The sealed references among the values of a mapping."""
    return [found for found in value.values() if seals.is_reference(found)]


def said(entry: rows.Entry) -> Mapping[str, Any]:
    """What an entry says beside its envelope."""
    says: Mapping[str, Any] = json.loads(entry.body)["says"]
    return says


def stored(ledger: Ledger, written: Sequence[Mapping[str, Any]], *, without: int | None = None) -> dict[str, Any]:
    """The fields as the case row keeps them (sealed ones as references), as entries leave them under an edition."""
    gone = {body["says"]["annuls"] for body in written if body["kind"] == ANNUL} | {without}
    fields: dict[str, Any] = {}
    for body in under(ledger, written):
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


def _opened(written: Sequence[Mapping[str, Any]], read: frozenset[str] | None) -> Mapping[str, Any]:
    """The sealed values that will be read; of the others only that they are there."""
    wanted: list[seals.Reference] = []
    unread: dict[str, Any] = {}
    for body in written:
        for part in ("fields", "own"):
            for key, value in (body["says"].get(part) or {}).items():
                if not seals.is_reference(value):
                    continue
                if read is None or key in read:
                    wanted.append(value)
                else:
                    unread[value["sealed"]] = UNREAD
    return {**unread, **seals.read(wanted)} if wanted else unread


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
