"""Help made from the law: each ledger's documentation page, what one may do, the words, and complaints about a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import complaints
from taizhang.core.queries import law
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import docs
from taizhang.ledger.diagram import Box, Diagram
from taizhang.web import asking, guide, shown, tables, words
from taizhang.web.pages.ledger import slug as slugged
from taizhang.web.templatetags.said import said

LETTERS: Final = 18  # of a label in one line of a box; a Chinese character counts two


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The ledgers with their documentation, the pages, and the words."""
    heads: tables.Heads = [_("台账"), _("我能办的"), tables.number(_("环节")), tables.number(_("版本"))]
    lines = []
    for one in law.ledgers():
        mine = _join([act.label for act in law.mine(asking.actor(request), one.ledger)]) or _("只看不办")
        cells: tables.Cells = [said(one.label), mine, str(len(one.diagram.boxes)), str(one.version)]
        lines.append((cells, reverse("help-ledger", args=[slugged(one.ledger)])))
    context = {
        "here": "help",
        "table": tables.table(_("台账说明"), heads, lines),
        "pages": [
            shown.Link(topic.title, f"{reverse('help-page')}?at={quote(topic.address)}") for topic in guide.topics()
        ],
    }
    return render(request, "web/help/index.html", context)


@require_safe
def ledger(request: HttpRequest, slug: str) -> HttpResponse:
    """One ledger's documentation: what one may do oneself first, then stages, acts, limits, fields and figures."""
    name = slug.replace("-", "_")
    page = law.page(name)
    mine = law.mine(asking.actor(request), name)
    context = {
        "here": "help",
        "name": said(page.label),
        "version": _("第 %(n)d 版") % {"n": page.version},
        "digest": page.digest[:12],
        "may_read": _join(page.see),
        "mine": _mine(mine),
        "diagram": drawing(page.diagram),
        "acts": page.acts,
        "clocks": _clocks(page),
        "fields": _fields(page),
        "figures": _figures(page),
        "stories": [said(story) for story in page.stories],
        "source": page.source,
        "complaint_url": _complain(reverse("help-ledger", args=[slug])),
        "list_url": reverse("ledger", args=[slug]),
    }
    return render(request, "web/help/ledger.html", context)


def _join(texts: Sequence[Text]) -> str:
    return ("," if words.english() else "、").join(said(text) for text in texts).replace(",", ", ")


def _mine(mine: Sequence[law.Mine]) -> shown.Table:
    heads: tables.Heads = [_("办什么"), _("什么时候能办"), _("时限"), _("说明")]
    lines = [
        ([said(one.label), _join(one.comes_from) or _("随时，新开一件"), _join(one.clocks) or "—", said(one.help)], "")
        for one in mine
    ]
    return tables.table(_("我能办的"), heads, lines)


def _clocks(page: docs.Page) -> shown.Table:
    names = (_("时限"), _("多长"), _("从何算起"), _("到何为止"), _("提醒"), _("谁的灯"))
    lines = [
        ([said(text) for text in (one.label, one.limit, one.starts, one.stops, one.reminder, one.owes)], "")
        for one in page.clocks
    ]
    return tables.table(_("时限"), names, lines)


def _fields(page: docs.Page) -> shown.Table:
    heads: tables.Heads = [_("字段"), _("类型"), _("保管"), _("说明")]
    lines = [
        ([said(one.label), said(one.type), _("封存") if one.sealed else _("明文"), said(one.note)], "")
        for one in page.fields
    ]
    return tables.table(_("字段"), heads, lines)


def _figures(page: docs.Page) -> shown.Table:
    heads: tables.Heads = [_("指标"), _("怎么数"), _("单位")]
    return tables.table(
        _("指标"), heads, [([said(one.label), said(one.counts), one.unit or "—"], "") for one in page.figures]
    )


# --- the stage diagram ----------------------------------------------------------------------------------------------


def drawing(diagram: Diagram) -> dict[str, Any]:
    """The stage diagram in the numbers an SVG wants, and the ways between stages as words for those who do not see it."""
    labels = {box.stage: said(box.label) for box in diagram.boxes}
    return {
        "width": diagram.width,
        "height": diagram.height,
        "boxes": [{"box": box, "kind": _kind(box), "lines": _wrapped(box)} for box in diagram.boxes],
        "lines": diagram.lines,
        "said": [
            _("%(from)s → %(to)s：%(acts)s")
            % {"from": labels[line.begins], "to": labels[line.ends], "acts": _join(line.acts)}
            for line in diagram.lines
        ],
    }


def _kind(box: Box) -> str:
    return "first" if box.first else "end" if box.end else "open"


def _wrapped(box: Box) -> list[tuple[int, str]]:
    """The label in one or two lines, each with its height in the box."""
    label = said(box.label)
    if len(label.encode("gb18030", "replace")) <= LETTERS:
        return [(box.height // 2 + 5, label)]
    cut = label.rfind(" ", 0, len(label) // 2 + 3)
    cut = cut if cut > 0 else len(label) // 2
    return [(box.height // 2 - 3, label[:cut].strip()), (box.height // 2 + 14, label[cut:].strip())]


# --- pages and words ------------------------------------------------------------------------------------------------


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """How the page at an address is used, and what the reader may do there."""
    at = request.GET.get("at", "/")
    inside = url_has_allowed_host_and_scheme(at, {request.get_host()}) and at.startswith("/")
    name, ledger_name = _named(at) if inside else ("home", "")
    if ledger_name:
        return redirect("help-ledger", slugged(ledger_name))
    topic, actor = guide.topic(name), asking.actor(request)
    context = {
        "here": "help",
        "topic": topic,
        "back": at if inside else "/",
        "complaint_url": _complain(at if inside else "/"),
        "able": _able(topic.name, actor),
        "ledgers": _by_ledger(actor) if topic.name in ("home", "case", "ledgers") else None,
    }
    return render(request, "web/help/page.html", context)


def _able(name: str, actor: access.Actor) -> shown.Table:
    """What may be done on a page, whether the reader may, and which posts may."""
    heads: tables.Heads = [_("办什么"), _("您"), _("哪些岗位能办")]
    lines = [
        (
            [
                label,
                _("可以办") if access.may(actor, capability) else _("您的岗位不办"),
                _join(law.who_may(capability)),
            ],
            "",
        )
        for label, capability in guide.able(name)
    ]
    return tables.table(_("本页能办什么"), heads, lines)


def _by_ledger(actor: access.Actor) -> shown.Table:
    heads: tables.Heads = [_("台账"), _("我能办的")]
    lines = [
        (
            [said(one.label), _join([act.label for act in law.mine(actor, one.ledger)]) or _("只看不办")],
            reverse("help-ledger", args=[slugged(one.ledger)]),
        )
        for one in law.ledgers()
    ]
    return tables.table(_("本页能办什么"), heads, lines)


def _named(at: str) -> tuple[str, str]:
    """The page of an address, and its ledger where it is about one."""
    try:
        found = resolve(at.partition("?")[0])
    except Resolver404:
        return "home", ""
    name = (
        (found.kwargs.get("slug") or "").replace("-", "_")
        if found.url_name in ("ledger", "open", "help-ledger")
        else ""
    )
    known = {one.ledger for one in law.ledgers()} if name else set()
    return found.url_name or "home", name if name in known else ""


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """The words of the product, each with one meaning."""
    heads: tables.Heads = [_("词"), _("英文"), _("意思")]
    table = tables.table(_("词汇"), heads, [([one.zh, one.en, one.meaning], "") for one in guide.glossary()])
    return render(request, "web/help/glossary.html", {"here": "help", "table": table})


def _complain(at: str) -> str:
    return f"{reverse('complaint')}?at={quote(at)}"


@require_http_methods(["GET", "HEAD", "POST"])
def complaint(request: HttpRequest) -> HttpResponse:
    """What somebody finds wrong with a page; goes to the system administrator and stays on record."""
    at = (request.POST.get("at") or request.GET.get("at") or "/")[:200]
    back = at if url_has_allowed_host_and_scheme(at, {request.get_host()}) and at.startswith("/") else "/"
    typed, error = request.POST.get("words", ""), ""
    if request.method == "POST":
        try:
            complaints.file(asking.actor(request), at, typed, clock=asking.of(request).clock)
        except Refusal as refusal:
            error = shown.sentence(refusal)
        else:
            messages.success(request, _("意见已记下，系统管理员会看到。"))
            return redirect(back)
    hint = _("哪里不好用、哪一栏没必要、哪里写错了，都可以写。请不要写农户的姓名和证件号码。")
    field = shown.Field("words", _("意见"), kind="long", value=typed, hint=hint, error=error, sealed=True)
    context = {"here": "help", "field": field, "at": at, "back": back}
    return render(request, "web/help/complaint.html", context, status=422 if error else 200)
