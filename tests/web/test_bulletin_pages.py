"""Bulletins on pages: counted, published by the lead office alone, opened to records, checked against what changed since."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taizhang.core import editions
from taizhang.core.models import Account, Case
from taizhang.core.moves import cases
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import VILLAGE, County

pytestmark = pytest.mark.django_db
LIBRARY = Path(__file__).parents[2] / "library" / "ledgers"


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county with one civic request."""
    made = counties.build(clock)
    editions.install(clock=clock, folder=LIBRARY)
    given = {"kind": "LIGHTING", "words": "井盖松动"}
    cases.open_case(made.who("cadre"), "civil_requests", "ask", subject=VILLAGE, given=given, clock=clock)
    return made


def log_in(county: County, key: str) -> Client:
    browser = Client()
    browser.force_login(Account.objects.get(pk=county.accounts[key].pk), backend="taizhang.core.logins.Accounts")
    return browser


def text(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


def test_a_bulletin_is_counted_published_opened_and_checked(county: County) -> None:
    lead, reviewer = log_in(county, "lead"), log_in(county, "reviewer")
    assert "未解决的城市文明诉求1件" in text(lead.get("/bulletins/draft/monthly/").content)
    assert reviewer.post("/bulletins/draft/monthly/", {"on": ""}).status_code == 403
    late = lead.post("/bulletins/draft/monthly/", {"on": "2999-01-01"})
    assert (late.status_code, "还没到这一天" in text(late.content)) == (422, True)
    published = lead.post("/bulletins/draft/monthly/", {"on": ""})
    assert published.status_code == 302
    address = published.headers["Location"]
    assert "没有变化" in text(reviewer.get(address + "?check=1").content)
    figure = reviewer.get(f"{address}figures/civic-open/")
    assert Case.objects.get(ledger="civil_requests").number in text(figure.content)
    assert "另有 1 条不在您的范围" in text(
        log_in(county, "other_reviewer").get(f"{address}figures/civic-open/").content
    )
    assert reviewer.get(f"{address}docx/").headers["Content-Type"].endswith("wordprocessingml.document")
    assert reviewer.get(f"{address}pdf/").content.startswith(b"%PDF")
    assert "工作情况简报" in text(reviewer.get("/bulletins/").content)
