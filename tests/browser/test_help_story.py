"""Help in Chromium: a measure is planned, approved and paid; a helper is paired, visits in one step, and hands over."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from taizhang.demo.posts import LOGINS
from tests.browser.people import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Visitor]
AIM = "住院自付部分给予救助，出院后按月回访。"
CHANGED = "手术费用已结清，借款还了一半。"


def household_of(visitor: Visitor, kind: str, wanted: Callable[[str], bool], *, area: str = "") -> str:
    """The address of the first household of a kind on whose page stands what is wanted."""
    visitor.go(f"/households/?kind={kind}&area={area}")
    links = visitor.page.locator("main tbody th a").all()
    for address in [str(link.get_attribute("href")) for link in links]:
        if wanted(visitor.reads(address)):
            return address
    raise AssertionError(f"no household of {kind} fits")


def row_of(visitor: Visitor, section: str, text: str) -> str:
    """The row of a section's table in which something stands."""
    rows = visitor.page.locator(f"section[aria-labelledby='{section}'] tbody tr").filter(has_text=text)
    return str(rows.first.inner_text())


def test_a_measure_is_planned_by_the_village_and_paid_by_the_department(visit: Visit) -> None:
    cadre, office = visit("cun1"), visit("yibao")
    home = household_of(cadre, "脱贫户", lambda page: "医疗救助" not in page)
    identity = home.strip("/").rsplit("/", 1)[-1]
    cadre.go(f"/ledgers/assistance/open/plan/?subject={identity}&item=MEDICAL_RELIEF")
    assert re.search(r"户内(有 \d+ 名|没有)劳动年龄成员", cadre.reads())
    assert cadre.page.input_value("[name=item]") == "MEDICAL_RELIEF"  # a hint that was chosen stands in the form
    cadre.picture("plan")
    cadre.fill({"risk": "因安全住房", "persons": "1", "aim": AIM, "granted": "3000"})
    assert "措施与风险不对应，请换措施或写明例外理由" in cadre.send()
    cadre.fill({"risk": "因病"})
    assert "已办：提出帮扶措施" in cadre.send()
    case, head = cadre.page.url, cadre.page.locator("h1").inner_text().split("户")[0]
    assert office.owes()[f"{head}户：部门审批"].startswith("按期")
    assert "已办：审批同意" in office.act(case, "approve")
    assert "累计发放超过核定金额" in office.act(case, "pay", {"amount": "3000.01"})
    office.fill({"amount": "3000"})
    assert "已办：登记发放" in office.send()
    cadre.reads(home)
    assert "3,000" in row_of(cadre, "measures", "医疗救助")
    cadre.act(case, "end", {"result": "better", "changed": CHANGED})
    cadre.reads(home)
    assert CHANGED in row_of(cadre, "measures", "医疗救助")
    cadre.picture("measures")
    phone = visit("cun1", phone=True)
    phone.go(home)
    phone.picture("measures-phone")


def test_a_helper_is_paired_visits_in_one_step_and_hands_over(visit: Visit) -> None:
    lead, helper = visit("qianban"), visit(LOGINS["helper"][0])
    home = household_of(lead, "脱贫户", lambda page: "结对帮扶" not in page)
    identity = home.strip("/").rsplit("/", 1)[-1]
    lead.go(f"/ledgers/pairing/open/pair/?subject={identity}")
    lead.fill({"helper": helper.name, "unit": "区水利局", "since": "2021-12-20"})
    assert "已办：结对" in lead.send()
    case, head = lead.page.url, lead.page.locator("h1").inner_text().split("户")[0]
    helper.go("/")
    row = helper.page.locator("section[aria-labelledby=caseload] li").filter(has_text=f"{head}户")
    assert "您还没有去过" in row.inner_text()
    assert row.get_by_text("去过，无变化").count() == 0  # the first visit answers everything
    assert "第一次走访请把六项都答一遍" in helper.act(case, "visit", {"food": "true"})
    six = dict.fromkeys(("food", "clothing", "education", "medical", "housing", "water"), "true")
    helper.fill(six)
    assert "已办：走访" in helper.send()
    helper.go("/")
    helper.picture("caseload")
    with helper.page.expect_navigation():
        row.get_by_text("去过，无变化").click()
    assert "已办：走访" in helper.reads()
    assert "有变化的请写明是什么" in helper.act(case, "visit", {"water": "false"})
    assert "2021-12-20 的答复，有变化才改。" in helper.reads()
    helper.fill({"note": "入户水管冻裂，已联系水利局。"})
    assert "已办：走访" in helper.send()
    assert "没有做到：饮水安全" in helper.reads("/")
    assert helper.name in lead.reads(home)
    assert row_of(lead, "visits", helper.name).count("走访") >= 1
    handing = {"next_helper": helper.name, "next_unit": "区水利局", "handed_on": "2021-12-20", "reason": "工作调动"}
    assert "接任的不能是本人" in lead.act(case, "hand_over", handing)
    successor = next(
        name for name in lead.page.locator("[name=next_helper] option").all_inner_texts()[1:] if helper.name not in name
    )
    lead.fill({"next_helper": successor})
    assert "已办：交接" in lead.send()
    assert f"{head}户" not in helper.reads("/")
    assert successor.split("（")[0].strip() in lead.reads(home)
