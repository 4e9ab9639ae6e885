"""What SQL texts name and how they read with numbers is worked out once, and is the same when it is remembered."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import subset, texts
from tests.screen.county import LIBRARY

TABLES = ("medical", "member")
QUERY = "SELECT m.person, sum(b.cost) AS cost FROM medical AS b JOIN member AS m ON m.person = b.person WHERE b.day > :date - :days GROUP BY m.person"
PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from taizhang.screen import feeds, passing, rules, texts
library = Path(sys.argv[1])
book = rules.read(library, feeds.read_all(library))
now, then = ({**book.values("410503", day), "date": day} for day in (date(2021, 12, 21), date(2021, 12, 20)))
for name, signal in book.signals.items():
    print(name, signal.said.gives, signal.filled(now), passing.moved(signal, then, now, ("member",)))
texts.keep()
print("sqlglot" in sys.modules)
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    texts.book.cache_clear()


def test_a_run_with_texts_and_numbers_of_before_loads_no_parser_and_asks_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}

    def told() -> list[str]:
        command = [sys.executable, "-c", PROGRAM, str(LIBRARY)]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return run.stdout.splitlines()

    first, again = told(), told()
    assert first[:-1] == again[:-1]
    assert (first[-1], again[-1]) == ("True", "False")


@pytest.mark.usefixtures("book")
def test_a_text_that_is_refused_is_refused_every_time_and_a_known_one_too_where_its_tables_are_not() -> None:
    for _ in range(2):
        with pytest.raises(Refusal, match=r"^a\.sql："):
            texts.query("SELECT person FROM other", name="a.sql", tables=TABLES)
        texts.keep()
    assert texts.query(QUERY, name="a.sql", tables=TABLES).said.tables == ("medical", "member")
    with pytest.raises(Refusal, match=r"^a\.sql："):
        texts.query(QUERY, name="a.sql", tables=("member",))


@pytest.mark.usefixtures("book")
def test_numbers_are_part_of_what_is_remembered_and_their_kind_too() -> None:
    signal = texts.query(QUERY, name="a.sql", tables=TABLES)
    for days in (7, 8):
        values = {"date": date(2021, 12, 20), "days": days, "other": 1}
        assert signal.filled(values) == subset.sql(subset.bound(signal.tree, values))
    assert texts.filled("kind = :word", {"word": 1}, None, name="R99") == "(kind = 1)"
    assert texts.filled("kind = :word", {"word": "1"}, None, name="R99") == "(kind = '1')"
    assert texts.filled("cost > 1", {}, {"cost": "s.cost"}, name="R99") == "(s.cost > 1)"
    with pytest.raises(Refusal, match="没有的“cost”"):
        texts.filled("cost > 1", {}, {}, name="R99")
