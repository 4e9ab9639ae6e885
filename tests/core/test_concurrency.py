"""Two at once: one is first, the other is told who; the same request twice is one; nobody meets a deadlock."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from taizhang.core import access, editions
from taizhang.core.models import Case, Entry, SealKey, Series
from taizhang.core.moves import cases
from taizhang.kit.refusal import Refusal
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

ROUNDS = 15


@pytest.fixture
def county(committed: Path, clock: FixedClock) -> Iterator[County]:
    """The small county in a database of its own, with real commits."""
    yield counties.build(clock)
    connection.close()


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs at the same instant, each on a connection of its own; gives what each returned or the refusal it met."""
    start = threading.Barrier(len(jobs))
    answers: list[Any] = [None] * len(jobs)

    def run(at: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            answers[at] = jobs[at]()
        except Exception as error:  # given back, so that the test can say what it was
            answers[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def test_of_two_who_act_on_the_same_entry_exactly_one_is_first(county: County) -> None:
    for _ in range(ROUNDS):
        opened = county.ask(county.household())
        reviewer, lead = county.who("reviewer"), county.who("lead")

        def drop(actor: access.Actor, case: uuid.UUID = opened.case) -> cases.Acted:
            return cases.act(actor, case, "drop", given={"reason": "重复"}, expect=1, clock=county.clock)

        answers = together(lambda: drop(reviewer), lambda: drop(lead))  # noqa: B023  # run before the next round
        won = [answer for answer in answers if isinstance(answer, cases.Acted)]
        lost = [answer for answer in answers if isinstance(answer, Refusal)]
        assert len(won) == 1, answers
        assert [refusal.code for refusal in lost] == ["someone_was_first"], answers
        assert lost[0].details["n"] == 2
        assert Entry.objects.filter(case=opened.case).count() == 2


def test_a_household_never_gets_two_open_cases_from_two_screenings_at_once(county: County, tmp_path: Path) -> None:
    ledgers = tmp_path / "ledgers"
    shutil.copytree(counties.LEDGERS, ledgers)
    wells = (ledgers / "wells.yaml").read_text("utf-8").replace("opens: true", "opens: true, alone: true")
    (ledgers / "wells.yaml").write_text(wells.replace("version: 1", "version: 2"), "utf-8")
    editions.install(clock=county.clock, folder=ledgers)
    for _ in range(ROUNDS):
        home = county.household()

        def warn(home: uuid.UUID = home) -> cases.Acted:
            return cases.join_or_open(
                access.SCREEN,
                "wells",
                subject=home,
                open_act="ask",
                join_act="again",
                given={"note": "预警"},
                clock=county.clock,
            )

        answers = together(warn, warn, warn)
        assert sorted(answer.n for answer in answers) == [1, 2, 3], answers
        assert Case.objects.filter(household=home).count() == 1
        assert SealKey.objects.filter(household=home).count() == 1


def test_the_same_request_sent_three_times_at_once_is_one_case(county: County) -> None:
    for _ in range(ROUNDS):
        home, key = county.household(), uuid.uuid4()
        cadre = county.who("cadre")

        def ask(home: uuid.UUID = home, key: uuid.UUID = key, cadre: access.Actor = cadre) -> cases.Acted:
            return cases.open_case(
                cadre, "wells", "ask", subject=home, given={"note": "一"}, clock=county.clock, key=key
            )

        answers = together(ask, ask, ask)
        assert len({answer.entry for answer in answers}) == 1, answers
        assert sorted(answer.repeated for answer in answers) == [False, True, True]
        assert Case.objects.filter(household=home).count() == 1


def test_many_writers_leave_numbers_without_gaps_and_a_whole_chain(county: County) -> None:
    homes = [county.household() for _ in range(24)]
    cadre = county.who("cadre")

    def work(some: list[uuid.UUID]) -> int:
        for home in some:
            opened = cases.open_case(cadre, "wells", "ask", subject=home, given={"note": "一"}, clock=county.clock)
            given = {"depth": 3, "cost": 1, "second": county.account("second_cadre")}
            cases.act(cadre, opened.case, "look", given=given, clock=county.clock)
        return len(some)

    answers = together(*(lambda some=homes[at::4]: work(some) for at in range(4)))
    assert answers == [6, 6, 6, 6]
    assert sorted(Case.objects.filter(ledger="wells").values_list("number", flat=True)) == [
        f"SJ-2021-{n:04d}" for n in range(1, 25)
    ]
    assert sorted(Case.objects.filter(ledger="answers").values_list("number", flat=True)) == [
        f"DF-2021-{n:04d}" for n in range(1, 49)
    ]
    assert set(Series.objects.values_list("prefix", "last")) == {("SJ", 24), ("DF", 48)}
    entries = list(Entry.objects.order_by("seq").values_list("seq", "prev", "digest"))
    assert [seq for seq, _, _ in entries] == list(range(1, len(entries) + 1))
    assert [prev for _, prev, _ in entries[1:]] == [digest for _, _, digest in entries[:-1]]
