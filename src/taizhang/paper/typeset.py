"""Setting a document: a template of the program and its data become the bytes of a PDF, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst

from taizhang.paper.fonts import Faces

HERE: Final = Path(__file__).parent
_ONE_AT_A_TIME: Final = Lock()  # a compiler keeps what it has set, and may not be asked by two at once


@dataclass(frozen=True)
class Made:
    """A document as it is kept or sent: its bytes and the SHA-256 of them."""

    content: bytes
    digest: str


def made(content: bytes) -> Made:
    """Bytes with their digest."""
    return Made(content, hashlib.sha256(content).hexdigest())


def pdf(template: str, data: Mapping[str, Any], *, faces: Faces, at: datetime) -> Made:
    """Set a template of this folder (`form.typ`) with data, as PDF/A-2b. `at` is the instant the file is dated with.

    Text in the data is text: nothing in it is ever read as a command of the typesetter. About 20 ms a page.
    """
    told = {"d": json.dumps({**data, "fonts": faces.families}, ensure_ascii=False)}
    with _ONE_AT_A_TIME:
        content = _compiler(template, faces).compile(
            format="pdf", sys_inputs=told, pdf_standards="a-2b", timestamp=int(at.timestamp())
        )
    if not isinstance(content, bytes):
        raise TypeError(f"{template} was set as {type(content).__name__}")
    return made(content)


@lru_cache(maxsize=8)
def _compiler(template: str, faces: Faces) -> typst.Compiler:
    """One compiler per template and set of faces: reading the faces anew would take six times as long as a page."""
    return typst.Compiler(HERE / template, root=HERE, font_paths=faces.fonts)
