"""Fixtures of the pages' tests; the rows they stand on are made in `scene`, which needs Django's settings first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from taizhang.core.models import Household
    from tests.client import Client
    from tests.district import SmallDistrict


@pytest.fixture
def people(db: None) -> SmallDistrict:
    """The demo district at 20 December 2021, 09:00."""
    from tests.web import scene

    return scene.people()


@pytest.fixture
def household(people: SmallDistrict) -> Household:
    """One household."""
    from tests.web import scene

    return scene.household()


@pytest.fixture
def clue(people: SmallDistrict, household: Household) -> UUID:
    """A clue on it."""
    from tests.web import scene

    return scene.clue(people, household)


@pytest.fixture
def enter(people: SmallDistrict) -> Callable[[str], Client]:
    """Log somebody in by the key of their post."""
    from tests.web import scene

    return lambda key: scene.entered(people, key)
