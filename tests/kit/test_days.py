"""Days, limits and months."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.kit import days
from taizhang.kit.days import Calendar, Duration

PLAIN = Calendar("plain", {date(2021, 10, 1): False, date(2021, 10, 9): True}, frozenset({2021}))
instants = st.datetimes(datetime(2019, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def test_a_day_begins_at_sixteen_hundred_utc_of_the_day_before() -> None:
    assert days.start_of(date(2021, 12, 20)) == datetime(2021, 12, 19, 16, tzinfo=UTC)
    assert days.day_of(datetime(2021, 12, 19, 15, 59, 59, tzinfo=UTC)) == date(2021, 12, 19)


def test_a_limit_of_fifteen_days_starts_the_next_day_and_turns_after_its_last() -> None:
    begun = datetime(2021, 12, 9, 6, 31, tzinfo=days.SHANGHAI)
    assert days.last_day(begun, Duration(15, "days"), PLAIN) == date(2021, 12, 24)
    assert days.turn_instant(begun, Duration(15, "days"), PLAIN) == days.start_of(date(2021, 12, 25))


def test_hours_are_exact() -> None:
    begun = datetime(2021, 12, 9, 6, 31, tzinfo=UTC)
    assert days.turn_instant(begun, Duration(2, "hours"), PLAIN) == begun + timedelta(hours=2)


def test_working_days_skip_holidays_and_count_make_up_days() -> None:
    assert PLAIN.add_workdays(date(2021, 9, 30), 1) == date(2021, 10, 4)
    assert PLAIN.add_workdays(date(2021, 10, 8), 1) == date(2021, 10, 9)


def test_a_year_without_its_notice_is_provisional_and_keeps_the_fixed_holidays() -> None:
    assert PLAIN.is_provisional(date(2027, 1, 1))
    assert not PLAIN.is_workday(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("start", "months", "wanted"),
    [
        (date(2021, 1, 31), 1, date(2021, 2, 28)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
        (date(2021, 12, 15), -12, date(2020, 12, 15)),
        (date(2021, 11, 30), 1, date(2021, 12, 30)),
        (date(2021, 12, 31), 2, date(2022, 2, 28)),
    ],
)
def test_months_keep_the_day_or_take_the_months_last(start: date, months: int, wanted: date) -> None:
    assert days.add_months(start, months) == wanted


def test_an_unreadable_duration_says_what_is_understood() -> None:
    with pytest.raises(ValueError, match="15 days"):
        Duration.parse("a fortnight")


@given(instants, st.integers(1, 400))
def test_a_longer_limit_never_turns_earlier(begun: datetime, value: int) -> None:
    for unit in ("days", "workdays", "months"):
        if unit == "months" and value > 60:
            continue
        shorter, longer = Duration(value, unit), Duration(value + 1, unit)
        assert days.turn_instant(begun, shorter, PLAIN) <= days.turn_instant(begun, longer, PLAIN)


@given(st.dates(date(2019, 1, 1), date(2026, 12, 1)), st.integers(1, 40))
def test_working_days_equal_a_plain_count(day: date, count: int) -> None:
    end = PLAIN.add_workdays(day, count)
    walked = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(PLAIN.is_workday(each) for each in walked) == count
    assert PLAIN.is_workday(end)
