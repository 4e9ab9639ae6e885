"""Rules about persons (R03, R04, R05, R10-R13, R17): both sides of every age, day and month."""

from __future__ import annotations

from datetime import date

import pytest

from tests.screen.county import NEIGHBOUR, VILLAGE, County, number

pytestmark = pytest.mark.slow  # a whole screening for each boundary of each rule


def who(number: str) -> dict[str, str]:
    return {"证件号码": number, "姓名": ""}


def test_residents_without_a_row_of_the_year_are_uninsured_from_1_march(county: County) -> None:
    county.send(
        "insured",
        {**who(county.resident("A")), "参保年度": "2021"},
        {**who(county.resident("B")), "参保年度": "2020年度"},
    )
    county.resident("C")
    county.send("insured", {**who(county.resident("C", relation="配偶")), "参保年度": "2021年度"})
    dead = county.resident("D")
    county.send("insured", {**who(county.resident("D")), "参保年度": "2021"})
    county.send("deaths", {**who(dead), "死亡日期": "2021-02-01"})
    found = county.screen(date(2021, 3, 1))
    assert found.hit("R03") == {"B", "C"}
    assert found.figures("R03", "C") == {"uninsured": 1}
    assert county.screen(date(2021, 2, 28)).hit("R03") == set()


def test_a_row_left_to_a_person_counts_as_insured_and_the_sentence_says_so(county: County) -> None:
    mistyped, other = county.resident("A", "李兰"), county.resident("A", born="1985-05-05", relation="配偶")
    wrong = mistyped[:16] + str((int(mistyped[16]) + 1) % 10) + mistyped[17]
    county.send("insured", {"证件号码": wrong, "姓名": "李兰", "参保年度": "2021"})
    found = county.screen()
    assert found.links_of("insured") == [(2, mistyped, "person")]
    assert found.figures("R03", "A") == {"uninsured": 1}
    assert (
        found.alert("R03", "A")["sentence"]
        == "1人没有当年的基本医疗保险参保记录。另有1人的参保记录待人工核对，按已参保计。"
    )
    county.send("insured", {**who(other), "参保年度": "2021"})
    assert county.screen().hit("R03") == set()


def test_a_diagnosis_hits_for_180_days(county: County) -> None:
    for household, day in {"A": "2021-06-23", "B": "2021-06-24", "C": "2021-12-20", "D": "2021-12-21"}.items():
        county.send("serious_illness", {**who(county.resident(household)), "病种": "肾病", "确诊日期": day})
    dead = county.resident("E")
    county.resident("E", relation="配偶")
    county.send("serious_illness", {**who(dead), "病种": "肾病", "确诊日期": "2021-12-01"})
    county.send("deaths", {**who(dead), "死亡日期": "2021-12-02"})
    found = county.screen()
    assert found.hit("R04") == {"B", "C"}
    assert found.figures("R04", "B") == {"diagnoses": 1}


def pupil(number: str, state: str, day: str = "2021-09-01") -> dict[str, str]:
    return {**who(number), "学籍状态": state, "状态日期": day, "学年自付费用": "0"}


def test_children_of_6_to_15_who_do_not_attend_hit_red(county: County) -> None:
    births = {"A": "2015-12-21", "B": "2015-12-20", "C": "2005-12-21", "D": "2005-12-20"}  # 5, 6, 15 and 16 years old
    for household, born in births.items():
        county.send("schooling", pupil(county.resident(household, born=born), "辍学"))
    for household, state in {"E": "失学", "F": "未入学", "G": "休学", "H": "在读"}.items():
        county.send("schooling", pupil(county.resident(household, born="2010-01-01"), state))
    back = county.resident("I", born="2010-01-01")
    county.send("schooling", pupil(back, "辍学"), pupil(back, "在读", "2021-10-01"))
    found = county.screen()
    assert found.hit("R05") == {"B", "C", "E", "F"}
    assert found.figures("R05", "B") == {"absent_pupils": 1}
    assert {row["level"] for row in found.alerts if row["rule"] == "R05"} == {"red"}


def test_who_is_born_on_29_february_turns_older_on_1_march_of_a_common_year(county: County) -> None:
    county.send("schooling", pupil(county.resident("A", born="2016-02-29"), "辍学"))
    assert county.screen(date(2022, 2, 28)).hit("R05") == set()
    assert county.screen(date(2022, 3, 1)).hit("R05") == {"A"}


def test_a_death_at_working_age_hits_for_180_days(county: County) -> None:
    cases = {  # birth, death
        "A": ("2005-12-02", "2021-12-01"), "B": ("2005-12-01", "2021-12-01"),  # 15 and 16 at death
        "C": ("1961-12-02", "2021-12-01"), "D": ("1961-12-01", "2021-12-01"),  # 59 and 60 at death
        "E": ("1990-01-01", "2021-06-23"), "F": ("1990-01-01", "2021-06-24"), "G": ("1990-01-01", "2021-12-21"),
    }  # fmt: skip
    for household, (born, died) in cases.items():
        county.resident(household)
        county.send("deaths", {**who(county.resident(household, born=born, relation="配偶")), "死亡日期": died})
    county.send("deaths", {**who(county.resident("H", born="1990-01-01")), "死亡日期": "2021-12-01"})
    found = county.screen()
    assert found.hit("R10") == {"B", "C", "F"}, "a household without residents (H) is hit by no rule"
    assert found.figures("R10", "B") == {"deaths": 1}


def test_a_new_card_of_grave_disability_hits_for_180_days(county: County) -> None:
    cases = {
        "A": ("肢体", "二级", "2021-06-24"), "B": ("肢体", "2", "2021-06-23"), "C": ("肢体", "三级", "2021-12-01"),
        "D": ("智力", "3", "2021-12-01"), "E": ("精神残疾", "3级", "2021-12-01"), "F": ("精神", "四级", "2021-12-01"), "G": ("视力", "一级", "2021-12-20"),
    }  # fmt: skip
    for household, (kind, grade, day) in cases.items():
        card = county.resident(household) + "11" + ("B1" if household == "A" else "")
        county.send("disability", {**who(card), "残疾类别": kind, "残疾等级": grade, "发证日期": day})
    newer = county.resident("H")
    county.send("disability", {**who(newer + "11"), "残疾类别": "肢体", "残疾等级": "1", "发证日期": "2021-11-01"})
    county.send("disability", {**who(newer + "13"), "残疾类别": "肢体", "残疾等级": "3", "发证日期": "2021-12-01"})
    found = county.screen()
    assert found.hit("R11") == {"A", "D", "E", "G"}
    assert found.figures("R11", "A") == {"cards": 1}


def job(number: str, month: str, state: str = "离职") -> dict[str, str]:
    return {**who(number), "单位": "示例厂", "最近参保月份": month, "状态": state}


def test_lost_work_hits_3_to_12_months_after_the_last_insured_month(county: County) -> None:
    for household, month in {"A": "2021-10", "B": "2021-09", "C": "2020-12", "D": "2020-11", "E": "2022-01"}.items():
        county.send("employment", job(county.resident(household), month))
    for household, born in {
        "F": "2005-12-21",
        "G": "2005-12-20",
        "H": "1961-12-21",
        "I": "1961-12-20",
    }.items():  # 15, 16, 59, 60
        county.send("employment", job(county.resident(household, born=born), "2021-06"))
    county.send("employment", job(county.resident("J"), "2021-06", "退休"))
    found = county.screen()
    assert found.hit("R12") == {"B", "C", "G", "H"}
    assert (found.figures("R12", "B"), found.figures("R12", "C")) == ({"months_without": 3}, {"months_without": 12})


def test_lost_work_does_not_hit_while_anybody_of_the_household_is_insured(county: County) -> None:
    lost, insured = county.resident("A"), county.resident("A", relation="配偶", born="1950-01-01")
    county.send("employment", job(lost, "2021-06"), job(insured, "2021-10", "退休"))
    back = county.resident("B")
    county.send("employment", job(back, "2021-06"), job(back, "2021-12", "在职"))
    dead = county.resident("C", relation="配偶")
    county.send("employment", job(county.resident("C"), "2021-06"), job(dead, "2021-12", "在职"))
    county.send("deaths", {**who(dead), "死亡日期": "2021-12-19"})
    offered, other = county.resident("D", "李兰"), county.resident("D", relation="配偶")
    wrong = offered[:16] + str((int(offered[16]) + 1) % 10) + offered[17]
    county.send("employment", job(other, "2021-06"), {**job(wrong, "2021-11"), "姓名": "李兰"})
    assert county.screen().hit("R12") == {"C"}


def test_an_accident_hits_for_90_days_the_dead_included(county: County) -> None:
    for household, day in {"A": "2021-09-21", "B": "2021-09-22", "C": "2021-12-20"}.items():
        county.send("accidents", {**who(county.resident(household)), "事故日期": day, "情形": "交通事故"})
    dead = county.resident("D")
    county.resident("D", relation="配偶")
    county.send("accidents", {**who(dead), "事故日期": "2021-12-01", "情形": "交通事故"})
    county.send("deaths", {**who(dead), "死亡日期": "2021-12-02"})
    found = county.screen()
    assert found.hit("R13") == {"B", "C", "D"}
    assert found.figures("R13", "D") == {"accidents": 1}


def call(day: str = "2021-12-01", **who: str) -> dict[str, str]:
    return {"姓名": "", "联系电话": "", "区划代码": "", "日期": day, "内容": "反映困难", **who}


def test_a_tip_hits_for_30_days_when_exactly_one_resident_fits(county: County) -> None:
    county.resident("A", "赵甲", phone="13800010001")
    county.resident("B", "钱乙", phone="138 0001 0002")
    county.resident("C", "孙丙", phone="13800010003")
    county.resident("C", "李丁", phone="13800010003", relation="配偶")
    county.resident("D", "周戊")
    county.resident("E", "吴己", area=NEIGHBOUR)
    county.resident("F", "吴己")
    county.resident("F", "郑庚", relation="配偶")
    county.resident("G", "郑庚")
    county.send("hotline", call("2021-11-20", 联系电话="13800010001"), call("2021-11-21", 联系电话="+86 13800010002"))
    county.send(
        "hotline",
        call(联系电话="13800010003", 姓名="王辛"),
        call(姓名="周 戊", 区划代码=VILLAGE),
        call(姓名="吴己", 区划代码=NEIGHBOUR),
    )
    county.send("hotline", call(姓名="郑庚", 区划代码=VILLAGE), call(姓名="周戊", 区划代码="410503100"))
    found = county.screen()
    assert found.hit("R17") == {"B", "D", "E"}
    assert found.figures("R17", "B") == {"tips": 1}
    assert [row for row in found.links if row["feed"] == "hotline"] == []


def test_a_number_in_the_wrong_century_is_nobodys_age(county: County) -> None:
    assert number("2000-02-29", 5)[6:14] == "20000229"
    county.send("schooling", pupil(county.resident("A", born="1910-01-01"), "辍学"))
    assert county.screen().hit("R05") == set()
