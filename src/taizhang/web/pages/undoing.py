"""Taking an import back: first what would change, then one confirmed act with its reason, carried out by the worker."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from taizhang.core.queries.feeds import TakenBack
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.web import asking, shown, words
from taizhang.web.templatetags.said import said
from taizhang.work import declared, desk, jobs, undoing

Pairs = list[tuple[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """What would change if a batch were taken back; a POST with a reason does it."""
    asked, actor = asking.of(request), asking.actor(request)
    one, typed, error = desk.batch(actor, batch_id), request.POST.get("reason", ""), ""
    if request.method == "POST":
        try:
            job = jobs.start(actor, "undo", {"batch": str(batch_id)}, clock=asked.clock, reason=typed)
        except NotFound:
            raise
        except Refusal as refusal:
            error = shown.sentence(refusal)
        else:
            messages.success(request, _("正在撤回。可以离开，办完后在“任务”里看结果。"))
            return redirect("job", job)
    if one.withdrawn:
        return redirect("batch", batch_id)
    found = undoing.preview(actor, batch_id, clock=asked.clock)
    context = {
        "here": "screening",
        "one": one,
        "label": said(declared.feed(one.feed).label),
        "figures": _figures(found),
        "register": _register(found.register.plain()),
        "field": shown.Field("reason", _("为什么撤回"), kind="long", value=typed, error=error, required=True),
    }
    return render(request, "web/imports/undo.html", context, status=422 if error else 200)


def _figures(found: undoing.Preview) -> list[tuple[str, str, str]]:
    """Name, figure and what it means."""
    return [
        (_("不再成立的预警"), f"{found.fallen:,}", _("按剩下的数据重新判断，共判断 %(n)d 条") % {"n": found.alerts}),
        (_("改了数字的预警"), f"{found.restated:,}", _("仍然成立，依据和级别按剩下的数据改写")),
        (_("办结的线索"), f"{found.closed:,}", _("没有人核实过，按“数据有误”办结")),
        (_("不变、只加说明的事项"), f"{found.noted:,}", _("有人核实过，或者还有别的依据")),
    ]


def _register(counts: Mapping[str, int]) -> Pairs:
    named = {
        "households": _("恢复原样的户"), "residents": _("恢复原样的人"), "memberships": _("恢复原样的户籍归属"),
        "incomes": _("不再算数的收入核算"),
    }  # fmt: skip
    return [(named[key], f"{n:,}") for key, n in counts.items() if n and key in named]


def taken_back(told: TakenBack | None, asked: asking.Asking) -> Pairs:
    """How a batch was taken back, line by line."""
    if told is None:
        return []
    return [
        (_("谁"), told.by or _("系统")),
        (_("什么时候"), words.stamp(told.at, today=asked.today)),
        (_("为什么"), told.reason or _("已经删除")),
        (_("不再成立的预警"), f"{told.fallen:,}"),
        (_("改了数字的预警"), f"{told.restated:,}"),
        *_register(told.register),
    ]
