"""Every change of a case: open, act, annul, join or open, and the same act on many. Always the same lines.

Fetch through access, lock, fold the entries into a state, ask the pure loop, save where nobody was first, write the
entry. A refusal changes nothing. All in one transaction; what is spawned is opened in it too.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, OperationalError, transaction

from taizhang.core import access, editions, folding, seals, subjects
from taizhang.core.clock import Clock
from taizhang.core.models import Case, Entry
from taizhang.core.models.fields import new_id
from taizhang.core.moves import annulment, bringing, kin, registers, rostered
from taizhang.core.moves.effects import Hand, Piece, Writing, someone_was_first
from taizhang.core.subjects import Subject
from taizhang.core.world import CaseWorld
from taizhang.kit import canonical, days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import facts, lights, loop
from taizhang.ledger.schema import Ledger

log = logging.getLogger("taizhang.moves")

_TRIES: Final = 4
ALREADY_OPEN: Final = "already_open"  # the code of the refusal to open a second case about a subject
_DEPTH: Final = 4  # spawned cases may spawn; deeper is a circle


@dataclass(frozen=True)
class Acted:
    """What became of an act: the case as it stands now, the entry that says so, and cases that arose from it."""

    case: uuid.UUID
    number: str
    n: int
    act: str
    stage: str
    entry: uuid.UUID
    spawned: tuple[uuid.UUID, ...] = ()
    repeated: bool = False  # the same request had been answered before; nothing was done now


@dataclass(frozen=True)
class Bulk:
    """What became of one act on many cases, each by itself."""

    done: tuple[Acted, ...]
    refused: tuple[tuple[uuid.UUID, Refusal], ...]


# --- doors ----------------------------------------------------------------------------------------------------------


def open_case(
    actor: access.Actor,
    ledger: str,
    act: str,
    *,
    subject: uuid.UUID | str,
    given: Mapping[str, Any],
    evidence: Sequence[uuid.UUID | str] = (),
    happened: datetime | None = None,
    period: date | None = None,
    clock: Clock,
    key: uuid.UUID | None = None,
) -> Acted:
    """Open a case of a ledger about a row of its register, by one of its opening acts.

    `given` holds typed values by field, `evidence` kept files and records of other ledgers that the act may cite,
    `period` is a day of the period where a duty of a roster is answered.
    Raises NotFound, loop.Refused with every unmet need, or another Refusal.
    """
    request = _request(actor, key, [ledger, act, str(subject), given, _ids(evidence), happened, str(period)])

    def run(now: datetime) -> Acted:
        writing = Writing(now)
        law = editions.current(ledger)
        about = subjects.find(actor, law, act, subject)
        piece = open_in(writing, actor, law, act, about, given, evidence, happened, period, key=key, request=request)
        return _finish(writing, piece)

    return _carry_out(run, clock=clock, key=key, request=request, what=f"{ledger}.{act}")


def act(
    actor: access.Actor,
    case_id: uuid.UUID | str,
    act: str,
    *,
    given: Mapping[str, Any],
    evidence: Sequence[uuid.UUID | str] = (),
    happened: datetime | None = None,
    expect: int | None = None,
    clock: Clock,
    key: uuid.UUID | None = None,
) -> Acted:
    """Act on a case. `expect` is the number of entries the actor saw; who saw fewer is refused by `someone_was_first`."""
    request = _request(actor, key, [str(case_id), act, given, _ids(evidence), happened])

    def run(now: datetime) -> Acted:
        writing = Writing(now)
        case = access.case_for(actor, case_id, lock=True)
        _expected(case, expect)
        piece = _act(writing, actor, case, act, given, evidence, happened, key=key, request=request)
        return _finish(writing, piece)

    return _carry_out(run, clock=clock, key=key, request=request, what=f"{case_id}.{act}")


def annul(
    actor: access.Actor,
    case_id: uuid.UUID | str,
    n: int,
    *,
    reason: str,
    expect: int | None = None,
    clock: Clock,
    key: uuid.UUID | None = None,
) -> Acted:
    """Withdraw an entry with a reason: it stays readable and marked, and the case is as if it had not been done.

    Who may do the act may withdraw it. The opening cannot be withdrawn, nor an entry after which the stage has moved
    on, nor one that opened other cases or changed a register: those are corrected by acts of their own.
    """
    request = _request(actor, key, [str(case_id), n, reason])

    def run(now: datetime) -> Acted:
        writing = Writing(now)
        case = access.case_for(actor, case_id, lock=True)
        _expected(case, expect)
        piece = _annul(writing, actor, case, n, reason, key, request)
        return _finish(writing, piece)

    return _carry_out(run, clock=clock, key=key, request=request, what=f"{case_id}.annul")


def join_or_open(
    actor: access.Actor,
    ledger: str,
    *,
    subject: uuid.UUID | str,
    open_act: str,
    join_act: str,
    given: Mapping[str, Any],
    clock: Clock,
    key: uuid.UUID | None = None,
) -> Acted:
    """Act on the open case of a ledger about a subject, or open one where there is none: never a second one."""
    request = _request(actor, key, [ledger, str(subject), open_act, join_act, given])

    def run(now: datetime) -> Acted:
        writing = Writing(now)
        law = editions.current(ledger)
        about = subjects.find(actor, law, open_act, subject)
        found = _open_about(law, about)
        if found is None:
            try:
                piece = open_in(writing, actor, law, open_act, about, given, (), None, key=key, request=request)
            except Refusal as refusal:
                found = _open_about(law, about)  # another writer may have opened one since the first look
                if refusal.code != ALREADY_OPEN or found is None:
                    raise
                writing = Writing(now)
            else:
                return _finish(writing, piece)
        case = access.case_for(actor, found.pk, lock=True)
        piece = _act(writing, actor, case, join_act, given, (), None, key=key, request=request)
        return _finish(writing, piece)

    return _carry_out(run, clock=clock, key=key, request=request, what=f"{ledger}.{open_act}")


def bulk(
    actor: access.Actor, case_ids: Sequence[uuid.UUID | str], act_name: str, *, given: Mapping[str, Any], clock: Clock
) -> Bulk:
    """The same act with the same words on many cases, each in a transaction of its own; some may be refused."""
    done: list[Acted] = []
    refused: list[tuple[uuid.UUID, Refusal]] = []
    for case_id in case_ids:
        try:
            done.append(act(actor, case_id, act_name, given=given, clock=clock))
        except Refusal as refusal:
            refused.append((uuid.UUID(str(case_id)), refusal))
    return Bulk(tuple(done), tuple(refused))


# --- the transaction ------------------------------------------------------------------------------------------------


def _carry_out(
    run: Callable[[datetime], Acted], *, clock: Clock, key: uuid.UUID | None, request: str | None, what: str
) -> Acted:
    """Run a change in one transaction; the same key again gives the same answer; a lost race is run again."""
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                told = _told(key, request)
                return told if told is not None else run(clock.now())
        except Refusal as refusal:
            log.info("refused %s: %s", what, refusal.code)
            raise
        except (IntegrityError, OperationalError) as error:
            # two writers at once: the other one's rows are there now and the next try sees them
            if attempt == _TRIES - 1 or not _lost_race(error):
                raise
    raise AssertionError("unreachable")


def _lost_race(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, IntegrityError) or "deadlock" in text or "serialize" in text


def _told(key: uuid.UUID | None, request: str | None) -> Acted | None:
    """The answer that the same request was given before. Raises Refusal when the key was used for something else."""
    if key is None:
        return None
    entry = Entry.objects.filter(key=key).select_related("case").first()
    if entry is None:
        return None
    if folding.said(entry).get("request") != request or entry.case is None:
        raise Refusal(
            "key_used",
            Text("这次提交的编号已用于另一次办理。", "The key of this request was used for another one."),
            Text("请重新打开页面再提交。", "Open the page again and send it anew."),
        )
    case, n = entry.case, entry.n or 0
    stage = str(folding.said(entry).get("stage", case.stage))
    return Acted(case.pk, case.number, n, entry.act, stage, entry.pk, repeated=True)


def _finish(writing: Writing, piece: Piece) -> Acted:
    writing.finish()
    spawned = tuple(other.case.pk for other in writing.pieces if other.opens and other is not piece)
    case = piece.case
    return Acted(case.pk, case.number, piece.n, piece.done.entry.act, case.stage, piece.id, spawned)


def _request(actor: access.Actor, key: uuid.UUID | None, parts: Sequence[Any]) -> str | None:
    """A keyed digest of what is asked, by which a repeated request is known; only where the sender gave a key."""
    if key is None:
        return None
    plain = (part.isoformat() if isinstance(part, datetime) else part for part in parts)
    return seals.keyed_digest(canonical.encode([str(actor.account or actor.hand), *plain]))


def _ids(evidence: Sequence[uuid.UUID | str]) -> list[str]:
    return sorted(str(one) for one in evidence)


# --- opening --------------------------------------------------------------------------------------------------------


def open_in(
    writing: Writing,
    actor: access.Actor,
    law: Ledger,
    act_name: str,
    about: Subject,
    given: Mapping[str, Any],
    evidence: Sequence[uuid.UUID | str],
    happened: datetime | None,
    period: date | None = None,
    *,
    key: uuid.UUID | None = None,
    request: str | None = None,
    parent: Case | None = None,
    depth: int = 0,
) -> Piece:
    """Open a case within a transaction that is being written."""
    alone = act_name in law.acts and law.acts[act_name].alone
    if alone:
        _none_open(law, about)
    case = Case(
        id=new_id(), ledger=law.name, edition_id=law.digest, area_id=about.area, area_path=about.path,
        household_id=about.household, resident_id=about.resident, organisation_id=about.organisation, thing_id=about.thing,
        parent=parent, opened_by_id=actor.account, opened=writing.now, sole=alone,
    )  # fmt: skip
    worn = access.hats_to_open(actor, about.path, about.organisation or about.speaker)
    hand = _hand(actor, worn, law, act_name)
    brought = bringing.by(actor, law, act_name, about.organisation, evidence)
    attributes = subjects.Attributes(about, days.day_of(writing.now))
    world = CaseWorld(about, writing.now)
    case.item, case.period = rostered.cell(law, act_name, about, given, period, days.day_of(writing.now), world)
    moment = loop.Moment(writing.now, happened)
    done = loop.open_case(
        law, act_name, access.in_loop(actor, worn, hand.held), attributes, about.path, given, brought.counted, moment, world,
        case=str(case.pk), period=case.period,
    )  # fmt: skip
    piece = Piece(case, law, about, hand, done, world, brought, happened, key=key, request=request, opens=True)
    writing.add(piece)
    _follow(writing, piece, depth)
    return piece


def _none_open(law: Ledger, about: Subject) -> None:
    """Refuse a second open case about a subject."""
    if (found := _open_about(law, about)) is not None:
        raise Refusal(
            ALREADY_OPEN,
            Text(
                f"这个对象已有未办结的事项 {found.number}。", f"There is an open case about it already, {found.number}."
            ),
            Text("请在原事项里办理。", "Please act on that case."),
            {"number": found.number, "case": str(found.pk)},
        )


def _open_about(law: Ledger, about: Subject) -> Case | None:
    """The open case of a ledger about a subject, if there is one."""
    rows = Case.objects.filter(ledger=law.name, closed=None)
    if about.register == "area":
        rows = rows.filter(area=about.area, household=None, resident=None, organisation=None, thing=None)
    else:
        rows = rows.filter(**subjects.row(about))
    return rows.order_by("opened").first()


# --- acting ---------------------------------------------------------------------------------------------------------


def _act(
    writing: Writing,
    actor: access.Actor,
    case: Case,
    act_name: str,
    given: Mapping[str, Any],
    evidence: Sequence[uuid.UUID | str],
    happened: datetime | None,
    *,
    key: uuid.UUID | None = None,
    request: str | None = None,
    state: loop.State | None = None,
    depth: int = 0,
) -> Piece:
    law = editions.pinned(case.edition_id)
    about = subjects.of_case(case)
    by = law.acts[act_name].by if act_name in law.acts else ()
    worn = access.hats(actor, case) if any(token.startswith("@") for token in by) else access.worn(actor, case, ())
    hand = _hand(actor, worn, law, act_name)
    brought = bringing.by(actor, law, act_name, about.organisation, evidence)
    state = folding.state(case, law, writing.now, act=act_name) if state is None else state
    world = CaseWorld(about, writing.now, case.pk)
    moment = loop.Moment(writing.now, happened)
    done = loop.act(law, state, act_name, access.in_loop(actor, worn, hand.held), given, brought.counted, moment, world)
    if case.closed is not None and done.state.closed is None:
        _none_open(law, about)  # an end that is taken back opens the case again
    piece = Piece(case, law, about, hand, done, world, brought, happened, key=key, request=request)
    writing.add(piece)
    _follow(writing, piece, depth)
    return piece


def _follow(writing: Writing, piece: Piece, depth: int) -> None:
    """What an act leads to in the same transaction: cases of other ledgers, changes of registers, acts of the system."""
    if depth >= _DEPTH:
        raise Refusal("circle", Text("台账之间循环引出，已停止。", "Ledgers spawn each other in a circle; stopped."))
    for spawn in piece.done.spawns:
        spawn_case(writing, piece.case, piece.subject, spawn, depth + 1)
    for effect in piece.done.effects:
        if effect.kind == "register":
            _change(writing, piece, effect, depth)
        elif effect.kind == "print":
            piece.papers.append(effect.name)
        else:
            given, after = effect.values, piece.done.state
            _act(writing, access.SYSTEM, piece.case, effect.name, given, (), None, state=after, depth=depth + 1)


def _change(writing: Writing, piece: Piece, effect: loop.EffectDone, depth: int) -> None:
    """Make a change of the registers, and what it leads to in cases of the households concerned."""
    changed = registers.apply(
        effect.name, effect.values, subject=piece.subject, case=piece.case.pk, entry_id=piece.id,
        actor=piece.hand.actor, now=writing.now,
    )  # fmt: skip
    piece.changes.append(effect)
    for led in kin.after(effect.name, changed, piece.case):
        if isinstance(led, kin.Opening):
            spawn_case(writing, led.parent, piece.subject, led.spawn, depth + 1)
        else:
            case = access.case_for(access.SYSTEM, led.case, lock=True)
            _act(writing, access.SYSTEM, case, led.act, led.given, (), None, depth=depth + 1)


def spawn_case(
    writing: Writing,
    parent: Case | None,
    about: Subject,
    spawn: loop.Spawn,
    depth: int = 1,
    extra: Mapping[str, Any] | None = None,
) -> Piece:
    """Open a case that another one, or a light, leads to; about the same subject unless the spawn names one."""
    law = editions.current(spawn.ledger)
    wanted = about if spawn.subject is None and law.subject == about.register else None
    if wanted is None:
        named = spawn.subject if spawn.subject is not None else about.path
        wanted = subjects.find(access.SYSTEM, law, spawn.act, named)
    given = spawn.given if extra is None else {**spawn.given, **extra}
    return open_in(writing, access.SYSTEM, law, spawn.act, wanted, given, (), None, parent=parent, depth=depth)


def act_in(writing: Writing, case: Case, act_name: str, state: loop.State) -> Piece:
    """An act of the system on a case, within a transaction that is being written."""
    return _act(writing, access.SYSTEM, case, act_name, {}, (), None, state=state)


def _hand(actor: access.Actor, worn: access.Hats, law: Ledger, act_name: str) -> Hand:
    """Under which hat and post an act is done; none where the loop will refuse."""
    declared = law.acts.get(act_name)
    chosen = worn.for_act(declared.by) if declared is not None else None
    return Hand(actor, None, None) if chosen is None else Hand(actor, chosen[0], chosen[1])


def _expected(case: Case, expect: int | None) -> None:
    if expect is not None and case.n != expect:
        raise someone_was_first(case.pk)


# --- withdrawing an entry -------------------------------------------------------------------------------------------


def _annul(
    writing: Writing, actor: access.Actor, case: Case, n: int, reason: str, key: uuid.UUID | None, request: str | None
) -> Piece:
    law = editions.pinned(case.edition_id)
    about = subjects.of_case(case)
    written = folding.bodies(case)
    before = folding.state(case, law, writing.now, written=written)
    target = next((entry for entry in before.entries if entry.n == n and not entry.annulled), None)
    if target is None:
        raise Refusal(
            "no_entry", Text("没有这条记录，或已经更正。", "There is no such entry, or it was withdrawn already.")
        )
    annulment.may_annul(law, before, target, reason)
    worn = access.hats(actor, case)
    hand = _hand(actor, worn, law, target.act)
    if hand.hat is None:
        raise Refusal(
            "not_yours", Text("只有能办理这一步的岗位可以更正它。", "Only a post that may do this act may withdraw it.")
        )
    entries = tuple(replace(entry, annulled=entry.annulled or entry.n == n) for entry in before.entries)
    after = loop.fold(law, str(case.pk), before.subject, case.area_path, entries, before.period, before.clocks_from)
    world = CaseWorld(about, writing.now, case.pk)
    told = loop.Entry(
        n=case.n + 1, act=target.act, happened=None, received=writing.now, actor=str(actor.account or actor.hand),
        person=str(actor.account or actor.hand), org=None, post=hand.hat, fields={}, own={"reason": reason},
        evidence={}, edition=law.digest, stage=after.stage,
    )  # fmt: skip
    done = loop.Done(
        entry=told,
        state=after,
        turns=lights.turns(law, after, world),
        facts=facts.restate(law, before, after, writing.now, world),
    )
    piece = Piece(
        case,
        law,
        about,
        hand,
        done,
        world,
        bringing.Brought(),
        None,
        key=key,
        request=request,
        kind=folding.ANNUL,
        withdraws=n,
        says={"annuls": n},
    )
    case.data = folding.stored(law, written, without=n)
    writing.add(piece)
    return piece
