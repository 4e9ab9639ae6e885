"""What is generated from a ledger and from the schema: its page, its diagram, the manual."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from taizhang.ledger import check, docs, load, manual, manual_keys, yaml12
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger

ROOT = Path(__file__).parents[2]


def test_a_page_names_who_may_do_what_by_when(wells: Ledger, library: Library) -> None:
    page = docs.page(wells, library.roles)
    close = next(row for row in page.acts if row.act == "close")
    assert [who.zh for who in close.by] == ["乡镇审核员"]
    assert [text.en for text in close.waits] == ["once the notice of “Passes the test” is over"]
    assert [sentence.zh for sentence, _ in close.needs] == ["还有单位没有签字"]
    clocks = {row.clock: row for row in page.clocks}
    assert clocks["local"].limit == ("水井整改时限（policy.well_limit）", "Time to mend a well (policy.well_limit)")
    assert clocks["sign"].starts.zh == "化验合格公示期满"
    assert clocks["patrol"].limit.zh == "每月1次“巡查”"
    assert clocks["mend"].owes.zh == "施工单位"
    assert page.source == wells.text


def test_the_diagram_shows_every_stage_once_and_no_boxes_overlap(wells: Ledger) -> None:
    picture = docs.page(wells).diagram
    assert sorted(box.stage for box in picture.boxes) == sorted(wells.stages)
    for one, two in combinations(picture.boxes, 2):
        apart = (
            one.x + one.width <= two.x
            or two.x + two.width <= one.x
            or one.y + one.height <= two.y
            or two.y + two.height <= one.y
        )
        assert apart, (one.stage, two.stage)
    for box in picture.boxes:
        assert 0 <= box.x <= picture.width - box.width
        assert 0 <= box.y <= picture.height - box.height
    ways = {(line.begins, line.ends): [act.zh for act in line.acts] for line in picture.lines}
    assert ways["found", "mending"] == ["交办整改"]
    assert ways["disputed", "posted"] == ["异议不成立"]
    assert docs.page(wells).diagram == picture


@pytest.mark.parametrize("part", manual_keys.KEYS)
def test_the_manual_explains_every_key_of_the_schema_and_no_other(part: str) -> None:
    assert set(manual_keys.KEYS[part]) == set(manual.part_keys(part))


@pytest.mark.parametrize("part", manual_keys.KEYS)
def test_each_example_in_the_manual_is_good_yaml_that_uses_its_key(part: str) -> None:
    for key, told in manual_keys.KEYS[part].items():
        if told.example:
            read = yaml12.read(told.example)
            assert read.slips == []
            assert list(read.data) == [key]


def test_the_keys_of_a_ledger_in_the_manual_make_a_ledger_that_has_the_right_shape() -> None:
    keys = manual_keys.KEYS["Declaration"]
    text = "\n".join(told.example for key, told in keys.items() if key != "rules")
    ledger, _, faults = load.parse(text, "well_water.yaml")
    assert faults == []
    assert ledger is not None


def test_the_whole_ledger_of_the_manual_loads_and_goes_as_told(library: Library, tmp_path: Path) -> None:
    (tmp_path / "lost_keys.yaml").write_text(manual.WHOLE, encoding="utf-8")
    report = check.check_paths([tmp_path / "lost_keys.yaml"], library)
    assert report.faults == ()
    assert [story.ok for file in report.files for story in file.stories] == [True, True]


@pytest.mark.parametrize(
    ("told", "said"),
    [("doors: 3", "指标 doors 应为 3，实为 2。"), ("doors: 2, nothing: 1", "没有名为 nothing 的指标。")],
)
def test_a_story_says_what_indicators_counted_and_is_held_to_it(
    library: Library, tmp_path: Path, told: str, said: str
) -> None:
    text = manual.WHOLE.replace("counts: {lost: 1, doors: 2}", f"counts: {{lost: 1, {told}}}")
    (tmp_path / "lost_keys.yaml").write_text(text, encoding="utf-8")
    faults = check.check_paths([tmp_path / "lost_keys.yaml"], library).faults
    assert [(fault.where, said in fault.text.zh) for fault in faults] == [("stories.0.ends", True)]


def test_a_sentence_cut_at_its_comma_is_told_so(library: Library, tmp_path: Path) -> None:
    text = manual.WHOLE.replace("en: The key turns up}", "en: The key turns up, in a car}")
    (tmp_path / "lost_keys.yaml").write_text(text, encoding="utf-8")
    faults = check.check_paths([tmp_path / "lost_keys.yaml"], library).faults
    assert [fault for fault in faults if "“in a car”" in fault.text.zh and "引号" in fault.text.zh]


def test_the_manual_in_the_documentation_is_the_generated_one() -> None:
    assert (ROOT / "docs" / "ledger-manual.md").read_text(encoding="utf-8") == manual.manual()
