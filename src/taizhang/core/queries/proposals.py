"""The saved proposals of other numbers, the latest first, and what each would change."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from taizhang.core import access
from taizhang.core.models import Proposal
from taizhang.core.moves import proposals


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One proposal."""

    id: uuid.UUID
    name: str
    changes: Mapping[str, int]
    result: Mapping[str, Any]
    day: date  # of the run on which it was tried
    run: str
    created: datetime
    by: str
    adopted_from: date | None
    state: str  # open, adopted, withdrawn


def listed(actor: access.Actor) -> tuple[ProposalRow, ...]:
    """Every proposal. Raises Refusal("not_allowed")."""
    if not actor.is_own_hand and not access.posts_with(actor, "screening.read"):
        access.acting(actor, "screening.try")
    return tuple(map(_row, Proposal.objects.select_related("account", "run").order_by("-created", "-pk")))


def one(actor: access.Actor, proposal_id: uuid.UUID | str) -> ProposalRow:
    """One proposal. Raises NotFound, Refusal("not_allowed")."""
    return _row(proposals.find(actor, proposal_id))


def _row(row: Proposal) -> ProposalRow:
    state = "adopted" if row.adopted_at else "withdrawn" if row.withdrawn_at else "open"
    return ProposalRow(
        row.pk, row.name, row.changes, row.result, row.run.day, row.run_id, row.created, row.account.name if row.account else "",
        row.adopted_from, state,
    )  # fmt: skip
