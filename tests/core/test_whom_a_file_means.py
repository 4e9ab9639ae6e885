"""Importing one file opens the profiles of those whom it may mean, and links as if the whole register had been open."""

from __future__ import annotations

from datetime import date

import pytest

from taizhang.core.models import Resident
from taizhang.kit import idnumber
from taizhang.work import feeding, register
from tests.core.sending import MEDICAL, NUMBERS, PEOPLE, Office, number_of, office

__all__ = ["office"]  # the fixture
pytestmark = pytest.mark.django_db
DAY = date(2021, 12, 20)
WHO = NUMBERS["陈强"]
STRANGER = number_of("99050319770707131")


def broken() -> list[str]:
    """Numbers that somebody may have written for 陈强's."""
    changed = [WHO[:at] + digit + WHO[at + 1 :] for at in range(17) for digit in "05"]
    exchanged = [WHO[:at] + WHO[at + 1] + WHO[at] + WHO[at + 2 :] for at in range(16)]
    missing = [WHO[:at] + WHO[at + 1 :] for at in range(18)]
    doubled = [WHO[:at] + WHO[at] + WHO[at:] for at in range(18)]
    return [
        number
        for number in {*changed, *exchanged, *missing, *doubled, WHO[:14] + "0000"}
        if not idnumber.is_valid(number)
    ]


def named(found: register.Register) -> set[str]:
    """Who is open."""
    return {row.name for row in found.rows}


def test_an_exact_number_opens_one_profile(office: Office) -> None:
    assert named(register.whom(DAY, [WHO])) == {"陈强"}
    assert named(register.whom(DAY, [STRANGER])) == set()
    assert len(register.read(DAY).rows) == len(PEOPLE)


def test_a_broken_number_opens_whom_it_may_mean(office: Office) -> None:
    for number in broken():
        assert "陈强" in named(register.whom(DAY, [number])), number
        assert len(named(register.whom(DAY, [number]))) < len(PEOPLE)


def test_who_has_no_valid_number_in_the_register_is_always_open(office: Office) -> None:
    Resident.objects.filter(pk=office.district_resident("王静")).update(number_index=None)
    assert named(register.whom(DAY, [WHO])) == {"陈强", "王静"}


def test_a_file_links_as_if_the_whole_register_were_open(office: Office) -> None:
    some = [WHO, STRANGER, *broken()[::7], NUMBERS["李兰"]]
    rows = [office.bill("陈强", 100 + at, number=number) for at, number in enumerate(some)]
    few = office.send("medical", MEDICAL, rows)
    again = [office.bill("陈强", 900 + at, number=number) for at, number in enumerate(some)]
    whole = office.send("medical", MEDICAL, again, register=feeding.read_register(DAY))
    told = ("received", "accepted", "rejected", "linked", "doubtful", "unknown")
    assert [getattr(few, name) for name in told] == [getattr(whole, name) for name in told]
    assert few.doubtful > 3
    assert few.linked == 2
