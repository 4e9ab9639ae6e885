"""What the mechanisms live in the demo adds up to what the two pages print, on paper already, and every post exists."""

from __future__ import annotations

from datetime import date

import pytest

from taizhang.demo import mechanisms, posts
from taizhang.demo.lived import District
from taizhang.demo.mechanisms import cast, deeds, firms, reports
from tests.demo.conftest import table


@pytest.fixture(scope="module")
def lived(district: District) -> list[deeds.Deed]:
    return [step for step in district.steps if isinstance(step, deeds.Deed)]


def test_the_reports_of_ten_towns_add_up_to_the_year_whatever_was_corrected(lived: list[deeds.Deed]) -> None:
    told = [deed.given for deed in lived if deed.ledger == "employment_reports" and deed.act in ("report", "correct")]
    assert {name: sum(one[name] for one in told) for name in ("new_jobs", "reemployed", "hard")} == {
        "new_jobs": reports.NEW_JOBS, "reemployed": reports.REEMPLOYED, "hard": reports.HARD,
    }  # fmt: skip
    assert sum(1 for deed in lived if deed.act == "correct") == 1
    assert [one for one in told if one["reemployed"] + one["hard"] > one["new_jobs"] > 0] == []


@pytest.mark.parametrize(("total", "parts"), [(851, 10), (3, 11), (0, 4), (11_078, 110)])
def test_shares_have_the_sum_of_the_whole(total: int, parts: int) -> None:
    found = reports.shares(total, parts)
    assert (sum(found), len(found), min(found) >= 0) == (total, parts, True)


def test_twelve_small_enterprises_are_advised_on_one_day_each_at_its_own_hour(lived: list[deeds.Deed]) -> None:
    visits = [
        deed
        for deed in lived
        if deed.ledger == "environment_service" and deed.act == "visit" and deed.at.date() == firms.ADVISED
    ]
    assert (len({deed.subject for deed in visits}), len({deed.at for deed in visits})) == (12, 12)


def test_eleven_courses_train_the_printed_number(lived: list[deeds.Deed]) -> None:
    planned = {deed.file for deed in lived if deed.act == "plan" and deed.given.get("kind") == "TRAINING"}
    heads = [deed.given["heads"] for deed in lived if deed.act == "hold" and deed.file in planned]
    assert (len(heads), sum(heads)) == (11, 1_282)


def test_every_deed_has_somebody_who_does_it_and_a_row_that_it_is_about(
    lived: list[deeds.Deed], district: District
) -> None:
    staff = posts.Staff(table("areas-410503.csv"), district.home)
    known = {row["username"] for row in staff.rows} | set(staff.usernames)
    assert sorted({deed.who for deed in lived if not deed.who.startswith("@")} - known) == []
    things = {row["code"] for row in (*cast.enterprises(), *cast.projects())}
    assert len(things) == len(cast.enterprises()) + 3
    coded = {deed.subject for deed in lived if deed.subject.startswith(("YQ-", "GC-", "TZ-"))}
    assert coded <= things
    assert len(coded) >= 25


def test_every_ledger_of_the_mechanisms_is_lived_and_ends_before_the_last_morning(lived: list[deeds.Deed]) -> None:
    assert {deed.ledger for deed in lived} == {*mechanisms.LEDGERS, *mechanisms.LATER, deeds.BULLETIN, deeds.TIP} - {
        "tasks"
    }
    assert max(deed.at.date() for deed in lived) <= date(2021, 12, 19)


def test_every_invented_enterprise_says_that_it_is_invented() -> None:
    assert [row["name"] for row in cast.enterprises() if "（虚构）" not in row["name"]] == []
