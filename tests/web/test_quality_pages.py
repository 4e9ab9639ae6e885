"""The desk of data quality: what is doubtful, waived with a reason that survives imports, asked of the department that said it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taizhang.core import access
from taizhang.core.models import Case, Doubt, Entry, Job, Waiver
from taizhang.work import jobs, quality
from tests.client import Client
from tests.conftest import FixedClock
from tests.core.sending import LEDGERS, NUMBERS, PEOPLE, VILLAGE, Office, moved_in, readable
from tests.databases import Furnished
from tests.district import SmallDistrict
from tests.web import scene

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db
HOUSING = ("户主证件号码", "户主姓名", "房屋等级", "鉴定日期")
SCHOOLING = ("证件号码", "姓名", "学籍状态", "状态日期", "学年自付费用")
WIFE = ("H002", "陈梅", "99050319660606133", "之女", VILLAGE, "一般农户", "13800010001")


@pytest.fixture
def office(
    db: None, furnished_demo_office: Furnished, clock: FixedClock, tmp_path: Path, settings: Any
) -> Iterator[Office]:
    """A district where a daughter is recorded as a man, two households share a telephone, and a former poor one lives in a D house."""
    for made in moved_in(furnished_demo_office, clock, tmp_path, settings):
        scene.stand()
        made.residents([*PEOPLE, WIFE])
        made.send("housing", HOUSING, [(NUMBERS["李兰"], "李兰", "D", "2021-11-01")])
        yield made


@pytest.fixture
def people(office: Office) -> SmallDistrict:
    """Its people."""
    return office.district


def check(office: Office) -> quality.Result:
    """Look everything over as the lead office."""
    return quality.check(office.who("lead"), clock=office.clock)


def page(client: Client, address: str, status: int = 200) -> str:
    """A page that opens."""
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_check_finds_what_the_register_and_the_feeds_contradict(office: Office) -> None:
    found = check(office)
    home = str(office.household("H001"))
    rules = {(row.rule, row.about.partition("/")[0]) for row in Doubt.objects.all()}
    assert ("Q34", home) in rules, "a former poor household in an unsafe house that is not watched"
    assert ("Q05", str(office.household("H002"))) in rules, "a daughter whose number is a man's"
    assert {("Q25", home), ("Q25", str(office.household("H002")))} <= rules, "one telephone, two households"
    assert ("Q34", str(office.household("H003"))) not in rules
    missed = {one.rule: one for one in found.not_asked}
    assert (missed["Q07"].whole, missed["Q25"].whole) == (True, False)
    assert missed["Q07"].text.zh == "未评估：没有收集文化程度、失学辍学原因。"
    assert found.new == found.doubts == Doubt.objects.count()


def test_what_is_mended_is_gone_and_what_stays_keeps_its_first_day(office: Office) -> None:
    check(office)
    first = Doubt.objects.get(rule="Q34").found
    office.clock.advance(days=3)
    office.residents([*PEOPLE, (*WIFE[:3], "之子", *WIFE[4:6], "13800010009")])
    again = check(office)
    assert Doubt.objects.get(rule="Q05", household=office.household("H002")).gone is not None
    assert (Doubt.objects.get(rule="Q34").found, Doubt.objects.get(rule="Q34").gone) == (first, None)
    assert again.gone >= 3


def test_a_waiver_has_its_reason_and_survives_the_next_import(office: Office, enter: Enter) -> None:
    check(office)
    client = enter("reviewer")
    about = Doubt.objects.get(rule="Q05", household=office.household("H002")).about
    assert "陈强户" in page(client, "/quality/Q05/")
    refused = client.post("/quality/Q05/", {"about": about, "reason": " "})
    assert (refused.status_code, "佐证" in refused.content.decode()) == (422, True)
    past = client.post("/quality/Q05/", {"about": about, "reason": "证件有误", "until": "2021-01-01"})
    assert (past.status_code, "证件有误" in past.content.decode()) == (422, True), "nothing typed is lost"
    assert client.post("/quality/Q05/", {"about": about, "reason": "派出所证明：登记性别有误"}).status_code == 302
    office.residents([*PEOPLE, WIFE, ("H003", "王小静", "99050320110808121", "之女", VILLAGE, "脱贫户", "")])
    check(office)
    assert "陈强户" not in page(client, "/quality/Q05/")
    assert "派出所证明：登记性别有误" in page(client, "/quality/Q05/?waived=1")
    assert "派出所" not in "".join(Entry.objects.values_list("body", flat=True))
    assert readable(office.place / "data", ["派出所证明"]) == []
    client.post(f"/quality/waivers/{Waiver.objects.get().pk}/end/")
    assert "陈强户" in page(client, "/quality/Q05/")


def test_a_waiver_ends_on_its_last_day(office: Office, enter: Enter) -> None:
    check(office)
    client = enter("reviewer")
    about = Doubt.objects.get(rule="Q05", household=office.household("H002")).about
    client.post("/quality/Q05/", {"about": about, "reason": "待派出所更正", "until": "2021-12-25"})
    assert "陈强户" not in page(client, "/quality/Q05/")
    office.clock.advance(days=6)
    scene.stand(office.clock.now())
    assert "陈强户" in page(enter("reviewer"), "/quality/Q05/")


def test_everybody_sees_the_doubts_of_the_own_area_and_nobody_waives_those_of_another(
    office: Office, enter: Enter
) -> None:
    check(office)
    for key in ("medical", "auditor", "system_admin"):
        assert enter(key).get("/quality/").status_code == 403
    shown = page(enter("cadre"), "/quality/")
    assert "Q34" in shown
    assert "没有评估的规则" in shown
    about = Doubt.objects.get(rule="Q34").about
    for key in ("cadre", "other_reviewer", "leader"):
        answer = enter(key).post("/quality/Q34/", {"about": about, "reason": "x"})
        assert answer.status_code == 403, key
    assert enter("other_reviewer").get("/quality/Q34/").content.decode().count("李兰户") == 0
    assert Waiver.objects.count() == 0
    assert enter("reviewer").get("/quality/Q99/").status_code == 404


def test_the_check_is_handed_to_the_worker(office: Office, enter: Enter) -> None:
    assert enter("reviewer").post("/quality/check/").status_code == 403
    client = enter("lead")
    answer = client.post("/quality/check/")
    job = Job.objects.get(kind="quality")
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    jobs.carry_out(job.pk, clock=office.clock)
    assert "条疑点" in page(client, f"/jobs/{job.pk}/") or "疑点" in page(client, f"/jobs/{job.pk}/")
    assert "看数据疑点" in page(client, f"/jobs/{job.pk}/")


def test_a_conflict_stands_side_by_side_and_the_department_is_asked_with_what_is_known(
    office: Office, enter: Enter
) -> None:
    assert "corrections" in LEDGERS
    office.send("schooling", SCHOOLING, [(NUMBERS["李小兰"], "李小兰", "在读", "2021-11-01", "0")])
    check(office)
    assert Doubt.objects.filter(rule="@school").count() == 1
    client = enter("lead")
    assert "李兰户" in page(client, "/quality/item-school/")
    home = office.household("H001")
    shown = page(client, f"/households/{home}/sources/")
    assert "请部门更正" in shown
    start = shown.index("/ledgers/corrections/open/ask/")
    link = shown[start : shown.index('"', start)].replace("&amp;", "&")
    form = page(client, link)
    assert "上学" in form
    assert "在校（" in form
    given = {"department": "medical", "item": "学籍状态", "theirs": "在校", "others": "名册：没有写"}
    client.post(link.partition("?")[0] + f"?subject={home}", given)
    case = Case.objects.get(ledger="corrections")
    assert (case.stage, access.SYSTEM.is_own_hand) == ("asked", True)
    assert "请部门更正数据" in page(enter("medical"), "/")
