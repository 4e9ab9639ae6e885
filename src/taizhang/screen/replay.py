"""What a set of rules would have found month by month, and what it was worth: pure arithmetic on hits and outcomes.

An alert is a hit that is not told again yet, by the window of its rule. It is right when the household was entered into
monitoring within the days of the horizon. Its cost are the visits: one per household and month, however many rules hit, but
none to a household that was watched already. What a rule alone caused would be saved without it; what it alone found, lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Any

from taizhang.kit.text import Text


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule hit of one month; marks are those of the rows it rests on."""

    rule: str
    household: str
    marks: tuple[str, ...] = ()
    line: str = ""


@dataclass(frozen=True, slots=True)
class Spell:
    """A spell of monitoring: when the clue was opened (by whatever way), when the household was entered and left."""

    opened: date
    entered: date | None
    left: date | None
    by_screening: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """When a rule's alert is told again: days, year, case, row or reckoning (screening rules, `again`)."""

    how: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """A hit that is told."""

    day: date
    rule: str
    household: str


@dataclass(frozen=True, slots=True)
class Yield:
    """What one rule, or one combination of rules on one household and month, was worth."""

    rules: tuple[str, ...]
    alerts: int
    confirmed: int
    days_earlier: int | None  # median over confirmed households; None where there is none
    visits: int  # that it had a part in
    alone: int  # visits that nothing else would have caused
    found_alone: int  # confirmed households that no other rule had told of


@dataclass(frozen=True)
class Result:
    """The whole past under one set of rules."""

    months: tuple[str, ...]
    alerts: int
    households: int
    visits: int
    confirmed: int  # households
    rules: tuple[Yield, ...]
    combinations: tuple[Yield, ...]
    by_month: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # visits, and confirmed among them

    def json(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Little:
    """A rule that brings little, with what dropping it would save and lose."""

    rule: str
    alerts: int
    confirmed: int
    saved: int
    lost: int
    text: Text


def told(hits: Iterable[tuple[date, Sequence[Hit]]], again: Mapping[str, Again]) -> list[Alert]:
    """The hits of successive months that are told, by the windows of their rules."""
    last: dict[tuple[str, str], date] = {}
    marks: dict[tuple[str, str], set[str]] = defaultdict(set)
    before: set[tuple[str, str]] = set()
    found = []
    for day, some in hits:
        present = {(one.rule, one.household) for one in some}
        for one in some:
            key, how = (one.rule, one.household), again.get(one.rule, Again("case"))
            since = last.get(key)
            if how.how == "days":
                fresh = since is None or since <= day - timedelta(days=how.days)
            elif how.how == "year":
                fresh = since is None or since.year != day.year
            elif how.how in ("row", "reckoning"):
                mine = {f"{one.line} {mark}" for mark in one.marks}
                fresh = bool(mine - marks[key])
                marks[key] |= mine
            else:  # until what was found is over: a hit that was not there the month before
                fresh = key not in before
            if fresh:
                last[key] = day
                found.append(Alert(day, one.rule, one.household))
        before = present
    return found


def judge(
    alerts: Sequence[Alert], spells: Mapping[str, Sequence[Spell]], *, horizon: int, months: Sequence[date]
) -> Result:
    """What the alerts were worth, given what became of households; `horizon` are days from an alert to the entry."""
    gathered: dict[tuple[date, str], list[str]] = defaultdict(list)
    for one in alerts:
        gathered[one.day, one.household].append(one.rule)
    visits = {key for key in gathered if not _watched(spells.get(key[1], ()), key[0])}
    right = {key: spell for key in gathered if (spell := _entered(spells.get(key[1], ()), key[0], horizon))}
    by_rule: dict[tuple[str, ...], list[tuple[date, str]]] = defaultdict(list)
    by_set: dict[tuple[str, ...], list[tuple[date, str]]] = defaultdict(list)
    finders: dict[str, set[str]] = defaultdict(set)
    for key, rules in gathered.items():
        for rule in rules:
            by_rule[rule,].append(key)
        by_set[tuple(sorted(rules))].append(key)
        if key in right:
            finders[key[1]] |= set(rules)

    def worth(rules: tuple[str, ...], keys: Sequence[tuple[date, str]]) -> Yield:
        mine = [key for key in keys if key in right]
        first: dict[str, date] = {}
        for day, home in sorted(mine):
            first.setdefault(home, day)
        earlier = [(_otherwise(spells[home], day, horizon) - day).days for home, day in first.items()]
        alone = [key for key in keys if key in visits and set(gathered[key]) <= set(rules)]
        only = [home for home in first if finders[home] <= set(rules)]
        return Yield(rules, len(keys), len(mine), round(median(earlier)) if earlier else None, sum(key in visits for key in keys),
                     len(alone), len(only))  # fmt: skip

    per_month = {
        day.isoformat()[:7]: (sum(key[0] == day for key in visits), sum(key[0] == day for key in visits & right.keys()))
        for day in months
    }
    single = sorted((worth(rules, keys) for rules, keys in by_rule.items()), key=lambda one: (-one.alerts, one.rules))
    several = sorted((worth(rules, keys) for rules, keys in by_set.items()), key=lambda one: (-one.alerts, one.rules))
    homes = {home for _day, home in gathered}
    return Result(
        tuple(day.isoformat()[:7] for day in months), len(alerts), len(homes), len(visits), len({home for _day, home in right}),
        tuple(single), tuple(several), per_month,
    )  # fmt: skip


def little(result: Result, *, least_alerts: int, share: int) -> tuple[Little, ...]:
    """The rules with at least so many alerts and at most so many percent confirmed: what dropping each saves and loses."""
    found = []
    for one in result.rules:
        if one.alerts >= least_alerts and one.confirmed * 100 <= one.alerts * share:
            rule = one.rules[0]
            text = Text(
                f"{rule} 预警 {one.alerts} 条，核实纳入 {one.confirmed} 户；停用可少入户 {one.alone} 次，漏掉只有它发现的 {one.found_alone} 户。",
                f"{rule}: {one.alerts} alerts, {one.confirmed} entered; without it {one.alone} visits fewer, and {one.found_alone} "
                "households lost that it alone found.",
            )
            found.append(Little(rule, one.alerts, one.confirmed, one.alone, one.found_alone, text))
    return tuple(sorted(found, key=lambda one: (one.lost, -one.saved, one.rule)))


def _watched(spells: Sequence[Spell], day: date) -> bool:
    return any(
        spell.entered is not None and spell.entered <= day and (spell.left is None or day < spell.left)
        for spell in spells
    )


def _entered(spells: Sequence[Spell], day: date, horizon: int) -> Spell | None:
    """The spell that an alert of that day was right about: entered from that day on, within the horizon."""
    last = day + timedelta(days=horizon)
    return next((spell for spell in spells if spell.entered is not None and day <= spell.entered <= last), None)


def _otherwise(spells: Sequence[Spell], day: date, horizon: int) -> date:
    """The day on which the household was found otherwise: its clue, unless that came of screening; then its entry."""
    spell = _entered(spells, day, horizon)
    if spell is None or spell.entered is None:
        raise AssertionError("only for a household that was entered")
    return spell.entered if spell.by_screening else spell.opened
