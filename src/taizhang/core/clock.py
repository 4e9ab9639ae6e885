"""Where instants come from: the system clock, or in a demo database the system clock moved by a kept offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from taizhang.core import statements
from taizhang.core.models import District


class Clock(Protocol):
    """Says what instant it is; handed in at the doors, never fetched below them."""

    def now(self) -> datetime:
        """The present instant (aware, UTC)."""
        ...


@dataclass(frozen=True)
class System:
    """The clock of the machine, moved by a fixed span that is nothing outside a demo database."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """The present instant (aware, UTC)."""
        return datetime.now(UTC) + self.offset


@dataclass(frozen=True)
class Standing:
    """A clock that stands at one instant: for history that is told day by day."""

    instant: datetime

    def now(self) -> datetime:
        """The instant at which it stands (aware, UTC)."""
        return self.instant


def system() -> Clock:
    """The clock of the machine."""
    return System()


def of_district() -> Clock:
    """The clock of this database's district: the system's, and in a demo database moved by the kept offset."""
    return of(statements.one(District))


def of(district: District | None) -> Clock:
    """The clock of a district whose row was read already."""
    if district is None or not district.demo:
        return System()  # an offset that somebody wrote into a real district's row is ignored
    return System(timedelta(seconds=district.clock_offset))
