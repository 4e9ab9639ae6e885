"""Bulletins: every figure counted and frozen, counted again as known then, and what a correction has changed since."""

from __future__ import annotations

import json
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from taizhang.core import editions
from taizhang.core.models import Entry
from taizhang.core.moves import bulletins as moves
from taizhang.core.moves import cases
from taizhang.core.queries import bulletins
from taizhang.kit.refusal import Refusal
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import VILLAGE, County

pytestmark = pytest.mark.django_db
LIBRARY = Path(__file__).parents[2] / "library" / "ledgers"
TODAY = date(2021, 12, 20)


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county with the library's ledgers and three civic requests, one of them planned."""
    made = counties.build(clock)
    editions.install(clock=clock, folder=LIBRARY)
    return made


def ask(county: County, words: str = "井盖松动") -> uuid.UUID:
    given = {"kind": "LIGHTING", "words": words}
    return cases.open_case(
        county.who("cadre"), "civil_requests", "ask", subject=VILLAGE, given=given, clock=county.clock
    ).case


def publish(county: County, template: str = "monthly", on: date = TODAY) -> bulletins.Published:
    county.clock.advance(minutes=1)
    entry = moves.publish(county.who("lead"), template, on=on, clock=county.clock)
    county.clock.advance(minutes=1)
    return bulletins.one(county.who("lead"), entry)


def figure(found: bulletins.Published, name: str) -> bulletins.Counted:
    return next(one for one in found.figures if one.id == name)


def test_a_published_figure_opens_to_exactly_the_records_counted(county: County) -> None:
    made = {ask(county), ask(county)}
    found = publish(county)
    later = ask(county)
    assert (figure(found, "civic-open").value, figure(found, "civic-open").records) == ("2", 2)
    counted, rows = bulletins.records(county.who("lead"), found, "civic-open")
    assert ({row.id for row in rows}, counted.value) == (made, "2")
    assert later not in {row.id for row in rows}
    _, seen_by_stranger = bulletins.records(county.who("stranger"), found, "civic-open")
    assert seen_by_stranger == ()


def test_what_changes_later_leaves_the_bulletin_and_is_said_beside_it(county: County) -> None:
    first = ask(county)
    found = publish(county)
    assert bulletins.changes(found) == ()
    county.clock.advance(hours=1)
    cases.act(county.who("reviewer"), first, "refuse", given={"reason": "属邻县"}, clock=county.clock)
    again = bulletins.one(county.who("lead"), found.id)
    assert again == found
    (changed,) = bulletins.changes(again)
    assert (changed.figure.id, changed.figure.value, changed.now.value, changed.same_then) == (
        "civic-open",
        "1",
        "0",
        True,
    )


def test_a_corrected_record_is_counted_as_known_then_and_as_known_now(county: County) -> None:
    case = ask(county)
    county.clock.advance(minutes=1)
    done = cases.act(county.who("reviewer"), case, "refuse", given={"reason": "属邻县"}, clock=county.clock)
    found = publish(county)
    county.clock.advance(hours=1)
    cases.annul(county.who("reviewer"), case, done.n, reason="看错了地点", clock=county.clock)
    assert bulletins.one(county.who("lead"), found.id).values == found.values
    (changed,) = bulletins.changes(found)
    assert (changed.figure.value, changed.now.value, changed.same_then) == ("0", "1", True)


def test_the_same_day_counted_again_gives_the_same_figures(county: County) -> None:
    ask(county)
    template = bulletins.templates()["monthly"]
    known = county.clock.now()
    county.clock.advance(days=3)
    before = bulletins.count(template, TODAY, None)
    ask(county)
    assert bulletins.count(template, TODAY, None) == before
    assert {one.id: one.value for one in bulletins.count(template, TODAY, known)}["civic-open"] == "0"


def test_the_entry_holds_words_days_values_and_digests_and_the_lead_office_alone_makes_it(county: County) -> None:
    ask(county)
    found = publish(county)
    says: dict[str, Any] = json.loads(Entry.objects.get(pk=found.id).body)["says"]
    assert says["say"] == list(bulletins.templates()["monthly"].say)
    assert {len(row["digest"]) for row in says["figures"]} == {64}
    assert {row["on"] for row in says["figures"]} == {"2021-12-20"}
    with pytest.raises(Refusal):
        moves.publish(county.who("reviewer"), "monthly", on=TODAY, clock=county.clock)
    with pytest.raises(Refusal, match="还没到这一天"):
        moves.publish(county.who("lead"), "monthly", on=date(2021, 12, 21), clock=county.clock)


def test_every_place_of_every_template_is_a_figure_that_is_counted(county: County) -> None:
    for template in bulletins.templates().values():
        counted = bulletins.count(template, TODAY, None)
        assert [one.id for one in counted] == list(template.places)
        assert len(counted) >= 8


def test_the_papers_say_the_text_with_its_figures(county: County) -> None:
    ask(county)
    found = publish(county)
    document = pypdfium2.PdfDocument(bulletins.paper(found, "pdf").content)
    text = "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "")
    assert "未解决的城市文明诉求1件" in text
    assert bulletins.paper(found, "docx").content[:2] == b"PK"
