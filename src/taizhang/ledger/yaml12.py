"""One strict YAML 1.2 reader: no anchors, tags, duplicate or odd keys, no floats, with the line of every value."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from taizhang.kit.text import Text
from taizhang.ledger import parsed

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 16
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Slip:
    """Something in the text that is no good YAML for us: its line, its place, and what to do."""

    line: int
    path: Path
    code: str
    text: Text


@dataclass
class Read:
    """What stands in a file, as plain values, with the line of each key and value."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    slips: list[Slip] = field(default_factory=list)
    made: dict[int, Any] = field(default_factory=dict, repr=False)  # by node, so that an alias is not walked again

    def line(self, path: Path) -> int:
        """The line of a place, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@lru_cache(maxsize=128)  # a ledger takes a quarter of a second, and a process asks for the same text again and again
def read(text: str) -> Read:
    """Read one document; the same text gives the same object, which nobody changes.

    Slips are collected; after a syntax error there is only that one, because nothing after it is sure. What a good text says
    is kept for the next process, so that a command need not parse the whole library to do its work.
    """
    if len(text.encode()) > MAX_BYTES:
        zh = f"文件超过 {MAX_BYTES // 1024} KB，请拆分或检查内容。"
        en = f"the file is bigger than {MAX_BYTES // 1024} KB: split it or look at what is in it."
        return Read(slips=[Slip(1, (), "too_big", Text(zh, en))])
    known = parsed.recall(text)
    if known is not None:
        return Read(known.data, known.lines)
    from taizhang.ledger import (
        yaml_tree,
    )  # here, because the parser alone takes longer to load than most texts to recall

    result = yaml_tree.read(text)
    if not result.slips:
        parsed.keep(text, parsed.Parsed(result.data, result.lines))
    return result
