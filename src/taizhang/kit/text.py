"""A sentence in the two languages of the product; floors without a web framework speak in these."""

from __future__ import annotations

from typing import Any, NamedTuple


class Text(NamedTuple):
    """The same words in Chinese (first) and English (second)."""

    zh: str
    en: str

    def fill(self, **values: Any) -> Text:
        """Both sentences with `{name}` replaced by the values given."""
        return Text(self.zh.format(**values), self.en.format(**values))

    def within(self, language: str) -> str:
        """The sentence for a language code (`en…` is English, everything else Chinese)."""
        return self.en if language.startswith("en") else self.zh

    def __str__(self) -> str:
        return self.zh
