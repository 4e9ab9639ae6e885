"""The file that goes back to a department: the rows that could not be read, as they were, with what is wrong beside them.

It has the feed's own headers, so that it can be mended and sent again; the columns with reasons are not read then.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from taizhang.kit import money
from taizhang.screen.engine import DuckEngine, parquet
from taizhang.screen.intake import Intake

REASON_HEADERS: Final = ("退回原因", "原文件", "原行号")
_STARTERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_text(value: str) -> str:
    """Text that no spreadsheet program takes for a formula when it opens a CSV file; intake drops the apostrophe again."""
    return f"'{value}" if value.startswith(_STARTERS) else value


def rows(engine: DuckEngine, intake: Intake) -> Iterator[tuple[list[str], str, str, int]]:
    """Every rejected row: its cells in the feed's order, why, and where it stood (file, row)."""
    names = list(intake.feed.columns)
    found = engine.rows(f"""SELECT any_value(p.given), {", ".join(f"any_value(p.{name})" for name in names)},
            string_agg(r.sentence, ' ' ORDER BY r."column"), p.file, p.row
        FROM {parquet(intake.parsed)} p JOIN {parquet([intake.rejects])} r ON r.line = p.line
        GROUP BY p.line, p.file, p.row ORDER BY p.line""")
    for given, *rest in found:
        values, (why, file, row) = rest[: len(names)], rest[len(names) :]
        if given is not None:
            cells = [value or "" for value in given[1:]]
        else:  # a good row that is one too many: shown as it was understood
            cells = [_shown(intake.feed.columns[name].type, value) for name, value in zip(names, values, strict=True)]
        yield cells, why, file, row


def _shown(kind: str, value: Any) -> str:
    if value is None:
        return ""
    return money.decimal_yuan(value) if kind == "money" else str(value)


def write(engine: DuckEngine, intake: Intake, target: Path) -> int:
    """Write the rejects as `.xlsx` or `.csv` (UTF-8 with BOM); give how many rows. Every cell is text."""
    headers = [*(column.zh for column in intake.feed.columns.values()), *REASON_HEADERS]
    lines = ([*cells, why, file, str(row)] for cells, why, file, row in rows(engine, intake))
    return _xlsx(headers, lines, target) if target.suffix == ".xlsx" else _csv(headers, lines, target)


def _xlsx(headers: Sequence[str], lines: Iterator[list[str]], target: Path) -> int:
    count = 0
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(str(target), options) as book:
        sheet = book.add_worksheet("退回")
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        for at, header in enumerate(headers):
            sheet.write_string(0, at, header, bold)
        sheet.freeze_panes(1, 0)
        for count, line in enumerate(lines, 1):
            for at, cell in enumerate(line):
                sheet.write_string(count, at, cell[:32_000], text)
    return count


def _csv(headers: Sequence[str], lines: Iterator[list[str]], target: Path) -> int:
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headers)
        for line in lines:
            writer.writerow([safe_text(cell) for cell in line])
            count += 1
    return count
