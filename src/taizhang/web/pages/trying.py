"""Trying other numbers on the last run: at once who is gained and lost, saved under a name, compared, put in force by a day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taizhang.core import access
from taizhang.core.queries import district
from taizhang.core.queries.proposals import ProposalRow
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import desk, trying

FIRST: Final = (
    "r01_self_paid",
    "r02_self_paid",
    "r06_school_cost",
    "income_line",
    "self_paid_months",
    "red_departments",
)
SHOWN: Final = 60  # households that change


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The numbers, and beneath them what those that were changed would do; a POST saves them under a name."""
    asked, actor = asking.of(request), asking.actor(request)
    made = trying.bench(actor)
    sent = request.POST if request.method == "POST" else request.GET
    wrong: Refusal | None = None
    changes: dict[str, int] = {}
    answer = None
    try:
        changes = trying.changed(trying.read(sent), made)
        if request.method == "POST":
            saved = trying.save(actor, sent.get("name", ""), changes, clock=asked.clock)
            messages.success(request, _("已存为建议。数值没有变，采纳以后才变。"))
            return redirect("proposal", saved)
        answer = trying.attempt(actor, changes) if changes else None
    except Refusal as refusal:
        if refusal.code == "not_allowed":
            raise
        wrong = refusal
    knobs = sorted(made.knobs, key=lambda one: FIRST.index(one.name) if one.name in FIRST else len(FIRST))
    fields = [_field(one, sent, wrong) for one in knobs]
    lead = sum(one.name in FIRST for one in knobs)
    named = wrong is not None and (wrong.code == "proposal_name" or "name" in wrong.details)
    context = {
        "here": "screening",
        "day": words.day(made.day, today=asked.today),
        "fields": fields[:lead],
        "more": fields[lead:],
        "open": any(one.name in changes for one in knobs[lead:]),
        "wrong": "" if wrong is None or named else shown.sentence(wrong),
        "name_field": shown.Field("name", _("名字"), value=sent.get("name", ""), hint=_("例如：把门槛提到 6500 元"),
                                  error=shown.sentence(wrong) if wrong and wrong.code == "proposal_name" else ""),
        "kept": [(name, _plain(name, value)) for name, value in changes.items()],
        "changes": _changes(changes, {one.name: one.now for one in knobs}),
        **(_answer(answer) if answer else {}),
    }  # fmt: skip
    return render(request, "web/screening/try.html", context, status=422 if wrong else 200)


def _plain(name: str, value: int) -> str:
    return trying.written(name, value).replace(",", "")


def _field(one: trying.Knob, sent: Mapping[str, str], wrong: Refusal | None) -> shown.Field:
    now = _("没有公布") if one.now is None else trying.written(one.name, one.now)
    parts = [_("现行 %(now)s") % {"now": now}, "、".join(one.rules) or _("定红级")]
    if one.published:
        parts.append(_("公布数，只可试算"))
    error = shown.sentence(wrong) if wrong is not None and wrong.details.get("name") == one.name else ""
    value = sent.get(one.name, "" if one.now is None else _plain(one.name, one.now))
    return shown.Field(one.name, said(one.label), value=value, unit=words.unit(one.unit), figure=True, narrow=True, required=False,
                       hint=" · ".join(parts), error=error)  # fmt: skip


def _changes(changes: Mapping[str, int], now: Mapping[str, int | None]) -> list[str]:
    return [
        _("%(name)s：%(before)s → %(after)s") % {
            "name": said(trying.label(name)), "after": trying.written(name, value),
            "before": _("没有公布") if now.get(name) is None else trying.written(name, now[name] or 0),
        }
        for name, value in changes.items()
    ]  # fmt: skip


# --- what it would do -----------------------------------------------------------------------------------------------


def _answer(answer: trying.Answer) -> dict[str, Any]:
    """The figures, the towns as a chart and a table, the rest as tables."""
    told = answer.tried.json()
    heads: tables.Heads = [_("农户"), _("户类型"), _("级别"), _("多了的规则"), _("少了的规则")]
    lines = []
    for one in answer.homes[:SHOWN]:
        way = " → ".join(_levels().get(level, _("没有")) for level in dict.fromkeys((one.before, one.after)))
        cells: tables.Cells = [
            shown.Cell(shown.household(one.head), small=one.area), one.kind, way, "、".join(one.gained) or "—", "、".join(one.lost) or "—",
        ]  # fmt: skip
        lines.append((cells, reverse("explain", args=[one.household])))
    more = answer.tried.moved_total - min(SHOWN, len(answer.homes))
    return {
        **results(told, answer.towns),
        "homes": tables.table(_("变动的农户"), heads, lines),
        "homes_total": answer.tried.moved_total,
        "homes_more": max(0, more),
        "seconds": f"{answer.tried.seconds:.2f}",
        "computed": "、".join(answer.tried.computed),
    }


def results(told: Mapping[str, Any], towns: Mapping[str, str]) -> dict[str, Any]:
    """What a try counted, as figures, a chart and tables."""
    whole = told["households"]
    figures = [
        (_("现行"), _("%(n)d 户") % {"n": whole["before"]}), (_("试算"), _("%(n)d 户") % {"n": whole["after"]}),
        (_("新增"), _("%(n)d 户") % {"n": whole["gained"]}), (_("减少"), _("%(n)d 户") % {"n": whole["lost"]}),
    ]  # fmt: skip
    areas = told["areas"]
    names = [towns.get(one["name"], one["name"]) for one in areas]
    series = [
        {"name": _("仍命中"), "values": [one["after"] - one["gained"] for one in areas]},
        {"name": _("新增"), "values": [one["gained"] for one in areas]},
        {"name": _("减少"), "values": [one["lost"] for one in areas]},
    ]
    spec = {"kind": "bar", "across": True, "stacked": True, "labels": names, "series": series}
    return {
        "figures": figures,
        "chart": shown.Chart("towns", _("各镇街：仍命中、新增、减少"), spec),
        "towns": _shares(_("镇街"), list(zip(names, areas, strict=True)), whole),
        "rules": _shares(_("规则"), [(f"{one['name']} {said(desk.rule(one['name']).label)}", one) for one in told["rules"]], None),
        "kinds": _shares(_("户类型"), [(one["name"] or _("没有写"), one) for one in told["kinds"]], whole),
        "levels": _shares(_("级别"), [(_levels()[one["name"]], one) for one in told["levels"]], whole),
    }  # fmt: skip


def _shares(
    caption: str, rows: Sequence[tuple[str, Mapping[str, Any]]], whole: Mapping[str, Any] | None
) -> shown.Table:
    heads: tables.Heads = [
        caption, tables.number(_("现行")), tables.number(_("试算")), tables.number(_("新增")), tables.number(_("减少")),
    ]  # fmt: skip
    keys = ("before", "after", "gained", "lost")
    lines = [([name, *(f"{one[key]:,}" for key in keys)], "") for name, one in rows]
    foot = [_("合计"), *(f"{sum(one[key] for _name, one in rows):,}" for key in keys)] if whole is not None else []
    return tables.table(caption, heads, lines, foot=foot, cards=False)


def _levels() -> dict[str, str]:
    return {"red": _("红级"), "yellow": _("黄级"), "": _("没有命中")}


# --- proposals ------------------------------------------------------------------------------------------------------


@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """Every proposal; those that were ticked stand side by side."""
    asked, actor = asking.of(request), asking.actor(request)
    rows = trying.listed(actor)
    chosen = set(request.GET.getlist("p"))
    some = [one for one in rows if str(one.id) in chosen]
    lines = [
        {
            "id": str(one.id), "name": one.name, "url": reverse("proposal", args=[one.id]), "chosen": str(one.id) in chosen,
            "changes": _changes(one.changes, {}), "state": _state(one, asked), "by": one.by,
            "when": words.stamp(one.created, today=asked.today),
            "way": _("新增 %(gained)d 户，减少 %(lost)d 户") % one.result["households"],
        }
        for one in rows
    ]  # fmt: skip
    context = {
        "here": "screening",
        "lines": [line | {"changes": [_short(text) for text in line["changes"]]} for line in lines],
        "side": _side(some) if some else None,
        "several": len({one.run for one in some}) > 1,
        "may_try": access.may(actor, trying.CAPABILITY),
        "nothing": _("还没有建议。先试算，再存为建议。"),
    }
    return render(request, "web/screening/proposals.html", context)


def _short(text: str) -> str:
    """A change without what held before, which is not known for an older proposal."""
    name, _colon, values = text.partition("：")
    return f"{name} {values.rpartition('→')[2].strip()}"


def _state(one: ProposalRow, asked: asking.Asking) -> str:
    if one.state == "adopted" and one.adopted_from is not None:
        return _("已采纳，%(day)s 起") % {"day": words.day(one.adopted_from, today=asked.today, week=False)}
    return _("已撤回") if one.state == "withdrawn" else _("待定")


def _side(some: Sequence[ProposalRow]) -> shown.Table:
    """Proposals side by side: their numbers, then what each would do."""
    heads: tables.Heads = [_("比较"), *(tables.number(one.name) for one in some)]
    names = list(dict.fromkeys(name for one in some for name in one.changes))
    lines: list[tables.Line] = [
        ([said(trying.label(name)), *(trying.written(name, one.changes[name]) if name in one.changes else "—" for one in some)], "")
        for name in names
    ]  # fmt: skip
    for label, key in ((_("现行户数"), "before"), (_("试算户数"), "after"), (_("新增"), "gained"), (_("减少"), "lost")):
        lines.append(([label, *(f"{one.result['households'][key]:,}" for one in some)], ""))
    rules = list(
        dict.fromkeys(line["name"] for one in some for line in one.result["rules"] if line["gained"] or line["lost"])
    )
    for rule in sorted(rules):
        found = [next((line for line in one.result["rules"] if line["name"] == rule), None) for one in some]
        lines.append(([f"{rule} {said(desk.rule(rule).label)}", *(_way(line) for line in found)], ""))
    for level, label in _levels().items():
        if level:
            found = [next((line for line in one.result["levels"] if line["name"] == level), None) for one in some]
            lines.append(([label, *(_way(line) for line in found)], ""))
    return tables.table(_("并排比较"), heads, lines, cards=False)


def _way(line: Mapping[str, Any] | None) -> shown.Cell:
    if line is None:
        return shown.Cell("—")
    return shown.Cell(f"{line['before']:,} → {line['after']:,}", small=f"+{line['gained']:,} −{line['lost']:,}")


@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    """One proposal with what it would do; a POST puts it in force from a day on."""
    asked, actor = asking.of(request), asking.actor(request)
    one = trying.proposal(actor, proposal_id)
    wrong: Refusal | None = None
    sent = request.POST
    if request.method == "POST":
        try:
            trying.adopt(
                actor, proposal_id, begins=_day(sent.get("from", "")), source=sent.get("source", ""), clock=asked.clock
            )
            messages.success(request, _("已采纳。到那一天，筛查就用新数值。"))
            return redirect("proposal", proposal_id)
        except Refusal as refusal:
            if refusal.code in ("not_allowed", "not_found"):
                raise
            wrong = refusal
    towns = {place.path: place.name for place in district.areas(actor)}
    error = shown.sentence(wrong) if wrong else ""
    at = {"policy_past": "from", "day": "from", "policy_source": "source"}.get(wrong.code if wrong else "", "")
    context = {
        "here": "screening",
        "one": one,
        "when": words.stamp(one.created, today=asked.today),
        "day": words.day(one.day, today=asked.today),
        "state": _state(one, asked),
        "changes": [_short(text) for text in _changes(one.changes, {})],
        "again_url": f"{reverse('try')}?" + "&".join(f"{name}={_plain(name, value)}" for name, value in one.changes.items()),
        "may_adopt": one.state == "open" and access.may(actor, "policies.enter"),
        "may_withdraw": one.state == "open" and access.may(actor, trying.CAPABILITY),
        "error": "" if at else error,
        "fields": [
            shown.Field("from", _("从哪天起"), kind="date", value=sent.get("from", ""), narrow=True, error=error if at == "from" else ""),
            shown.Field("source", _("哪次会议或哪份文件决定的"), value=sent.get("source", ""), error=error if at == "source" else ""),
        ],
        **results(one.result, towns),
    }  # fmt: skip
    return render(request, "web/screening/proposal.html", context, status=422 if wrong else 200)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("day", Text("请写日期，例如 2025-01-01。", "Write a day, for example 2025-01-01.")) from None


@require_POST
def withdraw(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    """Take a proposal off the list."""
    trying.withdraw(asking.actor(request), proposal_id, clock=asking.of(request).clock)
    messages.success(request, _("已撤回，建议仍可查看。"))
    return redirect("proposals")
