"""Where limits end: days end at 24:00 in Asia/Shanghai, hours are exact, and what stood still is not counted.

A day counts when its midnight passes while the clock runs. So a limit of 15 days from 1 March turns at 00:00 of
17 March, and a notice of five days posted on the 6th is over at 00:00 of the 11th.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from taizhang.kit.days import Calendar, Duration, add_months, day_of, start_of, turn_instant
from taizhang.kit.text import Text
from taizhang.ledger.history import Pauses
from taizhang.ledger.schema import Period

DAY = timedelta(days=1)
_EXACT = ("minutes", "hours")
NEVER_PAUSED = Pauses()


def limit_ends(since: datetime, limit: Duration, calendar: Calendar, still: Pauses = NEVER_PAUSED) -> datetime:
    """The instant at which a limit has run out; it starts the next day and ends at 24:00 of its last day."""
    return _run(since, limit, calendar, still, day_of(since) + DAY)


def elapsed(since: datetime, wait: Duration, calendar: Calendar, still: Pauses = NEVER_PAUSED) -> datetime:
    """The instant from which so much time has passed: a wait of 5 days from the 6th is over when the 11th begins."""
    if wait.value == 0:
        return since
    if wait.unit == "months":
        return _run(since, wait, calendar, still, day_of(since) + DAY) - DAY
    if wait.unit == "workdays" and not still.spans:
        return start_of(calendar.add_workdays(day_of(since) - DAY, wait.value) + DAY)
    return _run(since, wait, calendar, still, day_of(since))


def _run(since: datetime, length: Duration, calendar: Calendar, still: Pauses, first: date) -> datetime:
    if length.unit in _EXACT:
        due = since + timedelta(**{length.unit: length.value})
        for begins, ends in still.spans:
            if begins < due:
                due += ends - begins
        return due
    if length.unit == "months":
        due_day = add_months(day_of(since), length.value) + DAY
        day = day_of(since) + DAY
        while day <= due_day:  # each midnight at which it stood still puts the end off by a day
            if still.holds(start_of(day)):
                due_day += DAY
            day += DAY
        return start_of(due_day)
    if not still.spans:
        start = since if first > day_of(since) else since - DAY
        return turn_instant(start, length, calendar)
    day, count = first - DAY, 0
    while count < length.value:
        day += DAY
        works = length.unit == "days" or calendar.is_workday(day)
        count += works and not still.holds(start_of(day + DAY))
    return start_of(max(day, day_of(since)) + DAY)


def before(end: datetime, margin: Duration, calendar: Calendar) -> datetime:
    """The instant so long before an end: the last 5 days, the last 3 workdays, the last 2 hours."""
    if margin.unit in _EXACT:
        return end - timedelta(**{margin.unit: margin.value})
    if margin.unit == "workdays":
        return start_of(calendar.back_workdays(day_of(end), margin.value)) if margin.value else end
    if margin.unit == "months":
        return start_of(add_months(day_of(end), -margin.value))
    return end - margin.value * DAY


def past(end: datetime, grace: Duration, calendar: Calendar) -> datetime:
    """The instant so long after an end."""
    if grace.unit in _EXACT:
        return end + timedelta(**{grace.unit: grace.value})
    return turn_instant(end - timedelta(microseconds=1), grace, calendar)


def period_of(day: date, period: Period) -> tuple[date, date]:
    """The first day of the period a day lies in, and the first day after it. Weeks begin on Monday."""
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    if period in ("ten_days", "half_month"):
        starts = (1, 11, 21) if period == "ten_days" else (1, 16)
        begins = max(start for start in starts if start <= day.day)
        later = [start for start in starts if start > day.day]
        following = day.replace(day=later[0]) if later else add_months(day.replace(day=1), 1)
        return day.replace(day=begins), following
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[period]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return first, add_months(first, months)


_ZH = {"minutes": "分钟", "hours": "小时", "days": "天", "workdays": "个工作日", "months": "个月"}
PERIOD_TEXT: dict[str, Text] = {
    "week": Text("每周", "every week"),
    "ten_days": Text("每旬", "every ten days"),
    "half_month": Text("每半月", "every half month"),
    "month": Text("每月", "every month"),
    "quarter": Text("每季度", "every quarter"),
    "half_year": Text("每半年", "every half year"),
    "year": Text("每年", "every year"),
}


def said(length: Duration) -> Text:
    """A length of time in words."""
    en = str(length).replace("workdays", "working days")
    return Text(f"{length.value} {_ZH[length.unit]}", en.removesuffix("s") if length.value == 1 else en)
