"""The same rules in plain Polars, lazy, on clean Parquet: `python bench/polars_screen.py DATA --date D --out DIR`.

Written as somebody at home in Polars would: expressions and joins, nothing row by row, amounts as integer fen.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from polars import col

sys.path.insert(0, str(Path(__file__).resolve().parent))

from facts import AREAS, DEPARTMENTS, INCOME_LINES

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
LINES = 1 << 32  # more than a file has
WIDE = dict(zip("０１２３４５６７８９Ｘｘx", "0123456789XXX", strict=True)) | {" ": "", "'": "", "　": ""}


def check(body: pl.Expr) -> pl.Expr:
    """The check character of a seventeen-digit body."""
    total = pl.sum_horizontal(body // 10 ** (16 - at) % 10 * weight for at, weight in enumerate(WEIGHTS))
    return pl.lit("10X98765432").str.slice(total % 11, 1)


def cleaned(frame: pl.LazyFrame, raw: str) -> pl.LazyFrame:
    """With `number`: width, blanks, apostrophes and case set right, 15 digits brought to 18; clean ones are taken as they are."""
    text = col(raw).fill_null("")
    clean = (text.str.len_bytes() == 18) & ~text.str.contains("[^0-9X]")
    scrubbed = col(raw).fill_null("").str.replace_many(WIDE)
    old = pl.concat_str(col("number").str.slice(0, 6), pl.lit("19"), col("number").str.slice(6))
    odd = frame.filter(~clean).with_columns(number=scrubbed)
    longer = (
        odd.filter(col("number").str.contains(r"^\d{15}$"))
        .with_columns(number=old)
        .with_columns(number=col("number") + check(col("number").cast(pl.Int64)))
    )
    same = odd.filter(~col("number").str.contains(r"^\d{15}$"))
    return pl.concat([frame.filter(clean).with_columns(number=text), same, longer])


def fen(*names: str) -> list[pl.Expr]:
    """Amounts as whole numbers, nothing where empty."""
    return [(col(name).fill_null(0) * 100).cast(pl.Int64).alias(name) for name in names]


def yuan(amount: pl.Expr) -> pl.Expr:
    """Yuan with two decimals."""
    sign = pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    rest = (amount.abs() % 100).cast(pl.String).str.zfill(2)
    return pl.format("{}{}.{}", sign, amount.abs() // 100, rest)


def age(birth: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Full years; 29 February turns older on 1 March of a common year."""
    later = (day.dt.month().cast(pl.Int32) * 100 + day.dt.day()) < (
        birth.dt.month().cast(pl.Int32) * 100 + birth.dt.day()
    )
    return day.dt.year() - birth.dt.year() - later.cast(pl.Int32)


def newest(column: str) -> pl.Expr:
    """Where in a group the latest row stands, of one day the later line."""
    return (col(column).cast(pl.Int32).cast(pl.Int64) * LINES + col("line")).arg_max()


def told(rule: str, frame: pl.LazyFrame, **figures: pl.Expr) -> pl.LazyFrame:
    """Hits of a rule: one row per household, its figures as JSON."""
    words = [pl.format('"' + name + '": "{}"', value) for name, value in figures.items()]
    joined = pl.concat_str(pl.lit("{"), pl.concat_str(words, separator=", "), pl.lit("}"))
    return frame.select(rule=pl.lit(rule), household=col("户编号"), figures=joined)


class Screening:
    """People, households and the feeds of one day."""

    def __init__(self, data: Path, day: date) -> None:
        self.data, self.day, self.today = data, day, pl.lit(day)
        read = pl.scan_parquet(data / "registers" / "residents.parquet").with_row_index("rid")
        people = cleaned(read, "证件号码").with_columns(
            body=pl.when(col("number").str.contains(r"^\d{17}[\dX]$"))
            .then(col("number").str.slice(0, 17))
            .cast(pl.Int64),
            start=col("number").str.slice(0, 14),
        )
        right = col("body").is_not_null() & (check(col("body")) == col("number").str.slice(17))
        self.people = people.select(
            "rid", "户编号", "姓名", "户类型", "区划代码", "联系电话", "start", away=col("与户主关系").fill_null("") != "户主",
            number=pl.when(right).then(col("number")),
            birth=pl.when(right).then(col("number").str.slice(6, 8)).str.to_date("%Y%m%d", strict=False),
        ).collect(engine="streaming")  # fmt: skip
        self.known = self.people.lazy().filter(col("number").is_not_null()).select("number", "rid", "户编号", "birth")
        head = (col("away").cast(pl.Int64) * LINES + col("rid")).arg_min()
        self.homes = (
            self.people.lazy()
            .group_by("户编号")
            .agg(col("户类型").get(head), col("区划代码").get(head))
            .collect(engine="streaming")
        )
        self.dead = (
            self.linked("deaths", "死亡日期").group_by("rid").agg(col("死亡日期").max()).collect(engine="streaming")
        )
        self.living = self.people.lazy().join(self.dead.lazy(), on="rid", how="anti")
        self.residents = self.living.group_by("户编号").agg(residents=pl.len()).collect(engine="streaming")

    def feed(self, name: str) -> pl.LazyFrame:
        """A feed as it lies there, its lines numbered."""
        return pl.scan_parquet(self.data / "feeds" / f"{name}.parquet").with_row_index("line")

    def rows(self, name: str, column: str, *, of_head: bool = False) -> pl.LazyFrame:
        """Rows up to the day, with the cleaned number and the person it belongs to (null if none)."""
        frame, raw = self.feed(name).filter(col(column) <= self.today), "户主证件号码" if of_head else "证件号码"
        if name == "disability":
            long = col(raw).str.len_chars().is_in([20, 22])
            frame = frame.with_columns(pl.when(long).then(col(raw).str.slice(0, 18)).otherwise(col(raw)).alias(raw))
        return cleaned(frame, raw).join(self.known, on="number", how="left")

    def linked(self, name: str, column: str, *, of_head: bool = False) -> pl.LazyFrame:
        """Rows that belong to a person, with that person's household and birth."""
        return self.rows(name, column, of_head=of_head).filter(col("rid").is_not_null())

    def latest(self, frame: pl.LazyFrame, column: str, *of: str) -> pl.LazyFrame:
        """The latest row of each living person."""
        alive = frame.join(self.dead.lazy(), on="rid", how="anti")
        return alive.group_by("rid").agg(col("户编号", "birth", column, *of).get(newest(column)))

    def last(self, column: str, days: int) -> pl.Expr:
        """In the last so many days."""
        return (col(column) > self.day - timedelta(days=days)) & (col(column) <= self.today)

    def offered(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """People for whom a row of nobody may be meant: a number one edit or exchange away, or name, birth and area."""
        lost = rows.filter(col("rid").is_null()).select("number", "姓名").unique().collect(engine="streaming").lazy()
        long = lost.with_columns(long=col("number").str.len_chars())
        place = pl.LazyFrame({"at": range(19)})
        other = pl.LazyFrame({"other": list("0123456789X")})

        def made(frame: pl.LazyFrame, *parts: pl.Expr) -> pl.LazyFrame:
            return frame.select(number=pl.concat_str(*parts))

        number, at = col("number"), col("at")
        before = number.str.slice(0, at)
        of18, of17, of19 = (long.filter(col("long") == size).join(place, how="cross") for size in (18, 17, 19))
        near = pl.concat([
            made(of18.filter(at < 18).join(other, how="cross"), before, col("other"), number.str.slice(at + 1)),
            made(of18.filter(at < 17), before, number.str.slice(at + 1, 1), number.str.slice(at, 1), number.str.slice(at + 2)),
            made(of17.filter(at < 18).join(other, how="cross"), before, col("other"), number.str.slice(at)),
            made(of19, before, number.str.slice(at + 1)),
        ])  # fmt: skip
        by_number = self.known.join(near, on="number", how="semi").select("rid")
        started = lost.filter(number.str.len_chars() >= 14).select("姓名", start=number.str.slice(0, 14))
        by_name = self.people.lazy().join(started, on=["姓名", "start"], how="semi").select("rid")
        return pl.concat([by_number, by_name]).unique()


def illness(s: Screening) -> list[pl.LazyFrame]:
    """R01 to R04."""
    bills = s.feed("medical").filter(
        (col("就诊日期") > pl.lit(s.day).dt.offset_by("-12mo")) & (col("就诊日期") <= s.today)
    )
    each = bills.group_by("证件号码").agg(*fen_sum("个人自付"))
    paid = cleaned(each, "证件号码").join(s.known, on="number").group_by("户编号").agg(paid=col("个人自付").sum())
    paid = paid.filter(col("paid") >= 500_000).join(s.homes.lazy(), on="户编号")
    poor = col("户类型").is_in(["脱贫户", "监测户"])
    insured = cleaned(s.feed("insured").filter(col("参保年度") == s.day.year), "证件号码").join(
        s.known, on="number", how="left"
    )
    sick = (
        s.linked("serious_illness", "确诊日期")
        .filter(s.last("确诊日期", 180))
        .join(s.dead.lazy(), on="rid", how="anti")
    )
    found = [
        told("R01", paid.filter(poor), self_paid_12m=yuan(col("paid"))),
        told("R02", paid.filter(~poor & (col("paid") >= 2_000_000)), self_paid_12m=yuan(col("paid"))),
        counted("R04", sick, "diagnoses"),
    ]
    if s.day.month >= 3:
        present = insured.filter(col("rid").is_not_null()).select("rid")
        absent = s.living.join(present, on="rid", how="anti").join(s.offered(insured), on="rid", how="anti")
        found.append(counted("R03", absent, "uninsured"))
    return found


def fen_sum(name: str) -> list[pl.Expr]:
    """The sum of an amount as a whole number."""
    return [(col(name).sum() * 100).cast(pl.Int64).alias(name)]


def counted(rule: str, frame: pl.LazyFrame, figure: str) -> pl.LazyFrame:
    """Hits of a rule that counts rows."""
    return told(rule, frame.group_by("户编号").agg(n=pl.len()), **{figure: col("n")})


def school_and_cards(s: Screening) -> list[pl.LazyFrame]:
    """R05, R06 and R11."""
    schooling = s.linked("schooling", "状态日期").with_columns(*fen("学年自付费用"))
    latest = s.latest(schooling, "状态日期", "学籍状态", "学年自付费用")
    absent = col("学籍状态").is_in(["辍学", "失学", "未入学"]) & age(col("birth"), s.today).is_between(6, 15)
    recent = latest.filter(col("状态日期") > pl.lit(s.day).dt.offset_by("-12mo"))
    cost = recent.group_by("户编号").agg(cost=col("学年自付费用").sum()).filter(col("cost") > 1_000_000)
    cards = s.latest(s.linked("disability", "发证日期"), "发证日期", "残疾等级", "残疾类别")
    grade = col("残疾等级").str.slice(0, 1)
    severe = grade.is_in(["一", "二", "1", "2"]) | (grade.is_in(["三", "3"]) & col("残疾类别").is_in(["智力", "精神"]))
    return [
        counted("R05", latest.filter(absent), "absent_pupils"),
        told("R06", cost, school_cost=yuan(col("cost"))),
        counted("R11", cards.filter(severe & s.last("发证日期", 180)), "cards"),
    ]


def houses_and_relief(s: Screening) -> list[pl.LazyFrame]:
    """R07 and R09."""
    rows = s.linked("housing", "鉴定日期", of_head=True)
    grades = rows.group_by("户编号").agg(col("房屋等级").get(newest("鉴定日期")), graded=col("鉴定日期").max())
    done = rows.join(grades, on="户编号").filter(
        (col("改造完成日期") >= col("graded")) & (col("改造完成日期") <= s.today)
    )
    bad = grades.filter(col("房屋等级").is_in(["C", "D"])).join(done, on="户编号", how="anti")
    key = ["户编号", "救助类别"]
    spells = (
        s.linked("relief", "开始日期", of_head=True)
        .group_by(*key, "开始日期")
        .agg(col("停止日期").get(col("line").arg_max()))
    )
    pairs = spells.join(spells, on=key, suffix="_other")
    follows = (col("开始日期") - col("停止日期_other")).dt.total_days().is_between(0, 31)
    renewed = (col("开始日期_other") - col("停止日期")).dt.total_days().is_between(0, 31)
    one = [*key, "开始日期"]
    begun = spells.filter(s.last("开始日期", 90)).join(pairs.filter(follows), on=one, how="anti")
    ended = spells.filter(s.last("停止日期", 90)).join(pairs.filter(renewed), on=one, how="anti")
    both = pl.concat([
        begun.select("户编号", begun=1, ended=0),
        ended.select("户编号", begun=0, ended=1),
    ])  # fmt: skip
    counts = both.group_by("户编号").agg(col("begun").sum(), col("ended").sum())
    return [told("R07", bad, grade=col("房屋等级")), told("R09", counts, begun=col("begun"), ended=col("ended"))]


def labour(s: Screening) -> list[pl.LazyFrame]:
    """R10 and R12."""
    died = s.dead.lazy().join(s.people.lazy(), on="rid").filter(s.last("死亡日期", 180))
    died = died.filter(age(col("birth"), col("死亡日期")).is_between(16, 59))
    month = pl.concat_str(col("最近参保月份"), pl.lit("-01")).str.to_date("%Y-%m-%d")
    rows = cleaned(s.feed("employment").with_columns(month=month).filter(col("month") <= s.today), "证件号码")
    rows = rows.join(s.known, on="number", how="left")
    back = (s.day.year - col("month").dt.year()) * 12 + s.day.month - col("month").dt.month().cast(pl.Int32)
    latest = s.latest(rows.filter(col("rid").is_not_null()), "month", "状态").with_columns(back=back)
    recent = rows.filter(col("month") > pl.lit(s.day.replace(day=1)).dt.offset_by("-3mo"))
    offered = s.living.join(s.offered(recent), on="rid", how="semi").select("户编号")
    busy = pl.concat([latest.filter(col("back") < 3).select("户编号"), offered])
    without = latest.filter(
        col("back").is_between(3, 12) & (col("状态") != "退休") & age(col("birth"), s.today).is_between(16, 59)
    ).join(busy, on="户编号", how="anti")
    months = without.group_by("户编号").agg(col("back").max())
    return [counted("R10", died, "deaths"), told("R12", months, months_without=col("back"))]


def money_and_mishaps(s: Screening) -> list[pl.LazyFrame]:
    """R13 to R16 and R18."""
    found = [counted("R13", s.linked("accidents", "事故日期").filter(s.last("事故日期", 90)), "accidents")]
    for rule, feed, column in (("R14", "disasters", "发生日期"), ("R15", "farm_losses", "日期")):
        rows = s.linked(feed, column, of_head=True).filter(s.last(column, 180)).with_columns(*fen("损失金额"))
        loss = rows.group_by("户编号").agg(loss=col("损失金额").sum()).filter(col("loss") > 0)
        found.append(told(rule, loss, loss=yuan(col("loss"))))
    lines = s.linked("loans", "放款日期").with_columns(*fen("金额"))
    loans = lines.group_by("rid", "户编号", "放款日期", "金额").agg(col("状态", "到期日期").get(col("line").arg_max()))
    days = (s.today - col("到期日期")).dt.total_days()
    late = loans.with_columns(days=days).filter(col("状态").is_in(["逾期", "展期"]) & (col("days") > 30))
    owed = late.group_by("户编号").agg(col("days").max(), col("金额").sum())
    line = INCOME_LINES[s.day.year]
    plus, minus = ["工资性收入", "生产经营性收入", "财产性收入", "转移性收入"], "生产经营性支出"
    income = pl.scan_parquet(s.data / "registers" / "household_income.parquet").with_row_index("line")
    income = income.filter(col("核算止") <= s.today).with_columns(*fen(*plus, minus))
    net = income.with_columns(net=pl.sum_horizontal(plus) - col(minus))
    net = net.group_by("户编号").agg(col("net").get(newest("核算止")))
    low = net.join(s.residents.lazy(), on="户编号").filter(col("net") <= line * col("residents").cast(pl.Int64))
    count = col("residents").cast(pl.Int64)
    per_head = (2 * col("net").abs() + count) // (2 * count) * col("net").sign()
    return [
        *found,
        told("R16", owed, days_overdue=col("days"), amount=yuan(col("金额"))),
        told("R18", low, income_per_head=yuan(per_head), line=pl.lit(f"{line / 100:.2f}")),
    ]


def tips(s: Screening) -> list[pl.LazyFrame]:
    """R17."""
    calls = s.feed("hotline").filter(s.last("日期", 30))
    people = s.living.select("户编号", "姓名", "联系电话", "区划代码")
    phones = people.filter(col("联系电话").is_not_null()).join(calls, on="联系电话", how="semi")
    phones = phones.unique("联系电话", keep="none").select("联系电话", "户编号")
    by_phone = calls.join(phones, on="联系电话")
    rest = calls.join(by_phone, on="line", how="anti").filter(col("区划代码").str.len_chars() == 12)
    key = ["姓名", "区划代码"]
    names = people.join(rest, on=key, how="semi").unique(key, keep="none").select(*key, "户编号")
    by_name = rest.join(names, on=key)
    return [counted("R17", pl.concat([by_phone.select("户编号"), by_name.select("户编号")]), "tips")]


def water(s: Screening) -> pl.LazyFrame:
    """R08, village by village."""
    rows = s.feed("water").filter(col("开始日期") <= s.today)
    rows = rows.group_by("区划代码", "开始日期").agg(col("恢复日期").get(col("line").arg_max()))
    rows = rows.filter(col("恢复日期").is_null() | (col("恢复日期") > s.today))
    areas = pl.scan_csv(AREAS, skip_rows=1, infer_schema=False).filter(col("level") == "village").select("code")
    pairs = areas.join(rows, how="cross").filter(col("code").str.starts_with(col("区划代码")))
    open_for = pairs.group_by("code").agg(days=(s.today - col("开始日期")).dt.total_days().max())
    return open_for.select(
        rule=pl.lit("R08"), household=pl.lit(""), area=col("code"), level=pl.lit("yellow"),
        figures=pl.concat_str(pl.lit('{"days_open": '), col("days").cast(pl.String), pl.lit("}")),
    )  # fmt: skip


def alerts(s: Screening, hits: list[pl.LazyFrame]) -> pl.LazyFrame:
    """All hits with area and level; households without residents left out."""
    every = pl.concat(hits).join(s.residents.lazy(), left_on="household", right_on="户编号", how="semi")
    departments = pl.LazyFrame({"rule": list(DEPARTMENTS), "department": list(DEPARTMENTS.values())})
    every = every.join(departments, on="rule").collect(engine="streaming").lazy()
    red = every.group_by("household").agg(
        red=(col("department").n_unique() >= 2) | col("rule").is_in(["R05", "R18"]).any()
    )
    homes = s.homes.lazy().select(household="户编号", area="区划代码")
    weighed = every.join(red, on="household").join(homes, on="household")
    level = pl.when(col("red")).then(pl.lit("red")).otherwise(pl.lit("yellow"))
    return pl.concat([weighed.select("rule", "household", "area", level=level, figures="figures"), water(s)])


def main() -> None:
    """Read the command line, screen, write `alerts.parquet`."""
    parser = argparse.ArgumentParser(description="All rules in Polars.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, default=date(2021, 12, 20))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    s = Screening(given.data, given.date)
    parts = (illness, school_and_cards, houses_and_relief, labour, money_and_mishaps, tips)
    alerts(s, [hits for part in parts for hits in part(s)]).collect(engine="streaming").write_parquet(
        given.out / "alerts.parquet"
    )


if __name__ == "__main__":
    main()
