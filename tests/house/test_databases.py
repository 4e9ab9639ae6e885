"""Which tests run on which database is told by what they ask for, and a test that asks for none reaches none."""

from __future__ import annotations

import pytest
from django.db import connection, connections


def test_a_test_that_asks_for_no_database_is_refused_one() -> None:
    for reached in (connection, connections["default"].copy()):
        with pytest.raises(RuntimeError, match="Database access not allowed"):
            reached.cursor()


def test_a_test_that_asks_for_one_is_given_it(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_entry")
        assert cursor.fetchone() == (0,)
