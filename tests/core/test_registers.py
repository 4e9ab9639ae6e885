"""The registers keep their past: imports and single changes become versions, and any day can be asked."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from taizhang.core import access, chain, profiles, seals
from taizhang.core.clock import Standing
from taizhang.core.models import (
    Area,
    AreaAlias,
    Entry,
    Household,
    HouseholdVersion,
    Membership,
    NameToken,
    Organisation,
    Resident,
    ResidentVersion,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves import areas, registers, snapshots
from taizhang.core.subjects import Subject
from taizhang.kit import areacode, idnumber
from taizhang.kit.refusal import NotFound, Refusal
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
CLOCK = Standing(NOW)
TODAY = date(2021, 12, 20)
FIRST, SECOND = date(2021, 6, 1), date(2021, 12, 5)
VILLAGE, OTHER_VILLAGE = "990503100201", "990503100202"


def number(serial: int, born: str = "19800101") -> str:
    head = f"990503{born}{serial:03d}"
    return head + idnumber.check_character(head)


def row(household: str, name: str, serial: int | str, relation: str = "户主", **more: Any) -> dict[str, Any]:
    identity = number(serial) if isinstance(serial, int) else serial
    return {
        "household": household, "name": name, "number": identity, "relation": relation, "area": VILLAGE,
        "address": "一组 3 号", "kind": "一般农户", "health": "健康", "labour": "普通劳动力", "school": None,
        "work_months": "6", "phone": "15405030001", **more,
    }  # fmt: skip


FAMILY = [row("H1", "申晓", 1), row("H1", "路青", 2, "配偶"), row("H1", "申禾", 3, "之子")]


@pytest.fixture(autouse=True)
def _district() -> None:
    chain.found("990503", "北关区", demo=True, clock=CLOCK)
    parent = None
    for code, level in (
        ("990503", "district"),
        ("990503100", "town"),
        (VILLAGE, "village"),
        (OTHER_VILLAGE, "village"),
    ):
        area = Area.objects.create(path=code, level=level, name=code, parent=None if level == "district" else parent)
        parent = area if level != "village" else parent


def load(rows: list[dict[str, Any]], day: date = FIRST, **more: Any) -> snapshots.Counts:
    return snapshots.import_residents(access.SYSTEM, rows, day=day, clock=CLOCK, **more)


def household(code: str = "H1") -> Household:
    return Household.objects.get(numbers__number=code)


def resident(name: str) -> uuid.UUID:
    tokens = seals.name_tokens(name)
    return Resident.objects.filter(tokens__token__in=tokens).distinct().get().pk


def members(code: str, day: date) -> list[tuple[str, str]]:
    rows = Membership.objects.filter(profiles.in_force(day), household=household(code)).order_by("pk")
    named = profiles.people([row.resident_id for row in rows], day)
    return sorted((named[row.resident_id].name, row.relation) for row in rows)


def change(kind: str, *, household_id: uuid.UUID | None = None, **values: Any) -> None:
    home = household_id or household().pk
    subject = Subject("household", str(home), Household.objects.get(pk=home).area_id, VILLAGE, household=home)
    entry = chain.Draft(kind="act", act=kind, received=NOW, area=VILLAGE)
    with transaction.atomic():
        registers.apply(kind, values, subject=subject, case=new_id(), entry_id=entry.id, actor=access.SYSTEM, now=NOW)
        chain.append(entry)


# --- imports --------------------------------------------------------------------------------------------------------


def test_a_file_becomes_households_and_people_and_one_entry() -> None:
    counts = load(FAMILY)
    assert (counts.new_households, counts.new_residents, counts.rejected) == (1, 3, [])
    assert members("H1", FIRST) == [("申晓", "户主"), ("申禾", "之子"), ("路青", "配偶")]
    home = household()
    assert profiles.heads([home.pk], FIRST) == {home.pk: "申晓"}
    assert profiles.address([home.pk], FIRST) == {home.pk: "一组 3 号"}
    assert HouseholdVersion.objects.get().sort_key == "shen xiao"
    assert Entry.objects.filter(kind="import").count() == 1
    assert '"new_residents":3' in Entry.objects.get(kind="import").body
    profile = profiles.people([resident("路青")], FIRST)[resident("路青")]
    assert (profile.number, profile.phone, profile.born) == (number(2), "15405030001", date(1980, 1, 1))


def test_the_same_file_again_makes_no_new_version() -> None:
    load(FAMILY)
    before = [model.objects.count() for model in (HouseholdVersion, ResidentVersion, Membership, NameToken)]
    counts = load(FAMILY, SECOND)
    assert (counts.new_residents, counts.changed_residents, counts.changed_households, counts.left) == (0, 0, 0, 0)
    assert [model.objects.count() for model in (HouseholdVersion, ResidentVersion, Membership, NameToken)] == before


def test_a_later_file_changes_what_it_says_and_the_former_day_still_reads_as_it_was() -> None:
    load(FAMILY)
    later = [row("H1", "申晓", 1, phone="15405030009"), row("H1", "路青", 2, "配偶")]
    counts = load(later, SECOND)
    assert (counts.changed_residents, counts.changed_households, counts.left) == (1, 0, 1)
    head = resident("申晓")
    assert profiles.people([head], FIRST)[head].phone == "15405030001"
    assert profiles.people([head], SECOND)[head].phone == "15405030009"
    assert members("H1", SECOND - timedelta(days=1)) == [("申晓", "户主"), ("申禾", "之子"), ("路青", "配偶")]
    assert members("H1", SECOND) == [("申晓", "户主"), ("路青", "配偶")]


def test_who_moves_to_another_household_leaves_the_first() -> None:
    load([*FAMILY, row("H2", "乔麦", 9)])
    load([row("H2", "乔麦", 9), row("H2", "申禾", 3, "之儿媳")], SECOND)
    assert members("H1", SECOND) == [("申晓", "户主"), ("路青", "配偶")]
    assert members("H2", SECOND) == [("乔麦", "户主"), ("申禾", "之儿媳")]


def test_only_a_whole_register_ends_who_is_not_in_it() -> None:
    load([*FAMILY, row("H2", "乔麦", 9)])
    load(FAMILY, SECOND)
    assert members("H2", SECOND) == [("乔麦", "户主")]
    counts = load(FAMILY, SECOND + timedelta(days=1), reach="whole")
    assert counts.left == 1
    assert members("H2", SECOND + timedelta(days=1)) == []


def test_households_without_a_head_with_two_heads_or_odd_numbers_are_kept_as_they_are() -> None:
    rows = [
        row("H1", "申晓", 1, "配偶"), row("H1", "路青", 2, "之子"),
        row("H2", "乔麦", 9), row("H2", "常稻", 10),
        row("H3", "段野", ""), row("H3", "段舟", "12345", "之子"),
    ]  # fmt: skip
    counts = load(rows)
    assert (counts.new_households, counts.new_residents, counts.rejected) == (3, 6, [])
    heads = profiles.heads([household(code).pk for code in ("H1", "H2", "H3")], FIRST)
    assert list(heads.values()) == ["", "乔麦", "段野"]
    again = load(rows, SECOND)
    assert (again.new_residents, again.changed_residents, again.changed_households) == (0, 0, 0)


def test_rows_that_cannot_be_used_are_counted_with_their_reason() -> None:
    rows = [
        row("", "甲禾", 1), row("H1", "", 2), row("H9", "乙禾", 3, area="990599"),
        row("H1", "丙禾", 4), row("H2", "丙禾", 4), row("H1", "丁禾", 5), row("H1", "丁禾", 5),
    ]  # fmt: skip
    counts = load(rows)
    assert counts.rejected == [
        (0, "household"),
        (1, "name"),
        (2, "area"),
        (3, "two_households"),
        (4, "two_households"),
        (6, "repeat"),
    ]
    assert counts.new_residents == 1
    with pytest.raises(Refusal, match="没有可用的行"):
        load([])


def test_what_an_entry_changed_after_the_day_of_the_file_is_left_alone() -> None:
    load(FAMILY)
    change("birth", name="申苗", relation="之女", since="2021-12-10")
    counts = load(FAMILY, SECOND)
    assert counts.newer == 1
    assert ("申苗", "之女") in members("H1", TODAY)


@pytest.mark.slow
def test_eight_thousand_residents_are_imported_and_again_nothing_is_new() -> None:
    names = [f"段{chr(0x4E00 + at % 900)}" for at in range(8000)]
    numbers = [number(at % 1000, f"19{50 + at // 1000}0101") for at in range(8000)]
    relations = ["其他" if at % 3 else "户主" for at in range(8000)]
    rows = [row(f"H{at // 3}", names[at], numbers[at], relations[at]) for at in range(8000)]
    assert load(rows).new_residents == 8000
    assert load(rows, SECOND).changed_residents == 0


def test_incomes_are_added_once() -> None:
    load(FAMILY)
    rows = [{"household": "H1", "since": date(2020, 10, 1), "until": date(2021, 9, 30), "wage": 2_400_000, "cost": 100}]
    for fresh in (1, 0):
        counts = snapshots.import_incomes(access.SYSTEM, [*rows, {"household": "H9", "until": FIRST}], clock=CLOCK)
        assert (counts.changed_households, counts.rejected) == (fresh, [(1, "household")])
    (one,) = profiles.incomes(household().pk)
    assert (one.begins, one.ends, one.amounts) == (
        date(2020, 10, 1),
        date(2021, 9, 30),
        {"wage": 2_400_000, "cost": 100},
    )
    assert one.confirmed


def test_only_who_may_import_does() -> None:
    with pytest.raises(Refusal) as refused:
        snapshots.import_residents(access.Actor(None, "x", ()), FAMILY, day=FIRST, clock=CLOCK)
    assert refused.value.code == "not_allowed"
    assert Resident.objects.count() == 0


# --- single changes -------------------------------------------------------------------------------------------------


def test_a_household_moves_with_its_past_kept() -> None:
    load(FAMILY)
    change("move", area=OTHER_VILLAGE, since="2021-12-01")
    assert household().area_path == OTHER_VILLAGE
    paths = {
        day: HouseholdVersion.objects.get(profiles.in_force(day), household=household()).area_path
        for day in (FIRST, TODAY)
    }
    assert paths == {FIRST: VILLAGE, TODAY: OTHER_VILLAGE}
    with pytest.raises(NotFound):
        change("move", area="990503999999", since="2021-12-01")


def test_a_split_makes_a_household_of_those_who_leave() -> None:
    load(FAMILY)
    change("split", members=[str(resident("申禾"))], since="2021-12-01")
    assert members("H1", TODAY) == [("申晓", "户主"), ("路青", "配偶")]
    new = Household.objects.exclude(pk=household().pk).get()
    assert profiles.heads([new.pk], TODAY) == {new.pk: "申禾"}
    with pytest.raises(Refusal, match="不能全部分出"):
        change("split", members=[str(resident(name)) for name in ("申晓", "路青")], since="2021-12-02")


def test_a_merge_leaves_an_empty_household_with_its_past() -> None:
    load([*FAMILY, row("H2", "乔麦", 9)])
    change("merge", household_id=household("H2").pk, into=str(household().pk), since="2021-12-01")
    assert members("H1", TODAY) == [("乔麦", "其他"), ("申晓", "户主"), ("申禾", "之子"), ("路青", "配偶")]
    assert members("H2", TODAY) == []
    assert members("H2", FIRST) == [("乔麦", "户主")]
    assert profiles.heads([household("H2").pk], TODAY) == {household("H2").pk: ""}


def test_birth_death_joining_and_leaving_change_the_members_from_their_day() -> None:
    load(FAMILY)
    change("birth", name="申苗", number="", relation="04", since="2021-12-02")
    change("join", name="柏云", number=number(7), relation="之儿媳", since="2021-12-03")
    change("death", member=str(resident("申晓")), since="2021-12-04")
    change("leave", member=str(resident("路青")), since="2021-12-05")
    assert members("H1", date(2021, 12, 1)) == [("申晓", "户主"), ("申禾", "之子"), ("路青", "配偶")]
    assert [name for name, _ in members("H1", TODAY)] == ["柏云", "申晓", "申禾", "申苗"]
    dead, child = resident("申晓"), resident("申苗")
    assert profiles.people([dead], TODAY)[dead].died == date(2021, 12, 4)
    assert profiles.people([child], TODAY)[child].born == date(2021, 12, 2)
    load([row("H1", "申晓", 1), row("H1", "申禾", 3, "之子")], TODAY)
    assert profiles.people([dead], TODAY)[dead].died == date(2021, 12, 4)


@pytest.mark.parametrize(
    ("item", "value", "shown"),
    [("name", "申小晓", "申小晓"), ("phone", "15405030077", "15405030077"), ("number", number(88), number(88))],
)
def test_a_correction_changes_one_thing_about_a_person(item: str, value: str, shown: str) -> None:
    load(FAMILY)
    who = resident("申晓")
    change("correction", member=str(who), item=item, value=value, since="2021-12-01")
    assert getattr(profiles.people([who], TODAY)[who], item) == shown
    assert getattr(profiles.people([who], FIRST)[who], item) != shown
    if item == "number":
        assert Resident.objects.get(number_index=seals.index("number", value)).pk == who


def test_a_correction_of_the_household_and_of_its_head() -> None:
    load(FAMILY)
    change("correction", item="address", value="二组 5 号", since="2021-12-01")
    change("correction", item="kind", value="监测户", since="2021-12-02")
    change("correction", member=str(resident("路青")), item="head", value="是", since="2021-12-03")
    home = household()
    assert profiles.address([home.pk], TODAY)[home.pk] == "二组 5 号"
    assert HouseholdVersion.objects.get(valid_to=None).kind == "监测户"
    assert profiles.heads([home.pk], TODAY)[home.pk] == "路青"
    assert members("H1", TODAY) == [("申晓", "其他"), ("申禾", "之子"), ("路青", "户主")]


def test_changes_that_cannot_be_are_refused_and_leave_nothing_behind() -> None:
    load(FAMILY)
    before = list(ResidentVersion.objects.order_by("pk").values_list("pk", "valid_to"))
    attempts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("fly", {}),
        ("death", {"member": str(new_id())}),
        ("death", {"member": str(resident("申晓")), "since": "2022-01-01"}),
        ("correction", {"member": str(resident("申晓")), "item": "number", "value": "123"}),
        ("correction", {"member": str(resident("申晓")), "item": "number", "value": number(2)}),
        ("birth", {"name": ""}),
    )
    for name, values in attempts:
        with pytest.raises(Refusal):
            change(name, **values)
    assert list(ResidentVersion.objects.order_by("pk").values_list("pk", "valid_to")) == before


def test_a_change_told_late_begins_no_earlier_than_what_it_changes() -> None:
    load(FAMILY, SECOND)
    change("death", member=str(resident("申晓")), since="2021-10-01")
    who = resident("申晓")
    assert profiles.people([who], SECOND)[who].died == date(2021, 10, 1)
    assert ResidentVersion.objects.filter(valid_to=None, resident=who).get().valid_from == SECOND


# --- areas and organisations ----------------------------------------------------------------------------------------


def test_the_area_table_of_the_library_loads_with_aliases_and_loads_again_without_change(library_folder: Path) -> None:
    assert areas.load_areas(library_folder / "areas-410503.csv", clock=CLOCK) == 131
    assert areas.load_areas(library_folder / "areas-410503.csv", clock=CLOCK) == 0
    found = dict(AreaAlias.objects.filter(area__path="410503010").values_list("system", "code"))
    assert found["civil"] == "410503012"
    assert AreaAlias.objects.get(system="name").name == "中原高新区"
    assert Area.objects.filter(level="village", path__startswith="410503").count() == 120


def test_an_area_gets_a_new_code_and_everything_below_follows() -> None:
    load(FAMILY)
    assert areas.recode(access.SYSTEM, "990503100", "990503200", since=TODAY, reason="街道重划", clock=CLOCK) == 3
    assert household().area_path == "990503200201"
    assert Area.objects.get(path="990503200").parent == Area.objects.get(path="990503")
    assert HouseholdVersion.objects.get().area_path == VILLAGE
    with pytest.raises(NotFound):
        areas.recode(access.SYSTEM, "990503300", "990503400", since=TODAY, reason="", clock=CLOCK)


def test_each_town_and_village_has_its_party_organisation_once_named_after_it(library_folder: Path) -> None:
    areas.load_areas(library_folder / "areas-410503.csv", clock=CLOCK)
    made = areas.found_branches(clock=CLOCK)
    assert made == Area.objects.filter(level__in=areas.BRANCHES).count() >= 130
    assert areas.found_branches(clock=CLOCK) == 0
    town = Organisation.objects.get(code="party-410503100")
    village = Organisation.objects.get(code="party-410503100201")
    assert (town.name, town.kind, village.kind) == ("柏庄镇党委", "town_committee", "village_branch")
    assert village.name == f"{areacode.short_name(village.area.name)}党支部"


def test_organisations_keep_the_names_of_their_days(library_folder: Path, tmp_path: Path) -> None:
    areas.load_areas(library_folder / "areas-410503.csv", clock=CLOCK)
    fresh = areas.load_organisations(library_folder / "organisations.csv", clock=CLOCK)
    assert fresh == Organisation.objects.count() > 10
    table = (library_folder / "organisations.csv").read_text("utf-8").replace("区水利局", "区水务局")
    (tmp_path / "organisations.csv").write_text(table, "utf-8")
    assert areas.load_organisations(tmp_path / "organisations.csv", clock=CLOCK) == 0
    water = Organisation.objects.get(code="water")
    assert (areas.named_on(water, FIRST), areas.named_on(water, TODAY), water.name) == (
        "区水利局",
        "区水务局",
        "区水务局",
    )
    lead = Organisation.objects.get(code="lead")
    assert [areas.named_on(lead, date(2021, 5, 31)), areas.named_on(lead, date(2021, 6, 1))] == [
        "区扶贫开发办公室",
        "区乡村振兴局",
    ]
    assert (lead.name, lead.short) == ("区乡村振兴局", "乡村振兴")
