"""Whatever is imported, decided and taken back, in any order: the site is what it would be without what was taken back.

Each sequence is lived twice: once as drawn, and once more without the imports that were undone in it. Registers, incomes,
pages and what a screening finds are then equal on every day; alerts and clues rest on nothing that was taken back; what
people have verified stands.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from taizhang.core import enrolled, profiles
from taizhang.core.models import Alert, Case, Entry, Resident
from taizhang.core.moves import cases
from taizhang.core.queries import household
from taizhang.kit import days
from taizhang.work import feeding, harvest, undoing
from tests.core.sending import MEDICAL, NUMBERS, PEOPLE, RESIDENTS, Office, number_of, office

__all__ = ["office"]  # the fixture
pytestmark = pytest.mark.slow
NEWCOMER = ("H005", "周新来", "99050319770707131", "户主", PEOPLE[0][4], "一般农户", "")
EVERYBODY = (*PEOPLE, NEWCOMER)
INCOME = ("户编号", "核算起", "核算止", "工资性收入", "生产经营性收入", "财产性收入", "转移性收入", "生产经营性支出")
HOMES = sorted({row[0] for row in PEOPLE})
Row = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One thing that happens on one day."""

    kind: str  # residents, medical, household_income, undo, visit, close
    rows: tuple[Any, ...] = ()
    of: int = -1  # the import that is undone
    home: str = ""


@dataclass
class Life:
    """A county that lives through steps, one a day, each followed by a screening."""

    office: Office
    batches: dict[int, uuid.UUID] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)

    def live(self, place: int, step: Step) -> None:
        self.office.clock.advance(days=1)
        if step.kind == "undo":
            self.undo(step.of)
            return
        if step.kind in ("visit", "close"):
            self.decide(step)
            return
        got = self.send(step, str(place))
        self.batches[place] = got.batch
        self.office.run()

    def send(self, step: Step, note: str) -> feeding.Received:
        """Send the rows of a step, with a column that nobody reads: no two files are alike to the byte."""
        header: tuple[str, ...] = INCOME
        rows: list[tuple[Any, ...]]
        if step.kind == "residents":
            header = RESIDENTS
            rows = [
                (home, name, number_of(first), relation, area, "1组", kind, "健康", phone)
                for home, name, first, relation, area, kind, phone in step.rows
            ]
        elif step.kind == "medical":
            header, rows = MEDICAL, [self.bill(*row) for row in step.rows]
        else:
            rows = [(home, "2020-10-01", "2021-09-30", wage, 0, 0, 0, 0) for home, wage in step.rows]
        return self.office.send(step.kind, (*header, "备注"), [(*row, note) for row in rows])

    def bill(self, name: str, amount: int, day: int) -> tuple[Any, ...]:
        number = NUMBERS.get(name) or number_of(NEWCOMER[2])
        return (number, name, f"2021-11-{day:02d}", amount)

    def undo(self, of: int) -> None:
        lead, clock = self.office.who("lead"), self.office.clock
        told = undoing.preview(lead, self.batches[of], clock=clock)
        done = undoing.undo(lead, self.batches[of], reason="发错了文件", clock=clock).withdrawn
        made = (len(done.fallen), len(done.restated), len(done.closed), len(done.noted), done.register)
        assert made == (told.fallen, told.restated, told.closed, told.noted, told.register)
        entries = Entry.objects.count()
        undoing.undo(lead, self.batches[of], reason="发错了文件", clock=clock)
        assert Entry.objects.count() == entries

    def decide(self, step: Step) -> None:
        known = Case.objects.filter(ledger="household_monitoring", stage="clue", household__numbers__number=step.home)
        case = known.distinct().first()
        if case is None:
            return
        self.decided.add(step.home)
        if step.kind == "close":
            by = next(
                key
                for key in ("cadre", "neighbour", "stranger")
                if self.office.district.posts[key].area.path == case.area_path
            )
            given = {"outcome": "no_risk", "reason": "核实过，家里没有困难"}
            cases.act(self.office.who(by), case.pk, "close_clue", given=given, clock=self.office.clock)
        else:
            self.office.visit(step.home)

    # -- what there is --

    @property
    def today(self) -> date:
        return days.day_of(self.office.clock.now())

    def register(self, day: date) -> list[tuple[Any, ...]]:
        homes = {home: number for number, home in enrolled.numbers(day).items()}
        people = profiles.people(Resident.objects.values_list("pk", flat=True), day)
        where = profiles.address(list(map(uuid.UUID, homes)), day)
        told = (
            (homes.get(one.household, ""), one.area, one.kind, one.is_head, people[one.resident], where.get(uuid.UUID(one.household)))
            for one in enrolled.on(day)
        )  # fmt: skip
        return sorted(told, key=repr)  # two people of one household may be alike in all that can be compared

    def pages(self) -> dict[str, Any]:
        lead, now = self.office.who("lead"), self.office.clock.now()
        found = {}
        for row in household.listed(lead, now).rows:
            page = household.page(lead, row.household, now)
            members = [(one.name, one.number, one.phone, one.relation) for one in page.members]
            past = [(one.name, one.relation) for one in page.past_members]
            incomes = sorted(
                (one.begins, one.ends, sorted(one.amounts.items())) for one in profiles.incomes(row.household)
            )
            found[page.number] = (page.head, page.kind, page.area, page.address, members, sorted(set(past)), incomes)
        return found

    def hits(self) -> list[tuple[str, ...]]:
        homes = {home: number for number, home in enrolled.numbers(self.today).items()}
        found = harvest.hits(harvest.gather(self.today))
        return sorted((one.rule, homes[str(one.household)], one.level, one.sentence) for one in found if one.household)

    def alerts(self) -> set[tuple[str, str]]:
        rows = Alert.objects.filter(data_error_at=None, household__isnull=False)
        return set(rows.values_list("rule", "household__numbers__number").distinct())

    def clues(self) -> set[str]:
        rows = Case.objects.filter(ledger="household_monitoring", stage="clue")
        return set(rows.values_list("household__numbers__number", flat=True)) - self.decided

    def resting(self) -> set[str]:
        """Households of clues that nobody decided, with an alert that counts."""
        rows = Case.objects.filter(ledger="household_monitoring", stage="clue", alerts__data_error_at=None)
        return set(rows.values_list("household__numbers__number", flat=True)) - self.decided


class Desk(RuleBasedStateMachine):
    """The import desk of a small county."""

    office: Office  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.office.clock.instant
        self.room = transaction.atomic()
        self.room.__enter__()
        self.steps: list[Step] = []
        self.life = Life(self.office)

    def do(self, step: Step) -> None:
        self.life.live(len(self.steps), step)
        self.steps.append(step)

    @rule(
        kinds=st.lists(st.sampled_from(["脱贫户", "一般农户"]), min_size=7, max_size=7),
        phones=st.lists(st.sampled_from(["", "13700000001", "13700000002"]), min_size=7, max_size=7),
        gone=st.sets(st.integers(0, 6), max_size=2),
    )
    def whole_register(self, kinds: list[str], phones: list[str], gone: set[int]) -> None:
        rows = [(*row[:5], kinds[int(row[0][-1])], phones[at]) for at, row in enumerate(EVERYBODY) if at not in gone]
        self.do(Step("residents", tuple(rows)))

    @rule(at=st.integers(0, 5), phone=st.sampled_from(["13600000001", "13600000002"]), moved=st.booleans())
    def mended_row(self, at: int, phone: str, moved: bool) -> None:
        row = PEOPLE[at]
        home = "H003" if moved and row[3] != "户主" else row[0]
        self.do(Step("residents", ((home, *row[1:6], f"{phone[:-2]}{len(self.steps):02d}"),)))

    @rule(
        bills=st.lists(
            st.tuples(st.sampled_from([row[1] for row in EVERYBODY]), st.integers(1, 9)), min_size=1, max_size=3
        )
    )
    def medical(self, bills: list[tuple[str, int]]) -> None:
        rows = tuple(
            (name, 1000 * amount, 1 + (len(self.steps) * 3 + at) % 28) for at, (name, amount) in enumerate(bills)
        )
        self.do(Step("medical", rows))

    @rule(wages=st.dictionaries(st.sampled_from(HOMES), st.sampled_from([3000, 60_000]), min_size=1))
    def incomes(self, wages: dict[str, int]) -> None:
        self.do(Step("household_income", tuple(sorted(wages.items()))))

    @rule(home=st.sampled_from(HOMES), kind=st.sampled_from(["visit", "close"]))
    def decision(self, home: str, kind: str) -> None:
        self.do(Step(kind, home=home))

    def standing(self) -> list[int]:
        gone = {step.of for step in self.steps if step.kind == "undo"}
        return [at for at, _ in enumerate(self.steps) if at in self.life.batches and at not in gone]

    @precondition(lambda self: self.standing())
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        self.do(Step("undo", of=data.draw(st.sampled_from(self.standing()))))

    def teardown(self) -> None:
        """Compare with the life without what was taken back."""
        try:
            if self.steps:
                self._compare()
        finally:
            transaction.set_rollback(True)
            self.room.__exit__(None, None, None)
            self.office.clock.instant = self.begun

    def _compare(self) -> None:
        first = days.day_of(self.begun)
        every = [first + timedelta(days=n) for n in range(len(self.steps) + 1)]
        lived = self._told(self.life, every)
        transaction.set_rollback(True)
        self.room.__exit__(None, None, None)
        self.room = transaction.atomic()
        self.room.__enter__()
        self.office.clock.instant = self.begun
        undone = {step.of for step in self.steps if step.kind == "undo"}
        other = Life(self.office)
        for place, step in enumerate(self.steps):
            if place in undone or step.kind == "undo":
                self.office.clock.advance(days=1)
                self.office.run()
            else:
                other.live(place, step)
        wanted = self._told(other, every)
        decided = self.life.decided | other.decided
        for what in ("register", "pages", "hits"):
            assert lived[what] == wanted[what], what
        hit = {(one[0], one[1]) for one in lived["hits"]}
        assert lived["alerts"] <= wanted["alerts"]
        assert not (wanted["alerts"] - lived["alerts"]) & hit
        assert lived["resting"] == lived["clues"]
        assert lived["clues"] - decided <= wanted["clues"]
        hidden = {home for _, home in wanted["alerts"] - lived["alerts"]}
        assert wanted["clues"] - lived["clues"] - decided <= hidden

    @staticmethod
    def _told(life: Life, every: list[date]) -> Mapping[str, Any]:
        return {
            "register": {day: life.register(day) for day in every}, "pages": life.pages(), "hits": life.hits(),
            "alerts": life.alerts(), "clues": life.clues(), "resting": life.resting(),
        }  # fmt: skip


def test_after_any_sequence_the_site_is_as_if_what_was_taken_back_had_never_come(office: Office) -> None:
    Desk.office = office
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=8, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # sequences are short, and shrinking takes its time
        ),
    )  # fmt: skip
