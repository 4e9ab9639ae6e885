"""Files of a district that change from day to day in every way that files do: a seed gives the same changes again.

A *yard* is a handful of households in a village of its own; what happens in one yard is a sequence of its own, so that many can be
lived side by side in one district.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from taizhang.kit import idnumber
from tests.screen.county import DAY, REGISTERS, RESIDENT_COLUMNS, write_csv

Row = dict[str, str]
NAMES = ("王甲", "李乙", "张丙", "王申")
NEAR = (0, 1, 2, 28, 29, 30, 31, 60, 89, 90, 91, 92, 179, 180, 181, 182, 364, 365, 366, 367, 400, -1, -3, -20)
BIRTHS = (6, 7, 16, 17, 18, 60, 61, 40, 30)
_WHO, _HEAD = ("证件号码", "姓名"), ("户主证件号码", "户主姓名")
FEEDS: dict[str, tuple[tuple[str, str], dict[str, tuple[str, ...] | str]]] = {
    "medical": (_WHO, {"就诊日期": "day", "个人自付": ("5000", "4999.99", "-300", "20000", "1万元", "坏")}),
    "insured": (_WHO, {"参保年度": ("2021", "2020", "2022")}),
    "serious_illness": (_WHO, {"确诊日期": "day"}),
    "disability": (_WHO, {"残疾类别": ("智力", "肢体"), "残疾等级": ("1", "3", "四级", "九级"), "发证日期": "day"}),
    "schooling": (_WHO, {"学籍状态": ("辍学", "在读", "未入学"), "状态日期": "day", "学年自付费用": ("0", "10000.01", "6000")}),
    "housing": (_HEAD, {"房屋等级": ("A", "C级", "D"), "鉴定日期": "day", "改造完成日期": "day?"}),
    "relief": (_HEAD, {"救助类别": ("低保", "特困"), "开始日期": "day", "停止日期": "day?"}),
    "deaths": (_WHO, {"死亡日期": "day"}),
    "accidents": (_WHO, {"事故日期": "day"}),
    "employment": (_WHO, {"最近参保月份": "month", "状态": ("在职", "离职", "退休")}),
    "disasters": (_HEAD, {"发生日期": "day", "损失金额": ("0", "800", "1200.5")}),
    "farm_losses": (_HEAD, {"日期": "day", "损失金额": ("0", "800")}),
    "loans": (_WHO, {"放款日期": ("2020-01-05", "2020-02-05"), "金额": ("50000", "30000"), "到期日期": "day?", "状态": ("逾期", "正常", "展期")}),
    "assets": (_WHO, {"资产类别": ("车辆", "房产"), "登记日期": "day"}),
}  # fmt: skip


class Changing:
    """The files of a district of so many yards, and what happens to them."""

    def __init__(self, place: Path, yards: int, seed: int) -> None:
        self.place, self.rng, self.day, self.serial = place, Random(seed), DAY, 0
        self.files: dict[str, dict[str, list[Row]]] = {"residents": {}}
        self.yards = [f"{at:02d}" for at in range(yards)]
        for yard in self.yards:
            for home in range(self.rng.randint(1, 3)):
                for nth in range(self.rng.randint(1, 3)):
                    self.into("residents", self.person(f"H{yard}{home}", yard, head=nth == 0))
            for _ in range(self.rng.randint(4, 9)):
                self.new_row(yard)

    # --- words ------------------------------------------------------------------------------------------------------------

    def on(self) -> str:
        """A day near the edges of windows."""
        return (self.day - timedelta(days=self.rng.choice(NEAR))).isoformat()

    def person(self, household: str, yard: str, *, head: bool) -> Row:
        """A new line of the register."""
        self.serial += 1
        born = self.day.replace(year=self.day.year - self.rng.choice(BIRTHS), day=min(self.day.day, 28)) + timedelta(
            days=self.rng.randint(-2, 40)
        )
        first = f"990503{born:%Y%m%d}{self.serial % 1000:03d}"
        number = first + idnumber.check_character(first)
        cells = dict.fromkeys(RESIDENT_COLUMNS, "")
        return cells | {
            "户编号": household, "姓名": self.rng.choice(NAMES), "证件号码": self.rng.choice((number, number, number, number[:-1], "")),
            "与户主关系": "户主" if head else "子女", "区划代码": f"4105031002{yard}", "户类型": self.rng.choice(("脱贫户", "一般农户", "监测户")),
            "联系电话": self.rng.choice(("13900000001", f"139{self.serial:08d}", "")),
        }  # fmt: skip

    def number(self, yard: str) -> tuple[str, str]:
        """Number and name as a department may write them: of somebody of the yard, right or spoilt, or of nobody."""
        people = [row for rows in self.files["residents"].values() for row in rows if row["户编号"][1:3] == yard]
        if not people or self.rng.random() < 0.06:
            return "990503198001019999", "无名"
        one = self.rng.choice(people)
        number, name, at = one["证件号码"], one["姓名"], self.rng.randint(0, 16)
        spoilt = self.rng.random()
        if len(number) == 18 and spoilt < 0.12:
            number = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        elif len(number) == 18 and spoilt < 0.18:
            number = number[:at] + number[at + 1 :]
        elif spoilt < 0.24:
            name = self.rng.choice(NAMES)
        return number, name

    # --- what happens -------------------------------------------------------------------------------------------------------

    def into(self, feed: str, row: Row) -> None:
        """Put a row at the end of one of the files of a feed: of today, or an older one."""
        files = self.files.setdefault(feed, {})
        choices = ["1", "2"] if feed in REGISTERS else ["1", f"{self.day:%Y%m%d}", *files]
        files.setdefault(self.rng.choice(choices), []).append(row)

    def new_row(self, yard: str) -> None:
        """A row of any feed, late or of today, good or bad."""
        feed = self.rng.choice((*FEEDS, "medical", "medical", "employment", "hotline", "household_income", "water"))
        if feed == "hotline":
            people = [row for rows in self.files["residents"].values() for row in rows if row["户编号"][1:3] == yard]
            one = self.rng.choice(people) if people else {}
            phone = self.rng.choice((one.get("联系电话", ""), "13900000001", ""))
            self.into(
                feed,
                {
                    "姓名": one.get("姓名", "某"),
                    "联系电话": phone,
                    "区划代码": f"4105031002{yard}",
                    "日期": self.on(),
                    "内容": "困难",
                },
            )
        elif feed == "household_income":
            wage = self.rng.choice(("0", "5000", "6000", "12000", "30000"))
            rest = dict.fromkeys(("生产经营性收入", "财产性收入", "转移性收入", "生产经营性支出"), "0")
            self.into(
                feed, {"户编号": f"H{yard}{self.rng.randint(0, 3)}", "核算止": self.on(), "工资性收入": wage, **rest}
            )
        elif feed == "water":
            until = self.on() if self.rng.random() < 0.4 else ""
            self.into(feed, {"区划代码": f"4105031002{yard}", "情形": "停水", "开始日期": self.on(), "恢复日期": until})
        else:
            who, told = FEEDS[feed]
            row = dict(zip(who, self.number(yard), strict=True))
            for header, what in told.items():
                row[header] = self.cell(what)
            self.into(feed, row)

    def cell(self, what: tuple[str, ...] | str) -> str:
        """One value of a column."""
        if isinstance(what, tuple):
            return self.rng.choice(what)
        if what == "day?" and self.rng.random() < 0.4:
            return ""
        months = self.day.year * 12 + self.day.month - 1 - self.rng.choice((0, 1, 2, 3, 4, 11, 12, 13, -1))
        return f"{months // 12}-{months % 12 + 1:02d}" if what == "month" else self.on()

    def any_row(self, yard: str, feeds: tuple[str, ...] = ()) -> tuple[str, list[Row], int] | None:
        """A row there is that concerns a yard."""
        own = [
            (feed, rows, at)
            for feed, files in self.files.items() if not feeds or feed in feeds
            for rows in files.values()
            for at, row in enumerate(rows) if yard in (row.get("户编号", "")[1:3], row.get("区划代码", "")[10:12]) or "姓名" in row or "户主姓名" in row
        ]  # fmt: skip
        return self.rng.choice(own) if own else None

    def corrected(self, yard: str) -> None:
        """A cell of a row is written otherwise where it stands."""
        found = self.any_row(yard)
        if found and found[0] in FEEDS:
            feed, rows, at = found
            header = self.rng.choice(list(FEEDS[feed][1]))
            rows[at] = rows[at] | {header: self.cell(FEEDS[feed][1][header])}

    def withdrawn(self, yard: str) -> None:
        """A row is gone, and those below it move up."""
        found = self.any_row(yard)
        if found and (found[0] != "residents" or sum(map(len, self.files["residents"].values())) > 1):
            found[1].pop(found[2])

    def repeated(self, yard: str) -> None:
        """A row comes again, in its own file or another one."""
        found = self.any_row(yard)
        if found:
            self.into(found[0], dict(found[1][found[2]]))

    def registered(self, yard: str) -> None:
        """Somebody is new in the register, moves, dies out of it, is written otherwise, or gets the number of another one."""
        found = self.any_row(yard, ("residents",))
        throw = self.rng.random()
        if throw < 0.3 or not found:
            return self.into(
                "residents", self.person(f"H{yard}{self.rng.randint(0, 3)}", yard, head=self.rng.random() < 0.3)
            )
        _, rows, at = found
        other = self.any_row(yard, ("residents",)) or found
        change: Row = self.rng.choice((
            {"户编号": f"H{yard}{self.rng.randint(0, 3)}"}, {"姓名": self.rng.choice(NAMES)}, {"户类型": "监测户"}, {"与户主关系": "户主"},
            {"联系电话": "13900000001"}, {"证件号码": other[1][other[2]]["证件号码"]}, {"区划代码": "410503008201"},
        ))  # fmt: skip
        rows[at] = rows[at] | change
        return None

    def file_moved(self, _yard: str) -> None:
        """A file gets another name, so that others come before it; or a whole file is gone."""
        feed = self.rng.choice([name for name in self.files if name != "residents"] or ["residents"])
        files = self.files[feed]
        if feed != "residents" and files and self.rng.random() < 0.3:
            name = self.rng.choice(list(files))
            rows = files.pop(name)
            if self.rng.random() < 0.7:
                files[f"0{name}"] = rows

    def step(self, *, days: int) -> None:
        """One thing or two happen in every yard, and days pass."""
        self.day = self.day + timedelta(days=days)
        ways: tuple[Callable[[str], None], ...] = (
            self.new_row, self.new_row, self.new_row, self.corrected, self.withdrawn, self.repeated, self.registered, self.file_moved,
        )  # fmt: skip
        for yard in self.yards:
            for _ in range(self.rng.randint(0, 2)):
                self.rng.choice(ways)(yard)

    def write(self) -> None:
        """The files as they are now, in place of those of before."""
        for folder in ("registers", "feeds"):
            (self.place / folder).mkdir(parents=True, exist_ok=True)
            for old in (self.place / folder).glob("*.csv"):
                old.unlink()
        for feed, files in self.files.items():
            for name, rows in files.items():
                headers: list[Any] = list(dict.fromkeys(header for row in rows for header in row)) or [
                    "证件号码",
                    "姓名",
                ]
                if rows or feed not in REGISTERS:
                    lines = [headers, *([row.get(header, "") for header in headers] for row in rows)]
                    folder = "registers" if feed in REGISTERS else "feeds"
                    if rows:
                        write_csv(self.place / folder / f"{feed}-{name}.csv", lines)


def moved_on(day: date, rng: Random) -> int:
    """How many days pass: mostly one, sometimes none, a month, past New Year, or back."""
    return rng.choice((1, 1, 1, 0, 2, 7, 12, 30, -1))
