"""The offices' year on paper: what is submitted, missed, told, rectified, met about; red on invented units alone."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from taizhang.demo import duties, office, offices, posts
from taizhang.demo.story import Step
from tests.demo.conftest import LIBRARY, table

HOME = "410503100205"


@pytest.fixture(scope="module")
def staff() -> posts.Staff:
    return posts.Staff(table("areas-410503.csv"), HOME, table("organisations.csv"))


@pytest.fixture(scope="module")
def steps(staff: posts.Staff) -> tuple[Step, ...]:
    return office.schedule(Path(LIBRARY), table("areas-410503.csv"), staff.units, HOME)


def of(steps: tuple[Step, ...], ledger: str, act: str) -> list[Step]:
    return [step for step in steps if (step.ledger, step.act) == (ledger, act)]


def test_every_town_village_and_unit_of_the_district_answers_for_its_duties(staff: posts.Staff) -> None:
    found = Counter(unit.level for unit in staff.units)
    assert found == {"town": 10, "village": 120, "district": len({r["code"] for r in table("organisations.csv")}) + 14}
    assert sum(unit.invented for unit in staff.units) == len(offices.INVENTED) == 14
    assert all("虚构单位" in name for name, _ in offices.INVENTED.values())


def test_the_year_is_lived_in_a_few_thousand_steps(steps: tuple[Step, ...]) -> None:
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert len(steps) < 5_000


def test_only_invented_units_are_late_told_or_have_problems(steps: tuple[Step, ...]) -> None:
    told = {step.subject for step in of(steps, "letters", "edit")}
    problems = {step.subject for step in of(steps, "rectification", "enter")}
    contested = {step.subject for step in of(steps, "duties", "contest")}
    assert told | problems | contested <= set(offices.INVENTED)
    submitted = Counter(step.subject for step in of(steps, "duties", "submit"))
    assert {submitted[code] for code in submitted if code not in offices.INVENTED} == {duties.MONTHS}


def test_no_cell_is_answered_twice(steps: tuple[Step, ...]) -> None:
    cells = Counter((step.subject, *cell) for step in steps for cell in step.cells)
    assert cells.most_common(1)[0][1] == 1


def test_more_than_a_hundred_red_notices_are_served_by_the_printed_day_each_by_three_hands(
    steps: tuple[Step, ...],
) -> None:
    letters: dict[tuple[str, str], dict[str, Step]] = {}
    for step in steps:
        if step.ledger == "letters" and step.file.startswith("sweep"):
            letters.setdefault((step.subject, step.file), {})[step.act] = step
    served = [acts for acts in letters.values() if acts["serve"].at.date() <= date(2021, 12, 18)]
    assert len(served) == len(letters) >= 100
    assert {len({acts[act].who for act in ("edit", "check", "sign")}) for acts in served} == {3}


def test_205_problems_are_accepted_by_the_printed_day_by_another_hand_than_reported_them(
    steps: tuple[Step, ...],
) -> None:
    accepted = of(steps, "rectification", "accept")
    assert len(accepted) == 205
    assert max(step.at.date() for step in accepted) <= date(2021, 12, 18)
    assert {step.who for step in accepted}.isdisjoint(step.who for step in of(steps, "rectification", "report"))


def test_meetings_and_task_forces_are_those_that_were_printed(steps: tuple[Step, ...]) -> None:
    called = {(step.subject, step.file): step for step in of(steps, "meetings", "call")}
    held = Counter(
        called[step.subject, step.file].given["kind"]
        for step in of(steps, "meetings", "hold") if step.at.date() <= date(2021, 12, 14)
    )  # fmt: skip
    assert (held["STANDING"], held["EXECUTIVE"], held["PROMOTION"]) == (14, 18, 20)
    leaders = [step.given["leader"] for step in of(steps, "task_forces", "set_up")]
    assert len(leaders) == len(set(leaders)) == 14


def test_whoever_acts_for_an_office_holds_its_post_on_that_day(steps: tuple[Step, ...], staff: posts.Staff) -> None:
    names = dict(staff.usernames)
    held: dict[str, list[tuple[str, str]]] = {}
    for row in staff.rows:
        held.setdefault(row["username"], []).append((row["from"], row["to"] or "9999"))
    wrong = {
        step.who for step in steps if step.who != "system" and not any(
            since <= step.at.date().isoformat() < until for since, until in held[names[step.who]])
    }  # fmt: skip
    assert wrong == set()


def test_a_changed_and_an_absent_secretary_are_stood_in_for(steps: tuple[Step, ...]) -> None:
    ours = {step.who for step in of(steps, "duties", "submit") if step.subject in (offices.CHANGED, offices.ABSENT)}
    assert ours == {
        f"secretary.{offices.CHANGED}", f"secretary2.{offices.CHANGED}", f"secretary.{offices.ABSENT}",
        f"deputy.{offices.ABSENT}",
    }  # fmt: skip
