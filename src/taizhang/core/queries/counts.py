"""How many cases stand where and in which light, for those who look at the whole."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Count

from taizhang.core import access
from taizhang.core.queries import shown

Counted = dict[str, dict[str, dict[str, int]]]


def cases(actor: access.Actor, now: datetime) -> Counted:
    """Open and closed cases the actor may see: ledger -> stage -> light -> number; a closed case counts as green."""
    rows = (
        access.cases_for(actor)
        .annotate(light=shown.light(now))
        .values_list("ledger", "stage", "light")
        .annotate(number=Count("pk"))
        .order_by("ledger", "stage", "light")
    )
    found: Counted = defaultdict(lambda: defaultdict(dict))
    for ledger, stage, light, number in rows:
        found[ledger][stage][light] = number
    return {ledger: dict(stages) for ledger, stages in found.items()}
