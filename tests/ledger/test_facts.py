"""Indicators as dated deltas: their sum up to any instant is what direct evaluation gives at that instant."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from taizhang.ledger import facts, lights, loop
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Done, Fact, Moment
from tests.ledger import driving
from tests.ledger.driving import AREA, World, actor, at


def summed(found: list[Fact], indicator: str, now: datetime) -> tuple[int, int, int]:
    """The deltas of an indicator up to an instant."""
    kept = [fact for fact in found if fact.indicator == indicator and fact.at <= now]
    return sum(f.num for f in kept), sum(f.den for f in kept), sum(f.value for f in kept)


def test_the_sum_of_deltas_is_the_direct_value_at_any_instant(wells: Ledger, library: Library) -> None:
    world, compared = World(library), 0
    standing = [name for name, indicator in wells.indicators.items() if indicator.standing]
    assert standing == ["open", "overdue", "users"]
    for seed in range(120):
        done = driving.history(wells, world, seed)
        every = [fact for step in done for fact in step.facts]
        dice = random.Random(seed)
        for _ in range(12):
            instant = done[0].entry.received + timedelta(minutes=dice.randint(0, 90 * 1440))
            before = [step for step in done if step.entry.received <= instant]
            for name in standing:
                direct = facts.standing(wells, name, before[-1].state, before[-1].turns, world, instant)
                known_then = [fact for fact in every if fact.known <= instant]
                assert summed(known_then, name, instant) == direct
                assert summed(every, name, instant) == direct
                compared += 1
    assert compared == 120 * 12 * 3


def opened(wells: Ledger, world: World) -> Done:
    """A report on 1 March 2021 for 12 users."""
    values = {"pollutant": "nitrate", "reading": "12", "found_on": "2021-02-28", "users": 12}
    moment = Moment(at("2021-03-01 09:00"), at("2021-02-28 15:00"))
    return loop.open_case(wells, "report", actor("cadre@village"), {"id": "H1"}, AREA, values, {}, moment, world)


def test_an_acts_indicator_counts_for_when_it_happened_and_is_known_when_received(
    wells: Ledger, library: Library
) -> None:
    done = opened(wells, World(library))
    assert [fact for fact in done.facts if fact.indicator == "reports"] == [
        Fact("reports", at("2021-02-28 15:00"), at("2021-03-01 09:00"), 1, 0, 0)
    ]


def test_a_standing_figure_foretells_its_turn_and_the_next_entry_cancels_it(wells: Ledger, library: Library) -> None:
    world = World(library)
    done = opened(wells, world)
    overdue = [(fact.at, fact.num, fact.den) for fact in done.facts if fact.indicator == "overdue"]
    assert overdue == [(at("2021-03-01 09:00"), 0, 1), (at("2021-04-01 00:00"), 1, 0)]
    dropped = loop.act(
        wells, done.state, "drop", actor("reviewer@town"), {"story": "误报"}, {}, Moment(at("2021-03-09 09:00")), world
    )
    cancelled = [(fact.at, fact.num, fact.den) for fact in dropped.facts if fact.indicator == "overdue"]
    assert cancelled == [(at("2021-04-01 00:00"), -1, 0)]


def test_a_rate_counts_over_and_a_late_one_is_not_in_time(wells: Ledger, library: Library) -> None:
    world = World(library)
    state = opened(wells, world).state
    for on, num in (("2021-03-31 23:59", 1), ("2021-04-01 00:00", 0)):
        dropped = loop.act(wells, state, "drop", actor("reviewer@town"), {"story": "误报"}, {}, Moment(at(on)), world)
        assert [(f.num, f.den) for f in dropped.facts if f.indicator == "in_time"] == [(num, 1)]


def test_restating_after_an_annulled_entry_brings_the_figures_back(wells: Ledger, library: Library) -> None:
    world = World(library)
    first = opened(wells, world)
    dropped = loop.act(
        wells, first.state, "drop", actor("reviewer@town"), {"story": "误报"}, {}, Moment(at("2021-03-09 09:00")), world
    )
    entries = (*first.state.entries, replace(dropped.entry, annulled=True))
    back = loop.fold(wells, "c", first.state.subject, AREA, entries)
    restated = facts.restate(wells, dropped.state, back, at("2021-03-10 09:00"), world)
    every = [*first.facts, *dropped.facts, *restated]
    later = at("2021-04-02 09:00")
    direct = facts.standing(wells, "overdue", back, lights.turns(wells, back, world), world, later)
    assert summed(every, "overdue", later) == direct == (1, 1, 0)
    assert summed(every, "users", later) == (1, 0, 12)
