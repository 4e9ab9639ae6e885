"""Other mechanisms on pages, by their real posts: the bus stop, a joint check of four hands, an inspection that nobody sees coming."""

from __future__ import annotations

import re
from typing import Any

import pytest

from taizhang.core import access
from taizhang.core.clock import Standing
from taizhang.core.models import Account, Appointment, Case, Organisation, OrganisationVersion, Party, Post, Thing
from taizhang.core.moves import things
from taizhang.ledger.draw import draw
from tests import district
from tests.client import Client
from tests.conftest import NOW
from tests.web import scene

pytestmark = pytest.mark.django_db
OFFICES = ("industry_information", "commerce", "emergency", "culture_tourism", "public_security", "natural_resources")
TOWN = "410503100"
SITES = [
    {"code": f"YQ-{order}", "name": f"示例{order}号厂", "kind": "industry", "area": "410503100201"}
    for order in range(4)
]

ADDRESSES = (
    "/", "/bell/", "/ledgers/", "/search/?q=JCX-2021", "/search/?q=示例", "/ledgers/inspections/?scope=all", "/figures/",
    "/ledgers/inspection-plans/?scope=all", "/ledgers/inspections/?as=csv", "/things/",
)  # fmt: skip


class Town:
    """The small district with bureaux, four enterprises, and the person who speaks for one of them."""

    def __init__(self) -> None:
        self.made = scene.people()
        self.who: dict[str, Account] = {key: self.made.accounts[key] for key in ("reviewer", "leader", "auditor")}
        for code in OFFICES:
            unit = Organisation.objects.create(
                code=code, area=self.made.areas["410503"], kind="department", name=f"区{code}局"
            )
            OrganisationVersion.objects.create(organisation=unit, name=unit.name, valid_from=district.SINCE)
            post = Post.objects.create(
                role="department", level="district", area=unit.area, organisation=unit, title=code
            )
            for person in (code, f"{code}-2"):
                self.who[person] = self._holder(person, post)
        for row in SITES:
            things.import_csv(
                access.SYSTEM,
                "enterprise",
                ",".join(row) + "\n" + ",".join(row.values()),
                clock=Standing(NOW),
            )
        mine = Thing.objects.get(code="YQ-0")
        boss = Post.objects.create(
            role="enterprise", level="district", area=self.made.areas["410503"], thing=mine, title="企业经办人"
        )
        self.who["boss"] = self._holder("boss", boss)

    def _holder(self, name: str, post: Post) -> Account:
        account = Account.objects.create(username=name, name=f"人{name}", must_change_password=False)
        Appointment.objects.create(post=post, account=account, valid_from=district.SINCE)
        return account

    def client(self, key: str) -> Client:
        """Somebody's browser."""
        browser = Client()
        browser.force_login(self.who[key], backend="taizhang.core.logins.Accounts")
        return browser

    def open(self, key: str, ledger: str, act: str, subject: object, **given: Any) -> Case:
        """Open a case by its form."""
        answer = self.client(key).post(
            f"/ledgers/{ledger.replace('_', '-')}/open/{act}/?subject={subject}", {"subject": str(subject), **given}
        )
        assert answer.status_code == 302, text(answer.content.decode())
        return Case.objects.filter(ledger=ledger).latest("opened", "number")

    def act(self, key: str, case: Case, act: str, **given: Any) -> str:
        """Do an act by its form; what the page says when it refuses, else nothing."""
        answer = self.client(key).post(f"/cases/{case.pk}/{act}/", given)
        case.refresh_from_db()
        return "" if answer.status_code == 302 else text(answer.content.decode())


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_bus_stop_is_asked_for_goes_up_to_the_city_and_is_judged_by_the_enterprise_alone(town: Town) -> None:
    firm = Thing.objects.get(code="YQ-0").pk
    asked = {"kind": "TRANSPORT", "request": "厂门口没有公交站", "staff": "720", "minutes": "15"}
    case = town.open("reviewer", "enterprise_requests", "submit", firm, **asked)
    office = "industry_information"
    assert town.act(office, case, "assign", level="ordinary", unit=office) == ""
    assert town.act(office, case, "take", plan="报市工作组") == ""
    assert town.act(office, case, "escalate", reason="线路由市里调整") == ""
    assert case.stage == "at_city"
    assert "报市工作组" in text(town.client(office).get(f"/cases/{case.pk}/").content.decode())
    assert town.act(office, case, "back", decision="同意设站") == ""
    assert town.act(office, case, "reply", answer="站点已启用", outcome="solved") == ""
    assert "答复的人不能替企业评价" in town.act(office, case, "judge", verdict="good")
    assert town.act("boss", case, "judge", verdict="good") == ""
    assert (case.stage, case.closed is None) == ("closed", False)


def test_a_joint_check_says_who_has_still_to_sign_and_is_not_closed_before(town: Town) -> None:
    parties = ["culture_tourism", "public_security", "natural_resources", "emergency"]
    called = {
        "on": "2021-12-20",
        "night": "true",
        "host": "culture_tourism",
        "parties": parties,
        "streets": [TOWN, "410503008"],
    }
    case = town.open("culture_tourism", "relic_checks", "call", "410503", **called)
    rows = {"targets-0-kind": "SHOP", "targets-0-where": "沿街商铺", "targets-0-finding": "NONE"}
    assert town.act("public_security", case, "record", **rows) == ""
    for code in parties[:3]:
        assert town.act(code, case, "sign") == ""
    page = text(town.client("culture_tourism").get(f"/cases/{case.pk}/").content.decode())
    assert "还没有签字：区emergency局" in page
    assert "还有参加单位没有签字" in town.act("culture_tourism", case, "close")
    assert "名单上的各方各办一次" in town.act("public_security", case, "sign")
    assert town.act("emergency", case, "sign") == ""
    assert town.act("culture_tourism", case, "close") == ""
    assert case.stage == "closed"


def trace(town: Town, key: str, *words: str) -> list[str]:
    """The addresses of somebody's pages that say one of the words, or open what is hidden."""
    browser, found = town.client(key), []
    mine = Thing.objects.get(code="YQ-0").pk
    for address in (*ADDRESSES, f"/things/{mine}/"):
        answer = browser.get(address)
        if answer.status_code == 200 and any(word in answer.content.decode() for word in words):
            found.append(address)
    for case in Case.objects.filter(ledger__in=("inspections", "inspection_plans")):
        if browser.get(f"/cases/{case.pk}/").status_code != 404:
            found.append(str(case.number))
    return found


def for_anybody() -> dict[str, str]:
    """What somebody without a log-in reads, page by page: boards, signs at doors, the forms that there are."""
    index = Client().get("/public/").content.decode()
    addresses = ["/public/", *re.findall(r'href="(/public/[^"]+)"', index)]
    addresses += [f"/public/things/{thing}/" for thing in Thing.objects.values_list("pk", flat=True)]
    assert len([address for address in addresses if "/boards/" in address]) >= 3
    return {address: text(Client().get(address).content.decode()) for address in addresses}


def test_a_drawn_inspection_leaves_no_trace_with_the_checked_side_until_the_visit(town: Town) -> None:
    before = for_anybody()
    inspectors = [str(town.who[one].pk) for one in ("emergency", "emergency-2", "public_security")]
    asked = {"kind": "UNANNOUNCED", "host": "emergency", "night": "false", "until": "2021-12-27", "size": "4"}
    plan = town.open("emergency", "inspection_plans", "plan", "410503", **asked, inspectors=inspectors)
    assert town.act("emergency", plan, "draw") == ""
    drawn, pool = plan.data["drawn"], [row["enterprise"] for row in plan.data["pool"]]
    again = draw(plan.data["seed"], pool, 4, 2, inspectors)
    assert [(row["enterprise"], (row["first"], row["second"])) for row in drawn] == list(again.rows)
    shown = town.client("emergency").get(f"/cases/{plan.pk}/").content.decode()
    assert all(shown.count(row["name"]) >= 2 for row in SITES)  # in the table, and with the case of each
    assert not any(one in text(shown) for one in pool)
    visits = list(Case.objects.filter(ledger="inspections"))
    assert {str(case.thing_id) for case in visits} == set(pool)
    words = [case.number for case in (plan, *visits)] + [str(case.pk) for case in (plan, *visits)]
    assert trace(town, "boss", *words) == []
    assert trace(town, "reviewer", *words) == []
    assert for_anybody() == before
    mine = next(case for case in visits if case.thing is not None and case.thing.code == "YQ-0")
    first, second = (str(Party.objects.get(case=mine, field=field).account_id) for field in ("first", "second"))
    names = {str(account.pk): key for key, account in town.who.items()}
    rows = {
        "checklist-0-item": "EXIT",
        "checklist-0-good": "false",
        "found-0-standard": "FIRE_EXIT",
        "found-0-what": "安全出口上锁",
        "found-0-due": "2021-12-24",
    }
    assert town.act(names[first], mine, "visit", **rows) == ""
    assert "要由另一名检查人员签字" in town.act(names[first], mine, "cosign")
    assert town.act(names[second], mine, "cosign") == ""
    assert town.client("boss").get(f"/cases/{mine.pk}/").status_code == 200
    hazard = Case.objects.get(ledger="hazards")
    assert "安全出口上锁" in town.client("boss").get(f"/cases/{hazard.pk}/").content.decode()
    assert town.act("boss", hazard, "mend", result="已拆除") == ""
    assert hazard.stage == "reported"


def test_two_posts_meet_with_reasons_and_contacts_are_read_by_nobody_until_both_agreed(town: Town) -> None:
    mill, shop = Thing.objects.get(code="YQ-0"), Thing.objects.get(code="YQ-1")
    days = {"since": "2021-12-20", "until": "2022-01-31"}
    offered = {
        "side": "supply",
        "goods": "TEXTILE",
        "what": "冬季工装",
        "quantity": "3000",
        "contact": "厂办王女士",
        **days,
    }
    mine = town.open("boss", "exchange", "offer", mill.pk, **offered)
    wanted = {"side": "demand", "goods": "TEXTILE", "what": "反光背心", "quantity": "500", "contact": "总务科", **days}
    town.open("reviewer", "exchange", "offer", shop.pk, **wanted)
    page = text(town.client("boss").get(f"/matches/{mine.pk}/").content.decode())
    assert shop.name in page
    assert "能供 3,000 件，够所需的 500 件" in page
    assert "总务科" not in page
    assert "反光背心" not in page
    assert text(town.client("commerce").get("/matches/").content.decode()).count(shop.name) == 1
    form = town.client("boss").get(f"/cases/{mine.pk}/propose/?partner={shop.pk}&way=match").content.decode()
    assert f'value="{shop.pk}" checked' in form
    assert (
        town.client("commerce").get(f"/cases/{mine.pk}/propose/").status_code == 404
    )  # it suggests; the owner consents
    assert town.act("commerce", mine, "suggest", partner=str(shop.pk), way="match") == ""
    for reader in ("boss", "commerce", "reviewer"):
        browser = town.client(reader)
        assert "厂办王女士" not in browser.get(f"/cases/{mine.pk}/").content.decode()
        refused = browser.post(f"/cases/{mine.pk}/reveal/0/contact/", {"reason": "联系对方"})
        assert "现在谁也看不到" in refused.content.decode()
    assert town.act("boss", mine, "accept") == ""
    assert town.act("commerce", mine, "agree_by_phone", partner_contact="总务科", told="科长来电") == ""
    assert "厂办王女士" in town.client("boss").get(f"/cases/{mine.pk}/").content.decode()
    assert town.act("boss", mine, "decline", reason="价格没谈拢") == ""
    assert "总务科" not in town.client("boss").get(f"/cases/{mine.pk}/").content.decode()


def test_the_sign_for_the_door_is_printed_for_who_sees_the_enterprise(town: Town) -> None:
    mill = Thing.objects.get(code="YQ-0")
    assert town.client("reviewer").get(f"/things/{mill.pk}/sign.pdf").status_code == 404
    unit = Organisation.objects.create(
        code="environment", area=town.made.areas["410503"], kind="department", name="区环保局"
    )
    OrganisationVersion.objects.create(organisation=unit, name=unit.name, valid_from=district.SINCE)
    hands = {key: str(town.made.accounts[key].pk) for key in ("cadre", "second_cadre")}
    served = {"grade": "B", "year": "2021", "cadre": hands["cadre"], "grid": hands["second_cadre"]}
    town.open("reviewer", "environment_service", "enrol", mill.pk, **served)
    other = town.open("reviewer", "environment_service", "enrol", Thing.objects.get(code="YQ-1").pk, **served)
    mine = Case.objects.get(ledger="environment_service", thing=mill.pk)
    assert other.number not in town.client("reviewer").get(f"/cases/{mine.pk}/").content.decode()
    sign = town.client("boss").get(f"/things/{mill.pk}/sign.pdf")
    assert (sign.status_code, sign["Content-Type"], sign.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert town.client("boss").get(f"/things/{Thing.objects.get(code='YQ-1').pk}/sign.pdf").status_code == 404
    assert f"/things/{mill.pk}/sign.pdf" in town.client("boss").get(f"/things/{mill.pk}/").content.decode()
