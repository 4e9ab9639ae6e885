"""The light on a case's page and in its ledger's list is the light of the pure loop, wherever the server stands."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection

from taizhang.core import editions, folding, subjects
from taizhang.core.models import Case, District
from taizhang.core.world import CaseWorld
from taizhang.ledger import lights
from taizhang.ledger.state import Turn
from tests.client import Client
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.test_lights import lived, zone
from tests.web import scene

__all__ = ["zone"]  # the fixture: the server's process in Shanghai, and in Los Angeles
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FEW = 20
PAIRS = 250  # of a case and an instant, in each of two time zones; fewer where the database is asked nothing new
NEAR = timedelta(seconds=3)  # a page takes its instant when it is asked for, so an edge is tried just beside it
SHOWN = re.compile(r'class="light light-(\w+)')


def turns_of(case: Case, now: datetime) -> Sequence[Turn]:
    """The clocks of a case by the pure loop, folded from its entries alone."""
    law = editions.pinned(case.edition_id)
    return lights.turns(law, folding.state(case, law, now), CaseWorld(subjects.of_case(case), now, case.pk))


def expected(turns: Sequence[Turn], at: datetime) -> str:
    """The colour that a page shows at an instant; no colour where nothing is owed any more."""
    light = lights.light(turns, at)
    return light.colour if light.clock is not None else "none"


def instants(turns: Sequence[Turn], now: datetime, chance: random.Random) -> list[datetime]:
    """Instants from the last entry on: both sides of a turning one, and some at random."""
    running = [turn for turn in turns if turn.stopped_at is None]
    edges = [at for turn in running for at in (turn.yellow_at, turn.red_at) if at is not None and at > now + NEAR]
    if not edges:
        return [now + timedelta(days=2)]  # nothing is owed any more, or all of it is late
    near = [at + side for at in chance.sample(edges, min(2, len(edges))) for side in (-NEAR, NEAR)]
    return [*near, now + (max(edges) - now) * chance.random() / 2, max(edges) + timedelta(days=chance.randrange(1, 9))]


def set_clock(at: datetime) -> None:
    """Let the district's clock show an instant; it ticks on."""
    District.objects.update(clock_offset=round((at - datetime.now(UTC)).total_seconds()))


def test_a_case_page_and_a_list_show_the_light_of_the_loop(clock: FixedClock, zone: str) -> None:
    county = counties.build(clock, demo=True)
    client = scene.entered(county, "lead")
    chance = random.Random(zone)
    compared = {"green": 0, "yellow": 0, "red": 0, "none": 0}
    wanted_pairs = PAIRS if connection.vendor == "sqlite" else PAIRS // 5
    for number in count():
        if sum(compared.values()) >= wanted_pairs:
            break
        opened = lived(county, random.Random(f"page {zone} {number}"))
        case, now = Case.objects.get(pk=opened.case), county.clock.now()
        turns = turns_of(case, now)
        if not any(turn.stopped_at is None for turn in turns) and compared["none"] >= FEW:
            continue  # enough of those that owe nothing any more
        for at in instants(turns, now, chance):
            set_clock(at)
            wanted = expected(turns, at)
            assert seen(client, case) == (wanted, wanted), (zone, case.number, at)
            compared[wanted] += 1
    assert all(compared[colour] >= wanted_pairs // 10 for colour in ("green", "yellow", "red")), compared


def seen(client: Client, case: Case) -> tuple[str, str]:
    """The colour in the head of the case's page, and in its row of the list."""
    page = client.get(f"/cases/{case.pk}/").content.decode()
    rows = client.get("/ledgers/wells/", {"q": case.number, "scope": "all"}).content.decode()
    head = SHOWN.search(page, page.index("<h1>"))
    row = rows[rows.index(f'href="/cases/{case.pk}/"') :].partition("</tr>")[0]
    listed = SHOWN.search(row)
    assert head is not None
    return head[1], listed[1] if listed else "none"
