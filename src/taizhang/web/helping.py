"""Help for a household as a page shows it: measures as money and as what changed, who was there, who goes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.urls import reverse
from django.utils.translation import gettext as _

from taizhang.core.queries.helping import Calendar, Helped, Measure, Planning
from taizhang.kit import days, money
from taizhang.web import asking, shown, words
from taizhang.web.templatetags.said import said

NONE = "—"


# --- measures -----------------------------------------------------------------------------------------------------------


def measures(told: Sequence[Measure], asked: asking.Asking) -> shown.Table:
    """Every measure: what, by whom, the money, and what it changed; the sums stand in the last line."""
    heads = [
        shown.Head(_("措施")), shown.Head(_("从申请到落实")), shown.Head(_("核定"), numeric=True, wide=True),
        shown.Head(_("已发放"), numeric=True), shown.Head(_("带动增收"), numeric=True), shown.Head(_("改变了什么")),
        shown.Head(_("灯")),
    ]  # fmt: skip
    rows = []
    for one in told:
        cells = [
            shown.Cell(said(one.item), small=f"{said(one.kind)} · {one.department} · {one.number}"),
            shown.Cell(_way(one, asked), small=_took(one), head=heads[1].name),
            _money(one.granted, heads[2]), _money(one.paid or None, heads[3]), _money(one.earned or None, heads[4]),
            shown.Cell(said(one.changed) if one.changed else NONE, small=said(one.result) if one.result else "", head=heads[5].name),
            shown.Cell(head=heads[6].name, light=_light(one)),
        ]  # fmt: skip
        rows.append(shown.Row(cells, reverse("case", args=[one.case])))
    foot = [
        shown.Cell(_("合计")), shown.Cell(), shown.Cell(wide=True), _money(sum(one.paid for one in told), heads[3]),
        _money(sum(one.earned for one in told), heads[4]), shown.Cell(), shown.Cell(),
    ]  # fmt: skip
    return shown.Table(_("帮扶措施"), heads, rows, foot=foot if told else ())


def _money(fen: int | None, head: shown.Head) -> shown.Cell:
    return shown.Cell(NONE if fen is None else money.show(fen), head=head.name, numeric=True, wide=head.wide)


def _way(one: Measure, asked: asking.Asking) -> str:
    begun = words.day(one.begun, today=asked.today, week=False)
    if one.reached is None:
        return _("%(begun)s 起，%(stage)s") % {"begun": begun, "stage": said(one.stage)}
    reached = words.day(one.reached, today=asked.today, week=False)
    return begun if begun == reached else _("%(begun)s 至 %(reached)s") % {"begun": begun, "reached": reached}


def _took(one: Measure) -> str:
    """The days it took, for a loan from the application to the payment."""
    return _("%(n)d 天") % {"n": one.days} if one.days else ""


def _light(one: Measure) -> shown.Light:
    if one.closed:
        return shown.Light("none", said(one.stage))
    names = {"red": _("逾期"), "yellow": _("临期"), "green": said(one.stage)}
    return shown.Light(one.light, names[one.light])


# --- planning -----------------------------------------------------------------------------------------------------------


def planning(told: Planning, address: str) -> list[shown.Line]:
    """Hints above the form of a measure: for each risk what answers it, with a way to choose it at once."""
    lines = []
    if told.labour:
        head = _("户内有 %(n)d 名劳动年龄成员：优先产业、就业、金融、公益岗位等开发式措施。") % {"n": told.labour}
    else:
        head = _("户内没有劳动年龄成员：优先低保、特困、医疗、养老等兜底保障。")
    lines.append(shown.Line(head))
    for one in told.advice:
        links = [shown.Link(said(label), f"{address}&item={code}&risk={one.risk}", code) for code, label in one.items]
        lines.append(shown.Line(_("%(risk)s：选一项对应的措施。") % {"risk": said(one.risk_label)}, links))
    if told.answered:
        names = _("、").join(said(label) for label in told.answered)
        lines.append(shown.Line(_("已有措施对应的风险：%(names)s，不再重复提。") % {"names": names}))
    if told.others:
        others = [shown.Link(said(label), f"{address}&item={code}", code) for code, label in told.others]
        lines.append(shown.Line(_("不分风险的措施："), others))
    return lines


# --- visits -------------------------------------------------------------------------------------------------------------


def visits(told: Calendar, asked: asking.Asking) -> shown.Table:
    """Who was at the home, the latest first: by whom, when it happened and when it was told."""
    heads = [
        shown.Head(_("什么时候")),
        shown.Head(_("谁去的")),
        shown.Head(_("什么事")),
        shown.Head(_("收到"), wide=True),
    ]
    rows = []
    for one in told.past:
        received = words.stamp(one.received, today=asked.today)
        cells = [
            shown.Cell(words.stamp(one.happened, today=asked.today)), shown.Cell(one.who, small=one.post, head=heads[1].name),
            shown.Cell(said(one.label), small=one.number, head=heads[2].name), shown.Cell(received, head=heads[3].name, wide=True),
        ]  # fmt: skip
        rows.append(shown.Row(cells, reverse("case", args=[one.case]) if one.case else ""))
    return shown.Table(_("帮扶人和走访"), heads, rows)


def coming(told: Calendar, asked: asking.Asking) -> list[shown.Line]:
    """Who has to go there next, and by when."""
    return [
        shown.Line(
            _("%(until)s前，%(who)s：%(what)s")
            % {"until": _until(one.until, asked), "who": said(one.who), "what": said(one.label)},
            light=shown.light(one.light, due=one.until, now=asked.now),
        )
        for one in told.coming
    ]


def _until(instant: datetime | None, asked: asking.Asking) -> str:
    last = shown.last_moment(instant)
    return words.day(last, today=asked.today, week=False) if last else NONE


def helper(told: Calendar) -> str:
    """The helper of a household with the helping unit."""
    return _("%(helper)s（%(unit)s）") % {"helper": told.helper, "unit": told.unit} if told.helper else ""


# --- a helper's households ----------------------------------------------------------------------------------------------


def caseload(told: Sequence[Helped], asked: asking.Asking) -> list[shown.Helped]:
    """The households of a helper as rows with their one button, by the nearest deadline."""
    return [
        shown.Helped(
            case=one.case,
            title=shown.household(one.subject.label),
            place=one.subject.place or one.subject.area,
            phone=one.phone,
            last=_last(one, asked),
            other=_other(one, asked),
            unmet=_("没有做到：%(names)s") % {"names": _("、").join(said(label) for label in one.unmet)} if one.unmet else "",
            light=shown.light(one.light, due=one.until, now=asked.now),
            until=_until(one.until, asked),
            household_url=reverse("household", args=[one.household]),
            visit_url=reverse("act", args=[one.case, "visit"]),
            expect=one.n,
            unchanged=one.answered,
            key=uuid4(),
        )
        for one in told
    ]  # fmt: skip


def _last(one: Helped, asked: asking.Asking) -> str:
    if one.last is None:
        return _("您还没有去过")
    ago = (asked.today - days.day_of(one.last)).days
    when = words.day(one.last, today=asked.today, week=False)
    return _("您上次去是 %(day)s，%(ago)d 天前") % {"day": when, "ago": ago}


def _other(one: Helped, asked: asking.Asking) -> str:
    if one.other is None or (one.last is not None and one.other[0] < one.last):
        return ""
    when = words.day(one.other[0], today=asked.today, week=False)
    return _("%(day)s %(who)s去过") % {"day": when, "who": one.other[1]}
