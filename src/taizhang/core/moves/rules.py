"""What the system does when a light turns: the rules of ledgers, each exactly once for a case and an instant of turning."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import OperationalError, transaction

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
MOST: Final = 50  # of what broke, told with a run


@dataclass(frozen=True, slots=True)
class Due:
    """A rule that is to be carried out: its place in the ledger, and the instant at which the light turned."""

    case: uuid.UUID
    number: int
    key: str
    turned_at: datetime


def turned(now: datetime) -> Iterator[Due]:
    """The rules whose light has turned, whether carried out or not; read case by case, so it may be left at any time."""
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
            yield Due(turn.case_id, number, f"{rule.at}:{rule.turns}:{number}", at)


def due(now: datetime) -> Iterator[Due]:
    """Of those, the ones that are to be carried out now."""
    return (one for one in turned(now) if is_due(one, now))


def is_due(one: Due, now: datetime) -> bool:
    """Whether a rule is to be carried out: its time has come, it was not done, and it is not put off."""
    run = RuleRun.objects.filter(case=one.case, rule=one.key, turned_at=one.turned_at).first()
    if run is not None and (run.done_at is not None or (run.again_at is not None and run.again_at > now)):
        return False
    case = access.case_for(access.SYSTEM, one.case)
    law = editions.pinned(case.edition_id)
    return when(law, law.rules[one.number], one.turned_at, case) <= now


def when(law: Ledger, rule: Rule, turned_at: datetime, case: Case) -> datetime:
    """The instant from which a rule applies: at the turn, or so much later."""
    if rule.plus is None:
        return turned_at
    length = rule.plus.duration
    if length is None and rule.plus.policy is not None:
        value = numbers.policy(rule.plus.policy, case.area_path, days.day_of(turned_at))
        length = days.Duration.parse(value) if isinstance(value, str) else None
    return turned_at if length is None else spans.past(turned_at, length, editions.library().calendar)


def carry_out(one: Due, *, clock: Clock) -> bool:
    """Carry out a rule in one transaction; whether it was done. What is raised was recorded, to be tried after an hour."""
    try:
        with transaction.atomic():
            return is_due(one, clock.now()) and _carry_out(one, clock.now())
    except Refusal as refusal:
        _put_off(one, f"{refusal.code}: {refusal.sentence('zh')}", clock)
        raise
    except OperationalError:
        raise  # another sweep holds the row; nothing is wrong with the case
    except Exception as error:
        _put_off(one, type(error).__name__, clock)
        raise


def _put_off(one: Due, note: str, clock: Clock) -> None:
    run, _ = RuleRun.objects.get_or_create(case_id=one.case, rule=one.key, turned_at=one.turned_at)
    again = clock.now() + POSTPONED
    RuleRun.objects.filter(pk=run.pk).update(tries=run.tries + 1, again_at=again, note=note[:200])


def try_again(*, clock: Clock) -> int:
    """What was put off is due at once; how many."""
    return RuleRun.objects.filter(done_at=None, again_at__gt=clock.now()).update(again_at=clock.now())


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


def record(
    started: datetime, finished: datetime, *, done: int, failed: int, notices_over: int, broken: Sequence[str] = ()
) -> None:
    """Keep that a sweep ran, and what broke besides rules of cases; the oldest runs beyond two hundred are let go."""
    Job.objects.create(
        kind=SWEEP, created=started, started=started, finished=finished, done=done, total=done + failed, failed=failed > 0,
        note={"failed": failed, "notices_over": notices_over, "broken": list(broken)[:MOST]},
    )  # fmt: skip
    old = Job.objects.filter(kind=SWEEP).order_by("-created").values_list("pk", flat=True)[KEPT:]
    Job.objects.filter(pk__in=list(old)).delete()
