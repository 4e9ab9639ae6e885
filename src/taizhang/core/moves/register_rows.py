"""The rows of a register file as people and homes; nothing here touches the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from taizhang.core import seals
from taizhang.core.models import Area
from taizhang.core.models.fields import new_id
from taizhang.core.moves.versions import HEAD
from taizhang.core.profiles import Profile
from taizhang.kit import idnumber

RowOf = Mapping[str, Any]


@dataclass
class Person:
    """A row of the file, read."""

    at: int
    profile: Profile
    relation: str
    index: str | None
    resident: uuid.UUID = field(default_factory=new_id)
    fresh: bool = True


@dataclass
class Home:
    """The rows of one household of the file."""

    number: str
    area: Area
    kind: str
    address: str
    people: list[Person]
    household: uuid.UUID = field(default_factory=new_id)
    fresh: bool = True

    @property
    def head(self) -> Person | None:
        """The first who is called head; None where nobody is."""
        return next((person for person in self.people if person.relation == HEAD), None)


def in_two_households(rows: Iterable[RowOf]) -> set[str]:
    """Numbers that stand in two households: no row of theirs can be believed."""
    seen: dict[str, str] = {}
    double: set[str] = set()
    for row in rows:
        number = idnumber.tidy(word(row, "number"))
        if number and seen.setdefault(number, word(row, "household")) != word(row, "household"):
            double.add(number)
    return double


def person_of(at: int, row: RowOf, name: str, number: str) -> Person:
    """The person that a row speaks of; their number counts where it is a valid one."""
    valid = idnumber.is_valid(number)
    profile = Profile(
        name=name, number=number, phone=word(row, "phone"), health=word(row, "health"), labour=word(row, "labour"),
        school=word(row, "school"), work_months=word(row, "work_months"),
        born=idnumber.birth_date(number) if valid else None,
    )  # fmt: skip
    return Person(at, profile, word(row, "relation")[:20], seals.index("number", number) if valid else None)


def word(row: RowOf, column: str) -> str:
    """A cell as text; nothing is the empty text."""
    value = row.get(column)
    return "" if value is None else str(value).strip()
