"""Policy numbers with their dates and sources; the lead office enters the number of a year that was not published here."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import policies as moves
from taizhang.core.queries import policies
from taizhang.kit import money
from taizhang.kit.days import Duration
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import spans
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said

FIELDS = {"policy_span": "to", "policy_value": "value", "policy_source": "source", "policy_known": "from"}


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every number and what holds today."""
    asked = asking.of(request)
    asking.actor(request)
    heads: tables.Heads = [_("政策数"), tables.number(_("今天")), _("起止"), _("把握"), _("来源")]
    missing, lines = 0, []
    for one in policies.numbers(asked.today):
        now = one.today
        missing += now is None
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=one.unit),
            _value(one, now) if now else _("没有公布"),
            _span(now) if now else "—",
            _sure().get(now.sure, now.sure) if now else "—",
            now.source if now else _("需要它的事项会说明原因，等补录"),
        ]
        lines.append((cells, reverse("policy", args=[one.name])))
    context = {
        "here": "figures",
        "table": tables.table(_("政策数"), heads, lines),
        "missing": missing,
        "may_enter": access.may(asking.actor(request), "policies.enter"),
    }
    return render(request, "web/policies/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One number with every dated value; a POST enters one for a span that has none."""
    asked, actor = asking.of(request), asking.actor(request)
    number = policies.number(name, asked.today)
    places = policies.areas(actor)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        if not places:
            access.acting(actor, "policies.enter")
        wrong = _enter(request, name)
        if not wrong:
            messages.success(
                request, _("已录入“%(name)s”。等这个数的事项现在可以办了。") % {"name": said(number.label)}
            )
            return redirect("policy", name)
    heads: tables.Heads = [_("起止"), tables.number(_("数值")), _("地方"), _("把握"), _("来源"), _("谁录入的")]
    lines = []
    for value in number.values:
        entered = words.stamp(value.entered, today=asked.today) if value.entered else ""
        cells: tables.Cells = [
            _span(value),
            _value(number, value),
            value.place or value.area or _("各地"),
            _sure().get(value.sure, value.sure),
            value.source,
            shown.Cell(value.by or _("台账库"), small=entered),
        ]
        lines.append((cells, ""))
    context = {
        "here": "figures",
        "label": said(number.label),
        "unit": number.unit,
        "today": number.today is not None,
        "table": tables.table(said(number.label), heads, lines),
        "nothing": _("还没有任何数值。"),
        "fields": _fields(request, number, places, wrong) if places else [],
        "more": wrong.get("", ""),
    }
    return render(request, "web/policies/one.html", context, status=422 if wrong else 200)


def _enter(request: HttpRequest, name: str) -> dict[str, str]:
    """Enter the number, or say by field what stands against it."""
    sent = request.POST
    wrong: dict[str, str] = {}
    begins = _day(sent.get("from", ""), "from", wrong)
    ends = _day(sent["to"], "to", wrong) if sent.get("to") else None
    if begins is None or wrong:
        return wrong
    try:
        moves.enter(
            asking.actor(request),
            name,
            area=sent.get("area", ""),
            begins=begins,
            ends=ends,
            value=sent.get("value", ""),
            source=sent.get("source", ""),
            sure=sent.get("sure", ""),
            clock=asking.of(request).clock,
        )
    except NotFound:
        return {"area": _("请选择地方。")}
    except Refusal as refusal:
        if refusal.code == "not_allowed":
            raise
        return {FIELDS.get(refusal.code, ""): shown.sentence(refusal)}
    return {}


def _day(text: str, key: str, wrong: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong[key] = _("请写日期，例如 2025-01-01。")
        return None


def _fields(
    request: HttpRequest, number: policies.Number, places: tuple[tuple[str, str], ...], wrong: dict[str, str]
) -> list[shown.Field]:
    typed: Any = request.POST
    hints = {
        "money": _("写元，例如 6900。"),
        "int": _("写整数。"),
        "text": "",
        "duration": _("写成 15 days、10 workdays、6 months 的样子。"),
    }
    sure = [(key, label) for key, label in _sure().items() if key != "chosen"]
    return [
        tables.pick(
            "area", _("地方"), places, typed.get("area", places[0][0]), required=True, error=wrong.get("area", "")
        ),
        shown.Field(
            "from", _("从哪天起"), kind="date", value=typed.get("from", ""), error=wrong.get("from", ""), narrow=True
        ),
        shown.Field(
            "to",
            _("到哪天止"),
            kind="date",
            value=typed.get("to", ""),
            error=wrong.get("to", ""),
            required=False,
            narrow=True,
            hint=_("不写就是一直有效。"),
        ),
        shown.Field(
            "value",
            _("数值"),
            value=typed.get("value", ""),
            error=wrong.get("value", ""),
            unit=number.unit,
            narrow=True,
            hint=hints.get(number.type, ""),
        ),
        shown.Field(
            "source",
            _("来源"),
            value=typed.get("source", ""),
            error=wrong.get("source", ""),
            hint=_("文件名称、文号，或者公布的网址和日期。"),
        ),
        tables.pick("sure", _("把握"), sure, typed.get("sure", ""), required=True),
    ]


def _sure() -> dict[str, str]:
    return {"high": _("原件可查"), "medium": _("转述可查"), "low": _("待核实"), "chosen": _("本系统默认，请确认")}


def _value(number: policies.Number, value: policies.Value) -> str:
    if number.type == "money" and isinstance(value.value, int):
        return money.show(value.value)
    if number.type == "duration":
        return said(spans.said(Duration.parse(str(value.value))))
    return str(value.value)


def _span(value: policies.Value) -> str:
    begins = words.day(value.begins, week=False)
    if value.ends is None:
        return _("%(from)s 起") % {"from": begins}
    return _("%(from)s 至 %(to)s") % {"from": begins, "to": words.day(value.ends, week=False)}
