"""A field of rows: empty rows stand ready without scripts, and a script adds more."""

from __future__ import annotations

from pathlib import Path

from django.http import QueryDict
from django.template.loader import render_to_string

from taizhang import web
from taizhang.kit.text import Text
from taizhang.ledger.forms import FieldSpec
from taizhang.web import fields
from tests.site import launched

NAME = FieldSpec("name", Text("品名", "Article"), "text", required=True)
PIECES = FieldSpec("pieces", Text("件数", "Pieces"), "int", required=True)
ROWS = FieldSpec("goods", Text("物资", "Goods"), "table", required=True, columns=(NAME, PIECES))


def names(typed: QueryDict | None) -> list[str]:
    """The names of the small fields, row by row."""
    field = fields.field(ROWS, {}, typed, {})
    return [cell.name for row in field.rows for cell in row]


def test_three_empty_rows_stand_ready_without_scripts() -> None:
    assert names(None) == [f"goods-{n}-{key}" for n in range(3) for key in ("name", "pieces")]


def test_what_was_typed_comes_back_with_one_empty_row_more() -> None:
    typed = QueryDict("goods-0-name=米&goods-0-pieces=2&goods-4-name=油&goods-4-pieces=1")
    assert len(names(typed)) == 2 * 6
    assert fields.raw(ROWS, typed)[0] == {"name": "米", "pieces": "2"}


def test_a_script_adds_a_row_under_the_next_number() -> None:
    script = Path(web.__file__).parent / "static/dist/app.js"
    assert script.exists(), "The scripts are not built. Run: npm run build"
    part = render_to_string("includes/field.html", {"field": fields.field(ROWS, {}, None, {})})
    with launched() as browser:
        page = browser.new_page()
        page.set_content(f"<body><form>{part}</form></body>")
        page.add_script_tag(path=str(script))
        page.fill("[name=goods-2-name]", "油")
        page.click("[data-add-row]")
        assert page.input_value("[name=goods-3-name]") == ""
        assert page.locator("tbody tr").count() == 4
        assert page.evaluate("document.activeElement.name") == "goods-3-name"
