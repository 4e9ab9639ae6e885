"""`taizhang advance` and `taizhang sweep`."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from taizhang.core import chain
from taizhang.core.clock import Standing, of_district
from tests.cli.test_cli import taizhang
from tests.conftest import NOW
from tests.site import environment


@pytest.mark.parametrize(("demo", "code", "told"), [(True, 0, "现在是 "), (False, 2, "只有演示库能拨动时钟。\n")])
def test_only_the_clock_of_a_demo_moves(committed: Path, tmp_path: Path, demo: bool, code: int, told: str) -> None:
    chain.found("410503", "北关区", demo=demo, clock=Standing(NOW))
    before = of_district().now()
    connection.close()
    done = taizhang("advance", "6", folder=tmp_path, **environment(committed))
    assert done.returncode == code, done.stderr
    assert (done.stdout or done.stderr).startswith(told)
    assert (of_district().now() - before).days == (6 if demo else 0)


def test_a_sweep_with_nothing_to_do_says_nothing(committed: Path, tmp_path: Path) -> None:
    chain.found("410503", "北关区", clock=Standing(NOW))
    connection.close()
    done = taizhang("sweep", folder=tmp_path, **environment(committed))
    assert (done.returncode, done.stdout) == (0, "")
