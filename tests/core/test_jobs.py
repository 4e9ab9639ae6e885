"""Long work: carried out by the worker, seen when stuck, run again after a failure, files waiting sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from taizhang.core import vault
from taizhang.core.models import Batch, Job
from taizhang.core.queries import jobs as queries
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.work import feeding, jobs
from taizhang.work.feeding import Sent
from tests.conftest import FixedClock
from tests.core.sending import MEDICAL, SECRETS, Office, office, readable, set_up
from tests.district import SmallDistrict

__all__ = ["office"]  # the fixture


def started(office: Office, amount: object = 100) -> str:
    """An import handed to the worker."""
    path = office.file("medical", MEDICAL, [office.bill("李兰", 1), ("", "李兰", "2021-12-01", amount)])
    sent = Sent("李兰的医疗费.csv", path)
    return str(jobs.start(office.who("lead"), "import", {"feed": "medical"}, clock=office.clock, files=[sent]))


def test_the_worker_carries_out_an_import(
    committed_district: SmallDistrict, clock: FixedClock, tmp_path: Path, settings: Any
) -> None:
    settings.DATA = tmp_path / "data"
    office = set_up(committed_district, clock, tmp_path)
    office.residents()
    job = started(office)
    assert queries.one(office.who("lead"), job, office.clock.now()).state == "waiting"
    call_command("db_worker", batch=True, verbosity=0, startup_delay=False)
    done = queries.one(office.who("lead"), job, office.clock.now())
    assert done.state == "done"
    assert "收到 2 行，接受 2 行，退回 0 行" in done.text.zh
    assert Batch.objects.get(pk=done.result["batch"]).feed == "medical"


def test_files_that_wait_for_the_worker_are_sealed_and_gone_afterwards(office: Office) -> None:
    job = started(office)
    assert readable(vault.folder(), (*SECRETS, "医疗费")) == []
    jobs.carry_out(Job.objects.get(pk=job).pk, clock=office.clock)
    assert list((vault.folder() / feeding.INBOX).iterdir()) == []


def test_a_run_is_handed_to_the_worker(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    job = jobs.start(office.who("lead"), "run", {"day": None}, clock=office.clock)
    jobs.carry_out(job, clock=office.clock)
    assert (
        queries.one(office.who("lead"), job, office.clock.now()).text.zh == "新预警 1 条，新线索 1 条，并入原案 0 件。"
    )


def test_a_job_that_fails_says_why_and_can_be_run_again(office: Office) -> None:
    path = office.file("medical", ("证件号码", "姓名", "就诊日期"), [("", "李兰", "2021-12-01")])
    job = jobs.start(office.who("lead"), "import", {"feed": "medical"}, clock=office.clock, files=[Sent("m.csv", path)])
    jobs.carry_out(job, clock=office.clock)
    row = queries.one(office.who("lead"), job, office.clock.now())
    assert (row.state, row.again, row.result["code"]) == ("failed", True, "missing_column")
    assert "个人自付" in row.text.zh
    jobs.again(office.who("lead"), job, clock=office.clock)
    jobs.carry_out(job, clock=office.clock)
    assert Job.objects.get(pk=job).tries == 2


def test_a_job_without_a_sign_of_life_is_seen_as_stuck_and_can_be_run_again(office: Office) -> None:
    job = started(office)
    Job.objects.filter(pk=job).update(started=office.clock.now(), beat=office.clock.now())
    with pytest.raises(Refusal) as refused:
        jobs.again(office.who("lead"), job, clock=office.clock)
    assert refused.value.code == "job_running"
    office.clock.advance(minutes=11)
    assert [row.id for row in queries.stuck(office.clock.now())] == [Job.objects.get(pk=job).pk]
    jobs.again(office.who("lead"), job, clock=office.clock)
    jobs.carry_out(Job.objects.get(pk=job).pk, clock=office.clock)
    assert queries.one(office.who("lead"), job, office.clock.now()).state == "done"


def test_a_job_that_nobody_takes_up_is_seen_as_stuck(office: Office) -> None:
    started(office)
    office.clock.advance(minutes=3)
    assert [row.state for row in queries.stuck(office.clock.now())] == ["stuck"]


def test_a_job_that_was_done_is_not_done_twice(office: Office) -> None:
    job = Job.objects.get(pk=started(office)).pk
    jobs.carry_out(job, clock=office.clock)
    jobs.carry_out(job, clock=office.clock)
    assert Batch.objects.filter(feed="medical").count() == 1
    with pytest.raises(Refusal) as refused:
        jobs.again(office.who("lead"), job, clock=office.clock)
    assert refused.value.code == "job_done"


def test_a_job_is_seen_by_who_started_it_and_by_the_lead_office(office: Office) -> None:
    job = started(office)
    for key in ("medical", "cadre"):
        with pytest.raises(NotFound):
            queries.one(office.who(key), job, office.clock.now())
    assert queries.listed(office.who("medical"), office.clock.now()) == ()


def test_a_job_without_rights_or_files_is_refused_at_once(office: Office) -> None:
    with pytest.raises(Refusal):
        jobs.start(office.who("cadre"), "run", {}, clock=office.clock)
    with pytest.raises(Refusal):
        jobs.start(office.who("lead"), "import", {"feed": "medical"}, clock=office.clock)
    assert not Job.objects.filter(kind__in=queries.KINDS).exists()
