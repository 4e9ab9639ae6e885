"""What a chain is made of, for whoever writes it and for whoever checks a copy of it without the site."""

from __future__ import annotations

from typing import Final, NamedTuple

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

FORMAT: Final = 1
BEFORE_THE_FIRST: Final = "0" * 64  # what the genesis entry names as the digest before it


class Head(NamedTuple):
    """The end of a chain; kept elsewhere, it proves later that nothing up to it was cut or rewritten."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read `SEQ:DIGEST`. Raises Refusal("head")."""
        seq, _, digest = text.strip().partition(":")
        if not (seq.isascii() and seq.isdecimal()) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise Refusal(
                "head",
                Text(f"“{text}”不是链头。", f"{text!r} is no head of a chain."),
                Text("写法：序号:64位摘要，例如 12:ab…。", "Write SEQ:DIGEST, the digest in 64 hexadecimal digits."),
            )
        return cls(int(seq), digest)
