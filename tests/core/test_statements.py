"""Statements that are written once read and write what a queryset would."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models

from taizhang.core import access, statements
from taizhang.core.models import Case, District, Entry, Fact, Household, Notice, Party, Sealed, SealKey, Turn
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db
READ = (Case, District, Entry, Fact, Household, Notice, Party, Sealed, SealKey, Turn)


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county with a case that has been looked at."""
    made = counties.build(clock)
    made.look(made.ask(made.household()).case)
    return made


def plain(rows: Sequence[models.Model]) -> list[dict[str, Any]]:
    """The columns of rows; binary ones as bytes."""
    return [
        {
            field.attname: bytes(value) if isinstance(value := getattr(row, field.attname), memoryview) else value
            for field in row._meta.concrete_fields
        }
        for row in rows
    ]


@pytest.mark.parametrize("model", READ)
def test_rows_are_those_of_a_queryset_in_value_and_type(county: County, model: type[models.Model]) -> None:
    for row in model._default_manager.all():
        (found,) = statements.find(model, pk=row.pk)
        assert plain([found]) == plain([row])
        assert [type(value) for value in vars(found).values()] == [type(value) for value in vars(row).values()]
        assert found == row
        assert not found._state.adding


def test_columns_are_read_in_the_order_asked_for(county: County) -> None:
    case = Case.objects.get(ledger="wells")
    found = statements.values(Entry, "n", "act", case=case.pk, order="n")
    assert found == list(Entry.objects.filter(case=case).order_by("n").values_list("n", "act"))
    assert statements.value(Case, "household", pk=case.pk) == case.household_id
    assert statements.value(Case, "household", pk=uuid.uuid4()) is None
    assert statements.one(Case, pk=uuid.uuid4()) is None


def test_none_is_asked_for_as_null(county: County) -> None:
    assert {row.pk for row in statements.find(Case, parent=None)} == set(
        Case.objects.filter(parent=None).values_list("pk", flat=True)
    )
    assert statements.update(Case, {"closed": None}, number="none of these", closed=None) == 0


@pytest.mark.parametrize("model", [Turn, Party, Fact])
def test_rows_are_written_as_a_queryset_writes_them(county: County, model: type[models.Model]) -> None:
    rows = list(model._default_manager.order_by("pk"))
    assert rows
    before = [{**row, "id": None} for row in plain(rows)]
    for row in rows:
        statements.delete(model, pk=row.pk)
        row.pk = None
    assert not model._default_manager.exists()
    statements.insert(rows)
    assert [{**row, "id": None} for row in plain(list(model._default_manager.order_by("pk")))] == before


def test_only_rows_that_equal_every_value_are_changed(county: County) -> None:
    case = Case.objects.get(ledger="wells")
    assert statements.update(Case, {"stage": "gone", "data": {"深度": 30}}, pk=case.pk, n=case.n + 1) == 0
    assert statements.update(Case, {"stage": "gone", "data": {"深度": 30}}, pk=case.pk, n=case.n) == 1
    case.refresh_from_db()
    assert (case.stage, case.data) == ("gone", {"深度": 30})
    assert Case.objects.filter(stage="gone").count() == 1


def test_a_value_never_becomes_part_of_the_text(county: County) -> None:
    hostile = "x' OR '1'='1"
    assert statements.find(Case, number=hostile) == []
    assert statements.update(Case, {"stage": "x"}, number=hostile) == 0
    with pytest.raises(FieldDoesNotExist):
        statements.find(Case, **{"number = '' OR 1=1 --": "x"})  # type: ignore[arg-type]


def test_a_row_can_be_held_to_the_end_of_the_transaction(county: County) -> None:
    case = Case.objects.get(ledger="wells")
    texts: list[str] = []

    def listen(run: Any, text: str, given: Any, many: bool, context: Any) -> Any:
        texts.append(text)
        return run(text, given, many, context)

    with connection.execute_wrapper(listen):
        assert access.case_for(access.SYSTEM, case.pk, lock=True) == case
    assert texts[0].endswith("FOR UPDATE") == (connection.vendor == "postgresql")
