"""Figures counted from records, each beside what was printed; and the lights over all ledgers as a table and a chart."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core import access
from taizhang.core.queries import figures, lists
from taizhang.kit import money
from taizhang.web import asking, shown, tables, words
from taizhang.web.pages.ledger import slug as slugged
from taizhang.web.templatetags.said import said


def units() -> dict[str, str]:
    """The units of figures in words."""
    return {
        "persons": _("人"),
        "households": _("户"),
        "children": _("名儿童"),
        "percent": "%",
        "rounds": _("轮"),
        "times": _("次"),
        "items": _("项"),
        "cases": _("件"),
        "works": _("处"),
        "yuan": _("元"),
        "million_yuan": _("百万元"),
        "days": _("天"),
        "villages": _("个村"),
        "towns": _("个乡镇"),
        "organisations": _("个单位"),
        "outlets": _("个网点"),
        "lines": _("条线路"),
        "hectares": _("公顷"),
        "kinds": _("种"),
        "grants": _("人次"),
        "modules": _("个板块"),
        "levels": _("级"),
        "person-times": _("人次"),
        "problems": _("个问题"),
        "groups": _("个专班"),
        "meetings": _("次会议"),
        "minutes": _("分钟"),
        "metres": _("米"),
        "months": _("个月"),
        "enterprises": _("家企业"),
        "plots": _("个地块"),
        "courses": _("期"),
        "streets": _("个街道"),
    }


def told(value: str, unit: str) -> str:
    """A number with its thousands apart, and its unit."""
    whole, point, rest = value.partition(".")
    grouped = f"{int(whole):,}" if whole.lstrip("-").isdecimal() else whole
    return f"{grouped}{point}{rest} {units().get(unit, unit)}"


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every figure, and the lights of every ledger one may see."""
    asked, actor = asking.of(request), asking.actor(request)
    access.acting(actor, "figures.read")
    heads: tables.Heads = [
        _("数字"),
        _("截至"),
        tables.number(_("数出来的")),
        tables.number(_("印出来的")),
        _("相符"),
        tables.number(_("记录")),
    ]
    lines = []
    for one in figures.figures():
        wanted = told(one.wanted.wanted, one.wanted.unit)
        cells: tables.Cells = [
            shown.Cell(said(one.wanted.label), small=one.wanted.system),
            words.day(one.wanted.on, today=asked.today, week=False),
            told(one.value, one.wanted.unit),
            _("不少于 %(n)s") % {"n": wanted} if one.wanted.least else wanted,
            _("相符") if one.agrees else _("不相符"),
            f"{one.records:,}",
        ]
        lines.append((cells, reverse("figure", args=[one.wanted.id])))
    overview = lists.ledgers(actor, asked.now)
    context = {
        "here": "figures",
        "table": tables.table(_("数字"), heads, lines, cards=False),
        "nothing": _("台账库里还没有规定要数的数字。"),
        "lights": _lights(overview),
        "chart": _chart(overview),
        "policies_url": reverse("policies"),
    }
    return render(request, "web/figures/list.html", context)


def _lights(overview: tuple[lists.Overview, ...]) -> shown.Table:
    names = (_("逾期"), _("临期"), _("按期"), _("在办"))
    heads: tables.Heads = [_("台账"), *(shown.Head(name, numeric=True) for name in names)]
    lines = [
        (
            [
                said(one.ledger.label),
                *(f"{n:,}" for n in (one.red, one.yellow, one.green, one.red + one.yellow + one.green)),
            ],
            reverse("ledger", args=[slugged(one.ledger.ledger)]),
        )
        for one in overview
    ]
    sums = [sum(one.red for one in overview), sum(one.yellow for one in overview), sum(one.green for one in overview)]
    foot = [_("合计"), *(f"{n:,}" for n in (*sums, sum(sums)))]
    return tables.table(_("各本台账的灯"), heads, lines, foot=foot, cards=False)


def _chart(overview: tuple[lists.Overview, ...]) -> shown.Chart:
    series = [
        {"name": _("逾期"), "values": [one.red for one in overview]},
        {"name": _("临期"), "values": [one.yellow for one in overview]},
        {"name": _("按期"), "values": [one.green for one in overview]},
    ]
    labels = [said(one.ledger.label) for one in overview]
    return shown.Chart(
        "lights", _("在办事项按灯，件"), {"kind": "bar", "across": True, "labels": labels, "series": series}
    )


def _opens(row: figures.Record, figure_id: str) -> str:
    """Where a record opens, if it does."""
    if row.kind == "organisation":
        wanted = next(one for one in figures.read() if one.id == figure_id)
        return reverse("duty-year", args=[slugged(str(wanted.count["roster"])), row.code])
    return reverse("case", args=[row.id]) if row.kind == "case" else ""


@require_safe
def one(request: HttpRequest, figure_id: str) -> HttpResponse:
    """One figure and the records that carry it, as far as the reader may see them."""
    asked, actor = asking.of(request), asking.actor(request)
    access.acting(actor, "figures.read")
    found = figures.figure(figure_id)
    records = figures.records(actor, figure_id)
    heads: tables.Heads = [_("记录"), tables.number(_("计数"))]
    in_money = found.wanted.unit == "yuan"
    lines = [
        (
            [row.label, money.show(row.counts) if in_money else f"{row.counts:,}"],
            _opens(row, figure_id),
        )
        for row in records
    ]
    hidden = found.records - len(records)
    context = {
        "here": "figures",
        "label": said(found.wanted.label),
        "value": told(found.value, found.wanted.unit),
        "on": words.day(found.wanted.on, today=asked.today, week=False),
        "printed": found.wanted.wanted,
        "least": found.wanted.least,
        "agrees": found.agrees,
        "table": tables.table(_("记录"), heads, lines, cards=False),
        "count": len(records),
        "hidden": hidden,
        "nothing": _("您能看到的范围内没有这些记录。"),
    }
    return render(request, "web/figures/one.html", context)
