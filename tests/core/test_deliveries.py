"""The calendar of feeds: due days by the working calendar, zero reports count, late ones are shown, periods are told apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from taizhang.core.models import Batch, Mapping
from taizhang.core.moves import imports
from taizhang.kit.days import Calendar
from taizhang.kit.refusal import Refusal
from taizhang.work import declared, deliveries, undoing
from taizhang.work.deliveries import due_on, light, period_of
from tests.core.sending import MEDICAL, Office, office

pytestmark = pytest.mark.slow  # files are imported and screened each time
__all__ = ["office"]  # the fixture


def test_a_last_day_that_is_not_worked_moves_to_the_next_working_day(library_folder: Path) -> None:
    worked = Calendar.read(library_folder / "calendar.csv")
    assert due_on("month", date(2021, 11, 20), 5, worked) == date(2021, 11, 5)
    assert due_on("month", date(2021, 12, 1), 5, worked) == date(2021, 12, 6)  # the fifth is a Sunday
    assert due_on("month", date(2021, 10, 31), 5, worked) == date(2021, 10, 8)  # after the national holiday
    assert due_on("month", date(2021, 2, 1), 31, worked) == date(2021, 3, 1)  # 28 February is a Sunday
    assert due_on("quarter", date(2021, 12, 31), 5, worked) == date(2021, 10, 8)
    assert due_on("year", date(2021, 3, 1), "11-30", worked) == date(2021, 11, 30)


def test_periods_are_named_by_the_day_they_lie_in() -> None:
    assert [period_of(every, date(2021, 12, 20)) for every in ("month", "quarter", "year", "asked")] == [
        "2021-12", "2021Q4", "2021", "",
    ]  # fmt: skip


def test_a_light_is_yellow_before_its_last_day_red_after_it_and_green_once_it_came() -> None:
    due = date(2021, 12, 6)
    told = [light(due, None, due + timedelta(days=n), 2) for n in (-3, -2, 0, 1)]
    assert told == ["green", "yellow", "yellow", "red"]
    assert light(due, due + timedelta(days=9), due + timedelta(days=10), 2) == "green"


def test_a_department_finds_what_it_owes_and_a_late_file_still_counts(office: Office) -> None:
    now = office.clock.now()
    assert [(one.feed, one.light) for one in deliveries.mine(office.who("medical"), now)] == [
        ("insured", "red"), ("medical", "red"),
    ]  # fmt: skip
    office.send("medical", MEDICAL, [office.bill("李兰", 100)], by="medical")
    told = {one.feed: one for one in deliveries.mine(office.who("medical"), now)}
    assert (told["medical"].light, told["medical"].late, told["medical"].rows) == ("green", 14, 1)
    assert deliveries.mine(office.who("cadre"), now) == ()
    assert {row.feed for row in deliveries.calendar(office.who("medical"), now)} == {"insured", "medical"}
    assert len(deliveries.calendar(office.who("lead"), now)) == len(
        [one for one in declared.feeds().values() if one.every != "asked"]
    )
    with pytest.raises(Refusal):
        deliveries.calendar(office.who("cadre"), now)


def test_a_report_of_nothing_is_a_delivery_and_the_same_one_comes_again_for_the_next_period(office: Office) -> None:
    got = office.send("medical", MEDICAL, [], by="medical")
    assert (got.received, got.accepted) == (0, 0)
    told = {one.feed: one for one in deliveries.mine(office.who("medical"), office.clock.now())}
    assert (told["medical"].light, told["medical"].is_zero) == ("green", True)
    with pytest.raises(Refusal) as refused:
        office.send("medical", MEDICAL, [], by="medical")
    assert refused.value.code == "same_file"
    office.clock.instant = datetime(2022, 1, 4, 1, tzinfo=UTC)
    assert {one.feed: one.light for one in deliveries.mine(office.who("medical"), office.clock.now())}[
        "medical"
    ] == "yellow"
    assert office.send("medical", MEDICAL, [], by="medical").accepted == 0
    assert set(Batch.objects.filter(feed="medical").values_list("period", flat=True)) == {"2021-12", "2022-01"}


def test_a_period_that_was_missed_stays_owed_until_a_file_is_sent_for_it(office: Office) -> None:
    spec = declared.feed("medical")
    office.clock.instant = datetime(2022, 1, 10, 1, tzinfo=UTC)
    office.send("medical", MEDICAL, [office.bill("李兰", 100)], by="medical")
    now = office.clock.now()
    assert deliveries.open_periods(spec, now) == ("2022-01",)
    office.clock.instant = datetime(2022, 3, 10, 1, tzinfo=UTC)
    now = office.clock.now()
    assert deliveries.open_periods(spec, now) == ("2022-03", "2022-02")
    missing = [(one.period, one.light) for one in deliveries.mine(office.who("medical"), now) if one.feed == "medical"]
    assert missing == [("2022-02", "red"), ("2022-03", "red")]
    office.send("medical", MEDICAL, [office.bill("李兰", 200)], by="medical", period="2022-02")
    assert deliveries.open_periods(spec, now) == ("2022-03",)


def test_a_batch_taken_back_is_owed_again(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 100)], by="medical")
    undoing.undo(office.who("medical"), got.batch, reason="整批发错了", clock=office.clock, screening_again=False)
    assert {one.feed: one.light for one in deliveries.mine(office.who("medical"), office.clock.now())}[
        "medical"
    ] == "red"


def test_headers_are_kept_for_each_sender_and_can_be_changed(office: Office) -> None:
    owners = declared.feed("medical").owner
    medical, lead = office.who("medical"), office.who("lead")
    imports.save_mapping(medical, "medical", {"自己掏的钱": "self_paid"}, owners=owners, clock=office.clock)
    assert imports.own_mapping(medical, "medical", owners) == {"自己掏的钱": "self_paid"}
    assert [(one.code, one.name) for one in imports.mappings(lead, "medical", owners)] == [("medical", "区医疗保障局")]
    imports.save_mapping(lead, "medical", {"个人掏": "self_paid"}, owners=owners, clock=office.clock, code="medical")
    assert imports.own_mapping(medical, "medical", owners) == {"个人掏": "self_paid"}
    imports.save_mapping(medical, "medical", {}, owners=owners, clock=office.clock)
    assert imports.mappings(medical, "medical", owners) == ()
    assert Mapping.objects.filter(feed="medical").count() == 1
    with pytest.raises(Refusal):
        imports.save_mapping(medical, "medical", {}, owners=owners, clock=office.clock, code="civil")
    with pytest.raises(Refusal):
        imports.mappings(office.who("civil"), "medical", owners)
