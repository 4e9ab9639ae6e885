"""The pages of the offices: accounts and slips, system, audit, policy numbers, figures, help, complaints, the demo clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taizhang.core import chain, clock, editions, numbers
from taizhang.core.models import Account, Appointment, District, Entry, Household
from tests.client import Client
from tests.conftest import NOW
from tests.district import SmallDistrict, build
from tests.web import scene

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    """A page that opens."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


# --- accounts -------------------------------------------------------------------------------------------------------


def test_a_new_account_comes_with_a_slip_that_is_shown_once(people: SmallDistrict, enter: Enter) -> None:
    client = enter("security_admin")
    slip = client.post("/accounts/new/", {"name": "李新", "username": "li.xin"})
    account = Account.objects.get(username="li.xin")
    password = slip.content.decode().split('slip-password">')[1].split("<")[0]
    assert account.check_password(password)
    assert slip.headers["Cache-Control"] == "no-store"
    assert password not in page(client, f"/accounts/{account.pk}/")
    assert password not in Entry.objects.latest("seq").body


def test_a_name_that_is_taken_is_refused_at_its_field(people: SmallDistrict, enter: Enter) -> None:
    answer = enter("security_admin").post("/accounts/new/", {"name": "李新", "username": "cadre"})
    assert answer.status_code == 422
    assert "已被使用" in answer.content.decode()


def test_a_table_with_a_bad_line_imports_nobody_and_names_the_line(people: SmallDistrict, enter: Enter) -> None:
    rows = "username,name,role,level,area\nnew1,张一,cadre,village,410503100201\nnew2,张二,cadre,town,410503100201\n"
    file = SimpleUploadedFile("a.csv", rows.encode(), "text/csv")
    answer = enter("security_admin").post("/accounts/load/", {"file": file})
    assert answer.status_code == 422
    assert "第 3 行" in answer.content.decode()
    assert not Account.objects.filter(username="new1").exists()


def test_a_table_imports_accounts_with_their_posts_and_slips(people: SmallDistrict, enter: Enter) -> None:
    rows = "username,name,role,level,area,organisation\nnew1,张一,cadre,village,410503100201,\n"
    file = SimpleUploadedFile("a.csv", b"\xef\xbb\xbf" + rows.encode(), "text/csv")
    answer = enter("security_admin").post("/accounts/load/", {"file": file})
    assert "张一" in answer.content.decode()
    assert Appointment.objects.get(account__username="new1").post.role == "cadre"


def test_a_post_is_given_from_a_day_and_ended(people: SmallDistrict, enter: Enter) -> None:
    client, account = enter("security_admin"), people.accounts["cadre"]
    sent = {"role": "reviewer@town", "area": "410503100", "since": "2021-12-20", "until": "2021-12-31", "deputy": "1"}
    assert client.post(f"/accounts/{account.pk}/appoint/", sent).status_code == 302
    term = Appointment.objects.get(account=account, post__role="reviewer")
    assert (term.deputy, term.valid_to) == (True, date(2022, 1, 1))
    shown = page(client, f"/accounts/{account.pk}/")
    assert "（代理）" in shown
    assert "至 2021年12月31日" in shown
    assert client.post(f"/accounts/{account.pk}/posts/{term.pk}/end/", {"on": "2021-12-22"}).status_code == 302
    assert Appointment.objects.get(pk=term.pk).valid_to == date(2021, 12, 22)


def test_a_post_at_the_wrong_level_is_refused_at_the_place(people: SmallDistrict, enter: Enter) -> None:
    account = people.accounts["cadre"]
    sent = {"role": "reviewer@town", "area": "410503100201", "since": "2021-12-20"}
    answer = enter("security_admin").post(f"/accounts/{account.pk}/appoint/", sent)
    assert answer.status_code == 422
    assert "不是这一级的区划" in answer.content.decode()


def test_nobody_resets_or_appoints_themselves(people: SmallDistrict, enter: Enter) -> None:
    client, own = enter("security_admin"), people.accounts["security_admin"]
    assert "要由另一位安全管理员办理" in page(client, f"/accounts/{own.pk}/")
    assert client.post(f"/accounts/{own.pk}/reset/").status_code == 409
    sent = {"role": "cadre@village", "area": "410503100201", "since": "2021-12-20"}
    assert client.post(f"/accounts/{own.pk}/appoint/", sent).status_code == 409


def test_an_account_is_closed_opened_and_reset_by_somebody_else(people: SmallDistrict, enter: Enter) -> None:
    client, account = enter("security_admin"), people.accounts["cadre"]
    client.post(f"/accounts/{account.pk}/change/", {"what": "close"})
    assert not Account.objects.get(pk=account.pk).is_active
    client.post(f"/accounts/{account.pk}/change/", {"what": "reopen"})
    assert Account.objects.get(pk=account.pk).is_active
    assert "slip-password" in client.post(f"/accounts/{account.pk}/reset/").content.decode()
    assert Account.objects.get(pk=account.pk).must_change_password
    assert client.post(f"/accounts/{account.pk}/change/", {"what": "raise"}).status_code == 404


def test_only_the_security_administrator_sees_accounts(people: SmallDistrict, enter: Enter) -> None:
    account = people.accounts["cadre"]
    for key in ("system_admin", "auditor", "lead", "leader"):
        client = enter(key)
        assert client.get("/accounts/").status_code == 403
        assert client.get("/accounts/new/").status_code == 403
        assert client.post(f"/accounts/{account.pk}/reset/").status_code == 403


# --- system and complaints ------------------------------------------------------------------------------------------


def test_a_complaint_is_an_entry_whose_words_only_the_system_administrator_reads(
    people: SmallDistrict, enter: Enter
) -> None:
    answer = enter("cadre").post("/help/complaint/", {"at": "/households/", "words": "表里少一栏"})
    assert answer.headers["Location"] == "/households/"
    entry = Entry.objects.get(kind="complaint")
    assert "表里少一栏" not in entry.body
    assert json.loads(entry.body)["says"]["about"] == "/households/"
    assert "表里少一栏" in page(enter("system_admin"), "/system/")


def test_an_empty_complaint_is_refused_and_a_foreign_address_leads_nowhere(people: SmallDistrict, enter: Enter) -> None:
    client = enter("cadre")
    assert client.post("/help/complaint/", {"at": "/", "words": " "}).status_code == 422
    answer = client.post("/help/complaint/", {"at": "https://example.org/", "words": "不好用"})
    assert answer.headers["Location"] == "/"


def test_the_system_page_shows_editions_and_what_changed_between_two(people: SmallDistrict, enter: Enter) -> None:
    client = enter("system_admin")
    assert "防止返贫监测" in page(client, "/system/")
    digest = editions.current("rounds").digest
    assert "ledger: rounds" in page(client, f"/system/ledgers/?newer={digest}")
    assert "两版一字不差" in page(client, f"/system/ledgers/?older={digest}&newer={digest}")
    assert client.get("/system/ledgers/?newer=none").status_code == 404
    assert enter("security_admin").get("/system/").status_code == 403


def test_the_health_page_runs_every_check(people: SmallDistrict, enter: Enter) -> None:
    assert "链头" in page(enter("system_admin"), "/system/health/")
    assert enter("lead").get("/system/health/").status_code == 403


# --- audit ----------------------------------------------------------------------------------------------------------


def test_the_auditor_finds_an_entry_and_reads_it_without_sealed_words(clue: UUID, enter: Enter) -> None:
    client = enter("auditor")
    listed = page(client, "/audit/?who=测试cadre&kind=act")
    assert "上报排查线索" in listed
    entry = Entry.objects.get(case=clue)
    body = page(client, f"/audit/{entry.pk}/")
    assert "医疗支出大" not in body
    assert "commitment" in body


def test_the_head_of_the_chain_is_downloaded_as_one_line(clue: UUID, enter: Enter) -> None:
    answer = enter("auditor").get("/audit/head/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert str(chain.head()) in answer.content.decode()
    assert enter("lead").get("/audit/head/").status_code == 403
    assert enter("system_admin").get("/audit/").status_code == 403


def test_days_that_are_none_count_as_not_given(people: SmallDistrict, enter: Enter) -> None:
    assert "条" in page(enter("auditor"), "/audit/?since=gestern&until=2021-02-30&page=x")


# --- policy numbers and figures -------------------------------------------------------------------------------------


def test_an_unknown_year_has_no_number_until_the_lead_office_enters_it(people: SmallDistrict, enter: Enter) -> None:
    day = NOW.date().replace(year=2025)
    assert numbers.policy("income_line", "410503", day) is None
    sent = {"area": "410503", "from": "2025-01-01", "to": "2025-12-31", "value": "8,900", "sure": "high"}
    sent["source"] = "区文件〔2025〕3号"
    client = enter("lead")
    assert client.post("/policies/income_line/", sent).status_code == 302
    assert numbers.policy("income_line", "410503100201", day) == 890_000
    assert "区文件〔2025〕3号" in page(client, "/policies/income_line/")
    assert Entry.objects.get(kind="policy").account == people.accounts["lead"]


def test_a_number_that_was_entered_is_corrected_by_entering_it_again(people: SmallDistrict, enter: Enter) -> None:
    client, day = enter("lead"), NOW.date().replace(year=2025)
    sent = {"area": "410503", "from": "2025-01-01", "value": "8900", "source": "甲", "sure": "low"}
    client.post("/policies/income_line/", sent)
    client.post("/policies/income_line/", sent | {"value": "9000", "source": "乙"})
    assert numbers.policy("income_line", "410503", day) == 900_000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "viel"}, "at-value"),
        ({"from": "2021-06-01"}, "at-from"),
        ({"from": ""}, "at-from"),
        ({"to": "2024-01-01"}, "at-to"),
        ({"source": ""}, "at-source"),
    ],
)
def test_what_stands_against_a_number_is_said_at_its_field(
    people: SmallDistrict, enter: Enter, change: dict[str, str], field: str
) -> None:
    sent = {"area": "410503", "from": "2025-01-01", "value": "8900", "source": "甲", "sure": "low"} | change
    answer = enter("lead").post("/policies/income_line/", sent)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert f'id="{field}"' in shown.split("field-wrong", 1)[1]
    assert not Entry.objects.filter(kind="policy").exists()


def test_who_may_not_enter_a_number_reads_it_only(people: SmallDistrict, enter: Enter) -> None:
    client = enter("cadre")
    assert "补录一个数值" not in page(client, "/policies/income_line/")
    assert client.post("/policies/income_line/", {"area": "410503"}).status_code == 403
    assert client.get("/policies/no_such_number/").status_code == 404


def test_a_figure_opens_to_its_records(household: Household, enter: Enter) -> None:
    client = enter("leader")
    assert "三类监测户数" in page(client, "/figures/")
    assert "您能看到的记录" in page(client, "/figures/monitored-households/")
    assert client.get("/figures/no-such-figure/").status_code == 404
    assert enter("medical").get("/figures/").status_code == 403


# --- help and the demo clock ----------------------------------------------------------------------------------------


def test_help_is_made_from_the_ledger(people: SmallDistrict, enter: Enter) -> None:
    client = enter("cadre")
    assert "防止返贫监测" in page(client, "/help/")
    shown = page(client, "/help/household-monitoring/")
    assert "<svg" in shown
    assert "上报排查线索" in shown.split('id="stages"')[0]  # what the cadre may do stands first
    assert "ledger: household_monitoring" in shown
    assert "只增不改" in page(client, "/help/words/")
    assert client.get("/help/no-such-ledger/").status_code == 404


def test_help_of_a_page_says_whether_the_reader_may(people: SmallDistrict, enter: Enter) -> None:
    assert "您的岗位不办" in page(enter("cadre"), "/help/page/?at=/screening/")
    assert "可以办" in page(enter("lead"), "/help/page/?at=/screening/")
    answer = enter("cadre").get("/help/page/?at=/ledgers/rounds/")
    assert answer.headers["Location"] == "/help/rounds/"
    assert "我的事项" in page(enter("cadre"), "/help/page/?at=https://example.org/")


def test_every_page_leads_to_its_help_and_its_complaint(people: SmallDistrict, enter: Enter) -> None:
    shown = page(enter("cadre"), "/households/")
    assert 'href="/help/page/?at=/households/"' in shown
    assert 'href="/help/complaint/?at=/households/"' in shown


def test_the_demo_clock_moves_on_and_leaves_an_entry(people: SmallDistrict, enter: Enter) -> None:
    before = clock.of_district().now()
    client = enter("cadre")
    assert client.post("/demo/clock/", {"days": "5"}).status_code == 302
    assert clock.of_district().now() - before >= timedelta(days=5)
    assert Entry.objects.filter(kind="clock").count() == 1
    for wrong in ("0", "367", "-1", "fünf", ""):
        assert client.post("/demo/clock/", {"days": wrong}).status_code == 422


def test_a_real_district_has_no_demo_clock(db: None) -> None:
    made = build(NOW)
    editions.install(clock=clock.Standing(NOW))
    client = scene.entered(made, "cadre")
    assert client.get("/demo/clock/").status_code == 404
    assert client.post("/demo/clock/", {"days": "1"}).status_code == 404
    assert District.objects.get().clock_offset == 0
