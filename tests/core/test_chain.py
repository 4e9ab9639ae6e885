# ruff: noqa: S608  # the tests are the ones who tamper
"""The chain: what is appended, and that any change to a copy of it is found."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from taizhang.core import chain, copies
from taizhang.core.clock import Standing
from taizhang.core.head import Head
from taizhang.core.models import Area, Case, District, Edition, Entry
from taizhang.core.models.fields import new_id
from taizhang.core.verify import Report, verify
from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from tests.conftest import NOW

ENTRIES = 60


def _found(**more: Any) -> Entry:
    return chain.found("990503", "北关区", clock=Standing(NOW), **more)


def _case() -> Case:
    edition = Edition.objects.create(digest="e" * 64, ledger="demo", version=1, text="", installed_at=NOW)
    area = Area.objects.create(level="district", path="990503", name="北关区")
    return Case.objects.create(
        number="X-1", ledger="demo", edition=edition, stage="s", area=area, area_path=area.path, opened=NOW
    )


def _append_one(case: Case, n: int) -> None:
    with transaction.atomic():
        Case.objects.filter(pk=case.pk).update(n=n)
        chain.append(
            chain.Draft(
                kind="act", received=NOW + timedelta(minutes=n), area="990503001", case=case.pk, n=n, ledger="demo",
                act="note", says={"fields": {"height": n, "name": {"sealed": str(new_id()), "commitment": "c" * 64}}},
                key=new_id(),
            )
        )  # fmt: skip


@pytest.fixture
def chained(committed: Path) -> Case:
    """A chain of some entries of two cases and the system, in a database of this test alone."""
    _found()
    return _case()


def _address(data: Path) -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(data / "taizhang.sqlite3")
    return f"postgresql://{settings['USER']}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


@pytest.mark.django_db
def test_the_genesis_entry_names_the_algorithm_and_whether_the_database_is_a_demo() -> None:
    entry = _found(demo=True, algorithm="sm3")
    assert (entry.seq, entry.prev, entry.kind) == (1, "0" * 64, "genesis")
    assert '"algorithm":"sm3"' in entry.body
    assert '"demo":true' in entry.body
    assert entry.digest == canonical.digest(entry.body.encode(), "sm3")
    with pytest.raises(Refusal, match="已有县区"):
        _found()


@pytest.mark.django_db
def test_only_a_demo_database_takes_another_clock() -> None:
    with pytest.raises(Refusal) as refused:
        _found(offset=-3600)
    assert refused.value.code == "not_demo"


@pytest.mark.django_db
def test_each_entry_names_the_one_before_it_and_the_district_keeps_the_head() -> None:
    first = _found()
    with transaction.atomic():
        second, third = chain.append(*(chain.Draft(kind="note", received=NOW, area="990503") for _ in range(2)))
    assert [second.prev, third.prev] == [first.digest, second.digest]
    assert chain.head() == Head(3, third.digest)
    stored = Entry.objects.get(seq=3)
    assert canonical.digest(stored.body.encode()) == stored.digest


def test_an_entry_is_never_appended_outside_a_transaction(committed: Path) -> None:
    _found()
    with pytest.raises(RuntimeError, match="inside the transaction"):
        chain.append(chain.Draft(kind="note", received=NOW, area="990503"))


def test_writers_at_the_same_time_leave_one_chain_without_gaps(chained: Case, committed: Path) -> None:
    def write() -> None:
        for _ in range(5):
            with transaction.atomic():
                chain.append(chain.Draft(kind="note", received=NOW, area="990503"))
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    name = connection.settings_dict["NAME"]
    assert name
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(Entry.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 22))
    assert verify(_address(committed)).faults == []


def test_a_clean_chain_verifies_and_says_what_it_could_not_know(chained: Case, committed: Path) -> None:
    with transaction.atomic():
        chain.append(chain.Draft(kind="note", received=NOW, area="990503", hand="system"))
    report = verify(_address(committed))
    assert (report.ok, report.entries, report.district, report.head) == (True, 2, "990503", chain.head())
    assert [note.en for note in report.notes] == [
        "No head kept elsewhere was given: whether the tail was cut or written anew cannot be told."
    ]
    assert verify(_address(committed), heads=[chain.head()]).notes == []


def test_a_head_kept_elsewhere_finds_a_chain_that_was_written_anew(chained: Case, committed: Path) -> None:
    kept = Head(2, "a" * 64)
    with transaction.atomic():
        chain.append(chain.Draft(kind="note", received=NOW, area="990503"))
    assert [fault.code for fault in verify(_address(committed), heads=[kept]).faults] == ["head"]
    assert [fault.code for fault in verify(_address(committed), heads=[Head(9, "a" * 64)]).faults] == ["cut"]


def test_a_bundle_for_the_auditor_verifies_like_the_database(chained: Case, committed: Path, tmp_path: Path) -> None:
    for name in ("chain.jsonl", "chain.jsonl.gz"):
        assert copies.write_bundle(_address(committed), tmp_path / name) == 1
        report = verify(tmp_path / name, heads=[chain.head()])
        assert (report.ok, report.entries) == (True, 1)
    lines = (tmp_path / "chain.jsonl").read_text("utf-8")
    (tmp_path / "chain.jsonl").write_text(lines.replace("990503", "990504"), "utf-8")
    assert "digest" in {fault.code for fault in verify(tmp_path / "chain.jsonl").faults}


def test_what_is_no_copy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    for name in ("letter.txt", "absent.sqlite3"):
        with pytest.raises(Refusal) as refused:
            verify(tmp_path / name)
        assert refused.value.code == "copy"


# --- tampering ------------------------------------------------------------------------------------------------------

Tampering = Callable[[sqlite3.Connection, random.Random], None]
_COLUMNS = (
    "id", "seq", "prev", "digest", "body", "kind", "case_id", "n", "act", "account_id", "area_path", "happened",
    "received", "key",
)  # fmt: skip


def _change_a_byte(database: sqlite3.Connection, chance: random.Random) -> None:
    column = chance.choice(_COLUMNS)
    seq = chance.randint(1, ENTRIES)
    (value,) = database.execute(f"SELECT {column} FROM core_entry WHERE seq = ?", [seq]).fetchone()
    changed: Any
    if value is None or value == "":
        changed = "f" * 32
    elif isinstance(value, int):
        changed = value + chance.choice([-1, 1]) * 1000
    else:
        data = bytearray(str(value).encode())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
        changed = data.decode("utf-8", "replace").replace("\0", "?")
    database.execute(f"UPDATE core_entry SET {column} = ? WHERE seq = ?", [changed, seq])


def _remove(database: sqlite3.Connection, chance: random.Random) -> None:
    seq = chance.randint(1, ENTRIES)
    database.execute("DELETE FROM core_entry WHERE seq = ?", [seq])
    if chance.random() < 0.5:  # and close the gap
        database.execute("UPDATE core_entry SET seq = -seq WHERE seq > ?", [seq])
        database.execute("UPDATE core_entry SET seq = -seq - 1 WHERE seq < 0")


def _insert(database: sqlite3.Connection, chance: random.Random) -> None:
    seq = chance.randint(1, ENTRIES)
    at = ENTRIES + 1 if chance.random() < 0.3 else seq
    database.execute("UPDATE core_entry SET seq = -seq WHERE seq >= ?", [at])
    database.execute("UPDATE core_entry SET seq = -seq + 1 WHERE seq < 0")
    columns = "prev, digest, body, kind, act, area_path, happened, received, district_id"
    new = uuid.UUID(int=chance.getrandbits(128)).hex
    database.execute(
        f"INSERT INTO core_entry (id, seq, {columns}) SELECT ?, ?, {columns} FROM core_entry WHERE seq = ?",
        [new, at, 1 if at != 1 else 2],
    )


def _exchange(database: sqlite3.Connection, chance: random.Random) -> None:
    one, other = chance.sample(range(1, ENTRIES + 1), 2)
    for before, after in ((one, -1), (other, one), (-1, other)):
        database.execute("UPDATE core_entry SET seq = ? WHERE seq = ?", [after, before])


def _cut(database: sqlite3.Connection, chance: random.Random) -> None:
    seq = chance.randint(1, ENTRIES - 1)
    database.execute("DELETE FROM core_entry WHERE seq > ?", [seq])
    database.execute(
        "UPDATE core_district SET seq = ?, head = (SELECT digest FROM core_entry WHERE seq = ?)", [seq, seq]
    )


def _rewrite_the_tail(database: sqlite3.Connection, chance: random.Random) -> None:
    """Change an entry and compute everything after it anew, as the owner of the file can."""
    start = chance.randint(2, ENTRIES)
    prev = database.execute("SELECT prev FROM core_entry WHERE seq = ?", [start]).fetchone()[0]
    for seq in range(start, ENTRIES + 1):
        body = database.execute("SELECT body FROM core_entry WHERE seq = ?", [seq]).fetchone()[0]
        old = database.execute("SELECT prev FROM core_entry WHERE seq = ?", [seq]).fetchone()[0]
        body = body.replace(old, prev)
        if seq == start:
            body = body.replace('"hand":"account"', '"hand":"system"')
        digest = canonical.digest(body.encode())
        database.execute(
            "UPDATE core_entry SET prev = ?, digest = ?, body = ? WHERE seq = ?", [prev, digest, body, seq]
        )
        prev = digest
    database.execute("UPDATE core_district SET head = ?", [prev])


TAMPERINGS: tuple[Tampering, ...] = (
    _change_a_byte,
    _change_a_byte,
    _remove,
    _insert,
    _exchange,
    _cut,
    _rewrite_the_tail,
)


def _tampered(original: Path, tampering: Tampering, seed: int, head: Head) -> Report:
    copy = original.with_name("tampered.sqlite3")
    shutil.copyfile(original, copy)
    database = sqlite3.connect(copy, isolation_level=None)
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("PRAGMA synchronous=OFF")
    database.execute("PRAGMA ignore_check_constraints=ON")
    database.execute("BEGIN")
    protecting = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('core_entry', 'core_district')"
    )
    triggers = database.execute(protecting).fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    tampering(database, random.Random(seed))
    for _, sql in triggers:  # whoever owns the file can put them back, so that they do not give it away
        database.execute(sql)
    database.execute("COMMIT")
    database.close()
    return verify(copy, heads=[head])


@pytest.mark.slow
def test_a_thousand_random_tamperings_are_found_and_twenty_clean_copies_raise_no_alarm(
    chained: Case, committed: Path, tmp_path: Path
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the copies are SQLite files; the SQLite run examines them")
    for n in range(1, ENTRIES):
        _append_one(chained, n)
    head = chain.head()
    connection.close()
    original = tmp_path / "original.sqlite3"
    with sqlite3.connect(committed / "taizhang.sqlite3") as source, sqlite3.connect(original) as target:
        source.backup(target)
        target.execute("INSERT INTO core_sealkey (id, wrapped, area_id) SELECT 'k', x'00', id FROM core_area")
        for (body,) in target.execute("SELECT body FROM core_entry WHERE seq > 1").fetchall():
            reference = body.split('"sealed":"')[1][:36].replace("-", "")
            target.execute(
                "INSERT INTO core_sealed (id, key_id, field, cipher) VALUES (?, 'k', 'f', x'00')", [reference]
            )
        target.execute("PRAGMA journal_mode=DELETE")
    source.close()
    target.close()
    for _ in range(20):
        report = verify(shutil.copyfile(original, tmp_path / "clean.sqlite3"), heads=[head])
        assert (report.faults, report.notes, report.entries) == ([], [], ENTRIES)
    missed = [
        (TAMPERINGS[seed % len(TAMPERINGS)].__name__, seed)
        for seed in range(1000)
        if _tampered(original, TAMPERINGS[seed % len(TAMPERINGS)], seed, head).ok
    ]
    assert missed == []


def test_missing_protections_of_the_file_are_reported(chained: Case, committed: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("on PostgreSQL the site's role cannot drop a trigger; see test_append_only")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER core_entry_no_update")
    assert [fault.text.en for fault in verify(_address(committed)).faults] == [
        "The protection core_entry_no_update is missing."
    ]
    assert District.objects.get().seq == 1


def _fill(database: sqlite3.Connection, count: int) -> Head:
    """Append so many entries to a copy, straight into its table: the doors take a minute for a hundred thousand."""
    start, prev = database.execute("SELECT seq, head FROM core_district").fetchone()
    rows = []

    for seq in range(start + 1, start + 1 + count):
        fields = {"height": seq, "note": {"commitment": "c" * 64, "sealed": str(uuid.UUID(int=seq))}}
        draft = chain.Draft(kind="note", received=NOW, area="990503001", account=None, says={"fields": fields})
        text = chain.body(draft, district="990503", seq=seq, prev=prev)
        digest = canonical.digest(text.encode())
        rows.append((draft.id.hex, "990503", seq, prev, digest, text, "note", "", "990503001", "2021-12-20 01:00:00"))
        prev = digest
    columns = "id, district_id, seq, prev, digest, body, kind, act, area_path, happened, received"
    database.executemany(f"INSERT INTO core_entry ({columns}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?10)", rows)
    database.execute("UPDATE core_district SET seq = ?, head = ?", [start + count, prev])
    database.commit()
    return Head(start + count, prev)


@pytest.mark.slow
def test_a_chain_of_a_hundred_thousand_entries_is_verified_to_its_last(
    chained: Case, committed: Path, tmp_path: Path
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a copy is a SQLite file; the SQLite run examines it")
    connection.close()
    shutil.copyfile(committed / "taizhang.sqlite3", tmp_path / "many.sqlite3")
    database = sqlite3.connect(tmp_path / "many.sqlite3")
    head = _fill(database, 100_000)
    database.close()
    report = verify(tmp_path / "many.sqlite3", heads=[head])
    assert (report.entries, {fault.code for fault in report.faults}) == (100_001, {"sealed"})
