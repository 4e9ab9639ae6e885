"""Room for deep calls, taken once.

CPython keeps the frames of running functions in pieces of 16 KB: it asks the system for one when a call does not fit any
more, and gives it back as soon as that call returns. A template is rendered a hundred calls deep; where the edge of a piece
happens to lie beneath a loop, every turn asks for memory and gives it back (docs/decisions/0042-room-for-deep-calls.md).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

_WORDS: Final = (
    33_000  # a little over a quarter megabyte, so that the piece is half a megabyte, and half of it still free
)

P = ParamSpec("P")
R = TypeVar("R")


def roomy(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, called from a frame so large that the piece of memory it lies in holds all deeper frames too."""

    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    called.__code__ = called.__code__.replace(co_stacksize=_WORDS)
    return functools.wraps(function)(called)
