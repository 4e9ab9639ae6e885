"""What lies outside a case when its ledger asks: calendar, policy numbers, totals of other ledgers, spawned cases."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from django.db.models import Sum

from taizhang.core import access, editions, numbers, statements, subjects
from taizhang.core.models import Case, Fact, Thing
from taizhang.core.subjects import Subject
from taizhang.kit import days
from taizhang.kit.days import Calendar
from taizhang.ledger.state import Children

_EVER: Final = datetime(1900, 1, 1, tzinfo=UTC)


class CaseWorld:
    """The surroundings of one case at one instant; asks the database only for what a condition names."""

    def __init__(self, subject: Subject, now: datetime, case: uuid.UUID | None = None):
        self._subject = subject
        self._now = now
        self._case = case
        self._library = editions.library()

    @property
    def calendar(self) -> Calendar:
        """Which days are worked."""
        return self._library.calendar

    def policy(self, name: str, area: str, day: date) -> int | str | None:
        """A policy number in force for an area on a day."""
        return numbers.policy(name, area, day)

    def total(self, indicator: str, window: str | None) -> int:
        """The sum of another ledger's indicator: of this subject where the registers agree, else inside its area.

        `window` None is everything so far; `year`, `half_year`, `quarter` and `month` begin on the Shanghai day that
        begins the present one.
        """
        ledger, _, name = indicator.partition(".")
        begins = days.start_of(_first_day(days.day_of(self._now), window)) if window else _EVER
        subject = self._subject
        if editions.current(ledger).subject == subject.register and subject.register != "area":
            cases = statements.values(Case, "pk", ledger=ledger, **subjects.row(subject))
            facts = (statements.values(Fact, "at", "value", case=case, indicator=name) for (case,) in cases)
            return sum(value for found in facts for at, value in found if begins <= at <= self._now)
        rows = Fact.objects.filter(ledger=ledger, indicator=name, at__lte=self._now, at__gte=begins)
        return rows.filter(access.within("area_path", [subject.path])).aggregate(sum=Sum("value"))["sum"] or 0

    def children(self, ledger: str) -> Children:
        """The cases of a ledger that this case has spawned."""
        if self._case is None:
            return Children()
        closed = [when for (when,) in statements.values(Case, "closed", parent=self._case, ledger=ledger)]
        return Children(open=closed.count(None), count=len(closed))

    def rows(self, catalogue: str, day: date) -> Sequence[Mapping[str, str]]:
        """A catalogue's rows in force on a day."""
        return self._library.catalogues[catalogue].in_force(day)

    def things(self, register: str, area: str, day: date) -> Sequence[Mapping[str, Any]]:
        """The open rows of a register inside an area, with their attributes."""
        rows = Thing.objects.filter(access.within("area_path", [area]), register=register, since__lte=day)
        named = ("pk", "area_path", "kind", "grade", "enterprise", "organisation__code")
        return [
            {"id": str(pk), "area": path, "kind": kind, "grade": grade, "enterprise": str(enterprise or ""),
             "organisation": organisation or "", "open": True}
            for pk, path, kind, grade, enterprise, organisation in rows.filter(closed=None).order_by("pk").values_list(*named)
        ]  # fmt: skip

    def recent(self, ledger: str, since: datetime) -> frozenset[str]:
        """The things about which cases of a ledger were opened since then."""
        rows = Case.objects.filter(ledger=ledger, opened__gte=since, opened__lte=self._now).exclude(thing=None)
        return frozenset(str(pk) for pk in rows.values_list("thing", flat=True))

    def seed(self) -> int:
        """From the system's source of chance: fifty-two bits, which every reader of JSON keeps whole."""
        return secrets.randbits(52)


def _first_day(day: date, window: str) -> date:
    months = {"year": 12, "half_year": 6, "quarter": 3, "month": 1}
    if window not in months:
        raise ValueError(f"no window: {window}")
    span = months[window]
    return date(day.year, (day.month - 1) // span * span + 1, 1)
