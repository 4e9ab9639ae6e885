"""Acts out the schedule of the year through the same doors that people use, one transaction a demo day."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.db import transaction
from PIL import Image, ImageDraw

from taizhang.core import access, editions
from taizhang.core.clock import Clock, Standing
from taizhang.core.moves import answering, cases, evidence, gathering
from taizhang.core.queries import identified
from taizhang.demo.mechanisms import doing
from taizhang.demo.mechanisms.deeds import Deed
from taizhang.demo.posts import Staff
from taizhang.demo.story import Hand, Step
from taizhang.kit.days import day_of
from taizhang.ledger import loop

SWEEP: Final = "sweep"  # the act of the system that drafts what red lights call for


@dataclass
class Played:
    """What has been acted out: the case of each subject by ledger, and how many acts there were."""

    cases: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)
    acts: int = 0


def play(
    steps: Sequence[Step],
    staff: Staff,
    progress: Callable[[int, int], None] | None = None,
    played: Played | None = None,
) -> Played:
    """Act out every step at its own minute, after what was `played` before.

    Raises the Refusal of a step that the doors refuse, with the step named.
    """
    played = played or Played()
    households = identified.households(access.SYSTEM)
    for _, days_steps in groupby(steps, key=lambda step: day_of(step.at)):
        with transaction.atomic():
            for step in days_steps:
                try:
                    _act(step, staff, played, households)
                except loop.Refused as refused:
                    refused.add_note(f"{step.at:%Y-%m-%d %H:%M} {step.who} {step.ledger}.{step.act} {step.subject}")
                    raise
        if progress is not None:
            progress(played.acts, len(steps))
    return played


def take_up(played: Played, clues: Collection[uuid.UUID]) -> None:
    """Clues that a screening opened are acted on like those that people opened."""
    numbers = {pk: number for number, pk in identified.households(access.SYSTEM).items()}
    rows = access.cases_for(access.SYSTEM).filter(pk__in=clues).values_list("pk", "ledger", "household")
    played.cases |= {(ledger, numbers[household]): pk for pk, ledger, household in rows}


def _act(step: Step, staff: Staff, played: Played, households: Mapping[str, uuid.UUID]) -> None:
    if isinstance(step, Deed):
        doing.act(step, staff, played.cases)
        played.acts += 1
        return
    clock, now = Standing(step.at), step.at
    if step.act == SWEEP:
        _sweep(clock, played)
        played.acts += 1
        return
    actor = staff.actor(step.who, now)
    given = {key: _value(key, value, staff, now) for key, value in step.given.items()}
    files = [_signature(actor, clock) for _ in range(step.signatures)]
    where = (step.ledger, f"{step.subject}/{step.file}" if step.file else step.subject)
    if step.cells:
        answered = answering.answer(
            actor, step.ledger, step.act, subject=step.subject, cells=step.cells, given=given, clock=clock
        )
        for (item, begins), case in zip(step.cells, answered, strict=True):
            played.cases[step.ledger, f"{step.subject}/{item}:{begins.isoformat()}"] = case
    elif step.department or step.town:
        cases.act(actor, _child(actor, step, played), step.act, given=given, evidence=files, clock=clock)
    elif not editions.current(step.ledger).acts[step.act].opens:
        acted = cases.act(actor, played.cases[where], step.act, given=given, evidence=files, clock=clock)
        if step.ledger == "meetings":
            _decided(step, acted, played)
    else:
        subject = households.get(step.subject, step.subject)
        acted = cases.open_case(actor, step.ledger, step.act, subject=subject, given=given, evidence=files, clock=clock)
        played.cases[where] = acted.case
    played.acts += 1


def _sweep(clock: Clock, played: Played) -> None:
    """The letters that red duties call for are drafted, and found again by addressee and month."""
    now = clock.now()
    for group in list(gathering.due(now)):
        gathering.carry_out(group, clock=clock)
    rows = access.cases_for(access.SYSTEM).filter(ledger="letters", opened=now)
    for pk, code in rows.values_list("pk", "organisation__code"):
        played.cases["letters", f"{code}/sweep{day_of(now).month - 1}"] = pk


def _decided(step: Step, acted: cases.Acted, played: Played) -> None:
    """The tasks that a meeting's decisions became, found again by meeting and owner."""
    rows = access.cases_for(access.SYSTEM).filter(pk__in=acted.spawned)
    for pk, code in rows.values_list("pk", "organisation__code"):
        played.cases["tasks", f"{code}/{step.file}/{code}"] = pk


def _value(key: str, value: Any, staff: Staff, now: datetime) -> Any:
    """What a schedule writes for a person or a member, as the register's identifier."""
    if isinstance(value, Hand):
        return str(staff.actor(str(value), now).account)
    if key in ("second", "helper", "next_helper", "contact"):
        return str(staff.actor(str(value), now).account)
    if key in ("signer", "person", "member"):
        return str(identified.resident(access.SYSTEM, str(value)))
    return value


def _child(actor: access.Actor, step: Step, played: Played) -> uuid.UUID:
    """The open case that the main one led to, for this department or town."""
    main = "rounds" if step.town else "household_monitoring"
    name = f"{step.subject}/{step.file}" if step.file else step.subject
    above = played.cases[main, name]
    if step.department:
        mine: dict[str, Any] = {"parent": above, "parties__organisation__code": step.department}
    else:
        mine = {"parent__parent" if len(step.town) > 9 else "parent": above, "area_path": step.town}
    return access.cases_for(actor).filter(closed=None, **mine).values_list("pk", flat=True).get()


def _signature(actor: access.Actor, clock: Clock) -> uuid.UUID:
    """A drawn line, as a finger leaves it on a phone."""
    return evidence.keep(actor, _drawn(), kind="signature", clock=clock).pk


def _drawn(points: Iterable[tuple[int, int]] = ((12, 60), (40, 22), (66, 70), (92, 30), (130, 58), (168, 40))) -> bytes:
    picture = Image.new("L", (180, 84), 255)
    ImageDraw.Draw(picture).line(list(points), fill=20, width=4, joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
