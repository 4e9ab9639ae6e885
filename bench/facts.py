"""What the programs beside the product know of rules and places, each program reading it as it is."""

from __future__ import annotations

from pathlib import Path

INCOME_LINES = {2020: 500_000, 2021: 600_000, 2022: 690_000, 2023: 750_000, 2024: 830_000}
AREAS = Path(__file__).resolve().parents[1] / "library" / "areas-410503.csv"
DEPARTMENTS = {
    **dict.fromkeys(("R01", "R02", "R03"), "医保"),
    "R04": "卫健",
    **dict.fromkeys(("R05", "R06"), "教体"),
    "R07": "住建",
    "R09": "民政",
    **dict.fromkeys(("R10", "R13"), "公安"),
    "R11": "残联",
    "R12": "人社",
    "R14": "应急",
    "R15": "农业农村",
    "R16": "金融",
    "R17": "信访",
    "R18": "乡村振兴",
}
