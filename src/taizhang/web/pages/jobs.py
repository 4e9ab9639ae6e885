"""Long work: what runs, what waits, what failed and can be run again. A page can be left and come back to."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core.queries import jobs as queries
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import jobs

GOING: Final = ("waiting", "running")


def _states() -> dict[str, str]:
    return {
        "waiting": _("排队"), "running": _("进行中"), "stuck": _("没有动静"), "failed": _("没有办成"), "done": _("办完了"),
    }  # fmt: skip


def _kinds() -> dict[str, str]:
    return {
        "import": _("导入数据"),
        "run": _("筛查"),
        "undo": _("撤回批次"),
        "quality": _("核对数据疑点"),
        "replay": _("回放规则"),
        "sweep_now": _("到期处理"),
    }


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The jobs that one may see, the latest first."""
    asked, actor = asking.of(request), asking.actor(request)
    heads: tables.Heads = [_("任务"), _("状态"), _("何时"), _("怎么样了"), tables.number(_("第几次"))]
    lines = []
    for one in queries.listed(actor, asked.now):
        cells: tables.Cells = [
            _kinds().get(one.kind, one.kind), _states()[one.state], words.stamp(one.created, today=asked.today), said(one.text),
            str(max(one.tries, 1)),
        ]  # fmt: skip
        lines.append((cells, reverse("job", args=[one.id])))
    context = {
        "here": "screening",
        "table": tables.table(_("任务"), heads, lines),
        "nothing": _("没有任务。导入数据和筛查在后台办，办到哪里列在这里。"),
    }
    return render(request, "web/jobs/list.html", context)


@require_safe
def one(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One job; while it goes on, its part of the page asks again by itself (or by a link where there are no scripts)."""
    asked, actor = asking.of(request), asking.actor(request)
    found = queries.one(actor, job_id, asked.now)
    context: dict[str, Any] = {
        "here": "screening",
        "one": found,
        "kind": _kinds().get(found.kind, found.kind),
        "state": _states()[found.state],
        "going": found.state in GOING,
        "text": said(found.text),
        "created": words.stamp(found.created, today=asked.today),
        "finished": words.stamp(found.finished, today=asked.today) if found.finished else "",
        "onward": _onward(found),
    }
    part = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "web/jobs/state.html" if part else "web/jobs/one.html", context)


def _onward(found: queries.JobRow) -> shown.Link | None:
    if "batch" in found.result:
        return shown.Link(_("看回执"), reverse("batch", args=[found.result["batch"]]))
    if "quality" in found.result:
        return shown.Link(_("看数据疑点"), reverse("quality"))
    if "replay" in found.result:
        return shown.Link(_("看回放结果"), reverse("replay", args=[found.result["replay"]]))
    return shown.Link(_("看筛查结果"), reverse("screening")) if "run" in found.result else None


@require_POST
def again(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Run a job again that failed or stopped."""
    jobs.again(asking.actor(request), job_id, clock=asking.of(request).clock)
    messages.success(request, _("已重新排上。"))
    return redirect("job", job_id)
