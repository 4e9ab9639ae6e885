"""The calendar of feeds, what one's own department owes, and the report of nothing."""

from __future__ import annotations

import csv
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core import access, vault
from taizhang.web import asking, shown, tables
from taizhang.web.pages import imports
from taizhang.web.pages.screening import delivered
from taizhang.web.templatetags.said import said
from taizhang.work import declared, deliveries, desk, jobs
from taizhang.work.deliveries import Delivery
from taizhang.work.feeding import SCRATCH, Sent

ZERO = "零报告.csv"


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Every feed by period: due, came, light; a department finds its own."""
    asked, actor = asking.of(request), asking.actor(request)
    rows = deliveries.calendar(actor, asked.now)
    most = max((len(row.cells) for row in rows), default=0)
    heads: tables.Heads = [
        _("数据"), *(tables.wide(_("前 %(n)d 期") % {"n": n}) for n in range(most - 1, 0, -1)), _("本期"),
    ]  # fmt: skip
    lines = []
    order = {"red": 0, "yellow": 1, "green": 2}
    for row in sorted(rows, key=lambda one: order[one.cells[-1].light]):
        empty = [shown.Cell("—") for _missing in range(most - len(row.cells))]
        cells: tables.Cells = [
            shown.Cell(said(row.label), small="、".join(row.owner)), *empty, *(_cell(one, asked) for one in row.cells),
        ]  # fmt: skip
        lines.append((cells, reverse("feed", args=[imports.slug(row.feed)])))
    every = [one for row in rows for one in row.cells]
    context = {
        "here": "screening",
        "table": tables.table(_("报送日历"), heads, lines, cards=False),
        "late": sum(one.light == "red" for one in every),
        "nothing": _("您的部门没有要交的数据。"),
    }
    return render(request, "web/imports/calendar.html", context)


def _cell(one: Delivery, asked: asking.Asking) -> shown.Cell:
    came = one.came.strftime("%m-%d") if one.came else ""
    small = _("%(period)s 应于 %(due)s") % {"period": one.period, "due": one.due.strftime("%m-%d")}
    if came:
        what = _("零报告") if one.is_zero else _("%(n)s 行") % {"n": f"{one.rows:,}"}
        small = _("%(period)s 应于 %(due)s，%(came)s 到，%(what)s") % {
            "period": one.period, "due": one.due.strftime("%m-%d"), "came": came, "what": what,
        }  # fmt: skip
    url = reverse("batch", args=[one.batch]) if one.batch else ""
    return shown.Cell(small=small, url=url, light=delivered(one, asked))


@require_POST
def zero(request: HttpRequest, slug: str) -> HttpResponse:
    """Report that there is nothing for a period: a delivery like any other, without a file to be made."""
    actor, clock = asking.actor(request), asking.of(request).clock
    spec = declared.feed(slug.replace("-", "_"))
    if spec.feed not in {name for name, _label in desk.may_send(actor)}:
        access.acting(actor, "feeds.import")
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    try:
        sent = _empty(place, [column.zh for column in spec.columns.values()])
        told = {"feed": spec.feed, "mapping": None, "period": imports.period_of(request, spec)}
        job = jobs.start(actor, "import", told, clock=clock, files=[sent])
    finally:
        shutil.rmtree(place, ignore_errors=True)
    messages.success(request, _("已报零，正在登记。"))
    return redirect("job", job)


def _empty(place: Path, header: Sequence[str]) -> Sent:
    path = place / "1.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerow(header)
    return Sent(ZERO, path)


def owed(found: Sequence[Delivery], asked: asking.Asking) -> shown.Table | None:
    """What the reader's department owes, for the home page; None where it owes no data."""
    if not found:
        return None
    heads: tables.Heads = [_("数据"), tables.wide(_("哪一期")), _("应到"), _("期限")]
    lines = []
    for one in found:
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=_("零报告") if one.is_zero else ""), one.period, one.due.strftime("%m-%d"),
            shown.Cell(light=delivered(one, asked)),
        ]  # fmt: skip
        lines.append((cells, reverse("feed", args=[imports.slug(one.feed)])))
    return tables.table(_("本单位应报数据"), heads, lines, cards=False)
