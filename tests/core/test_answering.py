"""Several duties answered at once: a case and a light for each, the words written once, all or nothing."""

from __future__ import annotations

from datetime import date

import pytest

from taizhang.core.models import Case, Entry
from taizhang.core.moves import answering
from taizhang.kit.refusal import Refusal
from tests.core import duties
from tests.core.duties import Office

pytestmark = pytest.mark.django_db
NOVEMBER = date(2021, 11, 1)
TOLD = {"done_on": "2021-11-24", "account": "支部会一次办了三项，纪要附后"}


@pytest.fixture
def office() -> Office:
    made = duties.build()
    made.clock.advance(days=24)
    return made


def test_each_cell_has_its_own_case_with_the_same_words(office: Office) -> None:
    cells = [("D01", NOVEMBER), ("D28", date(2021, 11, 20)), ("D31", NOVEMBER)]
    answered = answering.answer(
        office.who("village"), "duties", "submit", subject="village", cells=cells, given=TOLD, clock=office.clock
    )
    rows = [Case.objects.get(pk=pk) for pk in answered]
    assert [(row.item, row.period, row.stage) for row in rows] == [
        ("D01", NOVEMBER, "submitted"), ("D28", NOVEMBER, "submitted"), ("D31", NOVEMBER, "submitted"),
    ]  # fmt: skip
    assert len({row.number for row in rows}) == 3
    assert Entry.objects.filter(case__in=answered).count() == 3


def test_one_cell_that_is_answered_already_refuses_all(office: Office) -> None:
    office.submit("village", "D28", NOVEMBER)
    with pytest.raises(Refusal) as refused:
        answering.answer(
            office.who("village"), "duties", "submit", subject="village", cells=[("D01", NOVEMBER), ("D28", NOVEMBER)],
            given=TOLD, clock=office.clock,
        )  # fmt: skip
    assert refused.value.code == "answered"
    assert list(Case.objects.values_list("item", flat=True)) == ["D28"]


@pytest.mark.parametrize(
    ("cells", "code"), [([], "nothing_chosen"), ([("D01", NOVEMBER), ("D02", NOVEMBER)], "not_owed")]
)
def test_nothing_chosen_or_not_owed_is_refused(office: Office, cells: list[tuple[str, date]], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        answering.answer(
            office.who("village"), "duties", "submit", subject="village", cells=cells, given=TOLD, clock=office.clock
        )
    assert refused.value.code == code
    assert not Case.objects.exists()


def test_more_than_a_hundred_at_a_time_are_refused(office: Office) -> None:
    cells = [("D01", date(2000 + year, month, 1)) for year in range(9) for month in range(1, 13)]
    with pytest.raises(Refusal) as refused:
        answering.answer(
            office.who("village"), "duties", "submit", subject="village", cells=cells, given=TOLD, clock=office.clock
        )
    assert refused.value.code == "too_many"


def test_who_does_not_speak_for_an_organisation_answers_for_none_of_its_cells(office: Office) -> None:
    with pytest.raises(Refusal):
        answering.answer(
            office.who("town"), "duties", "submit", subject="village", cells=[("D01", NOVEMBER)], given=TOLD,
            clock=office.clock,
        )  # fmt: skip
    assert not Case.objects.exists()
