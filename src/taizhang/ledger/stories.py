"""Stories: worked examples in the ledger's own file, told step by step through the loop, and checked at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from taizhang.kit import money
from taizhang.kit.days import SHANGHAI
from taizhang.kit.text import Text
from taizhang.ledger import lights, loop, roster
from taizhang.ledger.library import Library
from taizhang.ledger.schema import POINTING, Field, Ledger, Step, Story
from taizhang.ledger.state import Actor, Children, Fact, Moment, Refused, State, Unmet
from taizhang.ledger.values import BadValue, literal
from taizhang.ledger.worlds import LibraryWorld


@dataclass(frozen=True)
class StoryResult:
    """How a story went: whether as told, and where it first went otherwise."""

    ledger: str
    number: int
    tells: Text
    ok: bool
    step: int | None
    text: Text
    acts: tuple[str, ...]  # acts done
    codes: tuple[str, ...]  # codes of refusals earned
    stages: tuple[str, ...]  # stages visited


@dataclass
class StoryWorld(LibraryWorld):
    """What a story takes for granted: the library's numbers and calendar, and what it says itself."""

    story: Story
    own: dict[str, int | str] = field(default_factory=dict)

    def policy(self, name: str, area: str, day: date) -> int | str | None:
        """The story's own number, else the library's."""
        return self.own[name] if name in self.own else self.library.policy(name, area, day)

    def total(self, indicator: str, window: str | None) -> int:
        """The story's figure, by `ledger.indicator` or `ledger.indicator window`; else nothing was counted."""
        total = self.story.world.total
        return total.get(f"{indicator} {window}" if window else indicator, total.get(indicator, 0))

    def children(self, ledger: str) -> Children:
        """The story's spawned cases; else none."""
        told = self.story.world.children.get(ledger, {})
        return Children(told.get("open", 0), told.get("count", told.get("open", 0)))

    def things(self, register: str, area: str, day: date) -> Sequence[Mapping[str, Any]]:
        """The rows that the story tells of."""
        return self.story.world.rows

    def recent(self, ledger: str, since: datetime) -> frozenset[str]:
        """The rows that the story calls recent."""
        return frozenset(self.story.world.recent.get(ledger, ()))

    def seed(self) -> int:
        """The story's own."""
        return self.story.world.seed


class _Otherwise(Exception):
    """A story went otherwise than told."""

    def __init__(self, zh: str, en: str):
        super().__init__(en)
        self.text = Text(zh, en)


def instant(text: str) -> datetime:
    """A time as stories write it (`2021-03-02 10:00`, district time; a day alone is 09:00) in UTC. Raises ValueError."""
    plain = text.strip()
    plain = f"{plain} 09:00" if len(plain) == 10 else plain
    return datetime.fromisoformat(plain).replace(tzinfo=SHANGHAI).astimezone(UTC)


def run(ledger: Ledger, library: Library) -> tuple[StoryResult, ...]:
    """Tell every story of a ledger."""
    return tuple(tell(ledger, library, number) for number in range(len(ledger.stories)))


def before(ledger: Ledger, number: int) -> tuple[Step, ...]:
    """The steps that a story takes for granted: those of the story it `follows` (counted from 1), and of what that follows."""
    earlier = ledger.stories[number].follows
    return (
        () if earlier is None or earlier > number else (*before(ledger, earlier - 1), *ledger.stories[earlier - 1].do)
    )


def tell(ledger: Ledger, library: Library, number: int) -> StoryResult:
    """Tell one story of a ledger."""
    story = ledger.stories[number]
    told = _Telling(ledger, library, story)
    at: int | None = None
    text = Text("", "")
    try:
        for step in before(ledger, number):
            told.step(step)
        for at, step in enumerate(story.do):  # noqa: B007  # where it went otherwise is wanted afterwards
            told.step(step)
        at = None
        told.end()
    except _Otherwise as otherwise:
        text = otherwise.text
    except ValueError as error:
        text = Text(f"读不懂：{error}", f"cannot be read: {error}")
    ok = text == Text("", "")
    return StoryResult(
        ledger.name, number, story.tells, ok, at, text, tuple(told.acts), tuple(told.codes), tuple(told.stages)
    )


class _Telling:
    """One story on its way."""

    def __init__(self, ledger: Ledger, library: Library, story: Story):
        self.ledger, self.story = ledger, story
        self.world = StoryWorld(library, story)
        for name, raw in story.world.policy.items():
            policy = library.policies.get(name)
            self.world.own[name] = money.parse(str(raw)) if policy and policy.type == "money" else raw
        self.state: State | None = None
        self.now = datetime.min.replace(tzinfo=UTC)
        self.acts: list[str] = []
        self.codes: list[str] = []
        self.stages: list[str] = []
        self.facts: list[Fact] = []

    def step(self, step: Step) -> None:
        """Do one step and hold it against what is told of it."""
        now = instant(step.on)
        if now < self.now:
            raise _Otherwise(
                "这一步比上一步早，请按先后写。", "this step is earlier than the one before: put them in order."
            )
        self.now = now
        moment = Moment(now, instant(step.happened) if step.happened else None)
        try:
            done = self._done(step, moment)
        except Refused as refused:
            self.codes += [unmet.code for unmet in refused.unmet]
            self._expected(step, refused.unmet)
        else:
            if step.refused is not None:
                raise _Otherwise(
                    f"应被拒绝（{step.refused}），却办成了。", f"it should be refused ({step.refused}) but was done."
                )
            self.state = done.state
            self.facts += done.facts
            self.acts.append(step.act)
            self.stages.append(done.state.stage)
        self._compare(step.stage, step.light, now)

    def end(self) -> None:
        """Hold the end against what is told of it."""
        ends = self.story.ends
        looked = instant(ends.on) if ends.on else self.now
        self._compare(ends.stage, ends.light, looked)
        for name, told in ends.counts.items():
            counted = self._counted(name, looked)
            if str(told) != counted:
                raise _Otherwise(
                    f"指标 {name} 应为 {told}，实为 {counted}。", f"{name} should be {told}, but is {counted}."
                )

    def _counted(self, name: str, now: datetime) -> str:
        """What an indicator has counted of this case: a number, yuan where that is its unit, `1/2` of a rate."""
        indicator = self.ledger.indicators.get(name)
        if indicator is None:
            raise _Otherwise(f"没有名为 {name} 的指标。", f"there is no indicator {name}.")
        mine = [fact for fact in self.facts if fact.indicator == name and fact.at <= now]
        num, den, value = (sum(getattr(fact, part) for fact in mine) for part in ("num", "den", "value"))
        if indicator.over is not None:
            return f"{num}/{den}"
        if indicator.sum is None:
            return str(num)
        return f"{Decimal(value) / 100:f}" if indicator.unit == "元" else str(value)

    def _done(self, step: Step, moment: Moment) -> loop.Done:
        given = self._given(step, moment)
        actor = self._actor(step)
        if self.state is None:
            subject = {"id": "S1", **self.story.subject}
            return loop.open_case(
                self.ledger,
                step.act,
                actor,
                subject,
                self.story.area,
                given,
                step.evidence,
                moment,
                self.world,
                case="story",
                period=self._period(step, given),
            )
        return loop.act(self.ledger, self.state, step.act, actor, given, step.evidence, moment, self.world)

    def _period(self, step: Step, given: Mapping[str, Any]) -> date | None:
        """The first day of the period that the story's case answers, where it answers a cell of the roster."""
        if step.period is None or self.ledger.roster is None:
            return None
        item = str(given.get(self.ledger.roster.item, ""))
        cell = roster.cell(self.ledger, self.world, item, date.fromisoformat(step.period))
        if cell is None:
            raise _Otherwise(f"事项“{item}”那时没有周期。", f"the item “{item}” has no period then.")
        return cell.begins

    def _given(self, step: Step, moment: Moment) -> dict[str, Any]:
        """What is given, in the units of the loop: stories write yuan."""
        act = self.ledger.acts.get(step.act)
        given: dict[str, Any] = {}
        for key, raw in step.give.items():
            spec = (act.entry.get(key) if act else None) or self.ledger.fields.get(key)
            try:
                given[key] = plain(spec, raw, moment.received.astimezone(SHANGHAI).date()) if spec else raw
            except BadValue:
                given[key] = raw  # the loop refuses it, which may be what the story tells
        return given

    def _actor(self, step: Step) -> Actor:
        token = step.as_ or "system"
        hand = step.hand or token
        party = self.state.fields.get(token[1:]) if token.startswith("@") and self.state is not None else None
        if isinstance(party, str) and party not in (hand, step.org) and (step.hand or step.org):
            worn = frozenset[str]()  # the hand that acts is not whom the field names
        else:
            worn = frozenset({token})
        person = party if isinstance(party, str) and not step.hand and not step.org else hand
        return Actor(hand, person, step.org, worn, hand)

    def _expected(self, step: Step, unmet: tuple[Unmet, ...]) -> None:
        if step.refused is None:
            zh = "；".join(u.text.zh for u in unmet)
            en = " ".join(u.text.en for u in unmet)
            raise _Otherwise(f"被拒绝：{zh}", f"refused: {en}")
        for wanted in (step.refused,) if isinstance(step.refused, str) else step.refused:
            if not any(wanted in (u.code, u.field) or wanted in u.text.zh or wanted in u.text.en for u in unmet):
                said = "；".join(f"{u.code}: {u.text.zh}" for u in unmet)
                raise _Otherwise(
                    f"拒绝的理由不是“{wanted}”，而是：{said}", f"it was refused, but not for “{wanted}”: {said}"
                )

    def _compare(self, stage: str | None, light: str | None, now: datetime) -> None:
        here = self.state.stage if self.state is not None else None
        if stage is not None and stage != here:
            raise _Otherwise(f"应处于“{stage}”，实为“{here}”。", f"the stage should be {stage}, but is {here}.")
        if light is not None and self.state is not None:
            lit = lights.light(lights.turns(self.ledger, self.state, self.world), now)
            if lit.colour != light:
                raise _Otherwise(
                    f"应为 {light}，实为 {lit.colour}（{lit.clock}）。",
                    f"the light should be {light}, but is {lit.colour} ({lit.clock}).",
                )


def plain(spec: Field, raw: Any, day: date) -> Any:
    """A value as a declaration or a story writes it, in the unit used inside. Raises BadValue."""
    if spec.type == "table" and isinstance(raw, list):
        return [
            {name: plain(spec.columns[name], cell, day) if name in spec.columns else cell for name, cell in row.items()}
            for row in raw
        ]
    if spec.type == "text":
        return str(raw)
    if spec.type in ("choice", "pick", *POINTING) and isinstance(raw, int):
        return str(raw)
    return literal(spec, raw, day)
