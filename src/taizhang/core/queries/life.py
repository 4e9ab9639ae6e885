"""The life of a household as its cases tell it: one story in the order of time, with money and whether it was in time.

Of every case those entries are told that a reader of the whole wants: what opened it, what brought it to where it rests
or ends, what took it away from there, a notice, a return. An act that is done again and again is one line with its sum.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from taizhang.core import editions, folding, subjects
from taizhang.core.models import Case, Post
from taizhang.core.queries import shown
from taizhang.core.world import CaseWorld
from taizhang.kit import days, money
from taizhang.kit.text import Text
from taizhang.ledger import history, lights, loop
from taizhang.ledger.schema import Act, Ledger

SPELLS: Final = "household_monitoring"  # each of its cases that was entered is a spell of monitoring
_TELLING: Final = ("pick", "choice", "int", "date", "organisation")
_MOST: Final = 3  # values told of one entry


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or one that was done several times."""

    case: uuid.UUID
    number: str
    ledger: Text
    label: Text
    stage: Text | None  # where it brought the case
    spell: int  # which spell of monitoring it belongs to; 0 for none
    at: datetime
    until: datetime | None  # of the last time, where it was done several times
    times: int
    values: tuple[Text, ...]
    amount: int | None  # fen, all times together
    who: str  # the post
    light: Literal["green", "red", "none"]  # whether the limits that this ended were kept; none where it ended none


def story(cases: Sequence[Case], now: datetime) -> tuple[Event, ...]:
    """What happened to a household by its cases, the earliest first; about four queries a case."""
    told: list[tuple[Mapping[str, Any], Event]] = []
    names = shown.Names(days.day_of(now))
    spells = 0
    for case in sorted(cases, key=lambda one: one.opened):
        # a question that one case put to others, such as a comparison by departments, is no event of the household's
        if case.parent_id is not None and case.parent_id not in _same_ledger(cases, case):
            continue
        law, written = editions.pinned(case.edition_id), folding.bodies(case)
        state = folding.state(case, law, now, written=written, act="")
        steps = list(_telling(law, state))
        entered = case.ledger == SPELLS and any(
            law.stages[step.after].rests for step in steps if step.after in law.stages
        )
        spells += entered
        late = _late(case, law, state, {step.entry.n for step in steps}, now)
        by_n = {body["n"]: body for body in written}
        for step in steps:
            body = by_n[step.entry.n]
            told.append((body, _event(case, body, step, spells if entered else 0, late, names)))
    names.fetch()
    posts = _posts([body for body, _event in told])
    told.sort(key=lambda pair: (pair[1].at, pair[0]["seq"]))
    events = [replace(event, values=_values(body, names), who=posts.get(str(body["post"]), "")) for body, event in told]
    return tuple(_together(events))


def _same_ledger(cases: Sequence[Case], case: Case) -> set[uuid.UUID]:
    return {one.pk for one in cases if one.ledger == case.ledger}


def _telling(law: Ledger, state: loop.State) -> Iterator[history.Step]:
    for step in history.steps(law, state.entries):
        act = law.acts.get(step.entry.act)
        if step.before is None or _tells(law, act, step):
            yield step


def _tells(law: Ledger, act: Act | None, step: history.Step) -> bool:
    """Whether an entry belongs into the story of a household: more than a step on the way."""
    paid = act is not None and any(law.fields[key].type == "money" and not law.fields[key].sealed for key in act.asks)
    stages = [law.stages[name] for name in (step.before, step.after) if name in law.stages]
    rests = any(stage.rests or stage.end for stage in stages)
    moved = step.before != step.after
    return paid or (moved and (rests or (act is not None and (act.aside or act.notice is not None))))


def _late(case: Case, law: Ledger, state: loop.State, asked: set[int], now: datetime) -> Mapping[int, bool]:
    """Of the entries asked about those that ended running clocks: whether one of these was past its end."""
    world = CaseWorld(subjects.of_case(case), now, case.pk)
    found: dict[int, bool] = {}
    kept = [entry for entry in state.entries if not entry.annulled]
    for n, entry in enumerate(kept, 1):
        if entry.n not in asked:
            continue
        before = replace(state, entries=tuple(kept[:n]))
        turns = lights.turns(law, before, world)
        ended = [turn.clock for turn in turns if turn.stopped_at is not None and _ended_by(turn.stopped_at, entry)]
        if ended:
            late = lights.late(turns, entry.received)
            found[entry.n] = any(late[clock] for clock in ended)
    return found


def _ended_by(stopped: datetime, entry: loop.Entry) -> bool:
    return stopped in (entry.received, entry.happened)


def _event(
    case: Case, body: Mapping[str, Any], step: history.Step, spell: int, late: Mapping[int, bool], names: shown.Names
) -> Event:
    law = editions.pinned(body["edition"])  # an old entry by the labels of its time
    own = law.acts[body["act"]]
    fields = body["says"].get("fields") or {}
    for key in fields:
        if key in law.fields:
            shown.want(law.fields[key], fields[key], names)
    amounts = [fields[key] for key in own.asks if isinstance(fields.get(key), int) and law.fields[key].type == "money"]
    was_late = late.get(body["n"])
    return Event(
        case=case.pk, number=case.number, ledger=law.label, label=own.label,
        stage=law.stages[body["says"]["stage"]].label if step.before != step.after else None, spell=spell,
        at=folding.instant(body["happened"]), until=None, times=1, values=(), amount=amounts[0] if amounts else None,
        who="", light="none" if was_late is None else "red" if was_late else "green",
    )  # fmt: skip


def _values(body: Mapping[str, Any], names: shown.Names) -> tuple[Text, ...]:
    """The short plain values of an entry, in the order in which the ledger asks for them."""
    law = editions.pinned(body["edition"])
    fields, act = body["says"].get("fields") or {}, law.acts[body["act"]]
    found = []
    for key in dict.fromkeys((*act.asks, *act.may, *fields)):
        spec = law.fields.get(key)
        if spec is None or spec.sealed or spec.type not in _TELLING or fields.get(key) is None:
            continue
        words = shown.words(spec, fields[key], names)
        found.append(Text(f"{spec.zh} {words.zh}", f"{spec.en} {words.en}"))
    return tuple(found[:_MOST])


def _posts(written: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    ids = {body["post"] for body in written if body["post"]}
    return {str(pk): title for pk, title in Post.objects.filter(pk__in=ids).values_list("pk", "title")}


def _together(events: Sequence[Event]) -> Iterator[Event]:
    """The same act of a case again, with nothing of that case in between that moved it: one line."""
    lines: list[Event] = []
    open_at: dict[uuid.UUID, int] = {}  # by case: its last line
    for event in events:
        at = open_at.get(event.case)
        if (
            at is not None
            and lines[at].label == event.label
            and event.amount is not None
            and lines[at].amount is not None
        ):
            before = lines[at]
            lines[at] = replace(
                before, until=event.at, times=before.times + 1, amount=(before.amount or 0) + event.amount, values=(),
                light="red" if "red" in (before.light, event.light) else before.light,
            )  # fmt: skip
        else:
            open_at[event.case] = len(lines)
            lines.append(event)
    return iter(lines)


def amount_in_words(event: Event) -> Text:
    """The money of an event, all times together; empty where there is none."""
    if event.amount is None:
        return Text("", "")
    said = money.show(event.amount)
    if event.times == 1:
        return Text(f"{said} 元", f"¥{said}")
    return Text(f"{event.times} 次，共 {said} 元", f"{event.times} times, ¥{said} in all")
