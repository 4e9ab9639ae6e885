"""What time itself brings about: what the sweep ran, what waits, what failed; an operator runs it again. No case is shown."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from taizhang.core.queries import sweeps, system
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import jobs

KEPT = 60


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Runs, what waits, what was put off."""
    asked, actor = asking.of(request), asking.actor(request)
    system.may(actor)
    runs = sweeps.runs(1)
    context = {
        "here": "system",
        "failed": _failed(asked),
        "broken": list(runs[0].broken) if runs else [],
        "waiting": _waiting(asked),
        "ran": ran(asked, KEPT),
    }
    return render(request, "web/system/sweeps.html", context)


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Run it now in the background, what was put off included."""
    job = jobs.start(asking.actor(request), "sweep_now", {}, clock=asking.of(request).clock)
    messages.success(request, _("已排上，马上就办。"))
    return redirect("job", job)


def ran(asked: asking.Asking, limit: int) -> shown.Table:
    """The last runs."""
    heads: tables.Heads = [
        _("何时"),
        tables.number(_("办了")),
        tables.number(_("没办成")),
        tables.number(_("公示到期")),
    ]
    lines = [
        ([words.stamp(one.started, today=asked.today), str(one.done), str(one.failed), str(one.notices_over)], "")
        for one in sweeps.runs(limit)
    ]
    return tables.table(_("到期处理"), heads, lines, cards=False)


def _failed(asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [_("事项"), _("哪个时限"), tables.number(_("试过")), _("何时再试"), _("原因")]
    lines: list[tables.Line] = [
        (
            [
                shown.Cell(said(one.ledger), small=one.number), said(one.clock), str(one.tries),
                words.stamp(one.again_at, today=asked.today), one.note or "—",
            ],
            "",
        )
        for one in sweeps.put_off()
    ]  # fmt: skip
    return tables.table(_("没办成的"), heads, lines)


def _waiting(asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [_("台账"), _("哪个时限"), _("到时就办"), tables.number(_("多少"))]
    lines = []
    for one in sweeps.waiting(asked.now):
        many = ngettext("%(n)d 个事项", "%(n)d 个事项", one.count) % {"n": one.count}
        if one.gathers:
            many = ngettext("%(n)d 项责任，没办的单位各一份", "%(n)d 项责任，没办的单位各一份", one.count) % {
                "n": one.count
            }
        clock = said(one.clock) if not one.gathers else _("按期报送")
        lines.append(([said(one.ledger), clock, words.stamp(one.at, today=asked.today), many], ""))
    return tables.table(_("等着办的"), heads, lines, cards=False)
