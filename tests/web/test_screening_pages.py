"""The pages of screening through HTTP: workbench, alerts, imports with columns to be mapped, the link desk, jobs, clues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taizhang.core.models import Alert, Batch, Case, Entry, Job, Mapping, Pair, Run
from taizhang.work import jobs
from tests.client import Client
from tests.conftest import FixedClock
from tests.core.sending import MEDICAL, NUMBERS, Office, moved_in
from tests.databases import Furnished
from tests.district import SmallDistrict
from tests.web import scene

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db
TYPED_WRONG = NUMBERS["李兰"][:12] + "9" + NUMBERS["李兰"][13:]


@pytest.fixture
def office(
    db: None, furnished_demo_office: Furnished, clock: FixedClock, tmp_path: Path, settings: Any
) -> Iterator[Office]:
    """The demo district with a register, ready for files."""
    for made in moved_in(furnished_demo_office, clock, tmp_path, settings):
        scene.stand()
        yield made


@pytest.fixture
def people(office: Office) -> SmallDistrict:
    """Its people."""
    return office.district


def page(client: Client, address: str) -> str:
    """A page that opens."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def upload(rows: str, name: str = "医保.csv") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, rows.encode("gb18030"), "text/csv")


def test_the_workbench_shows_the_whole_reason_and_what_was_not_evaluated(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6870), office.bill("陈强", "不详")])
    office.run()
    shown = page(enter("lead"), "/screening/")
    assert "近12个月全家医疗个人自付合计6870.00元，达到5,000元。" in shown or "6870" in shown
    assert "R04 新确诊大病" in shown
    assert "没有评估" in shown
    assert "看依据的 1 行" in shown


def test_a_department_finds_its_own_feeds_and_no_household(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6870)])
    office.run()
    client = enter("medical")
    assert "医保结算明细" in page(client, "/screening/")
    told = page(client, "/screening/alerts/")
    assert "第 2 行" in told
    assert "李兰" not in told
    assert "李兰" not in page(client, f"/screening/alerts/{Alert.objects.get().digest}/")


def test_who_has_nothing_to_do_with_screening_is_refused(office: Office, enter: Enter) -> None:
    for key in ("cadre", "reviewer", "auditor", "system_admin"):
        assert enter(key).get("/screening/").status_code == 403
        assert enter(key).post("/screening/run/").status_code == 403


def test_an_alert_opens_to_its_rows_and_its_rule(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    shown = page(enter("lead"), f"/screening/alerts/{Alert.objects.get().digest}/")
    assert "R01 脱贫户、监测户医疗自付过高" in shown
    assert "建档立卡人口住院自付5000元以上" in shown
    assert Batch.objects.get(feed="medical").number in shown


def test_every_rule_is_explained_for_one_household(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 4000)])
    shown = page(enter("lead"), f"/screening/explain/{office.household('H001')}/")
    assert "相差 1,000" in shown
    assert Alert.objects.count() == 0


def test_the_page_of_a_household_names_every_row_its_figures_come_from_and_the_sums_are_equal(
    office: Office, enter: Enter
) -> None:
    bills = [office.bill("李兰", 1000 + at, f"2021-{at % 12 + 1:02d}-{at + 1:02d}") for at in range(23)]
    other = [office.bill("王静", 9999)]
    office.send("medical", MEDICAL, [*bills[:20], *other])
    number = Batch.objects.get(pk=office.batches["medical"]).number
    office.send("medical", MEDICAL, [*bills[20:], office.bill("李小兰", 777, "2020-12-20"), office.bill("李小兰", 78)])
    second = Batch.objects.get(pk=office.batches["medical"]).number
    client = enter("lead")
    home = office.household("H001")
    assert f"/screening/explain/{home}/" in page(client, f"/households/{home}/")
    shown = page(client, f"/screening/explain/{home}/")
    section = shown[shown.index('id="R01"') :]
    section = section[: section.index("</details>")]
    rows = re.findall(r"第 (\d+) 行", section)
    assert (len(rows), section.count(number), section.count(second)) == (24, 20, 4), "777 lies before the window"
    total = sum(1000 + at for at in range(23)) + 78
    assert f"合计与指标 {total}.00 相等" in section
    assert f"{total}.00" in section
    assert "9,999" not in section
    early = client.get(f"/screening/explain/{home}/?date=2021-03-31")
    assert (early.status_code, "登记册里没有" in early.content.decode()) == (409, True), "the register begins later"


def test_screening_again_is_handed_to_the_worker_and_can_be_left(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    client = enter("lead")
    answer = client.post("/screening/run/")
    job = Job.objects.get(kind="run")
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert "every 2s" in page(client, f"/jobs/{job.pk}/")
    jobs.carry_out(job.pk, clock=office.clock)
    done = page(client, f"/jobs/{job.pk}/")
    assert "新预警 1 条" in done
    assert "every 2s" not in done
    assert "新预警 1 条" in page(client, "/jobs/")
    assert Run.objects.get().digest in page(client, f"/screening/runs/{Run.objects.get().digest}/")


def test_a_file_is_taken_and_its_receipt_adds_up(office: Office, enter: Enter) -> None:
    client = enter("medical")
    rows = f"证件号码,姓名,就诊日期,个人自付\n{NUMBERS['李兰']},李兰,2021-12-01,100\n{NUMBERS['陈强']},陈强,2021-12-01,不详\n"
    answer = client.post("/screening/feeds/medical/", {"files": upload(rows)})
    assert answer.status_code == 302
    jobs.carry_out(Job.objects.get(kind="import").pk, clock=office.clock)
    batch = Batch.objects.get(feed="medical")
    assert (batch.received, batch.accepted, batch.rejected) == (2, 1, 1)
    receipt = page(client, f"/screening/batches/{batch.pk}/")
    assert "读不出精确到分的金额" in receipt
    assert "不详" not in receipt
    rejects = client.get(f"/screening/batches/{batch.pk}/rejects.csv")
    assert rejects.headers["Content-Disposition"].startswith("attachment")
    assert "不详" in rejects.content.decode("utf-8-sig")


def test_headers_that_are_not_known_are_asked_for_once_and_kept(office: Office, enter: Enter) -> None:
    client = enter("medical")
    rows = f"证件号码,姓名,就诊日期,自己掏的钱\n{NUMBERS['李兰']},李兰,2021-12-01,100\n"
    asked = client.post("/screening/feeds/medical/", {"files": upload(rows)})
    assert asked.status_code == 422
    form = asked.content.decode()
    assert 'name="column-self_paid"' in form
    assert '<option value="自己掏的钱">' in form
    job = Job.objects.get(kind="import")
    jobs.carry_out(job.pk, clock=office.clock)
    assert Job.objects.get(pk=job.pk).failed
    client.post("/screening/feeds/medical/columns/", {"job": str(job.pk), "column-self_paid": "自己掏的钱"})
    jobs.carry_out(job.pk, clock=office.clock)
    assert Batch.objects.get(feed="medical").accepted == 1
    assert Mapping.objects.get(feed="medical").columns == {"自己掏的钱": "self_paid"}
    assert "自己掏的钱" in page(client, "/screening/feeds/medical/")


def test_a_file_of_another_kind_is_refused_in_words(office: Office, enter: Enter) -> None:
    answer = enter("medical").post("/screening/feeds/medical/", {"files": upload("x", "医保.xls")})
    assert answer.status_code == 422
    assert "另存为 .xlsx" in answer.content.decode()
    assert enter("medical").post("/screening/feeds/medical/", {}).status_code == 422
    assert Job.objects.count() == 0


def test_a_department_cannot_send_the_feed_of_another(office: Office, enter: Enter) -> None:
    rows = f"证件号码,姓名,就诊日期,个人自付\n{NUMBERS['李兰']},李兰,2021-12-01,100\n"
    assert enter("civil").post("/screening/feeds/medical/", {"files": upload(rows)}).status_code == 403
    assert Job.objects.count() == 0


def test_a_batch_is_taken_back_after_its_consequences_were_shown(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    batch = office.batches["medical"]
    client = enter("medical")
    assert "看撤回会变什么" in page(client, f"/screening/batches/{batch}/")
    told = page(client, f"/screening/batches/{batch}/undo/")
    assert "没有人核实过，按“数据有误”办结" in told
    assert client.post(f"/screening/batches/{batch}/undo/", {"reason": " "}).status_code == 422
    answer = client.post(f"/screening/batches/{batch}/undo/", {"reason": "列对应错了"})
    job = Job.objects.get(kind="undo")
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert "列对应错了" not in str(job.arguments)
    assert office.case("H001").stage == "clue"
    jobs.carry_out(job.pk, clock=office.clock)
    assert "1 条预警不再成立，1 条未核实的线索办结" in page(client, f"/jobs/{job.pk}/")
    assert office.case("H001").stage == "data_error"
    receipt = page(client, f"/screening/batches/{batch}/")
    assert "列对应错了" in receipt
    assert "看撤回会变什么" not in receipt
    assert client.get(f"/screening/batches/{batch}/undo/").status_code == 302


def test_a_batch_of_another_department_is_absent(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    batch = office.batches["medical"]
    assert enter("civil").get(f"/screening/batches/{batch}/").status_code == 404
    assert enter("civil").get(f"/screening/batches/{batch}/rejects.csv").status_code == 404


def test_a_pair_is_decided_and_decided_anew_with_both_on_record(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    client = enter("lead")
    shown = page(client, "/screening/links/")
    assert "<dt>证件号码</dt>" in shown
    assert "差一处，按校验位可以改正" in shown  # what each column says
    assert "没有由模型认定的" in page(client, "/screening/links/?sure=1")
    assert "第 13 位" in shown
    assert TYPED_WRONG not in shown
    pair = Pair.objects.get()
    client.post(f"/screening/links/{pair.pk}/", {"same": "1"})
    assert "没有等着核对的" in page(client, "/screening/links/")
    assert "同一人" in page(client, "/screening/links/?decided=1")
    answer = client.post(f"/screening/links/{pair.pk}/", {"same": "0", "decided": "1"})
    assert answer.headers["Location"] == "/screening/links/?decided=1"
    assert Pair.objects.get().band == "different"
    assert Entry.objects.filter(kind="link").count() == 2


def test_only_those_who_decide_links_see_the_desk(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    pair = Pair.objects.get()
    for key in ("medical", "leader", "reviewer"):
        assert enter(key).get("/screening/links/").status_code == 403
        assert enter(key).post(f"/screening/links/{pair.pk}/", {"same": "1"}).status_code == 403
    assert Pair.objects.get().decided_at is None


def test_clues_are_closed_together_with_one_reason(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000), office.bill("王静", 7000)])
    office.run()
    cases = [str(office.case(number).pk) for number in ("H001", "H003")]
    client = enter("reviewer")
    refused = client.post("/screening/clues/", {"outcome": "no_risk", "reason": "已核实"})
    assert refused.status_code == 422
    assert "请至少勾选一条线索" in refused.content.decode()
    lacking = client.post("/screening/clues/", {"case": cases, "outcome": "no_risk", "reason": ""})
    assert lacking.status_code == 422
    assert "checked" in lacking.content.decode()
    done = client.post("/screening/clues/", {"case": cases, "outcome": "no_risk", "reason": "已核实"}, follow=True)
    assert "已办结 2 条线索" in done.content.decode()
    assert set(Case.objects.filter(pk__in=cases).values_list("stage", flat=True)) == {"no_risk"}


def test_clues_of_another_town_stay_as_they_are(office: Office, enter: Enter) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000), office.bill("赵敏", 30000)])
    office.run()
    mine, theirs = office.case("H001"), office.case("H004")
    both = [str(mine.pk), str(theirs.pk)]
    said = enter("reviewer").post(
        "/screening/clues/", {"case": both, "outcome": "no_risk", "reason": "已核实"}, follow=True
    )
    assert "有一条没有办结" in said.content.decode()
    assert (Case.objects.get(pk=mine.pk).stage, Case.objects.get(pk=theirs.pk).stage) == ("no_risk", "clue")


def test_a_job_is_seen_by_whom_it_belongs_to(office: Office, enter: Enter) -> None:
    enter("lead").post("/screening/run/")
    job = Job.objects.get(kind="run")
    assert enter("medical").get(f"/jobs/{job.pk}/").status_code == 404
    assert enter("medical").post(f"/jobs/{job.pk}/again/").status_code == 404
    assert enter("lead").post(f"/jobs/{job.pk}/again/").status_code == 409
