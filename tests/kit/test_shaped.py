"""A declaration that was found good is built the second time without the library that checked it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from taizhang.kit import shaped
from taizhang.screen import feeds, rules

LIBRARY = Path(__file__).resolve().parents[2] / "library"
TOLD = "from pathlib import Path; from taizhang.screen import feeds, rules; import sys; library = Path(sys.argv[1]); " \
    "print(feeds.read_all(library), rules.read(library, feeds.read_all(library)).rules, 'pydantic' in sys.modules)"  # fmt: skip


def test_what_is_remembered_of_feeds_and_rules_is_what_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, second = (
        subprocess.run([sys.executable, "-c", TOLD, str(LIBRARY)], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first.removesuffix("True\n") == second.removesuffix("False\n")
    assert first.endswith("True\n")
    assert second.endswith("False\n")


@pytest.mark.parametrize(
    ("kind", "data", "where"),
    [
        (rules.Sentence, {"zh": "一", "en": "one", "fr": "un"}, ("fr",)),
        (rules.Sentence, {"zh": "一"}, ("en",)),
        (feeds.Column, {"zh": "姓名", "type": "nickname"}, ("type",)),
    ],
)
def test_what_has_another_shape_is_refused_with_its_place(kind: type, data: dict[str, str], where: tuple[str]) -> None:
    with pytest.raises(shaped.Misshapen) as told:
        shaped.checked(kind, data)
    assert told.value.where == where
