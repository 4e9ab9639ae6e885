"""The ledgers one may see, and one ledger's list: filter, sort, board by stage, export."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core import access
from taizhang.core.moves import views
from taizhang.core.queries import district, home, lists, matches
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.web import asking, export, shown, words
from taizhang.web.templatetags.said import query, said

COLUMN: Final = 20  # cards of one column of the board


@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Every ledger that the reader may see, with its open cases and their lights."""
    asked = asking.of(request)
    names = (_("在办"), _("逾期"), _("临期"), _("按期"))
    heads = [shown.Head(_("台账")), *(shown.Head(name, numeric=True) for name in names)]
    rows = []
    for one in lists.ledgers(asking.actor(request), asked.now):
        numbers = (one.red + one.yellow + one.green, one.red, one.yellow, one.green)
        cells = [shown.Cell(f"{n:,}", head=name, numeric=True) for name, n in zip(names, numbers, strict=True)]
        rows.append(
            shown.Row([shown.Cell(said(one.ledger.label)), *cells], reverse("ledger", args=[slug(one.ledger.ledger)]))
        )
    table = shown.Table(_("台账"), heads, rows)
    nothing = _("您的岗位还没有能看的台账。请找安全管理员核对岗位。")
    return render(request, "web/ledgers.html", {"here": "ledgers", "table": table, "nothing": nothing})


@require_safe
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """One ledger's cases. `as=board|xlsx|csv` is another shape of the same choice."""
    asked, actor = asking.of(request), asking.actor(request)
    name = slug.replace("-", "_")
    filters = _filters(request)
    shape = request.GET.get("as", "")
    if shape in ("xlsx", "csv"):
        return _exported(request, name, filters, shape)
    found = lists.page(actor, name, filters, asked.now)
    stages = found.board
    lit = [sum(getattr(one, colour) for one in stages) for colour in ("red", "yellow", "green")]
    context: dict[str, Any] = {
        "here": "ledgers",
        "name": said(found.ledger.label),
        "counts": shown.Counts(*lit),
        "openings": _openings(actor, name),
        "views": [
            shown.Link(view.name, f"{request.path}?{view.query}", str(view.pk)) for view in lists.saved(actor, name)
        ],
        "keep_url": reverse("views", args=[slug]),
        "asked_now": request.GET.urlencode(),
        "filters": _fields(found, asked),
        "page": shown.Page(found.filters.page, lists.PAGE, found.total),
        "ordered": _ordered(found.filters),
        "may_export": access.may(actor, "lists.export"),
        "nothing": _("没有符合条件的事项。"),
        "help_url": help_url(name),
        "matches_url": reverse("matches") if name == matches.EXCHANGE else "",
    }
    if shape == "board":
        context["board"] = _board(request, name, found)
    else:
        context["table"] = _table(request, found)
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "web/ledger_rows.html" if part else "web/ledger.html", context)


@require_POST
def keep_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep how a list is narrowed and ordered under a name (`name`, `asked`), or remove such a view (`drop`)."""
    actor, name = asking.actor(request), slug.replace("-", "_")
    if not lists.reads(actor, name):
        raise NotFound(Text("这本台账", "This ledger"))
    asked = QueryDict(request.POST.get("asked", "")[:1000]).dict()
    back = f"{reverse('ledger', args=[slug])}?{urlencode(asked)}" if asked else reverse("ledger", args=[slug])
    gone = request.POST.get("drop", "")
    try:
        if gone:
            views.drop(actor, int(gone) if gone.isdecimal() and len(gone) < 12 else 0)
            messages.success(request, _("已删去。"))
        else:
            kept = views.keep(actor, name, request.POST.get("name", ""), asked)
            messages.success(request, _("已存下“%(name)s”。搜索的姓名和编号不存。") % {"name": kept.name})
    except NotFound:
        raise
    except Refusal as refusal:
        messages.error(request, shown.sentence(refusal))
    return redirect(back)


def slug(ledger: str) -> str:
    """A ledger's name in an address."""
    return ledger.replace("_", "-")


def _openings(actor: access.Actor, name: str) -> list[shown.Act]:
    mine = [one for one in home.openings(actor) if one.ledger == name]
    return [shown.Act(said(one.label), reverse("open", args=[slug(name), one.act])) for one in mine]


def help_url(ledger: str, at: str = "") -> str:
    """Where a ledger is explained; nothing while that page is not installed."""
    try:
        return reverse("help-ledger", args=[slug(ledger)]) + at
    except NoReverseMatch:
        return ""


def _filters(request: HttpRequest) -> lists.Filters:
    """The filters of the address; what is not understood counts as not given."""
    asked = request.GET
    sort = asked.get("sort", "red")
    page = asked.get("page", "1")
    return lists.Filters(
        stage=asked.get("stage", ""),
        light=asked.get("light", ""),
        area=asked.get("area", ""),
        text=asked.get("q", "").strip()[:60],
        owner="mine" if asked.get("owner") == "mine" else "",
        scope=asked.get("scope", "open") if asked.get("scope") in ("closed", "all") else "open",
        sort=sort if sort in lists.SORTS else "red",
        descending=asked.get("down") == "1",
        page=int(page) if page.isdecimal() and len(page) < 6 else 1,
    )


def _fields(found: lists.Page, asked: asking.Asking) -> list[shown.Field]:
    now = found.filters

    def pick(key: str, label: str, pairs: list[tuple[str, str]], value: str) -> shown.Field:
        choices = [shown.Choice(one, named, one == value) for one, named in pairs]
        return shown.Field(key, label, kind="select", choices=choices, required=False)

    lights = [("red", _("逾期")), ("yellow", _("临期")), ("green", _("按期"))]
    stages = [(one.stage, f"{said(one.label)} {one.total}") for one in found.board if one.total or not one.end]
    areas = [(one.path, one.name) for one in (district.areas(asked.actor) if asked.actor else ())]
    fields = [
        shown.Field("q", _("姓名或编号"), kind="search", value=now.text, required=False),
        pick("light", _("灯"), lights, now.light),
        pick("stage", _("走到"), stages, now.stage),
        pick("owner", _("谁的灯"), [("mine", _("我的"))], now.owner),
        pick("scope", _("在办还是办结"), [("closed", _("已办结的")), ("all", _("都要"))], now.scope),
    ]
    return fields if len(areas) < 2 else [*fields[:3], pick("area", _("地点"), areas, now.area), *fields[3:]]


def _ordered(filters: lists.Filters) -> str:
    plain = {
        "red": (_("按期限先后，逾期在前"), _("期限远的在前")), "number": (_("按编号"), _("编号大的在前")),
        "opened": (_("先开的在前"), _("后开的在前")), "stage": (_("按环节"), _("按环节倒排")),
        "area": (_("按地点"), _("按地点倒排")),
    }  # fmt: skip
    return plain[filters.sort][filters.descending]


def _table(request: HttpRequest, found: lists.Page) -> shown.Table:
    asked, filters = asking.of(request), found.filters
    context: Any = {"request": request}

    def head(name: str, key: str, **more: Any) -> shown.Head:
        on = filters.sort == key
        turned = "1" if on and not filters.descending else None
        sort = ("descending" if filters.descending else "ascending") if on else ""
        return shown.Head(name, sort=sort, sort_url=query(context, sort=key, down=turned, page=None), **more)

    heads = [
        shown.Head(_("事项")), head(_("编号"), "number"), head(_("地点"), "area"), head(_("走到"), "stage"),
        head(_("期限"), "red"), head(_("开始"), "opened", wide=True),
    ]  # fmt: skip
    rows = []
    for one in found.rows:
        closed = one.closed is not None
        ended = _("%(day)s办结") % {"day": words.day(one.closed, today=asked.today, week=False)} if closed else ""
        cells = [
            shown.Cell(shown.subject(one.subject)),
            shown.Cell(one.number, head=heads[1].name),
            shown.Cell(one.subject.area, head=heads[2].name),
            shown.Cell(said(one.stage_label), head=heads[3].name),
            shown.Cell(ended, head=heads[4].name, light=None if closed else _light(one, asked)),
            shown.Cell(words.day(one.opened, today=asked.today, week=False), head=heads[5].name, wide=True),
        ]
        rows.append(shown.Row(cells, reverse("case", args=[one.case])))
    return shown.Table(said(found.ledger.label), heads, rows, compact=True)


def _light(one: lists.Row, asked: asking.Asking) -> shown.Light:
    return shown.light(one.light if one.red_at else "none", due=one.red_at, now=asked.now)


def _board(request: HttpRequest, name: str, found: lists.Page) -> list[dict[str, Any]]:
    asked, actor = asking.of(request), asking.actor(request)
    columns = []
    for stage in found.board:
        if not stage.total or found.filters.stage not in ("", stage.stage):
            continue
        wanted = replace(found.filters, stage=stage.stage, page=1)
        here = lists.page(actor, name, wanted, asked.now).rows[:COLUMN]
        rows = [
            shown.Owed(
                title=shown.subject(one.subject), because=one.subject.area, number=one.number,
                url=reverse("case", args=[one.case]), due=one.red_at,
                light=shown.Light("none", _("已办结")) if one.closed else _light(one, asked),
            )
            for one in here
        ]  # fmt: skip
        rest = stage.total - len(rows)
        more = _("还有 %(rest)d 件，看成列表") % {"rest": rest} if rest > 0 else ""
        columns.append({"name": said(stage.label), "total": stage.total, "rows": rows, "more": more})
    return columns


def _exported(request: HttpRequest, name: str, filters: lists.Filters, shape: str) -> HttpResponse:
    """The chosen rows as a file, with the mark of the demonstration where it applies."""
    asked, actor = asking.of(request), asking.actor(request)
    lines = list(lists.export(actor, name, filters, asked.now, get_language() or "zh"))
    mark = _("演示数据，与真实单位和个人无关") if district.here().demo else ""
    write = export.as_xlsx if shape == "xlsx" else export.as_csv
    return write(f"{slug(name)}-{asked.today.isoformat()}", lines[0], lines[1:], mark=mark)
