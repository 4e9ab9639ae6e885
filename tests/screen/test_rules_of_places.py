"""Rules about houses, villages and relief (R07, R08, R09), and the level of an alert."""

from __future__ import annotations

import pytest

from tests.screen.county import NEIGHBOUR, VILLAGE, County

pytestmark = pytest.mark.slow  # a whole screening for each boundary of each rule


def house(number: str, grade: str, graded: str, rebuilt: str = "") -> dict[str, str]:
    return {"户主证件号码": number, "户主姓名": "", "房屋等级": grade, "鉴定日期": graded, "改造完成日期": rebuilt}


def test_a_dangerous_house_hits_until_it_is_rebuilt_after_the_grading(county: County) -> None:
    cases = {
        "A": ("C", "2021-05-01", ""), "B": ("D级", "2021-05-01", "2021-04-30"), "C": ("C级", "2021-05-01", "2021-05-01"),
        "D": ("D", "2021-05-01", "2021-12-20"), "E": ("D", "2021-05-01", "2021-12-21"), "F": ("B", "2021-05-01", ""), "G": ("C", "2021-12-21", ""),
    }  # fmt: skip
    for household, row in cases.items():
        county.send("housing", house(county.resident(household), *row))
    found = county.screen()
    assert found.hit("R07") == {"A", "B", "E"}
    assert found.figures("R07", "A") == {"grade": "C"}


def test_the_latest_grading_of_a_household_counts_whoever_it_names(county: County) -> None:
    head, wife = county.resident("A"), county.resident("A", relation="配偶")
    county.send("housing", house(head, "D", "2020-05-01"), house(wife, "B", "2021-05-01"))
    head, wife = county.resident("B"), county.resident("B", relation="配偶")
    county.send("housing", house(head, "C", "2021-05-01"), house(wife, "B", "2019-05-01", "2021-06-01"))
    dead = county.resident("C")
    county.resident("C", relation="配偶")
    county.send("housing", house(dead, "B", "2021-05-01"), house(dead, "C", "2021-05-01"))
    county.send("deaths", {"证件号码": dead, "姓名": "", "死亡日期": "2021-01-01"})
    assert county.screen().hit("R07") == {"C"}, "of two gradings of one day the later line counts"


def trouble(code: str, begun: str, ended: str = "") -> dict[str, str]:
    return {"区划代码": code, "情形": "停水", "开始日期": begun, "恢复日期": ended}


def test_a_village_without_water_hits_until_the_day_it_is_back(county: County) -> None:
    county.resident("A")
    county.send("water", trouble(VILLAGE, "2021-12-20"), trouble(NEIGHBOUR, "2021-12-01", "2021-12-20"))
    county.send("water", trouble("410503100203", "2021-12-01", "2021-12-21"), trouble("410503100204", "2021-12-21"))
    county.send("water", trouble("410503100205", "2021-12-01"), trouble("410503100205", "2021-12-01", "2021-12-02"))
    found = county.screen()
    assert found.hit("R08") == {VILLAGE, "410503100203"}
    assert found.figures("R08", VILLAGE) == {"days_open": 0}
    assert found.alert("R08", "410503100203") == {
        "rule": "R08", "household": "", "area": "410503100203", "level": "yellow",
        "sentence": "饮水问题已持续19天，尚未恢复。", "figures": {"days_open": 19},
    }  # fmt: skip


def test_trouble_of_a_town_is_trouble_of_every_village_under_it(county: County) -> None:
    county.resident("A")
    county.send("areas", {"区划代码": "410503100", "名称": "镇"}, {"区划代码": VILLAGE, "名称": "甲"}, {"区划代码": NEIGHBOUR, "名称": "乙"},
                {"区划代码": "410503101001", "名称": "丙"})  # fmt: skip
    county.send("water", trouble("410503100000", "2021-12-10"), trouble(VILLAGE, "2021-12-01"))
    found = county.screen()
    assert found.hit("R08") == {VILLAGE, NEIGHBOUR}
    assert found.figures("R08", VILLAGE) == {"days_open": 19}, "the longest trouble of a village is shown"


def test_without_an_own_register_of_areas_the_tree_of_the_library_counts(county: County) -> None:
    county.resident("A")
    county.send("water", trouble("410503001", "2021-12-10"))
    hit = county.screen().hit("R08")
    assert len(hit) > 5
    assert all(code.startswith("410503001") and len(code) == 12 for code in hit)


def relief(number: str, begun: str, ended: str = "", kind: str = "农村低保") -> dict[str, str]:
    return {"户主证件号码": number, "户主姓名": "", "救助类别": kind, "开始日期": begun, "停止日期": ended}


def test_relief_that_begins_hits_for_90_days_unless_it_follows_on(county: County) -> None:
    cases = {
        "A": [("2021-09-21", "")], "B": [("2021-09-22", "")], "C": [("2019-01-01", "2021-10-01"), ("2021-11-01", "")],
        "D": [("2019-01-01", "2021-10-01"), ("2021-11-02", "")], "E": [("2019-01-01", "2021-10-01"), ("2021-10-01", "")],
        "F": [("2019-01-01", "2021-10-02"), ("2021-10-01", "")], "G": [("2021-12-21", "")],
    }  # fmt: skip
    for household, rows in cases.items():
        number = county.resident(household)
        county.send("relief", *(relief(number, *row) for row in rows))
    other = county.resident("H")
    county.send("relief", relief(other, "2019-01-01", "2021-10-01", "特困"), relief(other, "2021-10-05"))
    found = county.screen()
    assert found.hit("R09") == {"B", "D", "F", "H"}
    assert found.figures("R09", "B") == {"begun": 1, "ended": 0}
    assert found.figures("R09", "D") == {"begun": 1, "ended": 1}
    assert found.figures("R09", "H") == {"begun": 1, "ended": 1}


def test_relief_that_ends_hits_for_90_days_until_its_renewal_arrives(county: County) -> None:
    for household, ended in {"A": "2021-09-21", "B": "2021-09-22", "C": "2021-12-20", "D": "2021-12-21"}.items():
        county.send("relief", relief(county.resident(household), "2019-01-01", ended))
    later_line = county.resident("E")
    county.send("relief", relief(later_line, "2019-01-01"), relief(later_line, "2019-01-01", "2021-12-01"))
    found = county.screen()
    assert found.hit("R09") == {"B", "C", "E"}
    assert found.figures("R09", "C") == {"begun": 0, "ended": 1}


def test_an_alert_is_red_when_rules_of_two_departments_hit_one_household(county: County) -> None:
    both, health, yellow = (county.resident(household) for household in "ABC")
    county.send("housing", house(both, "C", "2021-05-01"), house(yellow, "C", "2021-05-01"))
    county.send("accidents", {"证件号码": both, "姓名": "", "事故日期": "2021-12-01", "情形": ""})
    county.send("accidents", {"证件号码": health, "姓名": "", "事故日期": "2021-12-01", "情形": ""})
    county.resident("B", born="1990-01-01", relation="配偶")
    county.send("deaths", {"证件号码": county.resident("B", relation="之子"), "姓名": "", "死亡日期": "2021-12-01"})
    county.send("water", trouble(VILLAGE, "2021-12-01"))
    found = county.screen()
    assert {(row["rule"], row["household"], row["level"]) for row in found.alerts if row["rule"] != "R08"} == {
        ("R07", "A", "red"), ("R13", "A", "red"), ("R13", "B", "yellow"), ("R10", "B", "yellow"), ("R07", "C", "yellow"),
    }  # fmt: skip
