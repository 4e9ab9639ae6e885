"""A backup that is sealed to a public key: nothing of it can be read, and only the private key brings it back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from taizhang.core import chain
from taizhang.core.clock import Standing
from taizhang.core.models import Entry
from taizhang.core.verify import verify
from taizhang.kit.refusal import Refusal
from taizhang.work import backup, envelope
from tests.conftest import NOW
from tests.core.test_backup import photo

CLOCK = Standing(NOW)
FEED = b"feed-of-a-department" * 400_000  # eight megabytes: two pieces, the second a short one


@pytest.fixture
def data(committed: Path, settings: Any, tmp_path: Path) -> Path:
    """A ledger with a picture and a feed, whose backups are sealed to the public key of `backup.pem`."""
    settings.DATA, settings.EVIDENCE = committed, committed / "evidence"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, backup_key=envelope.make_key(tmp_path / "backup.pem"))
    chain.found("990503", "北关区", demo=True, clock=CLOCK)
    photo("red")
    (committed / "feeds").mkdir()
    (committed / "feeds" / "a.parquet").write_bytes(FEED)
    return committed


def test_nothing_in_a_sealed_backup_can_be_read(data: Path, tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups")
    backup.check(made)
    kept = [path for path in made.folder.rglob("*") if path.is_file() and path.name != backup.MANIFEST]
    assert {path.suffix for path in kept} == {envelope.SUFFIX}
    assert len(kept) == len(made.files) == 3
    content = b"".join(path.read_bytes() for path in kept)
    for word in ("北关区".encode(), b"SQLite format 3", b"PGDMP", b"core_entry", b"\x89PNG", b"JFIF", FEED[:20]):
        assert word not in content
    beside = {"backups", "backup.pem", "data"} | {path.name for path in tmp_path.glob("*.key")}
    assert {path.name for path in tmp_path.iterdir()} <= beside  # the open copy of the database is gone


def test_evidence_that_is_sealed_already_is_not_sealed_again(data: Path, tmp_path: Path, settings: Any) -> None:
    first, second = backup.make(tmp_path / "backups"), backup.make(tmp_path / "backups")
    (name,) = [name for name in first.files if name.startswith("evidence/")]
    assert first.path(name).samefile(second.path(name))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, backup_key=envelope.make_key(tmp_path / "other.pem"))
    third = backup.make(tmp_path / "backups")
    assert not second.path(name).samefile(third.path(name))


@pytest.mark.sqlite
def test_only_the_private_key_brings_it_back(data: Path, tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups")
    envelope.make_key(tmp_path / "other.pem")
    for key in (None, tmp_path / "other.pem", tmp_path / "none.pem"):
        with pytest.raises(Refusal) as refused:
            backup.restore(made, clock=CLOCK, replace=True, key=key)
        assert refused.value.code == "backup_key"
        assert Entry.objects.count() == 2
        assert not data.with_name("data.restoring").exists()
    connection.close()
    shutil.rmtree(data)
    assert backup.restore(made, clock=CLOCK, key=tmp_path / "backup.pem") is None
    assert list(Entry.objects.order_by("seq").values_list("kind", flat=True))[-1] == "restore"
    report = verify(data, heads=[made.head])
    assert (report.faults, report.evidence) == ([], 1)
    assert (data / "feeds" / "a.parquet").read_bytes() == FEED


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit": lambda sealed: sealed[:99] + bytes([sealed[99] ^ 1]) + sealed[100:],
    "the last piece left out": lambda sealed: sealed[: 4 + int.from_bytes(sealed[:4])],
    "the first piece left out": lambda sealed: sealed[4 + int.from_bytes(sealed[:4]) :],
    "half of it": lambda sealed: sealed[: len(sealed) // 2],
    "nothing left": lambda sealed: b"",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sealed_file_that_was_changed_is_not_opened(tmp_path: Path, change: str) -> None:
    public, private = envelope.public(envelope.make_key(tmp_path / "key.pem")), envelope.private(tmp_path / "key.pem")
    (tmp_path / "plain").write_bytes(FEED)
    envelope.seal(tmp_path / "plain", tmp_path / "sealed", "feeds/a", public)
    envelope.unseal(tmp_path / "sealed", tmp_path / "opened", "feeds/a", private)
    assert (tmp_path / "opened").read_bytes() == FEED
    with pytest.raises(Refusal):
        envelope.unseal(tmp_path / "sealed", tmp_path / "opened", "feeds/b", private)
    (tmp_path / "sealed").write_bytes(CHANGES[change]((tmp_path / "sealed").read_bytes()))
    with pytest.raises(Refusal) as refused:
        envelope.unseal(tmp_path / "sealed", tmp_path / "opened", "feeds/a", private)
    assert refused.value.code == "backup_key"


def test_a_key_is_never_overwritten_and_nonsense_is_refused(tmp_path: Path) -> None:
    envelope.make_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    refused: tuple[Callable[[], object], ...] = (
        lambda: envelope.make_key(tmp_path / "key.pem"),
        lambda: envelope.public("x25519:nonsense"),
        lambda: envelope.private(tmp_path / "nothing.pem"),
    )
    for attempt in refused:
        with pytest.raises(Refusal) as told:
            attempt()
        assert told.value.code == "backup_key"
