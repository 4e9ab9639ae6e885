"""Help as those who give it meet it: hints for planning, measures as money, a helper's households, one shared calendar."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from taizhang.core.models import Account, Household
    from tests.client import Client
    from tests.district import SmallDistrict

pytestmark = pytest.mark.django_db
Enter = Callable[[str], "Client"]
SIX = dict.fromkeys(("food", "clothing", "education", "medical", "housing", "water"), "true")


@pytest.fixture
def helper(people: SmallDistrict) -> Account:
    """A helper of the medical office."""
    from taizhang.core.models import Account, Appointment, Post

    post = Post.objects.create(
        role="helper", level="district", area=people.areas["410503"], organisation=people.organisations["medical"],
        title="区医疗保障局帮扶责任人",
    )  # fmt: skip
    account = Account.objects.create(username="bangfu", name="周帮", must_change_password=False)
    Appointment.objects.create(post=post, account=account, valid_from=date(2020, 1, 1))
    people.accounts["helper"] = account
    return account


@pytest.fixture
def pair(people: SmallDistrict, household: Household, helper: Account) -> uuid.UUID:
    """The helper is paired with the household."""
    given = {"helper": str(helper.pk), "unit": "medical", "since": "2021-12-01"}
    return opened(people, "lead", "pairing", "pair", household, given)


def opened(people: SmallDistrict, key: str, ledger: str, act: str, home: Household, given: dict[str, Any]) -> uuid.UUID:
    from taizhang.core.clock import Standing
    from taizhang.core.moves import cases
    from tests.conftest import NOW

    return cases.open_case(people.actor(key, NOW), ledger, act, subject=home.pk, given=given, clock=Standing(NOW)).case


def sent(**values: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), **values}


def test_a_helper_finds_the_household_and_nothing_beside_it(
    enter: Enter, household: Household, pair: uuid.UUID, clue: uuid.UUID
) -> None:
    client = enter("helper")
    page = client.get("/").content.decode()
    assert "我的结对户" in page
    assert "申稻香户" in page
    assert "您还没有去过" in page
    assert "去过，无变化" not in page  # the first visit answers everything
    assert client.get(f"/households/{household.pk}/").status_code == 200
    assert client.get(f"/cases/{clue}/").status_code == 404  # the clue on it is none of the helper's
    assert client.get("/households/").content.decode().count("申稻香户") == 1


def test_a_visit_on_which_nothing_changed_is_one_step(enter: Enter, household: Household, pair: uuid.UUID) -> None:
    from taizhang.core.models import Entry

    client = enter("helper")
    assert client.post(f"/cases/{pair}/visit/", sent(food="true")).status_code == 422
    assert client.post(f"/cases/{pair}/visit/", sent(**SIX)).status_code == 302
    page = client.get(f"/cases/{pair}/").content.decode()
    assert "无变化，记一次走访" in page
    again = sent(expect="2", then="home")
    for _ in range(2):  # touched twice by mistake: one visit
        assert client.post(f"/cases/{pair}/visit/", again).headers["Location"] == "/"
    assert Entry.objects.filter(case=pair, act="visit").count() == 2
    assert "2021-12-20 的答复，有变化才改。" in client.get(f"/cases/{pair}/visit/").content.decode()
    assert client.post(f"/cases/{pair}/visit/", sent(**SIX | {"water": "false"})).status_code == 422
    assert client.post(f"/cases/{pair}/visit/", sent(water="false", note="水管冻裂")).status_code == 302
    assert "没有做到：饮水安全" in client.get("/").content.decode()


def test_who_went_there_is_told_to_all_who_may_open_the_page(
    enter: Enter, household: Household, pair: uuid.UUID
) -> None:
    enter("helper").post(f"/cases/{pair}/visit/", sent(**SIX))
    page = enter("cadre").get(f"/households/{household.pk}/").content.decode()
    calendar = page[page.index('id="visits"') :]
    assert "周帮（区医疗保障局）" in calendar
    assert "2022年1月31日前，周帮：按期走访" in calendar
    assert "12-20 09:0" in calendar


def test_who_has_handed_over_finds_the_household_no_more(
    enter: Enter, people: SmallDistrict, household: Household, pair: uuid.UUID, helper: Account
) -> None:
    other = str(people.accounts["second_cadre"].pk)
    handing = sent(next_helper=other, next_unit="civil", handed_on="2021-12-20", reason="调动")
    assert enter("lead").post(f"/cases/{pair}/hand_over/", handing).status_code == 302
    client = enter("helper")
    assert "我的结对户" not in client.get("/").content.decode()
    assert client.get(f"/households/{household.pk}/").status_code == 404


def test_planning_names_what_fits_the_risks_and_who_can_work(
    enter: Enter, people: SmallDistrict, household: Household
) -> None:
    address = f"/ledgers/assistance/open/plan/?subject={household.pk}"
    page = enter("cadre").get(address).content.decode()
    assert "户内有 2 名劳动年龄成员" in page
    assert "item=TRAINING" in page
    assert "item=DIBAO" not in page  # somebody can work
    chosen = enter("cadre").get(f"{address}&item=TRAINING").content.decode()
    assert '<option value="TRAINING" selected>' in chosen


def test_measures_stand_as_money_with_their_sum(enter: Enter, people: SmallDistrict, household: Household) -> None:
    for amount in (300_000, 150_000):
        given = {"item": "RAIN_DEW", "persons": 1, "amount": amount, "times": 1, "earned": 100_000}
        opened(people, "lead", "assistance", "enrol", household, given)
    page = enter("cadre").get(f"/households/{household.pk}/").content.decode()
    measures = page[page.index('id="measures"') : page.index('id="spells"')]
    for figure in ("3,000", "1,500", "4,500", "2,000", "雨露计划"):
        assert figure in measures
