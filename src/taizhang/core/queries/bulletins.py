"""Bulletins: what a template would say today, what was published and is frozen, and what of it has changed since.

A published bulletin is an entry of the chain. It says the words, each figure with its day and value, and the digest of the
records that were counted, as they were known at that instant; so it can be counted again as known then, and as known now.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from taizhang.core import access, chain
from taizhang.core.models import Account, Entry
from taizhang.core.queries import figures
from taizhang.core.queries.figures import Record, Wanted
from taizhang.kit import canonical
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.paper import bulletin, fonts, letter, letter_docx
from taizhang.paper.bulletin import Piece, Template
from taizhang.paper.typeset import Made

KIND: Final = "bulletin"


@dataclass(frozen=True)
class Counted:
    """A figure of a bulletin: what was counted, as of which day, and the digest of the records."""

    id: str
    label: Text
    unit: str
    on: date
    value: str
    records: int
    digest: str
    count: Mapping[str, Any]

    def said(self) -> dict[str, Any]:
        """As the entry says it."""
        return {
            "id": self.id, "zh": self.label.zh, "en": self.label.en, "unit": self.unit, "on": self.on.isoformat(), "value": self.value,
            "records": self.records, "digest": self.digest, "count": json.loads(json.dumps(self.count, default=str)),
        }  # fmt: skip


@dataclass(frozen=True)
class Published:
    """A bulletin as it was published."""

    id: uuid.UUID
    template: str
    title: Text
    on: date
    at: datetime
    by: str
    say: tuple[str, ...]
    figures: tuple[Counted, ...]

    @property
    def values(self) -> dict[str, str]:
        """The figures by id."""
        return {one.id: one.value for one in self.figures}

    def lines(self) -> tuple[tuple[Piece, ...], ...]:
        """The paragraphs in pieces."""
        return tuple(tuple(bulletin.pieces(line, self.values)) for line in self.say)


@dataclass(frozen=True)
class Change:
    """A figure that the records count otherwise than when it was published."""

    figure: Counted
    now: Counted
    same_then: bool  # counted again as known then, it is what was published


def templates() -> Mapping[str, Template]:
    """The templates of the library."""
    return _templates(Path(settings.LIBRARY) / "bulletins")


@lru_cache(maxsize=4)
def _templates(folder: Path) -> Mapping[str, Template]:
    return bulletin.load(folder)


def count(template: Template, on: date, known: datetime | None = None) -> tuple[Counted, ...]:
    """Every figure of a template for a day, as known at an instant (None: now). Raises NotFound for an unknown figure."""
    printed = {one.id: one for one in figures.read()}
    found = []
    for name in template.places:
        own = template.counts.get(name)
        if own is None and name not in printed:
            raise NotFound(Text(f"数字“{name}”", f"The figure {name}"))
        day = on
        if template.own_days:
            day = (own.on or on) if own else printed[name].on
        wanted = Wanted(own.id, "", own.label, day, "0", False, own.unit, own.count) if own else printed[name]
        found.append(_counted(wanted, day, known))
    return tuple(found)


def _counted(wanted: Wanted, day: date, known: datetime | None) -> Counted:
    value, records = figures.value(wanted, day, known)
    digest = _digest(figures.basis(wanted.count, day, known))
    return Counted(wanted.id, wanted.label, wanted.unit, day, value, records, digest, wanted.count)


def _digest(basis: Mapping[str, int]) -> str:
    return hashlib.sha256(canonical.encode(sorted([key, amount] for key, amount in basis.items()))).hexdigest()


def listed(actor: access.Actor) -> tuple[Published, ...]:
    """What was published, the latest first. Raises Refusal without the right to read figures."""
    access.acting(actor, "figures.read")
    return tuple(_published(entry) for entry in Entry.objects.filter(kind=KIND).order_by("-seq"))


def one(actor: access.Actor, entry_id: uuid.UUID) -> Published:
    """One published bulletin. Raises NotFound, and Refusal without the right."""
    access.acting(actor, "figures.read")
    entry = Entry.objects.filter(kind=KIND, pk=entry_id).first()
    if entry is None:
        raise NotFound(Text("这期简报", "This bulletin"))
    return _published(entry)


def _published(entry: Entry) -> Published:
    body = json.loads(entry.body)
    says = body["says"]
    name = (
        Account.objects.filter(pk=entry.account_id).values_list("name", flat=True).first() if entry.account_id else None
    )
    told = tuple(
        Counted(row["id"], Text(row["zh"], row["en"]), row["unit"], date.fromisoformat(row["on"]), row["value"], row["records"],
                row["digest"], row["count"])
        for row in says["figures"]
    )  # fmt: skip
    return Published(entry.pk, says["bulletin"], Text(says["zh"], says["en"]), date.fromisoformat(says["on"]), entry.received,
                     name or "", tuple(says["say"]), told)  # fmt: skip


def changes(found: Published) -> tuple[Change, ...]:
    """The figures that differ now, or that cannot be counted again as they were known when it was published."""
    differing = []
    for figure in found.figures:
        wanted = Wanted(figure.id, "", figure.label, figure.on, "0", False, figure.unit, figure.count)
        now, then = _counted(wanted, figure.on, None), _counted(wanted, figure.on, found.at)
        same_then = (then.value, then.digest) == (figure.value, figure.digest)
        if not same_then or (now.value, now.digest) != (figure.value, figure.digest):
            differing.append(Change(figure, now, same_then))
    return tuple(differing)


def records(actor: access.Actor, found: Published, figure_id: str) -> tuple[Counted, tuple[Record, ...]]:
    """The records that a figure counted when it was published, as far as the actor may see them. Raises NotFound."""
    figure = next((one for one in found.figures if one.id == figure_id), None)
    if figure is None:
        raise NotFound(Text("这个数字", "This figure"))
    wanted = Wanted(figure.id, "", figure.label, figure.on, "0", False, figure.unit, figure.count)
    return figure, figures.records_of(actor, wanted, figure.on, found.at)


# --- papers ---------------------------------------------------------------------------------------------------------


def paper(found: Published, kind: str) -> Made:
    """The bulletin as a document of its office: `pdf` or `docx`."""
    told = letter.Letter(
        layout="document", organ="工作简报", title=found.title.zh, body=bulletin.paragraphs(found.say, found.values),
        signed="", dated=None, sealed=False, note=f"数字截至各自日期，由台账逐条计数；发布编号 {str(found.id)[-12:]}。",
        demo="演示数据，与真实单位和个人无关" if chain.is_demo() else "",
    )  # fmt: skip
    if kind == "docx":
        return letter_docx.docx_of(told, at=found.at)
    return letter.pdf(told, faces=fonts.found(Path(settings.LIBRARY) / "fonts"), at=found.at)
