"""What a change of the registers leads to in the cases of the households concerned.

A household that splits off, or takes in, one with an open case is to be looked at; one without a head is asked for it;
one in which nobody is left leaves. Which ledgers are concerned they say themselves: by an opening act `via: split` or
`via: headless`, and by an act `via: emptied`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from taizhang.core import editions
from taizhang.core.models import Case, Membership
from taizhang.core.moves.registers import Changed
from taizhang.core.moves.versions import HEAD, dead
from taizhang.ledger import loop, needs
from taizhang.ledger.schema import Ledger

# What the system writes into the first field that the act asks for, by kind of change.
_SAYS: Final[Mapping[str, str]] = {
    "split": "本户由正在办理的 {number} 分户而来，请入户核实是否也有同样的情况。",
    "merge": "正在办理的 {number} 已并入本户，请入户核实并户后的情况。",
    "headless": "户主已不在本户，请确定新户主。",
    "emptied": "名册上本户已没有在世成员。",
    "merged": "本户已并入另一户。",
}
_EXITS: Final[Mapping[str, str]] = {"merge": "MERGED", "death": "DIED"}  # of the catalogue exit_grounds


@dataclass(frozen=True)
class Opening:
    """A case to be opened, and the case that it follows from."""

    parent: Case
    spawn: loop.Spawn


@dataclass(frozen=True)
class Ending:
    """An act of the system on an open case."""

    case: uuid.UUID
    act: str
    given: Mapping[str, Any]


def after(change: str, changed: Changed, told: Case) -> Iterator[Opening | Ending]:
    """What follows from a change that was just made; `told` is the case of the ledger `register` that decided it."""
    home = told.household_id
    if home is None:
        return
    cases = [case for case in Case.objects.filter(household=home, closed=None) if case.pk != told.pk]
    if changed.other is not None:
        yield from _looked_at(change, cases, changed.other)
    for household in (home, changed.other):
        if household is not None and _headless(household):
            yield from _asked(told, household)
    if not _living(home):
        yield from _ended(change, cases)


def _looked_at(change: str, cases: list[Case], other: uuid.UUID) -> Iterator[Opening]:
    for case in cases:
        law = editions.current(case.ledger)
        act = _via(law, "split", opens=True)
        if act is not None and not Case.objects.filter(ledger=law.name, household=other, closed=None).exists():
            says = {law.acts[act].asks[0]: _SAYS[change].format(number=case.number)}
            yield Opening(case, loop.Spawn(law.name, act, says, str(other)))


def _asked(told: Case, household: uuid.UUID) -> Iterator[Opening]:
    """A head is asked for once: not while the question stands."""
    for law in editions.current_all().values():
        act = _via(law, "headless", opens=True)
        if act is None:
            continue
        standing = Case.objects.filter(ledger=law.name, household=household, stage=law.acts[act].to, closed=None)
        if not standing.exists():
            yield Opening(told, loop.Spawn(law.name, act, {law.acts[act].asks[0]: _SAYS["headless"]}, str(household)))


def _ended(change: str, cases: list[Case]) -> Iterator[Ending]:
    for case in cases:
        law = editions.pinned(case.edition_id)
        act = _via(law, "emptied", opens=False)
        if act is None or change not in _EXITS or case.stage not in needs.stages_of(law, law.acts[act]):
            continue
        says = {"reason": _SAYS["merged" if change == "merge" else "emptied"], "exit": _EXITS[change]}
        yield Ending(case.pk, act, {key: says[key] for key in law.acts[act].asks})


def _via(law: Ledger, channel: str, *, opens: bool) -> str | None:
    return next((name for name, act in law.acts.items() if channel in act.via and act.opens is opens), None)


def _living(household: uuid.UUID) -> list[str]:
    """The relations of those who belong to a household now and live."""
    rows = Membership.objects.filter(household=household, kind="registered", valid_to=None, batch__withdrawn_at=None)
    people = dict(rows.values_list("resident", "relation"))
    gone = dead(people)
    return [relation for resident, relation in people.items() if resident not in gone]


def _headless(household: uuid.UUID) -> bool:
    living = _living(household)
    return bool(living) and HEAD not in living
