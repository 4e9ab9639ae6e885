"""Rectification from any source: accepted by another hand, put off with a reason, opened again; late at first stays on record."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from taizhang.core.models import Case, Fact
from taizhang.core.moves import cases
from taizhang.kit.refusal import Refusal
from tests.core import duties
from tests.core.duties import Office


@pytest.fixture
def office(db: None) -> Office:
    return duties.build()


def entered(office: Office, source: str = "RESIDENT") -> UUID:
    given = {"source": source, "problem": "窗口无人", "deadline": "2021-11-20"}
    found = cases.open_case(
        office.who("clerk"), "rectification", "enter", subject="water", given=given, clock=office.clock
    )
    person = str(office.people["water"].pk)
    office.act("water", found.case, "plan", measures="排班公示", person=person, deadline="2021-11-18")
    return found.case


def data(case: UUID) -> dict[str, object]:
    return dict(Case.objects.get(pk=case).data)


def at(office: Office, day: int) -> None:
    office.clock.instant = datetime(2021, 11, day, 2, 0, tzinfo=UTC)


def test_a_first_answer_that_came_late_stays_so_after_a_new_deadline(office: Office) -> None:
    case = entered(office)
    at(office, 22)
    office.act("water", case, "report", result="已排班")
    assert data(case)["first_late"] is True
    at(office, 23)
    office.act("clerk", case, "return", reason="下午仍无人", deadline="2021-11-30")
    at(office, 26)
    office.act("water", case, "report", result="全天排班")
    office.act("second", case, "accept")
    assert data(case)["first_late"] is True
    assert Fact.objects.filter(case=case, indicator="first_late").count() == 1


def test_who_let_the_deadline_pass_and_was_given_another_was_late_at_first(office: Office) -> None:
    case = entered(office)
    at(office, 20)
    office.act("clerk", case, "extend", deadline="2021-11-30", reason="设备未到")
    at(office, 25)
    office.act("water", case, "report", result="已排班")
    assert data(case)["first_late"] is True


def test_in_time_is_in_time_though_it_is_put_off_before(office: Office) -> None:
    case = entered(office)
    at(office, 15)
    office.act("clerk", case, "extend", deadline="2021-11-30", reason="设备未到")
    at(office, 25)
    office.act("water", case, "report", result="已排班")
    assert data(case)["first_late"] is False
    with pytest.raises(Refusal):
        office.act("water", case, "accept")
    office.act("second", case, "accept")
    office.act("clerk", case, "reopen", reason="回访又见无人", deadline="2021-12-10")
    assert Case.objects.get(pk=case).stage == "mending"
    assert data(case)["first_late"] is False


def test_the_unit_may_not_choose_a_later_day_than_it_was_given(office: Office) -> None:
    given = {"source": "DUTY", "problem": "签到补签", "deadline": "2021-11-20"}
    found = cases.open_case(
        office.who("clerk"), "rectification", "enter", subject="town", given=given, clock=office.clock
    )
    person = str(office.people["town"].pk)
    with pytest.raises(Refusal) as refused:
        office.act("town", found.case, "plan", measures="补齐", person=person, deadline="2021-11-21")
    assert "期限不能晚于要求的期限" in str(refused.value)
