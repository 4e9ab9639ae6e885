"""Yearly assessments: reckoned from records, frozen when published, contested and ruled, and equal to a plain program."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from taizhang.core import editions, rosters
from taizhang.core.models import Case, Entry, Organisation
from taizhang.core.moves import assessing, cases
from taizhang.core.queries import scores
from taizhang.kit.days import SHANGHAI
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.scoring import Score
from tests import plain_scores
from tests.conftest import FixedClock
from tests.core import duties
from tests.core.duties import Office

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # a year of duties is reckoned each time
LIBRARY = Path(__file__).resolve().parents[2] / "library"
CARD = "duty_year"


def table(name: str) -> list[dict[str, str]]:
    lines = (LIBRARY / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def lived() -> Office:
    """A year of three organisations: most in time, some late, some returned, found faulty, contested, excused, put off."""
    office = duties.build(FixedClock(datetime(2020, 12, 31, 1, tzinfo=UTC)))
    law = editions.current("duties")
    units = rosters.units()
    steps: list[tuple[datetime, str, roster.Cell]] = []
    for order, (unit, cell) in enumerate(rosters.owed(law, units, date(2021, 1, 1), date(2022, 1, 1))):
        if unit.code in ("water", "town", "village") and order % 7 != 3:
            days = -3 if order % 5 else 14 + order % 9  # from the last day: before it, or after the days of grace
            steps.append((cell.due + timedelta(days=days, hours=2), unit.code, cell))
    for at, code, cell in sorted(steps, key=lambda step: (step[0], step[1], step[2].item)):
        office.clock.instant = max(at, office.clock.instant + timedelta(seconds=1))
        made = office.submit(code, cell.item, cell.begins, given={"done_on": "2021-01-01"})
        number = int(made.number[-4:])
        if number % 6 == 1:
            office.act("clerk", made.case, "accept", quality="part" if number % 4 == 1 else "full")
        elif number % 11 == 2:
            office.act("clerk", made.case, "return", reason="没有写结果")
            office.act(code, made.case, "redo", account="补写结果")
        elif number % 17 == 4:
            office.act("clerk", made.case, "find_fault", fault="签到补签")
            office.act(code, made.case, "contest_fault", plea="系统导出")
            office.act("head", made.case, "admit" if number % 2 else "uphold", ruling="已核实")
    office.clock.instant = datetime(2022, 1, 25, 1, tzinfo=UTC)
    return office


def rectified(office: Office, code: str, *, late: bool, back: bool, done: bool) -> None:
    """One problem of an organisation."""
    begun = office.clock.instant
    given = {"source": "PATROL", "problem": "记录不全", "deadline": (begun + timedelta(days=10)).date().isoformat()}
    made = cases.open_case(
        office.who("clerk"), "rectification", "enter", subject=code, given=given, clock=office.clock
    ).case
    person = str(office.people[code].pk)
    office.act(code, made, "plan", measures="补齐", person=person, deadline=given["deadline"])
    office.clock.advance(days=12 if late else 5)
    if done:
        office.act(code, made, "report", result="已补")
        if back:
            office.act("clerk", made, "return", reason="不全", deadline="2021-12-31")
            office.act(code, made, "report", result="再补")
        office.act("clerk", made, "accept")


def plainly(office: Office, until: datetime) -> dict[str, tuple[int, list[plain_scores.Loss]]]:
    entries = [json.loads(body) for body in Entry.objects.order_by("seq").values_list("body", flat=True)]
    rows = Organisation.objects.filter(code__in=("water", "town", "village")).select_related("area")
    units = {row.code: (row.kind, row.area.level) for row in rows}
    names = {str(row.pk): row.code for row in rows} | {row.code: row.code for row in rows}
    days = plain_scores.calendar(table("calendar.csv"))
    return plain_scores.scores(entries, units, table("catalogues/duty_items.csv"), days, 2021, until, names)


def told(score: Score) -> list[tuple[str, str, str, int]]:
    return [
        (loss.part, loss.why.zh, loss.record.number or f"{loss.item} {loss.begins}", loss.cents)
        for loss in score.losses
    ]


def test_scores_and_every_loss_equal_those_of_a_plain_program_to_the_hundredth() -> None:
    office = lived()
    office.clock.instant = datetime(2021, 6, 1, 1, tzinfo=UTC)
    rectified(office, "water", late=True, back=False, done=True)
    rectified(office, "water", late=False, back=True, done=True)
    rectified(office, "town", late=False, back=False, done=False)
    office.clock.instant = datetime(2022, 1, 25, 1, tzinfo=UTC)
    plain = plainly(office, office.clock.now())
    for code in ("water", "town", "village"):
        report = scores.report(office.who("clerk"), CARD, code, 2021, office.clock.now())
        assert sorted(set(told(report.score)) ^ set(plain[code][1])) == [], code
        assert sorted(told(report.score)) == sorted(plain[code][1]), code
        assert report.score.cents == plain[code][0], code
        assert len(report.score.losses) > 5
        assert 0 < report.score.cents < 10_000


def test_what_was_published_is_reckoned_again_by_the_rules_of_its_year(monkeypatch: pytest.MonkeyPatch) -> None:
    office = lived()
    made = assessing.publish(office.who("head"), CARD, 2021, clock=office.clock)
    assert len(made) == len({Case.objects.get(pk=pk).organisation_id for pk in made}) == 7
    before = scores.report(office.who("clerk"), CARD, "village", 2021, office.clock.now())
    office.clock.advance(days=40)
    office.act("clerk", Case.objects.filter(ledger="duties", stage="submitted", organisation__code="village")[0].pk,
               "find_fault", fault="后来查实")  # fmt: skip
    monkeypatch.setattr(scores, "rules", lambda name: (_ for _ in ()).throw(NotFound(Text("评分表", "The card"))))
    after = scores.report(office.who("village"), CARD, "village", 2021, office.clock.now())
    assert after.agrees
    assert (after.cents, after.score.losses) == (before.cents, before.score.losses)


def test_publishing_again_makes_nothing_twice_and_goes_on_where_it_stopped() -> None:
    office = lived()
    first = assessing.publish(office.who("head"), CARD, 2021, clock=office.clock)
    assert assessing.publish(office.who("head"), CARD, 2021, clock=office.clock) == ()
    assert Entry.objects.filter(kind=scores.FROZEN).count() == 1
    assert len(first) == 7


@pytest.mark.parametrize(("who", "year", "code"), [("clerk", 2021, "not_allowed"), ("head", 2022, "year_not_over")])
def test_only_the_head_publishes_and_only_a_year_that_is_over(who: str, year: int, code: str) -> None:
    office = duties.build(FixedClock(datetime(2022, 1, 25, 1, tzinfo=UTC)))
    with pytest.raises(Refusal) as refused:
        assessing.publish(office.who(who), CARD, year, clock=office.clock)
    assert refused.value.code == code
    assert not Entry.objects.filter(kind=scores.FROZEN).exists()


def test_a_deduction_is_contested_within_five_workdays_and_what_is_given_back_stands_in_the_report() -> None:
    office = lived()
    assessing.publish(office.who("head"), CARD, 2021, clock=office.clock)
    report = scores.report(office.who("village"), CARD, "village", 2021, office.clock.now())
    assert report.case is not None
    loss = report.score.losses[0]
    office.act("village", report.case.pk, "contest", disputed="第1条", plea="已按期报送，有回执")
    office.act("head", report.case.pk, "admit", ruling="属实", given_back=loss.cents)
    again = scores.report(office.who("village"), CARD, "village", 2021, office.clock.now())
    assert again.cents == report.cents + loss.cents
    assert again.agrees


def test_others_do_not_see_an_organisations_report() -> None:
    office = lived()
    with pytest.raises(NotFound):
        scores.report(office.who("town"), CARD, "village", 2021, office.clock.now())


def test_what_is_not_due_yet_is_not_missing() -> None:
    office = duties.build(FixedClock(datetime(2020, 12, 31, 1, tzinfo=UTC)))
    early = scores.report(office.who("clerk"), CARD, "village", 2021, datetime(2021, 1, 20, tzinfo=SHANGHAI))
    assert (early.score.cents, early.score.parts[0].judged) == (10_000, 0)
    later = scores.report(office.who("clerk"), CARD, "village", 2021, datetime(2021, 2, 1, tzinfo=SHANGHAI))
    assert {loss.why.zh for loss in later.score.losses} == {"没有报送"}
    assert later.score.parts[0].judged == 5
