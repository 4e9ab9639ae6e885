"""Help as a county gives it: measures that fit, approved and paid by whom the catalogue names; helpers who hand over."""

from __future__ import annotations

import csv
from datetime import date, datetime
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
VILLAGE = "410503100201"
CLASSES = SHELF.library.catalogues["measures"].rows
ITEMS = SHELF.library.catalogues["measure_items"].rows
WATCHED = Story.model_validate({"tells": "在监测", "world": {"total": {"household_monitoring.people": 3}}, "do": []})
NOT_WATCHED = Story.model_validate({"tells": "不在监测", "do": []})
SIX = dict.fromkeys(("food", "clothing", "education", "medical", "housing", "water"), True)
HOME = {"id": "S1", "members": 3, "registered": 3, "former_poor": False, "labour": 1}
PLAN = {"item": "TRAINING", "risk": "JOB", "persons": 1, "aim": "参加电焊培训"}
POST = {
    "item": "CLEANER",
    "risk": "JOB",
    "persons": 1,
    "aim": "保洁",
    "person": "R1",
    "subsidy": 60_000,
    "rhythm": "month",
}


def hand(hat: str, name: str, org: str | None = None) -> Actor:
    return Actor(name, name, org, frozenset({hat}), name)


CADRE = hand("cadre@village", "李兰")
OFFICE = hand("@department", "任工", "human_resources")


def instant(day: str) -> datetime:
    return datetime.fromisoformat(f"{day} 09:00").replace(tzinfo=SHANGHAI)


def world(story: Story = WATCHED) -> stories.StoryWorld:
    return stories.StoryWorld(SHELF.library, story)


def opened(ledger: str, act: str, actor: Actor, given: dict[str, Any], day: str = "2021-06-01", **about: Any) -> State:
    story = about.pop("story", WATCHED)
    moment = Moment(instant(day), None)
    return loop.open_case(
        SHELF[ledger], act, actor, {**HOME, **about}, VILLAGE, given, {}, moment, world(story), case="c"
    ).state


def after(
    state: State, act: str, actor: Actor, given: dict[str, Any] | None = None, day: str = "2021-06-02"
) -> loop.Done:
    return loop.act(SHELF[state.ledger], state, act, actor, given or {}, {}, Moment(instant(day), None), world())


def refusal(do: Any) -> set[str]:
    with pytest.raises(loop.Refused) as refused:
        do()
    return {unmet.text.zh for unmet in refused.value.unmet}


# --- catalogues -----------------------------------------------------------------------------------------------------


def test_there_are_the_fourteen_classes_of_the_national_form_and_each_has_items() -> None:
    assert len(CLASSES) == 14
    assert {row["measure"] for row in ITEMS.values()} == set(CLASSES)


def test_an_item_is_development_where_its_class_is_and_only_such_items_want_somebody_who_can_work() -> None:
    assert [code for code, row in ITEMS.items() if row["development"] != CLASSES[row["measure"]]["development"]] == []
    assert [code for code, row in ITEMS.items() if row["labour"] == "works" and row["development"] != "yes"] == []
    assert {row["labour"] for row in ITEMS.values()} == {"works", "support", "any"}


def test_every_risk_that_a_measure_answers_is_a_risk_of_the_catalogue() -> None:
    risks = set(SHELF.library.catalogues["risks"].rows)
    named = {risk for rows in (CLASSES, ITEMS) for row in rows.values() for risk in row["answers"].split()}
    assert named <= risks


def test_no_risk_code_is_a_piece_of_another_one() -> None:
    risks = list(SHELF.library.catalogues["risks"].rows)
    assert [(a, b) for a in risks for b in risks if a != b and a in b] == []


@pytest.mark.parametrize(
    ("risk", "classes"),
    [
        ("ILLNESS", {"HEALTH", "SOCIAL"}), ("EDUCATION", {"COMPULSORY", "EDUCATION", "SOCIAL"}),
        ("DISABILITY", {"SUPPORT", "SOCIAL"}), ("HOUSING", {"HOUSING", "RELOCATION"}), ("WATER", {"WATER"}),
    ],
)  # fmt: skip
def test_the_measures_that_a_province_looks_for_answer_their_risk(risk: str, classes: set[str]) -> None:
    answering = {row["measure"] for row in ITEMS.values() if not row["answers"] or risk in row["answers"].split()}
    assert classes <= answering


def test_relocation_is_planned_for_nobody_identified_in_2021_or_later() -> None:
    offered = {row["code"] for row in SHELF.library.catalogues["measure_items"].in_force(date(2021, 1, 1))}
    assert "RELOCATED" in ITEMS
    assert "RELOCATED" not in offered


def test_every_department_that_help_names_is_an_organisation_of_the_district() -> None:
    lines = (LIBRARY / "organisations.csv").read_text(encoding="utf-8").splitlines()
    known = {row["code"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))}
    works = SHELF.library.catalogues["village_works"].rows
    named = {row["department"] for rows in (CLASSES, ITEMS) for row in rows.values()}
    assert named | {row["organisation"] for row in works.values()} <= known


# --- measures -------------------------------------------------------------------------------------------------------


def test_a_plan_takes_its_class_and_its_department_from_the_catalogue() -> None:
    state = opened("assistance", "plan", CADRE, PLAN)
    assert (state.fields["kind"], state.fields["department"]) == ("JOB", "human_resources")


def test_a_household_neither_former_poor_nor_watched_gets_no_plan_but_what_policy_gives_by_right() -> None:
    said = refusal(lambda: opened("assistance", "plan", CADRE, PLAN, story=NOT_WATCHED))
    assert [text[:15] for text in said] == ["帮扶措施面向监测户和脱贫户；其"]
    assert opened("assistance", "plan", CADRE, PLAN, story=NOT_WATCHED, former_poor=True).stage == "planned"
    school = hand("department@district", "教工", "education")
    grant = {"item": "COMPULSORY_GRANT", "persons": 1, "amount": 50_000, "times": 2}
    assert opened("assistance", "enrol", school, grant, story=NOT_WATCHED).stage == "in_place"


def test_who_planned_a_measure_does_not_approve_it_whatever_post_is_held() -> None:
    state = opened("assistance", "plan", hand("reviewer@town", "王静"), PLAN)
    assert refusal(lambda: after(state, "approve", hand("@department", "王静", "human_resources"))) == {
        "提出人不能自己审批"
    }


def test_the_approving_department_pays_unless_another_payer_is_named() -> None:
    state = opened("assistance", "plan", CADRE, POST)
    assert after(state, "approve", OFFICE).state.fields["payer"] == "human_resources"
    assert after(state, "approve", OFFICE, {"payer": "fiscal"}).state.fields["payer"] == "fiscal"


def test_a_months_subsidy_is_paid_once_and_what_was_paid_adds_up() -> None:
    state = after(opened("assistance", "plan", CADRE, POST), "approve", OFFICE).state
    june = {"amount": 60_000, "since": "2021-06-01", "through": "2021-06-30", "months": 1}
    july = {**june, "since": "2021-07-01", "through": "2021-07-31"}
    state = after(state, "pay", OFFICE, june, "2021-07-02").state
    assert refusal(lambda: after(state, "pay", OFFICE, june, "2021-07-03")) == {"这个月的补贴已经发过，每月只发一次"}
    state = after(state, "pay", OFFICE, july, "2021-08-02").state
    assert (state.fields["paid_sum"], state.fields["paid_to"]) == (120_000, "2021-07-31")


def test_money_is_paid_and_not_merely_declared_delivered() -> None:
    state = after(opened("assistance", "plan", CADRE, {**PLAN, "granted": 80_000}), "approve", OFFICE).state
    assert refusal(lambda: after(state, "deliver", CADRE, {"done": "已办"})) == {"有资金的措施由发放单位登记发放"}


def test_a_micro_loan_above_the_limit_of_a_household_is_refused() -> None:
    loan = {"item": "MICROLOAN", "risk": "JOB", "persons": 3, "aim": "开小卖部", "granted": 5_000_100}
    assert refusal(lambda: opened("assistance", "plan", CADRE, loan)) == {"小额信贷须填申请金额，且不超过单户上限"}
    assert opened("assistance", "plan", CADRE, {**loan, "granted": 5_000_000}).stage == "planned"


def test_an_approved_measure_is_the_light_of_who_pays_and_a_loan_that_of_who_approves() -> None:
    loan = {"item": "MICROLOAN", "risk": "JOB", "persons": 3, "aim": "开小卖部", "granted": 2_000_000}
    bank = hand("@department", "金工", "finance_service")
    state = after(opened("assistance", "plan", CADRE, loan), "approve", bank, {"payer": "fiscal"}).state
    running = {
        turn.clock: turn for turn in lights.turns(SHELF["assistance"], state, world()) if turn.stopped_at is None
    }
    assert {name: turn.owes.token for name, turn in running.items()} == {"first": "@payer", "loan": "@department"}
    assert running["loan"].red_at == datetime(2021, 6, 17, tzinfo=SHANGHAI)


# --- pairing --------------------------------------------------------------------------------------------------------


def test_a_hand_over_ends_one_pairing_and_opens_the_next_with_what_was_known() -> None:
    pair = {"helper": "周帮", "unit": "water", "since": "2021-06-01"}
    state = opened("pairing", "pair", hand("lead@district", "赵敏"), pair)
    helper = hand("@helper", "周帮")
    answers = {**SIX, "water": False}
    state = after(state, "visit", helper, {**answers, "changes": 1, "note": "停水两日"}).state
    given = {"next_helper": "郑帮", "next_unit": "health", "handed_on": "2021-06-02", "reason": "调动"}
    done = after(state, "hand_over", hand("lead@district", "赵敏"), given)
    spawned = done.spawns[0]
    assert (done.state.stage, spawned.ledger, spawned.act) == ("handed_over", "pairing", "succeed")
    assert spawned.given == {"helper": "郑帮", "unit": "health", "since": "2021-06-02", **answers}


def test_a_visit_on_which_nothing_changed_asks_for_nothing() -> None:
    state = opened(
        "pairing", "pair", hand("lead@district", "赵敏"), {"helper": "周帮", "unit": "water", "since": "2021-06-01"}
    )
    with pytest.raises(loop.Refused, match="六项都答一遍"):
        after(state, "visit", hand("@helper", "周帮"))  # the first visit has no last answers to stand on
    state = after(state, "visit", hand("@helper", "周帮"), SIX).state
    entry = after(state, "visit", hand("@helper", "周帮")).entry
    assert (entry.fields, entry.own) == ({}, {"changes": 0})
