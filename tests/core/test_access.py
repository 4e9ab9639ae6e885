"""Who sees what and why: four sources of rights, each a WHERE; hidden and absent are the same answer."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from taizhang.core import access
from taizhang.core.models import Appointment, Case, Household
from taizhang.core.moves import cases
from taizhang.kit.refusal import NotFound, Refusal
from tests import district
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county."""
    return counties.build(clock)


@pytest.fixture
def spread(county: County) -> dict[str, uuid.UUID]:
    """One case of `wells` in each of the three villages."""
    return {
        "own": county.ask(county.household(counties.VILLAGE)).case,
        "sibling": county.ask(county.household(counties.NEIGHBOUR), by="neighbour").case,
        "far": county.ask(county.household(counties.FAR), by="stranger").case,
    }


SEES = {
    "cadre": {"own"},
    "second_cadre": {"own"},
    "neighbour": {"sibling"},
    "stranger": {"far"},
    "reviewer": {"own", "sibling"},
    "other_reviewer": {"far"},
    "lead": {"own", "sibling", "far"},
    "leader": {"own", "sibling", "far"},
    "auditor": {"own", "sibling", "far"},
    "medical": set(),
    "civil": set(),
    "system_admin": set(),
    "security_admin": set(),
}


@pytest.mark.parametrize("key", SEES)
def test_an_area_post_sees_the_cases_inside_its_area_and_no_other(
    county: County, spread: dict[str, uuid.UUID], key: str
) -> None:
    actor = county.who(key)
    listed = set(access.cases_for(actor).values_list("pk", flat=True))
    assert listed == {spread[name] for name in SEES[key]}
    for name, case in spread.items():
        if name in SEES[key]:
            assert access.case_for(actor, case).pk == case
            assert access.why(actor, Case.objects.get(pk=case)).zh.startswith("岗位")
        else:
            with pytest.raises(NotFound):
                access.case_for(actor, case)
            assert access.why(actor, Case.objects.get(pk=case)).zh.startswith("无权查看")


def test_one_case_is_seen_by_exactly_those_in_whose_list_it_stands(
    county: County, spread: dict[str, uuid.UUID]
) -> None:
    county.look(spread["own"])
    given = {"depth": 30, "cost": 1, "second": county.account("stranger")}
    cases.act(county.who("neighbour"), spread["sibling"], "look", given=given, clock=county.clock)
    seen = 0
    for key in (*SEES, None):
        actor = access.SYSTEM if key is None else county.who(key)
        listed = set(access.cases_for(actor).values_list("pk", flat=True))
        for case in Case.objects.all():
            try:
                found = access.case_for(actor, case.pk).pk in listed
            except NotFound:
                found = case.pk not in listed
            assert found, (key, case.number)
        seen += len(listed)
    assert seen > 3 * Case.objects.count()


def test_hidden_and_absent_are_the_same_answer(county: County, spread: dict[str, uuid.UUID]) -> None:
    answers = []
    for wanted in (spread["far"], uuid.uuid4(), "no id at all"):
        with pytest.raises(NotFound) as refused:
            cases.act(county.who("cadre"), wanted, "look", given={}, clock=county.clock)
        answers.append((refused.value.code, refused.value.text, refused.value.fix, refused.value.details))
    assert answers[0] == answers[1] == answers[2]


def test_a_department_sees_a_case_only_where_it_is_a_party(county: County, spread: dict[str, uuid.UUID]) -> None:
    asked = county.look(spread["own"]).spawned
    seen = {key: set(access.cases_for(county.who(key)).values_list("pk", flat=True)) for key in ("medical", "civil")}
    assert seen == {"medical": {asked[0]}, "civil": {asked[1]}}
    assert access.why(county.who("medical"), Case.objects.get(pk=asked[0])).zh == "本人或本单位是当事方"
    with pytest.raises(NotFound):
        cases.act(county.who("civil"), asked[0], "answer", given={"found": "无"}, clock=county.clock)


def test_a_ledger_that_names_its_readers_hides_itself_from_other_posts_of_the_area(
    county: County, spread: dict[str, uuid.UUID]
) -> None:
    asked = county.look(spread["own"]).spawned
    assert set(access.cases_for(county.who("reviewer")).values_list("pk", flat=True)) >= set(asked)
    assert access.cases_for(county.who("second_cadre")).filter(pk__in=asked).count() == 0
    # who opened the case that led to them sees them
    assert access.why(county.who("cadre"), Case.objects.get(pk=asked[0])).zh == "由本人上报的事项引出"


def test_who_is_named_in_a_field_sees_the_case_and_wears_its_hat(county: County) -> None:
    opened = county.ask(county.household()).case
    given = {"depth": 30, "cost": 1, "second": county.account("stranger")}
    cases.act(county.who("cadre"), opened, "look", given=given, clock=county.clock)
    stranger = county.who("stranger")
    case = access.case_for(stranger, opened)
    assert access.hats(stranger, case).tokens == {"@second", "anyone"}
    file = county.file("stranger", "signature")
    assert county.act("stranger", opened, "sign", evidence=[file]).n == 3


def test_hats_are_those_of_the_posts_that_cover_the_case(county: County, spread: dict[str, uuid.UUID]) -> None:
    case = Case.objects.get(pk=spread["own"])
    worn = {
        key: access.hats(county.who(key), case).tokens - {"anyone"}
        for key in ("cadre", "reviewer", "lead", "neighbour")
    }
    assert worn == {
        "cadre": {"cadre@village", "@opener"},
        "reviewer": {"reviewer@town"},
        "lead": {"lead@district"},
        "neighbour": set(),
    }


def test_a_deputy_acts_in_the_holders_place_for_the_days_named_and_is_marked_so(county: County) -> None:
    today = date(2021, 12, 20)
    Appointment.objects.create(
        post=county.posts["reviewer"], account=county.accounts["stranger"], deputy=True,
        valid_from=today, valid_to=today + timedelta(days=2),
    )  # fmt: skip
    opened = county.ask(county.household()).case
    held = [post for post in county.who("stranger").posts if post.deputy]
    assert [(post.token, post.deputy) for post in held] == [("reviewer@town", True)]
    assert county.act("stranger", opened, "drop", given={"reason": "重复"}).stage == "dropped"
    county.clock.advance(days=2)
    assert [post.deputy for post in county.who("stranger").posts] == [False]
    with pytest.raises(NotFound):
        access.case_for(county.who("stranger"), opened)


def test_a_post_counts_from_midnight_in_shanghai(county: County) -> None:
    Appointment.objects.filter(account=county.accounts["cadre"]).update(valid_to=date(2021, 12, 21))
    county.clock.advance(hours=14, minutes=59)  # 23:59
    assert len(county.who("cadre").posts) == 1
    county.clock.advance(minutes=1)
    assert county.who("cadre").posts == ()


def test_a_closed_account_holds_no_post(county: County) -> None:
    account = county.accounts["lead"]
    account.is_active = False
    account.save()
    assert county.who("lead").posts == ()
    assert access.cases_for(county.who("lead")).count() == 0


def test_capabilities_come_from_posts_and_end_with_their_area(county: County) -> None:
    assert access.may(county.who("auditor"), "audit.read")
    assert not access.may(county.who("lead"), "audit.read")
    assert access.may(county.who("reviewer"), "households.read", counties.VILLAGE)
    assert not access.may(county.who("reviewer"), "households.read", counties.FAR)
    with pytest.raises(Refusal) as refused:
        access.acting(county.who("cadre"), "accounts.manage")
    assert refused.value.code == "not_allowed"


def test_households_and_their_people_are_those_of_the_area(county: County) -> None:
    homes = {path: county.household(path) for path in (counties.VILLAGE, counties.NEIGHBOUR, counties.FAR)}

    def sees(key: str) -> set[str]:
        found = set(access.households_for(county.who(key)).values_list("pk", flat=True))
        people = access.residents_for(county.who(key)).count()
        assert people == len(found)  # one person lives in each
        return {path for path, home in homes.items() if home in found}

    assert sees("cadre") == {counties.VILLAGE}
    assert sees("reviewer") == {counties.VILLAGE, counties.NEIGHBOUR}
    assert sees("leader") == set(homes)
    for key in ("medical", "auditor", "system_admin", "security_admin"):
        assert sees(key) == set()
    with pytest.raises(NotFound):
        access.household_for(county.who("cadre"), homes[counties.FAR])


def test_nobody_opens_a_case_on_a_household_outside_the_post(county: County) -> None:
    with pytest.raises(NotFound):
        county.ask(county.household(counties.FAR), by="cadre")
    assert Case.objects.count() == 0


def test_evidence_is_seen_with_its_case_and_before_that_by_who_uploaded_it(county: County) -> None:
    opened = county.ask(county.household()).case
    county.look(opened)
    mine = county.file("second_cadre", "signature")
    assert access.evidence_for(county.who("second_cadre")).count() == 1
    assert access.evidence_for(county.who("reviewer")).count() == 0
    county.act("second_cadre", opened, "sign", evidence=[mine])
    assert access.evidence_for(county.who("reviewer")).count() == 1
    assert access.evidence_for(county.who("other_reviewer")).count() == 0


def test_the_auditor_reads_entries_of_the_area_and_others_their_own(
    county: County, spread: dict[str, uuid.UUID]
) -> None:
    from taizhang.core.models import Entry

    assert access.entries_for(county.who("auditor")).count() == Entry.objects.count()
    assert access.entries_for(county.who("cadre")).count() == 1
    assert access.entries_for(county.who("medical")).count() == 0


def test_area_ranges_do_not_leak_into_a_longer_or_neighbouring_code(county: County) -> None:
    county.household(counties.VILLAGE)
    paths = ["410503100201", "4105031002", "41050310020", "410503100200"]
    counted = [Household.objects.filter(access.within("area_path", [path])).count() for path in paths]
    assert counted == [1, 1, 1, 0]


def test_the_small_district_has_a_person_for_every_row_of_this_table() -> None:
    assert set(SEES) == {key for key, *_ in district.POSTS}


def test_a_helper_is_held_in_a_unit_and_does_not_speak_for_it(county: County) -> None:
    account = counties.helper(county, "周帮")
    asked = county.look(county.ask(county.household()).case).spawned
    helper = access.actor(account, county.clock.now())
    assert helper.posts[0].organisation_code == "medical"
    assert helper.organisations == frozenset()
    assert not access.cases_for(helper).filter(pk__in=asked).exists()
    assert [access.hats(helper, case).tokens for case in Case.objects.filter(pk__in=asked)] == [
        {"helper@district", "anyone"}
    ] * 2
    assert access.cases_for(county.who("medical")).filter(pk__in=asked).count() == 1
