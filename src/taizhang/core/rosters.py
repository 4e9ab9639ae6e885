"""Who owes which cells: the organisations that were there, the items they owe, and the cells that cases answer.

Nothing here is stored. What is owed follows from the list, the calendar and the days an organisation existed; what was
done are cases; what is missing is the difference.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Min, Q, QuerySet

from taizhang.core import access, editions
from taizhang.core.models import Case, Edition, Organisation
from taizhang.kit import days
from taizhang.ledger import roster
from taizhang.ledger.roster import Cell
from taizhang.ledger.schema import Ledger
from taizhang.ledger.worlds import LibraryWorld

Key = tuple[uuid.UUID, str, date]  # organisation, item, first day of the period


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation that may owe cells, with the days on which it was there (half-open)."""

    pk: uuid.UUID
    code: str
    name: str
    name_en: str
    kind: str
    level: str
    path: str
    founded: date | None
    closed: date | None

    def there(self, cell: Cell) -> bool:
        """Whether it was there for the whole period."""
        return (self.founded is None or self.founded <= cell.begins) and (
            self.closed is None or self.closed >= cell.ends
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """As conditions read it."""
        return {"id": self.code, "area": self.path, "kind": self.kind, "level": self.level}


def world() -> LibraryWorld:
    """What a roster reads: the list and the calendar of this district."""
    return LibraryWorld(editions.library())


def units(where: Q | None = None) -> tuple[Unit, ...]:
    """The organisations, by area and name."""
    rows = Organisation.objects.filter(where or Q()).order_by("area__path", "code")
    named = ("pk", "code", "name", "name_en", "kind", "area__level", "area__path", "founded", "closed")
    return tuple(Unit(*row) for row in rows.values_list(*named))


class Owing:
    """Who owes what, remembered by the attributes on which it depends: one reckoning for all villages."""

    def __init__(self, law: Ledger):
        self._law, self._world, self._reads = law, world(), roster.reads(law)
        self._known: dict[tuple[Any, ...], frozenset[str]] = {}

    def items(self, unit: Unit, day: date) -> frozenset[str]:
        """The items that an organisation owes on a day."""
        attributes = unit.attributes
        alike = (day, *(attributes.get(name) for name in self._reads))
        if alike not in self._known:
            self._known[alike] = frozenset(roster.owed_items(self._law, self._world, attributes, day))
        return self._known[alike]

    def owes(self, unit: Unit, cell: Cell) -> bool:
        """Whether an organisation owes a cell."""
        return unit.there(cell) and cell.item in self.items(unit, cell.begins)


def begun(law: Ledger) -> date:
    """The day on which a ledger came into force here: a period that had begun before owes nothing."""
    first = Edition.objects.filter(ledger=law.name).aggregate(first=Min("installed_at"))["first"]
    return date.max if first is None else days.day_of(first)


def owed(law: Ledger, those: Sequence[Unit], since: date, until: date) -> Iterator[tuple[Unit, Cell]]:
    """Every owed cell whose period ends inside a window (half-open), organisation by organisation."""
    owing, first = Owing(law), begun(law)
    cells = [cell for cell in roster.cells(law, world(), since, until) if cell.begins >= first]
    for unit in those:
        for cell in cells:
            if owing.owes(unit, cell):
                yield unit, cell


def answered(law: Ledger, since: date) -> frozenset[Key]:
    """The cells about which there is a case, of periods that begin on a day or later."""
    rows = Case.objects.filter(ledger=law.name, period__gte=since)
    found = rows.values_list("organisation", "item", "period")
    return frozenset((org, item, day) for org, item, day in found if day is not None)


def organisations_for(actor: access.Actor, ledger: str) -> QuerySet[Organisation]:
    """The organisations whose matters of a ledger the actor may see: its own, and those in areas of posts that read it."""
    if actor.is_own_hand:
        return Organisation.objects.all()
    readable, roles = access.readers(), editions.library().roles
    paths = [
        held.path
        for held in actor.posts
        if ledger in readable.get(held.token, ()) and held.token in roles and roles[held.token].cases == "area"
    ]
    return Organisation.objects.filter(Q(pk__in=actor.organisations) | access.within("area__path", paths))
