"""Workbooks from outside: read in a cage, and refused quickly with one sentence when they are hostile."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from taizhang.kit.refusal import Refusal
from taizhang.screen import workbook
from taizhang.screen.workbook import WorkbookLimits
from tests.screen.county import County, number, write_csv

WORDS = ["证件号码", "姓名", "就诊日期", "个人自付"]
SHEET = "xl/worksheets/sheet1.xml"


def book(path: Path) -> Path:
    """An ordinary workbook: titles, the header on row 3, dates and numbers as a spreadsheet stores them, a total."""
    with xlsxwriter.Workbook(str(path)) as made:
        sheet, notes = made.add_worksheet("数据"), made.add_worksheet("说明")
        notes.write(0, 0, "填表说明")
        sheet.merge_range(0, 0, 0, 3, "2021年医保结算")
        sheet.write(1, 0, "填报单位：某局")
        sheet.write_row(2, 0, WORDS)
        sheet.write_row(3, 0, [number("1980-01-01"), "李兰"])
        sheet.write_datetime(3, 2, datetime(2021, 12, 20), made.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(3, 3, 5000.1)
        sheet.write_row(5, 0, [number("1980-01-01"), "李兰", 44550, 2])
        sheet.write_row(6, 0, ["合计", "", "", 2])
    return path


def changed(source: Path, target: Path, change: Callable[[bytes], bytes], part: str = SHEET) -> Path:
    """The same workbook with one part changed."""
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as write:
        for name in read.namelist():
            write.writestr(name, change(read.read(name)) if name == part else read.read(name))
    return target


def refusal(path: Path, limits: WorkbookLimits | None = None) -> Refusal:
    with pytest.raises(Refusal) as refused:
        workbook.unpack(path, path.with_suffix(".out"), words=WORDS, limits=limits)
    assert refused.value.text.zh.startswith(f"文件 {path.name}：")
    assert refused.value.fix is not None
    return refused.value


def test_a_workbook_with_titles_dates_numbers_and_a_total_is_read_by_its_own_row_numbers(county: County) -> None:
    county.resident("A", "李兰", kind="脱贫户")
    county.write()
    book(county.place / "feeds" / "medical.xlsx")
    found = county.screen()
    assert found.report.inputs["medical"] | {"files": []} == {"files": [], "received": 3, "accepted": 2, "rejected": 1}
    assert [(row["row"], row["reason"]) for row in found.rejects] == [(7, "total")]
    assert found.links_of("medical") == [(4, number("1980-01-01"), "same"), (6, number("1980-01-01"), "same")]
    assert found.figures("R01", "A") == {"self_paid_12m": "5002.10"}


def test_a_declared_range_of_the_whole_sheet_is_refused(tmp_path: Path) -> None:
    path = changed(book(tmp_path / "a.xlsx"), tmp_path / "range.xlsx",
                   lambda xml: re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1:XFD1048576"/>', xml))  # fmt: skip
    assert path.stat().st_size < 12_000
    assert refusal(path).code == "workbook_range"


def test_a_cell_far_outside_the_declared_range_is_refused(tmp_path: Path) -> None:
    path = changed(book(tmp_path / "a.xlsx"), tmp_path / "far.xlsx", lambda xml: xml.replace(b'r="D4"', b'r="XFD4"'))
    assert refusal(path).code == "workbook_range"


@pytest.mark.slow
def test_padding_that_unpacks_to_hundreds_of_megabytes_is_refused(tmp_path: Path) -> None:
    path = changed(
        book(tmp_path / "a.xlsx"),
        tmp_path / "padded.xlsx",
        lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b" " * 300_000_000),
    )
    assert path.stat().st_size < 330_000
    assert refusal(path).code == "workbook_padding"


def with_rows(source: Path, target: Path, count: int) -> Path:
    """The workbook with so many rows of one number, and a range that tells nothing of them."""
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (at, at, at * 7919) for at in range(1, count + 1))
    return changed(
        source,
        target,
        lambda xml: re.sub(
            rb"<sheetData>.*</sheetData>", lambda _: b"<sheetData>" + rows + b"</sheetData>", xml, flags=re.S
        ),
    )


@pytest.mark.slow
def test_a_million_rows_are_refused_even_where_the_range_lies(tmp_path: Path) -> None:
    assert refusal(with_rows(book(tmp_path / "a.xlsx"), tmp_path / "rows.xlsx", 1_000_000)).code == "workbook_rows"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"])
def test_a_document_type_declaration_is_refused_wherever_it_stands(tmp_path: Path, part: str) -> None:
    path = changed(book(tmp_path / "a.xlsx"), tmp_path / "dtd.xlsx",
                   lambda xml: re.sub(rb"<(worksheet|workbook|sst)", rb'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><\1', xml, count=1), part)  # fmt: skip
    assert refusal(path).code == "workbook_dtd"


@pytest.mark.slow
def test_a_workbook_that_needs_more_memory_or_time_than_allowed_is_stopped(tmp_path: Path) -> None:
    path = with_rows(book(tmp_path / "a.xlsx"), tmp_path / "many.xlsx", 300_000)
    assert refusal(path, WorkbookLimits(memory_bytes=64 << 20)).code == "workbook_memory"
    assert refusal(path, WorkbookLimits(cpu_seconds=0)).code == "workbook_time"


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "text.xlsx", [WORDS])
    assert refusal(path).code == "workbook_no_workbook"
    with zipfile.ZipFile(tmp_path / "zip.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(tmp_path / "zip.xlsx").code == "workbook_no_workbook"


def test_two_sheets_with_the_header_are_refused_so_that_no_row_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        for name in ("甲镇", "乙镇"):
            made.add_worksheet(name).write_row(0, 0, WORDS)
    refused = refusal(path)
    assert refused.code == "workbook_sheets"
    assert "甲镇、乙镇" in refused.text.zh
