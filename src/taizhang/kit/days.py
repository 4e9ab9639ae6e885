"""Days and deadlines: instants are UTC, days are Asia/Shanghai, a day limit turns at 00:00 of the day after its last."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
Unit = Literal["minutes", "hours", "days", "workdays", "months"]
_SINGULAR: Final[Mapping[str, Unit]] = {
    "minute": "minutes", "hour": "hours", "day": "days", "workday": "workdays", "month": "months",
}  # fmt: skip
# Days that the State Council's regulation on public holidays fixes by the solar calendar; used only for years
# whose yearly notice is not in the calendar yet, and such days are marked provisional.
_FIXED: Final = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})


def day_of(instant: datetime) -> date:
    """The day in Asia/Shanghai on which an instant falls."""
    return instant.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The instant (UTC) at which a day begins in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def written(day: date) -> str:
    """A day as official papers write it (GB/T 9704-2012, 7.3.5.4): the full year, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Duration:
    """So much time, in a unit that says how it is counted (`15 days`, `10 workdays`, `2 hours`, `6 months`)."""

    value: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `15 days` and the like. Raises ValueError with the words that are understood."""
        match = re.fullmatch(r"\s*(\d{1,5})\s+([a-z]+)\s*", text)
        unit = _SINGULAR.get(match[2].removesuffix("s")) if match else None
        if match is None or unit is None:
            raise ValueError(
                f"{text!r} is no duration; write for example '15 days', '10 workdays', '2 hours', '6 months'"
            )
        return cls(int(match[1]), unit)

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: a table of exceptions to Monday-Friday, by year, from the yearly official notices."""

    edition: str
    exceptions: Mapping[date, bool]  # day -> is it worked
    years: frozenset[int] = field(default_factory=frozenset)  # years whose notice is in the table

    @classmethod
    def read(cls, path: Path) -> Calendar:
        """Read `calendar.csv` (columns day, kind: holiday|workday|year, name, source)."""
        exceptions: dict[date, bool] = {}
        years: set[int] = set()
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(line for line in lines if not line.startswith("#")):
                day = date.fromisoformat(row["day"])
                years.add(day.year)
                if row["kind"] != "year":
                    exceptions[day] = row["kind"] == "workday"
        return cls(path.stem, exceptions, frozenset(years))

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day; a year without its notice falls back to Monday-Friday less fixed holidays."""
        if day in self.exceptions:
            return self.exceptions[day]
        if day.year not in self.years and (day.month, day.day) in _FIXED:
            return False
        return day.weekday() < 5

    def is_provisional(self, day: date) -> bool:
        """Whether the answer for that day may still change when the year's notice is published."""
        return day.year not in self.years

    def add_workdays(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_workday(day)
        return day

    def back_workdays(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`."""
        while count > 0:
            day -= timedelta(days=1)
            count -= self.is_workday(day)
        return day


def last_day(start: datetime, limit: Duration, calendar: Calendar) -> date:
    """The last day of a day, workday or month limit that starts the day after `start`."""
    day = day_of(start)
    if limit.unit == "days":
        return day + timedelta(days=limit.value)
    if limit.unit == "workdays":
        return calendar.add_workdays(day, limit.value)
    if limit.unit == "months":
        return add_months(day, limit.value)
    raise ValueError(f"{limit} has no last day: it ends at an instant")


def turn_instant(start: datetime, limit: Duration, calendar: Calendar) -> datetime:
    """The instant (UTC) at which a limit begun at `start` has run out: hours are exact, days end at 24:00."""
    if limit.unit in ("hours", "minutes"):
        return start + timedelta(**{limit.unit: limit.value})
    return start_of(last_day(start, limit, calendar) + timedelta(days=1))
