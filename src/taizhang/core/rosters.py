"""Who owes which cells: the organisations that were there, the items they owe, and the cells that cases answer.

Nothing here is stored. What is owed follows from the list, the calendar and the days an organisation existed; what was
done are cases; what is missing is the difference.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Min, Q, QuerySet

from taizhang.core import access, editions
from taizhang.core.models import Case, Edition, Organisation
from taizhang.kit import days
from taizhang.ledger import roster
from taizhang.ledger.library import Library
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
    def always(self) -> bool:
        """Whether it has neither a first nor a last day."""
        return self.founded is None and self.closed is None

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

    def __init__(self, law: Ledger, library: Library):
        self.law, self.library = law, library
        self._world, self._reads = LibraryWorld(library), roster.reads(law)
        self._known: dict[tuple[Any, ...], frozenset[str]] = {}
        self._windows: dict[tuple[date, date], tuple[Cell, ...]] = {}
        self._owed: dict[tuple[Any, ...], tuple[Cell, ...]] = {}

    def items(self, unit: Unit, day: date) -> frozenset[str]:
        """The items that an organisation owes on a day."""
        alike = (day, *self._alike(unit))
        if alike not in self._known:
            self._room(self._known)
            owed = roster.owed_items(self.law, self._world, unit.attributes, day)
            self._known[alike] = frozenset(owed)
        return self._known[alike]

    def owes(self, unit: Unit, cell: Cell) -> bool:
        """Whether an organisation owes a cell."""
        return unit.there(cell) and cell.item in self.items(unit, cell.begins)

    def window(self, since: date, until: date) -> tuple[Cell, ...]:
        """Every cell whose period ends inside a window (half-open), whoever owes it."""
        if (since, until) not in self._windows:
            self._room(self._windows)
            self._windows[since, until] = roster.cells(self.law, self._world, since, until)
        return self._windows[since, until]

    def cells(self, unit: Unit, since: date, until: date) -> Sequence[Cell]:
        """The cells of a window that an organisation owes."""
        alike = (since, until, *self._alike(unit))
        if alike not in self._owed:
            self._room(self._owed)
            cells = self.window(since, until)
            self._owed[alike] = tuple(cell for cell in cells if cell.item in self.items(unit, cell.begins))
        owed = self._owed[alike]
        return owed if unit.always else [cell for cell in owed if unit.there(cell)]

    def _alike(self, unit: Unit) -> tuple[Any, ...]:
        attributes = unit.attributes
        return tuple(attributes.get(name) for name in self._reads)

    @staticmethod
    def _room(known: dict[Any, Any]) -> None:
        """Forget everything before too much is remembered: a list may ask for what no two organisations have alike."""
        if len(known) >= _REMEMBERED:
            known.clear()


_REMEMBERED: Final = 20_000
_OWING: dict[str, Owing] = {}  # by ledger: of the edition and the library in force


def owing(law: Ledger) -> Owing:
    """Who owes what by an edition and the library of this district, remembered until one of them changes."""
    found = _OWING.get(law.name)
    if found is None or found.law is not law or found.library is not editions.library():
        found = _OWING[law.name] = Owing(law, editions.library())
    return found


def begun(law: Ledger) -> date:
    """The day on which a ledger came into force here: a period that had begun before owes nothing."""
    first = Edition.objects.filter(ledger=law.name).aggregate(first=Min("installed_at"))["first"]
    return date.max if first is None else days.day_of(first)


def owed(law: Ledger, those: Sequence[Unit], since: date, until: date) -> Iterator[tuple[Unit, Cell]]:
    """Every owed cell whose period ends inside a window (half-open), organisation by organisation."""
    known, first = owing(law), begun(law)
    for unit in those:
        for cell in known.cells(unit, since, until):
            if cell.begins >= first:
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
