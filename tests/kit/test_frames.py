"""A call with room for deeper calls is the call itself."""

from __future__ import annotations

import resource

import pytest

from taizhang.kit.frames import roomy


def _deep(calls: int) -> int:
    """So many frames at once."""
    return 1 + _deep(calls - 1) if calls else 0


def test_a_function_with_room_gives_and_raises_what_it_would_and_keeps_its_name() -> None:
    def divided(whole: int, *, by: int) -> int:
        """Whole parts."""
        return whole // by

    assert roomy(divided)(9, by=2) == 4
    assert (roomy(divided).__name__, roomy(divided).__doc__) == ("divided", "Whole parts.")
    with pytest.raises(ZeroDivisionError):
        roomy(divided)(9, by=0)


def test_deep_calls_within_ask_for_no_memory_again() -> None:
    def asked() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(200):
            for depth in range(100, 300, 20):  # wherever the edge of a piece of 16 KB lies, one of these crosses it
                _deep(depth)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    assert roomy(asked)() < 200  # 4,400 without
