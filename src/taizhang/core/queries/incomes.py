"""Incomes of a household: its reckonings beside their lines, and what the site's own records know of a window."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import access, editions, folding, numbers, profiles, reckoning, subjects
from taizhang.core.models import Case, Entry, Household, Income
from taizhang.core.reckoning import Kind, Line
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

LEDGER: Final = "income"
CATALOGUE: Final = "income_kinds"
_HELP: Final = "assistance"
_REST: Final = "ASIDE_PURPOSE"  # payments of help that no kind of income names are bound to their purpose
_MONEY: Final[Mapping[str, str]] = {"pay": "amount", "enrol": "amount", "earn": "earned"}


@dataclass(frozen=True, slots=True)
class Told:
    """One reckoning: its window, its totals, the line of its day, and whose it is."""

    income: uuid.UUID
    begins: date
    ends: date
    found: reckoning.Reckoned
    shared: bool  # whether it is known among how many it is shared
    line: int | None  # fen per head; None while nobody has published one
    purpose: Text | None  # None for a department's file
    who: str  # who reckoned it, or the number of the batch it came in
    confirmed_by: str
    confirmed: bool
    case: uuid.UUID | None

    @property
    def above(self) -> bool | None:
        """Whether it lies above its line; None where that cannot be said."""
        return self.found.above(self.line) if self.line is not None and self.shared else None


def history(home: Household) -> tuple[Told, ...]:
    """Every reckoning that stands, the earliest first. Persons are those it names, else the registered of its last day."""
    known = purposes()
    found = []
    for one in sorted(profiles.incomes(home.pk), key=lambda one: (one.ends, one.begins)):
        persons = one.persons or len(subjects.members_on(home.pk, one.ends))
        totals = {group: one.amounts.get(group, 0) for group in reckoning.GROUPS}
        line = one.line if one.line is not None else numbers.policy("income_line", home.area_path, one.ends)
        found.append(
            Told(
                one.row.pk, one.begins, one.ends, reckoning.Reckoned(totals, persons or 1), bool(persons),
                line if isinstance(line, int) else None, known.get(one.purpose), _who(one.row),
                _name(one.row.confirmed), one.confirmed, one.row.case_id,
            )
        )  # fmt: skip
    return tuple(found)


def purposes() -> Mapping[str, Text]:
    """What a reckoning may be for, as the ledger in force names it."""
    law = editions.current_all().get(LEDGER)
    return {key: choice.label for key, choice in law.fields["purpose"].choices.items()} if law else {}


def _who(row: Income) -> str:
    return row.batch.number if row.batch is not None else _name(row.entry)


def _name(entry: Entry | None) -> str:
    return entry.account.name if entry is not None and entry.account is not None else ""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a department's file says of a household's income: fen by kind."""

    begins: date
    ends: date
    amounts: Mapping[str, int]
    batch: str  # its number


def stated(household: uuid.UUID) -> tuple[Stated, ...]:
    """The reckonings that came in departments' files, the latest first."""
    return tuple(
        Stated(one.begins, one.ends, one.amounts, one.row.batch.number)
        for one in profiles.incomes(household)
        if one.row.batch is not None
    )


def kinds(day: date) -> dict[str, Kind]:
    """The tree of income kinds in force on a day."""
    return reckoning.kinds_of(editions.library().catalogues[CATALOGUE].in_force(day))


def ratios(path: str, day: date) -> dict[str, int]:
    """The cost ratios in force for an area on a day, percent, by the name of the policy number."""
    named = {kind.ratio for kind in kinds(day).values() if kind.ratio}
    values = {name: numbers.policy(name, path, day) for name in named}
    return {name: value for name, value in values.items() if isinstance(value, int)}


# --- what is known already --------------------------------------------------------------------------------------------


def paid(actor: access.Actor, household: uuid.UUID, begins: date, ends: date) -> tuple[Line, ...]:
    """What the ledger of help measures has paid or brought a household in a window: one line per measure and kind.

    A payment counts on the day it was made; a monthly subsidy for the months it is for. Only measures that the actor
    may see are read.
    """
    tree = kinds(ends)
    found: dict[tuple[str, uuid.UUID], list[tuple[int, date]]] = {}
    cases = {case.pk: case for case in access.cases_for(actor).filter(household=household, ledger=_HELP)}
    for case in cases.values():
        for act, amount, day, months in _payments(case):
            amount = amount if months is None else _within(amount, months, begins, ends)
            if amount and (months is not None or begins <= day <= ends):
                kind = _kind(tree, str(case.data.get("item", "")), earned=act == "earn")
                found.setdefault((kind, case.pk), []).append((amount, day))
    label = editions.library().catalogues["measure_items"].label
    return tuple(
        Line(
            kind, sum(amount for amount, _ in payments), "record",
            f"{cases[case].number} {label(str(cases[case].data.get('item', ''))).zh}，{len(payments)}笔",
            max(day for _, day in payments),
        )
        for (kind, case), payments in found.items()
    )  # fmt: skip


def _within(amount: int, months: Sequence[date], begins: date, ends: date) -> int:
    """The part of a payment for some months that falls into a window; months by their first days."""
    return amount * sum(begins <= month <= ends for month in months) // len(months)


def _payments(case: Case) -> list[tuple[str, int, date, tuple[date, ...] | None]]:
    """What a measure has paid or brought: act, fen, day, and the months it is for, if it says so. Not what was withdrawn."""
    written = folding.bodies(case)
    gone = {body["says"]["annuls"] for body in written if body["kind"] == folding.ANNUL}
    made = []
    for body in written:
        fields: Mapping[str, Any] = body["says"].get("fields") or {}
        day = days.day_of(folding.instant(body["happened"]))
        if body["kind"] != folding.ACT or body["n"] in gone:
            continue
        if isinstance(fields.get(_MONEY.get(body["act"], "")), int):
            made.append((body["act"], fields[_MONEY[body["act"]]], day, _months(fields)))
        if body["act"] == "enrol" and isinstance(fields.get("earned"), int):
            made.append(("earn", fields["earned"], day, None))
    return made


def _months(fields: Mapping[str, Any]) -> tuple[date, ...] | None:
    """The months that a payment is for, by their first days."""
    since, count = fields.get("since"), fields.get("months")
    if not since or not count:
        return None
    first = date.fromisoformat(since).replace(day=1)
    return tuple(days.add_months(first, number) for number in range(count))


def _kind(tree: Mapping[str, Kind], item: str, *, earned: bool) -> str:
    named = (kind.code for kind in tree.values() if item in (kind.earns if earned else kind.measures))
    return next(named, "TRANSFER_OTHER" if earned else _REST)


# --- one reckoning ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """A reckoning of the ledger `income` as it stands: for the form that corrects it."""

    case: uuid.UUID
    household: uuid.UUID
    n: int
    purpose: str
    begins: date
    ends: date
    persons: int
    lines: tuple[Line, ...]
    reason: str  # why it was sent back


def opened(actor: access.Actor, case_id: uuid.UUID | str, now: datetime) -> Open:
    """A reckoning that the actor may correct. Raises NotFound."""
    case = access.case_for(actor, case_id)
    law = editions.pinned(case.edition_id)
    if (
        case.ledger != LEDGER
        or case.household_id is None
        or access.hats(actor, case).for_act(law.acts["correct"].by) is None
        or case.stage not in law.acts["correct"].from_
    ):
        raise NotFound(Text("这次核算", "This reckoning"))
    values = folding.state(case, law, now).fields
    return Open(
        case.pk, case.household_id, case.n, values["purpose"], date.fromisoformat(values["begins"]),
        date.fromisoformat(values["ends"]), values["persons"], lines_of(values["lines"]), values.get("reason", ""),
    )  # fmt: skip


def lines_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """The rows of the field `lines` as lines."""
    return tuple(
        Line(
            row["kind"], row["amount"], row["origin"], row.get("basis", ""),
            date.fromisoformat(row["day"]) if row.get("day") else None, row.get("known"), row.get("note", ""),
        )
        for row in rows
    )  # fmt: skip


def rows_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines as typed rows of the field `lines`; what is empty is left out."""
    return [
        {
            "kind": line.kind, "amount": line.amount, "origin": line.origin,
            **({"basis": line.basis} if line.basis else {}), **({"day": line.day.isoformat()} if line.day else {}),
            **({"known": line.known} if line.known is not None else {}), **({"note": line.note} if line.note else {}),
        }
        for line in lines
    ]  # fmt: skip
