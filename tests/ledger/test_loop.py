"""The loop: what is refused and why (all at once), what an act writes, what can come next, and what it can never reach."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from taizhang.ledger import check, conditions, load, loop, needs
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Done, Entry, Moment, Refused, State
from tests.ledger import driving
from tests.ledger.driving import AREA, World, actor, at

NITRATE = {"pollutant": "nitrate", "reading": "12.50", "found_on": "2021-03-01"}


@pytest.fixture
def world(library: Library) -> World:
    """The test library's world."""
    return World(library)


def report(wells: Ledger, world: World, **more: Any) -> Done:
    """A report of a well on 1 March 2021."""
    moment = Moment(at("2021-03-01 09:00"))
    return loop.open_case(
        wells, "report", actor("cadre@village"), {"id": "H1"}, AREA, NITRATE | more, {}, moment, world, case="c1"
    )


def order(wells: Ledger, world: World, state: State) -> State:
    """Its mending ordered by 王静."""
    values = {"mender": "water_co", "mend_by": "2021-03-10"}
    return loop.act(
        wells, state, "order", actor("reviewer@town", person="王静"), values, {}, Moment(at("2021-03-02 09:00")), world
    ).state


def codes(call: Callable[[], object]) -> list[tuple[str, str | None]]:
    """The codes and fields of a refusal."""
    with pytest.raises(Refused) as refused:
        call()
    return [(unmet.code, unmet.field) for unmet in refused.value.unmet]


def test_an_opening_writes_what_was_given_defaults_and_what_is_set(wells: Ledger, world: World) -> None:
    done = report(wells, world)
    assert done.state.fields == {
        "pollutant": "nitrate",
        "reading": "12.5",
        "found_on": "2021-03-01",
        "users": 1,
        "level": "mild",
    }
    assert (done.entry.n, done.entry.stage, done.entry.post, done.entry.edition) == (
        1,
        "found",
        "cadre@village",
        wells.digest,
    )
    assert (done.state.case, done.state.stage, done.state.opened, done.state.closed) == (
        "c1",
        "found",
        at("2021-03-01 09:00"),
        None,
    )


def test_every_unmet_need_is_told_at_once(wells: Ledger, world: World) -> None:
    state = order(wells, world, report(wells, world).state)
    values = {"cost": 20_000_01, "income": 6_000_01, "colour": "red"}
    late = Moment(at("2021-05-02 00:00"), at("2021-05-03 00:00"))
    found = codes(lambda: loop.act(wells, state, "mended", actor("@mender"), values, {"photo": 1}, late, world))
    assert found == [("happened", "happened"), ("unknown_field", "colour"), ("asks", "signers"), ("evidence", "photo"),
                     ("needs", None), ("needs", None), ("within", None)]  # fmt: skip


def test_who_may_not_act_is_told_no_more_than_that(wells: Ledger, world: World) -> None:
    state = report(wells, world).state
    moment = Moment(at("2021-03-02 09:00"))
    assert codes(lambda: loop.act(wells, state, "order", actor("cadre@village"), {}, {}, moment, world)) == [
        ("by", None)
    ]
    assert codes(lambda: loop.act(wells, state, "close", actor("cadre@village"), {}, {}, moment, world)) == [
        ("stage", None),
        ("by", None),
    ]
    assert codes(lambda: loop.act(wells, state, "report", actor("cadre@village"), NITRATE, {}, moment, world)) == [
        ("opens", None)
    ]
    assert codes(lambda: loop.act(wells, state, "burn", actor("cadre@village"), {}, {}, moment, world)) == [
        ("no_such_act", None)
    ]


def test_a_refusal_changes_nothing(wells: Ledger, world: World) -> None:
    state = report(wells, world).state
    before = replace(state)
    codes(
        lambda: loop.act(wells, state, "order", actor("reviewer@town"), {}, {}, Moment(at("2021-03-02 09:00")), world)
    )
    assert state == before


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("pollutant", "gold", "污染物：目录中没有“gold”，或当天无效。"),
        ("reading", "much", "读数：要填数字。"),
        ("reading", "-1", "读数：不能小于 0。"),
        ("users", 501, "用水人数：不能大于 500。"),
        ("users", "12", "用水人数：要填整数。"),
        ("found_on", "2021-03-02", "发现日期：不能大于 2021-03-01。"),
        ("found_on", "yesterday", "发现日期：要填日期，如 2021-12-20。"),
        ("story", "x" * 4001, "情况：最多 4000 个字。"),
    ],
)
def test_a_wrong_value_is_refused_with_the_fields_name(
    wells: Ledger, world: World, field: str, value: Any, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        report(wells, world, **{field: value})
    assert [(u.code, u.field, u.text.zh) for u in refused.value.unmet] == [("value", field, sentence)]


def test_a_dated_catalogue_row_is_picked_only_in_its_time(wells: Ledger, world: World) -> None:
    moment = Moment(at("2023-01-01 09:00"))
    values = {"pollutant": "arsenic", "reading": "1", "found_on": "2023-01-01"}
    assert codes(
        lambda: loop.open_case(wells, "report", actor("anyone"), {"id": "H"}, AREA, values, {}, moment, world)
    ) == [("value", "pollutant")]


def test_a_field_with_when_is_asked_only_if_it_holds(wells: Ledger, world: World) -> None:
    grave = report(wells, world, pollutant="coliform").state
    values = {"mender": "water_co", "mend_by": "2021-03-10"}
    moment = Moment(at("2021-03-02 09:00"))
    assert codes(lambda: loop.act(wells, grave, "order", actor("reviewer@town"), values, {}, moment, world)) == [
        ("asks", "boiled")
    ]
    assert order(wells, world, report(wells, world).state).stage == "mending"


def test_a_year_without_its_policy_number_is_refused_with_a_sentence_and_not_with_an_untrue_one(
    wells: Ledger, world: World
) -> None:
    moment = Moment(at("2022-03-01 09:00"))
    opened = loop.open_case(wells, "report", actor("anyone"), {"id": "H"}, AREA, NITRATE, {}, moment, world).state
    ordered = loop.act(
        wells, opened, "order", actor("reviewer@town"), {"mender": "m", "mend_by": "2022-03-10"}, {}, moment, world
    ).state
    values = {"cost": 1, "signers": ["health"], "income": 5}
    with pytest.raises(Refused) as refused:
        loop.act(wells, ordered, "mended", actor("@mender"), values, {"photo": 2}, moment, world)
    assert [u.code for u in refused.value.unmet] == ["policy"]
    assert (
        refused.value.unmet[0].text.zh
        == "2022年的“补助收入线”尚未公布（2022-03-01，地区 410503001001）：请主管部门先录入。"
    )


def test_what_is_not_known_is_not_met(wells: Ledger, world: World) -> None:
    state = order(wells, world, report(wells, world).state)
    values = {"cost": 1, "signers": ["health"]}
    moment = Moment(at("2021-03-03 09:00"))
    assert codes(lambda: loop.act(wells, state, "mended", actor("@mender"), values, {"photo": 2}, moment, world)) == [
        ("needs", None)
    ]


def test_who_has_not_signed_yet_is_known(wells: Ledger, world: World) -> None:
    state = order(wells, world, report(wells, world).state)
    values = {"cost": 1, "signers": ["health", "water"], "income": 5}
    state = loop.act(
        wells, state, "mended", actor("@mender"), values, {"photo": 2}, Moment(at("2021-03-03 09:00")), world
    ).state
    state = loop.act(
        wells, state, "pass", actor("lead@district"), {"reading": "1"}, {}, Moment(at("2021-03-04 09:00")), world
    ).state
    state = loop.act(
        wells, state, "sign", actor("@signers", org="water"), {}, {}, Moment(at("2021-03-05 09:00")), world
    ).state
    moment = Moment(at("2021-03-09 09:00"))
    offers = {offer.act: offer for offer in loop.offers(wells, state, frozenset({"@signers"}), moment, world)}
    assert offers["sign"].missing == ("health",)
    assert offers["sign"].allowed_now is True
    assert [u.text.zh for u in offers["close"].unmet] == ["还有单位没有签字"]
    assert sorted(offers) == ["close", "dispute", "drop", "note", "redo", "sign"]
    assert offers["redo"].waits_for == ("reviewer@town",)


def test_closing_a_grave_case_spawns_the_patrols_of_its_own_pollutant(wells: Ledger, world: World) -> None:
    state = report(wells, world, pollutant="coliform", users=30).state
    values = {"mender": "m", "mend_by": "2021-03-10", "boiled": True}
    state = loop.act(
        wells, state, "order", actor("reviewer@town", person="王静"), values, {}, Moment(at("2021-03-02 09:00")), world
    ).state
    values = {"cost": 90_00, "signers": ["health"], "income": 5}
    state = loop.act(
        wells, state, "mended", actor("@mender"), values, {"photo": 2}, Moment(at("2021-03-03 09:00")), world
    ).state
    state = loop.act(
        wells, state, "pass", actor("lead@district"), {"reading": "1"}, {}, Moment(at("2021-03-04 09:00")), world
    ).state
    state = loop.act(
        wells, state, "sign", actor("@signers", org="health"), {}, {}, Moment(at("2021-03-05 09:00")), world
    ).state
    done = loop.act(wells, state, "close", actor("reviewer@town"), {}, {}, Moment(at("2021-03-09 00:00")), world)
    assert [(s.ledger, s.act, s.given, s.subject) for s in done.spawns] == [
        ("well_water", "follow", {"pollutant": "coliform", "users": 30}, None)
    ]
    assert (done.state.stage, done.state.closed) == ("closed", at("2021-03-09 00:00"))
    scope = needs.scope_of(wells, "close", done.state, None, needs.Given(), at("2021-03-09 00:00").date(), world)
    assert loop.reads(scope)["share"] == 300


def test_a_wait_in_months_is_over_on_the_same_day_of_the_month(wells: Ledger, world: World) -> None:
    values = {"pollutant": "arsenic", "users": 3}
    moment = Moment(at("2021-08-31 09:00"))
    state = loop.open_case(wells, "follow", actor("system"), {"id": "H"}, AREA, values, {}, moment, world).state
    early = Moment(at("2022-02-27 23:59"))
    assert codes(lambda: loop.act(wells, state, "stop", actor("reviewer@town"), {}, {}, early, world)) == [
        ("after", None)
    ]
    on_time = Moment(at("2022-02-28 00:00"))
    assert loop.act(wells, state, "stop", actor("reviewer@town"), {}, {}, on_time, world).state.stage == "closed"


def test_facts_of_an_entry_stay_with_the_entry(wells: Ledger, world: World) -> None:
    state = report(wells, world).state
    done = loop.act(
        wells, state, "note", actor("cadre@village"), {"depth": "3.20"}, {}, Moment(at("2021-03-02 09:00")), world
    )
    assert (done.entry.own, done.entry.fields, done.state.fields) == ({"depth": "3.2"}, {}, state.fields)


def test_an_annulled_entry_is_passed_over_when_a_case_is_folded(wells: Ledger, world: World) -> None:
    state = order(wells, world, report(wells, world).state)
    annulled = [entry if entry.act != "order" else replace(entry, annulled=True) for entry in state.entries]
    folded = loop.fold(wells, "c1", state.subject, AREA, annulled)
    assert (folded.stage, "mender" in folded.fields) == ("found", False)


@settings(max_examples=60, deadline=None)
@drawn(st.integers(0, 10**9))
def test_no_sequence_of_acts_reaches_the_end_with_a_needed_fact_missing(
    wells: Ledger, library: Library, seed: int
) -> None:
    done = driving.history(wells, World(library), seed, tries=80)
    for step in done:
        state = step.state
        if state.stage == "closed" and state.entries[0].act == "report":
            assert {"pollutant", "reading", "found_on", "mender", "mend_by", "cost", "signers"} <= set(state.fields)
            assert state.fields["income"] <= 6_000_00
            signed = {entry.org for entry in state.entries if entry.act == "sign"}
            assert set(state.fields["signers"]) <= signed
            passed = [entry for entry in state.entries if entry.act == "pass"][-1]
            assert state.closed is not None
            assert state.closed >= passed.received + timedelta(days=4)


def small(stages: int, fields: int, asked: list[list[int]]) -> str:
    """A generated ledger: a chain of stages, each act asking for some facts, the last one for all of them by condition."""
    lines = ["ledger: chain", "version: 1", "zh: 链", "en: Chain", "subject: area", "fields:"]
    lines += [f"  f{n}: {{zh: 字段{n}, en: Field {n}, type: int}}" for n in range(fields)]
    lines += ["stages:"]
    lines += [f"  s{n}: {{zh: 环节{n}, en: Stage {n}, rests: true}}" for n in range(stages)]
    lines += [
        "  over: {zh: 结束, en: Over, end: true}",
        "acts:",
        "  begin: {zh: 开始, en: Begin, opens: true, to: s0, by: cadre@village}",
    ]
    for n in range(stages):
        asks = ", ".join(f"f{field}" for field in sorted(set(asked[n])))
        to = f"s{n + 1}" if n + 1 < stages else "over"
        need = " && ".join(f"known.f{field}" for field in range(fields)) if to == "over" else "true"
        lines.append(f"  go{n}: {{zh: 前进{n}, en: Go {n}, from: s{n}, to: {to}, by: cadre@village, may: [{asks}], "
                     f"needs: {{\"{need}\": {{zh: 未填完, en: Not complete}}}}}}")  # fmt: skip
        lines.append(f"  back{n}: {{zh: 退回{n}, en: Back {n}, from: s{n}, to: s0, by: cadre@village}}")
    lines += [
        "stories:",
        "  - tells: {zh: 开始, en: It begins}",
        "    do:",
        "      - {on: 2021-03-01, act: begin, as: cadre@village}",
    ]
    return "\n".join(lines) + "\n"


@settings(max_examples=25, deadline=None)
@drawn(st.data())
def test_a_generated_ledger_loads_and_its_conditions_guard_its_end(library: Library, data: st.DataObject) -> None:
    stages, fields = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    asked = [data.draw(st.lists(st.integers(0, fields - 1), max_size=fields)) for _ in range(stages)]
    ledger, _, faults = load.parse(small(stages, fields, asked), "chain.yaml")
    assert faults == []
    assert ledger is not None
    ledger.with_conditions(conditions.compile_all(ledger, library))
    dice, world = random.Random(data.draw(st.integers(0, 999))), World(library)
    who, now = actor("cadre@village"), at("2021-03-01 09:00")
    state = loop.open_case(ledger, "begin", who, {"id": "A"}, AREA, {}, {}, Moment(now), world).state
    reasons: set[str] = set()
    for _ in range(30):
        name = dice.choice([act for act in ledger.acts if act != "begin"])
        values = {key: 1 for key in ledger.acts[name].may if dice.random() < 0.7}
        now += timedelta(hours=5)
        try:
            state = loop.act(ledger, state, name, who, values, {}, Moment(now), world).state
        except Refused as refused:
            reasons |= {unmet.code for unmet in refused.unmet}
        if state.stage == "over":
            assert sorted(state.fields) == [f"f{n}" for n in range(fields)]
            break
    assert reasons <= {"stage", "needs"}


def test_a_generated_ledger_has_no_fault(tmp_path: Any, library: Library) -> None:
    path = tmp_path / "chain.yaml"
    path.write_text(small(3, 2, [[0], [1], []]), encoding="utf-8")
    assert check.check_paths([path], library).faults == ()


def test_an_entry_of_an_older_edition_keeps_the_stage_it_led_to(wells: Ledger, world: World) -> None:
    state = report(wells, world).state
    moved = Entry(
        2, "upgrade", None, at("2021-03-02 09:00"), "system", "system", None, None, {}, {}, {}, "other", stage="mending"
    )
    assert loop.fold(wells, "c1", state.subject, AREA, (*state.entries, moved)).stage == "mending"
