"""What the register says happened to a household, in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from taizhang.core.queries import changes
from taizhang.core.queries.changes import Change, Kind
from taizhang.kit import idnumber
from taizhang.web import asking, shown, tables, words

CHILD: Final = 14  # years; nobody younger is named (personal information protection law, article 28)
_CALLED: Final[dict[Kind, str]] = {
    "first": gettext_noop("进入名册"),
    "split_new": gettext_noop("分户立户"),
    "joined": gettext_noop("加入本户"),
    "born": gettext_noop("出生"),
    "merged_in": gettext_noop("并入本户"),
    "left": gettext_noop("离开本户"),
    "split": gettext_noop("分出"),
    "merged_out": gettext_noop("并入他户"),
    "died": gettext_noop("去世"),
    "moved": gettext_noop("迁移"),
    "kind": gettext_noop("户类型变更"),
    "relation": gettext_noop("与户主关系变更"),
    "head": gettext_noop("成为户主"),
}


def table(found: Sequence[Change], asked: asking.Asking) -> shown.Table:
    """Every change with its day, the people, whence or where to, and what said so."""
    heads = [_("日期"), _("变动"), _("涉及人员"), _("来自或去往"), _("依据")]
    lines: list[tables.Line] = [
        (
            [
                words.day(one.day, today=asked.today, week=False),
                shown.Cell(
                    _(_CALLED[one.kind]), small="" if one.before or not one.after else words.register(one.after)
                ),
                _("、").join(_named(person, asked) for person in one.people) or _("全户"),
                _where(one),
                _source(one),
            ],
            "",
        )
        for one in found
    ]
    return tables.table(_("户和成员的变动"), heads, lines)


def _named(person: changes.Person, asked: asking.Asking) -> str:
    young = person.born is not None and idnumber.full_years(person.born, asked.today) < CHILD
    return _("未满 14 岁，不列姓名") if young else person.name


def _where(one: Change) -> shown.Cell:
    """From one place, kind or relation to another; or the household that somebody came from or went to."""
    if one.other is not None:
        if one.other.household is None:
            return shown.Cell(_("不在您辖区的一户"))
        return shown.Cell(
            shown.household(one.other.head),
            small=one.other.number,
            url=reverse("household", args=[one.other.household]),
        )
    if one.before:
        told = (
            (one.before, one.after) if one.kind == "moved" else (words.register(one.before), words.register(one.after))
        )
        return shown.Cell(" → ".join(told))
    return shown.Cell("—")


def _source(one: Change) -> shown.Cell:
    if one.source is None or not one.source.number:
        return shown.Cell("—")
    url = reverse("case", args=[one.source.case]) if one.source.case is not None else ""
    return shown.Cell(one.source.number, url=url)
