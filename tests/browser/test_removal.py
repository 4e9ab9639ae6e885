"""Half a year after a household was entered its risk is removed in Chromium; then it is at risk again: a new spell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser.people import Visitor, environment, photo, serving
from tests.district import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GOOD = {
    "removal": "helped", "persons": "2", "wage": "28000", "business": "3000", "property": "0", "transfer": "1200",
    "cost": "900", "claims": "0", "self_paid": "800", "steady_months": "7",
    **dict.fromkeys(("housing", "education", "water", "insurance", "food", "clothing"), "true"),
    **dict.fromkeys(("costs_eased", "risks_gone", "no_new_risk"), "true"),
    "situation": "长子务工七个月，工资流水齐全，没有新的大额支出。",
}  # fmt: skip
REVIEW = {
    "present": "9",
    "votes_for": "9",
    "votes_against": "0",
    "votes_abstain": "0",
    "minutes": "九人到会，一致同意。",
}


@dataclass
class Village:
    """A household that is watched and helped, and the people around it with their browsers."""

    address: str
    chromium: Any
    home: str
    case: str
    people: dict[str, Visitor] = field(default_factory=dict)

    def who(self, key: str) -> Visitor:
        """Somebody at their browser; stays logged in."""
        if key not in self.people:
            one = self.people[key] = Visitor(self.chromium, self.address)
            one.page.set_default_timeout(60_000)
            if key:
                one.log_in(key, PASSWORD)
        return self.people[key]

    def advance(self, days: int) -> None:
        """Move the demo clock on, on its page."""
        clerk = self.who("reviewer")
        clerk.go("/demo/clock/")
        clerk.fill({"days": str(days)})
        with clerk.page.expect_navigation():
            clerk.page.click("main form:has(input[name=days]) button[type=submit]")
        assert f"时钟拨快了 {days} 天" in clerk.reads()


@pytest.fixture
def village(tmp_path: Path, chromium: Any) -> Iterator[Village]:
    """A household of two, entered and helped by the doors, in a served demo district."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "tests.browser.village"]
    done = subprocess.run(command, env=environment(data), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    with serving(data) as address:
        made = Village(address, chromium, told["home"], f"{address}/cases/{told['case']}/")
        yield made
        faults = [fault for one in made.people.values() for fault in one.faults]
        for one in made.people.values():
            one.close()
    assert faults == [], "what the browser complained about"


def test_a_risk_is_removed_after_half_a_year_and_comes_back_as_a_new_spell(village: Village) -> None:
    too_early(village)
    the_removal_is_proposed_by_two(village)
    the_village_agrees_and_one_notice_hangs(village)
    town_and_county_decide_and_it_is_announced(village)
    the_risk_comes_back(village)
    the_page_of_the_household_tells_it_all(village)


def too_early(village: Village) -> None:
    cadre = village.who("cadre")
    cadre.go(f"{village.case}propose_removal/")
    cadre.fill({**GOOD, "second": village.who("second_cadre").name})
    assert re.search(r"期满后才能“入户核实，提出风险消除”", cadre.send())


def the_removal_is_proposed_by_two(village: Village) -> None:
    village.advance(184)
    cadre, second = village.who("cadre"), village.who("second_cadre")
    told = cadre.act(village.case, "propose_removal", {**GOOD, "second": second.name, "water": "false"})
    assert "三保障和饮水安全还有问题，继续监测" in told
    assert cadre.page.input_value("[name=situation]") == GOOD["situation"]  # nothing that was typed is lost
    cadre.fill({"water": "true"}, {"photo": [photo()]})
    assert "已办：入户核实，提出风险消除" in cadre.send()
    assert "第二名核查人还没有签名" in cadre.reads(village.case)
    assert "已办：第二核查人签名" in second.act(village.case, "cosign", papers={"signature": [second.signature()]})
    assert cadre.light(village.case).startswith("消除评议 按期")


def the_village_agrees_and_one_notice_hangs(village: Village) -> None:
    cadre = village.who("cadre")
    assert "已办：民主评议同意消除" in cadre.act(village.case, "review_removal", REVIEW)
    assert "已办：消除村内公示" in cadre.act(village.case, "post_removal", papers={"photo": [photo()]})
    board = village.who("").reads("/notices/")
    assert "监测对象风险消除公示" in board
    assert "李*" in board
    for hidden in ("李兰", "务工", "28,000", "因务工"):
        assert hidden not in board


def town_and_county_decide_and_it_is_announced(village: Village) -> None:
    town, lead = village.who("reviewer"), village.who("lead")
    town.go(f"{village.case}pass_removal/")
    assert re.search(r"公示.*(最早|期满|满)", town.send(), re.DOTALL)
    village.advance(6)
    assert "已办：乡级审核同意消除" in town.act(village.case, "pass_removal")
    assert "已办：县级批准消除" in lead.act(village.case, "approve_removal")
    contact = village.who("second_cadre").name
    told = town.act(village.case, "announce_removal", {"contact": contact, "announced_at": "村务公开栏"})
    assert "已办：公告并标注风险消除" in told
    assert "风险消除" in town.reads(village.case)
    lead.reads(village.case)
    assert lead.page.locator("main a[href$='/roll_back/']").count()  # who may take the mark back still finds the way
    assert village.who("cadre").page.locator("main a[href$='/propose_removal/']").count() == 0


def the_risk_comes_back(village: Village) -> None:
    village.advance(40)
    cadre = village.who("cadre")
    cadre.go(f"/ledgers/household-monitoring/open/report/?subject={village.home}")
    cadre.fill({"hint": "户主突发重病，自付三万元"})
    assert "已办：上报排查线索" in cadre.send()
    cadre.page.wait_for_url("**/cases/**")
    assert cadre.page.url.split("?")[0] != village.case
    told = cadre.reads()
    assert re.search(r"以前一次：JC-\d{4}-\d{4} 风险消除", told)
    cadre.go(village.case)
    assert re.search(r"后来一次：JC-\d{4}-\d{4} 线索待核实", cadre.reads())


def the_page_of_the_household_tells_it_all(village: Village) -> None:
    lead = village.who("lead")
    lead.go(f"/households/{village.home}/")
    rows = [row.replace("\n", " ") for row in lead.page.locator("section:has(#whole-story) tbody tr").all_inner_texts()]
    wanted = (
        "上报排查线索", "村内公示", "以乡镇名义公告", "提出帮扶措施", "登记发放", "入户核实，提出风险消除", "消除村内公示",
        "公告并标注风险消除", "上报排查线索",
    )  # fmt: skip
    assert len(rows) == len(wanted), rows
    assert all(label in row for label, row in zip(wanted, rows, strict=True)), rows
    assert "2 次，共 1,200 元" in rows[4]
    assert all("按期" in rows[at] for at in (1, 2, 6, 7)), rows
    assert "防止返贫监测 第 1 次" in rows[0]
    assert re.search(r"线索待核实.*(按期|临期)", lead.page.inner_text("section:has(#spells)"), re.DOTALL)
