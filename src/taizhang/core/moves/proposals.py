"""Other numbers saved under a name: made, withdrawn, adopted. Nothing changes by a proposal but what adopting decides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db import transaction

from taizhang.core import access, chain
from taizhang.core.clock import Clock
from taizhang.core.models import District, Proposal, Run
from taizhang.core.models.fields import new_id
from taizhang.core.moves import policies
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

KIND: Final = "proposal"
LONGEST: Final = 40


def save(actor: access.Actor, name: str, changes: Mapping[str, int], result: Mapping[str, Any], run: Run, *,
         clock: Clock) -> uuid.UUID:  # fmt: skip
    """Save what was tried under a name. Raises Refusal: `not_allowed`, `proposal_name`."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST:
        said = Text(f"请起个名字，不超过 {LONGEST} 个字。", f"Give it a name of at most {LONGEST} characters.")
        raise Refusal("proposal_name", said)
    made = new_id()
    with transaction.atomic():
        says = {"act": "save", "proposal": str(made), "name": name, "changes": dict(changes), "run": run.digest}
        draft = _draft(actor, says, clock)
        row = Proposal(
            id=made, name=name, changes=dict(changes), run=run, result=dict(result), created=clock.now(), account_id=actor.account,
            entry_id=draft.id,
        )  # fmt: skip
        row.save(force_insert=True)
        chain.append(draft)
    return made


def withdraw(actor: access.Actor, row: Proposal, *, clock: Clock) -> None:
    """Take a proposal off the list; it stays readable. Raises Refusal: `not_allowed`, `proposal_done`."""
    _open(row)
    with transaction.atomic():
        draft = _draft(actor, {"act": "withdraw", "proposal": str(row.pk)}, clock)
        Proposal.objects.filter(pk=row.pk).update(withdrawn_at=clock.now())
        chain.append(draft)


def adopt(actor: access.Actor, row: Proposal, *, begins: date, source: str, clock: Clock) -> None:
    """Put the numbers of a proposal in force from a day on. Raises Refusal like `policies.decide`, and `proposal_done`."""
    _open(row)
    area = District.objects.get().code
    with transaction.atomic():
        policies.decide(actor, row.changes, area=area, begins=begins, source=source, proposal=row.pk, clock=clock)
        Proposal.objects.filter(pk=row.pk).update(adopted_at=clock.now(), adopted_from=begins)


def _open(row: Proposal) -> None:
    if row.adopted_at is not None or row.withdrawn_at is not None:
        raise Refusal(
            "proposal_done", Text("这份建议已经采纳或撤回。", "This proposal was adopted or withdrawn already.")
        )


def find(actor: access.Actor, proposal_id: uuid.UUID | str) -> Proposal:
    """A proposal that the actor may see. Raises Refusal("not_allowed"), NotFound."""
    if not actor.is_own_hand and not access.posts_with(actor, "screening.read"):
        access.acting(actor, "screening.try")
    row = Proposal.objects.select_related("account", "run").filter(pk=proposal_id).first()
    if row is None:
        raise NotFound(Text("这份建议", "This proposal"))
    return row


def _draft(actor: access.Actor, says: Mapping[str, Any], clock: Clock) -> chain.Draft:
    held = None if actor.is_own_hand else access.acting(actor, "screening.try")
    return chain.Draft(
        kind=KIND, received=clock.now(), area=held.path if held else District.objects.get().code, account=actor.account,
        post=held.post if held else None, hand=actor.hand, says=dict(says),
    )  # fmt: skip
