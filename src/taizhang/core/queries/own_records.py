"""What the site's own records say of paired households: basic needs found unmet at a visit, and visits that are overdue.

Rules R19 and R20 look at these instead of a department's file. Everything is read from the entries as they were known at an
instant, so that a past run can be judged again.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from taizhang.core import editions, folding, subjects
from taizhang.core.models import Case, Entry, Turn
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.ledger import lights

PAIRS: Final = "pairing"
WATCHING: Final = "household_monitoring"
NEEDS: Final = ("food", "clothing", "education", "medical", "housing", "water")
VISIT: Final = "visit"  # the act and its clock
Bodies = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One household of which a rule's own record speaks."""

    rule: str  # R19, R20
    household: uuid.UUID
    area: str  # path
    figure: int  # needs unmet, or days late
    period: str  # R20: the missed period, for which it is alerted once


def at(instant: datetime) -> tuple[OwnRecord, ...]:
    """What the records say at an instant, by what was known then; four queries, and one case folded for each suspicion."""
    rows = Case.objects.filter(Q(closed=None) | Q(closed__gt=instant), ledger=PAIRS, opened__lte=instant)
    cases = {case.pk: case for case in rows.exclude(household=None)}
    if not Entry.objects.filter(received__gt=instant).exists():
        red = set(Turn.objects.filter(clock=VISIT, red_at__lte=instant).values_list("case", flat=True))
        cases = {key: case for key, case in cases.items() if key in red or _unmet(case.data)}
    told = _bodies(cases, instant)
    found: list[OwnRecord] = []
    suspected: dict[uuid.UUID, Case] = {}
    for key, case in cases.items():
        home = case.household_id
        if home is None or not told[key]:
            continue
        late = _overdue(case, told[key], instant)
        if late is not None:
            found.append(OwnRecord("R20", home, case.area_path, *late))
        if _unmet(_answers([told[key]])):
            suspected[home] = case
    found += _needs(suspected, told, instant)
    return tuple(sorted(found, key=lambda one: (one.rule, str(one.household))))


def _needs(suspected: Mapping[uuid.UUID, Case], told: Mapping[uuid.UUID, Bodies], instant: datetime) -> list[OwnRecord]:
    """Households whose newest answer to a need is no, whoever asked: a visit of the watch may have found it mended."""
    watches = {case.pk: case for case in Case.objects.filter(ledger=WATCHING, household__in=suspected) if suspected}
    others: dict[uuid.UUID, list[Bodies]] = defaultdict(list)
    for key, bodies in _bodies(watches, instant).items():
        home = watches[key].household_id
        if home is not None:
            others[home].append(bodies)
    found = []
    for home, case in suspected.items():
        unmet = _unmet(_answers([told[case.pk], *others[home]]))
        if unmet:
            found.append(OwnRecord("R19", home, case.area_path, unmet, ""))
    return found


def _overdue(case: Case, bodies: Bodies, instant: datetime) -> tuple[int, str] | None:
    """Since how many days a visit is overdue at an instant, and which period it is; None where it is not."""
    law = editions.pinned(case.edition_id)
    state = folding.state(case, law, instant, written=bodies, act=VISIT)
    world = CaseWorld(subjects.of_case(case), instant, case.pk)
    for turn in lights.turns(law, state, world):
        if turn.clock == VISIT and turn.stopped_at is None and turn.red_at is not None and turn.red_at <= instant:
            since = days.day_of(turn.red_at)
            return (days.day_of(instant) - since).days + 1, since.isoformat()
    return None


def _bodies(cases: Iterable[uuid.UUID], instant: datetime) -> dict[uuid.UUID, list[Mapping[str, Any]]]:
    found: dict[uuid.UUID, list[Mapping[str, Any]]] = defaultdict(list)
    rows = Entry.objects.filter(case__in=list(cases), n__isnull=False, received__lte=instant).order_by("case", "n")
    for case, text in rows.values_list("case", "body"):
        if case is not None:
            found[case].append(json.loads(text))
    return found


def _answers(told: Sequence[Bodies]) -> dict[str, Any]:
    """The newest answer to each need over the entries of several cases; withdrawn ones are passed over."""
    standing = []
    for bodies in told:
        gone = {body["says"]["annuls"] for body in bodies if body["kind"] == folding.ANNUL}
        standing += [body for body in bodies if body["kind"] == folding.ACT and body["n"] not in gone]
    answers: dict[str, Any] = {}
    for body in sorted(standing, key=lambda body: str(body["received"])):
        fields = body["says"].get("fields") or {}
        answers |= {need: fields[need] for need in NEEDS if isinstance(fields.get(need), bool)}
    return answers


def _unmet(answers: Mapping[str, Any]) -> int:
    return sum(answers.get(need) is False for need in NEEDS)
