"""Planted households: people made for one boundary case each, with what the rule must say about them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from . import numbers, population

EPOCH = date(1970, 1, 1)


def days(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def months_back(day: date, months: int) -> date:
    """The same day `months` earlier, or that month's last day if there is none."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def birthday(years: int, on: date) -> date:
    """A birth date that makes somebody `years` old on `on` and not a day earlier (28 February for a missing 29th)."""
    return months_back(on, years * 12)


def age(birth: date, on: date) -> int:
    """Full years; who is born on 29 February turns older on 1 March of a common year."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


@dataclass
class Member:
    """One planted person; `number` is filled in when all births are known."""

    birth: date
    name: str
    home: Home
    relation: str
    number: str = ""


@dataclass
class Home:
    """One planted household with the case that it stands for."""

    household: str
    village: str
    kind: str
    rule: str
    case: str
    hit: bool
    members: list[Member] = field(default_factory=list)


class Planter:
    """Collects planted homes, their rows and what is expected of them."""

    def __init__(self, today: date, villages: list[str], line: int, clean: bool) -> None:
        self.today, self.villages, self.line, self.clean = today, villages, line, clean
        self.homes: list[Home] = []
        self.places: list[tuple[str, str, bool]] = []
        self.rows: list[tuple[str, Member | None, dict[str, Any]]] = []
        self._people = 0

    def back(self, count: int) -> date:
        """The day `count` days before the day of screening."""
        return self.today - timedelta(days=count)

    def home(
        self,
        rule: str,
        case: str,
        hit: bool,
        kind: str = "一般农户",
        births: tuple[date, ...] = (),
        insured: bool = True,
        relations: tuple[str, ...] = (),
        kinds: tuple[str, ...] = (),
    ) -> Home:
        """A household of these births (default: one adult of 45), insured for the year unless told otherwise."""
        serial = len(self.homes)
        village = self.villages[serial % len(self.villages)]
        home = Home(f"{village}9{serial:06d}", village, kind, rule, case, hit)
        for i, birth in enumerate(births or (self.adult,)):
            relation = relations[i] if relations else ("户主" if i == 0 else "其他")
            self._member(home, birth, relation, kinds[i] if kinds else kind)
        self.homes.append(home)
        if insured:
            for member in home.members:
                self.add("insured", member, 参保年度=self.today.year)
        return home

    @property
    def adult(self) -> date:
        """The birth date of somebody of 45, spread so that numbers do not crowd one day."""
        return birthday(45, self.today) - timedelta(days=20 + self._people % 200)

    def _member(self, home: Home, birth: date, relation: str, kind: str) -> None:
        surname = population.SURNAMES[self._people % len(population.SURNAMES)]
        index = self._people // len(population.SURNAMES)
        given = population.GIVEN[index % len(population.GIVEN)]
        index //= len(population.GIVEN)
        name = surname + population.RESERVED[index % len(population.RESERVED)] + given
        member = Member(birth, name, home, relation)
        home.members.append(member)
        row = {
            "户编号": home.household,
            "姓名": name,
            "与户主关系": relation,
            "区划代码": home.village,
            "住址": "1组",
            "户类型": kind,
            "健康状况": "健康",
            "劳动技能": "普通劳动力",
            "联系电话": f"137{self._people:08d}",
        }
        self.rows.append(("residents", member, row))
        self._people += 1

    def add(self, feed: str, member: Member | None, writing: str = "", **cells: Any) -> None:
        """A row of a feed about a planted person; `writing` names a way of writing the number.

        Dates may be given as `date`, money in fen.
        """
        self.rows.append((feed, member, {"writing": writing} | cells))

    def die(self, member: Member, day: date) -> None:
        """A death row."""
        self.add("deaths", member, 死亡日期=day)

    def number_everybody(self, taken: set[str]) -> None:
        """Give every planted person a number that no random resident has."""
        people = [member for home in self.homes for member in home.members]
        births = np.array([days(member.birth) for member in people])
        serial = numbers.serials(births)
        for i, number in enumerate(numbers.numbers(births, serial)):
            step = 0
            while number in taken:
                step += 1
                number = numbers.numbers(births[i : i + 1], (serial[i : i + 1] + step * 13) % 1000)[0]
            taken.add(number)
            people[i].number = number


def written(number: str, writing: str) -> str:
    """A number in one of the named writings."""
    if writing == "":
        return number
    if writing == "fifteen":
        return numbers.fifteen(number)
    if writing == "full width":
        return number.translate(numbers.FULL_WIDTH)
    if writing == "blanks":
        return f" {number[:6]} {number[6:]}"
    if writing == "damaged":
        return number[:15] + str((int(number[15]) + 3) % 10) + number[16:]
    if writing == "two damaged":
        return number[:14] + "**" + number[16:]
    if writing == "lost":
        return number[:4] + "******" + number[10:]
    if writing == "card 20":
        return number + "41"
    if writing == "card 22":
        return number + "41B1"
    raise ValueError(f"unknown writing {writing}")
