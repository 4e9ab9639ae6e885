"""The editable letter opened by LibreOffice, which must set it in the same lines and characters; runs where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from taizhang.paper import fonts, letter_docx
from taizhang.paper.letter import Letter
from tests.paper.test_letters import AT, CELL, FULL, LINE, RARE, SHORT, glyphs, lines, said, set_

pytestmark = [
    pytest.mark.slow,
    pytest.mark.office,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice Writer is not installed"),
]
# The free faces that came with the program stand for those that a government PC has.
STANDS_FOR = {"仿宋_GB2312": "Noto Serif SC", "方正小标宋简体": "Noto Serif SC", "黑体": "Noto Sans SC", "楷体_GB2312": "Noto Serif SC",
              "宋体": "Noto Serif SC"}  # fmt: skip


def opened(one: Letter, folder: Path) -> bytes:
    """The letter's DOCX, opened by LibreOffice and printed by it, with our faces."""
    rules = "".join(
        f"<match target='pattern'><test name='family'><string>{name}</string></test>"
        f"<edit name='family' mode='assign' binding='strong'><string>{ours}</string></edit></match>"
        for name, ours in STANDS_FOR.items()
    )
    (folder / "fonts.conf").write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        f"<dir>{fonts.BUNDLED}</dir><dir>/usr/share/fonts</dir><cachedir>{folder / 'cache'}</cachedir>{rules}</fontconfig>"
    )
    (folder / "letter.docx").write_bytes(letter_docx.docx_of(one, at=AT).content)
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{folder / 'profile'}", "--convert-to", "pdf",
         "--outdir", str(folder), str(folder / "letter.docx")],
        check=True, capture_output=True, timeout=240, env={"FONTCONFIG_FILE": str(folder / "fonts.conf"), "HOME": str(folder),
                                                          "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return (folder / "letter.pdf").read_bytes()


def body(content: bytes, page: int) -> list[str]:
    """The lines of a page that belong to the text, as they read."""
    found = [said(line) for line in lines(glyphs(content), page)]
    return [line for line in found if not re.fullmatch(r"—\d+—", line)]


def test_a_full_page_has_the_same_22_lines_of_28_characters_as_the_pdf(tmp_path: Path) -> None:
    content = opened(FULL, tmp_path)
    ours, theirs = body(set_(FULL).content, 1), body(content, 1)
    assert len(theirs) == 22
    assert theirs == ours
    rows = [line for line in lines(glyphs(content), 1) if not re.fullmatch(r"—\d+—", said(line))]
    first = [len(line) for line in body(content, 0)]
    assert first == [
        len(line) for line in body(set_(FULL).content, 0)
    ]  # its first page begins and ends with the same lines
    for n, line in enumerate(rows):
        assert line[0].y - rows[0][0].y == pytest.approx(n * LINE, abs=0.6)
    whole = next(line for line in rows if len(line) == 28)
    assert whole[0].x == pytest.approx(28, abs=0.5)
    assert whole[-1].x + CELL == pytest.approx(184, abs=0.8)


def test_a_short_letter_has_its_head_names_and_signature_where_the_pdf_has_them(tmp_path: Path) -> None:
    content = opened(SHORT, tmp_path)
    ours, theirs = body(set_(SHORT).content, 0), body(content, 0)
    assert [line for line in ours if line not in theirs] == []
    assert any(RARE in line for line in theirs)
