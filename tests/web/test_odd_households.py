"""Households that no form foresaw: nobody in them, no head or two, a dead head, moved or split while something runs.

Every page that shows one answers, and every act is either done or refused with a sentence.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from taizhang.core.models import Case, Household, HouseholdVersion, Membership, Notice, Turn
from taizhang.core.queries import household as households
from taizhang.kit.refusal import Refusal
from taizhang.ledger import loop
from tests import lives
from tests.client import Client
from tests.core.county import FAR, NEIGHBOUR
from tests.lives import Life

pytestmark = pytest.mark.django_db
Enter = Callable[[str], Client]
READERS = ("cadre", "lead")


@pytest.fixture
def life(people: Any) -> Life:
    """The district and its procedure."""
    return lives.build(people)


def looked_at(enter: Enter, home: uuid.UUID, *case_ids: uuid.UUID) -> None:
    """Open every page that shows a household or its cases, as each of those who may; all of them answer."""
    for key in READERS:
        client = enter(key)
        addresses = [
            "/", f"/households/{home}/", f"/households/{home}/papers/", "/ledgers/household-monitoring/", "/search/?q=李兰",
        ]  # fmt: skip
        for case_id in case_ids:
            case = Case.objects.get(pk=case_id)
            addresses.append(f"/cases/{case_id}/")
            page = client.get(f"/cases/{case_id}/").content.decode()
            found = {part.split('"')[0] for part in page.split(f'href="/cases/{case_id}/')[1:]}
            addresses += [f"/cases/{case_id}/{act}" for act in found if not act.startswith("correct")]
            addresses += [f"/notices/{notice.pk}/" for notice in Notice.objects.filter(case=case)]
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code in (200, 404), (key, address, answer.status_code)
            assert answer.status_code == 200 or address.startswith("/notices/"), (key, address)


def test_a_household_without_a_head_goes_all_the_way(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷"))
    Membership.objects.filter(household=home).update(relation="其他")
    HouseholdVersion.objects.filter(household=home).update(head=None, sort_key="")
    case = life.watched(home)
    life.helped(home)
    looked_at(enter, home, case)
    life.removed(home, case)
    looked_at(enter, home, case)
    assert Case.objects.get(pk=case).stage == "removed"


def test_a_household_without_members_is_shown_and_its_clue_can_be_closed(life: Life, enter: Enter) -> None:
    home = life.household(names=())
    case = life.report(home)
    life.visit(home, case)
    looked_at(enter, home, case)
    with pytest.raises(loop.Refused):
        life.act_on("cadre", case, "authorise", signatures=1, covered=1, valid_to="2024-12-31")
    life.act_on("cadre", case, "close_clue", outcome="no_risk", reason="名册上没有人")
    looked_at(enter, home, case)


def test_a_household_in_which_everybody_died_leaves_monitoring(life: Life, enter: Enter) -> None:
    home = life.household()
    case = life.watched(home)
    person = str(Membership.objects.get(household=home).resident_id)
    with pytest.raises(loop.Refused):
        life.act_on("cadre", case, "report_exit", exit="DIED", reason="独居老人病故")
    life.change(home, "DEATH", "death", member=person)
    assert Case.objects.get(pk=case).stage == "leaving"
    looked_at(enter, home, case)
    with pytest.raises(loop.Refused):
        life.removal(home, case)
    life.act_on("lead", case, "confirm_exit")
    looked_at(enter, home, case)
    assert Case.objects.get(pk=case).stage == "left"


def test_a_dead_head_stops_nothing(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷"))
    head = Membership.objects.get(household=home, relation="户主").resident_id
    case = life.report(home)
    life.visit(home, case)
    life.change(home, "DEATH", "death", member=str(head))
    looked_at(enter, home, case)
    signer = Membership.objects.filter(household=home).exclude(resident=head).get().resident_id
    life.act_on("cadre", case, "authorise", signatures=1, signer=str(signer), covered=1, valid_to="2024-12-31")
    assert Case.objects.get(pk=case).stage == "authorised"
    looked_at(enter, home, case)


def test_two_heads_are_both_shown_and_the_household_goes_its_way(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷"))
    Membership.objects.filter(household=home).update(relation="户主")
    case = life.watched(home)
    looked_at(enter, home, case)
    page = households.page(life.who("cadre"), home, life.clock.now())
    assert {one.name for one in page.members} == {"李兰", "王荷"}
    assert page.head in {"李兰", "王荷"}


@pytest.mark.parametrize("to", [NEIGHBOUR, FAR])
def test_a_household_that_moves_in_the_middle_of_a_notice_takes_its_case_along(
    life: Life, enter: Enter, to: str
) -> None:
    home = life.household(names=("李兰", "王荷"))
    case = life.report(home)
    life.visit(home, case)
    life.authorise(home, case)
    life.post(case)
    life.change(home, "MOVE", "move", to_area=to)
    row = Case.objects.get(pk=case)
    assert row.area_path == to
    assert set(Turn.objects.filter(case=case).values_list("owes_path", flat=True)) <= {to, to[:9], to[:6]}
    for key in ("neighbour", "stranger", "reviewer", "other_reviewer", "lead"):
        for address in ("/", f"/households/{home}/", f"/cases/{case}/", "/notices/"):
            assert enter(key).get(address).status_code in (200, 404), (key, address)
    town = "reviewer" if to == NEIGHBOUR else "other_reviewer"
    life.clock.advance(days=6)
    life.act_on(town, case, "pass_town")
    life.act_on("lead", case, "approve")
    life.act_on(town, case, "announce")
    assert Case.objects.get(pk=case).stage == "watched"


def test_a_household_that_splits_while_watched_stays_watched_and_the_new_one_is_its_own(
    life: Life, enter: Enter
) -> None:
    home = life.household(names=("李兰", "王荷", "李禾"))
    case = life.watched(home)
    leaving = Membership.objects.filter(household=home).exclude(relation="户主").order_by("pk").last()
    assert leaving is not None
    life.change(home, "SPLIT", "split", leaving=[str(leaving.resident_id)])
    other = Membership.objects.get(resident=leaving.resident_id, valid_to=None).household_id
    assert other != home
    looked_at(enter, home, case)
    looked_at(enter, other)
    assert Case.objects.get(pk=case).household_id == home
    second = Case.objects.get(household=other, ledger="household_monitoring").pk
    looked_at(enter, other, second)
    life.helped(home)
    life.removed(home, case)
    assert Case.objects.get(pk=case).stage == "removed"


def test_a_household_that_splits_away_everybody_who_can_work_is_not_marked_removed(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷"))
    case = life.watched(home)
    life.helped(home)
    head = Membership.objects.get(household=home, relation="户主").resident_id
    life.change(home, "DEATH", "death", member=str(head))
    other = Membership.objects.filter(household=home).exclude(resident=head).get().resident_id
    life.change(home, "LEAVE", "leave", member=str(other))
    with pytest.raises(loop.Refused) as refused:
        life.removal(home, case)
    assert "整户没有劳动力的继续监测" in refused.value.text.zh
    looked_at(enter, home, case)


def test_a_household_that_no_version_describes_is_absent_and_breaks_no_list(life: Life, enter: Enter) -> None:
    home = Household.objects.create(area=life.areas["410503100201"], area_path="410503100201").pk
    for key in READERS:
        assert enter(key).get(f"/households/{home}/").status_code == 404
        assert enter(key).get("/households/").status_code == 200
    case = life.report(home)
    looked_at(enter, home, case)


def test_a_roll_back_is_refused_while_a_newer_spell_is_open(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷"))
    first = life.watched(home)
    life.helped(home)
    life.removed(home, first)
    second = life.report(home)
    with pytest.raises(Refusal) as refused:
        life.act_on("lead", first, "roll_back", reason="消除不当")
    assert refused.value.code == "already_open"
    life.act_on("cadre", second, "close_clue", outcome="no_risk", reason="收入稳定")
    assert life.act_on("lead", first, "roll_back", reason="消除不当").stage == "watched"
    looked_at(enter, home, first, second)


def test_the_story_of_a_household_is_told_in_order_over_two_spells_with_money(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    first = life.watched(home)
    life.helped(home)
    life.removed(home, first)
    life.clock.advance(days=30)
    second = life.watched(home)
    page = households.page(life.who("lead"), home, life.clock.now())
    told = [(event.spell, event.label.zh) for event in page.story]
    assert told == [
        (1, "上报排查线索"), (1, "村内公示"), (1, "以乡镇名义公告"), (0, "提出帮扶措施"), (0, "登记发放"),
        (1, "入户核实，提出风险消除"), (1, "消除村内公示"), (1, "公告并标注风险消除"),
        (2, "上报排查线索"), (2, "村内公示"), (2, "以乡镇名义公告"),
    ]  # fmt: skip
    assert [event.at for event in page.story] == sorted(event.at for event in page.story)
    paid = next(event for event in page.story if event.label.zh == "登记发放")
    assert (paid.amount, paid.times) == (120_000, 2)
    assert {event.light for event in page.story} == {"green", "none"}
    assert [case.data["spell"] for case in Case.objects.filter(pk__in=(first, second)).order_by("opened")] == [1, 2]


def test_a_late_step_stays_red_in_the_story(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    case = life.report(home)
    life.clock.advance(days=30)
    life.act_on("cadre", case, "close_clue", outcome="no_risk", reason="收入稳定")
    page = households.page(life.who("lead"), home, life.clock.now())
    assert [(event.label.zh, event.light) for event in page.story] == [("上报排查线索", "none"), ("办结线索", "red")]
