"""The linkage desk: a doubtful row beside the resident it may mean, both masked; a person says whether they are the same."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core.moves import links as moves
from taizhang.core.queries.feeds import PairRow
from taizhang.web import asking, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import declared, desk


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The pairs that wait for a decision, the surest first; `?decided=1` shows the decided ones, to be changed."""
    asked, actor = asking.of(request), asking.actor(request)
    decided = request.GET.get("decided") == "1"
    number = tables.page_number(request.GET.get("page", "1"))
    found, pages = desk.links(actor, asked.now, decided=decided, page=number)
    context = {
        "here": "screening",
        "decided": decided,
        "pairs": [_pair(one, asked) for one in found],
        "pages": pages,
        "number": min(number, pages),
        "nothing": _("还没有判定过。") if decided else _("没有等着核对的。导入数据后，拿不准是谁的行列在这里。"),
    }
    return render(request, "web/links/show.html", context)


def _how() -> dict[str, str]:
    return {
        "edit": _("证件号码差一处"), "birth": _("姓名、出生日期和地区相同"), "number": _("证件号码相同，姓名不同"),
        "phone": _("电话相同"), "name_area": _("同村同名"),
    }  # fmt: skip


def _pair(one: PairRow, asked: asking.Asking) -> dict[str, Any]:
    named = {"feed": said(declared.feed(one.feed).label), "batch": one.number, "row": one.row}
    bands = {"same": _("同一人"), "different": _("不是同一人")}
    return {
        "id": one.id,
        "title": _("%(feed)s %(batch)s 第 %(row)d 行") % named,
        "rows": one.rows,
        "how": _how().get(one.how, one.how),
        "sides": (
            (_("部门数据"), one.row_name or "—", one.row_number or "—"), (_("名册"), one.name_there or "—", one.number_there or "—"),
        ),
        "name_apart": one.differs or one.row_name != one.name_there,
        "apart": said(one.apart),
        "band": bands.get(one.band, ""),
        "decided": words.stamp(one.decided, today=asked.today) if one.decided else "",
    }  # fmt: skip


@require_POST
def decide(request: HttpRequest, pair_id: uuid.UUID) -> HttpResponse:
    """A decision; deciding anew takes the earlier one's place and both stay on record."""
    same = request.POST.get("same")
    if same in ("1", "0"):
        moves.decide(asking.actor(request), pair_id, same == "1", clock=asking.of(request).clock)
        said_of = (
            _("已判为同一人。下次筛查起，这些行算在此人名下。")
            if same == "1"
            else _("已判为不是同一人。以后不再提这一对。")
        )
        messages.success(request, said_of)
    back = redirect("links")
    kept = {name: request.POST[name] for name in ("decided", "page") if request.POST.get(name, "").isdecimal()}
    back.headers["Location"] += f"?{urlencode(kept)}" if kept else ""
    return back
