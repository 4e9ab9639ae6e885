"""The auditor's page: entries by who, when, case, area and kind; one entry as it was written; the head of the chain."""

from __future__ import annotations

import json
import uuid
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import audit, district
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Entries of the auditor's areas, newest first."""
    asked, actor = asking.of(request), asking.actor(request)
    wanted = _asked(request)
    found = audit.page(actor, wanted)
    heads: tables.Heads = [_("做了什么"), _("谁"), _("收到"), _("事项"), _("地点"), tables.wide(_("序号和摘要"))]
    lines = []
    for one in found.lines:
        happened = words.stamp(one.happened, today=asked.today)
        late = _("发生 %(at)s") % {"at": happened} if one.happened != one.received else ""
        post = _("%(post)s（代理）") % {"post": one.post} if one.deputy else one.post
        case = shown.Cell(one.number or "—", url=reverse("case", args=[one.case]) if one.case else "")
        cells: tables.Cells = [
            shown.Cell(said(one.what), small="、".join(one.fields)), shown.Cell(one.who, small=post),
            shown.Cell(words.stamp(one.received, today=asked.today), small=late), case, one.area,
            shown.Cell(f"{one.seq:,}", small=one.digest[:12]),
        ]  # fmt: skip
        lines.append((cells, reverse("audit-entry", args=[one.entry])))
    context = {
        "here": "audit",
        "filters": _filters(wanted, actor),
        "page": shown.Page(found.page, audit.PAGE, found.total),
        "table": tables.table(_("记录"), heads, lines),
        "nothing": _("没有符合条件的记录。"),
        "head": str(found.head),
        "seq": found.head.seq,
        "algorithm": found.algorithm.upper(),
    }
    return render(request, "web/audit/list.html", context)


def _asked(request: HttpRequest) -> audit.Asked:
    """What the address asks for; what is not understood counts as not given."""
    sent = request.GET
    return audit.Asked(
        who=sent.get("who", "").strip()[:40],
        since=_day(sent.get("since", "")),
        until=_day(sent.get("until", "")),
        case=sent.get("case", "").strip()[:40],
        area=sent.get("area", "")[:20],
        kind=sent.get("kind", "")[:40],
        page=tables.page_number(sent.get("page", "1")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _filters(wanted: audit.Asked, actor: object) -> list[shown.Field]:
    kinds = [(kind, said(label)) for kind, label in audit.KINDS.items()]
    places = [(one.path, one.name) for one in district.areas(actor) if one.level != "village"]  # type: ignore[arg-type]
    return [
        shown.Field("who", _("谁"), value=wanted.who, required=False),
        shown.Field(
            "since", _("从"), kind="date", value=wanted.since.isoformat() if wanted.since else "", required=False
        ),
        shown.Field(
            "until", _("到"), kind="date", value=wanted.until.isoformat() if wanted.until else "", required=False
        ),
        shown.Field("case", _("事项编号"), value=wanted.case, required=False),
        tables.pick("area", _("地点"), places, wanted.area),
        tables.pick("kind", _("种类"), kinds, wanted.kind),
    ]


@require_safe
def entry(request: HttpRequest, entry_id: uuid.UUID) -> HttpResponse:
    """One entry, word for word as it was hashed; sealed values are references."""
    body = audit.body(asking.actor(request), entry_id)
    text = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True)
    context = {"here": "audit", "seq": body.get("seq"), "text": text, "prev": str(body.get("prev", ""))}
    return render(request, "web/audit/entry.html", context)


@require_safe
def head(request: HttpRequest) -> HttpResponse:
    """The head of the chain as one line of text, to be kept somewhere else."""
    found = audit.page(asking.actor(request), audit.Asked(kind="genesis"))
    now = asking.of(request).now
    here = district.here()
    line = f"{here.code} {here.name} {words.stamp(now)} {found.algorithm} {found.head}\n"
    response = HttpResponse(line, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="head-{here.code}-{found.head.seq}.txt"'
    return response
