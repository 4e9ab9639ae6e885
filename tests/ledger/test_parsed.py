"""What a text of the library says is remembered for the next command, and is the same then."""

from __future__ import annotations

from pathlib import Path

import pytest

from taizhang.kit import remembered
from taizhang.ledger import parsed, yaml12

TEXT = """\
a: {zh: 甲, of: [1, "1", true, null, 0.5]}
b:
  - c: text
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yaml12.read.cache_clear()
    return tmp_path / "taizhang"


def test_a_text_read_again_by_another_process_says_the_same_with_the_same_lines(folder: Path) -> None:
    first = yaml12.read(TEXT)
    yaml12.read.cache_clear()
    again = yaml12.read(TEXT)
    assert len(list(folder.iterdir())) == 1
    assert parsed.recall(TEXT) is not None
    assert (again.data, again.lines, again.slips) == (first.data, first.lines, [])
    assert again.data == {"a": {"zh": "甲", "of": [1, "1", True, None, "0.5"]}, "b": [{"c": "text"}]}
    assert again.line(("b", 0, "c")) == 3


def test_a_text_with_slips_is_not_remembered(folder: Path) -> None:
    assert yaml12.read("a: 1\na: 2\n").slips
    assert not folder.exists()


def test_what_cannot_be_recalled_is_parsed(folder: Path) -> None:
    first = yaml12.read(TEXT)
    (kept,) = folder.iterdir()
    kept.write_text("{", encoding="utf-8")
    yaml12.read.cache_clear()
    assert yaml12.read(TEXT).data == first.data


def test_no_more_than_so_many_texts_are_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST", 3)
    for number in range(5):
        yaml12.read(f"a: {number}\n")
    assert len(list(folder.iterdir())) == 3
