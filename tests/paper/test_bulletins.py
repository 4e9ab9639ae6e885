"""Templates of bulletins as files: what they say of figures, and what is wrong in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from taizhang.paper import bulletin
from taizhang.paper.bulletin import Piece

LIBRARY = Path(__file__).resolve().parents[2] / "library" / "bulletins"


def test_places_are_filled_in_plainly_or_in_tens_of_thousands() -> None:
    values = {"persons": "248", "paid": "1733100", "even": "20000"}
    assert list(bulletin.pieces("共{persons}人，{paid:wan}万元。", values)) == [
        Piece("共"), Piece("248", "persons"), Piece("人，"), Piece("173.31", "paid"), Piece("万元。"),
    ]  # fmt: skip
    assert bulletin.shown("20000", wan=True) == "2"
    with pytest.raises(KeyError):
        list(bulletin.pieces("{nobody}", values))


def test_the_two_bulletins_of_the_demo_say_every_figure_once_and_no_digit_of_their_own() -> None:
    templates = bulletin.load(LIBRARY)
    assert set(templates) == {"october_2020", "december_2021", "monthly"}
    for template in templates.values():
        text = bulletin.PLACE.sub("", "".join(template.say)).replace("6S", "")
        assert not any(char.isdigit() for char in text), text
    assert len(templates["december_2021"].places) >= 45


def test_a_template_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("bulletin: x\nzh: 甲\nen: A\nday: never\nsay: [甲]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.yaml: day is own or bulletin"):
        bulletin.load(tmp_path)
