"""`taizhang figures --json`, in the shape that other programs read."""

from __future__ import annotations

import json
from pathlib import Path

from django.db import connection

from taizhang.core import chain, editions
from taizhang.core.clock import Standing
from tests.cli.test_cli import taizhang
from tests.conftest import NOW
from tests.site import environment


def test_an_empty_district_counts_nothing_and_says_so(committed: Path, tmp_path: Path) -> None:
    chain.found("410503", "北关区", clock=Standing(NOW))
    editions.install(clock=Standing(NOW))
    connection.close()
    done = taizhang("figures", "--json", folder=tmp_path, **environment(committed))
    assert done.returncode == 0, done.stderr
    told = {figure["id"]: figure for figure in json.loads(done.stdout)["figures"]}
    assert told["monitored-households"] == {
        "id": "monitored-households", "value": 0, "wanted": 92, "least": False, "on": "2021-12-14", "records": 0,
    }  # fmt: skip
    assert told["disabled-share"]["wanted"] == 18.1
