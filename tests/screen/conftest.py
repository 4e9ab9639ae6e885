"""A fresh county for every test of screening."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screen.county import County


@pytest.fixture
def county(tmp_path: Path) -> County:
    """A county without people."""
    return County(tmp_path)
