"""Areas by the names people say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from taizhang.kit import areacode

AREAS = Path(__file__).parents[2] / "library" / "areas-410503.csv"


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("东苏度村民委员会", "东苏度村"), ("霍家村村民委员会", "霍家村"), ("花村店村委会", "花村店村"), ("红旗南社区居委会", "红旗南社区"),
        ("霍家村社区居委会", "霍家村社区"), ("滨河居民委员会", "滨河社区"), ("红旗路街道办事处", "红旗路街道"),
        ("柏庄镇人民政府", "柏庄镇"),
        ("柏庄镇", "柏庄镇"), ("兴园社区", "兴园社区"), ("北关区", "北关区"), ("村民委员会", "村民委员会"),
    ],
)  # fmt: skip
def test_an_area_is_called_as_people_call_it(full: str, short: str) -> None:
    assert areacode.short_name(full) == short


def test_no_two_areas_of_a_town_get_the_same_short_name() -> None:
    with AREAS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    short = [(row["parent"], areacode.short_name(row["name"])) for row in rows]
    assert len(set(short)) == len(short) == 131
