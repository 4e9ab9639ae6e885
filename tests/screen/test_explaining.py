"""Explaining one household: each rule hit or not, by how much, and the rows it looked at."""

from __future__ import annotations

import json
import re

import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import evaluate, explain, feeds, rules, run
from tests.screen.county import DAY, LIBRARY, VILLAGE, County, read_parquet


def bill(number: str, paid: str, day: str = "2021-06-01") -> dict[str, str]:
    return {"证件号码": number, "姓名": "", "就诊日期": day, "个人自付": paid}


def explained(county: County, household: str) -> dict[str, explain.Answer]:
    county.write()
    told = explain.explain_files(county.place / "registers", county.place / "feeds", household, DAY, library=LIBRARY)
    json.dumps(told.json(), ensure_ascii=False)
    return {answer.rule: answer for answer in told.answers}


def test_a_near_miss_says_by_how_much_and_shows_the_rows(county: County) -> None:
    one, other = county.resident("A", kind="脱贫户"), county.resident("B", kind="脱贫户")
    county.send("medical", bill(one, "4000"), bill(other, "1"), bill(one, "999.99"), bill(one, "70", "2019-01-01"))
    answer = explained(county, "A")["R01"]
    assert (answer.hit, answer.figures) == (False, {"self_paid_12m": "4999.99"})
    assert answer.text.zh == "未命中：目前为 4,999.99，界限 5,000，相差 0.01。"
    assert [(row.feed, row.file, row.row) for row in answer.rows] == [
        ("medical", "medical.csv", 2),
        ("medical", "medical.csv", 4),
    ]


def test_a_hit_an_unasked_rule_and_trouble_of_the_village(county: County) -> None:
    one = county.resident("A", kind="脱贫户")
    county.send("medical", bill(one, "5000"))
    county.send("water", {"区划代码": VILLAGE, "情形": "停水", "开始日期": "2021-12-10", "恢复日期": ""})
    answers = explained(county, "A")
    assert answers["R01"].hit is True
    assert answers["R01"].text.zh == "命中：近12个月全家医疗个人自付合计5000.00元，达到5,000元。"
    assert (answers["R08"].hit, answers["R08"].figures) == (True, {"days_open": 10})
    assert (answers["R03"].hit, answers["R03"].text.zh) == (None, "未评估：缺少参保名册。")
    assert set(answers) == {f"R{at:02d}" for at in range(1, 19)}


def test_an_unknown_household_is_refused(county: County) -> None:
    county.resident("A")
    with pytest.raises(Refusal, match="登记册里没有户编号 Z。"):
        explained(county, "Z")


def test_the_rows_behind_every_alert_can_be_written(county: County) -> None:
    one, wife = county.resident("A", kind="脱贫户"), county.resident("A", relation="配偶")
    county.send("medical", bill(one, "3000"), bill(wife, "2000"), bill(one, "9", "2019-01-01"))
    county.send(
        "disability",
        {"证件号码": wife + "11", "姓名": "", "残疾类别": "肢体", "残疾等级": "1", "发证日期": "2021-12-01"},
    )
    county.write()
    place = county.place
    with run.prepared(place / "registers", place / "feeds", place, library=LIBRARY, day=DAY) as ready:
        found = evaluate.evaluate(ready.engine, ready.linked, ready.feeds, ready.rulebook, DAY, place, with_rows=True)
    assert found.rows is not None
    assert [(row["rule"], row["household"], row["feed"], row["row"]) for row in read_parquet(found.rows)] == [
        ("R01", "A", "medical", 2), ("R01", "A", "medical", 3), ("R11", "A", "disability", 2),
    ]  # fmt: skip


def test_every_sentence_of_a_rule_is_said_in_both_languages_with_the_same_values() -> None:
    book = rules.read(LIBRARY, feeds.read_all(LIBRARY))
    slot = re.compile(r"\{:?\w+\}")
    for name, rule in book.rules.items():
        for part in (rule.sentence, *([rule.more] if rule.more else [])):
            assert sorted(slot.findall(part.zh)) == sorted(slot.findall(part.en)), name
            assert part.en.isascii(), name
        filled = rule.sentence.zh
        for number, found in enumerate(slot.findall(filled), 11):
            filled = filled.replace(found, str(number))
        told = rule.said(filled)
        assert (told.zh, set(re.findall(r"\d+", filled)) <= set(re.findall(r"\d+", told.en))) == (filled, True), name
        assert told.en.isascii(), name


def test_an_alert_is_read_in_english_with_the_numbers_of_its_time_or_else_as_it_was_written() -> None:
    book = rules.read(LIBRARY, feeds.read_all(LIBRARY))
    kept = "2人没有当年的基本医疗保险参保记录。另有1人的参保记录待人工核对，按已参保计。"
    assert book.rules["R03"].said(kept).en == (
        "Without a record of basic medical insurance this year: 2. "
        "Records that wait for a person to decide, counted as insured: 1."
    )
    old = "一条早先的规则这样说。"
    assert (book.rules["R03"].said(old).zh, book.rules["R03"].said(old).en) == (old, old)


def test_every_row_says_what_it_adds_and_the_sum_is_the_figure(county: County) -> None:
    one, wife = county.resident("A", kind="脱贫户"), county.resident("A", relation="配偶", kind="脱贫户")
    county.send("medical", bill(one, "3000"), bill(wife, "2500.50"), bill(one, "-500"), bill(one, "9", "2019-01-01"))
    county.send("hotline", {"姓名": "甲A", "联系电话": "", "区划代码": VILLAGE, "日期": "2021-12-10", "内容": "缺粮"})
    answers = explained(county, "A")
    told = answers["R01"]
    assert [(row.row, row.adds, dict(row.values)["就诊日期"]) for row in told.rows] == [
        (2, 300_000, "2021-06-01"), (3, 250_050, "2021-06-01"), (4, -50_000, "2021-06-01"),
    ]  # fmt: skip
    assert [(one.figure, one.total, one.equal) for one in told.sums] == [("self_paid_12m", "5000.50", True)]
    assert told.signal == {"self_paid_12m": 500_050}
    for rule, answer in answers.items():
        assert all(one.equal for one in answer.sums), rule
    assert "缺粮" not in str(answers), "free text is not shown"


def test_every_figure_that_is_a_sum_is_declared_so(county: County) -> None:
    book = rules.read(LIBRARY, feeds.read_all(LIBRARY))
    assert {name for name, rule in book.rules.items() if rule.adds} == {
        "R01", "R02", "R04", "R05", "R06", "R10", "R11", "R13", "R14", "R15", "R16", "R17",
    }  # fmt: skip
    assert all(set(rule.adds) <= set(rule.figures) and len(rule.rows) == 1 for rule in book.rules.values() if rule.adds)
