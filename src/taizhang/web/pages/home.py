"""What I owe, by the clock; nothing else first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import home
from taizhang.web import asking, shown, words
from taizhang.web.templatetags.tz import said

SHOWN = 100  # rows of one group; an office with more opens the ledger's list, which has pages


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The home page of whoever is logged in; `?ledger=` leaves one ledger's."""
    asked, actor = asking.of(request), asking.actor(request)
    everything = home.owed(actor, asked.now)
    chosen = request.GET.get("ledger", "")
    owed = [one for one in everything if not chosen or one.ledger == chosen]
    lit = Counter(one.colour for one in owed)
    waiting = home.waiting(actor, asked.now)
    context = {
        "here": "home",
        "counts": shown.Counts(lit["red"], lit["yellow"], lit["green"]),
        "chips": _chips(everything),
        "chosen": chosen,
        "any": bool(owed),
        "groups": _groups(owed, asked),
        "nothing": _("没有欠办事项。轮到您的事项会按期限先后列在这里。"),
        "waiting": _waiting(waiting, asked) if waiting else None,
        "waiting_said": _("%(total)d 件；不计在您的期限里") % {"total": len(waiting)},
    }
    return render(request, "web/home.html", context)


def _chips(owed: tuple[home.Owed, ...]) -> list[shown.Link]:
    by_ledger = Counter(one.ledger for one in owed)
    names = {one.ledger: said(one.ledger_name) for one in owed}
    if len(by_ledger) < 2:
        return []
    here = reverse("home")
    every = shown.Link(_("全部 %(total)d") % {"total": len(owed)}, here)
    return [every, *(shown.Link(f"{names[key]} {n}", f"{here}?ledger={key}", key) for key, n in by_ledger.most_common())]


def _groups(owed: list[home.Owed], asked: asking.Asking) -> list[dict[str, Any]]:
    said_of = {
        "red": (_("已逾期"), _("办结后仍会留下逾期天数")),
        "yellow": (_("快到期"), _("已进入提醒期")),
        "green": (_("还早"), ""),
    }
    groups = []
    for colour, (name, note) in said_of.items():
        mine = [one for one in owed if one.colour == colour]
        count = _("%(total)d 件") % {"total": len(mine)}
        groups.append({
            "key": colour,
            "name": name,
            "said": f"{count} · {note}" if note else count,
            "rows": [row(one, asked) for one in mine[:SHOWN]],
            "more_url": reverse("ledgers") if len(mine) > SHOWN else "",
            "more_words": _("还有 %(rest)d 件，到台账里看") % {"rest": len(mine) - SHOWN},
        })
    return groups


def row(one: home.Owed, asked: asking.Asking) -> shown.Owed:
    """One thing owed as a row; its due day is the last day of the limit, which turns at 24:00."""
    url = reverse("case", args=[one.case])
    last = one.due - timedelta(microseconds=1) if one.due else None
    turned = ""
    if one.due and one.colour == "red":
        turned = _("%(day)s零点转红") % {"day": words.day(one.due, today=asked.today, week=False)}
    return shown.Owed(
        title=f"{one.subject}：{said(one.what)}" if not words.english() else f"{one.subject}: {said(one.what)}",
        because=said(one.because),
        number=f"{said(one.ledger_name)} {one.number}",
        url=url,
        light=shown.light(one.colour, due=one.due, now=asked.now),
        due=last,
        due_note=turned or (said(one.due_note) if one.due_note else ""),
        act_words=said(one.act_name) if one.act_name else _("打开"),
        act_url=reverse("act", args=[one.case, one.act]) if one.act else url,
        main=one.colour == "red",
    )


def _waiting(waiting: tuple[home.Waiting, ...], asked: asking.Asking) -> shown.Table:
    heads = [shown.Head(_("事项")), shown.Head(_("走到")), shown.Head(_("轮到谁")), shown.Head(_("期限"))]
    rows = [
        shown.Row(
            [
                shown.Cell(one.subject, small=f"{said(one.ledger_name)} {one.number}"),
                shown.Cell(said(one.stage), head=_("走到")),
                shown.Cell(said(one.whom), head=_("轮到谁")),
                shown.Cell(head=_("期限"), light=shown.light(one.colour, due=one.due, now=asked.now)),
            ],
            reverse("case", args=[one.case]),
        )
        for one in waiting
    ]
    return shown.Table(_("我在等别人的"), heads, rows)
