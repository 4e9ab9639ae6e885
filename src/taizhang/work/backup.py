"""Copies that can be trusted: made while people work, checked before they count, and brought back without overwriting.

A backup is a folder: the database (an online copy of SQLite, or `pg_dump` of PostgreSQL), the evidence, the feeds, and
`manifest.json` with the digest of every file and the head of the chain. Sealed values stay sealed in it; the key file is
never part of it and is kept elsewhere. Where the operator names a public key (`TAIZHANG_BACKUP_KEY`), every file is sealed to
it as a whole, and only its private key, which is not on this machine, brings the backup back.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from django.conf import settings
from django.db import connection, transaction

from taizhang.core import chain, copies, seals, store
from taizhang.core.clock import Clock
from taizhang.core.head import Head
from taizhang.core.verify import verify
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.work import envelope

MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
FOLDERS: Final = ("evidence", "feeds")
FORMAT: Final = 1
Progress = Callable[[int, int | None], None]  # files done, files in all


@dataclass(frozen=True)
class Backup:
    """A backup as its manifest describes it."""

    folder: Path
    made: datetime
    head: Head
    key: str  # tells whether a key file is the one under which its values are sealed
    files: dict[str, str]  # path inside the installation -> sha256 of the file as it is kept
    sealed_to: str = ""  # the mark of the public key to which the files are sealed; empty: they are not

    def path(self, name: str) -> Path:
        """Where a file of the installation is kept in this backup."""
        return self.folder / (f"{name}{envelope.SUFFIX}" if self.sealed_to else name)


@dataclass(frozen=True)
class Loss:
    """What is in the data directory now and would not be there after a restore."""

    entries: int
    last: datetime | None
    files: int

    @property
    def text(self) -> Text:
        """The loss in words."""
        until = self.last.isoformat(" ", "minutes") if self.last else ""
        return Text(
            f"会失去备份之后的 {self.entries} 条记录（最后一条 {until}）和 {self.files} 个附件。",
            f"{self.entries} entries made since the backup (the last at {until}) and {self.files} files would be lost.",
        )


# --- making ---------------------------------------------------------------------------------------------------------


def make(target: Path, *, progress: Progress | None = None) -> Backup:
    """Copy this installation into a new folder below `target`, check the copy, and only then give it its name.

    Raises Refusal("backup_failed") with what is wrong; nothing that looks like a backup is left then.
    """
    step = progress or (lambda done, of: None)
    key = envelope.public(settings.ENVIRONMENT.backup_key) if settings.ENVIRONMENT.backup_key else None
    now = datetime.now(UTC)  # the machine's: how old a backup is has nothing to do with a demo's clock
    name = f"taizhang-{now:%Y%m%d-%H%M%S-%f}"
    part, done = target / f"{name}.part", target / name
    before = latest(target)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    (part / "evidence").mkdir(mode=0o700, parents=True)  # also when there is none: then none may be missing
    try:
        head = _sealed_copy(part, before, key, step) if key else _plain_copy(part, before, step)
        listed = {
            path.relative_to(part).as_posix().removesuffix(envelope.SUFFIX if key else ""): copies.digest_of(
                path, "sha256"
            )
            for path in sorted(part.rglob("*"))
            if path.is_file()
        }
        made = {"format": FORMAT, "made": now.isoformat(), "head": str(head), "key": _key_mark(), "files": listed}
        made["sealed_to"] = envelope.mark(key) if key else ""
        (part / MANIFEST).write_text(json.dumps(made, indent=1, ensure_ascii=False), "utf-8")
        _sync(part)
        part.rename(done)
        store.sync(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return read(done)


def _plain_copy(part: Path, before: Backup | None, step: Progress) -> Head:
    """The installation as it is, checked as a whole."""
    head = _database(part)
    files = list(_sources())
    plain = before if before and not before.sealed_to else None
    for at, (source, relative) in enumerate(files, 1):
        _copy(source, part / relative, plain.folder / relative if plain else None)
        step(at, len(files))
    _check(part, head, part / "evidence")
    return head


def _sealed_copy(part: Path, before: Backup | None, key: X25519PublicKey, step: Progress) -> Head:
    """The installation sealed; the database lies open beside the data alone, where it is checked, and for no longer."""
    same = before if before and before.sealed_to == envelope.mark(key) else None
    with tempfile.TemporaryDirectory(prefix=".taizhang-backup-", dir=Path(settings.DATA).parent) as open_here:
        head = _database(Path(open_here))
        _check(Path(open_here), head, Path(settings.EVIDENCE))
        databases = [(path, Path(path.name)) for path in sorted(Path(open_here).iterdir())]
        files = [*databases, *_sources()]
        for at, (source, relative) in enumerate(files, 1):
            name = relative.as_posix()
            target = part / f"{name}{envelope.SUFFIX}"
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # evidence is named by its digest, so what was sealed to the same key is the same
            if not (
                same and relative.parts[0] == "evidence" and name in same.files and _linked(same.path(name), target)
            ):
                envelope.seal(source, target, name, key)
            target.chmod(0o600)
            step(at, len(files))
    return head


def _linked(before: Path, target: Path) -> bool:
    try:
        os.link(before, target)
    except OSError:  # another disk, or a file system without links
        return False
    return True


def _database(part: Path) -> Head:
    """The database first: evidence is written before the entry that names it, so the later copy of files has it all."""
    if connection.vendor == "postgresql":
        head = chain.head()
        _run([_program("pg_dump"), "--format=custom", "--no-owner", f"--file={part / DUMP}", *_address()])
        (part / DUMP).chmod(0o600)
        return head
    target = part / copies.DATABASE
    source = Path(str(connection.settings_dict["NAME"])).absolute()
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)  # in one step: one state, however busy the site is
        copy.execute("PRAGMA journal_mode=DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise _failed("数据库副本不完整", "the copy of the database is not sound")
        seq, digest = copy.execute("SELECT seq, head FROM core_district").fetchone() or (0, "")
    target.chmod(0o600)
    return Head(seq, digest)


def _sources() -> Iterator[tuple[Path, Path]]:
    places = {"evidence": Path(settings.EVIDENCE), "feeds": Path(settings.DATA) / "feeds"}
    for name in FOLDERS:
        for path in sorted(places[name].rglob("*")):
            if path.is_file() and path.suffix != ".part":
                yield path, Path(name) / path.relative_to(places[name])


def _copy(source: Path, target: Path, before: Path | None) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    same = before is not None and before.is_file() and before.stat().st_size == source.stat().st_size
    # evidence is named by its digest, so the same name is the same bytes
    if not (same and before is not None and source.parts[-3:-2] == ("evidence",) and _linked(before, target)):
        shutil.copyfile(source, target)
    target.chmod(0o600)


def _check(part: Path, head: Head, evidence: Path) -> None:
    if not head.seq:
        raise _failed("台账是空的", "there is no entry")
    if (part / copies.DATABASE).exists():
        report = verify(part, heads=[head], evidence=evidence)
    else:
        _run([_program("pg_restore"), "--list", str(part / DUMP)])
        report = verify(_url(), heads=[head], evidence=evidence)
    if not report.ok:
        first = report.faults[0].text if report.faults else Text("", "")
        raise _failed(
            f"核对发现 {report.found} 处不一致，例如：{first.zh}", f"{report.found} faults, the first: {first.en}"
        )


def _sync(part: Path) -> None:
    (part / MANIFEST).chmod(0o600)
    for path in part.rglob("*"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    store.sync(part)


# --- reading --------------------------------------------------------------------------------------------------------


def read(folder: Path) -> Backup:
    """A backup's manifest. Raises Refusal("no_backup") where there is none that can be read."""
    try:
        said = json.loads((folder / MANIFEST).read_text("utf-8"))
        made = datetime.fromisoformat(said["made"])
        if any(Path(name).is_absolute() or ".." in Path(name).parts for name in said["files"]):
            raise ValueError("a file outside of the backup")
        return Backup(folder, made, Head.parse(said["head"]), said["key"], said["files"], said.get("sealed_to", ""))
    except (OSError, ValueError, KeyError, TypeError):
        raise Refusal("no_backup", Text(f"{folder} 不是备份。", f"{folder} is no backup.")) from None


def all_in(target: Path) -> list[Backup]:
    """The backups below a folder, the oldest first."""
    folders = sorted(path.parent for path in target.glob(f"taizhang-*/{MANIFEST}"))
    return [read(folder) for folder in folders if folder.suffix != ".part"]


def latest(target: Path) -> Backup | None:
    """The newest backup below a folder."""
    found = all_in(target)
    return found[-1] if found else None


def check(backup: Backup, *, progress: Progress | None = None) -> None:
    """Whether every file of a backup is the one that was written. Raises Refusal("backup_broken") naming the first."""
    for at, (name, digest) in enumerate(backup.files.items(), 1):
        path = backup.path(name)
        if not path.is_file() or copies.digest_of(path, "sha256") != digest:
            raise Refusal("backup_broken", Text(f"备份已损坏：{name}。", f"The backup is damaged: {name}."))
        if progress:
            progress(at, len(backup.files))


def keep_some(target: Path, *, hourly: int = 24, daily: int = 14, monthly: int = 12) -> list[Path]:
    """Remove backups beyond the newest of so many hours, days and months; the folders removed."""
    newest = list(reversed(all_in(target)))
    kept: set[Path] = set()
    for count, form in ((hourly, "%Y%m%d%H"), (daily, "%Y%m%d"), (monthly, "%Y%m")):
        spans: dict[str, Path] = {}
        for backup in newest:
            spans.setdefault(backup.made.strftime(form), backup.folder)
        kept.update(list(spans.values())[:count])
    gone = [backup.folder for backup in newest if backup.folder not in kept]
    for folder in gone:
        shutil.rmtree(folder)
    return gone


# --- bringing back --------------------------------------------------------------------------------------------------


def loss(backup: Backup) -> Loss:
    """What this installation holds that a restore of the backup would lose."""
    if not _occupied(Path(settings.DATA)) or "core_entry" not in connection.introspection.table_names():
        return Loss(0, None, 0)  # asked before anything connects: connecting would make an empty file
    entries, last = chain.after(backup.head.seq)
    kept = {name for name in backup.files if name.startswith("evidence/")}
    there = [relative.as_posix() for _, relative in _sources() if relative.parts[0] == "evidence"]
    return Loss(entries, last, sum(name not in kept for name in there))


def restore(
    backup: Backup, *, clock: Clock, replace: bool = False, key: Path | None = None, progress: Progress | None = None
) -> Path | None:
    """Bring a backup back into this installation and say so in an entry; the folder to which the old data were moved.

    Nothing is overwritten: without `replace` it is refused where there are data, with what would be lost; with it, the
    old data directory is moved aside. `key` is the file of the private key for a backup that is sealed as a whole.
    Raises Refusal: `restore_over`, `backup_broken`, `key_file` (the backup's values are sealed under other keys),
    `backup_key` (no private key that opens it), `restore_postgres` where that database is not empty.
    """
    check(backup, progress=progress)
    if backup.key != _key_mark():
        raise Refusal(
            "key_file",
            Text("密钥文件不是这份备份的。", "The key file is not the one of this backup."),
            Text("请先取回当时的密钥文件。", "Bring back the key file of that time first."),
        )
    data = Path(settings.DATA)
    lost = loss(backup)
    occupied = _occupied(data)
    if occupied and not replace:
        raise Refusal(
            "restore_over", Text(f"{data} 里已有数据，不会覆盖。{lost.text.zh}", f"{data} holds data. {lost.text.en}")
        )
    part = data.with_name(f"{data.name}.restoring")
    shutil.rmtree(part, ignore_errors=True)
    try:
        _lay_out(backup, part, key)
        if DUMP in backup.files:
            _restore_postgres(backup, part, data, clock)
            return None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    connection.close()
    aside = data.with_name(f"{data.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}") if data.exists() else None
    if aside:
        data.rename(aside)
    part.rename(data)
    store.sync(data.parent)
    _tell(backup, lost, clock)
    return aside


def _occupied(data: Path) -> bool:
    if connection.vendor == "postgresql":
        return "core_entry" in connection.introspection.table_names()
    return Path(str(connection.settings_dict["NAME"])).exists() or (data / copies.DATABASE).exists()


def _lay_out(backup: Backup, part: Path, key: Path | None) -> None:
    """The files of a backup as they were, for this user alone, in a new folder."""
    opens = envelope.private(key) if key and backup.sealed_to else None
    if backup.sealed_to and opens is None:
        raise Refusal(
            "backup_key",
            Text("这份备份是加密的。", "This backup is encrypted."),
            Text("请用 --key 给出备份私钥文件。", "Give the file of the private key with --key."),
        )
    part.mkdir(mode=0o700, parents=True)
    (part / "evidence").mkdir()
    for name in backup.files:
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        if opens is None:
            shutil.copyfile(backup.path(name), part / name)
        else:
            envelope.unseal(backup.path(name), part / name, name, opens)
    _private(part)


def _restore_postgres(backup: Backup, part: Path, data: Path, clock: Clock) -> None:
    if _occupied(data):
        raise Refusal(
            "restore_postgres",
            Text("PostgreSQL 库不是空的。", "The PostgreSQL database is not empty."),
            Text(
                "请新建一个空库，用 TAIZHANG_DATABASE_URL 指向它。",
                "Make an empty database and point TAIZHANG_DATABASE_URL at it.",
            ),
        )
    _run(
        [
            _program("pg_restore"),
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            *_address(),
            str(part / DUMP),
        ]
    )
    for name in FOLDERS:
        if (part / name).is_dir():
            shutil.copytree(part / name, data / name, dirs_exist_ok=True)
    shutil.rmtree(part)
    _private(data)
    _tell(backup, Loss(0, None, 0), clock)


def _tell(backup: Backup, lost: Loss, clock: Clock) -> None:
    """The restored chain says that it was restored: whoever kept a later head knows from where it forks."""
    report = verify(_url() if connection.vendor == "postgresql" else Path(settings.DATA), heads=[backup.head],
                    evidence=Path(settings.EVIDENCE))  # fmt: skip
    if not report.ok:
        raise _failed("恢复后核对不一致", "the restored ledger does not verify")
    with transaction.atomic():
        says = {
            "made": backup.made.isoformat(),
            "head": str(backup.head),
            "lost_entries": lost.entries,
            "lost_files": lost.files,
        }
        chain.append(chain.Draft(kind="restore", received=clock.now(), area=report.district, hand="system", says=says))


# --- small things ---------------------------------------------------------------------------------------------------


def _key_mark() -> str:
    return seals.index("backup", "key")[:16]


def _private(folder: Path) -> None:
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _address() -> list[str]:
    said: dict[str, Any] = connection.settings_dict
    return [
        f"--host={said['HOST']}",
        f"--port={said['PORT']}",
        f"--username={said['USER']}",
        f"--dbname={said['NAME']}",
    ]


def _url() -> str:
    said: dict[str, Any] = connection.settings_dict
    password = f":{said['PASSWORD']}" if said.get("PASSWORD") else ""
    return f"postgresql://{said['USER']}{password}@{said['HOST']}:{said['PORT']}/{said['NAME']}"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not installed:
        raise _failed(f"没有找到程序 {name}", f"the program {name} is not installed")
    return str(installed[-1])


def _run(command: list[str]) -> None:
    password = connection.settings_dict.get("PASSWORD") or ""
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # own words
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [""]
        raise _failed(f"{Path(command[0]).name} 失败：{said[0]}", f"{Path(command[0]).name} failed: {said[0]}")


def _failed(zh: str, en: str) -> Refusal:
    return Refusal("backup_failed", Text(f"没有完成：{zh}。", f"Not done: {en}."))
