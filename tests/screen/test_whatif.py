"""Trying other numbers on what a run left behind: the same as a full run with those numbers, without reading a feed again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.kit import money
from taizhang.kit.refusal import Refusal
from taizhang.screen import evaluate, feeds, kept, rules, run, whatif
from taizhang.screen.rules import Rulebook
from tests.screen.county import DAY, LIBRARY, NEIGHBOUR, VILLAGE, County, read_parquet

KINDS = ("脱贫户", "监测户", "一般农户")
SMALL = ("self_paid_months", "r04_days", "r09_days", "r12_months_from", "r12_months_to", "r13_days", "r14_days", "r17_days",
         "r05_age_from", "r05_age_to", "r11_grade", "red_departments", "r03_from_month", "r16_days", "r09_gap_days", "r10_days")  # fmt: skip

OWN = [evaluate.Own("R19", f"H{at:03d}", VILLAGE, {"needs": 1}) for at in range(0, 90, 7)]
OWN += [evaluate.Own("R20", f"H{at:03d}", VILLAGE, {"days_late": at}) for at in range(1, 90, 5)]


def crowded(place: Path, homes: int = 90) -> County:
    """A county where every rule finds somebody, by a fixed seed."""
    made, dice = County(place), random.Random(7)

    def day(most: int = 500) -> str:
        return (DAY.fromordinal(DAY.toordinal() - dice.randrange(most))).isoformat()

    for at in range(homes):
        home, area = f"H{at:03d}", dice.choice((VILLAGE, NEIGHBOUR, "410503008201"))
        kind = dice.choice(KINDS)
        head = made.resident(home, born=f"{dice.randrange(1940, 2000)}-03-05", kind=kind, area=area)
        child = made.resident(home, born=f"{dice.randrange(2004, 2017)}-06-07", relation="之子", kind=kind, area=area)
        for _ in range(dice.randrange(4)):
            made.send(
                "medical",
                {"证件号码": head, "姓名": "", "就诊日期": day(), "个人自付": str(dice.randrange(-500, 12000))},
            )
        made.send("insured", {"证件号码": dice.choice((head, child)), "姓名": "", "参保年度": "2021"})
        made.send("schooling", {"证件号码": child, "姓名": "", "学籍状态": dice.choice(("在校", "辍学")), "状态日期": day(),
                                "学年自付费用": str(dice.randrange(20000))})  # fmt: skip
        made.send(
            "employment",
            {"证件号码": head, "姓名": "", "最近参保月份": day(420)[:7], "状态": dice.choice(("在职", "离职"))},
        )
        made.send("household_income", {"户编号": home, "核算止": "2021-09-30", "工资性收入": str(dice.randrange(30000)),
                                       "生产经营性收入": "0", "财产性收入": "0", "转移性收入": "0", "生产经营性支出": "0"})  # fmt: skip
        if at % 3 == 0:
            _rarer(made, dice, head, child, day)
    return made


def _rarer(made: County, dice: random.Random, head: str, child: str, day: object) -> None:
    assert callable(day)
    own = {"证件号码": head, "姓名": ""}
    as_head = {"户主证件号码": head, "户主姓名": ""}
    made.send("serious_illness", own | {"病种": "尿毒症", "确诊日期": day()})
    made.send("disability", {"证件号码": f"{child}1{dice.randrange(1, 5)}", "姓名": "", "残疾类别": "肢体",
                             "残疾等级": str(dice.randrange(1, 5)), "发证日期": day()})  # fmt: skip
    made.send("housing", as_head | {"房屋等级": dice.choice("ABCD"), "鉴定日期": day(), "改造完成日期": ""})
    made.send("relief", as_head | {"救助类别": "低保", "开始日期": day(), "停止日期": ""})
    made.send("deaths", own | {"死亡日期": day(300)} if dice.random() < 0.2 else own | {"死亡日期": "2030-01-01"})
    made.send("accidents", own | {"事故日期": day(), "情形": ""})
    made.send("disasters", as_head | {"灾种": "洪涝", "发生日期": day(), "损失金额": "100"})
    made.send("loans", own | {"放款日期": "2019-01-01", "金额": "5000", "到期日期": day(200), "状态": "逾期"})
    made.send("hotline", {"姓名": f"甲{'H000'}", "联系电话": "", "区划代码": VILLAGE, "日期": day(60), "内容": ""})


@dataclass
class Tried:
    """A run with what it left behind, still open for full runs under other numbers."""

    ready: run.Prepared
    folder: Path
    out: Path
    before: dict[str, set[str]] = field(default_factory=dict)

    def full(self, changes: Mapping[str, int]) -> dict[str, set[str]]:
        """What a full run finds, by rule, under a file of numbers that overrides the library's."""
        book = _changed(self.ready.rulebook, changes, self.out) if changes else self.ready.rulebook
        found = evaluate.evaluate(self.ready.engine, self.ready.linked, self.ready.feeds, book, DAY, self.out, own=OWN)
        hits: dict[str, set[str]] = {}
        for row in read_parquet(found.alerts):
            hits.setdefault(row["rule"], set()).add(row["household"] or row["area"])
        return hits

    def levels(self) -> dict[str, str]:
        """The levels of the last full run."""
        return {row["household"]: row["level"] for row in read_parquet(self.out / "alerts.parquet") if row["household"]}


def _changed(book: Rulebook, changes: Mapping[str, int], place: Path) -> Rulebook:
    lines = []
    for name, value in changes.items():
        policy = book.policies[name]
        said = money.decimal_yuan(value) if policy.type == "money" else value
        lines.append(f"{name}: {{zh: a, en: a, type: {policy.type}, values: [{{area: '', from: 2000-01-01, value: {said}, "
                     "sure: chosen, source: t}]}")  # fmt: skip
    path = place / "numbers.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rules.read(LIBRARY, feeds.read_all(LIBRARY), path)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """A screened county that kept its signals."""
    place = tmp_path_factory.mktemp("crowd")
    crowded(place).write()
    with run.prepared(place / "registers", place / "feeds", place, library=LIBRARY, day=DAY) as ready:
        folder = place / "kept"
        folder.mkdir()
        kept.keep(ready.engine, ready.linked, ready.feeds, ready.rulebook, DAY, folder, OWN)
        made = Tried(ready, folder, place)
        made.before = made.full({})
        yield made


QUICK = 8


def choices() -> list[Any]:
    """Changes of one to four numbers, by a fixed seed; most of them are for the long test."""
    dice = random.Random(11)
    made: list[dict[str, int]] = [{"income_line": 690_000}, {"r01_self_paid": 0}, {"r02_self_paid": 1_000_000_000}]
    for _ in range(21):
        some = {
            name: dice.randrange(1, 20 if "days" not in name else 400)
            for name in dice.sample(SMALL, dice.randrange(1, 4))
        }
        if dice.random() < 0.5:
            some[dice.choice(("r01_self_paid", "r02_self_paid", "r06_school_cost", "income_line"))] = dice.randrange(
                2_000_000
            )
        made.append(some)
    slow = [pytest.param(some, marks=pytest.mark.slow) for some in made[QUICK:]]
    return [*made[:QUICK], *slow]


@pytest.mark.parametrize("changes", choices(), ids="-".join)
def test_a_try_finds_what_a_full_run_with_that_number_finds(crowd: Tried, changes: dict[str, int]) -> None:
    tried = whatif.attempt(crowd.folder, crowd.ready.rulebook, changes)
    before, after = crowd.before, crowd.full(changes)
    levels = crowd.levels()
    assert {one.name: one.after for one in tried.rules if one.after} == {
        rule: len(some) for rule, some in after.items()
    }
    for one in tried.rules:
        old, new = before.get(one.name, set()), after.get(one.name, set())
        assert (one.before, one.gained, one.lost) == (len(old), len(new - old), len(old - new)), one.name
    homes = [set().union(*(some for rule, some in every.items() if rule != "R08")) for every in (before, after)]
    whole = tried.households
    assert (whole.before, whole.after) == (len(homes[0]), len(homes[1]))
    assert (whole.gained, whole.lost) == (len(homes[1] - homes[0]), len(homes[0] - homes[1]))
    assert {one.name: one.after for one in tried.levels if one.after} == {
        level: sum(value == level for value in levels.values()) for level in set(levels.values())
    }
    for shares in (tried.areas, tried.kinds):
        assert [sum(getattr(one, name) for one in shares) for name in ("before", "after", "gained", "lost")] == [
            whole.before, whole.after, whole.gained, whole.lost,
        ]  # fmt: skip


def test_the_crowd_is_hit_by_nearly_every_rule_so_that_equal_counts_mean_something(crowd: Tried) -> None:
    assert set(crowd.before) >= {f"R{at:02d}" for at in (1, 3, 4, 5, 6, 7, 9, 11, 12, 13, 14, 16, 18)}


def test_a_threshold_computes_no_signal_and_a_window_only_its_own(crowd: Tried) -> None:
    book = crowd.ready.rulebook
    assert whatif.attempt(crowd.folder, book, {"r01_self_paid": 100, "income_line": 900_000}).computed == ()
    assert whatif.attempt(crowd.folder, book, {"self_paid_months": 3}).computed == ("medical",)


def test_trying_needs_no_feed_any_more(tmp_path: Path) -> None:
    made = crowded(tmp_path, 12)
    made.write()
    out = tmp_path / "out"
    run.screen_files(tmp_path / "registers", tmp_path / "feeds", DAY, out, library=LIBRARY, keep=True)
    for path in (*(tmp_path / "registers").iterdir(), *(tmp_path / "feeds").iterdir()):
        path.unlink()
    book = rules.read(LIBRARY, feeds.read_all(LIBRARY))
    assert whatif.attempt(out / "kept", book, {"self_paid_months": 24}).computed == ("medical",)


def test_a_number_that_was_not_in_force_can_be_tried(tmp_path: Path) -> None:
    made = crowded(tmp_path, 12)
    made.write()
    day, folder = date(2025, 6, 1), tmp_path / "kept"
    folder.mkdir()
    with run.prepared(tmp_path / "registers", tmp_path / "feeds", tmp_path, library=LIBRARY, day=day) as ready:
        kept.keep(ready.engine, ready.linked, ready.feeds, ready.rulebook, day, folder)
    tried = whatif.attempt(folder, ready.rulebook, {"income_line": 100_000_000})
    assert {one.name: (one.before, one.after) for one in tried.rules}["R18"] == (0, 12)


def test_what_cannot_be_tried_is_refused_with_what_to_do(crowd: Tried, tmp_path: Path) -> None:
    book = crowd.ready.rulebook
    for changes, said in (({}, "没有改任何数"), ({"visit_limit": 1}, "规则不用"), ({"r01_self_paid": -1}, "不小于零")):
        with pytest.raises(Refusal, match=said):
            whatif.attempt(crowd.folder, book, changes)
    with pytest.raises(Refusal, match="没有留下"):
        whatif.attempt(tmp_path, book, {"r01_self_paid": 1})
    other = Rulebook(book.rules, book.signals, book.policies, "other")
    with pytest.raises(Refusal, match="规则改过"):
        whatif.attempt(crowd.folder, other, {"r01_self_paid": 1})


def test_a_household_that_changes_is_named_with_the_rules_that_came_and_went(crowd: Tried) -> None:
    tried = whatif.attempt(crowd.folder, crowd.ready.rulebook, {"r01_self_paid": 1_000_000_000})
    gone = crowd.before["R01"]
    assert {one.household for one in tried.moved} == gone
    assert all(one.lost == ("R01",) and one.gained == () for one in tried.moved)
    assert tried.moved_total == len(gone)
