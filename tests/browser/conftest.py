"""The demo district, built once as `make run` builds it, served, and looked at by Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.browser.people import Visitor

# Playwright's synchronous interface keeps an event loop running in this thread; the tests' own rows are written beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(scope="session")
def demo_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo district as it was built, which nobody serves; DEMO_DATA names one that was built before."""
    from tests.browser.people import environment

    if built := os.environ.get("DEMO_DATA"):
        return Path(built)
    place = tmp_path_factory.mktemp("built") / "data"
    command = [sys.executable, "-c", "from taizhang.cli import main; main()", "demo"]
    done = subprocess.run(
        command, env=environment(place), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return place


@pytest.fixture(scope="session")
def demo_data(demo_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo district, which is served and acted on."""
    place = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(demo_built, place)
    shutil.copy(f"{demo_built}.key", f"{place}.key")
    return place


@pytest.fixture(scope="session")
def demo(demo_data: Path) -> Iterator[str]:
    """The address of the served demo district."""
    from tests.browser.people import serving

    with serving(demo_data) as address:
        yield address


@pytest.fixture
def visit(demo: str, chromium: Any) -> Iterator[Callable[..., Visitor]]:
    """Log somebody in with a browser of their own: `visit("cun1")`, `visit("", javascript=False)` for nobody."""
    from tests.browser.people import PHONE, Visitor

    opened: list[Visitor] = []

    def enter(username: str, *, javascript: bool = True, phone: bool = False) -> Visitor:
        one = Visitor(chromium, demo, javascript=javascript, size=PHONE if phone else None)
        opened.append(one)
        if username:
            one.log_in(username)
        return one

    yield enter
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.close()
    assert faults == [], "what the browser complained about"
