"""What is wrong with a declaration: file, line, place, and a sentence that says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from taizhang.kit.text import Text


@dataclass(frozen=True)
class Fault:
    """One thing to mend. `advice` is worth a look but does not stop a ledger from loading."""

    file: str
    line: int
    where: str  # acts.verify.needs.0
    text: Text
    code: str
    advice: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.where}: {self.text.zh} / {self.text.en}"

    def json(self) -> dict[str, Any]:
        """As the checking command prints it."""
        return {"file": self.file, "line": self.line, "where": self.where, "code": self.code,
                "zh": self.text.zh, "en": self.text.en}  # fmt: skip


class LedgerFaults(Exception):
    """A folder of ledgers does not load; every fault is in it, not the first alone."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def near(word: str, words: Iterable[str]) -> Text:
    """“Did you mean …”, or the words there are when none is near and they are few; else nothing."""
    known = sorted(set(words))
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return Text(f"是不是“{close[0]}”？", f"Did you mean “{close[0]}”?")
    if 0 < len(known) <= 24:
        return Text(f"可用的有：{'、'.join(known)}。", f"There is: {', '.join(known)}.")
    return Text("", "")


def join(text: Text, more: Text) -> Text:
    """Two sentences, one after the other."""
    return Text(text.zh + more.zh, f"{text.en} {more.en}".strip())
