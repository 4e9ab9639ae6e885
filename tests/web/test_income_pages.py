"""The income reckoning as a clerk meets it: what is known stands there, it is reckoned first, a second person confirms."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from taizhang.core.models import Household
    from tests.client import Client
    from tests.district import SmallDistrict

pytestmark = pytest.mark.django_db
Enter = Callable[[str], "Client"]


@pytest.fixture
def grant(people: SmallDistrict, household: Household) -> str:
    """Three thousand yuan of a vocational grant, paid in October and on record; gives the number of the measure."""
    from taizhang.core.clock import Standing
    from taizhang.core.moves import cases
    from tests.conftest import NOW

    given = {"item": "RAIN_DEW", "persons": 1, "amount": 300_000, "times": 2}
    october = NOW.replace(month=10)
    lead = people.actor("lead", october)
    return cases.open_case(
        lead, "assistance", "enrol", subject=household.pk, given=given, clock=Standing(october)
    ).number


def answers(**amounts: Any) -> dict[str, str]:
    """A form as it is sent: purpose, persons, and what stands in the fields of amounts."""
    sent = {"purpose": "yearly", "persons": "3", "key": str(uuid.uuid4())}
    return sent | {name if "-" in name else f"amount-{name}": str(value) for name, value in amounts.items()}


def address(household: Household) -> str:
    return f"/households/{household.pk}/income/"


def test_what_departments_paid_stands_there_with_its_source(enter: Enter, household: Household, grant: str) -> None:
    page = enter("cadre").get(address(household)).content.decode()
    assert 'name="amount-TRANSFER_EDUCATION" value="3,000"' in page
    assert f"{grant} 雨露计划，1笔：3,000 元，2021-10-20" in page
    assert "2020-12 至 2021-11" in page


def test_it_is_reckoned_without_being_kept(enter: Enter, household: Household) -> None:
    from taizhang.core.models import Case, Income

    sent = answers(WAGE_WORK=18000, BUSINESS_GRAIN=5000) | {"look": "1"}
    answer = enter("cadre").post(address(household), sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    for figure in ("18,000", "2,000", "21,000", "7,000", "种粮支出", "6,000，高于"):
        assert figure in page
    assert not Case.objects.exists()
    assert not Income.objects.exists()


def test_a_known_figure_is_changed_with_a_word(enter: Enter, household: Household, grant: str) -> None:
    from taizhang.core.queries import incomes

    clerk = enter("cadre")
    refused = clerk.post(address(household), answers(WAGE_WORK=18000, TRANSFER_EDUCATION=1500))
    assert refused.status_code == 422
    assert "与已有数据不同，请写明理由：教育资助" in refused.content.decode()
    sent = answers(WAGE_WORK=18000, TRANSFER_EDUCATION=1500) | {"note-TRANSFER_EDUCATION": "春季学期已休学"}
    assert clerk.post(address(household), sent).status_code == 302
    (told,) = incomes.history(household)
    assert (told.found.net, told.confirmed, told.case is not None) == (1_950_000, False, True)


def test_a_second_person_confirms_and_the_household_page_says_so(
    enter: Enter, people: SmallDistrict, household: Household
) -> None:
    from taizhang.core.models import Case
    from taizhang.core.subjects import Attributes, of_case
    from tests.conftest import NOW

    assert enter("cadre").post(address(household), answers(WAGE_WORK=30000, SELF_PAID=900)).status_code == 302
    case = Case.objects.get()
    assert Attributes(of_case(case), NOW.date())["income_known"] is False
    town = enter("reviewer")
    assert "由此算出" in town.get(f"/cases/{case.pk}/").content.decode()
    assert town.post(f"/cases/{case.pk}/confirm/", {"key": str(uuid.uuid4())}).status_code == 302
    known = Attributes(of_case(case), NOW.date())
    assert {name: known[f"income_{name}"] for name in ("known", "head", "above", "steady_months", "purpose")} == {
        "known": True, "head": 1_000_000, "above": True, "steady_months": 0, "purpose": "yearly",
    }  # fmt: skip
    page = town.get(f"/households/{household.pk}/").content.decode()
    assert "测试cadre核算，测试reviewer确认" in page
    assert "9,700" in page  # the reference per head: 30,000 less 900, by three


def test_who_reckoned_does_not_confirm(enter: Enter, household: Household) -> None:
    from taizhang.core.models import Case

    town = enter("reviewer")
    assert town.post(address(household), answers(WAGE_WORK=30000)).status_code == 302
    refused = town.post(f"/cases/{Case.objects.get().pk}/confirm/", {"key": str(uuid.uuid4())})
    assert refused.status_code == 422
    assert "核算人不能自己确认" in refused.content.decode()


def test_what_is_sent_back_is_corrected_on_the_same_form(enter: Enter, household: Household) -> None:
    from taizhang.core.models import Case, Income
    from taizhang.core.queries import incomes

    clerk = enter("cadre")
    clerk.post(address(household), answers(WAGE_WORK=30000, BUSINESS_GRAIN=1000))
    case = Case.objects.get()
    enter("reviewer").post(f"/cases/{case.pk}/send_back/", {"key": str(uuid.uuid4()), "reason": "没有扣房租"})
    assert clerk.get(f"/cases/{case.pk}/correct/").headers["Location"] == f"/cases/{case.pk}/income/"
    page = clerk.get(f"/cases/{case.pk}/income/").content.decode()
    assert "退回的理由：没有扣房租" in page
    assert 'name="amount-WAGE_WORK" value="30,000"' in page
    assert 'name="amount-COST_GRAIN" value=""' in page  # a ratio stood in; it is reckoned anew
    sent = answers(WAGE_WORK=24000, BUSINESS_GRAIN=1000) | {"reason": "扣除在外房租"}
    assert clerk.post(f"/cases/{case.pk}/income/", sent).status_code == 302
    assert [told.found.net for told in incomes.history(household)] == [2_460_000]
    assert Income.objects.count() == 2  # the one it replaced stays


def test_the_village_next_door_has_no_such_page(enter: Enter, household: Household) -> None:
    for key, wanted in (("neighbour", 404), ("leader", 404), ("lead", 404), ("reviewer", 200)):
        assert enter(key).get(address(household)).status_code == wanted
    assert enter("cadre").get("/ledgers/income/open/reckon/", {"subject": str(household.pk)}).headers[
        "Location"
    ] == address(household)
