"""A small library and a ledger that is in neither newspaper page, for the tests of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from taizhang.ledger import library as libraries
from taizhang.ledger import shelf
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def library() -> Library:
    """Roles, policy numbers, a catalogue and a calendar, all invented."""
    return libraries.read(HERE / "library")


@pytest.fixture(scope="session")
def wells(library: Library) -> Ledger:
    """The ledger of wells that failed their test."""
    return shelf.load(HERE / "ledgers", library=library)["well_water"]
