"""The schedule of help adds up to what the two pages print, and asks of nobody what the register would refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from taizhang.demo import helped, paired
from taizhang.demo.lived import District
from taizhang.demo.people import House
from taizhang.demo.spells import Spell, spells
from taizhang.demo.story import Step
from tests.demo.conftest import table

PRINTED = date(2021, 12, 14)
HELP = ("assistance", "pairing", "village_works", "policy_register")


@pytest.fixture(scope="module")
def houses(district: District) -> tuple[House, ...]:
    return district.first


@pytest.fixture(scope="module")
def steps(district: District) -> list[Step]:
    return [step for step in district.steps if step.ledger in HELP]


@pytest.fixture(scope="module")
def watched(district: District) -> dict[str, list[Spell]]:
    return spells([*district.steps, *district.answers])


def until(steps: Sequence[Step], act: str, *items: str) -> list[Step]:
    """The acts on measures of these items until the day the page speaks of."""
    return [
        step for step in steps if step.act == act and step.at.date() <= PRINTED and (not items or step.file in items)
    ]


def total(steps: Sequence[Step], key: str) -> int:
    return sum(int(step.given.get(key, 0)) for step in steps)


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
    houses: Sequence[House], steps: list[Step]
) -> None:
    size = {house.number: len(house.people) for house in houses}
    enrolled = [step for step in steps if step.act == "enrol"]
    assert max(Counter((step.subject, step.file) for step in enrolled).values()) == 1
    assert [step for step in enrolled if step.given["persons"] > size[step.subject]] == []


def test_measures_are_planned_for_former_poor_households_and_for_others_while_they_are_watched(
    houses: Sequence[House], watched: dict[str, list[Spell]], steps: list[Step]
) -> None:
    poor = {house.number for house in houses if house.poor}

    def inside(number: str, day: date) -> bool:
        return any(one.since < day and (one.until is None or day < one.until) for one in watched.get(number, ()))

    planned = [step for step in steps if step.act in ("plan", "pair") and step.subject not in poor]
    assert len(planned) > 80
    assert [step for step in planned if not inside(step.subject, step.at.date())] == []


def test_288_cadres_of_54_units_are_paired_one_to_one_and_those_who_leave_are_followed(steps: list[Step]) -> None:
    helper: dict[str, str] = {}
    for step in (step for step in steps if step.at.date() <= PRINTED):
        if step.act == "pair":
            assert step.subject not in helper
            helper[step.subject] = step.given["helper"]
        elif step.act == "hand_over":
            helper[step.subject] = step.given["next_helper"]
        elif step.act == "end" and step.ledger == "pairing":
            del helper[step.subject]
    unit = {row["username"]: row["organisation"] for row in paired.accounts()}
    assert (len(helper), len(set(helper.values()))) == (288, 288)
    assert len({unit[one] for one in helper.values()}) == 54


def test_every_helper_has_an_account_with_a_post_in_the_unit_that_pairs(steps: list[Step]) -> None:
    unit = {row["username"]: row["organisation"] for row in paired.accounts()}
    assert {
        step.given["helper"] for step in until(steps, "pair") if unit[step.given["helper"]] != step.given["unit"]
    } == set()
    assert set(unit.values()) <= {row["code"] for row in table("organisations.csv")}


def test_only_the_helper_visits_and_only_while_paired(steps: list[Step]) -> None:
    helper: dict[str, str] = {}
    wrong = []
    for step in steps:
        if step.act == "pair":
            helper[step.subject] = step.given["helper"]
        elif step.ledger == "pairing" and step.act in ("hand_over", "end"):
            del helper[step.subject]
        elif step.act == "visit" and helper.get(step.subject) != step.who:
            wrong.append(step)
    assert wrong == []


def test_who_is_watched_is_visited_every_month_but_by_half_a_dozen_late_helpers(steps: list[Step]) -> None:
    visits = {(step.subject, step.at.strftime("%Y-%m")) for step in steps if step.act == "visit"}
    paired_since = {step.subject: step.at.date() for step in steps if step.act == "pair"}
    gone = {step.subject for step in steps if step.ledger == "pairing" and step.act in ("hand_over", "end")}
    late = [number for number, day in paired_since.items()
            if day < date(2021, 11, 1) and (number, "2021-11") not in visits and number not in gone]  # fmt: skip
    assert len(late) == 6
