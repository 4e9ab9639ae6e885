"""Sheets as pictures, for a page that shows a paper before it is printed."""

from __future__ import annotations

import io
from threading import Lock
from typing import Final

import pypdfium2

_ONE_AT_A_TIME: Final = Lock()  # the library may not be asked by two at once
_MOST: Final = 12  # sheets; a letter of more is read as the file


def pictures(content: bytes, *, width: int = 900) -> tuple[bytes, ...]:
    """The first sheets of a PDF as PNG, so many pixels wide."""
    found = []
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(content)
        try:
            for number in range(min(len(document), _MOST)):
                page = document[number]
                picture = page.render(scale=width / page.get_width()).to_pil().convert("P", colors=32)
                kept = io.BytesIO()
                picture.save(kept, "PNG", optimize=False)
                found.append(kept.getvalue())
        finally:
            document.close()
    return tuple(found)
