"""The register in the clear, as linking needs it: held in memory for as long as files are being linked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from taizhang.core import enrolled, profiles
from taizhang.screen.link import RegisterRow


@dataclass(frozen=True)
class Register:
    """Everybody who is registered on a day, with name, number and telephone."""

    day: date
    rows: tuple[RegisterRow, ...]
    residents: Mapping[str, uuid.UUID]  # by person key


def read(day: date) -> Register:
    """The register of a day in the clear, for linking."""
    members = enrolled.on(day)
    known = profiles.people((member.resident for member in members), day)
    rows = tuple(
        RegisterRow(
            person=member.person, household=member.household, number=found.number, name=found.name, area=member.area,
            kind=member.kind, is_head=member.is_head, phone=found.phone,
        )
        for member in members
        if (found := known.get(member.resident)) is not None
    )  # fmt: skip
    return Register(day, rows, {member.person: member.resident for member in members})
