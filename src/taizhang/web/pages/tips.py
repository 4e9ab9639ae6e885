"""Tips: the form and the pick-up page for whoever sends one, and the desk of the two who open it.

The public side sets no cookie and writes no name, address or hour. The desk shows that a tip is there; what it says is
shown by a button, because each reading is an entry.
"""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core.moves import tips
from taizhang.core.queries import officers
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.web import asking, shown, tables
from taizhang.web.pages import public

STATES = ("closed_lid", "asked", "open", "ended")


@csrf_exempt
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """The form of a tip; afterwards the code, told once."""
    clock, error = asking.of(request).clock, ""
    typed = {key: request.POST.get(key, "")[:4000] for key in ("words", "unit", "contact")}
    if request.method == "POST":
        try:
            code = tips.send({key: text for key, text in typed.items() if text.strip()}, clock=clock)
        except Refusal as refusal:
            error = shown.sentence(refusal)
        else:
            return render(request, "public/tip_sent.html", public.frame(request, {"code": code}))
    context = {
        "error": error,
        "ready": tips.ready(asking.of(request).today),
        "fields": [
            shown.Field("words", _("要反映的事"), kind="long", value=typed["words"],
                        hint=_("谁、什么时候、在哪里、做了什么、怎么知道的。不写自己是谁也可以。")),
            tables.pick("unit", _("涉及哪个单位"), officers.organisations(), typed["unit"],
                        hint=_("选了以后，这个单位和它的人看不到这件举报，也不知道有这件举报。")),
            shown.Field("contact", _("怎么联系您"), value=typed["contact"], required=False, autocomplete="off",
                        hint=_("可以不填。凭取件码也能看到答复。")),
        ],
    }  # fmt: skip
    return render(request, "public/tip.html", public.frame(request, context), status=422 if error else 200)


@csrf_exempt
@login_not_required
@never_cache
@sensitive_post_parameters()
@sensitive_variables("said")
@require_http_methods(["GET", "HEAD", "POST"])
def pick_up(request: HttpRequest) -> HttpResponse:
    """What became of a tip, for whoever has its code; and more words to it."""
    clock, error, done = asking.of(request).clock, "", False
    code, more = request.POST.get("code", "")[:40], request.POST.get("words", "")[:4000]
    said: tuple[tips.Word, ...] | None = None
    if request.method == "POST":
        try:
            if more.strip():
                tips.add(code, more, clock=clock)
                done = True
            said = tips.words(tips.by_code(code, clock=clock))
        except Refusal as refusal:
            error = shown.sentence(refusal)
    context = {
        "code": code if said is not None else "",
        "done": done,
        "words": [(one.day.isoformat(), one.says.get("words", "")) for one in said or () if one.ours],
        "none": _("还没有答复，请过几天再来。"),
        "field": shown.Field("code", _("取件码"), error=error, autocomplete="off"),
        "more": shown.Field("words", _("补充"), kind="long", required=False),
    }
    return render(request, "public/tip_read.html", public.frame(request, context), status=422 if error else 200)


# --- the desk -------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The tips that are there, for who opens them."""
    named = _states()
    lines: list[tables.Line] = [
        ([shown.Cell(one.day.isoformat()), named[one.state], _("由我经办") if one.mine else ""],
         reverse("tip", args=[one.id]))
        for one in tips.listed(asking.actor(request))
    ]  # fmt: skip
    context = {
        "here": "tips",
        "table": tables.table(_("举报件"), [_("收到日期"), _("走到"), _("经办")], lines),
        "nothing": _("没有举报件。"),
    }
    return render(request, "web/tips/desk.html", context)


def _states() -> dict[str, str]:
    return dict(zip(STATES, (_("未开启"), _("待另一人同意开启"), _("已开启，待答复"), _("已办结")), strict=True))


@never_cache
@sensitive_post_parameters()
@sensitive_variables("said", "words")
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, tip_id: uuid.UUID) -> HttpResponse:
    """One tip: opening it by two, reading it, answering it; each a button and an entry."""
    actor, clock = asking.actor(request), asking.of(request).clock
    found = next((row for row in tips.listed(actor) if row.id == tip_id), None)
    if found is None:
        raise NotFound(tips.NAME)
    error = ""
    said: tuple[tips.Word, ...] = ()
    what = request.POST.get("what", "") if request.method == "POST" else ""
    try:
        if what == "open":
            tips.open_lid(actor, tip_id, clock=clock)
            messages.success(request, _("已记下。"))
            return redirect("tip", tip_id)
        if what in ("answer", "end"):
            tips.answer(actor, tip_id, request.POST.get("words", ""), ends=what == "end", clock=clock)
            messages.success(request, _("已答复，举报人凭取件码能看到。"))
            return redirect("tip", tip_id)
        if what == "read":
            said = tips.read(actor, tip_id, clock=clock)[1]
    except NotFound:
        raise
    except Refusal as refusal:
        error = shown.sentence(refusal)
    units = dict(officers.organisations())
    context = {
        "here": "tips",
        "day": found.day.isoformat(),
        "state": _states()[found.state],
        "error": error,
        "may_open": found.state in ("closed_lid", "asked") and not found.mine,
        "may_read": found.mine and found.state in ("open", "ended"),
        "may_answer": found.mine and found.state == "open",
        "words": [
            (_("答复") if word.ours else _("来信"), word.day.isoformat(), word.says.get("words", ""),
             units.get(word.says.get("unit", ""), ""), word.says.get("contact", ""))
            for word in said
        ],
        "field": shown.Field("words", _("答复"), kind="long"),
    }  # fmt: skip
    return render(request, "web/tips/one.html", context, status=422 if error else 200)
