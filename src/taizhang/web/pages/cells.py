"""Several cells of a roster at once: submitted by an organisation with what it has already, judged by an office one by one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from taizhang.core.moves import answering
from taizhang.core.moves import cases as moves
from taizhang.core.queries import forms as asked_forms
from taizhang.core.queries import reviews, rosters
from taizhang.core.queries.reviews import Reviewed, Submitted
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import forms, loop, roster
from taizhang.web import asking, fields, shown, story, tables, words
from taizhang.web.pages import act, duties
from taizhang.web.templatetags.said import said

CELLS: Final = "cell"


# --- submitted --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tick:
    """A cell that is not answered yet."""

    value: str  # item|first day of its period
    name: str
    period: str
    light: shown.Light
    until: str
    chosen: bool


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Every cell of a year that was not answered, with a tick; what is ticked is submitted with the same words."""
    asked, actor = asking.of(request), asking.actor(request)
    name = duties.named(slug)
    year = rosters.year(actor, name, code, duties.year_of(request, asked.today.year), asked.now)
    opening = year.ledger.opening_acts[0]
    wanted = asked_forms.to_open(actor, name, opening, code, asked.now)
    specs = [spec for spec in wanted.form.fields if spec.key != roster.declared(year.ledger).item]
    chosen, wrong, more = request.POST.getlist(CELLS), {}, ""
    if request.method == "POST":
        given, unread = forms.read_all(
            year.ledger, opening, {spec.key: fields.raw(spec, request.POST) for spec in specs}
        )
        wrong = {key: said(text) for key, text in unread.items()}
        if not wrong:
            sent = act.Sent()
            try:
                done = answering.answer(
                    actor, name, opening, subject=code, cells=_cells(chosen), given=given, clock=asked.clock,
                    records=[one.entry for one in wanted.records if str(one.entry) in request.POST.getlist(act.RECORDS)],
                )  # fmt: skip
            except NotFound:
                raise
            except loop.Refused as refused:
                act.sort(refused.unmet, wanted, sent)
                wrong, more = sent.wrong, " ".join(sent.more)
            except Refusal as refusal:
                more = shown.sentence(refusal)
            else:
                text = ngettext("已报送 %(n)d 项，各有各的记录。", "已报送 %(n)d 项，各有各的记录。", len(done))
                messages.success(request, text % {"n": len(done)})
                return redirect(duties.address(name, code, year.year))
    typed = request.POST if request.method == "POST" else None
    context = {
        "here": "duties",
        "name": said(year.ledger.label),
        "unit": duties.unit_name(year.unit),
        "back": duties.address(name, code, year.year),
        "ticks": _ticks(year, chosen),
        "fields": [fields.field(spec, wanted.choices, typed, wrong) for spec in specs],
        "records": act.records(wanted.records, request.POST.getlist(act.RECORDS)),
        "error": more,
        "nothing": _("到今天为止的都报送了。"),
    }
    return render(request, "web/duties/submit.html", context, status=422 if wrong or more else 200)


def _ticks(year: rosters.Year, chosen: list[str]) -> list[Tick]:
    named = {"green": _("按期"), "yellow": _("临期"), "red": _("逾期")}
    order = {"red": 0, "yellow": 1, "green": 2}
    open_cells = [
        (line, square) for line in year.lines for square in line.squares if square.colour and square.case is None
    ]
    open_cells.sort(key=lambda one: (order[one[1].colour or "green"], one[1].due, one[0].item))
    return [
        Tick(
            value := f"{square.item}|{square.begins.isoformat()}", said(line.label), said(square.period),
            shown.Light(square.colour or "green", named[square.colour or "green"]),
            _("%(day)s 止") % {"day": words.day(square.due, week=False)}, value in chosen,
        )
        for line, square in open_cells
    ]  # fmt: skip


def _cells(chosen: list[str]) -> list[tuple[str, date]]:
    found = []
    for one in chosen:
        item, _bar, day = one.partition("|")
        try:
            found.append((item, date.fromisoformat(day)))
        except ValueError:
            continue
    return found


# --- judged -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """One submission with the choices for it and what was typed."""

    key: str
    expect: str
    url: str
    number: str
    unit: str
    item: str
    period: str
    day: str
    said: list[tuple[str, str]]
    evidence: list[shown.Link]
    cites: list[shown.Link]
    light: shown.Light | None
    fields: list[shown.Field]
    error: str


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """What was submitted, with its words and evidence: each is accepted or returned by itself, many with one press."""
    asked, actor = asking.of(request), asking.actor(request)
    name = duties.named(slug)
    every, item, unit = request.GET.get("what", "") == "every", request.GET.get("item", ""), request.GET.get("unit", "")
    found = reviews.page(
        actor, name, asked.now, owed=not every, item=item, unit=unit.strip()[:30],
        number=tables.page_number(request.GET.get("page", "1")),
    )  # fmt: skip
    wrong: dict[uuid.UUID, str] = {}
    if request.method == "POST":
        done = 0
        for row in found.rows:
            told = _judge(request, found, row)
            done += told == ""
            if told:
                wrong[row.case] = told
        if done:
            text = ngettext("已审 %(n)d 项，各有各的记录。", "已审 %(n)d 项，各有各的记录。", done)
            messages.success(request, text % {"n": done})
        elif not wrong:
            messages.warning(request, _("一项也没有选。"))
        if not wrong:
            return redirect(request.get_full_path())
        found = reviews.page(
            actor, name, asked.now, owed=not every, item=item, unit=unit.strip()[:30],
            number=tables.page_number(request.GET.get("page", "1")),
        )  # fmt: skip
    what = [("owed", _("限期要审的")), ("every", _("全部，抽查"))]
    labels = [(code, said(label)) for code, label in rosters.items(name)]
    context = {
        "here": "duties",
        "name": said(found.ledger.label),
        "desk": reverse("duties-of", args=[slug]),
        "filters": [
            tables.pick("what", _("哪些"), what, "every" if every else "owed", required=True),
            tables.pick("item", _("责任事项"), labels, item),
            shown.Field("unit", _("单位"), value=unit, required=False, narrow=True),
        ],
        "page": shown.Page(tables.page_number(request.GET.get("page", "1")), reviews.PAGE, found.total),
        "owed": found.owed,
        "rows": [_row(request, found, row, asked, wrong.get(row.case, "")) for row in found.rows],
        "nothing": _("没有等着审的。"),
    }  # fmt: skip
    return render(request, "web/duties/review.html", context, status=422 if wrong else 200)


def _judge(request: HttpRequest, found: Reviewed, row: Submitted) -> str | None:
    """Carry out what was chosen for one submission: nothing chosen is None, done is empty, else why it was refused."""
    chosen = next((one for one in found.verdicts if one.act == request.POST.get(f"{row.case}-act", "")), None)
    if chosen is None:
        return None
    raw = request.POST.get(f"{row.case}-{chosen.asks}", "") if chosen.asks else ""
    given, unread = forms.read_all(found.ledger, chosen.act, {chosen.asks: raw} if chosen.asks else {})
    if unread:
        return " ".join(said(text) for text in unread.values())
    expect = request.POST.get(f"{row.case}-n", "")
    asked = asking.of(request)
    try:
        moves.act(
            asking.actor(request), row.case, chosen.act, given=given, clock=asked.clock,
            expect=int(expect) if expect.isdecimal() else row.n,
        )  # fmt: skip
    except loop.Refused as refused:
        return " ".join(said(need.text) for need in refused.unmet)
    except Refusal as refusal:
        return shown.sentence(refusal)
    return ""


def _row(request: HttpRequest, found: Reviewed, row: Submitted, asked: asking.Asking, error: str) -> Judged:
    key = str(row.case)
    return Judged(
        key, str(row.n), reverse("case", args=[row.case]), row.number, said(row.unit), said(row.item), said(row.period),
        words.day(row.sent, today=asked.today, week=False), [(said(label), text) for label, text in row.said],
        [shown.Link(_("材料 %(n)d") % {"n": n}, reverse("evidence", args=[file])) for n, file in enumerate(row.files, 1)],
        [shown.Link(story.cited(one), reverse("case", args=[one.case]) if one.case else "") for one in row.records],
        shown.light(row.light, due=row.due, now=asked.now) if row.due is not None else None,
        _fields(request.POST if error else {}, found, key), error,
    )  # fmt: skip


def _fields(typed: Mapping[str, Any], found: Reviewed, key: str) -> list[shown.Field]:
    """The verdict, and each fact that one of them asks for."""
    act_key = f"{key}-act"
    chosen = str(typed.get(act_key, ""))
    none = shown.Choice("", _("先不办"), not chosen)
    acts = [none, *(shown.Choice(one.act, said(one.label), one.act == chosen) for one in found.verdicts)]
    made = [shown.Field(act_key, _("审核"), "check", choices=acts)]
    for one in found.verdicts:
        if one.spec is None:
            continue
        value = str(typed.get(f"{key}-{one.asks}", ""))
        hint = _("选“%(act)s”时填。") % {"act": said(one.label)}
        if one.spec.type == "choice":
            choices = [
                shown.Choice(code, said(choice.label), code == value) for code, choice in one.spec.choices.items()
            ]
            made.append(
                shown.Field(
                    f"{key}-{one.asks}", said(one.spec.label), "check", required=False, hint=hint, choices=choices
                )
            )
        else:
            made.append(
                shown.Field(
                    f"{key}-{one.asks}", said(one.spec.label), value=value, required=False, hint=hint, sealed=True
                )
            )
    return made
