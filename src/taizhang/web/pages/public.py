"""Pages for people without a log-in: forms, a case by its code, boards, and the sign of an enterprise.

No page here sets a cookie, needs a script or asks who reads it; what is sent needs no token, because there is no
log-in that a foreign page could use.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import public as moves
from taizhang.core.queries import district, public
from taizhang.core.queries import forms as asked_forms
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import loop
from taizhang.web import asking, qr, shown, tables, words
from taizhang.web.pages import act as acts
from taizhang.web.pages import ledger as ledgers
from taizhang.web.templatetags.said import said


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What people without a log-in can do here."""
    context = {
        "forms": [
            shown.Link(said(one.act), reverse("public-form", args=[ledgers.slug(one.ledger)]), said(one.label))
            for one in public.all_forms()
        ],
        "boards": [
            shown.Link(said(label), reverse("public-board", args=[ledgers.slug(name)]))
            for name, label in public.boards()
        ],
    }
    return render(request, "public/index.html", frame(request, context))


def frame(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    here = district.here()
    return {"demo": here.demo, "district": here.name, **context}


@csrf_exempt
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, slug: str) -> HttpResponse:
    """A ledger's public form: first where, then what; afterwards the number and the code, told once."""
    name, asked = slug.replace("-", "_"), asking.of(request)
    area = request.GET.get("area", "")
    moves.form_of(name)  # hidden where there is none
    if not area:
        return _places(request)
    wanted = public.form(name, area, asked.now)

    def carry_out(sent: acts.Sent, key: uuid.UUID) -> HttpResponse:
        done = moves.send(name, area, sent.given, sent.evidence, clock=asked.clock, key=key)
        context = {"number": done.number, "code": done.code, "title": said(wanted.form.label)}
        return render(request, "public/sent.html", frame(request, context))

    return answer(request, wanted, f"form {name}", carry_out)


def _places(request: HttpRequest) -> HttpResponse:
    places = [
        (shown.Link(name, f"?area={path}"), [shown.Link(called, f"?area={below}") for below, called in villages])
        for path, name, villages in public.towns()
    ]
    return render(request, "public/places.html", frame(request, {"places": places}))


def answer(
    request: HttpRequest,
    wanted: asked_forms.Asked,
    what: str,
    carry_out: Callable[[acts.Sent, uuid.UUID], HttpResponse],
    hidden: tuple[tuple[str, str], ...] = (),
) -> HttpResponse:
    """Show a form, or read it and do it; what stands against it is told at once, and what was typed stays."""
    sent, key = acts.Sent(), acts.identity(request.POST.get("key", "")) or uuid.uuid4()
    sending = request.method == "POST" and (not hidden or "key" in request.POST)
    if sending:
        try:
            moves.admit(what, moves.FORMS_AN_HOUR, asking.of(request).clock)
            sent = acts.read(request, wanted, access.ANYONE)
            if not sent.wrong:
                return carry_out(sent, key)
        except NotFound:
            raise
        except loop.Refused as refused:
            acts.sort(refused.unmet, wanted, sent)
        except Refusal as refusal:
            sent.more.append(shown.sentence(refusal))
    context = acts.context(request, wanted, sent) | {"key": key, "hidden": hidden}
    status = 422 if sent.wrong or sent.more else 200
    return render(request, "public/form.html", frame(request, context), status=status)


@csrf_exempt
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Where a case stands, for whoever has its code. The code is sent in the form and never stands in an address."""
    asked = asking.of(request)
    code, error = request.POST.get("code", "")[:40], ""
    if request.method == "POST":
        try:
            found = public.tracked(moves.follower(code, clock=asked.clock), asked.now)
        except Refusal as refusal:
            error = shown.sentence(refusal)
        else:
            return render(request, "public/tracked.html", frame(request, _tracked(found, code, asked)))
    field = shown.Field(
        "code", _("查询码"), error=error, autocomplete="off", hint=_("十六位，提交后给您的；不分大小写。")
    )
    return render(request, "public/track.html", frame(request, {"field": field}), status=422 if error else 200)


def _tracked(found: public.Tracked, code: str, asked: asking.Asking) -> dict[str, Any]:
    return {
        "title": said(found.ledger_label),
        "number": found.number,
        "place": found.place,
        "stage": said(found.stage),
        "closed": found.closed is not None,
        "steps": [(said(one.stage), words.day(one.since, today=asked.today, week=False)) for one in found.steps],
        "facts": [(said(one.label), said(one.text)) for one in found.facts],
        "acts": [shown.Link(said(label), reverse("public-act", args=[act])) for act, label in found.acts],
        "code": code,
    }


@csrf_exempt
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["POST"])
def go_on(request: HttpRequest, act: str) -> HttpResponse:
    """Add to a case by its code, where its ledger lets that be."""
    asked, code = asking.of(request), request.POST.get("code", "")[:40]
    actor = moves.follower(code, clock=asked.clock)
    wanted = public.form_by_code(actor, act, asked.now)

    def carry_out(sent: acts.Sent, key: uuid.UUID) -> HttpResponse:
        moves.go_on(code, act, sent.given, sent.evidence, clock=asked.clock, key=key)
        found = public.tracked(actor, asked.now)
        return render(request, "public/tracked.html", frame(request, _tracked(found, code, asked) | {"done": True}))

    return answer(request, wanted, f"act {act}", carry_out, (("code", code),))


@login_not_required
@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """A ledger's public board: open cases, with the facts on its allow-list and no others."""
    asked = asking.of(request)
    label, rows = public.board(slug.replace("-", "_"), asked.now, area=request.GET.get("area", ""))
    labels = list(dict.fromkeys(said(fact.label) for one in rows for fact in one.facts))
    heads: tables.Heads = [_("编号"), _("地点"), *labels, _("走到"), _("登记日期")]
    lines: list[tables.Line] = []
    for one in rows:
        told = {said(fact.label): said(fact.text) for fact in one.facts}
        day = words.day(one.opened, today=asked.today, week=False)
        cells: tables.Cells = [
            shown.Cell(one.about or one.number, small=one.number if one.about else ""), one.place,
            *(told.get(name, "—") for name in labels), said(one.stage), day,
        ]  # fmt: skip
        lines.append((cells, reverse("public-sign", args=[one.thing]) if one.thing else ""))
    context = {"title": said(label), "table": tables.table(said(label), heads, lines), "nothing": _("现在没有。")}
    return render(request, "public/board.html", frame(request, context))


@login_not_required
@require_safe
def sign(request: HttpRequest, thing_id: uuid.UUID) -> HttpResponse:
    """The sign of an enterprise or place (双亮): what it is, its class, who is responsible; prints with its QR code."""
    asked = asking.of(request)
    one = public.sign(thing_id, asked.now)
    context = {
        "title": one.name,
        "kind": said(one.kind),
        "place": one.place,
        "boards": [
            (said(board.label), [(said(fact.label), said(fact.text)) for fact in board.facts]) for board in one.boards
        ],
        "code": qr.svg(request.build_absolute_uri(request.path)),
    }
    return render(request, "public/sign.html", frame(request, context))
