"""Lights of duties over time: month by month, of one organisation or of everybody, by module; a chart beside the same table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import light_history
from taizhang.core.queries.light_history import Course
from taizhang.web import asking, shown, tables
from taizhang.web.pages import duties
from taizhang.web.templatetags.said import said


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The lights of a year to date: of everybody the reader looks over, or of the organisation named by `unit`."""
    asked, actor = asking.of(request), asking.actor(request)
    name, code = duties.named(slug), request.GET.get("unit", "")
    year = duties.year_of(request, asked.today.year)
    found = light_history.of(actor, name, code, year, asked.now)
    whole = found.courses[0] if found.courses else None
    return render(request, "web/duties/lights.html", {
        "here": "duties",
        "name": said(found.ledger.label),
        "unit": duties.unit_name(found.unit) if found.unit is not None else _("全部单位"),
        "back": duties.address(name, code, year) if code else f"{reverse('duties-of', args=[slug])}?year={year}",
        "years": [
            shown.Link(_("%(year)d年") % {"year": one}, f"{request.path}?year={one}&unit={code}", "here" if one == year else "")
            for one in (asked.today.year - 1, asked.today.year)
        ],
        "chart": _chart(whole) if whole is not None else None,
        "table": _table(_("合计"), whole) if whole is not None else None,
        "modules": [_table(said(course.label), course) for course in found.courses[1:]],
        "nothing": _("这一年还没有开始的任务。"),
    })  # fmt: skip


def _chart(course: Course) -> shown.Chart:
    """What is red and yellow; how much is green stands in the table: drawn beside it, thousands would hide the few."""
    labels = [_month(month.begins.month) for month in course.months]
    series = [
        {"name": _("逾期"), "values": [month.red or None for month in course.months], "tone": "red"},
        {"name": _("临期"), "values": [month.yellow or None for month in course.months], "tone": "yellow"},
    ]
    title = _("每月末的红灯和黄灯，项")
    return shown.Chart("lights", title, {"kind": "bar", "labels": labels, "series": series, "stacked": True})


def _table(caption: str, course: Course) -> shown.Table:
    heads: tables.Heads = [
        _("月份"), *(tables.number(one) for one in (_("逾期"), _("临期"), _("按期"), _("黄灯天数"), _("红灯天数"))),
    ]  # fmt: skip
    lines: list[tables.Line] = [
        (
            [_month(month.begins.month),
             *(f"{one:,}" for one in (month.red, month.yellow, month.green, month.yellow_days, month.red_days))],
            "",
        )
        for month in course.months
    ]  # fmt: skip
    return tables.table(caption, heads, lines, cards=False)


def _month(number: int) -> str:
    return _("%(n)d月") % {"n": number}
