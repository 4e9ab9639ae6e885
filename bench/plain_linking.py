"""Who a row speaks of: exact numbers, else candidates for a person to look at.

Part of the second implementation of the rule texts (`plain.py`): nothing here comes from the product.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from plain_reading import Row, valid_number


@dataclass
class Resident:
    """A row of the residents register; `valid` and `birth` only where the number is not broken."""

    name: str
    number: str
    valid: bool
    birth: date | None
    home: Home
    phone: str
    area: str
    died: date | None = None


@dataclass
class Home:
    """All rows of the residents register with one household number."""

    household: str
    area: str
    kind: str
    members: list[Resident] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)


@dataclass(frozen=True)
class Link:
    """`band` is same, person or different; `who` holds the person linked to, or every candidate."""

    band: str
    who: tuple[Resident, ...]
    differs: bool = False


def homes_of(rows: list[Row]) -> dict[str, Home]:
    """Households from the register: kind and area of the head's row, else of the first row."""
    homes: dict[str, Home] = {}
    headed: set[str] = set()
    for row in rows:
        cells = row.cells
        household = cells["户编号"]
        home = homes.get(household)
        if home is None:
            home = homes[household] = Home(household, cells["区划代码"], cells["户类型"])
        if cells["与户主关系"] == "户主" and household not in headed:
            headed.add(household)
            home.area, home.kind = cells["区划代码"], cells["户类型"]
        number, valid = cells["证件号码"], valid_number(cells["证件号码"])
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14])) if valid else None
        home.members.append(Resident(cells["姓名"], number, valid, birth, home, cells["联系电话"], cells["区划代码"]))
    return homes


class Register:
    """Looks residents up by number, and by name with birth and area."""

    def __init__(self, homes: dict[str, Home]) -> None:
        self.by_number: dict[str, Resident] = {}
        self.by_name: dict[tuple[str, str], list[Resident]] = {}
        self._known: dict[tuple[str, str], Link] = {}
        for home in homes.values():
            for resident in home.members:
                if resident.valid:
                    self.by_number[resident.number] = resident
                if len(resident.number) >= 14:
                    self.by_name.setdefault((resident.name, resident.number[:14]), []).append(resident)

    def link(self, number: str, name: str) -> Link:
        """The link of a row that gives this number (cleaned) and name."""
        known = self._known.get((number, name))
        if known is None:
            known = self._known[number, name] = self._find(number, name)
        return known

    def _find(self, number: str, name: str) -> Link:
        resident = self.by_number.get(number)
        if resident is not None:
            return Link("same", (resident,), bool(name) and bool(resident.name) and name != resident.name)
        candidates = {id(each): each for each in self._near(number)}
        if len(number) >= 14:
            candidates |= {id(each): each for each in self.by_name.get((name, number[:14]), [])}
        if candidates:
            return Link("person", tuple(candidates.values()))
        return Link("different", ())

    def _near(self, number: str) -> list[Resident]:
        """Residents whose number is one edit or one transposition away."""
        near: set[str] = set()
        if len(number) == 18:
            for i in range(18):
                near.update(number[:i] + digit + number[i + 1 :] for digit in "0123456789X")
            for i in range(17):
                near.add(number[:i] + number[i + 1] + number[i] + number[i + 2 :])
        elif len(number) == 17:
            for i in range(18):
                near.update(number[:i] + digit + number[i:] for digit in "0123456789X")
        elif len(number) == 19:
            near.update(number[:i] + number[i + 1 :] for i in range(19))
        return [self.by_number[each] for each in near if each in self.by_number]


class Callers:
    """Links hotline rows: by telephone, or by name within the village, if exactly one resident fits."""

    def __init__(self, homes: dict[str, Home]) -> None:
        self.by_phone: dict[str, list[Resident]] = {}
        self.by_name: dict[tuple[str, str], list[Resident]] = {}
        for home in homes.values():
            for resident in home.residents:
                if resident.phone:
                    self.by_phone.setdefault(resident.phone, []).append(resident)
                self.by_name.setdefault((resident.name, resident.area), []).append(resident)

    def link(self, phone: str, name: str, area: str) -> Resident | None:
        """The one resident who fits, or None."""
        if phone and len(self.by_phone.get(phone, [])) == 1:
            return self.by_phone[phone][0]
        if name and len(area) == 12 and len(self.by_name.get((name, area), [])) == 1:
            return self.by_name[name, area][0]
        return None
