"""The sweep: carries out what the ledgers want done when a light turns. May run at any moment and as often as wished.

A page never waits for it: lights are arithmetic, and a notice hangs or not by its dates. What it does is done exactly
once for each case, rule and instant of turning. A case that fails is put off by an hour and does not stop the others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from taizhang.core.clock import Clock
from taizhang.core.moves import gathering, rules
from taizhang.core.queries import sweeps
from taizhang.kit.refusal import Refusal
from taizhang.work import retention

log = logging.getLogger("taizhang.sweep")


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    started: datetime
    done: int
    passed: int  # an act was quicker, or another sweep
    failed: int
    notices_over: int  # since the sweep before


def sweep(*, clock: Clock) -> Swept:
    """Carry out every rule whose light has turned, and record the run."""
    started = clock.now()
    over = sweeps.notices_over(started)
    done = passed = failed = 0
    for one in list(rules.due(started)):
        try:
            if rules.carry_out(one, clock=clock):
                done += 1
            else:
                passed += 1
        except Refusal as refusal:
            failed += 1
            log.warning("rule %s of case %s put off: %s", one.key, one.case, refusal.code)
        except Exception:
            failed += 1  # one bad case must not stop the rest; the log says what broke
            log.exception("rule %s of case %s broke", one.key, one.case)
    for group in list(gathering.due(started)):
        try:
            if gathering.carry_out(group, clock=clock):
                done += 1
            else:
                passed += 1
        except Exception:
            failed += 1
            log.exception("red lights of %s under %s could not be told", group.unit.code, group.ledger)
    for letter, act in list(gathering.mistaken(started)):
        try:
            gathering.take_back(letter, act, clock=clock)
            done += 1
        except Refusal:
            passed += 1  # it was sent meanwhile: people take it back
    retention.let_go(clock=clock)
    swept = Swept(started, done, passed, failed, over)
    rules.record(started, clock.now(), done=done, failed=failed, notices_over=over)
    return swept
