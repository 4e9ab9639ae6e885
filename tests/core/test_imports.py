"""Imports: every row accounted for, nothing readable at rest, the same file refused, rejects mended, batches withdrawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from taizhang.core import seals, vault
from taizhang.core.models import Alert, Batch, Entry, Membership, Sealed
from taizhang.core.moves import cases
from taizhang.core.queries import audit
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.work import declared, desk, feeding, retention, undoing
from tests.core.sending import MEDICAL, NUMBERS, PEOPLE, SECRETS, Office, number_of, office, readable, says, table

pytestmark = pytest.mark.slow  # files are imported and screened each time
__all__ = ["office"]  # the fixture


def test_what_is_accepted_and_what_is_rejected_add_up_to_what_was_received(office: Office) -> None:
    got = office.send("medical", MEDICAL, [
        office.bill("李兰", 100), office.bill("李兰", 200), office.bill("陈强", "不详"), office.bill("王静", 30, "2021-13-40"),
        office.bill("李兰", 100), ("", "合计", "", "430"), office.bill("孙无名", 5, number=number_of("99050319550303111")),
    ])  # fmt: skip
    assert (got.received, got.accepted, got.rejected) == (7, 3, 4)
    assert (got.linked, got.doubtful, got.unknown) == (2, 0, 1)
    assert says(got.batch) == {"received": 7, "accepted": 3, "rejected": 4, "linked": 2, "doubtful": 0, "unknown": 1}


def test_an_import_is_one_batch_and_one_entry_that_names_nobody(office: Office) -> None:
    before = Batch.objects.count()
    got = office.send("medical", MEDICAL, [office.bill("李兰", 100)])
    entry = Batch.objects.get(pk=got.batch).entry
    assert Batch.objects.count() == before + 1
    assert entry is not None
    assert entry.kind == "import"
    assert not [word for word in SECRETS if word in entry.body]


def test_no_number_name_or_phone_stands_readable_in_the_data_folder(office: Office) -> None:
    wrong = office.bill("李兰", 1, number="99050319700101124X")
    office.send("medical", MEDICAL, [office.bill("李兰", 100), office.bill("陈强", "不详"), wrong])
    hotline = ("姓名", "联系电话", "区划代码", "日期", "内容")
    office.send(
        "hotline", hotline, [("陈强", "13800010002", "410503100201", "2021-12-10", "陈强家有困难，电话13800010002")]
    )
    office.send(
        "assets", ("证件号码", "姓名", "资产类别", "登记日期"), [(NUMBERS["王静"], "王静", "机动车", "2018-06-01")]
    )
    assert readable(vault.folder(), (*SECRETS, "机动车", "99050319700101124X", "家有困难")) == []
    assert not [path.name for path in vault.folder().iterdir() if path.name.startswith(".")]


def test_an_import_that_is_refused_leaves_nothing_behind(office: Office) -> None:
    there = sorted(path.name for path in vault.folder().iterdir())
    entries = Entry.objects.count()
    with pytest.raises(Refusal) as refused:
        office.send("medical", ("证件号码", "姓名", "就诊日期"), [("", "李兰", "2021-12-01")])
    assert refused.value.code == "missing_column"
    assert sorted(path.name for path in vault.folder().iterdir()) == there
    assert Entry.objects.count() == entries


def test_the_same_file_again_is_refused_and_the_earlier_batch_named(office: Office) -> None:
    first = office.send("medical", MEDICAL, [office.bill("李兰", 100)])
    with pytest.raises(Refusal) as refused:
        office.send("medical", MEDICAL, [office.bill("李兰", 100)])
    assert refused.value.code == "same_file"
    assert first.number in refused.value.sentence()


def test_after_a_withdrawal_the_same_file_may_come_again(office: Office) -> None:
    first = office.send("medical", MEDICAL, [office.bill("李兰", 100)])
    undoing.undo(office.who("medical"), first.batch, reason="列对应错了", clock=office.clock)
    assert office.send("medical", MEDICAL, [office.bill("李兰", 100)]).accepted == 1


def test_a_department_sends_its_own_feed_and_no_other(office: Office) -> None:
    assert office.send("medical", MEDICAL, [office.bill("李兰", 100)], by="medical").accepted == 1
    for key in ("civil", "cadre", "auditor"):
        with pytest.raises(Refusal) as refused:
            office.send("medical", MEDICAL, [office.bill("李兰", 200)], by=key)
        assert refused.value.code == "not_allowed"


def test_other_departments_find_no_trace_of_a_batch(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", "不详")], by="medical")
    now = office.clock.now()
    for key in ("civil", "cadre"):
        with pytest.raises(NotFound):
            feeding.rejected(office.who(key), got.batch)
        with pytest.raises(NotFound):
            undoing.undo(office.who(key), got.batch, reason="不是我的", clock=office.clock)
    assert desk.batches(office.who("civil"))[0] == ()
    assert {line.feed for line in desk.workbench(office.who("civil"), now).feeds} == {"relief"}
    assert [row.number for row in desk.batches(office.who("medical"))[0]] == [got.number]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_file_of_rejects_can_be_mended_and_sent_again(office: Office, tmp_path: Path, kind: str) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 100), office.bill("陈强", "不详")])
    rows = table(feeding.rejected(office.who("medical"), got.batch, kind))
    assert [(row["姓名"], row["个人自付"], row["原行号"]) for row in rows] == [("陈强", "不详", "3")]
    assert "读不出精确到分的金额" in rows[0]["退回原因"]
    rows[0]["个人自付"] = "6200"
    again = office.send("medical", tuple(rows[0]), [tuple(row.values()) for row in rows])
    assert (again.received, again.accepted, again.linked) == (1, 1, 1)


def test_a_mapping_once_given_is_used_for_later_files(office: Office) -> None:
    header = ("证件号码", "姓名", "就诊日期", "自己掏的钱")
    with pytest.raises(Refusal):
        office.send("medical", header, [office.bill("李兰", 100)])
    office.send("medical", header, [office.bill("李兰", 100)], mapping={"自己掏的钱": "self_paid"})
    assert office.send("medical", header, [office.bill("陈强", 100)]).accepted == 1
    looked = feeding.look(
        office.who("medical"), "medical", office.file("medical", ("证件号码", "姓名", "就诊日期", "费用"), [])
    )
    assert looked.columns == {"证件号码": "number", "姓名": "name", "就诊日期": "visited_on"}
    assert looked.missing == ("self_paid",)


def test_a_file_of_few_residents_mends_the_register_and_nobody_leaves(office: Office) -> None:
    office.clock.advance(days=1)
    one = PEOPLE[0]
    office.residents([(*one[:3], one[3], one[4], one[5], "13900000000")])
    assert Membership.objects.filter(valid_to=None).count() == len(PEOPLE)


def test_a_register_that_lists_a_household_no_more_ends_its_memberships(office: Office) -> None:
    office.clock.advance(days=1)
    office.residents(PEOPLE[:-1])
    assert Membership.objects.filter(valid_to=None).count() == len(PEOPLE) - 1


def test_the_reason_of_a_withdrawal_is_needed_and_sealed(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 100)])
    with pytest.raises(Refusal) as refused:
        undoing.undo(office.who("lead"), got.batch, reason=" ", clock=office.clock)
    assert refused.value.code == "reason"
    undoing.undo(office.who("lead"), got.batch, reason="发来的是测试数据", clock=office.clock)
    entry = Entry.objects.get(kind="withdraw")
    assert "测试" not in entry.body
    assert Sealed.objects.filter(field="withdraw.reason").count() == 1


def test_withdrawing_closes_a_clue_that_rested_on_the_batch_alone(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000), office.bill("王静", 7000)])
    office.run()
    done = undoing.undo(office.who("medical"), got.batch, reason="整批金额单位错了", clock=office.clock)
    assert {office.case("H001").stage, office.case("H003").stage} == {"data_error"}
    assert len(done.withdrawn.closed) == 2
    assert set(Alert.objects.values_list("answer", flat=True)) == {"data_error"}
    again = undoing.undo(office.who("medical"), got.batch, reason="整批金额单位错了", clock=office.clock)
    assert (again.withdrawn.closed, again.withdrawn.noted) == ((), ())


def test_withdrawing_only_notes_a_case_that_rests_on_something_else_too(office: Office) -> None:
    case = cases.open_case(
        office.who("cadre"), "household_monitoring", "report", subject=office.household("H001"), given={"hint": "户主住院"},
        clock=office.clock,
    )  # fmt: skip
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    office.run()
    done = undoing.undo(office.who("medical"), got.batch, reason="整批金额单位错了", clock=office.clock)
    assert done.withdrawn.noted == (case.case,)
    assert office.case("H001").stage == "clue"


def test_a_withdrawal_that_was_cut_off_is_finished_by_asking_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000), office.bill("王静", 7000)])
    office.run()
    acted: list[Any] = []
    original = cases.act

    def once(*args: Any, **named: Any) -> Any:
        if acted:
            raise KeyboardInterrupt
        acted.append(original(*args, **named))
        return acted[-1]

    monkeypatch.setattr(cases, "act", once)
    with pytest.raises(KeyboardInterrupt):
        undoing.undo(office.who("medical"), got.batch, reason="整批金额单位错了", clock=office.clock)
    monkeypatch.setattr(cases, "act", original)
    undoing.undo(office.who("medical"), got.batch, reason="整批金额单位错了", clock=office.clock)
    assert {office.case("H001").stage, office.case("H003").stage} == {"data_error"}
    assert Entry.objects.filter(kind="withdraw").count() == 1


def test_raw_files_go_after_ninety_days_and_rows_after_three_years_each_by_an_entry(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", "不详"), office.bill("李兰", 10)])
    home = vault.folder() / str(got.batch)
    office.clock.advance(days=89)
    assert retention.let_go(clock=office.clock) == retention.Gone(0, 0)
    office.clock.advance(days=2)
    assert retention.let_go(clock=office.clock).files == 2
    assert [path.name for path in home.iterdir()] == ["rows.parquet"]
    with pytest.raises(NotFound):
        feeding.rejected(office.who("medical"), got.batch)
    office.clock.advance(days=3 * 366)
    assert retention.let_go(clock=office.clock).rows == 2
    assert list(home.iterdir()) == []
    assert Entry.objects.filter(kind="retention").count() == 2


def test_a_sealed_file_that_was_changed_or_cut_is_not_read(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", "不详")])
    target = vault.folder() / str(got.batch) / "rejects.csv.sealed"
    content = target.read_bytes()
    for broken in (content[:-40], content[:50] + bytes([content[50] ^ 1]) + content[51:]):
        target.write_bytes(broken)
        with pytest.raises(seals.Unreadable):
            feeding.rejected(office.who("medical"), got.batch, "csv")


def test_every_feed_names_a_department_that_exists_in_the_library(library_folder: Path) -> None:
    text = (library_folder / "organisations.csv").read_text("utf-8")
    shorts = {line.rsplit(",", 1)[-1] for line in text.splitlines()}
    assert {owner for feed in declared.feeds().values() for owner in feed.owner} <= shorts


def test_imports_and_withdrawals_are_seen_by_the_auditor(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 100)])
    page = audit.page(office.who("auditor"), audit.Asked())
    assert "import" in {line.kind for line in page.lines}
