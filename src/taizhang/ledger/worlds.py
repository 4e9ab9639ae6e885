"""A world with nothing in it but the library: for what is reckoned before there is any case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from taizhang.kit.days import Calendar
from taizhang.ledger.library import Library
from taizhang.ledger.state import Children


@dataclass
class LibraryWorld:
    """The library's numbers, calendar and catalogues; nothing was counted, nothing was spawned."""

    library: Library

    @property
    def calendar(self) -> Calendar:
        """The library's calendar."""
        return self.library.calendar

    def policy(self, name: str, area: str, day: date) -> int | str | None:
        """The library's number."""
        return self.library.policy(name, area, day)

    def total(self, indicator: str, window: str | None) -> int:
        """Nothing."""
        return 0

    def children(self, ledger: str) -> Children:
        """None."""
        return Children()

    def rows(self, catalogue: str, day: date) -> Sequence[Mapping[str, str]]:
        """The library's catalogue."""
        found = self.library.catalogues.get(catalogue)
        return found.in_force(day) if found else ()

    def things(self, register: str, area: str, day: date) -> Sequence[Mapping[str, Any]]:
        """None."""
        return ()

    def recent(self, ledger: str, since: datetime) -> frozenset[str]:
        """None."""
        return frozenset()

    def seed(self) -> int:
        """Nothing is drawn here."""
        return 0
