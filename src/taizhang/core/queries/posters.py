"""Public notices and announcements on paper: their words from the library, and only facts that the ledger lets be shown.

What may stand here is decided twice: by the `show` of the ledger's posting acts, and by what is sealed, which never may.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from taizhang.core import editions, numbers
from taizhang.core.models import Case, Entry, Notice
from taizhang.core.queries import shown, wording
from taizhang.kit import areacode, days
from taizhang.ledger.schema import Ledger
from taizhang.paper import vocabulary
from taizhang.paper.filling import Notice as Poster
from taizhang.paper.schema import Paper

ROOM: Final = "＿＿＿＿"
LINES: Final = 8  # empty lines of a notice that is filled in by hand


def blank(paper: Paper, path: str) -> Mapping[str, Poster]:
    """The notices of a paper with room to write in."""
    village, town = _names(path)
    found = {}
    for act in _acts(paper):
        words = wording.of(paper.source, act)
        if words is not None:
            told = {
                "village": village or ROOM,
                "town": town or ROOM,
                "days": "＿＿",
                "from": ROOM,
                "to": ROOM,
                "number": ROOM,
            }
            heads = tuple(
                label.zh for key, label in words.columns.items() if key in _allowed(editions.current(paper.source))
            )
            found[act] = Poster(
                words.title.zh, words.opening.zh.format(**told), heads, (("",) * len(heads),) * LINES,
                words.objection.zh.format(**told) if words.objection else "", words.issuer.zh.format(**told),
                "　　　　年　　月　　日",
            )  # fmt: skip
    return found


def filled(paper: Paper, case: Case | None, now: datetime) -> Mapping[str, Poster]:
    """The notices of a paper for a case; households posted in the village on the same day stand on one sheet."""
    if case is None:
        return {}
    found = {act: _poster(paper.source, act, case, now) for act in _acts(paper)}
    return {act: poster for act, poster in found.items() if poster is not None}


def _acts(paper: Paper) -> list[str]:
    return [block.wording for block in paper.blocks if block.wording is not None]


def _allowed(law: Ledger) -> frozenset[str]:
    return vocabulary.shown(law)


def _names(path: str) -> tuple[str, str]:
    """The village and the town of a place, in full."""
    codes = [areacode.at(path, level) or "" for level in ("village", "town")] if path else ["", ""]
    named = shown.area_names(code for code in codes if code)
    return named.get(codes[0], ""), named.get(codes[1], "")


def _poster(ledger: str, act: str, case: Case, now: datetime) -> Poster | None:
    words = wording.of(ledger, act)
    if words is None:
        return None
    law = editions.pinned(case.edition_id)
    posted = Notice.objects.filter(case=case, entry__act=act).order_by("-starts").first()
    begins, length, ends = _period(law, act, case, posted, now)
    village, town = _names(case.area_path)
    told = {
        "village": village, "town": town, "number": case.number, "days": length if length is not None else "＿＿",
        "from": days.written(begins), "to": days.written(ends) if ends else ROOM,
    }  # fmt: skip
    columns = {key: label.zh for key, label in words.columns.items() if key in _allowed(law)}
    return Poster(
        words.title.zh, words.opening.zh.format(**told), tuple(columns.values()),
        tuple(_row(one, columns, now) for one in _together(case, act, posted)),
        words.objection.zh.format(**told) if words.objection else "", words.issuer.zh.format(**told), days.written(begins),
    )  # fmt: skip


def _period(
    law: Ledger, act: str, case: Case, posted: Notice | None, now: datetime
) -> tuple[date, int | None, date | None]:
    """The first day of a notice, its length in days and its last day; before it hangs, as if it were put up today."""
    if posted is not None:
        begins = days.day_of(posted.starts)
        last = days.day_of(posted.ends) - timedelta(days=1) if posted.ends else None
        return begins, (last - begins).days + 1 if last else None, last
    told = Entry.objects.filter(case=case.pk, act=act).order_by("-n").first()
    begins = days.day_of(told.received if told else now)
    spec = law.acts[act].notice
    length: Any = spec.days if spec is not None else None
    if isinstance(length, str):
        length = numbers.policy(length.removeprefix("policy."), case.area_path, begins)
    if isinstance(length, str):
        length = days.Duration.parse(length).value
    return begins, length, begins + timedelta(days=length - 1) if isinstance(length, int) else None


def _together(case: Case, act: str, posted: Notice | None) -> list[Case]:
    """The cases that stand on one sheet: this one, and those of the village that were posted on the same day."""
    if posted is None:
        return [case]
    start = days.start_of(days.day_of(posted.starts))
    same = Notice.objects.filter(
        entry__act=act, area_path=case.area_path, case__ledger=case.ledger, taken_down=None,
        starts__gte=start, starts__lt=start + timedelta(days=1),
    ).select_related("case").order_by("case__number")  # fmt: skip
    return list(dict.fromkeys([*(one.case for one in same), case]))


def _row(case: Case, columns: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    law = editions.pinned(case.edition_id)
    names = shown.Names(days.day_of(now))
    allowed = _allowed(law)
    named = shown.subjects([case], days.day_of(now))[case.pk].label if "subject" in columns else ""
    told = {
        key: shown.words(law.fields[key], case.data.get(key), names).zh
        for key in columns
        if key in allowed and key in law.fields
    }
    return tuple(named if key == "subject" else told.get(key, "") for key in columns)
