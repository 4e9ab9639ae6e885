"""Yearly assessments: how far they are, and the report of one organisation with every deduction opened to its record."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core.moves import assessing
from taizhang.core.queries import scores
from taizhang.core.queries.scores import Report
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.scoring import Loss
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said

_ORDER = ("district", "town", "village")


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """How far the assessments of a year are, in the order of areas."""
    return _list(request, "")


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the results of a year; for others than the head of the discipline office there is no such address."""
    asked, actor = asking.of(request), asking.actor(request)
    if not assessing.may_publish(actor):
        raise NotFound(Text("年度考核", "Yearly assessments"))
    try:
        assessing.publish(actor, scores.only(), _year(request), clock=asked.clock)
    except Refusal as refusal:
        return _list(request, said(refusal.text))
    return HttpResponseRedirect(f"{reverse('assessments')}?year={_year(request)}")


def _list(request: HttpRequest, error: str) -> HttpResponse:
    asked, actor = asking.of(request), asking.actor(request)
    card, year = scores.only(), _year(request)
    found = scores.standing(actor, card, year)
    if not found:
        raise NotFound(Text("年度考核", "Yearly assessments"))
    levels = []
    for level, those in groupby(
        sorted(found, key=lambda one: _ORDER.index(one.unit.level)), key=lambda one: one.unit.level
    ):
        label = {"district": _("区直单位"), "town": _("镇（街道）"), "village": _("村（社区）")}[level]
        lines = [
            ([said(Text(one.unit.name, one.unit.name_en or one.unit.name)), said(one.stage) if one.stage else _("未公布，可试算")],
             _of(one.unit.code, year))
            for one in those
        ]  # fmt: skip
        levels.append(tables.table(label, [label, _("考核结果")], lines))
    return render(request, "web/assessments/list.html", {
        "here": "duties", "year": year, "years": _years(request, year), "levels": levels, "error": error,
        "may_publish": assessing.may_publish(actor) and asked.today.year > year and any(one.case is None for one in found),
    })  # fmt: skip


@require_safe
def one(request: HttpRequest, code: str) -> HttpResponse:
    """The report of one organisation's year: score, band, veto, and every deduction with its record."""
    asked, actor = asking.of(request), asking.actor(request)
    year = _year(request)
    report = scores.report(actor, scores.only(), code, year, asked.now)
    card = report.rules.sheet.card
    heads: tables.Heads = [_("为什么"), _("事项"), _("哪一期"), _("记录"), tables.number(_("扣分"))]
    parts = []
    for part in report.score.parts:
        lines = [(_loss(report, loss), reverse("case", args=[loss.record.case]) if loss.record.case else "")
                 for loss in part.losses]  # fmt: skip
        table = tables.table(
            said(part.label), heads, lines, foot=[_("合计"), "", "", "", _points(part.full - part.cents)]
        )
        empty = _("没有可评的，按评分表不计分") if part.left_out else _("没有扣分")
        parts.append({"name": said(part.label), "full": _points(part.full), "left": _points(part.cents),
                      "judged": part.judged, "table": table, "empty": empty})  # fmt: skip
    return render(request, "web/assessments/one.html", {
        "here": "duties",
        "unit": said(Text(report.unit.name, report.unit.name_en or report.unit.name)),
        "year": year,
        "years": _years(request, year),
        "card": said(card.label),
        "score": _points(report.cents),
        "reckoned": _points(report.score.cents),
        "full": _points(report.score.full),
        "band": said(report.band),
        "vetoed": report.vetoed,
        "agrees": report.agrees,
        "case": reverse("case", args=[report.case.pk]) if report.case is not None else "",
        "published": words.day(days.day_of(report.case.opened), week=False) if report.case is not None else "",
        "parts": parts,
        "duties": f"{reverse('duty-year', args=[report.rules.law.name.replace('_', '-'), code])}?{urlencode({'year': year})}",
    })  # fmt: skip


def _loss(report: Report, loss: Loss) -> tables.Cells:
    listed = report.rules.library.catalogues[roster.declared(report.rules.law).items]
    item = said(listed.label(loss.item)) if loss.item else ""
    period = said(loss.period) if loss.period is not None else ""
    return [said(loss.why), item, period, loss.record.number or _("没有记录"), _points(loss.cents)]


def _points(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _of(code: str, year: int) -> str:
    return f"{reverse('assessment', args=[code])}?{urlencode({'year': year})}"


def _year(request: HttpRequest) -> int:
    this = asking.of(request).today.year
    text: Any = request.GET.get("year", "") or request.POST.get("year", "")
    return int(text) if text.isdecimal() and 2000 <= int(text) <= this else this


def _years(request: HttpRequest, year: int) -> list[shown.Link]:
    this = asking.of(request).today.year
    return [shown.Link(_("%(year)d年") % {"year": one}, f"{request.path}?year={one}", "here" if one == year else "")
            for one in (this - 1, this)]  # fmt: skip
