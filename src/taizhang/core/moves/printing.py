"""Printing papers of the household file: set as PDF, and noted whenever somebody's facts leave on paper."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from taizhang.core import access, chain, editions, seals
from taizhang.core.clock import Clock
from taizhang.core.moves import disclosure
from taizhang.core.queries import district, papers
from taizhang.core.queries.papers import About
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.paper import filling, fonts, typeset
from taizhang.paper.filling import Values
from taizhang.paper.schema import Paper

MOST: Final = 300  # sheets of one file; a village has fewer households that are watched
DEMO: Final = "演示数据，与真实单位和个人无关"


def blank(actor: access.Actor, name: str, *, area: str = "", clock: Clock) -> typeset.Made:
    """A paper to be filled in by hand; nobody's facts are on it, and nothing is noted. Raises NotFound."""
    one, now = papers.paper(name), clock.now()
    return _set(one, [papers.blank(actor, one, area=area, now=now)], now)


def for_case(
    actor: access.Actor, case_id: uuid.UUID | str, name: str, *, reason: str = "", clock: Clock
) -> typeset.Made:
    """A paper of a case with what is known.

    Raises NotFound, and Refusal: `not_allowed` for who only reads the case, `reason` and `reveal_quota` where the paper
    prints sensitive values in full.
    """
    about, offered = papers.of_case(actor, case_id)
    return _printed(actor, _among(offered, name), [about], reason=reason, clock=clock)


def for_household(
    actor: access.Actor, household_id: uuid.UUID | str, name: str, *, reason: str = "", clock: Clock
) -> typeset.Made:
    """A paper of a household with what is known. Raises as `for_case`."""
    about, offered = papers.of_household(actor, household_id)
    return _printed(actor, _among(offered, name), [about], reason=reason, clock=clock)


def for_village(actor: access.Actor, path: str, name: str, *, clock: Clock) -> typeset.Made:
    """One paper for each watched household of a village, in one file. Raises NotFound, Refusal: `nobody`, `too_many`."""
    one = papers.paper(name)
    if not one.batch or not access.may(actor, "households.read", path or None):
        raise NotFound(Text("这个村的文书", "Papers of this village"))
    if not access.areas_for(actor).filter(path=path).exists():
        raise Refusal("area", Text("请选择村（社区）。", "Choose a village."))
    homes = papers.of_village(actor, path)
    if not homes:
        raise Refusal("nobody", Text("这里没有正在监测的户。", "No household is watched here."))
    if len(homes) > MOST:
        raise Refusal(
            "too_many",
            Text(
                f"这里有 {len(homes)} 户，一次最多打印 {MOST} 户。",
                f"{len(homes)} households here; at most {MOST} at once.",
            ),
            Text("请分村打印。", "Print village by village."),
        )
    return _printed(actor, one, [About(home) for home in homes], reason="", clock=clock, path=path)


def _among(offered: Sequence[Paper], name: str) -> Paper:
    for one in offered:
        if one.paper == name:
            return one
    raise NotFound(Text("这种文书", "This paper"))


def _printed(
    actor: access.Actor, one: Paper, abouts: Sequence[About], *, reason: str, clock: Clock, path: str = ""
) -> typeset.Made:
    """The sheets of one paper; set before the entry is written, so that the lock on the chain is never held for it."""
    full = papers.in_full(one)
    if full:
        disclosure.reasoned(reason)
    if one.kept == "file" and not all(papers.reads_in_full(actor, about) for about in abouts):
        raise Refusal(
            "not_allowed",
            Text("只有经办这件事的人能打印填好的文书。", "Only those who may act on this case may print it filled in."),
            Text("可以打印空白的。", "It can be printed blank."),
        )
    now = clock.now()
    by = papers.printed_by(actor, now)
    document = _set(one, [papers.filled(actor, one, about, by=by, now=now) for about in abouts], now)
    if one.kept != "public":  # a notice says nothing that the board does not
        with transaction.atomic():
            beyond = disclosure.beyond_usual(actor, clock) if full else False
            chain.append(_draft(actor, one, abouts, full, beyond, reason, document, clock, path))
    return document


def _draft(
    actor: access.Actor, one: Paper, abouts: Sequence[About], full: tuple[str, ...], beyond: bool, reason: str,
    document: typeset.Made, clock: Clock, path: str,
) -> chain.Draft:  # fmt: skip
    says: dict[str, Any] = {
        "paper": one.paper, "households": [str(about.home.pk) for about in abouts], "full": list(full),
        "sha256": document.digest, "beyond_usual": beyond,
    }  # fmt: skip
    if len(abouts) == 1:
        case = abouts[0].case
        says["case"] = str(case.pk) if case is not None else None
        says["reason"] = seals.keep(seals.Owner("household", abouts[0].home.pk), "print.reason", reason.strip())
    held = actor.posts[0] if actor.posts else None
    return chain.Draft(
        kind="print", received=clock.now(), area=path or abouts[0].home.area_path, account=actor.account,
        post=held.post if held else None, hand=actor.hand, says=says,
    )  # fmt: skip


def _set(one: Paper, sheets: Sequence[Values], now: datetime) -> typeset.Made:
    library, ledgers = editions.library(), editions.shelf()
    told: Mapping[str, Any] = {
        "title": one.zh, "landscape": one.landscape, "mark": DEMO if district.here().demo else "",
        "sheets": [filling.sheet(one, values, ledgers, library) for values in sheets],
    }  # fmt: skip
    return typeset.pdf("form.typ", told, faces=fonts.found(Path(settings.LIBRARY) / "fonts"), at=now)
