"""Everything that is known of a household beside where it comes from, and where departments do not agree.

What departments sent lies without names and is shown to whoever sees all of screening; sealed feeds are never shown.
"""

from __future__ import annotations

import secrets
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import access, enrolled, profiles, vault
from taizhang.core.models import Batch
from taizhang.core.queries import provenance, runs, screening
from taizhang.core.queries.provenance import Value
from taizhang.kit import days, money
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.feeds import IDENTIFYING, Feed
from taizhang.screen.items import Item
from taizhang.work import declared
from taizhang.work.feeding import SCRATCH
from taizhang.work.harvest import LINE_BITS

MOST: Final = 20  # rows of one feed
NAME: Final = provenance.PERSON["name"]
DIFFERS: Final = "另一个姓名"  # which one is not kept


@dataclass(frozen=True, slots=True)
class Row:
    """A row that a department sent: whom it is about, what it says, where it stands."""

    feed: str
    label: Text
    department: str
    who: str
    values: tuple[tuple[str, str], ...]  # column and value
    batch: uuid.UUID
    number: str
    row: int
    on: date  # received
    code: str = ""  # of the organisation that sent it


@dataclass(frozen=True, slots=True)
class Saying:
    """What one department says of a thing."""

    word: str
    department: str
    batch: uuid.UUID | None
    number: str
    on: date | None
    code: str = ""  # of the organisation


@dataclass(frozen=True, slots=True)
class Conflict:
    """A thing of which departments say different words, side by side."""

    item: Text
    who: str
    sayings: tuple[Saying, ...]


@dataclass(frozen=True)
class Sources:
    """The page of sources of a household."""

    register: tuple[Value, ...]
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...]
    everything: bool  # whether rows of departments are shown


def page(actor: access.Actor, household_id: uuid.UUID | str, now: datetime) -> Sources:
    """Every value with its department, batch and day. Raises NotFound for a hidden household."""
    home = access.household_for(actor, household_id)
    values = provenance.register(actor, home.pk, now)
    try:
        everything = screening.sight(actor).everything
    except Refusal:
        everything = False
    if not everything:
        return Sources(values, (), (), False)
    day = days.day_of(now)
    members = [one for one in enrolled.on(day) if one.household == str(home.pk) and one.died is None]
    people = profiles.people([one.resident for one in members], day)
    named = {one.person: people.get(one.resident, profiles.UNKNOWN).name for one in members}
    numbers = [number for number, whose in enrolled.numbers(day).items() if whose == str(home.pk)]
    found = _rows(named, numbers, home.area_path)
    told = tuple(row for row, _ in found)
    registered = {one.person: people.get(one.resident, profiles.UNKNOWN) for one in members}
    return Sources(values, told, tuple(_conflicts(values, registered, named, found)), True)


# --- rows of departments ----------------------------------------------------------------------------------------------


def _rows(named: Mapping[str, str], numbers: Sequence[str], area: str) -> list[tuple[Row, Mapping[str, Any]]]:
    """The rows about these people, household numbers and area, with the raw values; the latest of each feed first."""
    batches: dict[str, dict[int, Batch]] = defaultdict(dict)
    for batch in runs.batches():
        batches[batch.feed][batch.sequence] = batch
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    machine = engines.open_engine("duckdb", [vault.folder()], scratch=place / "engine")
    found = []
    try:
        for name, spec in declared.feeds().items():
            some = batches.get(name, {})
            if spec.sealed or spec.keyed == "register" or not some:
                continue
            found += _of_feed(machine, spec, some, named, numbers, area)
    finally:
        machine.close()
        vault.remove(place)
    return found


def _of_feed(
    machine: DuckEngine,
    spec: Feed,
    batches: Mapping[int, Batch],
    named: Mapping[str, str],
    numbers: Sequence[str],
    area: str,
) -> list[tuple[Row, Mapping[str, Any]]]:
    files = [
        path
        for batch in batches.values()
        if (path := vault.folder().absolute() / batch.folder / "rows.parquet").is_file()
    ]
    if not files:
        return []
    if spec.is_linked:
        wanted = f"coalesce(person, row_key) IN ({', '.join(map(literal, named)) or 'NULL'})"
    elif spec.keyed == "household":
        wanted = f"household IN ({', '.join(map(literal, numbers)) or 'NULL'})"
    else:
        wanted = f"starts_with({literal(area)}, area)"
    order = f"{spec.row_date} DESC, line DESC" if spec.row_date else "line DESC"
    rows = machine.rows(f"SELECT * FROM {parquet(files)} WHERE {wanted} ORDER BY {order} LIMIT {MOST}")  # noqa: S608
    names = [str(line[0]) for line in machine.rows(f"DESCRIBE SELECT * FROM {parquet(files)}")]  # noqa: S608
    found: list[tuple[Row, Mapping[str, Any]]] = []
    for line in rows:
        cells = dict(zip(names, line, strict=True))
        batch = batches[int(cells["line"]) >> LINE_BITS]
        shown = tuple(
            (column.zh, money.show(cells[key]) if column.type == "money" else str(cells[key]))
            for key, column in spec.columns.items()
            if cells.get(key) is not None and column.type not in IDENTIFYING and column.type not in ("key", "area")
        )
        who = named.get(cells.get("person") or cells.get("row_key") or "", "")
        department = batch.organisation.name if batch.organisation else "、".join(spec.owner)
        told = Row(
            spec.feed, spec.label, department, who, shown, batch.pk, batch.number, int(cells["row"]), days.day_of(batch.received_at),
            batch.organisation.code if batch.organisation else "",
        )  # fmt: skip
        found.append((told, cells))
    return found


# --- where they do not agree ------------------------------------------------------------------------------------------


def _conflicts(
    values: Sequence[Value],
    registered: Mapping[str, profiles.Profile],
    named: Mapping[str, str],
    found: Sequence[tuple[Row, Mapping[str, Any]]],
) -> list[Conflict]:
    """Things of which the register and the latest row of each feed say different words, person by person."""
    latest: dict[tuple[str, str], tuple[Row, Mapping[str, Any]]] = {}
    for row, cells in found:
        latest.setdefault((row.feed, str(cells.get("person") or cells.get("row_key") or "")), (row, cells))
    conflicts = []
    for item in declared.items().values():
        for person, profile in registered.items():
            sayings = [_ours(item, profile, values, named[person])]
            for feed, saying in item.feeds.items():
                if (feed, person) in latest:
                    row, cells = latest[feed, person]
                    word = saying.word(str(cells.get(saying.column) or ""))
                    sayings.append(Saying(word, row.department, row.batch, row.number, row.on, row.code))
            if len({one.word for one in sayings if one.word}) > 1:
                conflicts.append(Conflict(item.label, named[person], tuple(one for one in sayings if one.word)))
    for row, cells in latest.values():
        if cells.get("differs") and row.who:
            other = Saying(DIFFERS, row.department, row.batch, row.number, row.on, row.code)
            conflicts.append(Conflict(NAME, row.who, (Saying(row.who, "", None, "", None), other)))
    return conflicts


def _ours(item: Item, profile: profiles.Profile, values: Sequence[Value], who: str) -> Saying:
    value = getattr(profile, item.ours.column, None)
    origin = next((one.origin for one in values if one.who == who and one.item in (item.ours.column, "name")), None)
    word = item.ours.word("" if value is None else str(value))
    if origin is None:
        return Saying(word, "", None, "", None)
    return Saying(word, origin.department or origin.by.zh, origin.batch, origin.number, origin.on)
