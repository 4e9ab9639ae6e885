"""The ledgers one may see, and one ledger's list: filter, sort, board by stage, export."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core import access
from taizhang.core.queries import cases, district, ledgers
from taizhang.web import asking, export, shown, words
from taizhang.web.templatetags.tz import query, said

SIZE: Final = 50
COLUMN: Final = 20  # cards of one column of the board
EXPORTED: Final = 20_000  # rows of one file; more is refused with a sentence, not cut off
ORDERS: Final = ("due", "-due", "number", "-number", "opened", "-opened", "stage", "area")


@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Every ledger that the reader may see, with its open cases and their lights."""
    asked, actor = asking.of(request), asking.actor(request)
    figures = {"red": _("逾期"), "yellow": _("临期"), "green": _("按期")}
    heads = [shown.Head(_("台账")), shown.Head(_("在办"), numeric=True)]
    heads += [shown.Head(name, numeric=True) for name in figures.values()]
    heads += [shown.Head(_("办结"), numeric=True)]
    rows = []
    for one in ledgers.for_actor(actor, asked.now):
        cells = [shown.Cell(said(one.name), small=said(one.about) if one.about else "")]
        numbers = {_("在办"): one.open, figures["red"]: one.red, figures["yellow"]: one.yellow, figures["green"]: one.green}
        numbers[_("办结")] = one.closed
        cells += [shown.Cell(f"{n:,}", head=name, numeric=True) for name, n in numbers.items()]
        rows.append(shown.Row(cells, reverse("ledger", args=[slug(one.ledger)])))
    table = shown.Table(_("台账"), heads, rows)
    nothing = _("您的岗位还没有能看的台账。请找安全管理员核对岗位。")
    return render(request, "web/ledgers.html", {"here": "ledgers", "table": table, "nothing": nothing})


@require_safe
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """One ledger's cases. `as=board|xlsx|csv` is another shape of the same choice."""
    asked, actor = asking.of(request), asking.actor(request)
    name = slug.replace("-", "_")
    shape = request.GET.get("as", "")
    chosen = _chosen(request)
    if shape in ("xlsx", "csv"):
        return _exported(request, name, chosen, shape)
    size = COLUMN if shape == "board" else SIZE
    found = cases.listed(actor, name, **chosen, page=_page(request), size=size, now=asked.now)
    context: dict[str, Any] = {
        "here": "ledgers",
        "name": said(found.name),
        "counts": shown.Counts(*(found.by_colour.get(colour, 0) for colour in ("red", "yellow", "green"))),
        "openings": [
            shown.Act(said(act.name), reverse("open", args=[slug, act.act.replace("_", "-")]), main=True)
            for act in ledgers.openings(actor, name, asked.now)
        ],
        "filters": _filters(found, chosen),
        "page": shown.Page(_page(request), SIZE, found.total),
        "ordered": _ordered(chosen["order"]),
        "may_export": access.may(actor, "lists.export"),
        "nothing": _("没有符合条件的事项。"),
        "help_url": _help(slug),
    }
    if shape == "board":
        context["board"] = _board(request, name, chosen, found)
    else:
        context["table"] = _table(request, found, chosen["order"])
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "web/ledger_rows.html" if part else "web/ledger.html", context)


def slug(ledger: str) -> str:
    """A ledger's name in an address."""
    return ledger.replace("_", "-")


def _help(slug: str) -> str:
    try:
        return reverse("help-ledger", args=[slug])
    except NoReverseMatch:
        return ""


def _page(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """The filters and the order of the address; what is not understood counts as not given."""
    asked = request.GET
    order = asked.get("order", "due")
    return {
        "words": asked.get("q", "").strip()[:60],
        "stage": asked.get("stage", ""),
        "colour": asked.get("colour", "") if asked.get("colour") in ("red", "yellow", "green") else "",
        "area": asked.get("area", "") if asked.get("area", "").isdecimal() else "",
        "closed": asked.get("closed") == "1",
        "order": order if order in ORDERS else "due",
    }


def _filters(found: cases.Listed, chosen: dict[str, Any]) -> list[shown.Field]:
    def pick(pairs: list[tuple[str, str]], value: str) -> list[shown.Choice]:
        return [shown.Choice(key, label, key == value) for key, label in pairs]

    lights = [("red", _("逾期")), ("yellow", _("临期")), ("green", _("按期"))]
    stages = [(key, said(label)) for key, label in found.stages.items()]
    areas = [(path, name) for path, name in found.areas]
    fields = [
        shown.Field("q", _("姓名或编号"), kind="search", value=chosen["words"], required=False),
        shown.Field("colour", _("灯"), kind="select", choices=pick(lights, chosen["colour"]), required=False),
        shown.Field("stage", _("走到"), kind="select", choices=pick(stages, chosen["stage"]), required=False),
    ]
    if len(areas) > 1:
        fields.append(shown.Field("area", _("地点"), kind="select", choices=pick(areas, chosen["area"]), required=False))
    done = pick([("1", _("已办结的"))], "1" if chosen["closed"] else "")
    fields.append(shown.Field("closed", _("在办还是办结"), kind="select", choices=done, required=False))
    return fields


def _ordered(order: str) -> str:
    return {
        "due": _("按期限先后，逾期在前"), "-due": _("期限远的在前"), "number": _("按编号"), "-number": _("编号大的在前"),
        "opened": _("先开的在前"), "-opened": _("后开的在前"), "stage": _("按环节"), "area": _("按地点"),
    }[order]  # fmt: skip


def _table(request: HttpRequest, found: cases.Listed, order: str) -> shown.Table:
    context: Any = {"request": request}

    def head(name: str, key: str, **more: Any) -> shown.Head:
        turned = f"-{key}" if order == key and f"-{key}" in ORDERS else key
        sort = {key: "ascending", f"-{key}": "descending"}.get(order, "")
        return shown.Head(name, sort=sort, sort_url=query(context, order=turned, page=None), **more)

    heads = [
        shown.Head(_("事项")), head(_("编号"), "number"), head(_("地点"), "area"), head(_("走到"), "stage"),
        head(_("期限"), "due"), shown.Head(_("谁的灯")), head(_("开始"), "opened", wide=True),
    ]  # fmt: skip
    asked = asking.of(request)
    rows = [
        shown.Row(
            [
                shown.Cell(one.subject),
                shown.Cell(one.number, head=heads[1].name),
                shown.Cell(one.area, head=heads[2].name),
                shown.Cell(said(one.stage), head=heads[3].name),
                shown.Cell(_last_day(one, asked), head=heads[4].name, light=_light(one, asked)),
                shown.Cell(said(one.whose), head=heads[5].name),
                shown.Cell(words.day(one.opened, today=asked.today, week=False), head=heads[6].name, wide=True),
            ],
            reverse("case", args=[one.id]),
        )
        for one in found.rows
    ]
    return shown.Table(said(found.name), heads, rows)


def _light(one: cases.Row, asked: asking.Asking) -> shown.Light | None:
    return None if one.closed else shown.light(one.colour, due=one.due, now=asked.now)


def _last_day(one: cases.Row, asked: asking.Asking) -> str:
    if one.closed:
        return _("%(day)s办结") % {"day": words.day(one.closed, today=asked.today, week=False)}
    return ""


def _board(request: HttpRequest, name: str, chosen: dict[str, Any], found: cases.Listed) -> list[dict[str, Any]]:
    asked, actor = asking.of(request), asking.actor(request)
    columns = []
    for stage, label in found.stages.items():
        total = found.by_stage.get(stage, 0)
        if not total or (chosen["stage"] and chosen["stage"] != stage):
            continue
        here = cases.listed(actor, name, **(chosen | {"stage": stage}), page=1, size=COLUMN, now=asked.now)
        rows = [
            shown.Owed(
                title=one.subject, because=one.area, number=one.number, url=reverse("case", args=[one.id]),
                light=_light(one, asked) or shown.Light("none", _("已办结")), due=one.due,
            )
            for one in here.rows
        ]  # fmt: skip
        more = _("还有 %(rest)d 件，看成列表") % {"rest": total - len(rows)} if total > len(rows) else ""
        columns.append({"name": said(label), "total": total, "rows": rows, "more": more})
    return columns


def _exported(request: HttpRequest, name: str, chosen: dict[str, Any], shape: str) -> HttpResponse:
    """The chosen rows as a file; taking a list out is itself recorded."""
    asked, actor = asking.of(request), asking.actor(request)
    found = cases.exported(actor, name, **chosen, limit=EXPORTED, clock=asked.clock)
    here = district.here()
    mark = _("演示数据，与真实单位和个人无关") if here.demo else ""
    heads = [_("事项"), _("编号"), _("地点"), _("走到"), _("灯"), _("期限"), _("谁的灯"), _("开始"), _("办结")]
    rows = (
        [
            one.subject, one.number, one.area, said(one.stage),
            "" if one.closed else words.light(one.colour, due=one.due, now=asked.now),
            words.stamp(one.due) if one.due else "", said(one.whose), words.stamp(one.opened),
            words.stamp(one.closed) if one.closed else "",
        ]
        for one in found.rows
    )  # fmt: skip
    title = f"{said(found.name)} {asked.today.isoformat()}"
    write = export.as_xlsx if shape == "xlsx" else export.as_csv
    return write(title, heads, rows, mark=mark)
