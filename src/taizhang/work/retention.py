"""Letting go of what has been kept for its time: raw files and rejects after some days, rows after the longest window.

The days are policy numbers (`raw_file_days`, `rows_kept_months`); what is removed is an entry. Scratch folders of imports
that were cut off go too, so that nothing readable stays behind.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from taizhang.core import editions, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Batch
from taizhang.core.moves import keeping, tips
from taizhang.core.queries import district
from taizhang.kit import days
from taizhang.work import declared
from taizhang.work.feeding import INBOX, SCRATCH

_RAW_DAYS: Final = 90
_MONTHS: Final = 24
_LEFT_BEHIND: Final = 6 * 3600  # seconds on the machine's clock after which a scratch folder belongs to nobody
_INBOX_DAYS: Final = 7
_MONTH_DAYS: Final = 30


@dataclass(frozen=True)
class Gone:
    """What was let go."""

    files: int  # batches whose raw files and rejects were removed
    rows: int  # batches whose rows were removed


def let_go(*, clock: Clock) -> Gone:
    """Remove what is too old; done at every sweep, and nothing when nothing is due."""
    _sweep_scratch()
    if not district.here().code:
        return Gone(0, 0)
    now = clock.now()
    tips.let_go(clock=clock)
    files = keeping.with_files(now - timedelta(days=_number("raw_file_days", _RAW_DAYS, days.day_of(now))))
    rows = keeping.with_rows(_rows_before(now))
    if not files and not rows:
        return Gone(0, 0)
    keeping.gone(files, rows, clock=clock)
    for batch in files:
        _remove(
            batch, [path.name for path in _folder(batch).glob(f"*{vault.ENDING}") if not path.name.startswith("rows")]
        )
    for batch in rows:
        _remove(batch, ["rows.parquet", "offered.parquet", f"rows{vault.ENDING}"])
    return Gone(len(files), len(rows))


def longest_months(day: date) -> int:
    """The longest window of any rule in months, from the numbers in force."""
    book = declared.rulebook()
    used = {name for rule in book.rules if not book.rules[rule].site for name in book.numbers_of(rule)}
    values, longest = book.values("", day), 0
    for name in used & set(book.policies):
        number, unit = values.get(name), book.policies[name].unit
        if isinstance(number, int) and unit in ("月", "日"):
            longest = max(longest, number if unit == "月" else -(-number // _MONTH_DAYS))
    return max(longest, 12)


def _rows_before(now: datetime) -> datetime:
    today = days.day_of(now)
    months = longest_months(today) + _number("rows_kept_months", _MONTHS, today)
    return days.start_of(days.add_months(today, -months))


def _number(name: str, otherwise: int, day: date) -> int:
    stated = editions.library().policy(name, district.here().code, day)
    return stated if isinstance(stated, int) else otherwise


def _folder(batch: Batch) -> Path:
    return vault.folder() / batch.folder


def _remove(batch: Batch, names: Sequence[str]) -> None:
    for name in names:
        vault.remove(_folder(batch) / name)


def _sweep_scratch() -> None:
    place = vault.folder()
    if not place.is_dir():
        return
    now = time.time()  # of the machine, as the times of files are
    for path in place.glob(f"{SCRATCH}*"):
        if now - path.stat().st_mtime > _LEFT_BEHIND:
            vault.remove(path)
    for path in (place / INBOX).glob("*"):
        if now - path.stat().st_mtime > _INBOX_DAYS * 86400:
            vault.remove(path)
