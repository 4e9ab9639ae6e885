"""The desk of data quality: doubtful points by rule, waivers with reasons, and what departments say differently."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taizhang.core import access
from taizhang.core.moves import quality as moves
from taizhang.core.queries import district
from taizhang.core.queries import quality as queries
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import declared, jobs
from taizhang.work import quality as work


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """How many doubtful points each rule has in one's areas; which rules cannot be asked here, and why."""
    asked, actor = asking.of(request), asking.actor(request)
    area = request.GET.get("area", "")
    area = area if area.isdigit() and len(area) < 20 else ""
    counts = queries.counts(actor, asked.now, area=area)
    severity = _severity()
    heads: tables.Heads = [
        _("规则"), _("轻重"), tables.number(_("待处理")), tables.number(_("已豁免")), tables.number(_("已不再有")),
    ]  # fmt: skip
    lines: list[tables.Line] = []
    conflicts: list[tables.Line] = []
    for name, label in _labels().items():
        found = counts.get(name)
        if found is None:
            continue
        is_conflict = name.startswith(work.CONFLICT)
        grade = "W" if is_conflict else work.rules().rules[name].severity
        cells: tables.Cells = [
            label if is_conflict else f"{name} {label}", severity[grade], f"{found.open:,}", f"{found.waived:,}", f"{found.mended:,}",
        ]  # fmt: skip
        where = f"?area={area}" if area else ""
        (conflicts if is_conflict else lines).append((cells, reverse("quality-rule", args=[_slug(name)]) + where))
    places = [(one.path, one.name) for one in district.areas(actor) if one.level == "town"]
    missed = work.not_asked()
    context = {
        "here": "screening",
        "filters": [tables.pick("area", _("镇街"), places, area)] if len(places) > 1 else [],
        "may_check": access.may(actor, work.CAPABILITY),
        "total": sum(one.open for one in counts.values()),
        "table": tables.table(_("数据疑点"), heads, lines),
        "conflicts": tables.table(_("部门之间说法不一"), heads, conflicts),
        "chart": _chart(counts),
        "asked": len(work.rules().rules) - sum(one.whole for one in missed),
        "missed": [(one.rule, said(work.rules().rules[one.rule].label), said(one.text)) for one in missed],
        "nothing": _("没有疑点，或者还没有核对过。"),
    }
    return render(request, "web/quality/desk.html", context)


def _severity() -> dict[str, str]:
    return {"E": _("有矛盾，要改"), "W": _("要说明"), "I": _("提示")}


def _labels() -> dict[str, str]:
    """Every rule and item by name, in words."""
    made = {name: said(rule.label) for name, rule in work.rules().rules.items()}
    return made | {f"{work.CONFLICT}{name}": said(item.label) for name, item in declared.items().items()}


def _slug(name: str) -> str:
    return name.replace(work.CONFLICT, "item-")


def _name(slug: str) -> str:
    name = slug.replace("item-", work.CONFLICT)
    if name not in _labels():
        raise NotFound(Text("这条规则", "This rule"))
    return name


def _chart(counts: Mapping[str, queries.Count]) -> shown.Chart:
    some = sorted(((name, one) for name, one in counts.items() if one.open), key=lambda pair: -pair[1].open)[:15]
    labels = [_labels().get(name, name) if name.startswith(work.CONFLICT) else name for name, _one in some]
    series = [
        {"name": _("待处理"), "values": [one.open for _name, one in some]},
        {"name": _("已豁免"), "values": [one.waived for _name, one in some]},
    ]
    spec = {"kind": "bar", "across": True, "stacked": True, "labels": labels, "series": series}
    return shown.Chart("doubts", _("各规则的疑点"), spec)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, slug: str) -> HttpResponse:
    """The points of one rule; a POST waives one with its reason."""
    asked, actor = asking.of(request), asking.actor(request)
    name = _name(slug)
    wrong: Refusal | None = None
    if request.method == "POST":
        try:
            until = _day(request.POST.get("until", ""))
            about = request.POST.get("about", "")
            moves.waive(actor, name, about, reason=request.POST.get("reason", ""), until=until, clock=asked.clock)
            messages.success(request, _("已豁免，再次导入仍有效。"))
            return redirect("quality-rule", slug)
        except Refusal as refusal:
            if refusal.code in ("not_allowed", "not_found"):
                raise
            wrong = refusal
    waived = request.GET.get("waived") == "1"
    number = tables.page_number(request.GET.get("page", "1"))
    area = request.GET.get("area", "")
    found, total = queries.rows(actor, name, asked.now, area=area if area.isdigit() else "", waived=waived, page=number)
    may = access.may(actor, moves.CAPABILITY)
    context = {
        "here": "screening",
        "name": name if not name.startswith(work.CONFLICT) else "",
        "label": _labels()[name],
        "is_conflict": name.startswith(work.CONFLICT),
        "waived": waived,
        "rows": [_row(one, name, asked, request.POST if wrong else {}) for one in found],
        "may_waive": may and not waived,
        "may_end": may and waived,
        "error": shown.sentence(wrong) if wrong else "",
        "page": shown.Page(number, queries.PAGE, total),
        "total": total,
        "nothing": _("没有这样的疑点。"),
        "why": _missed(name),
    }
    return render(request, "web/quality/rule.html", context, status=422 if wrong else 200)


def _missed(name: str) -> str:
    return next((said(one.text) for one in work.not_asked() if one.rule == name), "")


def _row(one: queries.DoubtRow, name: str, asked: asking.Asking, typed: Mapping[str, Any]) -> dict[str, Any]:
    mine = typed.get("about") == one.about
    return {
        "about": one.about,
        "who": shown.household(one.head),
        "url": reverse("household-sources" if name.startswith(work.CONFLICT) else "household", args=[one.household]),
        "area": one.area,
        "found": words.day(one.found, today=asked.today, week=False),
        "waiver": one.waiver,
        "reason": one.reason,
        "by": one.by,
        "until": words.day(one.until, today=asked.today, week=False) if one.until else _("长期"),
        "typed": typed.get("reason", "") if mine else "",
        "typed_until": typed.get("until", "") if mine else "",
        "open": mine,
    }


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("day", Text("请写日期，例如 2025-01-01。", "Write a day, for example 2025-01-01.")) from None


@require_POST
def end(request: HttpRequest, waiver_id: str) -> HttpResponse:
    """End a waiver: the point is open again."""
    moves.end(asking.actor(request), waiver_id, clock=asking.of(request).clock)
    messages.success(request, _("豁免已取消，疑点重新列出。"))
    back = request.POST.get("back", "")
    return redirect(back if back.startswith("/quality/") else "quality")


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Look everything over; the work goes on in the background and the page can be left."""
    job = jobs.start(asking.actor(request), "quality", {}, clock=asking.of(request).clock)
    messages.success(request, _("已经开始核对。可以离开，办完后在“任务”里看结果。"))
    return redirect("job", job)
