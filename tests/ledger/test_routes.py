"""The usual way through a ledger, and what stands beside it."""

from __future__ import annotations

from pathlib import Path

from taizhang.ledger import library, routes, shelf

LIBRARY = Path(__file__).parents[2] / "library"


def _shelf() -> shelf.Shelf:
    return shelf.load(LIBRARY / "ledgers", library=library.read(LIBRARY))


def test_the_usual_way_of_a_clue_leads_to_watching_and_passes_no_return_and_no_refusal() -> None:
    law = _shelf()["household_monitoring"]
    assert routes.ahead(law, "clue") == (
        "visited", "authorised", "reviewed", "posted", "at_county", "approved", "watched",
    )  # fmt: skip
    assert routes.ahead(law, "watched") == ()
    assert routes.ahead(law, "to_tell") == ("not_eligible",)


def test_an_objection_that_is_decided_leads_back_to_the_notice_and_on() -> None:
    law = _shelf()["household_monitoring"]
    assert routes.onward(law, "objected") == ("dismiss_objection", "uphold_objection")
    assert routes.ahead(law, "objected")[:2] == ("posted", "at_county")


def test_while_the_village_must_review_the_town_has_nothing_that_leads_on() -> None:
    law = _shelf()["household_monitoring"]
    assert routes.onward(law, "authorised") == ("review",)
    assert law.acts["review"].by == ("cadre@village",)
