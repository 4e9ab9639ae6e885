"""Column types of the spine: area paths compared byte by byte, and identifiers that sort by time."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7, made by whoever makes the row."""
    return uuid7()


class PathField(models.CharField[str, str]):
    """An area path; on PostgreSQL collated `C`, so that a range of codes is a range of the index."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


_Set = TypeVar("_Set", contravariant=True)  # type parameters, so that a nullable reference to a row is seen as such
_Get = TypeVar("_Get", covariant=True)


class IdField(models.UUIDField[_Set, _Get]):
    """A UUIDv7 primary key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"primary_key": True, "default": new_id, "editable": False, **kwargs})
