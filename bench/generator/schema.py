"""What each generated file holds: column headers in order, and how each column is kept in memory.

Kinds: `text` (str, "" = empty), `id` (identity number as written), `date` (days since 1970-01-01),
`month` (year * 12 + month - 1), `year`, `int`, `money` (integer fen).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Table = dict[str, Array]

EMPTY_DAY = -(2**31)
"""An empty cell of a date column."""
EMPTY_MONEY = -(2**62)
"""An empty cell of a money column."""

REGISTERS = ("residents", "household_income")

FEEDS: dict[str, dict[str, str]] = {
    "residents": {
        "户编号": "text",
        "姓名": "text",
        "证件号码": "id",
        "与户主关系": "text",
        "区划代码": "text",
        "住址": "text",
        "户类型": "text",
        "健康状况": "text",
        "劳动技能": "text",
        "在校状况": "text",
        "务工月数": "int",
        "联系电话": "text",
    },
    "household_income": {
        "户编号": "text",
        "核算起": "date",
        "核算止": "date",
        "工资性收入": "money",
        "生产经营性收入": "money",
        "财产性收入": "money",
        "转移性收入": "money",
        "生产经营性支出": "money",
        "理赔收入": "money",
        "合规自付支出": "money",
    },
    "medical": {
        "证件号码": "id",
        "姓名": "text",
        "就诊日期": "date",
        "就诊类别": "text",
        "总费用": "money",
        "报销金额": "money",
        "个人自付": "money",
    },
    "insured": {"证件号码": "id", "姓名": "text", "参保年度": "year"},
    "serious_illness": {"证件号码": "id", "姓名": "text", "病种": "text", "确诊日期": "date"},
    "disability": {"证件号码": "id", "姓名": "text", "残疾类别": "text", "残疾等级": "text", "发证日期": "date"},
    "schooling": {
        "证件号码": "id",
        "姓名": "text",
        "学段": "text",
        "学籍状态": "text",
        "状态日期": "date",
        "学年自付费用": "money",
    },
    "housing": {
        "户主证件号码": "id",
        "户主姓名": "text",
        "房屋等级": "text",
        "鉴定日期": "date",
        "改造完成日期": "date",
    },
    "water": {"区划代码": "text", "情形": "text", "开始日期": "date", "恢复日期": "date"},
    "relief": {"户主证件号码": "id", "户主姓名": "text", "救助类别": "text", "开始日期": "date", "停止日期": "date"},
    "deaths": {"证件号码": "id", "姓名": "text", "死亡日期": "date"},
    "accidents": {"证件号码": "id", "姓名": "text", "事故日期": "date", "情形": "text"},
    "employment": {"证件号码": "id", "姓名": "text", "单位": "text", "最近参保月份": "month", "状态": "text"},
    "disasters": {"户主证件号码": "id", "户主姓名": "text", "灾种": "text", "发生日期": "date", "损失金额": "money"},
    "farm_losses": {"户主证件号码": "id", "户主姓名": "text", "项目": "text", "日期": "date", "损失金额": "money"},
    "loans": {
        "证件号码": "id",
        "姓名": "text",
        "放款日期": "date",
        "金额": "money",
        "到期日期": "date",
        "状态": "text",
    },
    "hotline": {"姓名": "text", "联系电话": "text", "区划代码": "text", "日期": "date", "内容": "text"},
    "assets": {"证件号码": "id", "姓名": "text", "资产类别": "text", "登记日期": "date"},
}


def size(table: Table) -> int:
    """Number of rows of a table."""
    return len(next(iter(table.values())))


def take(table: Table, rows: Array) -> Table:
    """The given rows (indices) of a table, in that order."""
    return {name: column[rows] for name, column in table.items()}


def joined(first: Table, second: Table) -> Table:
    """Rows of `first`, then rows of `second`."""
    return {name: np.concatenate([first[name], second[name]]) for name in first}


def from_rows(feed: str, rows: list[dict[str, Any]]) -> Table:
    """Rows given one by one, as columns; a missing cell is an empty one."""
    empty: dict[str, Any] = {"date": EMPTY_DAY, "money": EMPTY_MONEY, "int": 0, "month": 0, "year": 0}
    dtype: dict[str, Any] = {"date": np.int64, "money": np.int64, "int": np.int64, "month": np.int64, "year": np.int64}
    table: Table = {}
    for name, kind in FEEDS[feed].items():
        table[name] = np.array([row.get(name, empty.get(kind, "")) for row in rows], dtype=dtype.get(kind, object))
    return table
