"""What the system does when a light turns: the rules of ledgers, each exactly once for a case and an instant of turning."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from taizhang.core import access, editions, folding, numbers, subjects
from taizhang.core.clock import Clock
from taizhang.core.models import Case, Job, RuleRun, Turn
from taizhang.core.moves.cases import act_in, spawn_case
from taizhang.core.moves.effects import Writing
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.ledger import effects, lights, roster, spans
from taizhang.ledger.schema import Ledger, Rule
from taizhang.ledger.scope import Scope

POSTPONED: Final = timedelta(hours=1)
SWEEP: Final = "sweep"
KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Due:
    """A rule that is to be carried out: its place in the ledger, and the instant at which the light turned."""

    case: uuid.UUID
    number: int
    key: str
    turned_at: datetime


def due(now: datetime) -> Iterator[Due]:
    """The rules whose light has turned and that were not carried out; read case by case, so it may be left at any time."""
    ruled = {law.name for law in editions.current_all().values() if law.rules}
    ruled |= {
        law for law in Case.objects.filter(closed=None).values_list("ledger", flat=True).distinct() if law in ruled
    }
    turned = Turn.objects.filter(case__ledger__in=ruled, case__closed=None, frozen="").select_related("case")
    for turn in turned.order_by("case_id", "clock").iterator(chunk_size=500):
        law = editions.pinned(turn.case.edition_id)
        for number, rule in enumerate(law.rules):
            at = turn.red_at if rule.turns == "red" else turn.yellow_at
            if rule.at != turn.clock or rule.at == roster.CLOCK or at is None or at > now:
                continue  # what a roster calls for is gathered
            key = f"{rule.at}:{rule.turns}:{number}"
            if _when(law, rule, at, turn.case) <= now and not _settled(turn.case_id, key, at, now):
                yield Due(turn.case_id, number, key, at)


def _settled(case: uuid.UUID, key: str, turned_at: datetime, now: datetime) -> bool:
    run = RuleRun.objects.filter(case=case, rule=key, turned_at=turned_at).first()
    return run is not None and (run.done_at is not None or (run.again_at is not None and run.again_at > now))


def _when(law: Ledger, rule: Rule, turned_at: datetime, case: Case) -> datetime:
    """The instant from which a rule applies: at the turn, or so much later."""
    if rule.plus is None:
        return turned_at
    length = rule.plus.duration
    if length is None and rule.plus.policy is not None:
        value = numbers.policy(rule.plus.policy, case.area_path, days.day_of(turned_at))
        length = days.Duration.parse(value) if isinstance(value, str) else None
    return turned_at if length is None else spans.past(turned_at, length, editions.library().calendar)


def carry_out(one: Due, *, clock: Clock) -> bool:
    """Carry out a rule in one transaction; whether it was done. Raises Refusal (recorded: tried again after an hour)."""
    try:
        with transaction.atomic():
            return _carry_out(one, clock.now())
    except Refusal as refusal:
        now = clock.now()
        run, _ = RuleRun.objects.get_or_create(case_id=one.case, rule=one.key, turned_at=one.turned_at)
        RuleRun.objects.filter(pk=run.pk).update(tries=run.tries + 1, again_at=now + POSTPONED, note=refusal.code[:200])
        raise


def _carry_out(one: Due, now: datetime) -> bool:
    case = access.case_for(access.SYSTEM, one.case, lock=True)
    run, _ = RuleRun.objects.select_for_update().get_or_create(case_id=one.case, rule=one.key, turned_at=one.turned_at)
    law = editions.pinned(case.edition_id)
    rule = law.rules[one.number]
    about = subjects.of_case(case)
    world = CaseWorld(about, now, case.pk)
    state = folding.state(case, law, now)
    turn = next(
        (turn for turn in lights.turns(law, state, world) if turn.clock == rule.at and turn.stopped_at is None), None
    )
    at = None if turn is None else (turn.red_at if rule.turns == "red" else turn.yellow_at)
    if run.done_at is not None or at != one.turned_at:
        return False  # done by another sweep, or an act was quicker
    writing = Writing(now)
    scope = Scope(
        law,
        state,
        world,
        days.day_of(now),
        state.fields,
        lit={t.clock: t.colour(now) for t in lights.turns(law, state, world)},
        turned={"on": days.day_of(one.turned_at), "clock": law.clocks[rule.at].zh, "key": case.number},
    )
    path = ("rules", one.number)
    for spawn in effects.spawns(rule.do, path, scope):
        spawn_case(writing, case, about, spawn, extra={table: [row] for table, row in spawn.gathered.items()})
    for effect in effects.others(rule.do, path, scope):
        act_in(writing, case, effect.name, state)
    RuleRun.objects.filter(pk=run.pk).update(done_at=now, tries=run.tries + 1, again_at=None, note="")
    writing.finish()
    return True


def record(started: datetime, finished: datetime, *, done: int, failed: int, notices_over: int) -> None:
    """Keep that a sweep ran; the oldest runs beyond two hundred are let go."""
    Job.objects.create(
        kind=SWEEP, created=started, started=started, finished=finished, done=done, total=done + failed, failed=failed > 0,
        note={"failed": failed, "notices_over": notices_over},
    )  # fmt: skip
    old = Job.objects.filter(kind=SWEEP).order_by("-created").values_list("pk", flat=True)[KEPT:]
    Job.objects.filter(pk__in=list(old)).delete()
