"""What a text of the library says, kept under the digest of the text, so that the next command need not parse it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from taizhang.kit import remembered

_FORM: Final = "1"  # of what is kept; another number when the parser reads a text otherwise


@dataclass(frozen=True)
class Parsed:
    """Plain values, and the line of every place among them."""

    data: Any
    lines: dict[tuple[str | int, ...], int]


def recall(text: str) -> Parsed | None:
    """What the text said when it was parsed before; None where nobody remembers."""
    said = remembered.recall(_FORM + text)
    try:
        return Parsed(said["data"], {tuple(path): line for path, line in said["lines"]})
    except (ValueError, KeyError, TypeError):
        return None


def keep(text: str, parsed: Parsed) -> None:
    """Remember it."""
    remembered.keep(
        _FORM + text, {"data": parsed.data, "lines": [[list(path), line] for path, line in parsed.lines.items()]}
    )
