"""A field marked `find: true` gets an index, made by the owner of the tables and never by the site."""

from __future__ import annotations

from django.db import connection

from taizhang.core import editions
from tests.conftest import FixedClock
from tests.core import county as counties


def test_a_field_to_be_found_gets_an_index_made_by_the_owner(owner: object, clock: FixedClock) -> None:
    counties.build(clock)
    assert editions.index_found_fields() == ("find_wells_depth",)
    assert editions.index_found_fields() == ("find_wells_depth",)  # again: nothing new
    with connection.cursor() as cursor:
        names = connection.introspection.get_constraints(cursor, "core_case")
    assert "find_wells_depth" in names
