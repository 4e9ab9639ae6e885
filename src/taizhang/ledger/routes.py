"""Ways through a ledger: which stages can be reached, which lead to an end, and where each clock runs."""

from __future__ import annotations

from collections.abc import Iterable

from taizhang.ledger.schema import Act, Clock, Ledger


def sources(ledger: Ledger, act: Act) -> tuple[str, ...]:
    """The known stages from which an act may be done."""
    if act.opens:
        return ()
    named = act.from_ or tuple(name for name, stage in ledger.stages.items() if not stage.end)
    return tuple(stage for stage in named if stage in ledger.stages)


def targets(ledger: Ledger, act: Act) -> tuple[str, ...]:
    """The known stages to which an act may lead."""
    if act.to is not None:
        return (act.to,) if act.to in ledger.stages else ()
    return sources(ledger, act)


def spread(ledger: Ledger, begin: Iterable[str], without: Iterable[str] = (), inside: Iterable[str] = ()) -> set[str]:
    """The stages reached from some stages by any acts but `without`, staying in `inside` where that is given."""
    allowed, barred = set(inside), set(without)
    found = {stage for stage in begin if not allowed or stage in allowed}
    while True:
        grown = {
            stage
            for name, act in ledger.acts.items()
            if name not in barred and act.to is not None and found.intersection(sources(ledger, act))
            for stage in targets(ledger, act)
            if not allowed or stage in allowed
        } - found
        if not grown:
            return found
        found |= grown


def awaiting(ledger: Ledger) -> set[str]:
    """The stages in which a roster's cell is still to be answered, so that its own deadline runs there."""
    answers = ledger.roster.answers if ledger.roster is not None else ()
    return {stage for name in answers if name in ledger.acts for stage in sources(ledger, ledger.acts[name])}


def reachable(ledger: Ledger) -> set[str]:
    """The stages a case can come to."""
    return spread(ledger, (stage for act in ledger.acts.values() if act.opens for stage in targets(ledger, act)))


def leading_to_end(ledger: Ledger) -> set[str]:
    """The stages from which a case can come to an end, or to where it may lawfully rest; those included."""
    found = {name for name, stage in ledger.stages.items() if stage.end or stage.rests}
    while True:
        grown = {stage for act in ledger.acts.values() if act.to in found for stage in sources(ledger, act)} - found
        if not grown:
            return found
        found |= grown


def onward(ledger: Ledger, stage: str) -> tuple[str, ...]:
    """The acts of the usual way from a stage, in the ledger's order: those that move the case and are not `aside`."""
    return tuple(
        name
        for name, act in ledger.acts.items()
        if not act.aside and act.to is not None and act.to != stage and stage in sources(ledger, act)
    )


def ahead(ledger: Ledger, stage: str) -> tuple[str, ...]:
    """The stages still ahead on the usual way: by the first act that leads on, until the case ends or may rest."""
    found: list[str] = []
    here = stage
    while not ledger.stages[here].end and not ledger.stages[here].rests:
        following = [str(ledger.acts[name].to) for name in onward(ledger, here)]
        new = next((one for one in following if one not in (*found, stage)), None)
        if new is None:
            break
        found.append(new)
        here = new
    return tuple(found)


def begins(ledger: Ledger, clock: Clock) -> set[str]:
    """The stages in which a clock can begin to run."""
    if not clock.starts and clock.during:
        return set(clock.during)
    if not clock.starts:
        return {stage for act in ledger.acts.values() if act.opens for stage in targets(ledger, act)}
    acts = [
        ledger.acts[name.removesuffix(".notice")]
        for name in clock.starts
        if name.removesuffix(".notice") in ledger.acts
    ]
    found = {stage for act in acts for stage in targets(ledger, act)}
    return found | (set(clock.during) if any(stage in clock.during for stage in found) else set())


def runs(ledger: Ledger, clock: Clock) -> set[str]:
    """The stages in which a clock can be running."""
    found = spread(ledger, begins(ledger, clock), clock.stops, clock.during)
    return {stage for stage in found if stage in ledger.stages and not ledger.stages[stage].end}


def can_stop(ledger: Ledger, clock: Clock, stop: str) -> bool:
    """Whether a stopping act can ever be done while the clock runs (or stands still)."""
    act = ledger.acts.get(stop)
    return act is not None and bool(set(sources(ledger, act)) & runs(ledger, clock))
