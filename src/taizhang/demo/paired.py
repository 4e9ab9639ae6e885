"""Pairing in the demo district: 288 cadres of 54 units, one to a household, with their visits and hand-overs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

from taizhang.demo.people import SEED, House, Maker
from taizhang.demo.year import Step, at

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
         "organisation": unit_of(number), "title": "", "from": "2020-01-01", "to": "", "deputy": ""}
        for number in range(ALL)
    ]  # fmt: skip


def schedule(helped: Sequence[House], since: Mapping[str, date], rng: Random) -> Iterator[Step]:
    """A helper for every watched household from the day after the announcement, and for former poor ones since January."""
    watched = [house for house in helped if house.number in since]
    others = [house for house in helped if house.number not in since]
    homes = watched + rng.sample(others, CADRES - len(watched))
    for number, house in enumerate(homes):
        begun = since.get(house.number, date(2021, 1, 11) + timedelta(days=number % 5)) + timedelta(days=1)
        who = username(number)
        given = {"helper": who, "unit": unit_of(number), "since": begun.isoformat()}
        yield Step(at(begun, 14, number % 60), "lead", house.number, "pairing", "pair", given)
        yield from _visits(house, begun, number, rng)
        if number >= CADRES - _SUCCESSORS:
            later = number + _SUCCESSORS
            given = {"next_helper": username(later), "next_unit": unit_of(later), "handed_on": "2021-11-29",
                     "reason": "工作调动，由新任同志接续帮扶。"}  # fmt: skip
            yield Step(at(date(2021, 11, 29), 9, number % 60), "lead", house.number, "pairing", "hand_over", given)


def _visits(house: House, begun: date, number: int, rng: Random) -> Iterator[Step]:
    """Visits of the last months: nearly everybody in November, some by mid-December, some every month since August."""
    first = {"food": True, "clothing": True, "education": True, "medical": True, "housing": True, "water": True}
    months = (8, 9, 10, 11, 12) if number % 14 == 0 else (11, 12) if number % 5 == 0 else (11,)
    if number % 48 == 11:  # half a dozen helpers have not come since October
        months = (10,)
    days = [date(2021, month, rng.randint(2, 19 if month == 12 else 26)) for month in months]
    if number >= CADRES - _SUCCESSORS:
        days = [day for day in days if day.month < 12]
    for order, day in enumerate(day for day in days if begun < day <= _LAST):
        given: dict[str, object] = dict(first) if order == 0 else {}
        if (number + day.month) % 23 == 0:
            given |= {"changes": 1, "note": "家中一人新近外出务工，希望了解交通补贴。"}
        yield Step(at(day, 15, number % 60), username(number), house.number, "pairing", "visit", given)
