"""The papers of a meeting by one press: what changed since the last one, what is open, what is red and why; for printing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import packs
from taizhang.core.queries.packs import Chapter, Duties, Matter
from taizhang.web import asking, shown, tables, words
from taizhang.web.pages import duties
from taizhang.web.templatetags.said import said


@require_safe
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A meeting's pack as things stand at this moment."""
    asked = asking.of(request)
    pack = packs.of(asking.actor(request), case_id, asked.now)
    last = None
    if pack.last is not None:
        case, number, day = pack.last
        last = shown.Link(f"{words.day(day, week=False)} {number}", reverse("case", args=[case]))
    chapters = [
        (_("发出未复的函书"), _("没有未复的函书。"), pack.letters), (_("整改：已逾期和两周内到期"), _("没有到期的整改。"), pack.problems),
        (_("有异议的考核"), _("没有待裁定的异议。"), pack.contested),
    ]  # fmt: skip
    return render(request, "web/duties/pack.html", {
        "here": "ledgers",
        "back": reverse("case", args=[pack.case]),
        "kind": said(pack.kind),
        "number": pack.number,
        "on": words.day(pack.on, week=True) if pack.on is not None else "",
        "made": words.stamp(asked.now),
        "last": last,
        "units": _("、").join(said(one) for one in pack.units),
        "decided": _matters(_("没有办完的议定事项"), pack.decided, asked),
        "settled": _settled(pack.settled),
        "duties": [(said(one.ledger), _cells(one), one.more) for one in pack.duties],
        "chapters": [
            (title, _matters(title, one.matters, asked) if one.matters else None, empty)
            for title, empty, one in _there(chapters)
        ],
    })  # fmt: skip


def _there(chapters: Sequence[tuple[str, str, Chapter | None]]) -> list[tuple[str, str, Chapter]]:
    """The chapters of which the reader may see anything."""
    return [(title, empty, one) for title, empty, one in chapters if one is not None]


def _matters(caption: str, those: Sequence[Matter], asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [_("单位"), _("什么事"), _("走到"), _("灯")]
    lines: list[tables.Line] = [
        (
            [shown.Cell(said(one.unit), small=one.number), one.what, said(one.stage),
             shown.Cell(light=shown.light(one.light, due=one.due, now=asked.now))],
            reverse("case", args=[one.case]),
        )
        for one in those
    ]  # fmt: skip
    return tables.table(caption, heads, lines)


def _settled(those: Sequence[Matter]) -> shown.Table:
    heads: tables.Heads = [_("单位"), _("什么事"), _("结果"), _("何时")]
    lines: list[tables.Line] = [
        (
            [
                shown.Cell(said(one.unit), small=one.number),
                one.what,
                said(one.stage),
                words.day(one.closed, week=False),
            ],
            reverse("case", args=[one.case]),
        )
        for one in those
    ]
    return tables.table(_("上次会后办完的"), heads, lines)


def _cells(found: Duties) -> shown.Table:
    named = {"green": _("按期"), "yellow": _("临期"), "red": _("逾期")}
    heads: tables.Heads = [_("责任事项"), _("单位"), _("哪一期"), _("灯"), _("为什么")]
    lines: list[tables.Line] = [
        (
            [shown.Cell(said(one.label), small=one.item), duties.unit_name(one.unit), said(one.period),
             shown.Cell(light=shown.Light(one.colour, named[one.colour])),
             _("%(day)s起，%(how)s") % {"day": words.day(one.since, week=False), "how": said(one.stage) if one.stage else _("没有记录")}],
            reverse("case", args=[one.case]) if one.case else "",
        )
        for one in found.cells
    ]  # fmt: skip
    return tables.table(said(found.ledger), heads, lines)
