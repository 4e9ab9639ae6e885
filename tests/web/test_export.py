"""Exported lists run nothing that a person typed."""

from __future__ import annotations

import csv
import io

import openpyxl

from taizhang.web import export

HEADS = ["事项", "天数"]
ROWS: list[list[str | int | None]] = [["=HYPERLINK(1)", 3], ["申稻香户", None], ["@SUM(A1)", -2]]


def test_a_text_that_looks_like_a_formula_is_made_harmless_in_csv() -> None:
    content = export.as_csv("监测", HEADS, ROWS, mark="演示数据，与真实单位和个人无关").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [
        ["演示数据，与真实单位和个人无关"],
        ["事项", "天数"],
        ["'=HYPERLINK(1)", "3"],
        ["申稻香户", ""],
        ["'@SUM(A1)", "-2"],
    ]


def test_a_workbook_holds_texts_and_numbers_and_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(export.as_xlsx("监测", HEADS, ROWS).content))
    sheet = book.worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["事项", "天数"],
        ["'=HYPERLINK(1)", 3],
        ["申稻香户", None],
        ["'@SUM(A1)", -2],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s", "n"}


def test_the_file_keeps_its_chinese_name() -> None:
    assert (
        export.as_csv("监测", HEADS, []).headers["Content-Disposition"]
        == "attachment; filename*=utf-8''%E7%9B%91%E6%B5%8B.csv"
    )
