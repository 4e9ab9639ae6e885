"""Help products: certified with publicity, never more sold than declared, codes that only we can print, scans that are counts."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from taizhang.core import access, editions
from taizhang.core.models import (
    Account,
    Appointment,
    Case,
    Entry,
    Evidence,
    Fact,
    Organisation,
    Post,
    Scan,
    Thing,
    ThingVersion,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves import cases, origins
from taizhang.core.queries import notices
from taizhang.core.queries import origins as told
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import loop
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import FAR, VILLAGE, County

LIBRARY = Path(__file__).parents[2] / "library" / "ledgers"


def install(clock: FixedClock) -> County:
    made = counties.build(clock)
    editions.install(clock=clock, folder=LIBRARY)
    Organisation.objects.create(code="agriculture", name="农业农村局", kind="department", area=made.areas["410503"])
    return made


@pytest.fixture
def county(db: None, clock: FixedClock) -> County:
    """The small county with the library's ledgers."""
    return install(clock)


def enter(county: County, register: str, name: str, area: str = VILLAGE, **more: str) -> uuid.UUID:
    given = {"name": name, "reason": "已核", **more}
    return cases.open_case(
        county.who("lead"), "directory", register, subject=area, given=given, clock=county.clock
    ).case


def goods(county: County) -> uuid.UUID:
    """A product, as if it had been certified."""
    farm = enter(county, "enterprise", "示例合作社", enterprise_kind="cooperative")
    product = enter(county, "product", "示例菠菜", product_kind="vegetable", owner=str(farm))
    Thing.objects.filter(pk=product).update(grade="certified")
    return product


def batch(county: County, product: uuid.UUID, output: int) -> uuid.UUID:
    paper = Evidence.objects.create(
        id=new_id(), kind="file", digest="0" * 64, size=1, media_type="application/pdf",
        account_id=county.accounts["reviewer"].pk, received=county.clock.now(),
    )  # fmt: skip
    given = {"made_on": "2021-12-19", "unit": "kg", "output": output, "passed": True}
    return cases.open_case(
        county.who("reviewer"),
        "batches",
        "declare",
        subject=product,
        given=given,
        evidence=[paper.pk],
        clock=county.clock,
    ).case


def sell(county: County, case: uuid.UUID, quantity: int) -> cases.Acted:
    given = {"quantity": quantity, "amount": quantity * 400}
    return cases.act(county.who("reviewer"), case, "sell", given=given, clock=county.clock)


def printed(county: County, count: int = 5) -> tuple[Case, list[str]]:
    case = batch(county, goods(county), 100)
    cases.act(county.who("reviewer"), case, "print", given={"count": count}, clock=county.clock)
    row = Case.objects.get(pk=case)
    return row, [origins.code(row.number, serial) for serial in range(1, count + 2)]


@pytest.mark.django_db
def test_more_sold_than_declared_is_refused_with_the_reason(county: County) -> None:
    case = batch(county, goods(county), 100)
    sell(county, case, 60)
    with pytest.raises(loop.Refused) as refused:
        sell(county, case, 41)
    assert [need.text.zh for need in refused.value.unmet] == ["卖出的超过申报产量"]
    sell(county, case, 40)
    assert Case.objects.get(pk=case).data["sold"] == 100


@pytest.mark.django_db
def test_nothing_is_sold_and_no_batch_declared_while_a_product_is_suspended(county: County) -> None:
    product = goods(county)
    case = batch(county, product, 100)
    Thing.objects.filter(pk=product).update(grade="suspended")
    with pytest.raises(Refusal):
        sell(county, case, 1)
    with pytest.raises(Refusal):
        batch(county, product, 10)


@pytest.mark.slow
def test_two_hundred_sales_at_once_never_exceed_the_declared_output(committed: Path, clock: FixedClock) -> None:
    county = install(clock)
    case = batch(county, goods(county), 70)

    def one(_: int) -> str:
        try:
            sell(county, case, 1)
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "sold"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, range(200)))
    assert answers.count("sold") == 70
    assert set(answers) == {"sold", "needs"}
    assert Case.objects.get(pk=case).data["sold"] == 70
    assert Entry.objects.filter(case=case, act="sell").count() == 70
    assert sum(Fact.objects.filter(case=case, indicator="quantity").values_list("value", flat=True)) == 70
    connection.close()


@pytest.mark.django_db
def test_certifying_waits_for_the_notice_and_marks_the_product_and_suspending_marks_it_again(county: County) -> None:
    farm = enter(county, "enterprise", "示例合作社", enterprise_kind="cooperative")
    product = enter(county, "product", "示例菠菜", product_kind="vegetable", owner=str(farm))
    base = enter(county, "place", "示例基地", place_kind="base")
    paper = county.file("reviewer", "file")
    given = {"base": str(base), "way": "wage", "households": 12, "promised": 300_000, "price": 400, "ours": 400}
    case = cases.open_case(
        county.who("reviewer"), "products", "apply", subject=product, given=given, evidence=[paper], clock=county.clock
    ).case
    county.act("reviewer", case, "check", given={"bureau": "agriculture"})
    cases.act(clerk(county), case, "review", given={}, clock=county.clock)
    county.act("lead", case, "approve")
    with pytest.raises(Refusal):
        county.act("lead", case, "certify", given={"valid_to": "2022-12-31"})
    (hanging,) = notices.board(county.clock.now())
    assert (hanging.name, hanging.personal, [fact.key for fact in hanging.facts]) == (
        "示例菠菜", False, ["way", "households", "promised"],
    )  # fmt: skip
    county.clock.advance(days=7)
    county.act("lead", case, "certify", given={"valid_to": "2022-12-31"})
    assert Thing.objects.get(pk=product).grade == "certified"
    assert notices.board(county.clock.now()) == ()
    sold = batch(county, product, 10)
    sell(county, sold, 1)
    county.act("lead", case, "suspend", given={"reason": "冒用标识"})
    with pytest.raises(Refusal):
        sell(county, sold, 1)
    assert [one.grade for one in ThingVersion.objects.filter(thing=product).order_by("pk")] == [
        "",
        "certified",
        "suspended",
    ]


def clerk(county: County) -> access.Actor:
    """The clerk of the bureau of agriculture."""
    post = Post.objects.create(
        role="department", level="district", area=county.areas["410503"], title="农业农村局经办人",
        organisation=Organisation.objects.get(code="agriculture"),
    )  # fmt: skip
    account = Account.objects.create(username="clerk", name="农工")
    Appointment.objects.create(post=post, account=account, valid_from=counties.SINCE)
    return access.actor(account, county.clock.now())


# --- codes ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_codes_that_were_printed_are_recognised(county: County) -> None:
    row, codes = printed(county)
    assert re.fullmatch(r"PC-2021-\d{4}-000001-[0-9A-Z]{8}", codes[0])
    assert origins.read(codes[0].lower()) == origins.Read(row.pk, 1)
    for wrong in (
        codes[5],
        codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1"),
        codes[0].replace("000001", "000002"),
        "x",
    ):
        with pytest.raises(NotFound):
            origins.read(wrong)


@pytest.mark.django_db
def test_no_more_codes_are_printed_than_pieces_declared(county: County) -> None:
    row, _codes = printed(county)
    with pytest.raises(Refusal):
        cases.act(county.who("reviewer"), row.pk, "print", given={"count": 96}, clock=county.clock)


@pytest.mark.django_db
def test_scans_are_counts_by_the_hour_and_leave_no_entry(county: County) -> None:
    _row, codes = printed(county)
    before = Entry.objects.count()
    for _ in range(3):
        origins.scan(origins.read(codes[0]), None, clock=county.clock)
    county.clock.advance(hours=1)
    origins.scan(origins.read(codes[0]), None, clock=county.clock)
    assert [(one.serial, one.count) for one in Scan.objects.order_by("hour")] == [(1, 3), (1, 1)]
    assert {field.name for field in Scan._meta.get_fields()} == {
        "id",
        "batch",
        "serial",
        "place",
        "town",
        "hour",
        "count",
    }
    assert Entry.objects.count() == before


@pytest.mark.django_db
def test_a_code_in_two_towns_within_two_hours_is_suspect_and_one_that_travels_is_not(county: County) -> None:
    _row, codes = printed(county)
    near = enter(county, "place", "甲超市专柜", place_kind="counter")
    far = enter(county, "place", "乙市场专区", FAR, place_kind="zone")
    copied, carried = origins.read(codes[0]), origins.read(codes[1])
    for found in (copied, carried):
        origins.scan(found, near, clock=county.clock)
    county.clock.advance(hours=1)
    origins.scan(copied, far, clock=county.clock)
    county.clock.advance(hours=5)
    origins.scan(carried, far, clock=county.clock)
    assert [origins.suspect(found, clock=county.clock) for found in (copied, carried)] == [True, False]


@pytest.mark.django_db
def test_a_code_scanned_more_often_than_one_piece_is_looked_at_is_suspect(county: County) -> None:
    row, codes = printed(county)
    Scan.objects.create(batch=row, serial=1, hour=county.clock.now(), count=30)
    assert not origins.suspect(origins.read(codes[0]), clock=county.clock)
    origins.scan(origins.read(codes[0]), None, clock=county.clock)
    assert origins.suspect(origins.read(codes[0]), clock=county.clock)
    seen = told.looked_at(county.who("reviewer"), row.pk, clock=county.clock)
    assert [(one.code, one.count, one.suspect) for one in seen] == [(codes[0], 31, True)]


@pytest.mark.django_db
def test_the_page_of_a_code_tells_the_product_and_warns_when_it_may_not_be_sold(county: County) -> None:
    row, codes = printed(county)
    browser = Client()
    page = browser.get(f"/public/origin/{codes[0]}/").content.decode()
    assert all(word in page for word in ("示例菠菜", "示例合作社", "100", "没有认定记录", "请不要购买"))
    assert Scan.objects.get().count == 1
    assert browser.cookies == {}
    missing = browser.get(f"/public/origin/{codes[5]}/")
    assert missing.status_code == 404
    assert Scan.objects.get().count == 1
    assert Client().get(f"/cases/{row.pk}/codes/").status_code == 302


@pytest.mark.django_db
def test_the_sheet_of_codes_is_for_who_may_print_them(county: County) -> None:
    row, codes = printed(county)
    case, sheet = origins.codes(county.who("reviewer"), row.pk, 1)
    assert (case.pk, list(sheet)) == (row.pk, codes[:5])
    with pytest.raises(NotFound):
        origins.codes(county.who("lead"), row.pk, 1)
    with pytest.raises(NotFound):
        origins.codes(county.who("stranger"), row.pk, 1)
