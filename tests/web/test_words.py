"""Days and lights in words."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.utils import translation

from taizhang.kit.days import start_of
from taizhang.web import words

NOW = datetime(2021, 12, 20, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


def test_a_light_that_turned_red_at_midnight_today_is_one_day_late() -> None:
    assert words.light("red", due=start_of(date(2021, 12, 20)), now=NOW) == "逾期 1 天"


def test_a_light_that_turned_red_a_day_earlier_is_two_days_late() -> None:
    assert words.light("red", due=start_of(date(2021, 12, 19)), now=NOW) == "逾期 2 天"


def test_a_limit_in_hours_that_ended_this_morning_is_less_than_a_day_late() -> None:
    assert words.light("red", due=datetime(2021, 12, 20, 0, 30, tzinfo=UTC), now=NOW) == "逾期 不到 1 天"


def test_a_limit_that_ends_with_tomorrow_has_two_days_left() -> None:
    assert words.light("yellow", due=start_of(date(2021, 12, 22)), now=NOW) == "临期 剩 2 天"


def test_a_limit_that_ends_with_today_has_one_day_left() -> None:
    assert words.light("yellow", due=start_of(date(2021, 12, 21)), now=NOW) == "临期 剩 1 天"


def test_a_green_light_says_how_many_days_are_left() -> None:
    assert words.light("green", due=start_of(date(2021, 12, 28)), now=NOW) == "按期 剩 8 天"


def test_a_case_without_a_limit_says_so() -> None:
    assert words.light("none", due=None, now=NOW) == "无期限"


def test_a_day_of_this_year_names_no_year_and_another_year_is_named() -> None:
    today = date(2021, 12, 20)
    assert words.day(date(2021, 12, 21), today=today) == "12月21日 周二"
    assert words.day(date(2022, 1, 3), today=today) == "2022年1月3日 周一"
    assert words.day(None, today=today) == "—"


def test_an_instant_is_shown_in_shanghai_time() -> None:
    assert words.stamp(datetime(2021, 12, 14, 9, 20, tzinfo=UTC), today=date(2021, 12, 20)) == "12-14 17:20"
    assert words.stamp(datetime(2020, 12, 30, 16, 0, tzinfo=UTC), today=date(2021, 12, 20)) == "2020-12-31 00:00"


def test_an_english_page_says_days_in_english() -> None:
    with translation.override("en"):
        assert words.day(date(2021, 12, 21), today=date(2021, 12, 20)) == "Tue 21 Dec"
