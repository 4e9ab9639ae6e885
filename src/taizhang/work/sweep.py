"""The sweep: carries out what the ledgers want done when a light turns. May run at any moment and as often as wished.

A page never waits for it: lights are arithmetic, and a notice hangs or not by its dates. What it does is done exactly
once for each case, rule and instant of turning. A case that fails is put off by an hour and does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import OperationalError

from taizhang.core.clock import Clock
from taizhang.core.moves import gathering, rules
from taizhang.core.queries import sweeps
from taizhang.kit.refusal import Refusal
from taizhang.ledger.schema import Ledger
from taizhang.work import retention

log = logging.getLogger("taizhang.sweep")


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    started: datetime
    done: int
    passed: int  # its time has not come, an act was quicker, or another sweep
    failed: int
    notices_over: int  # since the sweep before


@dataclass
class _Counts:
    """What became of the things of one sweep; what breaks is counted, logged and never stops the others."""

    done: int = 0
    passed: int = 0
    failed: int = 0
    broken: list[str] = field(default_factory=list)  # besides rules of cases, which are recorded at the case

    def tried(self, what: str, move: Callable[[], bool], *, recorded: bool = False) -> None:
        """Do one thing."""
        try:
            if move():
                self.done += 1
            else:
                self.passed += 1
        except OperationalError:
            self.passed += 1  # another sweep is at it
            log.info("%s left to another sweep", what)
        except Refusal as refusal:
            self.fail(f"{what}: {refusal.code}", recorded=recorded)
        except Exception as error:
            log.exception("%s broke", what)
            self.fail(f"{what}: {type(error).__name__}", recorded=recorded)

    def fail(self, why: str, *, recorded: bool = False) -> None:
        """Count something that could not be done."""
        self.failed += 1
        log.warning("put off: %s", why)
        if not recorded:
            self.broken.append(why)


def sweep(*, clock: Clock) -> Swept:
    """Carry out every rule whose light has turned, and record the run."""
    started = clock.now()
    over = sweeps.notices_over(started)
    counts = _Counts()
    for one in list(rules.turned(started)):
        counts.tried(f"rule {one.key} of {one.case}", partial(rules.carry_out, one, clock=clock), recorded=True)
    for law, number in gathering.ruled():
        counts.tried(f"letters of {law.name}", partial(_gather, law, number, counts, clock))
    for letter in list(gathering.unsent()):
        counts.tried(f"draft {letter.letter}", partial(_take_back, letter, clock))
    counts.tried("what is let go", partial(_let_go, clock))
    rules.record(started, clock.now(), done=counts.done, failed=counts.failed, notices_over=over, broken=counts.broken)
    return Swept(started, counts.done, counts.passed, counts.failed, over)


def _gather(law: Ledger, number: int, counts: _Counts, clock: Clock) -> bool:
    """Draft what one rule of a roster calls for, addressee by addressee; nothing of its own is done."""
    for group in list(gathering.of_ledger(law, number, clock.now())):
        what = f"letter of {law.name} to {group.unit.code}"
        if isinstance(group, gathering.Broken):
            counts.fail(f"{what}: {type(group.error).__name__}")
        else:
            counts.tried(what, partial(gathering.carry_out, group, clock=clock))
    return False


def _take_back(letter: gathering.Unsent, clock: Clock) -> bool:
    if not gathering.was_mistaken(letter, clock.now()):
        return False
    try:
        gathering.take_back(letter.letter, letter.act, clock=clock)
    except Refusal:
        return False  # it was sent meanwhile: people take it back
    return True


def _let_go(clock: Clock) -> bool:
    retention.let_go(clock=clock)
    return False
