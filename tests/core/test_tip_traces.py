"""The disk after two tips that differ only in who sent them and where from: byte for byte the same, but for what is random."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.client import Client
from tests.conftest import FixedClock
from tests.core.test_tips import discipline_county

SENDERS = (
    ({"words": "村里的路灯款去向不明", "contact": "13800001111"}, "203.0.113.7", "OldPhone/1"),
    ({"words": "短" * 400, "contact": "某村某人，晚上来"}, "198.51.100.9", "Desktop/99"),
)
RANDOM = {"core_tip": ("id", "digest", "wrapped"), "core_tipword": ("id", "tip_id", "cipher")}
NEAR = 4  # equal bytes between two that differ by chance: one piece


def pieces(one: bytes, other: bytes) -> Iterator[tuple[int, int]]:
    """Where two equally long files differ, as spans."""
    at = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left != right]
    begins = last = at[0] if at else 0
    for place in at[1:]:
        if place - last > NEAR:
            yield begins, last + 1
            begins = place
        last = place
    if at:
        yield begins, last + 1


def random_values(file: Path) -> list[bytes]:
    """What the one tip of a database holds that is random or sealed, as the file holds it."""
    found = []
    with sqlite3.connect(file) as database:
        for table, columns in RANDOM.items():
            (row,) = database.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608 - named above
            found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    database.close()
    return found


def explained(left: bytes, right: bytes, values: list[tuple[bytes, bytes]]) -> bool:
    """Whether two differing pieces are, one after the other, the same parts of the same random values of each."""
    at = 0
    while at < len(left):
        if (step := max(_alike(left[at:], right[at:], *pair) for pair in values)) == 0 and left[at] != right[at]:
            return False
        at += max(step, 1)
    return True


def _alike(left: bytes, right: bytes, mine: bytes, theirs: bytes) -> int:
    """How far two pieces begin with the same part of a value of each: so many bytes."""
    best, place = 0, mine.find(left[:1])
    while place >= 0:
        length = 0
        while length < min(len(left), len(mine) - place) and (
            left[length] == mine[place + length] and right[length] == theirs[place + length]
        ):
            length += 1
        best, place = max(best, length), mine.find(left[:1], place + 1)
    return best


def test_the_bytes_on_the_disk_and_every_line_said_are_the_same_but_for_what_is_random(
    committed: Path, clock: FixedClock, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL lays rows out as it likes; the rows of both are compared in test_tips")
    discipline_county(clock)
    connection.close()
    folders, said = [], []
    for order, (says, address, agent) in enumerate(SENDERS):
        folder = tmp_path / f"sender-{order}"
        shutil.copytree(committed, folder)
        settings.DATA, settings.EVIDENCE = folder, folder / "evidence"
        connection.settings_dict["NAME"] = str(folder / "taizhang.sqlite3")
        browser = Client(
            REMOTE_ADDR=address, HTTP_USER_AGENT=agent, HTTP_X_FORWARDED_FOR=address, HTTP_REFERER=f"http://{agent}/"
        )
        caplog.clear()
        with caplog.at_level(logging.DEBUG):
            assert browser.get("/public/tips/").status_code == 200
            assert browser.post("/public/tips/", {**says, "unit": ""}).status_code == 200
        connection.close()
        lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
        said.append((lines, capfd.readouterr()))
        folders.append(folder)
    first, second = (
        {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
        for folder in folders
    )
    assert list(first) == list(second)
    assert said[0] == said[1]
    values = list(zip(*(random_values(folder / "taizhang.sqlite3") for folder in folders), strict=True))
    assert [len(one) for one, _ in values] == [len(other) for _, other in values]
    differing = 0
    for name, path in first.items():
        one, other = path.read_bytes(), second[name].read_bytes()
        assert len(one) == len(other), name
        for begins, ends in pieces(one, other):
            assert explained(one[begins:ends], other[begins:ends], values), (name, begins, ends)
            differing += ends - begins
    assert differing > len(values[-1][0]) // 2  # two tips were indeed written
    for folder, (says, address, agent) in zip(folders, SENDERS, strict=True):
        written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert [word for word in (address, agent, *says.values()) if word.encode() in written] == []
