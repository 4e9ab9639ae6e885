"""Assets: seen only by the department that is asked, of its own topic, for people whose authorisation is in force."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taizhang.core import access
from taizhang.core.models import Account, Appointment, Case, Entry, Evidence, Organisation, Post
from taizhang.core.models.fields import new_id
from taizhang.core.moves import assets, cases
from taizhang.kit.refusal import NotFound, Refusal
from tests.conftest import FixedClock
from tests.core import sending
from tests.core.sending import MEDICAL, NUMBERS, Office, moved_in
from tests.databases import Furnished
from tests.district import SINCE

ASSETS = ("证件号码", "姓名", "资产类别", "登记日期")
ASKED = {"public_security": "公安", "housing": "住建", "market": "市场监管", "fiscal": "财政"}
VISIT = {
    "persons": 2, "wage": 900_000, "business": 0, "property": 0, "transfer": 100_000, "cost": 0, "claims": 0, "self_paid": 600_000,
    "housing": True, "education": True, "water": True, "insurance": True, "food": True, "clothing": True, "risk_1": "ILLNESS",
    "category": "UNSTABLE", "situation": "户主住院，自付较多",
}  # fmt: skip


@pytest.fixture
def asked(db: None, furnished_asked: Furnished, clock: FixedClock, tmp_path: Path, settings: Any) -> Iterator[Office]:
    """A household whose visit is signed and whose comparison has been asked for."""
    yield from moved_in(furnished_asked, clock, tmp_path, settings)


def furnish(place: Path) -> Office:
    """That household, in the present database."""
    office = sending.furnish(place)
    area = office.district.areas["410503"]
    for code, short in ASKED.items():
        unit = Organisation.objects.create(code=code, area=area, kind="department", name=short, short=short)
        post = Post.objects.create(
            role="department", level="district", area=area, organisation=unit, title=f"{short}经办人"
        )
        office.district.accounts[code] = Account.objects.create(username=code, name=f"测试{short}")
        Appointment.objects.create(post=post, account=office.district.accounts[code], valid_from=SINCE)
    rows = [(NUMBERS["李兰"], "李兰", "机动车", "2018-06-01"), (NUMBERS["李小兰"], "李小兰", "不动产", "2019-06-01")]
    office.send("assets", ASSETS, [*rows, (NUMBERS["王静"], "王静", "机动车", "2020-06-01")])
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    case = office.case("H001").pk
    act(office, "cadre", case, "visit", {**VISIT, "second": str(office.district.accounts["second_cadre"].pk)})
    act(office, "second_cadre", case, "cosign", {}, signed=True)
    until = {"signer": str(office.district_resident("李兰")), "covered": 2, "valid_to": "2022-12-31"}
    act(office, "cadre", case, "authorise", until, signed=True)
    act(office, "cadre", case, "compare", {})
    return office


def act(office: Office, key: str, case: uuid.UUID, name: str, given: dict[str, Any], *, signed: bool = False) -> None:
    """An act on a case, with a signature where one is needed."""
    files = []
    if signed:
        row = Evidence.objects.create(
            id=new_id(), kind="signature", digest="0" * 64, size=1, media_type="image/png",
            account=office.district.accounts[key], received=office.clock.now(),
        )  # fmt: skip
        files = [row.pk]
    cases.act(office.who(key), case, name, given=given, evidence=files, clock=office.clock)


def comparison(office: Office, department: str) -> uuid.UUID:
    """The comparison that a department owes."""
    rows = Case.objects.filter(ledger="comparison", parties__organisation__code=department)
    return rows.values_list("pk", flat=True).get()


def seen(office: Office, key: str, department: str) -> assets.Assets:
    """What somebody sees of a comparison."""
    return assets.assets_of(office.who(key), comparison(office, department), clock=office.clock)


def test_the_department_that_is_asked_sees_its_own_topic_for_the_people_covered(asked: Office) -> None:
    found = seen(asked, "public_security", "public_security")
    assert (found.allowed, found.covered) == (True, 2)
    assert [(flag.name, flag.what, flag.since, flag.row) for flag in found.flags] == [
        ("李兰", "机动车", "2018-06-01", 2)
    ]
    assert [flag.name for flag in seen(asked, "housing", "housing").flags] == ["李小兰"]
    assert seen(asked, "fiscal", "fiscal").flags == ()


def test_every_query_is_an_entry_that_names_people_by_id_alone(asked: Office) -> None:
    seen(asked, "public_security", "public_security")
    seen(asked, "fiscal", "fiscal")
    entries = Entry.objects.filter(kind="assets").order_by("seq")
    assert [json.loads(entry.body)["says"]["records"] for entry in entries] == [1, 0]
    assert [entry.account_id for entry in entries] == [
        asked.district.accounts[key].pk for key in ("public_security", "fiscal")
    ]
    assert not [entry for entry in entries if "李兰" in entry.body or NUMBERS["李兰"] in entry.body]


def test_another_department_and_the_village_see_nothing(asked: Office) -> None:
    with pytest.raises(NotFound):
        seen(asked, "housing", "public_security")
    for key in ("cadre", "lead"):
        with pytest.raises(Refusal) as refused:
            seen(asked, key, "public_security")
        assert refused.value.code == "not_allowed"
    assert not Entry.objects.filter(kind="assets").exists()


def test_an_authorisation_that_has_run_out_shows_nothing_and_says_so(asked: Office) -> None:
    asked.clock.advance(days=378)
    found = seen(asked, "public_security", "public_security")
    assert (found.allowed, found.flags, found.text.zh) == (False, (), "尚未授权")


def test_once_answered_nothing_is_shown_any_more(asked: Office) -> None:
    case = comparison(asked, "public_security")
    act(asked, "public_security", case, "answer_clear", {})
    with pytest.raises(Refusal):
        assets.assets_of(asked.who("public_security"), case, clock=asked.clock)


def test_a_withdrawn_list_is_not_read(asked: Office) -> None:
    from taizhang.work import undoing

    undoing.undo(access.SYSTEM, asked.batches["assets"], reason="名单有误", clock=asked.clock)
    assert seen(asked, "public_security", "public_security").flags == ()
