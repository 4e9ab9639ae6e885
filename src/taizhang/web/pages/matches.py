"""The exchange matched: who could deal with whom and why, for one post and for a whole matching meeting."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from taizhang.core.queries import matches
from taizhang.ledger.matching import SUPPLY, Match
from taizhang.web import asking, shown, tables
from taizhang.web.pages import ledger as ledgers
from taizhang.web.templatetags.said import said


@require_safe
def of_post(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """What meets one post, with the reasons and the way to ask; what comes near but never meets stands apart."""
    asked = asking.of(request)
    found = matches.of(asking.actor(request), case_id, asked.now)
    ask = reverse("act", args=[case_id, found.act]) if found.act else ""
    lines = [
        (
            [
                *_told(one.other),
                _why(one.match),
                shown.Cell(_("选这家"), url=_asking(ask, one.other)) if ask else "—",
            ],
            "",
        )
        for one in found.found
        if one.match.fits
    ]
    near: list[tables.Line] = [
        ([*_told(one.other), "；".join(said(text) for text in one.match.against)], "")
        for one in found.found
        if not one.match.fits
    ]
    context = {
        "here": "ledgers",
        "back": shown.Link(f"{found.mine.name} {found.mine.number}", reverse("case", args=[case_id])),
        "mine": _facts(found.mine),
        "table": tables.table(_("对得上的"), [*_heads(), _("为什么对得上"), _("下一步")], lines),
        "near": tables.table(_("品类相同、时间对不上"), [*_heads(), _("差在哪里")], near),
        "nothing": _("现在没有对得上的。有新的发布时再看，或者到供需对接会上找。"),
    }
    return render(request, "web/matches/post.html", context)


@require_safe
def all_pairs(request: HttpRequest) -> HttpResponse:
    """Everything that meets, as the sheet of a matching meeting; then what still looks for somebody."""
    asked = asking.of(request)
    pairs, alone = matches.all_pairs(asking.actor(request), asked.now)
    lines: list[tables.Line] = []
    for pair in pairs:
        supply, demand = _cell(pair.supply), _cell(pair.demand)
        lines.append(([said(pair.supply.post.label), supply, demand, _why(pair.match)], ""))
    rest: list[tables.Line] = [([_cell(one), said(one.post.label), _side(one), _span(one)], "") for one in alone]
    context = {
        "here": "ledgers",
        "crumb": shown.Link(_("供需对接"), reverse("ledger", args=[ledgers.slug(matches.EXCHANGE)])),
        "day": asked.today.isoformat(),
        "table": tables.table(_("对得上的供需"), [_("品类"), _("供应方"), _("需求方"), _("为什么对得上")], lines),
        "rest": tables.table(_("还没有对上的"), [_("企业"), _("品类"), pgettext("exchange", "供需"), _("起止")], rest),
        "nothing": _("现在没有对得上的供需。"),
    }
    return render(request, "web/matches/all.html", context)


def _heads() -> list[shown.Head | str]:
    return [_("企业"), _("起止")]


def _told(one: matches.Posted) -> list[shown.Cell | str]:
    return [_cell(one), _span(one)]


def _facts(one: matches.Posted) -> list[shown.Value]:
    return [
        shown.Value(_side(one), said(one.post.label)),
        shown.Value(_("数量"), _quantity(one)),
        shown.Value(_("起止"), _span(one)),
        shown.Value(_("地点"), one.post.place),
    ]


def _why(match: Match) -> str:
    return "；".join(said(text) for text in match.reasons)


def _cell(one: matches.Posted) -> shown.Cell:
    small = f"{_quantity(one)} · {one.post.place}"
    return shown.Cell(one.name, small=small, url=reverse("case", args=[one.case]) if one.case else "")


def _side(one: matches.Posted) -> str:
    return _("供应") if one.post.side == SUPPLY else _("需求")


def _quantity(one: matches.Posted) -> str:
    return f"{one.post.quantity:,}\u00a0{one.post.unit}"


def _span(one: matches.Posted) -> str:
    return _("%(begins)s 至 %(ends)s") % {"begins": one.post.since.isoformat(), "ends": one.post.until.isoformat()}


def _asking(ask: str, other: matches.Posted) -> str:
    return f"{ask}?{urlencode({'partner': str(other.thing), 'way': 'match'})}"
