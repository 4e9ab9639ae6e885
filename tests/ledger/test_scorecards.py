"""Scorecards: what a faulty one is told, file and line; and the arithmetic of a year, every point with its record."""

from __future__ import annotations

import uuid
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taizhang.kit.text import Text
from taizhang.ledger import library as libraries
from taizhang.ledger import scorecards, scoring, shelf
from taizhang.ledger.scorecards import Card
from taizhang.ledger.scoring import Counted, Gathered, Judged, Record

LIBRARY = Path(__file__).resolve().parents[2] / "library"
SHIPPED = (LIBRARY / "scorecards" / "duty_year.yaml").read_text(encoding="utf-8")
PERIOD = Text("2021年3月", "2021-03")
CASE = Record(uuid.UUID(int=1), "LZ-2021-0001")


@pytest.fixture(scope="module")
def ledgers() -> shelf.Shelf:
    return shelf.load(LIBRARY / "ledgers", library=libraries.read(LIBRARY))


@pytest.fixture(scope="module")
def card(ledgers: shelf.Shelf) -> Card:
    sheet, faults = scorecards.parse(SHIPPED, "duty_year.yaml", ledgers, ledgers.library)
    assert faults == []
    assert sheet is not None
    return sheet.card


def line(text: str) -> int:
    return 1 + SHIPPED[: SHIPPED.index(text)].count("\n")


FAULTS = {
    "sum": ("points: 20", "points: 25", "parts:", "各部分分值合计 105，应为 100：请改 points 或 full。"),
    "item": ("    weight: weight", "    weight: weight\n    weights: {D99: 3}", "    keeps:", "清单里没有事项“D99”。"),
    "weight": ("weight: weight", "weight: heavy", "    weight: weight", "清单里没有“heavy”这一列。"),
    "indicator": ("counted: late,", "counted: lat,", "      - {counted: late", "没有指标“duties.lat”。是不是“duties.late”？"),
    "ledger": ("cells: duties", "cells: dutys", "    cells: duties", "没有带 roster 的台账“dutys”。是不是“duties”？"),
    "rate": ("rate: letters.answered_in_time", "rate: letters.served", "    rate: letters", "“letters.served”不是比率，没有 over。"),
    "standing": ("standing: true, ", "", "      - {counted: rectification.open", "“rectification.open”是期末存量，standing 要写true。"),
    "bands": ("{from: 80, ", "{from: 95, ", "bands:", "等次要从高分到低分写，不能重复。"),
    "extra_forbidden": (
        "    empty: full\n  problems", "    emty: full\n    empty: full\n  problems", "    empty: full", "没有“emty”这个词。",
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_told_with_file_line_and_sentence(code: str, ledgers: shelf.Shelf) -> None:
    old, new, place, sentence = FAULTS[code]
    sheet, faults = scorecards.parse(SHIPPED.replace(old, new, 1), "duty_year.yaml", ledgers, ledgers.library)
    assert sheet is None
    assert [(fault.file, fault.code) for fault in faults] == [("duty_year.yaml", code)]
    assert faults[0].text.zh.startswith(sentence)
    assert faults[0].line == line(place)


def test_a_card_that_is_no_yaml_or_lacks_a_key_is_told_where(ledgers: shelf.Shelf) -> None:
    _, broken = scorecards.parse("scorecard: [a", "a.yaml", ledgers, ledgers.library)
    assert len(broken) == 1
    assert broken[0].line == 1
    _, lacking = scorecards.parse(SHIPPED.replace("version: 1\n", "", 1), "duty_year.yaml", ledgers, ledgers.library)
    assert [fault.text.zh for fault in lacking] == ["缺少 version。"]


def judged(item: str, weight: int, record: Record = scoring.NONE, **counted: int) -> Judged:
    return Judged(item, date(2021, 3, 1), PERIOD, weight, counted, record)


def test_every_missing_point_is_a_loss_with_its_reason_and_record(card: Card) -> None:
    cells = [
        judged("D01", 1, CASE, submitted=1), judged("D02", 2, CASE, submitted=1, late=1), judged("D03", 3),
        judged("D04", 2, CASE, excused=1), judged("D05", 4, CASE, submitted=2, faulty=1),
    ]  # fmt: skip
    score = scoring.score(card, Gathered(cells={"duties": cells}))
    assert [(loss.item, loss.why.zh, loss.cents, loss.record.number) for loss in score.losses] == [
        ("D02", "超期报送", 480, "LZ-2021-0001"), ("D03", "没有报送", 1800, ""), ("D05", "查实有误", 2400, "LZ-2021-0001"),
    ]  # fmt: skip
    assert score.cents == 10_000 - 4680
    assert scoring.band(card, score.cents).zh == "不合格"
    assert score.parts[0].judged == 4  # what was excused is not judged


def test_points_off_end_with_the_last_point_of_the_part_and_are_still_listed(card: Card) -> None:
    rows = [Counted(Record(uuid.UUID(int=n), f"ZG-{n}"), 4) for n in range(1, 5)]
    score = scoring.score(card, Gathered(each={("problems", 0): rows}))
    assert [loss.cents for loss in score.losses] == [800, 800, 400, 0]
    assert score.parts[1].cents == 0


def test_a_rate_loses_for_each_case_that_did_not_reach_it(card: Card) -> None:
    rows = [Counted(CASE, 1, 1), Counted(Record(uuid.UUID(int=2), "HS-2"), 0, 1), Counted(CASE, 1, 1)]
    score = scoring.score(card, Gathered(rates={"letters": rows}))
    assert [(loss.record.number, loss.cents) for loss in score.losses] == [("HS-2", 333)]


@pytest.mark.parametrize(("empty", "cents"), [("full", 10_000), ("none", 9_000), ("left_out", 10_000)])
def test_an_empty_part_counts_as_the_card_says(card: Card, empty: str, cents: int) -> None:
    letters = card.parts["letters"].model_copy(update={"empty": empty})
    changed = card.model_copy(update={"parts": {**card.parts, "letters": letters}})
    assert scoring.score(changed, Gathered()).cents == cents


def test_what_is_left_out_scales_the_other_parts_up(card: Card) -> None:
    letters = card.parts["letters"].model_copy(update={"empty": "left_out"})
    changed = card.model_copy(update={"parts": {**card.parts, "letters": letters}})
    score = scoring.score(changed, Gathered(each={("review", 0): [Counted(CASE, 9)]}))
    assert score.cents == scoring.half_up(Fraction(8100 * 10_000, 9000))


KINDS = st.sampled_from(
    [{}, {"submitted": 1}, {"submitted": 1, "late": 1}, {"submitted": 1, "part": 1}, {"faulty": 1}, {"excused": 1}]
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 9), KINDS), max_size=30))
def test_what_is_listed_adds_up_to_what_is_missing(card: Card, drawn: list[tuple[int, dict[str, int]]]) -> None:
    cells = [Judged(f"D{n}", date(2021, 3, 1), PERIOD, weight, counted) for n, (weight, counted) in enumerate(drawn)]
    score = scoring.score(card, Gathered(cells={"duties": cells}))
    assert score.cents == 10_000 - sum(loss.cents for loss in score.losses)
    assert 4_000 <= score.cents <= 10_000
