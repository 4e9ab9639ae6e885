"""Long work behind the pages: imports and runs, carried out by the worker that `taizhang serve` starts.

A job is a row with its progress; it can be left, seen to be stuck, and run again. Uploaded files wait sealed.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django_tasks import task

from taizhang.core import access, vault
from taizhang.core import clock as clocks
from taizhang.core.clock import Clock
from taizhang.core.models import Job
from taizhang.core.models.fields import new_id
from taizhang.core.moves import imports, proposals, replays, rules, withdrawals
from taizhang.core.moves import jobs as moves
from taizhang.core.queries import jobs as queries
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.work import declared, feeding, harvest, quality, replaying, sweep, trying, undoing
from taizhang.work.feeding import INBOX, SCRATCH, Sent

log = logging.getLogger("taizhang.jobs")
REASON: Final = f"reason{vault.ENDING}"
_BROKEN: Final = Text(
    "任务出错中断，日志里有原因；可以重新运行。", "The job broke off; the log says why. It can be run again."
)


def start(
    actor: access.Actor,
    kind: str,
    arguments: Mapping[str, Any],
    *,
    clock: Clock,
    files: Sequence[Sent] = (),
    reason: str = "",
) -> uuid.UUID:
    """Hand work to the worker; the id of the job, to be followed with `core.queries.jobs`.

    kind "import": arguments {"feed", "mapping" or none, "period" or none} and the files, which are sealed until the worker takes them;
    kind "run": arguments {"day": ISO day or none}; kind "undo": {"batch"} with the `reason`, which is sealed too;
    kind "quality": none; kind "replay": {"replay"}; kind "sweep_now": {}, what was put off is tried at once.
    Rights are asked now and again when the work is done.
    """
    if kind == "import":
        imports.sender(actor, declared.feed(str(arguments["feed"])).owner)
        if not files:
            raise Refusal("no_files", Text("没有选择文件。", "No file was chosen."))
    elif kind == "run":
        if not actor.is_own_hand:
            access.acting(actor, "screening.run")
    elif kind == "sweep_now":
        access.acting(actor, "system.manage")
    elif kind == "quality":
        access.acting(actor, quality.CAPABILITY)
    elif kind == "replay":
        access.acting(actor, trying.CAPABILITY)
    elif kind == "undo":
        imports.batch_for(actor, str(arguments["batch"]), "feeds.withdraw")
        withdrawals.check_reason(reason)
    else:
        raise Refusal("job_kind", Text(f"没有“{kind}”这种任务。", f"There is no job “{kind}”."))
    job = new_id()
    place = _place(job)
    if files or reason:
        vault.make(place)
    if reason:
        vault.put(reason.strip().encode(), place / REASON, job)
    for at, sent in enumerate(files, 1):
        vault.put(sent.path, place / f"{at}{vault.ENDING}", job)
        vault.put(sent.name.encode(), place / f"{at}.name{vault.ENDING}", job)
    try:
        with transaction.atomic():
            moves.create(actor, kind, arguments, clock=clock, job=job)
            work.enqueue(str(job))
    except BaseException:
        vault.remove(place)
        raise
    return job


def again(actor: access.Actor, job_id: uuid.UUID | str, *, clock: Clock) -> None:
    """Run a job again that failed or gives no sign of life. Raises NotFound, Refusal: `job_done`, `job_running`."""
    row = queries.find(actor, job_id)
    if queries.state(row, clock.now()) in ("running", "waiting"):
        raise Refusal("job_running", Text("这项任务还在进行。", "This job is still being done."))
    with transaction.atomic():
        moves.reset(row, clock=clock)
        work.enqueue(str(row.pk))


@task()
def work(job_id: str) -> None:
    """Carry out one job; called by the worker."""
    carry_out(uuid.UUID(job_id), clock=clocks.of_district())


def carry_out(job_id: uuid.UUID, *, clock: Clock) -> None:
    """Carry out one job and note how it ended; what is wrong is kept as a sentence and never thrown."""
    row = moves.begin(job_id, clock=clock)
    if row is None:
        return
    try:
        text, result = _do(row, clock)
        moves.end(row.pk, text, failed=False, result=result, clock=clock)
        vault.remove(_place(row.pk))
    except Refusal as refusal:
        text = Text(refusal.sentence("zh"), refusal.sentence("en"))
        moves.end(row.pk, text, failed=True, result={"code": refusal.code, **_plain(refusal.details)}, clock=clock)
    except Exception:
        log.exception("job %s broke", row.pk)  # whatever broke, the page must not wait for ever
        moves.end(row.pk, _BROKEN, failed=True, result={"code": "broken"}, clock=clock)


def _do(row: Job, clock: Clock) -> tuple[Text, dict[str, Any]]:
    account = row.account
    actor = access.actor(account, clock.now()) if account is not None else access.SYSTEM

    def tell(text: Text) -> None:
        moves.beat(row.pk, text, clock=clock)

    if row.kind == "import":
        return _import(row, actor, clock, tell)
    if row.kind == "undo":
        return _undo(row, actor, clock, tell)
    if row.kind == "sweep_now":
        rules.try_again(clock=clock)
        swept = sweep.sweep(clock=clock)
        return Text(
            f"到期处理：办了 {swept.done} 件，没办成 {swept.failed} 件。",
            f"Swept: {swept.done} done, {swept.failed} failed.",
        ), {"sweep": True}
    if row.kind == "quality":
        return _quality(actor, clock, tell)
    if row.kind == "replay":
        return _replay(row, actor, clock, tell)
    day = row.arguments.get("day")
    found = harvest.run(actor, date.fromisoformat(day) if day else None, clock=clock, progress=tell)
    clues = len(found.landed.clues) if found.landed else 0
    joined = len(found.landed.joined) if found.landed else 0
    if found.repeated and not clues and not joined:
        text = harvest.REPEATED
    else:
        text = Text(
            f"新预警 {found.alerts} 条，新线索 {clues} 条，并入原案 {joined} 件。",
            f"{found.alerts} new alerts, {clues} new clues, {joined} open cases told.",
        )
    if found.landed is not None and found.landed.refused:
        late = len(found.landed.refused)
        text = Text(
            f"{text.zh}另有 {late} 户没有办成，下次筛查再办。",
            f"{text.en} {late} could not be told; the next run tries again.",
        )
    return text, {"run": found.digest}


def _import(row: Job, actor: access.Actor, clock: Clock, tell: harvest.Progress) -> tuple[Text, dict[str, Any]]:
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    try:
        got = feeding.receive(
            actor,
            str(row.arguments["feed"]),
            _files(row.pk, place),
            clock=clock,
            mapping=row.arguments.get("mapping"),
            period=str(row.arguments.get("period") or ""),
            progress=tell,
        )
    finally:
        shutil.rmtree(place, ignore_errors=True)
    text = Text(
        f"批次 {got.number}：收到 {got.received} 行，接受 {got.accepted} 行，退回 {got.rejected} 行。",
        f"Batch {got.number}: {got.received} rows received, {got.accepted} accepted, {got.rejected} rejected.",
    )
    return text, {"batch": str(got.batch), "number": got.number}


def _quality(actor: access.Actor, clock: Clock, tell: harvest.Progress) -> tuple[Text, dict[str, Any]]:
    found = quality.check(actor, clock=clock, progress=tell)
    text = Text(
        f"疑点 {found.doubts} 条，新增 {found.new} 条，已不再有的 {found.gone} 条；核对规则 {found.asked} 条。",
        f"{found.doubts} doubtful points, {found.new} new, {found.gone} gone; {found.asked} rules asked.",
    )
    return text, {"quality": found.asked}


def _replay(row: Job, actor: access.Actor, clock: Clock, tell: harvest.Progress) -> tuple[Text, dict[str, Any]]:
    wanted = str(row.arguments["replay"])
    found = replaying.carry_out(actor, wanted, clock=clock, progress=tell)
    text = Text(
        f"回放 {len(found.months)} 个月：预警 {found.alerts} 条，入户 {found.visits} 次，核实纳入 {found.confirmed} 户。",
        f"{len(found.months)} months replayed: {found.alerts} alerts, {found.visits} visits, {found.confirmed} households entered.",
    )
    return text, {"replay": wanted}


def start_replay(actor: access.Actor, proposal: str, known: str, *, clock: Clock) -> uuid.UUID:
    """Replay the numbers in force, or a proposal, on the past; the id of the job. Raises Refusal("not_allowed"), NotFound."""
    access.acting(actor, trying.CAPABILITY)
    row = replays.create(actor, proposals.find(actor, proposal) if proposal else None, known, clock=clock)
    job = start(actor, "replay", {"replay": str(row.pk)}, clock=clock)
    replays.belongs(row.pk, job)
    return job


def _undo(row: Job, actor: access.Actor, clock: Clock, tell: harvest.Progress) -> tuple[Text, dict[str, Any]]:
    reason = vault.read(_place(row.pk) / REASON, row.pk).decode()
    done = undoing.undo(actor, str(row.arguments["batch"]), reason=reason, clock=clock, progress=tell)
    what, found = done.withdrawn, done.run.alerts if done.run else 0
    text = Text(
        f"批次 {what.number} 已撤回：{len(what.fallen)} 条预警不再成立，{len(what.closed)} 条未核实的线索办结，"
        f"{len(what.noted)} 件在办事项加了说明；重新筛查新预警 {found} 条。",
        f"Batch {what.number} was taken back: {len(what.fallen)} alerts hold no more, {len(what.closed)} unverified clues "
        f"closed, {len(what.noted)} open cases carry a note; the new run found {found} new alerts.",
    )
    return text, {"batch": str(what.batch), "number": what.number}


def _files(job: uuid.UUID, place: Path) -> list[Sent]:
    """The uploaded files, opened into a scratch folder."""
    waiting = sorted(
        path for path in _place(job).glob(f"[0-9]*{vault.ENDING}") if not path.name.endswith(f".name{vault.ENDING}")
    )
    found = []
    for path in sorted(waiting, key=lambda one: int(one.name.partition(".")[0])):
        at = path.name.partition(".")[0]
        name = vault.read(path.with_name(f"{at}.name{vault.ENDING}"), job).decode()
        found.append(Sent(name, vault.restore(path, job, place / at)))
    return found


def _place(job: uuid.UUID) -> Path:
    return vault.folder() / INBOX / str(job)


def _plain(details: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in details.items() if isinstance(value, str | int | bool)}
