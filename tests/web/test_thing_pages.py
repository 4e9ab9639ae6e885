"""Pages of the registers of things: lists within sight, a row with its past, tables told line by line, an enterprise's own view."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taizhang.core import editions
from taizhang.core.models import Account, Appointment, Post, Thing
from taizhang.core.moves import cases
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import FAR, VILLAGE, County

pytestmark = pytest.mark.django_db
LIBRARY = Path(__file__).parents[2] / "library" / "ledgers"


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county with the library's ledgers, on the demo's clock."""
    made = counties.build(clock)
    editions.install(clock=clock, folder=LIBRARY)
    return made


def log_in(county: County, key: str) -> Client:
    account = county.accounts[key]
    Account.objects.filter(pk=account.pk).update(must_change_password=False)
    browser = Client()
    browser.force_login(Account.objects.get(pk=account.pk), backend="taizhang.core.logins.Accounts")
    return browser


def enter(county: County, name: str, area: str = VILLAGE, **more: object) -> uuid.UUID:
    given = {"name": name, "enterprise_kind": "catering", "reason": "证照已核", **more}
    return cases.open_case(
        county.who("lead"), "directory", "enterprise", subject=area, given=given, clock=county.clock
    ).case


def test_a_list_shows_what_the_post_may_see_and_finds_by_name(county: County) -> None:
    enter(county, "北关示例饭店", code="91410503MA0000002B")
    enter(county, "远处的饭店", FAR)
    browser = log_in(county, "cadre")
    listed = browser.get("/things/").content.decode()
    assert "北关示例饭店" in listed
    assert "91410503MA0000002B" in listed
    assert "远处的饭店" not in listed
    assert "北关示例饭店" not in browser.get("/things/enterprise/?q=面馆").content.decode()
    assert "北关示例饭店" in browser.get("/search/?q=示例饭店").content.decode()


def test_a_row_tells_its_past_and_what_may_be_begun_about_it(county: County) -> None:
    row = enter(county, "北关示例饭店", grade="C")
    given = {"which_enterprise": str(row), "grade": "B", "reason": "评级公告"}
    county.clock.advance(days=2)
    cases.open_case(
        county.who("lead"), "directory", "amend_enterprise", subject=VILLAGE, given=given, clock=county.clock
    )
    page = log_in(county, "lead").get(f"/things/{row}/").content.decode()
    assert "2021-12-20 至 2021-12-22" in page
    assert "2021-12-22 至 今" in page
    assert log_in(county, "stranger").get(f"/things/{row}/").status_code == 404


def test_a_table_is_entered_and_what_was_left_out_is_told_line_by_line(county: County) -> None:
    text = f"name,area,kind\n甲店,{VILLAGE},catering\n乙店,{VILLAGE},castle\n"
    file = SimpleUploadedFile("a.csv", text.encode("gb18030"))
    page = log_in(county, "lead").post("/things/enterprise/load/", {"file": file}).content.decode()
    assert "收到 2 行：新增 1，变更 0，没有变化 0，退回 1。" in page
    assert "第 3 行：目录里没有“castle”。" in page
    assert Thing.objects.get().name == "甲店"
    assert log_in(county, "cadre").get("/things/enterprise/load/").status_code == 403


def test_an_enterprise_sees_its_own_row_alone(county: County) -> None:
    mine, other = enter(county, "甲店"), enter(county, "乙店")
    post = Post.objects.create(
        role="enterprise", level="district", area=county.areas["410503"], thing_id=mine, title="甲店企业经办人"
    )
    account = Account.objects.create(username="boss", name="赵店", must_change_password=False)
    Appointment.objects.create(post=post, account=account, valid_from=counties.SINCE)
    browser = Client()
    browser.force_login(account, backend="taizhang.core.logins.Accounts")
    listed = browser.get("/things/").content.decode()
    assert "甲店" in listed
    assert "乙店" not in listed
    assert browser.get(f"/things/{mine}/").status_code == 200
    assert browser.get(f"/things/{other}/").status_code == 404
    assert browser.get("/").status_code == 200
