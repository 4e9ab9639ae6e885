"""Screening in the site: the same run changes nothing, one clue per household, open cases are told, landing goes on."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.core import enrolled, seals
from taizhang.core.models import Alert, Case, Entry, Resident, ResidentVersion, Run
from taizhang.core.moves import cases
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.screen import run as plain
from taizhang.work import desk, harvest, undoing
from tests.conftest import FixedClock
from tests.core import sending
from tests.core.sending import MEDICAL, NUMBERS, PEOPLE, RESIDENTS, VILLAGE, Office, moved_in, number_of, office
from tests.databases import Furnished

pytestmark = pytest.mark.slow  # files are imported and screened each time
__all__ = ["office"]  # the fixture
ILLNESS = ("证件号码", "姓名", "病种", "确诊日期")
RELIEF = ("户主证件号码", "户主姓名", "救助类别", "开始日期", "停止日期")
WATER = ("区划代码", "情形", "开始日期", "恢复日期")


def furnish(place: Path) -> Office:
    """Two departments know something of one household, one of another, and a village is without water."""
    office = sending.furnish(place)
    office.send(
        "medical", MEDICAL, [office.bill("李兰", 3000), office.bill("李小兰", 2100), office.bill("陈强", 25000)]
    )
    office.send("serious_illness", ILLNESS, [(NUMBERS["李小兰"], "李小兰", "恶性肿瘤", "2021-11-20")])
    office.send("water", WATER, [("410503100202", "水泵损坏", "2021-12-16", "")])
    return office


@pytest.fixture
def sent(db: None, furnished_sent: Furnished, clock: FixedClock, tmp_path: Path, settings: Any) -> Iterator[Office]:
    """An office that knows this."""
    yield from moved_in(furnished_sent, clock, tmp_path, settings)


def test_one_clue_per_household_however_many_rules_hit(sent: Office) -> None:
    result = sent.run()
    assert {rule: hits for rule, hits in result.hits.items() if hits} == {"R01": 1, "R02": 1, "R04": 1, "R08": 1}
    assert Case.objects.filter(ledger="household_monitoring").count() == 2
    assert {alert.rule for alert in Alert.objects.filter(case=sent.case("H001"))} == {"R01", "R04"}
    assert (sent.case("H001").data["level"], sent.case("H002").data["level"]) == ("red", "yellow")


def test_the_clue_says_what_was_found_and_the_chain_does_not(sent: Office) -> None:
    sent.run()
    (row,) = desk.alerts(sent.who("lead"), desk.Filters(rule="R01"), sent.clock.now()).rows
    assert row.sentence.startswith("近12个月全家医疗个人自付合计5100.00元")
    assert row.figures == {"self_paid_12m": "5100.00"}
    assert [(source.row, source.withdrawn) for source in row.rows] == [(2, False), (3, False)]
    assert row.rows[0].file.endswith("medical.csv")
    told = re.compile(r"5100\.00|\b510000\b")  # yuan or fen; four digits alone stand by chance in a digest
    assert not [entry.pk for entry in Entry.objects.all() if told.search(entry.body)]


def test_a_village_problem_is_opened_for_the_village(sent: Office) -> None:
    sent.run()
    case = Case.objects.get(ledger="village_problems")
    assert (case.area_path, case.data["began"], case.stage) == ("410503100202", "2021-12-16", "open")
    sent.clock.advance(days=3)
    assert sent.run().alerts == 0  # until the case that took it is closed


def test_the_same_run_again_changes_nothing_and_says_so(sent: Office) -> None:
    first = sent.run()
    entries = Entry.objects.count()
    again = sent.run()
    assert (first.repeated, again.repeated, again.digest) == (False, True, first.digest)
    assert again.alerts == 0
    assert Entry.objects.count() == entries
    assert Run.objects.count() == 1


def test_the_same_alert_is_not_raised_again_within_its_window(sent: Office) -> None:
    sent.run()
    sent.clock.advance(days=89)
    assert sent.run().alerts == 0
    sent.clock.advance(days=1)
    result = sent.run()
    assert set(Alert.objects.filter(run=result.digest).values_list("rule", flat=True)) == {"R01", "R02"}
    assert len(result.landed.joined if result.landed else ()) == 2  # their clues are still open


def test_an_open_case_is_told_and_no_second_one_opened(sent: Office) -> None:
    opened = cases.open_case(
        sent.who("cadre"), "household_monitoring", "report", subject=sent.household("H001"), given={"hint": "户主住院"},
        clock=sent.clock,
    )  # fmt: skip
    result = sent.run()
    assert result.landed is not None
    assert result.landed.joined == [opened.case]
    assert list(Entry.objects.filter(case=opened.case).order_by("n").values_list("act", flat=True)) == [
        "report",
        "note_alert",
    ]
    assert set(Alert.objects.filter(case=opened.case).values_list("joined", flat=True)) == {"clue"}


def test_landing_that_was_cut_off_goes_on_where_it_stopped(sent: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[uuid.UUID] = []
    original = cases.join_or_open

    def once(*args: Any, **named: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        acted = original(*args, **named)
        done.append(acted.case)
        return acted

    monkeypatch.setattr(cases, "join_or_open", once)
    with pytest.raises(KeyboardInterrupt):
        sent.run()
    assert Case.objects.filter(ledger="household_monitoring").count() == 1
    monkeypatch.setattr(cases, "join_or_open", original)
    result = sent.run()
    assert result.repeated
    assert result.landed is not None
    assert len(result.landed.clues) == 1
    assert not Alert.objects.filter(case=None).exists()
    assert Run.objects.get().landed == sent.clock.now()


def test_a_withdrawn_batch_is_left_out_of_later_runs(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    undoing.undo(office.who("medical"), got.batch, reason="单位写错", clock=office.clock)
    second = office.run()
    assert "R01" not in second.hits
    assert [one["rule"] for one in second.not_evaluated if one["code"] == "no_feed"][:2] == ["R01", "R02"]


def test_after_a_corrected_file_the_household_is_found_again_the_same_day(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    undoing.undo(office.who("medical"), got.batch, reason="单位写错", clock=office.clock)
    office.send("medical", MEDICAL, [office.bill("李兰", 6100)])
    result = office.run()
    assert result.alerts == 1
    assert Case.objects.filter(household=office.household("H001"), closed=None).count() == 1


def test_rows_sent_again_in_a_later_file_are_counted_once(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 3000)])
    office.send("medical", MEDICAL, [office.bill("李兰", 3000), office.bill("李兰", 100)])
    assert office.run().hits["R01"] == 0
    office.send("medical", MEDICAL, [office.bill("李兰", 3000, "2021-12-02")])
    assert office.run().hits["R01"] == 1


def test_once_per_source_row_means_a_new_row_is_a_new_alert(office: Office) -> None:
    header = ("证件号码", "姓名", "事故日期", "情形")
    office.send("accidents", header, [(NUMBERS["李兰"], "李兰", "2021-12-01", "车祸")])
    office.run()
    office.clock.advance(days=40)
    assert office.run().alerts == 0
    office.send("accidents", header, [(NUMBERS["李兰"], "李兰", "2022-01-20", "摔伤")])
    assert office.run().alerts == 1


def test_rules_whose_data_are_missing_say_so_and_rules_on_own_records_always_have_theirs(sent: Office) -> None:
    result = sent.run()
    said = {one["rule"]: one["sentence"] for one in result.not_evaluated}
    assert "没有" in said["R12"]
    assert {"R19", "R20"}.isdisjoint(said)
    assert (result.hits["R19"], result.hits["R20"]) == (0, 0)


def test_the_site_finds_what_the_command_finds_on_the_same_files(sent: Office) -> None:
    registers, feeds, out = sent.place / "registers", sent.place / "feeds", sent.place / "out"
    for folder in (registers, feeds, out):
        folder.mkdir()
    rows = [(home, name, number_of(first), *more[:2], "", more[2], "", more[3]) for home, name, first, *more in PEOPLE]
    sent.file("residents", RESIDENTS, rows).rename(registers / "residents.csv")
    for path in sent.place.glob("*-*.csv"):
        feed = path.stem.split("-", 1)[1]
        if feed != "residents":
            path.rename(feeds / f"{feed}.csv")
    from django.conf import settings

    report = plain.screen_files(registers, feeds, date(2021, 12, 20), out, library=settings.LIBRARY)
    assert sent.run().hits == {**report.hits, "R19": 0, "R20": 0}  # files have no visits


def test_a_department_counts_its_own_rules_and_sees_no_household(sent: Office) -> None:
    sent.run()
    now = sent.clock.now()
    bench = desk.workbench(sent.who("medical"), now)
    assert {line.department for line in bench.rules} == {"医保"}
    assert {line.rule: line.alerts for line in bench.rules} == {"R01": 1, "R02": 1, "R03": 0}
    assert {line.feed for line in bench.feeds} == {"medical", "insured"}
    assert bench.levels == {}
    found = desk.alerts(sent.who("medical"), desk.Filters(), now).rows
    assert {row.rule for row in found} == {"R01", "R02"}
    assert {(row.household, row.who, row.level, row.sentence, row.case) for row in found} == {(None, "", "", "", None)}
    assert desk.alerts(sent.who("civil"), desk.Filters(), now).rows == ()
    hidden = Alert.objects.get(rule="R01").pk
    with pytest.raises(NotFound):
        desk.alert(sent.who("civil"), hidden, now)
    with pytest.raises(Refusal):
        desk.workbench(sent.who("cadre"), now)


def test_red_alerts_stand_first_and_say_that_nobody_has_signed_yet(sent: Office) -> None:
    sent.run()
    rows = desk.alerts(sent.who("lead"), desk.Filters(), sent.clock.now()).rows
    assert [row.level for row in rows] == ["red", "red", "yellow", "yellow"]
    assert {row.assets.zh for row in rows if row.assets is not None} == {"尚未授权"}
    assert len(desk.alerts(sent.who("lead"), desk.Filters(level="red"), sent.clock.now()).rows) == 2
    assert len(desk.alerts(sent.who("lead"), desk.Filters(area="410503100202"), sent.clock.now()).rows) == 1


def test_the_sender_is_told_what_became_of_an_alert(sent: Office) -> None:
    sent.run()
    given = {"outcome": "helped", "reason": "亲属已经承担医药费"}
    cases.act(sent.who("cadre"), sent.case("H002").pk, "close_clue", given=given, clock=sent.clock)
    found = desk.alerts(sent.who("medical"), desk.Filters(rule="R02"), sent.clock.now()).rows
    assert [(row.answer, row.answer_text.zh) for row in found] == [("helped", "已帮扶，不需纳入")]
    assert [
        row.answer for row in desk.alerts(sent.who("medical"), desk.Filters(answer="waiting"), sent.clock.now()).rows
    ] == [""]
    line = next(line for line in desk.workbench(sent.who("lead"), sent.clock.now()).rules if line.rule == "R02")
    assert (line.alerts, line.answered, line.confirmed) == (1, 1, 0)


def test_whom_only_the_register_knows_to_be_dead_is_no_resident_and_makes_no_call(office: Office) -> None:
    office.residents((*PEOPLE, ("H002", "陈田", "99050319400505131", "父", VILLAGE, "一般农户", "13800010002")))
    father = seals.index("number", number_of("99050319400505131"))
    dead = [office.district_resident("李小兰"), Resident.objects.get(number_index=father).pk]
    ResidentVersion.objects.filter(resident__in=dead).update(died=date(2021, 11, 30))
    members = {one.resident: one.died for one in enrolled.on(date(2021, 12, 20))}
    assert members[office.district_resident("李小兰")] == date(2021, 11, 30)
    assert members[office.district_resident("李兰")] is None
    assert all(one.died is None for one in enrolled.on(date(2021, 11, 29)))
    office.send("serious_illness", ILLNESS, [(NUMBERS["李小兰"], "李小兰", "恶性肿瘤", "2021-11-20")])
    called = office.send(
        "hotline", ("姓名", "联系电话", "区划代码", "来电日期"), [("陈强", "13800010002", VILLAGE, "2021-12-10")]
    )
    assert called.linked == 1  # the telephone that a dead man shared is his son's
    hits = office.run().hits
    assert (hits["R04"], hits["R17"]) == (0, 1)


def test_a_household_is_explained_rule_by_rule_with_near_misses(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 4900)])
    told = desk.explain(office.who("lead"), office.household("H001"), date(2021, 12, 20))
    answer = {one.rule: one for one in told.answers}["R01"]
    assert answer.hit is False
    assert "相差 100" in answer.text.zh
    with pytest.raises(NotFound):
        desk.explain(office.who("medical"), office.household("H001"), date(2021, 12, 20))


def test_only_the_lead_office_starts_a_run(office: Office) -> None:
    for key in ("medical", "cadre", "leader", "auditor"):
        with pytest.raises(Refusal) as refused:
            harvest.run(office.who(key), clock=office.clock)
        assert refused.value.code == "not_allowed"


def test_assets_are_kept_from_everybody_but_a_department_that_must_answer(sent: Office) -> None:
    from taizhang.core.moves import assets

    sent.send(
        "assets", ("证件号码", "姓名", "资产类别", "登记日期"), [(NUMBERS["李兰"], "李兰", "机动车", "2018-06-01")]
    )
    sent.run()
    with pytest.raises(Refusal) as refused:
        assets.assets_of(sent.who("lead"), sent.case("H001").pk, clock=sent.clock)
    assert refused.value.code == "not_allowed"
    with pytest.raises(NotFound):
        assets.assets_of(sent.who("medical"), sent.case("H001").pk, clock=sent.clock)


def test_a_household_that_cannot_be_told_keeps_no_other_waiting_and_is_tried_again(sent: Office) -> None:
    from taizhang.core.models import Organisation

    Organisation.objects.filter(code="water").update(code="water_gone")
    result = sent.run()
    assert result.landed is not None
    assert [code for _, code in result.landed.refused] == ["unknown_row"]
    assert len(result.landed.clues) == 2
    assert Run.objects.get().landed is None
    Organisation.objects.filter(code="water_gone").update(code="water")
    again = sent.run()
    assert again.landed is not None
    assert len(again.landed.villages) == 1
    assert Run.objects.get().landed is not None
