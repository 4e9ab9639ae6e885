"""The district of this database in words, and the areas somebody's posts cover, for filters."""

from __future__ import annotations

from dataclasses import dataclass, field

from taizhang.core import access, clock, statements
from taizhang.core.clock import Clock, system
from taizhang.core.models import District
from taizhang.kit import areacode


@dataclass(frozen=True, slots=True)
class Here:
    """The district that this database belongs to."""

    code: str
    name: str
    demo: bool
    clock: Clock = field(default_factory=system)


@dataclass(frozen=True, slots=True)
class Place:
    """An area that can be chosen."""

    path: str
    name: str
    level: str


_NOWHERE = Here("", "", demo=False)


def here() -> Here:
    """The district; empty before the database has one. One query."""
    row = statements.one(District)
    return Here(row.code, row.name, demo=row.demo, clock=clock.of(row)) if row else _NOWHERE


def areas(actor: access.Actor) -> tuple[Place, ...]:
    """The areas that the actor's posts cover, in the order of their codes. One query."""
    rows = access.areas_for(actor).order_by("path").values_list("path", "name", "level")
    return tuple(Place(path, areacode.short_name(name), level) for path, name, level in rows)
