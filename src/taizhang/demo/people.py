"""The fictional people of the demo district, made with a seed. No name or number belongs to anyone.

Surnames and given names are drawn from lists of plants, weather and crops; identity numbers carry a valid check
character in an area code that was never assigned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from taizhang.kit import idnumber
from taizhang.kit.days import add_months

SEED: Final = 20211220
UNASSIGNED: Final = "990503"
LAST_SNAPSHOT: Final = date(2021, 12, 5)  # and as it stood before the screening of December 2021
HOUSEHOLDS: Final = 2_650

# What the two newspaper pages print about registers (see library/figures.yaml): these many people are made,
# and the figures are counted from the records like any others.
REGISTERED_POOR: Final = 972
OF_THEM_DISABLED: Final = 176
WATCHED: Final = 92
WATCHED_PERSONS: Final = 248

_SURNAMES: Final = "申路乔常段霍尚沈钟祁靳牛苗桑柏竺谷梅兰芦莫简池江溪云雷沙白丰安平乐和元向辛闻温卓宁"
_FIRST: Final = "稻麦青知晴小春秋清丰立寒露芒谷新云晓雪松竹石禾夏冬朝晚望远长早满向文守长启思元"
_SECOND: Final = "香收禾秋川满雨明种光年生苗芽霜田圃舟池桥林野原岭泉溪月辰晖景和宁安乐平舒行书"
_ILLNESS: Final = ("长期慢性病", "患有大病")


@dataclass(frozen=True)
class Person:
    """One fictional person; dates are days."""

    name: str
    number: str
    relation: str
    female: bool
    born: date
    health: str = "健康"
    skill: str = "普通劳动力"
    school: str = ""
    work_months: int = 0
    phone: str = ""

    def age(self, on: date) -> int:
        """Full years on a day."""
        return idnumber.full_years(self.born, on)


@dataclass(frozen=True)
class House:
    """One fictional household: its number, village, class in the register and members (the head first)."""

    number: str
    village: str
    group: int
    kind: str
    people: tuple[Person, ...]
    poor: bool = False  # registered poor in 2020
    watched: str = ""  # class under watch by December 2021: unstable, marginal, sudden
    income: int = 0  # yuan per head of the reckoning of November 2021

    @property
    def head(self) -> Person:
        """The first member."""
        return self.people[0]


class Maker:
    """Draws people one by one; numbers and phones never repeat."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.serial: dict[date, int] = {}
        self.phones = 0

    def name(self, surname: str = "") -> str:
        """A name out of the lists; a third have one given character."""
        rng = self.rng
        given = rng.choice(_FIRST) + (rng.choice(_SECOND) if rng.random() < 0.75 else "")
        return (surname or rng.choice(_SURNAMES)) + given

    def number(self, born: date, female: bool) -> str:
        """The next free number of that birthday and sex."""
        self.serial[born] = self.serial.get(born, 0) + 1
        serial = 2 * self.serial[born] + (0 if female else 1)
        head = f"{UNASSIGNED}{born:%Y%m%d}{serial:03d}"
        return head + idnumber.check_character(head)

    def phone(self) -> str:
        """The next phone with the prefix 154, which is not in public use."""
        self.phones += 1
        return f"1540503{self.phones:04d}"

    def person(self, relation: str, born: date, female: bool, surname: str = "") -> Person:
        """A person with skill, school and work that fit the age."""
        age, rng = idnumber.full_years(born, LAST_SNAPSHOT), self.rng
        skill, school, months = "普通劳动力", "", 0
        if age < 16:
            skill, school = "无劳动力", _school(age)
        elif age < 19:
            skill, school = "无劳动力", "普通高中二年级"
        elif age > 70:
            skill = "丧失劳动力" if rng.random() < 0.5 else "弱劳动力或半劳动力"
        elif age > 60:
            skill = "弱劳动力或半劳动力"
        elif rng.random() < 0.6:
            months = rng.randint(6, 11)
        phone = self.phone() if age >= 18 and rng.random() < 0.8 else ""
        return Person(self.name(surname), self.number(born, female), relation, female, born, "健康", skill, school,
                      months, phone)  # fmt: skip

    def family(self, size: int) -> tuple[Person, ...]:
        """A household of that size: head, spouse, children, a parent."""
        rng = self.rng
        head_born = _day(rng, 1945 if size < 3 else 1958, 1988)
        head = self.person("户主", head_born, rng.random() < 0.25)
        people = [head]
        if size > 1:
            people.append(self.person("配偶", _day(rng, head_born.year - 3, head_born.year + 3), not head.female))
        for position in range(2, size):
            if position == size - 1 and size > 3 and rng.random() < 0.5:
                parent_born = _day(rng, head_born.year - 32, head_born.year - 22)
                people.append(self.person("之母", parent_born, True))
                continue
            child_born = _day(rng, min(head_born.year + 21, 2016), min(head_born.year + 36, 2018))
            female = rng.random() < 0.5
            people.append(self.person("之女" if female else "之子", child_born, female, head.name[0]))
        return tuple(people)


def _day(rng: Random, first_year: int, last_year: int) -> date:
    start = date(first_year, 1, 1)
    return start + timedelta(days=rng.randrange((date(last_year, 12, 31) - start).days))


def _school(age: int) -> str:
    if age < 3:
        return "学龄前儿童"
    if age < 6:
        return "学前教育"
    return "小学" if age < 12 else ("七年级", "八年级", "九年级", "九年级")[age - 12]


def _sizes(total: int, count: int, rng: Random) -> list[int]:
    """`count` household sizes between 1 and 6 that add up to `total`."""
    sizes = [total // count] * count
    for at in rng.sample(range(count), total - sum(sizes)):
        sizes[at] += 1
    for _ in range(count * 2):
        one, other = rng.sample(range(count), 2)
        if sizes[one] < 6 and sizes[other] > 1:
            sizes[one] += 1
            sizes[other] -= 1
    return sizes


def population(villages: Sequence[tuple[str, bool]], seed: int = SEED) -> list[House]:
    """All households of the district, the same for the same seed.

    `villages` are 12-digit codes with whether the place is a village (rather than an urban community).
    """
    rng = Random(seed)  # noqa: S311 - reproducible fiction, not a secret
    make = Maker(rng)
    poor = _sizes(REGISTERED_POOR, 340, rng)
    common = [rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 5)) for _ in range(HOUSEHOLDS - len(poor))]
    rural = [code for code, is_village in villages if is_village]
    urban = [code for code, is_village in villages if not is_village]
    houses = []
    for at, size in enumerate(poor + common):
        is_poor = at < len(poor)
        village = rng.choice(rural) if is_poor or rng.random() < 0.85 else rng.choice(urban)
        kind = "脱贫户" if is_poor else ("一般农户" if village in set(rural) or rng.random() < 0.5 else "非农户")
        number = f"4105{village[6:12]}{at + 1:05d}"
        houses.append(House(number, village, rng.randint(1, 6), kind, make.family(size), poor=is_poor,
                            income=rng.randint(9_200, 24_000)))  # fmt: skip
    houses = _with_disability(houses, rng)
    return _with_watched(houses, rng)


def _with_disability(houses: list[House], rng: Random) -> list[House]:
    """Exactly `OF_THEM_DISABLED` registered poor persons live with a disability, and some others do; some are ill."""
    poor = [(h, p) for h, house in enumerate(houses) if house.poor for p in range(len(house.people))]
    others = [(h, p) for h, house in enumerate(houses) if not house.poor for p in range(len(house.people))]
    health: dict[tuple[int, int], str] = dict.fromkeys(rng.sample(poor, OF_THEM_DISABLED), "残疾")
    health.update(dict.fromkeys(rng.sample(others, 150), "残疾"))
    for spot in rng.sample(poor + others, 420):
        health.setdefault(spot, rng.choice(_ILLNESS))
    changed = []
    for h, house in enumerate(houses):
        people = [replace(person, health=health.get((h, p), person.health)) for p, person in enumerate(house.people)]
        changed.append(replace(house, people=tuple(people)))
    return changed


def _with_watched(houses: list[House], rng: Random) -> list[House]:
    """Choose the households that stand in watch by December 2021: 92, with 248 persons, of three classes."""
    candidates = [at for at, house in enumerate(houses) if house.kind != "非农户" and len(house.people) <= 5]
    rng.shuffle(candidates)
    chosen: list[int] = []
    for wanted, is_poor in ((38, True), (54, False)):
        chosen += [at for at in candidates if houses[at].poor == is_poor][:wanted]
    spare = [at for at in candidates if at not in set(chosen)]
    while (gap := WATCHED_PERSONS - sum(len(houses[at].people) for at in chosen)) != 0:
        out = rng.randrange(len(chosen))
        size = len(houses[chosen[out]].people)
        fits = [at for at in spare if houses[at].poor == houses[chosen[out]].poor
                and 0 < (len(houses[at].people) - size) * (1 if gap > 0 else -1) <= abs(gap)]  # fmt: skip
        if fits:
            spare.append(chosen[out])
            chosen[out] = fits[0]
            spare.remove(fits[0])
    for order, at in enumerate(sorted(chosen)):
        house = houses[at]
        watched = "sudden" if order % 10 < 3 else ("unstable" if house.poor else "marginal")
        income = rng.randint(6_200, 9_000) if watched == "sudden" else rng.randint(3_900, 5_950)
        houses[at] = replace(house, watched=watched, income=income)
    return houses


def later(house: House) -> House:
    """The household as the register of December 2021 has it: watched ordinary households are marked as such."""
    if house.watched and not house.poor:
        return replace(house, kind="监测户")
    return house


def workers(house: House, on: date) -> Iterator[Person]:
    """Members of working age who work away."""
    return (person for person in house.people if person.work_months and 18 <= person.age(on) < 60)


def months_back(day: date, months: int) -> date:
    """The first day of the month so many months before."""
    return add_months(day.replace(day=1), -months)
