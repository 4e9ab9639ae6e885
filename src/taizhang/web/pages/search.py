"""Find by name or number, within what the reader may see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import search, things
from taizhang.web import asking, shown
from taizhang.web.templatetags.said import said


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Households and cases that fit; the words are not kept in the address bar of anybody else."""
    asked = asking.of(request)
    text = request.GET.get("q", "").strip()[:60]
    heads = [shown.Head(_("找到的")), shown.Head(_("是什么")), shown.Head(_("地点")), shown.Head(_("走到"))]
    rows: list[shown.Row] = []
    if text:
        found = search.find(asking.actor(request), text, asked.now)
        for home in found.households:
            cells = [_("农户"), home.area, ""]
            rows.append(_row(shown.household(home.head), "", cells, heads, reverse("household", args=[home.household])))
        named = dict(things.registers())
        for thing in found.things:
            cells = [said(named[thing.register]), thing.area, ""]
            rows.append(_row(thing.name, thing.code, cells, heads, reverse("thing", args=[thing.thing])))
        for one in found.cases:
            cells = [said(one.ledger_label), one.subject.area, said(one.stage)]
            rows.append(_row(shown.subject(one.subject), one.number, cells, heads, reverse("case", args=[one.case])))
    context = {
        "searched": text,
        "said": _("“%(text)s”，每类最多列 %(limit)d 条") % {"text": text, "limit": search.LIMIT},
        "table": shown.Table(_("找到的"), heads, rows, compact=True),
        "nothing": _("在您能看的范围内没有找到。姓名至少两个字；编号、身份证号要写全。"),
    }
    return render(request, "web/search.html", context)


def _row(title: str, small: str, cells: list[str], heads: list[shown.Head], url: str) -> shown.Row:
    rest = [shown.Cell(text, head=head.name) for text, head in zip(cells, heads[1:], strict=True)]
    return shown.Row([shown.Cell(title, small=small), *rest], url)
