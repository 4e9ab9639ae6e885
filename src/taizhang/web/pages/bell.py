"""The bell: what newly became mine or newly turned since I last looked."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from taizhang.core.moves import bell as bells
from taizhang.core.queries import bell
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The list; a POST says that all of it has been seen."""
    asked, actor = asking.of(request), asking.actor(request)
    if request.method == "POST":
        bells.see(actor, clock=asked.clock)
        return redirect("bell")
    found = bell.rung(actor, asked.now, page=tables.page_number(request.GET.get("page", "1")))
    heads = [shown.Head(_("事项")), shown.Head(_("什么事")), shown.Head(_("灯")), shown.Head(_("何时"))]
    colours = {"red": _("逾期"), "yellow": _("临期"), "green": _("按期")}
    rows = [
        shown.Row(
            [
                shown.Cell(shown.subject(one.subject), small=f"{said(one.ledger_label)} {one.number}"),
                shown.Cell(_reasons(one.why), head=heads[1].name),
                shown.Cell(head=heads[2].name, light=shown.Light(one.light, colours[one.light])),
                shown.Cell(words.stamp(one.why[0].at, today=asked.today), head=heads[3].name),
            ],
            reverse("case", args=[one.case]),
        )
        for one in found.rows
    ]
    context = {
        "table": shown.Table(_("新转到的"), heads, rows, compact=True),
        "page": shown.Page(found.page, bell.PAGE, found.total),
        "said": _("上次看过以后轮到您的、变了颜色的"),
        "nothing": _("没有新的。轮到您的事项都在“我的事项”里。"),
    }
    return render(request, "web/bell.html", context)


def _reasons(why: Sequence[bell.Why]) -> str:
    """Each reason once, the newest first."""
    said_of = [
        (_("轮到您：%(clock)s") if one.new else _("变了颜色：%(clock)s")) % {"clock": said(one.clock_label)}
        for one in why
    ]
    return _("；").join(dict.fromkeys(said_of))
