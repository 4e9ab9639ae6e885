"""Closing clues in bulk: several clues that were looked at, one outcome and one reason, each with an entry of its own."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from taizhang.core import access
from taizhang.core.moves import cases as moves
from taizhang.core.queries import district, lists
from taizhang.core.queries import forms as asked_forms
from taizhang.ledger import forms
from taizhang.web import asking, fields, shown, tables, words
from taizhang.web.templatetags.said import said

LEDGER: Final = "household_monitoring"
STAGE: Final = "clue"
ACT: Final = "close_clue"
MOST: Final = 100  # at a time


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The open clues with check boxes; a POST closes the chosen ones."""
    asked, actor = asking.of(request), asking.actor(request)
    access.acting(actor, "clues.close")
    wrong: dict[str, str] = {}
    chosen = [one for one in request.POST.getlist("case") if _identity(one)][:MOST]
    area = request.GET.get("area", "")
    page = tables.page_number(request.GET.get("page", "1"))
    found = lists.page(actor, LEDGER, lists.Filters(stage=STAGE, area=area, page=page), asked.now)
    wanted = asked_forms.of_act(actor, found.rows[0].case, ACT, asked.now) if found.rows else None
    if request.method == "POST" and wanted is not None:
        given, unread = forms.read_all(
            wanted.ledger, wanted.form.act, {spec.key: fields.raw(spec, request.POST) for spec in wanted.form.fields}
        )
        wrong = {key: said(text) for key, text in unread.items()}
        wrong |= {
            spec.key: _("请填写。")
            for spec in wanted.form.fields
            if spec.required and not given.get(spec.key) and spec.key not in wrong
        }
        if not chosen:
            wrong["case"] = _("请至少勾选一条线索。")
        if not wrong:
            return _close(request, chosen, given)
    context: dict[str, Any] = {
        "here": "screening",
        "filters": [tables.pick("area", _("地点"), [(one.path, one.name) for one in district.areas(actor)], area)],
        "page": shown.Page(found.filters.page, lists.PAGE, found.total),
        "rows": [_row(row, asked, chosen) for row in found.rows],
        "fields": _fields(request, wanted, wrong),
        "error": wrong.get("case", ""),
        "nothing": _("没有等着办结的线索。"),
    }  # fmt: skip
    return render(request, "web/screening/clues.html", context, status=422 if wrong else 200)


def _fields(request: HttpRequest, wanted: asked_forms.Asked | None, wrong: dict[str, str]) -> list[shown.Field]:
    """What the act asks for, once for all of them."""
    if wanted is None:
        return []
    typed = request.POST if request.method == "POST" else None
    return [fields.field(spec, wanted.choices, typed, wrong) for spec in wanted.form.fields]


def _row(row: lists.Row, asked: asking.Asking, chosen: list[str]) -> dict[str, Any]:
    return {
        "case": row.case,
        "number": row.number,
        "who": shown.subject(row.subject),
        "area": row.subject.area,
        "opened": words.stamp(row.opened, today=asked.today),
        "light": shown.light(row.light, due=row.red_at, now=asked.now),
        "url": reverse("case", args=[row.case]),
        "chosen": str(row.case) in chosen,
    }


def _close(request: HttpRequest, chosen: list[str], given: dict[str, Any]) -> HttpResponse:
    done = moves.bulk(asking.actor(request), chosen, ACT, given=given, clock=asking.of(request).clock)
    if done.done:
        text = ngettext("已办结 %(n)d 条线索。", "已办结 %(n)d 条线索。", len(done.done))
        messages.success(request, text % {"n": len(done.done)})
    for _case, refusal in done.refused:
        messages.warning(request, _("有一条没有办结：%(why)s") % {"why": shown.sentence(refusal)})
    return redirect("clues")


def _identity(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
