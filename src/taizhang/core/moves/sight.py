"""To which parties a ledger shows its cases, and from when: a draft is not yet seen by whom it is about."""

from __future__ import annotations

from taizhang.core.subjects import Subject
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import State


def gives(ledger: Ledger) -> frozenset[str]:
    """The fields through which a ledger shows a case to the party named: those in `see`, `by` and `owes`."""
    tokens = {*ledger.see, *(token for act in ledger.acts.values() for token in act.by)}
    tokens |= {clock.owes for clock in ledger.clocks.values() if clock.owes}
    return frozenset(token.removeprefix("@") for token in tokens if token.startswith("@"))


def begins(ledger: Ledger, after: State, about: Subject, *, opens: bool) -> bool:
    """Whether whom a case is about sees it from its last act on: it is opened for them, or leaves the inner stages."""
    if (about.organisation or about.speaker) is None or "subject" not in gives(ledger):
        return False
    inner = {name for name, stage in ledger.stages.items() if stage.inner}
    return after.stage not in inner and (opens or after.entries[-2].stage in inner)
