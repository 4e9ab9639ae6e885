"""Setting a document: a template of the program and its data become the bytes of a PDF, the same on every machine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import typst

from taizhang.paper.fonts import Faces

if TYPE_CHECKING:
    from typst import PDFStandard

HERE: Final = Path(__file__).parent
GETA: Final = "〓"  # stands for a character that no face has, to be written in by hand
_TRIES: Final = 6  # kinds of characters that are marked; a document with more is set as a plain PDF, with gaps
_LACKING: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_UNSEEN: Final = {code: None for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)) if code != 0x0A}
_ONE_AT_A_TIME: Final = Lock()  # a compiler keeps what it has set, and may not be asked by two at once


@dataclass(frozen=True)
class Made:
    """A document as it is kept or sent: its bytes, the SHA-256 of them, and the characters that no face had."""

    content: bytes
    digest: str
    lacking: str = ""


def made(content: bytes, lacking: str = "") -> Made:
    """Bytes with their digest."""
    return Made(content, hashlib.sha256(content).hexdigest(), lacking)


def pdf(template: str, data: Mapping[str, Any], *, faces: Faces, at: datetime) -> Made:
    """Set a template of this folder (`form.typ`) with data, as PDF/A-2b. `at` is the instant the file is dated with.

    Text in the data is text: nothing in it is ever read as a command of the typesetter. About 20 ms a page.
    """
    text = json.dumps(_visible({**data, "fonts": faces.families}), ensure_ascii=False)
    lacking: set[str] = set()
    archived: PDFStandard = "a-2b"
    for standard in (*[archived] * _TRIES, None):
        try:
            return made(_compiled(template, text, faces, at, standard), "".join(sorted(lacking)))
        except typst.TypstError as error:
            found = set(_lacked(str(error))) & set(text)
            if not found:
                raise
            lacking |= found
            text = text.translate({ord(one): GETA for one in found})
    raise RuntimeError(f"{template} cannot be set")  # a plain PDF takes any character


def _compiled(template: str, text: str, faces: Faces, at: datetime, standard: PDFStandard | None) -> bytes:
    with _ONE_AT_A_TIME:
        content = _compiler(template, faces).compile(
            format="pdf",
            sys_inputs={"d": text},
            pdf_standards=[standard] if standard else [],
            timestamp=int(at.timestamp()),
        )
    if not isinstance(content, bytes):
        raise TypeError(f"{template} was set as {type(content).__name__}")
    return content


@lru_cache(maxsize=8)
def _compiler(template: str, faces: Faces) -> typst.Compiler:
    """One compiler per template and set of faces: reading the faces anew would take six times as long as a page."""
    return typst.Compiler(HERE / template, root=HERE, font_paths=faces.fonts)


def _visible(value: Any) -> Any:
    """The data without control characters and halves of characters, which no typesetter takes."""
    if isinstance(value, str):
        return value.translate(_UNSEEN)
    if isinstance(value, Mapping):
        return {key: _visible(one) for key, one in value.items()}
    return [_visible(one) for one in value] if isinstance(value, list | tuple) else value


def _lacked(error: str) -> str:
    """The characters that an error of the typesetter says no face has."""
    return "".join(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), one) for one in _LACKING.findall(error))
