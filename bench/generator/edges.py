"""Boundary cases of R01-R18, each with the answer the rule text gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from .planting import Home, Planter, age, birthday, months_back

WINDOW_ILL = 180
WINDOW_SHORT = 90


def plant(p: Planter) -> None:
    """One copy of every boundary case."""
    medical(p)
    insured(p)
    events(p)
    pupils(p)
    school_cost(p)
    housing(p)
    relief(p)
    labour_deaths(p)
    cards(p)
    jobs(p)
    losses(p)
    loans(p)
    tips(p)
    income(p)
    households(p)


def _bill(p: Planter, home: Home, fen: int, day: date | None = None, who: int = 0, writing: str = "") -> None:
    p.add(
        "medical",
        home.members[who],
        writing,
        就诊日期=day or p.back(30),
        就诊类别="住院",
        总费用=fen * 2,
        报销金额=fen,
        个人自付=fen,
    )


def medical(p: Planter) -> None:
    """R01 and R02: amounts, window, kinds of household, reversals, the dead, writings of the number."""
    for rule, kinds, line in (("R01", ("脱贫户", "监测户"), 500_000), ("R02", ("一般农户", "非农户"), 2_000_000)):
        for kind in kinds:
            for fen in (line - 1, line, line + 1):
                _bill(p, p.home(rule, f"{kind} {fen} fen", fen >= line, kind), fen)
        kind = kinds[0]
        edge = months_back(p.today, 12)
        for day in (edge, edge + timedelta(1), p.today, p.back(-1)):
            _bill(p, p.home(rule, f"bill {(p.today - day).days} days back", edge < day <= p.today, kind), line, day)
        for day, fen, hit in ((p.today, -1, False), (p.back(-1), -1, True), (edge, -1, True), (p.today, 0, True)):
            home = p.home(rule, f"reversal {(p.today - day).days} days back of {-fen} fen", hit, kind)
            _bill(p, home, line)
            _bill(p, home, fen, day)
        for writing, hit in (("fifteen", True), ("full width", True), ("blanks", True), ("damaged", False)):
            _bill(p, p.home(rule, f"number {writing}", hit, kind), line, writing=writing)
        home = p.home(rule, "half of it of a dead member", True, kind, (p.adult, p.adult))
        _bill(p, home, line // 2)
        _bill(p, home, line - line // 2, who=1)
        p.die(home.members[1], p.back(10))
    _bill(p, p.home("R02", "former poor household below its own line", False, "脱贫户"), 2_000_000)
    _bill(p, p.home("R01", "ordinary household", False, "一般农户"), 500_000)


def insured(p: Planter) -> None:
    """R03: years, the dead, numbers left to a person."""
    spring = p.today.month >= 3
    year = p.today.year
    for case, years, hit in (
        ("no row", (), True),
        ("last year only", (year - 1,), True),
        ("next year only", (year + 1,), True),
        ("this year", (year,), False),
        ("last, this and next", (year - 1, year, year + 1), False),
    ):
        home = p.home("R03", case, hit and spring, insured=False)
        for each in years:
            p.add("insured", home.members[0], 参保年度=each)
    for writing, hit in (("damaged", False), ("two damaged", False), ("lost", True), ("fifteen", False)):
        home = p.home("R03", f"number {writing}", hit and spring, insured=False)
        p.add("insured", home.members[0], writing, 参保年度=year)
    home = p.home("R03", "damaged number, row of last year", spring, insured=False)
    p.add("insured", home.members[0], "damaged", 参保年度=year - 1)
    home = p.home("R03", "only a dead member is not insured", False, births=(p.adult, p.adult), insured=False)
    p.add("insured", home.members[0], 参保年度=year)
    p.die(home.members[1], p.back(200))


def events(p: Planter) -> None:
    """R04 and R13: edges of the window; the dead count for accidents, not for diagnoses."""
    for n in (WINDOW_ILL, WINDOW_ILL - 1, 0, -1):
        home = p.home("R04", f"diagnosed {n} days back", 0 <= n < WINDOW_ILL)
        p.add("serious_illness", home.members[0], 病种="恶性肿瘤", 确诊日期=p.back(n))
    for n in (WINDOW_SHORT, WINDOW_SHORT - 1, 0, -1):
        home = p.home("R13", f"accident {n} days back", 0 <= n < WINDOW_SHORT)
        p.add("accidents", home.members[0], 事故日期=p.back(n), 情形="交通事故")
    home = p.home("R04", "the sick member died", False, births=(p.adult, p.adult))
    p.add("serious_illness", home.members[1], 病种="尿毒症", 确诊日期=p.back(30))
    p.die(home.members[1], p.back(0))
    home = p.home("R04", "the sick member dies tomorrow", True, births=(p.adult, p.adult))
    p.add("serious_illness", home.members[1], 病种="尿毒症", 确诊日期=p.back(30))
    p.die(home.members[1], p.back(-1))
    home = p.home("R13", "the member died in it", True, births=(p.adult, p.adult))
    p.add("accidents", home.members[1], 事故日期=p.back(30), 情形="交通事故")
    p.die(home.members[1], p.back(30))
    home = p.home("R13", "nobody is left", False)
    p.add("accidents", home.members[0], 事故日期=p.back(30), 情形="交通事故")
    p.die(home.members[0], p.back(30))


def pupils(p: Planter) -> None:
    """R05: birthdays around 6 and 16, 29 February, states, ties of one day."""
    leap = next(year for year in range(p.today.year - 6, 0, -1) if year % 4 == 0)
    births = [birthday(years, p.today) + timedelta(shift) for years in (6, 16) for shift in (-1, 0, 1)]
    for birth in (*births, date(leap, 2, 29), date(leap - 4, 2, 29), date(leap - 8, 2, 29)):
        home = p.home("R05", f"born {birth}", 6 <= age(birth, p.today) <= 15, births=(p.adult, birth))
        p.add("schooling", home.members[1], 学段="小学", 学籍状态="失学", 状态日期=p.back(100), 学年自付费用=0)
    child = birthday(10, p.today)
    for case, rows, hit in (
        ("dropped out", (("辍学", 50),), True),
        ("never enrolled", (("未入学", 50),), True),
        ("at school", (("在读", 50),), False),
        ("tie, at school last", (("辍学", 50), ("在读", 50)), False),
        ("tie, dropped out last", (("在读", 50), ("辍学", 50)), True),
        ("older line stands below", (("辍学", 50), ("在读", 51)), True),
        ("returns tomorrow", (("辍学", 50), ("在读", -1)), True),
        ("returned today", (("辍学", 50), ("在读", 0)), False),
    ):
        home = p.home("R05", case, hit, births=(p.adult, child))
        for word, n in rows:
            p.add("schooling", home.members[1], 学段="小学", 学籍状态=word, 状态日期=p.back(n), 学年自付费用=0)


def school_cost(p: Planter) -> None:
    """R06: the amount, sums over pupils, latest row, its window, the dead."""
    edge = months_back(p.today, 12)
    old = edge - timedelta(40)
    student = birthday(17, p.today)
    cases: tuple[tuple[str, tuple[tuple[int, int, date], ...], bool], ...] = (
        ("10000.00", ((1, 1_000_000, p.back(9)),), False),
        ("10000.01", ((1, 1_000_001, p.back(9)),), True),
        ("9999.99", ((1, 999_999, p.back(9)),), False),
        ("two pupils 10000.01", ((1, 600_000, p.back(9)), (2, 400_001, p.back(8))), True),
        ("two pupils 10000.00", ((1, 600_000, p.back(9)), (2, 400_000, p.back(8))), False),
        ("on the edge", ((1, 1_200_000, edge),), False),
        ("a day inside", ((1, 1_200_000, edge + timedelta(1)),), True),
        ("today", ((1, 1_200_000, p.today),), True),
        ("tomorrow, and little before", ((1, 5, p.back(3)), (1, 1_200_000, p.back(-1))), False),
        ("latest is small", ((1, 1_200_000, p.back(9)), (1, 100, p.back(8))), False),
        ("tie, small last", ((1, 1_200_000, p.back(9)), (1, 100, p.back(9))), False),
        ("tie, large last", ((1, 100, p.back(9)), (1, 1_200_000, p.back(9))), True),
        ("only an old row", ((1, 1_200_000, old),), False),
    )
    for case, rows, hit in cases:
        home = p.home("R06", case, hit, births=(p.adult, student, student))
        for who, fen, day in rows:
            p.add("schooling", home.members[who], 学段="高中", 学籍状态="在读", 状态日期=day, 学年自付费用=fen)
    home = p.home("R06", "the pupil died", False, births=(p.adult, student))
    p.add("schooling", home.members[1], 学段="高中", 学籍状态="在读", 状态日期=p.back(9), 学年自付费用=1_200_000)
    p.die(home.members[1], p.back(2))


def housing(p: Planter) -> None:
    """R07: grades, rebuilding around the days, ties, a number of somebody who is not the head."""
    cases: tuple[tuple[str, tuple[tuple[int, str, int, int | None], ...], bool], ...] = (
        ("C", ((0, "C", 50, None),), True),
        ("D", ((0, "D", 50, None),), True),
        ("B", ((0, "B", 50, None),), False),
        ("rebuilt on the day of grading", ((0, "C", 50, 50),), False),
        ("rebuilt the day before", ((0, "C", 50, 51),), True),
        ("rebuilt today", ((0, "D", 50, 0),), False),
        ("rebuilt tomorrow", ((0, "D", 50, -1),), True),
        ("tie, A last", ((0, "C", 50, None), (0, "A", 50, None)), False),
        ("tie, C last", ((0, "A", 50, None), (0, "C", 50, None)), True),
        ("graded D tomorrow", ((0, "A", 50, None), (0, "D", -1, None)), False),
        ("graded D today", ((0, "A", 50, None), (0, "D", 0, None)), True),
        ("rebuilt by another row", ((0, "A", 90, 20), (1, "C", 50, None)), False),
        ("rebuilt by a row of tomorrow", ((0, "C", 50, None), (0, "A", -1, 10)), True),
        ("by a member", ((1, "C", 50, None),), True),
    )
    for case, rows, hit in cases:
        home = p.home("R07", case, hit, births=(p.adult, p.adult))
        for who, grade, n, done in rows:
            cells: dict[str, Any] = {} if done is None else {"改造完成日期": p.back(done)}
            p.add("housing", home.members[who], 房屋等级=grade, 鉴定日期=p.back(n), **cells)
    home = p.home("R07", "the head is dead", True, births=(p.adult, p.adult))
    p.add("housing", home.members[0], 房屋等级="D", 鉴定日期=p.back(50))
    p.die(home.members[0], p.back(400))


def relief(p: Planter) -> None:
    """R09: beginnings and endings at the edges of the window, renewals after 0, 31 and 32 days, classes."""
    none: int | None = None
    cases: tuple[tuple[str, tuple[tuple[str, int, int | None], ...], bool], ...] = (
        ("begun 90 back", (("低保", 90, none),), False),
        ("begun 89 back", (("低保", 89, none),), True),
        ("begun today", (("低保", 0, none),), True),
        ("begins tomorrow", (("低保", -1, none),), False),
        ("ended 90 back", (("低保", 400, 90),), False),
        ("ended 89 back", (("低保", 400, 89),), True),
        ("ended today", (("低保", 400, 0),), True),
        ("ends tomorrow", (("低保", 400, -1),), False),
        ("renewed after 0 days", (("低保", 400, 60), ("低保", 60, none)), False),
        ("renewed after 31 days", (("低保", 400, 60), ("低保", 29, none)), False),
        ("renewed after 32 days", (("低保", 400, 60), ("低保", 28, none)), True),
        ("renewed before it ended", (("低保", 400, 60), ("低保", 61, none)), True),
        ("another class after it", (("低保", 400, 60), ("特困", 50, none)), True),
        ("renewal only tomorrow", (("低保", 400, 20), ("低保", -1, none)), True),
        ("corrected line without an end", (("低保", 400, 20), ("低保", 400, none)), False),
        ("corrected line with an end", (("低保", 400, none), ("低保", 400, 20)), True),
        ("old, renewed inside", (("低保", 400, 100), ("低保", 75, none)), False),
    )
    for case, rows, hit in cases:
        home = p.home("R09", case, hit)
        for word, begun, ended in rows:
            cells: dict[str, Any] = {} if ended is None else {"停止日期": p.back(ended)}
            p.add("relief", home.members[0], 救助类别=word, 开始日期=p.back(begun), **cells)


def labour_deaths(p: Planter) -> None:
    """R10: window, age on the day of death, nobody left."""
    for n in (WINDOW_ILL, WINDOW_ILL - 1, 0, -1):
        home = p.home("R10", f"died {n} days back", 0 <= n < WINDOW_ILL, births=(p.adult, p.adult))
        p.die(home.members[1], p.back(n))
    died = p.back(60)
    for years in (16, 60):
        for shift in (-1, 0, 1):
            birth = birthday(years, died) + timedelta(shift)
            hit = 16 <= age(birth, died) <= 59
            home = p.home("R10", f"{years} years {shift:+d} days at death", hit, births=(p.adult, birth))
            p.die(home.members[1], died)
    home = p.home("R10", "nobody is left", False)
    p.die(home.members[0], died)


def cards(p: Planter) -> None:
    """R11: window, kinds and grades, latest card, lengths of the card number, the dead."""
    for n in (WINDOW_ILL, WINDOW_ILL - 1, 0, -1):
        home = p.home("R11", f"card {n} days back", 0 <= n < WINDOW_ILL)
        p.add("disability", home.members[0], "card 20", 残疾类别="肢体", 残疾等级="一级", 发证日期=p.back(n))
    graded = [("肢体", "二级", True), ("肢体", "三级", False), ("智力", "三级", True), ("精神", "三级", True)]
    for kind, grade, hit in (*graded, ("智力", "四级", False), ("多重", "三级", False)):
        home = p.home("R11", f"{kind} {grade}", hit)
        p.add("disability", home.members[0], "card 22", 残疾类别=kind, 残疾等级=grade, 发证日期=p.back(20))
    for case, first, second, hit in (
        ("milder since", ("一级", 40), ("四级", 20), False),
        ("worse since", ("四级", 40), ("一级", 20), True),
        ("tie, milder last", ("一级", 40), ("四级", 40), False),
        ("worse tomorrow", ("四级", 40), ("一级", -1), False),
    ):
        home = p.home("R11", case, hit)
        for grade, n in (first, second):
            p.add("disability", home.members[0], "card 20", 残疾类别="听力", 残疾等级=grade, 发证日期=p.back(n))
    home = p.home("R11", "the holder died", False, births=(p.adult, p.adult))
    p.add("disability", home.members[1], "card 20", 残疾类别="视力", 残疾等级="一级", 发证日期=p.back(20))
    p.die(home.members[1], p.back(5))


def _job(p: Planter, home: Home, who: int, months: int, state: str = "离职", writing: str = "") -> None:
    month = p.today.year * 12 + p.today.month - 1 - months
    p.add("employment", home.members[who], writing, 单位="某公司", 最近参保月份=month, 状态=state)


def jobs(p: Planter) -> None:
    """R12: months 2, 3, 12, 13; ages; retired; somebody else working; rows left to a person; ties."""
    for months in (0, 2, 3, 12, 13):
        _job(p, p.home("R12", f"{months} months", 3 <= months <= 12), 0, months)
    for years in (16, 60):
        for shift in (-1, 0, 1):
            birth = birthday(years, p.today) + timedelta(shift)
            hit = 16 <= age(birth, p.today) <= 59
            _job(p, p.home("R12", f"{years} years {shift:+d} days", hit, births=(p.adult, birth)), 1, 5)
    _job(p, p.home("R12", "retired", False), 0, 5, "退休")
    _job(p, p.home("R12", "still on the books", True), 0, 5, "在职")
    for case, months, hit in (("works", 2, False), ("stopped too", 3, True), ("next month", -1, True)):
        home = p.home("R12", f"another {case}", hit, births=(p.adult, p.adult))
        _job(p, home, 0, 5)
        _job(p, home, 1, months, "在职")
    for case, shift in (("died", 3), ("dies tomorrow", -1)):
        home = p.home("R12", f"another worked and {case}", shift > 0, births=(p.adult, p.adult))
        _job(p, home, 0, 5)
        _job(p, home, 1, 1, "在职")
        p.die(home.members[1], p.back(shift))
    for writing, hit in (("damaged", False), ("two damaged", False), ("lost", True)):
        home = p.home("R12", f"another works, number {writing}", hit, births=(p.adult, p.adult))
        _job(p, home, 0, 5)
        _job(p, home, 1, 1, "在职", writing)
    _job(p, p.home("R12", "only a damaged row", False), 0, 5, "离职", "damaged")
    for case, first, second, hit in (("left last", "退休", "离职", True), ("retired last", "离职", "退休", False)):
        home = p.home("R12", f"tie, {case}", hit)
        _job(p, home, 0, 5, first)
        _job(p, home, 0, 5, second)
    old = birthday(70, p.today)
    home = p.home("R12", "an old member works", False, births=(p.adult, old))
    _job(p, home, 0, 5)
    _job(p, home, 1, 2, "退休")


def _loss(what: str, column: str, day: date, fen: int) -> dict[str, Any]:
    return {what: "其他", column: day, "损失金额": fen}


def losses(p: Planter) -> None:
    """R14 and R15: window, one fen and none, a number of a dead member."""
    for rule, feed, what, column in (("R14", "disasters", "灾种", "发生日期"), ("R15", "farm_losses", "项目", "日期")):
        for n in (WINDOW_ILL, WINDOW_ILL - 1, 0, -1):
            home = p.home(rule, f"loss {n} days back", 0 <= n < WINDOW_ILL)
            p.add(feed, home.members[0], **_loss(what, column, p.back(n), 10_000))
        for fen in (0, 1):
            home = p.home(rule, f"{fen} fen", fen > 0)
            p.add(feed, home.members[0], **_loss(what, column, p.back(9), fen))
        home = p.home(rule, "by the number of a dead head", True, births=(p.adult, p.adult))
        p.add(feed, home.members[0], **_loss(what, column, p.back(9), 5_000_000))
        p.die(home.members[0], p.back(300))


def loans(p: Planter) -> None:
    """R16: days overdue, states, later lines, the dead, no due date."""
    cases: tuple[tuple[str, tuple[tuple[str, int | None], ...], bool], ...] = (
        ("due 30 back", (("逾期", 30),), False),
        ("due 31 back", (("逾期", 31),), True),
        ("rolled over", (("展期", 31),), True),
        ("regular", (("正常", 31),), False),
        ("paid", (("结清", 31),), False),
        ("paid on a later line", (("逾期", 60), ("结清", 60)), False),
        ("overdue on a later line", (("正常", 60), ("逾期", 60)), True),
        ("rolled over to a later day", (("逾期", 60), ("展期", 10)), False),
        ("no due date", (("逾期", None),), False),
    )
    lent = p.back(500)
    for case, rows, hit in cases:
        home = p.home("R16", case, hit)
        for state, due in rows:
            cells: dict[str, Any] = {} if due is None else {"到期日期": p.back(due)}
            p.add("loans", home.members[0], 放款日期=lent, 金额=3_000_000, 状态=state, **cells)
    home = p.home("R16", "the borrower died", True, births=(p.adult, p.adult))
    p.add("loans", home.members[1], 放款日期=lent, 金额=3_000_000, 状态="逾期", 到期日期=p.back(90))
    p.die(home.members[1], p.back(100))
    home = p.home("R16", "two loans, one paid", True)
    p.add("loans", home.members[0], 放款日期=lent, 金额=3_000_000, 状态="逾期", 到期日期=p.back(90))
    p.add("loans", home.members[0], 放款日期=lent, 金额=3_000_001, 状态="结清", 到期日期=p.back(90))


def tips(p: Planter) -> None:
    """R17: window, by telephone, by name within the village, nobody or two that fit."""
    for n in (30, 29, 0, -1):
        home = p.home("R17", f"call {n} days back", 0 <= n < 30)
        phone = next(
            row["联系电话"] for _, member, row in reversed(p.rows) if member is home.members[0] and "联系电话" in row
        )
        p.add("hotline", None, 联系电话=phone, 日期=p.back(n), 内容="反映困难")
    home = p.home("R17", "a dead member had the same telephone", True, births=(p.adult, p.adult))
    phones = [row for _, member, row in p.rows if member in home.members and "联系电话" in row]
    phones[1]["联系电话"] = phones[0]["联系电话"]
    p.add("hotline", None, 联系电话=phones[0]["联系电话"], 日期=p.back(3), 内容="反映困难")
    p.die(home.members[1], p.back(100))
    home = p.home("R17", "two living members have one telephone", False, births=(p.adult, p.adult))
    phones = [row for _, member, row in p.rows if member in home.members and "联系电话" in row]
    phones[1]["联系电话"] = phones[0]["联系电话"]
    p.add("hotline", None, 联系电话=phones[0]["联系电话"], 日期=p.back(3), 内容="反映困难")
    home = p.home("R17", "the only one with the telephone is dead", False, births=(p.adult, p.adult))
    phones = [row for _, member, row in p.rows if member in home.members and "联系电话" in row]
    p.add("hotline", None, 联系电话=phones[1]["联系电话"], 日期=p.back(3), 内容="反映困难")
    p.die(home.members[1], p.back(100))
    home = p.home("R17", "by name in the village", True)
    p.add("hotline", None, 姓名=home.members[0].name, 区划代码=home.village, 日期=p.back(3), 内容="反映困难")
    home = p.home("R17", "by name, area missing", False)
    p.add("hotline", None, 姓名=home.members[0].name, 日期=p.back(3), 内容="反映困难")
    home = p.home("R17", "by name in another village", False)
    other = next(village for village in p.villages if village != home.village)
    p.add("hotline", None, 姓名=home.members[0].name, 区划代码=other, 日期=p.back(3), 内容="反映困难")
    home = p.home("R17", "two of one name in the village", False, births=(p.adult, p.adult))
    for _, member, row in p.rows:
        if member is home.members[1] and "姓名" in row:
            row["姓名"] = home.members[1].name = home.members[0].name
    p.add("hotline", None, 姓名=home.members[0].name, 区划代码=home.village, 日期=p.back(3), 内容="反映困难")


def income(p: Planter) -> None:
    """R18: the line to the fen, who counts, latest reckoning, ties."""
    line = p.line
    cases: tuple[tuple[str, tuple[tuple[int, int], ...], bool], ...] = (
        ("at the line", ((3 * line, 100),), True),
        ("a fen above", ((3 * line + 1, 100),), False),
        ("a fen below", ((3 * line - 1, 100),), True),
        ("below zero", ((-50_001, 100),), True),
        ("richer since", ((line, 100), (9 * line, 50)), False),
        ("tie, rich last", ((line, 100), (9 * line, 100)), False),
        ("tie, poor last", ((9 * line, 100), (line, 100)), True),
        ("poor tomorrow", ((9 * line, 100), (line, -1)), False),
        ("poor today", ((9 * line, 100), (line, 0)), True),
    )
    for case, rows, hit in cases:
        home = p.home("R18", case, hit, births=(p.adult, p.adult, p.adult))
        for net, n in rows:
            _income(p, home, net, n)
    for net, hit in ((2 * line, True), (2 * line + 1, False)):
        home = p.home("R18", f"one of three is dead, {net} fen", hit, births=(p.adult, p.adult, p.adult))
        _income(p, home, net, 100)
        p.die(home.members[2], p.back(300))


def _income(p: Planter, home: Home, net: int, n: int) -> None:
    cost = 300_000
    wage = max(net + cost - 70_003, 0)
    property_ = 70_003 if net + cost >= 70_003 else net + cost
    p.add(
        "household_income",
        home.members[0],
        户编号=home.household,
        核算起=p.back(n + 364),
        核算止=p.back(n),
        工资性收入=wage,
        生产经营性收入=0,
        财产性收入=property_,
        转移性收入=0,
        生产经营性支出=cost,
    )


def households(p: Planter) -> None:
    """Heads: two of different kinds, none, one that stands below; nobody alive; one number in two households."""
    two, none, below = ("户主", "户主"), ("之子", "配偶"), ("之子", "户主")
    for case, relations, kinds, hit in (
        ("two heads, the first former poor", two, ("脱贫户", "一般农户"), True),
        ("two heads, the second former poor", two, ("一般农户", "脱贫户"), False),
        ("no head, the first former poor", none, ("脱贫户", "一般农户"), True),
        ("no head, the second former poor", none, ("一般农户", "脱贫户"), False),
        ("the head stands below", below, ("一般农户", "脱贫户"), True),
    ):
        _bill(p, p.home("R01", case, hit, births=(p.adult, p.adult), relations=relations, kinds=kinds), 500_000)
    home = p.home("R01", "nobody alive", False, "脱贫户", (p.adult, p.adult))
    _bill(p, home, 900_000)
    for member in home.members:
        p.die(member, p.back(20))
    if p.clean:
        return
    first = p.home("R01", "number in two households", False, "脱贫户", (p.adult, p.adult))
    second = p.home("R01", "number in two households as well", False, "脱贫户", (p.adult, p.adult))
    _bill(p, first, 900_000, who=1)
    row = next(row for _, member, row in p.rows if member is first.members[1] and "户编号" in row)
    p.add("residents", first.members[1], "fifteen", **(row | {"户编号": second.household}))
