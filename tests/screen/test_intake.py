"""Intake: headers found by content, every spelling, every bad cell, and counts that add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.kit import idnumber, money
from taizhang.kit.refusal import Refusal
from taizhang.screen import engine, feeds, intake, spelling
from taizhang.screen.engine import DuckEngine
from taizhang.screen.intake import Intake
from tests.screen.county import LIBRARY, number, write_csv

FEEDS = feeds.read_all(LIBRARY)
ME = number("1980-01-01")
HEADER = ["证件号码", "姓名", "就诊日期", "个人自付"]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[DuckEngine]:
    """A locked engine on the test's own folder."""
    opened = engine.open_engine("duckdb", [tmp_path], scratch=tmp_path / "scratch")
    opened.lock()
    yield opened
    opened.close()


def take(machine: DuckEngine, path: Path, feed: str = "medical", **more: Any) -> Intake:
    return intake.read(machine, FEEDS[feed], [path], path.parent / "read", **more)


def cells(machine: DuckEngine, read: Intake, *names: str) -> list[Any]:
    found = machine.rows(f"SELECT {', '.join(names)} FROM {read.accepted_sql()} ORDER BY line")
    return [row[0] for row in found] if len(names) == 1 else found


def reasons(machine: DuckEngine, read: Intake) -> list[tuple[int, str, str, str]]:
    return machine.rows(
        f"""SELECT row, "column", value, reason FROM {engine.parquet([read.rejects])} ORDER BY line, "column", reason"""
    )


# --- spellings --------------------------------------------------------------------------------------------------------

DATES = ["2021-12-20", "2021/12/20", "2021.12.20", "20211220", "2021年12月20日", "44550", "２０２１－１２－２０", " 2021-12-20 ",
         "'2021-12-20", "2021-12-20 08:30:00", "2021年12月20", "2021/12/20 8:30"]  # fmt: skip
NO_DATES = [
    "2021-02-29",
    "2021-13-01",
    "20211301",
    "2021-12",
    "昨天",
    "12/20/2021",
    "0021-12-20",
    "9999999",
    "2021--12-20",
    "-",
]
MONEY = {
    "5000": 500_000, "5,000.5": 500_050, "¥5,000": 500_000, "￥12.30元": 1_230, "0.65万元": 650_000, "１２３．４５": 12_345, "2万": 2_000_000,
    " 7 元": 700, "100元整": 10_000, "0": 0, ".5": 50, "0.123456万元": 123_456, "0.1234567万元": None, "5.001": None, "五千": None, "1e3": None, "12元3": None, "--5": None, "1.2.3": None,
}  # fmt: skip


def test_every_spelling_of_a_date_is_read_and_nothing_else(machine: DuckEngine, tmp_path: Path) -> None:
    rows = [[ME, "", text, str(at)] for at, text in enumerate([*DATES, *NO_DATES], 1)]
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER, *rows]))
    assert cells(machine, read, "visited_on") == [date(2021, 12, 20)] * len(DATES)
    assert [(row[1], row[2], row[3]) for row in reasons(machine, read)] == [
        ("就诊日期", text, "date") for text in NO_DATES
    ]
    assert (read.received, read.accepted, read.rejected) == (len(rows), len(DATES), len(NO_DATES))


def test_every_spelling_of_an_amount_is_read_to_the_fen(machine: DuckEngine, tmp_path: Path) -> None:
    rows = [[ME, f"甲{at}", "2021-12-20", text] for at, text in enumerate(MONEY)]
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER, *rows]))
    assert cells(machine, read, "self_paid") == [fen for fen in MONEY.values() if fen is not None]
    assert [(row[2], row[3]) for row in reasons(machine, read)] == [
        (text, "money") for text, fen in MONEY.items() if fen is None
    ]


@pytest.mark.parametrize(
    ("feed", "header", "good", "bad"),
    [
        ("employment", ["证件号码", "姓名", "最近参保月份", "状态"],
         {"2021-12": date(2021, 12, 1), "202112": date(2021, 12, 1), "2021年12月": date(2021, 12, 1), "2021-1": date(2021, 1, 1), "44531": date(2021, 12, 1)},
         ["2021-13", "202100", "2021.1", "去年"]),
        ("insured", ["证件号码", "姓名", "参保年度"], {"2021": 2021, "2021年度": 2021, "２０２１年": 2021}, ["21", "2021-12", "今年"]),
    ],
)  # fmt: skip
def test_months_and_years(
    machine: DuckEngine, tmp_path: Path, feed: str, header: list[str], good: dict[str, Any], bad: list[str]
) -> None:
    rows = [[ME, f"甲{at}", text, "在职"] for at, text in enumerate([*good, *bad])]
    read = take(machine, write_csv(tmp_path / f"{feed}.csv", [[*header, "备注"][:4], *rows]), feed)
    column = "month" if feed == "employment" else "year"
    assert cells(machine, read, column) == list(good.values())
    assert [(row[2], row[3]) for row in reasons(machine, read)] == [(text, column) for text in bad]


def test_words_of_a_code_column_have_their_usual_spellings(machine: DuckEngine, tmp_path: Path) -> None:
    words = {"脱贫": "脱贫户", "普通农户": "一般农户", "监测对象": "监测户", " 非农户 ": "非农户", "": None}
    rows = [
        ["H", f"甲{at}", number("1980-01-01", at + 1), "之子", "410503100201", word]
        for at, word in enumerate([*words, "贵族"])
    ]
    header = ["户编号", "姓名", "证件号码", "与户主关系", "区划代码", "户类型"]
    read = take(machine, write_csv(tmp_path / "residents.csv", [header, *rows]), "residents")
    assert cells(machine, read, "kind") == list(words.values())
    assert reasons(machine, read) == [(7, "户类型", "贵族", "word")]


def test_identity_numbers_are_normalised(machine: DuckEngine, tmp_path: Path) -> None:
    old = ME[:6] + ME[8:17]
    with_x = next(number("1980-01-01", at) for at in range(1, 99) if number("1980-01-01", at).endswith("X"))
    written = [
        ME,
        f" {ME[:6]} {ME[6:14]} {ME[14:]} ",
        f"'{ME}",
        "".join(chr(ord(c) + 0xFEE0) for c in ME),
        old,
        with_x.lower(),
    ]
    rows = [[text, "", "2021-12-20", str(at)] for at, text in enumerate(written)]
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER, *rows]))
    assert cells(machine, read, "number") == [ME] * 5 + [with_x]


def test_a_bad_number_rejects_a_row_only_where_there_is_no_name_either(machine: DuckEngine, tmp_path: Path) -> None:
    bad = ME[:-1] + ("0" if ME[-1] != "0" else "1")
    rows = [
        [bad, "李兰", "2021-12-20", "1"],
        [bad, " ", "2021-12-20", "2"],
        ["", "", "2021-12-20", "3"],
        ["无", "王静", "2021-12-20", "4"],
    ]
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER, *rows]))
    assert [(row[0], row[3]) for row in reasons(machine, read)] == [(3, "nobody"), (4, "nobody")]
    assert cells(machine, read, "name") == ["李兰", "王静"]


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**12), 10**12), st.sampled_from(["{}", "¥{}", "{}元", " {} "]))
def test_amounts_read_in_sql_as_in_python(fen: int, shape: str) -> None:
    text = shape.format(money.decimal_yuan(fen))
    assert _sql("fen_of(clean_money(?), 1)", text) == fen == money.parse(text)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2021, 12, 20)), st.integers(0, 999), st.integers(0, 17), st.integers(0, 9))
def test_numbers_are_valid_in_sql_exactly_where_they_are_in_python(
    born: date, serial: int, at: int, digit: int
) -> None:
    good = number(born.isoformat(), serial)
    changed = good[:at] + str(digit) + good[at + 1 :]
    assert _sql("is_valid(?)", good) is True
    assert _sql("is_valid(?)", changed) is idnumber.is_valid(changed)


_CONNECTION = duckdb.connect()
for _statement in map(spelling.statement, spelling.ORDER):
    _CONNECTION.execute(_statement)


def _sql(expression: str, value: Any) -> Any:
    row = _CONNECTION.execute(f"SELECT {expression}", [value]).fetchone()
    return row[0] if row else None


# --- files ------------------------------------------------------------------------------------------------------------

ROWS = [[ME, "李兰", "2021-12-20", "1"], [ME, "李兰", "2021-12-20", "2"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_every_usual_encoding(machine: DuckEngine, tmp_path: Path, encoding: str) -> None:
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER, *ROWS], encoding))
    assert cells(machine, read, "row", "name", "self_paid") == [(2, "李兰", 100), (3, "李兰", 200)]


def test_another_encoding_is_refused_in_one_sentence(machine: DuckEngine, tmp_path: Path) -> None:
    path = tmp_path / "medical.csv"
    path.write_bytes(b"\xff\xfe\xff\xff" * 9)
    with pytest.raises(Refusal, match=r"文件 medical\.csv 的编码既不是 UTF-8 也不是 GB 18030。"):
        take(machine, path)


def test_titles_above_empty_lines_and_totals_below_are_recognised(machine: DuckEngine, tmp_path: Path) -> None:
    lines = [
        ["2021年个人自付明细"],
        ["填报单位：某局", "", "", "单位：元"],
        [],
        HEADER,
        ROWS[0],
        [],
        ["", "", "", ""],
        ROWS[1],
        ["合 计", "", "", "3"],
        [],
    ]
    read = take(machine, write_csv(tmp_path / "medical.csv", lines))
    assert cells(machine, read, "row") == [5, 8]
    assert (read.received, read.accepted, read.rejected) == (3, 2, 1)
    assert reasons(machine, read) == [(9, "证件号码", "合 计", "total")]


def test_line_breaks_in_cells_do_not_shift_the_row_numbers(machine: DuckEngine, tmp_path: Path) -> None:
    rows = [[ME, "李\n兰", "2021-12-20", "1"], [ME, "李兰", "2021-12-20", "1,000.50"], [ME, "李兰", "x", "3"]]
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER, *rows]))
    assert cells(machine, read, "row", "name", "self_paid") == [(2, "李兰", 100), (3, "李兰", 100_050)]
    assert reasons(machine, read) == [(4, "就诊日期", "x", "date")]


def test_columns_may_stand_in_any_order_among_unknown_and_repeated_ones(machine: DuckEngine, tmp_path: Path) -> None:
    header = [
        "序号",
        "个人自付（万元）",
        "个人自付0",
        "姓 名",
        "就诊日期*",
        "风险是否已消除",
        "风险是否已消除",
        "身份证号",
    ]
    read = take(
        machine,
        write_csv(
            tmp_path / "medical.csv",
            [
                header,
                ["1", "0.5", "9", "李兰", "20211220", "", "", ME],
                ["2", "70元", "9", "李兰", "20211220", "", "", ME],
            ],
        ),
    )
    assert cells(machine, read, "number", "self_paid") == [(ME, 500_000), (ME, 7_000)]


def test_a_missing_column_is_one_sentence_and_a_saved_mapping_absorbs_it(machine: DuckEngine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "medical.csv", [["证件号码", "姓名", "就诊日期", "个人自己付"], ROWS[0]])
    with pytest.raises(Refusal) as refused:
        take(machine, path)
    assert (
        refused.value.sentence()
        == "文件 medical.csv 缺少“个人自付”列。表头“个人自己付”若就是“个人自付”，请把它对应到“个人自付”。"
    )
    assert cells(machine, take(machine, path, mapping={"个人自己付": "个人自付"}), "self_paid") == [100]


def test_a_file_without_any_header_is_refused(machine: DuckEngine, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="里没有找到“医保结算明细”的表头"):
        take(machine, write_csv(tmp_path / "medical.csv", [["甲", "乙"], ["1", "2"]]))


def test_an_empty_file_is_refused_and_one_with_a_header_only_has_no_rows(machine: DuckEngine, tmp_path: Path) -> None:
    (tmp_path / "medical.csv").write_bytes(b"")
    with pytest.raises(Refusal, match="medical"):
        take(machine, tmp_path / "medical.csv")
    read = take(machine, write_csv(tmp_path / "medical.csv", [HEADER]))
    assert (read.received, read.accepted, read.rejected) == (0, 0, 0)


def test_parquet_counts_its_rows_from_one(machine: DuckEngine, tmp_path: Path) -> None:
    path = tmp_path / "medical.parquet"
    with duckdb.connect() as other:
        other.execute(f"""COPY (SELECT '{ME}' AS 证件号码, '李兰' AS 姓名, DATE '2021-12-20' AS 就诊日期, CAST(12.5 AS DOUBLE) AS 个人自付
            UNION ALL SELECT '{ME}', '李兰', NULL, 1) TO '{path}' (FORMAT parquet)""")
    read = take(machine, path)
    assert cells(machine, read, "row", "visited_on", "self_paid") == [(1, date(2021, 12, 20), 1250)]
    assert reasons(machine, read) == [(2, "就诊日期", "", "empty")]


# --- rows -------------------------------------------------------------------------------------------------------------


def test_every_bad_cell_of_a_row_is_told_and_the_row_counts_once(machine: DuckEngine, tmp_path: Path) -> None:
    header = [
        "户编号",
        "核算止",
        "工资性收入",
        "生产经营性收入",
        "财产性收入",
        "转移性收入",
        "生产经营性支出",
        "理赔收入",
    ]
    rows = [
        ["A", "2021-10-31", "0", "0", "0", "0", "0", ""], ["B", "2021-10-31", "", "-1", "x", "10000000.01", "10000000", "y"],
        ["", "2021-10-31", "0", "0", "0", "0", "0", "0"],
    ]  # fmt: skip
    read = take(machine, write_csv(tmp_path / "household_income.csv", [header, *rows]), "household_income")
    assert (read.received, read.accepted, read.rejected) == (3, 1, 2)
    assert reasons(machine, read) == [
        (3, "工资性收入", "", "empty"), (3, "理赔收入", "y", "money"), (3, "生产经营性收入", "-1", "negative"),
        (3, "财产性收入", "x", "money"), (3, "转移性收入", "10000000.01", "too_large"), (4, "户编号", "", "empty"),
    ]  # fmt: skip


def test_a_line_equal_to_an_earlier_one_after_normalising_is_a_repeat(machine: DuckEngine, tmp_path: Path) -> None:
    first = write_csv(tmp_path / "medical-1.csv", [HEADER, [ME, "李兰", "2021-12-20", "5"]])
    second = write_csv(
        tmp_path / "medical-2.csv",
        [HEADER, [f" {ME}", "李 兰", "2021/12/20", "5.00元"], [ME, "李兰", "2021-12-20", "5.01"]],
    )
    read = intake.read(machine, FEEDS["medical"], [first, second], tmp_path / "read")
    assert (read.received, read.accepted, read.rejected) == (3, 2, 1)
    found = machine.rows(f"SELECT file, row, reason, sentence FROM {engine.parquet([read.rejects])}")
    assert found == [("medical-2.csv", 2, "repeat", "与前面的 medical-1.csv 第 2 行 完全相同，重复行不再计入。")]


def test_a_number_in_two_households_rejects_both_rows(machine: DuckEngine, tmp_path: Path) -> None:
    header = ["户编号", "姓名", "证件号码", "与户主关系", "区划代码", "户类型"]
    other = number("1990-01-01", 7)
    rows = [["A", "李兰", ME, "户主", "1", ""], ["B", "李兰", ME, "户主", "1", ""], ["B", "王静", other, "配偶", "1", ""],
            ["A", "无号", "无", "之子", "1", ""], ["B", "无号", "无", "之子", "1", ""]]  # fmt: skip
    read = take(machine, write_csv(tmp_path / "residents.csv", [header, *rows]), "residents")
    assert [(row[0], row[2], row[3]) for row in reasons(machine, read)] == [
        (2, ME, "two_households"),
        (3, ME, "two_households"),
    ]
    assert cells(machine, read, "row") == [4, 5, 6]


def test_a_macro_is_made_however_its_call_is_written() -> None:
    """The parser writes calls in capitals, as those of a rule's figures."""
    assert spelling.names("SELECT SHARE(1, 2)") == spelling.names("SELECT share(1, 2)") >= {"share"}
