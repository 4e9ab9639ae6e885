"""Bulletins: what was published, a draft counted for a day, and each figure opened down to the records it counted."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import bulletins as moves
from taizhang.core.queries import bulletins
from taizhang.kit import money
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.paper import bulletin
from taizhang.web import asking, shown, tables, words
from taizhang.web.pages.figures import told
from taizhang.web.templatetags.said import said

_TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Everything that was published, and the templates one may count for a day."""
    asked, actor = asking.of(request), asking.actor(request)
    lines = [
        ([said(one.title), words.day(one.on, today=asked.today, week=False), words.stamp(one.at, today=asked.today),
          one.by or _("系统"), f"{len(one.figures):,}"], reverse("bulletin", args=[one.id]))
        for one in bulletins.listed(actor)
    ]  # fmt: skip
    heads: tables.Heads = [_("简报"), _("截至"), _("发布时间"), _("发布人"), tables.number(_("数字"))]
    drafts = [
        shown.Link(said(one.title), reverse("bulletin-draft", args=[_slug(one.id)]))
        for one in bulletins.templates().values()
    ]
    return render(request, "web/bulletins/list.html", {
        "here": "figures", "table": tables.table(_("简报"), heads, lines), "drafts": drafts, "nothing": _("还没有发布过简报。"),
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, template: str) -> HttpResponse:
    """A template counted for a day; a POST publishes it."""
    asked, actor = asking.of(request), asking.actor(request)
    access.acting(actor, "figures.read")
    found = bulletins.templates().get(template.replace("-", "_"))
    if found is None:
        raise NotFound(Text("这个简报模板", "This template"))
    typed, wrong = (request.POST if request.method == "POST" else request.GET).get("on", ""), ""
    try:
        on = date.fromisoformat(typed) if typed else asked.today
    except ValueError:
        on, wrong = asked.today, _("请写日期，例如 2021-12-18。")
    if request.method == "POST" and not wrong:
        try:
            published = moves.publish(actor, found.id, on=on, clock=asked.clock)
        except Refusal as refusal:
            if refusal.code == "not_allowed":
                raise
            wrong = shown.sentence(refusal)
        else:
            messages.success(request, _("已发布。数字已冻结，以后记录更正会在这里说明。"))
            return redirect("bulletin", published)
    counted = bulletins.count(found, min(on, asked.today), None)
    values = {one.id: one.value for one in counted}
    context = {
        "here": "figures",
        "title": said(found.title),
        "lines": [[(piece.words, "") for piece in bulletin.pieces(line, values)] for line in found.say],
        "table": _table(counted, asked.today),
        "field": shown.Field("on", _("数到哪天"), kind="date", value=on.isoformat(), error=wrong),
        "may_publish": access.may(actor, moves.PUBLISH),
        "here_url": request.path,
    }
    return render(request, "web/bulletins/draft.html", context, status=422 if wrong else 200)


def _table(counted: tuple[bulletins.Counted, ...], today: date, entry: UUID | None = None) -> shown.Table:
    heads: tables.Heads = [_("数字"), _("截至"), tables.number(_("数出来的")), tables.number(_("记录"))]
    lines = [
        ([said(one.label), words.day(one.on, today=today, week=False), told(one.value, one.unit), f"{one.records:,}"],
         reverse("bulletin-figure", args=[entry, one.id]) if entry else "")
        for one in counted
    ]  # fmt: skip
    return tables.table(_("各个数字"), heads, lines, cards=False)


@require_safe
def one(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """A published bulletin word for word, and what the records have said otherwise since."""
    asked, actor = asking.of(request), asking.actor(request)
    found = bulletins.one(actor, entry_id)
    lines = [
        [
            (piece.words, reverse("bulletin-figure", args=[found.id, piece.figure]) if piece.figure else "")
            for piece in line
        ]
        for line in found.lines()
    ]
    checked = "check" in request.GET
    changed = [_change(found, one) for one in bulletins.changes(found)] if checked else []
    return render(request, "web/bulletins/one.html", {
        "here": "figures", "title": said(found.title), "on": words.day(found.on, today=asked.today, week=False),
        "at": words.stamp(found.at, today=asked.today), "by": found.by or _("系统"), "lines": lines,
        "changed": changed, "checked": checked, "check_url": f"{request.path}?check=1",
        "table": _table(found.figures, asked.today, found.id),
        "pdf_url": reverse("bulletin-paper", args=[found.id, "pdf"]), "docx_url": reverse("bulletin-paper", args=[found.id, "docx"]),
    })  # fmt: skip


def _change(found: bulletins.Published, one: bulletins.Change) -> shown.Link:
    """What a figure was and is."""
    then, now = told(one.figure.value, one.figure.unit), told(one.now.value, one.now.unit)
    words_ = _("%(label)s：发布时 %(then)s，现在 %(now)s") % {"label": said(one.figure.label), "then": then, "now": now}
    more = "" if one.same_then else _("（按发布时所知重数也不一样）")
    return shown.Link(words_ + more, reverse("bulletin-figure", args=[found.id, one.figure.id]))


@require_safe
def figure(request: HttpRequest, entry_id: UUID, figure_id: str) -> HttpResponse:
    """The records that one figure counted when the bulletin was published, as far as the reader may see them."""
    asked, actor = asking.of(request), asking.actor(request)
    found = bulletins.one(actor, entry_id)
    counted, rows = bulletins.records(actor, found, figure_id)
    lines = [
        ([row.label, money.show(row.counts) if counted.unit == "yuan" else f"{row.counts:,}"],
         reverse("case", args=[row.id]) if row.kind == "case" else "")
        for row in rows
    ]  # fmt: skip
    hidden = counted.records - len(rows)
    return render(request, "web/bulletins/figure.html", {
        "here": "figures", "back": reverse("bulletin", args=[found.id]), "title": said(found.title), "label": said(counted.label),
        "value": told(counted.value, counted.unit), "on": words.day(counted.on, today=asked.today, week=False),
        "digest": counted.digest, "count": len(rows), "hidden": max(0, hidden), "nothing": _("没有您能看到的记录。"),
        "table": tables.table(said(counted.label), [_("记录"), tables.number(_("计数"))], lines, cards=False),
    })  # fmt: skip


@require_safe
def paper(request: HttpRequest, entry_id: UUID, kind: str) -> HttpResponse:
    """The bulletin as a file: `pdf` or `docx`."""
    found = bulletins.one(asking.actor(request), entry_id)
    if kind not in _TYPES:
        raise Http404
    response = HttpResponse(bulletins.paper(found, kind).content, content_type=_TYPES[kind])
    name = content_disposition_header(True, f"{found.title.zh}.{kind}")
    response.headers["Content-Disposition"] = name or "attachment"
    return response


def _slug(name: str) -> str:
    return name.replace("_", "-")
