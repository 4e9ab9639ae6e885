"""What I owe, by the clock; nothing else first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import helping, home, signing
from taizhang.web import asking, shown, words
from taizhang.web import helping as shown_help
from taizhang.web.pages import deliveries
from taizhang.web.templatetags.said import said
from taizhang.work import deliveries as feeds_due


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The home page of whoever is logged in; `?ledger=` leaves one ledger's."""
    asked = asking.of(request)
    found = home.owed(asking.actor(request), asked.now)
    mine = helping.caseload(asking.actor(request), asked.now)
    shown_above = {one.case for one in mine}
    found = home.without(found, shown_above, helping.PAIRS)
    to_sign = signing.unsigned(asking.actor(request), asked.now)
    everything = [*found.overdue, *found.near, *found.early]
    chosen = request.GET.get("ledger", "")
    due = feeds_due.mine(asking.actor(request), asked.now)
    context = {
        "here": "home",
        "counts": shown.Counts(found.red, found.yellow, found.green),
        "chips": _chips(everything),
        "chosen": chosen,
        "any": bool(everything or mine or to_sign),
        "to_sign": [_unsigned(one, asked) for one in to_sign],
        "to_sign_said": _("%(n)d 件，您签了别人才能往下办") % {"n": len(to_sign)},
        "groups": _groups(found, chosen, asked),
        "nothing": _("没有欠办事项。轮到您的事项会按期限先后列在这里。"),
        "caseload": shown_help.caseload(mine, asked),
        "caseload_said": _("%(n)d 户，按期限先后") % {"n": len(mine)},
        "deliveries": deliveries.owed(due, asked),
        "deliveries_first": any(one.came is None for one in due),
        "waiting": waiting(found.waiting, asked, _("我在等别人的")) if found.waiting else None,
        "waiting_said": _("%(total)d 件；不计在您的期限里") % {"total": len(found.waiting)},
    }
    return render(request, "web/home.html", context)


def _chips(owed: Sequence[home.Owed]) -> list[shown.Link]:
    by_ledger = Counter(one.ledger for one in owed)
    names = {one.ledger: said(one.ledger_label) for one in owed}
    if len(by_ledger) < 2:
        return []
    here = reverse("home")
    every = shown.Link(_("全部 %(total)d") % {"total": len(owed)}, here)
    return [
        every,
        *(shown.Link(f"{names[key]} {n}", f"{here}?ledger={key}", key) for key, n in by_ledger.most_common()),
    ]


def _groups(found: home.Home, chosen: str, asked: asking.Asking) -> list[dict[str, Any]]:
    parts = (
        ("red", _("已逾期"), _("办结后仍会留下逾期天数"), found.overdue, found.red),
        ("yellow", _("快到期"), _("已进入提醒期"), found.near, found.yellow),
        ("green", _("还早"), "", found.early, found.green),
    )
    groups = []
    for key, name, note, owed, total in parts:
        mine = [one for one in owed if not chosen or one.ledger == chosen]
        # what is early and lies with somebody else is one line; what is near or late stays in sight whoever must act
        resting = [one for one in mine if not one.acts and one.turn is not None] if key == "green" else []
        shown_now = [one for one in mine if one not in resting]
        rest = 0 if chosen else total - len(owed)
        count = _("%(total)d 件") % {"total": len(mine) if chosen else total}
        groups.append(
            {
                "key": key,
                "name": name,
                "said": f"{count} · {note}" if note else count,
                "rows": [row(one, asked) for one in shown_now],
                "resting": waiting(resting, asked, _("现在轮到别人")) if resting else None,
                "resting_said": _("%(total)d 件，灯是您的，这一步由别人办") % {"total": len(resting)},
                "more_url": reverse("ledgers") if rest > 0 else "",
                "more_words": _("还有 %(rest)d 件，到台账里看") % {"rest": rest},
            }
        )
    return groups


def row(one: home.Owed, asked: asking.Asking) -> shown.Owed:
    """One thing owed as a row; its due day is the last day of the limit, which turns at 24:00."""
    url = reverse("case", args=[one.case])
    ready = [act for act in one.acts if act.possible_from is None and not act.waits]
    subject, clock = shown.subject(one.subject), said(one.clock_label)
    button = said(ready[0].label) if len(ready) == 1 else clock if ready else _("看进展")
    return shown.Owed(
        title=_("%(subject)s：%(what)s") % {"subject": subject, "what": clock},
        because=" · ".join(
            (one.subject.area, _("走到“%(stage)s”") % {"stage": said(one.stage)}, *_held_up(one, asked)),
        ),
        number=one.number,
        ledger=said(one.ledger_label),
        url=url,
        light=shown.light(one.light, due=one.red_at, now=asked.now, paused=one.paused),
        due=shown.last_moment(one.red_at),
        due_note=_("%(at)s 转红") % {"at": words.stamp(one.red_at, today=asked.today)}
        if one.light == "red" and one.red_at
        else "",
        act_words=button,
        # of several ways that stand side by side none is advised: the case is opened
        act_url=reverse("act", args=[one.case, ready[0].act]) if len(ready) == 1 else url if ready else "",
        main=one.light == "red" and bool(ready),
    )


def _unsigned(one: signing.Unsigned, asked: asking.Asking) -> shown.Owed:
    """A signature that is asked of the reader, with the light of the case that waits for it."""
    return shown.Owed(
        title=_("%(subject)s：%(what)s") % {"subject": shown.subject(one.subject), "what": said(one.label)},
        because=" · ".join((one.subject.area, _("走到“%(stage)s”") % {"stage": said(one.stage)})),
        number=one.number,
        ledger=said(one.ledger_label),
        url=reverse("case", args=[one.case]),
        light=shown.light(one.light, due=one.red_at, now=asked.now),
        due=shown.last_moment(one.red_at),
        act_words=said(one.label),
        act_url=reverse("act", args=[one.case, one.act]),
        main=one.light == "red",
    )


def _held_up(one: home.Owed, asked: asking.Asking) -> list[str]:
    """Why it is not the reader's turn: a day that has not come, an objection, or somebody else's act."""
    later = next((act for act in one.acts if act.possible_from is not None), None)
    if any(act.waits for act in one.acts):
        return [_("有异议，公示停着")]
    if later and later.possible_from:
        return [_("%(at)s 起才能办") % {"at": words.stamp(later.possible_from, today=asked.today)}]
    if not one.acts and one.turn is not None and one.waits_for is not None:
        return [_("现在轮到%(who)s：%(act)s") % {"who": said(one.turn), "act": said(one.waits_for)}]
    return []


def waiting(rows: Sequence[home.Owed], asked: asking.Asking, caption: str) -> shown.Table:
    """What is somebody else's turn: who has it, and the light."""
    heads = [
        shown.Head(_("事项")),
        shown.Head(_("走到")),
        shown.Head(_("等什么")),
        shown.Head(_("轮到谁")),
        shown.Head(_("期限")),
    ]
    made = [
        shown.Row(
            [
                shown.Cell(shown.subject(one.subject), small=f"{said(one.ledger_label)} {one.number}"),
                shown.Cell(said(one.stage), head=_("走到")),
                shown.Cell(said(one.clock_label), head=_("等什么")),
                shown.Cell(said(one.turn or one.whose), head=_("轮到谁")),
                shown.Cell(
                    head=_("期限"), light=shown.light(one.light, due=one.red_at, now=asked.now, paused=one.paused)
                ),
            ],
            reverse("case", args=[one.case]),
        )
        for one in rows
    ]
    return shown.Table(caption, heads, made, compact=True)
