"""What a text of the library says, kept under the digest of the text, so that the next command need not parse it again.

It lies in `taizhang` under the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`) and can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_FORM: Final = "1"  # of what is kept; another number when the parser reads a text otherwise
_MOST: Final = 512


@dataclass(frozen=True)
class Parsed:
    """Plain values, and the line of every place among them."""

    data: Any
    lines: dict[tuple[str | int, ...], int]


def _place(text: str) -> Path | None:
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # nobody's home
        return None
    return home / "taizhang" / f"{hashlib.sha256((_FORM + text).encode()).hexdigest()}.json"


def recall(text: str) -> Parsed | None:
    """What the text said when it was parsed before; None where nobody remembers."""
    place = _place(text)
    if place is None:
        return None
    try:
        said = json.loads(place.read_bytes())
        return Parsed(said["data"], {tuple(path): line for path, line in said["lines"]})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(text: str, parsed: Parsed) -> None:
    """Remember it; where there is no room for that, it is parsed again next time."""
    place = _place(text)
    if place is None:
        return
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        said = {"data": parsed.data, "lines": [[list(path), line] for path, line in parsed.lines.items()]}
        made = place.with_suffix(f".{os.getpid()}")
        made.write_text(json.dumps(said, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        made.replace(place)
        for old in sorted(place.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-_MOST]:
            old.unlink(missing_ok=True)
