"""Driving the ledger of wells through random histories, and a second, plain reckoning of some of its lights."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from taizhang.kit.days import Calendar, day_of, start_of
from taizhang.ledger import loop, needs
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Actor, Children, Done, Moment, Refused, State

AREA = "410503001001"
HANDS = ("李兰", "王静", "周民", "孙工")


@dataclass
class World:
    """A world made of the test library."""

    library: Library
    figures: Mapping[str, int] = field(default_factory=dict)

    @property
    def calendar(self) -> Calendar:
        """The library's."""
        return self.library.calendar

    def policy(self, name: str, area: str, day: date) -> int | str | None:
        """The library's."""
        return self.library.policy(name, area, day)

    def total(self, indicator: str, window: str | None) -> int:
        """What the test says was counted."""
        return self.figures.get(indicator, 0)

    def children(self, ledger: str) -> Children:
        """None."""
        return Children()

    def rows(self, catalogue: str, day: date) -> Sequence[Mapping[str, str]]:
        """The library's."""
        return self.library.catalogues[catalogue].in_force(day)

    def things(self, register: str, area: str, day: date) -> Sequence[Mapping[str, Any]]:
        """None."""
        return ()

    def recent(self, ledger: str, since: datetime) -> frozenset[str]:
        """None."""
        return frozenset()

    def seed(self) -> int:
        """Always the same."""
        return 1


def actor(*hats: str, person: str = "李兰", org: str | None = None) -> Actor:
    """Somebody with these hats."""
    return Actor(person, person, org, frozenset(hats), person)


def at(text: str) -> datetime:
    """District time, as `2021-03-01 09:00`, in UTC."""
    return datetime.fromisoformat(text + "+08:00").astimezone(UTC)


def given(ledger: Ledger, act: str, dice: random.Random, day: date) -> dict[str, Any]:
    """Values for what an act asks, mostly right, sometimes lacking or wrong."""
    values: dict[str, Any] = {
        "pollutant": dice.choice(["nitrate", "coliform", "arsenic", "gold"]),
        "reading": dice.choice(["0.4", "12.5", "3"]),
        "found_on": (day - timedelta(days=dice.randint(-1, 3))).isoformat(),
        "users": dice.choice([1, 12, 500, 501]),
        "story": "井台开裂",
        "mender": "water_co",
        "mend_by": (day + timedelta(days=dice.randint(0, 12))).isoformat(),
        "boiled": dice.random() < 0.8,
        "cost": dice.choice([100_00, 20_000_00, 20_000_01]),
        "signers": dice.choice([["health"], ["health", "water"]]),
        "income": dice.choice([5_000_00, 7_000_00]),
        "depth": "3.2",
    }
    spec = ledger.acts[act]
    wanted = {key: values[key] for key in (*spec.asks, *spec.entry) if key in values and dice.random() < 0.95}
    return wanted | {key: values[key] for key in spec.may if key in values and dice.random() < 0.3}


def history(ledger: Ledger, world: World, seed: int, tries: int = 60) -> list[Done]:
    """A random history: acts by right and wrong hands at random times; the refused ones leave no trace."""
    dice = random.Random(seed)
    now = at("2021-01-04 09:00") + timedelta(hours=dice.randint(0, 4000))
    done: list[Done] = []
    state: State | None = None
    opening = dice.choice(["report", "report", "report", "follow"])
    for _ in range(tries):
        act = (
            opening
            if state is None
            else dice.choice([name for name in ledger.acts if ledger.acts[name].opens is False])
        )
        hats = frozenset(ledger.acts[act].by) if dice.random() < 0.95 else frozenset({"auditor@district"})
        who = Actor("x", dice.choice(HANDS), dice.choice(["health", "water", None]), hats, "x")
        happened = now - timedelta(hours=dice.randint(0, 100)) if dice.random() < 0.2 else None
        moment = Moment(now, happened)
        pieces = {"photo": dice.randint(0, 3)}
        values = given(ledger, act, dice, day_of(now))
        try:
            if state is None:
                step = loop.open_case(
                    ledger, act, who, {"id": "H1", "members": 3}, AREA, values, pieces, moment, world, case="c"
                )
            else:
                step = loop.act(ledger, state, act, who, values, pieces, moment, world)
        except Refused:
            continue
        state = step.state
        done.append(step)
        now += timedelta(minutes=dice.choice([0, 1, 90, 600, 1440, 5000, 20000]))
        if state.closed is not None:
            break
    return done


def resting(state: State, ledger: Ledger, instant: datetime) -> str:
    """The stage at an instant, read off the entries."""
    stage = ""
    for entry in state.entries:
        if entry.received <= instant:
            stage = ledger.acts[entry.act].to or stage
    return stage


def plain_whole(ledger: Ledger, state: State, now: datetime) -> str | None:
    """The colour of clock `whole` (30 days, still while waiting, reminder of 5) by counting midnights one by one."""
    if any(
        entry.act in ("close", "drop") or needs.stages_of(ledger, ledger.acts[entry.act]) == ()
        for entry in state.entries
    ):
        return None
    if ledger.stages[state.stage].end:
        return None
    if state.stage == "waiting":  # it keeps the colour it had when it stopped to count
        entered = [e.received for e in state.entries if e.act == "mended"][-1]
        if day_of(now) != day_of(entered) or now > entered:
            now = entered
    passed, midnight = 0, start_of(day_of(state.opened) + timedelta(days=1))
    while midnight <= now:
        held = resting(state, ledger, midnight)
        inside = held == "waiting" and not any(e.received == midnight and e.act != "mended" for e in state.entries)
        passed += not inside
        midnight += timedelta(days=1)
    return "red" if passed >= 31 else "yellow" if passed >= 26 else "green"
