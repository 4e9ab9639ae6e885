"""Rules on the site's own records: a need that the newest visit found unmet (R19), a helper's visit that is overdue (R20)."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from taizhang.core import editions
from taizhang.core.models import Account, Alert, Appointment, Post, Run, Turn
from taizhang.core.moves import cases, screening
from tests.core.sending import LEDGERS, MEDICAL, Office, office

pytestmark = pytest.mark.slow  # files are imported and screened each time
__all__ = ["office"]  # the fixture
SIX = dict.fromkeys(("food", "clothing", "education", "medical", "housing", "water"), True)


class Paired:
    """An office in which a helper is paired with households."""

    def __init__(self, office: Office, place: Path):
        self.office, self.pairs = office, dict[str, cases.Acted]()
        place.mkdir()
        for name in (*LEDGERS, "pairing"):
            shutil.copy(Path(configured.LIBRARY) / "ledgers" / f"{name}.yaml", place)
        editions.install(clock=office.clock, folder=place)
        post = Post.objects.create(
            role="helper", level="district", area=office.district.areas["410503"],
            organisation=office.district.organisations["medical"], title="区医疗保障局帮扶责任人",
        )  # fmt: skip
        account = Account.objects.create(username="helper", name="周帮", must_change_password=False)
        Appointment.objects.create(post=post, account=account, valid_from=date(2020, 1, 1))
        office.district.accounts["helper"] = account

    def pair(self, number: str) -> None:
        """The helper is paired with a household from today."""
        given = {"helper": str(self.office.district.accounts["helper"].pk), "unit": "medical", "since": "2021-12-20"}
        self.pairs[number] = cases.open_case(
            self.office.who("lead"), "pairing", "pair", subject=self.office.household(number), given=given,
            clock=self.office.clock,
        )  # fmt: skip

    def visit(self, number: str, **answers: Any) -> None:
        """The helper goes there and records the answers."""
        given = {**answers, "note": "见走访记录"}
        cases.act(self.office.who("helper"), self.pairs[number].case, "visit", given=given, clock=self.office.clock)

    def told(self) -> list[tuple[str, str, str]]:
        """Rule, household and sentence of the alerts on own records."""
        rows = list(Alert.objects.filter(rule__in=("R19", "R20")).order_by("day", "rule"))
        said = screening.content_of(rows)
        numbers = {self.office.household(number): number for number in self.pairs}
        return [(row.rule, numbers[row.household_id], said[row.pk]["sentence"]) for row in rows if row.household_id]


@pytest.fixture
def paired(office: Office, tmp_path: Path) -> Paired:
    made = Paired(office, tmp_path / "pairing")
    for number in ("H001", "H003"):
        made.pair(number)
    return made


def test_a_need_found_unmet_is_one_alert_until_its_case_is_closed_and_none_once_it_is_met(paired: Paired) -> None:
    paired.visit("H001", **{**SIX, "housing": False, "water": False})
    paired.visit("H003", **SIX)
    run = paired.office.run()
    assert (run.hits["R19"], run.hits["R20"]) == (1, 0)
    assert {"R19", "R20"}.isdisjoint(one["rule"] for one in run.not_evaluated)
    assert paired.told() == [("R19", "H001", "最近一次走访有2项“两不愁三保障”及饮水未落实。")]
    assert paired.office.case("H001").stage == "clue"
    paired.office.clock.advance(days=1)
    assert paired.office.run().hits["R19"] == 1
    assert len(paired.told()) == 1  # the case that took it is open
    paired.visit("H001", housing=True, water=True)
    paired.office.clock.advance(days=1)
    assert paired.office.run().hits["R19"] == 0


def test_an_overdue_visit_is_one_alert_a_missed_period_with_its_days(paired: Paired) -> None:
    paired.visit("H003", **SIX)
    due = Turn.objects.get(case=paired.pairs["H001"].case, clock="visit").red_at
    assert due is not None
    assert paired.office.run().hits["R20"] == 0
    paired.office.clock.instant = due
    paired.visit("H003", food=True)  # in time again
    assert paired.office.run().hits["R20"] == 1
    paired.office.clock.advance(days=2)
    assert paired.office.run().hits["R20"] == 1
    assert [(rule, number) for rule, number, _ in paired.told()] == [("R20", "H001")]
    assert paired.told()[0][2] == "帮扶走访已超期1天。"
    paired.visit("H001", **SIX)
    paired.office.clock.advance(hours=1)
    assert paired.office.run().hits["R20"] == 0


def test_own_records_count_as_one_department_beside_the_others(paired: Paired) -> None:
    paired.visit("H001", **{**SIX, "water": False})
    paired.office.run()
    assert set(Alert.objects.values_list("rule", "level")) == {("R19", "yellow")}
    paired.office.send("medical", MEDICAL, [paired.office.bill("李兰", 5100)])
    paired.office.run()
    assert Alert.objects.get(rule="R01").level == "red"  # the medical office and the site's own records


def test_the_same_records_again_are_the_same_run(paired: Paired) -> None:
    paired.visit("H001", **{**SIX, "water": False})
    first = paired.office.run()
    assert paired.office.run().repeated
    paired.visit("H003", **{**SIX, "food": False})
    again = paired.office.run()
    assert (again.repeated, again.digest == first.digest, again.hits["R19"]) == (False, False, 2)
    assert Run.objects.count() == 2
