"""What a thousand letters cost: filled from their template, set as PDF and made as DOCX; CPU seconds of this process."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from taizhang.paper import fonts, letter, letter_docx, letter_words

LIBRARY = Path(__file__).resolve().parents[1] / "library"
AT = datetime(2021, 12, 20, 1, 0, tzinfo=UTC)
BAR = 60.0  # CPU seconds for a thousand, set as PDF


@dataclass(frozen=True)
class Measured:
    """CPU seconds, by what was made."""

    letters: int
    first: float  # fonts are read, the template of the layout compiled
    pdf: float
    docx: float
    kilobytes: float  # of all PDF files


def made(template: letter_words.Template, number: int) -> letter.Letter:
    """One letter as the sweep drafts it: twenty-two duties of a unit, rare characters in the name of who held the post."""
    rows = [{"what": f"责任事项第{n}项", "period": "2021年11月", "since": "2021年12月8日"} for n in range(1, 23)]
    body = "你单位下列责任事项到期后未见办理记录，请逐项核实，抓紧办理并补报。"
    values = {"organ": "区监督办公室", "title": "关于未按期履行责任事项的监督提醒函", "addressee": f"第{number}号单位",
              "body": body, "holder": "喆堃玥", "kind_days": "15"}  # fmt: skip
    return letter_words.fill(
        template, values, {"items": rows}, number=f"北纪醒〔2021〕{number}号", dated=date(2021, 12, 20)
    )


def measure(count: int) -> Measured:
    """Make so many letters, one after another."""
    faces, template = fonts.found(system=False), letter_words.load(LIBRARY / "letters")[0]["letter"]
    begun = time.process_time()
    letter.pdf(made(template, 0), faces=faces, at=AT)
    first, begun = time.process_time() - begun, time.process_time()
    size = sum(len(letter.pdf(made(template, n), faces=faces, at=AT).content) for n in range(1, count + 1))
    pdf, begun = time.process_time() - begun, time.process_time()
    for n in range(1, count + 1):
        letter_docx.docx_of(made(template, n), at=AT)
    return Measured(count, first, pdf, time.process_time() - begun, size / 1024)


def main(arguments: list[str]) -> int:
    """Measure and tell; status 1 when the bar is missed."""
    asked = argparse.ArgumentParser(prog="python -m bench letters", description=__doc__)
    asked.add_argument("--count", type=int, default=1000)
    asked.add_argument("--json", action="store_true", dest="as_json")
    given = asked.parse_args(arguments)
    found = measure(given.count)
    if given.as_json:
        print(json.dumps(asdict(found)))
    else:
        each = 1000 / found.letters
        print(f"{found.letters} letters: PDF {found.pdf:.1f} CPU s ({found.pdf * each:.1f} ms each, the first {found.first:.1f} s), "
              f"{found.kilobytes / found.letters:.0f} kB each; DOCX {found.docx:.1f} CPU s ({found.docx * each:.1f} ms each)")  # fmt: skip
    kept = found.pdf + found.first <= BAR * found.letters / 1000
    if not kept:
        print(f"missed: a thousand letters in {BAR:.0f} CPU seconds")
    return 0 if kept else 1
