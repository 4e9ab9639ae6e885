"""Forms and values: what an act asks in its order, and how what people type becomes what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from taizhang.kit.text import Text
from taizhang.ledger import forms, loop, values
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Moment
from tests.ledger.driving import AREA, World, actor, at


def test_a_form_asks_in_the_declared_order_and_offers_the_choices_in_force(wells: Ledger, library: Library) -> None:
    form = forms.form(wells, "report", None, World(library), at("2023-03-01 09:00"))
    assert [(field.key, field.required) for field in form.fields] == [
        ("pollutant", True), ("reading", True), ("found_on", True), ("users", False), ("story", False),
    ]  # fmt: skip
    assert [option.value for option in form.fields[0].choices] == ["nitrate", "coliform"]
    assert (form.fields[2].most, form.fields[3].least, form.fields[3].known_value) == ("2023-03-01", 1, 1)


def test_a_form_shows_what_the_case_knows_and_hides_what_does_not_apply(wells: Ledger, library: Library) -> None:
    world = World(library)
    given = {"pollutant": "nitrate", "reading": "12", "found_on": "2021-03-01"}
    state = loop.open_case(
        wells, "report", actor("anyone"), {"id": "H"}, AREA, given, {}, Moment(at("2021-03-01 09:00")), world
    ).state
    order = {field.key: field for field in forms.form(wells, "order", state, world).fields}
    assert (order["boiled"].shown, order["boiled"].when) == (False, "case.level == 'grave'")
    passing = forms.form(wells, "pass", state, world)
    assert (passing.fields[0].known_value, passing.notice) == ("12", True)
    assert passing.needs[0] == Text("读数仍超标", "Still too much")
    mended = forms.form(wells, "mended", state, world)
    assert [(piece.kind, piece.label.zh, piece.least) for piece in mended.evidence] == [
        ("photo", "照片", 2),
        ("file", "文件", 0),
    ]


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("cost", "1,200.50", 1_200_50),
        ("cost", "２.1万元", 21_000_00),
        ("users", " 12 ", 12),
        ("reading", "0.40", "0.40"),
        ("boiled", "是", True),
        ("boiled", "off", False),
        ("found_on", "2021/03/01", "2021-03-01"),
        ("story", "  第一行\r\n第二行 ", "第一行\n第二行"),
        ("signers", ["health", "", "water"], ["health", "water"]),
        ("signers", "health", ["health"]),
        ("cost", "", None),
        ("signers", [], None),
    ],
)
def test_what_people_type_is_read_in_the_units_of_the_loop(wells: Ledger, field: str, typed: Any, kept: Any) -> None:
    assert forms.read(wells.fields[field], typed) == kept


@pytest.mark.parametrize(
    ("field", "typed"), [("cost", "twelve"), ("users", "1.5"), ("boiled", "maybe"), ("found_on", "2021-02-30")]
)
def test_what_cannot_be_read_is_said_beside_its_field(wells: Ledger, field: str, typed: str) -> None:
    act = {"cost": "mended", "users": "report", "boiled": "order", "found_on": "report"}[field]
    given, wrong = forms.read_all(wells, act, {field: typed})
    assert (given, list(wrong)) == ({}, [field])


def test_values_are_shown_in_words(wells: Ledger, library: Library) -> None:
    shown = {
        name: values.show(wells.fields[name], value, library.catalogues).zh
        for name, value in {
            "pollutant": "arsenic",
            "cost": 1_200_50,
            "boiled": True,
            "level": "mild",
            "users": 3,
        }.items()
    }
    assert shown == {"pollutant": "砷", "cost": "1,200.50 元", "boiled": "是", "level": "一般", "users": "3"}


def test_free_text_and_whatever_is_sensitive_is_sealed(wells: Ledger) -> None:
    assert [name for name, field in wells.fields.items() if field.sealed] == ["story", "income"]
