"""Figures of how things stand, when a case comes to another area without an act of its own."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from taizhang.core import editions, statements
from taizhang.core.models import Case, Fact


def carry(case: Case, path: str, now: datetime) -> None:
    """Count an open case where it is from now on: what it stands for is taken off the old area and added to the new."""
    law = editions.pinned(case.edition_id)
    standing = [name for name, indicator in law.indicators.items() if indicator.standing]
    counted: dict[tuple[str, str, datetime], list[int]] = defaultdict(lambda: [0, 0, 0])
    for fact in statements.find(Fact, case=case.pk):
        if fact.indicator in standing and fact.area_path != path:
            sums = counted[fact.indicator, fact.area_path, max(fact.at, now)]
            for at, part in enumerate((fact.num, fact.den, fact.value)):
                sums[at] += part
    statements.insert(
        [
            Fact(
                ledger=law.name, indicator=indicator, case_id=case.pk, n=case.n, area_path=area, at=at, known=now,
                num=sign * sums[0], den=sign * sums[1], value=sign * sums[2],
            )
            for (indicator, old, at), sums in sorted(counted.items())
            if any(sums)
            for area, sign in ((old, -1), (path, 1))
        ]
    )  # fmt: skip
