"""The history of a household on its page: who came and left, moves, splits, merges, deaths; and how it stood on a past day."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from taizhang.core.models import HouseholdVersion, Membership, Resident
from taizhang.core.queries import changes
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from tests import lives
from tests.client import Client
from tests.core.county import FAR, NEIGHBOUR, SINCE
from tests.lives import Life

pytestmark = pytest.mark.django_db
Enter = Callable[[str], Client]


@pytest.fixture
def life(people: Any) -> Life:
    """The district and its procedure."""
    return lives.build(people)


def member(home: uuid.UUID, at: int) -> str:
    """A member by the order in which they came; the head is 0."""
    return str(Membership.objects.filter(household=home, valid_to=None).order_by("pk")[at].resident_id)


def told(life: Life, home: uuid.UUID, key: str = "lead") -> list[tuple[str, tuple[str, ...], str]]:
    """Kind, names and the number of the case (or batch) of every change."""
    found = changes.history(life.who(key), home, life.clock.now())
    return [
        (one.kind, tuple(sorted(person.name for person in one.people)), one.source.number[:2] if one.source else "")
        for one in found
    ]


def yesterday(life: Life) -> date:
    """The day from which a change holds that is decided now."""
    return days.day_of(life.clock.now()) - timedelta(days=1)


def test_a_split_is_told_on_both_sides_with_the_way_to_the_other(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷", "李禾"))
    gone = member(home, 2)
    life.change(home, "SPLIT", "split", leaving=[gone])
    other = Membership.objects.get(resident=uuid.UUID(gone), valid_to=None).household_id
    assert told(life, home) == [("first", ("李兰", "李禾", "王荷"), ""), ("split", ("李禾",), "HB")]
    assert told(life, other) == [("split_new", ("李禾",), "HB")]
    (_, split) = changes.history(life.who("lead"), home, life.clock.now())
    (new,) = changes.history(life.who("lead"), other, life.clock.now())
    assert split.other is not None
    assert new.other is not None
    assert (split.other.household, split.other.head, new.other.household) == (other, "李禾", home)
    assert split.day == new.day == yesterday(life)
    page = enter("cadre").get(f"/households/{home}/").content.decode()
    assert f'href="/households/{other}/"' in page
    assert "分出" in page


def test_a_merge_a_death_and_a_new_head_are_told(life: Life) -> None:
    home, into = life.household(names=("李兰", "王荷")), life.household(names=("赵禾",))
    second = member(home, 1)
    life.change(home, "DEATH", "death", member=member(home, 0))
    life.change(home, "CORRECTION", "correct", item="head", value="王荷", member=second)
    life.change(home, "MERGE", "merge", into=str(into))
    assert told(life, home)[1:] == [
        ("relation", ("李兰",), "HB"),
        ("head", ("王荷",), "HB"),
        ("died", ("李兰",), "HB"),
        ("merged_out", ("王荷",), "HB"),
    ]
    assert told(life, into)[1:] == [("merged_in", ("王荷",), "HB")]  # the dead stay where they died


def test_a_move_a_birth_and_a_departure_are_told(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    life.change(home, "BIRTH", "birth", name="李小满", relation="07")
    life.change(home, "LEAVE", "leave", member=member(home, 1))
    life.change(home, "MOVE", "move", to_area=NEIGHBOUR)
    found = changes.history(life.who("lead"), home, life.clock.now())
    assert [one.kind for one in found] == ["first", "moved", "born", "left"]
    assert (found[1].before, found[1].after) == ("柏庄镇 柏庄村", "柏庄镇 东柏庄村")


def test_the_other_household_is_named_only_to_who_may_see_it(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷"))
    gone = member(home, 1)
    life.change(home, "SPLIT", "split", leaving=[gone])
    other = Membership.objects.get(resident=uuid.UUID(gone), valid_to=None).household_id
    life.change(other, "MOVE", "move", to_area=FAR)
    (_, split) = changes.history(life.who("cadre"), home, life.clock.now())
    assert split.other == changes.Other(None, "", "")
    page = enter("cadre").get(f"/households/{home}/changes/").content.decode()
    assert "不在您辖区的一户" in page
    assert str(other) not in page
    with pytest.raises(NotFound):
        changes.history(life.who("cadre"), other, life.clock.now())


def test_a_household_is_shown_as_it_was_on_a_day(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰", "王荷", "李禾"))
    first = yesterday(life) - timedelta(days=1)
    life.change(home, "SPLIT", "split", leaving=[member(home, 2)])
    life.change(home, "MOVE", "move", to_area=NEIGHBOUR)
    now = days.day_of(life.clock.now())
    before, after = (changes.on_day(life.who("reviewer"), home, day) for day in (first, now))
    assert ([one.name for one in before.members], before.area) == (["李兰", "王荷", "李禾"], "柏庄镇 柏庄村")
    assert ([one.name for one in after.members], after.area) == (["李兰", "王荷"], "柏庄镇 东柏庄村")
    unborn = changes.on_day(life.who("reviewer"), home, SINCE - timedelta(days=1))
    assert (unborn.known, unborn.members) == (False, ())
    client = enter("reviewer")
    page = client.get(f"/households/{home}/changes/?on={first.isoformat()}").content.decode()
    assert "李禾" in page.split('id="changes"')[0]
    page = client.get(f"/households/{home}/changes/?on={now.isoformat()}").content.decode()
    assert "李禾" not in page.split('id="changes"')[0]
    assert "这一天名册里还没有这一户" in client.get(f"/households/{home}/changes/?on=1999-01-01").content.decode()
    for odd in ("", "2021-02-30", "9999-12-31", "x'"):
        assert client.get(f"/households/{home}/changes/", {"on": odd}).status_code == 200


def test_a_child_is_not_named_in_the_history(life: Life, enter: Enter) -> None:
    home = life.household(names=("李兰",))
    life.change(home, "BIRTH", "birth", name="李小满", relation="07")
    page = enter("cadre").get(f"/households/{home}/").content.decode()
    assert "李小满" not in page
    assert "未满 14 岁，不列姓名" in page


def test_what_only_a_withdrawn_import_said_is_not_told(life: Life) -> None:
    home = life.household(names=("李兰", "王荷"))
    assert len(told(life, home)) == 1
    assert Resident.objects.count() == 2
    assert HouseholdVersion.objects.filter(household=home).count() == 1
