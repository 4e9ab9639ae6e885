"""What every page owes everybody: works without scripts, in two languages, by keyboard and reader, on a telephone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.people import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Visitor]
# Who opens which pages; together every page of the bar.
PAGES = {
    "cun1": ("/", "/ledgers/", "/ledgers/household-monitoring/", "/households/", "/search/?q=尚远", "/bell/", "/figures/",
             "/notices/", "/help/", "/help/household-monitoring/", "/password/", "/demo/clock/"),
    "qianban": ("/", "/screening/", "/screening/alerts/", "/screening/feeds/", "/screening/batches/", "/screening/links/",
                "/screening/clues/", "/jobs/", "/policies/", "/ledgers/household-monitoring/?as=board"),
    "shenji": ("/audit/", "/figures/"),
    "anquan": ("/accounts/", "/accounts/new/"),
    "xitong": ("/system/", "/system/health/"),
}  # fmt: skip
# What a checker of accessibility looks for first; gives what is wrong, in words.
CHECK = """() => {
  const wrong = [], all = (query) => [...document.querySelectorAll(query)];
  const named = (e) => (e.getAttribute("aria-label") || e.title || e.textContent || "").trim()
    || (e.getAttribute("aria-labelledby") || "").split(" ").some((id) => id && document.getElementById(id))
    || [...e.querySelectorAll("img[alt], svg[aria-label]")].length > 0;
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title.trim()) wrong.push("no title");
  if (all("main").length !== 1) wrong.push(`${all("main").length} main`);
  if (all("h1").length !== 1) wrong.push(`${all("h1").length} h1`);
  for (const e of all("img:not([alt])")) wrong.push(`img without alt: ${e.src}`);
  for (const e of all("input:not([type=hidden]), select, textarea"))
    if (!e.labels?.length && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby"))
      wrong.push(`no label: ${e.outerHTML.slice(0, 90)}`);
  for (const e of all("a[href], button, summary")) if (!named(e)) wrong.push(`no name: ${e.outerHTML.slice(0, 90)}`);
  const ids = all("[id]").map((e) => e.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) wrong.push(`twice the id ${id}`);
  for (const e of all("[aria-describedby], [aria-labelledby]"))
    for (const id of `${e.getAttribute("aria-describedby") || ""} ${e.getAttribute("aria-labelledby") || ""}`.split(" "))
      if (id && !document.getElementById(id)) wrong.push(`refers to nothing: ${id}`);
  for (const e of all("table")) if (!e.querySelector("caption, th") && !e.getAttribute("aria-label")) wrong.push("a table without heads");
  const levels = all("h1, h2, h3, h4").map((e) => Number(e.tagName[1]));
  levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) wrong.push(`h${level} after h${levels[at - 1]}`); });
  return wrong;
}"""


def test_the_checker_finds_what_is_planted(chromium: Any) -> None:
    page = chromium.new_page()
    page.set_content(
        "<main><h1>a</h1><h3 id=x>b</h3><img src=y><input name=z><a href=/ id=x></a><p aria-describedby=q></p></main>"
    )
    found = " ".join(page.evaluate(CHECK))
    page.close()
    for fault in (
        "no language",
        "no title",
        "img without alt",
        "no label",
        "no name",
        "twice the id x",
        "nothing: q",
        "h3 after h1",
    ):
        assert fault in found, fault


@pytest.mark.parametrize("username", PAGES)
def test_pages_are_named_labelled_and_fit_a_telephone(visit: Visit, username: str) -> None:
    desk, phone = visit(username), visit(username, phone=True)
    wrong = []
    for path in PAGES[username]:
        answer = desk.go(path)
        assert answer.status == 200, path
        wrong += [f"{path}: {fault}" for fault in desk.page.evaluate(CHECK)]
        phone.go(path)
        beyond = phone.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        wrong += [f"{path}: {beyond} pixels wider than a telephone"] if beyond > 0 else []
    assert wrong == []


def test_without_scripts_somebody_logs_in_acts_and_sees_the_result(visit: Visit) -> None:
    cadre = visit("cun1", javascript=False)
    assert "我的事项" in cadre.reads("/")
    cadre.go("/ledgers/village-problems/open/report/")
    cadre.page.locator("main a[href*='subject=']").first.click()
    cadre.page.wait_for_selector("#act")
    assert "还不能办" in cadre.send()
    cadre.fill({"kind": "道路损毁", "hint": "村东桥头路面塌陷约两米"})
    assert "已办：上报村级问题" in cadre.send()
    assert "待解决" in cadre.reads()
    assert re.search(r"CJ-2021-\d{4}", cadre.reads("/ledgers/village-problems/"))


def test_the_pages_speak_english_when_asked(visit: Visit) -> None:
    cadre = visit("cun1")
    cadre.go("/")
    cadre.page.click(".bar-post-menu summary")
    with cadre.page.expect_navigation():
        cadre.page.click("button[name=language]")
    assert cadre.page.get_attribute("html", "lang") == "en"
    assert cadre.page.inner_text("h1") == "My matters"
    chinese = re.compile(r"[\u4e00-\u9fff]+")
    for path in ("/", "/ledgers/", "/ledgers/household-monitoring/", "/households/", "/figures/", "/help/", "/bell/"):
        cadre.go(path)
        said = cadre.page.locator("nav, h1, h2, th[scope=col], label, button:not([name=language])").all_inner_texts()
        left = {found for text in said for found in chinese.findall(text)} - {"台账", "北关区"}
        assert not left, (path, left)


def test_a_child_of_the_keyboard_reaches_the_first_thing_owed(visit: Visit) -> None:
    lead = visit("qianban")
    lead.go("/ledgers/household-monitoring/")
    lead.page.keyboard.press("Tab")
    assert lead.page.evaluate("() => document.activeElement.textContent.trim()") == "跳到正文"
    lead.page.keyboard.press("Enter")
    lead.page.keyboard.press("Tab")
    assert lead.page.evaluate("() => !!document.activeElement.closest('main')")
