"""What waits for the signature of a person whom a case names, for example as the second of two visitors.

Such a signature has no clock of its own: it holds up somebody else's, so it has to stand on the signer's home page.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from taizhang.core import access, editions, folding, subjects
from taizhang.core.models import Case, Party
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour, Subject
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.kit.text import Text
from taizhang.ledger import loop, needs
from taizhang.ledger.schema import Ledger


@dataclass(frozen=True, slots=True)
class Unsigned:
    """One signature that is asked of the reader."""

    case: uuid.UUID
    number: str
    ledger_label: Text
    stage: Text
    subject: Subject
    act: str
    label: Text
    light: Colour  # of the case, which it holds up
    red_at: datetime | None


def unsigned(actor: access.Actor, now: datetime) -> tuple[Unsigned, ...]:
    """The signatures that can be given now, the most pressing first; three queries more for each case that asks for one."""
    if actor.account is None:
        return ()
    named = Party.objects.filter(account=actor.account, case__closed=None, case__in=access.cases_for(actor))
    asking: dict[uuid.UUID, tuple[Case, set[str]]] = {}
    for row in named.select_related("case"):
        law = editions.pinned(row.case.edition_id)
        asking.setdefault(row.case_id, (row.case, set()))[1].update(_signatures(law, row.case.stage, f"@{row.field}"))
    ready = [(case, name) for case, names in asking.values() if names for name in _possible(actor, case, names, now)]
    about = shown.subjects([case for case, _ in ready], days.day_of(now))
    found = []
    for case, name in ready:
        law = editions.pinned(case.edition_id)
        found.append(
            Unsigned(
                case.pk, case.number, law.label, law.stages[case.stage].label, about[case.pk], name, law.acts[name].label,
                shown.colour(case, now), case.red_at,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.red_at is None, one.red_at or now, one.number)))


def _signatures(law: Ledger, stage: str, token: str) -> Iterator[str]:
    """The acts of a stage that are a person's signature and nothing else."""
    for name, act in law.acts.items():
        signs = act.evidence.get("signature", 0) > 0 and act.to is None and not act.asks
        if signs and not act.opens and token in act.by and stage in needs.stages_of(law, act):
            yield name


def _possible(actor: access.Actor, case: Case, names: set[str], now: datetime) -> Iterator[str]:
    law, worn = editions.pinned(case.edition_id), access.hats(actor, case)
    world = CaseWorld(subjects.of_case(case), now, case.pk)
    me = access.in_loop(actor, worn, next((held for held in worn.worn.values() if held is not None), None))
    offers = loop.offers(law, folding.state(case, law, now), worn.tokens, loop.Moment(now), world, me)
    return (offer.act for offer in offers if offer.act in names and offer.allowed_now)
