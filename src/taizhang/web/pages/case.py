"""One case: what is next and who may, how the days went, what happened, why this light; sealed values and papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from taizhang.core import access
from taizhang.core.moves import cases as moves
from taizhang.core.moves import disclosure
from taizhang.core.moves import evidence as papers
from taizhang.core.moves.origins import BATCHES
from taizhang.core.queries import case as cases
from taizhang.core.queries import home, matches, packs
from taizhang.core.queries import letters as lettered
from taizhang.core.queries import papers as queries
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.web import asking, shown, story, track, words
from taizhang.web.pages import ledger, letters, reveals
from taizhang.web.templatetags.said import said

FACTS: Final = 3  # facts of the ledger in the head; the timeline has all of them
MOST_BARRED: Final = 3  # acts that lead on but are not possible yet; more would be noise
SHORT: Final = ("pick", "choice", "int", "number", "date", "organisation", "person")


@require_safe
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The page of a case; `?only=papers` leaves the entries that have papers."""
    asked = asking.of(request)
    page = cases.page(asking.actor(request), case_id, asked.now)
    only_papers = request.GET.get("only") == "papers"
    entries = [story.entry(page, told) for told in reversed(page.timeline) if told.files or not only_papers]
    acts = _acts(page, asked)
    context = {
        "here": "ledgers",
        "case": _head(page, asked),
        "entries": entries,
        "only_papers": only_papers,
        "story_said": _("%(total)d 条，只增不改") % {"total": len(page.timeline)},
        "acts": [act for act in acts if not act.aside],
        "beside": [act for act in acts if act.aside],
        "has_acts": bool(acts),
        "whos": _whos(page, acts),
        "next_title": _("已办结") if page.closed else _("下一步：%(stage)s") % {"stage": said(page.stage_label)},
        "whys": [_why(page, lit) for lit in page.clocks],
        "sealed": [story.value(page, value, None) for value in page.fields if value.covered],
        "derived": _derived(page),
        "sheet": letters.sheet(request, case_id),
        "matters": _matters(request, page),
        "children": _linked(page.children, asked) if page.children else None,
        "seen_because": _("您能看到，是因为：%(why)s") % {"why": said(page.why_seen)},
    }
    return render(request, "web/case.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, case_id: UUID, n: int, field: str) -> HttpResponse:
    """Show a sealed value of a case for a stated use; `n` is 0 for its present value."""
    actor, clock = asking.actor(request), asking.of(request).clock

    def look(reason: str) -> str:
        return said(disclosure.reveal_value(actor, case_id, field, n=n or None, reason=reason, clock=clock))

    return reveals.answer(request, look, shown.Link(_("回到事项"), reverse("case", args=[case_id])), f"{n}-{field}")


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, case_id: UUID, n: int) -> HttpResponse:
    """Withdraw an entry that was a mistake, with the reason: a new entry says so, and the old one stays to be read."""
    asked, actor = asking.of(request), asking.actor(request)
    page = cases.page(actor, case_id, asked.now)
    told = next((one for one in page.timeline if one.n == n and one.correctable), None)
    if told is None:
        raise NotFound(Text("可以更正的这一条", "An entry that may be corrected"))
    reason, error = request.POST.get("reason", "").strip(), ""
    if request.method == "POST":
        sent = request.POST.get("key", "")
        expect = request.POST.get("expect", "")
        try:
            moves.annul(
                actor, case_id, n, reason=reason, clock=asked.clock, key=UUID(sent) if sent else None,
                expect=int(expect) if expect.isdecimal() else None,
            )  # fmt: skip
        except NotFound:
            raise
        except Refusal as refusal:
            error = shown.sentence(refusal)
        else:
            messages.success(request, _("已更正第 %(n)d 条。原来的内容划去保留，仍可查看。") % {"n": n})
            return redirect("case", case_id)
    told_now = replace(story.entry(page, told), correct_url="")
    context = {
        "here": "ledgers",
        "title": f"{shown.subject(page.subject)} {said(page.ledger.label)}",
        "back": reverse("case", args=[case_id]),
        "entry": told_now,
        "entry_alone": [told_now],
        "field": shown.Field("reason", _("为什么更正"), kind="long", value=reason, error=error, sealed=True),
        "key": request.POST.get("key") or uuid4(),
        "expect": page.n,
    }
    return render(request, "web/correct.html", context, status=422 if error else 200)


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
    steps = track.steps(page, asked)
    done = [step for step in steps if step.state == "done"]
    parent = page.parent
    return {
        "title": f"{shown.subject(page.subject)} {said(page.ledger.label)}",
        "ledger": said(page.ledger.label),
        "ledger_url": reverse("ledger", args=[ledger.slug(page.ledger.ledger)]),
        "area": page.subject.area,
        "number": page.number,
        "light": _light(page, asked),
        "facts": _facts(page, asked),
        "official": page.subject.official if page.subject.official != page.subject.area else "",
        "household_url": reverse("household", args=[page.subject.household]) if page.subject.household else "",
        "pack_url": reverse("meeting-pack", args=[page.case]) if page.ledger.name == packs.MEETINGS else "",
        "codes_url": reverse("codes", args=[page.case]) if page.ledger.name == BATCHES else "",
        "matches_url": reverse("matches-of", args=[page.case]) if _matched(page) else "",
        "thing_url": reverse("thing", args=[page.subject.thing]) if page.subject.thing else "",
        "papers_url": reverse("case-papers", args=[page.case]) if queries.has_papers(page.ledger.ledger) else "",
        "parent": shown.Link(f"{said(parent.ledger_label)} {parent.number}", reverse("case", args=[parent.case]))
        if parent
        else None,
        "spells": [_spell(page, one) for one in page.spells],
        "steps": steps,
        "folded": shown.Folded(_("已办 %(n)d 步") % {"n": len(done)}, [_("、").join(step.name for step in done)])
        if done
        else None,
        "splits": track.splits(page, asked),
    }


def _matched(page: cases.CasePage) -> bool:
    """Whether the case is a post of the exchange that looks for somebody."""
    return page.ledger.name == matches.EXCHANGE and page.stage == matches.OPEN


def _spell(page: cases.CasePage, one: cases.Linked) -> shown.Link:
    """Another spell of the same household: the one before, or the one after."""
    named = {"number": one.number, "stage": said(one.stage)}
    before = one.closed is not None and one.closed <= page.opened
    words_of = _("以前一次：%(number)s %(stage)s") if before else _("后来一次：%(number)s %(stage)s")
    return shown.Link(words_of % named, reverse("case", args=[one.case]))


def _facts(page: cases.CasePage, asked: asking.Asking) -> list[shown.Value]:
    """Place, what the ledger lets stand on a notice (else its first short facts), the clue with its day, the whole limit."""
    law, first = page.ledger, page.timeline[0]
    public = {key for act in law.acts.values() if act.notice is not None for key in act.notice.show}
    plain = [one for one in page.fields if not one.covered and not one.rows and law.fields[one.key].type in SHORT]
    chosen = [one for one in plain if not law.fields[one.key].sealed and (not public or one.key in public)]
    facts = [shown.Value(_("地点"), page.subject.place or page.subject.area)]
    facts += [shown.Value(said(one.label), said(one.text)) for one in chosen[:FACTS]]
    day = words.day(first.received, today=asked.today, week=False)
    facts.append(shown.Value(_("来源"), f"{day} {said(first.label)}"))
    whole = track.whole(page)
    if whole is not None and whole.due is not None:
        until = words.day(shown.last_moment(whole.due), today=asked.today)
        facts.append(
            shown.Value(_("总时限"), _("%(limit)s，到 %(until)s") % {"limit": said(whole.limit), "until": until})
        )
    return facts


def _derived(page: cases.CasePage) -> list[shown.Value]:
    """What the ledger derives from what was filled in, in its order; what this reader may not see is left out."""
    calculated = (one for one in page.fields if page.ledger.fields[one.key].calc and not one.covered)
    return [shown.Value(said(one.label), said(one.text)) for one in calculated]


def _light(page: cases.CasePage, asked: asking.Asking) -> shown.Light:
    if page.closed:
        return shown.Light("none", _("%(day)s办结") % {"day": words.day(page.closed, today=asked.today, week=False)})
    if not page.clocks:
        return shown.light("none", due=None, now=asked.now)
    first = page.clocks[0]
    light = shown.light(first.light, due=first.due, now=asked.now, paused=first.due is None)
    return shown.Light(light.colour, f"{said(first.why.label)} {light.words}")


def _acts(page: cases.CasePage, asked: asking.Asking) -> list[shown.Act]:
    """The reader's acts: those that lead on first, the first possible one as the button; then the ways beside.

    What leads on but is not possible yet says why; where another act is possible it is out of the way. What an act still
    has to be told is asked on its form. An act that was done, moves nothing and settles no clock stands beside too.
    """
    mine = [offer for offer in page.offers if offer.mine]
    done = {told.act for told in page.timeline if not told.annulled}
    settles = [
        name for lit in page.clocks for name in home.settling(page.ledger, page.ledger.clock(lit.clock), page.stage)
    ]

    def beside(offer: cases.Offered) -> bool:
        act = page.ledger.acts[offer.act]
        return act.aside or (act.to is None and offer.act in done and offer.act not in settles)

    leading = sorted(
        (o for o in mine if not beside(o)), key=lambda o: settles.index(o.act) if o.act in settles else len(settles)
    )
    possible = [offer for offer in leading if not _barred(offer, asked)]
    barred = [offer for offer in leading if _barred(offer, asked)]
    acts = [touch for offer in possible for touch in _touch(page, offer)]
    acts += [_act(page, offer, asked, main=n == 0 and not acts) for n, offer in enumerate(possible)]
    timed = [offer for offer in barred if _waits(offer, asked)] if possible else barred[:MOST_BARRED]
    acts += [_act(page, offer, asked) for offer in timed]
    rest = [offer for offer in mine if beside(offer)]
    acts += [_act(page, offer, asked, aside=True) for offer in rest if not offer.unmet or _waits(offer, asked)]
    return acts


def _act(
    page: cases.CasePage, offer: cases.Offered, asked: asking.Asking, *, main: bool = False, aside: bool = False
) -> shown.Act:
    label = said(offer.label)
    if not _barred(offer, asked):
        return shown.Act(label, reverse("act", args=[page.case, offer.act]), main=main, aside=aside)
    waits = [said(text) for text in offer.unmet]
    if _waits(offer, asked):
        waits.append(_("最早 %(at)s。") % {"at": words.stamp(offer.possible_from, today=asked.today)})
    return shown.Act(label, waits=waits, aside=aside)


def _touch(page: cases.CasePage, offer: cases.Offered) -> list[shown.Act]:
    """Where an act records only what changed and everything it asks is known, the button that says nothing has."""
    act = page.ledger.acts[offer.act]
    known = {one.key for one in page.fields}
    if not act.only_changes or not {*act.asks, *act.may} <= known:
        return []
    label = _("无变化，记一次%(act)s") % {"act": said(offer.label)}
    url = reverse("act", args=[page.case, offer.act])
    return [shown.Act(label, url, main=True, touch=True, key=uuid4(), expect=page.n)]


def _barred(offer: cases.Offered, asked: asking.Asking) -> bool:
    return bool(offer.unmet) or _waits(offer, asked)


def _waits(offer: cases.Offered, asked: asking.Asking) -> bool:
    return offer.possible_from is not None and offer.possible_from > asked.now


def _whos(page: cases.CasePage, acts: Sequence[shown.Act]) -> list[shown.Link]:
    """Who may act now, besides or instead of the reader: of what leads on; the ways beside are told in the help."""
    whos = []
    mine = [act.words for act in acts if act.url and not act.aside]
    if mine:
        whos.append(shown.Link(_("您可以办：%(acts)s") % {"acts": _("、").join(mine)}, "", "user-check"))
    elif not page.closed and not any(act.waits and not act.aside for act in acts):
        whos.append(shown.Link(_("现在没有轮到您办的步骤。"), "", "hand-stop"))
    elif page.closed and not acts:
        whos.append(shown.Link(_("没有下一步了。"), "", "hand-stop"))
    told = {act.words for act in acts}
    for offer in page.offers:
        act = page.ledger.acts[offer.act]
        if offer.missing:
            names = _("、").join(offer.missing)
            whos.append(
                shown.Link(_("还没有%(act)s：%(names)s") % {"act": said(offer.label), "names": names}, "", "user")
            )
            continue
        if offer.mine and offer.hands and not act.aside and said(offer.label) not in told:
            why = _("、").join(said(text) for text in offer.hands)
            words_of = _("%(act)s要由另一人办：%(why)s") % {"act": said(offer.label), "why": why}
            whos.append(shown.Link(words_of, "", "user"))
            continue
        if offer.mine or act.aside or (act.to is None and any(told.act == offer.act for told in page.timeline)):
            continue
        who = _("、").join(said(text) for text in offer.who)
        whos.append(shown.Link(_("%(who)s 可以办：%(act)s") % {"who": who, "act": said(offer.label)}, "", "user"))
    return whos


def _why(page: cases.CasePage, lit: cases.Lit) -> shown.Why:
    colour = {"red": _("为什么是红灯"), "yellow": _("为什么是黄灯"), "green": _("为什么是绿灯")}[lit.light]
    why = lit.why
    begun = next((told.n for told in reversed(page.timeline) if lit.since in (told.received, told.happened)), None)
    posted = any(start.endswith(".notice") for start in page.ledger.clock(lit.clock).starts)
    since = _("（第 %(n)d 条）") % {"n": begun} if begun else _("（公示期满）") if posted else ""
    lines = [
        (_("从何算起"), said(why.counted_from) + since),
        (_("限期"), said(why.limit)),
        (_("提醒"), said(why.reminder)),
        (_("何时变红"), said(why.turns)),
        (_("谁的灯"), said(why.whose)),
    ]
    return shown.Why(
        lit.clock,
        _("%(colour)s：%(clock)s") % {"colour": colour, "clock": said(why.label)},
        lines,
        said(why.rule),
        ledger.help_url(page.ledger.ledger, "#clocks"),
    )


def _matters(request: HttpRequest, page: cases.CasePage) -> shown.Table | None:
    """What an automatic letter was drafted for, as it stands now: what was done meanwhile is seen before it is signed."""
    asked = asking.of(request)
    found = lettered.matters(asking.actor(request), page.case, asked.now) if lettered.has(page.ledger) else ()
    if not found:
        return None
    colours = {"red": _("逾期"), "yellow": _("临期"), "green": _("按期")}
    heads = [shown.Head(_("事项")), shown.Head(_("转红")), shown.Head(_("现在"))]
    rows = [
        shown.Row(
            [
                shown.Cell(said(one.item), small=said(one.period)),
                shown.Cell(words.day(one.since, today=asked.today, week=False), head=heads[1].name),
                shown.Cell(head=heads[2].name, light=shown.Light(one.colour, f"{colours[one.colour]} {_stands(one)}")),
            ],
            reverse("case", args=[one.case]) if one.case else "",
        )
        for one in found
    ]  # fmt: skip
    return shown.Table(_("自动归集的事项"), heads, rows)


def _stands(one: lettered.Matter) -> str:
    return said(one.stage) if one.stage else _("没有记录")


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
