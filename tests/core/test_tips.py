"""Tips leave no trace of who sent them, are read by two who opened them, and never by the unit they name."""

from __future__ import annotations

import logging
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from taizhang.core import access
from taizhang.core.models import Account, Appointment, Entry, Organisation, Post, Tip, TipWord
from taizhang.core.moves import tips
from taizhang.kit.refusal import NotFound, Refusal
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db
# what may differ between two tips: random identifiers, and what is sealed
RANDOM = {"core_tip": {"id", "digest", "wrapped"}, "core_tipword": {"id", "tip_id", "cipher"}}


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county with two clerks of the discipline office."""
    return discipline_county(clock)


def discipline_county(clock: FixedClock) -> County:
    """The small county with clerks and the head of the discipline office, in the present database."""
    made = counties.build(clock)
    office = Organisation.objects.create(code="discipline", name="纪委监委", kind="party", area=made.areas["410503"])
    for role, name in (("discipline", "纪甲"), ("discipline_lead", "纪乙"), ("discipline", "纪丙")):
        post, _ = Post.objects.get_or_create(
            role=role, level="district", area=made.areas["410503"], organisation=office, defaults={"title": name}
        )
        account = Account.objects.create(username=name, name=name, must_change_password=False)
        Appointment.objects.create(post=post, account=account, valid_from=counties.SINCE)
    return made


def clerk(county: County, name: str) -> access.Actor:
    return access.actor(Account.objects.get(username=name), county.clock.now())


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, without what is random or sealed."""
    found = {}
    # PostgreSQL does not count back what was rolled back: the number of a row says only how many were tried before
    counted = {
        model._meta.db_table: model._meta.auto_field.column for model in apps.get_models() if model._meta.auto_field
    }
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608 - every table there is
            columns = [column[0] for column in cursor.description]
            kept = [at for at, column in enumerate(columns) if column not in (*RANDOM.get(name, ()), counted.get(name))]
            found[name] = sorted(tuple(repr(row[at]) for at in kept) for row in cursor.fetchall())
    return found


def files() -> dict[str, bytes]:
    place = Path(settings.DATA)
    return {str(path.relative_to(place)): b"" for path in sorted(place.rglob("*")) if "sqlite" not in path.name}


def test_two_tips_that_differ_in_who_and_where_from_leave_the_same_rows_files_and_log(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    left = []
    senders = [
        ({"words": "村里的路灯款去向不明", "contact": "13800001111"}, "203.0.113.7", "OldPhone/1"),
        ({"words": "短" * 400, "contact": "某村某人"}, "198.51.100.9", "Desktop/99"),
    ]
    for says, address, agent in senders:
        caplog.clear()
        browser = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent, HTTP_X_FORWARDED_FOR=address)
        with transaction.atomic(), caplog.at_level(logging.DEBUG):
            answer = browser.post("/public/tips/", {**says, "unit": ""})
            assert answer.status_code == 200
            assert browser.cookies == {}
            sizes = [len(bytes(one)) for one in TipWord.objects.values_list("cipher", flat=True)]
            lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
            left.append((rows(), files(), sizes, lines))
            transaction.set_rollback(True)
        text = str(left[-1][0]) + str(lines)
        assert not any(word in text for word in (address, agent, *says.values()))
    assert left[0] == left[1]
    assert len(left[0][2]) == 1


def test_a_tip_knows_the_day_and_no_hour_and_its_identifiers_tell_no_time(county: County) -> None:
    tips.send({"words": "某事"}, clock=county.clock)
    tip, word = Tip.objects.get(), TipWord.objects.get()
    assert (tip.day, word.day, tip.id.version, word.id.version) == (date(2021, 12, 20), date(2021, 12, 20), 4, 4)
    kinds = {field.get_internal_type() for model in (Tip, TipWord) for field in model._meta.concrete_fields}
    assert "DateTimeField" not in kinds
    assert not Entry.objects.filter(kind="tip").exists()


def test_two_people_open_it_and_nobody_alone(county: County) -> None:
    code = tips.send({"words": "某事", "contact": "甲"}, clock=county.clock)
    (found,) = tips.listed(clerk(county, "纪甲"))
    first, second, third = (clerk(county, name) for name in ("纪甲", "纪乙", "纪丙"))
    with pytest.raises(Refusal) as early:
        tips.read(first, found.id, clock=county.clock)
    assert early.value.code == "closed_lid"
    assert tips.open_lid(first, found.id, clock=county.clock) == "asked"
    with pytest.raises(Refusal) as alone:
        tips.open_lid(first, found.id, clock=county.clock)
    assert alone.value.code == "second_person"
    with pytest.raises(Refusal):
        tips.read(first, found.id, clock=county.clock)
    assert tips.open_lid(second, found.id, clock=county.clock) == "open"
    _state, said = tips.read(first, found.id, clock=county.clock)
    assert said[0].says == {"words": "某事", "contact": "甲"}
    with pytest.raises(Refusal):
        tips.read(third, found.id, clock=county.clock)
    tips.answer(second, found.id, "已立案核查", ends=True, clock=county.clock)
    assert [word.says["words"] for word in tips.words(tips.by_code(code, clock=county.clock)) if word.ours] == [
        "已立案核查"
    ]
    assert list(Entry.objects.filter(kind="tip").order_by("seq").values_list("act", flat=True)) == [
        "ask", "open", "read", "end",
    ]  # fmt: skip


SHUT = ("cadre", "reviewer", "lead", "leader", "medical", "auditor", "system_admin", "security_admin")


@pytest.mark.parametrize("key", SHUT)
def test_nobody_else_sees_that_there_is_one(county: County, key: str) -> None:
    tips.send({"words": "某事", "unit": "medical"}, clock=county.clock)
    with pytest.raises(Refusal):
        tips.listed(county.who(key))
    with pytest.raises(Refusal):
        tips.open_lid(county.who(key), Tip.objects.get().pk, clock=county.clock)


def test_the_pages_of_the_unit_it_names_are_the_same_before_and_after(county: County) -> None:
    Account.objects.filter(pk=county.accounts["medical"].pk).update(must_change_password=False)
    browser = Client()
    browser.force_login(Account.objects.get(pk=county.accounts["medical"].pk), backend="taizhang.core.logins.Accounts")

    def pages() -> list[str]:
        urls = ("/", "/ledgers/", "/search/?q=某事", "/bell/", "/tips/", "/notices/", "/things/")
        strip = re.compile(r"[\w.-]{20,}|\d{1,2}:\d{2}")
        return [strip.sub("", browser.get(url).content.decode()) for url in urls]

    before = pages()
    tips.send({"words": "某事", "unit": "medical"}, clock=county.clock)
    assert pages() == before


def test_a_tip_about_the_office_that_opens_tips_is_not_taken_and_says_where_to_turn(county: County) -> None:
    with pytest.raises(Refusal) as refusal:
        tips.send({"words": "某事", "unit": "discipline"}, clock=county.clock)
    assert refusal.value.code == "tip_unit"
    assert "12388" in refusal.value.fix.zh  # type: ignore[union-attr]
    assert not Tip.objects.exists()


def test_no_tip_is_taken_before_two_people_can_open_it(county: County) -> None:
    Appointment.objects.filter(account__username__in=("纪乙", "纪丙")).delete()
    with pytest.raises(Refusal) as refusal:
        tips.send({"words": "某事"}, clock=county.clock)
    assert refusal.value.code == "tip_closed"


def test_the_code_adds_words_and_a_wrong_one_finds_nothing(county: County) -> None:
    code = tips.send({"words": "某事"}, clock=county.clock)
    tips.add(code.lower(), "还有一件", clock=county.clock)
    assert [word.says["words"] for word in tips.words(tips.by_code(code, clock=county.clock))] == ["某事", "还有一件"]
    sizes = {len(bytes(one)) for one in TipWord.objects.values_list("cipher", flat=True)}
    assert len(sizes) == 1
    with pytest.raises(NotFound):
        tips.by_code(code[:-1] + ("0" if code[-1] != "0" else "1"), clock=county.clock)


def test_ninety_days_after_its_end_the_words_are_gone_for_ever(county: County) -> None:
    tips.send({"words": "某事"}, clock=county.clock)
    tip = Tip.objects.get()
    for name in ("纪甲", "纪乙"):
        tips.open_lid(clerk(county, name), tip.pk, clock=county.clock)
    tips.answer(clerk(county, "纪甲"), tip.pk, "查无实据", ends=True, clock=county.clock)
    county.clock.advance(days=90)
    assert tips.let_go(clock=county.clock) == 0
    county.clock.advance(days=1)
    assert tips.let_go(clock=county.clock) == 1
    tip.refresh_from_db()
    assert (tip.wrapped, tips.words(tip), tips.listed(clerk(county, "纪甲"))) == (None, (), ())
