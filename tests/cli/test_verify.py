"""`taizhang verify` as an auditor uses it, on a copy, without the site."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from django.db import connection

from taizhang.core import chain
from taizhang.core.clock import Standing
from tests.cli.test_cli import taizhang
from tests.conftest import NOW


@pytest.fixture
def copy(committed: Path) -> str:
    """A founded district; its database file, or its address."""
    chain.found("410503", "北关区", clock=Standing(NOW))
    connection.close()
    if connection.vendor == "sqlite":
        return str(committed / "taizhang.sqlite3")
    kept = connection.settings_dict
    return f"postgres://{kept['USER']}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"


def test_a_whole_copy_passes_and_names_its_head(copy: str, tmp_path: Path) -> None:
    done = taizhang("verify", copy, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["ok"], told["district"], told["entries"], told["faults"]) == (True, "410503", 1, [])
    again = taizhang("verify", copy, "--head", told["head"], folder=tmp_path)
    assert again.returncode == 0
    assert again.stdout.splitlines()[0] == "核对 1 条记录、0 个附件。与写入时一致。"


def test_a_head_that_was_kept_elsewhere_shows_a_cut_tail(copy: str, tmp_path: Path) -> None:
    done = taizhang("verify", copy, "--head", f"2:{'a' * 64}", folder=tmp_path, LC_ALL="en_GB.UTF-8")
    assert done.returncode == 1
    assert "The head kept elsewhere is entry 2; this copy ends at 1: its tail was cut." in done.stdout


def test_what_is_no_head_is_refused(copy: str, tmp_path: Path) -> None:
    done = taizhang("verify", copy, "--head", "yesterday", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "“yesterday”不是链头。写法：序号:64位摘要，例如 12:ab…。\n"


def test_what_is_no_copy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear auditor")
    done = taizhang("verify", "letter.txt", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "letter.txt 不能核对：既不是数据库也不是导出的链。\n"


@pytest.mark.sqlite  # on PostgreSQL only the owner of the database could change an entry
def test_a_changed_byte_fails_the_command(copy: str, tmp_path: Path) -> None:
    with sqlite3.connect(copy) as file:
        file.execute("DROP TRIGGER core_entry_no_update")
        file.execute("UPDATE core_entry SET body = replace(body, '北关区', '南关区')")
    file.close()
    done = taizhang("verify", copy, "--json", folder=tmp_path)
    assert done.returncode == 1
    assert {fault["code"] for fault in json.loads(done.stdout)["faults"]} == {"digest", "trigger"}
