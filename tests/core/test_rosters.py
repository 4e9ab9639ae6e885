"""Duties by arithmetic at the door and in the sweep: one case a cell, letters gathered by addressee, each cell told once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from taizhang.core import editions, folding, rosters
from taizhang.core.models import Case, Document, Entry, Gathered, Organisation
from taizhang.core.moves import cases, gathering
from taizhang.kit.refusal import Refusal
from taizhang.ledger.roster import Cell
from taizhang.work import sweep
from tests.core import duties
from tests.core.duties import Office

NOVEMBER = date(2021, 11, 1)
# The duties of November end on 30 November, turn red five workdays later, and are told one workday after that.
RED = datetime(2021, 12, 7, 16, 0, tzinfo=UTC)
TOLD = RED + timedelta(days=1)


@pytest.fixture
def office(db: None) -> Office:
    return duties.build()


def monthly(unit: str) -> set[str]:
    return {
        "water": {"D01", "D36"},
        "town": {"D01", "D31", "D36"},
        "village": {"D01", "D25", "D28", "D31", "D36"},
    }[unit]


def letters() -> list[Case]:
    return list(Case.objects.filter(ledger="letters").order_by("organisation__area_id", "number"))


def test_a_cell_is_answered_by_one_case_which_knows_its_item_and_period(office: Office) -> None:
    done = office.submit("village", "D01", date(2021, 11, 17))
    case = Case.objects.get(pk=done.case)
    assert (case.item, case.period, case.organisation_id) == ("D01", NOVEMBER, office.units["village"].pk)
    with pytest.raises(Refusal) as refused:
        office.submit("village", "D01", date(2021, 11, 30))
    assert (refused.value.code, refused.value.details["number"]) == ("answered", case.number)
    says = folding.said(Entry.objects.get(pk=done.entry))
    assert says["period"] == "2021-11-01"


def test_what_is_not_owed_is_refused_and_so_is_a_duty_without_its_period(office: Office) -> None:
    codes = []
    for item, period in (("D13", NOVEMBER), ("D01", None), ("D26", NOVEMBER)):
        with pytest.raises(Refusal) as refused:
            office.submit("village", item, period)
        codes.append(refused.value.code)
    assert codes == ["not_owed", "which_period", "not_owed"]  # of the department; which month; has no periods
    assert Case.objects.get(pk=office.submit("village", "D26", None).case).period is None


def test_an_organisation_founded_inside_a_period_owes_nothing_for_it(office: Office) -> None:
    Organisation.objects.filter(code="village").update(founded=date(2021, 11, 2))
    with pytest.raises(Refusal) as refused:
        office.submit("village", "D01", NOVEMBER)
    assert refused.value.code == "not_owed"
    owed = {(cell.item, cell.begins) for unit, cell in _owed() if unit.code == "village"}
    assert ("D01", NOVEMBER) not in owed
    assert ("D01", date(2021, 12, 1)) in owed


def _owed() -> list[tuple[rosters.Unit, Cell]]:
    return list(rosters.owed(editions.current("duties"), rosters.units(), NOVEMBER, date(2022, 1, 1)))


def test_one_letter_an_addressee_lists_everything_that_turned_red_and_no_sweep_tells_it_again(office: Office) -> None:
    office.submit("town", "D01", NOVEMBER)
    office.clock.instant = TOLD - timedelta(seconds=1)
    sweep.sweep(clock=office.clock)
    assert letters() == []
    office.clock.instant = TOLD
    for _ in range(3):
        sweep.sweep(clock=office.clock)
    told: dict[uuid.UUID, set[str]] = defaultdict(set)
    for row in Gathered.objects.all():
        told[row.organisation_id].add(row.item)
    for unit in ("water", "village"):
        assert told[office.units[unit].pk] == monthly(unit)
    assert told[office.units["town"].pk] == monthly("town") - {"D01"}
    by_unit = {case.organisation_id: case for case in letters()}
    assert len(by_unit) == len(letters()) == Organisation.objects.count()
    letter = by_unit[office.units["village"].pk]
    assert (letter.stage, letter.data["kind"], letter.data["holder"]) == (
        "draft",
        "REMINDER",
        str(office.people["village"].pk),
    )


def test_a_duty_put_off_turns_red_by_its_new_day_and_is_told_then(office: Office) -> None:
    office.submit(
        "village", "D01", NOVEMBER, act="defer", by="clerk",
        given={"item": "D01", "until": "2021-12-10", "reason": "换届", "done_on": None, "account": None},
    )  # fmt: skip
    office.clock.instant = TOLD
    sweep.sweep(clock=office.clock)
    village = Gathered.objects.filter(organisation=office.units["village"])
    assert "D01" not in set(village.values_list("item", flat=True))
    office.clock.instant = datetime(2021, 12, 20, 16, 0, tzinfo=UTC)
    sweep.sweep(clock=office.clock)
    assert set(village.values_list("item", flat=True)) >= {"D01"}
    assert len({row.told_in_id for row in village}) == 2


def test_a_late_entry_of_what_was_done_in_time_takes_the_unsent_letter_back(office: Office) -> None:
    for item in monthly("water") - {"D01"}:
        office.submit("water", item, NOVEMBER)
    office.clock.instant = TOLD
    sweep.sweep(clock=office.clock)
    letter = Case.objects.get(ledger="letters", organisation=office.units["water"])
    office.submit("water", "D01", NOVEMBER, happened=RED - timedelta(hours=3))
    sweep.sweep(clock=office.clock)
    letter.refresh_from_db()
    assert letter.stage == "withdrawn"
    assert list(gathering.due(office.clock.now())) == []


def test_a_signed_letter_takes_the_next_number_of_its_kind_and_year(office: Office) -> None:
    numbers = []
    for kind in ("REMINDER", "PROMPT", "REMINDER"):
        given = {"kind": kind, "title": "关于履职的函", "body": "请按期履职。"}
        written = cases.open_case(
            office.who("clerk"), "letters", "write", subject="water", given=given, clock=office.clock
        )
        with pytest.raises(Refusal):
            office.act("clerk", written.case, "check")  # who drafts does not check
        office.act("second", written.case, "check")
        office.act("head", written.case, "sign")
        paper = Document.objects.get(case=written.case)
        numbers.append((paper.kind, paper.mark, paper.year, paper.number))
    assert numbers == [
        ("REMINDER", "北纪醒", 2021, 1), ("PROMPT", "北纪提", 2021, 1), ("REMINDER", "北纪醒", 2021, 2),
    ]  # fmt: skip
