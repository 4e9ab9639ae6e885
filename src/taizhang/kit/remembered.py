"""What was worked out once and is the same next time, kept as JSON under a digest of what it was worked out from.

It lies in `taizhang` under the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`) and can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_MOST: Final = 512


def _place(key: str) -> Path | None:
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # nobody's home
        return None
    return home / "taizhang" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def recall(key: str) -> Any:
    """What was kept under it; None where nobody remembers."""
    place = _place(key)
    if place is None:
        return None
    try:
        return json.loads(place.read_bytes())
    except (OSError, ValueError):
        return None


def keep(key: str, value: Any) -> None:
    """Remember it; where there is no room for that, it is worked out again next time."""
    place = _place(key)
    if place is None:
        return
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = place.with_suffix(f".{os.getpid()}")
        made.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        made.replace(place)
        for old in sorted(place.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-_MOST]:
            old.unlink(missing_ok=True)
