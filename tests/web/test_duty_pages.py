"""The duties of organisations on pages: a year as a grid, the desk without ranks, and a duty submitted from its cell."""

from __future__ import annotations

import math
import re
import uuid
from datetime import UTC, date, datetime

import pytest

from taizhang.core import access, folding
from taizhang.core.models import Case, Cited, District, Entry
from taizhang.core.moves import cases
from taizhang.core.queries import light_history, rosters
from taizhang.kit.refusal import Refusal
from tests.client import Client
from tests.core import duties
from tests.core.duties import Office

DECEMBER = datetime(2021, 12, 9, 2, 0, tzinfo=UTC)  # the duties of November have been red for a day


@pytest.fixture
def office(db: None) -> Office:
    """The office on 9 December 2021; the village has submitted one duty of November."""
    made = duties.build(demo=True)
    made.submit("village", "D01", date(2021, 11, 1))
    made.clock.instant = DECEMBER
    District.objects.update(clock_offset=math.ceil((DECEMBER - datetime.now(UTC)).total_seconds()))
    return made


def entered(office: Office, key: str) -> Client:
    client = Client()
    client.force_login(office.people[key])
    return client


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_organisation_reads_its_year_with_each_light_in_words(office: Office) -> None:
    client = entered(office, "village")
    assert "/duties/duties/village/?year=2021" in client.get("/duties/").content.decode()
    page = client.get("/duties/duties/village/").content.decode()
    row = text(next(part for part in page.split("<tr>") if "“第一议题”学习" in part))
    assert re.search(r"按期 已报送.*临期|按期 已报送.*按期", row)  # November is submitted, December is under way
    red = text(next(part for part in page.split("<tr>") if "村务监督委员会会议" in part))
    assert "逾期 2021年12月8日 起" in red


def test_the_desk_lists_what_is_red_since_when_and_ranks_nobody(office: Office) -> None:
    page = text(entered(office, "clerk").get("/duties/").content.decode())
    assert "村务监督委员会会议 D28 柏庄村党支部 2021年11月 2021年12月8日" in page
    assert "按区划顺序排列，不排名，不计分。" in page
    assert page.index("区水利局") < page.index("柏庄镇党委")


def test_another_organisation_is_hidden_and_so_is_a_year_from_who_reads_no_duties(office: Office) -> None:
    assert entered(office, "village").get("/duties/duties/town/").status_code == 404
    cadre = Client()
    cadre.force_login(office.small.accounts["cadre"])
    assert cadre.get("/duties/").status_code == 404
    assert "/duties/" not in cadre.get("/").content.decode()


def test_a_duty_is_submitted_from_its_cell_which_names_item_and_period(office: Office) -> None:
    client = entered(office, "village")
    page = client.get("/duties/duties/village/").content.decode()
    link = next(found for found in re.findall(r'href="(/ledgers/duties/open/submit/[^"]+)"', page) if "D28" in found)
    link = link.replace("&amp;", "&")
    form = client.get(link).content.decode()
    assert re.search(r'<option value="D28"[^>]*selected', form)
    sent = {"item": "D28", "done_on": "2021-11-29", "account": "村务监督委员会例会，议三项"}
    answer = client.post(link, sent)
    assert answer.status_code == 302, text(answer.content.decode())
    case = Case.objects.get(item="D28")
    assert (case.period, case.stage) == (date(2021, 11, 1), "submitted")
    again = client.post(link, sent)
    assert "这一期已有记录" in again.content.decode()


def test_a_red_duty_that_is_contested_says_on_its_page_why_it_is_red(office: Office) -> None:
    client = entered(office, "village")
    page = client.get("/duties/duties/village/").content.decode()
    link = next(found for found in re.findall(r'href="(/ledgers/duties/open/submit/[^"]+)"', page) if "D28" in found)
    link = link.replace("/submit/", "/contest/")
    sent = {"item": "D28", "plea": "十一月封控，无法开会"}
    assert client.post(link.replace("&amp;", "&"), sent).status_code == 302
    case = Case.objects.get(item="D28")
    shown = text(client.get(f"/cases/{case.pk}/").content.decode())
    assert "按期履职" in shown
    assert "逾期" in shown
    assert client.get("/").status_code == 200


def mended(office: Office, unit: str) -> Entry:
    """A problem of an organisation, rectified and accepted; the entry that accepted it."""
    given = {"source": "PATROL", "problem": "公开栏没有更新", "deadline": "2021-12-31"}
    made = cases.open_case(office.who("clerk"), "rectification", "enter", subject=unit, given=given, clock=office.clock)
    office.act(unit, made.case, "plan", measures="每月更新", person=str(office.people[unit].pk), deadline="2021-12-31")
    office.act(unit, made.case, "report", result="已更新")
    return Entry.objects.get(pk=office.act("clerk", made.case, "accept").entry)


def test_what_was_done_already_is_ticked_and_not_sent_again(office: Office) -> None:
    ours, others = mended(office, "village"), mended(office, "town")
    client = entered(office, "village")
    link = "/ledgers/duties/open/submit/?subject=village&item=D36&period=2021-11-01"
    form = client.get(link).content.decode()
    assert f'value="{ours.pk}"' in form
    assert "问题整改 2021年12月9日 验收销号 巡察反馈 公开栏没有更新" in text(form)
    assert f'value="{others.pk}"' not in form
    sent = {
        "item": "D36",
        "done_on": "2021-12-09",
        "account": "监督公开栏整改",
        "records": [str(ours.pk), str(others.pk)],
    }
    assert client.post(link, sent).status_code == 302
    case = Case.objects.get(item="D36")
    told = client.get(f"/cases/{case.pk}/").content.decode()
    assert f'href="/cases/{ours.case_id}/"' in told
    assert f'href="/cases/{others.case_id}/"' not in told
    assert [row.record_id for row in Cited.objects.filter(entry__case=case)] == [ours.pk]
    assert folding.said(Entry.objects.get(case=case, n=1))["cites"] == [str(ours.pk)]


def test_a_record_of_another_organisation_or_one_that_was_withdrawn_is_not_to_be_cited(office: Office) -> None:
    ours, others = mended(office, "village"), mended(office, "town")
    office.annul("clerk", ours.case_id, ours.n or 0, "验收错了人")
    for record in (ours, others):
        with pytest.raises(Refusal) as refused:
            office.submit("village", "D36", date(2021, 11, 1), evidence=[record.pk])
        assert refused.value.code == "evidence_unknown"


def test_several_cells_are_submitted_at_once_with_a_record_that_shows_them_all(office: Office) -> None:
    ours, client = mended(office, "village"), entered(office, "village")
    page = client.get("/duties/duties/village/submit/").content.decode()
    assert 'value="D28|2021-11-01"' in page
    assert 'value="D01|2021-11-01"' not in page  # it was submitted
    sent = {"done_on": "2021-12-09", "account": "支部会一次办了两项", "records": [str(ours.pk)]}
    nothing = client.post("/duties/duties/village/submit/", sent)
    assert nothing.status_code == 422
    assert "请先勾选要报送的事项" in nothing.content.decode()
    assert "支部会一次办了两项" in nothing.content.decode()
    done = client.post(
        "/duties/duties/village/submit/", sent | {"cell": ["D28|2021-11-01", "D36|2021-12-01"]}, follow=True
    )
    assert "已报送 2 项，各有各的记录。" in done.content.decode()
    rows = Case.objects.filter(item__in=("D28", "D36")).order_by("item")
    assert [(row.item, row.period, row.stage) for row in rows] == [
        ("D28", date(2021, 11, 1), "submitted"), ("D36", date(2021, 12, 1), "submitted"),
    ]  # fmt: skip
    assert Cited.objects.filter(entry__case__in=rows, record=ours.pk).count() == 2
    assert client.get("/duties/duties/town/submit/").status_code == 404
    assert entered(office, "clerk").get("/duties/duties/village/submit/").status_code == 404


def test_many_submissions_are_judged_at_once_each_by_itself(office: Office) -> None:
    first, second, third = (office.submit("village", item, date(2021, 11, 1)).case for item in ("D28", "D31", "D36"))
    client, address = entered(office, "clerk"), "/duties/duties/review/?what=every"
    page = client.get(address).content.decode()
    assert "按期学习，纪要附后" in page
    assert text(page).count("柏庄村党支部 · 2021年11月") == 4
    sent = {
        f"{first}-act": "accept", f"{first}-quality": "full", f"{second}-act": "return", f"{second}-reason": "没有写议了什么",
        f"{third}-act": "return", f"{third}-reason": "",
    }  # fmt: skip
    answer = client.post(address, sent)
    assert answer.status_code == 422
    assert "已审 2 项，各有各的记录。" in answer.content.decode()
    assert dict(Case.objects.filter(pk__in=(first, second, third)).values_list("pk", "stage")) == {
        first: "accepted", second: "returned", third: "submitted",
    }  # fmt: skip
    assert Entry.objects.filter(case__in=(first, second), n=2).values("account").distinct().count() == 1
    left = client.get(address).content.decode()
    assert str(third) in left
    assert str(first) not in left
    assert "0 项限期要审" in text(client.get("/duties/duties/review/").content.decode())
    assert entered(office, "village").get(address).status_code == 404


def test_the_year_leads_each_reader_to_what_they_may_do(office: Office) -> None:
    own = entered(office, "village").get("/duties/duties/village/").content.decode()
    assert "/open/contest/?subject=village&amp;item=D28&amp;period=2021-11-01" in own
    assert "/duties/duties/village/submit/" in own
    clerk = entered(office, "clerk").get("/duties/duties/village/").content.decode()
    assert "/open/defer/?subject=village&amp;item=D28&amp;period=2021-11-01" in clerk
    assert "/open/submit/" not in clerk
    head = entered(office, "head").get("/duties/duties/village/").content.decode()
    assert "/open/excuse/?subject=village&amp;item=D28&amp;period=2021-11-01" in head


def test_lights_over_time_are_those_that_stood_then_and_end_with_those_of_today(office: Office) -> None:
    returned = office.submit("town", "D01", date(2021, 12, 1)).case
    office.act("clerk", returned, "return", reason="没有写议了什么")
    who, now = office.who("clerk"), office.clock.now()
    desk = rosters.desk(who, "duties", 2021, now, most=None)
    for stand in desk.stands:
        last = light_history.of(who, "duties", stand.unit.code, 2021, now).courses[0].months[-1]
        assert (last.red, last.yellow, last.green) == (stand.red, stand.yellow, stand.green), stand.unit.code
    whole = light_history.of(who, "duties", "", 2021, now).courses
    assert whole[0].months[-1].red == sum(stand.red for stand in desk.stands)
    assert sum(course.months[-1].red for course in whole[1:]) == whole[0].months[-1].red
    november, december = light_history.of(who, "duties", "village", 2021, now).courses[0].months[-2:]
    assert (november.red, november.yellow, november.yellow_days) == (0, 4, 20)  # four cells, yellow from the 26th
    assert (december.red, december.red_days) == (4, 8)  # red on the 8th and the 9th
    page = entered(office, "village").get("/duties/duties/lights/?unit=village").content.decode()
    assert "12月 4 0" in text(page)
    assert entered(office, "village").get("/duties/duties/lights/?unit=town").status_code == 404


def test_the_papers_of_a_meeting_are_what_changed_what_is_open_and_what_is_red(office: Office) -> None:
    lead = access.actor(office.small.accounts["lead"], office.clock.now())

    def called(on: str) -> uuid.UUID:
        given = {"kind": "PROMOTION", "title": "推进会", "on": on, "convenor": "lead"}
        return cases.open_case(lead, "meetings", "call", subject="410503", given=given, clock=office.clock).case

    first = called("2021-12-01")
    cases.act(lead, first, "hold", given={}, clock=office.clock)
    decided = [{"what": "补齐监督记录", "owner": "water", "due": "2021-12-31"}]
    cases.act(lead, first, "minute", given={"minutes": "议定一项", "decisions": decided}, clock=office.clock)
    second = called("2021-12-15")
    client = Client()
    client.force_login(office.small.accounts["lead"])
    assert f"/cases/{second}/pack/" in client.get(f"/cases/{second}/").content.decode()
    pack = text(client.get(f"/cases/{second}/pack/").content.decode())
    assert "上次会议： 2021年12月1日 HY-2021-0001" in pack
    assert re.search(r"区水利局 RW-2021-0001 补齐监督记录 办理中 按期", pack)
    assert "发出未复的函书" not in pack  # the lead office reads no letters
    clerk = text(entered(office, "clerk").get(f"/cases/{second}/pack/").content.decode())
    assert re.search(r"村务监督委员会会议 D28 柏庄村党支部 2021年11月 逾期 2021年12月8日起，没有记录", clerk)
    assert client.get(f"/cases/{Case.objects.get(item='D01').pk}/pack/").status_code == 404
