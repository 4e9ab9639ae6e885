"""The child process that opens a workbook sent from outside. Run as a script, with limits set before it reads a byte.

Standard input: one JSON object (source, target, words, limits). Standard output: one JSON object, either
`{"sheet", "rows", "width"}` after the rows were written to `target` (CSV, row number first), or `{"refused", ...}`.
Nothing of the product is imported here, so that the child starts quickly and holds nothing worth stealing.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
HEAD = 60
ROW = re.compile(rb"<(?:\w+:)?row\b(?:[^>]*?\sr=\"(\d+)\")?")
CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?r=\"([A-Z]{1,4})\d+\"")
RANGE = re.compile(rb"<(?:\w+:)?dimension\s[^>]*?ref=\"[A-Z]+\d+:([A-Z]+)(\d+)\"")
LETTERS = ord("A") - 1


class Refused(Exception):
    """The workbook is not read; `code` and the figures say why."""

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **figures}


def plain(text: str) -> str:
    """A header as it is compared: half width, no blanks, stars or line breaks."""
    return re.sub(r"[\s*＊\u200b\ufeff]+", "", unicodedata.normalize("NFKC", text)).upper()


def column(letters: bytes) -> int:
    """A=1, Z=26, AA=27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - LETTERS
    return number


def inspect(path: Path, limits: dict[str, int]) -> None:
    """Look at the container before anything parses it. Raises Refused."""
    size = path.stat().st_size
    if size > limits["file_bytes"]:
        raise Refused("file_size", size=size, limit=limits["file_bytes"])
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        raise Refused("no_workbook") from None
    with archive:
        parts = archive.infolist()
        if len(parts) > limits["parts"]:
            raise Refused("parts", parts=len(parts), limit=limits["parts"])
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            raise Refused("no_workbook")
        for part in parts:
            if part.flag_bits & 0x1:
                raise Refused("encrypted")
            swollen = part.file_size > limits["ratio"] * max(part.compress_size, 1)
            if part.file_size > limits["part_bytes"] or (swollen and part.file_size > 8 * CHUNK):
                raise Refused("padding", size=part.file_size, packed=part.compress_size)
        if sum(part.file_size for part in parts) > limits["part_bytes"]:
            raise Refused("padding", size=sum(part.file_size for part in parts), packed=size)
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                _scan(archive, part, limits)


def _scan(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limits: dict[str, int]) -> None:
    """Read one part through once, in pieces: no DTD, no more bytes than declared, no range or row beyond the limits."""
    is_sheet = "worksheets/" in part.filename
    rows, last, seen, tail = 0, 0, 0, b""
    try:
        with archive.open(part) as stream:
            while piece := stream.read(CHUNK):
                if not seen and (piece[:2] in (b"\xfe\xff", b"\xff\xfe") or b"\x00" in piece[:64]):
                    raise Refused("encoding")
                seen += len(piece)
                if seen > part.file_size:
                    raise Refused("padding", size=seen, packed=part.compress_size)
                text = tail + piece
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise Refused("dtd", part=part.filename)
                if is_sheet:
                    _measure(text, limits)
                    begun = [match for match in ROW.finditer(text) if match.end() > len(tail)]
                    rows += len(begun)
                    last = max([last, rows, *(int(match[1]) for match in begun if match[1])])
                    if last > limits["rows"]:
                        raise Refused("rows", rows=last, limit=limits["rows"])
                tail = text[-200:]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise Refused("no_workbook") from error


def _measure(text: bytes, limits: dict[str, int]) -> None:
    """Refuse a declared range, or a cell, that lies further out than any table of ours."""
    declared = RANGE.search(text)
    if declared:
        wide, high = column(declared[1]), int(declared[2])
        if high > limits["rows"] or wide > limits["columns"] or wide * high > limits["cells"]:
            raise Refused("range", rows=high, columns=wide)
    farthest = max((column(name) for name in set(CELL.findall(text))), default=0)
    if farthest > limits["columns"]:
        raise Refused("range", rows=0, columns=farthest)


def cell_text(value: Any) -> str:
    """What a spreadsheet shows in a cell, without its formats; formulas are already values here."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value.is_integer():
            return format(value, ".0f")
        return format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def choose(book: Any, words: set[str]) -> str:
    """The one visible sheet that carries the header; the first with rows when none does. Raises Refused for several."""
    scored: list[tuple[int, str]] = []
    for meta in book.sheets_metadata:
        if "Visible" not in str(meta.visible) or "WorkSheet" not in str(meta.typ):
            continue
        head = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False, nrows=HEAD)
        best = max((len({plain(str(cell)) for cell in row} & words) for row in head), default=0)
        if any(str(cell).strip() for row in head for cell in row):
            scored.append((best, meta.name))
    if not scored:
        raise Refused("empty")
    best = max(score for score, _ in scored)
    likely = [name for score, name in scored if score == best]
    if best >= 2 and len(likely) > 1:
        raise Refused("sheets", names=likely)
    return likely[0]


def texts(book: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, with the number that the spreadsheet shows."""
    sheet = book.get_sheet_by_name(name)
    for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells = [cell_text(value) for value in row]
        if any(cells):
            yield number, cells


def convert(order: dict[str, Any]) -> dict[str, Any]:
    """Inspect, parse and write one workbook as the order says."""
    limits = order["limits"]
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["part_bytes"], limits["part_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source = Path(order["source"])
    inspect(source, limits)
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(source))
    name = choose(book, set(order["words"]))
    height = width = 0
    with Path(order["target"]).open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, cells in texts(book, name):
            height, width = number, len(cells)
            writer.writerow([number, *cells])
    if not height:
        raise Refused("empty")
    return {"sheet": name, "rows": height, "width": width}


def main() -> None:
    """Answer one order."""
    try:
        answer = convert(json.load(sys.stdin))
    except Refused as refused:
        answer = refused.answer
    except MemoryError:
        answer = {"refused": "memory"}
    except Exception as error:
        answer = {"refused": "unreadable", "error": f"{type(error).__name__}: {error}"[:200]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
