"""The duties of organisations on pages: a year as a grid, the desk without ranks, and a duty submitted from its cell."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from taizhang.core import folding
from taizhang.core.models import Case, Cited, District, Entry
from taizhang.core.moves import cases
from taizhang.kit.refusal import Refusal
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
