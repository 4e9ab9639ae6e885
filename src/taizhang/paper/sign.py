"""The sign beside an enterprise's door as a sheet of A4: what its public page says, large, with a code that opens it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from taizhang.paper import typeset
from taizhang.paper.fonts import Faces

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sign:
    """What the sign says, in one language; the first fact of each board stands large."""

    name: str
    about: str  # kind and place
    boards: Sequence[tuple[str, Facts]]
    code: str  # the QR code as SVG
    hint: str
    mark: str  # of a demo; else empty


def pdf(one: Sign, *, faces: Faces, at: datetime) -> typeset.Made:
    """The sign, set. `at` is the instant the file is dated with."""
    boards = [{"label": label, "facts": [list(fact) for fact in facts]} for label, facts in one.boards if facts]
    told = {
        "title": one.name, "name": one.name, "about": one.about, "boards": boards, "code": one.code, "hint": one.hint,
        "mark": one.mark,
    }  # fmt: skip
    return typeset.pdf("sign.typ", told, faces=faces, at=at)
