"""The register in the clear, as linking needs it: held in memory for as long as files are being linked.

For one file not everybody's profile is opened: whom its numbers may mean is found by keyed digests and dates of birth.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from taizhang.core import enrolled, profiles, seals
from taizhang.kit import idnumber
from taizhang.screen.link import RegisterRow


@dataclass(frozen=True)
class Register:
    """Those who are registered on a day, with name, number and telephone."""

    day: date
    rows: tuple[RegisterRow, ...]
    residents: Mapping[str, uuid.UUID]  # by person key


def read(day: date) -> Register:
    """The whole register of a day in the clear, for linking many files or rows that give no number."""
    return _opened(enrolled.on(day), day)


def whom(day: date, numbers: Iterable[str]) -> Register:
    """Of the register of a day those whom these numbers, as a file writes them, may mean: what `read` would find as well.

    A number is somebody's own, or lacks one character, has one too many, one wrong or two exchanged; or it is wholly
    wrong but for area and birth. Whose own number is none in the register is always among them.
    """
    wanted = set(numbers)
    members = enrolled.on(day)
    known = {member.person for member in members}
    exact = {number: seals.index("number", number) for number in wanted if idnumber.is_valid(number)}
    lost = {number for number in wanted if exact.get(number) not in known}
    keys = {*exact.values(), *(seals.index("number", one) for number in lost for one in _meant(number))}
    births = {number[6:14] for number in lost}
    return _opened(
        [
            member
            for member in members
            if member.person in keys or not member.numbered or member.born is None or f"{member.born:%Y%m%d}" in births
        ],
        day,
    )


def _meant(number: str) -> Iterator[str]:
    """The valid numbers that a broken one may stand for."""
    if len(number) == idnumber.LENGTH:
        yield from idnumber.near(number)
        return
    changed: Iterable[str] = ()
    if len(number) == idnumber.LENGTH + 1:
        changed = (number[:at] + number[at + 1 :] for at in range(len(number)))
    elif len(number) == idnumber.LENGTH - 1:
        changed = (f"{number[:at]}{one}{number[at:]}" for at in range(len(number) + 1) for one in "0123456789X")
    yield from (one for one in changed if idnumber.is_valid(one))


def _opened(members: list[enrolled.Member], day: date) -> Register:
    known = profiles.people((member.resident for member in members), day)
    rows = tuple(
        RegisterRow(
            person=member.person, household=member.household, number=found.number, name=found.name, area=member.area,
            kind=member.kind, is_head=member.is_head, phone=found.phone, dead=member.died is not None,
        )
        for member in members
        if (found := known.get(member.resident)) is not None
    )  # fmt: skip
    return Register(day, rows, {member.person: member.resident for member in members})
