"""A field marked `find: true` is found by its value; its index is made by the owner of the tables, never by the site."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from taizhang.core import editions
from taizhang.core.queries import lists
from tests.conftest import FixedClock
from tests.core import county as counties


@pytest.mark.django_db
def test_a_list_finds_a_case_by_the_value_of_such_a_field(clock: FixedClock) -> None:
    county = counties.build(clock)
    for depth in (30, 31):
        opened = county.ask(county.household())
        county.look(opened.case, given={"depth": depth})
    page = lists.page(county.who("reviewer"), "wells", lists.Filters(text="31"), clock.now())
    assert [row.number for row in page.rows] == ["SJ-2021-0002"]


def test_its_index_is_made_once_and_only_where_the_schema_may_hold_it(owner: Any, clock: FixedClock) -> None:
    counties.build(clock)
    made = ("find_wells_depth",) if connection.vendor == "postgresql" else ()
    assert editions.index_found_fields() == made
    assert editions.index_found_fields() == made  # again: nothing new
    with connection.cursor() as cursor:
        names = connection.introspection.get_constraints(cursor, "core_case")
    assert {name for name in names if name.startswith("find_")} == set(made)
