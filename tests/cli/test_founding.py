"""`taizhang found`: a real district in an empty folder, as whoever installs it does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_cli import taizhang

pytestmark = pytest.mark.sqlite
NAMES = ("--administrator", "沈立夏", "--administrator", "钟芒种", "--administrator", "祁小寒")


@pytest.mark.slow
def test_a_real_district_is_founded_once_with_three_administrators_and_a_whole_chain(tmp_path: Path) -> None:
    done = taizhang("found", "410503", "北关区", *NAMES, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "131 个区划" in done.stdout
    slips = re.findall(r"^  (\S+) +(\S+)  (\S{4}-\S{4}-\S{4})$", done.stdout, re.MULTILINE)
    assert [(name, person) for name, person, _ in slips] == [
        ("system-admin", "沈立夏"), ("security-admin", "钟芒种"), ("auditor", "祁小寒"),
    ]  # fmt: skip
    assert len({password for *_, password in slips}) == 3
    assert json.loads(taizhang("verify", "--json", folder=tmp_path).stdout)["ok"] is True
    again = taizhang("found", "410503", "北关区", *NAMES, folder=tmp_path)
    assert (again.returncode, again.stderr.strip()) == (2, "本库已有县区。")


def test_one_person_cannot_be_all_three_administrators(tmp_path: Path) -> None:
    done = taizhang("found", "410503", "北关区", *NAMES[:2], folder=tmp_path)
    assert done.returncode == 2
    assert "请给出三个人" in done.stderr
    assert not (tmp_path / "data").exists()
