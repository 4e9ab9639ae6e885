"""Taking in what a department sends: read in a cage, linked to the register, concealed, and kept as one batch.

What stays under DATA/feeds/BATCH: `rows.parquet` and `offered.parquet` without number, name, phone or free text; the raw
files and the rejected rows sealed, for as long as the policy numbers say. Everything readable lies in a scratch folder
that is gone when this returns.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from taizhang.core import access, enrolled, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Batch
from taizhang.core.models.fields import new_id
from taizhang.core.moves import assets, imports, links, snapshots
from taizhang.core.moves.imports import Arrived, Counted
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen import header, intake, link, rejects, sheets
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.feeds import IDENTIFYING, Feed
from taizhang.screen.intake import Intake
from taizhang.screen.likely import Judge
from taizhang.work import declared, deliveries, linking, register

SCRATCH: Final = ".scratch-"
INBOX: Final = ".inbox"  # where files wait for the worker
KINDS: Final = ("xlsx", "csv")
MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Register = register.Register
Progress = Callable[[Text], None]
_WHOLE_REGISTER: Final = 2  # a file with at least half of the present members is the whole register
_REASONS: Final[Mapping[str, Text]] = {
    "household": Text("户编号在名册里找不到。", "The register holds no household of this number."),
    "area": Text("区划代码不在本县区的区划里。", "The area code is none of this district."),
    "name": Text("没有姓名。", "There is no name."),
    "repeat": Text("证件号码与前面一行相同。", "The number is that of an earlier row."),
    "two_households": Text("证件号码同时出现在两户里。", "The number stands in two households."),
    "until": Text("没有核算截止日期。", "There is no last day of the reckoning."),
}


@dataclass(frozen=True)
class Sent:
    """A file as somebody sent it: its bytes lie at `path`, `name` is what the sender calls it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Received:
    """What came of an import; received = accepted + rejected, accepted = linked + doubtful + unknown."""

    batch: uuid.UUID
    number: str
    feed: str
    received: int
    accepted: int
    rejected: int
    linked: int
    doubtful: int
    unknown: int
    register: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """What the head of a file says, for a page that maps columns."""

    headers: tuple[str, ...]
    columns: Mapping[str, str]  # their header -> our column
    missing: tuple[str, ...]  # columns of ours that were not found and are needed


@dataclass(frozen=True)
class Download:
    """A file to be handed out."""

    name: str
    media_type: str
    content: bytes


@dataclass
class _Room:
    """The scratch folder of one import and the machine that may read it."""

    place: Path
    machine: DuckEngine

    @property
    def batch(self) -> Path:
        return self.place / "batch"


# --- doors ------------------------------------------------------------------------------------------------------------


def receive(
    actor: access.Actor,
    feed: str,
    files: Sequence[Path | Sent],
    *,
    clock: Clock,
    mapping: Mapping[str, str] | None = None,
    register: Register | None = None,
    period: str = "",
    progress: Progress | None = None,
) -> Received:
    """Import the files of one feed as one batch: one row, one entry.

    `mapping` {their header: our column} is kept for later files; without it the kept one is used. `register` may be read
    once (`read_register`) and handed to several imports. `period` is the delivery it is for (`work.deliveries`), else the
    present one. Raises NotFound, Refusal: `not_allowed`, `same_file`,
    `no_files`, and whatever makes a file unreadable; nothing is kept then.
    """
    say = progress or (lambda text: None)
    spec = declared.feed(feed)
    by = imports.sender(actor, spec.owner)
    sent = [one if isinstance(one, Sent) else Sent(one.name, one) for one in files]
    if not sent:
        raise Refusal("no_files", Text("没有选择文件。", "No file was chosen."))
    today = days.day_of(clock.now())
    period = period or deliveries.period_of(spec.every, today)
    digests = [_digest(one.path) for one in sent]
    imports.refuse_known(feed, digests, period, lambda day: deliveries.period_of(spec.every, day))
    used = imports.mapping_of(feed, by.organisation) if mapping is None else dict(mapping)
    sequence = imports.next_sequence(feed)
    identity = new_id()
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    room = _Room(place, engines.open_engine("duckdb", [place], scratch=place / "engine"))
    home = vault.folder() / str(identity)
    try:
        vault.make(room.batch)
        say(Text(f"读取{spec.zh}", f"Reading {spec.en}"))
        paths = [_copy(one, room.place, f"{feed}-{at}") for at, one in enumerate(sent, 1)]
        read = intake.read(
            room.machine, spec, paths, place / "read", mapping=used, ceiling=_ceiling(today), sequence=sequence
        )
        for path in paths:
            vault.put(path, room.batch / f"{path.name}{vault.ENDING}", identity)
        arrived = Arrived(
            identity, feed, sequence, str(identity), [{"name": one.name, "sha256": one.sha256} for one in read.files],
            [one.name for one in sent], used if mapping is not None else None, period,
        )  # fmt: skip
        batch = _keep(actor, by, arrived, room, read, register, clock, say)
    except BaseException:
        vault.remove(home)
        raise
    finally:
        room.machine.close()
        shutil.rmtree(place, ignore_errors=True)
    return Received(
        batch.pk, batch.number, feed, batch.received, batch.accepted, batch.rejected, batch.linked, batch.doubtful, batch.unknown,
    )  # fmt: skip


def read_register(day: date) -> Register:
    """The register of a day, in the clear, to be handed to several imports of that day."""
    return register.read(day)


def look(actor: access.Actor, feed: str, file: Path | Sent) -> Looked:
    """What the head of a file says and which columns are known, so that the others can be mapped. Raises Refusal."""
    spec = declared.feed(feed)
    by = imports.sender(actor, spec.owner)
    sent = file if isinstance(file, Sent) else Sent(file.name, file)
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    machine = engines.open_engine("duckdb", [place], scratch=place / "engine")
    try:
        path = _copy(sent, place, f"{feed}-1")
        raw = sheets.open_raw(machine, path, spec, table="looked", scratch=place)
        return _looked(raw.head, spec, imports.mapping_of(feed, by.organisation))
    finally:
        machine.close()
        shutil.rmtree(place, ignore_errors=True)


def _looked(lines: Sequence[tuple[int, Sequence[str | None]]], spec: Feed, mapping: Mapping[str, str]) -> Looked:
    lenient = replace(spec, columns={name: replace(column, may_lack=True) for name, column in spec.columns.items()})
    try:
        top = header.find(spec.zh, lines, lenient, mapping)
        row, cells = next(line for number, line in lines if number == top.row), dict(top.cells)
    except Refusal:  # nothing is known yet: the fullest of the first lines is shown
        row, cells = (
            max((cells for _, cells in lines), key=lambda cells: sum(bool(cell) for cell in cells), default=()),
            {},
        )
    missing = tuple(name for name, column in spec.columns.items() if name not in cells and not column.may_lack)
    return Looked(tuple(cell for cell in row if cell), {str(row[at]): name for name, at in cells.items()}, missing)


def rejected(actor: access.Actor, batch_id: uuid.UUID | str, kind: str = "xlsx") -> Download:
    """The rejected rows of a batch as a file that can be mended and sent again. Raises NotFound."""
    batch, _ = imports.batch_for(actor, batch_id, "feeds.read")
    if kind not in KINDS:
        raise NotFound(Text("这种格式", "This format"))
    content = vault.read(vault.folder() / batch.folder / f"rejects.{kind}{vault.ENDING}", batch.pk)
    return Download(f"{batch.number}-退回.{kind}", MEDIA[kind], content)


# --- the steps of an import ---------------------------------------------------------------------------------------------


def _keep(
    actor: access.Actor,
    sender: imports.Sender,
    arrived: Arrived,
    room: _Room,
    read: Intake,
    known: Register | None,
    clock: Clock,
    say: Progress,
) -> Batch:
    """Link, conceal and record; the folder has its name before the row that speaks of it is committed."""
    spec, home = read.feed, vault.folder() / arrived.folder
    offers: list[links.Offer] = []
    counted = Counted(read.received, read.rejected)
    if spec.is_linked:
        say(Text(f"{spec.zh}：对人", f"{spec.en}: linking"))
        by = linking.judge()
        people = known or _register_for(room, read, days.day_of(clock.now()), everybody=by.model is not None)
        counted, offers = _link(room, read, people, arrived.id, by)
        arrived = replace(arrived, model=by.model.digest if by.model else "")
    elif arrived.feed != imports.REGISTER:
        _plain(room, read)
        counted = replace(counted, linked=counted.accepted)
    _refused(room, read, room.batch, arrived.id)
    vault.settle(room.batch, home)

    def count(batch: Batch) -> Counted:
        if spec.keyed not in ("register", "household"):
            return counted
        say(Text(f"{spec.zh}：更新名册", f"{spec.en}: the register"))
        return _registers(actor, batch, room, read, counted, home, clock)

    return imports.record(actor, sender, arrived, count, offers, clock=clock)


def _register_for(room: _Room, read: Intake, day: date, *, everybody: bool) -> Register:
    """Whom the rows of one file may mean; everybody where they give a telephone or a name and no number, or a model looks."""
    number = read.feed.of_type("number", "card")
    if number is None or everybody:
        return register.read(day)
    said = room.machine.rows(f"SELECT DISTINCT {number} FROM {read.accepted_sql()} WHERE {number} IS NOT NULL")  # noqa: S608
    return register.whom(day, (text for (text,) in said))


def _link(
    room: _Room, read: Intake, people: Register, batch: uuid.UUID, by: Judge
) -> tuple[Counted, list[links.Offer]]:
    """Link the rows to the register; write them concealed; give where they went and what a person is to decide."""
    spec, machine = read.feed, room.machine
    link.load_register_rows(machine, people.rows)
    out = room.place / "linked"
    found = link.link(machine, [read], out, key=lambda text: enrolled.number_key(text), by=by)
    rows, offered = found.feeds[spec.feed], found.offered.get(spec.feed, ())
    _keys(machine, read, rows)
    if spec.sealed:
        _seal_rows(room, read, rows, batch)
    else:
        for name, paths in (("rows", rows), ("offered", offered)):
            if paths:
                target = (room.batch / f"{name}.parquet").absolute()
                machine.run(f"""COPY (SELECT r.*, k.row_key FROM {parquet(paths)} r
                    LEFT JOIN row_keyed k ON k.line = r.line ORDER BY r.line) TO {literal(target)} (FORMAT parquet)""")  # noqa: S608
    linked = machine.rows(f"SELECT count(*) FROM {parquet(rows)} WHERE person IS NOT NULL")[0][0]  # noqa: S608
    doubtful = machine.rows(f"SELECT count(DISTINCT line) FROM {parquet(offered)}")[0][0] if offered else 0  # noqa: S608
    counted = Counted(read.received, read.rejected, linked, doubtful, read.accepted - linked - doubtful)
    return counted, linking.offers(machine, read, rows, offered, people, by)


def _keys(machine: DuckEngine, read: Intake, rows: Sequence[Path]) -> None:
    """Table `row_keyed`: the keyed digest of each row's number (with the name, where the name differs)."""
    number, name = read.feed.of_type("number", "card"), read.feed.of_type("name") or "NULL"
    machine.run("CREATE OR REPLACE TEMP TABLE row_keyed (line BIGINT, number VARCHAR, name VARCHAR, row_key VARCHAR)")
    if number is None:
        return
    said = machine.rows(f"""SELECT a.line, a.{number}, a.{name}, r.differs FROM {read.accepted_sql()} a
        JOIN {parquet(rows)} r ON r.line = a.line WHERE a.{number} IS NOT NULL""")  # noqa: S608
    keys: dict[tuple[str, str | None], str] = {}
    for _, text, called, differs in said:
        wanted = (text, called if differs else None)
        if wanted not in keys:
            keys[wanted] = enrolled.number_key(*wanted)
    machine.insert(
        "row_keyed",
        ((line, text, called, keys[text, called if differs else None]) for line, text, called, differs in said),
    )


def _plain(room: _Room, read: Intake) -> None:
    """A feed about households or areas: without free text, each row under a keyed digest of what it says."""
    spec, machine = read.feed, room.machine
    said = " || '\x1f' || ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in spec.columns)
    rows = machine.rows(f"SELECT line, {said} FROM {read.accepted_sql()}")  # noqa: S608
    machine.run("CREATE OR REPLACE TEMP TABLE marks (line BIGINT, mark VARCHAR)")
    machine.insert("marks", ((line, enrolled.number_key(text)) for line, text in rows))
    kept = [name for name, column in spec.columns.items() if column.type not in IDENTIFYING and column.type != "text"]
    target = (room.batch / "rows.parquet").absolute()
    cells = ", ".join(f"a.{name}" for name in kept)
    machine.run(f"""COPY (SELECT a.file, a.row, a.line, {cells}, m.mark FROM {read.accepted_sql()} a JOIN marks m ON m.line = a.line
        ORDER BY a.line) TO {literal(target)} (FORMAT parquet)""")  # noqa: S608


def _seal_rows(room: _Room, read: Intake, rows: Sequence[Path], batch: uuid.UUID) -> None:
    """The rows of a sealed feed are opened only for people who have signed; nothing of them lies readable."""
    shown = [name for name, column in read.feed.columns.items() if column.type not in IDENTIFYING]
    cells = ", ".join(f"CAST(a.{name} AS VARCHAR)" for name in shown)
    found = room.machine.rows(f"""SELECT r.person, k.row_key, r.differs, r.file, r.row, {cells} FROM {parquet(rows)} r
        JOIN {read.accepted_sql()} a ON a.line = r.line LEFT JOIN row_keyed k ON k.line = r.line ORDER BY r.line""")  # noqa: S608
    names = ("person", "row_key", "differs", "file", "row", *shown)
    assets.keep([dict(zip(names, row, strict=True)) for row in found], room.batch, batch)


def _refused(room: _Room, read: Intake, target: Path, batch: uuid.UUID) -> None:
    """Keep the rejected rows sealed, as the two kinds of file that a department can mend."""
    for kind in KINDS:
        plain = room.place / f"rejects.{kind}"
        rejects.write(room.machine, read, plain)
        vault.put(plain, target / f"{plain.name}{vault.ENDING}", batch)


def _registers(
    actor: access.Actor, batch: Batch, room: _Room, read: Intake, counted: Counted, home: Path, clock: Clock
) -> Counted:
    """Bring the site's own register to what the file says; rows that it cannot take are rejected with their reason."""
    names = list(read.feed.columns)
    found = room.machine.rows(f"SELECT line, file, row, {', '.join(names)} FROM {read.accepted_sql()} ORDER BY line")  # noqa: S608
    rows = [dict(zip(names, line[3:], strict=True)) for line in found]
    if read.feed.feed == imports.REGISTER:
        reach: snapshots.Reach = "whole" if len(rows) * _WHOLE_REGISTER >= enrolled.present() else "rows"
        today = days.day_of(clock.now())
        counts = snapshots.import_residents(actor, rows, day=today, clock=clock, batch=batch, reach=reach)
    else:
        counts = snapshots.import_incomes(actor, rows, clock=clock, batch=batch)
    if (
        read.feed.feed != imports.REGISTER
    ):  # a household that is not known yet: its rows wait, like those of unknown people
        unknown = len(counts.rejected)
        return Counted(counted.received, counted.rejected, counted.accepted - unknown, 0, unknown, counts.plain())
    if counts.rejected:
        late = [(found[at], code) for at, code in counts.rejected]
        read = _with_refused(room, read, late)
        _refused(room, read, home, batch.pk)
    return Counted(counted.received, read.rejected, linked=counted.received - read.rejected, register=counts.plain())


def _with_refused(room: _Room, read: Intake, late: Sequence[tuple[tuple[Any, ...], str]]) -> Intake:
    """The intake with more rows rejected: those that the register could not take."""
    machine, target = room.machine, read.rejects.with_name(f"{read.feed.feed}.more.parquet")
    machine.run(
        "CREATE OR REPLACE TEMP TABLE late (file VARCHAR, row INTEGER, line BIGINT, reason VARCHAR, sentence VARCHAR)"
    )
    sentence = {code: _REASONS.get(code, Text(code, code)).zh for _, code in late}
    machine.insert("late", ((row[1], row[2], row[0], code, sentence[code]) for row, code in late))
    machine.run(f"""COPY (SELECT * FROM {parquet([read.rejects])} UNION ALL BY NAME
        SELECT {literal(read.feed.feed)} AS feed, file, row, '' AS "column", '' AS value, reason, sentence, line FROM late)
        TO {literal(target)} (FORMAT parquet)""")  # noqa: S608
    return replace(read, rejects=target, rejected=read.rejected + len(late))


def _copy(sent: Sent, place: Path, name: str) -> Path:
    """The file under a name of our own: what a sender calls a file may name people, and is no path to be trusted."""
    ending = Path(sent.name).suffix.lower()
    target = place / f"{name}{ending if ending in sheets.KINDS else '.file'}"
    shutil.copyfile(sent.path, target)
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _ceiling(day: date) -> int:
    stated = declared.rulebook().values("", day).get("amount_ceiling")
    return stated if isinstance(stated, int) else intake.CEILING
