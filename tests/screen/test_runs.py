"""A whole run: its four outputs, what is not evaluated, odd households, and results that do not hang on the order of rows."""

from __future__ import annotations

import json
import random
import time
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import rejects, run
from taizhang.screen.engine import Limits
from tests.screen.county import DAY, LIBRARY, NEIGHBOUR, VILLAGE, County, number, screen, write_csv

ALERT = ("rule", "household", "area", "level", "sentence", "figures")
LINK = ("feed", "file", "row", "resident", "how", "score", "band", "differs")
REJECT = ("feed", "file", "row", "column", "value", "reason", "sentence")


def bill(number: str, paid: str = "5000", day: str = "2021-06-01") -> dict[str, str]:
    return {"证件号码": number, "姓名": "", "就诊日期": day, "个人自付": paid}


def test_a_run_writes_four_files_of_fixed_columns_and_leaves_nothing_else(county: County) -> None:
    county.send("medical", bill(county.resident("A", kind="脱贫户")), bill("无", "1"))
    found = county.screen()
    out = county.place / "out-0"
    assert sorted(path.name for path in out.iterdir()) == [
        "alerts.parquet",
        "links.parquet",
        "rejects.parquet",
        "run.json",
    ]
    assert (tuple(found.alerts[0]), tuple(found.links[0]), tuple(found.rejects[0])) == (ALERT, LINK, REJECT)
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))
    sent = county.place / "feeds" / "medical.csv"
    assert report["inputs"]["medical"] == {
        "files": [{"name": "medical.csv", "sha256": sha256(sent.read_bytes()).hexdigest()}], "received": 2, "accepted": 1, "rejected": 1,
    }  # fmt: skip
    assert set(report) >= {"date", "engine", "seconds", "cpu_seconds", "peak_mb", "not_evaluated", "inputs", "hits"}
    assert (report["date"], report["engine"], report["hits"]) == ("2021-12-20", "duckdb", {"R01": 1, "R02": 0})
    assert [row["rule"] for row in report["not_evaluated"]] == [f"R{at:02d}" for at in range(3, 19)]
    assert report["not_evaluated"][0]["sentence"] == "规则 R03（当年未参加基本医疗保险）未评估：没有“参保名册”数据。"


def test_exceptions_that_are_looked_up_by_parts_give_the_links_of_one_look(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = county.resident("A", "李兰"), county.resident("B", "王静")
    wrong = (
        f"{one[:16]}{two[16]}{one[17]}"
        if one[16] != two[16]
        else f"{one[:15]}{'1' if one[15] != '1' else '2'}{one[16:]}"
    )
    for feed, rest in (
        ("medical", {"就诊日期": "2021-06-01", "个人自付": "10"}),
        ("deaths", {"死亡日期": "2021-06-01"}),
    ):
        seen = [
            (one, "李兰"),
            (two, "王静"),
            (one, "别人"),
            (wrong, "李兰"),
            (two, ""),
            (two, "又一人"),
            (number("1970-01-01"), "无人"),
        ]
        county.send(feed, *({"证件号码": who, "姓名": name, **rest} for who, name in seen))
    whole = county.screen().links
    monkeypatch.setattr(run, "_LOOKED_UP", 1)
    parted = county.screen().links
    assert sorted(map(str, parted)) == sorted(map(str, whole))
    assert {(row["feed"], row["row"]) for row in whole} == {
        (feed, row) for feed in ("medical", "deaths") for row in range(2, 9)
    }
    assert sum(row["differs"] or row["band"] != "same" for row in whole) >= 8


def test_a_feed_may_come_in_several_files_and_an_empty_one_is_as_good_as_none(county: County) -> None:
    one = county.resident("A", kind="脱贫户")
    county.write()
    for part in ("2021-01", "2021-02"):
        write_csv(
            county.place / "feeds" / f"medical-{part}.csv",
            [list(bill(one)), list(bill(one, "2500", f"{part}-03").values())],
        )
    write_csv(county.place / "feeds" / "deaths.csv", [["证件号码", "姓名", "死亡日期"]])
    found = screen(county.place)
    assert found.hit("R01") == {"A"}
    assert [one["name"] for one in found.report.inputs["medical"]["files"]] == [
        "medical-2021-01.csv",
        "medical-2021-02.csv",
    ]
    assert "R10" in {row["rule"] for row in found.report.not_evaluated}


def test_a_rule_without_a_number_in_force_is_not_evaluated_and_says_which(county: County) -> None:
    county.resident("A")
    row = {
        "户编号": "A",
        "核算止": "2025-10-31",
        "工资性收入": "1",
        "生产经营性收入": "0",
        "财产性收入": "0",
        "转移性收入": "0",
        "生产经营性支出": "0",
    }
    county.send("household_income", row)
    found = county.screen(date(2025, 12, 20))
    assert found.alerts == []
    told = next(one for one in found.report.not_evaluated if one["rule"] == "R18")
    assert (
        told["sentence"]
        == "规则 R18（人均纯收入不高于监测线）未评估：2025-12-20 没有有效的“防止返贫监测范围（家庭人均纯收入）”数值。"
    )
    assert "R18" not in found.report.hits


POLICIES = """
r01_self_paid:
  zh: 个人自付
  en: Self-paid
  type: money
  values:
    - {area: "41", from: 2019-01-01, value: 3000, source: 试验, sure: chosen}
    - {area: "4105031002", from: 2019-01-01, value: 9000, source: 试验, sure: chosen}
    - {area: "410503100202", from: 2019-01-01, value: 100, source: 试验, sure: chosen}
"""


def test_numbers_may_be_overridden_and_may_differ_by_area(county: County) -> None:
    for household, area in {"A": VILLAGE, "B": NEIGHBOUR, "C": "410503008201", "D": "110101001001"}.items():
        county.send("medical", bill(county.resident(household, kind="脱贫户", area=area)))
    file = county.place / "numbers.yaml"
    file.write_text(POLICIES, encoding="utf-8")
    found = county.screen(policies=file)
    assert found.hit("R01") == {"B", "C"}
    assert [(one["code"], one["areas"]) for one in found.report.not_evaluated if one["rule"] == "R01"] == [
        ("no_number", ["110101001001"])
    ]
    assert found.report.hits["R01"] == 2


def test_households_with_no_head_two_heads_or_no_living_member(county: County) -> None:
    county.send(
        "medical",
        bill(county.resident("A", relation="配偶", kind="脱贫户")),
        bill(county.resident("A", relation="之子", kind="一般农户"), "1"),
    )
    county.send(
        "medical",
        bill(county.resident("B", relation="配偶", kind="一般农户")),
        bill(county.resident("B", kind="脱贫户"), "1"),
    )
    county.resident("B", kind="一般农户")
    alone = county.resident("C", kind="脱贫户")
    county.send("medical", bill(alone), bill(number("1990-01-01", 500)))
    county.send("deaths", {"证件号码": alone, "姓名": "", "死亡日期": "2021-12-20"})
    found = county.screen()
    assert found.hit("R01") == {"A", "B"}, "the first row where there is no head, the first head where there are two"
    assert found.hit("R10") == set()
    assert [one["received"] for one in found.report.inputs.values()] == [
        one["accepted"] + one["rejected"] for one in found.report.inputs.values()
    ]


def test_a_death_after_the_day_has_not_happened_yet(county: County) -> None:
    alone = county.resident("A", kind="脱贫户")
    county.send("medical", bill(alone))
    county.send("deaths", {"证件号码": alone, "姓名": "", "死亡日期": "2021-12-21"})
    assert county.screen().hit("R01") == {"A"}


def test_shuffled_rows_give_the_same_alerts(county: County) -> None:
    chance = random.Random(7)
    people = [county.resident(f"H{at // 3}", born=f"{1940 + at % 70}-0{at % 9 + 1}-11", kind=chance.choice(["脱贫户", "一般农户"]),
                              relation="配偶" if at % 3 else "户主") for at in range(90)]  # fmt: skip
    for who in people:
        county.send(
            "medical",
            *(bill(who, str(chance.randint(1, 9000)), f"2021-{chance.randint(1, 12):02d}-11") for _ in range(3)),
        )
        county.send("schooling", {"证件号码": who, "姓名": "", "学籍状态": chance.choice(["在读", "辍学"]), "状态日期": f"2021-0{chance.randint(1, 9)}-01",
                                  "学年自付费用": str(chance.randint(0, 12_000))})  # fmt: skip
        if chance.random() < 0.3:
            county.send(
                "accidents",
                {"证件号码": who, "姓名": "", "事故日期": f"2021-{chance.randint(9, 12)}-03", "情形": "其他"},
            )
    first = county.screen().alerts
    assert len(first) > 30
    chance.shuffle(county.people)
    for rows in county.rows.values():
        chance.shuffle(rows)
    assert county.screen().alerts == first


def test_rejects_can_be_mended_and_sent_again(county: County) -> None:
    one = county.resident("A", "李兰", kind="脱贫户")
    county.send(
        "medical",
        bill(one, "=1+1"),
        bill(one, "4000", "昨天"),
        bill(one, "999.5"),
        {**bill(one, "1000.50"), "证件号码": "+", "姓名": ""},
    )
    assert county.screen().report.inputs["medical"]["rejected"] == 3
    place = county.place
    with run.prepared(place / "registers", place / "feeds", place, library=LIBRARY, day=DAY) as ready:
        for kind in ("csv", "xlsx"):
            assert rejects.write(ready.engine, ready.intakes["medical"], place / f"back.{kind}") == 3
    text = (place / "back.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in text, "no spreadsheet program may take a cell for a formula"
    assert "“就诊日期”写的是“昨天”，读不出日期" in text
    (place / "feeds" / "medical-2.csv").write_text(
        text.replace("'=1+1", "0.5").replace("昨天", "2021-12-01").replace("'+", one), encoding="utf-8-sig"
    )
    mended = screen(place)
    assert mended.report.inputs["medical"] | {"files": []} == {"files": [], "received": 7, "accepted": 4, "rejected": 3}
    assert mended.figures("R01", "A") == {"self_paid_12m": "6000.50"}
    (place / "feeds" / "medical-2.csv").unlink()
    (place / "back.xlsx").rename(place / "feeds" / "medical-2.xlsx")
    again = screen(place)
    assert again.report.inputs["medical"] | {"files": []} == {"files": [], "received": 7, "accepted": 1, "rejected": 6}


def test_what_cannot_be_run_is_refused_with_a_sentence(county: County, tmp_path: Path) -> None:
    county.resident("A")
    county.write()
    with pytest.raises(
        Refusal, match=r"连不上计算集群 sc://127.0.0.1:1：.*请检查地址和端口；单机可用 --engine duckdb。"
    ):
        county.screen(engine="sc://127.0.0.1:1")
    (tmp_path / "registers" / "residents.csv").unlink()
    with pytest.raises(Refusal, match="登记册文件夹里没有 residents 文件"):
        screen(tmp_path)
    with pytest.raises(Refusal, match="没有文件夹"):
        screen(tmp_path / "feeds")
    assert list(tmp_path.glob("**/.screen-*")) == []


def test_how_long_reading_will_still_take_is_said_from_the_pace_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    from taizhang.screen import feeds

    feed, reading = feeds.read_all(LIBRARY)["medical"], run.Reading(1000, began=0.0)
    assert reading.of(feed) == ("读取医保结算明细", "Reading Medical settlements")
    reading.done = 250
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    assert reading.of(feed)[0] == "读取医保结算明细（已读 25%，读完约需 30 秒）"


def test_a_run_writes_down_how_each_statement_is_gone_about_where_it_is_asked_to(county: County) -> None:
    county.resident("A")
    plan = county.place / "plan.txt"
    county.screen(limits=Limits(memory_mb=300, plan=plan))
    written = plan.read_text(encoding="utf-8")
    assert "COPY (" in written
    assert "READ_PARQUET" in written
