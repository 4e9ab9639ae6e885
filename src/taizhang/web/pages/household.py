"""The households one may see, and one household on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import disclosure
from taizhang.core.queries import changes as register
from taizhang.core.queries import district, home, life
from taizhang.core.queries import household as households
from taizhang.core.queries.helping import MEASURES
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.web import asking, changes, helping, incomes, shown, words
from taizhang.web.pages import ledger, reveals
from taizhang.web.templatetags.said import said
from taizhang.work import desk

CHILD: Final = 14  # years; nobody younger is named


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Households by village and by the pinyin of the head's name."""
    asked, actor = asking.of(request), asking.actor(request)
    given = {
        "text": request.GET.get("q", "").strip()[:60],
        "kind": request.GET.get("kind", ""),
        "area": request.GET.get("area", ""),
    }
    page = request.GET.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    found = households.listed(actor, asked.now, **given, page=number)
    heads = [
        shown.Head(_("户主")), shown.Head(_("户编号")), shown.Head(_("地点")), shown.Head(_("类别")),
        shown.Head(_("登记人口"), numeric=True, wide=True), shown.Head(_("在办事项"), numeric=True, wide=True),
    ]  # fmt: skip
    rows = []
    for one in found.rows:
        cells = [one.number or "—", one.area, words.register(one.kind), str(one.members), str(one.open_cases)]
        rest = [
            shown.Cell(text, head=head.name, numeric=head.numeric, wide=head.numeric)
            for text, head in zip(cells, heads[1:], strict=True)
        ]
        rows.append(
            shown.Row([shown.Cell(shown.household(one.head)), *rest], reverse("household", args=[one.household]))
        )
    areas = [(one.path, one.name) for one in district.areas(actor)]
    kinds = [(kind, words.register(kind)) for kind in households.kinds(actor)]
    context = {
        "quality_url": reverse("quality") if access.may(actor, "households.read") else "",
        "here": "households",
        "filters": [
            shown.Field("q", _("姓名、户编号或身份证号"), kind="search", value=given["text"], required=False),
            _pick("area", _("地点"), areas, given["area"]),
            _pick("kind", _("类别"), kinds, given["kind"]),
        ],
        "scope_said": _("您岗位辖区内的户"),
        "page": shown.Page(found.page, households.PAGE, found.total),
        "table": shown.Table(_("农户"), heads, rows, compact=True),
        "nothing": _("没有符合条件的户。"),
    }
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "web/households_rows.html" if part else "web/households.html", context)


def _pick(key: str, label: str, pairs: Sequence[tuple[str, str]], value: str) -> shown.Field:
    choices = [shown.Choice(one, named, one == value) for one, named in pairs]
    return shown.Field(key, label, kind="select", choices=choices, required=False)


@require_safe
def show(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """All about a household before a visit; prints on one page."""
    asked, actor = asking.of(request), asking.actor(request)
    page = households.page(actor, household_id, asked.now)
    sharing = sum(1 for one in page.members if one.kind == "sharing")
    registered = len(page.members) - sharing
    history = incomes.table(page.incomes)
    context = {
        "here": "households",
        "household": _head(page, asked, registered, sharing),
        "basics": [_need(need, asked) for need in page.needs],
        "members": _members(page),
        "members_said": _("登记 %(n)d 人") % {"n": registered},
        "changes": changes.table(register.history(actor, household_id, asked.now), asked),
        "incomes": history,
        "chart": incomes.chart(page.incomes),
        "income_note": incomes.note(page.incomes),
        "reckon": incomes.door(page, asked),
        "no_income": _("还没有收入核算。入户核实或部门数据导入后列在这里。"),
        "story": _story(page, asked) if page.story else None,
        "story_said": _("%(n)d 件，从早到晚") % {"n": len(page.story)},
        "spells": _spells(page, asked, monitoring=True),
        "spells_said": "",
        "no_spells": _("没有被纳入过监测。"),
        "alerts": _alerts(page, asked),
        "alerts_said": _("%(n)d 条") % {"n": len(page.alerts)},
        "explain_url": reverse("explain", args=[household_id]) if access.may(actor, "screening.read") else "",
        "no_alerts": _("部门筛查没有提到这一户。"),
        "visits": helping.visits(page.calendar, asked),
        "coming": helping.coming(page.calendar, asked),
        "helper": helping.helper(page.calendar),
        "no_visits": _("还没有走访记录。"),
        "measures": helping.measures(page.measures, asked),
        "no_measures": _("还没有帮扶措施。"),
        "cases": _spells(page, asked, monitoring=False),
        "cases_said": "",
        "no_cases": _("没有别的事项。"),
    }
    return render(request, "web/household.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, resident_id: UUID, field: str) -> HttpResponse:
    """Show a person's number, phone or health for a stated use."""
    actor, clock = asking.actor(request), asking.of(request).clock

    def look(reason: str) -> str:
        return disclosure.reveal(actor, resident_id, field, reason=reason, clock=clock)

    return reveals.answer(request, look, shown.Link(_("回到农户"), reverse("households")), f"{resident_id}-{field}")


def _head(page: households.HouseholdPage, asked: asking.Asking, registered: int, sharing: int) -> dict[str, Any]:
    running = [one for one in page.spells if one.closed is None]
    open_spell = next((one for one in running if one.ledger == households.MONITORING), next(iter(running), None))
    openings = _openings(page, asked)
    last = page.calendar.past[0] if page.calendar.past else None
    people = _("登记 %(n)d 人") % {"n": registered}
    if sharing:
        people = _("登记 %(n)d 人，另有共同生活 %(m)d 人") % {"n": registered, "m": sharing}
    facts = [
        shown.Value(_("地点"), page.area),
        shown.Value(_("户编号"), page.number or "—"),
        shown.Value(_("人口"), people),
    ]
    if page.address:
        facts.append(shown.Value(_("住址"), page.address))
    if page.members and page.members[0].phone:
        facts.append(shown.Value(_("电话"), page.members[0].phone))
    if last:
        ago = (asked.today - days.day_of(last.happened)).days
        when = words.day(last.happened, today=asked.today, week=False)
        facts.append(shown.Value(_("最近走访"), _("%(day)s，%(ago)d 天前") % {"day": when, "ago": ago}))
    return {
        "id": page.household,
        "title": shown.household(page.head),
        "area": page.area,
        "tags": [words.register(page.kind), *([said(open_spell.stage)] if open_spell else [])],
        "light": _spell_light(open_spell) if open_spell else None,
        "act": shown.Link(_("去办：%(case)s") % {"case": open_spell.number}, reverse("case", args=[open_spell.case]))
        if open_spell
        else next(iter(openings), None),
        "openings": openings if open_spell else openings[1:],
        "official": page.official,
        "facts": facts,
    }


def _openings(page: households.HouseholdPage, asked: asking.Asking) -> list[shown.Link]:
    """What the reader may open about a household; a clue of risk first, unless one is being looked into."""
    watched = any(one.ledger == households.MONITORING and one.closed is None for one in page.spells)
    found = []
    for one in home.openings(asked.actor) if asked.actor is not None else ():
        if one.register == "household" and not (watched and one.ledger == households.MONITORING):
            url = reverse("open", args=[ledger.slug(one.ledger), one.act])
            found.append(
                (one.ledger != households.MONITORING, shown.Link(said(one.label), f"{url}?subject={page.household}"))
            )
    return [link for _other, link in sorted(found, key=lambda pair: pair[0])]


def _spell_light(one: households.Spell) -> shown.Light:
    colours = {"red": _("逾期"), "yellow": _("临期"), "green": _("按期")}
    return shown.Light("none", _("已办结")) if one.closed else shown.Light(one.light, colours[one.light])


def _need(need: households.Need, asked: asking.Asking) -> dict[str, str]:
    state = {True: ("check", _("有保障")), False: ("x", _("待解决")), None: ("minus", _("没有评估"))}[need.met]
    source = (
        _("%(day)s 入户") % {"day": words.day(need.on, today=asked.today, week=False)}
        if need.on
        else _("还没有入户核实过")
    )
    return {"name": said(need.label), "mark": state[0], "words": state[1], "source": source}


def _members(page: households.HouseholdPage) -> shown.Table:
    heads = [
        shown.Head(_("姓名")), shown.Head(_("与户主")), shown.Head(_("年龄"), numeric=True), shown.Head(_("证件")),
        shown.Head(_("电话")), shown.Head(_("劳动能力")), shown.Head(_("务工或在校")),
        shown.Head(_("在户")), shown.Head(_("健康状况")),
    ]  # fmt: skip
    kinds = {"registered": _("登记"), "sharing": _("共同生活")}
    rows = []
    for one in page.members:
        # A person under fourteen is not named on a page (personal information protection law, article 28).
        child = one.age is not None and one.age < CHILD
        cells = {
            "relation": words.register(one.relation), "age": "—" if one.age is None else str(one.age), "number": one.number,
            "phone": one.phone, "labour": words.register(one.labour), "school": words.register(one.school),
            "kind": kinds.get(one.kind, one.kind), "health": _("已封存") if one.health else "",
        }  # fmt: skip
        rest = [
            shown.Cell(text or "—", head=head.name, numeric=head.numeric, sealed=_sealed(one, key, text))
            for (key, text), head in zip(cells.items(), heads[1:], strict=True)
        ]
        rows.append(shown.Row([shown.Cell(_("未满 14 岁，不列姓名") if child else one.name), *rest]))
    return shown.Table(_("家庭成员"), heads, rows)


def _sealed(one: households.Member, key: str, least: str) -> shown.Value | None:
    if key not in ("number", "phone", "health") or not least:
        return None
    least = f"**** {least[-4:]}" if key == "number" else least
    return shown.Value("", sealed_id=key, least=least, reveal_url=reverse("reveal-person", args=[one.resident, key]))


def _spells(page: households.HouseholdPage, asked: asking.Asking, *, monitoring: bool) -> shown.Table:
    heads = [shown.Head(_("事项")), shown.Head(_("起止")), shown.Head(_("走到")), shown.Head(_("灯"))]
    counted = {event.case: event.spell for event in page.story if event.spell}
    rows = []
    for one in page.spells:
        if (one.ledger == households.MONITORING) != monitoring or one.ledger == MEASURES:
            continue
        until = words.day(one.closed, today=asked.today, week=False) if one.closed else _("今")
        span = _("%(begins)s 至 %(ends)s") % {
            "begins": words.day(one.opened, today=asked.today, week=False),
            "ends": until,
        }
        named = said(one.ledger_label)
        if one.case in counted:
            named = _("%(ledger)s 第 %(n)d 次") % {"ledger": named, "n": counted[one.case]}
        cells = [
            shown.Cell(named, small=one.number), shown.Cell(span, head=heads[1].name),
            shown.Cell(said(one.stage), head=heads[2].name), shown.Cell(head=heads[3].name, light=_spell_light(one)),
        ]  # fmt: skip
        rows.append(shown.Row(cells, reverse("case", args=[one.case])))
    return shown.Table(_("事项"), heads, rows)


def _story(page: households.HouseholdPage, asked: asking.Asking) -> shown.Table:
    """The whole story of the household in the order of time: what happened, money, by whom, and whether it was in time."""
    heads = [
        shown.Head(_("日期")),
        shown.Head(_("什么事")),
        shown.Head(_("说明")),
        shown.Head(_("谁办的")),
        shown.Head(_("灯")),
    ]
    lights = {"green": shown.Light("green", _("按期")), "red": shown.Light("red", _("逾期")), "none": None}
    rows = []
    for one in page.story:
        day = words.day(one.at, today=asked.today, week=False)
        if one.until is not None:
            until = words.day(one.until, today=asked.today, week=False)
            day = _("%(begins)s 至 %(ends)s") % {"begins": day, "ends": until}
        told = [said(life.amount_in_words(one)), *(said(value) for value in one.values)]
        ledger_name = (
            _("%(ledger)s 第 %(n)d 次") % {"ledger": said(one.ledger), "n": one.spell}
            if one.spell
            else said(one.ledger)
        )
        stage = _("走到：%(stage)s") % {"stage": said(one.stage)} if one.stage is not None else ""
        cells = [
            shown.Cell(day), shown.Cell(said(one.label), small=f"{ledger_name} {one.number}", head=heads[1].name),
            shown.Cell(_("，").join(text for text in told if text), small=stage, head=heads[2].name),
            shown.Cell(one.who, head=heads[3].name), shown.Cell(head=heads[4].name, light=lights[one.light]),
        ]  # fmt: skip
        rows.append(shown.Row(cells, reverse("case", args=[one.case])))
    return shown.Table(_("这一户的经过"), heads, rows, compact=True)


def _alerts(page: households.HouseholdPage, asked: asking.Asking) -> shown.Table:
    heads = [shown.Head(_("日期")), shown.Head(_("预警")), shown.Head(_("级别")), shown.Head(_("怎么办了"))]
    rows = []
    for one in page.alerts:
        done = _("已转个案") if one.case else one.answer or _("还没有处理")
        if one.data_error:
            done = _("数据有误，所依据的批次已撤回")
        told = _rule(one.rule)
        cells = [
            shown.Cell(words.stamp(days.start_of(one.day), today=asked.today)[:-6]),
            shown.Cell(_sentence(one.rule, one.sentence) or told, small=told if one.sentence else one.rule, head=heads[1].name),
            shown.Cell(_("红级") if one.level == "red" else _("黄级"), head=heads[2].name),
            shown.Cell(done, head=heads[3].name, url=reverse("case", args=[one.case]) if one.case else ""),
        ]  # fmt: skip
        rows.append(shown.Row(cells))
    return shown.Table(_("预警"), heads, rows)


def _sentence(rule: str, kept: str) -> str:
    """An alert's sentence in the language of the page, as far as the rule that said it is still there."""
    try:
        return said(desk.rule(rule).said(kept)) if kept else ""
    except NotFound:
        return kept


def _rule(name: str) -> str:
    """A rule by the name people know; one that the library no longer has keeps its key."""
    try:
        return f"{name} {said(desk.rule(name).label)}"
    except NotFound:
        return name
