"""What an act leaves behind, written together: values sealed, rows of the case, numbers, and the entries last of all.

One `Writing` lives for one transaction. Acts and openings are gathered in it as the loop answers them; `finish` takes
the yearly numbers and then the chain, always in that order, so that two writers can never wait for each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from taizhang.core import access, chain, folding, letters, seals, statements
from taizhang.core.models import (
    Account,
    Area,
    Case,
    Document,
    Entry,
    Evidence,
    Fact,
    Household,
    Notice,
    Organisation,
    Party,
    Resident,
    Thing,
    Turn,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves import series, sight
from taizhang.core.moves.bringing import Brought
from taizhang.core.subjects import Subject
from taizhang.core.world import CaseWorld
from taizhang.kit import areacode, days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import history, loop
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Ledger

# Field types that point at a row: kept as relations, never only as JSON.
_POINTS_AT: Final[Mapping[str, str]] = {
    "person": "account", "organisation": "organisation", "area": "area", "household": "household", "resident": "resident",
    **dict.fromkeys(THINGS, "thing"),
}  # fmt: skip
Columns = Mapping[str, Any]  # a row that is about to be written
# The columns of a case that an act changes.
_CHANGING: Final = ("n", "stage", "closed", "yellow_at", "red_at", "data")


@dataclass(frozen=True)
class Hand:
    """By whom an act is done: the actor, and the hat and post under which it is done."""

    actor: access.Actor
    hat: str | None
    held: access.Held | None


@dataclass
class Piece:
    """One act of a transaction: the case it changes and what the loop answered."""

    case: Case
    ledger: Ledger
    subject: Subject
    hand: Hand
    done: loop.Done
    world: CaseWorld
    brought: Brought
    happened: datetime | None
    key: uuid.UUID | None = None
    request: str | None = None
    kind: str = "act"
    says: dict[str, Any] = field(default_factory=dict)
    id: uuid.UUID = field(default_factory=new_id)
    opens: bool = False
    withdraws: int | None = None  # the entry that this one annuls
    changes: list[loop.EffectDone] = field(default_factory=list)  # of registers, made with this act's entry
    papers: list[str] = field(default_factory=list)  # numbered with this act's entry
    sheets: list[Evidence] = field(default_factory=list)  # of them, as they are kept
    n: int = 0


class Writing:
    """Everything that one transaction writes about cases."""

    def __init__(self, now: datetime):
        self.now = now
        self.pieces: list[Piece] = []

    def add(self, piece: Piece) -> None:
        """Take what an act leaves behind; the case row in memory follows at once, so that a next act can build on it."""
        case, done = piece.case, piece.done
        case.n += 1
        piece.n = case.n
        case.stage = done.state.stage
        case.closed = done.state.closed
        case.yellow_at, case.red_at = light_instants(done.turns)
        self.pieces.append(piece)

    def finish(self) -> None:
        """Write it all. The series and the head of the chain are locked last; nothing may follow."""
        if not self.pieces:
            return
        values = []
        for piece in self.pieces:
            fields, own = self._sealed(piece)
            values.append((fields, own))
            piece.case.data = {**piece.case.data, **fields}
            self._notice(piece)
        self._parties()
        self._facts()
        self._turns()
        for piece in self.pieces:
            self._moved(piece)
        self._number()
        self._save()
        for piece in self.pieces:
            piece.brought.link(piece.id)
        self._papers()
        drafts = [self._draft(piece, fields, own) for piece, (fields, own) in zip(self.pieces, values, strict=True)]
        chain.append(*drafts)

    # --- values -----------------------------------------------------------------------------------------------------

    def _sealed(self, piece: Piece) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the act wrote, with every sealed value put away and replaced by its reference."""
        entry, ledger = piece.done.entry, piece.ledger
        own_fields = ledger.acts[entry.act].entry if entry.act in ledger.acts else {}
        secret: dict[str, Any] = {}
        for key, value in entry.fields.items():
            if key in ledger.fields and ledger.fields[key].sealed and value is not None:
                secret[f"{ledger.name}.{key}"] = value
        for key, value in entry.own.items():
            if key not in own_fields or own_fields[key].sealed:
                secret[f"{ledger.name}.{entry.act}.{key}"] = value
        kept: Mapping[str, Any] = seals.keep_many(piece.subject.owner(piece.case.pk), secret) if secret else {}
        fields = {key: kept.get(f"{ledger.name}.{key}", value) for key, value in entry.fields.items()}
        own = {key: kept.get(f"{ledger.name}.{entry.act}.{key}", value) for key, value in entry.own.items()}
        return fields, own

    def _draft(self, piece: Piece, fields: Mapping[str, Any], own: Mapping[str, Any]) -> chain.Draft:
        actor, held = piece.hand.actor, piece.hand.held
        says: dict[str, Any] = {"stage": piece.done.state.stage, "hat": piece.hand.hat, **piece.says}
        if held is not None and held.organisation_code:
            says["org"] = held.organisation_code
        if held is not None and held.deputy:
            says["deputy"] = True
        if fields:
            says["fields"] = dict(fields)
        if own:
            says["own"] = dict(own)
        if piece.brought.records:
            says["cites"] = [str(record.pk) for record in piece.brought.records]
        if piece.request:
            says["request"] = piece.request
        if piece.opens:
            says["number"] = piece.case.number
            says["subject"] = {piece.subject.register: piece.subject.id}
            says["parent"] = str(piece.case.parent_id) if piece.case.parent_id is not None else None
            if piece.case.period is not None:
                says["period"] = piece.case.period.isoformat()
        return chain.Draft(
            id=piece.id,
            kind=piece.kind,
            received=self.now,
            happened=piece.happened,
            area=piece.case.area_path,
            account=actor.account,
            post=held.post if held else None,
            hand=actor.hand,
            case=piece.case.pk,
            n=piece.n,
            ledger=piece.ledger.name,
            edition=piece.ledger.digest,
            act=piece.done.entry.act,
            says=says,
            evidence=[
                chain.Named(id=file.pk, kind=file.kind, digest=file.digest)
                for file in (*piece.brought.files, *piece.sheets)
            ],
            key=piece.key,
        )

    # --- rows of the case -------------------------------------------------------------------------------------------

    def _parties(self) -> None:
        """Whom the fields of cases point at, as relations: what the last act that wrote a field says."""
        found: dict[tuple[uuid.UUID, str], list[Columns]] = {}
        for piece in self.pieces:
            if sight.begins(piece.ledger, piece.done.state, piece.subject, opens=piece.opens):
                speaks = {"organisation_id": piece.subject.organisation, "thing_id": piece.subject.speaker}
                found[piece.case.pk, "subject"] = [
                    {"case_id": piece.case.pk, "field": "subject", "reads": True, **speaks}
                ]
            for key, parties in self._pointing(piece).items():
                if not piece.opens and (piece.case.pk, key) not in found:
                    statements.delete(Party, case=piece.case.pk, field=key)
                found[piece.case.pk, key] = parties
        statements.insert_values(Party, [party for parties in found.values() for party in parties])

    def _pointing(self, piece: Piece) -> dict[str, list[Columns]]:
        """The parties by field; only fields that this act wrote are looked at."""
        ledger, written = piece.ledger, piece.done.entry.fields
        pointing = {
            key: ledger.fields[key] for key in written if key in ledger.fields and ledger.fields[key].type in _POINTS_AT
        }
        if not pointing:
            return {}
        reading = sight.gives(ledger)
        found: dict[str, list[Columns]] = {}
        for key, spec in pointing.items():
            value = written[key]
            named = value if isinstance(value, list | tuple) else [value]
            targets = [{f"{_POINTS_AT[spec.type]}_id": point(spec.type, one, key)} for one in named if one is not None]
            same = {"case_id": piece.case.pk, "field": key, "reads": key in reading}
            found[key] = [{**same, **one} for one in targets]
        return found

    def _turns(self) -> None:
        """The running clocks of each case as its last act leaves them."""
        last = {piece.case.pk: piece for piece in self.pieces}
        opened = {piece.case.pk for piece in self.pieces if piece.opens}
        for case in last.keys() - opened:
            statements.delete(Turn, case=case)
        statements.insert_values(
            Turn,
            [_turn(piece, turn) for piece in last.values() for turn in piece.done.turns if turn.stopped_at is None],
        )

    def _facts(self) -> None:
        for piece in self.pieces:
            if piece.withdraws is not None:
                self._take_back(piece, piece.withdraws)
        statements.insert_values(
            Fact,
            [
                {
                    "ledger": piece.ledger.name, "indicator": fact.indicator, "case_id": piece.case.pk, "n": piece.n,
                    "area_path": piece.case.area_path, "at": fact.at, "known": fact.known,
                    "num": fact.num, "den": fact.den, "value": fact.value,
                }
                for piece in self.pieces
                for fact in piece.done.facts
            ]
        )  # fmt: skip

    def _take_back(self, piece: Piece, withdrawn: int) -> None:
        """What the withdrawn act counted for is counted off; how things stand is told anew by the loop."""
        acted = [name for name, indicator in piece.ledger.indicators.items() if not indicator.standing]
        rows = list(Fact.objects.filter(case=piece.case.pk, n=withdrawn, indicator__in=acted))
        for row in rows:
            row.pk, row.n, row.known = None, piece.n, self.now
            row.num, row.den, row.value = -row.num, -row.den, -row.value
        statements.insert(rows)

    def _notice(self, piece: Piece) -> None:
        """Post what the act posts; hold, release or take down what hangs already."""
        posted = piece.done.notice
        posting = {name for name, act in piece.ledger.acts.items() if act.notice is not None}
        if any(entry.act in posting for entry in piece.done.state.entries if entry is not piece.done.entry):
            _move_notices(piece, self.now)
        if posted is not None:
            statements.insert([Notice(
                case_id=piece.case.pk, entry_id=piece.id, area_path=piece.case.area_path,
                show=list(posted.show), starts=posted.starts, ends=posted.ends,
            )])  # fmt: skip
            piece.says["notice"] = {
                "days": posted.days, "workdays": posted.workdays, "show": list(posted.show),
                "starts": chain.instant(posted.starts), "ends": chain.instant(posted.ends) if posted.ends else None,
            }  # fmt: skip

    def _moved(self, piece: Piece) -> None:
        """Who owes a moved household's clocks moves with it."""
        if piece.changes and piece.subject.household is not None:
            turns = Turn.objects.filter(case__household=piece.subject.household, case__closed=None).exclude(
                owes_level=""
            )
            for turn in turns.select_related("case"):
                path = areacode.at(turn.case.area_path, turn.owes_level) or ""
                if path != turn.owes_path:
                    Turn.objects.filter(pk=turn.pk).update(owes_path=path)

    # --- last steps -------------------------------------------------------------------------------------------------

    def _number(self) -> None:
        """Give the opened cases their numbers, series after series in one order."""
        opened = [piece for piece in self.pieces if piece.opens]
        year = days.day_of(self.now).year
        for prefix in sorted({piece.ledger.prefix for piece in opened}):
            mine = [piece for piece in opened if piece.ledger.prefix == prefix]
            last = series.take(prefix, year, len(mine))
            for at, piece in enumerate(mine, last - len(mine) + 1):
                piece.case.number = f"{prefix}-{year}-{at:04d}"

    def _papers(self) -> None:
        """Give papers their official numbers, mark after mark in one order; what is numbered is never numbered again."""
        year = days.day_of(self.now).year
        wanted = [
            (str(piece.ledger.documents[kind].mark), kind, piece) for piece in self.pieces for kind in piece.papers
        ]
        for mark, kind, piece in sorted(wanted, key=lambda paper: paper[0]):
            number = series.take(mark, year)
            Document.objects.create(
                case_id=piece.case.pk, entry_id=piece.id, kind=kind, mark=mark, year=year, number=number
            )
            piece.says.setdefault("papers", []).append({"kind": kind, "mark": mark, "year": year, "number": number})
            piece.sheets.append(self._kept(piece, kind, letters.numbered(mark, year, number)))

    def _kept(self, piece: Piece, kind: str, number: str) -> Evidence:
        """The paper as it is signed, set and kept before the entry names it."""
        case, hand = piece.case, piece.hand
        opened = folding.state(case, piece.ledger, self.now).fields if case.n > 1 else {}
        fields = {k: opened.get(k, v) if v == folding.UNREAD else v for k, v in piece.done.state.fields.items()}
        facts = letters.Facts(piece.ledger, piece.done.state, piece.subject, fields, self.now, case.pk)
        organ = hand.held.organisation if hand.held is not None else None
        name = Organisation.objects.values_list("name", flat=True).filter(pk=organ).first() if organ else ""
        return letters.keep(facts, kind, number=number, organ=name or "", entry=piece.id, account=hand.actor.account)

    def _save(self) -> None:
        """Write the case rows: new ones whole, others only if they still stand where they were read."""
        opened = [piece.case for piece in self.pieces if piece.opens]
        statements.insert(opened)
        fresh = {case.pk for case in opened}
        changed = {piece.case.pk: piece.case for piece in self.pieces if piece.case.pk not in fresh}
        for case in changed.values():
            before = case.n - sum(piece.case.pk == case.pk for piece in self.pieces)
            changes = {name: getattr(case, name) for name in _CHANGING}
            if statements.update(Case, changes, pk=case.pk, n=before) != 1:
                raise someone_was_first(case.pk)


# --- lights ---------------------------------------------------------------------------------------------------------


def light_instants(turns: Sequence[loop.Turn]) -> tuple[datetime | None, datetime | None]:
    """From when a case is yellow and from when red, over all its running clocks; a paused clock keeps its colour."""
    yellows: list[datetime] = []
    reds: list[datetime] = []
    for turn in turns:
        if turn.stopped_at is not None:
            continue
        if turn.frozen is not None:
            if turn.frozen == "yellow":
                yellows.append(turn.since)
            elif turn.frozen == "red":
                reds.append(turn.since)
            continue
        if turn.yellow_at is not None:
            yellows.append(turn.yellow_at)
        if turn.red_at is not None:
            reds.append(turn.red_at)
    red = min(reds, default=None)
    yellow = min(yellows, default=None)
    if yellow is not None and red is not None:
        yellow = min(yellow, red)
    return yellow, red


def _turn(piece: Piece, turn: loop.Turn) -> Columns:
    owes, case = turn.owes, piece.case
    account = organisation = thing = None
    if owes.party is not None:
        spec = piece.ledger.fields.get(owes.token.removeprefix("@"))
        if spec is not None and spec.type == "organisation":
            organisation = point("organisation", owes.party, owes.token)
        elif spec is not None and spec.type == "person":
            account = point("person", owes.party, owes.token)
        elif spec is not None and spec.type in THINGS:
            thing = point(spec.type, owes.party, owes.token)
        elif owes.token == "@subject":
            organisation, thing = piece.subject.organisation, piece.subject.speaker
        elif owes.token == "@opener":
            account = case.opened_by_id
    path = areacode.at(case.area_path, owes.level) if owes.level else None
    # a clock whose light no longer moves keeps its colour; one that moves keeps its instants in order
    yellow, red = light_instants([turn])
    return {
        "case_id": case.pk, "clock": turn.clock, "since": turn.since, "due": turn.due, "yellow_at": yellow, "red_at": red,
        "frozen": turn.frozen or "", "owes_role": owes.role, "owes_level": owes.level, "owes_path": path or "",
        "owes_organisation_id": organisation, "owes_thing_id": thing, "owes_account_id": account,
    }  # fmt: skip


# --- what values point at -------------------------------------------------------------------------------------------


def point(kind: str, value: str, key: str) -> uuid.UUID:
    """The row that a value of a field points at. Raises Refusal("unknown_row") when there is none."""
    found: uuid.UUID | None = None
    if kind == "organisation":
        found = statements.value(Organisation, "pk", code=value)
    elif kind == "area":
        found = statements.value(Area, "pk", path=value)
    else:
        models: dict[str, Any] = {"person": Account, "household": Household, "resident": Resident}
        narrowed = {"register": kind} if kind in THINGS else {}
        try:
            found = statements.value(models.get(kind, Thing), "pk", pk=uuid.UUID(value), **narrowed)
        except ValueError:
            found = None
    if found is None:
        raise Refusal(
            "unknown_row",
            Text(f"“{key}”里的“{value}”不在名册里。", f"“{value}” in “{key}” is in no register."),
            details={"field": key},
        )
    return found


# --- notices --------------------------------------------------------------------------------------------------------


def _move_notices(piece: Piece, now: datetime) -> None:
    """Follow what an act does to a notice that hangs: hold it, let it run on, or take it down before its time."""
    hanging = statements.values(Notice, "pk", "entry", "ends", case=piece.case.pk, taken_down=None)
    if not hanging:
        return
    standing = _standing(piece)
    for notice, entry, ends in hanging:
        n = statements.value(Entry, "n", pk=entry)
        if n in standing:
            if standing[n] != ends:
                statements.update(Notice, {"ends": standing[n]}, pk=notice)
        elif ends is None or ends > now:
            statements.update(Notice, {"taken_down": now}, pk=notice)


def _standing(piece: Piece) -> dict[int | None, datetime | None]:
    """The notices that hang after an act, by the entry that posted them, each with its end (None: held).

    A notice hangs as long as the case rests where it was posted, or where an objection holds it; a case that has moved
    on after the last day leaves it as it was, one that moved before takes it down.
    """
    ledger, state = piece.ledger, piece.done.state
    posted = loop.notices(ledger, state, piece.world)
    passed = list(history.steps(ledger, state.entries))
    found: dict[int | None, datetime | None] = {}
    for index, step in enumerate(passed):
        if step.entry.n not in posted:
            continue
        over, notice = posted[step.entry.n].ends, ledger.acts[step.entry.act].notice
        stays = {step.after, *(notice.pauses if notice is not None else ())}
        left = next((later for later in passed[index:] if later.after not in stays), None)
        if left is None or (over is not None and over <= left.entry.received):
            found[step.entry.n] = over
    return found


def someone_was_first(case: uuid.UUID) -> Refusal:
    """The refusal of a writer who saw an older case: names who acted since, and when."""
    last = Entry.objects.filter(case=case, n__isnull=False).select_related("account").order_by("-n").first()
    who = last.account.name if last is not None and last.account is not None else "系统"
    when = last.received.astimezone(days.SHANGHAI).strftime("%Y-%m-%d %H:%M") if last is not None else ""
    return Refusal(
        "someone_was_first",
        Text(
            f"{who}已在 {when} 办理了这个事项，您看到的不是最新情况。",
            f"{who} acted on this case at {when}; what you saw is no longer current.",
        ),
        Text("请刷新后再看是否还要办理。", "Reload the page and see whether it is still needed."),
        {"who": who, "when": when, "n": last.n if last is not None else 0},
    )
