# ruff: noqa: S608  # the tests are the ones who tamper
"""What the database itself refuses to the site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from taizhang.core import append_only, chain, seals
from taizhang.core.clock import Standing
from taizhang.core.models import Area, Edition, Entry, Sealed
from tests.conftest import NOW

ENTRY = (
    "id, district_id, seq, prev, digest, body, kind, case_id, n, act, account_id, post_id, area_path, happened, "
    "received, key"
)


@pytest.fixture
def written(committed: Path) -> Path:
    """One entry, one sealed value and one edition in a database of this test alone."""
    chain.found("990503", "北关区", clock=Standing(NOW))
    area = Area.objects.create(level="district", path="990503", name="北关区")
    seals.keep(seals.Owner("area", area.id), "demo.note", "note")
    Edition.objects.create(digest="e" * 64, ledger="demo", version=1, text="", installed_at=NOW)
    return committed


def _run(statement: str, values: Any = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def _digests() -> list[Any]:
    return [*Entry.objects.values_list("digest", "act"), *Edition.objects.values_list("digest", "ledger")]


CHANGES = [
    "UPDATE core_entry SET act = 'other'",
    "DELETE FROM core_entry",
    f"INSERT INTO core_entry ({ENTRY}) SELECT {ENTRY} FROM core_entry ON CONFLICT (id) DO UPDATE SET act = 'other'",
    "UPDATE core_sealed SET field = 'other'",
    "DELETE FROM core_sealed",
    "UPDATE core_edition SET text = 'other'",
    "DELETE FROM core_edition",
    "DELETE FROM core_district",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_site_cannot_change_or_remove_what_is_written_once(written: Path, statement: str) -> None:
    before = _digests()
    with pytest.raises(DatabaseError):
        _run(statement)
    assert _digests() == before
    assert Sealed.objects.get().field == "demo.note"


@pytest.mark.parametrize("column", ["code = '990504'", "algorithm = 'sm3'", "demo = NOT demo", "seq = 0"])
def test_the_stamp_of_the_district_cannot_be_changed(written: Path, column: str) -> None:
    with pytest.raises(DatabaseError, match=r"stamped|append-only"):
        _run(f"UPDATE core_district SET {column}")


@pytest.mark.parametrize("pragma", ["ON", "OFF"])
@pytest.mark.parametrize("table", append_only.TABLES)
def test_insert_or_replace_is_refused_whatever_the_connection_is_set_to(written: Path, table: str, pragma: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a statement of SQLite alone")
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA recursive_triggers={pragma}")
    for statement in (
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(DatabaseError, match="already has this row"):
            _run(statement)


def test_no_protection_is_missing_after_the_migrations(written: Path) -> None:
    assert append_only.missing(connection) == []


def test_the_connection_is_set_to_see_through_replacing_and_foreign_functions(written: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("settings of SQLite alone")
    with connection.cursor() as cursor:
        found = {}
        for name in ("recursive_triggers", "trusted_schema", "synchronous", "foreign_keys", "secure_delete"):
            cursor.execute(f"PRAGMA {name}")
            found[name] = cursor.fetchone()[0]
    assert found == {
        "recursive_triggers": 1,
        "trusted_schema": 0,
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


OWNERS_ALONE = [
    *(f"TRUNCATE {table} CASCADE" for table in (*append_only.TABLES, "core_district", "core_case")),
    "ALTER TABLE core_entry DISABLE TRIGGER ALL",
    "ALTER TABLE core_entry ADD COLUMN more text",
    "ALTER TABLE core_entry OWNER TO CURRENT_USER",
    "DROP TRIGGER core_entry_no_change ON core_entry",
    "DROP TABLE core_entry CASCADE",
    "DROP FUNCTION core_refuse() CASCADE",
    "CREATE OR REPLACE FUNCTION core_refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
    "GRANT UPDATE ON core_entry TO CURRENT_USER",
    "SET session_replication_role = replica",
    "SET ROLE taizhang_owner",
    "DELETE FROM django_migrations",
    "CREATE RULE quiet AS ON UPDATE TO core_entry DO INSTEAD NOTHING",
]


@pytest.mark.postgres
@pytest.mark.parametrize("statement", OWNERS_ALONE)
def test_the_role_of_the_site_owns_nothing(written: Path, statement: str) -> None:
    if statement.startswith("GRANT"):
        _run(statement)  # PostgreSQL only warns that nothing was granted
        with pytest.raises(DatabaseError, match="permission denied"):
            _run("UPDATE core_entry SET act = 'other'")
        return
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        _run(statement)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "verb", ["UPDATE core_entry SET act = 'x'", "DELETE FROM core_entry", "TRUNCATE core_entry CASCADE"]
)
def test_even_the_owner_is_stopped_by_the_triggers(written: Path, owner: Any, verb: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), owner.cursor() as cursor:
        cursor.execute(verb)


@pytest.mark.postgres
def test_doctor_can_tell_the_site_from_the_owner(written: Path) -> None:
    assert append_only.owned(connection) is False


@pytest.mark.postgres
def test_the_owner_is_known_as_such(written: Path, owner: Any) -> None:
    assert append_only.owned(owner) is True
    append_only.grant(owner, settings.SITE_ROLE)  # again, after every migration: nothing changes
    assert append_only.owned(owner) is True
