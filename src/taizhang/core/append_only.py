"""What the database itself refuses: changing or removing entries, sealed values and editions.

SQLite has triggers; whoever owns the file can drop them, which `taizhang verify` reports. PostgreSQL has triggers and
two roles: the owner migrates, the role that the site runs as owns nothing and is not even granted the statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # checking a copy needs the words of the triggers, not the framework
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLES: Final = ("core_entry", "core_sealed", "core_edition")  # rows that are written once and for all
# what makes a row of each table one and the same: INSERT OR REPLACE and upserts would remove the row they collide with
_SAME: Final = {
    "core_entry": (
        "id = NEW.id OR (district_id = NEW.district_id AND seq = NEW.seq) "
        "OR (case_id = NEW.case_id AND n = NEW.n) OR key = NEW.key"
    ),
    "core_sealed": "id = NEW.id",
    "core_edition": "digest = NEW.digest",
}
_FIXED: Final = ("code", "algorithm", "demo")  # columns of the district that its genesis entry has stamped


def sqlite_triggers() -> dict[str, str]:
    """The triggers of SQLite by name, word for word as the database keeps them."""
    triggers = {}
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            triggers[name] = _sqlite(name, f"BEFORE {verb} ON {table}", f"{table} is append-only")
        name = f"{table}_no_replace"
        when = f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {_SAME[table]})"  # noqa: S608  # names of our own tables
        triggers[name] = _sqlite(name, when, f"{table} already has this row")
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _FIXED)
    name = "core_district_no_restamp"
    when = f"BEFORE UPDATE ON core_district WHEN {changed} OR NEW.seq < OLD.seq"
    triggers[name] = _sqlite(name, when, "core_district is stamped")
    triggers["core_district_no_delete"] = _sqlite(
        "core_district_no_delete", "BEFORE DELETE ON core_district", "core_district is stamped"
    )
    return triggers


def _sqlite(name: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"


def _postgres_triggers() -> list[str]:
    statements = [
        "CREATE FUNCTION core_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$"
    ]
    for table in TABLES:
        statements += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION core_refuse()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION core_refuse()",
        ]
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _FIXED)
    statements += [
        "CREATE TRIGGER core_district_no_restamp BEFORE UPDATE ON core_district "
        f"FOR EACH ROW WHEN ({changed} OR NEW.seq < OLD.seq) EXECUTE FUNCTION core_refuse()",
        "CREATE TRIGGER core_district_no_delete BEFORE DELETE ON core_district "
        "FOR EACH ROW EXECUTE FUNCTION core_refuse()",
        "CREATE TRIGGER core_district_no_truncate BEFORE TRUNCATE ON core_district EXECUTE FUNCTION core_refuse()",
    ]
    return statements


def postgres_triggers() -> frozenset[str]:
    """The names of the triggers of PostgreSQL."""
    names = {f"{table}_{kind}" for table in TABLES for kind in ("no_change", "no_truncate")}
    return frozenset(names | {f"core_district_{kind}" for kind in ("no_restamp", "no_delete", "no_truncate")})


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers; run by the owner, once, in a migration."""
    statements = _postgres_triggers() if connection.vendor == "postgresql" else list(sqlite_triggers().values())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers, for migrating back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION core_refuse() CASCADE")
        else:
            for name in sqlite_triggers():
                cursor.execute(f"DROP TRIGGER {name}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of triggers that should be there and are not, or that say something else."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
            there = {name for (name,) in cursor.fetchall()}
            return sorted(postgres_triggers() - there)
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = dict(cursor.fetchall())
    return sorted(name for name, sql in sqlite_triggers().items() if kept.get(name) != sql)


def grant(connection: BaseDatabaseWrapper, site_role: str | None) -> None:
    """Give the site's role of PostgreSQL what it may do, and nothing else; run by the owner after every migration.

    Does nothing on SQLite, nor where the site's role is the owner itself (`taizhang doctor` says so).
    """
    if connection.vendor != "postgresql" or site_role is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s", [site_role])
        if _one(cursor):
            return
        role = connection.ops.quote_name(site_role)
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            # tables that later migrations of this owner make
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
            *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}" for table in TABLES),
            f"REVOKE DELETE, TRUNCATE ON core_district FROM {role}",
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM {role}",
        ):
            cursor.execute(statement)


def owned(connection: BaseDatabaseWrapper) -> bool:
    """Whether the role of this connection of PostgreSQL may undo what it is refused (owner of entries, superuser)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, relowner, 'USAGE') OR has_table_privilege('core_entry', 'UPDATE') "
            "OR has_table_privilege('core_entry', 'DELETE') OR has_table_privilege('core_entry', 'TRUNCATE') "
            "FROM pg_class WHERE oid = 'core_entry'::regclass"
        )
        return bool(_one(cursor))


def _one(cursor: Any) -> Any:
    return cursor.fetchone()[0]
