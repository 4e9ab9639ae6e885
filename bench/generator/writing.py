"""Writing tables as clean Parquet or as the untidy CSV and XLSX files that departments send."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from .planting import EPOCH
from .schema import EMPTY_DAY, EMPTY_MONEY, FEEDS, Array, Table, size

TITLES = {"medical": "医疗费用个人自付明细", "relief": "社会救助对象名册", "schooling": "学籍状态统计表"}
SPELLINGS = {
    "C": "C级",
    "D": "D级",
    "一级": "1",
    "二级": "2",
    "三级": "三级",
    "一般农户": "普通农户",
}
"""Other usual spellings of a code word."""


def _decimals(fen: Array) -> pa.Array:
    """Fen as decimal(14, 2) without going through text or floats; empty cells are null."""
    pair = np.empty((len(fen), 2), dtype=np.int64)
    empty = fen == EMPTY_MONEY
    pair[:, 0] = np.where(empty, 0, fen)
    pair[:, 1] = pair[:, 0] >> 63
    valid = pa.array(~empty).buffers()[1] if empty.any() else None
    return pa.Array.from_buffers(pa.decimal128(14, 2), len(fen), [valid, pa.py_buffer(pair.tobytes())])


def _arrow(kind: str, column: Array) -> pa.Array:
    if kind == "date":
        return pa.array(column.astype(np.int32), mask=column == EMPTY_DAY).view(pa.date32())
    if kind == "money":
        return _decimals(column.astype(np.int64))
    if kind == "month":
        year, month = column // 12, column % 12 + 1
        low = int(year.min()) if len(year) else 0
        words = [f"{low + i // 12}-{i % 12 + 1:02d}" for i in range(12 * 40)]
        return pa.array(words).take(pa.array((year - low) * 12 + month - 1))
    if kind in ("year", "int"):
        return pa.array(column.astype(np.int32))
    return pa.array(column, pa.string(), mask=column == "")


def parquet(path: Path, feed: str, table: Table) -> None:
    """Typed Parquet: dates, decimals with two places, text."""
    arrays = {name: _arrow(kind, table[name]) for name, kind in FEEDS[feed].items()}
    pq.write_table(pa.table(arrays), path, compression="zstd", row_group_size=200_000)


def _day(day: int, way: int) -> str:
    if day == EMPTY_DAY:
        return ""
    when = EPOCH + timedelta(day)
    return (
        f"{when:%Y-%m-%d}",
        f"{when:%Y/%m/%d}",
        f"{when.year}.{when.month}.{when.day}",
        f"{when:%Y%m%d}",
        f"{when.year}年{when.month}月{when.day}日",
        str((when - date(1899, 12, 30)).days),
    )[way % 6]


def _money(fen: int, way: int) -> str:
    if fen == EMPTY_MONEY:
        return ""
    sign, whole, cents = "-" if fen < 0 else "", abs(fen) // 100, abs(fen) % 100
    plain = f"{sign}{whole}.{cents:02d}"
    if way % 6 == 1:
        return f"{sign}{whole:,}.{cents:02d}"
    if way % 6 == 2:
        return f"{plain}元"
    if way % 6 == 3:
        return f"¥{plain}"
    if way % 6 == 4 and fen % 10_000 == 0:
        return f"{sign}{abs(fen) // 1_000_000}.{abs(fen) % 1_000_000 // 10_000:02d}万元"
    if way % 6 == 5:
        return plain.translate(str.maketrans("0123456789.-", "０１２３４５６７８９．－"))
    return plain


def _month(month: int, way: int) -> str:
    year, of_year = month // 12, month % 12 + 1
    return (f"{year}-{of_year:02d}", f"{year}{of_year:02d}", f"{year}年{of_year}月")[way % 3]


def untidy_rows(feed: str, table: Table, rng: np.random.Generator) -> list[list[str]]:
    """Every row as text, each cell in one of the spellings departments use."""
    count = size(table)
    columns: list[list[str]] = []
    for name, kind in FEEDS[feed].items():
        ways = rng.integers(0, 12, count).tolist()
        cells: list[Any] = table[name].tolist()
        if kind == "date":
            columns.append([_day(cell, way) for cell, way in zip(cells, ways, strict=True)])
        elif kind == "money":
            columns.append([_money(cell, way) for cell, way in zip(cells, ways, strict=True)])
        elif kind == "month":
            columns.append([_month(cell, way) for cell, way in zip(cells, ways, strict=True)])
        elif kind == "year":
            columns.append(
                [f"{cell}年度" if way % 3 == 0 else str(cell) for cell, way in zip(cells, ways, strict=True)]
            )
        elif kind == "int":
            columns.append([str(cell) for cell in cells])
        else:
            columns.append([SPELLINGS.get(c, c) if w % 2 else c for c, w in zip(cells, ways, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def spoil(feed: str, rows: list[list[str]], rng: np.random.Generator) -> None:
    """Make about one row in three hundred unreadable: a bad date, month, year or amount, an unknown code word."""
    spoilt = {"date": ("2021-13-05", "不详", "20211332"), "month": ("2021-15", "去年"), "year": ("去年",)}
    spoilt |= {"money": ("约三千", "12.3.4", "待核")}
    codes = {"户类型", "房屋等级", "状态", "残疾等级"}
    kinds = list(FEEDS[feed].items())
    for at in np.flatnonzero(rng.random(len(rows)) < 0.0035):
        column = int(rng.integers(len(kinds)))
        name, kind = kinds[column]
        if kind in spoilt:
            words = spoilt[kind]
            rows[at][column] = words[int(rng.integers(len(words)))]
        elif name in codes:
            rows[at][column] = "其它情况"


def _total(feed: str, rows: list[list[str]]) -> list[str]:
    return ["合计", *([""] * (len(FEEDS[feed]) - 2)), str(len(rows))]


def csv_file(path: Path, feed: str, rows: list[list[str]], dressed: bool) -> None:
    """CSV; `dressed` gives it a title line, a note, a blank line, a total line, and GB 18030 instead of UTF-8."""
    header = list(FEEDS[feed])
    with path.open("w", encoding="gb18030" if dressed else "utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        if dressed:
            writer.writerow([TITLES.get(feed, "数据报送表"), *([""] * (len(header) - 1))])
            writer.writerow([f"填报单位：某局    共{len(rows)}条", *([""] * (len(header) - 1))])
        writer.writerow(header)
        middle = len(rows) // 2
        writer.writerows(rows[:middle])
        if dressed:
            writer.writerow([""] * len(header))
        writer.writerows(rows[middle:])
        if dressed:
            writer.writerow(_total(feed, rows))


def xlsx_file(path: Path, feed: str, rows: list[list[str]], table: Table) -> None:
    """A workbook with a merged title, real date cells in every second row, and a total line."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": False, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("数据")
    kinds = list(FEEDS[feed].items())
    if len(kinds) > 1:
        sheet.merge_range(0, 0, 0, len(kinds) - 1, TITLES.get(feed, "数据报送表"))
    sheet.write_row(1, 0, [name for name, _ in kinds])
    for i, row in enumerate(rows):
        for j, (name, kind) in enumerate(kinds):
            cell = table[name][i]
            if i % 2 and kind == "date" and row[j] == _day(int(cell), 0) and row[j]:
                sheet.write_datetime(i + 2, j, EPOCH + timedelta(int(cell)))
            elif i % 2 and kind == "money" and row[j] == _money(int(cell), 0) and row[j]:
                sheet.write_number(i + 2, j, int(cell) / 100)
            elif row[j]:
                sheet.write_string(i + 2, j, row[j])
    sheet.write_row(len(rows) + 2, 0, _total(feed, rows))
    book.close()
