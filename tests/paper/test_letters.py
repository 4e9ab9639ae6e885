"""Official letters measured: where each character stands on the sheet, and what the editable file says of it."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm

from taizhang.kit.refusal import Refusal
from taizhang.paper import fonts, letter, letter_docx, letter_words, typeset
from taizhang.paper.letter import Letter

LIBRARY = Path(__file__).resolve().parents[2] / "library"
AT = datetime(2021, 12, 20, 1, 0, tzinfo=UTC)
LINE, CELL = 225 / 22, 156 / 28  # millimetres
MM = 25.4 / 72
RARE = "喆堃玥璟镕祎昇䶮"
BODY = ("字" * 28 * 21 + "字" * 5 + "。",) * 3 + ("请于2022年1月15日前将整改情况报送。",)
FULL = Letter(
    layout="document", organ="北关区安全生产委员会办公室文件", title="关于开展安全生产隐患排查整治的通知", body=BODY,
    number="北安办〔2021〕9号", addressee="各镇人民政府、各街道办事处", signed="北关区安全生产委员会办公室", dated=date(2021, 12, 8),
    copies=("区委办公室", "区政协办公室"), issuer="北关区安全生产委员会办公室", issued=date(2021, 12, 8),
)  # fmt: skip
SHORT = Letter(
    layout="letter", organ="北关区监督办公室", title="关于履行主体责任有关事项的监督提醒函",
    body=("在日常监督中发现以下事项：", "一、检查记录不全。", f"请{RARE}同志答复。"), number="演纪醒〔2021〕12号",
    addressee="区惠农服务中心", signed="北关区监督办公室", dated=date(2021, 12, 20), copies=("区委组织部",),
)  # fmt: skip


@dataclass(frozen=True)
class Glyph:
    """One character: its page, where it begins on its line, where the line stands, its ink; millimetres from the left top."""

    page: int
    char: str
    x: float
    y: float
    top: float
    size: float


def set_(one: Letter) -> typeset.Made:
    return letter.pdf(one, faces=fonts.found(system=False), at=AT)


def glyphs(content: bytes) -> list[Glyph]:
    """Every visible character of a PDF by the origin that its font gives it."""
    found = []
    document = pypdfium2.PdfDocument(content)
    for page in range(len(document)):
        text = document[page].get_textpage()
        x, y = ctypes.c_double(), ctypes.c_double()
        for at in range(text.count_chars()):
            char = chr(pdfium.FPDFText_GetUnicode(text, at))
            if char.strip():
                pdfium.FPDFText_GetCharOrigin(text, at, x, y)
                top = text.get_charbox(at)[3]
                size = pdfium.FPDFText_GetFontSize(text, at)
                found.append(Glyph(page, char, x.value * MM, 297 - y.value * MM, 297 - top * MM, size))
    return found


def lines(found: list[Glyph], page: int) -> list[list[Glyph]]:
    """The lines of a page from above, each from the left."""
    rows: dict[float, list[Glyph]] = {}
    for one in found:
        if one.page == page:
            rows.setdefault(round(one.y, 1), []).append(one)
    return [sorted(rows[y], key=lambda one: one.x) for y in sorted(rows)]


def said(line: list[Glyph]) -> str:
    return "".join(one.char for one in line)


# --- the block ------------------------------------------------------------------------------------------------------


def test_a_full_page_has_22_lines_of_28_characters_within_its_margins() -> None:
    found = lines(glyphs(set_(FULL).content), 1)
    text, number = found[:-1], found[-1]
    assert len(text) == 22
    assert {len(line) for line in text} <= {28, 26, 8}  # full; indented by two; the end of a paragraph
    assert sum(len(line) == 28 for line in text) >= 19
    for n, line in enumerate(text):
        assert line[0].y - text[0][0].y == pytest.approx(n * LINE, abs=0.05)
    whole = next(line for line in text if len(line) == 28)
    assert whole[0].x == pytest.approx(28, abs=0.1)
    assert [one.x - whole[0].x for one in whole] == pytest.approx([n * CELL for n in range(28)], abs=0.1)
    assert 210 - (whole[-1].x + CELL) == pytest.approx(26, abs=0.1)
    top = text[0][0].y - 0.88 * 16 * MM  # the upper edge of the first line's characters
    assert top == pytest.approx(37, abs=0.5)
    assert 297 - (top + 22 * LINE) == pytest.approx(35, abs=0.5)
    assert {round(one.size) for line in text for one in line} == {16}
    assert said(number) == "—2—"


def test_paragraphs_begin_two_characters_in() -> None:
    found = lines(glyphs(set_(SHORT).content), 0)
    first = next(line for line in found if said(line).startswith("在日常"))
    assert first[0].x == pytest.approx(28 + 2 * CELL, abs=0.1)
    to = next(line for line in found if said(line).startswith("区惠农"))
    assert to[0].x == pytest.approx(28, abs=0.1)


def test_page_numbers_stand_outside_seven_millimetres_below_the_block() -> None:
    found = glyphs(set_(FULL).content)
    odd, even = lines(found, 0)[-1], lines(found, 1)[-1]
    assert (said(odd), said(even)) == ("—1—", "—2—")
    assert pytest.approx(odd[-1].x, abs=1) == 184 - CELL - 14 * MM
    assert even[0].x == pytest.approx(28 + CELL, abs=0.5)
    assert odd[1].top - 262 == pytest.approx(7, abs=1.2)  # of the digit's ink


# --- heads ----------------------------------------------------------------------------------------------------------


def test_the_head_of_a_document_is_red_and_stands_35_mm_below_the_top_of_the_block() -> None:
    found = lines(glyphs(set_(FULL).content), 0)
    mark = next(line for line in found if said(line).startswith("北关区安全生产委员会办公室文件"))
    assert min(one.top for one in mark) == pytest.approx(37 + 35, abs=1)
    assert mark[0].x >= 28 - 0.1
    assert mark[-1].x <= 184
    number = next(line for line in found if "〔2021〕" in said(line))
    assert (number[0].x + number[-1].x + CELL) / 2 == pytest.approx(106, abs=1.5)
    assert number[0].y > mark[0].y + 2 * LINE


def test_the_head_of_a_letter_stands_30_mm_from_the_edge_and_its_first_page_has_no_number() -> None:
    found = lines(glyphs(set_(SHORT).content), 0)
    assert said(found[0]) == SHORT.organ
    assert min(one.top for one in found[0]) == pytest.approx(30, abs=1)
    assert said(found[1]) == SHORT.number
    assert found[1][-1].x + CELL == pytest.approx(184, abs=0.8)
    assert said(found[-1]).startswith("抄送：")  # and no — 1 — below it


def test_a_long_name_in_the_head_is_pressed_into_the_block() -> None:
    long = replace(FULL, organ="北关区防止返贫动态监测和帮扶工作领导小组办公室文件（演示）")
    mark = next(line for line in lines(glyphs(set_(long).content), 0) if said(line).startswith("北关区防止返贫"))
    assert mark[0].x >= 27.9
    assert mark[-1].x <= 184


# --- signature, colophon --------------------------------------------------------------------------------------------


def test_the_date_leaves_four_characters_and_the_name_stands_centred_over_it() -> None:
    found = lines(glyphs(set_(SHORT).content), 0)
    name = [line for line in found if said(line) == SHORT.signed][-1]
    day = next(line for line in found if said(line) == "2021年12月20日")
    assert day[-1].x + CELL == pytest.approx(184 - 4 * CELL, abs=0.4)
    middle = [(line[0].x + line[-1].x + CELL) / 2 for line in (name, day)]
    assert middle[0] == pytest.approx(middle[1], abs=1)
    assert day[0].y - name[0].y == pytest.approx(LINE, abs=0.05)


def test_without_a_seal_the_date_begins_two_characters_further_in() -> None:
    found = lines(glyphs(set_(replace(SHORT, sealed=False, signed="北关区安全生产委员会办公室")).content), 0)
    name = next(line for line in found if said(line) == "北关区安全生产委员会办公室")
    day = next(line for line in found if said(line) == "2021年12月20日")
    assert day[0].x - name[0].x == pytest.approx(2 * CELL, abs=0.5)


@pytest.mark.parametrize("length", range(1, 45, 2))
def test_the_signature_never_stands_on_a_page_without_text(length: int) -> None:
    one = replace(FULL, body=("文" * 28 * length, "请于月底前将整改情况书面报送。"), copies=(), issuer="")
    found = glyphs(set_(one).content)
    page = next(n for n in range(9) if any(said(line) == "2021年12月8日" for line in lines(found, n)))
    assert any("整改情况" in said(line) for line in lines(found, page))


def test_the_colophon_stands_on_the_bottom_of_the_block() -> None:
    one = replace(FULL, body=FULL.body[-1:])
    last = lines(glyphs(set_(one).content), 0)
    issued = next(line for line in last if said(line).endswith("2021年12月8日印发"))
    assert 255 < issued[0].y < 262
    assert {round(glyph.size) for glyph in issued} == {14}


# --- words ----------------------------------------------------------------------------------------------------------


def test_rare_characters_in_names_print() -> None:
    made = set_(SHORT)
    assert made.lacking == ""
    assert RARE in "".join(one.char for one in glyphs(made.content))


@pytest.mark.parametrize(
    ("paragraph", "faces"),
    [
        ("一、主要问题", [("一、主要问题", "hei")]),
        ("二、第四季度档案未更新。", [("二、", "hei"), ("第四季度档案未更新。", "fang")]),
        (
            "（一）责任落实不到位。班子成员没有记录。",
            [("（一）责任落实不到位。", "kai"), ("班子成员没有记录。", "fang")],
        ),
        ("1.检查不经常。", [("1.检查不经常。", "fang")]),
        ("请于月底前报送。", [("请于月底前报送。", "fang")]),
    ],
)
def test_the_levels_of_a_text_have_their_faces(paragraph: str, faces: list[tuple[str, str]]) -> None:
    assert [(run.words, run.font) for run in letter.runs(paragraph)] == faces


def test_a_title_is_broken_into_lines_of_like_length() -> None:
    assert letter.title_lines("关于做好防汛工作的通知") == ("关于做好防汛工作的通知",)
    two = letter.title_lines("关于开展岁末年初重点行业领域安全生产隐患排查整治专项行动的通知")
    assert len(two) == 2
    assert max(map(len, two)) <= letter.TITLE
    assert letter.title_lines("关于甲\n和乙的函") == ("关于甲", "和乙的函")


def test_numerals_of_headings() -> None:
    assert [letter_words.numeral(n) for n in (1, 9, 10, 11, 20, 22, 99)] == [
        "一",
        "九",
        "十",
        "十一",
        "二十",
        "二十二",
        "九十九",
    ]


# --- the editable file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [FULL, SHORT], ids=lambda one: one.layout)
def test_the_docx_has_the_same_block_and_the_offices_own_faces(one: Letter) -> None:
    opened: Any = docx.Document(io.BytesIO(letter_docx.docx_of(one, at=AT).content))
    section = opened.sections[0]
    assert (section.page_width, section.page_height) == pytest.approx((Mm(210), Mm(297)), abs=700)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert margins == pytest.approx((Mm(37), Mm(35), Mm(28), Mm(26)), abs=700)  # a twentieth of a point
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    body = next(p for p in opened.paragraphs if p.text == one.body[0])
    assert body.paragraph_format.line_spacing == pytest.approx(28.95 * 12700, abs=10)
    assert body._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    run = body.runs[0]
    assert run._r.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert (run.font.size.pt, run._r.rPr.find(qn("w:spacing")).get(qn("w:val"))) == (16, "-5")
    assert 28 * (16 - 0.25) * MM < 156 < 29 * (16 - 0.25) * MM  # so many go into a line
    assert pytest.approx(225, abs=0.5) == 22 * 28.95 * MM
    title = next(p for p in opened.paragraphs if p.text == letter.title_lines(one.title)[0])
    assert title.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "方正小标宋简体"
    assert [p for p in one.body if p not in [paragraph.text for paragraph in opened.paragraphs]] == []


def test_the_docx_numbers_its_pages_outside_and_a_letter_not_its_first() -> None:
    for one in (FULL, SHORT):
        packed = zipfile.ZipFile(io.BytesIO(letter_docx.docx_of(one, at=AT).content))
        document = packed.read("word/document.xml").decode()
        assert "w:evenAndOddHeaders" in packed.read("word/settings.xml").decode()
        assert ("w:titlePg" in document) is (one.layout == "letter")
        feet = [packed.read(name).decode() for name in packed.namelist() if re.match(r"word/footer\d", name)]
        assert sum("PAGE" in foot for foot in feet) == 2


# --- templates ------------------------------------------------------------------------------------------------------

VALUES = {
    "organ": "北关区监督办公室",
    "title": "监督提醒函",
    "addressee": "区惠农服务中心",
    "body": "第一段。\n第二段。",
}


def test_the_templates_that_ship_are_sound_and_become_letters() -> None:
    found, faults = letter_words.load(LIBRARY / "letters")
    assert faults == ()
    assert {"letter", "document"} <= set(found)
    rows = [{"what": "民主生活会", "period": "2021年11月", "since": "12月4日"}] * 22
    made = letter_words.fill(
        found["letter"], {**VALUES, "kind_days": "15"}, {"items": rows}, number="北纪醒〔2021〕3号"
    )
    assert made.body[:2] == ("第一段。", "第二段。")
    assert made.body[2] == "一、民主生活会（2021年11月），自12月4日起逾期。"
    assert made.body[23].startswith("二十二、")
    assert "15日内书面答复" in made.body[-1]
    plain = letter_words.fill(found["document"], VALUES)
    assert (plain.organ, plain.body) == ("北关区监督办公室文件", ("第一段。", "第二段。"))
    assert set_(made).lacking == ""


def test_what_a_letter_lacks_is_said_by_name() -> None:
    template = letter_words.load(LIBRARY / "letters")[0]["letter"]
    with pytest.raises(Refusal) as caught:
        letter_words.fill(template, {**VALUES, "addressee": " ", "title": ""})
    assert caught.value.code == "letter_value"
    assert str(caught.value) == "还缺：标题、主送机关。"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('title: "{title}"', 'title: "{titel}"', "unknown"),
        ("{each: items,", "{each: rows,", "list"),
        ("{when: kind_days,", "{when: never,", "unknown"),
        ("layout: letter", "layout: post", "literal_error"),
        ('signed: "{organ}"', 'signed: "{organ}"\nissuer: "{organ}"', "value_error"),
        ("zh: 信函格式", "colour: red\nzh: 信函格式", "extra_forbidden"),
    ],
)
def test_a_fault_of_a_template_has_its_line_and_a_sentence(old: str, new: str, code: str) -> None:
    text = (LIBRARY / "letters" / "letter.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 1)
    template, faults = letter_words.parse(broken, "letter.yaml")
    assert template is None
    assert code in {fault.code for fault in faults}
    assert all(fault.line >= 1 and fault.text.zh and fault.text.en for fault in faults)
