"""Help in the demo district as a schedule of steps: measures, payments, projects of villages, the register of policies.

Pure, like `year`; `play` acts it out. Its amounts are chosen so that the records add up to the figures that the two
newspaper pages print (library/figures.yaml); each is counted from these records and none is kept as a total.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final

from taizhang.demo import paired
from taizhang.demo.people import SEED, House, Person
from taizhang.demo.spells import Spell, spells
from taizhang.demo.story import Step, able, at, in_order, workday
from taizhang.kit.days import add_months

GREENHOUSE_VILLAGE: Final = "410503009217"
TEXTILE_TOWN: Final = "410503100"
PLANTATIONS: Final = (
    ("410503100207", 216, "麦冬草代种代养基地"),
    ("410503100209", 360, "芦笋种植基地"),
)  # mu; 15 to a hectare
POSTS: Final = 95
POST_SUBSIDIES: Final = 1_733_100  # yuan, since the posts began
GRANTS: Final = 1_405
GRANTS_SUM: Final = 525_100  # yuan
_POST_KINDS: Final = (("CLEANER", 700), ("GREENER", 600), ("PATROL", 700), ("DITCH_KEEPER", 500), ("FOREST_KEEPER", 500),
                      ("AGREEMENT_POST", 1_000))  # fmt: skip
_HALVES: Final = tuple(
    date(2018 + half // 2, 12 if half % 2 else 6, 1) for half in range(1, 8)
)  # paid up to these days
_POST_AIMS: Final = (
    "负责主街和胡同日常保洁",
    "管护村内绿化",
    "夜间治安巡逻",
    "看护灌溉渠道",
    "看护村东林地",
    "到村部协助日常服务",
)
_DEPARTMENTS: Final[Mapping[str, str]] = {
    "MICROLOAN": "finance_service", "TRAINING": "human_resources", "MEDICAL_RELIEF": "medical_security",
    "SEEDS": "agriculture", "RELIEF": "civil_affairs", "HOUSE_C": "housing", "HOUSE_D": "housing",
    "FAMILY_DOCTOR": "health", "PRESCHOOL_GRANT": "education", "COMPULSORY_GRANT": "education",
    "HOME_SCHOOLING": "education", "GREENHOUSE": "agriculture", "TEXTILE": "agriculture", "PLANTATION": "agriculture",
    **{item: "human_resources" for item, _ in _POST_KINDS},
}  # fmt: skip
_WORKS: Final = (("TRAINING", "JOB", "参加电焊和面点技能培训"), ("SEEDS", "INDUSTRY", "送种苗化肥并由农技员指导"))
_SUPPORT: Final = (("MEDICAL_RELIEF", "ILLNESS", "住院自付部分给予救助"), ("RELIEF", "ACCIDENT", "一次性临时救助"))
_POLICIES: Final = (
    ("education", "COMPULSORY", "义务教育家庭经济困难学生生活补助", "脱贫户、监测户在校学生", "keep"),
    ("education", "EDUCATION", "学前教育资助", "脱贫户、监测户在园幼儿", "improve"),
    ("lead", "EDUCATION", "雨露计划职业教育补助", "接受中、高职教育的脱贫家庭学生", "keep"),
    ("medical_security", "HEALTH", "参加居民医保个人缴费资助", "脱贫户、监测户", "adjust"),
    ("medical_security", "HEALTH", "先诊疗后付费和一站式结算", "脱贫户、监测户住院患者", "keep"),
    ("health", "HEALTH", "家庭医生签约服务", "脱贫户、监测户全体成员", "improve"),
    ("housing", "HOUSING", "农村低收入群体危房改造", "六类低收入群体", "improve"),
    ("water", "WATER", "农村供水设施维修养护", "有供水设施的村", "keep"),
    ("human_resources", "POST", "公益岗位和协议岗补贴", "有就业能力的脱贫人口和监测对象", "improve"),
    ("finance_service", "FINANCE", "脱贫人口小额信贷", "脱贫户、边缘易致贫户", "keep"),
    ("agriculture", "INDUSTRY", "产业带动和奖补", "参与产业项目的脱贫户、监测户", "adjust"),
    ("civil_affairs", "SUPPORT", "低保渐退和分类救助", "低保对象", "improve"),
)  # fmt: skip


def schedule(
    houses: Sequence[House], villages: Sequence[str], lived: Sequence[Step], home: str, seed: int = SEED
) -> list[Step]:
    """Every step of help, in the order of time.

    `villages` are the 12-digit codes of villages (no urban communities); `lived` are the years as lived, from which it
    is read when each household was watched; `home` is the village of the demo's log-ins.
    """
    rng = Random(f"{seed}-help")  # noqa: S311 - reproducible fiction, not a secret
    watched = spells(lived)
    since = {number: told[-1].since for number, told in watched.items() if told[-1].until is None}
    helped = [house for house in houses if house.poor or house.number in since]
    steps = [*_posts(helped, rng), *_loans(helped, rng), *_repairs(helped, rng)]
    steps += _doctors(helped, since)
    steps += _grants(houses, helped, rng)
    steps += _taught_at_home(houses)
    steps += _industry(helped, rng)
    steps += _for_watched(houses, watched)
    steps += _half_way([house for house in helped if house.number not in watched], home)
    steps += _village_works(villages)
    steps += _policies()
    steps += paired.schedule(houses, watched, rng)
    return in_order(steps)


class _Measure:
    """The steps of one measure for one household."""

    def __init__(self, house: House, item: str, file: str = "") -> None:
        self.house, self.item, self.file = house, item, file or item
        self.office = f"department:{_DEPARTMENTS[item]}"

    def step(self, day: date, hour: int, who: str, act: str, **given: Any) -> Step:
        """One act on the measure; minutes follow from the household, so that a day's acts do not fall together."""
        minute = int(self.house.number[-2:]) % 60
        return Step(at(day, hour, minute), who, self.house.number, "assistance", act, given, file=self.file)

    def plan(self, day: date, risk: str, aim: str, persons: int = 1, **given: Any) -> Step:
        """The village plans it."""
        return self.step(day, 9, f"cadre:{self.house.village}", "plan", item=self.item, risk=risk, aim=aim,
                         persons=persons, **given)  # fmt: skip

    def approve(self, day: date, **given: Any) -> Step:
        """The department agrees."""
        return self.step(workday(day), 11, self.office, "approve", **given)

    def enrol(self, day: date, persons: int, **given: Any) -> Step:
        """The department records what policy gives by right."""
        return self.step(day, 15, self.office, "enrol", item=self.item, persons=persons, **given)

    def pay(self, day: date, yuan: int, **given: Any) -> Step:
        """The department pays."""
        return self.step(workday(day), 16, self.office, "pay", amount=yuan * 100, **given)


# --- posts, loans, houses -------------------------------------------------------------------------------------------


def _posts(helped: Sequence[House], rng: Random) -> Iterator[Step]:
    """Ninety-five holders of posts of six kinds since 2019; a monthly subsidy, paid by the half-year."""
    chosen = rng.sample([house for house in helped if house.poor and able(house, date(2019, 8, 1))], POSTS)
    months = _months([_POST_KINDS[order % 6][1] for order in range(POSTS)])
    for order, house in enumerate(chosen):
        item, subsidy = _POST_KINDS[order % 6]
        begun = add_months(date(2021, 12, 1), -months[order])
        measure, holder = _Measure(house, item), able(house, begun)[0]
        ends = [half for half in _HALVES if half > begun]
        planned = workday(ends[0] + timedelta(days=order % 3))  # entered when the first half-year was to be paid
        yield measure.plan(planned, "JOB", _POST_AIMS[order % 6], person=holder.number, subsidy=subsidy * 100,
                           rhythm="half_year", until="2022-12-31")  # fmt: skip
        yield measure.approve(planned + timedelta(days=3))
        for since, until in pairwise((begun, *ends)):
            count = (until.year - since.year) * 12 + until.month - since.month
            yield measure.pay(until + timedelta(days=8 + order % 3), subsidy * count, since=since.isoformat(),
                              through=(until - timedelta(days=1)).isoformat(), months=count)  # fmt: skip


def _months(subsidies: Sequence[int]) -> list[int]:
    """How many months each post has been paid for, so that all together make `POST_SUBSIDIES`."""
    months = [round(POST_SUBSIDIES / sum(subsidies))] * len(subsidies)
    order = 0
    while (gap := POST_SUBSIDIES - sum(s * m for s, m in zip(subsidies, months, strict=True))) and abs(gap) >= 500:
        if subsidies[order % len(subsidies)] <= abs(gap):
            months[order % len(subsidies)] += 1 if gap > 0 else -1
        order += 1
    for _ in range(abs(gap) // 100):  # a hundred yuan: one more month at 600, one less at 500
        months[_next(subsidies, months, 600 if gap > 0 else 500)] += 1
        months[_next(subsidies, months, 500 if gap > 0 else 600)] -= 1
    return months


def _next(subsidies: Sequence[int], months: Sequence[int], subsidy: int) -> int:
    """The post of that subsidy whose months lie nearest to the common number."""
    common = sorted(months)[len(months) // 2]
    fits = [place for place, one in enumerate(subsidies) if one == subsidy]
    return min(fits, key=lambda place: (abs(months[place] - common), place))


def _loans(helped: Sequence[House], rng: Random) -> Iterator[Step]:
    """The loan of October 2020 for a village shop, ten days from the application to the payment, and some of 2021."""
    homes = [house for house in helped if house.poor and able(house, date(2021, 12, 31))]
    shop = next(house for house in homes if any(one.health == "残疾" for one in house.people))
    loan = _Measure(shop, "MICROLOAN")
    yield loan.plan(date(2020, 10, 5), "DISABILITY", "借款开办村内小卖部", len(shop.people), granted=2_000_000)
    yield loan.approve(date(2020, 10, 12), until="2023-10-14")
    yield loan.pay(date(2020, 10, 15), 20_000)
    yield loan.step(date(2021, 10, 14), 10, f"cadre:{shop.village}", "earn", earned=1_260_000)
    for order, house in enumerate(rng.sample([house for house in homes if house != shop], 6)):
        day, yuan = date(2021, 3 + order, 9), (30_000, 50_000, 20_000)[order % 3]
        measure = _Measure(house, "MICROLOAN")
        yield measure.plan(workday(day), "INDUSTRY", "借款购买种苗和农资", len(house.people), granted=yuan * 100)
        yield measure.approve(day + timedelta(days=5), until=f"2024-{3 + order:02d}-08")
        yield measure.pay(day + timedelta(days=11), yuan)


def _repairs(helped: Sequence[House], rng: Random) -> Iterator[Step]:
    """Unsafe houses of 2019 to 2021, all of them mended by the autumn of 2021, one of them late."""
    for order, house in enumerate(rng.sample([house for house in helped if house.poor], 12)):
        item, yuan = (("HOUSE_C", 12_000), ("HOUSE_D", 28_000))[order % 2]
        year = (2019, 2020, 2021, 2021)[order % 4]
        measure, day = _Measure(house, item), date(year, 3, 8) + timedelta(days=order * 9)
        yield measure.plan(workday(day), "HOUSING", "加固屋顶和墙体" if item == "HOUSE_C" else "原址重建",
                           len(house.people), granted=yuan * 100)  # fmt: skip
        yield measure.approve(day + timedelta(days=4))
        yield measure.pay(day + timedelta(days=41 if order == 5 else 28), yuan)
        yield measure.step(workday(day + timedelta(days=75)), 10, f"cadre:{house.village}", "end", result="solved",
                           changed="房屋鉴定为安全，已入住。")  # fmt: skip


# --- what policy gives by right -------------------------------------------------------------------------------------


def _doctors(helped: Sequence[House], since: Mapping[str, date]) -> Iterator[Step]:
    """A contract with a family doctor for every former poor and watched household."""
    for house in helped:
        village = int(house.village[-3:])
        day = date(2021, 1, 11) + timedelta(days=village % 40) if house.poor else since[house.number] + timedelta(1)
        yield _Measure(house, "FAMILY_DOCTOR").enrol(day, len(house.people))


def _grants(houses: Sequence[House], helped: Sequence[House], rng: Random) -> Iterator[Step]:
    """Pre-school and compulsory-education grants of the two terms of 2021, those of a household and kind in one record."""
    first = {house.number for house in helped}
    autumn = date(2021, 9, 1)
    groups: list[tuple[House, str, int]] = []
    for house in houses:
        ages = [one.age(autumn) for one in house.people if one.school and house.kind != "非农户"]
        for item, span in (("COMPULSORY_GRANT", range(6, 16)), ("PRESCHOOL_GRANT", range(3, 6))):
            if children := sum(age in span for age in ages):
                groups.append((house, item, children))
    groups.sort(key=lambda group: (group[0].number not in first, -group[2], group[0].number))
    left, chosen = GRANTS, []
    for house, item, children in groups:
        count = min(2 * children, left)
        if count:
            chosen.append((house, item, count))
        left -= count
    boarding = (GRANTS_SUM - 250 * GRANTS) // 250  # so many grants are for boarders, at twice the amount of 250
    odd = (GRANTS_SUM - 250 * GRANTS) % 250
    for order, (house, item, count) in enumerate(chosen):
        away = min(count, boarding) if item == "COMPULSORY_GRANT" else 0
        boarding -= away
        yuan = 250 * (count + away) + (odd if order == 0 else 0)
        day = workday(date(2021, 11, 1) + timedelta(days=rng.randrange(26)))
        yield _Measure(house, item).enrol(day, (count + 1) // 2, amount=yuan * 100, times=count)


def _taught_at_home(houses: Sequence[House]) -> Iterator[Step]:
    """Four disabled children who are taught at home."""
    for house, child in _at_home(houses):
        day = workday(date(2021, 9, 6) + timedelta(days=int(house.number[-1])))
        yield _Measure(house, "HOME_SCHOOLING").enrol(day, 1, person=child.number)


def _at_home(houses: Sequence[House]) -> list[tuple[House, Person]]:
    autumn = date(2021, 9, 1)
    found = [(house, one) for house in houses if house.kind != "非农户" for one in house.people
             if one.health == "残疾" and 6 <= one.age(autumn) < 16]  # fmt: skip
    return found[:4]


# --- industry -------------------------------------------------------------------------------------------------------


def _industry(helped: Sequence[House], rng: Random) -> Iterator[Step]:
    """The greenhouses of one village, the textile industry of one town, and its two plantation bases."""
    near = sorted(helped, key=lambda house: (house.village != GREENHOUSE_VILLAGE,
                                             house.village[:9] != GREENHOUSE_VILLAGE[:9], house.number))[:22]  # fmt: skip
    for order, (house, persons) in enumerate(
        zip(near, _shared(50, [len(house.people) for house in near]), strict=True)
    ):
        measure = _Measure(house, "GREENHOUSE")
        yield measure.enrol(date(2021, 3, 15), persons)
        yield measure.step(date(2021, 11, 26), 15, measure.office, "earn", earned=(2_400 + order % 7 * 350) * 100)
    town = [house for house in helped if house.village.startswith(TEXTILE_TOWN)]
    weavers = rng.sample([house for house in town if house.poor and able(house, date(2021, 2, 22))], 30)
    for house, hundreds in zip(weavers, _split(8_438, 30, rng), strict=True):
        measure = _Measure(house, "TEXTILE")
        yield measure.enrol(date(2021, 2, 22), 1)
        yield measure.step(date(2021, 12, 9), 15, measure.office, "earn", earned=hundreds * 10_000)
    growers = rng.sample(town, 179)
    shares = _split(9_400, 179, rng)
    persons_each = _shared(287, [len(house.people) for house in growers])
    for house, persons, tens in zip(growers, persons_each, shares, strict=True):
        yield _Measure(house, "PLANTATION").enrol(date(2021, 11, 30), persons, earned=tens * 1_000)


def _shared(total: int, most: Sequence[int]) -> list[int]:
    """At least one for each and no more than its most, so that all make the total."""
    found = [1] * len(most)
    for _ in range(max(most)):
        for place, limit in enumerate(most):
            if sum(found) < total and found[place] < limit:
                found[place] += 1
    return found


def _split(total: int, count: int, rng: Random) -> list[int]:
    """Whole parts that add up to the total, none far from the others."""
    parts = [total // count] * count
    for _ in range(count * 2):
        one, other = rng.sample(range(count), 2)
        moved = rng.randint(0, total // count // 6)
        if parts[one] - moved > total // count // 3:
            parts[one] -= moved
            parts[other] += moved
    parts[0] += total - sum(parts)
    return parts


def _for_watched(houses: Sequence[House], watched: Mapping[str, Sequence[Spell]]) -> Iterator[Step]:
    """Measures by risk for a third of the households in watch and for all who were removed or are to be.

    The last ones are still on their way on 20 December.
    """
    told = sorted(((spell, house) for house in houses for spell in watched.get(house.number, ())),
                  key=lambda told: (told[0].since, told[1].number))  # fmt: skip
    last = date(2021, 12, 17)
    for order, (spell, house) in enumerate(told):
        if order % 3 != 1 and not spell.removing:
            continue
        item, risk, aim = (_WORKS if able(house, spell.since) and order % 2 else _SUPPORT)[order // 3 % 2]
        measure, day = _Measure(house, item, f"{item}-{spell.since}"), workday(spell.since + timedelta(days=3))
        money = {"granted": 300_000} if item in ("MEDICAL_RELIEF", "RELIEF") else {}
        way = [measure.plan(day, risk, aim, 1, **money), measure.approve(day + timedelta(days=2 + order % 3))]
        done = workday(day + timedelta(days=14))
        if money:
            way.append(measure.pay(done, 3_000))
        else:
            way.append(measure.step(done, 15, f"cadre:{house.village}", "deliver", done="已按计划落实。"))
        way.append(measure.step(workday(day + timedelta(days=160)), 10, f"cadre:{house.village}", "end", result="better",
                                changed="收入比认定时增加，能够自主应对。"))  # fmt: skip
        yield from (step for step in way if step.at.date() <= last)


def _half_way(homes: Sequence[House], home: str) -> Iterator[Step]:
    """Measures that stand half way on the morning of 20 December, one of them late; one refused, one given up.

    The houses nearest to `home`, the village of the demo's log-ins, come first.
    """
    near = sorted((house for house in homes if able(house, date(2021, 12, 31))),
                  key=lambda house: (house.village != home, house.village[:9] != home[:9]))  # fmt: skip
    kinds = (("TRAINING", "JOB", "参加家政服务技能培训"), ("MEDICAL_RELIEF", "ILLNESS", "住院自付部分申请救助"),
             ("HOUSE_C", "HOUSING", "加固东屋山墙"))  # fmt: skip
    for order, house in enumerate(near[:10]):
        item, risk, aim = kinds[(0, 1, 0, 0, 0, 0, 2, 0, 1, 1)[order]]
        measure = _Measure(house, item, f"{item}-12")
        day = date(2021, 12, (8, 14, 15, 16, 9, 13, 16, 15, 13, 16)[order])
        yield measure.plan(day, risk, aim, **({} if item == "TRAINING" else {"granted": 300_000}))
        if order in (3, 7, 8):
            yield measure.approve(date(2021, 12, 17))
        elif order == 4:
            yield measure.step(date(2021, 12, 10), 11, measure.office, "refuse", reason="本年度已参加过同类培训。")
        elif order == 5:
            yield measure.step(date(2021, 12, 17), 9, f"cadre:{house.village}", "cancel", reason="本人已外出务工。")


# --- villages and policies ------------------------------------------------------------------------------------------


def _village_works(villages: Sequence[str]) -> Iterator[Step]:
    """Projects and facilities: a greenhouse project with its employees, two bus lines, two bases, clinics, water works."""

    def enter(day: date, who: str, village: str, kind: str, name: str, since: str, file: str = "", **more: Any) -> Step:
        given = {"kind": kind, "name": name, "since": since, **more}
        return Step(
            at(day, 10, int(village[-2:]) % 60), who, village, "village_works", "enter", given, file=file or kind
        )

    cadre = f"cadre:{GREENHOUSE_VILLAGE}"
    yield enter(date(2021, 1, 12), cadre, GREENHOUSE_VILLAGE, "GREENHOUSE", "村产业大棚项目", "2019-10-01")
    for order, hired in enumerate((118, 96, 104, 87, 79, 92, 68, 52)):
        yield Step(at(date(2021, 2 + order, 24), 16), cadre, GREENHOUSE_VILLAGE, "village_works", "employ",
                   {"hired": hired}, file="GREENHOUSE")  # fmt: skip
    for line in ("56路", "58路"):
        yield enter(date(2021, 1, 12), cadre, GREENHOUSE_VILLAGE, "BUS_LINE", f"{line}公交线路", "2018-05-01", line)
    for village, mu, name in PLANTATIONS:
        yield enter(date(2021, 1, 13), f"cadre:{village}", village, "PLANTATION", name, "2020-03-01", mu=mu)
    for order, village in enumerate(villages):
        yield enter(date(2021, 1, 18 + order % 5), "department:health", village, "CLINIC", "村卫生室", "2017-01-01",
                    standard=True)  # fmt: skip
    for order, village in enumerate(villages[4::12][:6]):
        yield enter(
            date(2021, 1, 25), "department:water", village, "WATER_WORK", "村集中供水工程", "2014-06-01", standard=True
        )
        yield Step(at(workday(date(2021, 3 + order, 17)), 16), "department:water", village, "village_works", "maintain",
                   {"done": "清洗蓄水池，更换水泵和消毒设备。"}, file="WATER_WORK")  # fmt: skip

    old = villages[9]
    yield enter(
        date(2019, 5, 20), "department:water", old, "WATER_WORK", "村供水站（旧）", "2008-06-01", "old", standard=False
    )
    yield Step(at(date(2020, 9, 15), 16), "department:water", old, "village_works", "close",
               {"reason": "并入镇区集中供水，停用旧站。"}, file="old")  # fmt: skip


def _policies() -> Iterator[Step]:
    """The register of help policies at the beginning of the transition, and what became of each in 2021."""
    what = {"keep": {}, "improve": {"what": "监测对象随认定随享受，不再等下一批次。"},
            "adjust": {"what": "由全额补助改为分类定额补助。", "reason": "过渡期内逐步转为常态化政策。"}}  # fmt: skip
    for order, (office, kind, title, gives, became) in enumerate(_POLICIES):
        day, who = (
            workday(date(2020, 12, 14) + timedelta(days=order)),
            "lead" if office == "lead" else f"department:{office}",
        )
        given = {"kind": kind, "title": title, "gives": gives, "since": "2020-01-01"}
        yield Step(at(day, 10), who, office, "policy_register", "enter", given, file=title)
        told = workday(date(2021, 6, 1) + timedelta(days=order * 3))
        yield Step(at(told, 10), who, office, "policy_register", became, what[became], file=title)
    ended = {"kind": "RELOCATION", "title": "易地扶贫搬迁", "gives": "有搬迁任务的建档立卡户", "since": "2016-01-01"}
    yield Step(
        at(date(2020, 12, 14), 11), "lead", "development_reform", "policy_register", "enter", ended, file="moved"
    )
    yield Step(at(date(2021, 1, 18), 11), "lead", "development_reform", "policy_register", "stop",
               {"reason": "搬迁任务已全部完成，后续扶持转入常规政策。"}, file="moved")  # fmt: skip
