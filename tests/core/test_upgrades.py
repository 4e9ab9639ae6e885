"""Open cases come to a newer edition: an entry says so, what was written stays as it was, and lights are reckoned anew."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.core import chain, editions, folding, subjects
from taizhang.core.models import Case, District, Edition, Entry, Fact, Notice
from taizhang.core.moves import cases, upgrades
from taizhang.core.moves.effects import light_instants
from taizhang.core.queries import audit, lists, notices
from taizhang.core.queries import case as pages
from taizhang.core.world import CaseWorld
from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.ledger import facts, lights, loop
from taizhang.ledger.schema import Ledger
from tests.conftest import NOW, FixedClock
from tests.core import county as counties
from tests.core import renewed
from tests.core.county import County

pytestmark = pytest.mark.django_db
HANDS = ("cadre", "reviewer", "lead", "second_cadre")


def bodies(case: Any) -> list[str]:
    """The very bytes of a case's entries."""
    return list(Entry.objects.filter(case=case).order_by("n").values_list("body", flat=True))


def labels(county: County, case: Any) -> list[tuple[int, str, str, tuple[str, ...]]]:
    """What the page of a case calls each entry, its stage and its values."""
    page = pages.page(county.who("cadre"), case, county.clock.now())
    return [(t.n, t.label.zh, t.stage.zh, tuple(f"{v.label.zh} {v.text.zh}" for v in t.values)) for t in page.timeline]


def looked_at(county: County) -> cases.Acted:
    """A case of version 1 whose well was looked at and whose notice hangs."""
    asked = county.ask(county.household())
    county.clock.advance(days=1)
    county.look(asked.case)
    county.clock.advance(days=1)
    county.act("cadre", asked.case, "post")
    return asked


# --- one case -------------------------------------------------------------------------------------------------------


def test_a_case_comes_to_the_newer_edition_by_an_entry_and_keeps_its_past(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    asked = looked_at(county)
    before, told = bodies(asked.case), labels(county, asked.case)
    county.clock.advance(hours=1)
    assert renewed.renew(clock, tmp_path / "two", renewed.SECOND) == 1
    case = Case.objects.get(pk=asked.case)
    assert (case.edition.version, case.stage, case.n) == (2, "posted", 4)
    assert bodies(asked.case)[:3] == before
    entry = Entry.objects.get(case=case, n=4)
    assert (entry.kind, entry.act, entry.account, json.loads(entry.body)["hand"]) == ("upgrade", "", None, "system")
    assert labels(county, asked.case)[:3] == told
    assert labels(county, asked.case)[3][1:3] == ("台账更新：由第 1 版转到第 2 版办理", "公示中")
    assert set(case.data) == {"note", "metres", "cost", "second"}
    page = pages.page(county.who("cadre"), case.pk, clock.now())
    assert {"metres", "cost"} <= {one.key for one in page.fields}


def test_what_hangs_goes_on_hanging_and_is_over_when_it_would_have_been(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    asked = looked_at(county)
    ends = Notice.objects.get(case=asked.case).ends
    renewed.renew(clock, tmp_path / "two", renewed.SECOND)
    notice = Notice.objects.get(case=asked.case)
    assert (notice.taken_down, notice.ends, notice.show) == (None, ends, ["subject", "metres"])
    hanging = notices.board(clock.now())[0]
    assert [(one.key, one.label.zh, one.text.zh) for one in hanging.facts] == [("metres", "井的深度", "30 米")]
    assert ends is not None
    for child in Case.objects.filter(parent=asked.case):
        code = child.parties.get().organisation
        assert code is not None
        cases.act(county.who(code.code), child.pk, "answer", given={"found": "无"}, clock=clock)
    clock.instant = ends - timedelta(minutes=1)
    with pytest.raises(loop.Refused):
        county.act("lead", asked.case, "decide")
    clock.instant = ends
    assert county.act("lead", asked.case, "decide").stage == "watched"


def test_a_clock_of_both_editions_keeps_its_start_and_a_new_one_counts_from_the_move(
    clock: FixedClock, tmp_path: Path
) -> None:
    county = counties.build(clock)
    waiting = county.ask(county.household())
    county.clock.advance(days=2)
    seen = county.ask(county.household())
    county.look(seen.case)
    county.clock.advance(days=30)
    renewed.renew(clock, tmp_path / "two", renewed.SECOND)
    look = Case.objects.get(pk=waiting.case).turns.get(clock="look")
    assert look.due is not None
    assert (look.due - NOW).days == 5  # three days under the first edition
    paper = Case.objects.get(pk=seen.case).turns.get(clock="paper")
    assert (paper.since, paper.red_at is not None and paper.red_at > clock.now()) == (clock.now(), True)


def test_a_case_of_the_first_edition_comes_to_the_third_in_one_step(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    asked = county.ask(county.household())
    county.look(asked.case, given={"bank": "6222 0000 0000 0000"})
    renewed.renew(clock, tmp_path / "three", renewed.SECOND, renewed.THIRD)
    case = Case.objects.get(pk=asked.case)
    assert (case.edition.version, case.stage, "bank" in case.data) == (3, "viewed", False)
    assert Edition.objects.filter(ledger="wells").count() == 2
    held = Fact.objects.filter(case=case, indicator="viewed").aggregate(sum=Sum("num"))["sum"]
    assert held == 1
    page = pages.page(county.who("cadre"), case.pk, clock.now())
    assert "银行账号" in {value.label.zh for told in page.timeline for value in told.values}
    assert county.act("cadre", asked.case, "post").stage == "posted"


def test_what_an_older_edition_wrote_cannot_be_withdrawn_by_itself(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    asked = county.ask(county.household())
    county.act("cadre", asked.case, "again", given={"note": "提醒"})
    renewed.renew(clock, tmp_path / "two", renewed.SECOND)
    with pytest.raises(Refusal) as refused:
        cases.annul(county.who("cadre"), asked.case, 2, reason="误填", clock=clock)
    assert refused.value.code == "rests_on_it"
    page = pages.page(county.who("cadre"), asked.case, clock.now())
    assert not any(told.correctable for told in page.timeline)


def test_who_saw_the_case_before_the_move_is_told_that_it_changed(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    asked = county.ask(county.household())
    renewed.renew(clock, tmp_path / "two", renewed.SECOND)
    given = {"metres": 30, "cost": 90_000, "second": county.account("second_cadre")}
    with pytest.raises(Refusal) as refused:
        county.act("cadre", asked.case, "inspect", given=given, expect=asked.n)
    assert refused.value.code == "someone_was_first"


# --- what stays -----------------------------------------------------------------------------------------------------


def test_closed_cases_and_those_that_are_kept_stay_under_their_edition(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    closed = county.ask(county.household())
    county.act("reviewer", closed.case, "drop", given={"reason": "重复"})
    asked = county.ask(county.household())
    kept = (("open_cases: move", "open_cases: keep"),)
    plan = upgrades.plan(clock.now(), renewed.shelf(tmp_path / "two", renewed.text(renewed.SECOND, kept)))
    assert [(one.cases, one.stays is not None, one.hindrances) for one in plan] == [(1, True, ())]
    assert "open_cases: keep" in plan[0].told.zh
    assert renewed.renew(clock, tmp_path / "two", renewed.SECOND, kept) == 0
    assert set(Case.objects.values_list("edition__version", flat=True)) == {1}
    assert county.look(asked.case).stage == "seen"
    row = lists.page(county.who("lead"), "wells", lists.Filters(stage="seen"), clock.now())
    assert [one.stage_label.zh for one in row.rows] == ["已核查"]
    assert [(one.stage, one.green) for one in row.board if one.total] == [("seen", 1)]


def test_a_version_without_a_word_about_open_cases_leaves_them_where_they_are(
    clock: FixedClock, tmp_path: Path
) -> None:
    county = counties.build(clock)
    county.ask(county.household())
    words = (("version: 1", "version: 2"), ("limit: 3 days", "limit: 5 days"))
    assert renewed.renew(clock, tmp_path / "two", words) == 0
    assert (
        upgrades.plan(clock.now())[0].told.zh
        == "水井核查：第 1 版在办 1 件，不转。第 2 版没有写 upgrade，在办的仍按第 1 版办结。"
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (("stages: {seen: checked}, ", ""), "环节“已核查”（seen）现在没有了：请在 upgrade 里写 stages: {seen: …}"),
        (("acts: {look: inspect, again: null}, ", ""), "不再要的写 acts: {again: null}"),
        (("depth: metres, ", ""), "字段“井深”（depth）现在没有了"),
        (("type: int, unit: 米", "type: int, unit: 厘米"), "字段“井深”（depth）的 unit 变了"),
        (("{seen: checked}", "{seen: done}"), "不能转到结束环节“办结”"),
        (("type: money, sensitive: restrict}\n", "type: money}\n"), "字段“费用”（cost）的 sensitive 变了"),
    ],
)
def test_what_has_no_place_is_refused_by_a_sentence_before_anything_changes(
    clock: FixedClock, tmp_path: Path, word: tuple[str, str], said: str
) -> None:
    county = counties.build(clock)
    county.ask(county.household())
    entries = Entry.objects.count()
    with pytest.raises(Refusal) as refused:
        renewed.renew(clock, tmp_path / "two", renewed.SECOND, (word,))
    assert said in refused.value.text.zh
    assert (Edition.objects.filter(ledger="wells").count(), Entry.objects.count()) == (1, entries)


def test_a_preview_counts_the_lights_before_and_after(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    county.ask(county.household())
    clock.advance(days=4)
    county.ask(county.household())
    plan = upgrades.plan(clock.now(), renewed.shelf(tmp_path / "two", renewed.text(renewed.SECOND)))
    assert [one.told.zh for one in plan] == ["水井核查：第 1 版在办 2 件，转到第 2 版；绿/黄/红灯 1/0/1 变为 2/0/0。"]
    assert Case.objects.filter(edition__version=1).count() == 2


def test_a_move_that_was_stopped_goes_on_with_the_rest(
    clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    county = counties.build(clock)
    for _ in range(5):
        county.ask(county.household())
    monkeypatch.setattr(upgrades, "SLICE", 2)

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    folder = tmp_path / "two"
    plans = upgrades.plan(clock.now(), renewed.shelf(folder, renewed.text(renewed.SECOND)))
    editions.install(clock=clock, folder=folder)
    with pytest.raises(KeyboardInterrupt):
        upgrades.move(plans, clock=clock, progress=stop)
    assert Case.objects.filter(edition__version=2).count() == 4
    assert upgrades.move(upgrades.plan(clock.now()), clock=clock) == 1
    assert upgrades.move(upgrades.plan(clock.now()), clock=clock) == 0
    assert Entry.objects.filter(kind="upgrade").count() == 5


def test_the_audit_tells_of_the_move(clock: FixedClock, tmp_path: Path) -> None:
    county = counties.build(clock)
    looked_at(county)
    renewed.renew(clock, tmp_path / "two", renewed.SECOND)
    lines = audit.page(county.who("auditor"), audit.Asked(kind="upgrade")).lines
    assert [(line.kind_label.zh, line.n) for line in lines] == [("台账更新，事项转版", 4)]
    told = {
        line.n: line.what.zh
        for line in audit.page(county.who("auditor"), audit.Asked()).lines
        if line.number == "SJ-2021-0001"
    }
    assert told[2] == "水井核查 · 核查"


# --- random histories -----------------------------------------------------------------------------------------------

STEP = st.tuples(st.integers(0, 11), st.integers(3, 9_000), st.sampled_from((0, 0, 5, 40, 90)))
LIFE = st.lists(STEP, max_size=5)


def answer(county: County, law: Ledger, act: str) -> dict[str, Any]:
    """What an act asks for, by the kind of each field."""
    by_kind = {"text": "记录", "int": 30, "money": 90_000, "person": county.account("second_cadre")}
    return {key: by_kind[law.fields[key].type] for key in law.acts[act].asks}


def step(county: County, case_id: Any, told: tuple[int, int, int]) -> None:
    """One thing that may happen to a case: an act that its edition allows, or the withdrawal of the last entry."""
    which, minutes, back = told
    county.clock.advance(minutes=minutes)
    case = Case.objects.get(pk=case_id)
    law, now = editions.pinned(case.edition_id), county.clock.now()
    possible = [(hand, name) for name, act in law.acts.items() for hand in HANDS if case.stage in act.from_]
    try:
        if which == 11:
            cases.annul(county.who("cadre"), case_id, case.n, reason="误填", clock=county.clock)
        elif possible:
            hand, name = possible[which * len(possible) // 11 % len(possible)]
            happened = max(now - timedelta(hours=back), case.opened)
            county.act(hand, case_id, name, given=answer(county, law, name), happened=happened)
    except Refusal:
        return


def hold(county: County, case_id: Any) -> None:
    """The row of a case, its clocks, its notice and its figures are what its entries say under its edition."""
    case, now = Case.objects.get(pk=case_id), county.clock.now()
    law, written = editions.pinned(case.edition_id), folding.bodies(Case.objects.get(pk=case_id))
    state, world = folding.state(case, law, now), CaseWorld(subjects.of_case(case), now, case.pk)
    turns = lights.turns(law, state, world)
    assert (case.stage, case.closed, case.n) == (state.stage, state.closed, len(written))
    assert case.data == folding.stored(law, written)
    assert (case.yellow_at, case.red_at) == light_instants(turns)
    running = {turn.clock: (turn.since, turn.due) for turn in turns if turn.stopped_at is None}
    assert {turn.clock: (turn.since, turn.due) for turn in case.turns.all()} == running
    posted, taken_back = loop.notices(law, state, world), {entry.n for entry in state.entries if entry.annulled}
    for notice in Notice.objects.filter(case=case, taken_down=None).select_related("entry"):
        n = notice.entry.n or 0
        if n in posted:
            assert notice.ends == posted[n].ends
        else:  # the posting was taken back when the notice had hung its days: there was nothing left to take down
            assert (n in taken_back, notice.ends is not None and notice.ends <= now) == (True, True)
    for name in {fact.indicator for fact in Fact.objects.filter(case=case)} | set(law.indicators):
        counted = Fact.objects.filter(case=case, indicator=name, at__lte=now).aggregate(sum=Sum("num"))["sum"] or 0
        if name in law.indicators and law.indicators[name].standing:
            assert counted == facts.standing(law, name, state, turns, world, now)[0], name
    assert pages.page(county.who("cadre"), case.pk, now).light == lights.light(turns, now).colour


def whole() -> None:
    """Every entry follows the one before it and is what its digest says."""
    before, algorithm = "0" * 64, District.objects.get().algorithm
    for entry in Entry.objects.order_by("seq"):
        assert (entry.prev, canonical.digest(entry.body.encode(), algorithm)) == (before, entry.digest), entry.seq  # type: ignore[arg-type]
        before = entry.digest
    assert str(chain.head()).endswith(before)


@pytest.mark.slow
def test_over_random_histories_a_move_changes_nothing_that_was_and_lights_are_recomputation(
    clock: FixedClock, tmp_path: Path
) -> None:
    county = counties.build(clock)
    homes = [county.household() for _ in range(3)]
    moved = []

    @settings(max_examples=15, deadline=None, database=None)
    @given(lives=st.lists(st.tuples(LIFE, LIFE, LIFE), min_size=1, max_size=3), leap=st.booleans())
    def lived(lives: list[tuple[Any, Any, Any]], leap: bool) -> None:
        clock.instant = NOW
        mark = transaction.savepoint()
        opened = [county.ask(home).case for home, _ in zip(homes, lives, strict=False)]
        try:
            for phase, words in enumerate(((), (renewed.SECOND,), (renewed.SECOND, renewed.THIRD))):
                if words and not (leap and phase == 1):
                    past = {case: (bodies(case), labels(county, case)) for case in opened}
                    moved.append(renewed.renew(clock, tmp_path / str(phase), *words))
                    for case, (written, told) in past.items():
                        assert bodies(case)[: len(written)] == written
                        assert labels(county, case)[: len(told)] == told
                        hold(county, case)
                for case, life in zip(opened, lives, strict=True):
                    for one in life[phase]:
                        step(county, case, one)
                    hold(county, case)
            whole()
        finally:
            transaction.savepoint_rollback(mark)

    lived()
    assert sum(moved) > 12
