"""Random rows of every feed, drawn so that each rule is hit now and then."""

from __future__ import annotations

import numpy as np

from . import numbers
from .population import People
from .schema import EMPTY_DAY, EMPTY_MONEY, FEEDS, Array, Table, take

BILLS_PER_RESIDENT = 3.7
DAMAGED = 0.02


def _pick(
    words: tuple[str, ...], count: int, rng: np.random.Generator, shares: tuple[float, ...] | None = None
) -> Array:
    return np.array(words, dtype=object)[rng.choice(len(words), size=count, p=shares)]


def _some(people: People, share: float, rng: np.random.Generator) -> Array:
    """Rows of residents, each taken with probability `share`."""
    return np.flatnonzero(rng.random(len(people.birth)) < share)


def _who(people: People, rows: Array, rng: np.random.Generator, head: bool = False) -> Table:
    """Number and name columns for these people, numbers as departments write them, 0.5 % of names misspelt."""
    name = people.name[rows].copy()
    for row in np.flatnonzero(rng.random(len(rows)) < 0.005):
        name[row] = name[row][:-1] + "某"
    prefix = "户主" if head else ""
    return {
        f"{prefix}证件号码": numbers.as_written(people.number[rows], rng, DAMAGED),
        f"{prefix}姓名": name,
    }


def _alive_on(people: People, rows: Array, day: Array) -> Array:
    return (people.died[rows] >= day) & (people.birth[rows] < day)


def medical(people: People, today: int, rng: np.random.Generator) -> Table:
    """Bills of twenty months, in order of their days; 0.6 % are reversals of an earlier bill."""
    count = len(people.birth)
    burden = rng.gamma(0.9, 1.0, count)
    rows = np.repeat(np.arange(count), rng.poisson(BILLS_PER_RESIDENT * burden / 0.9))
    day = today - rng.integers(-4, 600, len(rows))
    keep = _alive_on(people, rows, day)
    rows, day = rows[keep], day[keep]
    paid = np.exp(rng.normal(9.6, 1.35, len(rows))).astype(np.int64)
    big = rng.random(len(rows)) < 0.0012
    paid = np.where(big, rng.integers(300_000, 3_500_000, len(rows)), paid)
    total = (paid * rng.uniform(1.3, 3.5, len(rows))).astype(np.int64)
    back = rng.choice(len(rows), size=int(len(rows) * 0.006), replace=False)
    rows = np.r_[rows, rows[back]]
    day = np.r_[day, day[back] + rng.integers(0, 90, len(back))]
    paid, total = np.r_[paid, -paid[back]], np.r_[total, -total[back]]
    order = np.argsort(day, kind="stable")
    rows, day, paid, total = rows[order], day[order], paid[order], total[order]
    return _who(people, rows, rng) | {
        "就诊日期": day,
        "就诊类别": np.where(np.abs(paid) > 100_000, "住院", "门诊").astype(object),
        "总费用": total,
        "报销金额": total - paid,
        "个人自付": paid,
    }


def insured(people: People, year: int, rng: np.random.Generator) -> Table:
    """Insurance years: nearly everybody for this year, most for last, some already for next."""
    parts = [(year - 1, 0.9), (year, 0.985), (year + 1, 0.2)]
    rows = [_some(people, share, rng) for _, share in parts]
    years = [np.full(len(some), y) for (y, _), some in zip(parts, rows, strict=True)]
    every = np.concatenate(rows)
    return _who(people, every, rng) | {"参保年度": np.concatenate(years)}


def serious_illness(people: People, today: int, rng: np.random.Generator) -> Table:
    """Diagnoses over three years."""
    rows = _some(people, 0.014, rng)
    return _who(people, rows, rng) | {
        "病种": _pick(("恶性肿瘤", "尿毒症", "脑卒中", "先天性心脏病"), len(rows), rng),
        "确诊日期": today - rng.integers(-5, 1100, len(rows)),
    }


def disability(people: People, today: int, rng: np.random.Generator) -> Table:
    """Cards, some issued again; the card number is the identity number with kind and grade behind it."""
    kinds = ("视力", "听力", "言语", "肢体", "智力", "精神", "多重")
    rows = np.concatenate([_some(people, 0.035, rng), _some(people, 0.006, rng)])
    kind, grade = rng.integers(0, 7, len(rows)), rng.integers(0, 4, len(rows))
    table = _who(people, rows, rng)
    card = people.number[rows].copy()
    throw = rng.random(len(rows))
    for i in range(len(rows)):
        if throw[i] < DAMAGED:
            broken = numbers.damaged(card[i], rng)
            card[i] = broken if len(broken) == 18 else "9" + card[i][1:]
        card[i] += f"{kind[i] + 1}{grade[i] + 1}" + ("B1" if throw[i] > 0.9 else "")
    table["证件号码"] = card
    return table | {
        "残疾类别": np.array(kinds, dtype=object)[kind],
        "残疾等级": np.array(("一级", "二级", "三级", "四级"), dtype=object)[grade],
        "发证日期": today - rng.integers(-5, 2200, len(rows)),
    }


def schooling(people: People, today: int, rng: np.random.Generator) -> Table:
    """One or two rows for everybody between three and twenty-two."""
    age = people.age_on(today)
    of_age = np.flatnonzero((age >= 3) & (age < 23))
    rows = np.concatenate([of_age, of_age[rng.random(len(of_age)) < 0.4]])
    level = np.select([age[rows] < 6, age[rows] < 12, age[rows] < 15, age[rows] < 18], [0, 1, 2, 3], 4)
    cost = np.where(level >= 3, rng.integers(150_000, 1_150_000, len(rows)), rng.integers(0, 120_000, len(rows)))
    words = ("在读", "毕业", "辍学", "失学", "未入学")
    return _who(people, rows, rng) | {
        "学段": np.array(("学前", "小学", "初中", "高中", "大学"), dtype=object)[level],
        "学籍状态": _pick(words, len(rows), rng, (0.96, 0.02, 0.01, 0.005, 0.005)),
        "状态日期": today - rng.integers(-8, 500, len(rows)),
        "学年自付费用": cost,
    }


def housing(people: People, today: int, rng: np.random.Generator) -> Table:
    """Grades of houses, some rebuilt, a few under the number of a member who is not the head."""
    rows = _some(people, 0.02, rng)
    rows = np.where(rng.random(len(rows)) < 0.9, people.head[rows], rows)
    grade = _pick(("A", "B", "C", "D"), len(rows), rng, (0.4, 0.35, 0.17, 0.08))
    day = today - rng.integers(-5, 900, len(rows))
    done = day + rng.integers(-40, 500, len(rows))
    return _who(people, rows, rng, head=True) | {
        "房屋等级": grade,
        "鉴定日期": day,
        "改造完成日期": np.where(rng.random(len(rows)) < 0.5, done, EMPTY_DAY),
    }


def relief(people: People, today: int, rng: np.random.Generator) -> Table:
    """Spells of relief; half of the ended ones renewed after 0 to 60 days."""
    rows = people.head[_some(people, 0.03, rng)]
    word = _pick(("低保", "特困", "临时救助"), len(rows), rng, (0.6, 0.1, 0.3))
    begun = today - rng.integers(-5, 700, len(rows))
    ended = np.where(rng.random(len(rows)) < 0.5, begun + rng.integers(20, 500, len(rows)), EMPTY_DAY)
    again = np.flatnonzero((ended != EMPTY_DAY) & (rng.random(len(rows)) < 0.5))
    rows, word = np.r_[rows, rows[again]], np.r_[word, word[again]]
    begun = np.r_[begun, ended[again] + rng.integers(0, 60, len(again))]
    ended = np.r_[ended, np.full(len(again), EMPTY_DAY)]
    return _who(people, rows, rng, head=True) | {"救助类别": word, "开始日期": begun, "停止日期": ended}


def deaths(people: People, today: int, rng: np.random.Generator) -> Table:
    """Everybody who died, up to three weeks after the day of screening."""
    rows = np.flatnonzero(people.died < 2**30)
    return _who(people, rows, rng) | {"死亡日期": people.died[rows]}


def accidents(people: People, today: int, rng: np.random.Generator) -> Table:
    """Accidents over two years."""
    rows = _some(people, 0.008, rng)
    return _who(people, rows, rng) | {
        "事故日期": today - rng.integers(-5, 720, len(rows)),
        "情形": _pick(("交通事故", "火灾", "其他"), len(rows), rng),
    }


def employment(people: People, today_month: int, today: int, rng: np.random.Generator) -> Table:
    """Last insured month of people of working age: most recent, some lost for months."""
    age = people.age_on(today)
    rows = np.flatnonzero((age >= 15) & (age < 64) & (rng.random(len(age)) < 0.35))
    gone = rng.random(len(rows))
    back = np.where(gone < 0.88, rng.integers(-1, 3, len(rows)), rng.integers(3, 20, len(rows)))
    extra = rng.choice(len(rows), len(rows) // 12, replace=False)
    rows, back = np.r_[rows, rows[extra]], np.r_[back, back[extra] + rng.integers(1, 6, len(extra))]
    return _who(people, rows, rng) | {
        "单位": np.array([f"第{i % 97 + 1}公司" for i in range(len(rows))], dtype=object),
        "最近参保月份": today_month - back,
        "状态": _pick(("在职", "离职", "退休"), len(rows), rng, (0.7, 0.2, 0.1)),
    }


def losses(feed: str, people: People, today: int, rng: np.random.Generator) -> Table:
    """Rows of `disasters` or `farm_losses`; a sixth without a loss."""
    what, day = ("灾种", "发生日期") if feed == "disasters" else ("项目", "日期")
    rows = people.head[_some(people, 0.008, rng)]
    loss = np.where(rng.random(len(rows)) < 0.17, 0, rng.integers(1, 3_000_000, len(rows)))
    words = ("洪涝", "大风", "火灾") if feed == "disasters" else ("玉米", "生猪", "大棚")
    return _who(people, rows, rng, head=True) | {
        what: _pick(words, len(rows), rng),
        day: today - rng.integers(-5, 900, len(rows)),
        "损失金额": loss,
    }


def loans(people: People, today: int, rng: np.random.Generator) -> Table:
    """Small loans; a fifth have a later line with a new state."""
    age = people.age_on(today)
    rows = np.flatnonzero((age >= 20) & (rng.random(len(age)) < 0.03))
    lent = today - rng.integers(-5, 1100, len(rows))
    amount = rng.integers(1, 51, len(rows)) * 100_000
    due = np.where(rng.random(len(rows)) < 0.97, lent + rng.choice([365, 730, 1095], len(rows)), EMPTY_DAY)
    words = np.array(("正常", "逾期", "展期", "结清"), dtype=object)
    state = rng.choice(4, len(rows), p=(0.72, 0.1, 0.04, 0.14))
    again = np.flatnonzero(rng.random(len(rows)) < 0.2)
    later = (state[again] + rng.choice((1, 2, 3), len(again), p=(0.5, 0.1, 0.4))) % 4
    every = np.r_[np.arange(len(rows)), again]
    return _who(people, rows[every], rng) | {
        "放款日期": lent[every],
        "金额": amount[every],
        "到期日期": due[every],
        "状态": words[np.r_[state, later]],
    }


def hotline(people: People, today: int, rng: np.random.Generator) -> Table:
    """Calls, some with a telephone, some with a name and an area only."""
    rows = _some(people, 0.006, rng)
    phone = people.register["联系电话"][rows]
    shown = rng.random(len(rows))
    return {
        "姓名": np.where((shown < 0.4) & (phone != ""), "", people.name[rows]).astype(object),
        "联系电话": np.where((shown > 0.8) & (phone != ""), "", phone).astype(object),
        "区划代码": people.village[rows],
        "日期": today - rng.integers(-5, 200, len(rows)),
        "内容": _pick(("反映家庭困难", "咨询救助政策", "反映看病花费大"), len(rows), rng),
    }


def assets(people: People, today: int, rng: np.random.Generator) -> Table:
    """Vehicles, houses, companies."""
    rows = _some(people, 0.02, rng)
    return _who(people, rows, rng) | {
        "资产类别": _pick(("车辆", "商品房", "公司"), len(rows), rng),
        "登记日期": today - rng.integers(10, 3000, len(rows)),
    }


def household_income(people: People, today: int, line: int, rng: np.random.Generator) -> Table:
    """Reckonings of former poor, watched and some other households, a few at the income line to the fen."""
    heads = np.flatnonzero(np.r_[True, people.home[1:] != people.home[:-1]])
    poor = np.isin(people.kind[heads], ("脱贫户", "监测户"))
    some = heads[poor | (rng.random(len(heads)) < 0.05)]
    some = np.r_[some, some[rng.random(len(some)) < 0.3]]
    count = len(some)
    members = np.bincount(people.home)[people.home[some]]
    net = (members * line * np.exp(rng.normal(0.75, 0.42, count))).astype(np.int64)
    net = np.where(rng.random(count) < 0.02, members * line + rng.integers(-1, 2, count), net)
    cost = rng.integers(0, 800_000, count)
    wage, transfer = (net + cost) * 6 // 10, (net + cost) // 10
    business = (net + cost) // 5
    until = today - rng.integers(-10, 800, count)
    money = {
        "工资性收入": wage,
        "生产经营性收入": business,
        "财产性收入": net + cost - wage - transfer - business,
        "转移性收入": transfer,
        "生产经营性支出": cost,
        "理赔收入": np.full(count, EMPTY_MONEY),
        "合规自付支出": rng.integers(0, 200_000, count),
    }
    return {"户编号": people.household[some], "核算起": until - 364, "核算止": until} | money


def water(villages: list[str], today: int, rng: np.random.Generator) -> Table:
    """Supply trouble: whole towns without an end (so that villages enough are hit), and single villages."""
    towns = sorted({village[:9] for village in villages})
    in_town = {town: sum(v.startswith(town) for v in villages) for town in towns}
    open_towns: list[str] = []
    for town in sorted(towns, key=lambda name: -in_town[name]):
        if sum(in_town[t] for t in open_towns) < 0.87 * len(villages):
            open_towns.append(town)
    ill = [village for village in villages if village[:9] in open_towns]
    single = [ill[i] for i in rng.integers(0, len(ill), 40)]
    begun = [today - 20 - i for i in range(len(open_towns))] + list(today - 100 - np.arange(40) * 3)
    back = [EMPTY_DAY] * len(open_towns) + [begun[-40 + i] + int(rng.integers(1, 60)) for i in range(40)]
    return {
        "区划代码": np.array(open_towns + single, dtype=object),
        "情形": _pick(("停水", "水质抽检不合格", "管网未覆盖"), len(begun), rng),
        "开始日期": np.array(begun),
        "恢复日期": np.array(back),
    }


def all_feeds(people: People, villages: list[str], today: int, line: int, rng: np.random.Generator) -> dict[str, Table]:
    """Every register and feed for these people; `line` is the income line in fen."""
    day = np.datetime64(today, "D")
    year, month = int(day.astype("datetime64[Y]").astype(int)) + 1970, int(day.astype("datetime64[M]").astype(int))
    tables = {
        "residents": people.register,
        "household_income": household_income(people, today, line, rng),
        "medical": medical(people, today, rng),
        "insured": insured(people, year, rng),
        "serious_illness": serious_illness(people, today, rng),
        "disability": disability(people, today, rng),
        "schooling": schooling(people, today, rng),
        "housing": housing(people, today, rng),
        "water": water(villages, today, rng),
        "relief": relief(people, today, rng),
        "deaths": deaths(people, today, rng),
        "accidents": accidents(people, today, rng),
        "employment": employment(people, month + 1970 * 12, today, rng),
        "disasters": losses("disasters", people, today, rng),
        "farm_losses": losses("farm_losses", people, today, rng),
        "loans": loans(people, today, rng),
        "hotline": hotline(people, today, rng),
        "assets": assets(people, today, rng),
    }
    return {feed: {name: tables[feed][name] for name in FEEDS[feed]} for feed in tables}


def without_repeats(table: Table) -> Table:
    """The table without rows equal to an earlier one (drawn by chance), by a 64-bit digest of the cells."""
    import pandas as pd

    frame = pd.DataFrame(table)
    return take(table, np.flatnonzero(~pd.util.hash_pandas_object(frame, index=False).duplicated().to_numpy()))
