"""`taizhang ledger`, as the author of a ledger uses it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.db import connection

from taizhang.core.models import Case
from tests.cli.test_cli import taizhang
from tests.conftest import ROOT, FixedClock
from tests.core import county as counties
from tests.core import renewed
from tests.site import environment


def test_the_library_that_is_shipped_has_no_fault(tmp_path: Path) -> None:
    done = taizhang("ledger", "check", "--json", folder=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["faults"]) == (0, [])
    assert {"household_monitoring", "comparison", "village_problems", "register"} <= {
        ledger["name"] for ledger in told["ledgers"]
    }
    assert [ledger for ledger in told["ledgers"] if ledger["stories"] == 0] == []


def test_every_fault_is_printed_with_its_line_and_the_command_fails(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("ledger: broken\nversion: one\nzh: 坏\nen: Broken\ncolour: red\n")
    done = taizhang("ledger", "check", "broken.yaml", folder=tmp_path)
    assert done.returncode == 1
    assert {line.split(":")[1] for line in done.stdout.splitlines() if line.startswith("broken.yaml:")} >= {"2", "5"}
    assert done.stdout.splitlines()[-1].startswith("1 本台账")


def test_a_wrong_paper_of_the_library_is_a_fault_too(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "library", tmp_path / "library")
    card = tmp_path / "library" / "papers" / "household_card.yaml"
    card.write_text(
        card.read_text(encoding="utf-8").replace("household.head_number", "pairing.reason"), encoding="utf-8"
    )
    done = taizhang("ledger", "check", folder=tmp_path, TAIZHANG_LIBRARY=str(tmp_path / "library"))
    assert done.returncode == 1
    assert "household_card.yaml:" in done.stdout
    assert "不能印在放到农户手中的文书上" in done.stdout


def test_a_folder_without_ledgers_has_shown_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert taizhang("ledger", "check", "empty", folder=tmp_path).returncode == 1


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_newer_ledger_is_previewed_then_installed_with_its_open_cases_and_the_chain_is_whole(
    committed: Path, clock: FixedClock, tmp_path: Path
) -> None:
    county = counties.build(clock)
    county.ask(county.household())
    connection.close()
    library = tmp_path / "library"
    shutil.copytree(ROOT / "library", library, ignore=shutil.ignore_patterns("ledgers"))
    shutil.copytree(counties.LEDGERS, library / "ledgers")
    there = {**environment(committed), "TAIZHANG_LIBRARY": str(library), "LC_ALL": "zh_CN.UTF-8"}

    def run(*words: str, text: str) -> subprocess.CompletedProcess[str]:
        (library / "ledgers" / "wells.yaml").write_text(text, encoding="utf-8")
        return taizhang(*words, folder=tmp_path, **there)

    wrong = run("ledger", "install", text=renewed.text(renewed.SECOND, (("stages: {seen: checked}, ", ""),)))
    assert (wrong.returncode, "环节“已核查”（seen）现在没有了" in wrong.stderr) == (2, True)
    second = renewed.text(renewed.SECOND)
    preview = run("ledger", "install", "--preview", text=second)
    assert preview.stdout.startswith("水井核查：第 1 版在办 1 件，转到第 2 版；"), preview.stderr
    assert Case.objects.get().edition.version == 1
    done = run("ledger", "install", text=second)
    assert (done.returncode, "1 件事项转到新版" in done.stdout) == (0, True), done.stderr
    connection.close()
    assert Case.objects.get().edition.version == 2
    assert taizhang("verify", folder=tmp_path, **there).returncode == 0
    assert "0 件事项转到新版" in run("ledger", "install", text=second).stdout


def test_a_check_against_an_older_edition_says_what_has_no_place(tmp_path: Path) -> None:
    (tmp_path / "older.yaml").write_text(renewed.text(), encoding="utf-8")
    shutil.copytree(counties.LEDGERS, tmp_path / "ledgers")
    for words, told in (
        ((), "0 处错误"),
        (
            (("acts: {look: inspect, again: null}, ", ""),),
            "“再次提醒”（again）现在没有了：请在 upgrade 里写 acts: {again: …}",
        ),
    ):
        (tmp_path / "ledgers" / "wells.yaml").write_text(renewed.text(renewed.SECOND, words), encoding="utf-8")
        done = taizhang("ledger", "check", "ledgers", "--older", "older.yaml", folder=tmp_path, LC_ALL="zh_CN.UTF-8")
        assert (told in done.stdout, done.returncode) == (True, 1 if words else 0), done.stdout
