"""Accounts and posts: who may give what to whom, and that nobody gives it to themselves."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt

from taizhang.core import access, chain, clock
from taizhang.core.models import Account, Appointment, District, Entry, Organisation
from taizhang.core.moves import accounts, areas
from taizhang.core.moves import clock as clock_moves
from taizhang.kit.refusal import NotFound, Refusal
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
CLOCK = clock.Standing(NOW)
TODAY = date(2021, 12, 20)
VILLAGE = "410503100201"


@pytest.fixture(autouse=True)
def _district(library_folder: Path) -> None:
    chain.found("410503", "北关区", demo=True, clock=CLOCK)
    areas.load_areas(library_folder / "areas-410503.csv", clock=CLOCK)
    areas.load_organisations(library_folder / "organisations.csv", clock=CLOCK)


def holder(username: str, role: str, level: str = "district", area: str = "410503") -> access.Actor:
    issued = accounts.create(access.SYSTEM, username=username, name=f"姓{username}", clock=CLOCK)
    lead = Organisation.objects.filter(kind="lead").order_by("code").first()
    organisation = lead.code if lead and role == "lead" else "water" if role == "department" else None
    post = accounts.make_post(access.SYSTEM, role=role, level=level, area=area, organisation=organisation, clock=CLOCK)
    accounts.appoint(access.SYSTEM, issued.account, post.pk, since=TODAY, clock=CLOCK)
    return actor(username)


def actor(username: str) -> access.Actor:
    return access.actor(Account.objects.get(username=username), NOW)


def village() -> str:
    from taizhang.core.models import Area

    return Area.objects.filter(level="village").order_by("path").values_list("path", flat=True)[0]


@pytest.fixture
def security() -> access.Actor:
    return holder("security", "security_admin")


def test_a_new_account_gets_a_password_once_that_must_be_changed(security: access.Actor) -> None:
    issued = accounts.create(security, username="li.lan", name="李兰", clock=CLOCK)
    account = Account.objects.get(username="li.lan")
    assert account.check_password(issued.password)
    assert (account.must_change_password, account.sort_key, len(issued.password)) == (True, "li lan", 14)
    assert issued.password not in "".join(Entry.objects.values_list("body", flat=True))
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    assert (entry.kind, entry.account_id, entry.post_id) == ("account", security.account, security.posts[0].post)
    assert "李兰" not in entry.body
    for username in ("LI.LAN", "x", "a b", ""):
        with pytest.raises(Refusal) as refused:
            accounts.create(security, username=username, name="某", clock=CLOCK)
        assert refused.value.code == "username"


@pytest.mark.parametrize("role", ["lead", "department", "leader", "auditor", "system_admin"])
def test_only_the_security_administrator_manages_accounts(role: str, security: access.Actor) -> None:
    somebody = holder("somebody", role)
    assert security.account is not None
    for attempt in (
        lambda: accounts.create(somebody, username="new", name="新", clock=CLOCK),
        lambda: accounts.reset(somebody, security.account, clock=CLOCK),
        lambda: accounts.unlock(somebody, security.account, clock=CLOCK),
        lambda: accounts.close(somebody, security.account, clock=CLOCK),
        lambda: accounts.make_post(somebody, role="leader", level="district", area="410503", clock=CLOCK),
        lambda: accounts.import_csv(somebody, "username,name,role,level,area\n", clock=CLOCK),
    ):
        with pytest.raises(Refusal):
            attempt()
    assert not Account.objects.filter(username="new").exists()


def test_nobody_does_anything_to_their_own_account(security: access.Actor) -> None:
    assert security.account is not None
    post = accounts.make_post(security, role="leader", level="district", area="410503", clock=CLOCK)
    own = Appointment.objects.get(account=security.account)
    for attempt in (
        lambda: accounts.reset(security, security.account, clock=CLOCK),
        lambda: accounts.unlock(security, security.account, clock=CLOCK),
        lambda: accounts.close(security, security.account, clock=CLOCK),
        lambda: accounts.appoint(security, security.account, post.pk, since=TODAY, clock=CLOCK),
        lambda: accounts.end_appointment(security, own.pk, on=TODAY + timedelta(days=9), clock=CLOCK),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "oneself"


@pytest.mark.parametrize("first", ["system_admin", "security_admin", "auditor"])
def test_administrators_and_auditors_hold_no_other_post_and_read_no_case_by_it(
    first: str, security: access.Actor
) -> None:
    one = holder("one", first)
    assert one.account is not None
    leader = accounts.make_post(security, role="leader", level="district", area="410503", clock=CLOCK)
    with pytest.raises(Refusal) as refused:
        accounts.appoint(security, one.account, leader.pk, since=TODAY, clock=CLOCK)
    assert refused.value.code == "apart"
    other = holder("other", "leader")
    assert other.account is not None
    with pytest.raises(Refusal, match="不能与其他岗位"):
        accounts.appoint(security, other.account, one.posts[0].post, since=TODAY, clock=CLOCK)
    if first != "auditor":
        assert not access.may(one, "households.read")
        assert access.cases_for(one).count() == 0


def test_a_post_is_held_from_a_day_to_a_day_also_by_a_deputy(security: access.Actor) -> None:
    issued = accounts.create(security, username="li", name="李兰", clock=CLOCK)
    post = accounts.make_post(security, role="cadre", level="village", area=village(), clock=CLOCK)
    assert accounts.make_post(security, role="cadre", level="village", area=village(), clock=CLOCK) == post
    start, end = TODAY + timedelta(days=1), TODAY + timedelta(days=8)
    accounts.appoint(security, issued.account, post.pk, since=start, until=end, deputy=True, clock=CLOCK)
    account = Account.objects.get(username="li")
    held = [[post.deputy for post in access.actor(account, NOW + timedelta(days=n)).posts] for n in (0, 1, 7, 8)]
    assert held == [[], [True], [True], []]
    with pytest.raises(Refusal, match="已在这个岗位"):
        accounts.appoint(security, issued.account, post.pk, since=start, clock=CLOCK)
    accounts.appoint(security, issued.account, post.pk, since=end, clock=CLOCK)
    with pytest.raises(Refusal, match="止日"):
        accounts.appoint(security, issued.account, post.pk, since=end, until=start, clock=CLOCK)


def test_a_term_is_ended_without_forgetting_it(security: access.Actor) -> None:
    holder("li", "leader")
    term = Appointment.objects.get(account__username="li")
    accounts.end_appointment(security, term.pk, on=TODAY + timedelta(days=1), clock=CLOCK)
    assert access.actor(Account.objects.get(username="li"), NOW).posts
    assert not access.actor(Account.objects.get(username="li"), NOW + timedelta(days=1)).posts
    with pytest.raises(Refusal):
        accounts.end_appointment(security, term.pk, on=TODAY, clock=CLOCK)


def test_posts_fit_their_role_level_and_organisation(security: access.Actor) -> None:
    for wanted, code in (
        ({"role": "king", "level": "district", "area": "410503"}, "role"),
        ({"role": "cadre", "level": "village", "area": "410503"}, "post_level"),
        ({"role": "department", "level": "district", "area": "410503"}, "post_organisation"),
        ({"role": "leader", "level": "district", "area": "410503", "organisation": "water"}, "post_organisation"),
        ({"role": "department", "level": "district", "area": "410503", "organisation": "nowhere"}, "not_found"),
        ({"role": "cadre", "level": "village", "area": "1"}, "not_found"),
    ):
        with pytest.raises(Refusal) as refused:
            accounts.make_post(security, clock=CLOCK, **wanted)
        assert refused.value.code == code
    water = Organisation.objects.get(code="water")
    made = accounts.make_post(
        security, role="department", level="district", area="410503", organisation="water", clock=CLOCK
    )
    assert made.title.startswith(water.name)


def test_a_reset_by_a_second_person_gives_a_new_first_password_and_unlocks(security: access.Actor) -> None:
    somebody = holder("li", "leader")
    assert somebody.account is not None
    AccessAttempt.objects.create(username="li", failures_since_start=9)
    issued = accounts.reset(security, somebody.account, clock=CLOCK)
    account = Account.objects.get(username="li")
    assert account.check_password(issued.password)
    assert account.must_change_password
    assert not AccessAttempt.objects.filter(username="li").exists()
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    assert json.loads(entry.body)["says"] == {"account": str(account.pk), "what": "reset"}
    with pytest.raises(NotFound):
        accounts.reset(security, security.posts[0].post, clock=CLOCK)


def test_unlocking_and_closing_are_entries(security: access.Actor) -> None:
    somebody = holder("li", "leader")
    assert somebody.account is not None
    AccessAttempt.objects.create(username="li", failures_since_start=9)
    accounts.unlock(security, somebody.account, clock=CLOCK)
    assert not AccessAttempt.objects.exists()
    accounts.close(security, somebody.account, clock=CLOCK)
    assert actor("li").posts == ()
    accounts.close(security, somebody.account, reopen=True, clock=CLOCK)
    assert actor("li").posts != ()
    whats = [
        json.loads(body)["says"]["what"]
        for body in Entry.objects.filter(kind="account").order_by("-seq").values_list("body", flat=True)[:3]
    ]
    assert whats == ["reopen", "close", "unlock"]


def test_one_changes_ones_own_password_by_the_rules(security: access.Actor) -> None:
    issued = accounts.create(security, username="li", name="李兰", clock=CLOCK)
    account = Account.objects.get(username="li")
    for old, new, code in (
        ("wrong", "a good long one 7", "password_old"),
        (issued.password, issued.password, "password_new"),
        (issued.password, "12345678901", "password_new"),
        (issued.password, "short", "password_new"),
    ):
        with pytest.raises(Refusal) as refused:
            accounts.change_password(account, old=old, new=new, clock=CLOCK)
        assert refused.value.code == code
    accounts.change_password(account, old=issued.password, new="a good long one 7", clock=CLOCK)
    assert Account.objects.get(username="li").must_change_password is False


def test_a_table_of_accounts_is_imported_whole_or_not_at_all(security: access.Actor) -> None:
    head = "username,name,role,level,area,organisation,title,from,to,deputy\n"
    good = (
        head
        + f"li,李兰,cadre,village,{village()},,,2021-12-01,,\nli,李兰,reviewer,town,{village()[:9]},,,,2022-01-01,是\n"
    )
    issued = accounts.import_csv(security, "\ufeff" + good, clock=CLOCK)
    assert [one.username for one in issued] == ["li"]
    assert [held.token for held in actor("li").posts] == ["cadre@village", "reviewer@town"]
    assert [held.deputy for held in actor("li").posts] == [False, True]
    before = Account.objects.count()
    lines = (
        "wang,王静,cadre,village,{0},,,,,",
        "zhao,赵望,king,village,{0},,,,,",
        "qian,钱望,cadre,village,{0},,,20th,,",
    )
    bad = head + "\n".join(lines).format(village())
    with pytest.raises(Refusal) as refused:
        accounts.import_csv(security, bad, clock=CLOCK)
    assert "第 3 行" in refused.value.text.zh
    assert "Line 4: A date cannot be read." in refused.value.text.en
    assert Account.objects.count() == before
    with pytest.raises(Refusal, match="缺少列"):
        accounts.import_csv(security, "username\nli\n", clock=CLOCK)


# --- the demo clock -------------------------------------------------------------------------------------------------


def test_the_demo_clock_moves_by_days_and_says_who_moved_it(security: access.Actor) -> None:
    before = clock.of_district().now()
    clock_moves.advance(security, 5, clock=CLOCK)
    assert timedelta(days=5) <= clock.of_district().now() - before < timedelta(days=5, minutes=1)
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    assert (entry.kind, json.loads(entry.body)["says"], entry.account_id) == ("clock", {"days": 5}, security.account)
    for days in (0, -1, 367):
        with pytest.raises(Refusal) as refused:
            clock_moves.advance(security, days, clock=CLOCK)
        assert refused.value.code == "clock_days"
    with pytest.raises(Refusal, match="岗位"):
        clock_moves.advance(access.Actor(None, "x"), 1, clock=CLOCK)
    assert District.objects.get().clock_offset == 5 * 86400
