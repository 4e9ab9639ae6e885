"""The form of an act, made from its ledger: shown, read, refused with every unmet need at its field, or done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from taizhang.core import access
from taizhang.core.moves import cases as moves
from taizhang.core.moves import evidence
from taizhang.core.queries import forms as asked_forms
from taizhang.core.queries import helping, search
from taizhang.core.queries.citing import Record
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import forms, loop
from taizhang.web import asking, fields, shown, story
from taizhang.web import helping as shown_help
from taizhang.web.pages import ledger as ledgers
from taizhang.web.pages import letters
from taizhang.web.templatetags.said import said

NO_FIELD: Final = ""
RECORDS: Final = "records"  # the ticks at records of other ledgers
# Acts whose form is a page of its own: what they ask for is a tree, with what is known filled in.
OWN_FORMS: Final = {("income", "reckon"): "income-new", ("income", "correct"): "income-again"}


PLANNING: Final = ("assistance", "plan")  # the act above whose form stands what fits the household


@dataclass
class Sent:
    """What came with a form: typed values, kept papers, when it happened, and everything that stands against it."""

    given: dict[str, Any] = field(default_factory=dict)
    evidence: list[uuid.UUID] = field(default_factory=list)
    kept: list[shown.Link] = field(default_factory=list)
    happened: datetime | None = None
    wrong: dict[str, str] = field(default_factory=dict)  # by field; NO_FIELD joins what is about none
    more: list[str] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, case_id: uuid.UUID, act: str) -> HttpResponse:
    """An act on a case."""
    asked, actor = asking.of(request), asking.actor(request)
    wanted = asked_forms.of_act(actor, case_id, act, asked.now)
    if (own := OWN_FORMS.get((wanted.ledger.name, act))) is not None:
        return redirect(own, case_id)
    back = shown.Link(_title(wanted), reverse("case", args=[case_id]))

    def carry_out(sent: Sent, key: uuid.UUID) -> moves.Acted:
        expect = request.POST.get("expect", "")
        return moves.act(
            actor, case_id, act, given=sent.given, evidence=sent.evidence, happened=sent.happened,
            expect=int(expect) if expect.isdecimal() else None, clock=asked.clock, key=key,
        )  # fmt: skip

    return _answer(request, wanted, back, f"{case_id}-{act}", carry_out)


@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """An act that opens a case; first what it is about, then the form."""
    asked, actor = asking.of(request), asking.actor(request)
    name = slug.replace("-", "_")
    subject = request.GET.get("subject", "")
    period = _day(request.GET.get("period", ""))
    wanted = asked_forms.to_open(actor, name, act, subject, asked.now, period=period)
    back = shown.Link(said(wanted.ledger.label), reverse("ledger", args=[ledgers.slug(name)]))
    if not subject:
        return _choose(request, wanted, name, back)
    if (own := OWN_FORMS.get((name, act))) is not None:
        return redirect(own, subject)

    def carry_out(sent: Sent, key: uuid.UUID) -> moves.Acted:
        return moves.open_case(
            actor, name, act, subject=subject, given=sent.given, evidence=sent.evidence, happened=sent.happened,
            period=period, clock=asked.clock, key=key,
        )  # fmt: skip

    hints = None
    if (name, act) == PLANNING:
        told = helping.planning(actor, uuid.UUID(subject), asked.now)
        hints = shown_help.planning(told, f"{request.path}?subject={subject}")
    return _answer(request, wanted, back, f"{name}-{act}-{subject}", carry_out, hints)


def _answer(
    request: HttpRequest,
    wanted: asked_forms.Asked,
    back: shown.Link,
    draft: str,
    carry_out: Callable[[Sent, uuid.UUID], moves.Acted],
    hints: Sequence[shown.Line] | None = None,
) -> HttpResponse:
    """Show the form, or read it and act; what stands against it is shown all at once and nothing typed is lost."""
    sent = Sent()
    key = identity(request.POST.get("key", "")) or uuid.uuid4()
    if request.method == "POST":
        sent = read(request, wanted, asking.actor(request))
        if not sent.wrong:
            try:
                done = carry_out(sent, key)
            except NotFound:
                raise
            except loop.Refused as refused:
                sort(refused.unmet, wanted, sent)
            except Refusal as refusal:
                sent.more.append(shown.sentence(refusal))
            else:
                text = _("已办：%(act)s（%(number)s）。") % {"act": said(wanted.form.label), "number": done.number}
                messages.success(request, text, extra_tags=draft)
                return redirect("home") if request.POST.get("then") == "home" else redirect("case", done.case)
    refused_now = bool(sent.wrong or sent.more)
    shape = context(request, wanted, sent) | {"back": back, "draft": draft, "key": key, "hints": hints}
    if letters.previews(wanted):  # beside the form stands what it will say on paper
        shape["preview_url"] = f"{request.path}preview/?{request.GET.urlencode()}"
    return render(request, "web/act.html", shape, status=422 if refused_now else 200)


def _title(wanted: asked_forms.Asked) -> str:
    subject = f"{shown.subject(wanted.subject)} " if wanted.subject else ""
    return f"{subject}{said(wanted.ledger.label)}"


def context(request: HttpRequest, wanted: asked_forms.Asked, sent: Sent) -> dict[str, Any]:
    unmet = [shown.Link(text, f"#at-{name}") for name, text in sent.wrong.items()]
    unmet += [shown.Link(text, "") for text in sent.more]
    return {
        "here": "ledgers",
        "act": shown.Act(said(wanted.form.label)),
        "title": _title(wanted),
        "number": wanted.number,
        "help": said(wanted.form.help) if wanted.form.help else "",
        "fields": [
            fields.field(spec, wanted.choices, _typed(request, spec.key), sent.wrong) for spec in wanted.form.fields
        ],
        "sealed": any(spec.type == "text" or spec.sensitive for spec in wanted.form.fields),
        "papers": [fields.paper(spec, sent.wrong, kept=bool(sent.kept)) for spec in wanted.form.evidence],
        "kept": sent.kept,
        "records": records(wanted.records, request.POST.getlist(RECORDS)),
        "unmet": unmet,
        "expect": request.POST.get("expect") or wanted.n,
        "happened_day": request.POST.get("happened_day", ""),
        "happened_time": request.POST.get("happened_time", ""),
        "happened_error": sent.wrong.get("happened_day", ""),
    }


def records(those: Sequence[Record], ticked: Sequence[str], name: str = RECORDS) -> shown.Field | None:
    """What was done already and may be ticked as what shows it; none where there is nothing."""
    if not those:
        return None
    choices = [shown.Choice(str(one.entry), story.cited(one), str(one.entry) in ticked) for one in those]
    hint = _("本单位近来办过的事，勾选就是引用，不用再上传。")
    return shown.Field(name, _("引用已有的记录"), "check", required=False, hint=hint, choices=choices, many=True)


def _typed(request: HttpRequest, key: str) -> QueryDict | None:
    """Where a field's value comes from: what was sent, else what the address names (a duty, a hint, a partner)."""
    if request.method == "POST":
        return request.POST
    return request.GET if key in request.GET else None


def read(request: HttpRequest, wanted: asked_forms.Asked, actor: access.Actor) -> Sent:
    """Everything that was sent; files are kept at once, so that a refusal does not ask for them again."""
    sent = Sent()
    raw = {spec.key: fields.raw(spec, request.POST) for spec in wanted.form.fields}
    sent.given, wrong = forms.read_all(wanted.ledger, wanted.form.act, raw)
    sent.wrong = {key: said(text) for key, text in wrong.items()}
    sent.happened = _happened(request, sent)
    ticked = set(request.POST.getlist(RECORDS))
    sent.evidence += [one.entry for one in wanted.records if str(one.entry) in ticked]
    for known in request.POST.getlist("kept"):
        kept, _bar, name = known.partition("|")
        if (found := identity(kept)) is not None:
            sent.evidence.append(found)
            sent.kept.append(shown.Link(name, "", known))
    clock = asking.of(request).clock
    for spec in wanted.form.evidence:
        for file in request.FILES.getlist(f"paper-{spec.kind}"):
            name = file.name or said(spec.label)
            try:
                row = evidence.keep(actor, cast(BinaryIO, file), kind=spec.kind, name=name, owner=None, clock=clock)
            except Refusal as refusal:
                sent.wrong[f"paper-{spec.kind}"] = f"{name}: {shown.sentence(refusal)}"
                continue
            sent.evidence.append(row.pk)
            sent.kept.append(shown.Link(name, "", f"{row.pk}|{name}"))
    return sent


def _happened(request: HttpRequest, sent: Sent) -> datetime | None:
    """When it is said to have happened. A past day without a time counts as its last minute; today without one is now."""
    day_text, time_text = request.POST.get("happened_day", ""), request.POST.get("happened_time", "")
    if not day_text and not time_text:
        return None
    asked = asking.of(request)
    try:
        day = date.fromisoformat(day_text) if day_text else asked.today
        if not time_text and day >= asked.today:
            moment = None if day == asked.today else datetime.combine(day, time(), days.SHANGHAI)
        else:
            moment = datetime.combine(day, time.fromisoformat(time_text) if time_text else time(23, 59), days.SHANGHAI)
    except ValueError:
        sent.wrong["happened_day"] = _("日期要写成 2021-12-20，时间要写成 09:30。")
        return None
    if moment is not None and moment > asked.now:
        sent.wrong["happened_day"] = _("发生时间不能晚于现在。")
        return None
    return moment


def sort(unmet: Sequence[loop.Unmet], wanted: asked_forms.Asked, sent: Sent) -> None:
    """Put each unmet need at its field; what is about no field on this form stands at the head."""
    named = {spec.key for spec in wanted.form.fields}
    papers = {spec.kind for spec in wanted.form.evidence}
    for need in unmet:
        text = said(need.text)
        at = need.field if need.field in named else f"paper-{need.field}" if need.field in papers else NO_FIELD
        if at == NO_FIELD:
            sent.more.append(text)
        else:
            sent.wrong[at] = f"{sent.wrong[at]} {text}" if at in sent.wrong else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def identity(text: str) -> uuid.UUID | None:
    """An id from an address or a form; None for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _choose(request: HttpRequest, wanted: asked_forms.Asked, name: str, back: shown.Link) -> HttpResponse:
    """What the case is to be about: found by name or number, or chosen from a short list."""
    actor, asked = asking.actor(request), asking.of(request)
    text = request.GET.get("q", "").strip()[:60]
    listed = asked_forms.subjects_of(actor, name, wanted.form.act)
    found: Mapping[str, str] = dict(listed)
    if not listed and text:
        found = {
            str(one.household): f"{shown.household(one.head)} · {one.area}"
            for one in search.find(actor, text, asked.now).households
        }
    context = {
        "here": "ledgers",
        "act": shown.Act(said(wanted.form.label)),
        "back": back,
        "searched": text,
        "by_search": not listed,
        "found": [shown.Link(label, f"{request.path}?subject={one}") for one, label in found.items()],
        "nothing": _("在您能看的范围内没有找到。姓名至少两个字；编号、身份证号要写全。"),
    }
    return render(request, "web/choose.html", context)
