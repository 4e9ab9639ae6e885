"""Mechanisms of the city and of offices in Chromium, each by its real posts, with what is refused on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taizhang.demo.lived import HOME
from tests.browser import driving
from tests.browser.driving import act, barred, look, row
from tests.browser.people import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Visitor]
UNIT = "区水利局"


@pytest.fixture(scope="module")
def visit(demo: str, chromium: Any) -> Iterator[Visit]:
    """Everybody's browser, kept from one story to the next."""
    with driving.desks(chromium, demo) as visiting:
        yield visiting


def sent(visitor: Visitor) -> str:
    """Send the one form of a page without scripts; what it then says."""
    visitor.page.locator("main form button[type=submit]").first.click()
    visitor.page.wait_for_load_state()
    return str(visitor.page.inner_text("body"))


def seen(visitor: Visitor, place: str) -> str:
    """What a page says below its head, which tells the time."""
    visitor.go(place)
    return str(visitor.page.inner_text("main"))


def test_a_joint_check_of_relics_waits_for_the_last_signature(visit: Visit) -> None:
    host, last = visit("wenlv"), visit("ziran")
    case = row(host, "/ledgers/relic-checks/", "北关区")
    host.go(case)
    look(host, "m13-missing")
    assert "还没有签字：自然资源分局" in host.reads()
    assert "还有参加单位没有签字" in barred(host, case, "close")
    act(last, case, "sign")
    act(host, case, "close")
    assert "已办结" in host.stage(case)


def test_a_resident_asks_without_a_log_in_and_follows_until_it_is_put_right(visit: Visit) -> None:
    resident, town, cadre = visit("", phone=True), visit("zhen"), visit("cun1")
    resident.go(f"/public/forms/civil-requests/?area={HOME}")
    resident.fill({"words": "村口路灯不亮。"})
    assert "还没有提交" in sent(resident)
    look(resident, "m15-refused-phone")
    resident.fill({"kind": "路灯"})
    told = sent(resident)
    assert "已经收到" in told
    number, code = re.search(r"\b[A-Z]+-2021-\d{4}\b", told), resident.page.locator("b.code").inner_text()
    assert number is not None
    case = row(town, f"/ledgers/civil-requests/?q={number[0]}", number[0])
    due = {"plan": "更换灯头。", "unit": "城市管理", "deadline": "2021-12-24"}
    act(town, case, "plan", due)
    assert any("按期整改" in title for title in visit("chengguan").owes())
    act(cadre, case, "report", {"result": "灯头已换。"})
    assert "报告的人不能自己复查" in barred(cadre, case, "accept")
    act(town, case, "accept")
    look(town, "m15-done")
    resident.go("/public/track/")
    resident.fill({"code": code})
    assert "已解决" in sent(resident)
    look(resident, "m15-tracked-phone")


def test_a_branch_records_its_theme_day_and_an_adviser_of_an_estate_is_named(visit: Visit) -> None:
    branch, office, town = visit("zhibu"), visit("zuzhi"), visit("zhen")
    branch.go(f"/duties/branch-duties/party-{HOME}/")
    look(branch, "m16-branch")
    cells = branch.page.locator("main tbody tr").filter(has_text="主题党日").locator("a")
    cells.last.click()
    branch.page.wait_for_selector("#act")
    told = {"done_on": "2021-12-19", "members": "20", "present": "22", "account": "清理村边沟渠。"}
    branch.fill(told)
    assert "实到不能多于应到" in branch.send()
    branch.fill({"present": "18"})
    assert "已办：登记" in branch.send()
    case = branch.page.url
    act(office, case, "file")
    look(office, "m16-filed")
    named = {"kind": "物业服务指导员", "estate": "老旧小区一号院", "since": "2021-12-20"}
    driving.choose(town, "contact-points", "link", "柏庄镇")
    town.fill(named | {"person": town.name})
    assert "已办：确定联系点" in town.send()
    act(town, town.page.url, "visit", {"done": "召集业主商议门禁。", "solved": "1"})


def test_no_more_is_paid_for_a_road_than_was_approved(visit: Visit) -> None:
    office = visit("jiaotong")
    case = row(office, "/ledgers/projects/", "产业大道")
    assert "累计拨款不能超过批复投资" in office.act(case, "pay", {"amount": "10000000.01", "for": "尾款"})
    office.fill({"amount": "10000000"})
    assert "已办：拨款" in office.send()
    act(office, case, "hand_over", {"keeper": "交通运输"})
    look(office, "m17-road")
    assert "晚上有路灯" in office.reads(case)


def test_an_activity_of_two_organisers_records_one_total_of_heads(visit: Visit) -> None:
    first, second = visit("renshe"), visit("huanbao")
    driving.choose(first, "activities", "plan", "北关区")
    first.fill({"kind": "供需对接会", "title": "岁末供需对接会", "on": "2021-12-20", "place": "中心广场"})
    first.fill({"organisers": "人力资源"})
    first.fill({"organisers": "生态环境"})
    assert "已办：安排活动" in first.send()
    case = first.page.url
    assert "请填写“参加人数”" in second.act(case, "hold")
    second.fill({"heads": "56", "account": "十二家企业到场。"})
    assert "已办：登记举办情况" in second.send()
    look(second, "m18-activity")
    assert "已举办" in second.reads(case)


def test_a_tip_is_opened_by_two_answered_by_a_code_and_unknown_to_the_unit_it_names(visit: Visit) -> None:
    sender, one, other, named = (
        visit("", phone=True),
        visit("jiwei1"),
        visit("jiwei"),
        visit("huinong"),
    )
    places = ("/", "/bell/", "/ledgers/", "/search/?q=占用耕地")
    before = [seen(named, place) for place in places]
    sender.go("/public/tips/")
    assert "写" in sent(sender)
    look(sender, "m19-form-phone")
    sender.fill({"words": "某地占用耕地堆放砂石。", "unit": UNIT})
    sent(sender)
    code = sender.page.locator("b.code").inner_text()
    tip = row(one, "/tips/", "2021-12-20")
    for hand in (one, other):
        hand.go(tip)
        hand.page.get_by_role("button", name="同意开启").click()
        hand.page.wait_for_load_state()
    assert one.page.get_by_role("button", name="同意开启").count() == 0
    assert "占用耕地" not in other.reads(tip)
    other.page.get_by_role("button", name="查看内容").click()
    other.page.wait_for_load_state()
    assert "占用耕地" in other.reads()
    look(other, "m19-read")
    other.fill({"words": "已核实，限期清理。"})
    other.page.get_by_role("button", name="答复并办结").click()
    other.page.wait_for_load_state()
    sender.go("/public/tips/answer/")
    sender.fill({"code": code})
    assert "已核实，限期清理。" in sent(sender)
    assert named.go(tip).status in (403, 404)
    assert [seen(named, place) for place in places] == before


def test_a_bulletin_is_counted_published_and_opens_to_its_records(visit: Visit) -> None:
    lead, leader = visit("qianban"), visit("lingdao")
    lead.go("/bulletins/draft/monthly/")
    lead.fill({"on": "2021-12-21"})
    lead.page.locator("main form").last.locator("input[name=on]").evaluate("field => { field.value = '2021-12-21' }")
    lead.page.locator("main form").last.locator("button").click()
    lead.page.wait_for_load_state()
    assert "还没到这一天，不能数" in lead.reads()
    look(lead, "m21-refused")
    lead.go("/bulletins/draft/monthly/?on=2021-12-19")
    with lead.page.expect_navigation():
        lead.page.locator("main form").last.locator("button").click()
    assert "已发布" in lead.reads()
    look(lead, "m21-bulletin")
    leader.go(lead.page.url)
    leader.page.locator("main table tbody a").first.click()
    leader.page.wait_for_load_state()
    assert "您能看到的记录" in leader.reads()
    look(leader, "m21-figure")


def test_a_town_reports_the_jobs_of_a_month_and_corrects_them_by_an_entry(visit: Visit) -> None:
    town, bureau = visit("zhen"), visit("renshe")
    case = row(town, "/ledgers/employment-reports/", "柏庄镇")
    told = {"month": "2021-12-20", "new_jobs": "90", "reemployed": "80", "hard": "11"}
    assert "不能多于新增就业" in town.act(case, "report", told)
    town.fill({"hard": "7"})
    assert "已办：报送当月数" in town.send()
    assert "这个月已经报过" in town.act(case, "report", told | {"hard": "7"})
    more = {"month": "2021-12-20", "new_jobs": "-2", "reemployed": "0", "hard": "0", "reason": "两人重复计入。"}
    act(town, case, "correct", more)
    look(bureau, "m22-home")
    assert "两人重复计入" in bureau.reads(case)
    look(bureau, "m22-year")


def test_hours_of_volunteers_are_believable_and_a_service_is_recorded_once(visit: Visit) -> None:
    cadre = visit("cun1")
    called = {"kind": "清扫", "title": "清理河道", "on": "2021-12-20", "wanted": "8"}
    driving.choose(cadre, "volunteering", "call", "")
    cadre.fill(called)
    assert "已办：招募志愿者" in cadre.send()
    case = cadre.page.url
    assert "每人每天最多十二小时" in cadre.act(case, "serve", {"heads": "2", "hours": "25"})
    cadre.fill({"hours": "24"})
    assert "已办：登记服务" in cadre.send()
    look(cadre, "m15-volunteers")


def test_progress_of_an_investment_is_reported_and_what_is_in_its_way_becomes_a_request(visit: Visit) -> None:
    office = visit("gongxin")
    case = row(office, "/ledgers/investment-projects/", "二期车间")
    assert "请填写“诉求内容”" in office.act(case, "request", {"kind": "水电气热"})
    office.fill({"words": "变压器容量不够。"})
    assert "已办：代提诉求" in office.send()
    look(office, "m08-investment")
    assert "企业诉求" in office.page.locator("section[aria-labelledby=children]").inner_text()
