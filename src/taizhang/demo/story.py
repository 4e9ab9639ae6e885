"""The story of one household in the demo district, stretch by stretch of the monitoring procedure. Pure; `play` acts it out.

A story has a present day; each stretch adds its acts at their minutes and moves the day on. Whoever writes a schedule
strings stretches together, whole or only to where the household stands on the last morning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from taizhang.demo.people import House, Person
from taizhang.kit.days import SHANGHAI, add_months

COMPARED: Final = ("public_security", "housing", "market", "fiscal")
THREE_KINDS: Final = date(2021, 5, 14)  # from here on three kinds of households are watched (中农组发〔2021〕7号)
_LINES: Final[Mapping[int, int]] = {2020: 5_000, 2021: 6_000}  # yuan per head and year; library/policies.yaml has them
_CATEGORIES: Final[Mapping[str, str]] = {"unstable": "WATCHED_2020", "marginal": "EDGE_2020"}  # what 2020 called them
_RISKS: Final[Mapping[str, tuple[str, ...]]] = {
    "unstable": ("JOB", "ILLNESS", "LABOUR"), "marginal": ("JOB", "INDUSTRY", "EDUCATION"),
    "sudden": ("ILLNESS", "ACCIDENT", "DISASTER"),
}  # fmt: skip
_HINTS: Final = (
    "入户走访时发现家中主要劳动力近期没有务工", "邻居反映家里看病花费大", "本人到村里申报，收入下降较多",
    "秋季作物受损，收入减少", "孩子上学支出增加，家庭开支紧张",
)  # fmt: skip
_BETTER: Final = (
    "两人入户核对：长子在外务工已满半年，家中没有大额支出。", "户主康复后在附近务工，收入和支出凭据齐全。",
    "参加技能培训后稳定就业，帮扶措施已落实，没有新的困难。",
)  # fmt: skip
SAFE: Final[Mapping[str, bool]] = dict.fromkeys(
    ("housing", "education", "water", "insurance", "food", "clothing"), True
)


class Hand(str):
    """A person in a value of a step, by the word of the schedule."""


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
    town: str = ""  # the child case that belongs to this town, or to this village of a town
    file: str = ""  # which case of this ledger, where a subject has several
    cells: tuple[tuple[str, date], ...] = ()  # of a roster, answered together


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant of a Shanghai day."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def workday(day: date) -> date:
    """That day, or the Monday after a weekend."""
    return day + timedelta(days=(7 - day.weekday()) % 7) if day.weekday() > 4 else day


def able(house: House, day: date) -> list[Person]:
    """Members of working age who are out of school."""
    return [one for one in house.people if 18 <= one.age(day) < 60 and not one.school]


class Story:
    """The steps of one spell of a household: one method per stretch of the procedure."""

    def __init__(self, house: House, begun: date, rng: Random) -> None:
        self.house, self.begun, self.day, self.rng = house, begun, begun, rng
        self.kind = house.watched or ("unstable" if house.poor else "marginal")
        self.steps: list[Step] = []

    def add(self, who: str, act: str, hour: int, minute: int = 0, signatures: int = 0, **given: Any) -> None:
        """One act on the story's present day."""
        post = who if who == "lead" else f"{who}:{self.house.village[:9] if who == 'reviewer' else self.house.village}"
        self.steps.append(
            Step(at(self.day, hour, minute), post, self.house.number, "household_monitoring", act, given, signatures)
        )

    def later(self, days: int) -> None:
        """So many days go by."""
        self.day += timedelta(days=days)

    # --- from the clue to *watched* ----------------------------------------------------------------------------------

    def open(self) -> None:
        """A clue, by the household, a cadre or the hotline."""
        act, minute = self.rng.choice(("report", "report", "apply")), self.rng.randint(0, 50)
        self.add("cadre", act, 9, minute, hint=self.rng.choice(_HINTS))

    def visit(self, days: int) -> None:
        """The visit by two with the signed authorisation, and the question to the departments."""
        self.later(days)
        self.look()
        valid = date(self.day.year + 1, 12, 31)
        self.add("cadre", "authorise", 9, 45, signatures=1, signer=self.house.head.number,
                 covered=len(self.house.people), valid_to=valid.isoformat())  # fmt: skip
        self.add("cadre", "compare", 10, 0)

    def look(self) -> None:
        """The visit alone, signed by the second visitor."""
        self.add("cadre", "visit", 9, 10, **self.findings())
        self.add("second", "cosign", 9, 40, signatures=1)

    def findings(self) -> dict[str, Any]:
        """What two visitors write down: income, basic needs, risk, class; money in fen."""
        house, line = self.house, _LINES[self.day.year]
        per_head = house.income if house.watched else self.rng.randint(4_000, 5_900)
        if self.kind != "sudden" and per_head > line:
            per_head = line - self.rng.randint(100, 1_200)
        risk = self.rng.choice(_RISKS[self.kind])
        category = _CATEGORIES[self.kind] if self.day.year == 2020 else self.kind.upper()
        found = {
            **self._money(per_head), **SAFE, "self_paid": self.rng.randint(0, 60) * 10_000,
            "second": f"second:{house.village}", "risk_1": risk, "category": category,
            "situation": "两人入户，查看住房、饮水和收支凭据，与户主和邻居核对。",
        }  # fmt: skip
        return {**found, "disaster": "FLOOD"} if risk == "DISASTER" else found

    def _money(self, per_head: int) -> dict[str, int]:
        """The parts of an income of so many yuan per head, in fen."""
        persons = len(self.house.people)
        net = per_head * persons * 100
        cost = net // 2_000 * 100
        wage, business, transfer = net // 2, net // 5, net // 10
        return {"persons": persons, "wage": wage, "business": business, "transfer": transfer, "cost": cost, "claims": 0,
                "property": net + cost - wage - business - transfer}  # fmt: skip

    def answers(self, flagged: bool, explained: bool = True, unanswered: bool = False) -> None:
        """Four departments answer (or only two of them); sometimes one finds a record, which the village explains."""
        begun = self.day
        for order, code in enumerate(COMPARED[: 2 if unanswered else 4]):
            day, flag = begun + timedelta(days=1 + order % 2), flagged and order == 0
            given = {"flag": "名下登记农用三轮车一辆"} if flag else {}
            self._answer(at(day, 10, 5 * order), f"department:{code}", "answer_flag" if flag else "answer_clear", code,
                         given)  # fmt: skip
            if flag and explained:
                why = {"explanation": "2014年购入，用于种地和拉运农资。", "weighs": False}
                self._answer(at(day, 16, 20), f"cadre:{self.house.village}", "explain", code, why)

    def call_off(self, *codes: str) -> None:
        """The town calls comparisons off that nobody needs any more."""
        for code in codes:
            self._answer(
                at(self.day, 16), f"reviewer:{self.house.village[:9]}", "cancel", code, {"reason": "农户已撤回。"}
            )

    def _answer(self, when: datetime, who: str, act: str, code: str, given: Mapping[str, Any]) -> None:
        self.steps.append(Step(when, who, self.house.number, "comparison", act, given, department=code))

    def review(self, days: int) -> None:
        """The village meeting in favour."""
        self.later(days)
        self.add("cadre", "review", 15, minutes="村民代表到会，逐户说明情况后举手表决。", **self._votes())

    def _votes(self) -> dict[str, int]:
        present, against = self.rng.randint(9, 13), self.rng.randint(0, 2)
        return {"present": present, "votes_for": present - against, "votes_against": against, "votes_abstain": 0}

    def post(self, days: int = 0) -> None:
        """The list on the village's notice board."""
        self.later(days)
        self.add("cadre", "post", 17, 20)

    def object(self) -> None:
        """An objection on the second day of the notice, found groundless two days later."""
        self.later(2)
        self.add("cadre", "object", 11, objection="有人认为该户有农用车，不应纳入。")
        self.later(2)
        self.add("reviewer", "dismiss_objection", 10, finding="经镇、村复核，车辆用于生产，收入核算无误。")

    def pass_town(self, days: int) -> None:
        """The town's review."""
        self.later(days)
        self.add("reviewer", "pass_town", 9, 30)

    def approve(self, days: int) -> None:
        """The county's approval."""
        self.later(days)
        self.add("lead", "approve", 10, 30)

    def refuse(self) -> None:
        """Not eligible: the town says why."""
        self.add("reviewer", "refuse", 15, refusal="ABLE", reason="支出已由子女分担，家庭能够自主应对。")

    def close(self, outcome: str = "no_risk") -> None:
        """Two visitors find no risk, or none that wants more than the help given at once."""
        reason = "两人入户了解，收入稳定，没有返贫致贫风险。" if outcome == "no_risk" else "已协助报销，支出能够承受。"
        self.add("cadre", "close_clue", 16, outcome=outcome, reason=reason)

    def watched(self, *, objection: bool = False, late: bool = False, screened: bool = False) -> None:
        """The whole way from a clue to *watched*; a clue that was `screened` is open already."""
        if not screened:
            self.open()
        self.visit(4 if late else self.rng.randint(1, 3))
        self.answers(flagged=self.rng.random() < 0.12)
        self.review(3)
        self.post()
        if objection:
            self.object()
        self.pass_town(8 if late else 6)
        self.approve(self.rng.randint(0, 1))
        self.later(1)
        self.add("reviewer", "announce", 9, announced_at="村务公开栏")

    # --- from *watched* to *removed* ---------------------------------------------------------------------------------

    def reclassify(self, day: date) -> None:
        """What 2020 called the household is given its name of 2021."""
        self.day = day
        self.add("reviewer", "reclassify", 10, int(self.house.number[-2:]) % 60, category=self.kind.upper(),
                 reason="按2021年三类监测对象重新归类，风险和措施不变。")  # fmt: skip

    def reckon(self, day: date, *, confirmed: bool = True) -> int:
        """The village reckons the income of the last twelve months, the town confirms it; yuan per head."""
        self.day = day
        per_head = _LINES[day.year] + self.rng.randint(1_200, 4_800)
        self._income(per_head, confirmed=confirmed)
        return per_head

    def _income(self, per_head: int, *, confirmed: bool) -> None:
        """One reckoning with its parts over the twelve whole months before."""
        month, parts = self.day.replace(day=1), self._money(per_head)
        lines = [("WAGE_WORK", "wage"), ("BUSINESS_LIVESTOCK", "business"), ("PROPERTY_LAND", "property"),
                 ("TRANSFER_SUBSIDY", "transfer"), ("COST_LIVESTOCK", "cost")]  # fmt: skip
        self.income(
            "reckon", self.day, "cadre", purpose="removal", begins=add_months(month, -12).isoformat(),
            ends=(month - timedelta(days=1)).isoformat(), persons=parts["persons"],
            lines=[{"kind": kind, "amount": parts[part], "origin": "asked", "basis": "查看工资流水、收购单和存折"}
                   for kind, part in lines if parts[part]],
        )  # fmt: skip
        if confirmed:
            self.later(2)
            self.income("confirm", self.day, "reviewer")
            self.later(1)

    def income(self, act: str, day: date, who: str, **given: Any) -> None:
        """One act on the reckoning of this story, an hour apart from the household's other acts."""
        place = self.house.village[:9] if who == "reviewer" else self.house.village
        self.steps.append(
            Step(at(day, 17, 50), f"{who}:{place}", self.house.number, "income", act, given, file=f"{self.begun}")
        )

    def propose_removal(self, per_head: int) -> None:
        """Two visitors find the risk gone; signed by the second."""
        self.add("cadre", "propose_removal", 9, 10, **self._money(per_head), **SAFE, removal="helped",
                 second=f"second:{self.house.village}", self_paid=self.rng.randint(0, 20) * 10_000,
                 steady_months=self.rng.randint(6, 9), costs_eased=True, risks_gone=True, no_new_risk=True,
                 situation=self.rng.choice(_BETTER))  # fmt: skip
        self.add("second", "cosign", 9, 40, signatures=1)

    def review_removal(self, days: int = 3) -> None:
        """The village meeting in favour of the removal."""
        self.later(days)
        self.add("cadre", "review_removal", 15, minutes="到会代表一致认为该户风险已经消除。", **self._votes())

    def keep(self) -> None:
        """The village meeting against the removal."""
        self.later(3)
        self.add("cadre", "review_keep", 15, present=11, votes_for=4, votes_against=7, votes_abstain=0,
                 minutes="代表认为务工刚满半年，收入还不稳。", reason="收入还不够稳定，再观察一段时间。")  # fmt: skip

    def keep_watching(self) -> None:
        """The town sends the proposal back."""
        self.later(2)
        self.add("reviewer", "keep_watching", 10, reason="收入凭据不齐，补齐后再提。")

    def post_removal(self) -> None:
        """The removal on the notice board."""
        self.add("cadre", "post_removal", 17, 20)

    def object_removal(self) -> None:
        """An objection to the removal on the second day of its notice."""
        self.later(2)
        self.add("cadre", "object_removal", 11, objection="有人反映该户仍在还看病的借款。")

    def dismiss_removal(self) -> None:
        """The town finds the objection groundless."""
        self.later(2)
        self.add("reviewer", "dismiss_removal_objection", 10, finding="借款已于上月还清，有收据，消除条件成立。")

    def uphold_removal(self) -> None:
        """The town finds the objection right: the household stays watched."""
        self.later(2)
        self.add("reviewer", "uphold_removal_objection", 10, finding="借款尚未还清，继续监测帮扶。")

    def pass_removal(self, days: int = 6) -> None:
        """The town agrees to the removal."""
        self.later(days)
        self.add("reviewer", "pass_removal", 9, 30)

    def approve_removal(self, days: int = 1) -> None:
        """The county agrees to the removal."""
        self.later(days)
        self.add("lead", "approve_removal", 10, 30)

    def announce_removal(self) -> None:
        """The removal is announced, with who stays the household's contact."""
        self.later(1)
        self.add("reviewer", "announce_removal", 9, contact=f"second:{self.house.village}", announced_at="村务公开栏")

    def removed(self, day: date, *, objection: bool = False) -> None:
        """The whole way from *watched* to *removed*."""
        self.propose_removal(self.reckon(day))
        self.review_removal()
        self.post_removal()
        if objection:
            self.object_removal()
            self.dismiss_removal()
        self.pass_removal(4 if objection else 6)
        self.approve_removal(self.rng.randint(0, 3))
        self.announce_removal()

    def roll_back(self, days: int) -> None:
        """A removal that should not have been made is taken back."""
        self.later(days)
        self.add("lead", "roll_back", 10, reason="抽查发现该户大病支出仍未控制，消除不当，予以回退。")

    def exit(self, day: date, ground: str, reason: str, *, confirmed: bool = True) -> None:
        """A natural exit, reported by the village and confirmed by the lead office."""
        self.day = day
        self.add("cadre", "report_exit", 9, 20, exit=ground, reason=reason)
        if confirmed:
            self.later(2)
            self.add("lead", "confirm_exit", 11)


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Steps in the order of time; those of one minute stay as they were written."""
    return sorted(steps, key=lambda step: step.at)
