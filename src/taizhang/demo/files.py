"""Department files in the untidy shapes departments really send: title rows, text numbers, GB 18030, slips of the pen."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import xlsxwriter

from taizhang.demo.departments import Row
from taizhang.demo.people import SEED
from taizhang.work import declared

# feed -> how its department sends it
_SHAPES: Final[Mapping[str, str]] = {
    "residents": "xlsx", "household_income": "csv-gb", "medical": "csv-gb", "insured": "csv", "serious_illness": "xlsx",
    "disability": "xlsx", "schooling": "xlsx", "housing": "xlsx", "water": "csv", "relief": "xlsx", "deaths": "csv-gb",
    "accidents": "csv", "employment": "csv-bom", "disasters": "xlsx", "farm_losses": "csv", "loans": "csv-gb",
    "hotline": "xlsx", "assets": "csv",
}  # fmt: skip
_TITLES: Final[Mapping[str, str]] = {
    "residents": "防返贫监测基础信息表", "serious_illness": "大病确诊人员名单", "disability": "残疾人证发放台账",
    "schooling": "义务教育及高中阶段学籍状态表", "housing": "农村住房安全鉴定表", "relief": "社会救助对象变动表",
    "disasters": "自然灾害受损登记表", "hotline": "12345热线困难诉求摘录",
}  # fmt: skip
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")


def write(feeds: Mapping[str, list[Row]], folder: Path, seed: int = SEED) -> list[Path]:
    """Write every feed into `folder` as its department would, and return the paths in the order of the feeds."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(name, rows, folder, Random(f"{seed}-{name}-shape")) for name, rows in feeds.items()]  # noqa: S311


def _write(name: str, rows: list[Row], folder: Path, rng: Random) -> Path:
    shape = _SHAPES[name]
    if not rows:  # a report that says there was nothing
        return _csv(folder / f"{name}.csv", [column.zh for column in declared.feed(name).columns.values()], [], "utf-8")
    spelling = rng.choice(_DATES)
    table = [{key: _word(value, spelling) for key, value in row.items()} for row in rows]
    if name != "residents":
        table = _slips(name, table, rng)
    if shape == "xlsx":
        return _workbook(folder / f"{name}.xlsx", _TITLES[name], table)
    encoding = {"csv": "utf-8", "csv-bom": "utf-8-sig", "csv-gb": "gb18030"}[shape]
    return _csv(folder / f"{name}.csv", list(table[0]), table, encoding)


def _csv(path: Path, header: Sequence[str], table: Sequence[Mapping[str, str]], encoding: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=header)
        writer.writeheader()
        writer.writerows(table)
    return path


def _word(value: str | int | date, spelling: str) -> str:
    return value.strftime(spelling) if isinstance(value, date) else str(value)


def _slips(name: str, table: list[dict[str, str]], rng: Random) -> list[dict[str, str]]:
    """What goes wrong in an office: a repeated line, a wrong digit, a lower-case x, a date that is none, a total."""
    table = [dict(row) for row in table]
    number = next((key for key in ("证件号码", "户主证件号码") if key in table[0]), None)
    if number is not None and len(table) > 100:
        for row in rng.sample(table, max(2, len(table) // 400)):
            at = rng.randrange(6, len(row[number]) - 1)
            row[number] = (
                row[number][:at] + str((int(row[number][at]) + rng.randint(1, 9)) % 10) + row[number][at + 1 :]
            )
        for row in rng.sample(table, max(3, len(table) // 150)):
            row[number] = rng.choice(
                (f"'{row[number]}", f" {row[number].lower()}", row[number][:6] + " " + row[number][6:])
            )
    if len(table) > 500:
        day = next(key for key in table[0] if "日期" in key or "年度" in key or "月份" in key or key == "核算止")
        for row in rng.sample(table, 3):
            row[day] = rng.choice(("不详", "2021-13-40", ""))
        table += [dict(row) for row in rng.sample(table, 3)]
    if name == "medical":
        for row in rng.sample(table, 40):
            row["总费用"] = f"¥{int(row['总费用']):,}"
        table.append({**dict.fromkeys(table[0], ""), "姓名": "合计", "个人自付": str(len(table))})
    if name == "schooling":
        rng.choice(table)["学籍状态"] = "在家"
    return table


def _workbook(path: Path, title: str, table: Sequence[Mapping[str, str]]) -> Path:
    """A workbook with a merged title, a line on who filled it in, then the header; every cell is text."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet("Sheet1")
    header = list(table[0])
    sheet.merge_range(0, 0, 0, len(header) - 1, title)
    sheet.write_row(1, 0, ["填报单位：演示", "", "填报日期：2021年12月"])
    sheet.write_row(2, 0, header)
    for at, row in enumerate(table):
        sheet.write_row(at + 3, 0, [row[key] for key in header])
    book.close()
    return path
