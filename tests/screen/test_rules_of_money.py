"""Rules that add up money (R01, R02, R06, R14, R15, R16, R18): both sides of every boundary, to the fen and to the day."""

from __future__ import annotations

from datetime import date

import pytest

from taizhang.screen import stage
from tests.screen.county import County

pytestmark = pytest.mark.slow  # a whole screening for each boundary of each rule


def bill(number: str, paid: str, day: str = "2021-06-01") -> dict[str, str]:
    return {"证件号码": number, "姓名": "", "就诊日期": day, "个人自付": paid}


def test_self_paid_costs_of_a_poor_household_hit_from_5000_yuan(county: County) -> None:
    for household, kind, paid in (
        ("A", "脱贫户", "4999.99"),
        ("B", "脱贫户", "5000"),
        ("C", "监测户", "5000.00"),
        ("D", "监测户", "4999.99"),
    ):
        county.send("medical", bill(county.resident(household, kind=kind), paid))
    found = county.screen()
    assert found.hit("R01") == {"B", "C"}
    assert found.hit("R02") == set()
    assert found.figures("R01", "B") == {"self_paid_12m": "5000.00"}
    assert found.alert("R01", "B")["sentence"] == "近12个月全家医疗个人自付合计5000.00元，达到5,000元。"


def test_self_paid_costs_of_other_households_hit_from_20000_yuan(county: County) -> None:
    for household, kind, paid in (
        ("A", "一般农户", "19999.99"),
        ("B", "一般农户", "20000"),
        ("C", "非农户", "20000"),
        ("D", "", "20000.01"),
    ):
        county.send("medical", bill(county.resident(household, kind=kind), paid))
    found = county.screen()
    assert found.hit("R02") == {"B", "C", "D"}
    assert found.hit("R01") == set()


def test_twelve_months_begin_after_the_same_day_a_year_ago(county: County) -> None:
    days = {"A": "2020-12-20", "B": "2020-12-21", "C": "2021-12-20", "D": "2021-12-21"}
    for household, day in days.items():
        county.send("medical", bill(county.resident(household, kind="脱贫户"), "5000", day))
    assert county.screen().hit("R01") == {"B", "C"}


def test_twelve_months_before_29_february_begin_after_28_february(county: County) -> None:
    for household, day in {"A": "2019-02-28", "B": "2019-03-01"}.items():
        county.send("medical", bill(county.resident(household, kind="脱贫户"), "5000", day))
    assert county.screen(date(2020, 2, 29)).hit("R01") == {"B"}


def test_costs_of_all_members_add_up_the_dead_included_and_reversals_taken_off(county: County) -> None:
    first, second = county.resident("A", kind="脱贫户"), county.resident("A", relation="配偶")
    county.send("medical", bill(first, "3000"), bill(second, "2500"), bill(second, "-500"))
    county.send("deaths", {"证件号码": second, "姓名": "", "死亡日期": "2021-07-01"})
    other = county.resident("B", kind="脱贫户")
    county.send("medical", bill(other, "5000"), bill(other, "-0.01", "2021-12-01"))
    found = county.screen()
    assert found.hit("R01") == {"A"}
    assert found.figures("R01", "A") == {"self_paid_12m": "5000.00"}


def test_a_reversal_counts_on_its_own_date(county: County) -> None:
    number = county.resident("A", kind="脱贫户")
    county.send("medical", bill(number, "5000", "2021-01-05"), bill(number, "-5000", "2020-12-01"))
    assert county.screen().hit("R01") == {"A"}


def school(number: str, cost: str, day: str = "2021-09-01", state: str = "在读") -> dict[str, str]:
    return {"证件号码": number, "姓名": "", "学籍状态": state, "状态日期": day, "学年自付费用": cost}


def test_school_costs_hit_above_10000_yuan_by_the_latest_row_of_each_resident(county: County) -> None:
    county.send("schooling", school(county.resident("A"), "10000"))
    county.send("schooling", school(county.resident("B"), "10000.01"))
    county.send(
        "schooling", school(county.resident("C"), "6000"), school(county.resident("C", relation="之子"), "4000.01")
    )
    older = county.resident("D")
    county.send("schooling", school(older, "20000", "2021-03-01"), school(older, "100", "2021-09-01"))
    later_line = county.resident("E")
    county.send("schooling", school(later_line, "100"), school(later_line, "12000"))
    dead = county.resident("F")
    county.resident("F", relation="配偶")
    county.send("schooling", school(dead, "20000"))
    county.send("deaths", {"证件号码": dead, "姓名": "", "死亡日期": "2021-12-20"})
    found = county.screen()
    assert found.hit("R06") == {"B", "C", "E"}
    assert found.figures("R06", "C") == {"school_cost": "10000.01"}


def test_school_costs_count_only_where_the_latest_row_is_of_the_last_twelve_months(county: County) -> None:
    county.send(
        "schooling",
        school(county.resident("A"), "12000", "2020-12-20"),
        school(county.resident("B"), "12000", "2020-12-21"),
    )
    assert county.screen().hit("R06") == {"B"}


def test_losses_hit_when_there_is_one_in_180_days(county: County) -> None:
    cases = {
        "A": ("2021-06-23", "100"),
        "B": ("2021-06-24", "0.01"),
        "C": ("2021-12-20", "0"),
        "D": ("2021-12-20", "7.5"),
        "E": ("2021-12-21", "9"),
    }
    for household, (day, loss) in cases.items():
        head = {"户主证件号码": county.resident(household), "户主姓名": "", "损失金额": loss}
        county.send("disasters", {**head, "灾种": "洪涝", "发生日期": day})
        county.send("farm_losses", {**head, "项目": "玉米", "日期": day})
    found = county.screen()
    assert found.hit("R14") == found.hit("R15") == {"B", "D"}
    assert found.figures("R14", "B") == {"loss": "0.01"}
    assert found.figures("R15", "D") == {"loss": "7.50"}


def loan(
    number: str, due: str, state: str = "逾期", *, lent: str = "2020-06-01", amount: str = "50000"
) -> dict[str, str]:
    return {"证件号码": number, "姓名": "", "放款日期": lent, "金额": amount, "到期日期": due, "状态": state}


def test_a_loan_hits_when_it_is_more_than_30_days_overdue(county: County) -> None:
    county.send("loans", loan(county.resident("A"), "2021-11-20"), loan(county.resident("B"), "2021-11-19"))
    county.send(
        "loans", loan(county.resident("C"), "2021-11-01", "展期"), loan(county.resident("D"), "2021-01-01", "正常")
    )
    county.send("loans", loan(county.resident("E"), "", "逾期"), loan(county.resident("F"), "2022-06-01", "逾期"))
    settled = county.resident("G")
    county.send("loans", loan(settled, "2021-06-01", "逾期"), loan(settled, "2021-06-01", "结清"))
    two = county.resident("H")
    county.send("loans", loan(two, "2021-10-01"), loan(two, "2021-09-01", lent="2020-05-01", amount="2万元"))
    found = county.screen()
    assert found.hit("R16") == {"B", "C", "H"}
    assert found.figures("R16", "B") == {"days_overdue": 31, "amount": "50000.00"}
    assert found.figures("R16", "H") == {"days_overdue": 110, "amount": "70000.00"}


def income(household: str, wage: str, until: str = "2021-10-31", **more: str) -> dict[str, str]:
    row = {
        "户编号": household,
        "核算止": until,
        "工资性收入": wage,
        "生产经营性收入": "0",
        "财产性收入": "0",
        "转移性收入": "0",
        "生产经营性支出": "0",
    }
    return {**row, **more}


def test_income_hits_up_to_the_line_times_the_residents(county: County) -> None:
    for household in "ABCDE":
        county.resident(household)
    county.resident("B", relation="配偶")
    dead = county.resident("C", relation="配偶")
    county.send("deaths", {"证件号码": dead, "姓名": "", "死亡日期": "2021-01-01"})
    county.send("household_income", income("A", "6000.01"), income("B", "12000"), income("C", "6000.01"))
    county.send("household_income", income("D", "7000", 生产经营性支出="1000", 财产性收入="0.005万元"))
    county.send(
        "household_income", income("E", "5000"), income("E", "9000", "2021-11-30"), income("E", "1", "2021-12-21")
    )
    found = county.screen()
    assert found.hit("R18") == {"B"}
    assert found.figures("R18", "B") == {"income_per_head": "6000.00", "line": "6000.00"}
    assert found.alert("R18", "B")["level"] == "red"


def test_households_whose_codes_have_one_hash_are_told_apart(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    for household, paid, net in (("A", "4000", "5000"), ("B", "4000", "9000"), ("C", "5000", "9000")):
        county.send("medical", bill(county.resident(household, kind="脱贫户"), paid))
        county.send("household_income", income(household, net))
    monkeypatch.setattr(stage, "_HASHED", "hash('')")
    found = county.screen()
    assert (found.hit("R01"), found.hit("R18")) == ({"C"}, {"A"})


def test_income_per_head_is_shown_to_the_fen_and_compared_unrounded(county: County) -> None:
    for _ in range(3):
        county.resident("A")
        county.resident("B")
    county.send("household_income", income("A", "18000.01"), income("B", "17999.98"))
    found = county.screen()
    assert found.hit("R18") == {"B"}
    assert found.figures("R18", "B") == {"income_per_head": "5999.99", "line": "6000.00"}
