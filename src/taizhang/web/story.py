"""What happened in a case, in words: each entry as people read it, long ones condensed, sealed values covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from taizhang.core.queries import case as cases
from taizhang.core.queries.citing import Record
from taizhang.core.queries.shown import Shown
from taizhang.ledger.schema import Field
from taizhang.web import shown, words
from taizhang.web.templatetags.said import said

MANY: Final = 3  # answers of yes, or amounts, from which on they are told together


def entry(page: cases.CasePage, told: cases.Told) -> shown.Entry:
    """One entry of the story: yes and no in a sentence, amounts folded, what was written out on its own line."""
    who = " · ".join(part for part in (told.post, told.who) if part)
    kinds = {
        "photo": _("照片"),
        "located_photo": _("带位置的照片"),
        "signature": _("签字"),
        "file": _("材料"),
        "paper": _("公文存档件"),
    }
    sorts = _sorted(told)
    answers, amounts = sorts["bool"], sorts["money"]
    short = list(sorts["short"])
    short += answers if len(answers) < MANY else []
    short += amounts if len(amounts) < MANY else []
    return shown.Entry(
        n=told.n,
        title=said(told.label),
        who=_("%(who)s（代理）") % {"who": who} if told.deputy else who,
        happened=told.happened,
        received=told.received,
        late_words=_("补录") if told.late else "",
        values=[value(page, one, told.n) for one in short],
        lines=_answered(answers) if len(answers) >= MANY else [],
        texts=[value(page, one, told.n) for one in sorts["text"]],
        folded=[value(page, one, told.n) for one in amounts] if len(amounts) >= MANY else [],
        folded_words=_("收入、支出等金额 %(n)d 项") % {"n": len(amounts)},
        evidence=[
            shown.Link(f"{kinds.get(file.kind, file.kind)} {number}", reverse("evidence", args=[file.id]))
            for number, file in enumerate(told.files, 1)
        ],
        cites=[shown.Link(cited(one), reverse("case", args=[one.case]) if one.case else "") for one in told.cites],
        annulled=told.annulled,
        correct_url=reverse("correct", args=[page.case, told.n]) if told.correctable else "",
    )


def cited(record: Record) -> str:
    """A record of another ledger in words: what, when, about what, under which number."""
    parts = [
        said(record.ledger),
        words.day(record.day, week=False),
        said(record.act),
        said(record.about),
        record.number,
    ]
    return " ".join(part for part in parts if part)


def _sorted(told: cases.Told) -> dict[str, list[Shown]]:
    """The values of an entry by how they are told, each sort in the order in which the ledger asks for them."""
    sorts: dict[str, list[Shown]] = {"bool": [], "money": [], "text": [], "short": []}
    for one in told.values:
        spec = _spec(told, one.key)
        kind = spec.type if spec is not None else "text"
        sorts[kind if kind in sorts and not one.covered else "short"].append(one)
    return sorts


def _spec(told: cases.Told, key: str) -> Field | None:
    act = told.law.acts.get(told.act)
    return (act.entry.get(key) if act is not None else None) or told.law.fields.get(key)


def _answered(answers: Sequence[Shown]) -> list[str]:
    """Answers of yes and no in two sentences at most."""
    yes = [said(one.label) for one in answers if one.text.en == "Yes"]
    no = [said(one.label) for one in answers if one.text.en != "Yes"]
    lines = []
    if no:
        lines.append(_("没有做到：%(names)s。") % {"names": _("、").join(no)})
    if yes:
        lines.append(_("%(names)s，%(n)d 项均为“是”。") % {"names": _("、").join(yes), "n": len(yes)})
    return lines


def value(page: cases.CasePage, told: Shown, n: int | None) -> shown.Value:
    """One value; a covered one with the address where it is shown for a stated use (`n`: of that entry, None: of now)."""
    if not told.covered:
        rows = [[said(cell) for cell in line] for line in told.rows]
        return shown.Value(said(told.label), said(told.text), rows=rows)
    url = reverse("reveal", args=[page.case, n or 0, told.key]) if told.reveal else ""
    return shown.Value(said(told.label), sealed_id=told.key, least=said(told.text), reveal_url=url)
