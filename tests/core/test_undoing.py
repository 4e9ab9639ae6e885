"""A whole import undone: alerts judged anew, the register restored, clues closed, verified cases left with a note."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest

from taizhang.core import access, chain, enrolled, profiles
from taizhang.core.models import Alert, Batch, Case, Entry, Household, Income, Membership, Resident, Run
from taizhang.core.moves import cases, policies, registers
from taizhang.core.queries import feeds, household, search
from taizhang.core.queries import runs as past
from taizhang.core.subjects import Subject
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.work import answers, desk, undoing
from tests.core.sending import MEDICAL, NUMBERS, PEOPLE, TODAY, Office, number_of, office

pytestmark = pytest.mark.slow  # a register, an import, a screening and its undoing each time

__all__ = ["office"]  # the fixture
INCOME = ("户编号", "核算起", "核算止", "工资性收入", "生产经营性收入", "财产性收入", "转移性收入", "生产经营性支出")
REASON = "整批发错了"


def undo(office: Office, batch: uuid.UUID, **more: Any) -> undoing.Undone:
    return undoing.undo(office.who("lead"), batch, reason=REASON, clock=office.clock, **more)


def register(office: Office) -> list[tuple[str, ...]]:
    """What the register says today: household, area, kind, name, number, phone, relation."""
    day = office.clock.now().date()
    homes = {home: number for number, home in enrolled.numbers(day).items()}
    people = profiles.people(Resident.objects.values_list("pk", flat=True), day)
    return sorted(
        (homes.get(one.household, ""), one.area, one.kind, people[one.resident].name, people[one.resident].number,
         people[one.resident].phone, str(one.is_head))
        for one in enrolled.on(day)
    )  # fmt: skip


def change(office: Office, number: str, kind: str, given: dict[str, str]) -> None:
    """A change of the register by an act."""
    home = Household.objects.select_related("area").get(pk=office.household(number))
    subject = Subject("household", str(home.pk), home.area_id, home.area_path, household=home.pk)
    now = office.clock.now()
    entry = chain.Draft(kind="act", act=kind, received=now, area=home.area_path)
    registers.apply(
        kind, given, subject=subject, case=uuid.uuid4(), entry_id=entry.id, actor=access.SYSTEM, now=now
    )  # fmt: skip
    chain.append(entry)


def changed(place: int, **words: str) -> tuple[tuple[str, ...], ...]:
    """The register with one row changed."""
    columns = ("home", "name", "number", "relation", "area", "kind", "phone")
    row = tuple(words.get(column, cell) for column, cell in zip(columns, PEOPLE[place], strict=True))
    return (*PEOPLE[:place], row, *PEOPLE[place + 1 :])


# --- feeds ------------------------------------------------------------------------------------------------------------


def test_an_alert_that_holds_on_what_is_left_says_what_is_left(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    wrong = office.send("medical", MEDICAL, [office.bill("李兰", 3000)])
    office.run()
    done = undo(office, wrong.batch).withdrawn
    assert (len(done.fallen), len(done.restated), done.closed, done.noted) == (0, 1, (), (office.case("H001").pk,))
    (row,) = desk.alerts(office.who("lead"), desk.Filters(), office.clock.now()).rows
    assert row.figures == {"self_paid_12m": "6000.00"}
    assert [source.number for source in row.rows] == [Batch.objects.get(feed="medical", withdrawn_at=None).number]
    assert office.case("H001").stage == "clue"


def test_an_alert_that_needed_both_batches_falls_with_one_of_them(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 3000)])
    wrong = office.send("medical", MEDICAL, [office.bill("李兰", 2500, "2021-12-02")])
    office.run()
    done = undo(office, wrong.batch).withdrawn
    assert len(done.fallen) == 1
    assert office.case("H001").stage == "data_error"
    assert undo(office, wrong.batch).withdrawn.fallen == done.fallen


def test_what_a_batch_had_hidden_is_found_by_the_run_that_follows(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    wrong = office.send("medical", MEDICAL, [office.bill("李兰", -2000)])
    assert office.run().hits["R01"] == 0
    found = undo(office, wrong.batch).run
    assert found is not None
    assert (found.hits["R01"], found.alerts) == (1, 1)
    assert office.case("H001").stage == "clue"


def test_the_preview_tells_what_then_happens_and_changes_nothing(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    wrong = office.send("medical", MEDICAL, [office.bill("李兰", 1000), office.bill("王静", 7000)])
    office.run()
    entries, versions = Entry.objects.count(), list(Batch.objects.order_by("pk").values())
    told = undoing.preview(office.who("lead"), wrong.batch, clock=office.clock)
    assert Entry.objects.count() == entries
    assert list(Batch.objects.order_by("pk").values()) == versions
    assert (told.fallen, told.restated, told.closed, told.noted) == (1, 1, 1, 1)
    done = undo(office, wrong.batch).withdrawn
    assert (len(done.fallen), len(done.restated), len(done.closed), len(done.noted)) == (1, 1, 1, 1)


def test_a_case_that_a_person_verified_stands_and_carries_the_note(office: Office) -> None:
    wrong = office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    office.visit("H001")
    told = undoing.preview(office.who("lead"), wrong.batch, clock=office.clock)
    assert (told.closed, told.noted) == (0, 1)
    undo(office, wrong.batch)
    case = office.case("H001")
    assert (case.stage, case.closed) == ("visited", None)
    assert Entry.objects.filter(case=case).order_by("-n").values_list("act", flat=True)[0] == "note_withdrawn"


def test_the_level_of_the_other_alerts_follows(office: Office) -> None:
    illness = ("证件号码", "姓名", "病种", "确诊日期")
    office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    wrong = office.send("serious_illness", illness, [(NUMBERS["李兰"], "李兰", "恶性肿瘤", "2021-11-20")])
    office.run()
    assert set(Alert.objects.values_list("rule", "level")) == {("R01", "red"), ("R04", "red")}
    undo(office, wrong.batch)
    assert list(Alert.objects.filter(data_error_at=None).values_list("rule", "level")) == [("R01", "yellow")]


def test_a_doubtful_row_of_a_batch_taken_back_leaves_the_desk_unless_another_batch_says_it_too(office: Office) -> None:
    typed = NUMBERS["李兰"][:12] + "9" + NUMBERS["李兰"][13:]
    first = office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=typed)])
    second = office.send("medical", MEDICAL, [office.bill("李兰", 50, "2021-12-03", number=typed)])
    now = office.clock.now()
    undo(office, first.batch)
    ((row,), _) = feeds.pairs(office.who("lead"), now)
    assert row.number == second.number
    undo(office, second.batch)
    assert (feeds.pairs(office.who("lead"), now)[0], feeds.waiting()) == ((), 0)
    again = office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=typed)])
    ((row,), _) = feeds.pairs(office.who("lead"), now)
    assert row.number == again.number


# --- the register -----------------------------------------------------------------------------------------------------


def test_a_register_taken_back_leaves_the_one_before(office: Office) -> None:
    before = register(office)
    office.clock.advance(days=1)
    wrong = office.residents([*changed(0, phone="13900000000", kind="一般农户")[:-1]])
    assert register(office) != before
    told = undoing.preview(office.who("lead"), wrong.batch, clock=office.clock)
    assert register(office) != before
    done = undo(office, wrong.batch).withdrawn
    assert register(office) == before
    assert done.register == told.register
    assert (done.register.households, done.register.residents, done.register.memberships) == (1, 1, 1)


def test_what_a_later_register_repeated_stands_by_that_one(office: Office) -> None:
    office.clock.advance(days=1)
    wrong = office.residents(changed(0, phone="13900000000"))
    office.clock.advance(days=1)
    later = office.residents(tuple(reversed(changed(0, phone="13900000000"))))
    undo(office, wrong.batch)
    person = office.district_resident("李兰")
    days = [TODAY, TODAY.replace(day=21), TODAY.replace(day=22)]
    assert [profiles.people([person], day)[person].phone for day in days] == [
        "13800010001",
        "13800010001",
        "13900000000",
    ]
    undo(office, later.batch)
    assert profiles.people([person], days[2])[person].phone == "13800010001"


def test_a_later_register_that_corrected_the_same_value_keeps_its_own(office: Office) -> None:
    office.clock.advance(days=1)
    wrong = office.residents(changed(0, phone="13900000000"))
    office.clock.advance(days=1)
    office.residents(changed(0, phone="13700000000"))
    undo(office, wrong.batch)
    person = office.district_resident("李兰")
    assert profiles.people([person], TODAY.replace(day=21))[person].phone == "13800010001"
    assert profiles.people([person], TODAY.replace(day=22))[person].phone == "13700000000"


def test_people_whom_only_that_register_held_are_found_no_more_and_come_back_as_the_same(office: Office) -> None:
    office.clock.advance(days=1)
    newcomer = ("H009", "周新来", "99050319770707131", "户主", PEOPLE[0][4], "一般农户", "")
    wrong = office.residents([*PEOPLE, newcomer])
    home = office.household("H009")
    undo(office, wrong.batch)
    now = office.clock.now()
    assert search.find(office.who("lead"), "周新来", now).households == ()
    assert {row.number for row in household.listed(office.who("lead"), now).rows} == {"H001", "H002", "H003", "H004"}
    with pytest.raises(NotFound):
        household.page(office.who("lead"), home, now)
    office.residents([*PEOPLE, (*newcomer[:6], "13800020009")])
    assert str(home) == enrolled.numbers(now.date())["H009"]
    assert Household.objects.count() == 5
    assert Resident.objects.count() == len(PEOPLE) + 1


def test_somebody_whom_only_a_withdrawn_register_held_can_still_join_a_household(office: Office) -> None:
    office.clock.advance(days=1)
    wrong = office.residents([*PEOPLE, ("H009", "周新来", "99050319770707131", "户主", PEOPLE[0][4], "一般农户", "")])
    undo(office, wrong.batch)
    given = {"name": "周新来", "number": number_of("99050319770707131"), "relation": "其他"}
    change(office, "H001", "join", given)
    page = household.page(office.who("lead"), office.household("H001"), office.clock.now())
    assert "周新来" in {one.name for one in page.members}
    assert Resident.objects.count() == len(PEOPLE) + 1


def test_alerts_found_by_a_wrong_register_fall_with_it(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("陈强", 6000)])
    office.clock.advance(days=1)
    wrong = office.residents(changed(2, kind="脱贫户"))
    office.run()
    assert office.case("H002").stage == "clue"
    done = undo(office, wrong.batch)
    assert len(done.withdrawn.fallen) == 1
    assert office.case("H002").stage == "data_error"
    assert done.run is not None
    assert done.run.hits["R01"] == 0


def test_what_an_act_changed_is_laid_over_what_remains(office: Office) -> None:
    office.clock.advance(days=1)
    wrong = office.residents(changed(0, phone="13900000000", name="李兰兰"))
    home, person = office.household("H001"), office.district_resident("李兰")
    office.clock.advance(days=1)
    change(office, "H001", "correction", {"member": str(person), "item": "health", "value": "慢性病"})
    undo(office, wrong.batch)
    found = profiles.people([person], TODAY.replace(day=22))[person]
    assert (found.name, found.phone, found.health) == ("李兰", "13800010001", "慢性病")
    assert found.name in {row.name for row in household.page(office.who("lead"), home, office.clock.now()).members}


def test_a_file_that_mended_one_row_is_taken_back_alone(office: Office) -> None:
    before = register(office)
    office.clock.advance(days=1)
    wrong = office.residents([changed(0, phone="13900000000")[0]])
    assert Membership.objects.filter(valid_to=None).count() == len(PEOPLE)
    undo(office, wrong.batch)
    assert register(office) == before


def test_reckonings_of_a_withdrawn_file_count_no_more_unless_a_later_file_repeats_them(office: Office) -> None:
    row = ("H001", "2020-10-01", "2021-09-30", 3000, 0, 0, 0, 0)
    other = ("H002", "2020-10-01", "2021-09-30", 9000, 0, 0, 0, 0)
    wrong = office.send("household_income", INCOME, [row, other])
    later = office.send("household_income", INCOME, [row])
    assert office.run().hits["R18"] == 2
    undo(office, wrong.batch)
    assert [one.row.batch_id for one in profiles.incomes(office.household("H001"))] == [later.batch]
    assert profiles.incomes(office.household("H002")) == []
    assert Income.objects.count() == 3
    assert past.newest().hits["R18"] == 1  # type: ignore[union-attr]


# --- answers to the sender -------------------------------------------------------------------------------------------


def test_the_sender_is_told_row_by_row_what_came_of_it_and_nothing_else(office: Office) -> None:
    stranger = number_of("99050319550303111")
    got = office.send("medical", MEDICAL, [
        office.bill("李兰", 6000), office.bill("陈强", "不详"), office.bill("孙无名", 5, number=stranger), office.bill("王静", 7000),
    ], by="medical")  # fmt: skip
    office.run()
    given = {"outcome": "helped", "reason": "亲属已经承担医药费"}
    cases.act(office.who("neighbour"), office.case("H003").pk, "close_clue", given=given, clock=office.clock)
    heads, *lines = answers.lines(office.who("medical"), got.batch, office.clock.now(), "zh")
    assert list(heads) == ["原文件", "原行号", "收没收", "说明", "对人", "预警", "预警日期", "结果"]
    told = [tuple(line[1:]) for line in lines]
    assert [(row, taken, person, outcome) for row, taken, _, person, _, _, outcome in told] == [
        ("2", "采用", "对上名册", "核实中"), ("3", "退回", "", ""), ("4", "采用", "名册里没有", ""),
        ("5", "采用", "对上名册", "已帮扶，不需纳入"),
    ]  # fmt: skip
    assert told[0][4] == "R01 脱贫户、监测户医疗自付过高"
    assert not [word for word in ("亲属", "H001", "李兰", "红") if word in str(told)]
    with pytest.raises(NotFound):
        next(answers.lines(office.who("civil"), got.batch, office.clock.now(), "zh"))


# --- rights, and being asked twice -----------------------------------------------------------------------------------


def test_only_its_department_or_the_lead_office_takes_a_batch_back(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 100)], by="medical")
    for key in ("civil", "cadre", "leader", "auditor"):
        with pytest.raises(NotFound):
            undoing.undo(office.who(key), got.batch, reason=REASON, clock=office.clock)
        with pytest.raises(NotFound):
            undoing.preview(office.who(key), got.batch, clock=office.clock)
    with pytest.raises(Refusal) as refused:
        undoing.undo(office.who("medical"), got.batch, reason=" ", clock=office.clock)
    assert refused.value.code == "reason"
    assert undoing.undo(office.who("medical"), got.batch, reason=REASON, clock=office.clock).run is not None


def test_an_undoing_cut_off_after_its_entry_is_finished_by_asking_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.clock.advance(days=1)
    wrong = office.residents(changed(2, kind="脱贫户"))
    office.send("medical", MEDICAL, [office.bill("陈强", 6000)])
    office.run()

    def broken(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    original = cases.act
    monkeypatch.setattr(cases, "act", broken)
    with pytest.raises(KeyboardInterrupt):
        undo(office, wrong.batch)
    monkeypatch.setattr(cases, "act", original)
    assert office.case("H002").stage == "clue"
    undo(office, wrong.batch)
    assert office.case("H002").stage == "data_error"
    assert Entry.objects.filter(kind="withdraw").count() == 1
    assert Case.objects.filter(closed=None).count() == 0


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_number_that_an_office_entered_is_used_by_a_run_and_recorded_with_it(office: Office) -> None:
    office.clock.instant = office.clock.instant.replace(year=2031)
    office.send("household_income", INCOME, [("H001", "2030-10-01", "2031-09-30", 3000, 0, 0, 0, 0)])
    first = office.run()
    assert "R18" in {one["rule"] for one in first.not_evaluated}
    policies.enter(
        office.who("lead"), "income_line", area="410503", begins=date(2031, 1, 1), ends=None, value="12000", source="本地测试文件",
        sure="high", clock=office.clock,
    )  # fmt: skip
    second = office.run()
    assert second.hits["R18"] == 1
    used = Run.objects.get(pk=second.digest).inputs["numbers"]
    assert [(one["value"], one["entered"]) for one in used if one["name"] == "income_line"] == [(1_200_000, True)]


def test_numbers_of_people_are_those_of_the_standing_register(office: Office) -> None:
    office.clock.advance(days=1)
    other = "99050319700101203"
    wrong = office.residents(changed(1, number=other))
    undo(office, wrong.batch)
    assert Membership.objects.filter(valid_to=None).count() == len(PEOPLE)
    assert number_of(other) not in {row[4] for row in register(office)}
