"""The form of an income reckoning: the tree of incomes with what is known filled in, reckoned before it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from taizhang.core import reckoning
from taizhang.core.moves import cases
from taizhang.core.queries import household as households
from taizhang.core.reckoning import Kind
from taizhang.kit import money
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import loop
from taizhang.web import asking, incomes, shown, words
from taizhang.web.pages import act
from taizhang.web.templatetags.said import said
from taizhang.work import incomes as reckonings
from taizhang.work.incomes import Answer, Offer

PURPOSES: Final = ("identification", "yearly", "removal")
MOST_PERSONS: Final = 30


class Leaf(NamedTuple):
    """One kind of income as a row: its amount, its cost where it has one, why, and what is known of it."""

    label: str
    rule: str
    known: Sequence[str]
    amount: shown.Field
    cost: shown.Field | None
    note: shown.Field


class Group(NamedTuple):
    """One branch of the tree: what stands open, and what is folded until somebody has it."""

    key: str
    name: str
    hint: str
    costs: bool
    leaves: Sequence[Leaf]
    folded: Sequence[Leaf]
    folded_words: str


@dataclass
class Sent:
    """What came with the form, and what stands against it."""

    answers: dict[str, Answer] = field(default_factory=dict)
    purpose: str = ""
    persons: int = 0
    reason: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    more: list[str] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, household_id: uuid.UUID) -> HttpResponse:
    """A new reckoning of a household's income."""
    asked, actor = asking.of(request), asking.actor(request)
    offered = reckonings.offer(actor, household_id, asked.now)

    def carry_out(sent: Sent, key: uuid.UUID) -> cases.Acted:
        return reckonings.reckon(
            actor, household_id, sent.answers, purpose=sent.purpose, persons=sent.persons, clock=asked.clock, key=key
        )

    return _answer(request, offered, carry_out)


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The correction of a reckoning that waits for its confirmation or was sent back."""
    asked, actor = asking.of(request), asking.actor(request)
    offered = reckonings.again(actor, case_id, asked.now)

    def carry_out(sent: Sent, key: uuid.UUID) -> cases.Acted:
        expect = request.POST.get("expect", "")
        return reckonings.correct(
            actor, case_id, sent.answers, persons=sent.persons, reason=sent.reason, clock=asked.clock, key=key,
            expect=int(expect) if expect.isdecimal() else None,
        )  # fmt: skip

    return _answer(request, offered, carry_out)


def _answer(request: HttpRequest, offered: Offer, carry_out: Callable[[Sent, uuid.UUID], cases.Acted]) -> HttpResponse:
    """Show the form, reckon what was typed without keeping it, or send it; nothing typed is lost."""
    sent, looked = _first(offered), None
    sending = request.method == "POST" and "look" not in request.POST
    key = uuid.uuid4()
    if request.method == "POST":
        key = act.identity(request.POST.get("key", "")) or key
        sent = _read(request, offered)
        if not sent.wrong:
            try:
                if sending:
                    done = carry_out(sent, key)
                    messages.success(
                        request, _("收入核算已记下，等另一人确认（%(number)s）。") % {"number": done.number}
                    )
                    return redirect("case", done.case)
                looked = _looked(offered, sent)
            except NotFound:
                raise
            except loop.Refused as refused:
                sent.more += [said(need.text) for need in refused.unmet]
            except Refusal as refusal:
                sent.wrong |= {f"note-{kind}": _("请写明理由。") for kind in refusal.details.get("kinds", ())}
                sent.more.append(shown.sentence(refusal))
    context = _context(request, offered, sent) | {"looked": looked, "key": key}
    return render(request, "web/income.html", context, status=422 if sent.wrong or sent.more else 200)


def _first(offered: Offer) -> Sent:
    there = offered.correcting
    answers = {kind: Answer(offered.first(kind), offered.noted(kind)) for kind in offered.kinds}
    return Sent(answers, there.purpose if there else "", offered.persons)


def _read(request: HttpRequest, offered: Offer) -> Sent:
    sent = Sent(reason=request.POST.get("reason", "").strip())
    sent.purpose = request.POST.get("purpose", offered.correcting.purpose if offered.correcting else "")
    if sent.purpose not in PURPOSES:
        sent.wrong["purpose"] = _("请选这次核算的用途。")
    persons = request.POST.get("persons", "").strip()
    sent.persons = int(persons) if persons.isdecimal() and len(persons) < 3 else 0
    if not 1 <= sent.persons <= MOST_PERSONS:
        sent.wrong["persons"] = _("要填 1 到 %(most)d 之间的人数。") % {"most": MOST_PERSONS}
    if offered.correcting is not None and not sent.reason:
        sent.wrong["reason"] = _("请写明为什么更正。")
    for kind in offered.kinds:
        text = request.POST.get(f"amount-{kind}", "").strip()
        amount = None
        try:
            amount = money.parse(text) if text else None
        except ValueError:
            sent.wrong[f"amount-{kind}"] = _("要填金额，如 1200.50。")
        if amount is not None and amount < 0:
            sent.wrong[f"amount-{kind}"] = _("金额不能小于 0。")
        sent.answers[kind] = Answer(amount, request.POST.get(f"note-{kind}", "").strip()[:500])
    return sent


def _looked(offered: Offer, sent: Sent) -> list[shown.Value]:
    """What the reckoning would come to, line by line of its arithmetic."""
    lines = reckonings.lines(offered, sent.answers)
    found = reckoning.reckon(lines, offered.kinds, sent.persons)
    names = incomes.groups()
    told = [shown.Value(names[group], money.show(found.totals[group])) for group in (*reckoning.GAINS, "cost")]
    told += [
        shown.Value(_("家庭纯收入"), money.show(found.net)),
        shown.Value(_("人均纯收入"), money.show(found.head)),
        shown.Value(_("人均收入参考"), money.show(found.reference_head)),
    ]
    if offered.line is not None:
        against = _("高于") if found.above(offered.line) else _("不高于")
        told.append(shown.Value(_("监测线"), f"{money.show(offered.line)}，{against}"))
    used = [offered.kinds[line.kind].label for line in lines if line.origin == "default"]
    if used:
        told.append(shown.Value(_("按默认比例"), _("、").join(said(one) for one in used)))
    return told


# --- the form -------------------------------------------------------------------------------------------------------


def _context(request: HttpRequest, offered: Offer, sent: Sent) -> dict[str, Any]:
    asked = asking.of(request)
    page = households.page(asking.actor(request), offered.household, asked.now)
    correcting = offered.correcting
    back = reverse("case", args=[correcting.case]) if correcting else reverse("household", args=[offered.household])
    return {
        "here": "households",
        "title": shown.household(page.head),
        "back": back,
        "period": incomes.period(offered.begins, offered.ends),
        "line": money.show(offered.line) if offered.line is not None else "",
        "hints": [said(hint) for hint in offered.hints],
        "unmet": sent.more,
        "fields": _fields(offered, sent),
        "groups": _groups(offered, sent),
        "expect": request.POST.get("expect", correcting.n if correcting else ""),
        "sent_back": correcting.reason if correcting else "",
    }


def _fields(offered: Offer, sent: Sent) -> list[shown.Field]:
    purposes = incomes.purposes()
    choices = [shown.Choice(key, said(purposes[key]), key == sent.purpose) for key in PURPOSES if key in purposes]
    people = shown.Field(
        "persons", _("共同生活人数"), value=str(sent.persons or ""), unit=_("人"), figure=True, narrow=True,
        hint=_("一起吃住、收支不分家的人，不一定都在户口上。"), error=sent.wrong.get("persons", ""),
    )  # fmt: skip
    if offered.correcting is not None:
        why = shown.Field(
            "reason",
            _("为什么更正"),
            kind="long",
            value=sent.reason,
            sealed=True,
            error=sent.wrong.get("reason", ""),
        )
        return [people, why]
    purpose = shown.Field(
        "purpose", _("用途"), kind="check", choices=choices, error=sent.wrong.get("purpose", ""),
        hint=_("同一户为不同用途可以有不同的核算，互不覆盖。"),
    )  # fmt: skip
    return [purpose, people]


def _groups(offered: Offer, sent: Sent) -> list[Group]:
    hints = {
        "business": _("支出没有票据的空着，按当地比例计算，结果里注明。"),
        "claims": _("不算进纯收入；加进收入参考。"),
        "self_paid": _("不从纯收入里减；从收入参考里减。"),
        "aside": _("写下来备查，不计入收入。"),
    }
    names = incomes.groups()
    costs = {kind.of: kind for kind in offered.kinds.values() if kind.of}
    made = []
    for group in (*reckoning.GAINS, "claims", "self_paid", reckoning.ASIDE):
        leaves: list[Leaf] = []
        folded: list[Leaf] = []
        for kind in offered.kinds.values():
            if kind.group == group:
                cost = costs.get(kind.code)
                open_now = (
                    kind.usual or _stands(offered, sent, kind) or (cost is not None and _stands(offered, sent, cost))
                )
                (leaves if open_now else folded).append(_leaf(offered, sent, kind, cost))
        if leaves or folded:
            more = _("其他 %(n)d 项：%(names)s") % {
                "n": len(folded),
                "names": _("、").join(leaf.label for leaf in folded),
            }
            made.append(Group(group, names[group], hints.get(group, ""), group == "business", leaves, folded, more))
    return made


def _stands(offered: Offer, sent: Sent, kind: Kind) -> bool:
    """Whether something is known or was typed of a kind."""
    answer = sent.answers.get(kind.code, Answer(None))
    return bool(offered.known.get(kind.code)) or answer.amount is not None or f"amount-{kind.code}" in sent.wrong


def _leaf(offered: Offer, sent: Sent, kind: Kind, cost: Kind | None) -> Leaf:
    known = [
        _("%(basis)s：%(amount)s 元%(day)s")
        % {
            "basis": line.basis,
            "amount": money.show(line.amount),
            "day": f"，{line.day:%Y-%m-%d}" if line.day else "",
        }
        for line in offered.known.get(kind.code, ())
    ]
    note = sent.answers.get(kind.code, Answer(None)).note
    why = shown.Field(
        f"note-{kind.code}", _("说明"), value=note, required=False, error=sent.wrong.get(f"note-{kind.code}", "")
    )
    rule = f"{said(kind.rule)}（{kind.source}）"
    return Leaf(
        said(kind.label), rule, known, _amount(sent, kind, ""), _amount(sent, cost, _ratio(offered, cost)) if cost else None, why
    )  # fmt: skip


def _ratio(offered: Offer, cost: Kind) -> str:
    ratio = offered.ratios.get(cost.ratio)
    return _("空着按 %(ratio)d%%") % {"ratio": ratio} if ratio is not None else _("要如实填")


def _amount(sent: Sent, kind: Kind, hint: str) -> shown.Field:
    answer: Mapping[str, Answer] = sent.answers
    amount = answer.get(kind.code, Answer(None)).amount
    return shown.Field(
        f"amount-{kind.code}", said(kind.label), value="" if amount is None else money.show(amount), required=False,
        hint=hint, figure=True, error=sent.wrong.get(f"amount-{kind.code}", ""), unit=words.unit("元"),
    )  # fmt: skip
