"""Where a case stands on its way, and how the days of its whole limit were meant to be used and were used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from django.utils.translation import gettext as _

from taizhang.core.queries import case as cases
from taizhang.core.queries.track import Step
from taizhang.kit.days import day_of
from taizhang.ledger import routes
from taizhang.web import asking, shown, words
from taizhang.web.templatetags.said import said

SHORTEST: Final = 5
WORDY: Final = 3  # fewer days than these have no room for a word on a phone
LONGEST: Final = 45  # days of a limit that are drawn one by one


def steps(page: cases.CasePage, asked: asking.Asking) -> list[shown.Step]:
    """The stages passed, the present one, and those ahead on the usual way with the days they may take."""
    ahead = routes.ahead(page.ledger, page.stage) if not page.closed else ()
    passed = [step for step in page.track if step.entered or step.stage in ahead]
    found = []
    for n, step in enumerate(passed, 1):
        current = step.current and not page.closed
        state = "now" if current else "done" if step.entered else "ahead"
        lines = [_dated(step, asked)] if step.entered else []
        if step.hangs and not page.closed:
            lines.append(_("须满 %(days)s") % {"days": said(step.hangs)})
        if step.limit:
            lines.append(_("限 %(limit)s") % {"limit": said(step.limit)})
        if step.days is not None and step.entered:
            lines.append(_("用 %(days)d 天") % {"days": step.days})
        found.append(shown.Step(n, said(step.label), lines, state))
    return found


def _dated(step: Step, asked: asking.Asking) -> str:
    since = words.stamp(step.entered, today=asked.today)[:-6]
    until = words.stamp(step.left, today=asked.today)[:-6] if step.left else ""
    if not until:
        return _("%(since)s 起") % {"since": since}
    return since if since == until else _("%(since)s 至 %(until)s") % {"since": since, "until": until}


def whole(page: cases.CasePage) -> cases.Lit | None:
    """The longest clock that runs from the opening over several stages."""
    found = []
    for lit in page.clocks:
        clock = page.ledger.clock(lit.clock)
        if lit.due is not None and not clock.starts and len(clock.during) != 1 and clock.limit is not None:
            found.append((_count(page, lit), lit))
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def _count(page: cases.CasePage, lit: cases.Lit) -> int:
    first = day_of(page.opened) + timedelta(days=1)
    return (day_of(lit.due) - first).days if lit.due is not None else 0


def splits(page: cases.CasePage, asked: asking.Asking) -> list[shown.Split]:
    """How the days of the whole limit are divided and were used; none where it is too short or too long to be drawn."""
    lit = whole(page)
    count = _count(page, lit) if lit is not None else 0
    if lit is None or not SHORTEST <= count <= LONGEST:
        return []
    first = day_of(page.opened) + timedelta(days=1)
    return [_split(page, lit, [first + timedelta(days=n) for n in range(count)], asked)]


def _split(page: cases.CasePage, lit: cases.Lit, calendar: Sequence[date], asked: asking.Asking) -> shown.Split:
    today = asked.today

    def stage_on(day: date) -> tuple[str, str]:
        if day > today:
            return ("ahead", "")
        told = [one for one in page.timeline if day_of(one.received) <= day and not one.annulled]
        stage = told[-1].stage if told else page.timeline[0].stage
        if stage != page.stage_label:
            return ("done", said(stage))
        return ({"red": "red", "yellow": "now", "green": "green"}[lit.light], said(stage))

    spans = []
    for (state, stage), days in groupby(calendar, stage_on):
        count = len(list(days))
        left = _("剩 %(days)d") % {"days": count} if count >= WORDY else f"{count}"
        spans.append(shown.Span(count, f"{stage} {count}" if stage else left, state))
    plan = _plan(lit, len(calendar))
    beside = [_("%(what)s %(days)d 天") % {"what": said(one.label), "days": one.days} for one in lit.plan if one.beside]
    return shown.Split(
        name=said(lit.why.label),
        span_words=_("%(since)s 至 %(until)s")
        % {
            "since": words.day(calendar[0], today=today, week=False),
            "until": words.day(calendar[-1], today=today, week=False),
        },
        days=[(str(day.day), day == today) for day in calendar],
        actual=spans,
        actual_said=shown.light(lit.light, due=lit.due, now=asked.now).words,
        plan=plan,
        plan_said=_("合计 %(days)d 天") % {"days": len(calendar)},
        note=_("同时进行的：%(what)s") % {"what": _("、").join(beside)} if plan and beside else "",
    )


def _plan(lit: cases.Lit, count: int) -> list[shown.Span]:
    """The parts of the limit one after the other, and what is left of it; nothing where they are longer than it."""
    parts = [shown.Span(one.days, f"{said(one.label)} {one.days}") for one in lit.plan if not one.beside]
    rest = count - sum(part.days for part in parts)
    if not parts or rest < 0:
        return []
    return [*parts, shown.Span(rest, _("机动 %(days)d") % {"days": rest})] if rest else parts
