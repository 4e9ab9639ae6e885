"""Looks an installation over and says in lines what is well, what should be seen to, and what must not stay so."""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import taizhang
from taizhang import environment
from taizhang.core import append_only, chain, editions
from taizhang.core.clock import Clock
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.work import backup

Level = Literal["ok", "warn", "fail"]
Progress = Callable[[int, int | None], None]
GIGABYTE: Final = 1024**3
BACK: Final = timedelta(minutes=5)  # a clock further behind the last entry than this gives entries false times
BACKUP_AGE: Final = timedelta(days=7)


class Line(NamedTuple):
    """One finding."""

    level: Level
    text: Text


def examine(*, clock: Clock, backups: Path | None = None, progress: Progress | None = None) -> list[Line]:
    """Every check of an installation, each with at least one line; a check that breaks is itself a finding."""
    checks: tuple[Callable[[], Iterator[Line]], ...] = (
        _version, _keys, _folder, _migrations, _database, _protections, _disk, lambda: _clock(clock), _head,
        lambda: _backups(backups), _calendar(clock), _site,
    )  # fmt: skip
    found: list[Line] = []
    for at, check in enumerate(checks, 1):
        try:
            found.extend(check())
        except Exception as error:  # one broken check must not hide the others
            found.append(Line("fail", Text(f"检查没有完成：{error}", f"A check could not be made: {error}")))
        if progress:
            progress(at, len(checks))
    return found


def _version() -> Iterator[Line]:
    said = f"{taizhang.__version__} · Django {django.get_version()} · Python {platform.python_version()}"
    yield Line("ok", Text(f"版本 {said}", f"version {said}"))


def _keys() -> Iterator[Line]:
    path = settings.ENVIRONMENT.key_file
    try:
        found = environment.keys(path)
    except Refusal as refusal:
        yield Line("fail", Text(refusal.sentence("zh"), refusal.sentence("en")))
        return
    if found is None:
        yield Line("fail", Text(f"没有密钥文件 {path}。", f"There is no key file {path}."))
    elif path.is_relative_to(settings.DATA):
        yield Line(
            "warn",
            Text(
                "密钥文件在数据目录里：复制数据就会带走密钥。",
                "The key file lies in the data directory: a copy takes it along.",
            ),
        )
    else:
        yield Line("ok", Text("密钥文件只有本用户能读。", "Only this user can read the key file."))


def _folder() -> Iterator[Line]:
    mode = stat.S_IMODE(Path(settings.DATA).stat().st_mode)
    if mode & 0o077:
        yield Line(
            "fail",
            Text(
                f"数据目录其他人也能进入（{mode:o}）。请执行 chmod 700。",
                f"Others can enter the data directory ({mode:o}): chmod 700.",
            ),
        )
    else:
        yield Line("ok", Text("数据目录只有本用户能进入。", "Only this user can enter the data directory."))
    stray = [path for path in Path(settings.EVIDENCE).rglob("*.part") if path.is_file()]
    if stray:
        yield Line("warn", Text(f"有 {len(stray)} 个没有写完的附件。", f"{len(stray)} files were never finished."))


def _migrations() -> Iterator[Line]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        yield Line(
            "fail",
            Text("数据库比程序旧，请先备份再升级。", "The database is older than the program: back up, then migrate."),
        )
    else:
        yield Line("ok", Text("数据库与程序相符。", "The database fits the program."))


def _database() -> Iterator[Line]:
    wanted = (
        {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
        if connection.vendor == "postgresql"
        else {"journal_mode": "wal", "synchronous": "2", "recursive_triggers": "1", "trusted_schema": "0", "foreign_keys": "1"}
    )  # fmt: skip
    wrong = [f"{name}={found}" for name, value in wanted.items() if (found := _setting(name)) != value]
    if wrong:
        said = ", ".join(wrong)
        yield Line("fail", Text(f"断电可能丢失数据：{said}。", f"A power cut can lose data: {said}."))
    else:
        yield Line("ok", Text("数据库每次提交都落盘。", "The database syncs every commit to disk."))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            (sound,) = cursor.fetchone()
        if sound != "ok":
            yield Line("fail", Text(f"数据库文件已损坏：{sound}", f"The database file is damaged: {sound}"))
    elif _setting("data_checksums") != "on":
        yield Line("warn", Text("PostgreSQL 没有开启数据校验和。", "PostgreSQL runs without data checksums."))


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}" if connection.vendor == "postgresql" else f"PRAGMA {name}")
        return str(cursor.fetchone()[0])


def _protections() -> Iterator[Line]:
    missing = append_only.missing(connection)
    if missing:
        names = ", ".join(missing)
        yield Line("fail", Text(f"缺少只增不改的保护：{names}。", f"Protections of the entries are missing: {names}."))
    else:
        yield Line("ok", Text("记录只增不改，数据库自身拒绝改动。", "The database itself refuses to change an entry."))
    if connection.vendor == "postgresql" and append_only.owned(connection):
        yield Line(
            "fail",
            Text(
                "网站用的数据库角色能改动记录。请用两个角色。", "The site's role could change entries: use two roles."
            ),
        )


def _disk() -> Iterator[Line]:
    room = os.statvfs(settings.DATA)
    free = room.f_bavail * room.f_frsize / GIGABYTE
    level: Level = "fail" if free < 1 else "warn" if free < 5 else "ok"
    yield Line(level, Text(f"磁盘剩余 {free:.1f} GB。", f"{free:.1f} GB of disk are free."))


def _clock(clock: Clock) -> Iterator[Line]:
    last = chain.last()
    now = clock.now()
    if last is not None and now < last.received - BACK:
        said = last.received.astimezone(days.SHANGHAI).isoformat(" ", "minutes")
        yield Line(
            "fail", Text(f"系统时间早于最后一条记录（{said}）。", f"The clock is behind the last entry ({said}).")
        )
    else:
        yield Line("ok", Text("系统时间不早于最后一条记录。", "The clock is not behind the last entry."))


def _head() -> Iterator[Line]:
    head, last = chain.head(), chain.last()
    if last is None:
        yield Line("fail", Text("台账里还没有县区。", "This ledger has no district yet."))
    elif (last.seq, last.digest) != tuple(head):
        yield Line(
            "fail",
            Text(
                "链头与最后一条记录不符，请执行 taizhang verify。",
                "The head is not the last entry: run taizhang verify.",
            ),
        )
    else:
        yield Line("ok", Text(f"链头 {head}（请抄存一份）", f"head {head} (keep a copy elsewhere)"))
    if chain.is_demo():
        yield Line("ok", Text("这是演示库。", "This is a demo database."))


def _backups(folder: Path | None) -> Iterator[Line]:
    newest = backup.latest(folder) if folder and folder.is_dir() else None
    if newest is None:
        yield Line("warn", Text("没有备份。请执行 taizhang backup。", "There is no backup: run taizhang backup."))
        return
    age = datetime.now(UTC) - newest.made
    level: Level = "warn" if age > BACKUP_AGE else "ok"
    yield Line(level, Text(f"最近的备份在 {age.days} 天前。", f"The last backup is {age.days} days old."))
    if newest.sealed_to:
        yield Line("ok", Text("最近的备份是加密的。", "The last backup is encrypted."))
    else:
        yield Line(
            "warn",
            Text(
                "最近的备份没有加密，拿到它的人能读。请用 taizhang backup --new-key 建一对密钥。",
                "The last backup is not encrypted: whoever holds it can read it. Make keys with taizhang backup --new-key.",
            ),
        )


def _calendar(clock: Clock) -> Callable[[], Iterator[Line]]:
    def check() -> Iterator[Line]:
        today = days.day_of(clock.now())
        if editions.library().calendar.is_provisional(today):
            yield Line(
                "warn",
                Text(f"工作日历没有 {today.year} 年的通知。", f"The calendar lacks the notice for {today.year}."),
            )
        else:
            yield Line("ok", Text(f"工作日历含 {today.year} 年。", f"The calendar covers {today.year}."))

    return check


def _site() -> Iterator[Line]:
    chosen = settings.ENVIRONMENT
    if chosen.debug:
        yield Line("fail", Text("正在用调试方式运行。", "The site runs in debug mode."))
    if not chosen.https and len(chosen.hosts) > 3:
        yield Line(
            "warn", Text("没有启用 HTTPS，手机离线填报不可用。", "Without HTTPS the phone pages cannot work offline.")
        )
    else:
        yield Line("ok", Text("访问方式符合设置。", "The site is reached as it was set up."))
