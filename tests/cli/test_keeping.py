"""`taizhang backup`, `restore` and `doctor`, as whoever looks after an office PC uses them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from taizhang.core import chain
from taizhang.core.clock import Standing
from tests.cli.test_cli import taizhang
from tests.conftest import NOW

pytestmark = pytest.mark.sqlite  # what a server room does with PostgreSQL is tested beside the functions themselves


@pytest.fixture
def office(committed: Path, tmp_path: Path) -> Path:
    """A folder with the data and the key file of a founded district, as an office has it."""
    chain.found("410503", "北关区", clock=Standing(NOW))
    connection.close()
    shutil.copy(settings.ENVIRONMENT.key_file, tmp_path / "data.key")
    assert committed == tmp_path / "data"
    return tmp_path


def _backed_up(office: Path) -> Path:
    done = taizhang("backup", folder=office)
    assert done.returncode == 0, done.stderr
    (made,) = (office / "backups").iterdir()
    assert f"已备份到 {made}" in done.stdout
    return made


def test_a_backup_is_brought_back_onto_an_empty_machine(office: Path, tmp_path: Path) -> None:
    made = _backed_up(office)
    shutil.rmtree(office / "data")
    done = taizhang("restore", str(made), folder=office)
    assert done.returncode == 0, done.stderr
    told = json.loads(taizhang("verify", "--json", folder=office).stdout)
    assert (told["ok"], told["entries"]) == (True, 2)  # the genesis, and the entry that tells of the restore


@pytest.mark.slow
def test_a_restore_overwrites_nothing_unless_it_may_move_it_aside(office: Path) -> None:
    made = _backed_up(office)
    refused = taizhang("restore", str(made), folder=office)
    assert refused.returncode == 2
    assert "里已有数据，不会覆盖" in refused.stderr
    done = taizhang("restore", str(made), "--replace", folder=office)
    assert done.returncode == 0, done.stderr
    assert "原来的数据在" in done.stdout


def test_what_is_no_backup_is_refused(office: Path) -> None:
    done = taizhang("restore", "data", folder=office)
    assert (done.returncode, done.stderr) == (2, "data 不是备份。\n")


@pytest.mark.slow
def test_the_doctor_finds_what_must_be_mended(office: Path) -> None:
    _backed_up(office)
    well = taizhang("doctor", "--json", folder=office)
    assert [line for line in json.loads(well.stdout)["lines"] if line["level"] == "fail"] == []
    assert well.returncode == 0
    (office / "data").chmod(0o755)
    ill = taizhang("doctor", folder=office)
    assert ill.returncode == 1
    assert "不行 数据目录其他人也能进入" in ill.stdout


def test_the_doctor_keeps_out_of_a_directory_without_a_ledger(tmp_path: Path) -> None:
    assert taizhang("doctor", folder=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_screening_of_folders_that_are_not_there_is_refused_without_the_site(tmp_path: Path) -> None:
    words = ("screen", "--registers", "r", "--feeds", "f", "--date", "2021-12-20", "--out", "o")
    done = taizhang(*words, folder=tmp_path, DJANGO_SETTINGS_MODULE="no.such.settings")
    assert (done.returncode, done.stderr) == (2, "没有文件夹 r。\n")
