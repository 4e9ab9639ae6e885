"""Laying out the tables of an installation as the role that owns them, and giving the site's role what it may do."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from taizhang.core import append_only


def migrate() -> None:
    """Bring the tables to this version of the program and renew the grants; run as the owner (`TAIZHANG_AS_OWNER=1`)."""
    call_command("migrate", interactive=False, verbosity=0)
    append_only.grant(connection, settings.SITE_ROLE)
