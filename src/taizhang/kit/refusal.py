"""A refusal is a value: a stable code for programs, a sentence for people, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taizhang.kit.text import Text


class Refusal(Exception):
    """What was asked is not done, nothing was changed, and this says why."""

    def __init__(self, code: str, text: Text, fix: Text | None = None, details: Mapping[str, Any] | None = None):
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.fix = fix
        self.details = dict(details or {})

    def sentence(self, language: str = "zh") -> str:
        """The sentence, followed by what to do next where that is known."""
        parts = [self.text.within(language)]
        if self.fix is not None:
            parts.append(self.fix.within(language))
        return (" " if language.startswith("en") else "").join(parts)

    def __str__(self) -> str:
        return self.sentence()


class NotFound(Refusal):
    """The thing does not exist, or the asker may not know that it does: the answer is the same."""

    def __init__(self, what: Text):
        super().__init__("not_found", Text(f"没有找到{what.zh}。", f"{what.en} was not found."))
