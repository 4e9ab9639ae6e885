"""Replaying rules on the past: what each was worth, how much earlier it found a household, and which bring little."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core import access
from taizhang.core.queries import replays as queries
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import jobs, replaying, trying

COMBINATIONS = 20


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every replay, and the form that starts one."""
    asked, actor = asking.of(request), asking.actor(request)
    heads: tables.Heads = [
        _("哪套数"), _("按什么数据"), tables.number(_("月数")), tables.number(_("预警")), tables.number(_("入户")),
        tables.number(_("核实纳入")), _("何时"),
    ]  # fmt: skip
    lines = []
    for one in queries.listed(actor):
        told = one.result
        counts = [f"{told[key]:,}" if told else "—" for key in ("alerts", "visits", "confirmed")]
        name = shown.Cell(one.proposal.name if one.proposal else _("现行的数"), small="" if told else _("还没有办完"))
        cells: tables.Cells = [
            name,
            _known()[one.known],
            str(one.months),
            *counts,
            words.stamp(one.created, today=asked.today),
        ]
        lines.append((cells, reverse("replay", args=[one.pk])))
    some = [(str(one.id), one.name) for one in trying.listed(actor) if one.state != "withdrawn"]
    context = {
        "here": "screening",
        "table": tables.table(_("历次回放"), heads, lines),
        "nothing": _("还没有回放过。"),
        "may_start": access.may(actor, trying.CAPABILITY),
        "fields": [
            tables.pick("proposal", _("哪套数"), [("", _("现行的数")), *some]),
            tables.pick("known", _("按什么数据"), list(_known().items()), "now", required=True),
        ],
    }
    return render(request, "web/screening/replays.html", context)


def _known() -> dict[str, str]:
    return {"now": _("现有数据按行的日期（后来收到的也算）"), "then": _("当时已经收到的数据")}


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Replay in the background; the page can be left."""
    sent = request.POST
    job = jobs.start_replay(
        asking.actor(request), sent.get("proposal", ""), sent.get("known", "now"), clock=asking.of(request).clock
    )
    messages.success(request, _("已经开始回放。可以离开，办完后在“任务”里看结果。"))
    return redirect("job", job)


@require_safe
def show(request: HttpRequest, replay_id: uuid.UUID) -> HttpResponse:
    """What the rules were worth, by rule, by combination and by month, and which bring little."""
    asked, actor = asking.of(request), asking.actor(request)
    one = queries.one(actor, replay_id)
    told = one.result
    context: dict[str, Any] = {
        "here": "screening",
        "title": one.proposal.name if one.proposal else _("现行的数"),
        "known": _known()[one.known],
        "months": one.months,
        "job_url": reverse("job", args=[one.job_id]) if one.job_id else "",
        "when": words.stamp(one.created, today=asked.today),
        "done": bool(told),
    }
    if told:
        context |= {
            "figures": [
                (_("预警"), _("%(n)d 条") % {"n": told["alerts"]}), (_("涉及"), _("%(n)d 户") % {"n": told["households"]}),
                (_("入户"), _("%(n)d 次") % {"n": told["visits"]}), (_("核实纳入"), _("%(n)d 户") % {"n": told["confirmed"]}),
            ],
            "little": [{"text": line["en"] if words.english() else line["zh"], "label": said(replaying.rule_label(line["rule"])),
                        "url": f"{reverse('alerts')}?rule={line['rule']}"} for line in told["little"]],
            "rules": _worth(_("各规则"), told["rules"]),
            "combinations": _worth(_("规则组合"), told["combinations"][:COMBINATIONS]),
            "more": max(0, len(told["combinations"]) - COMBINATIONS),
            "chart": _chart(told["by_month"]),
            "table": _months(told["by_month"]),
        }  # fmt: skip
    return render(request, "web/screening/replay.html", context)


def _worth(caption: str, rows: Sequence[Mapping[str, Any]]) -> shown.Table:
    heads: tables.Heads = [
        caption, tables.number(_("预警")), tables.number(_("核实纳入")), tables.number(_("纳入占比")), tables.number(_("早发现天数")),
        tables.number(_("入户"), wide=True), tables.number(_("只因它入户")), tables.number(_("只有它发现")),
    ]  # fmt: skip
    lines = []
    for one in rows:
        names = one["rules"]
        label = f"{names[0]} {said(replaying.rule_label(names[0]))}" if len(names) == 1 else " + ".join(names)
        share = f"{one['confirmed'] / one['alerts']:.1%}" if one["alerts"] else "—"
        earlier = "—" if one["days_earlier"] is None else str(one["days_earlier"])
        cells: tables.Cells = [
            label, f"{one['alerts']:,}", f"{one['confirmed']:,}", share, earlier, f"{one['visits']:,}", f"{one['alone']:,}",
            f"{one['found_alone']:,}",
        ]  # fmt: skip
        lines.append((cells, ""))
    return tables.table(caption, heads, lines)


def _chart(by_month: Mapping[str, Sequence[int]]) -> shown.Chart:
    series = [
        {"name": _("入户"), "values": [visits for visits, _right in by_month.values()]},
        {"name": _("核实纳入"), "values": [right for _visits, right in by_month.values()]},
    ]
    return shown.Chart("months", _("每月入户和核实纳入"), {"kind": "bar", "labels": list(by_month), "series": series})


def _months(by_month: Mapping[str, Sequence[int]]) -> shown.Table:
    heads: tables.Heads = [_("月份"), tables.number(_("入户")), tables.number(_("核实纳入"))]
    lines = [([month, f"{visits:,}", f"{right:,}"], "") for month, (visits, right) in by_month.items()]
    foot = [_("合计"), *(f"{sum(pair[at] for pair in by_month.values()):,}" for at in (0, 1))]
    return tables.table(_("每月入户和核实纳入"), heads, lines, foot=foot, cards=False)
