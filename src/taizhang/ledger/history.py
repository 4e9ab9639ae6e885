"""A case's past as the clocks read it: which stage when, what counts as the time of an act, what stood still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from taizhang.kit.days import Duration
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Entry, State


@dataclass(frozen=True)
class Step:
    """One entry with the stage before and after it (before the opening there is none)."""

    entry: Entry
    before: str | None
    after: str


def steps(ledger: Ledger, entries: Iterable[Entry]) -> Iterator[Step]:
    """The entries that count, in the order they were received; annulled ones are passed over."""
    stage: str | None = None
    for entry in entries:
        if entry.annulled:
            continue
        act = ledger.acts.get(entry.act)
        after = entry.stage or (act.to if act else None) or stage
        if after is None:
            raise ValueError(f"the first entry of a case opens it; {entry.act} of {ledger.name} leads to no stage")
        yield Step(entry, stage, after)
        stage = after


def as_timedelta(length: Duration) -> timedelta:
    """A tolerance as exact time; days are of 24 hours. Raises ValueError for workdays and months."""
    if length.unit in ("minutes", "hours", "days"):
        return timedelta(**{length.unit: length.value})
    raise ValueError(f"a tolerance is in minutes, hours or days, not {length.unit}")


def counted(entry: Entry, tolerance: timedelta) -> datetime:
    """The time of an entry for a clock: when it happened, if that is no further back than the clock accepts."""
    if entry.happened is not None and timedelta(0) <= entry.received - entry.happened <= tolerance:
        return entry.happened
    return entry.received


def last(ledger: Ledger, state: State, act: str) -> Entry | None:
    """The last entry of an act that counts."""
    return next((entry for entry in reversed(state.entries) if entry.act == act and not entry.annulled), None)


@dataclass(frozen=True)
class Pauses:
    """The spans (half-open) in which something stood still, and since when it stands still now."""

    spans: tuple[tuple[datetime, datetime], ...] = ()
    open_since: datetime | None = None

    def holds(self, instant: datetime) -> bool:
        """Whether it stood still at an instant."""
        return any(begins <= instant < ends for begins, ends in self.spans)


def pauses(passed: Iterable[Step], stages: Iterable[str], since: datetime) -> Pauses:
    """When a case rested in any of the stages, as far as that is after `since`."""
    still = frozenset(stages)
    spans: list[tuple[datetime, datetime]] = []
    begun: datetime | None = None
    for step in passed:
        at = step.entry.received
        if step.after in still and begun is None:
            begun = at
        elif step.after not in still and begun is not None:
            if at > since:
                spans.append((max(begun, since), at))
            begun = None
    return Pauses(tuple(spans), max(begun, since) if begun is not None else None)
