"""A supply and a demand meet, with their reasons; nothing is weighed into a score."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from taizhang.kit.text import Text
from taizhang.ledger.matching import Post, compare

SUPPLY = Post(
    "supply", "VEGETABLE", Text("蔬菜", "Vegetables"), "公斤", 800, date(2021, 12, 20), date(2022, 2, 10), "410503100209", "示例村",
)  # fmt: skip
DEMAND = replace(SUPPLY, side="demand", quantity=600, path="410503005201", place="示例社区")


def test_goods_quantity_time_and_place_are_told_as_reasons() -> None:
    match = compare(DEMAND, SUPPLY)
    assert match is not None
    assert [one.zh for one in match.reasons] == [
        "都是蔬菜", "能供 800 公斤，够所需的 600 公斤", "2021-12-20 至 2022-02-10 都在期内，53 天", "都在本区：示例社区、示例村",
    ]  # fmt: skip
    assert (match.fits, match.covered, match.days) == (True, 100, 53)


def test_a_supply_of_a_part_says_how_much_of_it() -> None:
    match = compare(replace(SUPPLY, quantity=400), DEMAND)
    assert match is not None
    assert "能供 400 公斤，是所需 600 公斤的 66%" in [one.zh for one in match.reasons]


def test_posts_that_never_meet_in_time_are_near_and_do_not_fit() -> None:
    match = compare(replace(SUPPLY, until=date(2021, 12, 24)), replace(DEMAND, since=date(2021, 12, 25)))
    assert match is not None
    assert (match.fits, [one.zh for one in match.against]) == (
        False,
        ["一方 2021-12-24 结束，另一方 2021-12-25 才开始"],
    )
    day = compare(replace(SUPPLY, until=date(2021, 12, 25)), replace(DEMAND, since=date(2021, 12, 25)))
    assert day is not None
    assert (day.fits, day.days) == (True, 1)


def test_one_side_or_other_goods_do_not_meet_and_the_nearer_of_two_comes_first() -> None:
    assert compare(SUPPLY, replace(SUPPLY, path="410503005201")) is None
    assert compare(SUPPLY, replace(DEMAND, goods="GRAIN")) is None
    village, town, far = (
        compare(SUPPLY, replace(DEMAND, path=path, place="某地")) for path in ("410503100209", "410503100201", "410503005201")
    )  # fmt: skip
    assert village is not None
    assert town is not None
    assert far is not None
    assert sorted([far, town, village], key=lambda one: one.order) == [village, town, far]
    assert [one.reasons[-1].zh[:2] for one in (village, town, far)] == ["同一", "同一", "都在"]
