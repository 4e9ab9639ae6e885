"""What departments have sent and owe, what was withdrawn, what runs there were, and the link desk."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from django.db.models import QuerySet

from taizhang.core import access, folding, profiles, seals
from taizhang.core.models import Account, Batch, Entry, Membership, Organisation, Pair, Run
from taizhang.core.moves import imports, links
from taizhang.core.queries.screening import Sight, sight
from taizhang.kit import days, idnumber
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

PAGE: Final = 100
PAIRS: Final = 20
Which = Literal["waiting", "decided", "sure"]


# --- what came --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch that came and stands."""

    feed: str
    period: str  # as its sender said; empty: that of its day
    on: date
    batch: uuid.UUID
    rows: int  # accepted


def arrivals(wanted: Sequence[str]) -> tuple[Arrival, ...]:
    """What came of some feeds and was not withdrawn, the earliest first. Asks for no rights."""
    rows = Batch.objects.filter(feed__in=wanted, withdrawn_at=None).order_by("received_at", "sequence")
    told = rows.values_list("feed", "period", "received_at", "pk", "accepted")
    return tuple(Arrival(feed, period, days.day_of(at), pk, accepted) for feed, period, at, pk, accepted in told)


def departments(posts: Sequence[access.Held]) -> frozenset[str]:
    """The departments of posts, by the short names that feeds use."""
    mine = {held.organisation for held in posts if held.organisation is not None}
    return frozenset(Organisation.objects.filter(pk__in=mine).exclude(short="").values_list("short", flat=True))


# --- batches ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One import."""

    id: uuid.UUID
    number: str
    feed: str
    received: int
    accepted: int
    rejected: int
    linked: int
    doubtful: int
    unknown: int
    at: datetime
    by: str
    organisation: str
    files: tuple[str, ...]
    withdrawn: datetime | None
    rejects_kept: bool  # the file of rejected rows can still be had
    alerts: int


def batches(actor: access.Actor, *, feed: str = "", page: int = 1) -> tuple[tuple[BatchRow, ...], int]:
    """A page of batches, the latest first, and how many pages there are; a department sees its own."""
    wanted = _seen(sight(actor))
    if feed:
        wanted = wanted.filter(feed=feed)
    pages = max(1, -(-wanted.count() // PAGE))
    at = (min(max(1, page), pages) - 1) * PAGE
    return _batch_rows(list(wanted[at : at + PAGE])), pages


def batch(actor: access.Actor, batch_id: uuid.UUID | str) -> BatchRow:
    """One batch: the sender's receipt. Raises NotFound, also where it is hidden."""
    row, _ = imports.batch_for(actor, batch_id, "feeds.read")
    return _batch_rows([Batch.objects.select_related("account", "organisation").get(pk=row.pk)])[0]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How a batch was taken back: who, when, why, and what it changed."""

    by: str
    at: datetime
    reason: str
    fallen: int
    restated: int
    register: Mapping[str, int]


def withdrawal(actor: access.Actor, batch_id: uuid.UUID | str) -> TakenBack | None:
    """How a batch was taken back; None while it stands. Raises NotFound, also where it is hidden."""
    row, _ = imports.batch_for(actor, batch_id, "feeds.read")
    if row.withdrawal_id is None:
        return None
    entry = Entry.objects.select_related("account").get(pk=row.withdrawal_id)
    says = folding.said(entry)
    reason = seals.read([says["reason"]])[says["reason"]["sealed"]]
    by = entry.account.name if entry.account else ""
    counts = {name: n for name, n in says["register"].items() if n}
    return TakenBack(by, entry.received, str(reason or ""), len(says["fallen"]), len(says["restated"]), counts)


def latest(seen: Sight) -> dict[str, BatchRow]:
    """The latest batch of each feed that was not withdrawn."""
    newest: dict[str, Batch] = {}
    for row in _seen(seen).filter(withdrawn_at=None).order_by("received_at", "sequence"):
        newest[row.feed] = row
    return {row.feed: row for row in _batch_rows(list(newest.values()))}


def _seen(seen: Sight) -> QuerySet[Batch]:
    rows = Batch.objects.select_related("account", "organisation").order_by("-received_at", "-number")
    return rows if seen.everything else rows.filter(organisation__in=seen.organisations)


def _batch_rows(rows: Sequence[Batch]) -> tuple[BatchRow, ...]:
    names = imports.sent_names(rows)
    return tuple(
        BatchRow(
            row.pk, row.number, row.feed, row.received, row.accepted, row.rejected, row.linked, row.doubtful, row.unknown,
            row.received_at, row.account.name if row.account else "", row.organisation.name if row.organisation else "",
            tuple(names[row.pk].values()), row.withdrawn_at, row.rejected > 0 and row.files_gone_at is None, row.supports.count(),
        )
        for row in rows
    )  # fmt: skip


# --- runs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunRow:
    """One screening."""

    digest: str
    day: date
    started: datetime
    seconds: float
    hits: Mapping[str, int]
    found: int
    not_evaluated: tuple[Mapping[str, Any], ...]
    landed: datetime | None
    by: str
    inputs: Mapping[str, Any]


def runs(actor: access.Actor, limit: int = PAGE) -> tuple[RunRow, ...]:
    """The runs, the latest first; for a department with the counts of nothing but the run itself (see `Sight`)."""
    seen = sight(actor)
    rows = Run.objects.select_related("account").order_by("-started", "-entry__seq")[:limit]
    return tuple(_run(row, seen) for row in rows)


def run(actor: access.Actor, digest: str) -> RunRow:
    """One run. Raises NotFound."""
    seen = sight(actor)
    row = Run.objects.select_related("account").filter(pk=digest).first()
    if row is None:
        raise NotFound(Text("这次筛查", "This run"))
    return _run(row, seen)


def _run(row: Run, seen: Sight) -> RunRow:
    by = row.account.name if isinstance(row.account, Account) else ""
    everything = seen.everything
    return RunRow(
        row.digest, row.day, row.started, row.seconds, row.hits if everything else {}, row.found if everything else 0,
        tuple(row.not_evaluated) if everything else (), row.landed, by, row.inputs if everything else {},
    )  # fmt: skip


# --- the link desk ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """What one column says of a pair; `bits` (doublings of the odds, for or against) where a model weighs it."""

    column: Text
    answer: Text
    bits: float | None


@dataclass(frozen=True, slots=True)
class PairRow:
    """A doubtful row beside the resident it may mean, both masked."""

    id: uuid.UUID
    feed: str
    number: str  # of the batch
    file: str
    row: int
    rows: int
    how: str
    score: float
    differs: bool
    band: str
    row_number: str
    row_name: str
    resident: uuid.UUID
    number_there: str
    name_there: str
    apart: Text  # where the two numbers differ, all else being covered
    decided: datetime | None
    reasons: tuple[Reason, ...]  # what each column says


def pairs(
    actor: access.Actor, now: datetime, *, which: Which = "waiting", page: int = 1
) -> tuple[tuple[PairRow, ...], int]:
    """A page of the link desk and how many pages there are: pairs that wait, that are decided, or that a model took for
    the same person until somebody says otherwise. Raises Refusal("not_allowed")."""
    if not actor.is_own_hand:
        access.acting(actor, "links.decide")
    wanted = _of(which).select_related("batch").order_by("-score", "row_key", "pk")
    pages = max(1, -(-wanted.count() // PAIRS))
    at = (min(max(1, page), pages) - 1) * PAIRS
    rows = list(wanted[at : at + PAIRS])
    said = seals.unseal_many((row.sealed, links.place(row.pk)) for row in rows)
    people = profiles.people({row.resident_id for row in rows}, days.day_of(now))
    names = imports.sent_names(list({row.batch_id: row.batch for row in rows}.values()))
    found = []
    for row, content in zip(rows, said, strict=True):
        there, content = people.get(row.resident_id, profiles.UNKNOWN), content or {}
        found.append(
            PairRow(
                row.pk, row.feed, row.batch.number, names[row.batch_id].get(row.file, row.file), row.row, row.rows, row.how, row.score,
                row.differs, row.band, idnumber.mask(str(content.get("number", ""))), masked_name(str(content.get("name", ""))),
                row.resident_id, idnumber.mask(there.number) if there.number else "", masked_name(there.name),
                apart(str(content.get("number", "")), there.number), row.decided_at,
                tuple(
                    Reason(Text(one["column"], one["column_en"]), Text(one["answer"], one["answer_en"]), one["bits"]) for one in row.reasons
                ),
            )
        )  # fmt: skip
    return tuple(found), pages


def apart(given: str, known: str) -> Text:
    """Where two numbers differ, character by character; a missing or surplus one is only said to be."""
    if given == known:
        return Text("号码相同，姓名不同", "The same number, another name")
    if len(given) != len(known):
        return Text(f"位数不同：{len(given)} 与 {len(known)}", f"Of different length: {len(given)} and {len(known)}")
    places = [(at, one, two) for at, (one, two) in enumerate(zip(given, known, strict=True), 1) if one != two]
    return Text(
        "；".join(f"第 {at} 位 {one} 与 {two}" for at, one, two in places),
        "; ".join(f"character {at}: {one} and {two}" for at, one, two in places),
    )


def masked_name(name: str) -> str:
    """The first character of a name, the others covered."""
    return name[:1] + "＊" * max(0, len(name) - 1)


def _of(which: Which) -> QuerySet[Pair]:
    """Pairs of one kind; undecided ones are of batches that stand, about residents who are registered."""
    if which == "decided":
        return Pair.objects.exclude(decided_at=None)
    present = Membership.objects.filter(valid_to=None, kind="registered").values("resident")
    rows = Pair.objects.filter(decided_at=None, batch__withdrawn_at=None, resident__in=present)
    sure = {"band": "same", "differs": False}  # a number with another name is the same until decided, and waits
    return rows.filter(**sure) if which == "sure" else rows.exclude(**sure)


def waiting() -> int:
    """How many pairs wait for a decision."""
    return _of("waiting").count()
