"""Cells read in one step: they say what they say read in two, and what a Parquet file holds as a day or an amount says what its text says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taizhang.screen import engine, feeds, intake, spelling
from taizhang.screen.engine import DuckEngine
from tests.screen.county import LIBRARY, number

FEEDS = feeds.read_all(LIBRARY)
ME = number("1980-01-01")
LETTERS = {
    "date": "0123456789-/. T:年月日", "month": "0123456789-/.年月 ", "year": "0123456789年度 ", "money": "0123456789.-+, ¥元万eE_",
    "number": "0123456789Xx E.-_+", "card": "0123456789Xx B.", "name": "李兰·•A0 　", "phone": "0123456789+-() １", "area": "0123456789 -",
}  # fmt: skip


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """An engine for all of these."""
    folder = tmp_path_factory.mktemp("at-once")
    opened = engine.open_engine("duckdb", [folder], scratch=folder / "scratch")
    yield opened
    opened.close()


def test_every_type_that_is_read_at_once_is_tried_here() -> None:
    assert set(LETTERS) == set(spelling.QUICK)
    assert set(spelling.TYPED) <= set(spelling.QUICK)


@pytest.mark.parametrize("kind", LETTERS)
def test_a_cell_read_at_once_says_what_it_says_read_in_two_steps(machine: DuckEngine, kind: str) -> None:
    slow = f"{spelling.CLEAN[kind]}(x)"
    slow = f"fen_of({slow}, 1)" if kind == "money" else f"{spelling.VALUE[kind]}({slow})"
    plain = {
        "date": r"(19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}", "month": r"(19|20)[0-9]{2}-[0-9]{2}", "year": "(19|20|21)[0-9]{2}",
        "money": r"-?[0-9]{1,13}(\.[0-9]{1,3})?", "number": "[0-9]{17}[0-9X]", "card": "[0-9]{17}[0-9X](B[0-9]{1,3})?", "name": "[李兰]{1,4}",
        "phone": "(86)?1[0-9]{10}", "area": "[0-9]{9}(000|[0-9]{3})",
    }[kind]  # fmt: skip
    ways = [slow, *(["area_of(tidy(x))"] if kind == "area" else [])]
    at_once = set[bool]()

    @settings(max_examples=20, deadline=None)
    @given(
        texts=st.lists(
            st.one_of(st.text(LETTERS[kind], max_size=20), st.from_regex(plain, fullmatch=True)),
            min_size=1,
            max_size=40,
        )
    )
    @example(
        texts=[
            "2021-12-20",
            "2021-02-30",
            "1899-12-31",
            "2200-01-01",
            "-0.01",
            "999999999999.99",
            "1000000000000",
            "99050319800101001X",
        ]
    )
    def look(texts: list[str]) -> None:
        machine.run("CREATE OR REPLACE TEMP TABLE tried (x VARCHAR)")
        machine.insert("tried", [(text,) for text in texts])
        rows = machine.rows(f"SELECT x, {spelling.QUICK[kind]}(x), {', '.join(ways)} FROM tried")
        assert [row for row in rows if row[1] is not None and set(row[2:]) != {row[1]}] == []
        at_once.update(row[1] is not None for row in rows)

    look()
    assert at_once == {True, False}


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.from_regex("[0-9]{17}[0-9X]", fullmatch=True), min_size=1, max_size=40))
def test_a_number_of_digits_alone_is_the_same_whole_number_in_one_step(machine: DuckEngine, texts: list[str]) -> None:
    machine.run("CREATE OR REPLACE TEMP TABLE tried (x VARCHAR)")
    machine.insert("tried", [(text,) for text in texts])
    for text, one, two in machine.rows("SELECT x, who_in(x), who_of(x) FROM tried"):
        assert one == (None if text.endswith("X") else int(text[:17]) * 11 + int(text[17]))
        assert one is None or one == two


TYPES = {
    "as typed": ("DATE", "DECIMAL(18,2)"),
    "as wide amounts": ("DATE", "DECIMAL(20,2)"),
    "as fine amounts": ("DATE", "DECIMAL(18,4)"),
    "as instants": ("TIMESTAMP", "DOUBLE"),
}


@pytest.mark.parametrize(("day", "money"), TYPES.values(), ids=TYPES)
def test_parquet_of_days_and_amounts_is_read_as_its_texts_would_be(machine: DuckEngine, tmp_path: Path, day: str, money: str) -> None:  # fmt: skip
    told: dict[str, Any] = {}
    for name, types in (("typed", (day, money)), ("texts", ("VARCHAR", "VARCHAR"))):
        path = tmp_path / name / "medical.parquet"
        path.parent.mkdir()
        with duckdb.connect() as other:
            other.execute(f"""COPY (SELECT '{ME}' AS 证件号码, '李兰' AS 姓名, CAST(CAST(d AS {day}) AS {types[0]}) AS 就诊日期,
                    CAST(CAST(m AS {money}) AS {types[1]}) AS 个人自付, CAST(CAST(m AS {money}) AS {types[1]}) AS 总费用
                FROM (VALUES ('2021-12-20', '12.50'), ('2020-02-29', '-3'), ('1850-01-01', '1'), (NULL, '2'), ('2021-01-01', NULL),
                    ('2021-01-02', '10000000.01'), ('2021-01-03', '9999999999999.99'), ('2021-01-04', '0')) t(d, m)) TO '{path}' (FORMAT parquet)""")
        inside = engine.open_engine("duckdb", [tmp_path], scratch=tmp_path / "scratch")
        read = intake.read(inside, FEEDS["medical"], [path], path.parent / "read")
        rows = inside.rows(
            f"SELECT row, visited_on, total, self_paid, who, digest FROM {read.accepted_sql()} ORDER BY line"
        )
        refused = inside.rows(
            f"""SELECT row, "column", value, reason, sentence FROM {engine.parquet([read.rejects])} ORDER BY ALL"""
        )
        told[name] = (rows, refused, read.received, read.accepted)
        inside.close()
    assert told["typed"] == told["texts"]
    assert told["typed"][2:] == (8, 3)


@pytest.mark.parametrize("kind", ["INTEGER", "BIGINT", "VARCHAR"])
def test_a_year_held_as_a_number_is_a_year_and_no_other_number_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "insured.parquet"
    with duckdb.connect() as other:
        other.execute(f"""COPY (SELECT '{ME}' AS 证件号码, '李兰' AS 姓名, CAST(y AS {kind}) AS 参保年度
            FROM (VALUES (2021), (1899), (2200), (202112), (NULL)) t(y)) TO '{path}' (FORMAT parquet)""")
    inside = engine.open_engine("duckdb", [tmp_path], scratch=tmp_path / "scratch")
    read = intake.read(inside, FEEDS["insured"], [path], tmp_path / "read")
    assert inside.rows(f"SELECT row, year FROM {read.accepted_sql()}") == [(1, 2021)]
    assert inside.rows(f"SELECT row, value, reason FROM {engine.parquet([read.rejects])} ORDER BY row") == [
        (2, "1899", "year"), (3, "2200", "year"), (4, "202112", "year"), (5, "", "empty"),
    ]  # fmt: skip
    inside.close()
