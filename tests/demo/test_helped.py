"""The schedule of help adds up to what the two pages print, and asks of nobody what the register would refuse."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.demo import helped, paired, people, year
from taizhang.demo.people import House
from taizhang.demo.year import Step

LIBRARY = Path(__file__).resolve().parents[2] / "library"
PRINTED = date(2021, 12, 14)


def table(name: str) -> list[dict[str, str]]:
    lines = (LIBRARY / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


AREAS = table("areas-410503.csv")
VILLAGES = [row["code"] for row in AREAS if row["level"] == "village"]
RURAL = [code for code in VILLAGES if int(code[9:]) >= 200]


@pytest.fixture(scope="module")
def houses() -> list[House]:
    return people.population([(code, code in RURAL) for code in VILLAGES])


@pytest.fixture(scope="module")
def lived(houses: list[House]) -> list[Step]:
    return year.schedule(houses, [row["code"] for row in AREAS if row["level"] == "town"])


@pytest.fixture(scope="module")
def steps(houses: list[House], lived: list[Step]) -> list[Step]:
    return helped.schedule(houses, RURAL, lived)


def until(steps: Sequence[Step], act: str, *items: str) -> list[Step]:
    """The acts on measures of these items until the day the page speaks of."""
    return [
        step for step in steps if step.act == act and step.at.date() <= PRINTED and (not items or step.file in items)
    ]


def total(steps: Sequence[Step], key: str) -> int:
    return sum(int(step.given.get(key, 0)) for step in steps)


def test_the_same_seed_makes_the_same_schedule(houses: list[House], lived: list[Step], steps: list[Step]) -> None:
    assert helped.schedule(houses, RURAL, lived) == steps


def test_the_schedule_is_in_the_order_of_time_and_stays_small(steps: list[Step]) -> None:
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert len(steps) <= 2_700


def test_ninety_five_posts_of_six_kinds_were_paid_what_is_printed(steps: list[Step]) -> None:
    kinds = [kind for kind, _ in helped._POST_KINDS]
    plans = until(steps, "plan", *kinds)
    assert (len(plans), len({step.file for step in plans})) == (95, 6)
    assert total(until(steps, "pay", *kinds), "amount") == 173_310_000


def test_no_post_is_paid_twice_for_a_month_and_each_payment_is_the_subsidy_times_the_months(steps: list[Step]) -> None:
    kinds = [kind for kind, _ in helped._POST_KINDS]
    subsidy = {step.subject: step.given["subsidy"] for step in until(steps, "plan", *kinds)}
    paid_to: dict[str, str] = {}
    for step in until(steps, "pay", *kinds):
        given: dict[str, Any] = dict(step.given)
        assert given["amount"] == subsidy[step.subject] * given["months"]
        assert 1 <= given["months"] <= 36
        assert paid_to.get(step.subject, "") < given["since"] < given["through"]
        since, through = date.fromisoformat(given["since"]), date.fromisoformat(given["through"])
        assert (through.year - since.year) * 12 + through.month - since.month + 1 == given["months"]
        paid_to[step.subject] = given["through"]


def test_grants_of_two_terms_make_the_printed_number_and_sum(steps: list[Step]) -> None:
    grants = until(steps, "enrol", "PRESCHOOL_GRANT", "COMPULSORY_GRANT")
    assert (total(grants, "times"), total(grants, "amount")) == (1_405, 52_510_000)


def test_industry_brings_the_printed_incomes_to_the_printed_households(steps: list[Step]) -> None:
    assert len(until(steps, "enrol", "TEXTILE")) == 30
    assert total(until(steps, "earn", "TEXTILE"), "earned") == 84_380_000
    grown = until(steps, "enrol", "PLANTATION")
    assert (len(grown), total(grown, "persons"), total(grown, "earned")) == (179, 287, 9_400_000)
    under_glass = until(steps, "enrol", "GREENHOUSE")
    assert (len(under_glass), total(under_glass, "persons")) == (22, 50)
    assert total(until(steps, "employ"), "hired") == 696


def test_a_household_is_counted_once_in_each_industry_with_no_more_persons_than_it_has(
    houses: list[House], steps: list[Step]
) -> None:
    size = {house.number: len(house.people) for house in houses}
    enrolled = [step for step in steps if step.act == "enrol"]
    assert max(Counter((step.subject, step.file) for step in enrolled).values()) == 1
    assert [step for step in enrolled if step.given["persons"] > size[step.subject]] == []


def test_measures_are_planned_for_former_poor_households_and_for_others_once_they_are_watched(
    houses: list[House], lived: list[Step], steps: list[Step]
) -> None:
    poor = {house.number for house in houses if house.poor}
    since = helped.watched_since(lived)
    early = [step for step in steps if step.act in ("plan", "pair") and step.subject not in poor
             and (step.subject not in since or step.at.date() <= since[step.subject])]  # fmt: skip
    assert len(since) == people.WATCHED
    assert early == []


def test_288_cadres_of_54_units_are_paired_one_to_one_and_those_who_leave_are_followed(steps: list[Step]) -> None:
    pairs = until(steps, "pair")
    overs = until(steps, "hand_over")
    stay = {step.given["helper"] for step in pairs} - {
        step.given["helper"] for step in pairs if step.subject in {over.subject for over in overs}
    }
    now = stay | {over.given["next_helper"] for over in overs}
    assert (len(pairs), len({step.subject for step in pairs}), len(overs), len(now)) == (288, 288, 6, 288)
    unit = {row["username"]: row["organisation"] for row in paired.accounts()}
    assert len({unit[helper] for helper in now}) == 54


def test_every_helper_has_an_account_with_a_post_in_the_unit_that_pairs(steps: list[Step]) -> None:
    unit = {row["username"]: row["organisation"] for row in paired.accounts()}
    assert {
        step.given["helper"] for step in until(steps, "pair") if unit[step.given["helper"]] != step.given["unit"]
    } == set()
    assert set(unit.values()) <= {row["code"] for row in table("organisations.csv")}


def test_only_the_helper_visits_and_only_while_paired(steps: list[Step]) -> None:
    helper = {step.subject: (step.given["helper"], step.at) for step in steps if step.act == "pair"}
    gone = {step.subject: step.at for step in steps if step.act == "hand_over"}
    visits = [step for step in steps if step.act == "visit"]
    assert {step.who for step in visits if step.who != helper[step.subject][0]} == set()
    assert [
        step
        for step in visits
        if step.at <= helper[step.subject][1] or step.at >= gone.get(step.subject, year.at(date(2022, 1, 1), 0))
    ] == []
