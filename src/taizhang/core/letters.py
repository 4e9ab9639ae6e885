"""Official letters of cases: what a case says becomes a letter of the standard layout, by a template of the library.

A ledger that declares `documents` has letters: the act that prints names which. What a template may say is the case's facts in
words (by their keys, `KEY_COLUMN` for the catalogue columns of a pick), the organ that signs and the addressee.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from taizhang.core import editions, store
from taizhang.core.models import Account, District, Evidence, Organisation, Post
from taizhang.core.subjects import Subject
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import effects
from taizhang.ledger.schema import Document, Field, Ledger
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import State
from taizhang.paper import fonts, letter, letter_docx, letter_words, typeset
from taizhang.paper.letter import Letter
from taizhang.paper.letter_words import Template

DEMO: Final = "演示数据，与真实单位和个人无关"
KEPT: Final = "paper"  # the kind of evidence that a signed letter is
PDF: Final = "application/pdf"


def documents(law: Ledger) -> Mapping[str, Document]:
    """The kinds of letters that a ledger issues, by key."""
    return {key: one for key, one in law.documents.items() if isinstance(one, Document)}


def printing_act(law: Ledger) -> str | None:
    """The act that signs and numbers, if the ledger has letters."""
    return next((name for name, act in law.acts.items() if any(one.print for one in act.do)), None)


@dataclass(frozen=True)
class Facts:
    """What a letter is made of: the case as it stands, its facts opened, and whom it is about."""

    law: Ledger
    state: State
    about: Subject
    fields: Mapping[str, Any]
    now: datetime
    case: uuid.UUID | None = None


def kind(facts: Facts) -> str | None:
    """Which letter the case would be, by its facts as they stand; None while they do not say."""
    law, act = facts.law, printing_act(facts.law)
    if act is None:
        return None
    world = CaseWorld(facts.about, facts.now, facts.case)
    scope = Scope(law, facts.state, world, days.day_of(facts.now), facts.fields)
    said = [one.name for one in effects.others(law.acts[act].do, ("acts", act), scope) if one.kind == "print"]
    return said[0] if said and said[0] in documents(law) else None


def compose(
    facts: Facts, kind: str, *, number: str = "", dated: date | None = None, organ: str = "", whole: bool = True
) -> Letter:
    """A letter of a case. `organ` is who signs, else whoever may; a draft (not `whole`) is shown with its gaps.

    Raises Refusal: `letter_template` for a template that is lacking or broken, `letter_value`.
    """
    document = documents(facts.law)[kind]
    template = _template(document.paper)
    words = _Words(facts.law, facts.fields)
    to = [name for key in document.to for name in words.many(key)] or [_named(facts.about)]
    values = words.values() | {"organ": organ or signing(facts.law), "addressee": "、".join(to)}
    if not whole:
        values = {name: values.get(name) or _gap(template, name) for name in {*template.values, *values}}
    return letter_words.fill(
        template, values, words.lists(), number=number, dated=dated, issued=dated,
        copies=words.many(document.copies) if document.copies else (), demo=DEMO if District.objects.get().demo else "",
    )  # fmt: skip


def _named(about: Subject) -> str:
    unit = about.organisation
    return Organisation.objects.values_list("name", flat=True).filter(pk=unit).first() or "" if unit else ""


def _gap(template: Template, name: str) -> str:
    """What stands for a value that a draft does not have yet; nothing for one that may be lacking."""
    told = template.values.get(name)
    return "" if told is None or told.optional else f"（{told.zh}）"


def signing(law: Ledger) -> str:
    """The organisation whose posts sign the letters of a ledger; empty where none is appointed."""
    act = printing_act(law)
    for token in law.acts[act].by if act is not None else ():
        role, _, level = token.partition("@")
        found = Post.objects.filter(role=role, level=level).exclude(organisation=None).order_by("pk")
        name = found.values_list("organisation__name", flat=True).first()
        if name:
            return name
    return ""


def numbered(mark: str, year: int, number: int) -> str:
    """发文字号 as it is printed: the year in full in 〔〕, the number without 第 and without zeros before it."""
    return f"{mark}〔{year}〕{number}号"


def pdf(one: Letter, *, at: datetime) -> typeset.Made:
    """The letter as PDF/A, in the office's own faces where it has them."""
    return letter.pdf(one, faces=_faces(), at=at)


def docx(one: Letter, *, at: datetime) -> typeset.Made:
    """The letter as an editable file."""
    return letter_docx.docx_of(one, at=at)


def keep(facts: Facts, kind: str, *, number: str, organ: str, entry: uuid.UUID, account: uuid.UUID | None) -> Evidence:
    """Set a letter that is being signed, and keep it as it is sent: bytes first, then the row that the entry names."""
    one = compose(facts, kind, number=number, dated=days.day_of(facts.now), organ=organ)
    content = pdf(one, at=facts.now).content
    return Evidence.objects.create(
        kind=KEPT, digest=store.put(content), size=len(content), media_type=PDF, account_id=account,
        received=facts.now, entry_id=entry,
    )  # fmt: skip


def _faces() -> fonts.Faces:
    return fonts.found(Path(settings.LIBRARY) / "fonts")


def _template(name: str) -> Template:
    """A template of the library, read anew when its file changes. Raises Refusal("letter_template") with file and line."""
    file = Path(settings.LIBRARY) / "letters" / f"{name}.yaml"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        raise _broken(Text(f"library/letters 里没有 {name}.yaml。", f"library/letters has no {name}.yaml.")) from None
    found = _parsed(text, file.name)
    if isinstance(found, Text):
        raise _broken(found)
    return found


@lru_cache(maxsize=32)
def _parsed(text: str, file: str) -> Template | Text:
    template, faults = letter_words.parse(text, file)
    if template is not None:
        return template
    first = faults[0]
    return Text(f"{first.file}:{first.line}：{first.text.zh}", f"{first.file}:{first.line}: {first.text.en}")


def _broken(what: Text) -> Refusal:
    return Refusal(
        "letter_template",
        Text(f"公文模板有错：{what.zh}", f"The letter's template has a fault: {what.en}"),
        Text(
            "请改好模板再办；taizhang ledger check 会逐行说明。", "Mend it first; taizhang ledger check says each line."
        ),
    )


class _Words:
    """A case's facts in words, as a letter says them: in Chinese, dates in full, organisations and persons by name."""

    def __init__(self, law: Ledger, fields: Mapping[str, Any]):
        self._law, self._fields = law, fields
        pointing: dict[str, set[str]] = {"organisation": set(), "person": set()}
        for key, spec in law.fields.items():
            for one in _listed(fields.get(key)) if spec.type in pointing else ():
                pointing[spec.type].add(str(one))
        units = Organisation.objects.filter(code__in=pointing["organisation"]).values_list("code", "name")
        people = Account.objects.filter(pk__in=pointing["person"]).values_list("pk", "name")
        self._names: Mapping[str, str] = {**dict(units), **{str(pk): name for pk, name in people}}

    def values(self) -> dict[str, str]:
        """Every plain field, and every column of what a pick names."""
        found: dict[str, str] = {}
        for key, spec in self._law.fields.items():
            value = self._fields.get(key)
            if value is None or spec.type == "table":
                continue
            found[key] = self._said(spec, value)
            if spec.type == "pick" and not spec.many:
                row = editions.library().catalogues[str(spec.of)].rows.get(str(value), {})
                found |= {f"{key}_{column}": str(said) for column, said in row.items()}
        return found

    def lists(self) -> dict[str, list[dict[str, str]]]:
        """Every table, its rows in words."""
        return {
            key: [{name: self._said(column, row.get(name)) for name, column in spec.columns.items()} for row in rows]
            for key, spec in self._law.fields.items()
            if spec.type == "table" and isinstance(rows := self._fields.get(key) or [], list)
        }

    def many(self, key: str) -> list[str]:
        """The names in a field that lists parties."""
        return [self._names.get(str(one), str(one)) for one in _listed(self._fields.get(key))]

    def _said(self, spec: Field, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, list | tuple):
            return "、".join(self._said(spec, one) for one in value)
        if spec.type == "date":
            return days.written(date.fromisoformat(str(value)))
        if spec.type == "choice" and str(value) in spec.choices:
            return spec.choices[str(value)].zh
        if spec.type == "pick":
            return editions.library().catalogues[str(spec.of)].label(str(value)).zh
        return self._names.get(str(value), str(value))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else () if value is None else (value,)
