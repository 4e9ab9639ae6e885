"""The same screening in plain pandas on clean Parquet: `python bench/pandas_screen.py DATA --date D --out DIR`.

Written as somebody at home in pandas would: vectorised where pandas offers it, amounts as integer fen. Leaves what the product
leaves of clean files: `alerts.parquet` and `links.parquet`; `--without-links` the first alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent))

from facts import AREAS, DEPARTMENTS, INCOME_LINES

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.array(list("10X98765432"))
WIDE = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX", " '　")


def read(folder: Path, feed: str) -> pd.DataFrame:
    """A feed; decimals as integer fen (0 where empty), dates as datetime64."""
    table = pq.ParquetFile(folder / f"{feed}.parquet").read()
    for i, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            fen = pc.multiply(pc.fill_null(table.column(i), 0), pa.scalar(100)).cast(pa.int64())
            table = table.set_column(i, column.name, fen)
    frame: pd.DataFrame = table.to_pandas()
    for column in table.schema:
        if pa.types.is_date(column.type):
            frame[column.name] = pd.to_datetime(frame[column.name])
    return frame


def checks(body: pd.Series) -> np.ndarray[Any, Any]:
    """Check characters for seventeen-digit bodies."""
    rest = body.astype("int64").to_numpy()
    total = np.zeros(len(rest), dtype="int64")
    for weight in WEIGHTS[::-1]:
        total += rest % 10 * weight
        rest = rest // 10
    characters: np.ndarray[Any, Any] = CHECKS[total % 11]
    return characters


def cleaned(raw: pd.Series) -> pd.Series:
    """Numbers with width, blanks, apostrophes and case set right, 15 digits brought to 18."""
    number = raw.fillna("")
    odd = ~(number.str.len().eq(18) & number.str.isascii() & ~number.str.contains("[x ']", regex=True))
    scrubbed = number[odd].map(lambda text: text.translate(WIDE).upper())
    old = scrubbed[scrubbed.str.fullmatch(r"\d{15}")]
    if len(old):
        body = old.str[:6] + "19" + old.str[6:]
        scrubbed.loc[old.index] = body + pd.Series(checks(body), index=body.index)
    number.loc[scrubbed.index] = scrubbed
    return number


def age_on(birth: pd.Series, day: pd.Series | pd.Timestamp) -> pd.Series:
    """Full years; 29 February turns older on 1 March of a common year."""
    when = day.dt if isinstance(day, pd.Series) else day
    return when.year - birth.dt.year - (when.month * 100 + when.day < birth.dt.month * 100 + birth.dt.day).astype(int)


def near(number: str, known: dict[str, int]) -> set[int]:
    """People whose number is one edit or one transposition away."""
    found: list[str] = []
    if len(number) == 18:
        found += [number[:i] + c + number[i + 1 :] for i in range(18) for c in "0123456789X"]
        found += [number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(17)]
    elif len(number) == 17:
        found += [number[:i] + c + number[i:] for i in range(18) for c in "0123456789X"]
    elif len(number) == 19:
        found += [number[:i] + number[i + 1 :] for i in range(19)]
    return {known[each] for each in found if each in known}


class Screening:
    """People, households and linked feeds of one day, and the hits found so far."""

    def __init__(self, data: Path, day: date) -> None:
        self.registers, self.feeds = data / "registers", data / "feeds"
        self.today = pd.Timestamp(day)
        self.hits: list[pd.DataFrame] = []
        self.looked_up: dict[str, pd.DataFrame] = {}
        self.meant: dict[str, set[int]] = {}
        people = read(self.registers, "residents")
        people["written"] = people["number"] = cleaned(people["证件号码"])
        body = people["number"].where(people["number"].str.fullmatch(r"\d{17}[\dX]"), "0" * 18).str[:17]
        people["start"] = people["number"].str[:14]
        people.loc[people["number"].str[17:] != checks(body), "number"] = ""
        people["birth"] = pd.to_datetime(people["number"].str[6:14], format="%Y%m%d", errors="coerce")
        self.known = {number: i for i, number in enumerate(people["number"]) if number}
        self.people = people
        heads = people.assign(head=people["与户主关系"].ne("户主")).sort_values("head", kind="stable")
        self.homes = heads.drop_duplicates("户编号").set_index("户编号")[["户类型", "区划代码"]]
        deaths = self.linked("deaths", "死亡日期")
        people["died"] = deaths.groupby("person")["死亡日期"].max()
        self.living = people[people["died"].isna()]
        self.residents = self.living.groupby("户编号").size()

    def rows(self, feed: str, column: str) -> pd.DataFrame:
        """Rows up to the day, with cleaned number and the person it belongs to (NaN if none)."""
        frame = self.look_up(feed)
        return frame[frame[column] <= self.today]

    def look_up(self, feed: str) -> pd.DataFrame:
        """Every row of a feed with cleaned number and person; what links tell is kept."""
        frame = read(self.feeds, feed)
        head = "户主" if "户主证件号码" in frame else ""
        raw = frame[f"{head}证件号码"]
        if feed == "disability":
            long = raw.str.len().isin([20, 22])
            raw = raw.where(~long, raw.str[:18])
        number = cleaned(raw)
        frame = frame.assign(number=number, person=number.map(self.known))
        self.looked_up[feed] = frame[["number", "person", f"{head}姓名"]].set_axis(["number", "person", "name"], axis=1)
        return frame

    def linked(self, feed: str, column: str) -> pd.DataFrame:
        """Rows that belong to a person, with that person's household and birth."""
        frame = self.rows(feed, column).dropna(subset=["person"])
        frame["person"] = frame["person"].astype("int64")
        return self.with_home(frame)

    def with_home(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Household and birth by person."""
        return frame.join(self.people[["户编号", "birth"]], on="person")

    def latest(self, frame: pd.DataFrame, column: str) -> pd.DataFrame:
        """The latest row of each living person."""
        frame = frame[frame["person"].isin(self.living.index)]
        return frame.sort_values(column, kind="stable").drop_duplicates("person", keep="last")

    def offered(self, rows: pd.DataFrame) -> set[int]:
        """People for whom an unlinked row may be meant."""
        doubtful = rows[rows["person"].isna()][["number", "姓名"]].drop_duplicates()
        found: set[int] = set()
        for number in doubtful["number"]:
            found |= self.near(number)
        doubtful = doubtful[doubtful["number"].str.len() >= 14]
        people = self.people[self.people["姓名"].isin(doubtful["姓名"])].reset_index(names="who")
        fit = doubtful.assign(start=doubtful["number"].str[:14]).merge(
            people[["姓名", "start", "who"]], on=["姓名", "start"]
        )
        return found | set(fit["who"])

    def near(self, number: str) -> set[int]:
        """People near a number, which is asked for once."""
        if number not in self.meant:
            self.meant[number] = near(number, self.known)
        return self.meant[number]

    def days(self, column: pd.Series, count: int) -> pd.Series:
        """In the last `count` days."""
        return (column > self.today - pd.Timedelta(days=count)) & (column <= self.today)

    def hit(self, rule: str, figures: pd.DataFrame) -> None:
        """Keep the hits of a rule: one row per household, one column per figure."""
        texts = [json.dumps(row) for row in figures.to_dict("records")]
        self.hits.append(pd.DataFrame({"rule": rule, "household": figures.index, "figures": texts}))

    def count(self, rule: str, frame: pd.DataFrame, name: str) -> None:
        """Hits of a rule that counts rows."""
        self.hit(rule, frame.groupby("户编号").size().to_frame(name))


def yuan(fen: pd.Series) -> pd.Series:
    """Yuan with two decimals."""
    return fen.map(lambda each: f"{'-' if each < 0 else ''}{abs(each) // 100}.{abs(each) % 100:02d}")


def illness(s: Screening) -> None:
    """R01 to R04."""
    year_back = s.today - pd.DateOffset(months=12)
    bills = s.rows("medical", "就诊日期")
    bills = bills[bills["就诊日期"] > year_back].dropna(subset=["person"])
    paid = s.with_home(bills.astype({"person": "int64"})).groupby("户编号")["个人自付"].sum()
    poor = s.homes["户类型"].isin(["脱贫户", "监测户"]).reindex(paid.index)
    s.hit("R01", yuan(paid[poor & (paid >= 500_000)]).to_frame("self_paid_12m"))
    s.hit("R02", yuan(paid[~poor & (paid >= 2_000_000)]).to_frame("self_paid_12m"))
    if s.today.month >= 3:
        rows = _insured(s)
        present = set(rows["person"].dropna().astype("int64")) | s.offered(rows)
        s.count("R03", s.living[~s.living.index.isin(list(present))], "uninsured")
    sick = s.linked("serious_illness", "确诊日期")
    sick = sick[s.days(sick["确诊日期"], 180) & sick["person"].isin(s.living.index)]
    s.count("R04", sick, "diagnoses")


def school_and_cards(s: Screening) -> None:
    """R05, R06 and R11."""
    latest = s.latest(s.linked("schooling", "状态日期"), "状态日期")
    absent = latest["学籍状态"].isin(["辍学", "失学", "未入学"]) & age_on(latest["birth"], s.today).between(6, 15)
    s.count("R05", latest[absent], "absent_pupils")
    recent = latest[latest["状态日期"] > s.today - pd.DateOffset(months=12)]
    cost = recent.groupby("户编号")["学年自付费用"].sum()
    s.hit("R06", yuan(cost[cost > 1_000_000]).to_frame("school_cost"))
    cards = s.latest(s.linked("disability", "发证日期"), "发证日期")
    grade = cards["残疾等级"].str[:1]
    severe = grade.isin(["一", "二", "1", "2"]) | (grade.isin(["三", "3"]) & cards["残疾类别"].isin(["智力", "精神"]))
    s.count("R11", cards[severe & s.days(cards["发证日期"], 180)], "cards")


def houses_and_relief(s: Screening) -> None:
    """R07 and R09."""
    rows = s.linked("housing", "鉴定日期")
    newest = rows.sort_values("鉴定日期", kind="stable").drop_duplicates("户编号", keep="last").set_index("户编号")
    done = rows.join(newest["鉴定日期"].rename("graded"), on="户编号")
    done = done[(done["改造完成日期"] >= done["graded"]) & (done["改造完成日期"] <= s.today)]
    bad = newest[newest["房屋等级"].isin(["C", "D"]) & ~newest.index.isin(done["户编号"])]
    s.hit("R07", bad[["房屋等级"]].rename(columns={"房屋等级": "grade"}))
    key = ["户编号", "救助类别"]
    spells = s.linked("relief", "开始日期").drop_duplicates([*key, "开始日期"], keep="last").reset_index(drop=True)
    spells["n"] = spells.index
    pairs = spells.merge(spells, on=key, suffixes=("", "_other"))
    after_end = (pairs["开始日期"] - pairs["停止日期_other"]).dt.days.between(0, 31)
    renewed = (pairs["开始日期_other"] - pairs["停止日期"]).dt.days.between(0, 31)
    spells["begun"] = s.days(spells["开始日期"], 90) & ~spells["n"].isin(pairs.loc[after_end, "n"])
    spells["ended"] = s.days(spells["停止日期"], 90) & ~spells["n"].isin(pairs.loc[renewed, "n"])
    counts = spells.groupby("户编号")[["begun", "ended"]].sum()
    s.hit("R09", counts[counts.sum(axis=1) > 0])


def labour(s: Screening) -> None:
    """R10 and R12."""
    dead = s.people[s.people["died"].notna()]
    s.count("R10", dead[s.days(dead["died"], 180) & age_on(dead["birth"], dead["died"]).between(16, 59)], "deaths")
    rows = _employment(s)
    latest = s.with_home(rows.dropna(subset=["person"]).astype({"person": "int64"}))
    latest = s.latest(latest, "month")
    latest["back"] = (s.today.year - latest["month"].dt.year) * 12 + s.today.month - latest["month"].dt.month
    recent_rows = rows[rows["month"] > s.today.replace(day=1) - pd.DateOffset(months=3)]
    offered = s.people.loc[list(s.offered(recent_rows))]
    busy = set(latest.loc[latest["back"] < 3, "户编号"]) | set(offered.loc[offered["died"].isna(), "户编号"])
    without = latest[
        latest["back"].between(3, 12)
        & latest["状态"].ne("退休")
        & age_on(latest["birth"], s.today).between(16, 59)
        & ~latest["户编号"].isin(busy)
    ]
    s.hit("R12", without.groupby("户编号")["back"].max().to_frame("months_without"))


def money_and_mishaps(s: Screening) -> None:
    """R13 to R16 and R18."""
    accidents = s.linked("accidents", "事故日期")
    s.count("R13", accidents[s.days(accidents["事故日期"], 90)], "accidents")
    for rule, feed, column in (("R14", "disasters", "发生日期"), ("R15", "farm_losses", "日期")):
        rows = s.linked(feed, column)
        loss = rows[s.days(rows[column], 180)].groupby("户编号")["损失金额"].sum()
        s.hit(rule, yuan(loss[loss > 0]).to_frame("loss"))
    loans = s.linked("loans", "放款日期").drop_duplicates(["person", "放款日期", "金额"], keep="last")
    loans["days"] = (s.today - loans["到期日期"]).dt.days
    late = loans[loans["状态"].isin(["逾期", "展期"]) & (loans["days"] > 30)].astype({"days": "int64"})
    owed = late.groupby("户编号").agg(days_overdue=("days", "max"), amount=("金额", "sum"))
    s.hit("R16", owed.assign(amount=yuan(owed["amount"])))
    line = INCOME_LINES[s.today.year]
    income = read(s.registers, "household_income")
    income = (
        income[income["核算止"] <= s.today].sort_values("核算止", kind="stable").drop_duplicates("户编号", keep="last")
    )
    income = income.set_index("户编号").join(s.residents.rename("residents"), how="inner")
    net = income[["工资性收入", "生产经营性收入", "财产性收入", "转移性收入"]].sum(axis=1) - income["生产经营性支出"]
    count = income["residents"]
    low = net <= line * count
    per_head = ((2 * net.abs() + count) // (2 * count) * np.sign(net))[low]
    s.hit("R18", pd.DataFrame({"income_per_head": yuan(per_head), "line": f"{line / 100:.2f}"}))


def tips(s: Screening) -> None:
    """R17."""
    calls = read(s.feeds, "hotline")
    calls = calls[s.days(calls["日期"], 30)].reset_index(names="call")
    people = s.living[["户编号", "姓名", "联系电话", "区划代码"]]
    phones = people.dropna(subset=["联系电话"]).drop_duplicates("联系电话", keep=False)
    by_phone = calls.dropna(subset=["联系电话"]).merge(phones, on="联系电话")
    rest = calls[~calls["call"].isin(by_phone["call"]) & calls["区划代码"].str.len().eq(12)]
    names = people[people["姓名"].isin(rest["姓名"].dropna())].drop_duplicates(["姓名", "区划代码"], keep=False)
    by_name = rest.dropna(subset=["姓名"]).merge(names, on=["姓名", "区划代码"])
    s.count("R17", pd.concat([by_phone[["户编号"]], by_name[["户编号"]]]), "tips")


def water(s: Screening) -> pd.DataFrame:
    """R08, village by village."""
    rows = read(s.feeds, "water")
    rows = rows[rows["开始日期"] <= s.today].drop_duplicates(["区划代码", "开始日期"], keep="last")
    rows = rows[rows["恢复日期"].isna() | (rows["恢复日期"] > s.today)]
    areas = pd.read_csv(AREAS, skiprows=1, dtype=str)
    villages = areas.loc[areas["level"] == "village", ["code"]]
    pairs = villages.merge(rows, how="cross")
    pairs = pairs[[code.startswith(start) for code, start in zip(pairs["code"], pairs["区划代码"], strict=True)]]
    since = (s.today - pairs["开始日期"]).dt.days.groupby(pairs["code"]).max()
    texts = [json.dumps({"days_open": int(each)}) for each in since]
    return pd.DataFrame({"rule": "R08", "household": "", "area": since.index, "level": "yellow", "figures": texts})


def _insured(s: Screening) -> pd.DataFrame:
    frame = s.look_up("insured")
    return frame[frame["参保年度"] == s.today.year]


def _employment(s: Screening) -> pd.DataFrame:
    frame = s.look_up("employment")
    frame = frame.assign(month=pd.to_datetime(frame["最近参保月份"] + "-01"))
    return frame[frame["month"] <= s.today]


def alerts(s: Screening) -> pd.DataFrame:
    """All hits with area and level; households without residents left out."""
    hits = pd.concat(s.hits)
    hits = hits[hits["household"].isin(s.residents.index)]
    departments = hits["rule"].map(DEPARTMENTS).groupby(hits["household"]).nunique()
    grave = hits["rule"].isin(["R05", "R18"]).groupby(hits["household"]).any()
    red = (departments >= 2) | grave
    hits["level"] = np.where(hits["household"].map(red), "red", "yellow")
    hits["area"] = hits["household"].map(s.homes["区划代码"])
    return pd.concat([hits, water(s)])


def links(s: Screening) -> pd.DataFrame:
    """Whose each row is: one line per row with a number, and one per candidate where nobody has that number."""
    parts: list[pd.DataFrame] = []
    for feed, rows in s.looked_up.items():
        rows = rows.assign(feed=feed, file=f"{feed}.parquet", row=rows.index + 1)
        sure = rows[rows["person"].notna()].astype({"person": "int64"})
        name = s.people["姓名"].reindex(sure["person"]).set_axis(sure.index)
        differs = sure["name"].ne(name) & sure["name"].notna() & name.notna()
        parts.append(sure.assign(how="number", score=1.0, band="same", differs=differs))
        parts.append(candidates(s, rows[rows["person"].isna()]))
    found = pd.concat(parts, ignore_index=True)
    found["resident"] = s.people["written"].reindex(found["person"]).fillna("").to_numpy()
    return found[["feed", "file", "row", "resident", "how", "score", "band", "differs"]]


def candidates(s: Screening, doubtful: pd.DataFrame) -> pd.DataFrame:
    """Whom rows may mean that nobody was found for: by a number near theirs, or by name, birth and area; else nobody."""
    near_ones = doubtful.assign(who=[list(s.near(number)) for number in doubtful["number"]])
    near_ones = near_ones.explode("who").dropna(subset=["who"]).assign(how="edit", score=0.9)
    people = s.people[["姓名", "start"]].set_axis(["name", "start"], axis=1).reset_index(names="who")
    named = doubtful[doubtful["number"].str.len() >= 14]
    named = named.assign(start=named["number"].str[:14]).merge(
        people[people["name"].isin(named["name"])], on=["name", "start"]
    )
    both = pd.concat([near_ones, named.assign(how="birth", score=0.8)]).drop_duplicates(["row", "who"])
    nobody = doubtful[~doubtful["row"].isin(both["row"])].assign(how="none", score=0.0, band="different")
    found = pd.concat([both.assign(person=both["who"].astype("float64"), band="person"), nobody])
    return found.assign(differs=False)[["feed", "file", "row", "person", "how", "score", "band", "differs"]]


def main() -> None:
    """Read the command line, screen, write `alerts.parquet`."""
    parser = argparse.ArgumentParser(description="All rules in pandas.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, default=date(2021, 12, 20))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--without-links", action="store_true", help="find alerts alone")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    s = Screening(given.data, given.date)
    for part in (illness, school_and_cards, houses_and_relief, labour, money_and_mishaps, tips):
        part(s)
    alerts(s)[["rule", "household", "area", "level", "figures"]].to_parquet(given.out / "alerts.parquet", index=False)
    if not given.without_links:
        s.look_up("assets")  # no rule reads them
        links(s).to_parquet(given.out / "links.parquet", index=False)


if __name__ == "__main__":
    main()
