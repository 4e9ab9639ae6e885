"""Reading feeds row by row, in the plainest way: what a line says, and whether it can be read at all.

Part of the second implementation of the rule texts (`plain.py`): nothing here comes from the product.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

# kind of each column; a trailing "!" marks an amount that a rule needs, or the date of the row
FEEDS: dict[str, dict[str, str]] = {
    "residents": {
        "户编号": "text",
        "姓名": "name",
        "证件号码": "number",
        "与户主关系": "text",
        "区划代码": "text",
        "住址": "text",
        "户类型": "code",
        "健康状况": "text",
        "劳动技能": "text",
        "在校状况": "text",
        "务工月数": "text",
        "联系电话": "text",
    },
    "household_income": {
        "户编号": "text",
        "核算起": "date",
        "核算止": "date!",
        "工资性收入": "money!",
        "生产经营性收入": "money!",
        "财产性收入": "money!",
        "转移性收入": "money!",
        "生产经营性支出": "money!",
        "理赔收入": "money",
        "合规自付支出": "money",
    },
    "medical": {
        "证件号码": "number",
        "姓名": "name",
        "就诊日期": "date!",
        "就诊类别": "text",
        "总费用": "money",
        "报销金额": "money",
        "个人自付": "money!",
    },
    "insured": {"证件号码": "number", "姓名": "name", "参保年度": "year!"},
    "serious_illness": {"证件号码": "number", "姓名": "name", "病种": "text", "确诊日期": "date!"},
    "disability": {
        "证件号码": "card",
        "姓名": "name",
        "残疾类别": "text",
        "残疾等级": "code",
        "发证日期": "date!",
    },
    "schooling": {
        "证件号码": "number",
        "姓名": "name",
        "学段": "text",
        "学籍状态": "text",
        "状态日期": "date!",
        "学年自付费用": "money!",
    },
    "housing": {
        "户主证件号码": "number",
        "户主姓名": "name",
        "房屋等级": "code",
        "鉴定日期": "date!",
        "改造完成日期": "date",
    },
    "water": {"区划代码": "text", "情形": "text", "开始日期": "date!", "恢复日期": "date"},
    "relief": {
        "户主证件号码": "number",
        "户主姓名": "name",
        "救助类别": "text",
        "开始日期": "date!",
        "停止日期": "date",
    },
    "deaths": {"证件号码": "number", "姓名": "name", "死亡日期": "date!"},
    "accidents": {"证件号码": "number", "姓名": "name", "事故日期": "date!", "情形": "text"},
    "employment": {
        "证件号码": "number",
        "姓名": "name",
        "单位": "text",
        "最近参保月份": "month!",
        "状态": "code",
    },
    "disasters": {
        "户主证件号码": "number",
        "户主姓名": "name",
        "灾种": "text",
        "发生日期": "date!",
        "损失金额": "money!",
    },
    "farm_losses": {
        "户主证件号码": "number",
        "户主姓名": "name",
        "项目": "text",
        "日期": "date!",
        "损失金额": "money!",
    },
    "loans": {
        "证件号码": "number",
        "姓名": "name",
        "放款日期": "date!",
        "金额": "money!",
        "到期日期": "date",
        "状态": "code",
    },
    "hotline": {"姓名": "name", "联系电话": "text", "区划代码": "text", "日期": "date!", "内容": "text"},
    "assets": {"证件号码": "number", "姓名": "name", "资产类别": "text", "登记日期": "date"},
}

CODES: dict[tuple[str, str], dict[str, str]] = {
    ("residents", "户类型"): {
        "脱贫户": "脱贫户",
        "监测户": "监测户",
        "一般农户": "一般农户",
        "普通农户": "一般农户",
        "非农户": "非农户",
    },
    ("housing", "房屋等级"): {letter + end: letter for letter in "ABCD" for end in ("", "级")},
    ("disability", "残疾等级"): {
        word: str(grade) for grade, chinese in enumerate("一二三四", 1) for word in (f"{chinese}级", str(grade))
    },
    ("employment", "状态"): {"在职": "在职", "离职": "离职", "退休": "退休"},
    ("loans", "状态"): {"正常": "正常", "逾期": "逾期", "展期": "展期", "结清": "结清"},
}

LARGEST = 10_000_000 * 100
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Unreadable(Exception):
    """A cell that cannot be read."""


@dataclass(slots=True)
class Row:
    """An accepted line: where it stood and what it says, by column."""

    file: str
    line: int
    cells: dict[str, Any]


@dataclass
class Feed:
    """What was read of one feed; `rejected` holds file and line of each line that cannot be read."""

    name: str
    rows: list[Row] = field(default_factory=list)
    rejected: list[tuple[str, int]] = field(default_factory=list)
    received: int = 0


@cache
def half_width(text: str) -> str:
    """Full-width characters to half width, blanks at the ends removed."""
    return text.translate(WIDE).strip()


def check_character(body: str) -> str:
    """Check character of a seventeen-digit body (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


@cache
def clean_number(text: str) -> str:
    """An identity number with width, blanks, apostrophes and case set right, 15 digits brought to 18."""
    number = text.translate(WIDE)
    for waste in (" ", "\t", "'", "’", "‘", "`"):
        number = number.replace(waste, "")
    number = number.upper()
    if len(number) == 15 and number.isascii() and number.isdigit():
        body = number[:6] + "19" + number[6:]
        return body + check_character(body)
    return number


def valid_number(number: str) -> bool:
    """Whether an 18-character number has a birth date that exists and the right check character."""
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
        return False
    if check_character(number[:17]) != number[17]:
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return True


def read_date(value: Any) -> date | None:
    """A day in any of the usual spellings; empty gives None."""
    if value is None:
        return None
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime.datetime) else value
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = half_width(str(value))
    if not text:
        return None
    match = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?: 00:00:00)?", text)
    match = match or re.fullmatch(r"(\d{4})年(\d{1,2})月(\d{1,2})日", text)
    match = match or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            raise Unreadable(text) from None
    if re.fullmatch(r"\d{5}", text):
        return date(1899, 12, 30) + timedelta(int(text))
    raise Unreadable(text)


def read_month(value: Any) -> date | None:
    """The first day of a month."""
    text = half_width(str(value if value is not None else ""))
    if not text:
        return None
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", text) or re.fullmatch(r"(\d{4})(\d{2})", text)
    match = match or re.fullmatch(r"(\d{4})年(\d{1,2})月", text)
    if not match or not 1 <= int(match[2]) <= 12:
        raise Unreadable(text)
    return date(int(match[1]), int(match[2]), 1)


def read_year(value: Any) -> date | None:
    """The first of January of a year."""
    text = half_width(str(value if value is not None else ""))
    if not text:
        return None
    match = re.fullmatch(r"(\d{4})(?:年度|年)?", text)
    if not match:
        raise Unreadable(text)
    return date(int(match[1]), 1, 1)


def read_money(value: Any) -> int | None:
    """Integer fen; empty gives None."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return int(value * 100)
    if isinstance(value, int | float):
        return round(value * 100)
    text = half_width(str(value)).replace(",", "").replace(" ", "")
    if not text:
        return None
    match = re.fullmatch(r"(-?)[¥￥]?(-?\d+(?:\.\d+)?)(万元|元)?", text)
    if not match:
        raise Unreadable(text)
    fen = Decimal(match[1] + match[2]) * (1_000_000 if match[3] == "万元" else 100)
    if fen != int(fen):
        raise Unreadable(text)
    return int(fen)


def read_number(value: Any) -> str:
    """An identity number, cleaned."""
    return clean_number(read_text(value))


def read_card(value: Any) -> str:
    """The identity number of a disability card: the first 18 of 20 or 22 characters."""
    card = clean_number(read_text(value))
    return card[:18] if len(card) in (20, 22) else card


def read_name(value: Any) -> str:
    """A name without blanks."""
    return read_text(value).replace(" ", "")


def read_text(value: Any) -> str:
    """Text of a cell; a whole number from a workbook without its decimal point."""
    if value is None:
        return ""
    if isinstance(value, str):
        return half_width(value)
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return half_width(str(value))


def reader(feed: str, column: str, kind: str) -> Callable[[Any], Any]:
    """The function that reads a cell of this column, or raises `Unreadable`."""
    needed, kind = kind.endswith("!"), kind.rstrip("!")
    simple = {"number": read_number, "card": read_card, "text": read_text, "name": read_name}
    if kind in simple:
        return simple[kind]
    if kind == "code":
        words = CODES[feed, column]

        def read_code(value: Any) -> str:
            word = read_text(value).replace(" ", "").upper()
            if word not in words:
                raise Unreadable(word)
            return words[word]

        return read_code
    if kind == "money":

        def read_amount(value: Any) -> int | None:
            fen = read_money(value)
            if fen is None:
                if needed:
                    raise Unreadable("empty")
            elif fen > LARGEST or (fen < 0 and feed != "medical"):
                raise Unreadable(str(value))
            return fen

        return read_amount
    read_day = {"date": read_date, "month": read_month, "year": read_year}[kind]

    def read_needed(value: Any) -> date:
        day = read_day(value)
        if day is None:
            raise Unreadable("empty")
        return day

    return read_needed if needed else read_day


def lines_of(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Line number as a spreadsheet shows it, and the cells of every line of a CSV or XLSX file."""
    if path.suffix == ".xlsx":
        import openpyxl

        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            yield number, list(row)
        return
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    yield from enumerate(csv.reader(text.splitlines()), 1)


def records(feed: str, path: Path) -> Iterator[tuple[int, Sequence[Any] | None]]:
    """Every non-empty line below the header: its number and its cells in our order; a total line gives None."""
    columns = FEEDS[feed]
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.ParquetFile(path).read(columns=list(columns))
        yield from enumerate(zip(*(table.column(name).to_pylist() for name in columns), strict=True), 1)
        return
    header: list[int | None] = []
    for number, cells in lines_of(path):
        words = [read_text(cell) for cell in cells]
        if not header:
            if sum(name in words for name in columns) >= max(2, len(columns) // 2):
                header = [words.index(name) if name in words else None for name in columns]
            continue
        if not any(words):
            continue
        first = next(word for word in words if word).replace(" ", "")
        if first.startswith(("合计", "总计", "小计")):
            yield number, None
        else:
            yield number, [cells[at] if at is not None and at < len(cells) else None for at in header]


def files_of(folder: Path, feed: str) -> list[Path]:
    """`NAME.*` or the several `NAME-*.*`, in the order of their names."""
    found = [
        path
        for path in folder.iterdir()
        if path.suffix in (".csv", ".xlsx", ".parquet") and (path.stem == feed or path.stem.startswith(f"{feed}-"))
    ]
    return sorted(found, key=lambda path: path.name)


def read_feed(folder: Path, feed: str) -> Feed:
    """All lines of a feed: accepted ones with their meaning, rejected ones by place."""
    result = Feed(feed)
    columns = FEEDS[feed]
    names = [column for column, kind in columns.items() if kind in ("number", "card", "name")]
    readers = [reader(feed, column, kind) for column, kind in columns.items()]
    seen: set[tuple[Any, ...]] = set()
    for path in files_of(folder, feed):
        for line, cells in records(feed, path):
            result.received += 1
            try:
                if cells is None:
                    raise Unreadable("total line")
                content = tuple([read_cell(cell) for read_cell, cell in zip(readers, cells, strict=True)])
                read = dict(zip(columns, content, strict=True))
                if names and not any(read[name] for name in names) and not read.get("联系电话"):
                    raise Unreadable("nobody")
                if content in seen:
                    raise Unreadable("repeat")
                seen.add(content)
                result.rows.append(Row(path.name, line, read))
            except Unreadable:
                result.rejected.append((path.name, line))
    if feed == "residents":
        _drop_shared_numbers(result)
    return result


def _drop_shared_numbers(residents: Feed) -> None:
    """A number that stands in two households: every row of it is rejected; a bad number never rejects a row."""
    homes: dict[str, set[str]] = {}
    for row in residents.rows:
        if valid_number(row.cells["证件号码"]):
            homes.setdefault(row.cells["证件号码"], set()).add(row.cells["户编号"])
    shared = {number for number, where in homes.items() if len(where) > 1}
    residents.rejected += [(row.file, row.line) for row in residents.rows if row.cells["证件号码"] in shared]
    residents.rows = [row for row in residents.rows if row.cells["证件号码"] not in shared]
