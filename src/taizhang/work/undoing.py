"""Undoing an import: what would change is told first, then everything is as if the batch had never come, but for notes.

Alerts of past runs are judged anew by what those runs would have read without the batch; then a new run finds what the
batch had hidden. May be interrupted at any point and asked again.
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from taizhang.core import access, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Batch, Run
from taizhang.core.moves import imports, links, screening, withdrawals
from taizhang.core.moves.restoring import Restored
from taizhang.core.moves.screening import Found
from taizhang.core.moves.withdrawals import Judged, Withdrawn
from taizhang.core.queries import runs
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen.engine import parquet
from taizhang.work import declared, harvest
from taizhang.work.feeding import SCRATCH
from taizhang.work.harvest import LINE_BITS, Inputs, RunResult

Progress = Callable[[Text], None]


@dataclass(frozen=True)
class Preview:
    """What taking a batch back would change."""

    alerts: int  # that rest on it, or were found while it was in the register
    fallen: int  # that hold no more
    restated: int  # that hold with other figures
    closed: int  # unverified clues closed as data error
    noted: int  # cases that stand and carry the note
    register: Restored


@dataclass(frozen=True)
class Undone:
    """What became of it: the withdrawal, and the run that followed."""

    withdrawn: Withdrawn
    run: RunResult | None


def preview(actor: access.Actor, batch_id: uuid.UUID | str, *, clock: Clock) -> Preview:
    """What would change if the batch were taken back now; nothing is kept. Raises NotFound."""
    batch, _ = imports.batch_for(actor, batch_id, "feeds.withdraw")
    judged, restored, touched = _judge(batch, clock)
    acts = Counter(withdrawals.fates(judged, batch).values())
    noted = acts[withdrawals.NOTE]
    return Preview(
        touched, len(judged.fallen), len(judged.restated), sum(acts.values()) - noted, noted, restored
    )  # fmt: skip


def undo(
    actor: access.Actor,
    batch_id: uuid.UUID | str,
    *,
    reason: str,
    clock: Clock,
    progress: Progress | None = None,
    screening_again: bool = True,
) -> Undone:
    """Take a batch back wholly; asked again after an interruption it finishes. Raises NotFound, Refusal("reason")."""
    say = progress or (lambda text: None)
    batch, _ = imports.batch_for(actor, batch_id, "feeds.withdraw")
    judged = None
    if batch.withdrawn_at is None:
        withdrawals.check_reason(reason)
        say(Text("按剩下的数据重新判断预警", "Judging alerts by what is left"))
        judged, _, _ = _judge(batch, clock)
    say(Text("撤回批次", "Taking the batch back"))
    done = withdrawals.withdraw(actor, batch.pk, judged, reason=reason, clock=clock)
    links.hand_over(batch.pk, _still_offered(batch))
    found = harvest.run(access.SYSTEM, clock=clock, progress=progress) if screening_again else None
    return Undone(done, found)


def _judge(batch: Batch, clock: Clock) -> tuple[Judged, Restored, int]:
    """The alerts of past runs without a batch: which fall and which say something else; how many there were to judge."""
    past = runs.resting_on(batch.pk)

    def ask() -> list[tuple[Run, Inputs | None]]:
        return [(made, harvest.gather_again(made)) for made in past]

    asked, restored = withdrawals.as_if(batch, ask, clock=clock)
    fallen: set[str] = set()
    restated: dict[str, Found] = {}
    touched = 0
    for made, inputs in asked:
        if inputs is None:  # what rests on nothing else falls anyway
            continue
        hits = {(one.rule, _about(one.household, one.area)): one for one in harvest.hits(inputs)}
        for alert in runs.alerts_of(made.digest):
            if alert.rule not in inputs.book.rules:
                continue
            found = hits.get((alert.rule, _about(alert.household_id, alert.area_path)))
            touched += 1
            if found is None:
                fallen.add(alert.pk)
            elif not screening.says_the_same(alert, found):
                restated[alert.pk] = found
    return Judged(frozenset(fallen), restated), restored, touched


def _about(household: uuid.UUID | None, area: str) -> str:
    return str(household or area)


def _still_offered(batch: Batch) -> dict[tuple[str, str], links.Offered]:
    """The doubtful rows that other batches of the feed offer as well, by key of the row and of the person."""
    if batch.feed not in declared.feeds() or not declared.feeds()[batch.feed].is_linked:
        return {}
    others = {one.sequence: one for one in runs.batches() if one.feed == batch.feed and one.pk != batch.pk}
    offers = harvest.paths(tuple(others.values()), "offered.parquet")
    rows = harvest.paths(tuple(others.values()), "rows.parquet")
    parts = [f"SELECT row_key, person, line, file, row FROM {parquet(offers)}"] if offers else []  # noqa: S608
    if rows:
        parts.append(f"SELECT row_key, person, line, file, row FROM {parquet(rows)} WHERE differs OR how = 'model'")  # noqa: S608
    if not parts:
        return {}
    place = vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}"
    machine = engines.open_engine("duckdb", [vault.folder()], scratch=vault.make(place))
    try:
        found = machine.rows(f"""SELECT row_key, person, min(line), arg_min(file, line), arg_min(row, line), count(DISTINCT line)
            FROM ({" UNION ALL ".join(parts)}) GROUP BY row_key, person""")  # noqa: S608
    finally:
        machine.close()
        vault.remove(place)
    return {
        (key, person): links.Offered(others[int(line) >> LINE_BITS].pk, file, row, rows)
        for key, person, line, file, row, rows in found
    }
