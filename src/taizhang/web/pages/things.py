"""The registers of enterprises, places, products and projects: lists, one row on one page, and the office's table."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import things as moves
from taizhang.core.queries import district, public, things
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.paper import fonts
from taizhang.paper import sign as paper
from taizhang.web import asking, qr, shown, tables, words
from taizhang.web.pages import ledger as ledgers
from taizhang.web.templatetags.said import said

MOST = 5_000_000  # bytes of a table


@require_safe
def listed(request: HttpRequest, register: str = "enterprise") -> HttpResponse:
    """One register by area and name; `?q=`, `?area=`, `?kind=` narrow it."""
    actor = asking.actor(request)
    named = dict(things.registers())
    if register not in named or not things.any_for(actor):
        raise NotFound(Text("这个名录", "This register"))
    text, area, kind = (request.GET.get(key, "").strip()[:60] for key in ("q", "area", "kind"))
    found = things.listed(
        actor, register, text=text, area=area, kind=kind, page=tables.page_number(request.GET.get("page", "1"))
    )
    context = {
        "here": "things",
        "title": said(named[register]),
        "registers": [
            shown.Link(said(label), reverse("things-of", args=[code]), code) for code, label in named.items()
        ],
        "register": register,
        "filters": [
            shown.Field("q", _("名称或编号"), kind="search", value=text, required=False),
            tables.pick("area", _("地点"), [(one.path, one.name) for one in district.areas(actor)], area),
            tables.pick("kind", _("类别"), [(code, said(label)) for code, label in things.kinds(register)], kind),
        ],
        "may_load": access.may(actor, moves.MANAGE),
        "page": shown.Page(found.page, things.PAGE, found.total),
        "table": _table(found.rows, said(named[register])),
        "nothing": _("没有符合条件的。"),
    }
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "web/things/rows.html" if part else "web/things/list.html", context)


def _table(rows: tuple[things.Row, ...], caption: str) -> shown.Table:
    heads: tables.Heads = [
        _("名称"), _("类别"), _("等级"), _("地点"), _("归属"), tables.number(_("在办事项"), wide=True),
    ]  # fmt: skip
    lines: list[tables.Line] = [
        (
            [shown.Cell(one.name, small=one.code), said(one.kind) or "—", said(one.grade) or "—", one.area,
             one.owner or "—", str(one.open_cases)],
            reverse("thing", args=[one.thing]),
        )
        for one in rows
    ]  # fmt: skip
    return tables.table(caption, heads, lines)


@require_safe
def show(request: HttpRequest, thing_id: uuid.UUID) -> HttpResponse:
    """One row: what it is, what is done about it, what belongs to it, and how it was before."""
    asked = asking.of(request)
    page = things.one(asking.actor(request), thing_id, asked.now)
    row = page.row
    facts = [
        shown.Value(_("编号"), row.code or "—"),
        shown.Value(_("类别"), said(row.kind) or "—"),
        shown.Value(_("地点"), row.area),
    ]
    if page.address:
        facts.append(shown.Value(_("地址"), page.address))
    if page.organisation:
        facts.append(shown.Value(_("责任单位"), page.organisation))
    openings = [
        shown.Link(said(label), f"{reverse('open', args=[ledgers.slug(name), act])}?subject={row.thing}")
        for name, act, label in page.openings
    ]
    context = {
        "here": "things",
        "title": row.name,
        "register": shown.Link(said(dict(things.registers())[row.register]), reverse("things-of", args=[row.register])),
        "tags": [said(row.grade)] if row.grade.zh else [],
        "closed": _("已注销或停用") if row.closed else "",
        "merged": _link(page.merged_into),
        "owner": _link(page.enterprise),
        "facts": facts,
        "act": next(iter(openings), None),
        "openings": openings[1:],
        "cases": _cases(page, asked),
        "no_cases": _("还没有事项。"),
        "sign_url": reverse("thing-sign", args=[row.thing]) if public.has_sign(row.thing) else "",
        "belongings": _table(page.belongings, _("名下的产品和场所")) if page.belongings else None,
        "past": _past(page, asked),
    }
    return render(request, "web/things/one.html", context)


@require_safe
def sign(request: HttpRequest, thing_id: uuid.UUID) -> HttpResponse:
    """The sign for the door (双亮) as PDF, for who may see the row: what lasts of its public page and nothing else."""
    asked = asking.of(request)
    things.one(asking.actor(request), thing_id, asked.now)  # hidden from who may not see it
    if not public.has_sign(thing_id):
        raise NotFound(Text("双亮牌", "The sign"))
    one = public.sign(thing_id, asked.now)
    there = request.build_absolute_uri(reverse("public-sign", args=[thing_id]))
    told = paper.Sign(
        one.name, f"{said(one.kind)} · {one.place}",
        [(said(board.label), [(said(fact.label), said(fact.text)) for fact in board.facts]) for board in one.boards if board.standing],
        qr.svg(there), _("扫码看最新情况"), _("演示数据，与真实单位和个人无关") if district.here().demo else "",
    )  # fmt: skip
    faces = fonts.found(Path(settings.LIBRARY) / "fonts")
    response = HttpResponse(paper.pdf(told, faces=faces, at=asked.now).content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(False, f"{one.name}.pdf") or "inline"
    return response


def _link(named: tuple[uuid.UUID, str] | None) -> shown.Link | None:
    return shown.Link(named[1], reverse("thing", args=[named[0]])) if named else None


def _cases(page: things.Page, asked: asking.Asking) -> shown.Table:
    lines = []
    for one in page.cases:
        light = shown.Light("none", _("已办结")) if one.closed else shown.light(one.light, due=None, now=asked.now)
        cells: tables.Cells = [
            shown.Cell(said(one.ledger), small=one.number), words.day(one.opened, today=asked.today, week=False),
            said(one.stage), shown.Cell(light=light),
        ]  # fmt: skip
        lines.append((cells, reverse("case", args=[one.case])))
    return tables.table(_("事项"), [_("事项"), _("起"), _("走到"), _("灯")], lines)


def _past(page: things.Page, asked: asking.Asking) -> shown.Table:
    lines = []
    for one in page.past:
        until = one.until.isoformat() if one.until else _("今")
        cells: tables.Cells = [
            shown.Cell(
                _("%(begins)s 至 %(ends)s") % {"begins": one.since.isoformat(), "ends": until},
                url=reverse("case", args=[one.case]) if one.case else "",
            ),
            one.name, said(one.kind) or "—", said(one.grade) or "—", one.area,
        ]  # fmt: skip
        lines.append((cells, ""))
    return tables.table(_("登记情况"), [_("起止"), _("名称"), _("类别"), _("等级"), _("地点")], lines)


@require_http_methods(["GET", "HEAD", "POST"])
def load(request: HttpRequest, register: str) -> HttpResponse:
    """The table of the office that owns a register: what is new or differs is entered, the rest told line by line."""
    actor, clock = asking.actor(request), asking.of(request).clock
    named = dict(things.registers())
    if register not in named:
        raise NotFound(Text("这个名录", "This register"))
    access.acting(actor, moves.MANAGE)
    error, done = "", None
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None or (file.size or 0) > MOST:
            error = _("请选一个不超过 5 MB 的 CSV 文件。")
        else:
            try:
                done = moves.import_csv(actor, register, _text(file.read()), clock=clock)
            except Refusal as refusal:
                error = shown.sentence(refusal)
        if done is not None and not done.rejected:
            messages.success(request, _told(done))
            return redirect("things-of", register)
    context = {
        "here": "things",
        "title": said(named[register]),
        "back": reverse("things-of", args=[register]),
        "columns": "、".join(moves.COLUMNS),
        "told": _told(done) if done else "",
        "rejected": [(line, said(why)) for line, why in done.rejected] if done else [],
        "field": shown.Field("file", _("名录文件（CSV）"), kind="file", accept=".csv", error=error,
                             hint=_("UTF-8 或 GB 18030；编号相同的更新，没有的新增。")),
    }  # fmt: skip
    return render(request, "web/things/load.html", context)


def _told(done: moves.Imported) -> str:
    return _("收到 %(received)d 行：新增 %(new)d，变更 %(changed)d，没有变化 %(same)d，退回 %(rejected)d。") % {
        "received": done.received, "new": done.new, "changed": done.changed, "same": done.same,
        "rejected": len(done.rejected),
    }  # fmt: skip


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")
