"""Trying numbers through HTTP: at once who is gained and lost, saved, compared, put in force by a dated decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.core import access, numbers
from taizhang.core.models import Alert, Entry, Proposal, Run
from taizhang.kit.refusal import Refusal
from taizhang.screen import kept
from taizhang.work import harvest, trying
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
    """A district where two former poor households paid 6,000 and 8,000 and another one 15,000, screened once."""
    for made in moved_in(furnished_demo_office, clock, tmp_path, settings):
        scene.stand()
        made.send(
            "medical",
            MEDICAL,
            [made.bill("李兰", 6000), made.bill("王静", 8000), made.bill("陈强", 15000, "2021-03-01")],
        )
        made.run()
        yield made


@pytest.fixture
def people(office: Office) -> SmallDistrict:
    """Its people."""
    return office.district


def page(client: Client, address: str, status: int = 200) -> str:
    """A page that opens."""
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_changed_threshold_shows_at_once_who_is_gained_and_lost_by_place_and_kind(
    office: Office, enter: Enter
) -> None:
    client = enter("lead")
    assert "试算门槛" in page(client, "/screening/")
    assert 'value="5000"' in page(client, "/screening/try/")
    before = Alert.objects.count()
    told = page(client, "/screening/try/?r01_self_paid=7000&r02_self_paid=15000")
    for said in ("5,000 → 7,000", "20,000 → 15,000", "李兰户", "陈强户", "没有重读部门数据"):
        assert said in told, said
    assert "王静户" not in told
    tried = trying.attempt(office.who("lead"), {"r01_self_paid": 700_000, "r02_self_paid": 1_500_000}).tried
    assert (tried.households.before, tried.households.after, tried.households.gained, tried.households.lost) == (
        2,
        2,
        1,
        1,
    )
    assert Alert.objects.count() == before


def test_a_window_is_tried_on_the_rows_that_the_run_kept(office: Office) -> None:
    tried = trying.attempt(office.who("lead"), {"self_paid_months": 3, "r02_self_paid": 1_500_000}).tried
    assert tried.computed == ("medical",)
    assert tried.households.gained == 0
    assert trying.attempt(office.who("lead"), {"r02_self_paid": 1_500_000}).tried.households.gained == 1


def test_only_the_latest_run_keeps_its_signals_and_they_name_nobody(office: Office) -> None:
    first = Run.objects.get().digest
    office.send("medical", MEDICAL, [office.bill("赵敏", 25000)])
    office.run()
    latest = harvest.gather(date(2021, 12, 20)).digest
    assert latest != first
    assert (harvest.kept_folder(first).exists(), (harvest.kept_folder(latest) / kept.ABOUT).is_file()) == (False, True)


def test_what_cannot_be_read_is_said_at_its_field(office: Office, enter: Enter) -> None:
    shown = page(enter("lead"), "/screening/try/?r01_self_paid=很多", 422)
    assert "脱贫户、监测户" in shown
    assert "读不懂：很多" in shown


def test_a_proposal_is_saved_compared_and_adopted_from_a_day(office: Office, enter: Enter) -> None:
    client = enter("lead")
    assert client.post("/screening/try/", {"r01_self_paid": "7000", "name": " "}).status_code == 422
    assert client.post("/screening/try/", {"r01_self_paid": "7000", "name": "提到七千"}).status_code == 302
    assert client.post("/screening/try/", {"r02_self_paid": "15000", "name": "降到一万五"}).status_code == 302
    one, other = Proposal.objects.order_by("created")
    side = page(client, f"/screening/proposals/?p={one.pk}&p={other.pk}")
    for said in ("提到七千", "降到一万五", "2 → 1", "0 → 1"):
        assert said in side, said
    assert "moved" not in one.result or not one.result["moved"]
    past = client.post(f"/screening/proposals/{one.pk}/", {"from": "2021-12-01", "source": "会议纪要"})
    assert (past.status_code, "已经过去" in past.content.decode()) == (422, True)
    assert client.post(f"/screening/proposals/{one.pk}/", {"from": "2022-01-01", "source": " "}).status_code == 422
    assert (
        client.post(
            f"/screening/proposals/{one.pk}/", {"from": "2022-01-01", "source": "领导小组会议〔2021〕9号"}
        ).status_code
        == 302
    )
    entry = Entry.objects.get(kind=numbers.KIND)
    assert ('"decided":true' in entry.body, '"from":"2022-01-01"' in entry.body) == (True, True)
    assert "已采纳，" in page(client, "/screening/proposals/")
    assert "领导小组会议" in page(client, "/policies/r01_self_paid/")
    again = client.post(f"/screening/proposals/{one.pk}/", {"from": "2022-02-01", "source": "再来一次"})
    assert (again.status_code, Entry.objects.filter(kind=numbers.KIND).count()) == (422, 1)


def test_from_that_day_on_screening_uses_the_adopted_number_and_not_before(office: Office) -> None:
    lead = office.who("lead")
    saved = trying.save(lead, "提到七千", {"r01_self_paid": 700_000}, clock=office.clock)
    trying.adopt(lead, saved, begins=date(2021, 12, 22), source="会议", clock=office.clock)
    for day, value in ((date(2021, 12, 21), 500_000), (date(2021, 12, 22), 700_000)):
        inputs = harvest.gather(day)
        used = {line["name"]: line["value"] for line in inputs.says["numbers"]}
        assert (inputs.book.values("410503", day)["r01_self_paid"], used["r01_self_paid"]) == (value, value)
    hits = {one.household for one in harvest.hits(harvest.gather(date(2021, 12, 22))) if one.rule == "R01"}
    assert hits == {office.household("H003")}


def test_a_published_number_can_be_tried_and_is_not_adopted_here(office: Office) -> None:
    lead = office.who("lead")
    saved = trying.save(lead, "换监测线", {"income_line": 800_000}, clock=office.clock)
    with pytest.raises(Refusal, match="公布的数"):
        trying.adopt(lead, saved, begins=date(2021, 12, 22), source="会议", clock=office.clock)
    trying.adopt(lead, saved, begins=date(2025, 1, 1), source="省里来文", clock=office.clock)
    assert harvest.gather(date(2025, 1, 2)).book.values("410503", date(2025, 1, 2))["income_line"] == 800_000


def test_who_may_not_try_is_refused_and_nothing_is_kept(office: Office, enter: Enter) -> None:
    for key in ("cadre", "reviewer", "medical", "auditor", "leader"):
        client = enter(key)
        assert client.get("/screening/try/?r01_self_paid=7000").status_code == 403
        assert client.post("/screening/try/", {"r01_self_paid": "7000", "name": "x"}).status_code == 403
    assert Proposal.objects.count() == 0
    with pytest.raises(Refusal):
        trying.attempt(access.ANYONE, {"r01_self_paid": 1})


def test_a_withdrawn_proposal_stays_readable_and_is_not_adopted(office: Office, enter: Enter) -> None:
    client = enter("lead")
    client.post("/screening/try/", {"r01_self_paid": "7000", "name": "提到七千"})
    one = Proposal.objects.get()
    client.post(f"/screening/proposals/{one.pk}/withdraw/")
    assert "已撤回" in page(client, f"/screening/proposals/{one.pk}/")
    assert client.post(f"/screening/proposals/{one.pk}/", {"from": "2022-01-01", "source": "会"}).status_code == 422
