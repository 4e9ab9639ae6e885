"""Pages without a log-in: a form that gives a code, the case by its code and no other, boards by allow-list, no cookie."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from taizhang.core import access, editions
from taizhang.core.models import Case, Entry, Follow, Organisation, Pace
from taizhang.core.moves import cases, public
from taizhang.kit.refusal import NotFound, Refusal
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import VILLAGE, County

pytestmark = pytest.mark.django_db
LIBRARY = Path(__file__).parents[2] / "library" / "ledgers"
WISH = {"kind": "LIGHTING", "words": "三号楼前路灯不亮"}


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county with the library's ledgers."""
    made = counties.build(clock)
    editions.install(clock=clock, folder=LIBRARY)
    return made


def send(browser: Client, **more: str) -> str:
    answer = browser.post(f"/public/forms/civil-requests/?area={VILLAGE}", {"key": str(uuid.uuid4()), **WISH, **more})
    assert answer.status_code == 200, answer.content.decode()
    return re.search(r'<b class="code">([0-9A-Z-]{19})</b>', answer.content.decode()).group(1)  # type: ignore[union-attr]


def test_a_form_opens_a_case_and_gives_a_code_that_is_kept_nowhere(county: County) -> None:
    browser = Client()
    assert "三号楼" not in browser.get("/public/forms/civil-requests/").content.decode()
    code = send(browser)
    case = Case.objects.get(ledger="civil_requests")
    entry = Entry.objects.get(case=case)
    assert (case.area_path, case.stage, case.opened_by_id, entry.account_id) == (VILLAGE, "asked", None, None)
    assert Follow.objects.get().digest == public.digest(code)
    assert code not in str(list(Entry.objects.values()))
    assert browser.cookies == {}


def test_the_code_shows_where_the_case_stands_and_the_answer_in_its_own_words(county: County) -> None:
    browser = Client()
    code = send(browser)
    case = Case.objects.get(ledger="civil_requests").pk
    given = {"reason": "已在法院立案，请依法院程序办理"}
    cases.act(county.who("reviewer"), case, "refuse", given=given, clock=county.clock)
    page = browser.post("/public/track/", {"code": f" {code.lower().replace('-', ' ')} "}).content.decode()
    assert "不予受理" in page
    assert "已在法院立案" in page
    assert "三号楼" not in page
    assert browser.cookies == {}


def test_a_wrong_code_finds_nothing_and_a_code_shows_no_other_case(county: County) -> None:
    browser = Client()
    code, other = send(browser), send(browser, words="下水道堵了")
    wrong = browser.post("/public/track/", {"code": code[:-1] + ("0" if code[-1] != "0" else "1")})
    assert wrong.status_code == 422
    assert "没有找到这个查询码" in wrong.content.decode()
    follower = public.follower(other, clock=county.clock)
    assert [row.pk for row in access.cases_for(follower)] == [follower.follows]
    mine = Follow.objects.get(digest=public.digest(code)).case_id
    with pytest.raises(NotFound):
        access.case_for(follower, mine)


def test_whoever_holds_the_code_adds_what_the_ledger_lets_be_added_and_nothing_else(county: County) -> None:
    browser = Client()
    code = send(browser)
    form = browser.post("/public/track/again/", {"code": code})
    assert "再次反映的内容" in form.content.decode()
    done = browser.post("/public/track/again/", {"code": code, "key": str(uuid.uuid4()), "told": "还是不亮"})
    assert "已经记上" in done.content.decode()
    assert Case.objects.get(ledger="civil_requests").n == 2
    assert (
        browser.post("/public/track/refuse/", {"code": code, "key": str(uuid.uuid4()), "reason": "x"}).status_code
        == 404
    )


def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(county: County) -> None:
    answer = Client().post(
        f"/public/forms/civil-requests/?area={VILLAGE}", {"key": str(uuid.uuid4()), "words": "路灯不亮"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "路灯不亮" in page
    assert "诉求种类" in page
    assert not Case.objects.filter(ledger="civil_requests").exists()


def test_a_flood_is_held_for_an_hour_and_the_count_says_nothing_of_anybody(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        public.admit("form civil_requests", 3, county.clock)
    with pytest.raises(Refusal) as refusal:
        public.admit("form civil_requests", 3, county.clock)
    assert refusal.value.code == "too_many"
    county.clock.advance(hours=1)
    public.admit("form civil_requests", 3, county.clock)
    assert {field.name for field in Pace._meta.get_fields()} == {"id", "what", "hour", "count"}
    county.clock.advance(days=3)
    public.admit("form civil_requests", 3, county.clock)
    assert Pace.objects.count() == 1


def test_an_application_becomes_a_clue_on_the_household_that_the_village_names(county: County) -> None:
    home = county.household()
    given = {"name": "李兰", "phone": "13800001234", "risk": "ILLNESS", "words": "住院三次"}
    sent = public.send("applications", VILLAGE, given, [], clock=county.clock, key=uuid.uuid4())
    cases.act(county.who("cadre"), sent.case, "take", given={"household": str(home)}, clock=county.clock)
    clue = Case.objects.get(ledger="household_monitoring")
    assert (clue.household_id, clue.stage, clue.parent_id) == (home, "clue", sent.case)


def test_a_ledger_without_a_public_form_has_no_page(county: County) -> None:
    assert Client().get("/public/forms/directory/").status_code == 404
    assert Client().get("/public/boards/directory/").status_code == 404


def test_the_sign_of_an_enterprise_shows_its_class_and_who_is_responsible_and_nothing_sealed(county: County) -> None:
    Organisation.objects.create(code="environment", name="生态环境局", kind="department", area=county.areas["410503"])
    mill = cases.open_case(
        county.who("lead"), "directory", "enterprise", subject=VILLAGE, clock=county.clock,
        given={"name": "示例面粉厂", "enterprise_kind": "industry", "reason": "已核"},
    ).case  # fmt: skip
    assert Client().get(f"/public/things/{mill}/").status_code == 404
    given = {
        "grade": "C",
        "year": 2021,
        "cadre": county.account("cadre"),
        "grid": county.account("second_cadre"),
        "permit": "PW-1",
    }
    cases.open_case(
        county.who("reviewer"), "environment_service", "enrol", subject=mill, given=given, clock=county.clock
    )
    page = Client().get(f"/public/things/{mill}/").content.decode()
    name = county.who("cadre").name
    assert all(word in page for word in ("示例面粉厂", "C级", name, "<svg"))
    assert "PW-1" not in page
    listed = Client().get("/public/boards/environment-service/").content.decode()
    assert "示例面粉厂" in listed
    assert "PW-1" not in listed
