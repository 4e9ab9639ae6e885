"""The years 2019 to 2021 on paper: who is watched when, what is removed and returns, and what stands where on the last morning."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

import pytest

from taizhang.demo import changes, fates, lived, paired, people, posts
from taizhang.demo.lived import District
from taizhang.demo.people import House
from taizhang.demo.spells import Spell, spells
from taizhang.demo.story import Step
from taizhang.kit.days import add_months
from tests.demo.conftest import table

PRINTED = date(2021, 12, 14)


@pytest.fixture(scope="module")
def watched(district: District) -> dict[str, list[Spell]]:
    return spells([*district.steps, *district.answers])


@pytest.fixture(scope="module")
def houses(district: District) -> dict[str, House]:
    return {house.number: house for house in district.first}


def of(district: District, ledger: str, act: str = "") -> list[Step]:
    return [step for step in district.steps if step.ledger == ledger and act in ("", step.act)]


def test_the_same_seed_draws_the_same_district(district: District) -> None:
    assert lived.draw(table("areas-410503.csv")) == district


def test_three_years_are_lived_in_the_order_of_time_and_stay_small(district: District) -> None:
    assert [step.at for step in district.steps] == sorted(step.at for step in district.steps)
    assert {step.at.year for step in district.steps} == {2019, 2020, 2021}
    assert max(step.at for step in district.steps) < lived.LAST
    assert len(district.steps) <= 7_500


def test_everybody_who_acts_holds_a_post(district: District) -> None:
    staff = posts.Staff(table("areas-410503.csv"), district.home, table("organisations.csv"))
    helpers = {row["username"] for row in paired.accounts()}
    acting = {
        step.who for step in (*district.steps, *district.answers) if not step.who.startswith("@")
    }  # whom the case names
    assert acting <= set(staff.usernames) | helpers


def test_nobody_lives_two_stories(district: District) -> None:
    drawn = district.fates
    stories = (drawn.watched, drawn.since_2020, drawn.returned, (drawn.rolled_back,), drawn.gone, drawn.closed,
               drawn.half_way, drawn.changed, drawn.alerted)  # fmt: skip
    counted = Counter(house.number for houses in stories for house in houses)
    assert counted.most_common(1)[0][1] == 1


def test_on_the_printed_day_92_households_of_248_persons_are_watched(
    watched: dict[str, list[Spell]], houses: dict[str, House]
) -> None:
    standing = [
        number for number, told in watched.items() for spell in told if spell.until is None and spell.since <= PRINTED
    ]
    assert len(standing) == people.WATCHED
    assert sum(len(houses[number].people) for number in standing) == people.WATCHED_PERSONS


def test_a_removal_is_proposed_half_a_year_after_the_household_was_entered_at_the_earliest(
    district: District, watched: dict[str, list[Spell]]
) -> None:
    proposed = of(district, "household_monitoring", "propose_removal")
    early = [
        step for step in proposed
        if add_months(max(spell.since for spell in watched[step.subject] if spell.since < step.at.date()), 6) > step.at.date()
    ]  # fmt: skip
    assert (len(proposed), early) == (45, [])


def test_who_returns_has_two_spells_and_who_was_removed_in_error_has_one_that_goes_on(
    district: District, watched: dict[str, list[Spell]]
) -> None:
    again = {number for number, told in watched.items() if len(told) > 1}
    assert again == {house.number for house in district.fates.returned}
    for number in again:
        first, second = watched[number]
        assert first.until is not None
        assert first.until < second.since
        assert second.until is None
    assert [spell.until for spell in watched[district.fates.rolled_back.number]] == [None]


def test_2020_knew_two_classes_and_who_is_still_watched_in_summer_2021_was_renamed(
    district: District, watched: dict[str, list[Spell]]
) -> None:
    visits = of(district, "household_monitoring", "visit")
    assert {step.given["category"] for step in visits if step.at.year == 2020} == {"WATCHED_2020", "EDGE_2020"}
    assert {step.given["category"] for step in visits if step.at.year == 2021} == {"UNSTABLE", "MARGINAL", "SUDDEN"}
    renamed = {step.subject for step in of(district, "household_monitoring", "reclassify")}
    old = {number for number, told in watched.items()
           if told[0].since.year == 2020 and (told[0].until is None or told[0].until > date(2021, 6, 30))}  # fmt: skip
    assert old - renamed <= {district.fates.rolled_back.number}


def test_income_for_a_removal_is_reckoned_by_the_village_and_confirmed_by_the_town_before_it_is_proposed(
    district: District,
) -> None:
    confirmed: dict[str, date] = {}
    for step in district.steps:
        if (step.ledger, step.act) == ("income", "confirm"):
            confirmed[step.subject] = step.at.date()
        elif step.act == "propose_removal":
            assert (step.at.date() - confirmed[step.subject]).days < 30


def test_nobody_acts_twice_on_a_household_in_the_same_minute(district: District) -> None:
    seen = Counter(
        (step.at, step.subject, step.ledger, step.file, step.department, step.town) for step in district.steps
    )
    assert [key for key, count in seen.items() if count > 1] == []


def test_a_change_that_the_town_entered_is_in_the_later_register_and_one_that_waits_is_not(district: District) -> None:
    asked = Counter(step.given["change"] for step in of(district, "register", "ask"))
    decided = Counter(step.act for step in of(district, "register"))
    assert sum(asked.values()) == changes.COUNT == len(district.fates.changed)
    assert decided["ask"] - sum(count for act, count in decided.items() if act != "ask") == 2
    before, after = ({house.number: house for house in told} for told in (district.first, district.houses))
    changed = {number for number in before if before[number] != after[number]}
    assert len(changed) == sum(count for act, count in decided.items() if act not in ("ask", "reject"))
    assert changed <= {house.number for house in district.fates.changed}


def test_every_clue_of_the_first_screening_is_answered(district: District) -> None:
    ends: defaultdict[str, list[str]] = defaultdict(list)
    for step in district.answers:
        ends[step.subject].append(step.act)
    assert set(ends) == {house.number for house in district.fates.alerted}
    assert Counter(acts[-1] for acts in ends.values()) == {
        "close_clue": 6,
        "close_data_error": 1,
        "tell": 1,
        "announce": 2,
    }


def test_the_log_ins_village_and_town_have_something_of_everything(district: District) -> None:
    home = [house for house in district.fates.half_way if house.village == district.home]
    town = [house for house in district.fates.half_way if house.village[:9] == district.home[:9]]
    assert (len(home), len(town)) == (fates.HALF_WAY.count("v"), len(fates.HALF_WAY) - fates.HALF_WAY.count("e"))


def test_removals_stand_at_every_stage_and_some_did_not_pass(district: District) -> None:
    numbers = {house.number for house in (*district.fates.leaving, *district.fates.kept)}
    last: dict[str, str] = {}
    for step in of(district, "household_monitoring"):
        if step.subject in numbers:
            last[step.subject] = step.act
    assert Counter(last.values()) == {
        "cosign": 1, "review_removal": 1, "post_removal": 2, "object_removal": 1, "pass_removal": 1, "approve_removal": 1,
        "report_exit": 1, "review_keep": 1, "uphold_removal_objection": 1, "keep_watching": 1,
    }  # fmt: skip
