"""The notice board: what hangs today. Anyone may read it; names stand in full only on the sheet for the village board."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import notices, wording
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said

# Surnames of two characters (the usual ones), so that a surname alone is what is left of a name.
DOUBLE: Final = frozenset(
    (
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "长孙",
        "宇文",
        "司徒",
        "夏侯",
        "令狐",
        "轩辕",
        "南宫",
        "司空",
        "端木",
        "申屠",
        "呼延",
    )
)


@login_not_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """What hangs, by kind of notice; `?area=` leaves one place's."""
    asked = asking.of(request)
    area = request.GET.get("area", "")
    found = notices.board(asked.now, actor=asked.actor, area=area)
    kinds: dict[tuple[str, str], list[notices.Hanging]] = {}
    for one in found:
        kinds.setdefault((one.ledger, one.act), []).append(one)
    places = notices.areas_with_notices(asked.now)
    context = {
        "here": "notices",
        "count": len(found),
        "limit": notices.LIMIT if len(found) >= notices.LIMIT else 0,
        "filters": [tables.pick("area", _("地点"), places, area)] if len(places) > 1 else [],
        "groups": [_group(rows, asked) for rows in kinds.values()],
        "nothing": _("现在没有公示。村里张贴公示时，这里同时列出，满期自动取下。"),
    }
    return render(request, "web/notices/board.html", context)


def surname(name: str) -> str:
    """A name as pages that anyone can open write it: the surname and a star."""
    return f"{name[:2] if name[:2] in DOUBLE else name[:1]}*" if name else ""


def _group(rows: Sequence[notices.Hanging], asked: asking.Asking) -> dict[str, Any]:
    first = rows[0]
    words_of = wording.of(first.ledger, first.act)
    columns = words_of.columns if words_of else {fact.key: fact.label for fact in first.facts}
    heads: tables.Heads = [_("地点"), *(said(label) for label in columns.values()), _("公示期"), _("还剩")]
    lines = []
    for one in rows:
        left = _("有异议，停着") if one.ends is None else _("%(n)d 天") % {"n": (one.days_left or 0) + 1}
        cells: tables.Cells = [_place(one), *_facts(one, columns, full=False), _period(one, asked), left]
        lines.append((cells, reverse("notice", args=[one.notice]) if one.case else ""))
    objection = _filled(words_of.objection, first) if words_of and words_of.objection else ""
    return {
        "title": said(words_of.title if words_of else first.act_label),
        "table": tables.table(said(first.act_label), heads, lines),
        "objection": objection,
    }


def _place(one: notices.Hanging) -> str:
    return one.area if one.town in one.area else f"{one.town} {one.area}".strip()


def _facts(one: notices.Hanging, columns: Mapping[str, Text], *, full: bool) -> list[str]:
    """The facts that this kind of notice may show, and no other."""
    told = {fact.key: said(fact.text) for fact in one.facts}
    told["subject"] = one.name if full or not one.personal else surname(one.name)
    return [told.get(key) or "—" for key in columns]


def _period(one: notices.Hanging, asked: asking.Asking) -> str:
    begins = words.day(one.starts, today=asked.today, week=False)
    last = shown.last_moment(one.ends)
    return (
        _("%(from)s 起") % {"from": begins}
        if last is None
        else _("%(from)s 至 %(to)s") % {"from": begins, "to": words.day(last, today=asked.today, week=False)}
    )


def _filled(text: Text, one: notices.Hanging) -> str:
    last = shown.last_moment(one.ends)
    values = {
        "village": one.area,
        "town": one.town,
        "number": "",
        "days": (one.ends - one.starts).days if one.ends else "",
        "from": words.day(one.starts, week=False),
        "to": words.day(last, week=False) if last else "",
    }
    return said(text.fill(**values))


@require_safe
def sheet(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    """One notice as it is pasted on the village board, with the name in full; for those who may see the case."""
    asked = asking.of(request)
    one = next(
        (row for row in notices.board(asked.now, actor=asked.actor) if row.notice == notice_id and row.case), None
    )
    words_of = wording.of(one.ledger, one.act) if one else None
    if one is None or words_of is None:
        raise NotFound(Text("这张公示", "This notice"))
    context = {
        "here": "notices",
        "title": said(words_of.title),
        "opening": _filled(words_of.opening, one),
        "heads": [said(label) for label in words_of.columns.values()],
        "facts": _facts(one, words_of.columns, full=True),
        "objection": _filled(words_of.objection, one) if words_of.objection else "",
        "issuer": _filled(words_of.issuer, one),
        "dated": words.day(one.starts, week=False),
        "case_url": reverse("case", args=[one.case]),
    }
    return render(request, "web/notices/sheet.html", context)
