"""Figures are counted from records: as of a day, as known on a day, and open to the records behind them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from taizhang.core.moves import cases
from taizhang.core.queries import figures
from taizhang.kit.refusal import Refusal
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core import duties
from tests.core.county import County

pytestmark = pytest.mark.django_db

FIGURES = """
- {id: asked, system: T, zh: 登记, en: Asked, on: 2021-12-20, wanted: "2", least: false, unit: cases,
   count: {indicator: wells.asked, window: year}}
- {id: costs, system: T, zh: 费用, en: Costs, on: 2021-12-20, wanted: "1", least: true, unit: fen,
   count: {indicator: wells.costs, window: year}}
- {id: watched, system: T, zh: 在查, en: Watched, on: 2021-12-31, wanted: "1", least: false, unit: households,
   count: {indicator: wells.watched, window: standing}}
- {id: poor, system: T, zh: 脱贫人口, en: Poor, on: 2021-12-20, wanted: "3", least: false, unit: persons,
   count: {register: resident, where: [living, registered_poor]}}
- {id: share, system: T, zh: 占比, en: Share, on: 2021-12-20, wanted: "0.0", least: false, unit: percent,
   count: {share: {of: {register: resident, where: [registered_poor, disabled]}, in: {register: resident, where: [registered_poor]}},
           places: 1}}
"""


@pytest.fixture
def county(clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> County:
    """The small county with figures of its own."""
    made = counties.build(clock)
    file = tmp_path / "figures.yaml"
    file.write_text(FIGURES, encoding="utf-8")
    monkeypatch.setattr(figures, "read", lambda: figures.read_file(file))
    return made


def watched(county: County) -> cases.Acted:
    """A case that comes to be watched on the 26th."""
    opened = county.ask(county.household())
    for answer, key in zip(county.look(opened.case, cost=50_000).spawned, ("medical", "civil"), strict=True):
        county.act(key, answer, "answer", given={"found": "无"})
    county.act("cadre", opened.case, "post")
    county.clock.advance(days=6)
    county.act("lead", opened.case, "decide")
    return opened


def test_figures_are_summed_from_facts_and_counted_from_registers(county: County) -> None:
    county.household(names=["甲", "乙", "丙"], kind="脱贫户")
    county.ask(county.household())
    watched(county)
    found = {figure.wanted.id: (figure.value, figure.records, figure.agrees) for figure in figures.figures()}
    assert found == {
        "asked": ("2", 2, True),
        "costs": ("50000", 1, True),
        "watched": ("1", 1, True),
        "poor": ("3", 3, True),
        "share": ("0.0", 0, True),
    }


def test_a_past_day_may_be_asked_as_known_now_or_as_known_then(county: County) -> None:
    opened = watched(county)
    assert figures.figure("watched", on=date(2021, 12, 25)).value == "0"
    assert figures.figure("watched", on=date(2021, 12, 26)).value == "1"
    then = county.clock.now()
    county.clock.advance(days=1)
    cases.annul(county.who("lead"), opened.case, 4, reason="会议未通过", clock=county.clock)
    assert figures.figure("watched").value == "0"
    county.clock.advance(days=1)
    assert figures.figure("watched", on=date(2021, 12, 26), known=county.clock.now()).value == "1"
    assert figures.figure("watched", known=then).value == "0"  # the very instant of the decision is not yet known


def test_a_figure_opens_to_the_records_that_the_reader_may_see(county: County) -> None:
    county.ask(county.household())
    county.ask(county.household(counties.FAR), by="stranger")
    assert [one.label for one in figures.records(county.who("leader"), "asked")] == ["SJ-2021-0001", "SJ-2021-0002"]
    assert [one.label for one in figures.records(county.who("reviewer"), "asked")] == ["SJ-2021-0001"]
    with pytest.raises(Refusal):
        figures.records(county.who("medical"), "asked")


# --- narrowed, divided, told apart ----------------------------------------------------------------------------------

CHEAP = """
  cheap:   {zh: 便宜率, en: Cheap, on: look, over: "true", where: case.cost <= yuan(600)}
"""
FORMS = {
    "deep": "{indicator: wells.costs, where: {depth: 30}}",
    "of-two-depths": "{indicator: wells.costs, window: so_far, where: {depth: [30, 31]}}",
    "shallow": "{indicator: wells.costs, where: {depth: 12}}",
    "here": f'{{indicator: wells.asked, area: "{counties.VILLAGE}"}}',
    "far": f'{{indicator: wells.asked, area: "{counties.FAR}"}}',
    "seconds": "{distinct: {field: second, of: {indicator: wells.costs}}}",
    "depths": "{distinct: {field: depth, of: {indicator: wells.costs}}}",
    "days": "{days: {from: {indicator: wells.asked}, to: {indicator: wells.costs}}}",
    "halves": "{per: {of: {indicator: wells.asked}, by: 2}, places: 1}",
    "cheap": "{rate: {indicator: wells.cheap}, places: 1}",
    "persons": "{register: resident, where: [living], homes: [registered_poor, {indicator: wells.costs}]}",
    "persons-asked": "{register: resident, homes: [registered_poor, {indicator: wells.costs}], with: {indicator: wells.asked}}",
    "sealed": "{indicator: wells.asked, where: {note: 井水发浑}}",
}


def wanted(folder: Path, name: str, count: str, unit: str = "cases") -> figures.Wanted:
    """One figure as a library would declare it."""
    file = folder / f"{name}.yaml"
    file.write_text(
        f'- {{id: {name}, system: T, zh: 数, en: N, on: 2021-12-31, wanted: "1", least: true, unit: {unit}, count: {count}}}\n',
        encoding="utf-8",
    )
    return figures.read_file(file)[0]


@pytest.fixture
def looked(clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> County:
    """Three wells asked about, two looked at: thirty and thirty-one metres deep, for 500 and 900 yuan; a poor household beside."""
    folder = tmp_path / "ledgers"
    folder.mkdir()
    for file in counties.LEDGERS.glob("*.yaml"):
        text = file.read_text(encoding="utf-8").replace(
            "\nstories:", f"{CHEAP if file.stem == 'wells' else ''}\nstories:"
        )
        (folder / file.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(counties, "LEDGERS", folder)
    county = counties.build(clock)
    first = county.ask(county.household(names=["甲", "乙"]))
    second = county.ask(county.household(kind="脱贫户"))
    county.ask(county.household(counties.FAR), by="stranger")
    county.household(names=["丙", "丁", "戊"], kind="脱贫户")
    county.look(first.case, cost=50_000)
    clock.advance(days=2)
    county.look(second.case, cost=90_000, given={"depth": 31, "second": county.account("reviewer")})
    return county


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deep", "50000"), ("of-two-depths", "140000"), ("shallow", "0"), ("here", "2"), ("far", "1"), ("seconds", "2"),
        ("depths", "2"), ("days", "2"), ("halves", "1.5"), ("cheap", "50.0"), ("persons", "6"), ("persons-asked", "3"),
    ],
)  # fmt: skip
def test_a_figure_is_narrowed_divided_and_told_apart_as_declared(
    name: str, value: str, looked: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = wanted(tmp_path, name, FORMS[name])
    monkeypatch.setattr(figures, "read", lambda: (declared,))
    assert figures.figure(name).value == value


def test_yuan_are_counted_in_fen_and_printed_without_needless_zeros(
    looked: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = wanted(tmp_path, "yuan", FORMS["deep"], "yuan")
    monkeypatch.setattr(figures, "read", lambda: (declared,))
    assert figures.figure("yuan").value == "500"


def test_a_sealed_field_narrows_no_figure(looked: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = wanted(tmp_path, "sealed", FORMS["sealed"])
    monkeypatch.setattr(figures, "read", lambda: (declared,))
    with pytest.raises(Refusal):
        figures.figure("sealed")


def test_a_derived_figure_opens_to_the_cases_it_is_derived_from(
    looked: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("seconds", "days", "cheap", "halves"):
        declared = wanted(tmp_path, name, FORMS[name])
        monkeypatch.setattr(figures, "read", lambda declared=declared: (declared,))
        numbers = [one.label for one in figures.records(looked.who("leader"), name)]
        assert numbers[:2] == ["SJ-2021-0001", "SJ-2021-0002"][: len(numbers)]
        assert len(numbers) == {"seconds": 2, "days": 2, "cheap": 1, "halves": 3}[name]


DUTIES = """
- {id: items, system: T, zh: 事项, en: Items, on: 2021-12-18, wanted: "44", least: false, unit: items,
   count: {roster: duties, of: item}}
- {id: modules, system: T, zh: 板块, en: Modules, on: 2021-12-18, wanted: "4", least: false, unit: modules,
   count: {roster: duties, of: module}}
- {id: levels, system: T, zh: 层级, en: Levels, on: 2021-12-18, wanted: "3", least: false, unit: levels,
   count: {roster: duties, of: level}}
"""


def test_what_organisations_owe_is_counted_and_opens_to_them(
    clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = duties.build()
    file = tmp_path / "figures.yaml"
    file.write_text(DUTIES, encoding="utf-8")
    monkeypatch.setattr(figures, "read", lambda: figures.read_file(file))
    found = {one.wanted.id: (one.value, one.records) for one in figures.figures()}
    assert found == {"items": ("44", 7), "modules": ("4", 7), "levels": ("3", 7)}
    rows = figures.records(office.who("clerk"), "items")
    counted = {row.code: row.counts for row in rows}
    assert (len(counted), counted["water"], counted["town"], counted["village"]) == (7, 37, 38, 17)
