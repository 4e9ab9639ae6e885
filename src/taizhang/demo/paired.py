"""Pairing in the demo district: 288 cadres of 54 units, one to a household, with their visits and hand-overs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

from taizhang.demo.people import SEED, House, Maker
from taizhang.demo.spells import Spell
from taizhang.demo.story import Step, at
from taizhang.kit.days import add_months

CADRES: Final = 288
_SUCCESSORS: Final = 6  # cadres who left in November handed over to these
ALL: Final = CADRES + _SUCCESSORS
UNITS: Final = (
    "lead", "agriculture", "medical_security", "health", "disabled_persons", "education", "housing", "water",
    "civil_affairs", "public_security", "human_resources", "emergency", "finance_service", "petition", "market", "fiscal",
    "discipline", "government_office", "development_reform", "transport", "united_front", "industry_federation",
    "party_office", "organisation_department", "publicity", "political_legal", "inspection_tour", "staffing",
    "party_school", "congress_office", "consultative_office", "court", "procuratorate", "trade_union", "youth_league",
    "women", "science_association", "red_cross", "industry_information", "commerce", "culture_tourism", "justice", "audit",
    "statistics", "veterans", "urban_management", "natural_resources", "environment", "tax", "government_services",
    "office_affairs", "disease_control", "archives", "industrial_cluster",
)  # fmt: skip
_LAST: Final = date(2021, 12, 19)
_NEVER: Final = (Spell(date.min, date.min),)


def unit_of(number: int) -> str:
    """The unit of the helper with that number."""
    return UNITS[number % len(UNITS)]


def username(number: int) -> str:
    """The user name of a helper, from 1."""
    return f"bangfu{number + 1:03d}"


def accounts(seed: int = SEED) -> list[dict[str, str]]:
    """The helpers as lines of an accounts table: every one holds a helper's post of a unit."""
    maker = Maker(Random(f"{seed}-helpers"))  # noqa: S311 - reproducible fiction, not a secret
    return [
        {"username": username(number), "name": maker.name(), "role": "helper", "level": "district", "area": "410503",
         "organisation": unit_of(number), "title": "", "from": "2019-01-01", "to": "", "deputy": ""}
        for number in range(ALL)
    ]  # fmt: skip


def schedule(houses: Sequence[House], watched: Mapping[str, Sequence[Spell]], rng: Random) -> Iterator[Step]:
    """A helper for every spell in watch from the day after its announcement, and for other former poor households.

    What was paired before this ledger was opened in October 2021 was entered then, with the day since when.
    """
    standing = [house for house in houses if watched.get(house.number, _NEVER)[-1].until is None]
    for order, house in enumerate(house for house in houses if house.number in watched):
        for spell in watched[house.number]:
            if spell.until is not None:
                yield from _ended(house, spell, order * 7 % CADRES)
    others = [house for house in houses if house.poor and house.number not in watched]
    for number, house in enumerate(standing + rng.sample(others, CADRES - len(standing))):
        if number < len(standing):
            begun = entered = watched[house.number][-1].since + timedelta(days=1)
        else:
            begun, entered = date(2021, 1, 11) + timedelta(days=number % 5), date(2021, 10, 18 + number % 5)
        yield _pair(house, entered, number, since=begun)
        yield from _visits(house, _days(entered, number, rng), number)
        if number >= CADRES - _SUCCESSORS:
            later = number + _SUCCESSORS
            given = {"next_helper": username(later), "next_unit": unit_of(later), "handed_on": "2021-11-29",
                     "reason": "工作调动，由新任同志接续帮扶。"}  # fmt: skip
            yield Step(at(date(2021, 11, 29), 9, number % 60), "lead", house.number, "pairing", "hand_over", given)


def _pair(house: House, day: date, number: int, *, since: date) -> Step:
    given = {"helper": username(number), "unit": unit_of(number), "since": since.isoformat()}
    return Step(at(day, 14, number % 60), "lead", house.number, "pairing", "pair", given)


def _ended(house: House, spell: Spell, number: int) -> Iterator[Step]:
    """The help of a household that left watch: visited each month, ended the day after."""
    begun, until = spell.since + timedelta(days=1), spell.until or _LAST
    yield _pair(house, begun, number, since=begun)
    months = (add_months(begun.replace(day=1), month) for month in range(1, 30))
    days = (month + timedelta(days=4 + (number + month.month) % 20) for month in months)
    yield from _visits(house, [day for day in days if day < until], number)
    yield Step(at(until + timedelta(days=1), 15, number % 60), "lead", house.number, "pairing", "end",
               {"reason": "风险消除或退出监测，结对结束。"})  # fmt: skip


def _days(entered: date, number: int, rng: Random) -> list[date]:
    """The days of visits: every month since, by mid-December for some; half a dozen have not come since October."""
    last = date(2021, 10, 1) if number % 48 == 11 else date(2021, 12 if number % 5 == 0 or number % 14 == 0 else 11, 1)
    if number >= CADRES - _SUCCESSORS:
        last = date(2021, 11, 1)
    months = (add_months(entered.replace(day=1), month) for month in range(1, 30))
    days = [month.replace(day=rng.randint(2, 19 if month.month == 12 else 26)) for month in months if month <= last]
    return [day for day in days if day <= _LAST]


def _visits(house: House, days: Sequence[date], number: int) -> Iterator[Step]:
    """Visits on these days: the first says how the household lives, the others only what changed."""
    first = dict.fromkeys(("food", "clothing", "education", "medical", "housing", "water"), True)
    for order, day in enumerate(days):
        given: dict[str, object] = dict(first) if order == 0 else {}
        if (number + day.month) % 23 == 0:
            given |= {"changes": 1, "note": "家中一人新近外出务工，希望了解交通补贴。"}
        yield Step(at(day, 15, number % 60), username(number), house.number, "pairing", "visit", given)
