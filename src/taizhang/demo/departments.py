"""What each department knows of the fictional people in December 2021, as plain rows by feed.

Ordinary life stays below every threshold; the households of `Findings` are given what the rules look for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from taizhang.demo.people import SEED, House, Person, later, months_back, workers

Row = dict[str, str | int | date]
DAY: Final = date(2021, 12, 2)  # what departments know in December they know of this day, but for late comers
# households that each rule is to find, beside what the watched ones show anyway
WANTED: Final[Mapping[str, int]] = {
    "R01": 6, "R02": 4, "R03": 6, "R04": 5, "R05": 2, "R06": 3, "R07": 4, "R09": 5, "R10": 2, "R11": 4,
    "R12": 7, "R13": 3, "R14": 4, "R15": 4, "R16": 3, "R17": 3, "R18": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Findings:
    """Which households each rule will find, chosen with the seed; a few stand under two rules of two departments."""

    houses: Mapping[str, tuple[House, ...]]
    dry_villages: tuple[str, ...] = field(default=())

    @classmethod
    def choose(
        cls, houses: Sequence[House], warned: Sequence[House] = (), seed: int = SEED, home: Sequence[House] = ()
    ) -> Findings:
        """Draw the households of every rule among those that fit it; those `warned` of before are left out.

        One of R01 is among `home`, those of the log-ins' village whom nothing else concerns, so that its cadre has an alert to begin with.
        """
        rng = Random(seed + 1)  # noqa: S311 - reproducible fiction, not a secret
        before = {house.number for house in warned}
        free = [house for house in houses if not house.watched and len(house.people) > 1 and house.number not in before]
        rng.shuffle(free)
        near = {house.number for house in home}
        first = next((house for house in free if house.number in near and _FITS["R01"](house)), None)
        free.sort(key=lambda house: house is not first)
        picked: dict[str, tuple[House, ...]] = {}
        for rule, count in WANTED.items():
            fits = [house for house in free if _FITS.get(rule, _anyone)(house)][:count]
            picked[rule] = tuple(fits)
            free = [house for house in free if house not in fits]
        # two departments on one household make a red alert
        picked["R15"] = (*picked["R15"][:-1], picked["R12"][0])
        picked["R04"] = (*picked["R04"][:-1], picked["R01"][0])
        return cls(picked, tuple(sorted({house.village for house in picked["R14"][:2]})))


def _anyone(_: House) -> bool:
    return True


_FITS: Final[Mapping[str, Callable[[House], bool]]] = {
    "R01": lambda house: house.poor,
    "R02": lambda house: not house.poor and house.kind == "一般农户",
    "R05": lambda house: any(7 <= person.age(DAY) <= 14 for person in house.people),
    "R06": lambda house: any(17 <= person.age(DAY) <= 22 for person in house.people),
    "R10": lambda house: any(25 <= person.age(DAY) <= 55 for person in house.people[1:]),
    "R12": lambda house: any(True for _ in workers(house, DAY)),
    "R18": lambda house: house.kind == "一般农户",
}


def _ident(person: Person) -> Row:
    return {"证件号码": person.number, "姓名": person.name}


def _head(house: House) -> Row:
    return {"户主证件号码": house.head.number, "户主姓名": house.head.name}


class Departments:
    """The rows of every feed; one method per feed, each the same for the same seed."""

    def __init__(
        self, houses: Sequence[House], warned: Sequence[House] = (), seed: int = SEED, home: Sequence[House] = ()
    ) -> None:
        self.houses, self.warned = houses, warned
        self.found = Findings.choose(houses, warned, seed, home)
        self.seed = seed

    def _rng(self, feed: str) -> Random:
        return Random(f"{self.seed}-{feed}")  # noqa: S311 - reproducible fiction, not a secret

    def _people(self) -> Iterator[Person]:
        return (person for house in self.houses for person in house.people)

    def feeds(self) -> dict[str, list[Row]]:
        """Every feed by its name."""
        makers: Sequence[tuple[str, Callable[[], list[Row]]]] = (
            ("residents", lambda: self.residents([later(house) for house in self.houses])),
            ("household_income", self.household_income), ("medical", self.medical), ("insured", self.insured),
            ("serious_illness", self.serious_illness), ("disability", self.disability),
            ("schooling", self.schooling), ("housing", self.housing), ("water", self.water),
            ("relief", self.relief), ("deaths", self.deaths), ("accidents", self.accidents),
            ("employment", self.employment), ("disasters", self.disasters), ("farm_losses", self.farm_losses),
            ("loans", self.loans), ("hotline", self.hotline), ("assets", self.assets),
        )  # fmt: skip
        return {name: maker() for name, maker in makers}

    def november(self) -> dict[str, list[Row]]:
        """What the first departments sent in November: news of the households `warned` of, two by two; some had nothing."""
        ill, cards, hurt, ended, called = (self.warned[at : at + 2] for at in range(0, 10, 2))
        return {
            "serious_illness": [{**_ident(house.head), "病种": "恶性肿瘤", "确诊日期": date(2021, 10, 14)} for house in ill],
            "disability": [self._card(house.people[-1], "肢体", "一级", date(2021, 10, 21)) for house in cards],
            "accidents": [{**_ident(house.head), "事故日期": date(2021, 10, 9), "情形": "交通事故"} for house in hurt],
            "relief": [{**_head(house), "救助类别": "农村低保", "开始日期": date(2019, 4, 1), "停止日期": date(2021, 9, 30)}
                       for house in ended],
            "hotline": [{"姓名": house.head.name, "联系电话": house.head.phone, "区划代码": house.village,
                         "日期": date(2021, 10, 28), "内容": "反映家里近来开支大，询问能否申请救助"} for house in called],
            "deaths": [], "disasters": [], "farm_losses": [], "water": [],
        }  # fmt: skip

    def residents(self, houses: Sequence[House]) -> list[Row]:
        """The register of residents as the lead office exports it."""
        return [
            {"户编号": house.number, **_ident(person), "与户主关系": person.relation, "区划代码": house.village,
             "住址": f"{house.group}组", "户类型": house.kind, "健康状况": person.health, "劳动技能": person.skill,
             "在校状况": person.school, "务工月数": person.work_months, "联系电话": person.phone}
            for house in houses for person in house.people
        ]  # fmt: skip

    def household_income(self) -> list[Row]:
        """Reckonings of monitored and former poor households, and of some others."""
        low, rng = set(self.found.houses["R18"]), self._rng("income")
        rows: list[Row] = []
        for house in self.houses:
            if not (house.poor or house.watched or house in low or rng.random() < 0.15):
                continue
            per_head = rng.randint(4_200, 5_900) if house in low else house.income
            total = per_head * len(house.people)
            cost = total * rng.randint(3, 9) // 100
            wage, business = total * 55 // 100, total * 20 // 100
            transfer = total * 12 // 100
            rows.append({
                "户编号": house.number, "核算起": date(2020, 11, 1), "核算止": date(2021, 10, 31), "工资性收入": wage,
                "生产经营性收入": business, "财产性收入": total + cost - wage - business - transfer,
                "转移性收入": transfer, "生产经营性支出": cost, "理赔收入": 0,
                "合规自付支出": rng.randint(0, 1500)})  # fmt: skip
        return rows

    def medical(self) -> list[Row]:
        """Ordinary bills, the large ones of R01 and R02, and a few reversals."""
        rng = self._rng("medical")
        bills = [
            (person, DAY - timedelta(days=rng.randint(1, 420)), "门诊", rng.randint(8, 220))
            for person in self._people()
            for _ in range(rng.choice((0, 1, 2, 3, 4)))
        ]
        reversed_ones = [(person, day, "冲正", -paid) for person, day, _, paid in rng.sample(bills, 12)]
        for rule, low, high in (("R01", 5_100, 9_800), ("R02", 20_400, 36_000)):
            for house in self.found.houses[rule]:
                day = DAY - timedelta(days=rng.randint(20, 200))
                bills.append((house.people[-1], day, "住院", rng.randint(low, high)))
        return [
            {
                **_ident(person),
                "就诊日期": day,
                "就诊类别": kind,
                "总费用": paid * 3,
                "报销金额": paid * 2,
                "个人自付": paid,
            }
            for person, day, kind, paid in bills + reversed_ones
        ]

    def insured(self) -> list[Row]:
        """Everybody is insured for 2021, but one person of each household of R03."""
        missing = {house.people[-1].number for house in self.found.houses["R03"]}
        return [{**_ident(person), "参保年度": "2021年度"} for person in self._people() if person.number not in missing]

    def serious_illness(self) -> list[Row]:
        """New diagnoses of the last months and older ones."""
        rng = self._rng("illness")
        rows: list[Row] = [
            {**_ident(house.people[0]), "病种": rng.choice(("恶性肿瘤", "终末期肾病", "急性心肌梗塞")),
             "确诊日期": DAY - timedelta(days=rng.randint(5, 150))} for house in self.found.houses["R04"]
        ]  # fmt: skip
        ill = [person for person in self._people() if person.health == "患有大病"]
        rows += [{**_ident(person), "病种": "脑卒中", "确诊日期": DAY - timedelta(days=rng.randint(260, 1500))}
                 for person in ill[:60]]  # fmt: skip
        return rows

    def disability(self) -> list[Row]:
        """Cards of everybody who lives with a disability, and the new ones of R11."""
        rng, rows = self._rng("disability"), []
        for person in self._people():
            if person.health == "残疾":
                kind, grade = rng.choice(("肢体", "视力", "听力", "言语")), rng.choice(("1", "二级", "3", "四级"))
                rows.append(self._card(person, kind, grade, DAY - timedelta(days=rng.randint(300, 3000))))
        for at, house in enumerate(self.found.houses["R11"]):
            kind, grade = (("智力", "三级"), ("肢体", "一级"), ("视力", "2"), ("精神", "3级"))[at % 4]
            rows.append(self._card(house.people[-1], kind, grade, DAY - timedelta(days=rng.randint(10, 140))))
        return rows

    @staticmethod
    def _card(person: Person, kind: str, grade: str, day: date) -> Row:
        digits = {"视力": "1", "听力": "2", "言语": "3", "肢体": "4", "智力": "5", "精神": "6"}[kind]
        grade_digit = {"一": "1", "二": "2", "三": "3", "四": "4"}.get(grade[0], grade[0])
        return {"证件号码": person.number + digits + grade_digit, "姓名": person.name, "残疾类别": kind,
                "残疾等级": grade, "发证日期": day}  # fmt: skip

    def schooling(self) -> list[Row]:
        """Pupils and students; some of R05 are absent, some of R06 pay much."""
        absent = {house.number: house for house in self.found.houses["R05"]}
        dear = {house.number for house in self.found.houses["R06"]}
        rng, rows = self._rng("schooling"), []
        for house in self.houses:
            for person in house.people:
                age = person.age(DAY)
                if not 6 <= age <= 22 or (age > 18 and house.number not in dear):
                    continue
                stage = "小学" if age < 12 else "初中" if age < 15 else "高中" if age < 18 else "大学"
                state = "辍学" if house.number in absent and 7 <= age <= 14 else "在读"
                cost = rng.randint(11_200, 16_000) if house.number in dear and age >= 17 else rng.randint(0, 1_800)
                rows.append({**_ident(person), "学段": stage, "学籍状态": state,
                             "状态日期": DAY - timedelta(days=rng.randint(10, 100)), "学年自付费用": cost})  # fmt: skip
        return rows

    def housing(self) -> list[Row]:
        """Assessed houses: old ones safe or rebuilt, and the new findings of R07, graded after 14 December 2021."""
        rng, rows = self._rng("housing"), []
        for house in self.houses:
            if house.poor or house.watched:
                graded = DAY - timedelta(days=rng.randint(300, 900))
                grade = rng.choice(("A", "B", "B", "C级"))
                done = graded + timedelta(days=rng.randint(60, 250)) if grade == "C级" else ""
                rows.append({**_head(house), "房屋等级": grade, "鉴定日期": graded, "改造完成日期": done})
        for at, house in enumerate(self.found.houses["R07"]):
            rows.append({**_head(house), "房屋等级": "D级" if at % 2 else "C", "鉴定日期": date(2021, 12, 15 + at % 2),
                         "改造完成日期": ""})  # fmt: skip
        return rows

    def water(self) -> list[Row]:
        """Two villages without water, and interruptions that were mended."""
        rows: list[Row] = [{"区划代码": code, "情形": "水泵损坏停水", "开始日期": date(2021, 12, 16), "恢复日期": ""}
                           for code in self.found.dry_villages]  # fmt: skip
        rows.append(
            {"区划代码": "410503100", "情形": "管网检修", "开始日期": date(2021, 8, 3), "恢复日期": date(2021, 8, 4)}
        )
        return rows

    def relief(self) -> list[Row]:
        """Relief that runs on, ended without renewal, or began lately."""
        rng, rows = self._rng("relief"), []
        for house in self.houses:
            if house.poor and rng.random() < 0.4:
                rows.append(
                    {
                        **_head(house),
                        "救助类别": "农村低保",
                        "开始日期": date(2019, rng.randint(1, 12), 1),
                        "停止日期": "",
                    }
                )
        for at, house in enumerate(self.found.houses["R09"]):
            ended = at % 2 == 0
            start = date(2020, 3, 1) if ended else DAY - timedelta(days=rng.randint(10, 60))
            stop = DAY - timedelta(days=rng.randint(10, 55)) if ended else ""
            rows.append(
                {
                    **_head(house),
                    "救助类别": "临时救助" if not ended else "城市低保",
                    "开始日期": start,
                    "停止日期": stop,
                }
            )
        return rows

    def deaths(self) -> list[Row]:
        """Deaths of the autumn: of people of working age (R10) and of old ones."""
        rng, rows = self._rng("deaths"), []
        for house in self.found.houses["R10"]:
            person = next(person for person in house.people[1:] if 25 <= person.age(DAY) <= 55)
            rows.append({**_ident(person), "死亡日期": DAY - timedelta(days=rng.randint(10, 150))})
        old = [p for h in self.houses if not h.watched and not h.poor for p in h.people[1:] if p.age(DAY) > 78]
        rows += [{**_ident(person), "死亡日期": DAY - timedelta(days=rng.randint(10, 300))} for person in old[:18]]
        return rows

    def accidents(self) -> list[Row]:
        """Accidents of the last quarter and older ones."""
        rng = self._rng("accidents")
        recent = [(house.people[0], rng.randint(3, 65)) for house in self.found.houses["R13"]]
        older = [(person, rng.randint(100, 600)) for person in rng.sample(list(self._people()), 30)]
        return [
            {**_ident(person), "事故日期": DAY - timedelta(days=days), "情形": "交通事故"}
            for person, days in recent + older
        ]

    def employment(self) -> list[Row]:
        """Social-insurance months of who works away; in the households of R12 they stopped months ago."""
        stopped, rng, rows = set(self.found.houses["R12"]), self._rng("employment"), []
        for house in self.houses:
            for person in workers(house, DAY):
                firm = rng.choice(("安阳示例纺织厂", "彰北示例物流部", "洹滨示例家政服务社", "北关示例建材行"))
                last = rng.randint(4, 9) if house in stopped else rng.randint(0, 1)
                for months, state in ((last, "离职" if house in stopped else "在职"), (last + 2, "在职")):
                    rows.append(
                        {
                            **_ident(person),
                            "单位": firm,
                            "最近参保月份": f"{months_back(DAY, months):%Y-%m}",
                            "状态": state,
                        }
                    )
        return rows

    def disasters(self) -> list[Row]:
        """Losses of the July flood that were registered late in the year."""
        rng = self._rng("disasters")
        return [{**_head(house), "灾种": "洪涝", "发生日期": date(2021, 7, 22), "损失金额": rng.randint(2_000, 18_000)}
                for house in self.found.houses["R14"]]  # fmt: skip

    def farm_losses(self) -> list[Row]:
        """Crop and livestock losses."""
        rng = self._rng("farm")
        return [{**_head(house), "项目": rng.choice(("秋季玉米", "蛋鸡", "设施蔬菜")),
                 "日期": DAY - timedelta(days=rng.randint(20, 150)), "损失金额": rng.randint(1_500, 9_000)}
                for house in self.found.houses["R15"]]  # fmt: skip

    def loans(self) -> list[Row]:
        """Small loans of former poor households; those of R16 are overdue."""
        rng, rows, overdue = self._rng("loans"), [], set(self.found.houses["R16"])
        for house in self.houses:
            if house in overdue or (house.poor and rng.random() < 0.2):
                late = house in overdue
                start = DAY - timedelta(days=rng.randint(420, 700))
                due = DAY - timedelta(days=rng.randint(35, 120)) if late else DAY + timedelta(days=rng.randint(30, 400))
                rows.append({**_ident(house.head), "放款日期": start, "金额": rng.choice((20_000, 30_000, 50_000)),
                             "到期日期": due, "状态": rng.choice(("逾期", "展期")) if late else "正常"})  # fmt: skip
        return rows

    def hotline(self) -> list[Row]:
        """Calls to the hotline: three that name hardship by phone or name, and others nobody can be matched to."""
        rng = self._rng("hotline")
        rows: list[Row] = []
        for house in self.found.houses["R17"]:
            caller = house.head
            rows.append({"姓名": caller.name, "联系电话": caller.phone, "区划代码": house.village,
                         "日期": DAY - timedelta(days=rng.randint(2, 9)), "内容": "反映家中近来生活困难，希望了解帮扶政策"})  # fmt: skip
        for at in range(20):
            rows.append({"姓名": f"来电人{at + 1}", "联系电话": "", "区划代码": "410503", "日期": DAY - timedelta(days=at + 1),
                         "内容": "咨询医保缴费"})  # fmt: skip
        return rows

    def assets(self) -> list[Row]:
        """Vehicles, flats and firms of some households; read only for who has signed an authorisation."""
        rng = self._rng("assets")
        people = [person for house in self.houses for person in house.people[:2] if person.age(DAY) >= 20]
        kinds = ("机动车", "不动产", "市场主体", "财政供养")
        return [{**_ident(person), "资产类别": rng.choice(kinds), "登记日期": date(rng.randint(2008, 2020), 6, 1)}
                for person in rng.sample(people, 400)]  # fmt: skip
