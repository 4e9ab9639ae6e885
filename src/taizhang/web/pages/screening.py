"""The screening workbench: last run, alerts with their whole reasons, the month's feeds, how well each rule does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core import access
from taizhang.core.queries import district
from taizhang.core.queries.feeds import RunRow
from taizhang.core.queries.screening import FILTERS, AlertRow, Filters, Source
from taizhang.kit import money
from taizhang.screen.explain import Answer
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import desk, jobs
from taizhang.work.deliveries import Delivery

FIRST: Final = 6  # households of the workbench; the list has them all
CHILD_RULES: Final = frozenset({"R05"})  # speak of pupils, who are not named


@require_safe
def bench(request: HttpRequest) -> HttpResponse:
    """The first page of screening; a department finds its own feeds and rules in it."""
    asked, actor = asking.of(request), asking.actor(request)
    found = desk.workbench(actor, asked.now)
    some = desk.alerts(actor, Filters(answer="waiting"), asked.now) if found.everything else None
    context = {
        "here": "screening",
        "bench": found,
        "figures": _figures(found, asked),
        "alerts": households(some.rows, asked)[:FIRST] if some else [],
        "alerts_total": some.total if some else 0,
        "may_run": access.may(actor, "screening.run"),
        "may_try": found.last is not None and access.may(actor, "screening.try"),
        "may_send": bool(desk.may_send(actor)),
        "feeds": _feeds(found, asked),
        "feeds_note": _feeds_note(found),
        "rules": _rules(found.rules),
        "chart": _chart(found.rules),
        "missed": [(one.rule, said(desk.rule(one.rule).label), said(one.text)) for one in found.not_evaluated],
        "nothing": _("没有等着去看的预警。数据到齐后重新筛查，筛出的列在这里。"),
    }
    return render(request, "web/screening/bench.html", context)


def _figures(found: desk.Workbench, asked: asking.Asking) -> list[tuple[str, str, str, str]]:
    """The strip of figures: name, value, small words, where it leads."""
    last, first = found.last, reverse("batches")
    received = sum(one.received for one in found.feeds)
    rejected = sum(one.rejected for one in found.feeds)
    when = words.stamp(last.started, today=asked.today) if last else _("还没有筛查过")
    strip = [
        (
            _("最近一次"),
            when,
            _("%(n)d 秒") % {"n": round(last.seconds)} if last else "",
            reverse("runs") if last else "",
        ),
        (_("数据收到行数"), f"{received:,}", "", first),
        (_("采用"), f"{received - rejected:,}", "", ""),
        (_("退回，可下载原因"), f"{rejected:,}", "", first),
    ]
    if found.everything:
        red, total = found.levels.get("red", 0), sum(found.levels.values())
        strip.append((_("等着去看的预警"), f"{total:,}", _("条，红级 %(n)d") % {"n": red}, reverse("alerts")))
        names = "、".join(one.rule for one in found.not_evaluated)
        note = _("%(rules)s，原因在下面") % {"rules": names} if names else ""
        strip.append((_("没有评估的规则"), str(len(found.not_evaluated)), note, "#missed" if names else ""))
    return strip


# --- alerts ---------------------------------------------------------------------------------------------------------


def households(rows: Sequence[AlertRow], asked: asking.Asking) -> list[dict[str, Any]]:
    """Alerts gathered by household (or village), red before yellow as they came; each with its whole reasons."""
    found: dict[Any, list[AlertRow]] = {}
    for row in rows:
        found.setdefault(row.household or row.digest, []).append(row)
    return [_household(some, asked) for some in found.values()]


def _household(some: Sequence[AlertRow], asked: asking.Asking) -> dict[str, Any]:
    first = some[0]
    red = any(one.level == "red" for one in some)
    case = next((one for one in some if one.case), None)
    who = shown.household(first.who) if first.household else first.area
    if first.household and any(one.rule in CHILD_RULES for one in some):
        who = _("某户（涉及未成年人，不列姓名）")
    return {
        "level": "red" if red else "yellow",
        "who": who,
        "url": reverse("household", args=[first.household]) if first.household else "",
        "area": first.area,
        "reasons": [_reason(one) for one in some],
        "case": shown.Link(case.number, reverse("case", args=[case.case])) if case else None,
        "day": words.day(first.day, today=asked.today, week=False),
        "assets": said(first.assets) if first.assets else "",
    }


def _reason(one: AlertRow) -> dict[str, str]:
    rule = desk.rule(one.rule)
    return {
        "sentence": said(rule.said(one.sentence)) if one.sentence else said(rule.label),
        "rule": _("%(rule)s %(department)s") % {"rule": one.rule, "department": rule.department},
        "url": reverse("alert", args=[one.digest]),
        "rows": _("看依据的 %(n)d 行") % {"n": len(one.rows)} if one.rows else _("看依据"),
        "answer": said(one.answer_text),
    }


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Every alert, narrowed by rule, level, place and what became of it; a department sees its own rules by row."""
    asked, actor = asking.of(request), asking.actor(request)
    sent = request.GET
    filters = Filters(
        rule=sent.get("rule", ""),
        level=sent.get("level", ""),
        area=_digits(sent.get("area", "")),
        answer=sent.get("answer", ""),
        run=sent.get("run", "")[:64],
        batch=_identity(sent.get("batch", "")),
        page=tables.page_number(sent.get("page", "1")),
    )
    bench = desk.workbench(actor, asked.now)
    found = desk.alerts(actor, filters, asked.now)
    rules = [(one.rule, f"{one.rule} {said(one.label)}") for one in bench.rules]
    fields = [
        tables.pick("rule", _("规则"), rules, filters.rule),
        tables.pick("answer", _("结果"), [(key, said(text)) for key, text in FILTERS.items()], filters.answer),
    ]
    if bench.everything:
        places = [(one.path, one.name) for one in district.areas(actor) if one.level == "town"]
        fields += [
            tables.pick("level", _("级别"), [("red", _("红级")), ("yellow", _("黄级"))], filters.level),
            tables.pick("area", _("镇街"), places, filters.area),
        ]
    context = {
        "here": "screening",
        "everything": bench.everything,
        "filters": fields,
        "kept": [(key, getattr(filters, key)) for key in ("run", "batch") if getattr(filters, key)],
        "rows": households(found.rows, asked) if bench.everything else [],
        "table": None if bench.everything else _told(found.rows, asked),
        "page": shown.Page(
            found.page, -(-found.total // found.pages) if found.pages > 1 else max(found.total, 1), found.total
        ),
        "nothing": _("没有符合条件的预警。"),
    }
    return render(request, "web/screening/alerts.html", context)


def _digits(text: str) -> str:
    return text if text.isdigit() and len(text) < 20 else ""


def _identity(text: str) -> str:
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        return ""


def _told(rows: Sequence[AlertRow], asked: asking.Asking) -> shown.Table:
    """What a department is told: its own row, and what became of it."""
    heads: tables.Heads = [_("规则"), _("日期"), _("本部门的哪一行"), _("结果")]
    lines = []
    for one in rows:
        mine = "；".join(_source(row) for row in one.rows) or "—"
        cells: tables.Cells = [
            shown.Cell(one.rule, small=said(desk.rule(one.rule).label)),
            words.day(one.day, today=asked.today, week=False),
            mine,
            said(one.answer_text),
        ]
        lines.append((cells, reverse("alert", args=[one.digest])))
    return tables.table(_("预警结果"), heads, lines)


def _source(row: Source) -> str:
    return _("%(batch)s %(file)s 第 %(row)d 行") % {"batch": row.number, "file": row.file, "row": row.row}


@require_safe
def alert(request: HttpRequest, digest: str) -> HttpResponse:
    """One alert: the whole reason, its figures, the rows behind it, the rule and its basis, what became of it."""
    asked, actor = asking.of(request), asking.actor(request)
    one = desk.alert(actor, digest, asked.now)
    rule = desk.rule(one.rule)
    bench = desk.workbench(actor, asked.now)
    labels = {line.feed: said(line.label) for line in bench.feeds}
    heads: tables.Heads = [_("数据"), _("批次"), _("文件"), tables.number(_("第几行"))]
    lines = []
    for row in one.rows:
        number = shown.Cell(
            row.number, small=_("已撤回") if row.withdrawn else "", url=reverse("batch", args=[row.batch])
        )
        cells: tables.Cells = [labels.get(row.feed, row.feed), number, row.file, str(row.row)]
        lines.append((cells, ""))
    context = {
        "here": "screening",
        "one": one,
        "who": households([one], asked)[0]["who"] if one.area else "",
        "household_url": reverse("household", args=[one.household]) if one.household else "",
        "explain_url": reverse("explain", args=[one.household]) if one.household else "",
        "sentence": said(rule.said(one.sentence)) if one.sentence else "",
        "label": said(rule.label),
        "department": rule.department,
        "basis": rule.basis,
        "day": words.day(one.day, today=asked.today),
        "answer": said(one.answer_text),
        "reason": desk.reason_told(actor, digest),
        "assets": said(one.assets) if one.assets else "",
        "table": tables.table(_("依据的行"), heads, lines, cards=False),
        "nothing": _("这条规则看的是“没有”：该有的行没有到，所以没有行可列。"),
    }
    return render(request, "web/screening/alert.html", context)


@require_safe
def explain(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """What every rule says about one household on a day, near misses included, and every row; nothing is recorded by it."""
    asked, actor = asking.of(request), asking.actor(request)
    day = _asked_day(request.GET.get("date", ""), asked.today)
    found = desk.explain(actor, household_id, day)
    heads: tables.Heads = [_("规则"), _("部门"), _("命中"), _("怎么算的"), tables.number(_("依据行"))]
    states = {True: _("命中"), False: _("没有命中"), None: _("没有评估")}
    order = {True: 0, False: 1, None: 2}
    answers = sorted(found.answers, key=lambda answer: order[answer.hit])
    lines = []
    for one in answers:
        name = shown.Cell(one.rule, small=said(one.label))
        cells: tables.Cells = [name, one.department, states[one.hit], said(one.text), str(len(one.rows))]
        lines.append((cells, f"#{one.rule}" if one.rows else ""))
    context = {
        "here": "screening",
        "table": tables.table(_("逐条规则"), heads, lines),
        "day": words.day(found.day, today=asked.today),
        "iso": found.day.isoformat(),
        "kind": found.kind,
        "members": found.members,
        "residents": found.residents,
        "behind": [_behind(one, found.rows[one.rule]) for one in answers if one.rows],
        "household_url": reverse("household", args=[household_id]),
    }
    return render(request, "web/screening/explain.html", context)


def _asked_day(text: str, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


def _behind(one: Answer, rows: Sequence[desk.Behind]) -> dict[str, Any]:
    """The rows of one rule with what each says and adds, and the sum beside the figure."""
    rule = desk.rule(one.rule)
    is_money = any(rule.shown[figure].type == "money" for figure in rule.adds)
    heads: tables.Heads = [_("批次和行"), _("内容")]
    if rule.adds:
        heads = [*heads, tables.number(_("计入"))]
    lines = []
    for each in rows:
        place = _("%(file)s 第 %(row)d 行") % {"file": each.file, "row": each.row.row}
        cells: list[shown.Cell | str] = [
            shown.Cell(each.number, small=place, url=reverse("batch", args=[each.batch])),
            "；".join(f"{name} {value}" for name, value in each.row.values) or "—",
        ]
        if rule.adds:
            added = each.row.adds or 0
            cells.append(money.show(added) if is_money else str(added))
        lines.append((cells, ""))
    foot = [_("合计"), "", one.sums[0].total] if one.sums else []
    return {
        "rule": one.rule,
        "label": said(one.label),
        "text": said(one.text),
        "open": bool(one.hit),
        "table": tables.table(f"{one.rule} {said(one.label)}", heads, lines, foot=foot),
        "equal": one.sums[0].equal if one.sums else None,
        "figure": one.figures.get(one.sums[0].figure, "") if one.sums else "",
    }


# --- feeds and rules ------------------------------------------------------------------------------------------------


def _feeds(found: desk.Workbench, asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [
        _("数据"), tables.number(_("收到"), wide=True), tables.number(_("采用"), wide=True), tables.number(_("退回")),
        tables.wide(_("应到")), _("实到"), _("期限"),
    ]  # fmt: skip
    lines = []
    order = {"red": 0, "yellow": 1, "green": 2}
    for one in sorted(found.feeds, key=lambda line: order[line.owed.light] if line.owed else 3):
        last, owed = one.last, one.owed
        counts = [f"{one.received:,}", f"{one.accepted:,}", f"{one.rejected:,}"] if last else ["—", "—", "—"]
        url = reverse("batch", args=[last.id]) if last and one.rejected else ""
        came = _day(owed.came, asked) if owed and owed.came else _("未到") if owed else "—"
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=" ".join(one.owner)), counts[0], counts[1], shown.Cell(counts[2], url=url),
            _day(owed.due, asked) if owed else _("按需"), came,
            shown.Cell(light=delivered(owed, asked)) if owed else "—",
        ]  # fmt: skip
        lines.append((cells, reverse("feed", args=[one.feed.replace("_", "-")])))
    return tables.table(_("部门数据"), heads, lines, cards=False)


def _day(value: date, asked: asking.Asking) -> str:
    return value.strftime("%m\u2011%d" if value.year == asked.today.year else "%Y\u2011%m\u2011%d")


def delivered(owed: Delivery, asked: asking.Asking) -> shown.Light:
    """The light of a delivery with its days; the day on which it is due is its last day in time."""
    days = (asked.today - owed.due).days
    if owed.came is not None:
        return shown.Light("green", _("已报，迟 %(days)d 天") % {"days": owed.late} if owed.late else _("已报"))
    if owed.light == "red":
        return shown.Light("red", _("逾期 %(days)d 天") % {"days": days} if days > 0 else _("逾期"))
    if owed.light == "yellow":
        return shown.Light("yellow", _("临期 今天") if days == 0 else _("临期 剩 %(days)d 天") % {"days": -days})
    return shown.Light("green", _("未到期"))


def _feeds_note(found: desk.Workbench) -> str:
    if not found.feeds:
        return _("您的部门没有要交的数据。")
    return (
        _("%(n)d 类逾期。退回的行逐行写明原因；没有数据也请报零。") % {"n": found.late}
        if found.late
        else _("都按期。退回的行逐行写明原因。")
    )


def _rules(rules: Sequence[desk.RuleLine]) -> shown.Table:
    heads: tables.Heads = [
        _("规则"), tables.number(_("本次命中"), wide=True), tables.number(_("预警")), tables.number(_("入户次数"), wide=True),
        tables.number(_("核实纳入")), tables.number(_("纳入占比")),
    ]  # fmt: skip
    lines = []
    for one in rules:
        share = shown.Cell(_("还没有结果"))
        if one.answered:
            share = shown.Cell(f"{one.confirmed / one.answered:.1%}", small=f"{one.confirmed:,} ÷ {one.answered:,}")
        hits = _("没有评估") if one.hits is None else f"{one.hits:,}"
        cells: tables.Cells = [
            shown.Cell(f"{one.rule} {said(one.label)}", small=one.department), hits, f"{one.alerts:,}", f"{one.visits:,}",
            f"{one.confirmed:,}", share,
        ]  # fmt: skip
        lines.append((cells, f"{reverse('alerts')}?rule={one.rule}"))
    foot = [
        _("合计"), "", f"{sum(one.alerts for one in rules):,}", f"{sum(one.visits for one in rules):,}",
        f"{sum(one.confirmed for one in rules):,}", "",
    ]  # fmt: skip
    return tables.table(_("规则管不管用"), heads, lines, foot=foot, cards=False)


def _chart(rules: Sequence[desk.RuleLine]) -> shown.Chart:
    some = [one for one in rules if one.alerts]
    series = [
        {"name": _("预警"), "values": [one.alerts for one in some]},
        {"name": _("核实纳入"), "values": [one.confirmed for one in some]},
    ]
    return shown.Chart(
        "rules",
        _("每条规则的预警和核实纳入"),
        {"kind": "bar", "across": True, "labels": [one.rule for one in some], "series": series},
    )


# --- runs -----------------------------------------------------------------------------------------------------------


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Screen again; the work goes on in the background and the page can be left."""
    job = jobs.start(asking.actor(request), "run", {"day": None}, clock=asking.of(request).clock)
    messages.success(request, _("已经开始筛查。可以离开，办完后在“任务”里看结果。"))
    return redirect("job", job)


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """Every run, the latest first."""
    asked, actor = asking.of(request), asking.actor(request)
    heads: tables.Heads = [
        _("何时"),
        _("看的是哪天"),
        tables.number(_("命中")),
        tables.number(_("新预警")),
        tables.number(_("没有评估")),
        tables.number(_("用时")),
        _("谁"),
    ]
    lines = []
    for one in desk.runs(actor):
        cells: tables.Cells = [
            words.stamp(one.started, today=asked.today),
            one.day.isoformat(),
            f"{sum(one.hits.values()):,}",
            f"{one.found:,}",
            str(len(one.not_evaluated)),
            _("%(n)d 秒") % {"n": round(one.seconds)},
            one.by or _("系统"),
        ]
        lines.append((cells, reverse("run", args=[one.digest])))
    context = {
        "here": "screening",
        "table": tables.table(_("历次筛查"), heads, lines),
        "nothing": _("还没有筛查过。"),
    }
    return render(request, "web/screening/runs.html", context)


@require_safe
def run(request: HttpRequest, digest: str) -> HttpResponse:
    """One run: what it hit by rule, what was not evaluated and why, and its digest."""
    asked, actor = asking.of(request), asking.actor(request)
    one = desk.run(actor, digest)
    heads: tables.Heads = [_("规则"), tables.number(_("命中"))]
    lines = [
        ([f"{rule} {said(desk.rule(rule).label)}", f"{n:,}"], f"{reverse('alerts')}?run={digest}&rule={rule}")
        for rule, n in one.hits.items()
    ]
    context = {
        "here": "screening",
        "one": one,
        "when": words.stamp(one.started, today=asked.today),
        "day": words.day(one.day, today=asked.today),
        "seconds": round(one.seconds),
        "table": tables.table(_("命中"), heads, lines, foot=[_("合计"), f"{sum(one.hits.values()):,}"], cards=False),
        "missed": list(_missed(one)),
        "numbers": _numbers(one),
        "nothing": _("一条也没有命中。"),
    }
    return render(request, "web/screening/run.html", context)


def _numbers(one: RunRow) -> shown.Table:
    """The policy numbers that the run used, those that an office entered marked."""
    heads: tables.Heads = [_("政策数"), tables.number(_("数值")), _("从哪天起")]
    lines = []
    for used in one.inputs.get("numbers", ()):
        policy = desk.policy(used["name"])
        value = money.show(used["value"]) if policy and policy.type == "money" else str(used["value"])
        small = _("本地录入") if used["entered"] else ""
        label = said(policy.label) if policy else str(used["name"])
        lines.append(([shown.Cell(label, small=small), shown.Cell(value, small=used["area"]), used["from"]], ""))
    return tables.table(_("用到的政策数"), heads, lines, cards=False)


def _missed(one: RunRow) -> Iterator[tuple[str, str, str]]:
    for missed in one.not_evaluated:
        rule = str(missed["rule"])
        text = str(missed["sentence_en"] if words.english() else missed["sentence"])
        yield rule, said(desk.rule(rule).label), text
