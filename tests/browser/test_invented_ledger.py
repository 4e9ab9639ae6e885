"""A ledger that no district has works in the site by adding one file: checked, put in force, opened, acted on, listed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser.people import Visitor, environment, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FILE = Path(__file__).parent / "street_lamps.yaml"


def taizhang(data: Path, library: Path, *words: str) -> str:
    """A command over a data directory and a library; what it printed."""
    command = [sys.executable, "-c", "from taizhang.cli import main; main()", *words]
    variables = environment(data) | {"TAIZHANG_LIBRARY": str(library)}
    done = subprocess.run(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def place(demo_data: Path, library_folder: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the demo's data and a library with one file more."""
    data, library = tmp_path / "data", tmp_path / "library"
    data.mkdir(mode=0o700)
    with (
        sqlite3.connect(demo_data / "taizhang.sqlite3") as source,
        sqlite3.connect(data / "taizhang.sqlite3") as target,
    ):
        source.backup(target)
    shutil.copy(f"{demo_data}.key", f"{data}.key")
    shutil.copytree(library_folder, library)
    shutil.copy(FILE, library / "ledgers")
    return data, library


def test_a_ledger_found_in_no_book_works_by_adding_one_file(place: tuple[Path, Path], chromium: Any) -> None:
    data, library = place
    checked = taizhang(data, library, "ledger", "check", str(library / "ledgers" / FILE.name))
    assert checked.strip() == "1 本台账，讲了 1 个例子，0 处错误。"
    taizhang(data, library, "ledger", "install")
    with serving(data, TAIZHANG_LIBRARY=str(library)) as address:
        cadre, town = Visitor(chromium, address), Visitor(chromium, address)
        cadre.log_in("cun1")
        town.log_in("zhen")
        cadre.go("/ledgers/street-lamps/open/report/")
        cadre.page.locator("main a[href*='subject=']").first.click()
        cadre.page.wait_for_selector("#act")
        cadre.fill({"place": "村口老槐树下", "dark": "3"})
        assert "已办：报修路灯" in cadre.send()
        case = cadre.page.url
        assert "LD-2021-0001" in cadre.reads("/ledgers/street-lamps/")
        assert any("修好路灯" in title and light.startswith("按期") for title, light in town.owes().items())
        assert "已办：修好路灯" in town.act(case, "mend", {"done": "换了三个灯泡"})
        assert "LD-2021-0001" in town.reads("/ledgers/street-lamps/?scope=closed")
        told = town.reads("/help/street-lamps/")
        assert "报修路灯" in told
        assert "5 天" in told or "5天" in told
        faults = [*cadre.faults, *town.faults]
        cadre.close()
        town.close()
    assert faults == []
