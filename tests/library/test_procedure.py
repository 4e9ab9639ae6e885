"""The identification of a household as a county runs it: whose light it is at each step, and by when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from taizhang.kit.days import SHANGHAI
from taizhang.ledger import library as libraries
from taizhang.ledger import lights, loop, stories
from taizhang.ledger import shelf as shelves
from taizhang.ledger.schema import Story
from taizhang.ledger.state import Actor, Moment, State

LIBRARY = Path(__file__).resolve().parents[2] / "library"
SHELF = shelves.load(LIBRARY / "ledgers", library=libraries.read(LIBRARY))
LEDGER = SHELF["household_monitoring"]
VILLAGE = "410503100201"
HANDS = {
    "cadre@village": "李兰",
    "@second": "陈强",
    "reviewer@town": "王静",
    "lead@district": "赵敏",
    "screen": "screen",
}
STORY = Story.model_validate(
    {"tells": "比对已办结", "world": {"children": {"comparison": {"open": 0, "count": 4}}}, "do": []}
)
WORLD = stories.StoryWorld(SHELF.library, STORY)
VISIT: dict[str, Any] = {
    "second": "陈强", "persons": 3, "wage": 900000, "business": 400000, "property": 0, "transfer": 240000, "cost": 140000,
    "claims": 0, "self_paid": 2600000, "housing": True, "education": True, "water": True, "insurance": True,
    "food": True, "clothing": True, "risk_1": "ILLNESS", "category": "MARGINAL", "situation": "自付两万六，借款一万",
}  # fmt: skip
REVIEW = {"present": 9, "votes_for": 8, "votes_against": 0, "votes_abstain": 1, "minutes": "九人到会"}
# The lawful way, one line an act: day and hour of December 2021, act, by whom, what is given.
WAY: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("01 02", "warn", "screen", {"level": "yellow", "hint": "自付26000元"}),
    ("02 10", "visit", "cadre@village", VISIT),
    ("02 11", "cosign", "@second", {}),
    ("02 12", "authorise", "cadre@village", {"signer": "R1", "covered": 3, "valid_to": "2022-12-31"}),
    ("02 13", "compare", "cadre@village", {}),
    ("04 15", "review", "cadre@village", REVIEW),
    ("05 09", "post", "cadre@village", {}),
    ("10 09", "pass_town", "reviewer@town", {}),
    ("11 10", "approve", "lead@district", {}),
    ("12 09", "announce", "reviewer@town", {}),
)  # fmt: skip


def instant(day_hour: str) -> datetime:
    day, hour = day_hour.split()
    return datetime(2021, 12, int(day), int(hour), tzinfo=SHANGHAI)


def after(act: str, given: dict[str, Any] | None = None) -> State:
    """The case after the lawful way up to an act, that act included; `given` changes what the visit says."""
    state: State | None = None
    for at, name, hat, said in WAY:
        if name == "visit" and given:
            said = {**said, **given}
        actor = Actor(HANDS[hat], HANDS[hat], None, frozenset({hat}), HANDS[hat])
        moment, evidence = Moment(instant(at), None), {"signature": 1}
        if state is None:
            subject = {"id": "S1", "members": 3, "registered": 3, "former_poor": False, "labour": 1}
            state = loop.open_case(LEDGER, name, actor, subject, VILLAGE, said, evidence, moment, WORLD, case="c").state
        else:
            state = loop.act(LEDGER, state, name, actor, said, evidence, moment, WORLD).state
        if name == act:
            return state
    raise AssertionError(act)


@pytest.mark.parametrize(
    ("act", "clock", "owes", "red"),
    [
        ("warn", "visit", "cadre@village", "05 00"),
        ("authorise", "review", "cadre@village", "05 00"),
        ("authorise", "compare", "cadre@village", "06 00"),
        ("review", "post", "cadre@village", "06 00"),
        ("post", "town", "reviewer@town", "12 00"),
        ("pass_town", "county", "lead@district", "13 00"),
        ("approve", "announce", "reviewer@town", "15 00"),
        ("warn", "identify", "reviewer@town", "17 00"),
    ],
)
def test_each_step_is_owed_by_one_post_until_one_instant(act: str, clock: str, owes: str, red: str) -> None:
    turn = next(turn for turn in lights.turns(LEDGER, after(act), WORLD) if turn.clock == clock)
    assert (turn.owes.token, turn.red_at, turn.stopped_at) == (owes, instant(red), None)


@pytest.mark.parametrize(
    ("reached", "hat", "act", "given", "clock", "owes", "red"),
    [
        # five workdays from Sunday the fifth end on Friday the tenth; from Saturday the fourth as well
        ("post", "reviewer@town", "object", {"objection": "反映漏报"}, "recheck", "reviewer@town", "11 00"),
        (
            "authorise",
            "reviewer@town",
            "refuse",
            {"refusal": "ABLE", "reason": "子女承担"},
            "tell",
            "cadre@village",
            "11 00",
        ),
        (
            "warn",
            "reviewer@town",
            "green_channel",
            {"help_first": "救助", "reason": "失火"},
            "green",
            "reviewer@town",
            "20 00",
        ),
    ],
)
def test_each_side_way_is_owed_by_one_post_until_one_instant(
    reached: str, hat: str, act: str, given: dict[str, Any], clock: str, owes: str, red: str
) -> None:
    actor = Actor(HANDS[hat], HANDS[hat], None, frozenset({hat}), HANDS[hat])
    done = loop.act(
        LEDGER,
        after(reached),
        act,
        actor,
        given,
        {},
        Moment(instant("05 09" if reached == "post" else "04 09"), None),
        WORLD,
    )
    turn = next(turn for turn in done.turns if turn.clock == clock)
    assert (turn.owes.token, turn.red_at, turn.stopped_at) == (owes, instant(red), None)


def test_no_clock_runs_any_more_once_the_household_is_watched() -> None:
    turns = lights.turns(LEDGER, after("announce"), WORLD)
    assert [turn.clock for turn in turns if turn.stopped_at is None] == []


def test_the_comparison_is_spawned_once_for_each_department_of_the_catalogue() -> None:
    state = after("authorise")
    actor = Actor("李兰", "李兰", None, frozenset({"cadre@village"}), "李兰")
    done = loop.act(LEDGER, state, "compare", actor, {}, {}, Moment(instant("02 13"), None), WORLD)
    spawned = [(spawn.ledger, spawn.act, spawn.given["department"], spawn.given["topic"]) for spawn in done.spawns]
    assert spawned == [
        ("comparison", "ask", "public_security", "VEHICLE"),
        ("comparison", "ask", "housing", "HOUSE"),
        ("comparison", "ask", "market", "BUSINESS"),
        ("comparison", "ask", "fiscal", "SALARY"),
    ]


@pytest.mark.parametrize(
    ("net", "category", "fits"),
    [(1800000, "MARGINAL", True), (1800001, "MARGINAL", False), (1800000, "SUDDEN", False), (1800001, "SUDDEN", True)],
)
def test_income_per_head_at_the_line_is_within_it_and_one_fen_above_is_not(net: int, category: str, fits: bool) -> None:
    income = {"wage": net, "business": 0, "transfer": 0, "cost": 0, "category": category}
    if fits:
        assert after("visit", income).stage == "visited"
        return
    with pytest.raises(loop.Refused) as refused:
        after("visit", income)
    assert [unmet.code for unmet in refused.value.unmet] == ["needs"]


def test_a_year_without_a_published_line_is_refused_with_the_sentence_that_says_so() -> None:
    state = after("warn")
    actor = Actor("李兰", "李兰", None, frozenset({"cadre@village"}), "李兰")
    late = Moment(datetime(2025, 3, 4, 9, tzinfo=SHANGHAI), None)
    with pytest.raises(loop.Refused) as refused:
        loop.act(LEDGER, state, "visit", actor, VISIT, {}, late, WORLD)
    assert ("policy", "income_line") in [(unmet.code, unmet.field) for unmet in refused.value.unmet]


def test_an_alert_joins_an_open_case_at_every_stage_without_moving_it() -> None:
    screen = Actor("screen", "screen", None, frozenset({"screen"}), "screen")
    for _, act, _, _ in WAY:
        before = after(act)
        given = {"level": "red", "hint": "两个部门同时预警"}
        done = loop.act(LEDGER, before, "note_alert", screen, given, {}, Moment(instant("20 02"), None), WORLD)
        assert done.state.stage == before.stage, act


def test_the_notice_runs_five_whole_days_and_shows_only_what_may_be_shown() -> None:
    notice = loop.notices(LEDGER, after("post"), WORLD)[7]
    assert (notice.days, notice.starts, notice.ends) == (5, instant("05 09"), instant("10 00"))
    assert set(notice.show) == {"subject", "persons", "category"}


@pytest.mark.parametrize(
    ("act", "given"),
    [
        ("move", {"to_area": VILLAGE}),
        ("split", {"leaving": ["R2"]}),
        ("merge", {"into": "S2"}),
        ("birth", {"name": "李小满", "relation": "07"}),
        ("death", {"member": "R1"}),
        ("join", {"name": "周小燕", "relation": "05"}),
        ("leave", {"member": "R2"}),
        ("correct", {"item": "phone", "value": "13800000000"}),
    ],
)
def test_a_change_is_decided_only_as_the_kind_that_was_reported(act: str, given: dict[str, Any]) -> None:
    register = SHELF["register"]
    cadre = Actor("李兰", "李兰", None, frozenset({"cadre@village"}), "李兰")
    town = Actor("王静", "王静", None, frozenset({"reviewer@town"}), "王静")
    other = "DEATH" if act == "move" else "MOVE"
    said = {"change": other, "since": "2021-12-01", "reason": "村里报告"}
    subject = {"id": "S1", "members": 3, "registered": 3}
    opened = loop.open_case(
        register, "ask", cadre, subject, VILLAGE, said, {}, Moment(instant("02 09"), None), WORLD, case="r"
    )
    with pytest.raises(loop.Refused) as refused:
        loop.act(register, opened.state, act, town, given, {}, Moment(instant("03 09"), None), WORLD)
    assert [unmet.code for unmet in refused.value.unmet] == ["needs"]


@pytest.mark.parametrize("former_poor", [True, False])
def test_the_visit_is_offered_before_anybody_has_said_of_which_category_the_household_is(former_poor: bool) -> None:
    state = replace(after("warn"), subject={"id": "S1", "members": 3, "former_poor": former_poor, "labour": 1})
    hats = frozenset({"cadre@village"})
    actor = Actor("李兰", "李兰", None, hats, "李兰")
    offers = {
        offer.act: offer for offer in loop.offers(LEDGER, state, hats, Moment(instant("02 09"), None), WORLD, actor)
    }
    assert (offers["visit"].allowed_now, offers["visit"].unmet) == (True, ())
