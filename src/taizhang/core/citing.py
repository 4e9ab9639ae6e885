"""Records that an act may name as what shows it: what an organisation did in other ledgers, as far as the actor sees it."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from taizhang.core import access, folding
from taizhang.core.models import Entry, Party
from taizhang.ledger.schema import Ledger


def records(actor: access.Actor, law: Ledger, act: str, organisation: uuid.UUID | None) -> QuerySet[Entry]:
    """The entries of other ledgers that an act about an organisation may cite: those the ledger names, of cases that are
    about the organisation or name it, and that the actor may see."""
    declared = law.acts.get(act)
    if declared is None or not declared.cites or organisation is None:
        return Entry.objects.none()
    named = reduce(or_, (Q(case__ledger=ledger, act__in=acts) for ledger, acts in declared.cites.items()))
    ours = Q(organisation=organisation) | Q(pk__in=Party.objects.filter(organisation=organisation).values("case"))
    seen = access.cases_for(actor).filter(ours, ledger__in=declared.cites)
    return Entry.objects.filter(named, kind=folding.ACT, case__in=seen)


def standing(rows: QuerySet[Entry], since: datetime | None = None) -> list[Entry]:
    """Of some entries those that were not withdrawn, the latest first."""
    chosen = rows.filter(received__gte=since) if since is not None else rows
    found = list(chosen.select_related("case").order_by("-received", "-seq"))
    gone = {
        (row.case_id, folding.said(row)["annuls"])
        for row in Entry.objects.filter(kind=folding.ANNUL, case__in={row.case_id for row in found})
    }
    return [row for row in found if (row.case_id, row.n) not in gone]
