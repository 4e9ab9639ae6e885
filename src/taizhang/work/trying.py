"""Trying other numbers on the last run, saving them as proposals, comparing these, and putting one in force."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from taizhang.core import access, numbers, profiles
from taizhang.core.clock import Clock
from taizhang.core.models import Run
from taizhang.core.moves import proposals as moves
from taizhang.core.queries import district, proposals, runs
from taizhang.core.queries.proposals import ProposalRow
from taizhang.kit import days, money
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import policies
from taizhang.screen import whatif
from taizhang.screen.rules import Rulebook
from taizhang.screen.whatif import Tried
from taizhang.work import declared, harvest

CAPABILITY: Final = "screening.try"


@dataclass(frozen=True, slots=True)
class Knob:
    """A number that can be tried: what it is, what holds, which rules look at it."""

    name: str
    label: Text
    unit: str
    money: bool
    now: int | None  # in force on the day of the last run; None: nobody has published it
    rules: tuple[str, ...]
    window: bool  # a signal is computed anew for it
    published: bool  # set by who publishes it, so it can be tried and not adopted here


@dataclass(frozen=True)
class Bench:
    """The page of trying before anything is tried."""

    run: str
    day: date
    knobs: tuple[Knob, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """A household that changes, as people call it."""

    household: uuid.UUID
    head: str
    area: str
    kind: str
    before: str
    after: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What was tried, in the words of the register."""

    tried: Tried
    towns: Mapping[str, str]  # code -> name
    homes: tuple[Home, ...]


def bench(actor: access.Actor) -> Bench:
    """Which numbers can be tried, on which run. Raises Refusal: `not_allowed`, `no_run`."""
    _may(actor)
    made, book = _run(), _book()
    values = book.values(district.here().code, made.day)
    return Bench(made.digest, made.day, tuple(_knob(book, name, values, made.day) for name in whatif.triable(book)))


def _knob(book: Rulebook, name: str, values: Mapping[str, Any], day: date) -> Knob:
    policy, now = book.policies[name], values.get(name)
    rules = tuple(rule for rule, one in book.rules.items() if not one.site and name in book.numbers_of(rule))
    window = any(name in book.signals[book.rules[rule].signal].said.parameters for rule in rules)
    published = policy.binding(district.here().code, day) is not None
    held = now if isinstance(now, int) else None
    return Knob(name, policy.label, policy.unit, policy.type == "money", held, rules, window, published)


def read(typed: Mapping[str, str]) -> dict[str, int]:
    """The numbers that somebody typed, money in yuan; blank ones are left out. Raises Refusal("bad_value") that names one."""
    book, found = _book(), {}
    for name in whatif.triable(book):
        text = typed.get(name, "").strip().replace(",", "").replace("，", "")
        if not text:
            continue
        policy = book.policies[name]
        try:
            value = policies.amount(policy.type, text if policy.type == "money" else int(text))
        except ValueError:
            value = ""
        if not isinstance(value, int) or value < 0:
            raise Refusal(
                "bad_value",
                Text(f"“{policy.label.zh}”读不懂：{text[:20]}。", f"“{policy.label.en}” cannot be read: {text[:20]}."),
                Text("请写不小于零的数，钱写元。", "Write a number from zero up; money in yuan."),
                details={"name": name},
            )
        found[name] = value
    return found


def changed(found: Mapping[str, int], made: Bench) -> dict[str, int]:
    """Those of the numbers that are others than the ones in force."""
    now = {knob.name: knob.now for knob in made.knobs}
    return {name: value for name, value in found.items() if now.get(name) != value}


def attempt(actor: access.Actor, changes: Mapping[str, int]) -> Answer:
    """What these numbers would change, on the last run. Raises Refusal: `not_allowed`, `no_run`, and those of `whatif.attempt`."""
    _may(actor)
    made = _run()
    tried = whatif.attempt(harvest.kept_folder(made.digest), _book(), changes)
    homes = [uuid.UUID(one.household) for one in tried.moved]
    heads = profiles.heads(homes, made.day)
    places = {place.path: place.name for place in district.areas(access.SYSTEM)}
    named = tuple(
        Home(home, heads.get(home, ""), places.get(one.area, one.area), one.kind, one.before, one.after, one.gained, one.lost)
        for home, one in zip(homes, tried.moved, strict=True)
    )  # fmt: skip
    return Answer(tried, places, named)


def save(actor: access.Actor, name: str, changes: Mapping[str, int], *, clock: Clock) -> uuid.UUID:
    """Save numbers with what they would change, counted now. Raises Refusal."""
    _may(actor)
    made = _run()
    tried = whatif.attempt(harvest.kept_folder(made.digest), _book(), changes)
    return moves.save(actor, name, changes, replace(tried, moved=()).json(), made, clock=clock)


def adopt(actor: access.Actor, proposal: uuid.UUID | str, *, begins: date, source: str, clock: Clock) -> None:
    """Put a proposal's numbers in force from a day on, as the post that enters policy numbers. Raises Refusal, NotFound."""
    moves.adopt(actor, moves.find(actor, proposal), begins=begins, source=source, clock=clock)


def withdraw(actor: access.Actor, proposal: uuid.UUID | str, *, clock: Clock) -> None:
    """Take a proposal off the list. Raises Refusal, NotFound."""
    moves.withdraw(actor, moves.find(actor, proposal), clock=clock)


def listed(actor: access.Actor) -> tuple[ProposalRow, ...]:
    """All proposals. Raises Refusal("not_allowed")."""
    return proposals.listed(actor)


def proposal(actor: access.Actor, proposal_id: uuid.UUID | str) -> ProposalRow:
    """One proposal. Raises NotFound, Refusal("not_allowed")."""
    return proposals.one(actor, proposal_id)


def label(name: str) -> Text:
    """The words of a number."""
    policy = declared.rulebook().policies.get(name)
    return policy.label if policy else Text(name, name)


def written(name: str, value: int) -> str:
    """A number as it is shown: yuan for money."""
    policy = declared.rulebook().policies.get(name)
    return money.show(value) if policy is not None and policy.type == "money" else str(value)


def book_of(changes: Mapping[str, int], day: date) -> Rulebook:
    """The rules of today with other numbers, for every day up to and after one."""
    if not changes:
        return _book()
    begins = days.add_months(day, -1200)
    told = {
        name: (policies.Dated("", begins, None, value, "", "chosen", decided=True),) for name, value in changes.items()
    }
    return _book().with_entered({**numbers.entered(), **told})


def _may(actor: access.Actor) -> None:
    if not actor.is_own_hand:
        access.acting(actor, CAPABILITY)


def _book(known: datetime | None = None) -> Rulebook:
    return declared.rulebook().with_entered(numbers.entered(known))


def _run() -> Run:
    made = runs.newest()
    if made is None:
        raise Refusal(
            "no_run",
            Text("还没有筛查过，没有可以试算的结果。", "Nothing was screened yet: there is nothing to try numbers on."),
            Text("请先筛查一次。", "Screen once first."),
        )
    return made
