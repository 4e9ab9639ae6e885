"""What rules and signals may say, and what the engine refuses to do for them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import engine, feeds, rules, subset
from taizhang.screen.engine import Limits
from tests.screen.county import LIBRARY

TABLES = ("medical", "member")
SECRET = "SELECT content FROM read_text('{}')"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM medical", "SELECT person FROM read_csv('/etc/passwd')", "SELECT person FROM '/etc/passwd'", "SELECT person FROM other",
        "DELETE FROM medical", "COPY medical TO 'x'", "SELECT 1; SELECT 2", "ATTACH 'x'", "SELECT getenv('HOME') FROM medical", "INSTALL httpfs",
        "SELECT person FROM medical LIMIT 1", "SELECT CAST(person AS DOUBLE) FROM medical", "SELECT person FROM main.medical", "PRAGMA version",
        "SELECT person FROM medical UNION SELECT content FROM read_text('x')", "SET memory_limit = '1TB'", "SELECT random() FROM medical", "SELECT",
    ],
)  # fmt: skip
def test_a_signal_is_one_plain_select_over_known_tables(text: str) -> None:
    with pytest.raises(Refusal, match=r"^test\.sql："):
        subset.parse_query(text, name="test.sql", tables=TABLES)


@pytest.mark.parametrize(
    "text",
    [
        "1) FROM medical WHERE (1 = 1",
        "(SELECT 1)",
        "loss > 0; DROP TABLE hit",
        "getenv('x') = 'y'",
        "loss > 0 OR EXISTS (SELECT 1)",
        "1, 2",
    ],
)
def test_a_predicate_is_one_condition_without_a_query(text: str) -> None:
    with pytest.raises(Refusal):
        subset.parse_condition(text, name="R99")


def test_days_and_months_back_are_worked_out_once() -> None:
    tree = subset.parse_condition(
        "a > add_months(:date, -:n) AND b > :date - :m AND year(:date) = 2021 AND c IN ('x')", name="R99"
    )
    assert subset.parameters(tree) == {"n", "m"}
    made = subset.sql(subset.bound(tree, {"date": date(2021, 3, 31), "n": 1, "m": 31}))
    assert made == "(a > CAST('2021-02-28' AS DATE) AND b > CAST('2021-02-28' AS DATE) AND 2021 = 2021 AND c IN ('x'))"


def test_the_engine_reads_no_file_outside_its_folders_and_no_setting_can_be_changed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "own.txt").write_text("own", encoding="utf-8")
    machine = engine.open_engine("duckdb", [mine], scratch=mine / "scratch")
    machine.lock()
    assert machine.rows(SECRET.format(mine / "own.txt")) == [("own",)]
    tries = [
        SECRET.format(tmp_path / "secret.txt"), SECRET.format(f"{mine}/../secret.txt"), f"COPY (SELECT 1) TO '{tmp_path}/stolen.csv'",
        f"ATTACH '{tmp_path}/stolen.db'", "SELECT * FROM read_csv('https://example.org/x.csv')", "INSTALL httpfs", "LOAD httpfs",
        "SET enable_external_access = true", "SET memory_limit = '1TB'", "SET allowed_directories = ['/']", f"SELECT * FROM glob('{tmp_path}/*')",
    ]  # fmt: skip
    for query in tries:
        with pytest.raises(duckdb.Error):
            machine.rows(query)
    machine.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "secret.txt"]


def test_a_query_that_takes_too_long_is_stopped_with_a_sentence(tmp_path: Path) -> None:
    machine = engine.open_engine("duckdb", [tmp_path], scratch=tmp_path / "scratch", limits=Limits(seconds=0.3))
    with pytest.raises(Refusal, match="一条查询运行超过"):
        machine.rows("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = -1")
    machine.close()


def test_every_rule_of_the_library_names_its_department_basis_and_rows_or_is_a_rule_of_the_site() -> None:
    declared = feeds.read_all(LIBRARY)
    book = rules.read(LIBRARY, declared)
    assert list(book.rules) == [f"R{at:02d}" for at in range(1, 21)]
    assert [name for name, rule in book.rules.items() if rule.site] == ["R19", "R20"]
    owners = {owner for feed in declared.values() for owner in feed.owner} | {"自有记录"}
    assert {rule.department for rule in book.rules.values()} <= owners
    assert all(rule.basis and rule.sentence.zh and rule.sentence.en and rule.figures for rule in book.rules.values())


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("rules.yaml", "net <= :income_line * residents", "net <= :income_line * heads", "heads"),
        ("rules.yaml", "  signal: relief\n", "  signal: nowhere\n", "nowhere"),
        ("rules.yaml", "  department: 医保\n", "", "department"),
        ("signals/relief.sql", "FROM relief AS r", "FROM read_csv('x') AS r", "relief.sql"),
        ("policies.yaml", "value: 20000,", "value: 2x,", "r02_self_paid"),
        ("feeds/deaths.yaml", "type: date", "type: day", "deaths.yaml"),
        ("feeds/deaths.yaml", "row_date: died_on", "row_date: gone_on", "gone_on"),
    ],
)
def test_a_broken_declaration_is_refused_by_name(tmp_path: Path, file: str, before: str, after: str, told: str) -> None:
    library = tmp_path / "library"
    for name in ("rules.yaml", "policies.yaml"):
        library.mkdir(exist_ok=True)
        shutil.copy(LIBRARY / name, library / name)
    for folder in ("signals", "feeds"):
        shutil.copytree(LIBRARY / folder, library / folder)
    text = (library / file).read_text(encoding="utf-8")
    assert before in text
    (library / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Refusal, match=told):
        bind_income(library)


def bind_income(library: Path) -> None:
    """Read a library and fill R18 with its numbers."""
    day = date(2021, 12, 20)
    book = rules.read(library, feeds.read_all(library))
    rules.bind(book, "R18", book.values("410503", day) | {"date": day}, {"net": "s.net", "residents": "h.residents"})
