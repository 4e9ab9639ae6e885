"""Entries, sealed values and editions become append-only in the database itself."""

from __future__ import annotations

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from taizhang.core import append_only


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Triggers on both databases; on PostgreSQL the grants of the site's role as well."""
    append_only.install(schema_editor.connection)
    append_only.grant(schema_editor.connection, settings.SITE_ROLE)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to a database that refuses nothing."""
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):
    """After the tables themselves."""

    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
