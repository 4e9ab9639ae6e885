"""Databases besides the one that every test rolls back: a test's own copy, and districts filled once and opened again and again."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction
from django.test import override_settings

from tests import cluster

_numbers = itertools.count(1)


@contextmanager
def as_owner() -> Iterator[Any]:
    """The connection as the owner of the tables; outside of it the tests are the site's role, which owns nothing."""
    connection.close()
    site = connection.settings_dict.get("USER")
    if connection.vendor == "postgresql":
        connection.settings_dict["USER"] = cluster.OWNER
    try:
        yield connection
    finally:
        connection.close()
        if connection.vendor == "postgresql":
            connection.settings_dict["USER"] = site


@contextmanager
def copied(folder: Path, name: str = "copy") -> Iterator[str]:
    """A copy of the empty database with real commits, used by the connection inside; gives its name (its file on SQLite).

    No copy of PostgreSQL is ever named like another: one that a failed test left behind stands in nobody's way. The copy
    stays until it is `dropped`.
    """
    original = connection.settings_dict["NAME"]
    connection.close()
    if connection.vendor == "sqlite":
        copy = str(folder / "taizhang.sqlite3")
        with sqlite3.connect(original) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
    else:
        copy = f"{original}_{name}_{next(_numbers)}"
        with as_owner() as owner, owner._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{original}"')
    connection.settings_dict["NAME"] = copy
    try:
        yield copy
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original


def dropped(copy: str) -> None:
    """Remove a copy; the file of SQLite goes with its folder."""
    if connection.vendor == "postgresql":
        with as_owner() as owner, owner._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


@dataclass(frozen=True)
class Furnished:
    """A district that was filled once: its database, its folder (files that were sent, `data`), and what its builder gave."""

    database: str
    folder: Path
    made: Any

    @contextmanager
    def opened(self, place: Path) -> Iterator[Any]:
        """The district for one test: everything that is written goes at the end, and the folder is a copy."""
        shutil.copytree(self.folder, place, ignore=shutil.ignore_patterns("taizhang.sqlite3*"), dirs_exist_ok=True)
        before = connections["default"]
        room = before.copy()
        room.settings_dict["NAME"] = self.database
        connections["default"] = room
        try:
            with transaction.atomic():
                yield deepcopy(self.made)
                if not room.needs_rollback:
                    room.check_constraints()  # those that are put off to the commit, which never comes
                transaction.set_rollback(True)
        finally:
            room.close()
            connections["default"] = before


def furnish(folder: Path, name: str, build: Callable[[Path], Any]) -> Furnished:
    """Fill a district with real commits; `build` is given an empty folder of its own, in which `data` is the data directory."""
    data = folder / "data"
    data.mkdir()
    with copied(folder, name) as database, override_settings(DATA=data):
        made = build(folder)
    return Furnished(database, folder, made)
