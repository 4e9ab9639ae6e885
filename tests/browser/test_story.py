"""One household's case, lived in Chromium from the alert to *watched*: two cadres, the town, the lead office, departments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.browser.people import Visitor, photo

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Visitor]
FOUND = {
    "persons": "5", "wage": "9000", "business": "4000", "property": "0", "transfer": "2400", "cost": "1400", "claims": "0",
    "self_paid": "7065", **dict.fromkeys(("housing", "education", "water", "insurance", "food", "clothing"), "true"),
    "risk_1": "因病", "category": "UNSTABLE", "situation": "户主妻子新确诊大病，自付七千余元，家中借款一万。",
}  # fmt: skip
REVIEW = {
    "present": "9", "votes_for": "8", "votes_against": "0", "votes_abstain": "1",
    "minutes": "两委、监督委员会和村民代表九人到会，八人同意、一人弃权，认为自付支出超出该户承受能力。",
}  # fmt: skip
DEPARTMENTS = ("gongan", "zhujian", "shichang", "caizheng")
OWED = "{head}户：{what}"


@dataclass
class Story:
    """The people with their browsers open, the case, and whom it is about."""

    visit: Visit
    people: dict[str, Visitor] = field(default_factory=dict)
    case: str = ""
    head: str = ""

    def who(self, username: str) -> Visitor:
        """Somebody at their browser; stays logged in."""
        if username not in self.people:
            self.people[username] = self.visit(username)
        return self.people[username]

    def owes(self, username: str, what: str) -> str:
        """The light under which somebody's home page lists a thing about this household; empty when it does not."""
        return self.who(username).owes().get(OWED.format(head=self.head, what=what), "")

    def advance(self, days: int) -> None:
        """Move the demo clock on, on its page."""
        clerk = self.who("zhen")
        clerk.go("/demo/clock/")
        clerk.fill({"days": str(days)})
        with clerk.page.expect_navigation():
            clerk.page.click("main form:has(input[name=days]) button[type=submit]")
        assert f"时钟拨快了 {days} 天" in clerk.reads()


def test_one_case_is_lived_from_the_alert_to_watched(visit: Visit) -> None:
    story = Story(visit)
    the_alert_is_read(story)
    assert story.owes("cun1", "入户核实").startswith("按期")
    the_light_turns_and_two_visit(story)
    assert story.who("cun1").reads(story.case).count("第二核查人签名") >= 1
    the_household_signs_and_departments_answer(story)
    assert story.owes("cun1", "民主评议").startswith("按期")
    the_village_reviews_and_hangs_a_notice(story)
    assert f"{story.head[0]}*" in story.visit("").reads("/notices/")
    somebody_objects_and_the_town_dismisses_it(story)
    assert story.owes("zhen", "异议复核") == ""
    the_notice_runs_and_town_and_county_decide(story)
    assert story.owes("qianban", "县级审批") == ""
    it_is_announced_and_watched(story)
    assert not [title for username in ("cun1", "zhen") for title in story.who(username).owes() if story.head in title]
    assert "监测帮扶" in story.who("cun1").stage(story.case)


def the_alert_is_read(story: Story) -> None:
    cadre, lead = story.who("cun1"), story.who("qianban")
    cadre.picture("home")
    for title in [title for title in cadre.owes() if title.endswith("：入户核实")]:
        cadre.go("/")
        cadre.page.click(f"text={title}")
        cadre.page.wait_for_url("**/cases/**")
        story.head, story.case = title.split("户：")[0], cadre.page.url
        if "医疗个人自付" in cadre.reads():
            break
    assert re.search(r"部门筛查预警.*近12个月全家医疗个人自付合计[\d.,]+元，达到5,000元", cadre.reads(), re.DOTALL)
    cadre.picture("case")
    phone = story.visit("cun1", phone=True)
    phone.go("/")
    phone.picture("home-phone")
    phone.go(story.case)
    phone.picture("case-phone")
    lead.go("/screening/alerts/?rule=R01")
    lead.page.locator(".alerts > li, tbody tr, main li").filter(has_text=f"{story.head}户").locator(
        "a[href^='/screening/alerts/']"
    ).first.click()
    lead.page.wait_for_url(re.compile(r"/screening/alerts/\w+/$"))
    assert re.search(r"近12个月全家医疗个人自付合计[\d.,]+元", lead.reads())
    rows = lead.page.locator("main table tbody tr").all_inner_texts()
    assert rows
    assert all(re.search(r"医保结算明细.*\d", row, re.DOTALL) for row in rows), rows
    lead.picture("alert")


def the_light_turns_and_two_visit(story: Story) -> None:
    story.advance(3)
    first, second = story.who("cun1"), story.who("cun2")
    assert story.owes("cun1", "入户核实").startswith("临期")
    assert first.light(story.case).startswith("入户核实 临期")
    told = first.act(story.case, "visit", {**FOUND, "second": first.name})
    assert "入户核实须两人，第二名核查人不能是本人" in told
    assert first.page.input_value("[name=situation]") == FOUND["situation"]  # nothing that was typed is lost
    first.picture("refused", whole=False)
    first.fill({"second": second.name}, {"photo": [photo()]})
    assert "已办：入户核实" in first.send()
    assert "第二名核查人还没有签名" in first.reads(story.case)
    assert "已办：第二核查人签名" in second.act(story.case, "cosign", papers={"signature": [second.signature()]})


def the_household_signs_and_departments_answer(story: Story) -> None:
    cadre = story.who("cun1")
    signed = {"signer": story.head, "covered": "5", "valid_to": "2022-12-31"}
    assert "已办：签署承诺授权" in cadre.act(story.case, "authorise", signed, {"signature": [cadre.signature()]})
    assert "已办：发起部门比对" in cadre.act(story.case, "compare")
    for username in DEPARTMENTS:
        clerk = story.who(username)
        assert story.owes(username, "部门反馈").startswith("按期")
        clerk.page.click(f"text={story.head}户：部门反馈")
        clerk.page.wait_for_url("**/cases/**")
        if username == "gongan":
            clerk.picture("department")
            told = clerk.act(clerk.page.url, "answer_flag", {"flag": "名下登记轻型货车一辆"})
        else:
            told = clerk.act(clerk.page.url, "answer_clear")
        assert "已办：反馈" in told
        assert story.owes(username, "部门反馈") == ""
    assert story.owes("cun1", "村级说明").startswith("按期")
    cadre.page.click(f"text={story.head}户：村级说明")
    cadre.page.wait_for_url("**/cases/**")
    told = cadre.act(
        cadre.page.url, "explain", {"explanation": "车龄十一年，用于贩运蔬菜，是全家主要收入来源。", "weighs": "false"}
    )
    assert "已办：说明情况" in told


def the_village_reviews_and_hangs_a_notice(story: Story) -> None:
    cadre = story.who("cun1")
    told = cadre.act(story.case, "review", {**REVIEW, "votes_for": "7"}, {"photo": [photo()]})
    assert "三类票数之和须等于到会人数" in told
    cadre.fill(REVIEW)
    assert "已办：民主评议通过" in cadre.send()
    assert "已办：村内公示" in cadre.act(story.case, "post", papers={"photo": [photo()]})
    board = story.visit("").reads("/notices/")
    assert f"{story.head[0]}*" in board
    assert story.head not in board
    assert "因病" not in board
    cadre.reads("/notices/")
    cadre.picture("notices")


def somebody_objects_and_the_town_dismisses_it(story: Story) -> None:
    second, town = story.who("cun2"), story.who("zhen")
    assert "已办：登记异议" in second.act(story.case, "object", {"objection": "有村民反映该户有货车。"})
    assert story.owes("zhen", "异议复核").startswith("按期")
    finding = {"finding": "货车车龄十一年，已作说明，不影响认定。"}
    assert "已办：异议不成立" in town.act(story.case, "dismiss_objection", finding)


def the_notice_runs_and_town_and_county_decide(story: Story) -> None:
    town, lead = story.who("zhen"), story.who("qianban")
    told = town.reads(story.case)
    assert "公示" in told
    assert town.page.locator("main a[href$='/pass_town/']").count() == 0  # not before the notice has run its days
    town.go(f"{story.case}pass_town/")
    assert re.search(r"公示.*(最早|期满|满)", town.send(), re.DOTALL)
    town.picture("too-early", whole=False)
    story.advance(6)
    assert story.owes("zhen", "乡级审核").startswith(("按期", "临期"))
    assert "已办：乡级审核通过" in town.act(story.case, "pass_town")
    assert story.owes("zhen", "乡级审核") == ""
    assert story.owes("qianban", "县级审批").startswith(("按期", "临期"))
    assert "已办：县级审批同意" in lead.act(story.case, "approve")


def it_is_announced_and_watched(story: Story) -> None:
    town, cadre = story.who("zhen"), story.who("cun1")
    assert story.owes("zhen", "结果公告")
    assert "已办：以乡镇名义公告" in town.act(story.case, "announce", {"announced_at": "村委会公告栏"})
    cadre.go(story.case)
    cadre.picture("watched")
    lead = story.who("qianban")
    lead.go("/screening/")
    lead.picture("screening")
    assert "已纳入监测" in lead.reads("/screening/alerts/?rule=R01&answer=confirmed")
