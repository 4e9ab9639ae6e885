"""SQLite with `trusted_schema=OFF`: the schema of a file may call only functions that SQLite itself calls harmless.

Up to SQLite 3.41 (Debian 12 has 3.40.1) the JSON functions are not among these ("unsafe use of json_valid()"), and
Django puts one into a CHECK of every JSON column. What is written there is serialised by this program, so the CHECK
goes and the setting stays. For the same reason no index or generated column of a SQLite file may use `json_extract`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base


@lru_cache(maxsize=2048)
def _with_question_marks(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class Cursor(base.SQLiteCursorWrapper):
    """Django's own cursor, which puts SQLite's marks into a statement once and not at each use."""

    def convert_query(self, query: Any, *, param_names: Any = None) -> Any:
        """The statement with SQLite's marks for its values."""
        if param_names is None:
            return _with_question_marks(str(query))
        return super().convert_query(query, param_names=param_names)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own wrapper without the CHECK on JSON columns."""

    data_type_check_constraints = {
        kind: check for kind, check in base.DatabaseWrapper.data_type_check_constraints.items() if kind != "JSONField"
    }

    def create_cursor(self, name: str | None = None) -> Cursor:
        """A cursor of the open connection."""
        made: Cursor = self.connection.cursor(factory=Cursor)
        return made
