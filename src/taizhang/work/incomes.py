"""A reckoning of income, prepared and sent: what departments and the site's own records know, so that nobody asks twice.

What is known is looked up anew when the reckoning is sent; the page never tells the server what a department said.
"""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import access, enrolled, numbers, reckoning, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Batch
from taizhang.core.moves import cases
from taizhang.core.queries import forms, incomes, runs
from taizhang.core.queries.incomes import LEDGER
from taizhang.core.reckoning import Kind, Line
from taizhang.core.subjects import members_on
from taizhang.kit import days, money
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.work import declared
from taizhang.work.feeding import SCRATCH

_LINE_BITS: Final = 44  # of a row's line: what lies above is the sequence of its batch


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person wrote beside one kind of income: fen (None: left empty) and why."""

    amount: int | None
    note: str = ""


@dataclass(frozen=True)
class Offer:
    """Everything that the form of a reckoning shows before anything is typed."""

    household: uuid.UUID
    begins: date
    ends: date
    persons: int
    kinds: Mapping[str, Kind]
    ratios: Mapping[str, int]  # percent, by the name of the policy number
    known: Mapping[str, tuple[Line, ...]]  # by kind: what is known of it, fen
    hints: tuple[Text, ...]  # what departments say without an amount
    line: int | None  # fen per head, in force today
    correcting: incomes.Open | None = None

    def first(self, kind: str) -> int | None:
        """What stands in the field of a kind at first: the reckoning that is corrected, else the sum of what is known."""
        if self.correcting is not None:
            there = [one.amount for one in self.correcting.lines if one.kind == kind and one.origin != "default"]
            return sum(there) if there else None
        lines = self.known.get(kind)
        return sum(line.amount for line in lines) if lines else None

    def noted(self, kind: str) -> str:
        """What was written beside a kind in the reckoning that is corrected."""
        lines = self.correcting.lines if self.correcting is not None else ()
        return next((line.note for line in lines if line.kind == kind and line.note), "")


def offer(actor: access.Actor, household: uuid.UUID, now: datetime) -> Offer:
    """What is known for a new reckoning. Raises NotFound unless the actor may reckon this household's income."""
    forms.to_open(actor, LEDGER, "reckon", str(household), now)
    day = days.day_of(now)
    begins, ends = reckoning.window(day)
    return _offer(actor, household, begins, ends, len(members_on(household, day)), day)


def again(actor: access.Actor, case_id: uuid.UUID, now: datetime) -> Offer:
    """The same for a reckoning that is to be corrected. Raises NotFound."""
    there = incomes.opened(actor, case_id, now)
    made = _offer(actor, there.household, there.begins, there.ends, there.persons, days.day_of(now))
    return replace(made, correcting=there)


def _offer(actor: access.Actor, household: uuid.UUID, begins: date, ends: date, persons: int, day: date) -> Offer:
    path = access.household_for(actor, household).area_path
    tree = incomes.kinds(day)
    lines, hints = sent(household, begins, ends)
    known: dict[str, tuple[Line, ...]] = {}
    for line in (*incomes.paid(actor, household, begins, ends), *lines):
        known[line.kind] = (*known.get(line.kind, ()), line)
    limit = numbers.policy("income_line", path, day)
    return Offer(
        household, begins, ends, max(1, persons), tree, incomes.ratios(path, day), known, hints,
        limit if isinstance(limit, int) else None,
    )  # fmt: skip


# --- what departments sent ----------------------------------------------------------------------------------------------


# Feeds with amounts: the kind of income, the column that is summed, and its day.
_SUMMED: Final = (
    ("medical", "SELF_PAID", "self_paid", "visited_on"),
    ("loans", "ASIDE_LOAN", "amount", "lent_on"),
)


def sent(household: uuid.UUID, begins: date, ends: date) -> tuple[tuple[Line, ...], tuple[Text, ...]]:
    """What the feeds say of a household's members in a window: lines with amounts, and sentences where there is none."""
    people = enrolled.keys(members_on(household, ends))
    lines: list[Line] = []
    hints: list[Text] = []
    with _reading() as machine:
        for feed, kind, column, day in _SUMMED:
            rows = [row for row in _rows(machine, feed, people, (day, column)) if begins <= row.values[day] <= ends]
            if (total := sum(row.values[column] for row in rows)) > 0:  # reversals are negative rows
                last = max(row.values[day] for row in rows)
                lines.append(Line(kind, total, "department", _basis(feed, rows), last))
        for row in _rows(machine, "relief", people, ("kind", "since", "until")):
            kind, since, until = (row.values[name] for name in ("kind", "since", "until"))
            if since <= ends and (until is None or until >= begins):
                hints.append(_hint("relief", row, f"{kind}，{since:%Y-%m}起", f"{kind} since {since:%Y-%m}"))
        for row in _rows(machine, "employment", people, ("state", "month")):
            state, month = row.values["state"] or "参保", row.values["month"]
            if begins <= month <= ends:
                told = Text(f"{state}，最近参保{month:%Y-%m}", f"{state}, insured at work until {month:%Y-%m}")
                hints.append(_hint("employment", row, *told))
    lines += _stated(household, begins, ends, hints)
    return tuple(lines), tuple(hints)


@dataclass(frozen=True)
class _Row:
    values: Mapping[str, Any]
    batch: str  # its number


@contextmanager
def _reading() -> Iterator[DuckEngine]:
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    machine = engines.open_engine("duckdb", [vault.folder()], scratch=place)
    try:
        yield machine
    finally:
        machine.close()
        shutil.rmtree(place, ignore_errors=True)


def _rows(machine: DuckEngine, feed: str, people: Sequence[str], columns: Sequence[str]) -> list[_Row]:
    """The kept rows of a feed about some people, each statement once; `columns` are declared ones of the feed."""
    batches = [batch for batch in runs.batches() if batch.feed == feed]
    paths = [path for batch in batches if (path := _path(batch)).is_file()]
    if not paths or not people:
        return []
    numbered = {batch.sequence: batch.number for batch in batches}
    among = ", ".join(literal(key) for key in people)
    found = machine.rows(
        f"SELECT {', '.join(columns)}, line FROM {parquet(paths)} WHERE person IN ({among}) "  # noqa: S608
        "QUALIFY row_number() OVER (PARTITION BY mark ORDER BY line) = 1 ORDER BY line"
    )
    return [
        _Row(dict(zip(columns, row[:-1], strict=True)), numbered.get(int(row[-1]) >> _LINE_BITS, "")) for row in found
    ]


def _path(batch: Batch) -> Any:
    return vault.folder().absolute() / batch.folder / "rows.parquet"


def _basis(feed: str, rows: Sequence[_Row]) -> str:
    batches = "、".join(dict.fromkeys(row.batch for row in rows))
    return f"{declared.feed(feed).zh} {batches}，{len(rows)}行"


def _hint(feed: str, row: _Row, zh: str, en: str) -> Text:
    spec = declared.feed(feed)
    return Text(f"{'、'.join(spec.owner)}（{spec.zh} {row.batch}）：{zh}", f"{spec.en} {row.batch}: {en}")


def _stated(household: uuid.UUID, begins: date, ends: date, hints: list[Text]) -> Iterator[Line]:
    """What a department's own reckoning of the same window says, as a sentence to compare with; its claims as a line."""
    for one in incomes.stated(household):
        if one.begins > ends or one.ends < begins:
            continue
        parts = [(label, one.amounts.get(key)) for key, label in _STATED]
        told = "，".join(f"{label} {money.show(amount)}" for label, amount in parts if amount)
        hints.append(
            Text(
                f"部门核算 {one.begins:%Y-%m} 至 {one.ends:%Y-%m}（{one.batch}）：{told}元",
                f"A department's reckoning of {one.begins:%Y-%m} to {one.ends:%Y-%m} ({one.batch}) is there to compare with",
            )
        )
        if one.amounts.get("claims"):
            yield Line("CLAIMS", one.amounts["claims"], "department", f"家庭收入核算 {one.batch}", one.ends)


_STATED: Final = (
    ("wage", "工资"), ("business", "经营"), ("property", "财产"), ("transfer", "转移"), ("cost", "支出"),
)  # fmt: skip


# --- sending ------------------------------------------------------------------------------------------------------------


def lines(offered: Offer, answers: Mapping[str, Answer]) -> tuple[Line, ...]:
    """The complete lines of a reckoning from what was answered. Raises Refusal where a known figure was changed without a word.

    Where the answer is the sum of what is known, its lines stand as they are; else one line says what was known.
    """
    made: list[Line] = []
    for kind in offered.kinds:
        answer, known = answers.get(kind, Answer(None)), offered.known.get(kind, ())
        total = sum(line.amount for line in known)
        if known and answer.amount == total:
            made += [replace(line, note=answer.note) for line in known]
        elif known:
            basis = "；".join(line.basis for line in known)
            made.append(Line(kind, answer.amount or 0, "asked", basis, known[-1].day, total, answer.note))
        elif answer.amount is not None and (answer.amount or kind.startswith("COST_")):
            made.append(Line(kind, answer.amount, "asked", note=answer.note))
    if silent := reckoning.unexplained(made):
        names = "、".join(offered.kinds[line.kind].label.zh for line in silent)
        raise Refusal(
            "unexplained",
            Text(
                f"与已有数据不同，请写明理由：{names}。",
                "Say why these differ from what is known: " + ", ".join(offered.kinds[line.kind].label.en for line in silent),
            ),
            details={"kinds": [line.kind for line in silent]},
        )  # fmt: skip
    return reckoning.complete(made, offered.kinds, offered.ratios)


def reckon(
    actor: access.Actor,
    household: uuid.UUID,
    answers: Mapping[str, Answer],
    *,
    purpose: str,
    persons: int,
    clock: Clock,
    key: uuid.UUID | None = None,
) -> cases.Acted:
    """Send a reckoning. Raises NotFound, loop.Refused or another Refusal; then nothing was changed."""
    offered = offer(actor, household, clock.now())
    given = {
        "purpose": purpose, "begins": offered.begins.isoformat(), "ends": offered.ends.isoformat(), "persons": persons,
        "lines": incomes.rows_of(lines(offered, answers)),
    }  # fmt: skip
    return cases.open_case(actor, LEDGER, "reckon", subject=household, given=given, clock=clock, key=key)


def correct(
    actor: access.Actor,
    case_id: uuid.UUID,
    answers: Mapping[str, Answer],
    *,
    persons: int,
    reason: str,
    clock: Clock,
    expect: int | None = None,
    key: uuid.UUID | None = None,
) -> cases.Acted:
    """Send the correction of a reckoning, with its reason. Raises as `reckon`."""
    offered = again(actor, case_id, clock.now())
    given = {"persons": persons, "lines": incomes.rows_of(lines(offered, answers)), "reason": reason}
    if offered.correcting is None:
        raise NotFound(Text("这次核算", "This reckoning"))
    return cases.act(actor, case_id, "correct", given=given, expect=expect, clock=clock, key=key)
