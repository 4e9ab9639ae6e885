"""Letters in Chromium: a duty is submitted, another turns red, its letter appears, is checked, signed, served and answered."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser.people import Visitor, environment, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
YEAR = "/duties/duties/village/?year=2021"


@dataclass
class House:
    """The served district and the people at their browsers."""

    address: str
    chromium: Any
    people: dict[str, Visitor] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Visitor:
        if name not in self.people:
            self.people[name] = Visitor(self.chromium, self.address)
            self.people[name].page.set_default_timeout(60_000)  # the first page reads every ledger
            self.people[name].log_in("system_admin" if name == "operator" else f"office-{name}")
        return self.people[name]


@pytest.fixture
def house(tmp_path: Path, chromium: Any) -> Iterator[House]:
    """Three party organisations and a discipline office, on 25 November 2021."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "tests.browser.discipline"]
    done = subprocess.run(command, env=environment(data), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with serving(data) as address:
        made = House(address, chromium)
        yield made
        faults = [fault for one in made.people.values() for fault in one.faults]
        for one in made.people.values():
            one.close()
    assert faults == [], "what the browser complained about"


def test_from_a_duty_not_done_to_a_letter_answered(house: House) -> None:
    a_duty_is_submitted_returned_and_accepted(house)
    another_turns_red_as_the_clock_passes(house)
    the_operator_sees_what_ran(house)
    case = the_gathered_letter_is_edited_and_its_drafter_may_not_sign(house)
    another_hand_checks_the_head_signs_and_it_is_served(house, case)
    it_is_answered_and_the_story_says_so(house, case)


def november(visitor: Visitor, item: str) -> Any:
    """November's cell of an item: the first after the months before the ledger was in force."""
    visitor.go(YEAR)
    row = visitor.page.locator("tr").filter(has_text=item)
    return row.locator("td").nth(1)


def a_duty_is_submitted_returned_and_accepted(house: House) -> None:
    village, clerk = house["village"], house["clerk"]
    november(village, "村务监督委员会会议").locator("a").first.click()
    village.page.wait_for_selector("#act")
    village.fill({"done_on": "2021-11-24", "account": "已开会"})
    assert "已办：报送" in village.send()
    case = village.page.url
    assert "已办：退回" in clerk.act(case, "return", {"reason": "没有写议了什么"})
    assert "已办：重报" in village.act(case, "redo", {"account": "村务监督委员会例会，审议三项支出"})
    assert "已办：认可" in clerk.act(case, "accept", {"quality": "到位"})
    assert november(village, "村务监督委员会会议").inner_text().startswith("按期")


def another_turns_red_as_the_clock_passes(house: House) -> None:
    village, clerk = house["village"], house["clerk"]
    assert november(village, "村级小微权力清单运行").inner_text().startswith("按期")
    clerk.go("/demo/clock/")
    with clerk.page.expect_navigation():
        clerk.page.click("main button[name=days][value='15']")
    assert re.search(r"逾期\s+2021年12月8日 起", november(village, "村级小微权力清单运行").inner_text())
    assert "村级小微权力清单运行" in clerk.reads("/duties/")


def the_operator_sees_what_ran(house: House) -> None:
    operator = house["operator"]
    operator.go("/system/sweeps/")
    with operator.page.expect_navigation():
        operator.page.get_by_role("button", name="现在再办一次").click()
    operator.page.wait_for_selector("#job:not([hx-get])", timeout=90_000)
    assert "没办成 0 件" in operator.reads()
    assert "没有没办成的。" in operator.reads("/system/sweeps/")
    operator.picture("sweeps")


def the_gathered_letter_is_edited_and_its_drafter_may_not_sign(house: House) -> str:
    clerk = house["clerk"]
    clerk.go("/ledgers/letters/")
    clerk.page.locator("tbody tr").filter(has_text="柏庄村党支部").locator("a").first.click()
    clerk.page.wait_for_selector("img.paper-sheet")
    case = str(clerk.page.url)
    said = clerk.reads()
    assert re.search(r"村级小微权力清单运行\s*2021-11\s+12月8日\s+逾期 没有记录", said)
    clerk.picture("letter-draft")
    clerk.go(f"{case}edit/")
    clerk.page.wait_for_selector("img.paper-sheet")
    before = clerk.page.locator("img.paper-sheet").first.get_attribute("src")
    clerk.page.fill("[name=body]", "你单位下列责任事项到期后未见办理记录，请书记主持研究，逐项补办。")
    clerk.page.wait_for_function(
        "before => { const sheet = document.querySelector('img.paper-sheet'); return sheet && sheet.src !== before }",
        arg=before,
    )
    clerk.picture("letter-edit")
    assert "已办：改稿" in clerk.send()
    assert "改稿的人不能核稿" in clerk.reads(case)
    assert clerk.page.locator("main a[href$='/sign/']").count() == 0
    answer = clerk.go(f"{case}sign/")
    assert answer.status == 404
    return case


def another_hand_checks_the_head_signs_and_it_is_served(house: House, case: str) -> None:
    assert house["village"].go(case).status == 404  # a draft is not its addressee's
    assert "已办：核稿" in house["second"].act(case, "check")
    assert "已办：签发" in house["head"].act(case, "sign")
    assert "北纪醒〔2021〕1号" in house["head"].reads(case)
    assert house["village"].go(case).status == 404
    assert "已办：送达" in house["second"].act(case, "serve")
    clerk = house["clerk"]
    assert re.search(r"北纪醒〔2021〕1号.*柏庄村党支部", clerk.reads("/letters/"), re.S)
    clerk.picture("letter-register")


def it_is_answered_and_the_story_says_so(house: House, case: str) -> None:
    village = house["village"]
    assert "已办：签收" in village.act(case, "receive_to_reply")
    assert village.light(case).startswith("按期回复")
    village.picture("letter-served")
    november(village, "村级小微权力清单运行").locator("a").first.click()
    village.page.wait_for_selector("#act")
    village.fill({"done_on": "2021-12-09", "account": "已补办小微权力清单公开"})
    assert "已办：报送" in village.send()
    assert "已办：回复" in village.act(case, "answer", {"reply": "已逐项补办，材料附后。"})
    assert "已办：认可回复" in house["second"].act(case, "accept")
    told = village.reads(case)
    acts = ["自动拟稿", "改稿", "核稿", "签发", "送达", "签收", "回复", "认可回复"]
    places = [told.rindex(act) for act in acts[:-1]]
    assert len(places) == len(acts) - 1
    assert re.search(r"村级小微权力清单运行\s*2021-11\s+12月8日\s+按期 已报送", told)
    assert "已办结" in told
