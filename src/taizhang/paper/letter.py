"""An official letter in the layout of GB/T 9704-2012: what it says, and its PDF. `letter_docx` makes the editable file.

文件 (a document) has the red head of its organ and a red rule below the number; 信函 (a letter) has two double red rules, its
number at the right, and no page number on its first page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from taizhang.kit import days
from taizhang.paper import typeset
from taizhang.paper.fonts import Faces

Layout = Literal["document", "letter"]
LINES: Final = 22  # of a page
CHARACTERS: Final = 28  # of a line
TITLE: Final = 19  # characters of size 2 (22 pt) that stand well in a line of 156 mm
MARK_POINTS: Final = {"document": 50, "letter": 40}  # the organ's mark; pressed together where it is too wide
RULE: Final = 49  # millimetres from the paper's edge to the first double rule of a letter: 30 + the mark's height + 4
_KEPT: Final = 5 * CHARACTERS  # a last paragraph up to so long stays with the signature

Font = Literal["fang", "hei", "kai"]
# The four levels of a text (GB/T 9704-2012, 7.3.3): 一、 and （一） have faces of their own.
_LEVELS: Final[tuple[tuple[re.Pattern[str], Font], ...]] = (
    (re.compile(r"[一二三四五六七八九十百]+、"), "hei"),
    (re.compile(r"（[一二三四五六七八九十百]+）"), "kai"),
)
_HEADING: Final = 24  # a heading that runs on into its text is at most so long


@dataclass(frozen=True)
class Letter:
    """Everything that a letter says; what is empty is left out."""

    layout: Layout
    organ: str  # 发文机关标志, as it stands in the head
    title: str  # broken by \n where the office wants it so, else by length
    body: tuple[str, ...]  # paragraphs; 一、 （一） 1. （1） begin the four levels
    number: str = ""  # 发文字号: 北纪提〔2021〕12号; empty while it is a draft
    addressee: str = ""  # 主送机关, without its colon
    attachments: tuple[str, ...] = ()
    signed: str = ""  # 发文机关署名
    dated: date | None = None  # 成文日期: the day of signature
    sealed: bool = True  # room for a seal, or none
    note: str = ""  # 附注
    copies: tuple[str, ...] = ()  # 抄送
    issuer: str = ""  # 印发机关; a letter has none
    issued: date | None = None  # 印发日期
    serial: str = ""  # 份号, six digits
    secrecy: str = ""  # 密级和保密期限
    urgency: str = ""  # 紧急程度
    signer: str = ""  # 签发人, on what goes upward
    demo: str = ""  # the mark of invented data

    @property
    def copied(self) -> str:
        """The copies as one line says them."""
        return "，".join(self.copies) + "。" if self.copies else ""


@dataclass(frozen=True)
class Run:
    """Words of one face."""

    words: str
    font: Font = "fang"


def runs(paragraph: str) -> tuple[Run, ...]:
    """A paragraph's words by face: a heading of the first or second level is set in 黑体 or 楷体.

    A paragraph that is a heading alone is set so whole; one that runs on after a short heading, up to its first 。; of a
    sentence that is merely numbered, only the number.
    """
    for pattern, font in _LEVELS:
        found = pattern.match(paragraph)
        if found is None:
            continue
        if paragraph[-1] not in "。；：！？，":
            return (Run(paragraph, font),)
        stop = paragraph.find("。") + 1
        heading = stop if 0 < stop < len(paragraph) and stop <= _HEADING else found.end()
        return (Run(paragraph[:heading], font), Run(paragraph[heading:]))
    return (Run(paragraph),)


def title_lines(title: str, most: int = TITLE) -> tuple[str, ...]:
    """A title in lines of nearly equal length (a trapezium or a rhombus), broken after 的, 和, 、 where one is near."""
    if "\n" in title:
        return tuple(line for line in title.split("\n") if line)
    count = -(-len(title) // most)
    lines: list[str] = []
    rest = title
    while count > 1:
        fair = -(-len(rest) // count)
        near = [
            at
            for at in range(max(fair - 4, 1), min(fair + 4, most, len(rest) - 1) + 1)
            if len(rest) - at <= most * (count - 1)
        ]
        good = [at for at in near if rest[at - 1] in "的和、》”" and rest[at] not in "，。、；：》”）〕"]
        plain = [at for at in near if rest[at] not in "，。、；：》”）〕" and rest[at - 1] not in "《“（〔"]
        at = min(good or plain or near or [fair], key=lambda one: abs(one - fair))
        lines.append(rest[:at])
        rest, count = rest[at:], count - 1
    return (*lines, rest)


def pdf(letter: Letter, *, faces: Faces, at: datetime) -> typeset.Made:
    """The letter as PDF/A-2b; `at` is the instant the file is dated with. About 20 ms."""
    return typeset.pdf("letter.typ", _told(letter), faces=faces, at=at)


def _told(letter: Letter) -> dict[str, Any]:
    top = [words for words in (letter.serial, letter.secrecy, letter.urgency) if words]
    return {
        "layout": letter.layout, "organ": letter.organ, "mark_size": MARK_POINTS[letter.layout], "rule": RULE,
        "number": letter.number, "title": letter.title.replace("\n", ""), "title_lines": title_lines(letter.title),
        "addressee": letter.addressee, "body": [{"runs": _runs(paragraph)} for paragraph in letter.body],
        "kept": _kept(letter.body), "attachments": letter.attachments, "signed": letter.signed,
        "dated": days.written(letter.dated) if letter.dated else "", "sealed": letter.sealed, "note": letter.note,
        "copies": letter.copied, "issuer": letter.issuer,
        "issued": f"{days.written(letter.issued)}印发" if letter.issued else "",
        "top": top, "serial": bool(letter.serial), "signer": letter.signer, "demo": letter.demo,
    }  # fmt: skip


def _runs(paragraph: str) -> list[dict[str, str]]:
    return [{"t": run.words, "font": run.font} for run in runs(paragraph)]


def _kept(body: Sequence[str]) -> int:
    """How many paragraphs at the end stay on one page with the signature: the last one, unless it is long."""
    return 1 if body and len(body[-1]) <= _KEPT else 0
