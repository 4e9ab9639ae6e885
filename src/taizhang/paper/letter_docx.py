"""An official letter as an editable file for Word and WPS: the same text block of 22 lines by 28 characters.

The faces are named as a government PC has them (仿宋_GB2312, 方正小标宋简体, 黑体, 楷体_GB2312); nothing is embedded. Lines are
exactly 225 mm / 22 high, and characters stand 0.25 pt closer than 16 pt: 28 go into a line of 156 mm, and full lines are
spread to its width.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Final

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_UNDERLINE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from taizhang.kit import days
from taizhang.paper import letter as letters
from taizhang.paper import typeset
from taizhang.paper.letter import Letter

LINE: Final = Pt(28.95)  # 225 mm / 22
GRID: Final = "579"  # the same in twentieths of a point
CLOSER: Final = "-5"  # twentieths of a point: 28 x 15.75 pt is just under 156 mm
SIZE: Final = 16  # size 3
RED: Final = RGBColor(0xC8, 0x10, 0x2E)
FACES: Final[Mapping[str, str]] = {
    "fang": "仿宋_GB2312", "hei": "黑体", "kai": "楷体_GB2312", "song": "方正小标宋简体", "digits": "宋体",
}  # fmt: skip
LATIN: Final = "Times New Roman"
CELL_MM: Final = 156 / letters.CHARACTERS
POINT_MM: Final = 25.4 / 72
_TITLE_AFTER: Final = {
    "document": 225 / letters.LINES * 2 - 2.8,  # less the rule below the number and its distance
    "letter": 14.0,
}  # millimetres: two lines below what stands before
_RIGHT_TAB: Final = WD_TAB_ALIGNMENT.RIGHT
_OUT: Final = Mm(7)  # the rules of a letter are 170 mm wide: 7 mm beyond the block at the left, 7 at the right


def docx_of(letter: Letter, *, at: datetime) -> typeset.Made:
    """The letter as DOCX; `at` is the instant the file is dated with. About 50 ms."""
    document = docx.Document()
    _page(document, letter)
    _head(document, letter)
    for n, line in enumerate(letters.title_lines(letter.title)):
        paragraph = _off_grid(_line(document, align=WD_ALIGN_PARAGRAPH.CENTER))
        paragraph.paragraph_format.space_before = Mm(_TITLE_AFTER[letter.layout] if n == 0 else 0)
        _words(paragraph, line, "song", size=22, closer=False)
    if letter.addressee:
        _line(document)
        _words(_line(document), f"{letter.addressee}：")
    for n, told in enumerate(letter.body):
        paragraph = _line(document, indent=2)
        if n == len(letter.body) - 1:
            _keep(paragraph)  # what follows the text never stands on a page without any of it
        for run in letters.runs(told):
            _words(paragraph, run.words, run.font)
    _after(document, letter)
    _colophon(document, letter)
    core = document.core_properties
    core.title, core.author, core.comments = letter.title.replace("\n", ""), letter.organ, letter.demo
    core.created = core.modified = at.replace(tzinfo=None)
    out = io.BytesIO()
    document.save(out)
    return typeset.made(out.getvalue())


# --- pieces ---------------------------------------------------------------------------------------------------------


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


# Properties of lines and words that were built before: a copy costs a tenth of building them, and a letter has hundreds.
_BUILT: dict[tuple[Any, ...], Any] = {}


def _line(document: Any, *, align: WD_ALIGN_PARAGRAPH | None = None, indent: float = 0) -> Paragraph:
    """A paragraph of the grid; `indent` in characters, of its first line."""
    paragraph: Paragraph = document.add_paragraph()
    alike = "line", align, indent
    if alike in _BUILT:
        paragraph._p.insert(0, deepcopy(_BUILT[alike]))
        return paragraph
    shape = paragraph.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    shape.space_before = shape.space_after = Pt(0)
    shape.widow_control = False
    spacing = paragraph._p.get_or_add_pPr().find(qn("w:spacing"))
    for unspaced in ("w:autoSpaceDE", "w:autoSpaceDN"):  # nothing stands between a character and a number
        spacing.addprevious(_element(unspaced, val="0"))
    paragraph.alignment = align if align is not None else WD_ALIGN_PARAGRAPH.JUSTIFY
    if indent:
        shape.first_line_indent = Mm(indent * CELL_MM)
        paragraph._p.get_or_add_pPr().ind.set(qn("w:firstLineChars"), f"{int(indent * 100)}")  # type: ignore[union-attr]
    _BUILT[alike] = deepcopy(paragraph._p.pPr)
    return paragraph


def _words(
    paragraph: Paragraph, words: str, font: str = "fang", *, size: float = SIZE, closer: bool = True, red: bool = False
) -> Run:
    run = paragraph.add_run(words)
    alike = "words", font, size, closer, red
    if alike in _BUILT:
        run._r.insert(0, deepcopy(_BUILT[alike]))
        return run
    run.font.size = Pt(size)
    run.font.name = LATIN if font in ("fang", "kai", "hei") else FACES[font]
    properties = run._r.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), FACES[font])
    if closer:
        properties.append(_element("w:spacing", val=CLOSER))
    if red:
        run.font.color.rgb = RED
    _BUILT[alike] = deepcopy(run._r.rPr)
    return run


def _off_grid(paragraph: Paragraph) -> Paragraph:
    """A line that is higher than the grid's and is not stretched to two of them."""
    properties = paragraph._p.get_or_add_pPr()
    spacing = properties.find(qn("w:spacing"))
    spacing.addprevious(_element("w:snapToGrid", val="0"))
    return paragraph


def _border(paragraph: Paragraph, side: str, kind: str, eighths: int, *, red: bool = False, space: int = 0) -> None:
    """A rule above or below a paragraph; its thickness in eighths of a point, its distance in points."""
    properties = paragraph._p.get_or_add_pPr()
    borders = _element("w:pBdr")
    borders.append(
        _element(f"w:{side}", val=kind, sz=f"{eighths}", space=f"{space}", color=str(RED) if red else "000000")
    )
    after = (
        "w:tabs",
        "w:autoSpaceDE",
        "w:snapToGrid",
        "w:spacing",
        "w:ind",
        "w:jc",
    )  # the schema wants borders before these
    following = next((found for name in after if (found := properties.find(qn(name))) is not None), None)
    if following is not None:
        following.addprevious(borders)
    else:
        properties.append(borders)


def _pressed(run: Run, words: str, size: float, spaced: float) -> None:
    """Press a line together where it is wider than the block, as the head of a long organ's name."""
    wide = len(words) * size * (1 + spaced) * POINT_MM
    if wide > 156:
        run._r.get_or_add_rPr().append(_element("w:w", val=f"{int(156 / wide * 100)}"))


# --- the page -------------------------------------------------------------------------------------------------------


def _page(document: Document, letter: Letter) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    section.header_distance, section.footer_distance = Mm(15), Mm(20)
    properties = section._sectPr
    for old in properties.findall(qn("w:docGrid")):
        properties.remove(old)
    properties.append(_element("w:docGrid", type="lines", linePitch=GRID))
    document.settings.odd_and_even_pages_header_footer = True
    normal = document.styles["Normal"]
    normal.font.size, normal.font.name = Pt(SIZE), LATIN
    normal.element.get_or_add_rPr().rFonts.set(qn("w:eastAsia"), FACES["fang"])
    normal.element.get_or_add_rPr().append(_element("w:lang", val="zh-CN", eastAsia="zh-CN"))
    _number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    if letter.demo:
        for header in (section.header, section.even_page_header):
            _demo(header.paragraphs[0], letter.demo)
    if letter.layout == "letter":
        section.different_first_page_header_footer = True
        _letter_head(section.first_page_header, letter)
        foot = section.first_page_footer.paragraphs[0]
        _tight(foot, Mm(4))
        _wide(foot)
        _border(foot, "bottom", "thinThickSmallGap", 36, red=True)
        if letter.demo:
            _demo(foot, letter.demo)


def _tight(paragraph: Paragraph, height: Any) -> None:
    shape = paragraph.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, height
    shape.space_before = shape.space_after = Pt(0)


def _wide(paragraph: Paragraph) -> None:
    paragraph.paragraph_format.left_indent = -_OUT
    paragraph.paragraph_format.right_indent = -_OUT


def _demo(paragraph: Paragraph, words: str) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _words(paragraph, words, size=9, closer=False)


def _number(paragraph: Paragraph, align: WD_ALIGN_PARAGRAPH) -> None:
    """— 1 — in size 4, one character from the outer edge, 7 mm below the block."""
    paragraph.paragraph_format.space_after = Mm(35 - 7 - 20 - 14 * POINT_MM * 1.3)
    paragraph.alignment = align
    side = "right_indent" if align == WD_ALIGN_PARAGRAPH.RIGHT else "left_indent"
    setattr(paragraph.paragraph_format, side, Pt(14))
    _words(paragraph, "— ", "digits", size=14, closer=False)
    run = _words(paragraph, "", "digits", size=14, closer=False)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind is not None:
            run._r.append(_element("w:fldChar", fldCharType=kind))
        else:
            code = _element("w:instrText")
            code.text = text
            run._r.append(code)
    _words(paragraph, " —", "digits", size=14, closer=False)


# --- the head -------------------------------------------------------------------------------------------------------


def _letter_head(header: Any, letter: Letter) -> None:
    """The organ's mark 30 mm from the paper's edge, and the first double rule: in the first page's header."""
    size = letters.MARK_POINTS["letter"]
    mark = header.paragraphs[0]
    mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _tight(mark, Pt(size * 1.05))
    mark.paragraph_format.space_before = Mm(15)
    run = _words(mark, letter.organ, "song", size=size, closer=False, red=True)
    _pressed(run, letter.organ, size, 0)
    rule = header.add_paragraph()
    _tight(rule, Mm(4))
    _wide(rule)
    _border(rule, "bottom", "thickThinSmallGap", 36, red=True)


def _head(document: Document, letter: Letter) -> None:
    if letter.layout == "letter":
        number = _line(document, align=WD_ALIGN_PARAGRAPH.RIGHT)
        number.paragraph_format.space_before = Mm(4.9 - (225 / letters.LINES - SIZE * POINT_MM) / 2)
        _words(number, letter.number)
        return
    top = [words for words in (letter.serial, letter.secrecy, letter.urgency) if words]
    for words in top:
        _words(_line(document), words, "fang" if words == letter.serial else "hei")
    size = letters.MARK_POINTS["document"]
    mark = _off_grid(_line(document, align=WD_ALIGN_PARAGRAPH.CENTER))
    # the mark's upper edge stands 35 mm below the top of the block
    above = max(34 - len(top) * 225 / letters.LINES, 0)
    mark.paragraph_format.space_before = Mm(above)
    mark.paragraph_format.line_spacing = Pt(size * 1.1)
    run = _words(mark, letter.organ, "song", size=size, closer=False, red=True)
    _pressed(run, letter.organ, size, 0)
    used = len(top) * 225 / letters.LINES + above + size * 1.1 * POINT_MM
    for _ in range(2):  # the number stands in the eighth line of the block
        _off_grid(_line(document)).paragraph_format.line_spacing = Mm((7 * 225 / letters.LINES - used) / 2)
    number = _line(document, align=WD_ALIGN_PARAGRAPH.LEFT if letter.signer else WD_ALIGN_PARAGRAPH.CENTER)
    if letter.signer:
        number.paragraph_format.left_indent = Mm(CELL_MM)
        stops = number.paragraph_format.tab_stops
        stops.add_tab_stop(Mm(156 - CELL_MM), alignment=_RIGHT_TAB)
        _words(number, f"{letter.number}\t签发人：")
        _words(number, letter.signer, "kai")
    else:
        _words(number, letter.number)
    _border(number, "bottom", "single", 12, red=True, space=6)


# --- what follows the text ------------------------------------------------------------------------------------------


def _after(document: Document, letter: Letter) -> None:
    if letter.attachments:
        _keep(_line(document))
        for n, name in enumerate(letter.attachments, 1):
            paragraph = _keep(_line(document))
            numbered = f"{n}. " if len(letter.attachments) > 1 else ""
            paragraph.paragraph_format.left_indent = Mm(2 * CELL_MM if n == 1 else 5 * CELL_MM)
            _words(paragraph, f"{'附件：' if n == 1 else ''}{numbered}{name}")
    if letter.signed or letter.dated:
        for _ in range(2 if letter.sealed else 1):
            _keep(_line(document))
        _signature(document, letter)
    if letter.note:
        _words(_line(document, indent=2), f"（{letter.note}）")


def _keep(paragraph: Paragraph) -> Paragraph:
    paragraph.paragraph_format.keep_with_next = True
    return paragraph


def _signature(document: Document, letter: Letter) -> None:
    """Name and date, in characters from the right: the name centred over the date, or the date two characters further in."""
    dated = days.written(letter.dated) if letter.dated else ""
    name, day = _cells(letter.signed), _cells(dated)
    if letter.sealed:
        right = max(4.0, (name - day) / 2)
        starts = (28 - right - day / 2 - name / 2, 28 - right - day)
    else:
        right = 2 + max(0.0, day + 2 - name)
        starts = (28 - right - name, 28 - right - name + 2)
    for words, start in zip((letter.signed, dated), starts, strict=True):
        paragraph = _line(document, align=WD_ALIGN_PARAGRAPH.LEFT)
        paragraph.paragraph_format.left_indent = Mm(max(start, 0) * CELL_MM)
        _words(paragraph, words)
        if words == letter.signed:
            _keep(paragraph)


def _cells(words: str) -> float:
    """How many characters' room words take; digits take half of one."""
    return sum(0.5 if one.isascii() else 1.0 for one in words)


def _colophon(document: Document, letter: Letter) -> None:
    """Copies and who printed: lines in a frame that stands on the bottom of the block, on the page of the signature."""
    rows = [f"抄送：{letter.copied}"] if letter.copies else []
    issued = f"{days.written(letter.issued)}印发" if letter.issued else ""
    if letter.layout == "document" and letter.issuer:
        rows.append(f"{letter.issuer}\t{issued}")
    last = document.paragraphs[-1]  # a frame hangs on the paragraph after it
    for n, words in enumerate(rows):
        if letter.layout == "document":
            _framed(_rule(document, thick=n == 0), last)
        paragraph: Paragraph = document.add_paragraph()
        _tight(paragraph, Pt(20))
        shape = paragraph.paragraph_format
        shape.left_indent = shape.right_indent = Pt(14)
        if "\t" in words:
            shape.tab_stops.add_tab_stop(Mm(156) - Pt(14), alignment=_RIGHT_TAB)
        else:
            shape.left_indent, shape.first_line_indent = Pt(14 * 4), -Pt(14 * 3)
        _words(paragraph, words, size=14, closer=False)
        _framed(paragraph, last)
    if rows and letter.layout == "document":
        _framed(_rule(document, thick=True), last)


def _rule(document: Document, *, thick: bool) -> Paragraph:
    """A rule across the block, as an underlined tab: a frame whose paragraphs have borders is not placed by every program."""
    paragraph = document.add_paragraph()
    _tight(paragraph, Pt(8))
    paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(156), alignment=_RIGHT_TAB)
    run = _words(paragraph, "\t", size=8, closer=False)
    run.font.underline = WD_UNDERLINE.THICK if thick else WD_UNDERLINE.SINGLE
    return paragraph


def _framed(paragraph: Paragraph, before: Paragraph) -> None:
    """Put a paragraph into the frame at the bottom of the block, and in front of another one."""
    placed = {"hAnchor": "margin", "vAnchor": "margin", "xAlign": "left", "yAlign": "bottom"}
    frame = _element("w:framePr", w=f"{int(156 / POINT_MM * 20)}", wrap="around", **placed)
    paragraph._p.get_or_add_pPr().insert(0, frame)
    before._p.addprevious(paragraph._p)
