"""The sweep killed anywhere and run again, two at once, and one bad case among good ones: everything is done exactly once."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from taizhang.core import editions, folding, rosters
from taizhang.core.models import Case, Document, Entry, Gathered, Job
from taizhang.core.moves import gathering, rules
from taizhang.core.queries import sweeps
from taizhang.kit import days
from taizhang.ledger import spans
from taizhang.work import sweep
from tests.core import duties
from tests.core.duties import Office

MONTH = timedelta(days=30, hours=10)
ROUNDS, KILLS = 12, 5


@pytest.fixture
def office(committed: Path) -> Iterator[Office]:
    """The office in a database of its own, with real commits, on the day after the duties of November turned red."""
    made = duties.build()
    made.clock.instant = datetime(2021, 12, 9, 1, 0, tzinfo=UTC)
    yield made
    connection.close()


def killed(at: int, office: Office) -> bool:
    """A sweep in a process of its own that dies before its `at`-th statement; whether it lived to meet it."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            counted = itertools.count(1)

            def dies(execute: Any, *statement: Any) -> Any:
                if next(counted) == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return execute(*statement)

            with connection.execute_wrapper(dies):
                sweep.sweep(clock=office.clock)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def statements(office: Office) -> int:
    """Run a sweep to its end; how many statements it took."""
    counted = 0

    def counts(execute: Any, *statement: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*statement)

    with connection.execute_wrapper(counts):
        sweep.sweep(clock=office.clock)
    return counted


def answered_never(office: Office) -> None:
    """A letter that is served and received, and to which nobody will reply."""
    case = office.write_letter("REMINDER")
    office.act("second", case, "check")
    office.act("head", case, "sign")
    office.act("clerk", case, "serve")
    office.act("water", case, "receive_to_reply")


def red_by_now(office: Office) -> set[tuple[str, str, str]]:
    """Every cell that nobody answered and that has been red for a working day, by unit, item and period."""
    law, now, calendar = editions.current("duties"), office.clock.now(), editions.library().calendar
    plus = law.rules[0].plus
    assert plus is not None
    assert plus.duration is not None
    begun, until = rosters.begun(law), days.day_of(now) + timedelta(days=400)
    return {
        (unit.code, cell.item, cell.begins.isoformat())
        for unit, cell in rosters.owed(law, rosters.units(), begun, until)
        if cell.begins >= begun and spans.past(cell.red_at, plus.duration, calendar) <= now
    }


def in_letters() -> Counter[tuple[str, str, str]]:
    """Every cell that a letter lists, as the letters themselves say it."""
    found: Counter[tuple[str, str, str]] = Counter()
    for case in Case.objects.filter(ledger="letters").select_related("organisation"):
        law = editions.pinned(case.edition_id)
        rows = folding.state(case, law, case.opened).fields.get("items") or ()
        found.update((str(case.organisation and case.organisation.code), *row["key"].split(":")) for row in rows)
    return found


def assert_everything_once(office: Office) -> None:
    told = in_letters()
    assert set(told) == red_by_now(office)
    assert set(told.values()) == {1}
    assert Gathered.objects.count() == len(told)
    for ledger in ("letters", "rectification", "duties"):
        numbers: dict[str, list[int]] = {}
        for number in Case.objects.filter(ledger=ledger).order_by("number").values_list("number", flat=True):
            series, _, n = number.rpartition("-")
            numbers.setdefault(series, []).append(int(n))
        assert all(found == list(range(1, len(found) + 1)) for found in numbers.values()), (ledger, numbers)
    for year in {document.year for document in Document.objects.all()}:
        given = sorted(Document.objects.filter(year=year).values_list("number", flat=True))
        assert given == list(range(1, len(given) + 1))
    seqs = list(Entry.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


@pytest.mark.slow
def test_killed_at_fifty_random_points_and_run_again_each_letter_is_there_once(office: Office) -> None:
    chance = random.Random(20211209)
    length, deaths = 300, 0
    for _ in range(ROUNDS):
        answered_never(office)
        for left in range(KILLS, 0, -1):  # each of them leaves less to do
            deaths += killed(chance.randint(1, max(length * left // KILLS, 2)), office)
        length = max(statements(office), 300)
        assert list(gathering.due(office.clock.now())) == []
        office.clock.instant += MONTH
    sweep.sweep(clock=office.clock)
    assert deaths >= ROUNDS * KILLS * 0.6  # the others had ended before their statement came
    assert_everything_once(office)
    referred = Case.objects.filter(ledger="letters", stage="referred")
    children = Counter(Case.objects.filter(ledger="rectification").values_list("parent", flat=True))
    assert referred.count() >= ROUNDS - 1
    assert set(children) == set(referred.values_list("pk", flat=True))
    assert set(children.values()) == {1}


@pytest.mark.slow
def test_two_sweeps_at_once_behave_as_one(office: Office) -> None:
    for _ in range(4):
        answered_never(office)
        start = threading.Barrier(2)
        wrong: list[BaseException] = []

        def run(start: threading.Barrier = start, wrong: list[BaseException] = wrong) -> None:
            try:
                connection.ensure_connection()
                start.wait(timeout=20)
                sweep.sweep(clock=office.clock)
            except BaseException as error:  # given back, so that the test can say what it was
                wrong.append(error)
            finally:
                connection.close()

        both = [threading.Thread(target=run) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join(timeout=120)
        assert wrong == []
        office.clock.instant += MONTH
    sweep.sweep(clock=office.clock)
    assert_everything_once(office)
    assert [job.note["failed"] for job in Job.objects.filter(kind="sweep") if job.note["failed"]] == []


def test_one_bad_case_is_put_off_and_named_and_the_district_is_served(office: Office) -> None:
    answered_never(office)
    answered_never(office)
    bad, good = Case.objects.filter(ledger="letters").order_by("number")
    office.clock.instant += MONTH
    Case.objects.filter(pk=bad.pk).update(n=bad.n - 1)  # its row no longer fits its entries
    assert sweep.sweep(clock=office.clock).failed == 1
    assert set(in_letters()) == red_by_now(office)
    good.refresh_from_db()
    assert good.stage == "referred"
    [stuck] = sweeps.put_off()
    assert (stuck.number, stuck.clock.zh, stuck.tries) == (bad.number, "按期回复", 1)
    assert stuck.note == "IntegrityError"
    assert sweep.sweep(clock=office.clock).failed == 0  # not before an hour has passed
    Case.objects.filter(pk=bad.pk).update(n=bad.n)
    assert rules.try_again(clock=office.clock) == 1
    sweep.sweep(clock=office.clock)
    bad.refresh_from_db()
    assert (bad.stage, sweeps.put_off()) == ("referred", ())


def test_what_waits_is_told_with_its_day_before_it_is_done(office: Office) -> None:
    answered_never(office)
    sweep.sweep(clock=office.clock)
    office.clock.instant = datetime(2021, 12, 25, 1, 0, tzinfo=UTC)
    waits = [(one.ledger.zh, days.day_of(one.at).isoformat(), one.count) for one in sweeps.waiting(office.clock.now())]
    assert waits == [("两函两书", "2022-01-01", 1)]
    office.clock.instant = datetime(2022, 1, 5, 1, 0, tzinfo=UTC)
    sweep.sweep(clock=office.clock)
    gathers = [one for one in sweeps.waiting(office.clock.now()) if one.gathers]
    assert [days.day_of(one.at).isoformat() for one in gathers] == [
        "2022-01-12"
    ]  # of December, of the quarter, of the year
    assert gathers[0].count == 5  # the monthly ones: the quarter had begun before the ledger
