"""Reading a library: dated numbers, dated codes, roles; and one sentence for each thing that is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from taizhang.ledger import library as libraries
from taizhang.ledger.faults import LedgerFaults
from taizhang.ledger.library import Library

AREA = "410503001001"


@pytest.mark.parametrize(
    ("name", "area", "day", "value"),
    [
        ("water_line", AREA, date(2021, 12, 31), 600_000),
        ("water_line", AREA, date(2022, 1, 1), None),
        ("water_line", AREA, date(2020, 12, 31), None),
        ("well_limit", AREA, date(2021, 6, 30), "10 days"),
        ("well_limit", AREA, date(2021, 7, 1), "7 days"),
        ("well_limit", "410502001001", date(2021, 7, 1), "10 days"),
        ("well_limit", "110101001001", date(2021, 7, 1), None),
        ("quorum", AREA, date(2021, 7, 1), 5),
        ("nothing", AREA, date(2021, 7, 1), None),
    ],
)
def test_the_value_in_force_is_the_nearest_areas_latest(
    library: Library, name: str, area: str, day: date, value: object
) -> None:
    assert library.policy(name, area, day) == value


def test_a_role_says_its_level_and_what_it_reads(library: Library) -> None:
    role = library.roles["department@district"]
    assert (role.token, role.level, role.organisation, role.cases, role.apart) == (
        "department@district",
        "district",
        True,
        "party",
        False,
    )
    assert library.roles["cadre@village"].capabilities == frozenset({"households.read"})


def test_codes_hold_in_their_time(library: Library) -> None:
    rows = library.catalogues["pollutants"]
    assert [row["code"] for row in rows.in_force(date(2022, 12, 31))] == ["nitrate", "coliform", "arsenic"]
    assert [row["code"] for row in rows.in_force(date(2023, 1, 1))] == ["nitrate", "coliform"]
    assert rows.label("arsenic").zh == "砷"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("roles.yaml", "cadre: {zh: 干部, en: Cadre}\n", "a role is role@level"),
        ("roles.yaml", "cadre@village: {zh: 干部}\n", "a role is role@level"),
        ("roles.yaml", "cadre@village: {zh: 干部, en: Cadre, cases: all}\n", "`cases` is area, party or none"),
        (
            "policies.yaml",
            "line: {zh: 线, en: Line, type: float, values: []}\n",
            "type is money, int, text or duration, not float",
        ),
        (
            "policies.yaml",
            "line: {zh: 线, en: Line, values: [{area: '41', from: 2021-01-01, value: 1, sure: high}]}\n",
            "lacks source",
        ),
        ("policies.yaml", "line: {zh: 线, en: Line, values: [{area: '41', sure: perhaps}]}\n", "`sure` is one of"),
        ("policies.yaml", "line: {zh: 线, values: []}\n", "the label en is missing"),
        ("policies.yaml", "line: [1]\n", "a mapping with zh, en"),
        ("catalogues/a.csv", "code,zh\n1,甲\n", "a.csv:1: the column en is missing"),
        ("catalogues/a.csv", "code,zh,en\n1,甲,A\n1,乙,B\n", "a.csv:3: the code 1 stands twice"),
        ("catalogues/a.csv", "code,zh,en\n1,,A\n", "a.csv:2: code, zh and en are needed"),
        ("catalogues/a.csv", "code,zh,en\n1,甲,A,too many\n", "a.csv:2: code, zh and en are needed"),
        ("calendar.csv", "day,kind,name,source\nfirst of May,holiday,,\n", "Invalid isoformat string"),
    ],
)
def test_what_is_wrong_in_a_library_is_said_in_one_sentence(tmp_path: Path, file: str, text: str, said: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LedgerFaults) as refused:
        libraries.read(tmp_path)
    assert len(refused.value.faults) == 1
    assert said in refused.value.faults[0].text.en
    assert refused.value.faults[0].file == str(path)


def test_an_empty_folder_is_an_empty_library(tmp_path: Path) -> None:
    read = libraries.read(tmp_path)
    assert (read.roles, read.catalogues, read.policies) == ({}, {}, {})
