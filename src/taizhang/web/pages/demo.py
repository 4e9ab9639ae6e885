"""The clock of a demo database: what time it shows, and moving it on by days."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from taizhang.core.moves import clock as clocks
from taizhang.core.queries import district
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.web import asking, shown, words

STEPS: Final = (1, 3, 5, 15, 30, 180)


@require_http_methods(["GET", "HEAD", "POST"])
def clock(request: HttpRequest) -> HttpResponse:
    """The demo clock; a POST moves it on. Absent where the district is a real one."""
    asked, actor = asking.of(request), asking.actor(request)
    if not district.here().demo:
        raise NotFound(Text("演示时钟", "A demo clock"))
    typed, error = request.POST.get("days", ""), ""
    if request.method == "POST":
        number = int(typed) if typed.isdecimal() and len(typed) < 5 else 0
        try:
            clocks.advance(actor, number, clock=asked.clock)
        except Refusal as refusal:
            error = shown.sentence(refusal)
        else:
            said = ngettext(
                "时钟拨快了 %(n)d 天。到期的事项随即变灯。", "时钟拨快了 %(n)d 天。到期的事项随即变灯。", number
            )
            messages.success(request, said % {"n": number})
            return redirect("demo-clock")
    most = _("一次最多 %(n)d 天；只能往前，不能往回。") % {"n": clocks.MOST}
    context = {
        "face": words.clock_face(asked.now),
        "steps": STEPS,
        "field": shown.Field(
            "days",
            _("拨快几天"),
            kind="number",
            value=typed,
            figure=True,
            narrow=True,
            unit=_("天"),
            hint=most,
            error=error,
        ),
    }
    return render(request, "web/demo/clock.html", context, status=422 if error else 200)
