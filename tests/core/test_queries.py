"""What pages are told: what is owed and by when, lists and boards, the page of a case, a household, notices, the audit."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taizhang.core import chain
from taizhang.core.models import Case, RuleRun
from taizhang.core.moves import cases
from taizhang.core.queries import audit, bell, case, home, household, lists, notices, search, sweeps
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.work.sweep import sweep
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county."""
    return counties.build(clock)


def to_notice(county: County) -> tuple[uuid.UUID, tuple[uuid.UUID, ...]]:
    """A case that hangs on the board, and what departments were asked for it."""
    opened = county.ask(county.household())
    asked = county.look(opened.case).spawned
    county.act("cadre", opened.case, "post")
    return opened.case, asked


def queries(run: Any) -> int:
    """How many queries something takes."""
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


def test_home_lists_what_my_post_owes_worst_first_with_the_act_that_settles_it(county: County) -> None:
    old = county.ask(county.household()).case
    county.clock.advance(days=1)
    county.ask(county.household())
    county.clock.advance(days=3)
    mine = home.owed(county.who("cadre"), county.clock.now())
    assert [(one.case, one.clock, one.days_left) for one in mine.overdue] == [(old, "look", -1)]
    assert [act.act for act in mine.overdue[0].acts] == ["look"]
    assert mine.overdue[0].subject.label == "李兰"
    assert [one.clock for one in mine.near] == ["look"]
    assert (mine.red, mine.yellow, mine.green) == (1, 1, 0)
    town = home.owed(county.who("reviewer"), county.clock.now())
    assert [one.clock for one in town.early] == ["whole", "whole"]
    assert [act.act for act in town.early[0].acts] == ["drop"]
    assert home.owed(county.who("neighbour"), county.clock.now()).red == 0


def test_home_says_from_when_the_next_act_is_possible_and_what_waits_for_others(county: County) -> None:
    posted, _ = to_notice(county)
    lead = home.owed(county.who("lead"), county.clock.now())
    notice = next(one for one in lead.early if one.clock == "notice")
    assert notice.case == posted
    settling = [(act.act, act.possible_from) for act in notice.acts]
    assert settling == [("decide", chain_midnight(county, days=5)), ("back", None)]  # the way on before the way back
    waiting = home.owed(county.who("cadre"), county.clock.now()).waiting
    assert {one.clock for one in waiting} >= {"whole", "notice", "answer"}


def chain_midnight(county: County, *, days: int) -> Any:
    """The beginning of a day from now on, in Shanghai."""
    from taizhang.kit.days import day_of, start_of

    return start_of(day_of(county.clock.now()) + timedelta(days=days))


def test_home_takes_as_many_queries_for_forty_cases_as_for_two(county: County) -> None:
    for _ in range(2):
        county.ask(county.household())
    few = queries(lambda: home.owed(county.who("cadre"), county.clock.now()))
    for _ in range(38):
        county.ask(county.household())
    assert queries(lambda: home.owed(county.who("cadre"), county.clock.now())) == few
    assert few <= 20


def test_a_list_is_narrowed_searched_sorted_and_paged(county: County) -> None:
    first = county.ask(county.household(names=["王小明"]))
    county.ask(county.household(names=["王大明"]))
    county.ask(county.household(counties.NEIGHBOUR, names=["赵一"]), by="neighbour")
    town, now = county.who("reviewer"), county.clock.now()

    def numbers(**more: Any) -> list[str]:
        return [row.number for row in lists.page(town, "wells", lists.Filters(sort="number", **more), now).rows]

    everything = ["SJ-2021-0001", "SJ-2021-0002", "SJ-2021-0003"]
    assert numbers() == everything
    assert numbers(descending=True) == everything[::-1]
    assert numbers(area=counties.NEIGHBOUR) == ["SJ-2021-0003"]
    assert numbers(text="王小明") == ["SJ-2021-0001"]
    assert numbers(text="大明") == ["SJ-2021-0002"]
    assert numbers(text="2021-0003") == ["SJ-2021-0003"]
    assert numbers(owner="mine") == everything
    county.act("reviewer", first.case, "drop", given={"reason": "重复"})
    assert numbers() == everything[1:]
    assert numbers(scope="closed") == everything[:1]
    board = lists.page(town, "wells", lists.Filters(), now).board
    assert [(one.stage, one.green) for one in board if one.total] == [("asked", 2)]
    with pytest.raises(NotFound):
        lists.page(county.who("system_admin"), "wells", lists.Filters(), now)


def test_an_export_needs_the_right_and_runs_nothing_in_a_spreadsheet(county: County) -> None:
    county.ask(county.household(names=["=王小明"]))
    rows = list(lists.export(county.who("reviewer"), "wells", lists.Filters(), county.clock.now(), "zh"))
    assert rows[0][0] == "编号"
    assert rows[1][1] == "'=王小明"
    with pytest.raises(Refusal) as refused:
        lists.export(county.who("cadre"), "wells", lists.Filters(), county.clock.now(), "zh")
    assert refused.value.code == "not_allowed"


def test_the_page_of_a_case_tells_what_was_done_what_is_next_and_who_may(county: County) -> None:
    posted, asked = to_notice(county)
    page = case.page(county.who("cadre"), posted, county.clock.now())
    assert [one.act for one in page.timeline] == ["ask", "look", "post"]
    assert [one.who for one in page.timeline] == ["测试cadre"] * 3
    assert [(step.stage, step.current) for step in page.track if step.entered] == [
        ("asked", False),
        ("seen", False),
        ("posted", True),
    ]
    assert [child.case for child in page.children] == list(asked)
    assert {child.whom for child in page.children} == {"区医疗保障局", "区民政局"}
    offers = {offer.act: offer for offer in page.offers}
    assert (offers["again"].mine, offers["again"].allowed_now) == (True, True)
    assert (offers["decide"].mine, offers["decide"].allowed_now) == (False, False)
    assert offers["decide"].possible_from == chain_midnight(county, days=5)
    assert any("答复" in text.zh for text in offers["decide"].unmet)
    assert {lit.clock for lit in page.clocks} == {"whole", "notice"}
    assert page.why_seen.zh.startswith("岗位")
    assert page.n == 3


def test_sealed_values_are_open_to_who_acts_covered_for_who_only_looks_and_masked_where_declared(
    county: County,
) -> None:
    opened = county.ask(county.household())
    county.look(opened.case, cost=123_400, given={"bank": "6217000012345678"})

    def shows(key: str) -> dict[str, tuple[str, bool]]:
        page = case.page(county.who(key), opened.case, county.clock.now())
        return {one.key: (one.text.zh, one.covered) for one in page.fields}

    assert shows("cadre")["cost"] == ("1,234 元", False)
    assert shows("cadre")["bank"] == ("************5678", True)
    assert shows("cadre")["depth"] == ("30 米", False)
    assert shows("cadre")["second"] == ("测试second_cadre", False)
    assert shows("cadre")["twice"] == ("2,468 元", False)  # derived, and never kept
    assert "twice" not in Case.objects.get(pk=opened.case).data
    assert shows("auditor")["cost"] == shows("auditor")["twice"] == ("●●●●", True)
    assert shows("auditor")["note"] == ("●●●●", True)


def test_a_household_is_one_page_with_masked_numbers(county: County) -> None:
    home_id = county.household(names=["李兰", "李小兰"])
    opened = county.ask(home_id)
    page = household.page(county.who("cadre"), home_id, county.clock.now())
    assert (page.head, page.area, page.kind) == ("李兰", "柏庄镇 柏庄村", "一般农户")
    assert [(one.name, one.relation, one.age) for one in page.members] == [("李兰", "户主", 51), ("李小兰", "其他", 51)]
    assert all(one.number.startswith("**************") and one.phone == "138****1234" for one in page.members)
    assert [spell.number for spell in page.spells] == [opened.number]
    listed = household.listed(county.who("cadre"), county.clock.now(), text="小兰")
    assert [(row.head, row.members, row.open_cases) for row in listed.rows] == [("李兰", 2, 1)]
    with pytest.raises(NotFound):
        household.page(county.who("stranger"), home_id, county.clock.now())


def test_search_finds_within_my_scope_only(county: County) -> None:
    county.ask(county.household(names=["欧阳海"]))
    found = search.find(county.who("cadre"), "欧阳", county.clock.now())
    assert [one.number for one in found.cases] == ["SJ-2021-0001"]
    assert [one.head for one in found.households] == ["欧阳海"]
    assert search.find(county.who("stranger"), "欧阳", county.clock.now()) == search.Found((), ())
    assert search.find(county.who("cadre"), "SJ-2021-0001", county.clock.now()).cases[0].number == "SJ-2021-0001"


def test_the_bell_rings_for_what_became_mine_and_for_what_turned(county: County) -> None:
    opened = county.ask(county.household())
    cadre = county.accounts["cadre"]
    assert bell.count(county.who("cadre"), county.clock.now(), None) == 1
    cadre.bell_seen_at = county.clock.now()
    cadre.save()
    assert bell.count(county.who("cadre"), county.clock.now(), cadre.bell_seen_at) == 0
    county.clock.advance(days=3)
    rung = bell.rung(county.who("cadre"), county.clock.now())
    assert [(one.case, one.light, [why.new for why in one.why]) for one in rung.rows] == [
        (opened.case, "yellow", [False])
    ]


def test_the_bell_tells_of_each_case_once_and_of_twenty_at_a_time(county: County) -> None:
    opened = [county.ask(county.household()).case for _ in range(22)]
    cadre, now = county.who("cadre"), county.clock.now()
    first, second = bell.rung(cadre, now), bell.rung(cadre, now, page=2)
    assert (bell.count(cadre, now, None), first.total, len(first.rows), len(second.rows)) == (22, 22, 20, 2)
    assert {one.case for one in (*first.rows, *second.rows)} == set(opened)
    assert bell.rung(cadre, now, page=9) == second


def test_a_notice_hangs_for_its_days_shows_allowed_facts_only_and_goes_by_itself(county: County) -> None:
    posted, _ = to_notice(county)
    hung = notices.board(county.clock.now(), area=counties.VILLAGE)
    assert [(one.name, one.case, [fact.key for fact in one.facts]) for one in hung] == [("李兰", None, ["depth"])]
    assert notices.board(county.clock.now(), actor=county.who("cadre"))[0].case == posted
    assert notices.board(county.clock.now(), area=counties.FAR) == ()
    over = chain_midnight(county, days=5)
    assert len(notices.board(over - timedelta(microseconds=1))) == 1
    assert notices.board(over) == ()


def test_the_auditor_reads_who_did_what_and_no_sealed_value(county: County) -> None:
    to_notice(county)
    page = audit.page(county.who("auditor"), audit.Asked(kind="act", case="SJ-2021-0001"))
    assert [line.what.zh for line in page.lines] == ["水井核查 · 公示", "水井核查 · 核查", "水井核查 · 登记"]
    assert page.lines[1].fields == ("cost▮", "depth", "second")
    assert page.head == chain.head()
    assert audit.page(county.who("auditor"), audit.Asked(who="测试reviewer")).total == 0
    assert audit.page(county.who("auditor"), audit.Asked(area=counties.FAR)).total == 0
    with pytest.raises(Refusal):
        audit.page(county.who("lead"), audit.Asked())


def test_the_sweep_carries_out_a_rule_once_for_each_turning(county: County) -> None:
    opened = county.ask(county.household())
    assert sweep(clock=county.clock).done == 0
    county.clock.advance(days=4)
    assert (sweep(clock=county.clock).done, sweep(clock=county.clock).done) == (1, 0)
    child = Case.objects.get(parent=opened.case)
    assert child.ledger == "answers"
    assert RuleRun.objects.get().done_at == county.clock.now()
    assert [run.done for run in sweeps.runs()] == [0, 1, 0]


def test_one_bad_case_is_put_off_by_an_hour_and_does_not_stop_the_others(county: County) -> None:
    bad, good = county.ask(county.household()), county.ask(county.household(counties.NEIGHBOUR), by="neighbour")
    from taizhang.core.models import SealKey

    county.clock.advance(days=4)
    Case.objects.filter(pk=bad.case).update(n=7)  # its row no longer fits its entries
    civil = county.organisations["civil"]
    civil.code = "gone"
    civil.save()
    assert SealKey.objects.count() > 0
    assert (swept := sweep(clock=county.clock)).failed == 2
    assert swept.done == 0
    civil.code = "civil"
    civil.save()
    assert sweep(clock=county.clock).done == 0  # put off
    county.clock.advance(hours=1)
    assert sweep(clock=county.clock).done == 2
    assert Case.objects.filter(parent__in=[bad.case, good.case]).count() == 2


def test_every_query_of_a_case_page_is_counted(county: County) -> None:
    posted, _ = to_notice(county)
    taken = queries(lambda: case.page(county.who("cadre"), posted, county.clock.now()))
    for _ in range(6):
        cases.act(county.who("cadre"), posted, "again", given={"note": "又一次"}, clock=county.clock)
    assert queries(lambda: case.page(county.who("cadre"), posted, county.clock.now())) == taken
    assert taken <= 45
