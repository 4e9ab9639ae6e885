"""The pages of a case and of what is owed: what comes next, how the days are divided, how entries read, corrections."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from taizhang.core import access
from taizhang.core.clock import Standing
from taizhang.core.models import Area, Case, Entry, Household, Membership, Post, SavedView
from taizhang.core.moves import cases, snapshots
from taizhang.kit.areacode import short_name
from tests.client import Client
from tests.conftest import NOW
from tests.district import SmallDistrict

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db
LIST = "/ledgers/household-monitoring/"


def visited(people: SmallDistrict, clue: UUID, **more: Any) -> None:
    """The cadre has visited the home."""
    given = {
        "second": str(people.accounts["second_cadre"].pk), "persons": 3, "wage": 900_000, "business": 400_000, "property": 0,
        "transfer": 240_000, "cost": 140_000, "claims": 0, "self_paid": 2_600_000, "housing": True, "education": True,
        "water": True, "insurance": True, "food": True, "clothing": True, "risk_1": "ILLNESS", "category": "UNSTABLE",
        "situation": "户主手术，借款一万元。",
    }  # fmt: skip
    cases.act(people.actor("cadre", NOW), clue, "visit", given={**given, **more}, clock=Standing(NOW))


def buttons(page: str) -> list[str]:
    """The words of the links that look like buttons, in the order of the page."""
    return [words.strip() for words in re.findall(r'<a class="btn[^"]*" href="[^"]*">([^<]*)</a>', page)]


# --- what is owed ---------------------------------------------------------------------------------------------------


def test_the_town_that_waits_for_the_village_is_not_told_to_refuse(enter: Enter, clue: UUID) -> None:
    page = enter("reviewer").get("/").content.decode()
    assert "申稻香户" in page
    assert "不予纳入" not in page
    assert Post.objects.get(role="cadre", area__path="410503100201").title in page
    assert f'href="/cases/{clue}/"' in page
    assert buttons(page) == []


def test_where_several_ways_on_stand_side_by_side_none_is_advised(
    enter: Enter, people: SmallDistrict, household: Household
) -> None:
    given = {"change": "MOVE", "since": NOW.date(), "reason": "随子女进城"}
    opened = cases.open_case(
        people.actor("cadre", NOW), "register", "ask", subject=household.pk, given=given, clock=Standing(NOW)
    )
    page = enter("reviewer").get("/").content.decode()
    assert f'href="/cases/{opened.case}/">核定变动</a>' in page  # its clock's name, not one of the eight decisions
    case = enter("reviewer").get(f"/cases/{opened.case}/").content.decode()
    top = case.split('class="acts-top')[1].split('class="steps"')[0]
    assert buttons(top.split("<details")[0]) == ["核定迁移"]  # of a move reported only a move can be decided
    assert "核定死亡" not in top


def test_on_a_case_the_way_on_is_the_button_and_the_ways_beside_are_folded(enter: Enter, clue: UUID) -> None:
    page = enter("cadre").get(f"/cases/{clue}/").content.decode()
    top = page.split('class="acts-top')[1].split('class="steps"')[0]
    before, folded = top.split("<details")
    assert buttons(before) == ["入户核实"]
    assert {"办结线索", "农户撤回申请"} <= set(buttons(folded))
    assert page.count("btn-wide btn-act") == 2  # above the story on a phone, beside it on a desk


# --- the head, the days, the light ----------------------------------------------------------------------------------


def test_the_head_of_a_case_names_place_source_and_whole_limit_and_no_income(
    enter: Enter, people: SmallDistrict, clue: UUID
) -> None:
    visited(people, clue)
    page = enter("cadre").get(f"/cases/{clue}/").content.decode()
    head = page.split('<dl class="facts">')[1].split("</dl>")[0]
    assert re.findall(r"<dt>([^<]*)</dt>", head) == ["地点", "共同生活人数", "监测类别", "来源", "总时限"]
    assert "15 天，到 2022年1月4日 周二" in head


def test_the_fifteen_days_are_divided_among_the_stages_above_how_they_went(enter: Enter, clue: UUID) -> None:
    page = enter("cadre").get(f"/cases/{clue}/").content.decode()
    plan = page.split('class="days-plan"')[1].split("</tr>")[0]
    assert re.findall(r'colspan="(\d+)">([^<]*)<', plan) == [
        ("3", "入户核实 3"), ("2", "民主评议 2"), ("1", "张贴公示 1"), ("5", "村内公示 5"), ("2", "乡级审核 2"), ("2", "县级审批 2"),
    ]  # fmt: skip
    assert "合计 15 天" in plan
    assert "同时进行的：发起比对 3 天" in page
    steps = page.split('class="steps"')[1].split("</ol>")[0]
    assert "须满 5 天" in steps
    assert steps.count("限 2 天") == 2  # review and county, both still ahead


def test_a_light_names_the_post_with_its_place_and_leads_to_its_rule(enter: Enter, clue: UUID) -> None:
    page = enter("reviewer").get(f"/cases/{clue}/").content.decode()
    whys = page.split('class="card why"')[1:]
    owners = [re.search(r"<dt>谁的灯</dt><dd>([^<]*)</dd>", why)[1] for why in whys]  # type: ignore[index]
    assert owners == [
        Post.objects.get(role="cadre", area__path="410503100201").title,
        Post.objects.get(role="reviewer", area__path="410503100").title,
    ]
    assert all('href="/help/household-monitoring/#clocks"' in why for why in whys)
    assert all("（第 1 条）" in why for why in whys)


def test_areas_go_by_the_names_people_say_and_paper_has_the_full_one(enter: Enter, clue: UUID) -> None:
    Area.objects.filter(path="410503100201").update(name="柏庄村民委员会")
    client = enter("reviewer")
    row = client.get(LIST).content.decode()
    assert "村民委员会" not in row
    page = client.get(f"/cases/{clue}/").content.decode()
    assert re.search(r'class="on-paper">[^<]*村民委员会<', page)


# --- how entries read -----------------------------------------------------------------------------------------------


def test_a_visit_reads_well_and_keeps_what_is_sensitive_covered(
    enter: Enter, people: SmallDistrict, clue: UUID
) -> None:
    visited(people, clue)
    page = enter("cadre").get(f"/cases/{clue}/").content.decode()
    entry = page.split('id="entry-2"')[1].split("</li>\n")[0]
    assert "住房安全、义务教育有保障、饮水安全、基本医疗保险全员参保、不愁吃、不愁穿，6 项均为“是”。" in entry
    labels = re.findall(r"<dt>([^<]*)</dt>", entry)
    assert labels[:5] == ["第二名核查人", "共同生活人数", "第一风险", "监测类别", "核查情况"]
    assert labels[5:] == [
        "工资性收入", "生产经营性收入", "财产性收入", "转移性收入", "生产经营性支出", "理赔收入", "合规自付支出",
    ]  # fmt: skip
    assert "因病" not in entry
    shown = enter("cadre").post(f"/cases/{clue}/reveal/2/risk_1/", {"reason": "核对帮扶措施"}).content.decode()
    assert "因病" in shown
    assert Entry.objects.filter(kind="reveal").count() == 1


def test_what_was_not_so_is_said_first(enter: Enter, people: SmallDistrict, clue: UUID) -> None:
    visited(people, clue, water=False)
    assert "没有做到：饮水安全。" in enter("cadre").get(f"/cases/{clue}/").content.decode()


# --- corrections ----------------------------------------------------------------------------------------------------


def test_an_entry_is_corrected_with_a_reason_and_stays_to_be_read(
    enter: Enter, people: SmallDistrict, clue: UUID
) -> None:
    visited(people, clue)
    client = enter("cadre")
    page = client.get(f"/cases/{clue}/").content.decode()
    assert f'href="/cases/{clue}/correct/2/"' in page
    assert f'href="/cases/{clue}/correct/1/"' not in page  # the opening is not withdrawn by itself
    assert client.post(f"/cases/{clue}/correct/2/", {"reason": " "}).status_code == 422
    done = client.post(f"/cases/{clue}/correct/2/", {"reason": "入户日期填错"}, follow=True).content.decode()
    assert "已更正第 2 条" in done
    assert 'class="entry-annulled"' in done
    assert Case.objects.get(pk=clue).stage == "clue"


def test_only_the_post_that_may_do_an_act_corrects_it(enter: Enter, people: SmallDistrict, clue: UUID) -> None:
    visited(people, clue)
    assert enter("lead").get(f"/cases/{clue}/correct/2/").status_code == 404
    assert enter("stranger").post(f"/cases/{clue}/correct/2/", {"reason": "试试"}).status_code == 404
    assert Case.objects.get(pk=clue).stage == "visited"


# --- views of a list ------------------------------------------------------------------------------------------------


def test_a_view_is_kept_under_a_name_without_the_name_that_was_searched_for(enter: Enter, clue: UUID) -> None:
    client = enter("reviewer")
    asked = {"name": "红灯的", "asked": "light=red&q=申稻香&sort=number&evil=1"}
    page = client.post(f"{LIST}views/", asked, follow=True).content.decode()
    assert "已存下“红灯的”" in page
    assert f'href="{LIST}?light=red&amp;sort=number"' in page
    client.post(f"{LIST}views/", {"name": "红灯的", "asked": "light=yellow"})
    view = SavedView.objects.get()
    assert view.query == "light=yellow"
    assert enter("cadre").post(f"{LIST}views/", {"drop": str(view.pk)}).status_code == 404
    client.post(f"{LIST}views/", {"drop": str(view.pk)})
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_not_kept(enter: Enter, clue: UUID) -> None:
    page = enter("reviewer").post(f"{LIST}views/", {"name": "  ", "asked": "light=red"}, follow=True).content.decode()
    assert "请起个名字" in page
    assert not SavedView.objects.exists()


# --- a household ----------------------------------------------------------------------------------------------------


def test_incomes_stand_beside_the_line_of_their_year(enter: Enter, household: Household) -> None:
    rows = [
        {"household": "H-0001", "since": date(year - 1, 11, 1), "until": date(year, 10, 31), "wage": 1_800_000 + year,
         "business": 0, "property": 0, "transfer": 0, "cost": 0}
        for year in (2021, 2020)
    ]  # fmt: skip
    Membership.objects.update(valid_from=date(2020, 1, 1))
    assert snapshots.import_incomes(access.SYSTEM, rows, clock=Standing(NOW)).rows == 2
    page = enter("cadre").get(f"/households/{household.pk}/").content.decode()
    table = page.split('id="income"')[1].split("</table>")[0]
    assert table.index("2020-10") < table.index("2021-10")
    assert re.findall(r">(5,000|6,000)<", table) == ["5,000", "6,000"]
    assert '"step": true' in page


# --- English --------------------------------------------------------------------------------------------------------


def test_english_pages_keep_chinese_for_names_and_free_text_alone(
    enter: Enter, people: SmallDistrict, clue: UUID, household: Household
) -> None:
    visited(people, clue)
    client = enter("cadre")
    client.post("/language/", {"language": "en", "next": "/"})
    names = {
        "户主手术，借款一万元。",
        "医疗支出大",
        "申稻香",
        "郭麦收",
        "一组 3 号",
        "北关区",
        "柏庄镇",
        "中文",
        *_names(people),
    }
    for url in (
        "/",
        f"/cases/{clue}/",
        f"/cases/{clue}/withdraw/",
        f"/cases/{clue}/correct/2/",
        f"/households/{household.pk}/",
        LIST,
    ):
        page = client.get(url).content.decode()
        text = re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "")
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], url


def _names(people: SmallDistrict) -> set[str]:
    areas = {name for full in Area.objects.values_list("name", flat=True) for name in (full, short_name(full))}
    return (
        areas
        | {account.name for account in people.accounts.values()}
        | set(Post.objects.values_list("title", flat=True))
    )
