"""Where everything that is known of a household comes from, and where departments do not agree."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import household as households
from taizhang.core.queries.provenance import Value
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said
from taizhang.work import sources
from taizhang.work.sources import Conflict, Row, Saying


@require_safe
def show(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """Each value with its department, batch and day; conflicts first, side by side."""
    asked, actor = asking.of(request), asking.actor(request)
    home = households.page(actor, household_id, asked.now)
    found = sources.page(actor, household_id, asked.now)
    young = {one.name for one in home.members if one.age is not None and one.age < 14}
    ask = any(held.token in ("lead@district", "reviewer@town") for held in actor.posts)
    context = {
        "here": "households",
        "title": shown.household(home.head),
        "home_url": reverse("household", args=[household_id]),
        "everything": found.everything,
        "conflicts": [_conflict(one, young, asked, household_id, ask=ask) for one in found.conflicts],
        "register": _register(found.register, young, asked),
        "rows": _rows(found.rows, young, asked),
    }
    return render(request, "web/sources.html", context)


def _who(name: str, young: set[str]) -> str:
    """A person under fourteen is not named on a page (personal information protection law, article 28)."""
    return _("未满 14 岁，不列姓名") if name in young else name or _("全户")


def _ask(one: Conflict, home: UUID, who: str) -> str:
    """Where the department whose word is another's is asked to correct it, with what is known filled in."""
    ours, *theirs = one.sayings
    say = next((each for each in theirs if each.word != ours.word), theirs[0])
    given = {"subject": str(home), "department": say.code, "item": f"{who}：{said(one.item)}",
             "theirs": f"{say.word}（{say.number}）", "others": f"{ours.word}（{ours.department or _('名册')} {ours.number}）"}  # fmt: skip
    return f"{reverse('open', args=['corrections', 'ask'])}?{urlencode(given)}"


def _conflict(one: Conflict, young: set[str], asked: asking.Asking, home: UUID, *, ask: bool) -> dict[str, object]:
    who = _who(one.who, young)
    return {
        "item": said(one.item),
        "who": _who(one.who, young),
        "ask": _ask(one, home, who) if ask else "",
        "sayings": [(_("名册里的姓名") if say.word == one.who else say.word, _from(say, asked), _url(say)) for say in one.sayings],
    }  # fmt: skip


def _from(say: Saying, asked: asking.Asking) -> str:
    parts = [say.department or _("名册"), say.number]
    if say.on is not None:
        parts.append(words.day(say.on, today=asked.today, week=False))
    return " · ".join(part for part in parts if part)


def _url(say: Saying) -> str:
    return reverse("batch", args=[say.batch]) if say.batch else ""


def _whole(text: str) -> str:
    """A number whose hyphens do not break at the end of a line."""
    return text.replace("-", "\u2011")


def _register(values: tuple[Value, ...], young: set[str], asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [_("哪一项"), _("现在是"), _("来自")]
    lines = []
    for one in values:
        value = _("未满 14 岁，不列姓名") if one.item == "name" and one.value in young else words.register(one.value)
        when = words.day(one.origin.on, today=asked.today, week=False)
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=_who(one.who, young)), value,
            shown.Cell(one.origin.department or said(one.origin.by), small=f"{one.origin.number} {when}".strip()),
        ]  # fmt: skip
        lines.append((cells, ""))
    return tables.table(_("名册里的每一项"), heads, lines, cards=False)


def _rows(rows: tuple[Row, ...], young: set[str], asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [_("数据"), _("内容"), _("批次")]
    lines = []
    for one in rows:
        place = _("第 %(row)d 行") % {"row": one.row}
        when = words.day(one.on, today=asked.today, week=False)
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=f"{one.department} {_who(one.who, young)}"),
            "；".join(f"{name} {value}" for name, value in one.values) or "—",
            shown.Cell(_whole(one.number), small=f"{place} {when}", url=reverse("batch", args=[one.batch])),
        ]  # fmt: skip
        lines.append((cells, ""))
    return tables.table(_("各部门报来的"), heads, lines)
