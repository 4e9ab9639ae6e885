"""What becomes of a watched household's case when the household moves, splits, merges, or loses its head or everybody."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db.models import Sum

from taizhang.core import access, editions, folding
from taizhang.core.models import Case, Fact, HouseholdVersion, Membership, Turn
from taizhang.kit.refusal import NotFound
from taizhang.ledger import loop
from tests import district, lives
from tests.conftest import FixedClock
from tests.core.county import FAR, NEIGHBOUR, VILLAGE
from tests.lives import Life

pytestmark = pytest.mark.django_db
MONITORING = "household_monitoring"


@pytest.fixture
def life(clock: FixedClock) -> Life:
    """The district and its procedure."""
    made = district.build(clock.now())
    editions.install(clock=clock)
    return lives.build(made)


def member(home: uuid.UUID, at: int) -> str:
    """A member by the order in which they came; the head is 0."""
    rows = Membership.objects.filter(household=home, valid_to=None).order_by("pk")
    return str(rows[at].resident_id)


def clue(home: uuid.UUID) -> Case:
    """The one open case of monitoring of a household."""
    return Case.objects.get(household=home, ledger=MONITORING, closed=None)


def says(case: Case, key: str) -> Any:
    """A field of a case, unsealed."""
    return folding.state(case, editions.pinned(case.edition_id), case.opened).fields.get(key)


def watched_in(area: str) -> int:
    """How many households an area counts as watched."""
    rows = Fact.objects.filter(ledger=MONITORING, indicator="households").filter(access.within("area_path", [area]))
    return rows.aggregate(sum=Sum("num"))["sum"] or 0


# --- moving ---------------------------------------------------------------------------------------------------------


def test_a_watched_household_that_moves_is_owed_by_the_new_village_from_that_day(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    case = life.watched(home)
    written = [entry.body for entry in Case.objects.get(pk=case).entries.order_by("n")]
    assert access.case_for(life.who("cadre"), case).area_path == VILLAGE
    life.change(home, "MOVE", "move", to_area=FAR)
    assert access.case_for(life.who("stranger"), case).area_path == FAR
    assert access.case_for(life.who("other_reviewer"), case).area_path == FAR
    with pytest.raises(NotFound):
        access.case_for(life.who("reviewer"), case)
    assert {turn.owes_path for turn in Turn.objects.filter(case=case).exclude(owes_level="")} <= {FAR, FAR[:9], FAR[:6]}
    assert [entry.body for entry in Case.objects.get(pk=case).entries.order_by("n")] == written  # old entries stay
    assert '"area":"410503100201"' in written[-1]


def test_the_figures_of_a_household_that_moves_move_with_it(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    life.watched(home)
    assert (watched_in(VILLAGE), watched_in(FAR), watched_in("410503")) == (1, 0, 1)
    life.change(home, "MOVE", "move", to_area=FAR)
    assert (watched_in(VILLAGE), watched_in(FAR), watched_in("410503")) == (0, 1, 1)


def test_a_clue_that_moves_keeps_its_days(life: Life) -> None:
    home = life.household()
    case = life.report(home)
    before = dict(Turn.objects.filter(case=case).values_list("clock", "red_at"))
    life.change(home, "MOVE", "move", to_area=NEIGHBOUR)
    assert dict(Turn.objects.filter(case=case).values_list("clock", "red_at")) == before
    assert Turn.objects.get(case=case, clock="visit").owes_path == NEIGHBOUR


# --- splitting and merging ------------------------------------------------------------------------------------------


def test_a_watched_household_that_splits_keeps_its_case_and_the_other_part_is_a_clue(life: Life) -> None:
    home = life.household(names=("李兰", "王荷", "李禾"))
    case = life.watched(home)
    gone = member(home, 2)
    life.change(home, "SPLIT", "split", leaving=[gone])
    other = Membership.objects.get(resident=uuid.UUID(gone), valid_to=None).household_id
    kept, found = Case.objects.get(pk=case), clue(other)
    assert (kept.household_id, kept.stage, kept.n) == (home, "watched", kept.entries.count())
    assert (found.stage, found.parent_id, found.area_path) == ("clue", case, VILLAGE)
    assert kept.number in says(found, "hint")
    assert Turn.objects.get(case=found, clock="visit").owes_path == VILLAGE
    life.visit(other, found.pk)


def test_a_household_without_a_case_splits_without_a_clue(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    life.change(home, "SPLIT", "split", leaving=[member(home, 1)])
    assert not Case.objects.filter(ledger=MONITORING).exists()


def test_a_watched_household_that_merges_waits_for_its_exit_and_the_other_is_a_clue(life: Life) -> None:
    home, into = life.household(names=("李兰",)), life.household(names=("王麦", "赵禾"))
    case = life.watched(home)
    life.change(home, "MERGE", "merge", into=str(into))
    gone, found = Case.objects.get(pk=case), clue(into)
    assert (gone.stage, gone.household_id, found.stage, found.parent_id) == ("leaving", home, "clue", case)
    assert says(gone, "exit") == "MERGED"
    assert Turn.objects.get(case=case, clock="exit").owes_level == "district"
    life.act_on("lead", case, "confirm_exit")
    assert Case.objects.get(pk=case).stage == "left"


def test_two_watched_households_that_merge_leave_one_case(life: Life) -> None:
    home, into = life.household(names=("李兰",)), life.household(names=("王麦",))
    gone, kept = life.watched(home), life.watched(into)
    life.change(home, "MERGE", "merge", into=str(into))
    assert clue(into).pk == kept
    assert [Case.objects.get(pk=one).stage for one in (gone, kept)] == ["leaving", "watched"]


# --- the head, and everybody ----------------------------------------------------------------------------------------


def test_when_the_head_dies_the_village_is_asked_once_who_is_the_new_one(life: Life) -> None:
    home = life.household(names=("李兰", "王荷", "李禾"))
    life.change(home, "DEATH", "death", member=member(home, 0))
    asked = Case.objects.get(household=home, ledger="register", stage="headless")
    assert Turn.objects.get(case=asked).owes_path == VILLAGE
    life.change(home, "DEATH", "death", member=member(home, 2))
    assert Case.objects.filter(household=home, ledger="register", stage="headless").count() == 1
    new = member(home, 1)
    life.act_on("cadre", asked.pk, "name_head", member=new)
    assert HouseholdVersion.objects.get(household=home, valid_to=None).head_id == uuid.UUID(new)
    assert Case.objects.get(pk=asked.pk).stage == "done"


def test_when_somebody_else_dies_nobody_is_asked(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    life.change(home, "DEATH", "death", member=member(home, 1))
    assert not Case.objects.filter(ledger="register", stage="headless").exists()


def test_when_the_head_splits_off_both_households_have_one(life: Life) -> None:
    home = life.household(names=("李兰", "王荷", "李禾"))
    head = member(home, 0)
    life.change(home, "SPLIT", "split", leaving=[head])
    other = Membership.objects.get(resident=uuid.UUID(head), valid_to=None).household_id
    assert HouseholdVersion.objects.get(household=other, valid_to=None).head_id == uuid.UUID(head)
    assert [case.household_id for case in Case.objects.filter(stage="headless")] == [home]


def test_when_the_last_one_dies_the_county_confirms_the_exit_or_sends_it_back(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    case = life.watched(home)
    second = member(home, 1)
    life.change(home, "DEATH", "death", member=member(home, 0))
    assert Case.objects.get(pk=case).stage == "watched"
    life.change(home, "DEATH", "death", member=second)
    assert Case.objects.get(pk=case).stage == "leaving"
    life.act_on("lead", case, "keep_watching", reason="死亡登记有误")
    assert Case.objects.get(pk=case).stage == "watched"


def test_a_clue_in_an_empty_household_stays_with_the_village(life: Life) -> None:
    home = life.household()
    case = life.report(home)
    life.change(home, "DEATH", "death", member=member(home, 0))
    assert Case.objects.get(pk=case).stage == "clue"
    life.act_on("cadre", case, "close_clue", outcome="no_risk", reason="户主病故，户内无人")


def test_what_the_system_did_after_a_change_is_in_the_chain_by_its_own_hand(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    case = life.watched(home)
    life.change(home, "SPLIT", "split", leaving=[member(home, 1)])
    found = Case.objects.get(parent=case, ledger=MONITORING)
    (entry,) = folding.bodies(found)
    assert (entry["hand"], entry["account"], entry["act"]) == ("system", None, "split_off")
    with pytest.raises(loop.Refused):  # nobody does it by hand
        life.act_on("cadre", case, "emptied", exit="DIED", reason="户内无人")
