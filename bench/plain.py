"""The rule texts once more, deliberately plain: loops and dictionaries, no SQL, nothing of the product.

`python bench/plain.py --registers DIR --feeds DIR --date D --out DIR` writes `alerts.json`, `links.csv`,
`rejects.csv` and `run.json`. Both programs must agree to the row; where they do not, one misreads the text.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import gc
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from plain_linking import Callers, Home, Link, Register, Resident, homes_of
from plain_reading import FEEDS, Feed, Row, read_feed

AREAS = Path(__file__).resolve().parents[1] / "library" / "areas-410503.csv"
INCOME_LINE = {2019: 500_000, 2020: 500_000, 2021: 600_000, 2022: 690_000, 2023: 750_000, 2024: 830_000}
DEPARTMENT = {
    "R01": "医保",
    "R02": "医保",
    "R03": "医保",
    "R04": "卫健",
    "R05": "教体",
    "R06": "教体",
    "R07": "住建",
    "R08": "水利",
    "R09": "民政",
    "R10": "公安",
    "R11": "残联",
    "R12": "人社",
    "R13": "公安",
    "R14": "应急",
    "R15": "农业农村",
    "R16": "金融",
    "R17": "信访",
    "R18": "lead office",
}
FEED_OF = {
    "R01": "medical",
    "R02": "medical",
    "R03": "insured",
    "R04": "serious_illness",
    "R05": "schooling",
    "R06": "schooling",
    "R07": "housing",
    "R08": "water",
    "R09": "relief",
    "R10": "deaths",
    "R11": "disability",
    "R12": "employment",
    "R13": "accidents",
    "R14": "disasters",
    "R15": "farm_losses",
    "R16": "loans",
    "R17": "hotline",
    "R18": "household_income",
}
Figures = dict[str, Any]


@dataclass
class Facts:
    """Everything known on the day of screening.

    `rows[feed][household]` are the linked rows of a household, each with the person it is linked to; rows
    dated after the day are left out. `offered[feed]` are rows left to a person, once per candidate.
    """

    today: date
    homes: dict[str, Home]
    rows: dict[str, dict[str, list[tuple[Resident | None, Row]]]]
    offered: dict[str, dict[int, list[Row]]]
    villages: list[str]
    water: list[Row]

    def of(self, feed: str, home: Home) -> list[tuple[Resident | None, Row]]:
        """Linked rows of a household, in the order of the files."""
        return self.rows[feed].get(home.household, [])

    def within_days(self, day: date, n: int) -> bool:
        """In the last `n` days."""
        return self.today - timedelta(n) < day <= self.today

    def within_a_year(self, day: date) -> bool:
        """In the last twelve months: after the same day a year earlier, up to today."""
        year = self.today.year - 1
        last = calendar.monthrange(year, self.today.month)[1]
        return date(year, self.today.month, min(self.today.day, last)) < day <= self.today


def age_on(birth: date | None, day: date) -> int | None:
    """Age in full years; born on 29 February, older on 1 March of a common year; unknown without a birth date."""
    if birth is None:
        return None
    had_birthday = (day.month, day.day) >= (birth.month, birth.day)
    return day.year - birth.year - (0 if had_birthday else 1)


def between(age: int | None, youngest: int, oldest: int) -> bool:
    """Whether a known age lies between two ages, both counted."""
    return age is not None and youngest <= age <= oldest


def yuan(fen: int) -> str:
    """Yuan with two decimals."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def latest(rows: list[tuple[Resident | None, Row]], column: str) -> dict[int, tuple[Resident, Row]]:
    """The latest row of each person: by date, then the later line."""
    newest: dict[int, tuple[Resident, Row]] = {}
    for who, row in rows:
        assert who is not None
        if id(who) not in newest or row.cells[column] >= newest[id(who)][1].cells[column]:
            newest[id(who)] = (who, row)
    return newest


def latest_of_residents(facts: Facts, home: Home, feed: str, column: str) -> list[tuple[Resident, Row]]:
    """The latest row of each living member who has one."""
    newest = latest(facts.of(feed, home), column)
    return [newest[id(who)] for who in home.residents if id(who) in newest]


def self_paid(facts: Facts, home: Home) -> int:
    """Sum of self-paid amounts of the members, living and dead, in the last twelve months."""
    return sum(r.cells["个人自付"] for _, r in facts.of("medical", home) if facts.within_a_year(r.cells["就诊日期"]))


def r01(facts: Facts, home: Home) -> Figures | None:
    """户类型 is 脱贫户 or 监测户, and the sum of 个人自付 of its members in the last 12 months >= 5000."""
    if home.kind not in ("脱贫户", "监测户"):
        return None
    total = self_paid(facts, home)
    return {"self_paid_12m": yuan(total)} if total >= 5000_00 else None


def r02(facts: Facts, home: Home) -> Figures | None:
    """户类型 is another one, and that sum >= 20000."""
    if home.kind in ("脱贫户", "监测户"):
        return None
    total = self_paid(facts, home)
    return {"self_paid_12m": yuan(total)} if total >= 20000_00 else None


def r03(facts: Facts, home: Home) -> Figures | None:
    """D is on or after 1 March, and a resident has no `insured` row for the year of D (a row left to a person counts)."""
    if (facts.today.month, facts.today.day) < (3, 1):
        return None
    year = facts.today.year
    insured = {id(who) for who, row in facts.of("insured", home) if row.cells["参保年度"].year == year}
    missing = 0
    for who in home.residents:
        offered = any(row.cells["参保年度"].year == year for row in facts.offered["insured"].get(id(who), []))
        if id(who) not in insured and not offered:
            missing += 1
    return {"uninsured": missing} if missing else None


def r04(facts: Facts, home: Home) -> Figures | None:
    """A resident has a 确诊日期 in the last 180 days."""
    living = {id(who) for who in home.residents}
    count = sum(
        id(who) in living and facts.within_days(row.cells["确诊日期"], 180)
        for who, row in facts.of("serious_illness", home)
    )
    return {"diagnoses": count} if count else None


def r05(facts: Facts, home: Home) -> Figures | None:
    """A resident of age 6 to 15 whose latest 学籍状态 is 辍学, 失学 or 未入学."""
    count = 0
    for who, row in latest_of_residents(facts, home, "schooling", "状态日期"):
        if between(age_on(who.birth, facts.today), 6, 15) and row.cells["学籍状态"] in ("辍学", "失学", "未入学"):
            count += 1
    return {"absent_pupils": count} if count else None


def r06(facts: Facts, home: Home) -> Figures | None:
    """The sum over residents of 学年自付费用 of each one's latest row, if of the last 12 months, > 10000."""
    total = 0
    for _, row in latest_of_residents(facts, home, "schooling", "状态日期"):
        if facts.within_a_year(row.cells["状态日期"]):
            total += row.cells["学年自付费用"]
    return {"school_cost": yuan(total)} if total > 10000_00 else None


def r07(facts: Facts, home: Home) -> Figures | None:
    """The latest 房屋等级 is C or D, and no row has a 改造完成日期 on or after that 鉴定日期 and up to D."""
    newest: Row | None = None
    rows = [row for _, row in facts.of("housing", home)]
    for row in rows:
        if newest is None or row.cells["鉴定日期"] >= newest.cells["鉴定日期"]:
            newest = row
    if newest is None or newest.cells["房屋等级"] not in ("C", "D"):
        return None
    for row in rows:
        done = row.cells["改造完成日期"]
        if done is not None and newest.cells["鉴定日期"] <= done <= facts.today:
            return None
    return {"grade": newest.cells["房屋等级"]}


def r08(facts: Facts) -> list[tuple[str, Figures]]:
    """(A village) a `water` row begun up to D with 恢复日期 empty or after D; a later line of one area and day counts."""
    by_key: dict[tuple[str, date], Row] = {}
    for row in facts.water:
        by_key[row.cells["区划代码"], row.cells["开始日期"]] = row
    open_days: dict[str, int] = {}
    for (code, begun), row in by_key.items():
        if row.cells["恢复日期"] is not None and row.cells["恢复日期"] <= facts.today:
            continue
        for village in facts.villages:
            if village.startswith(code):
                open_days[village] = max(open_days.get(village, 0), (facts.today - begun).days)
    return [(village, {"days_open": n}) for village, n in sorted(open_days.items())]


def r09(facts: Facts, home: Home) -> Figures | None:
    """A class begun in the last 90 days that did not end 0 to 31 days before, or ended in the last 90 days and not
    begun 0 to 31 days after; a later line of one class and day counts."""
    spells: dict[tuple[str, date], Row] = {}
    for _, row in facts.of("relief", home):
        spells[row.cells["救助类别"], row.cells["开始日期"]] = row
    begun = ended = 0
    for (word, start), row in spells.items():
        same_class = [(s, r.cells["停止日期"]) for (w, s), r in spells.items() if w == word]
        stop = row.cells["停止日期"]
        if facts.within_days(start, 90):
            renewal = any(e is not None and 0 <= (start - e).days <= 31 for _, e in same_class)
            begun += not renewal
        if stop is not None and facts.within_days(stop, 90):
            renewed = any(0 <= (s - stop).days <= 31 for s, _ in same_class)
            ended += not renewed
    return {"begun": begun, "ended": ended} if begun or ended else None


def r10(facts: Facts, home: Home) -> Figures | None:
    """A member of age 16 to 59 at death died in the last 180 days."""
    count = 0
    for who in home.members:
        if who.died is not None and facts.within_days(who.died, 180) and between(age_on(who.birth, who.died), 16, 59):
            count += 1
    return {"deaths": count} if count else None


def r11(facts: Facts, home: Home) -> Figures | None:
    """A resident whose latest card has 发证日期 in the last 180 days and grade 1 or 2, or 3 for 智力 or 精神."""
    count = 0
    for _, row in latest_of_residents(facts, home, "disability", "发证日期"):
        grade, kind = row.cells["残疾等级"], row.cells["残疾类别"]
        if facts.within_days(row.cells["发证日期"], 180):
            count += grade in ("1", "2") or (grade == "3" and kind in ("智力", "精神"))
    return {"cards": count} if count else None


def r12(facts: Facts, home: Home) -> Figures | None:
    """A resident of age 16 to 59 has a latest `employment` row 3 to 12 months before the month of D, not 退休, and no
    resident's latest row is less than 3 months before it (a row left to a person counts as present)."""

    def months(row: Row) -> int:
        month: date = row.cells["最近参保月份"]
        return (facts.today.year - month.year) * 12 + facts.today.month - month.month

    without: list[int] = []
    for who, row in latest_of_residents(facts, home, "employment", "最近参保月份"):
        if months(row) < 3:
            return None
        if between(age_on(who.birth, facts.today), 16, 59) and months(row) <= 12 and row.cells["状态"] != "退休":
            without.append(months(row))
    for who in home.residents:
        if any(months(row) < 3 for row in facts.offered["employment"].get(id(who), [])):
            return None
    return {"months_without": max(without)} if without else None


def r13(facts: Facts, home: Home) -> Figures | None:
    """A member has a 事故日期 in the last 90 days."""
    count = sum(facts.within_days(row.cells["事故日期"], 90) for _, row in facts.of("accidents", home))
    return {"accidents": count} if count else None


def _loss(facts: Facts, home: Home, feed: str, column: str) -> Figures | None:
    total = sum(r.cells["损失金额"] for _, r in facts.of(feed, home) if facts.within_days(r.cells[column], 180))
    return {"loss": yuan(total)} if total > 0 else None


def r14(facts: Facts, home: Home) -> Figures | None:
    """A 发生日期 in the last 180 days with 损失金额 > 0."""
    return _loss(facts, home, "disasters", "发生日期")


def r15(facts: Facts, home: Home) -> Figures | None:
    """A `farm_losses` row in the last 180 days with 损失金额 > 0."""
    return _loss(facts, home, "farm_losses", "日期")


def r16(facts: Facts, home: Home) -> Figures | None:
    """A member's loan, its latest line 逾期 or 展期, with 到期日期 more than 30 days before D."""
    lines: dict[tuple[int, date, int], Row] = {}
    for who, row in facts.of("loans", home):
        lines[id(who), row.cells["放款日期"], row.cells["金额"]] = row
    days: list[int] = []
    amount = 0
    for row in lines.values():
        due = row.cells["到期日期"]
        if row.cells["状态"] in ("逾期", "展期") and due is not None and (facts.today - due).days > 30:
            days.append((facts.today - due).days)
            amount += row.cells["金额"]
    return {"days_overdue": max(days), "amount": yuan(amount)} if days else None


def r17(facts: Facts, home: Home) -> Figures | None:
    """A `hotline` row of the last 30 days linked to a resident."""
    count = sum(facts.within_days(row.cells["日期"], 30) for _, row in facts.of("hotline", home))
    return {"tips": count} if count else None


def r18(facts: Facts, home: Home) -> Figures | None:
    """The latest `household_income`: wage + business + property + transfer - cost <= line of the area on D x residents."""
    newest: Row | None = None
    for _, row in facts.of("household_income", home):
        if newest is None or row.cells["核算止"] >= newest.cells["核算止"]:
            newest = row
    if newest is None:
        return None
    cells, count, line = newest.cells, len(home.residents), INCOME_LINE[facts.today.year]
    earned: int = cells["工资性收入"] + cells["生产经营性收入"] + cells["财产性收入"] + cells["转移性收入"]
    net = earned - cells["生产经营性支出"]
    if net > line * count:
        return None
    # to the nearest fen, halves away from zero
    per_head = (2 * abs(net) + count) // (2 * count)
    return {"income_per_head": yuan(-per_head if net < 0 else per_head), "line": yuan(line)}


RULES: dict[str, Callable[[Facts, Home], Figures | None]] = {
    "R01": r01,
    "R02": r02,
    "R03": r03,
    "R04": r04,
    "R05": r05,
    "R06": r06,
    "R07": r07,
    "R09": r09,
    "R10": r10,
    "R11": r11,
    "R12": r12,
    "R13": r13,
    "R14": r14,
    "R15": r15,
    "R16": r16,
    "R17": r17,
    "R18": r18,
}


def level(rules: set[str]) -> str:
    """Red when rules of two or more departments hit, or R05 or R18 does; otherwise yellow."""
    if rules & {"R05", "R18"} or len({DEPARTMENT[rule] for rule in rules}) >= 2:
        return "red"
    return "yellow"


def date_column(feed: str) -> str | None:
    """The column that dates a row; `assets` has none."""
    return next((column for column, kind in FEEDS[feed].items() if kind in ("date!", "month!", "year!")), None)


def gather(feeds: dict[str, Feed], today: date, villages: list[str]) -> tuple[Facts, dict[str, list[tuple[Row, Link]]]]:
    """Link every row, set the dead apart, and hand the rows of each household together."""
    homes = homes_of(feeds["residents"].rows)
    register = Register(homes)
    links: dict[str, list[tuple[Row, Link]]] = {}
    for feed, read in feeds.items():
        column = next((c for c, kind in FEEDS[feed].items() if kind in ("number", "card")), None)
        if feed != "residents" and column is not None:
            name = "户主姓名" if column.startswith("户主") else "姓名"
            links[feed] = [(row, register.link(row.cells[column], row.cells[name])) for row in read.rows]
    for row, link in links.get("deaths", []):
        if link.band == "same" and row.cells["死亡日期"] <= today:
            who = link.who[0]
            who.died = row.cells["死亡日期"] if who.died is None else max(who.died, row.cells["死亡日期"])
    for home in homes.values():
        home.residents = [who for who in home.members if who.died is None]
    facts = Facts(today, homes, {feed: {} for feed in feeds}, {feed: {} for feed in feeds}, villages, [])
    for feed, pairs in links.items():
        dated = date_column(feed)
        for row, link in pairs:
            if dated is not None and row.cells[dated] > today:
                continue
            if link.band == "same":
                facts.rows[feed].setdefault(link.who[0].home.household, []).append((link.who[0], row))
            elif link.band == "person":
                for who in link.who:
                    facts.offered[feed].setdefault(id(who), []).append(row)
    _gather_others(facts, feeds)
    return facts, links


def _gather_others(facts: Facts, feeds: dict[str, Feed]) -> None:
    """Feeds that are not keyed by an identity number: income, hotline, water."""
    callers = Callers(facts.homes)
    for row in feeds["household_income"].rows:
        if row.cells["核算止"] <= facts.today:
            facts.rows["household_income"].setdefault(row.cells["户编号"], []).append((None, row))
    for row in feeds["hotline"].rows:
        who = callers.link(row.cells["联系电话"], row.cells["姓名"], row.cells["区划代码"])
        if who is not None and row.cells["日期"] <= facts.today:
            facts.rows["hotline"].setdefault(who.home.household, []).append((who, row))
    facts.water = [row for row in feeds["water"].rows if row.cells["开始日期"] <= facts.today]


def screen(facts: Facts, feeds: dict[str, Feed]) -> list[dict[str, Any]]:
    """All alerts, in order of rule and household."""
    in_force = {rule for rule, feed in FEED_OF.items() if feeds[feed].rows}
    if facts.today.year not in INCOME_LINE:
        in_force.discard("R18")
    alerts: list[dict[str, Any]] = []
    for home in facts.homes.values():
        if not home.residents:
            continue
        hits = {rule: figures for rule in RULES if rule in in_force and (figures := RULES[rule](facts, home))}
        for rule, figures in hits.items():
            alert = {"rule": rule, "household": home.household, "area": home.area, "level": level(set(hits))}
            alerts.append(alert | {"figures": figures})
    if "R08" in in_force:
        for village, figures in r08(facts):
            alerts.append({"rule": "R08", "household": "", "area": village, "level": "yellow", "figures": figures})
    return sorted(alerts, key=lambda alert: (alert["rule"], alert["household"], alert["area"]))


def write(
    out: Path, alerts: list[dict[str, Any]], feeds: dict[str, Feed], links: dict[str, list[tuple[Row, Link]]]
) -> None:
    """The results as JSON and CSV."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "alerts.json").write_text(json.dumps(alerts, ensure_ascii=False), encoding="utf-8")
    with (out / "rejects.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([name, *place] for name, feed in feeds.items() for place in feed.rejected)
    with (out / "links.csv").open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines, lineterminator="\n")
        for feed, pairs in links.items():
            for row, link in pairs:
                for who in link.who or (None,):
                    number = who.number if who is not None else ""
                    table.writerow([feed, row.file, row.line, number, link.band, int(link.differs)])
    inputs = {
        name: {"received": feed.received, "accepted": len(feed.rows), "rejected": len(feed.rejected)}
        for name, feed in feeds.items()
    }
    run = {"inputs": inputs, "hits": Counter(alert["rule"] for alert in alerts)}
    (out / "run.json").write_text(json.dumps(run, ensure_ascii=False, indent=1), encoding="utf-8")


def villages_of(path: Path) -> list[str]:
    """Codes of the villages in an area table."""
    with path.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return [row["code"] for row in rows if row["level"] == "village"]


def main() -> None:
    """Read the command line, screen, write."""
    parser = argparse.ArgumentParser(description="The rule texts, plainly.")
    parser.add_argument("--registers", type=Path, required=True)
    parser.add_argument("--feeds", type=Path, required=True)
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--areas", type=Path, default=AREAS)
    given = parser.parse_args()
    gc.disable()  # millions of rows that all live to the end: collecting would only walk over them
    feeds = {
        name: read_feed(given.registers if name in ("residents", "household_income") else given.feeds, name)
        for name in FEEDS
    }
    facts, links = gather(feeds, given.date, villages_of(given.areas))
    write(given.out, screen(facts, feeds), feeds, links)


if __name__ == "__main__":
    main()
