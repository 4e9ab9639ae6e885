"""Conditions: what is unknown is not met, mistakes become sentences with a column, evaluation is quick."""

from __future__ import annotations

from typing import Any

import pytest

from taizhang.ledger.cel import ROWS, STRINGS, UNKNOWN, ConditionError, Environment, T

NAMES = {
    "case.level": T.STRING,
    "case.users": T.INT,
    "case.cost": T.INT,
    "case.reading": T.DOUBLE,
    "case.due": T.TIMESTAMP,
    "case.rows": ROWS,
    "case.parties": STRINGS,
    "case.kind": T.STRING,
    "case.kind.department": T.STRING,
    "known.users": T.BOOL,
}


@pytest.fixture(scope="module")
def environment() -> Environment:
    """The names of a small case."""
    made = Environment(NAMES)
    made.money = frozenset({"case.cost"})
    return made


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("case.users > 3", {"case.users": 4}, True),
        ("case.users > 3", {}, UNKNOWN),
        ("!(case.users > 3)", {}, UNKNOWN),
        ("case.users > 3 || case.level == 'a'", {"case.level": "a"}, True),
        ("case.users > 3 && case.level == 'b'", {"case.level": "a"}, False),
        ("!known.users || case.users > 3", {"known.users": False}, True),
        ("case.cost <= yuan(20000)", {"case.cost": 2_000_000}, True),
        ("case.users / 0 > 1", {"case.users": 1}, UNKNOWN),
        (
            "case.kind == 'w' && case.kind.department == 'health'",
            {"case.kind": "w", "case.kind.department": "health"},
            True,
        ),
        ("case.parties.all(p, p in ['a', 'b'])", {"case.parties": ["a", "b"]}, True),
        ("sum(case.rows.map(r, r.n)) == 5", {"case.rows": [{"n": 2}, {"n": 3}]}, True),
        ("total('wells.open') > 2 && total('wells.open', 'month') < 9", {}, True),
    ],
)
def test_a_condition_is_met_only_when_what_it_needs_is_known(
    environment: Environment, text: str, values: dict[str, Any], result: Any
) -> None:
    assert environment.compile(text, T.BOOL).value(values.get, lambda indicator, window: 8 if window else 3) is result


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("case.levle == 'a'", "name", "第 5 个字符：没有“case.levle”。是不是“case.level”？"),
        ("case.level > 3", "type", "第 12 个字符：文字和整数或金额不能用“>”：请比较同类的值。"),
        ("case.reading > 2", "type", "整数和小数不能直接比较：小数要写成 2.0。"),
        ("case.cost > 5000", "money", "“case.cost”是金额：请写 yuan(5000)。"),
        ("5000 < case.cost", "money", "“case.cost”是金额：请写 yuan(5000)。"),
        ("case.due < 3", "type", "日期和整数或金额不能用“<”：请比较同类的值。"),
        ("case.users = 3", "syntax", "比较要写 ==。"),
        ("case.users > 3 and true", "syntax", "请写 &&、|| 和 !，不写 and、or、not。"),
        ("(case.users > 3", "syntax", "括号或引号不成对。"),
        ("has(case.users)", "has", "第 1 个字符：不能用 has()，请写 known.字段。"),
        (
            "case.users > 3 && now() > case.due",
            "time",
            "第 19 个字符：条件里不能谈时间，请用时限 (clocks)、after、within 或 notice。",
        ),
        (
            "timestamp('2021-01-01T00:00:00Z') < case.due",
            "time",
            "第 1 个字符：条件里不能谈时间，请用时限 (clocks)、after、within 或 notice。",
        ),
        ("case.due.getFullYear() > 2020", "time", "条件里不能谈时间，请用时限 (clocks)、after、within 或 notice。"),
        ("dyn(case.users) == 'a'", "forbidden", "第 1 个字符：不能用 dyn()。"),
        ("case.level.colour == 'a'", "name", "这个字段没有下级：请查字段类型，或目录里有没有这一列。"),
        ("summe(case.rows)", "name", "没有“summe”这个函数。是不是“sum”？"),
        ("case.users", "type", "这里要得到真假，而“case.users”得到整数或金额。"),
    ],
)
def test_a_mistake_becomes_a_sentence_that_says_what_to_do(
    environment: Environment, text: str, code: str, said: str
) -> None:
    with pytest.raises(ConditionError) as wrong:
        environment.compile(text, T.BOOL)
    assert wrong.value.code == code
    assert wrong.value.text.zh.endswith(said)


def test_words_inside_quotes_are_words(environment: Environment) -> None:
    condition = environment.compile("case.level == 'now() has(case.users)'", T.BOOL)
    assert condition.names == ("case.level",)
