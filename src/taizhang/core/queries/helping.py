"""Help for a household and its helper: measures as money and as what changed, who helps, who came when, who comes next."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from taizhang.core import access, editions, folding, profiles, seals, subjects
from taizhang.core.models import Case, Entry, Party, Turn
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour, Subject
from taizhang.kit import days
from taizhang.kit.text import Text
from taizhang.ledger.schema import Ledger

MEASURES: Final = "assistance"
PAIRS: Final = "pairing"
WATCHING: Final = "household_monitoring"
VISITS: Final = ("visit", "recheck", "propose_removal")  # acts for which somebody goes to the home, whatever the ledger
_ANSWERS: Final = ("food", "clothing", "education", "medical", "housing", "water")
_RISKS: Final = tuple(f"risk_{place}" for place in range(1, 6))
_MOST: Final = 200


# --- measures -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure for a household: what, whose, the money and what it changed. Fen."""

    case: uuid.UUID
    number: str
    item: Text
    kind: Text
    department: str
    stage: Text
    light: Colour
    closed: bool
    begun: datetime  # planned, or recorded by right
    reached: datetime | None  # the first payment or delivery
    granted: int | None
    paid: int
    earned: int
    result: Text | None
    changed: Text | None  # covered for who may not act on it

    @property
    def days(self) -> int | None:
        """Days from the application to the first payment or delivery; None while there is none."""
        return (days.day_of(self.reached) - days.day_of(self.begun)).days if self.reached else None


def measures(actor: access.Actor, cases: Iterable[Case], now: datetime) -> tuple[Measure, ...]:
    """The measures among some cases of a household, the latest first; about five queries."""
    rows = [case for case in cases if case.ledger == MEASURES]
    written = _written(rows)
    parties = _parties(rows)
    names = _organisations(rows)
    opened = seals.read([ref for case in rows for ref in folding.references(case.data)]) if rows else {}
    catalogues = editions.library().catalogues
    found = []
    for case in rows:
        law, told = editions.pinned(case.edition_id), written.get(case.pk, [])
        money = _sums(told)
        worn = access.worn(actor, case, parties.get(case.pk, ()))
        reads = shown.sight(actor, law, worn)
        item, result = str(case.data.get("item", "")), case.data.get("result")
        changed = case.data.get("changed")
        found.append(
            Measure(
                case.pk, case.number, catalogues["measure_items"].label(item),
                catalogues["measures"].label(str(case.data.get("kind", ""))), names.get(case.pk, ""),
                law.stages[case.stage].label, shown.colour(case, now), case.closed is not None, case.opened,
                next((folding.instant(body["happened"]) for body in told if body["act"] in ("pay", "deliver", "enrol")), None),
                case.data.get("granted"), money["paid"], money["earned"],
                law.fields["result"].choices[result].label if result in law.fields["result"].choices else None,
                shown.value("changed", law.fields["changed"], changed, opened, shown.Names(days.day_of(now)), reads).text
                if changed is not None
                else None,
            )
        )  # fmt: skip
    return tuple(found)


def _sums(told: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What a measure has paid and brought, by its entries."""
    money = {"paid": 0, "earned": 0}
    for body in told:
        fields = body["says"].get("fields") or {}
        if body["act"] in ("pay", "enrol") and isinstance(fields.get("amount"), int):
            money["paid"] += fields["amount"]
        if body["act"] in ("earn", "enrol") and isinstance(fields.get("earned"), int):
            money["earned"] += fields["earned"]
    return money


def _written(cases: Sequence[Case]) -> dict[uuid.UUID, list[Mapping[str, Any]]]:
    """The acts on some cases that stand, in their order; one query."""
    rows = Entry.objects.filter(case__in=[case.pk for case in cases]).order_by("case", "n").values_list("case", "body")
    found: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
    for case, body in rows:
        if case is not None:
            found.setdefault(case, []).append(json.loads(body))
    return {case: _standing(bodies) for case, bodies in found.items()}


def _standing(bodies: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    gone = {body["says"]["annuls"] for body in bodies if body["kind"] == folding.ANNUL}
    return [body for body in bodies if body["kind"] == folding.ACT and body["n"] not in gone]


def _parties(cases: Sequence[Case]) -> dict[uuid.UUID, list[Party]]:
    found: dict[uuid.UUID, list[Party]] = {}
    for row in Party.objects.filter(case__in=[case.pk for case in cases]):
        found.setdefault(row.case_id, []).append(row)
    return found


def _organisations(cases: Sequence[Case], field: str = "department") -> dict[uuid.UUID, str]:
    rows = Party.objects.filter(case__in=[case.pk for case in cases], field=field).exclude(organisation=None)
    return dict(rows.values_list("case", "organisation__name"))


# --- what to plan -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Advice:
    """The measures of the catalogue that answer one risk of a household and fit who can work there."""

    risk: str
    risk_label: Text
    items: tuple[tuple[str, Text], ...]  # code and name, in the catalogue's order


@dataclass(frozen=True, slots=True)
class Planning:
    """What the planner of a measure should know first: risks, who can work, what runs already."""

    labour: int
    advice: tuple[Advice, ...]  # one for each risk that no measure answers yet
    answered: tuple[Text, ...]  # risks that a running measure answers
    others: tuple[tuple[str, Text], ...]  # measures that answer any risk and fit


def planning(actor: access.Actor, household: uuid.UUID, now: datetime) -> Planning:
    """Hints for planning: one risk, one measure; development for who can work, income support for who cannot.

    Risks are read from the open monitoring case, for whoever may act on it. "One risk, one measure; with labour by
    development, without by the safety net" (State Council opinion on the monitoring mechanism, 2020-03-20).
    """
    day = days.day_of(now)
    cases = list(access.cases_for(actor).filter(household=household, closed=None))
    watched = next((case for case in cases if case.ledger == WATCHING), None)
    risks = _risks(actor, watched) if watched is not None else ()
    home = subjects.Subject("household", str(household), uuid.UUID(int=0), "", household=household)
    labour = int(subjects.Attributes(home, day).get("labour", 0))
    running = [case for case in cases if case.ledger == MEASURES]
    opened = seals.read([ref for case in running for ref in folding.references(case.data)]) if running else {}
    covered = {folding.plain(case.data, opened).get("risk") for case in running}
    catalogues = editions.library().catalogues
    planned = {case.data.get("item") for case in running}
    fits = [
        row
        for row in catalogues["measure_items"].in_force(day)
        if row["code"] not in planned and (row["labour"] == "any" or (row["labour"] == "works") == (labour > 0))
    ]
    advice = tuple(
        Advice(
            risk, catalogues["risks"].label(risk), _named_items(row for row in fits if risk in row["answers"].split())
        )
        for risk in risks
        if risk not in covered
    )
    others = (row for row in fits if not row["answers"] and (row["development"] == "yes") == (labour > 0))
    answered = tuple(catalogues["risks"].label(risk) for risk in risks if risk in covered)
    return Planning(labour, advice, answered, _named_items(others))


def _named_items(rows: Iterable[Mapping[str, str]]) -> tuple[tuple[str, Text], ...]:
    return tuple((row["code"], Text(row["zh"], row["en"])) for row in rows)


def _risks(actor: access.Actor, case: Case) -> tuple[str, ...]:
    """The ranked risks of a monitoring case, for whoever may act on it."""
    law = editions.pinned(case.edition_id)
    if shown.sight(actor, law, access.hats(actor, case)) != "full":
        return ()
    values = folding.plain(case.data, seals.read(folding.references(case.data)))
    return tuple(str(values[key]) for key in _RISKS if values.get(key))


# --- visits -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody was at the home; `case` where the reader may open it."""

    case: uuid.UUID | None
    number: str
    label: Text
    who: str
    post: str
    happened: datetime
    received: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody has to go there: until when, and whose visit it is."""

    label: Text
    who: Text
    until: datetime | None
    light: Colour


@dataclass(frozen=True, slots=True)
class Calendar:
    """Who helps a household, who was there, and who has to go next: for everybody who may open its page."""

    helper: str
    unit: str
    past: tuple[Visit, ...]
    coming: tuple[Coming, ...]


def calendar(household: uuid.UUID, seen: Iterable[uuid.UUID], now: datetime) -> Calendar:
    """The shared calendar of visits of a household, over every ledger, so that nobody goes twice; five queries.

    That somebody went there is told to all who may open the page; the case behind it only to who may see it.
    """
    mine = set(seen)
    cases = {case.pk: case for case in Case.objects.filter(household=household)}
    pair = next((case for case in cases.values() if case.ledger == PAIRS and case.closed is None), None)
    parties = {party.field: party for party in _named(pair)} if pair is not None else {}
    helper, unit = parties.get("helper"), parties.get("unit")
    return Calendar(
        helper.account.name if helper is not None and helper.account is not None else "",
        unit.organisation.name if unit is not None and unit.organisation is not None else "",
        _past(cases, mine), _coming([case for case in cases.values() if case.closed is None], now),
    )  # fmt: skip


def _named(case: Case) -> Iterable[Party]:
    return Party.objects.filter(case=case).select_related("account", "organisation")


def _past(cases: Mapping[uuid.UUID, Case], mine: set[uuid.UUID]) -> tuple[Visit, ...]:
    annulled = {
        (row.case_id, folding.said(row)["annuls"])
        for row in Entry.objects.filter(case__in=cases, kind=folding.ANNUL)
    }  # fmt: skip
    rows = Entry.objects.filter(case__in=cases, kind=folding.ACT, act__in=VISITS).select_related("account", "post")
    found = []
    for row in rows.order_by("-happened")[:_MOST]:
        if row.case_id is None or (row.case_id, row.n) in annulled:
            continue
        case = cases[row.case_id]
        found.append(
            Visit(
                case.pk if case.pk in mine else None, case.number if case.pk in mine else "",
                editions.of_entry(row).acts[row.act].label, row.account.name if row.account else "",
                row.post.title if row.post else "", row.happened, row.received,
            )
        )  # fmt: skip
    return tuple(found)


def _coming(cases: Sequence[Case], now: datetime) -> tuple[Coming, ...]:
    laws = {case.pk: editions.pinned(case.edition_id) for case in cases}
    rows = Turn.objects.filter(case__in=laws).select_related("case", "owes_account", "owes_organisation")
    wanted = [row for row in rows if _is_visit(laws[row.case_id], row.clock)]
    posts = shown.posts_in_words(
        key for row in wanted if (key := shown.post_key(f"{row.owes_role}@{row.owes_level}", row.case.area_path))
    )
    found = []
    for row in sorted(wanted, key=lambda row: (row.red_at is None, row.red_at or now)):
        party = row.owes_account or row.owes_organisation
        key = shown.post_key(f"{row.owes_role}@{row.owes_level}", row.case.area_path)
        who = posts.get(key, Text("", "")) if key is not None else Text("", "")
        if party is not None:
            who = Text(party.name, party.name)
        label = laws[row.case_id].clocks[row.clock].label
        found.append(Coming(label, who, row.red_at, shown.colour(row, now)))
    return tuple(found)


def _is_visit(law: Ledger, clock: str) -> bool:
    """Whether a clock waits for somebody to go to the home."""
    return clock in law.clocks and clock in VISITS


# --- the helper's households --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Helped:
    """One household of a helper: when they were there last, who else was, and by when they have to go again."""

    case: uuid.UUID
    household: uuid.UUID
    number: str
    n: int
    subject: Subject
    phone: str  # masked
    last: datetime | None  # this helper's last visit, or that of the helper before
    other: tuple[datetime, str] | None  # the latest visit of somebody else
    until: datetime | None
    light: Colour
    answered: bool  # the six answers are known, so that nothing changed is one step
    unmet: tuple[Text, ...]  # basic needs that are not met


def caseload(actor: access.Actor, now: datetime) -> tuple[Helped, ...]:
    """The households that the actor helps in person, by the nearest deadline; about eight queries."""
    if actor.account is None or not access.posts_with(actor, access.HELPING):
        return ()
    mine = Party.objects.filter(account=actor.account, field="helper", case__ledger=PAIRS, case__closed=None)
    cases = list(access.cases_for(actor).filter(pk__in=mine.values("case")))
    homes = {case.household_id: case for case in cases if case.household_id is not None}
    named = shown.subjects(cases, days.day_of(now))
    turns = {row.case_id: row for row in Turn.objects.filter(case__in=cases, clock="visit")}
    went = _went(homes, actor)
    phones = _phones(homes, days.day_of(now))
    found = []
    for home, case in homes.items():
        law, turn = editions.pinned(case.edition_id), turns.get(case.pk)
        own, other = went.get((home, "own")), went.get((home, "other"))
        found.append(
            Helped(
                case.pk, home, case.number, case.n, named[case.pk], phones.get(home, ""), own[0] if own else None, other,
                turn.red_at if turn else None, shown.colour(turn, now) if turn else "green",
                all(case.data.get(key) is not None for key in _ANSWERS),
                tuple(law.fields[key].label for key in _ANSWERS if case.data.get(key) is False),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.until is None, one.until or now, one.number)))


Whose = Literal["own", "other"]


def _went(homes: Mapping[uuid.UUID, Case], actor: access.Actor) -> dict[tuple[uuid.UUID, Whose], tuple[datetime, str]]:
    """The latest visit to each household by this person, and by anybody else: when and by whom."""
    rows = Entry.objects.filter(case__household__in=homes, kind=folding.ACT, act__in=VISITS)
    found: dict[tuple[uuid.UUID, Whose], tuple[datetime, str]] = {}
    told = rows.order_by("-happened").values_list("case__household", "account", "account__name", "happened")
    for home, account, name, happened in told:
        if home is not None:
            whose: Whose = "own" if account == actor.account else "other"
            found.setdefault((home, whose), (happened, name or ""))
    return found


def _phones(homes: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, str]:
    """The head's telephone of each household, its middle covered."""
    heads = profiles.head_ids(homes, day)
    people = profiles.people(heads.values(), day)
    return {home: profiles.masked_phone(people[head].phone) for home, head in heads.items() if head in people}
