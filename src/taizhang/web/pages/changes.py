"""A household as the register had it on a past day, and everything that changed since it came into the register."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import changes as register
from taizhang.web import asking, changes, shown, tables, words


@require_safe
def show(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """The day is asked for as `?on=2021-05-01`; without one, or with one to come, it is today."""
    asked, actor = asking.of(request), asking.actor(request)
    day = _day(request.GET.get("on", ""), asked.today)
    then, now = register.on_day(actor, household_id, day), register.on_day(actor, household_id, asked.today)
    found = register.history(actor, household_id, asked.now)
    context = {
        "here": "households",
        "title": shown.household(now.head or then.head),
        "home_url": reverse("household", args=[household_id]),
        "day": day.isoformat(),
        "day_said": words.day(day, today=asked.today, week=False),
        "today": asked.today.isoformat(),
        "known": then.known,
        "facts": [
            shown.Value(_("户主"), then.head or "—"), shown.Value(_("地点"), then.area or "—"),
            shown.Value(_("类别"), words.register(then.kind)), shown.Value(_("住址"), then.address or "—"),
        ],
        "members": _members(then, asked),
        "members_said": _("%(n)d 人") % {"n": len(then.members)},
        "changes": changes.table(found, asked),
    }  # fmt: skip
    return render(request, "web/changes.html", context)


def _day(given: str, today: date) -> date:
    try:
        return min(date.fromisoformat(given), today)
    except ValueError:
        return today


def _members(then: register.OnDay, asked: asking.Asking) -> shown.Table:
    lines = []
    for one in then.members:
        child = one.age is not None and one.age < changes.CHILD
        since = words.day(one.valid_from, today=asked.today, week=False)
        name = _("未满 14 岁，不列姓名") if child else one.name
        age = "—" if one.age is None else str(one.age)
        lines.append(([name, words.register(one.relation), age, since], ""))
    return tables.table(_("当天在册的人"), [_("姓名"), _("与户主"), tables.number(_("年龄")), _("从哪天起")], lines)
