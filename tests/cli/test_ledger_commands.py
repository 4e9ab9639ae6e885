"""`taizhang ledger`, as the author of a ledger uses it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_cli import taizhang


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


def test_a_folder_without_ledgers_has_shown_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert taizhang("ledger", "check", "empty", folder=tmp_path).returncode == 1
