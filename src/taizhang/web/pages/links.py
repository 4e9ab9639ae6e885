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
from taizhang.core.queries.feeds import PairRow, Which
from taizhang.web import asking, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import declared, desk


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The pairs that wait for a decision, the surest first; `?decided=1` shows the decided ones, `?sure=1` those that a
    model took for the same person: both can be changed."""
    asked, actor = asking.of(request), asking.actor(request)
    which: Which = (
        "decided" if request.GET.get("decided") == "1" else "sure" if request.GET.get("sure") == "1" else "waiting"
    )
    number = tables.page_number(request.GET.get("page", "1"))
    found, pages = desk.links(actor, asked.now, which=which, page=number)
    context = {
        "here": "screening",
        "which": which,
        "pairs": [_pair(one, asked) for one in found],
        "pages": pages,
        "number": min(number, pages),
        "nothing": {
            "decided": _("还没有判定过。"),
            "sure": _("没有由模型认定的。采用关联模型后，它有把握的行列在这里，可以改判。"),
            "waiting": _("没有等着核对的。导入数据后，拿不准是谁的行列在这里。"),
        }[which],
    }
    return render(request, "web/links/show.html", context)


def _how() -> dict[str, str]:
    return {
        "edit": _("证件号码差一处"), "birth": _("姓名、出生日期和地区相同"), "number": _("证件号码相同，姓名不同"),
        "phone": _("电话相同"), "name_area": _("同村同名"), "model": _("多项合起来相近"),
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
        "reasons": [(said(reason.column), said(reason.answer), _weight(reason.bits)) for reason in one.reasons],
        "score": f"{one.score:.1%}" if any(reason.bits is not None for reason in one.reasons) else "",
        "band": bands.get(one.band, ""),
        "decided": words.stamp(one.decided, today=asked.today) if one.decided else "",
    }  # fmt: skip


def _weight(bits: float | None) -> str:
    """For (+) or against (-), in doublings of the odds."""
    return "" if bits is None else f"{bits:+.1f}"


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
    kept = {name: request.POST[name] for name in ("decided", "sure", "page") if request.POST.get(name, "").isdecimal()}
    back.headers["Location"] += f"?{urlencode(kept)}" if kept else ""
    return back
