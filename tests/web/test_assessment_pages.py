"""Yearly assessments on pages: tried by the organisation itself, published by the head, no score beside a name in any list."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

import pytest

from taizhang.core.models import Case, District
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import duties
from tests.core.duties import Office

JANUARY = datetime(2022, 1, 12, 2, 0, tzinfo=UTC)


@pytest.fixture
def office(db: None) -> Office:
    """The office on 12 January 2022; of November and December the village has submitted one duty."""
    made = duties.build(FixedClock(datetime(2021, 11, 1, 1, tzinfo=UTC)), demo=True)
    made.submit("village", "D01", date(2021, 11, 1))
    made.clock.instant = JANUARY
    District.objects.update(clock_offset=math.ceil((JANUARY - datetime.now(UTC)).total_seconds()))
    return made


def entered(office: Office, key: str) -> Client:
    client = Client()
    client.force_login(office.people[key])
    return client


def text(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


def test_an_organisation_tries_its_own_year_and_each_deduction_names_its_duty(office: Office) -> None:
    page = text(entered(office, "village").get("/assessments/village/?year=2021").content)
    assert "试算，没有公布" in page
    assert "没有报送 村务监督委员会会议 2021年11月 没有记录" in page
    assert entered(office, "town").get("/assessments/village/?year=2021").status_code == 404


def test_the_head_publishes_and_the_report_is_reckoned_again_to_the_same(office: Office) -> None:
    head = entered(office, "head")
    assert "公布 2021 年度考核结果" in text(head.get("/assessments/?year=2021").content)
    assert "公布 2021 年度考核结果" not in text(entered(office, "clerk").get("/assessments/?year=2021").content)
    assert head.post("/assessments/publish/", {"year": "2021"}).status_code == 302
    assert Case.objects.filter(ledger="assessments", stage="published").count() == 7
    page = text(entered(office, "village").get("/assessments/village/?year=2021").content)
    assert "与公布的一致" in page
    assert "公布的事项：提出异议、看裁定" in page


def test_no_list_shows_a_score_beside_a_name(office: Office) -> None:
    entered(office, "head").post("/assessments/publish/", {"year": "2021"})
    page = text(entered(office, "clerk").get("/assessments/?year=2021").content)
    assert "柏庄镇党委 已公布" in page
    assert re.search(r"\d+\.\d\d", page) is None


def test_a_year_that_is_not_over_cannot_be_published(office: Office) -> None:
    page = entered(office, "head").post("/assessments/publish/", {"year": "2022"})
    assert "还没有结束" in text(page.content)
    assert not Case.objects.filter(ledger="assessments").exists()
