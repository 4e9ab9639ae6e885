"""What an author is told: every fault at once, with its line and what to do, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taizhang.ledger import check, load, shelf, yaml12
from taizhang.ledger.faults import LedgerFaults
from taizhang.ledger.library import Library

HERE = Path(__file__).parent
SOUND = (HERE / "ledgers" / "well_water.yaml").read_text(encoding="utf-8")


def planted(path: Path) -> dict[int, str]:
    """The faults a file says it has: line and kind."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {number: match[1] for number, line in enumerate(lines, 1) if (match := re.search(r"# fault: (\w+)", line))}


def test_twenty_five_planted_faults_of_twenty_five_kinds_are_found_and_no_other(library: Library) -> None:
    path = HERE / "broken" / "broken_wells.yaml"
    report = check.check_paths([path], library)
    wanted = planted(path)
    assert len(wanted) == 25
    assert len(set(wanted.values())) == 25
    assert {fault.line: fault.code for fault in report.faults} == wanted
    assert len(report.faults) == 25
    for fault in report.faults:
        assert re.search(r"[\u4e00-\u9fff]", fault.text.zh), fault
        assert len(fault.text.en) > 20, fault


def test_a_sound_ledger_has_no_fault_and_its_stories_go_as_told(library: Library) -> None:
    report = check.check_paths([HERE / "ledgers"], library)
    assert report.faults == ()
    assert report.json() == {"ledgers": [{"name": "well_water", "lines": 68, "stories": 2, "hooks": 0}], "faults": []}
    assert [story.ok for file in report.files for story in file.stories] == [True, True]


def test_a_shelf_with_a_fault_is_not_opened_and_says_all_of_them(library: Library) -> None:
    with pytest.raises(LedgerFaults) as refused:
        shelf.load(HERE / "broken", library=library)
    assert len(refused.value.faults) == 24  # the story is told by the check, not when a site starts


# One edit of the sound ledger each, and the one fault it must make: text to replace, replacement, code, part of the place.
EDITS = [
    ("ledger: well_water", "ledger: Well-Water", "value_error", "ledger"),
    ("on: close, sum: case.cost", "on: [note, close], sum: int(entry.depth)", "name", "indicators.closed.sum"),
    ("version: 1", "version: 0", "greater_than_equal", "version"),
    ("subject: household", "subject: house", "literal_error", "subject"),
    ("opens: true, to: found", "opens: true, aside: true, to: found", "opens_aside", "acts.report.aside"),
    ('by: "@mender", asks', 'alone: true, by: "@mender", asks', "alone", "acts.mended.alone"),
    ("to: found, via", "to: fond, via", "unknown_stage", "acts.report.to"),
    ("by: [cadre@village, anyone], asks: [pollutant", "by: [cadre@vilage, anyone], asks: [pollutant", "level", "acts.report.by"),
    ('by: "@mender", asks', 'by: "@mended", asks', "unknown_field", "acts.mended.by"),
    ("by: reviewer@town, asks: story}\n  pass", "by: '@story', asks: story}\n  pass", "party", "acts.redo.by"),
    ("asks: [mender, mend_by, boiled]", "asks: [mender, mend_by, boild, boiled]", "unknown_field", "acts.order.asks"),
    ("within: {order: 60 days}", "within: {ordr: 60 days}", "unknown_act", "acts.mended.within.ordr"),
    ("within: {order: 60 days}", "within: {order: 60}", "value_error", "acts.mended.within.order"),
    ("after: {pass: notice}", "after: {redo: notice}", "no_notice", "acts.close.after.redo"),
    ("show: [subject, pollutant]", "show: [subject, story]", "sealed_shown", "acts.pass.notice.show"),
    ("show: [subject, pollutant]", "show: [subject, polutant]", "unknown_field", "acts.pass.notice.show"),
    ("notice: {days: 5", "notice: {days: policy.five", "unknown_policy", "acts.pass.notice"),
    ("evidence: {photo: 2, file: 0}", "evidence: {phto: 2}", "literal_error", "acts.mended.evidence"),
    ("limit: policy.well_limit", "limit: policy.wel_limit", "unknown_policy", "clocks.local.limit"),
    ("limit: policy.well_limit", "limit: policy.quorum", "policy_type", "clocks.local.limit"),
    ("every: month", "every: fortnight", "period", "clocks.patrol.every"),
    ("every: month, act: patrol", "every: month", "every_act", "clocks.patrol"),
    ("due: case.mend_by", "due: case.users", "type", "clocks.mend.due"),
    ("due: case.mend_by", "due: case.mend_by, limit: 9 days", "clock_kind", "clocks.mend"),
    ("limit: 2 hours, stops: order", "limit: 0 hours, stops: order", "zero", "clocks.boil.limit"),
    ("yellow: 1, owes: cadre@village}", "yellow: 2, owes: cadre@village}", "yellow", "clocks.boil.yellow"),
    ("accepts_back: 72 hours}\n  local", "accepts_back: 3 workdays}\n  local", "tolerance", "clocks.mend.accepts_back"),
    ("pauses: waiting, yellow", "pauses: wating, yellow", "unknown_stage", "clocks.whole.pauses"),
    ("when: case.level == 'grave', yellow", "when: case.level == 'graev', yellow", "choice", "clocks.boil.when"),
    ("when: case.level == 'grave', yellow", "when: total('well_water.open') > 1, yellow", "outside", "clocks.boil.when"),
    ("owes: lead@district}", "yellow: 2}", "twice", "clocks.test.yellow"),
    ("sum: case.users}", "sum: case.story}", "type", "indicators.users.sum"),
    ("on: [close, drop]", "on: [close, dropp]", "unknown_act", "indicators.in_time.on"),
    ("on: close, sum: case.cost", "on: close, distinct: subject.id", "not_yet", "indicators.closed.distinct"),
    ("set: {pollutant: each.code, users: case.users}", "set: {pollutant: each.code}", "spawn_lacks", "acts.close.do.0.spawn.set"),
    ("set: {pollutant: each.code,", "set: {polutant: each.code, pollutant: each.code,", "unknown_field", "acts.close.do.0.spawn.set"),
    ("by: system, asks: [poll", "by: reviewer@town, asks: [poll", "not_system", "acts.close.do.0.spawn.act"),
    ("default: 1}", "default: many}", "default", "fields.users.default"),
    ("min: 1, max: 500", "min: 501, max: 500", "bounds", "fields.users.min"),
    ("type: text}\n  income", "type: text, find: true}\n  income", "find_sealed", "fields.story.find"),
    ("sensitive: restrict}", "sensitive: restrict, during: fond}", "unknown_stage", "fields.income.during"),
    ("zh: 用水人数", "during: found, zh: 用水人数", "during", "fields.users.during"),
    ("asks: [cost, signers], may: income", "asks: [cost, signers, share], may: income", "calc_asked", "fields.share.calc"),
    ("en: Told to boil, type: bool", "en: Told to boil, type: boolean", "literal_error", "fields.boiled.type"),
    ("of: pollutants}", "}", "catalogue", "fields.pollutant"),
    ("fields:\n", "fields:\n  helper: {zh: 人, en: Helper, type: person, of: cadre@town}\n", "level", "fields.helper.of"),
    ("documents: {case: SJ-YYYY-NNNN}", "documents: {case: SJ-2021}", "series", "documents.case"),
    ("stories:\n", "hooks: {top_up: 分档补差}\nstories:\n", "hook", "hooks.top_up"),
    ("stories:\n", "public: {form: order}\nstories:\n", "public_form", "public.form"),
    ("stories:\n", "public: {board: [income]}\nstories:\n", "sealed_shown", "public.board"),
    ("stories:\n", "rules: [{at: whle, turns: red, do: []}]\nstories:\n", "unknown_clock", "rules.0.at"),
    ("stories:\n", "upgrade: [{since: 2, stages: {old: found}}]\nstories:\n", "upgrade", "upgrade.0.since"),
    ("stories:\n", "upgrade: [{since: 1}]\nstories:\n", "upgrade", "upgrade.0.since"),
    ("zh: 水井不合格整改", "zh: &name 水井不合格整改", "anchor", "zh"),
    ("act: report, as: anyone", "act: reprot, as: anyone", "unknown_act", "stories.1.do.0.act"),
    ("light: red, on: 2021-03-01 11:00", "light: red, on: 2021-03-01 10:59", "story", "stories.1.ends"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "where"), EDITS, ids=lambda value: str(value)[:24])
def test_each_wrong_edit_of_a_sound_ledger_is_named_where_it_stands(
    tmp_path: Path, library: Library, old: str, new: str, code: str, where: str
) -> None:
    assert old in SOUND, old
    path = tmp_path / "well_water.yaml"
    path.write_text(SOUND.replace(old, new, 1), encoding="utf-8")
    faults = check.check_paths([path], library).faults
    assert [fault.code for fault in faults] == [code]
    assert faults[0].where.startswith(where)


def test_a_ledger_without_stories_does_not_load(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "well_water.yaml"
    path.write_text(SOUND[: SOUND.index("stories:")], encoding="utf-8")
    assert [fault.code for fault in check.check_paths([path], library).faults] == ["no_stories"]


def test_a_syntax_error_is_one_fault_with_its_line_and_a_hint(library: Library) -> None:
    ledger, _, faults = load.parse("ledger: a\nversion: 1\nby: @subject\n", "a.yaml")
    assert ledger is None
    assert [(fault.line, fault.code) for fault in faults] == [(3, "syntax")]
    assert '"@helper"' in faults[0].text.en


def test_on_and_yes_are_words_and_a_decimal_stays_text() -> None:
    read = yaml12.read("on: yes\nmin: 0.5\nday: 2021-03-01\nn: 12\nt: true\nnone: ~\n")
    assert read.data == {"on": "yes", "min": "0.5", "day": "2021-03-01", "n": 12, "t": True, "none": None}


def test_a_text_that_begins_with_an_exclamation_mark_is_named() -> None:
    assert [(slip.line, slip.code) for slip in yaml12.read("a: 1\nwhere: !closed\n").slips] == [(2, "tag")]


def test_a_file_that_is_too_big_or_too_deep_is_refused_unread() -> None:
    assert [slip.code for slip in yaml12.read("a: " + "x" * 300_000).slips] == ["too_big"]
    assert [slip.code for slip in yaml12.read("[" * 40 + "]" * 40).slips] == ["too_deep"]


def test_aliases_that_would_multiply_are_named_and_not_multiplied() -> None:
    bomb = "a: &a [x, x]\n" + "\n".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 9)}]" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    )
    assert [slip.code for slip in yaml12.read(bomb).slips] == ["anchor"] * 8


def test_an_old_edition_is_compiled_from_its_text_alone(library: Library) -> None:
    ledger = shelf.edition(SOUND, library=library)
    assert (ledger.name, ledger.version, ledger.prefix, len(ledger.digest)) == ("well_water", 1, "SJ", 64)
    assert ledger.text == SOUND


def test_a_stage_from_which_only_ways_beside_lead_on_is_named(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "well_water.yaml"
    for act in ("en: Order the mending,", "en: A mistake,"):
        path.write_text((path.read_text() if path.exists() else SOUND).replace(act, f"{act} aside: true,", 1))
    faults = check.check_paths([path], library).faults
    assert [(fault.code, fault.where) for fault in faults] == [("only_aside", "stages.found")]
