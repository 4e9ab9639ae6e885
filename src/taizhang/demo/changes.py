"""Births, deaths, marriages and moves in the demo district: as the villages reported them, and as the later register has them. Pure.

A change that a town has entered is also in the file that the lead office imports in December 2021, as it would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from taizhang.demo.people import SEED, House, Maker, Person
from taizhang.demo.story import Step, at, in_order, workday

COUNT: Final = 12


@dataclass(frozen=True)
class Change:
    """One change of one household: what was reported and decided, and the household afterwards."""

    before: House
    after: House
    kind: str  # a code of the catalogue register_changes
    since: date
    reason: str
    decide: str = ""  # the act of the town; empty while it is still to decide
    given: Mapping[str, Any] | None = None
    member: str = ""
    days: int = 2  # from the report to the decision


def draw(houses: Sequence[House], villages: Sequence[str], seed: int = SEED) -> list[Change]:
    """One change for each of the first `COUNT` of these households, in the order of time; the last two wait for the town."""
    maker = Maker(Random(f"{seed}-changes"))  # noqa: S311 - reproducible fiction, not a secret
    makers: list[Callable[[House, date, Maker], Change]] = [
        _birth, _death, _joined, lambda house, day, _: _moved(house, day, villages), _left, _phone, _birth, _split, _death,
        _birth, _merge, _birth,
    ]  # fmt: skip
    days = (date(2019, 5, 14), date(2019, 10, 9), date(2020, 3, 17), date(2020, 8, 20), date(2020, 11, 5), date(2021, 2, 22),
            date(2021, 5, 18), date(2021, 6, 8), date(2021, 9, 13), date(2021, 10, 11), date(2021, 12, 14),
            date(2021, 12, 10))  # fmt: skip
    made = [make(house, day, maker) for make, house, day in zip(makers, houses, days, strict=True)]
    made[9] = replace(made[9], days=9)  # decided late
    return [*made[:-2], *(replace(change, decide="", after=change.before) for change in made[-2:])]


def after(houses: Sequence[House], changes: Sequence[Change]) -> list[House]:
    """The households as the changes left them."""
    changed = {change.before.number: change.after for change in changes}
    return [changed.get(house.number, house) for house in houses]


def schedule(changes: Sequence[Change]) -> list[Step]:
    """Reported by the village and decided by the town."""
    return in_order([step for order, change in enumerate(changes) for step in _steps(change, order)])


def _steps(change: Change, order: int) -> Iterator[Step]:
    house = change.before
    reported = workday(change.since + timedelta(days=3))
    given: dict[str, Any] = {"change": change.kind, "since": change.since.isoformat(), "reason": change.reason}
    if change.member:
        given["member"] = change.member
    yield Step(at(reported, 10, 5 * order), f"cadre:{house.village}", house.number, "register", "ask", given)
    if change.decide:
        decided = workday(reported + timedelta(days=change.days))
        yield Step(at(decided, 14, 5 * order), f"reviewer:{house.village[:9]}", house.number, "register", change.decide,
                   change.given or {})  # fmt: skip


def _birth(house: House, day: date, maker: Maker) -> Change:
    female = day.month % 2 == 0
    child = replace(maker.person("之孙女" if female else "之孙子", day, female, house.head.name[0]), school="")
    given = {"name": child.name, "relation": "08" if female else "07", "number": child.number}
    return Change(
        house, replace(house, people=(*house.people, child)), "BIRTH", day, "有出生医学证明。", "birth", given
    )


def _death(house: House, day: date, _: Maker) -> Change:
    gone = max(house.people[1:], key=lambda one: one.age(day))
    left = tuple(one for one in house.people if one != gone)
    return Change(house, replace(house, people=left), "DEATH", day, "有死亡证明。", "death", {"member": gone.number},
                  gone.number)  # fmt: skip


def _joined(house: House, day: date, maker: Maker) -> Change:
    bride = maker.person("之儿媳", date(day.year - 24, 12, 31), True)
    given = {"name": bride.name, "relation": "05", "number": bride.number}
    return Change(house, replace(house, people=(*house.people, bride)), "JOIN", day, "结婚证已核。", "join", given)


def _left(house: House, day: date, _: Maker) -> Change:
    gone = house.people[-1]
    return Change(house, replace(house, people=house.people[:-1]), "LEAVE", day, "已出嫁，户口迁出。", "leave",
                  {"member": gone.number}, gone.number)  # fmt: skip


def _moved(house: House, day: date, villages: Sequence[str]) -> Change:
    place = next(code for code in villages if code != house.village and code[:9] == house.village[:9])
    return Change(
        house, replace(house, village=place), "MOVE", day, "全家搬到邻村居住，户口已迁。", "move", {"to_area": place}
    )


def _phone(house: House, day: date, maker: Maker) -> Change:
    head: Person = replace(house.head, phone=maker.phone().replace("1540503", "1540504"))
    given = {"item": "phone", "value": head.phone, "member": head.number}
    return Change(house, replace(house, people=(head, *house.people[1:])), "CORRECTION", day, "户主换了电话。", "correct",
                  given, head.number)  # fmt: skip


def _split(house: House, day: date, _: Maker) -> Change:
    return Change(
        house, house, "SPLIT", day, "长子结婚，要求分户。", "reject", {"reason": "户口没有分开，仍在一起生活。"}
    )


def _merge(house: House, day: date, _: Maker) -> Change:
    return Change(house, house, "MERGE", day, "老人并入长子户，一起生活。")
