"""What rules were worth in the past: told once per window, right when entered, cost in visits, and which bring little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from taizhang.screen import replay
from taizhang.screen.replay import Again, Hit, Spell

MONTHS = tuple(date(2021, month, 20) for month in range(1, 13))


def told(rule_again: Again, present: Sequence[int], **marks: tuple[str, ...]) -> list[int]:
    """The months in which a household that a rule hits in some months is told of."""
    hits = [(day, [Hit("R", "H", marks.get(f"m{day.month}", ()))] if day.month in present else []) for day in MONTHS]
    return [one.day.month for one in replay.told(hits, {"R": rule_again})]


@pytest.mark.parametrize(
    ("again", "months"),
    [
        (Again("days", 90), [1, 4, 7, 10]),
        (Again("days", 30), list(range(1, 3)) + list(range(3, 13))),
        (Again("year"), [1]),
        (Again("case"), [1]),
    ],
    ids=["90 days", "30 days", "year", "case"],
)
def test_a_hit_is_told_once_per_window(again: Again, months: list[int]) -> None:
    got = told(again, range(1, 13))
    assert got == months or (again.days == 30 and 11 <= len(got) <= 12)


def test_what_was_over_and_comes_back_is_told_again_and_a_row_once() -> None:
    assert told(Again("case"), [1, 2, 5, 6]) == [1, 5]
    assert told(Again("row"), [1, 2, 3], m1=("a",), m2=("a",), m3=("a", "b")) == [1, 3]


def alert(month: int, rule: str, home: str) -> replay.Alert:
    return replay.Alert(MONTHS[month - 1], rule, home)


def test_an_alert_is_right_when_the_household_is_entered_within_the_horizon() -> None:
    spells = {
        "A": [Spell(date(2021, 4, 1), date(2021, 4, 15), None)],  # found by the village 40 days after the alert
        "B": [Spell(date(2021, 12, 1), date(2021, 12, 15), None)],  # too late
        "C": [Spell(date(2020, 5, 1), date(2020, 5, 15), None)],  # watched already: no visit
    }
    alerts = [
        alert(2, "R01", "A"),
        alert(2, "R18", "A"),
        alert(1, "R01", "B"),
        alert(3, "R01", "C"),
        alert(3, "R12", "D"),
    ]
    found = replay.judge(alerts, spells, horizon=180, months=MONTHS)
    rules = {one.rules[0]: one for one in found.rules}
    assert (rules["R01"].alerts, rules["R01"].confirmed, rules["R01"].days_earlier) == (3, 1, 40)
    assert (rules["R01"].visits, rules["R01"].alone, rules["R01"].found_alone) == (2, 1, 0)
    assert (rules["R12"].alerts, rules["R12"].confirmed, rules["R12"].days_earlier) == (1, 0, None)
    assert (found.visits, found.households, found.confirmed) == (3, 4, 1)
    sets = {one.rules: one for one in found.combinations}
    assert (sets["R01", "R18"].alerts, sets["R01", "R18"].confirmed, sets["R01", "R18"].found_alone) == (1, 1, 1)


def test_a_household_found_by_screening_itself_was_found_otherwise_when_it_was_entered() -> None:
    spells = {"A": [Spell(date(2021, 2, 20), date(2021, 3, 6), None, by_screening=True)]}
    found = replay.judge([alert(2, "R01", "A")], spells, horizon=180, months=MONTHS)
    assert found.rules[0].days_earlier == 14


def eight_hundred() -> tuple[list[replay.Alert], dict[str, list[Spell]]]:
    """The lesson of a county: 800 warnings, 6 households entered."""
    of = {"R12": 388, "R01": 136, "R09": 94, "R02": 86, "R17": 41, "R18": 37, "R07": 12, "R05": 6}
    alerts = [alert(1 + at % 12, rule, f"{rule}-{at}") for rule, count in of.items() for at in range(count)]
    right = [*(f"R18-{at}" for at in range(3)), "R05-0", "R01-0", "R02-5"]
    spells = {}
    for home in right:
        day = next(one.day for one in alerts if one.household == home)
        spells[home] = [Spell(day.replace(day=28), date.fromordinal(day.toordinal() + 20), None)]
    return alerts, spells


def test_eight_hundred_warnings_and_six_households_name_the_rules_that_bring_little() -> None:
    alerts, spells = eight_hundred()
    found = replay.judge(alerts, spells, horizon=180, months=MONTHS)
    assert (found.alerts, found.visits, found.confirmed) == (800, 800, 6)
    assert sum(one.confirmed for one in found.rules) == 6
    proposed = replay.little(found, least_alerts=30, share=1)
    assert [(one.rule, one.saved, one.lost) for one in proposed] == [
        ("R12", 388, 0), ("R09", 94, 0), ("R17", 41, 0), ("R01", 136, 1),
    ]  # fmt: skip
    assert proposed[0].text.zh == "R12 预警 388 条，核实纳入 0 户；停用可少入户 388 次，漏掉只有它发现的 0 户。"
    assert "R18" not in {one.rule for one in proposed}, "37 alerts gave three households"
    assert "R07" not in {one.rule for one in proposed}, "twelve alerts say too little"
    kept = [one for one in alerts if one.rule not in {each.rule for each in proposed if each.lost == 0}]
    again = replay.judge(kept, spells, horizon=180, months=MONTHS)
    assert (again.visits, again.confirmed) == (800 - 388 - 94 - 41, 6)


def test_months_add_up_to_the_whole() -> None:
    alerts, spells = eight_hundred()
    found = replay.judge(alerts, spells, horizon=180, months=MONTHS)
    assert sum(visits for visits, _right in found.by_month.values()) == found.visits
    assert sum(right for _visits, right in found.by_month.values()) == found.confirmed
