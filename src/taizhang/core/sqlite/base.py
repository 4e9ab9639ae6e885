"""SQLite with `trusted_schema=OFF`: the schema of a file may call only functions that SQLite itself calls harmless.

Up to SQLite 3.41 (Debian 12 has 3.40.1) the JSON functions are not among these ("unsafe use of json_valid()"), and
Django puts one into a CHECK of every JSON column. What is written there is serialised by this program, so the CHECK
goes and the setting stays. For the same reason no index or generated column of a SQLite file may use `json_extract`.
"""

from __future__ import annotations

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own wrapper without the CHECK on JSON columns."""

    data_type_check_constraints = {
        kind: check for kind, check in base.DatabaseWrapper.data_type_check_constraints.items() if kind != "JSONField"
    }
