"""Backups: made under way, checked before they count, and brought back without overwriting anything."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from PIL import Image

from taizhang.core import access, chain
from taizhang.core.clock import Standing
from taizhang.core.models import Entry, Evidence
from taizhang.core.moves import evidence
from taizhang.core.verify import verify
from taizhang.kit.refusal import Refusal
from taizhang.work import backup, doctor, envelope
from tests.conftest import NOW

CLOCK = Standing(NOW)


def note() -> None:
    with transaction.atomic():
        chain.append(chain.Draft(kind="note", received=NOW, area="990503", hand="system"))


def photo(colour: str) -> Evidence:
    """A kept photo that an entry names."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    with transaction.atomic():
        row = evidence.keep(access.SYSTEM, out.getvalue(), kind="photo", clock=CLOCK)
        draft = chain.Draft(
            kind="note", received=NOW, area="990503", evidence=[chain.Named(id=row.pk, kind="photo", digest=row.digest)]
        )
        Evidence.objects.filter(pk=row.pk).update(entry_id=draft.id)
        chain.append(draft)
    return row


@pytest.fixture
def data(committed: Path, settings: Any) -> Path:
    """A data directory with a chain, a photo and a feed, as the settings of this test name it."""
    settings.DATA, settings.EVIDENCE = committed, committed / "evidence"
    chain.found("990503", "北关区", demo=True, clock=CLOCK)
    photo("red")
    (committed / "feeds").mkdir()
    (committed / "feeds" / "a.parquet").write_bytes(b"feed")
    return committed


def test_a_backup_holds_everything_verifies_by_itself_and_is_for_its_owner_alone(data: Path, tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups")
    assert made.head == chain.head()
    assert {name.split("/")[0] for name in made.files} == {
        "taizhang.sqlite3" if connection.vendor == "sqlite" else "database.dump", "evidence", "feeds",
    }  # fmt: skip
    backup.check(made)
    if connection.vendor == "sqlite":
        report = verify(made.folder, heads=[made.head])
        assert (report.faults, report.evidence, report.entries) == ([], 1, 2)
    modes = {
        stat.S_IMODE(path.stat().st_mode)
        for path in made.folder.rglob("*")
        if path.is_file() and path.name != backup.MANIFEST
    }
    assert modes == {0o600}
    assert backup.latest(tmp_path / "backups") == made


def test_a_backup_of_a_changed_chain_is_refused_and_leaves_nothing(data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "evidence")
    with pytest.raises(Refusal) as refused:
        backup.make(tmp_path / "backups")
    assert refused.value.code == "backup_failed"
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_second_backup_shares_the_evidence_that_did_not_change(data: Path, tmp_path: Path) -> None:
    first = backup.make(tmp_path / "backups")
    photo("blue")
    steps: list[int] = []
    second = backup.make(tmp_path / "backups", progress=lambda done, of: steps.append(done))
    shared = [name for name in first.files if name.startswith("evidence/")]
    assert [(first.folder / name).samefile(second.folder / name) for name in shared] == [True]
    assert sum(name.startswith("evidence/") for name in second.files) == 2
    assert steps == [1, 2, 3]
    assert backup.latest(tmp_path / "backups") == second


def test_a_damaged_backup_is_never_restored(data: Path, tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups")
    (made.folder / "feeds" / "a.parquet").write_bytes(b"other")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: backup.check(made),
        lambda: backup.restore(made, clock=CLOCK, replace=True),
    )
    for attempt in attempts:
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "backup_broken"
    with pytest.raises(Refusal) as refused:
        backup.read(tmp_path)
    assert refused.value.code == "no_backup"


def test_a_restore_refuses_to_overwrite_and_says_what_would_be_lost(data: Path, tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups")
    photo("blue")
    note()
    lost = backup.loss(made)
    assert (lost.entries, lost.last, lost.files) == (2, NOW, 1)
    with pytest.raises(Refusal, match="会失去备份之后的 2 条记录") as refused:
        backup.restore(made, clock=CLOCK)
    assert refused.value.code == "restore_over"
    assert Entry.objects.count() == 4


def test_a_backup_of_other_keys_is_not_restored(data: Path, tmp_path: Path, settings: Any) -> None:
    made = backup.make(tmp_path / "backups")
    settings.KEYS = replace(settings.KEYS, lookup=b"x" * 32)
    with pytest.raises(Refusal) as refused:
        backup.restore(made, clock=CLOCK, replace=True)
    assert refused.value.code == "key_file"


def test_a_restored_ledger_verifies_says_so_and_keeps_the_old_data_aside(data: Path, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL is restored into an empty database; see below")
    made = backup.make(tmp_path / "backups")
    kept = chain.head()
    note()
    aside = backup.restore(made, clock=CLOCK, replace=True)
    assert aside is not None
    with sqlite3.connect(aside / "taizhang.sqlite3") as old:
        assert old.execute("SELECT count(*) FROM core_entry").fetchone() == (3,)
    old.close()
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    assert (entry.seq, entry.kind, entry.prev) == (3, "restore", kept.digest)
    assert json.loads(entry.body)["says"]["lost_entries"] == 1
    assert verify(data, heads=[kept, chain.head()]).faults == []
    assert (data / "feeds" / "a.parquet").read_bytes() == b"feed"


@pytest.mark.postgres
def test_a_dump_is_restored_into_an_empty_database_only(data: Path, tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups")
    with pytest.raises(Refusal) as refused:
        backup.restore(made, clock=CLOCK, replace=True)
    assert refused.value.code == "restore_postgres"
    from tests import cluster

    name, user = connection.settings_dict["NAME"], connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = cluster.OWNER
    try:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}_restored"')
        connection.settings_dict["NAME"] = f"{name}_restored"
        shutil.rmtree(data)
        data.mkdir(mode=0o755)
        backup.restore(made, clock=CLOCK)
        assert {stat.S_IMODE(path.stat().st_mode) for path in (data, data / "evidence", data / "feeds")} == {0o700}
        assert list(Entry.objects.order_by("seq").values_list("kind", flat=True)) == ["genesis", "note", "restore"]
        connection.close()
        connection.settings_dict["USER"] = user  # what the site may not do came back with the tables
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("UPDATE core_entry SET act = 'x'")
    finally:
        connection.close()
        connection.settings_dict["USER"] = cluster.OWNER
        connection.settings_dict["NAME"] = name
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}_restored" WITH (FORCE)')
        connection.close()
        connection.settings_dict["USER"] = user


def test_old_backups_thin_out_by_hour_day_and_month(data: Path, tmp_path: Path) -> None:
    folder, made = tmp_path / "backups", backup.make(tmp_path / "backups")
    start = datetime(2021, 12, 20, 12, tzinfo=UTC)
    for hours in range(0, 24 * 60, 6):
        when = start - timedelta(hours=hours)
        copy = folder / f"taizhang-{when:%Y%m%d-%H%M%S-%f}"
        copy.mkdir()
        said = json.loads((made.folder / backup.MANIFEST).read_text("utf-8"))
        (copy / backup.MANIFEST).write_text(json.dumps({**said, "made": when.isoformat()}), "utf-8")
    shutil.rmtree(made.folder)
    backup.keep_some(folder, hourly=4, daily=3, monthly=3)
    assert [f"{kept.made:%m-%d %H}" for kept in backup.all_in(folder)] == [
        "10-31 18", "11-30 18", "12-18 18", "12-19 18", "12-20 00", "12-20 06", "12-20 12",
    ]  # fmt: skip


# --- doctor ---------------------------------------------------------------------------------------------------------


def _levels(lines: list[doctor.Line]) -> dict[str, str]:
    return {line.text.en.split(":")[0].split(" (")[0]: line.level for line in lines}


def test_doctor_finds_a_sound_installation_sound(data: Path, tmp_path: Path, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, backup_key=envelope.make_key(tmp_path / "backup.pem"))
    backup.make(tmp_path / "backups")
    steps: list[int] = []
    lines = doctor.examine(clock=CLOCK, backups=tmp_path / "backups", progress=lambda done, of: steps.append(done))
    bad = [line.text.en for line in lines if line.level != "ok"]
    if connection.vendor == "postgresql":  # the cluster of the tests is fast, not safe
        bad = [text for text in bad if "fsync" not in text and "checksums" not in text]
    assert bad == []
    assert steps == list(range(1, 13))


def test_doctor_says_what_is_wrong(data: Path, tmp_path: Path, settings: Any) -> None:
    data.chmod(0o755)
    note()
    backup.make(tmp_path / "open")
    (open_to_all,) = [
        line for line in doctor.examine(clock=CLOCK, backups=tmp_path / "open") if "not encrypted" in line.text.en
    ]
    assert open_to_all.level == "warn"
    early = Standing(NOW - timedelta(minutes=6))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER core_entry_no_delete")
            cursor.execute("PRAGMA synchronous=NORMAL")
    said = [line.text.en for line in doctor.examine(clock=early, backups=tmp_path) if line.level != "ok"]
    wanted = ["Others can enter the data directory", "The clock is behind the last entry", "There is no backup"]
    if connection.vendor == "sqlite":
        wanted += [
            "Protections of the entries are missing: core_entry_no_delete",
            "A power cut can lose data: synchronous=1",
        ]
    for words in wanted:
        assert [text for text in said if words in text], (words, said)
