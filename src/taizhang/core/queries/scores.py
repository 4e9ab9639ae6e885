"""Yearly assessments: what a card makes of an organisation's records, live before it is published and frozen after.

A score is a function of the card, the list of duties, the ledger's edition, and of what was known at an instant. What is
published keeps all four, so that it can be reckoned again by the declarations of its year.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, Sum

from taizhang.core import access, editions, folding, rosters
from taizhang.core.models import Case, Entry, Fact
from taizhang.core.rosters import Unit
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import roster, scorecards, scoring
from taizhang.ledger.catalogue import Catalogue
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.scorecards import Sheet
from taizhang.ledger.scoring import Counted, Gathered, Judged, Record, Score

LEDGER: Final = "assessments"
FROZEN: Final = "scorecard"  # the kind of the entry that keeps a card with its list


@dataclass(frozen=True)
class Rules:
    """What a score is reckoned by."""

    sheet: Sheet
    law: Ledger
    library: Library

    @cached_property
    def owing(self) -> rosters.Owing:
        """Who owes what by them: reckoned once for all organisations."""
        return rosters.Owing(self.law, self.library)


@dataclass(frozen=True)
class Report:
    """An organisation's year by a card."""

    unit: Unit
    year: int
    rules: Rules
    score: Score
    case: Case | None  # once published
    agrees: bool  # reckoned again it is what was published

    @property
    def band(self) -> Text:
        """The band of the score as it stands, with what a ruling gave back."""
        return scoring.band(self.rules.sheet.card, self.cents).label

    @property
    def cents(self) -> int:
        """The score as it stands: the published one with what a ruling gave back."""
        return int(self.case.data["score"]) if self.case is not None else self.score.cents

    @property
    def vetoed(self) -> bool:
        """Whether a veto stands beside the score."""
        return self.case is not None and bool(self.case.data.get("vetoed"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an organisation's assessment is; no score beside a name."""

    unit: Unit
    case: uuid.UUID | None
    stage: Text | None


def cards() -> Mapping[str, Sheet]:
    """The sound cards of the library, by name."""
    sheets, _ = scorecards.load(Path(settings.LIBRARY) / "scorecards", editions.current_all(), editions.library())
    return sheets


def only() -> str:
    """The card that a district assesses by: the first of its library. Raises NotFound where there is none."""
    name = next(iter(cards()), None)
    if name is None or LEDGER not in editions.current_all():
        raise NotFound(Text("评分表", "A scorecard"))
    return name


def judges(ledger: str) -> bool:
    """Whether a card of the library assesses the organisations of a ledger."""
    return LEDGER in editions.current_all() and any(sheet.ledger == ledger for sheet in cards().values())


def rules(name: str) -> Rules:
    """What holds now. Raises NotFound."""
    sheet = cards().get(name)
    if sheet is None:
        raise NotFound(Text("这张评分表", "This scorecard"))
    return Rules(sheet, editions.current(sheet.ledger), editions.library())


def judge(by: Rules, unit: Unit, year: int, known: datetime) -> Score:
    """The score of an organisation by what was known before an instant. Two queries."""
    return scoring.score(by.sheet.card, _gathered(by, unit, year, known))


def owing(by: Rules, year: int) -> list[Unit]:
    """The organisations that owed anything in a year, in the order of areas."""
    return [unit for unit in rosters.units() if _cells(by, unit, date(year, 1, 1), date(year + 1, 1, 1))]


def report(actor: access.Actor, name: str, code: str, year: int, now: datetime) -> Report:
    """An organisation's year: what was published, else what the records make of it now. Raises NotFound."""
    unit, entry = _unit(actor, code), frozen(name, year)
    case = published(unit, year) if entry is not None else None
    if case is None or entry is None:
        by = rules(name)
        return Report(unit, year, by, judge(by, unit, year, now), None, agrees=True)
    by = rules_of(entry)
    score = judge(by, unit, year, entry.received)
    first = Entry.objects.get(case=case, n=1)
    was = folding.said(first)["fields"]["score"]
    return Report(unit, year, by, score, case, agrees=score.cents == was)


def standing(actor: access.Actor, name: str, year: int) -> tuple[Standing, ...]:
    """How far each organisation's assessment is, of those the actor may see."""
    by, law = rules(name), editions.current(LEDGER)
    seen = set(rosters.organisations_for(actor, LEDGER).values_list("pk", flat=True))
    cases = {row.organisation_id: row for row in Case.objects.filter(ledger=LEDGER, data__year=year)}
    found = []
    for unit in owing(by, year):
        if unit.pk in seen:
            case = cases.get(unit.pk)
            label = law.stages[case.stage].label if case is not None else None
            found.append(Standing(unit, case.pk if case is not None else None, label))
    return tuple(found)


def published(unit: Unit, year: int) -> Case | None:
    """The published assessment of an organisation's year, if there is one."""
    return Case.objects.filter(ledger=LEDGER, organisation=unit.pk, data__year=year).order_by("opened").first()


def frozen(card: str, year: int) -> Entry | None:
    """The entry that keeps the rules of a year."""
    for entry in Entry.objects.filter(kind=FROZEN).order_by("seq"):
        says = folding.said(entry)
        if (says.get("card"), says.get("year")) == (card, year):
            return entry
    return None


def rules_of(entry: Entry) -> Rules:
    """The rules that an entry keeps, compiled. Raises Refusal when they no longer compile."""
    says = folding.said(entry)
    library = editions.library()
    listed = Catalogue(says["list"], tuple(says["columns"]), {row["code"]: row for row in says["rows"]})
    library = replace(library, catalogues={**library.catalogues, says["list"]: listed})
    law = editions.pinned(says["edition"])
    ledgers = {**editions.current_all(), law.name: law}
    sheet, faults = scorecards.parse(says["text"], f"{says['card']}.yaml", ledgers, library)
    if sheet is None:
        raise Refusal("not_frozen", faults[0].text)
    return Rules(sheet, law, library)


def keeping(by: Rules, year: int) -> dict[str, Any]:
    """What is kept of the rules when they are applied: the card word for word, the list row by row, the edition."""
    listed = by.library.catalogues[roster.declared(by.law).items]
    rows = [dict(row) for row in listed.rows.values()]
    return {
        "year": year, "card": by.sheet.card.scorecard, "text": by.sheet.text,
        "list": listed.name, "columns": list(listed.columns), "rows": rows, "edition": by.law.digest,
    }  # fmt: skip


def _unit(actor: access.Actor, code: str) -> Unit:
    seen = rosters.organisations_for(actor, LEDGER).filter(code=code).values("pk")
    found = rosters.units(Q(pk__in=seen))
    if not found:
        raise NotFound(Text("这个单位", "This organisation"))
    return found[0]


# --- what a card reads ----------------------------------------------------------------------------------------------


def _gathered(by: Rules, unit: Unit, year: int, known: datetime) -> Gathered:
    since, until = date(year, 1, 1), date(year + 1, 1, 1)
    counts = _counts(by, unit, since, until, known)
    card = by.sheet.card
    cells: dict[str, Sequence[Judged]] = {}
    each: dict[tuple[str, int], Sequence[Counted]] = {}
    rates: dict[str, Sequence[Counted]] = {}
    for name, part in card.parts.items():
        if part.cells is not None:
            owed = _cells(by, unit, since, until)
            cells[name] = _judged(by, part, owed, counts.of_cells, known)
        elif part.rate is not None:
            rates[name] = [Counted(row.record, row.year, row.den) for row in counts.rows.get(part.rate, ()) if row.den]
        for place, off in enumerate(part.each):
            rows = counts.rows.get(off.counted, ())
            each[name, place] = [
                Counted(row.record, amount)
                for row in rows
                if (amount := row.standing if off.standing else row.year) > 0
            ]
    return Gathered(cells, each, rates)


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    year: int
    standing: int
    den: int


@dataclass(frozen=True)
class _Counts:
    """Sums of facts: by cell and indicator, and by indicator."""

    of_cells: Mapping[tuple[str, date], tuple[Record, Mapping[str, int]]]
    rows: Mapping[str, Sequence[_Row]]


def _counts(by: Rules, unit: Unit, since: date, until: date, known: datetime) -> _Counts:
    named = {part.rate for part in by.sheet.card.parts.values() if part.rate}
    named |= {off.counted for part in by.sheet.card.parts.values() for off in part.each}
    ledgers = {by.law.name, *(name.partition(".")[0] for name in named)}
    begun, over = days.start_of(since), days.start_of(until)
    rows = Fact.objects.filter(case__organisation=unit.pk, ledger__in=ledgers, known__lt=known).order_by("case__number")
    sums = rows.values_list("case", "case__number", "case__item", "case__period", "ledger", "indicator").annotate(
        ever=Sum("num"), year=Sum("num", filter=Q(at__gte=begun, at__lt=over)), standing=Sum("num", filter=Q(at__lt=over)),
        den=Sum("den", filter=Q(at__gte=begun, at__lt=over)),
    )  # fmt: skip
    cells: dict[tuple[str, date], tuple[Record, dict[str, int]]] = {}
    found: dict[str, list[_Row]] = {}
    for case, number, item, period, ledger, indicator, ever, year, stands, den in sums:
        record = Record(case, number)
        if ledger == by.law.name and period is not None:
            cells.setdefault((item, period), (record, {}))[1][indicator] = ever or 0
        found.setdefault(f"{ledger}.{indicator}", []).append(_Row(record, year or 0, stands or 0, den or 0))
    return _Counts(cells, found)


def _cells(by: Rules, unit: Unit, since: date, until: date) -> list[roster.Cell]:
    first = rosters.begun(by.law)
    return [cell for cell in by.owing.cells(unit, since, until) if cell.begins >= first]


def _judged(
    by: Rules,
    part: scorecards.Scored,
    owed: Sequence[roster.Cell],
    counts: Mapping[tuple[str, date], tuple[Record, Mapping[str, int]]],
    known: datetime,
) -> list[Judged]:
    """The cells whose last day is over, and those about which there is a record already."""
    listed = by.library.catalogues[roster.declared(by.law).items].rows
    found = []
    for cell in owed:
        record, counted = counts.get((cell.item, cell.begins), (scoring.NONE, {}))
        if cell.due <= known or counted:
            weight = part.weights.get(cell.item) or int(listed[cell.item][str(part.weight)])
            said = roster.said(cell.begins, cell.ends)
            found.append(Judged(cell.item, cell.begins, said, weight, counted, record))
    return found
