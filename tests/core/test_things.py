"""Enterprises, places, products and projects: rows with a past, people who speak for them, and cases about them."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.core import access, editions, thing_rights
from taizhang.core.models import Account, Appointment, Case, Entry, Party, Post, Thing, ThingVersion, Turn
from taizhang.core.moves import accounts, cases, things
from taizhang.core.queries import forms, search, shown
from taizhang.kit.refusal import NotFound, Refusal
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import FAR, NEIGHBOUR, VILLAGE, County

pytestmark = pytest.mark.django_db
LIBRARY = Path(__file__).parents[2] / "library" / "ledgers"
TODAY = date(2021, 12, 20)


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county, with the ledger that changes the registers and one about enterprises."""
    made = counties.build(clock)
    editions.install(clock=clock, folder=Path(__file__).parent / "thing_ledgers")
    editions.install(clock=clock, folder=LIBRARY)
    return made


def enter(county: County, register: str, name: str, *, area: str = VILLAGE, by: str = "lead", **more: Any) -> uuid.UUID:
    """A row entered by an act; its id is the case's."""
    given = {"name": name, "reason": "证照已核", f"{register}_kind": more.pop("kind"), **more}
    return cases.open_case(county.who(by), "directory", register, subject=area, given=given, clock=county.clock).case


def change(county: County, act: str, area: str = VILLAGE, **given: Any) -> cases.Acted:
    return cases.open_case(
        county.who("lead"), "directory", act, subject=area, given={"reason": "已核", **given}, clock=county.clock
    )


def boss(county: County, of: uuid.UUID, name: str = "赵厂") -> access.Actor:
    """Whoever logs in for an enterprise."""
    row = Thing.objects.get(pk=of)
    post, _ = Post.objects.get_or_create(
        role="enterprise", level="district", area=county.areas["410503"], thing=row, defaults={"title": row.name}
    )
    account = Account.objects.create(username=name, name=name)
    Appointment.objects.create(post=post, account=account, valid_from=counties.SINCE)
    return access.actor(account, county.clock.now())


@pytest.fixture
def mill(county: County) -> uuid.UUID:
    """An enterprise."""
    return enter(county, "enterprise", "北关示例面粉厂", kind="industry", code="91410503MA0000001A", grade="C")


def test_a_row_is_entered_by_an_act_and_begins_that_day(county: County, mill: uuid.UUID) -> None:
    row, version = Thing.objects.get(pk=mill), ThingVersion.objects.get(thing=mill)
    assert (row.register, row.name, row.kind, row.grade, row.area_path, row.since) == (
        "enterprise", "北关示例面粉厂", "industry", "C", VILLAGE, TODAY,
    )  # fmt: skip
    assert (version.valid_from, version.valid_to, version.entry.case_id) == (TODAY, None, mill)  # type: ignore[union-attr]


def test_what_was_stays_when_a_row_is_changed_and_the_grounds_are_asked_for(county: County, mill: uuid.UUID) -> None:
    county.clock.advance(days=3)
    with pytest.raises(Refusal):
        change(county, "amend_enterprise", which_enterprise=str(mill), grade="B", reason="")
    change(county, "amend_enterprise", which_enterprise=str(mill), grade="B")
    versions = ThingVersion.objects.filter(thing=mill).order_by("valid_from")
    assert [(one.grade, one.valid_from.day, one.valid_to) for one in versions] == [
        ("C", 20, date(2021, 12, 23)), ("B", 23, None),
    ]  # fmt: skip
    assert Thing.objects.get(pk=mill).name == "北关示例面粉厂"


def test_a_code_stands_once_in_its_register(county: County, mill: uuid.UUID) -> None:
    with pytest.raises(Refusal) as refusal:
        enter(county, "enterprise", "另一家", kind="trade", code="91410503MA0000001A")
    assert refusal.value.code == "code_taken"
    assert "北关示例面粉厂" in refusal.value.text.zh
    enter(county, "project", "通村道路", kind="road", code="91410503MA0000001A", office="medical")


def test_a_kind_that_no_catalogue_has_is_refused(county: County) -> None:
    with pytest.raises(Refusal):
        enter(county, "enterprise", "某厂", kind="castle")


def test_a_closed_row_takes_no_new_case(county: County, mill: uuid.UUID) -> None:
    change(county, "close", which_enterprise=str(mill))
    assert Thing.objects.get(pk=mill).closed == TODAY
    assert ThingVersion.objects.get(thing=mill).valid_to == TODAY
    with pytest.raises(Refusal) as refusal:
        cases.open_case(county.who("lead"), "wishes", "ask", subject=mill, given={"wish": "通水"}, clock=county.clock)
    assert refusal.value.code == "closed"


def test_two_rows_that_are_one_become_one_with_what_belongs_to_them(county: County, mill: uuid.UUID) -> None:
    twin = enter(county, "enterprise", "北关面粉厂", kind="industry")
    flour = enter(county, "product", "面粉", kind="grain", owner=str(twin))
    wish = cases.open_case(
        county.who("lead"), "wishes", "ask", subject=twin, given={"wish": "通公交"}, clock=county.clock
    ).case
    change(county, "unite", which_enterprise=str(twin), same_as="91410503MA0000001A")
    assert Thing.objects.get(pk=twin).merged_into_id == mill
    assert Thing.objects.get(pk=flour).enterprise_id == mill
    assert Case.objects.get(pk=wish).thing_id == mill
    assert Party.objects.get(case=wish, field="subject").thing_id == mill


def test_a_row_that_moves_takes_its_open_cases_along(county: County, mill: uuid.UUID) -> None:
    wish = cases.open_case(
        county.who("lead"), "wishes", "ask", subject=mill, given={"wish": "通公交"}, clock=county.clock
    ).case
    change(county, "amend_enterprise", which_enterprise=str(mill), moved_to=FAR)
    assert Case.objects.get(pk=wish).area_path == FAR
    assert Thing.objects.get(pk=mill).area_path == FAR


# --- who speaks and who sees ----------------------------------------------------------------------------------------


def test_an_enterprise_asks_sees_its_own_case_and_owes_its_verdict(county: County, mill: uuid.UUID) -> None:
    zhao = boss(county, mill)
    case = cases.open_case(zhao, "wishes", "ask", subject=mill, given={"wish": "通公交"}, clock=county.clock).case
    cases.act(county.who("lead"), case, "answer", given={}, clock=county.clock)
    assert [str(row.pk) for row in access.cases_for(zhao)] == [str(case)]
    assert Turn.objects.filter(access.owed_by(zhao)).get().owes_thing_id == mill
    cases.act(zhao, case, "judge", given={"content": True}, clock=county.clock)
    assert Case.objects.get(pk=case).stage == "closed"


def test_one_enterprise_neither_sees_nor_speaks_for_another(county: County, mill: uuid.UUID) -> None:
    rival = boss(county, enter(county, "enterprise", "另一家", kind="trade"), "孙店")
    case = cases.open_case(
        county.who("lead"), "wishes", "ask", subject=mill, given={"wish": "通公交"}, clock=county.clock
    ).case
    cases.act(county.who("lead"), case, "answer", given={}, clock=county.clock)
    assert not access.cases_for(rival).exists()
    with pytest.raises(NotFound):
        access.case_for(rival, case)
    with pytest.raises(NotFound):
        cases.open_case(rival, "wishes", "ask", subject=mill, given={"wish": "通水"}, clock=county.clock)
    assert not Turn.objects.filter(access.owed_by(rival)).exists()


def test_the_people_of_an_enterprise_speak_for_its_products(county: County, mill: uuid.UUID) -> None:
    flour = enter(county, "product", "面粉", kind="grain", owner=str(mill))
    zhao = boss(county, mill)
    assert set(thing_rights.things_for(zhao).values_list("pk", flat=True)) == {mill, flour}
    assert "@subject" in access.hats_to_open(zhao, VILLAGE, mill).tokens
    assert "enterprise@district" not in access.hats_to_open(zhao, VILLAGE, mill).tokens


SEES = {
    "cadre": {"own"}, "neighbour": {"sibling"}, "reviewer": {"own", "sibling"}, "other_reviewer": {"far"},
    "lead": {"own", "sibling", "far"}, "medical": {"own", "sibling", "far"}, "system_admin": set(),
}  # fmt: skip


@pytest.mark.parametrize("key", SEES)
def test_a_post_reads_the_registers_of_its_areas(county: County, key: str) -> None:
    rows = {
        place: enter(county, "place", f"店{place}", area=path, kind="shop")
        for place, path in (("own", VILLAGE), ("sibling", NEIGHBOUR), ("far", FAR))
    }
    seen = set(thing_rights.things_for(county.who(key)).values_list("pk", flat=True))
    assert {place for place, pk in rows.items() if pk in seen} == SEES[key]
    for place, pk in rows.items():
        if place in SEES[key]:
            assert thing_rights.thing_for(county.who(key), pk).pk == pk
        else:
            with pytest.raises(NotFound):
                thing_rights.thing_for(county.who(key), pk)


def test_only_an_office_changes_the_registers(county: County) -> None:
    with pytest.raises(Refusal):
        enter(county, "enterprise", "某厂", kind="industry", by="cadre")
    assert not Thing.objects.exists()


# --- forms, names, search -------------------------------------------------------------------------------------------


def test_a_field_offers_the_rows_of_its_register_and_kind_the_near_ones_first(county: County, mill: uuid.UUID) -> None:
    far = enter(county, "place", "安店", area=FAR, kind="shop")
    near = enter(county, "place", "周店", kind="shop")
    enter(county, "place", "古塔", kind="relic")
    asked = forms.to_open(county.who("lead"), "wishes", "ask", str(mill), county.clock.now())
    assert asked.choices["place:shop"] == ((str(near), "周店"), (str(far), "安店"))
    assert asked.subject is not None
    assert (asked.subject.register, asked.subject.label) == ("enterprise", "北关示例面粉厂")


def test_what_a_field_points_at_is_a_relation_and_has_its_name(county: County, mill: uuid.UUID) -> None:
    shop = enter(county, "place", "周店", kind="shop")
    case = cases.open_case(
        county.who("lead"),
        "wishes",
        "ask",
        subject=mill,
        given={"wish": "修路", "place": str(shop)},
        clock=county.clock,
    ).case
    assert Party.objects.get(case=case, field="place").thing_id == shop
    names = shown.Names(TODAY)
    names.want("place", str(shop))
    names.fetch()
    assert names.of("place", str(shop)) == "周店"
    with pytest.raises(Refusal):
        change(county, "amend_place", which_place=str(mill))  # an enterprise is no place


def test_search_finds_rows_by_name_and_code_within_sight(county: County, mill: uuid.UUID) -> None:
    now = county.clock.now()
    assert [one.thing for one in search.find(county.who("lead"), "面粉", now).things] == [mill]
    assert [one.thing for one in search.find(county.who("cadre"), "91410503ma0000001a", now).things] == [mill]
    assert search.find(county.who("neighbour"), "面粉", now).things == ()


def test_a_ledger_has_one_open_case_about_a_row_where_it_says_so(county: County, mill: uuid.UUID) -> None:
    given = {"wish": "通公交"}
    cases.open_case(county.who("lead"), "wishes", "ask", subject=mill, given=given, clock=county.clock)
    with pytest.raises(Refusal) as refusal:
        cases.open_case(county.who("lead"), "wishes", "ask", subject=mill, given=given, clock=county.clock)
    assert refusal.value.code == "already_open"


# --- tables and posts -----------------------------------------------------------------------------------------------

TABLE = f"""code,name,kind,grade,area,address
91410503MA0000001A,北关示例面粉厂,industry,B,{VILLAGE},一号
91410503MA0000002B,北关示例饭店,catering,,{NEIGHBOUR},
,没有区划的,trade,,,
,类别不对的,castle,,{VILLAGE},
"""


def test_a_table_enters_what_is_new_changes_what_differs_and_tells_what_it_left_out(
    county: County, mill: uuid.UUID
) -> None:
    county.clock.advance(days=1)
    done = things.import_csv(county.who("lead"), "enterprise", TABLE, clock=county.clock)
    assert (done.received, done.new, done.changed, done.same, [line for line, _ in done.rejected]) == (
        4,
        1,
        1,
        0,
        [4, 5],
    )
    again = things.import_csv(county.who("lead"), "enterprise", TABLE, clock=county.clock)
    assert (again.received, again.new, again.changed, again.same, len(again.rejected)) == (4, 0, 0, 2, 2)
    assert Thing.objects.get(pk=mill).grade == "B"
    assert Entry.objects.filter(kind="register", act="things").count() == 2


def test_a_town_imports_only_rows_of_its_own_area(county: County) -> None:
    text = f"name,area\n本镇的,{VILLAGE}\n外镇的,{FAR}\n"
    done = things.import_csv(county.who("reviewer"), "place", text, clock=county.clock)
    assert (done.new, [line for line, _ in done.rejected]) == (1, [3])
    with pytest.raises(Refusal):
        things.import_csv(county.who("cadre"), "place", text, clock=county.clock)


def test_the_post_of_an_enterprise_names_it_by_code(county: County, mill: uuid.UUID) -> None:
    given: dict[str, Any] = {"role": "enterprise", "level": "district", "area": "410503", "clock": county.clock}
    post = accounts.make_post(county.who("security_admin"), organisation="91410503MA0000001A", **given)
    assert (post.thing_id, post.organisation_id, post.title) == (mill, None, "北关示例面粉厂企业经办人")
    with pytest.raises(Refusal):
        accounts.make_post(county.who("security_admin"), organisation="没有的", **given)
    with pytest.raises(Refusal):
        accounts.make_post(county.who("security_admin"), **given)
