"""Rules of data quality: each says what it finds by worked examples, and what it cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import quality
from taizhang.screen.engine import DuckEngine
from tests.screen.county import DAY, LIBRARY

RULES = quality.read(LIBRARY / "quality.yaml")
NUMBERS = {"income_line": 600_000}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    """An engine for one test."""
    made = DuckEngine([tmp_path], scratch=tmp_path / "scratch")
    yield made
    made.close()


def _value(written: Any) -> Any:
    return (
        date.fromisoformat(written)
        if isinstance(written, str) and written[:4].isdigit() and written[4:5] == "-"
        else written
    )


def row(table: str, changed: Mapping[str, Any], about: str) -> list[Any]:
    """A usual row with some columns changed."""
    cells = {**RULES.usual[table], **changed}
    return [about, "410503100201", *(_value(cells.get(name)) for name in RULES.tables[table])]


def test_there_are_fifty_six_rules_and_each_finds_its_example_and_no_other(engine: DuckEngine) -> None:
    assert list(RULES.rules) == [f"Q{at:02d}" for at in range(1, 57)]
    given = {}
    for table, columns in RULES.tables.items():
        rows = [row(table, {}, "usual")]
        for name, rule in RULES.rules.items():
            if rule.about == table:
                rows += [row(table, rule.hits, f"{name} hits"), row(table, rule.passes, f"{name} passes")]
        given[table] = quality.Rows(tuple(columns), rows)
    found = quality.check(engine, RULES, given, NUMBERS, DAY)
    assert found.not_asked == ()
    by_rule: dict[str, set[str]] = {}
    for one in found.doubts:
        by_rule.setdefault(one.rule, set()).add(one.about)
    for name in RULES.rules:
        assert f"{name} hits" in by_rule.get(name, set()), name
        assert f"{name} passes" not in by_rule[name], name
    assert not any("usual" in some for some in by_rule.values())


def test_a_rule_whose_column_nobody_collects_is_not_asked_and_says_which(engine: DuckEngine) -> None:
    given = {
        "person": quality.Rows(
            ("checksum_ok", "number_length", "card_mark", "number_rows"), [["a", "x", 0, 18, None, 1]]
        )
    }
    found = quality.check(engine, RULES, given, NUMBERS, DAY)
    assert (found.asked, [one.rule for one in found.doubts]) == (("Q01", "Q02", "Q03"), ["Q01"])
    told = {one.rule: one.text for one in found.not_asked}
    assert told["Q05"].zh == "未评估：没有收集性别、与户主关系。"
    assert (told["Q03"].zh, len(told)) == ("部分未评估：没有收集证件前六位。", 54)


def test_a_rule_is_asked_by_the_ways_that_can_be_asked(engine: DuckEngine) -> None:
    columns = ("kind", "monitored", "unsafe_house")
    given = {
        "home": quality.Rows(
            columns, [["h", "x", "脱贫户", 0, 1], ["i", "x", "脱贫户", 1, 1], ["j", "x", "一般农户", 0, 1]]
        )
    }
    found = quality.check(engine, RULES, given, NUMBERS, DAY)
    assert [one.about for one in found.doubts if one.rule == "Q34"] == ["h"]
    assert {one.rule: one.whole for one in found.not_asked}["Q34"] is False


def test_a_rule_without_its_number_is_not_asked(engine: DuckEngine) -> None:
    columns = ("income_per_head", "monitored", "kind")
    given = {"home": quality.Rows(columns, [["h", "x", 100, 0, "脱贫户"]])}
    assert "Q35" in {one.rule for one in quality.check(engine, RULES, given, NUMBERS, DAY).doubts}
    assert "Q35" in {one.rule for one in quality.check(engine, RULES, given, {}, DAY).not_asked}


def test_a_rule_outside_the_checked_language_or_with_an_unknown_column_is_refused(tmp_path: Path) -> None:
    text = (LIBRARY / "quality.yaml").read_text(encoding="utf-8")
    path = tmp_path / "quality.yaml"
    for old, new in (('"number_rows > 1"', '"number_rows > random()"'), ('"number_rows > 1"', '"weight > 1"')):
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(Refusal):
            quality.read(path)
