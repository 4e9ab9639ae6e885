"""The screening workbench: what `core.queries` counts, beside the names that feeds and rules have in the library."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from taizhang.core import access
from taizhang.core.models import Run
from taizhang.core.moves import imports
from taizhang.core.queries import feeds, screening
from taizhang.core.queries import runs as past_runs
from taizhang.core.queries.feeds import BatchRow, PairRow, RunRow, TakenBack
from taizhang.core.queries.screening import AlertRow, Alerts, Sight, Source
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger.policies import Policy
from taizhang.screen import explain as explaining
from taizhang.screen.rules import Rule
from taizhang.work import declared, deliveries, harvest
from taizhang.work.deliveries import Delivery

Filters = screening.Filters


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One feed: whose it is, what came last, what is owed."""

    feed: str
    label: Text
    owner: tuple[str, ...]
    last: BatchRow | None
    owed: Delivery | None  # the present period; None: sent when asked for
    received: int  # of the last batch
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: how many it hit in the last run, and how often its alerts were right."""

    rule: str
    label: Text
    department: str
    basis: str
    hits: int | None  # in the last run; None: it was not asked
    alerts: int
    visits: int
    answered: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A rule that the last run could not ask, and why."""

    rule: str
    text: Text


@dataclass(frozen=True)
class Workbench:
    """Everything that the first page of screening shows; a department finds its own feeds and rules in it."""

    everything: bool
    last: RunRow | None
    feeds: tuple[FeedLine, ...]
    rules: tuple[RuleLine, ...]
    not_evaluated: tuple[Missed, ...]
    levels: Mapping[str, int]  # alerts still being looked at, by level
    pairs: int  # on the link desk
    late: int  # feeds whose light is red


def workbench(actor: access.Actor, now: datetime) -> Workbench:
    """The first page of screening. Raises Refusal("not_allowed")."""
    seen = screening.sight(actor)
    past = feeds.runs(actor, limit=1)
    lines = _feed_lines(seen, now)
    newest = past_runs.newest()
    rules = _rule_lines(seen, newest)
    missed = tuple(
        Missed(str(one["rule"]), Text(str(one["sentence"]), str(one["sentence_en"])))
        for one in (newest.not_evaluated if newest else [])
        if str(one["rule"]) in {line.rule for line in rules}
    )
    return Workbench(
        seen.everything, past[0] if past else None, lines, rules, missed, screening.levels() if seen.everything else {},
        feeds.waiting() if seen.everything else 0, sum(line.owed is not None and line.owed.light == "red" for line in lines),
    )  # fmt: skip


def _feed_lines(seen: Sight, now: datetime) -> tuple[FeedLine, ...]:
    newest = feeds.latest(seen)
    lines = []
    for name, spec in declared.feeds().items():
        if name == declared.AREAS or not seen.covers(spec.owner):
            continue
        last = newest.get(name)
        counts = (last.received, last.accepted, last.rejected) if last else (0, 0, 0)
        lines.append(FeedLine(name, spec.label, spec.owner, last, deliveries.present(spec, now), *counts))
    return tuple(lines)


def _rule_lines(seen: Sight, newest: Run | None) -> tuple[RuleLine, ...]:
    mine = [name for name in declared.rulebook().rules if name in rules_of(seen)]
    yields = screening.yields(mine)
    hits = newest.hits if newest else {}
    lines = []
    for name in mine:
        rule, found = declared.rulebook().rules[name], yields[name]
        lines.append(
            RuleLine(
                name, rule.label, rule.department, rule.basis, hits.get(name), found.alerts, found.visits, found.answered,
                found.confirmed,
            )
        )  # fmt: skip
    return tuple(lines)


def rules_of(seen: Sight) -> tuple[str, ...]:
    """The rules that somebody sees: all, or those of the own departments."""
    return tuple(name for name, rule in declared.rulebook().rules.items() if seen.covers([rule.department]))


def rule(name: str) -> Rule:
    """A rule as the library declares it. Raises NotFound."""
    found = declared.rulebook().rules.get(name)
    if found is None:
        raise NotFound(Text("这条规则", "This rule"))
    return found


def policy(name: str) -> Policy | None:
    """A policy number as the library declares it."""
    return declared.rulebook().policies.get(name)


# --- alerts -----------------------------------------------------------------------------------------------------------


def alerts(actor: access.Actor, filters: Filters, now: datetime) -> Alerts:
    """A page of alerts, red before yellow. Raises Refusal("not_allowed")."""
    return screening.alerts(actor, filters, now, rules=rules_of(screening.sight(actor)))


def alert(actor: access.Actor, digest: str, now: datetime) -> AlertRow:
    """One alert with its figures and the rows behind it. Raises NotFound."""
    return screening.alert(actor, digest, now, rules=rules_of(screening.sight(actor)))


def rows_behind(actor: access.Actor, digest: str, now: datetime) -> tuple[Source, ...]:
    """The rows that an alert rests on, with file and row number; a department sees its own. Raises NotFound."""
    return alert(actor, digest, now).rows


def reason_told(actor: access.Actor, digest: str) -> str:
    """The reason that goes to the sender with “no risk found”. Raises NotFound."""
    return screening.reason_told(actor, digest, rules=rules_of(screening.sight(actor)))


# --- one household ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Behind:
    """A row behind a rule, by the batch it came in and the name that its sender gave the file."""

    row: explaining.SourceRow
    batch: uuid.UUID
    number: str
    file: str


@dataclass(frozen=True)
class Explained:
    """What every rule says about a household on a day, and the rows by their batches."""

    household: uuid.UUID
    day: date
    answers: tuple[explaining.Answer, ...]
    rows: Mapping[str, tuple[Behind, ...]]  # by rule
    kind: str = ""
    members: int = 0
    residents: int = 0


def explain(actor: access.Actor, household_id: uuid.UUID | str, day: date) -> Explained:
    """Ask every rule about one household of the register, with near misses and rows, without recording anything.

    Raises NotFound for a hidden household, Refusal("not_allowed").
    """
    if not screening.sight(actor).everything:
        raise NotFound(Text("这一户", "This household"))
    home = access.household_for(actor, household_id)
    inputs = harvest.gather(day)
    with harvest.prepared(inputs) as ready:
        told = explaining.explain(ready.machine, ready.linked, declared.feeds(), inputs.book, str(home.pk), day)
    batches = {(batch.feed, batch.sequence): batch for batch in inputs.batches}
    names = imports.sent_names(inputs.batches)

    def named(row: explaining.SourceRow) -> Behind:
        batch = batches[row.feed, row.line >> harvest.LINE_BITS]
        return Behind(row, batch.pk, batch.number, names[batch.pk].get(row.file, row.file))

    rows = {one.rule: tuple(named(row) for row in one.rows) for one in told.answers}
    answers = tuple(
        replace(one, rows=tuple(replace(row.row, file=f"{row.number} {row.file}") for row in rows[one.rule]))
        for one in told.answers
    )
    return Explained(home.pk, day, answers, rows, told.kind, told.members, told.residents)


# --- the other pages --------------------------------------------------------------------------------------------------


def batches(actor: access.Actor, *, feed: str = "", page: int = 1) -> tuple[tuple[BatchRow, ...], int]:
    """A page of imports and how many pages there are."""
    return feeds.batches(actor, feed=feed, page=page)


def batch(actor: access.Actor, batch_id: uuid.UUID | str) -> BatchRow:
    """One import: the sender's receipt. Raises NotFound."""
    return feeds.batch(actor, batch_id)


def withdrawal(actor: access.Actor, batch_id: uuid.UUID | str) -> TakenBack | None:
    """How an import was taken back; None while it stands. Raises NotFound."""
    return feeds.withdrawal(actor, batch_id)


def runs(actor: access.Actor) -> tuple[RunRow, ...]:
    """The runs, the latest first."""
    return feeds.runs(actor)


def run(actor: access.Actor, digest: str) -> RunRow:
    """One run. Raises NotFound."""
    return feeds.run(actor, digest)


def links(
    actor: access.Actor, now: datetime, *, which: feeds.Which = "waiting", page: int = 1
) -> tuple[tuple[PairRow, ...], int]:
    """A page of the link desk and how many pages there are. Raises Refusal("not_allowed")."""
    return feeds.pairs(actor, now, which=which, page=page)


def may_send(actor: access.Actor) -> tuple[tuple[str, Text], ...]:
    """The feeds that the actor may import, with their names."""
    if actor.is_own_hand or any(held.role == "lead" for held in access.posts_with(actor, "feeds.import")):
        return tuple((name, spec.label) for name, spec in declared.feeds().items() if name != declared.AREAS)
    if not access.posts_with(actor, "feeds.import"):
        return ()
    seen = screening.sight(actor)
    return tuple((name, spec.label) for name, spec in declared.feeds().items() if seen.covers(spec.owner))
