"""The incomes of a household as a page shows them: a chart and the same figures in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from taizhang.core.queries import home
from taizhang.core.queries import household as households
from taizhang.core.queries import incomes as reckonings
from taizhang.core.queries.incomes import LEDGER, Told
from taizhang.kit import money
from taizhang.kit.text import Text
from taizhang.web import asking, shown
from taizhang.web.templatetags.said import said

NONE: Final = "—"


def door(page: households.HouseholdPage, asked: asking.Asking) -> shown.Link | None:
    """The way to a new reckoning, for whoever may make one."""
    may = asked.actor is not None and any(one.ledger == LEDGER for one in home.openings(asked.actor))
    return shown.Link(_("核算收入"), reverse("income-new", args=[page.household])) if may else None


def table(told: Sequence[Told]) -> shown.Table:
    """Every reckoning, the earliest first: per head, its line, the reference, the four incomes, and whose it is."""
    heads = [
        shown.Head(_("核算期")), shown.Head(_("人均"), numeric=True), shown.Head(_("监测线"), numeric=True),
        shown.Head(_("人均参考"), numeric=True), shown.Head(_("工资"), numeric=True, wide=True),
        shown.Head(_("经营"), numeric=True, wide=True), shown.Head(_("财产"), numeric=True, wide=True),
        shown.Head(_("转移"), numeric=True, wide=True), shown.Head(_("减 支出"), numeric=True, wide=True),
        shown.Head(_("用途和核算人"), wide=True),
    ]  # fmt: skip
    return shown.Table(_("人均纯收入"), heads, [_row(one, heads) for one in told])


def _row(one: Told, heads: Sequence[shown.Head]) -> shown.Row:
    found = one.found
    amounts = [
        money.show(found.head) if one.shared else NONE,
        money.show(one.line) if one.line is not None else NONE,
        money.show(found.reference_head) if one.shared else NONE,
        *(money.show(found.totals[group]) for group in ("wage", "business", "property", "transfer", "cost")),
    ]
    smalls = [_against(one), "", "", "", "", "", "", ""]
    cells = [
        shown.Cell(text, small=small, head=head.name, numeric=True, wide=head.wide)
        for text, small, head in zip(amounts, smalls, heads[1:-1], strict=True)
    ]
    whose = shown.Cell(
        said(one.purpose) if one.purpose else _("部门数据"), small=_whose(one), head=heads[-1].name, wide=True
    )
    people = _("%(n)d 人") % {"n": found.persons} if one.shared else ""
    url = reverse("case", args=[one.case]) if one.case else ""
    return shown.Row([shown.Cell(period(one.begins, one.ends), small=people), *cells, whose], url)


def _against(one: Told) -> str:
    if not one.confirmed:
        return _("待确认")
    return "" if one.above is None else _("高于监测线") if one.above else _("不高于监测线")


def _whose(one: Told) -> str:
    if one.case is None:
        return one.who
    if not one.confirmed:
        return _("%(who)s核算，待确认") % {"who": one.who}
    return _("%(who)s核算，%(other)s确认") % {"who": one.who, "other": one.confirmed_by}


def period(begins: Any, ends: Any) -> str:
    """A window in words, by its months."""
    return _("%(begins)s 至 %(ends)s") % {"begins": begins.strftime("%Y-%m"), "ends": ends.strftime("%Y-%m")}


def note(told: Sequence[Told]) -> str:
    """What the table leaves unsaid."""
    if not told:
        return ""
    return _("人均按共同生活人数折算；部门数据没有写明人数的，按核算期末的登记人口。参考收入加理赔、减合规自付。")


def chart(told: Sequence[Told]) -> shown.Chart | None:
    """Net income per head of each reckoning, beside the line of its year; none where nothing can be shared out."""
    shared = [one for one in told if one.shared]
    if not shared:
        return None
    lines = [one.line // money.FEN_PER_YUAN if one.line is not None else None for one in shared]
    bars = [one.found.head // money.FEN_PER_YUAN for one in shared]
    series: list[dict[str, Any]] = [{"name": _("人均纯收入"), "values": bars}]
    if any(line is not None for line in lines):
        series.append({"name": _("监测线"), "values": lines, "kind": "line", "step": True, "tone": "ink"})
    labels = [one.ends.strftime("%Y-%m") for one in shared]
    return shown.Chart("income", _("人均纯收入和监测线，元"), {"kind": "bar", "labels": labels, "series": series})


def groups() -> dict[str, str]:
    """The branches of the tree in words."""
    return {
        "wage": _("工资性收入"), "business": _("生产经营性收入"), "property": _("财产性收入"), "transfer": _("转移性收入"),
        "cost": _("生产经营性支出"), "claims": _("理赔收入"), "self_paid": _("合规自付支出"), "aside": _("不计入收入的款项"),
    }  # fmt: skip


def purposes() -> Mapping[str, Text]:
    """What a reckoning may be for, as its ledger names it."""
    return reckonings.purposes()
