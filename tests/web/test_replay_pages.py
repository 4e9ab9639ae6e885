"""Replaying rules on the kept months: a job that goes on where it stopped, and a page that says what each rule was worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taizhang.core import vault
from taizhang.core.models import Alert, Job, Replay
from taizhang.screen import replay
from taizhang.work import harvest, jobs, replaying
from tests.client import Client
from tests.conftest import FixedClock
from tests.core.sending import MEDICAL, Office, moved_in
from tests.databases import Furnished
from tests.district import SmallDistrict
from tests.web import scene

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def office(
    db: None, furnished_demo_office: Furnished, clock: FixedClock, tmp_path: Path, settings: Any
) -> Iterator[Office]:
    """A district with bills of the spring and of the autumn."""
    for made in moved_in(furnished_demo_office, clock, tmp_path, settings):
        scene.stand()
        made.send("medical", MEDICAL, [
            made.bill("李兰", 6000, "2021-03-05"), made.bill("王静", 9000, "2021-09-10"), made.bill("陈强", 12000, "2021-09-11"),
        ])  # fmt: skip
        yield made


@pytest.fixture
def people(office: Office) -> SmallDistrict:
    """Its people."""
    return office.district


def done(office: Office, proposal: str = "", known: str = "now") -> Replay:
    """A replay, carried out."""
    job = jobs.start_replay(office.who("lead"), proposal, known, clock=office.clock)
    jobs.carry_out(job, clock=office.clock)
    assert not Job.objects.get(pk=job).failed, Job.objects.get(pk=job).note
    return Replay.objects.get(job=job)


@pytest.mark.slow
def test_every_month_of_the_kept_data_is_asked_and_nothing_is_recorded(office: Office) -> None:
    made = done(office)
    told = made.result
    assert (made.months, told["months"][0], told["months"][-1]) == (24, "2019-12", "2021-11")
    by_rule = {one["rules"][0]: one for one in told["rules"]}
    # told in March, June, September and so on while the window of twelve months holds: each 90 days
    assert (by_rule["R01"]["alerts"], by_rule["R01"]["confirmed"]) == (4, 0)
    assert told["by_month"]["2021-03"] == [1, 0]
    assert Alert.objects.count() == 0
    assert not (vault.folder() / replaying.PLACE / str(made.pk)).exists()


@pytest.mark.slow
def test_a_replay_that_was_cut_off_goes_on_where_it_stopped(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    whole = harvest.hits

    def cut_off(inputs: harvest.Inputs) -> list[Any]:
        asked.append(inputs.day.isoformat())
        if len(asked) == 10:
            raise OSError("the machine was switched off")
        return whole(inputs)

    monkeypatch.setattr(harvest, "hits", cut_off)
    job = jobs.start_replay(office.who("lead"), "", "now", clock=office.clock)
    jobs.carry_out(job, clock=office.clock)
    assert (Job.objects.get(pk=job).failed, Replay.objects.get().months) == (True, 9)
    jobs.again(office.who("lead"), job, clock=office.clock)
    jobs.carry_out(job, clock=office.clock)
    assert (Job.objects.get(pk=job).failed, Replay.objects.get().months) == (False, 24)
    assert (len(asked), len(set(asked))) == (25, 24), "only the month that broke is asked twice"


def test_by_what_had_come_then_there_is_nothing_before_the_first_batch(office: Office) -> None:
    made = done(office, known="then")
    assert (made.months, made.result["alerts"]) == (1, 0)


@pytest.mark.slow
def test_a_proposal_is_replayed_beside_the_numbers_in_force(office: Office, enter: Enter) -> None:
    office.run()
    client = enter("lead")
    client.post("/screening/try/", {"r01_self_paid": "8000", "r02_self_paid": "10000", "name": "八千和一万"})
    from taizhang.core.models import Proposal

    tried, now = done(office, str(Proposal.objects.get().pk)), done(office)
    assert {one["rules"][0] for one in tried.result["rules"]} == {"R01", "R02"}
    assert tried.result["by_month"]["2021-03"] == [0, 0]
    shown = client.get(f"/screening/replays/{tried.pk}/").content.decode()
    for said in ("八千和一万", "成效低的规则", "规则组合", "早发现天数", "R02"):
        assert said in shown, said
    listing = client.get("/screening/replays/").content.decode()
    assert "八千和一万" in listing
    assert str(now.pk) in listing


def test_rules_that_bring_little_are_proposed_on_the_page(office: Office, enter: Enter) -> None:
    from tests.screen.test_replay import MONTHS, eight_hundred

    made = done(office)
    alerts, spells = eight_hundred()
    found = replay.judge(alerts, spells, horizon=180, months=MONTHS)
    few = [replaying._plain(one) for one in replay.little(found, least_alerts=30, share=1)]
    Replay.objects.filter(pk=made.pk).update(result={**found.json(), "little": few})
    shown = enter("lead").get(f"/screening/replays/{made.pk}/").content.decode()
    assert "R12 预警 388 条，核实纳入 0 户；停用可少入户 388 次" in shown
    assert "800 条" in shown


def test_only_who_reads_screening_sees_a_replay_and_only_who_tries_starts_one(office: Office, enter: Enter) -> None:
    made = done(office, known="then")
    for key in ("cadre", "reviewer", "medical", "auditor"):
        client = enter(key)
        assert client.get("/screening/replays/").status_code == 403
        assert client.get(f"/screening/replays/{made.pk}/").status_code == 403
        assert client.post("/screening/replays/start/", {"known": "now"}).status_code == 403
    assert Replay.objects.count() == 1
