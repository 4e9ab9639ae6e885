"""Lights: half-open days in Asia/Shanghai, pauses, notices, cadences, tolerance; and that they are a pure function."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from taizhang.kit.days import Calendar, Duration, day_of, start_of
from taizhang.ledger import history, lights, loop, spans
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Done, Moment, State, Turn
from tests.ledger import driving
from tests.ledger.driving import AREA, World, actor, at

YEARS = range(2019, 2032)
FIXED = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
PLAIN = Calendar("plain", {date(year, *day): False for year in YEARS for day in FIXED}, frozenset(YEARS))


@pytest.fixture
def world(library: Library) -> World:
    """The test library's world."""
    return World(library)


def opened(wells: Ledger, world: World, on: str, pollutant: str = "nitrate") -> State:
    """A report of a well."""
    values = {"pollutant": pollutant, "reading": "12", "found_on": on[:10]}
    moment = Moment(at(on))
    return loop.open_case(wells, "report", actor("cadre@village"), {"id": "H1"}, AREA, values, {}, moment, world).state


def ordered(wells: Ledger, world: World, state: State, on: str, mend_by: str) -> State:
    """Its mending ordered."""
    values = {"mender": "water_co", "mend_by": mend_by, "boiled": True}
    return loop.act(
        wells, state, "order", actor("reviewer@town", person="王静"), values, {}, Moment(at(on)), world
    ).state


def mended(wells: Ledger, world: World, state: State, on: str, happened: str | None = None) -> State:
    """It is said to be mended."""
    values = {"cost": 100, "signers": ["health"], "income": 100}
    moment = Moment(at(on), at(happened) if happened else None)
    return loop.act(wells, state, "mended", actor("@mender", org="water_co"), values, {"photo": 2}, moment, world).state


def turn(wells: Ledger, world: World, state: State, clock: str) -> Turn:
    """One clock of a case."""
    return next(t for t in lights.turns(wells, state, world) if t.clock == clock)


def test_a_limit_starts_the_next_day_and_ends_at_24_00_of_its_last_day(wells: Ledger, world: World) -> None:
    whole = turn(wells, world, opened(wells, world, "2021-03-01 09:00"), "whole")
    assert whole.red_at == at("2021-04-01 00:00")
    assert whole.yellow_at == at("2021-03-27 00:00")
    assert whole.colour(at("2021-03-31 23:59")) == "yellow"
    assert whole.colour(at("2021-04-01 00:00")) == "red"


def test_hours_are_exact_and_a_clock_runs_only_when_its_condition_holds(wells: Ledger, world: World) -> None:
    grave = turn(wells, world, opened(wells, world, "2021-03-01 09:00", "coliform"), "boil")
    assert (grave.yellow_at, grave.red_at) == (at("2021-03-01 10:00"), at("2021-03-01 11:00"))
    mild = opened(wells, world, "2021-03-01 09:00", "nitrate")
    assert "boil" not in [t.clock for t in lights.turns(wells, mild, world)]


def test_a_limit_in_workdays_by_condition_skips_the_spring_festival(wells: Ledger, world: World) -> None:
    mild = turn(wells, world, opened(wells, world, "2021-02-10 09:00"), "order")
    assert mild.red_at == at("2021-02-21 00:00")  # 18th, 19th and the worked Saturday, 20th
    assert mild.limit_text.zh == "3 个工作日"
    grave = turn(wells, world, opened(wells, world, "2021-02-10 09:00", "arsenic"), "order")
    assert grave.red_at == at("2021-02-19 00:00")


def test_a_policy_number_is_that_of_the_day_and_the_nearest_area(wells: Ledger, world: World) -> None:
    march = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-20")
    july = ordered(wells, world, opened(wells, world, "2021-07-01 09:00"), "2021-07-02 09:00", "2021-07-20")
    assert turn(wells, world, march, "local").red_at == at("2021-03-13 00:00")
    assert turn(wells, world, july, "local").red_at == at("2021-07-10 00:00")
    assert turn(wells, world, july, "local").policy_source == "well_limit"


def test_a_date_of_the_case_is_due_until_its_midnight_and_red_after_the_grace(wells: Ledger, world: World) -> None:
    state = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-10")
    mend = turn(wells, world, state, "mend")
    assert (mend.yellow_at, mend.due, mend.red_at) == (
        at("2021-03-08 00:00"),
        at("2021-03-11 00:00"),
        at("2021-03-13 00:00"),
    )
    assert (mend.owes.token, mend.owes.party) == ("@mender", "water_co")


def test_a_paused_clock_keeps_its_colour_and_goes_on_where_it_stopped(wells: Ledger, world: World) -> None:
    state = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-10")
    waiting = mended(wells, world, state, "2021-03-28 10:00")
    assert turn(wells, world, waiting, "whole").frozen == "yellow"
    back = loop.act(
        wells, waiting, "redo", actor("reviewer@town"), {"story": "不合格"}, {}, Moment(at("2021-04-07 10:00")), world
    )
    again = turn(wells, world, back.state, "whole")
    assert (again.frozen, again.red_at) == (None, at("2021-04-11 00:00"))  # ten midnights stood still
    assert again.colour(at("2021-04-07 10:00")) == "yellow"


def test_something_that_happened_in_time_but_came_late_is_accepted_up_to_the_tolerance(
    wells: Ledger, world: World
) -> None:
    state = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-10")
    within = mended(wells, world, state, "2021-03-15 09:00", "2021-03-12 09:00")
    beyond = mended(wells, world, state, "2021-03-15 09:01", "2021-03-12 09:00")
    late = {
        name: lights.late(lights.turns(wells, s, world), s.entries[-1].received)["mend"]
        for name, s in (("in", within), ("out", beyond))
    }
    assert late == {"in": False, "out": True}


def test_a_clock_with_several_starts_counts_from_the_last(wells: Ledger, world: World) -> None:
    state = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-10")
    waiting = mended(wells, world, state, "2021-03-05 10:00")
    assert turn(wells, world, waiting, "local").stopped_at == at("2021-03-05 10:00")
    back = loop.act(
        wells, waiting, "redo", actor("reviewer@town"), {"story": "不合格"}, {}, Moment(at("2021-03-08 10:00")), world
    )
    assert turn(wells, world, back.state, "local").red_at == at("2021-03-19 00:00")


def posted(wells: Ledger, world: World) -> State:
    """On notice since 6 March, for five days."""
    state = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-10")
    waiting = mended(wells, world, state, "2021-03-05 10:00")
    return loop.act(
        wells,
        waiting,
        "pass",
        actor("lead@district", person="周民"),
        {"reading": "1"},
        {},
        Moment(at("2021-03-06 10:00")),
        world,
    ).state


def test_a_notice_of_five_days_posted_on_the_6th_is_over_on_the_11th(wells: Ledger, world: World) -> None:
    state = posted(wells, world)
    notice = loop.notices(wells, state, world)[4]
    assert (notice.days, notice.show, notice.ends) == (5, ("subject", "pollutant"), at("2021-03-11 00:00"))
    sign = turn(wells, world, state, "sign")
    assert (sign.since, sign.red_at) == (at("2021-03-11 00:00"), at("2021-03-14 00:00"))


def test_an_objection_stops_the_notice_and_the_rest_is_served_after_it(wells: Ledger, world: World) -> None:
    state = posted(wells, world)
    disputed = loop.act(
        wells, state, "dispute", actor("anyone"), {"story": "水还浑"}, {}, Moment(at("2021-03-08 12:00")), world
    ).state
    assert loop.notices(wells, disputed, world)[4].ends is None
    assert turn(wells, world, disputed, "sign").frozen == "green"
    settled = loop.act(
        wells, disputed, "settle", actor("reviewer@town"), {}, {}, Moment(at("2021-03-11 12:00")), world
    ).state
    assert loop.notices(wells, settled, world)[4].ends == at("2021-03-14 00:00")
    offer = next(
        o
        for o in loop.offers(wells, settled, frozenset({"reviewer@town"}), Moment(at("2021-03-13 23:59")), world)
        if o.act == "close"
    )
    assert (offer.allowed_now, offer.possible_from) == (False, at("2021-03-14 00:00"))


def followed(wells: Ledger, world: World, on: str) -> State:
    """Under watch, patrolled monthly."""
    values = {"pollutant": "arsenic", "users": 3}
    return loop.open_case(wells, "follow", actor("system"), {"id": "H1"}, AREA, values, {}, Moment(at(on)), world).state


def patrolled(wells: Ledger, world: World, state: State, on: str, happened: str | None = None) -> State:
    """One patrol."""
    return loop.act(
        wells,
        state,
        "patrol",
        actor("cadre@village"),
        {},
        {},
        Moment(at(on), at(happened) if happened else None),
        world,
    ).state


def test_a_cadence_begins_with_the_first_full_period_and_missed_ones_do_not_pile_up(
    wells: Ledger, world: World
) -> None:
    state = followed(wells, world, "2021-01-30 09:00")
    assert turn(wells, world, state, "patrol").red_at == at("2021-03-01 00:00")
    late = patrolled(wells, world, state, "2021-04-10 09:00")  # February and March are missed for ever
    patrol = turn(wells, world, late, "patrol")
    assert patrol.colour(at("2021-04-10 09:00")) == "green"
    assert (patrol.since, patrol.yellow_at, patrol.red_at) == (
        at("2021-05-01 00:00"),
        at("2021-05-22 00:00"),
        at("2021-06-01 00:00"),
    )


def test_a_visit_written_down_after_the_month_counts_for_the_month_it_happened_in(wells: Ledger, world: World) -> None:
    state = followed(wells, world, "2021-01-30 09:00")
    told_late = patrolled(wells, world, state, "2021-03-01 09:00", "2021-02-27 15:00")
    assert turn(wells, world, told_late, "patrol").red_at == at("2021-04-01 00:00")


def test_a_case_that_is_closed_owes_nothing_and_its_light_is_green(wells: Ledger, world: World) -> None:
    state = opened(wells, world, "2021-03-01 09:00")
    dropped = loop.act(
        wells, state, "drop", actor("reviewer@town"), {"story": "误报"}, {}, Moment(at("2021-06-01 09:00")), world
    )
    assert dropped.state.closed == at("2021-06-01 09:00")
    assert lights.light(dropped.turns, at("2022-01-01 09:00")) == lights.Light("green", None)
    assert lights.late(dropped.turns, at("2021-06-01 09:00"))["whole"] is True


def test_why_says_from_when_how_long_until_when_whose_and_by_which_rule(
    wells: Ledger, world: World, library: Library
) -> None:
    whole = turn(wells, world, opened(wells, world, "2021-03-01 09:00"), "whole")
    why = lights.why(wells, whole, at("2021-03-30 09:00"), library)
    assert why.counted_from.zh == "自 2021-03-01 09:00 起"
    assert why.limit == ("30 天", "30 days")
    assert why.reminder.zh == "2021-03-27 00:00 起黄灯"
    assert why.turns == ("2021-03-31 24:00 后红灯", "red after the end of 2021-03-31")
    assert why.whose == ("乡镇审核员", "Town reviewer")
    assert why.rule.zh.startswith("水井不合格整改第 1 版，时限“")


def test_the_worst_light_is_the_cases_and_the_first_to_turn_gives_its_name(wells: Ledger, world: World) -> None:
    turns = lights.turns(wells, opened(wells, world, "2021-03-01 09:00", "coliform"), world)
    assert lights.light(turns, at("2021-03-01 10:30")) == lights.Light("yellow", "boil")
    assert lights.light(turns, at("2021-05-01 10:30")) == lights.Light("red", "boil")


@pytest.fixture(scope="module")
def histories(wells: Ledger, library: Library) -> list[list[Done]]:
    """Two hundred and forty random histories."""
    return [driving.history(wells, World(library), seed) for seed in range(240)]


def test_the_light_from_the_turns_kept_at_the_last_entry_is_the_light_of_a_full_fold(
    wells: Ledger, library: Library, histories: list[list[Done]]
) -> None:
    world, compared, colours = World(library), 0, set()
    for number, done in enumerate(histories):
        dice = random.Random(number)
        first = done[0].entry.received
        folded: dict[int, tuple[Turn, ...]] = {}
        for _ in range(50):
            instant = first + timedelta(minutes=dice.randint(0, 200 * 1440))
            past = sum(step.entry.received <= instant for step in done)
            if past not in folded:  # the whole fold, from the entries alone
                state = loop.fold(wells, "c", done[0].state.subject, AREA, [step.entry for step in done[:past]])
                folded[past] = lights.turns(wells, state, world)
            light = lights.light(folded[past], instant)
            assert light == lights.light(done[past - 1].turns, instant)
            compared += 1
            colours.add(light.colour)
    assert compared == 240 * 50
    assert colours == {"green", "yellow", "red"}


def test_a_second_plain_reckoning_by_counting_midnights_gives_the_same_colours(
    wells: Ledger, histories: list[list[Done]]
) -> None:
    compared = 0
    for number, done in enumerate(histories):
        dice = random.Random(number)
        state = done[-1].state
        turns = {t.clock: t for t in done[-1].turns}
        for _ in range(10):
            instant = state.entries[-1].received + timedelta(minutes=dice.randint(0, 60 * 1440))
            expected = driving.plain_whole(wells, state, instant)
            if expected is not None:
                assert turns["whole"].colour(instant) == expected, (number, instant)
                compared += 1
    assert compared > 500


def test_between_entries_a_light_only_gets_worse(histories: list[list[Done]]) -> None:
    for done in histories:
        instants = [done[-1].entry.received + timedelta(hours=7 * step) for step in range(120)]
        ranks = [("green", "yellow", "red").index(lights.light(done[-1].turns, instant).colour) for instant in instants]
        assert ranks == sorted(ranks)


def test_yellow_never_comes_after_red_and_neither_before_the_clock_runs(histories: list[list[Done]]) -> None:
    for step in (step for done in histories for step in done):
        for turn in step.turns:
            if turn.yellow_at is not None and turn.red_at is not None:
                assert turn.yellow_at <= turn.red_at
            assert turn.red_at is None or turn.red_at >= turn.since


@pytest.fixture
def zone() -> Iterator[None]:
    """Puts the process's time zone back."""
    before = os.environ.get("TZ")
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_the_time_zone_of_the_server_changes_no_light(
    wells: Ledger, library: Library, histories: list[list[Done]]
) -> None:
    world = World(library)
    for zone in ("America/New_York", "Pacific/Auckland"):
        os.environ["TZ"] = zone
        time.tzset()
        for done in histories[:40]:
            assert lights.turns(wells, done[-1].state, world) == done[-1].turns


INSTANTS = st.integers(0, 3 * 365 * 1440).map(lambda minutes: at("2020-01-01 00:00") + timedelta(minutes=minutes))


@settings(max_examples=150, deadline=None)
@drawn(
    INSTANTS,
    st.integers(1, 60),
    st.sampled_from(["days", "workdays"]),
    st.lists(st.integers(0, 40 * 1440), min_size=2, max_size=6),
)
def test_what_stood_still_is_served_afterwards_midnight_by_midnight(
    since: datetime, value: int, unit: str, cuts: list[int]
) -> None:
    marks = sorted(since + timedelta(minutes=minutes) for minutes in cuts)
    spanned = tuple((a, b) for a, b in zip(marks[::2], marks[1::2], strict=False) if a < b)
    still = history.Pauses(spanned)
    length = Duration(value, "days" if unit == "days" else "workdays")
    end = spans.limit_ends(since, length, PLAIN, still)
    assert end == start_of(day_of(end))
    served, midnight = 0, start_of(day_of(since) + timedelta(days=1))
    while served < value:
        midnight += timedelta(days=1)
        worked = unit == "days" or PLAIN.is_workday(day_of(midnight) - timedelta(days=1))
        served += worked and not still.holds(midnight)
    assert midnight == end


@settings(max_examples=100, deadline=None)
@drawn(INSTANTS, st.sampled_from(sorted(spans.PERIOD_TEXT)))
def test_periods_are_half_open_and_follow_each_other_without_a_gap(instant: datetime, period: str) -> None:
    day = day_of(instant)
    begins, ends = spans.period_of(day, period)  # type: ignore[arg-type]  # any of the periods
    assert begins <= day < ends
    assert spans.period_of(ends, period)[0] == ends  # type: ignore[arg-type]
    assert spans.period_of(ends - timedelta(days=1), period) == (begins, ends)  # type: ignore[arg-type]


def test_a_clock_that_stands_still_red_is_late_and_one_stopped_while_it_stood_is_judged_by_its_served_time(
    wells: Ledger, world: World
) -> None:
    state = ordered(wells, world, opened(wells, world, "2021-03-01 09:00"), "2021-03-02 09:00", "2021-03-10")
    late = mended(wells, world, state, "2021-04-05 10:00")
    assert lights.late(lights.turns(wells, late, world), at("2021-04-05 10:00"))["whole"] is True
    in_time = mended(wells, world, state, "2021-03-20 10:00")
    drop = loop.act(
        wells, in_time, "drop", actor("reviewer@town"), {"story": "误报"}, {}, Moment(at("2021-04-20 10:00")), world
    )
    assert lights.late(drop.turns, at("2021-04-20 10:00"))["whole"] is False
