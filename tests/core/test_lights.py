"""A light is the same from the pure loop, in a list and on a page: random histories, many instants, two time zones."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from taizhang.core import access, editions, folding, subjects
from taizhang.core.models import Case
from taizhang.core.moves import cases
from taizhang.core.queries import case as pages
from taizhang.core.queries import lists, shown
from taizhang.core.world import CaseWorld
from taizhang.kit.refusal import Refusal
from taizhang.ledger import lights
from tests.conftest import NOW, FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db
HISTORIES, INSTANTS = 200, 50
STEPS = (
    ("cadre", "look"), ("cadre", "post"), ("reviewer", "object"), ("reviewer", "dismiss"), ("reviewer", "uphold"),
    ("reviewer", "back"), ("lead", "decide"), ("cadre", "visit"), ("lead", "finish"), ("cadre", "again"), ("reviewer", "drop"),
)  # fmt: skip


@pytest.fixture(params=["Asia/Shanghai", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The time zone of the server's process."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def given(county: County, act: str) -> dict[str, Any]:
    """What an act asks for."""
    if act == "look":
        return {"depth": 30, "cost": 90_000, "second": county.account("second_cadre")}
    return (
        {"reason": "理由"}
        if act in ("object", "uphold", "back", "drop")
        else {"note": "记录"}
        if act in ("again", "visit")
        else {}
    )


def lived(county: County, chance: random.Random) -> cases.Acted:
    """A history of up to eight acts that were allowed, at odd hours, some entered late."""
    county.clock.instant = NOW + timedelta(minutes=chance.randrange(60 * 24 * 30))
    opened = county.ask(county.household())
    for _ in range(chance.randrange(9)):
        county.clock.advance(
            minutes=chance.choice([3, 60 * 7, 60 * 24, 60 * 24 * 2, 60 * 24 * 6]) + chance.randrange(300)
        )
        back = timedelta(hours=chance.choice([0, 0, 5, 40, 90]))
        law, stage = editions.current("wells"), Case.objects.values_list("stage", flat=True).get(pk=opened.case)
        possible = [(key, act) for key, act in STEPS if stage in law.acts[act].from_]
        for key, act in chance.sample(possible, len(possible)):
            happened = max(county.clock.now() - back, Case.objects.get(pk=opened.case).opened)
            try:
                county.act(key, opened.case, act, given=given(county, act), happened=happened)
                break
            except Refusal:
                continue
        for child in Case.objects.filter(parent=opened.case, closed=None):
            organisation = child.parties.get().organisation
            if organisation is not None and chance.random() < 0.7:
                cases.act(county.who(organisation.code), child.pk, "answer", given={"found": "无"}, clock=county.clock)
    return opened


def instants(case: Case, now: datetime, chance: random.Random) -> list[datetime]:
    """Fifty instants from the last entry on, the turning instants themselves and a moment before them among these."""
    turning = [at for turn in case.turns.all() for at in (turn.yellow_at, turn.red_at) if at is not None]
    edges = [at + shift for at in turning for shift in (timedelta(microseconds=-1), timedelta())]
    near = [at for at in edges if at >= now][: INSTANTS // 2]
    return near + [now + timedelta(minutes=chance.randrange(60 * 24 * 60)) for _ in range(INSTANTS - len(near))]


@pytest.mark.slow
def test_the_loop_the_list_and_the_case_agree_on_every_light(clock: FixedClock, zone: str) -> None:
    county = counties.build(clock)
    chance = random.Random(20211220)
    compared = {"green": 0, "yellow": 0, "red": 0}
    pages_read = 0
    lead = county.who("lead")
    for number in range(HISTORIES // 2):  # each of the two time zones lives half of the two hundred
        opened = lived(county, random.Random(f"{zone} {number}"))
        case = Case.objects.get(pk=opened.case)
        law, now = editions.pinned(case.edition_id), county.clock.now()
        state = folding.state(case, law, now)
        turns = lights.turns(law, state, CaseWorld(subjects.of_case(case), now, case.pk))
        asked = instants(case, now, chance)
        columns = {f"at_{at}": shown.light(instant) for at, instant in enumerate(asked)}
        listed = access.cases_for(lead).filter(pk=case.pk).annotate(**columns).values(*columns).get()
        for at, instant in enumerate(asked):
            pure = lights.light(turns, instant).colour
            assert (listed[f"at_{at}"], shown.colour(case, instant)) == (pure, pure), (case.number, instant)
            compared[pure] += 1
        for instant in asked[:: INSTANTS // 3]:
            assert pages.page(lead, case.pk, instant).light == lights.light(turns, instant).colour
            pages_read += 1
    assert sum(compared.values()) == HISTORIES // 2 * INSTANTS
    assert all(count > 100 for count in compared.values()), compared
    assert pages_read == HISTORIES // 2 * 4


def test_a_list_filtered_by_light_holds_exactly_the_cases_of_that_light(clock: FixedClock) -> None:
    county = counties.build(clock)
    for number in range(20):
        lived(county, random.Random(number))
    instant = county.clock.now() + timedelta(days=4)
    lead = county.who("lead")
    everything = lists.page(lead, "wells", lists.Filters(), instant)
    for light in ("green", "yellow", "red"):
        narrowed = lists.page(lead, "wells", lists.Filters(light=light), instant)
        assert {row.case for row in narrowed.rows} == {row.case for row in everything.rows if row.light == light}
    assert sum(board.total for board in everything.board) == everything.total
