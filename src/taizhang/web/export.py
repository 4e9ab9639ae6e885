"""Lists as files: CSV and XLSX that a spreadsheet program opens without running anything a person typed into them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

import xlsxwriter
from django.http import HttpResponse
from django.utils.http import content_disposition_header

# A cell that begins so would be read as a formula by a spreadsheet program (OWASP, "CSV injection").
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
Value = str | int | None


def safe(value: Value) -> Value:
    """A text that could be read as a formula gets an apostrophe before it; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def as_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[Value]], *, mark: str = "") -> HttpResponse:
    """A CSV file in UTF-8 with a byte order mark, which office programs here need to read Chinese; `mark` is its first line."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    if mark:
        writer.writerow([mark])
    writer.writerow([safe(head) for head in heads])
    writer.writerows([safe(value) for value in row] for row in rows)
    return _file(text.getvalue().encode(), f"{name}.csv", "text/csv; charset=utf-8")


def as_xlsx(name: str, heads: Sequence[str], rows: Iterable[Sequence[Value]], *, mark: str = "") -> HttpResponse:
    """An XLSX file; every text is written as a text, never as a formula or a link; `mark` is its first row."""
    kept = io.BytesIO()
    options = {"constant_memory": True, "in_memory": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(kept, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        line = 0
        if mark:
            sheet.write_string(line, 0, mark)
            line += 1
        for column, head in enumerate(heads):
            sheet.write_string(line, column, head, bold)
        for row in rows:
            line += 1
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(line, column, value)
                elif value is not None:
                    sheet.write_string(line, column, str(safe(value)))
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(kept.getvalue(), f"{name}.xlsx", media)


def _file(content: bytes, name: str, media: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
