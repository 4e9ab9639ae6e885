"""Official letters as pages see them: the sheet of a case, what a draft lists and how that stands now, and the register by number."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import access, editions, folding, letters, seals, store, subjects
from taizhang.core.models import Case, Document, Entry, Evidence, Gathered, Organisation
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import State
from taizhang.paper import letter

PAGE: Final = 50
EXPORT: Final = 5000


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed letter: its number, and the sheet that was kept."""

    number: str
    label: Text
    signed: date
    kept: uuid.UUID | None
    digest: str
    void: bool  # its signature was taken back; the number stays and is never given again


@dataclass(frozen=True, slots=True)
class Sheet:
    """The letter of a case: signed, or what it would be by now."""

    case: uuid.UUID
    label: Text | None  # which kind, once the case says
    issued: Issued | None
    drafted: letters.Facts | None  # what a draft is made of, for who may read it
    kind: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A duty that a letter lists, as it stands now."""

    item: Text
    period: Text
    since: date
    case: uuid.UUID | None  # what answered it meanwhile
    colour: Colour
    stage: Text | None


def has(law: Ledger) -> bool:
    """Whether a ledger has letters."""
    return bool(letters.documents(law))


def issues(ledger: str) -> bool:
    """Whether a ledger in force has letters."""
    return has(editions.current(ledger))


def of_case(actor: access.Actor, case_id: uuid.UUID | str, now: datetime) -> Sheet | None:
    """The letter of a case, or of the one it is a receipt of; None where there is none. Raises NotFound when hidden."""
    case = access.case_for(actor, case_id)
    law = editions.pinned(case.edition_id)
    if not has(law):
        parent = case.parent
        above = editions.pinned(parent.edition_id) if parent is not None else law
        if parent is None or not has(above) or case.ledger != "receipts":
            return None
        issued = _issued(parent, above)
        return Sheet(parent.pk, issued.label, issued, None, "") if issued is not None else None
    issued = _issued(case, law)
    if issued is not None and not issued.void:
        return Sheet(case.pk, issued.label, issued, None, "")
    if shown.sight(actor, law, access.hats(actor, case)) == "none":
        return Sheet(case.pk, None, issued, None, "")
    facts = facts_of(case, law, now)
    kind = letters.kind(facts) or ""
    label = letters.documents(law)[kind].label if kind else None
    return Sheet(case.pk, label, issued, facts if kind else None, kind)


def facts_of(case: Case, law: Ledger, now: datetime) -> letters.Facts:
    """What a letter of a case would be made of."""
    state = folding.state(case, law, now)
    return letters.Facts(law, state, subjects.of_case(case), state.fields, now, case.pk)


def drafted(
    actor: access.Actor, ledger: str, case_id: uuid.UUID | None, act: str, subject: str, given: Mapping[str, Any], now: datetime
) -> letter.Letter | None:  # fmt: skip
    """A letter as it would be with what a form says, whoever may do that act; None while its kind is not said.

    Raises NotFound, Refusal("letter_template").
    """
    if case_id is not None:
        case = access.case_for(actor, case_id)
        facts = facts_of(case, editions.pinned(case.edition_id), now)
    else:
        law = editions.current(ledger)
        about = subjects.find(actor, law, act, subject)
        attributes = subjects.Attributes(about, days.day_of(now))
        facts = letters.Facts(law, State(law.name, "", attributes, about.path, "", now, None, {}, ()), about, {}, now)
    facts = replace(facts, fields={**facts.fields, **given})
    kind = letters.kind(facts)
    return letters.compose(facts, kind, dated=None, whole=False) if kind else None


def content(sheet: Sheet) -> bytes:
    """The kept sheet of a signed letter, as it was sent. Raises NotFound when it is no longer kept."""
    path = store.path_of(sheet.issued.digest) if sheet.issued is not None and sheet.issued.digest else None
    if path is None or not path.is_file():
        raise NotFound(Text("这份公文的存档件", "The kept copy of this letter"))
    return path.read_bytes()


def written(sheet: Sheet, now: datetime) -> letter.Letter:
    """The letter in words: a draft with its gaps, or a signed one with its number and day. Raises NotFound, Refusal."""
    if sheet.issued is not None and not sheet.issued.void:
        case = Case.objects.get(pk=sheet.case)
        law = editions.pinned(case.edition_id)
        facts = facts_of(case, law, now)
        kind = letters.kind(facts)
        if kind is not None:
            return letters.compose(facts, kind, number=sheet.issued.number, dated=sheet.issued.signed, whole=False)
    if sheet.drafted is None:
        raise NotFound(Text("这份公文", "This letter"))
    return letters.compose(sheet.drafted, sheet.kind, whole=False)


def _issued(case: Case, law: Ledger) -> Issued | None:
    """The last letter of a case that was numbered."""
    row = Document.objects.filter(case=case.pk).select_related("entry").order_by("pk").last()
    return None if row is None else _told(row, law, _kept([row]), _voided([case.pk]))


def _told(row: Document, law: Ledger, kept: Mapping[uuid.UUID, Evidence], gone: set[tuple[uuid.UUID, int]]) -> Issued:
    document = letters.documents(law).get(row.kind)
    label = document.label if document is not None else Text(row.kind, row.kind)
    file = kept.get(row.entry_id)
    return Issued(
        letters.numbered(row.mark, row.year, row.number), label, days.day_of(row.entry.received),
        file.pk if file is not None else None, file.digest if file is not None else "",
        (row.case_id, row.entry.n or 0) in gone,
    )  # fmt: skip


def _kept(rows: Sequence[Document]) -> Mapping[uuid.UUID, Evidence]:
    found = Evidence.objects.filter(kind=letters.KEPT, entry__in=[row.entry_id for row in rows])
    return {row.entry_id: row for row in found if row.entry_id is not None}


def _voided(cases: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, int]]:
    """The entries of cases that were taken back."""
    rows = Entry.objects.filter(case__in=cases, kind=folding.ANNUL)
    return {(row.case_id, int(folding.said(row)["annuls"])) for row in rows if row.case_id is not None}


def matters(actor: access.Actor, case_id: uuid.UUID | str, now: datetime) -> tuple[Matter, ...]:
    """The duties that an automatic letter was drafted for, each as it stands now. Raises NotFound."""
    case = access.case_for(actor, case_id)
    rows = list(Gathered.objects.filter(told_in=case.pk).order_by("turned_at", "item"))
    answered = {
        (one.ledger, one.item, one.period): one
        for one in Case.objects.filter(
            organisation=case.organisation_id, ledger__in={row.ledger for row in rows}, period__isnull=False
        )
    }
    found = []
    for row in rows:
        law = editions.current(row.ledger)
        declared = roster.declared(law)
        catalogue = editions.library().catalogues[declared.items]
        answer = answered.get((row.ledger, row.item, row.period))
        stage = editions.pinned(answer.edition_id).stages[answer.stage].label if answer is not None else None
        colour: Colour = shown.colour(answer, now) if answer is not None else "red"
        found.append(
            Matter(
                catalogue.label(row.item), Text(row.period.strftime("%Y-%m"), row.period.strftime("%Y-%m")),
                days.day_of(row.turned_at), answer.pk if answer is not None else None, colour, stage,
            )
        )  # fmt: skip
    return tuple(found)


# --- the register ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """A letter in the register."""

    case: uuid.UUID
    issued: Issued
    title: str  # covered where the reader may not read it
    to: str
    stage: Text
    closed: datetime | None
    light: Colour
    due: datetime | None
    receipts: tuple[int, int] | None  # received, and all, of what goes to many


@dataclass(frozen=True, slots=True)
class Series:
    """One kind's numbers of a year."""

    mark: str
    label: Text
    count: int
    last: int
    missing: tuple[int, ...]  # numbers without a letter: none, or something is wrong


@dataclass(frozen=True, slots=True)
class Book:
    """The register of a year."""

    year: int
    years: tuple[int, ...]
    series: tuple[Series, ...]
    rows: tuple[Entered, ...]
    total: int
    whole: bool  # the reader sees every letter of the year, so that gaps can be told
    drafts: int


def readable(actor: access.Actor) -> bool:
    """Whether the actor may see any letter, or may draft one."""
    laws = [law for law in editions.current_all().values() if has(law)]
    held = {one.token for one in actor.posts}
    drafting = any(held & {*law.see, *(token for act in law.acts.values() for token in act.by)} for law in laws)
    return drafting or Document.objects.filter(case__in=access.cases_for(actor)).exists()


def register(
    actor: access.Actor, now: datetime, *, year: int, mark: str = "", text: str = "", open_only: bool = False, page: int = 1,
    size: int = PAGE,
) -> Book:  # fmt: skip
    """The letters of a year by kind and number. `text` is part of a number or of the addressee's name."""
    seen = access.cases_for(actor)
    mine = Document.objects.filter(case__in=seen)
    of_year = mine.filter(year=year)
    rows = of_year.filter(mark=mark) if mark else of_year
    if open_only:
        rows = rows.filter(case__closed=None)
    if text:
        units = Organisation.objects.filter(name__contains=text).values("pk")
        rows = rows.filter(case__organisation__in=units) | (
            rows.filter(number=int(text)) if text.isdecimal() and len(text) < 7 else rows.none()
        )
    total = rows.count()
    start = (max(page, 1) - 1) * size
    chosen = list(rows.select_related("case", "entry").order_by("mark", "number")[start : start + size])
    years = set(mine.order_by().values_list("year", flat=True).distinct())
    every = Document.objects.filter(year=year).count()
    drafting = [law.name for law in editions.current_all().values() if has(law)]
    numbered = Document.objects.values("case")
    drafts = seen.filter(ledger__in=drafting, closed=None).exclude(pk__in=numbered).count()
    return Book(
        year, tuple(sorted(years | {days.day_of(now).year}, reverse=True)), _series(of_year), tuple(_entered(actor, chosen, now)),
        total, every == of_year.count(), drafts,
    )  # fmt: skip


def _series(rows: Any) -> tuple[Series, ...]:
    found: dict[str, list[int]] = {}
    labels: dict[str, Text] = {}
    for mark, kind, number, ledger in rows.order_by("mark", "number").values_list(
        "mark", "kind", "number", "case__ledger"
    ):
        found.setdefault(mark, []).append(number)
        document = letters.documents(editions.current(ledger)).get(kind)
        labels.setdefault(mark, document.label if document is not None else Text(kind, kind))
    return tuple(
        Series(
            mark, labels[mark], len(numbers), max(numbers), tuple(sorted({*range(1, max(numbers) + 1)} - {*numbers}))
        )
        for mark, numbers in found.items()
    )


def _entered(actor: access.Actor, rows: Sequence[Document], now: datetime) -> Iterator[Entered]:
    cases = {row.case_id: row.case for row in rows}
    about = shown.subjects(list(cases.values()), days.day_of(now))
    kept, gone = _kept(rows), _voided(list(cases))
    laws = {pk: editions.pinned(case.edition_id) for pk, case in cases.items()}
    titles = {pk: case.data.get("title") for pk, case in cases.items() if _reads(actor, case, laws[pk])}
    opened = seals.read([ref for ref in titles.values() if seals.is_reference(ref)])
    many = _receipts(list(cases))
    for row in rows:
        case, law = row.case, laws[row.case_id]
        ref = titles.get(row.case_id)
        title = str(opened.get(ref["sealed"], "") if ref is not None and seals.is_reference(ref) else ref or "")
        receipts = many.get(row.case_id)
        to = about[row.case_id].label if receipts is None else ""
        yield Entered(
            row.case_id, _told(row, law, kept, gone), title or shown.COVERED, to, law.stages[case.stage].label, case.closed,
            shown.colour(case, now), case.red_at, receipts,
        )  # fmt: skip


def _reads(actor: access.Actor, case: Case, law: Ledger) -> bool:
    acting = {token for act in law.acts.values() for token in act.by}
    return case.organisation_id in actor.organisations or bool({held.token for held in actor.posts} & acting)


def _receipts(cases: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, tuple[int, int]]:
    found: dict[uuid.UUID, tuple[int, int]] = {}
    rows = Case.objects.filter(parent__in=cases, ledger="receipts").values_list("parent", "closed")
    for parent, closed in rows:
        if parent is None:
            continue
        got, all_ = found.get(parent, (0, 0))
        found[parent] = (got + (closed is not None), all_ + 1)
    return found
