"""One case: what is next and who may, how the days went, what happened, why this light; sealed values and papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import disclosure
from taizhang.core.moves import evidence as papers
from taizhang.core.queries import case as cases
from taizhang.kit.days import day_of
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger.schema import Ledger
from taizhang.web import asking, shown, words
from taizhang.web.pages import ledger, reveals
from taizhang.web.templatetags.said import said

SHORTEST: Final = 5
LONGEST: Final = 45  # days of a limit that are drawn one by one
FACTS: Final = 8  # facts in the head; the timeline has all of them


@require_safe
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The page of a case; `?only=papers` leaves the entries that have papers."""
    asked = asking.of(request)
    page = cases.page(asking.actor(request), case_id, asked.now)
    only_papers = request.GET.get("only") == "papers"
    entries = [_entry(page, told) for told in reversed(page.timeline) if told.files or not only_papers]
    acts, whos = _acts(page, asked), _whos(page)
    context = {
        "here": "ledgers",
        "case": _head(page, asked),
        "entries": entries,
        "only_papers": only_papers,
        "story_said": _("%(total)d 条，只增不改") % {"total": len(page.timeline)},
        "acts": acts,
        "whos": whos,
        "next_title": _("已办结") if page.closed else _("下一步：%(stage)s") % {"stage": said(page.stage_label)},
        "whys": [_why(page, lit) for lit in page.clocks],
        "sealed": [_value(page, value, None) for value in page.fields if value.covered],
        "children": _linked(page.children, asked) if page.children else None,
        "seen_because": _("您能看到，是因为：%(why)s") % {"why": said(page.why_seen)},
    }
    return render(request, "web/case.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, case_id: UUID, n: int, field: str) -> HttpResponse:
    """Show a sealed value of a case for a stated use; `n` is 0 for its present value."""
    actor, clock = asking.actor(request), asking.of(request).clock

    def look(reason: str) -> str:
        return disclosure.reveal_value(actor, case_id, field, n=n or None, reason=reason, clock=clock)

    return reveals.answer(request, look, shown.Link(_("回到事项"), reverse("case", args=[case_id])), f"{n}-{field}")


@require_safe
def evidence(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """A kept file. It is never opened as a page of this site: pictures and PDF are shown, everything else is saved."""
    row = access.evidence_for(asking.actor(request)).filter(pk=evidence_id).first()
    if row is None:
        raise NotFound(Text("这份材料", "This paper"))
    inside = row.media_type in ("image/jpeg", "image/png", "image/webp", "application/pdf")
    content = papers.path_of(row).read_bytes()
    response = HttpResponse(content, content_type=row.media_type if inside else "application/octet-stream")
    named = content_disposition_header(not inside, papers.name_of(row) or str(evidence_id))
    response.headers["Content-Disposition"] = named or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


def _head(page: cases.CasePage, asked: asking.Asking) -> dict[str, Any]:
    facts = [
        shown.Value(_("地点"), page.subject.area),
        shown.Value(_("开始"), words.stamp(page.opened, today=asked.today)),
    ]
    plain = [value for value in page.fields if not value.covered and not value.rows]
    facts += [shown.Value(said(value.label), said(value.text)) for value in plain[:FACTS]]
    steps = _steps(page, asked)
    done = [step for step in steps if step.state == "done"]
    parent = page.parent
    return {
        "title": f"{shown.subject(page.subject)} {said(page.ledger.label)}",
        "ledger": said(page.ledger.label),
        "ledger_url": reverse("ledger", args=[ledger.slug(page.ledger.ledger)]),
        "area": page.subject.area,
        "number": page.number,
        "light": _light(page, asked),
        "facts": facts,
        "household_url": reverse("household", args=[page.subject.household]) if page.subject.household else "",
        "parent": shown.Link(f"{said(parent.ledger_label)} {parent.number}", reverse("case", args=[parent.case]))
        if parent
        else None,
        "steps": steps,
        "folded": shown.Folded(_("已办 %(n)d 步") % {"n": len(done)}, [_("、").join(step.name for step in done)])
        if done
        else None,
        "splits": _splits(page, asked),
    }


def _light(page: cases.CasePage, asked: asking.Asking) -> shown.Light:
    if page.closed:
        return shown.Light("none", _("%(day)s办结") % {"day": words.day(page.closed, today=asked.today, week=False)})
    if not page.clocks:
        return shown.light("none", due=None, now=asked.now)
    first = page.clocks[0]
    light = shown.light(first.light, due=first.due, now=asked.now, paused=first.due is None)
    return shown.Light(light.colour, f"{said(first.why.label)} {light.words}")


def _route(law: Ledger, stage: str) -> list[str]:
    """The stages still ahead on the usual way: by the first act that leads on, leaving out turnings that only lead back."""
    order = {name: n for n, name in enumerate(law.stages)}

    def onward(here: str) -> list[str]:
        acts = [act for act in law.acts.values() if not act.opens and act.to and (not act.from_ or here in act.from_)]
        return [act.to for act in acts if act.to and order[act.to] > order[here]]

    def leads_on(name: str) -> bool:
        return law.stages[name].rests or any(not law.stages[one].end for one in onward(name))

    ahead: list[str] = []
    here = stage
    while not law.stages[here].end and not law.stages[here].rests:
        found = onward(here)
        following = next((one for one in found if not law.stages[one].end and leads_on(one)), None) or next(
            iter(found), None
        )
        if following is None:
            break
        ahead.append(following)
        here = following
    return ahead


def _steps(page: cases.CasePage, asked: asking.Asking) -> list[shown.Step]:
    ahead = _route(page.ledger, page.stage)
    track = [step for step in page.track if step.entered or step.stage in ahead]
    steps = []
    for n, step in enumerate(track, 1):
        state = "now" if step.current and not page.closed else "done" if step.entered else "ahead"
        lines = []
        if step.entered:
            since = words.stamp(step.entered, today=asked.today)[:-6]
            until = words.stamp(step.left, today=asked.today)[:-6] if step.left else ""
            lines.append(
                _("%(since)s 起") % {"since": since}
                if not until
                else since
                if since == until
                else _("%(since)s 至 %(until)s") % {"since": since, "until": until}
            )
        if step.limit and step.entered:
            lines.append(_("限 %(limit)s") % {"limit": said(step.limit)})
        if step.days is not None and step.entered:
            lines.append(_("用 %(days)d 天") % {"days": step.days})
        steps.append(shown.Step(n, said(step.label), lines, state))
    return steps


def _splits(page: cases.CasePage, asked: asking.Asking) -> list[shown.Split]:
    """How the days of the longest clock that runs from the opening over several stages were used."""
    found: list[tuple[int, cases.Lit]] = []
    first = day_of(page.opened) + timedelta(days=1)
    for lit in page.clocks:
        clock = page.ledger.clocks[lit.clock]
        if lit.due is not None and not clock.starts and len(clock.during) != 1 and clock.limit is not None:
            found.append(((day_of(lit.due) - first).days, lit))
    count, longest = max(found, key=lambda one: one[0], default=(0, None))
    if longest is None or not SHORTEST <= count <= LONGEST:
        return []
    return [_split(page, longest, [first + timedelta(days=n) for n in range(count)], asked)]


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
        spans.append(shown.Span(count, f"{stage} {count}" if stage else _("剩 %(days)d") % {"days": count}, state))
    light = shown.light(lit.light, due=lit.due, now=asked.now)
    return shown.Split(
        name=said(lit.why.label),
        span_words=_("%(since)s 至 %(until)s")
        % {
            "since": words.day(calendar[0], today=today, week=False),
            "until": words.day(calendar[-1], today=today, week=False),
        },
        days=[(str(day.day), day == today) for day in calendar],
        actual=spans,
        actual_said=light.words,
    )


def _entry(page: cases.CasePage, told: cases.Told) -> shown.Entry:
    who = " · ".join(part for part in (told.post, told.who) if part)
    kinds = {"photo": _("照片"), "located_photo": _("带位置的照片"), "signature": _("签字"), "file": _("材料")}
    return shown.Entry(
        n=told.n,
        title=said(told.label),
        who=_("%(who)s（代理）") % {"who": who} if told.deputy else who,
        happened=told.happened,
        received=told.received,
        late_words=_("补录") if told.late else "",
        values=[_value(page, value, told.n) for value in told.values],
        evidence=[
            shown.Link(f"{kinds.get(file.kind, file.kind)} {number}", reverse("evidence", args=[file.id]))
            for number, file in enumerate(told.files, 1)
        ],
        annulled=told.annulled,
    )


def _value(page: cases.CasePage, value: Any, n: int | None) -> shown.Value:
    if not value.covered:
        rows = [[said(cell) for cell in line] for line in value.rows]
        return shown.Value(said(value.label), said(value.text), rows=rows)
    url = reverse("reveal", args=[page.case, n or 0, value.key]) if value.reveal else ""
    return shown.Value(said(value.label), sealed_id=value.key, least=said(value.text), reveal_url=url)


def _acts(page: cases.CasePage, asked: asking.Asking) -> list[shown.Act]:
    """The reader's acts: the one that leads on first, then the others, last those that are not possible yet.

    What an act still lacks is said on its form; only a wait for a day keeps the form shut.
    """
    following = _route(page.ledger, page.stage)[:1]
    mine = [offer for offer in page.offers if offer.mine]

    def place(offer: cases.Offered) -> tuple[bool, bool, bool]:
        to = page.ledger.acts[offer.act].to
        return (_waits(offer, asked), to not in following, to is not None and page.ledger.stages[to].end)

    acts = []
    for offer in sorted(mine, key=place):
        url = reverse("act", args=[page.case, offer.act])
        if _waits(offer, asked):
            waits = [said(text) for text in offer.unmet]
            waits.append(_("最早 %(at)s。") % {"at": words.stamp(offer.possible_from, today=asked.today)})
            acts.append(shown.Act(said(offer.label), waits=waits))
        else:
            acts.append(shown.Act(said(offer.label), url, main=not acts))
    return acts


def _waits(offer: cases.Offered, asked: asking.Asking) -> bool:
    return offer.possible_from is not None and offer.possible_from > asked.now


def _whos(page: cases.CasePage) -> list[shown.Link]:
    """Who may act now, besides or instead of the reader."""
    whos = []
    names = [said(offer.label) for offer in page.offers if offer.mine]
    if names:
        whos.append(shown.Link(_("您可以办：%(acts)s") % {"acts": _("、").join(names)}, "", "user-check"))
    for offer in page.offers:
        if offer.mine:
            continue
        who = _("、").join(said(text) for text in offer.who)
        whos.append(shown.Link(_("%(who)s 可以办：%(act)s") % {"who": who, "act": said(offer.label)}, "", "user"))
    if not names and not page.closed:
        whos.insert(0, shown.Link(_("现在没有轮到您办的步骤。"), "", "hand-stop"))
    return whos


def _why(page: cases.CasePage, lit: cases.Lit) -> shown.Why:
    colour = {"red": _("为什么是红灯"), "yellow": _("为什么是黄灯"), "green": _("为什么是绿灯")}[lit.light]
    why = lit.why
    lines = [
        (_("从何算起"), said(why.counted_from)),
        (_("限期"), said(why.limit)),
        (_("提醒"), said(why.reminder)),
        (_("何时变红"), said(why.turns)),
        (_("谁的灯"), said(why.whose)),
    ]
    return shown.Why(
        lit.clock, _("%(colour)s：%(clock)s") % {"colour": colour, "clock": said(why.label)}, lines, said(why.rule)
    )


def _linked(children: Sequence[cases.Linked], asked: asking.Asking) -> shown.Table:
    heads = [shown.Head(_("事项")), shown.Head(_("走到")), shown.Head(_("灯"))]
    colours = {"red": _("逾期"), "yellow": _("临期"), "green": _("按期")}
    rows = [
        shown.Row(
            [
                shown.Cell(f"{said(one.ledger_label)} {one.whom}".strip(), small=one.number),
                shown.Cell(said(one.stage), head=heads[1].name),
                shown.Cell(
                    head=heads[2].name,
                    light=shown.Light("none", _("已办结"))
                    if one.closed
                    else shown.Light(one.light, colours[one.light]),
                ),
            ],
            reverse("case", args=[one.case]),
        )
        for one in children
    ]
    return shown.Table(_("由此开出的事项"), heads, rows)
