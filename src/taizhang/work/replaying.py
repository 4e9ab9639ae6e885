"""Replaying rules on the past of the kept data, month by month: a job that can be cut off and goes on where it stopped."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from taizhang.core import access, enrolled, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Replay
from taizhang.core.moves import replays as moves
from taizhang.core.moves import screening
from taizhang.core.queries import checking, district, own_records, runs
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import replay
from taizhang.screen.replay import Again, Hit, Spell
from taizhang.screen.rules import Again as Window
from taizhang.screen.rules import Rulebook
from taizhang.work import declared, harvest, trying
from taizhang.work.harvest import Inputs

PLACE: Final = ".replays"
MONTHS: Final = 24  # as far back as rows are kept beside the longest window
Progress = Callable[[Text], None]


def carry_out(
    actor: access.Actor, replay_id: uuid.UUID | str, *, clock: Clock, progress: Progress | None = None
) -> replay.Result:
    """Ask the rules on every past month, and count what they were worth. What was done before is not done again."""
    say = progress or (lambda text: None)
    row = moves.get(replay_id)
    today = days.day_of(clock.now())
    changes = {**_decided(today), **(row.proposal.changes if row.proposal else {})}
    book = trying.book_of(changes, today)
    months = _months(row, today)
    place = vault.make(vault.folder() / PLACE / str(row.pk))
    for at, day in enumerate(months, 1):
        say(
            Text(
                f"回放 {day:%Y-%m}，第 {at} / {len(months)} 个月", f"Replaying {day:%Y-%m}, month {at} of {len(months)}"
            )
        )
        path = place / f"{day.isoformat()}.json"
        if not path.is_file():
            _keep(path, _month(row, day, book))
        moves.reached(row.pk, at, months[0], months[-1])
    hits = [
        (day, [_hit(line) for line in json.loads((place / f"{day.isoformat()}.json").read_text())]) for day in months
    ]
    values = book.values(district.here().code, today)
    told = replay.told(hits, _windows(book, values))
    result = replay.judge(told, _spells(), horizon=_number(values, "replay_horizon_days"), months=months)
    few = replay.little(
        result, least_alerts=_number(values, "yield_least_alerts"), share=_number(values, "yield_share")
    )
    moves.finish(row.pk, {**result.json(), "little": [_plain(one) for one in few]}, clock=clock)
    vault.remove(place)
    return result


def _number(values: Mapping[str, Any], name: str) -> int:
    """A number that replaying needs. Raises Refusal("no_number")."""
    value = values.get(name)
    if not isinstance(value, int):
        raise Refusal("no_number", Text(f"没有公布“{name}”。", f"No {name} is in force."))
    return value


def _plain(one: replay.Little) -> dict[str, Any]:
    return {"rule": one.rule, "alerts": one.alerts, "confirmed": one.confirmed, "saved": one.saved, "lost": one.lost,
            "zh": one.text.zh, "en": one.text.en}  # fmt: skip


def _decided(today: date) -> dict[str, int]:
    """The numbers that were decided here and hold today: today's rules are asked of the past with these."""
    code = district.here().code
    held = {name: policy.in_force(code, today) for name, policy in trying.book_of({}, today).policies.items()}
    return {
        name: one.value for name, one in held.items() if one is not None and one.decided and isinstance(one.value, int)
    }


def _months(row: Replay, today: date) -> list[date]:
    """The last days of the months before this one: since the first batch came, or as far back as rows are kept."""
    first = today.replace(day=1)
    ends = [days.add_months(first, -back) - timedelta(days=1) for back in range(MONTHS - 1, -1, -1)]
    if row.known == "then":
        came = min((days.day_of(batch.received_at) for batch in runs.batches()), default=today)
        ends = [day for day in ends if day >= came]
    return ends or [first - timedelta(days=1)]


def _month(row: Replay, day: date, book: Rulebook) -> list[list[Any]]:
    """What the rules find on a day: with the rows that had come by then, or with all rows by their own dates."""
    until = days.start_of(day + timedelta(days=1))
    batches, known = runs.batches(), until if row.known == "then" else None
    if known is not None:
        batches = tuple(batch for batch in batches if batch.received_at < known)
    register = enrolled.register(day)
    if not register.members:  # the register begins later: the people of today, by the rows of that day
        register = enrolled.register(days.day_of(row.created))
    inputs = Inputs(day, batches, runs.decisions(known), book, {}, own_records.at(until), register)
    return [
        [one.rule, str(one.household), screening.marks(one), str(one.figures.get("line", ""))]
        for one in harvest.hits(inputs)
        if one.household is not None
    ]


def _keep(path: Path, hits: list[list[Any]]) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(hits), encoding="utf-8")
    part.replace(path)


def _hit(line: list[Any]) -> Hit:
    return Hit(line[0], line[1], tuple(line[2]), line[3])


def _windows(book: Rulebook, values: Mapping[str, Any]) -> dict[str, Again]:
    found = {}
    for name, rule in book.rules.items():
        if isinstance(rule.again, Window):
            found[name] = Again("days", int(values.get(rule.again.days, 0)))
        else:
            found[name] = Again(rule.again)
    return found


def _spells() -> dict[str, list[Spell]]:
    found: dict[str, list[Spell]] = defaultdict(list)
    for one in checking.courses():
        found[one.household].append(Spell(one.opened, one.entered, one.left, one.by_screening))
    return dict(found)


def rule_label(name: str) -> Text:
    """The words of a rule."""
    rule = declared.rulebook().rules.get(name)
    return rule.label if rule else Text(name, name)
