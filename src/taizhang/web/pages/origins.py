"""The page of a printed code, the sheet on which codes are printed, and a complaint about the product."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import cases
from taizhang.core.moves import origins as moves
from taizhang.core.queries import origins
from taizhang.core.queries import public as queries
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.web import asking, qr, shown, tables, words
from taizhang.web.pages import act as acts
from taizhang.web.pages import public
from taizhang.web.templatetags.said import said


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, code: str) -> HttpResponse:
    """What a code tells: product, producer, batch, certificate. The reader may say at which counter it was seen."""
    asked = asking.of(request)
    found = moves.read(code)
    place = acts.identity(request.POST.get("place", "")) if request.method == "POST" else None
    if request.method == "GET" or place is not None:
        moves.scan(found, place, clock=asked.clock)
    one = origins.origin(code, asked.now, clock=asked.clock)
    context: dict[str, Any] = {
        "title": one.product,
        "enterprise": one.enterprise,
        "place": one.place,
        "code": one.code,
        "good": one.good,
        "suspect": one.suspect,
        "stands": [(_("认定"), said(one.certificate)), (_("本批"), said(one.stage))],
        "facts": [(said(fact.label), said(fact.text)) for fact in one.facts],
        "field": tables.pick("place", _("您在哪里看到的？"), one.outlets, required=False) if one.outlets else None,
        "told": place is not None,
        "complain": reverse("origin-complain", args=[one.code]) if one.case else "",
    }
    return render(request, "public/origin.html", public.frame(request, context))


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest, code: str) -> HttpResponse:
    """Say what is wrong with a product; it goes to the district as something to look at."""
    asked = asking.of(request)
    one = origins.origin(code, asked.now, clock=asked.clock)
    if one.case is None:
        raise NotFound(Text("这个产品的认定", "The certificate of this product"))
    buyer = access.follower(one.case)
    wanted = queries.form_by_code(buyer, "complain", asked.now)

    def carry_out(sent: acts.Sent, key: uuid.UUID) -> HttpResponse:
        cases.act(
            buyer, buyer.follows or "", "complain", given=sent.given, evidence=sent.evidence, clock=asked.clock, key=key
        )
        return render(request, "public/thanks.html", public.frame(request, {"title": one.product}))

    return public.answer(request, wanted, "complain", carry_out)


@require_safe
def sheet(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """A sheet of codes to print, and what was looked at: suspect codes first."""
    asked, actor = asking.of(request), asking.actor(request)
    text = request.GET.get("from", "1")
    first = int(text) if text.isdecimal() and len(text) < 9 else 1
    case, codes = moves.codes(actor, case_id, first)
    lines: list[tables.Line] = []
    for one in origins.looked_at(actor, case_id, clock=asked.clock):
        cells: tables.Cells = [
            shown.Cell(one.code, small=_("可疑：短时间出现在两地，或扫码过多") if one.suspect else ""), str(one.count),
            _("、").join(one.places) or "—", words.day(one.last, today=asked.today, week=False),
        ]  # fmt: skip
        lines.append((cells, reverse("origin", args=[one.code])))
    context = {
        "here": "things",
        "number": case.number,
        "back": reverse("case", args=[case.pk]),
        "codes": [(one, qr.svg(request.build_absolute_uri(reverse("origin", args=[one])))) for one in codes],
        "more": f"?from={first + len(codes)}" if len(codes) == moves.MOST else "",
        "table": tables.table(_("扫码情况"), [_("溯源码"), tables.number(_("次数")), _("在哪里"), _("最近")], lines),
        "nothing": _("还没有印码。先在事项里办“印溯源码”。"),
    }
    return render(request, "web/things/codes.html", context)
