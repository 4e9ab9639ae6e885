"""The way of a case through its stages: the days each took and may take, and how a whole limit is divided among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from taizhang.core import numbers
from taizhang.kit import days
from taizhang.kit.days import Duration
from taizhang.kit.text import Text
from taizhang.ledger import history, loop, routes, spans
from taizhang.ledger.parts import Span
from taizhang.ledger.schema import Ledger, Notice
from taizhang.ledger.state import Turn


@dataclass(frozen=True, slots=True)
class Step:
    """A stage on the way of a case, with the days it took and the days it may take."""

    stage: str
    label: Text
    entered: datetime | None
    left: datetime | None
    days: int | None  # whole Shanghai days so far, the day of entering not counted
    limit: Text | None
    current: bool
    end: bool
    hangs: Text | None = None  # how long the notice put up on entering it has to hang


@dataclass(frozen=True, slots=True)
class Planned:
    """One part of a limit: so many days for this; `beside` when it runs at the same time as another part."""

    label: Text
    days: int
    beside: bool = False


def track(law: Ledger, state: loop.State, turns: Sequence[Turn], now: datetime) -> tuple[Step, ...]:
    """Every stage the case has been in or may still pass, in the ledger's order, with its limit."""
    entered: dict[str, datetime] = {}
    left: dict[str, datetime] = {}
    taken: dict[str, int] = {}
    since: tuple[str, datetime] | None = None
    for step in history.steps(law, state.entries):
        if since is not None and step.after != since[0]:
            left[since[0]] = step.entry.received
            taken[since[0]] = taken.get(since[0], 0) + _days(since[1], step.entry.received)
        if since is None or step.after != since[0]:
            since = (step.after, step.entry.received)
            entered.setdefault(step.after, step.entry.received)
    if since is not None and not law.stages[since[0]].end:
        taken[since[0]] = taken.get(since[0], 0) + _days(since[1], now)
    found = []
    for stage, spec in law.stages.items():
        current = stage == state.stage
        if stage in entered or not spec.end:
            found.append(
                Step(
                    stage, spec.label, entered.get(stage), None if current else left.get(stage), taken.get(stage),
                    _limit(law, stage, turns, state), current, spec.end, _hangs(law, stage, state),
                )
            )  # fmt: skip
    return tuple(found)


def _days(start: datetime, end: datetime) -> int:
    return (days.day_of(end) - days.day_of(start)).days


def _limit(law: Ledger, stage: str, turns: Sequence[Turn], state: loop.State) -> Text | None:
    """How long the ledger allows in a stage: by the clock that runs there and in no stage before it."""
    told = {turn.clock: turn.limit_text for turn in turns}
    for name, clock in law.clocks.items():
        if clock.limit is not None and clock.during[:1] == (stage,) and not clock.starts:
            length = _length(clock.limit, state)
            return told.get(name) or (spans.said(length) if length else None)
    return None


def _hangs(law: Ledger, stage: str, state: loop.State) -> Text | None:
    notice = next((act.notice for act in law.acts.values() if act.notice is not None and act.to == stage), None)
    length = _notice(notice, state) if notice is not None else None
    return spans.said(length) if length is not None else None


def _length(limit: Span, state: loop.State) -> Duration | None:
    """The length that a clock will have if it began today, where that can be said before it runs."""
    if limit.duration is not None:
        return limit.duration
    if limit.policy is None:
        return None
    value = numbers.policy(limit.policy, state.area, days.day_of(state.entries[-1].received))
    return Duration.parse(value) if isinstance(value, str) else None


def _notice(notice: Notice, state: loop.State) -> Duration | None:
    raw = notice.workdays if notice.workdays is not None else notice.days
    if isinstance(raw, str):
        raw = numbers.policy(raw.removeprefix("policy."), state.area, days.day_of(state.entries[-1].received))
        if isinstance(raw, str):
            return Duration.parse(raw)
    return Duration(raw, "workdays" if notice.workdays is not None else "days") if raw is not None else None


def planned(law: Ledger, state: loop.State, whole: str) -> tuple[Planned, ...]:
    """How the stages divide the limit of a clock that runs from the opening; nothing where a part is not in whole days.

    Along the usual way each clock of a stage, each notice and each clock that counts from its end has its days; a clock
    that an act of the way starts runs beside the others.
    """
    clock = law.clocks.get(whole)
    if clock is None or clock.starts or clock.during or not state.entries:  # none: the deadline of a roster's cell
        return ()
    opened = law.acts[state.entries[0].act].to or state.stage
    found: list[Planned] = []
    seen = {whole}
    by: str | None = None
    for stage in (opened, *routes.ahead(law, opened)):
        act = law.acts[by] if by is not None else None
        notice = act.notice if act is not None else None
        if act is not None and notice is not None:
            found.append(_part(act.label, _notice(notice, state)))
        for name, one in law.clocks.items():
            here = stage in one.during and not one.starts
            after = notice is not None and f"{by}.notice" in one.starts
            beside = by is not None and by in one.starts
            if name not in seen and one.limit is not None and (here or after or beside):
                seen.add(name)
                found.append(_part(one.label, _length(one.limit, state), beside=beside))
        by = next(iter(routes.onward(law, stage)), None)
        if by in clock.stops:
            break
    return tuple(found) if all(part.days for part in found) else ()


def _part(label: Text, length: Duration | None, *, beside: bool = False) -> Planned:
    """A part of a limit; 0 days where its length is not in days."""
    return Planned(label, length.value if length is not None and length.unit == "days" else 0, beside)
