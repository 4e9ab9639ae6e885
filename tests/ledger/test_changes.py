"""Acts that record only what changed: the last answers stand, and nothing changed is one step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from taizhang.ledger import forms, library, loop, shelf
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Moment, State
from taizhang.ledger.worlds import LibraryWorld
from tests.ledger.driving import AREA, actor, at

SIX = dict.fromkeys(("food", "clothing", "education", "medical", "housing", "water"), True)
LIBRARY = Path(__file__).resolve().parents[2] / "library"


@pytest.fixture(scope="module")
def shelved() -> shelf.Shelf:
    return shelf.load(LIBRARY / "ledgers", library=library.read(LIBRARY))


@pytest.fixture
def pairing(shelved: shelf.Shelf) -> Ledger:
    return shelved["pairing"]


@pytest.fixture
def world(shelved: shelf.Shelf) -> LibraryWorld:
    return LibraryWorld(shelved.library)


def visited(law: Ledger, state: State, world: LibraryWorld, day: str, given: Mapping[str, object]) -> loop.Done:
    helper = loop.Actor("h", "周帮", None, frozenset({"@helper"}), "周帮")
    return loop.act(law, state, "visit", helper, given, {}, Moment(at(f"{day} 15:00")), world)


@pytest.fixture
def once(pairing: Ledger, world: LibraryWorld) -> State:
    """A pair whose helper has answered all six on 12 October."""
    given = {"helper": "周帮", "unit": "water", "since": "2021-09-28"}
    home = {"id": "H", "former_poor": True}
    moment = Moment(at("2021-09-28 09:00"))
    state = loop.open_case(pairing, "pair", actor("lead@district"), home, AREA, given, {}, moment, world).state
    return visited(pairing, state, world, "2021-10-12", SIX).state


def test_the_first_answers_are_all_recorded_and_are_no_changes(once: State) -> None:
    assert once.entries[-1].fields == SIX
    assert once.entries[-1].own["changes"] == 0


def test_nothing_changed_is_one_step_that_records_nothing_else(
    pairing: Ledger, once: State, world: LibraryWorld
) -> None:
    for given in ({}, SIX):
        entry = visited(pairing, once, world, "2021-11-09", given).entry
        assert (entry.fields, entry.own) == ({}, {"changes": 0})


def test_only_what_differs_is_recorded_and_it_is_counted(pairing: Ledger, once: State, world: LibraryWorld) -> None:
    with pytest.raises(loop.Refused, match="有变化的请写明是什么"):
        visited(pairing, once, world, "2021-11-09", {"water": False})
    done = visited(pairing, once, world, "2021-11-09", {**SIX, "water": False, "note": "水管冻裂"})
    assert done.entry.fields == {"water": False}
    assert done.entry.own == {"changes": 1, "note": "水管冻裂"}
    assert done.state.fields["food"] is True
    assert [fact.value for fact in done.facts if fact.indicator == "changes"] == [1]


def test_the_form_shows_each_answer_with_its_day(pairing: Ledger, once: State, world: LibraryWorld) -> None:
    later = visited(pairing, once, world, "2021-11-09", {"water": False, "note": "水管冻裂"}).state
    told = {field.key: (field.known_value, str(field.known_on)) for field in forms.form(pairing, "visit", later, world).fields}  # fmt: skip
    assert told["food"] == (True, "2021-10-12")
    assert told["water"] == (False, "2021-11-09")
    assert told["note"] == (None, "None")
