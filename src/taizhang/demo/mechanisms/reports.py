"""Employment in the demo: each town's monthly reports of 2021, which add up to the printed figures of the year. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from taizhang.demo.mechanisms.deeds import BULLETIN, Deed, Matter
from taizhang.demo.story import at

NEW_JOBS: Final = 11_078  # of the year until 14 December 2021, all towns together
REEMPLOYED: Final = 4_277
HARD: Final = 851
_MONTHS: Final = (29, 26, 31, 30, 31, 30, 30, 31, 30, 29, 30)  # the last working day of January to November
_LATE: Final = 7  # a town that reported one month late
_TOO_MANY: Final = 3  # a town that reported three too many in August, and corrected it


def shares(total: int, parts: int) -> list[int]:
    """A total in so many parts that differ by a wave, with the same sum."""
    weights = [8 + (order * 5) % 9 for order in range(parts)]
    found = [total * weight // sum(weights) for weight in weights]
    return [*found[:-1], total - sum(found[:-1])]


def schedule(towns: Sequence[str]) -> list[Deed]:
    """Every report of every town, and the two bulletins."""
    return [deed for matter in _years(towns) for deed in matter.deeds] + _bulletins()


def _bulletins() -> list[Deed]:
    """The lead office publishes what the two pages speak of, each from its template."""
    october = Deed(at(date(2020, 11, 2), 9), "lead", "2020-10-31", BULLETIN, "october_2020")
    return [october, Deed(at(date(2021, 12, 19), 11), "lead", "2021-12-18", BULLETIN, "december_2021")]


def _years(towns: Sequence[str]) -> Iterator[Matter]:
    split = [shares(total, len(towns)) for total in (NEW_JOBS, REEMPLOYED, HARD)]
    for order, town in enumerate(sorted(towns)):
        months = list(zip(*(shares(one[order], len(_MONTHS)) for one in split), strict=True))
        matter = Matter("employment_reports", town)
        matter.did(date(2020, 12, 31), "department:human_resources", "begin", year=2021)
        for month, (last, told) in enumerate(zip(_MONTHS, months, strict=True), 1):
            day, extra = date(2021, month, last), 3 if order == _TOO_MANY and month == 8 else 0
            when = at(date(2021, 6, 2), 9) if order == _LATE and month == 5 else at(day, 16, order)
            matter.did(
                when,
                f"reviewer:{town}",
                "report",
                month=day,
                new_jobs=told[0] + extra,
                reemployed=told[1],
                hard=told[2],
            )
            if extra:
                matter.did(at(date(2021, 9, 3), 10), "department:human_resources", "correct", month=day, new_jobs=-extra,
                           reemployed=0, hard=0,
                           reason="三人同时在两镇登记，核减。")  # fmt: skip
        yield matter
