"""Installed editions: word for word, told apart by version, an open case stays under the one it was opened with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from taizhang.core import editions
from taizhang.core.models import Case, Edition, Entry
from taizhang.kit.refusal import NotFound, Refusal
from tests.conftest import FixedClock
from tests.core import county as counties

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the test's ledgers that may be changed."""
    copy = tmp_path / "ledgers"
    shutil.copytree(counties.LEDGERS, copy)
    return copy


def changed(folder: Path, version: int) -> None:
    """The ledger `wells` with five days for looking instead of three."""
    file = folder / "wells.yaml"
    text = file.read_text(encoding="utf-8").replace("limit: 3 days", "limit: 5 days")
    file.write_text(text.replace("version: 1", f"version: {version}"), encoding="utf-8")


def test_installing_twice_changes_nothing_and_each_edition_is_an_entry(clock: FixedClock) -> None:
    counties.build(clock)
    again = editions.install(clock=clock, folder=counties.LEDGERS)
    assert (again.new, set(again.kept)) == ((), {"wells", "answers"})
    assert Entry.objects.filter(kind="edition").count() == 2
    kept = Edition.objects.get(ledger="wells")
    assert kept.text == (counties.LEDGERS / "wells.yaml").read_text(encoding="utf-8")


def test_an_open_case_stays_under_its_edition_and_new_ones_take_the_newest(clock: FixedClock, folder: Path) -> None:
    county = counties.build(clock)
    old = county.ask(county.household())
    changed(folder, 2)
    assert editions.install(clock=clock, folder=folder).new == ("wells",)
    new = county.ask(county.household())
    limits = {}
    for case in (old, new):
        turn = Case.objects.get(pk=case.case).turns.get(clock="look")
        assert turn.due is not None
        limits[case.number] = (turn.due - turn.since).days
    assert limits == {"SJ-2021-0001": 3, "SJ-2021-0002": 5}
    county.act("cadre", old.case, "again", given={"note": "提醒"})
    assert Case.objects.get(pk=old.case).edition.version == 1


def test_a_changed_text_under_the_version_of_running_cases_is_refused(clock: FixedClock, folder: Path) -> None:
    county = counties.build(clock)
    county.ask(county.household())
    changed(folder, 1)
    before = Edition.objects.count()
    with pytest.raises(Refusal) as refused:
        editions.install(clock=clock, folder=folder)
    assert refused.value.code == "edition_version"
    assert Edition.objects.count() == before


def test_an_unknown_edition_and_an_unknown_ledger_are_not_found(clock: FixedClock) -> None:
    counties.build(clock)
    with pytest.raises(NotFound):
        editions.pinned("0" * 64)
    with pytest.raises(NotFound):
        editions.current("nothing")
