"""Invented people: households, members, numbers, names, telephones, villages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import numbers
from .schema import Array, Table

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "安柏辰川丹恩帆光涵嘉柯岚铭宁鹏启荣珊桐薇夏妍泽知洲子青禾松云舒远景澜朗霖琪若朔思"
RESERVED = "璟瑾琰璇瓒"
"""Given-name characters that only planted people have, so that their names are theirs alone."""

CHILD = ("之子", "之女", "之孙子", "之孙女")
SIZES = (0.14, 0.24, 0.26, 0.20, 0.11, 0.05)
KINDS = ("一般农户", "非农户", "脱贫户", "监测户")
KIND_SHARES = (0.72, 0.12, 0.14, 0.02)


@dataclass
class People:
    """Random residents, column by column, in the order of their households.

    `birth` and `died` are days since 1970 (`died` = far future for the living); `head` is the row of the
    first member of each person's household; `home` the household's index.
    """

    home: Array
    head: Array
    birth: Array
    died: Array
    number: Array
    name: Array
    kind: Array
    household: Array
    village: Array
    register: Table

    def age_on(self, day: int) -> Array:
        """Rough age in years on a day (for drawing histories only, never for rules)."""
        return ((day - self.birth) / 365.25).astype(np.int64)


def names(count: int, rng: np.random.Generator) -> Array:
    """`count` names of two or three characters."""
    pool = [s + a + b for s in SURNAMES for a in GIVEN for b in ("", *GIVEN)]
    return np.array(pool, dtype=object)[rng.integers(0, len(pool), count)]


def _births(position: Array, home: Array, head: Array, today: int, rng: np.random.Generator) -> Array:
    """Birth days: adults first, then partners of like age, then children and parents."""
    count = len(home)
    age = rng.integers(25, 84, count)
    own = rng.random(count)
    child = rng.integers(0, 30, count)
    age = np.where(position == 1, np.clip(age[head] + rng.integers(-6, 7, count), 20, 92), age)
    age = np.where(position >= 2, np.where(own < 0.75, child, rng.integers(55, 92, count)), age)
    return today - (age * 365.25).astype(np.int64) - rng.integers(1, 365, count)


def _relations(position: Array, home: Array, rng: np.random.Generator) -> Array:
    relation = np.array(CHILD, dtype=object)[rng.integers(0, 4, len(home))]
    relation[position == 0] = "户主"
    relation[position == 1] = "配偶"
    odd = rng.random(home[-1] + 1)[home]
    relation[(odd < 0.003) & (position == 0)] = "其他"
    relation[(odd > 0.997) & (position == 1)] = "户主"
    return relation


def make(count: int, villages: list[str], today: int, rng: np.random.Generator) -> People:
    """About `count` residents in households of three on average.

    Deaths: 0.9 % of people over the last two years, more often of working age than in life so that every
    rule sees some; a few households have no living member.
    """
    sizes = rng.choice(6, size=count // 2 + 8, p=SIZES) + 1
    homes = int(np.searchsorted(np.cumsum(sizes), count)) + 1
    sizes = sizes[:homes]
    home = np.repeat(np.arange(homes), sizes)
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    head, position = starts[home], np.arange(len(home)) - starts[home]
    birth = _births(position, home, head, today, rng)
    number = numbers.numbers(birth, numbers.serials(birth))
    kind = np.array(KINDS, dtype=object)[rng.choice(4, size=homes, p=KIND_SHARES)][home]
    place = np.sort(rng.integers(0, len(villages), homes))
    village = np.array(villages, dtype=object)[place][home]
    household = np.array([f"{villages[p]}{i:07d}" for i, p in enumerate(place)], dtype=object)[home]
    dies = rng.random(len(home)) < np.where((today - birth) < 22000, 0.009, 0.011)
    dies |= (rng.random(homes) < 0.0006)[home]
    died = np.where(dies, np.maximum(birth + 1, today - rng.integers(-20, 720, len(home))), 2**30)
    name = names(len(home), rng)
    register = _register(home, head, position, number, name, kind, household, village, rng)
    return People(home, head, birth, died, number, name, kind, household, village, register)


def _register(
    home: Array,
    head: Array,
    position: Array,
    number: Array,
    name: Array,
    kind: Array,
    household: Array,
    village: Array,
    rng: np.random.Generator,
) -> Table:
    """The residents register as the lead office keeps it, with a few untidy and a few broken numbers."""
    count = len(home)
    written = number.copy()
    dice = rng.random(count)
    for row in np.flatnonzero(dice < 0.004):
        if dice[row] < 0.001:
            written[row] = number[row][:-1] + ("0" if number[row][-1] != "0" else "1")
        elif dice[row] < 0.003:
            written[row] = numbers.fifteen(number[row]) if number[row][6:8] == "19" else number[row].lower()
        else:
            written[row] = number[row].translate(numbers.FULL_WIDTH)
    phone = np.array([f"139{i:08d}" for i in range(count)], dtype=object)
    throw = rng.random(count)
    phone = np.where(throw < 0.15, phone[head], np.where(throw > 0.85, "", phone))
    health = np.array(["健康", "长期慢性病", "患有大病", "残疾"], dtype=object)
    skill = np.array(["普通劳动力", "技能劳动力", "弱劳动力或半劳动力", "丧失劳动力", "无劳动力"], dtype=object)
    return {
        "户编号": household,
        "姓名": name,
        "证件号码": written,
        "与户主关系": _relations(position, home, rng),
        "区划代码": village,
        "住址": np.array([f"{i % 40 + 1}组" for i in range(home[-1] + 1)], dtype=object)[home],
        "户类型": kind,
        "健康状况": health[rng.choice(4, count, p=[0.85, 0.1, 0.02, 0.03])],
        "劳动技能": skill[rng.choice(5, count, p=[0.5, 0.1, 0.1, 0.05, 0.25])],
        "在校状况": np.full(count, "", dtype=object),
        "务工月数": rng.integers(0, 13, count),
        "联系电话": phone,
    }
