"""Screening in the site: batches, decisions and the register go in, alerts come out and land as clues.

The id of a run is the digest of everything it read, so the same run again changes nothing and says so. An interrupted
run goes on where it stopped: with landing what it had found.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from taizhang.core import access, enrolled, numbers, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Batch, Run
from taizhang.core.moves import screening
from taizhang.core.moves.screening import Behind, Found, Landed
from taizhang.core.queries import own_records, runs
from taizhang.core.queries.own_records import OwnRecord
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen import evaluate, kept
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.evaluate import Evaluation
from taizhang.screen.link import Linked
from taizhang.screen.rules import Again, Rulebook
from taizhang.work import declared
from taizhang.work.feeding import SCRATCH

log = logging.getLogger("taizhang.harvest")
Progress = Callable[[Text], None]
LINE_BITS: Final = 44  # of a row's line: what lies above is the sequence of its batch
KEPT: Final = ".kept"
_SHOWN: Final = 200  # rows behind one alert that are kept
REPEATED: Final = Text(
    "同样的数据和规则已经筛查过，没有新的结果。", "The same data and rules were screened before: nothing is new."
)
_NOT_READ: Final = ("residents", "assets", "areas")


@dataclass(frozen=True)
class RunResult:
    """What a run found and what came of it."""

    digest: str
    day: date
    repeated: bool  # everything it would have read was read by an earlier run
    hits: Mapping[str, int]  # by rule, before anything is left out
    alerts: int  # that are new
    not_evaluated: tuple[Mapping[str, Any], ...]
    seconds: float
    landed: Landed | None


@dataclass(frozen=True)
class Inputs:
    """Everything a run reads, and its digest."""

    day: date
    batches: tuple[Batch, ...]
    links: tuple[tuple[str, str, bool, bool], ...]  # row key, resident, same, whether only the name is in doubt
    book: Rulebook  # with the numbers that the office entered itself
    says: Mapping[str, Any]
    own: tuple[OwnRecord, ...] = ()  # what the site's own records say (R19, R20)
    register: enrolled.Register | None = None  # None: as it is when the rows are laid

    @property
    def digest(self) -> str:
        """The id of the run."""
        return screening.digest_of(self.says)


@dataclass(frozen=True)
class Prepared:
    """The linked files of all batches, laid for one day."""

    machine: DuckEngine
    linked: Linked
    scratch: Path


# --- doors ------------------------------------------------------------------------------------------------------------


def run(
    actor: access.Actor,
    day: date | None = None,
    *,
    clock: Clock,
    progress: Progress | None = None,
    landing: bool = True,
) -> RunResult:
    """Screen for a day (today): record what is new, and land it unless told not to. Raises Refusal("not_allowed")."""
    if not actor.is_own_hand:
        access.acting(actor, "screening.run")
    say = progress or (lambda text: None)
    now = clock.now()
    inputs = gather(day or days.day_of(now), now)
    digest = inputs.digest
    before = runs.known(digest)
    if before is None:
        _screen(actor, inputs, clock, say)
    else:
        say(REPEATED)
    made = runs.of(digest)
    landed = land(digest, clock=clock, progress=progress) if landing else None
    alerts = made.found if before is None else 0
    missed = tuple(made.not_evaluated)
    return RunResult(digest, made.day, before is not None, made.hits, alerts, missed, made.seconds, landed)


def land(digest: str, *, clock: Clock, progress: Progress | None = None) -> Landed:
    """Land what a run found and that has not landed yet, household by household; may be interrupted and called again.

    What is refused is put off: it is told in `refused`, and the next call tries it again.
    """
    say, landed = progress or (lambda text: None), Landed()
    waiting = screening.to_land(digest)
    for at, (household, area) in enumerate(waiting):
        if at % 20 == 0:
            say(Text(f"生成线索 {at}/{len(waiting)}", f"Opening clues {at}/{len(waiting)}"))
        try:
            screening.land_one(digest, household, area, landed, clock=clock)
        except Refusal as refusal:  # one household must not keep the others from their clues
            log.warning("alerts of %s put off: %s", household or area, refusal.code)
            landed.refused.append((household or area, refusal.code))
    if not landed.refused:
        screening.finish(digest, clock=clock)
    return landed


def gather(day: date, now: datetime | None = None) -> Inputs:
    """What a run for a day reads: batches that are not withdrawn, decisions, editions, own records, the state of the register."""
    own = own_records.at(_known_on(day, now))
    batches, links = runs.batches(), runs.decisions()
    book = declared.rulebook().with_entered(numbers.entered())
    says = {
        "day": day.isoformat(), "batches": [str(batch.pk) for batch in batches], "links": screening.digest_of(links),
        "rules": book.digest, "policies": declared.numbers_digest(), "register": screening.digest_of(enrolled.mark()),
        "numbers": _used(book, day), "own": screening.digest_of([asdict(one) for one in own]),
    }  # fmt: skip
    return Inputs(day, batches, links, book, says, own)


def gather_again(made: Run) -> Inputs | None:
    """What a past run would read without the batches withdrawn since: same day, same decisions, same numbers.

    None where it cannot be told any more: its rules have changed, or rows it read were let go.
    """
    book, batches = declared.rulebook(), runs.batches_of(made)
    same = made.inputs["rules"] == book.digest and made.inputs["policies"] == declared.numbers_digest()
    if batches is None or not same:
        return None
    book = book.with_entered(numbers.entered(made.started))
    own = own_records.at(_known_on(made.day, made.started))
    return Inputs(made.day, batches, runs.decisions(made.started), book, {}, own, enrolled.register(made.day))


def _known_on(day: date, now: datetime | None) -> datetime:
    """The instant at which own records are asked: now, or the end of a day that is past."""
    end = days.start_of(day + timedelta(days=1))
    return end if now is None else min(now, end)


def hits(inputs: Inputs) -> list[Found]:
    """Every hit on what is given, recorded nowhere."""
    with prepared(inputs) as ready:
        return list(_found(ready, _evaluated(ready, inputs), inputs))


def _used(book: Rulebook, day: date) -> list[dict[str, Any]]:
    """The numbers in force on a day that rules look at: what each run is recorded with."""
    named = sorted({name for rule, one in book.rules.items() if not one.site for name in book.numbers_of(rule)})
    found = []
    for policy in (book.policies[name] for name in named if name in book.policies):
        told = [(one, False) for one in policy.values] + [(one, True) for one in policy.entered]
        for one, entered in told:
            if policy.in_force(one.area, day) == one:
                line = {"name": policy.name, "area": one.area, "from": one.begins.isoformat(), "value": one.value}
                found.append({**line, "entered": entered})
    return found


@contextmanager
def prepared(inputs: Inputs) -> Iterator[Prepared]:
    """The rows of all batches as signals read them: repeats left out, decisions laid over them. Gone afterwards."""
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    machine = engines.open_engine("duckdb", [vault.folder()], scratch=place / "engine")
    try:
        yield Prepared(machine, _lay(machine, inputs, place), place)
    finally:
        machine.close()
        shutil.rmtree(place, ignore_errors=True)


# --- laying the rows --------------------------------------------------------------------------------------------------


def _lay(machine: DuckEngine, inputs: Inputs, place: Path) -> Linked:
    register = inputs.register or enrolled.register(inputs.day)
    machine.run("""CREATE TEMP TABLE present (person VARCHAR, household VARCHAR, area VARCHAR, kind VARCHAR, is_head BOOLEAN, born DATE,
        resident VARCHAR, died DATE)""")
    machine.insert(
        "present",
        (
            (one.person, one.household, one.area, one.kind, one.is_head, one.born, str(one.resident), one.died)
            for one in register.members
        ),
    )
    linked = Linked()
    linked.feeds["residents"] = (_residents(machine, place),)
    linked.feeds["areas"] = (_areas(machine, place),)
    _decisions(machine, inputs)
    machine.run("CREATE TEMP TABLE homes (number VARCHAR, household VARCHAR)")
    machine.insert("homes", register.homes.items())
    by_feed: dict[str, list[Batch]] = defaultdict(list)
    for batch in inputs.batches:
        if batch.feed not in _NOT_READ and batch.feed in declared.feeds():
            by_feed[batch.feed].append(batch)
    for feed, batches in by_feed.items():
        spec = declared.feeds()[feed]
        rows = paths(batches, "rows.parquet")
        if spec.is_linked:
            linked.feeds[feed] = (_linked(machine, rows, place / f"{feed}.parquet"),)
            offers = paths(batches, "offered.parquet")
            if offers:
                linked.offered[feed] = (_offered(machine, offers, place / f"{feed}.offered.parquet"),)
        elif rows:
            linked.feeds[feed] = (
                _plain(machine, rows, place / f"{feed}.parquet", household=spec.keyed == "household"),
            )
    return linked


def paths(batches: Sequence[Batch], name: str) -> list[Path]:
    """The files of that name that batches keep."""
    found = [vault.folder().absolute() / batch.folder / name for batch in batches]
    return [path for path in found if path.is_file()]


def _residents(machine: DuckEngine, place: Path) -> Path:
    target = (place / "residents.parquet").absolute()
    machine.run(f"""COPY (SELECT person, household, area, kind, is_head, born, died, true AS once, '' AS file, 0 AS row, rowid AS line
        FROM present ORDER BY rowid) TO {literal(target)} (FORMAT parquet)""")  # noqa: S608
    return target


def _areas(machine: DuckEngine, place: Path) -> Path:
    target = (place / "areas.parquet").absolute()
    machine.run("CREATE TEMP TABLE villages (code VARCHAR)")
    machine.insert("villages", runs.areas())
    cells = "code, '' AS file, 0 AS row, rowid AS line"
    machine.run(f"COPY (SELECT {cells} FROM villages) TO {literal(target)} (FORMAT parquet)")  # noqa: S608
    return target


def _decisions(machine: DuckEngine, inputs: Inputs) -> None:
    """`same` and `apart`: what people decided of rows, by the key of the row and of the person."""
    machine.run("CREATE TEMP TABLE decided (row_key VARCHAR, resident VARCHAR, same BOOLEAN, differs BOOLEAN)")
    machine.insert("decided", inputs.links)
    machine.run("""CREATE TEMP TABLE same AS SELECT d.row_key, min(p.person) AS person FROM decided d
        JOIN present p ON p.resident = d.resident WHERE d.same AND NOT d.differs GROUP BY d.row_key""")
    machine.run("""CREATE TEMP TABLE apart AS SELECT d.row_key, p.person, d.differs FROM decided d
        JOIN present p ON p.resident = d.resident WHERE NOT d.same""")
    machine.run("CREATE TEMP TABLE known AS SELECT DISTINCT person FROM present")


def _linked(machine: DuckEngine, rows: Sequence[Path], target: Path) -> Path:
    """Rows of persons: the first of those that say the same; a number that the register has learnt since is found."""
    machine.run(f"""COPY (
        SELECT r.* EXCLUDE (person, how, nth),
               CASE WHEN r.differs AND r.row_key IN (SELECT row_key FROM apart WHERE differs) THEN NULL
                    WHEN r.how = 'model' THEN coalesce(s.person, k.person,
                        CASE WHEN (r.row_key, r.person) NOT IN (SELECT (row_key, person) FROM apart) THEN r.person END)
                    ELSE coalesce(r.person, s.person, k.person) END AS person,
               CASE WHEN r.person IS NOT NULL AND NOT (r.how = 'model' AND s.person IS NOT NULL) THEN r.how
                    WHEN s.person IS NOT NULL THEN 'decided'
                    WHEN k.person IS NOT NULL THEN 'number' ELSE r.how END AS how
        FROM (SELECT *, row_number() OVER (PARTITION BY mark ORDER BY line) AS nth FROM {parquet(rows)}) r
        LEFT JOIN same s ON s.row_key = r.row_key LEFT JOIN known k ON k.person = r.row_key WHERE r.nth = 1 ORDER BY r.line)
        TO {literal(target.absolute())} (FORMAT parquet)""")  # noqa: S608
    return target.absolute()


def _offered(machine: DuckEngine, rows: Sequence[Path], target: Path) -> Path:
    """Rows left to a person, without what was decided or found since."""
    machine.run(f"""COPY (SELECT o.* FROM {parquet(rows)} o
        WHERE o.row_key NOT IN (SELECT row_key FROM same) AND o.row_key NOT IN (SELECT person FROM known)
          AND NOT EXISTS (SELECT 1 FROM apart a WHERE a.row_key = o.row_key AND a.person = o.person) ORDER BY o.line)
        TO {literal(target.absolute())} (FORMAT parquet)""")  # noqa: S608
    return target.absolute()


def _plain(machine: DuckEngine, rows: Sequence[Path], target: Path, *, household: bool) -> Path:
    """Rows of households or areas; a household goes by its own id, not by the number that a file calls it."""
    columns = "r.* EXCLUDE (nth, household), h.household" if household else "r.* EXCLUDE (nth)"
    join = "JOIN homes h ON h.number = r.household" if household else ""
    machine.run(f"""COPY (SELECT {columns}
        FROM (SELECT *, row_number() OVER (PARTITION BY mark ORDER BY line) AS nth FROM {parquet(rows)}) r
        {join} WHERE r.nth = 1 ORDER BY r.line) TO {literal(target.absolute())} (FORMAT parquet)""")  # noqa: S608
    return target.absolute()


# --- evaluating -------------------------------------------------------------------------------------------------------


def _screen(actor: access.Actor, inputs: Inputs, clock: Clock, say: Progress) -> None:
    began = time.monotonic()
    say(Text("汇集各部门数据", "Gathering the departments' rows"))
    with prepared(inputs) as ready:
        say(Text("计算信号和规则", "Signals and rules"))
        result = _evaluated(ready, inputs)
        found = list(_found(ready, result, inputs))
        _keep(ready, inputs)
    missed = [one.json() for one in result.not_evaluated]
    say(Text(f"记录 {len(found)} 条命中", f"Recording {len(found)} hits"))
    screening.record(
        actor, inputs.digest, inputs.day, found, inputs=inputs.says, hits=dict(sorted(result.hits.items())),
        not_evaluated=sorted(missed, key=lambda one: str(one["rule"])), seconds=round(time.monotonic() - began, 3), clock=clock,
    )  # fmt: skip


def kept_folder(digest: str) -> Path:
    """Where a run left what other numbers can be tried on; that of the latest run is there, and no other."""
    return vault.folder() / KEPT / digest


def _keep(ready: Prepared, inputs: Inputs) -> None:
    """Leave signals and rows that count for trying other numbers, in place of what the run before left."""
    made = vault.make(ready.scratch / "kept")
    own = [_own(inputs.book, one) for one in inputs.own]
    kept.keep(ready.machine, ready.linked, declared.feeds(), inputs.book, inputs.day, made, own)
    vault.remove(vault.folder() / KEPT)
    vault.settle(made, kept_folder(inputs.digest))


def _evaluated(ready: Prepared, inputs: Inputs) -> Evaluation:
    return evaluate.evaluate(
        ready.machine, ready.linked, declared.feeds(), inputs.book, inputs.day, ready.scratch, with_rows=True,
        own=[_own(inputs.book, one) for one in inputs.own],
    )  # fmt: skip


def _own(book: Rulebook, record: OwnRecord) -> evaluate.Own:
    """An own record as the hit of its rule, whose one figure it is."""
    (figure,) = book.rules[record.rule].shown
    return evaluate.Own(record.rule, str(record.household), record.area, {figure: record.figure})


def _found(ready: Prepared, result: Evaluation, inputs: Inputs) -> Iterator[Found]:
    """Every hit with the rows it rests on, and the batches these came in."""
    book = inputs.book
    batch_of = {(batch.feed, batch.sequence): batch.pk for batch in inputs.batches}
    by_feed: dict[str, list[uuid.UUID]] = defaultdict(list)
    for batch in inputs.batches:
        by_feed[batch.feed].append(batch.pk)
    behind: dict[tuple[str, str, str], list[Behind]] = defaultdict(list)
    if result.rows is None:
        raise AssertionError("the rows behind alerts were asked for")
    told = parquet([result.rows])
    rows = ready.machine.rows(f"SELECT rule, household, area, feed, file, row, line, mark FROM {told}")  # noqa: S608
    for rule, household, area, feed, file, row, line, mark in rows:
        batch_id = batch_of[feed, int(line) >> LINE_BITS]
        behind[rule, household, area].append(Behind(feed, batch_id, file, row, mark or ""))
    in_force: dict[str, Mapping[str, Any]] = {}
    periods = {(one.rule, str(one.household)): one.period for one in inputs.own}
    told = parquet([result.alerts])
    alerts = ready.machine.rows(f"SELECT rule, household, area, level, sentence, figures FROM {told}")  # noqa: S608
    for name, household, area, level, sentence, figures in alerts:
        rule, mine = book.rules[name], behind[name, household, area]
        resting = {row.batch for row in mine} or {pk for feed in book.feeds_of(name) for pk in by_feed.get(feed, ())}
        again, span = str(rule.again), 0
        if isinstance(rule.again, Again):
            values = in_force.setdefault(area, book.values(area, inputs.day))
            again, span = "days", int(values.get(rule.again.days, 0))
        yield Found(
            name, uuid.UUID(household) if household else None, area, level or "yellow", sentence, json.loads(figures), again, span,
            mine[:_SHOWN], sorted(resting), periods.get((name, household), ""),
        )  # fmt: skip
