"""The lived year 2021 as a schedule of steps: who did what to which household at which minute. Pure; `play` acts it out.

Most households are found, visited, reviewed, put on notice and decided in time; some steps are late, some households
withdraw, refuse or are not eligible, some notices meet an objection, and a handful stand half way on 20 December.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from taizhang.demo.people import SEED, House
from taizhang.kit.days import SHANGHAI

COMPARED: Final = ("public_security", "housing", "market", "fiscal")
LAST_WATCHED: Final = date(2021, 12, 13)
_RISKS: Final[Mapping[str, tuple[str, ...]]] = {
    "unstable": ("JOB", "ILLNESS", "LABOUR"), "marginal": ("JOB", "INDUSTRY", "EDUCATION"),
    "sudden": ("ILLNESS", "ACCIDENT", "DISASTER"),
}  # fmt: skip
_HINTS: Final = (
    "入户走访时发现家中主要劳动力近期没有务工", "邻居反映家里看病花费大", "本人到村里申报，收入下降较多",
    "秋季作物受损，收入减少", "孩子上学支出增加，家庭开支紧张",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One act: `who` is a post of the demo (`cadre:CODE`, `second:CODE`, `reviewer:CODE`, `lead`, `department:CODE`)."""

    at: datetime
    who: str
    subject: str  # household number or area code
    ledger: str
    act: str
    given: Mapping[str, Any] = field(default_factory=dict)
    signatures: int = 0
    department: str = ""  # the child case that belongs to this department
    town: str = ""  # the child case that belongs to this town
    file: str = ""  # which case of this ledger, where a subject has several


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant of a Shanghai day."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def schedule(houses: Sequence[House], towns: Sequence[str], seed: int = SEED) -> list[Step]:
    """Every step of the year, in the order of time."""
    rng = Random(f"{seed}-year")  # noqa: S311 - reproducible fiction, not a secret
    steps: list[Step] = []
    watched = [house for house in houses if house.watched]
    for order, house in enumerate(watched):
        begun = date(2021, 1, 4) + timedelta(days=order * 320 // len(watched))
        steps += _Story(house, begun, rng).watched(objection=order % 13 == 5, late=order % 11 == 7)
    others = [house for house in houses if not house.watched and house.kind != "非农户"]
    rng.shuffle(others)
    steps += _closed(others[:64], rng)
    steps += _half_way(others[64:76], rng)
    steps += _rounds(towns, rng)
    steps += _problems(sorted({house.village for house in watched})[:6])
    return sorted(steps, key=lambda step: step.at)


class _Story:
    """The steps of one household, one method per stretch of the procedure."""

    def __init__(self, house: House, begun: date, rng: Random) -> None:
        self.house, self.day, self.rng = house, begun, rng
        self.steps: list[Step] = []

    def add(self, who: str, act: str, hour: int, minute: int = 0, signatures: int = 0, **given: Any) -> None:
        """One act on the story's present day."""
        post = who if who == "lead" else f"{who}:{self.house.village[:9] if who == 'reviewer' else self.house.village}"
        self.steps.append(
            Step(at(self.day, hour, minute), post, self.house.number, "household_monitoring", act, given, signatures)
        )

    def open(self) -> None:
        """A clue, by the household, a cadre or the hotline."""
        self.add(
            "cadre",
            self.rng.choice(("report", "report", "apply")),
            9,
            self.rng.randint(0, 50),
            hint=self.rng.choice(_HINTS),
        )

    def visit(self, days: int) -> None:
        """The visit by two with the signed authorisation, and the question to the departments."""
        self.day += timedelta(days=days)
        self.add("cadre", "visit", 9, 10, **self.findings())
        self.add("second", "cosign", 9, 40, signatures=1)
        self.add("cadre", "authorise", 9, 45, signatures=1, signer=self.house.head.number, covered=len(self.house.people),
                 valid_to="2022-12-31")  # fmt: skip
        self.add("cadre", "compare", 10, 0)

    def findings(self) -> dict[str, Any]:
        """What two visitors write down: income, basic needs, risk, class; money in fen."""
        house, persons = self.house, len(self.house.people)
        kind = house.watched or ("unstable" if house.poor else "marginal")
        net = (house.income if house.watched else self.rng.randint(4_000, 5_900)) * persons * 100
        cost = net // 2_000 * 100
        wage, business, transfer = net // 2, net // 5, net // 10
        risk = self.rng.choice(_RISKS[kind])
        found = {
            "second": f"second:{house.village}", "persons": persons, "wage": wage, "business": business,
            "property": net + cost - wage - business - transfer, "transfer": transfer, "cost": cost, "claims": 0,
            "self_paid": self.rng.randint(0, 60) * 10_000, "housing": True, "education": True, "water": True,
            "insurance": True, "food": True, "clothing": True, "risk_1": risk, "category": kind.upper(),
            "situation": "两人入户，查看住房、饮水和收支凭据，与户主和邻居核对。",
        }  # fmt: skip
        return {**found, "disaster": "FLOOD"} if risk == "DISASTER" else found

    def answers(self, flagged: bool) -> None:
        """Four departments answer; sometimes one finds a record that the village explains."""
        begun = self.day
        for order, code in enumerate(COMPARED):
            day, flag = begun + timedelta(days=1 + order % 2), flagged and order == 0
            given = {"flag": "名下登记农用三轮车一辆"} if flag else {}
            self.steps.append(Step(at(day, 10, 5 * order), f"department:{code}", self.house.number, "comparison",
                                   "answer_flag" if flag else "answer_clear", given, department=code))  # fmt: skip
            if flag:
                why = {"explanation": "2014年购入，用于种地和拉运农资。", "weighs": False}
                self.steps.append(Step(at(day, 16, 20), f"cadre:{self.house.village}", self.house.number, "comparison",
                                       "explain", why, department=code))  # fmt: skip

    def review(self, days: int) -> None:
        """The village meeting in favour."""
        self.day += timedelta(days=days)
        present = self.rng.randint(9, 13)
        against = self.rng.randint(0, 2)
        self.add("cadre", "review", 15, present=present, votes_for=present - against, votes_against=against,
                 votes_abstain=0, minutes="村民代表到会，逐户说明情况后举手表决。")  # fmt: skip

    def post(self, days: int = 0) -> None:
        """The list on the village's notice board."""
        self.day += timedelta(days=days)
        self.add("cadre", "post", 17, 20)

    def object(self) -> None:
        """An objection on the second day of the notice, found groundless two days later."""
        self.day += timedelta(days=2)
        self.add("cadre", "object", 11, objection="有人认为该户有农用车，不应纳入。")
        self.day += timedelta(days=2)
        self.add("reviewer", "dismiss_objection", 10, finding="经镇、村复核，车辆用于生产，收入核算无误。")

    def decide(self, town: int, county: int) -> None:
        """Town review, county approval and the announcement in the town's name."""
        self.day += timedelta(days=town)
        self.add("reviewer", "pass_town", 9, 30)
        self.day += timedelta(days=county)
        self.add("lead", "approve", 10, 30)
        self.day += timedelta(days=1)
        self.add("reviewer", "announce", 9, announced_at="村务公开栏")

    def watched(self, *, objection: bool, late: bool) -> list[Step]:
        """The whole way from a clue to *watched*."""
        self.open()
        self.visit(4 if late else self.rng.randint(1, 3))
        self.answers(flagged=self.rng.random() < 0.12)
        self.review(3)
        self.post()
        if objection:
            self.object()
        self.decide(8 if late else 6, self.rng.randint(0, 1))
        return self.steps


def _closed(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    """Clues that led nowhere, and the side exits: closed, refused, withdrawn, authorisation declined."""
    for order, house in enumerate(houses):
        story = _Story(house, date(2021, 1, 11) + timedelta(days=order * 5), rng)
        story.open()
        if order % 16 == 3:
            story.day += timedelta(days=2)
            story.add("reviewer", "close_data_error", 10, reason="名册中的户主已迁出，线索对应错户。")
        elif order % 16 == 7:
            story.visit(2)
            story.answers(flagged=False)
            story.day += timedelta(days=3)
            story.add("cadre", "withdraw", 11, signatures=1, reason="长子已返乡务工，本户自愿撤回。")
        elif order % 16 == 10:
            story.visit(1)
            story.answers(flagged=True)
            story.day += timedelta(days=4)
            story.add("reviewer", "refuse", 15, refusal="ABLE", reason="支出已由子女分担，家庭能够自主应对。")
            story.day += timedelta(days=2)
            story.add("cadre", "tell", 9, told_on=story.day.isoformat(), told_how="home")
        elif order % 16 == 13:
            story.day += timedelta(days=2)
            story.add("cadre", "visit", 9, **story.findings())
            story.add("second", "cosign", 9, 30, signatures=1)
            story.add("cadre", "decline", 10, reason="户主不同意查询车辆和存款信息。")
        else:
            story.day += timedelta(days=rng.randint(1, 3) + 3 * (order % 9 == 4))
            story.add("cadre", "close_clue", 16, outcome="no_risk", reason="两人入户了解，收入稳定，没有返贫致贫风险。")
        yield from story.steps


def _half_way(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    """Households that stand half way on the morning of 20 December, some late."""
    for order, house in enumerate(houses):
        story = _Story(house, date(2021, 12, 6) + timedelta(days=order % 4), rng)
        if order < 3:
            story.day = date(2021, 12, 15) + timedelta(days=order * 2)
            story.open()
        elif order < 5:
            story.day = date(2021, 12, 15)
            story.open()
            story.visit(order - 2)
        elif order < 7:
            story.open()
            story.visit(2)
            story.answers(flagged=True)
            story.review(3)
        elif order < 10:
            story.open()
            story.visit(1)
            story.answers(flagged=order == 8)
            story.review(3)
            story.post()
        else:
            story.open()
            story.visit(1)
            story.answers(flagged=False)
            story.review(2)
            story.post()
            story.day += timedelta(days=6)
            if story.day <= date(2021, 12, 19):
                story.add("reviewer", "pass_town", 9, 40)
        yield from story.steps


def _rounds(towns: Sequence[str], rng: Random) -> Iterator[Step]:
    """Twelve rounds of monitoring visits, one a month; every town reports, zero being a full answer."""
    for month in range(1, 13):
        first, last = date(2021, month, 1), date(2021, month, 10)
        title = {
            "title": f"2021年第{month}轮集中排查",
            "since": first.isoformat(),
            "until": last.isoformat(),
            "towns": list(towns),
        }
        yield Step(at(first, 9), "lead", "410503", "rounds", "open_round", title)
        for order, town in enumerate(towns):
            given = {"seen": rng.randint(80, 320), "problems": rng.choice((0, 0, 0, 1, 2))}
            yield Step(at(first + timedelta(days=5 + order % 4), 16, order), f"reviewer:{town}", "410503", "rounds", "report",
                       given, town=town)  # fmt: skip
        yield Step(at(last, 17), "lead", "410503", "rounds", "close_round")


def _problems(villages: Sequence[str]) -> Iterator[Step]:
    """Problems of whole villages: repaired by the bureau, verified by the village."""
    for order, village in enumerate(villages):
        day = date(2021, 3 + order, 8)
        given = {"kind": "WATER_STOPPED", "hint": "村内主管道漏水，部分农户停水。", "began": day.isoformat()}
        yield Step(at(day, 9), f"cadre:{village}", village, "village_problems", "report", given)
        mended = day + timedelta(days=4 + order)
        done = {"done": "更换破损管道，恢复供水。", "restored": mended.isoformat()}
        yield Step(at(mended, 15), "department:water", village, "village_problems", "repair", done)
        yield Step(at(mended + timedelta(days=1), 9), f"second:{village}", village, "village_problems", "verify")
