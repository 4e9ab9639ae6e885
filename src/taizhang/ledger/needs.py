"""Everything that stands between an actor and an act, all at once: stage, hands, facts, evidence, conditions, waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from taizhang.kit.days import day_of
from taizhang.kit.text import Text
from taizhang.ledger import history, lights, spans
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.parts import is_formula
from taizhang.ledger.schema import Act, Field, Ledger
from taizhang.ledger.scope import Scope, missing
from taizhang.ledger.state import Actor, Moment, State, Unmet, World
from taizhang.ledger.values import BadValue, accept, from_cel, literal
from taizhang.ledger.why import said

EVIDENCE: Mapping[str, Text] = {
    "photo": Text("照片", "photo"),
    "located_photo": Text("带位置的照片", "located photo"),
    "signature": Text("签名", "signature"),
    "file": Text("文件", "file"),
}


@dataclass
class Given:
    """What an actor gave, as it would be kept: facts of the case and of the entry, and what is wrong with them."""

    fields: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    unmet: list[Unmet] = field(default_factory=list)


def wears(act: Act, hats: frozenset[str]) -> str | None:
    """The hat under which an act may be done, or None."""
    return next((token for token in act.by if token in hats or token == "anyone"), None)


def stages_of(ledger: Ledger, act: Act) -> tuple[str, ...]:
    """The stages from which an act may be done; none named means every open one."""
    return act.from_ or tuple(name for name, stage in ledger.stages.items() if not stage.end)


def standing(ledger: Ledger, act: Act, state: State | None, hats: frozenset[str]) -> Iterator[Unmet]:
    """What the case's stage and the actor's hats forbid."""
    if act.opens and state is not None:
        yield Unmet(
            "opens", Text(f"“{act.zh}”用于新开事项，不能用于已有事项。", f"“{act.en}” opens a case; this one is open.")
        )
    if not act.opens:
        if state is None:
            yield Unmet("not_opening", Text(f"“{act.zh}”不能新开事项。", f"“{act.en}” does not open a case."))
        elif state.stage not in stages_of(ledger, act):
            here = ledger.stages[state.stage].label if state.stage in ledger.stages else Text(state.stage, state.stage)
            yield Unmet("stage", Text(f"事项现处于“{here.zh}”，不能“{act.zh}”。",
                                      f"The case is at “{here.en}”; “{act.en}” cannot be done from there."))  # fmt: skip
    if wears(act, hats) is None:
        yield Unmet("by", Text(f"您的岗位不能办理“{act.zh}”。", f"Your posts do not allow “{act.en}”."))


def take(
    ledger: Ledger, name: str, state: State, actor: Actor, given: Mapping[str, Any], moment: Moment, world: World
) -> Given:
    """Read what was given: known facts, right values, everything asked for; defaults filled in."""
    act, result = ledger.acts[name], Given()
    day = day_of(moment.happened or moment.received)
    catalogues = ledger.conditions.library.catalogues
    specs = {key: ledger.fields[key] for key in (*act.asks, *act.may)} | dict(act.entry)
    for key, value in given.items():
        if key not in specs:
            result.unmet.append(
                Unmet("unknown_field", Text(f"“{act.zh}”不填“{key}”。", f"“{act.en}” does not take “{key}”."), key)
            )
            continue
        if value is None or value == "" or value == []:
            continue
        try:
            kept = accept(specs[key], value, day=day, catalogues=catalogues)
            (result.own if key in act.entry else result.fields)[key] = kept
        except BadValue as bad:
            spec = specs[key]
            result.unmet.append(Unmet("value", Text(f"{spec.zh}：{bad.text.zh}", f"{spec.en}: {bad.text.en}"), key))
    if act.only_changes:
        result.fields = {key: value for key, value in result.fields.items() if state.fields.get(key) != value}
    _defaults(ledger, name, state, actor, result, day, world)
    scope = scope_of(ledger, name, state, actor, result, day, world)
    wrong = {unmet.field for unmet in result.unmet}
    for key in (*act.asks, *act.entry):
        own = key in act.entry
        path = ("acts", name, "entry", key, "when") if own else ("fields", key, "when")
        spec = specs[key]
        if key in result.fields or key in result.own or key in wrong or (own and spec.optional):
            continue
        if act.only_changes and state.fields.get(key) is not None:
            continue  # known, and as it was
        if scope.holds(ledger.conditions.find(*path)):
            result.unmet.append(Unmet("asks", Text(f"请填写“{spec.zh}”。", f"“{spec.en}” is needed."), key))
    return result


def _defaults(ledger: Ledger, name: str, state: State, actor: Actor, result: Given, day: date, world: World) -> None:
    act = ledger.acts[name]
    wanted = list(ledger.fields) if act.opens else [key for key in (*act.asks, *act.may) if key not in state.fields]
    for key in wanted:
        spec = ledger.fields[key]
        if spec.default is not None and key not in result.fields:
            _default(
                spec, ("fields", key), result.fields, key, scope_of(ledger, name, state, actor, result, day, world)
            )
    for key, spec in act.entry.items():
        if spec.default is not None and key not in result.own:
            _default(
                spec,
                ("acts", name, "entry", key),
                result.own,
                key,
                scope_of(ledger, name, state, actor, result, day, world),
            )


def _default(spec: Field, path: tuple[str, ...], into: dict[str, Any], key: str, scope: Scope) -> None:
    if is_formula(spec.default):
        value = scope.ask(scope.ledger.conditions.at(*path, "default"))
        if value is not UNKNOWN:
            into[key] = from_cel(spec, value)
    else:
        into[key] = literal(spec, spec.default, scope.day)


def scope_of(
    ledger: Ledger, name: str, state: State, actor: Actor | None, given: Given, day: date, world: World
) -> Scope:
    """The readings of an act: the case with the given facts filled in."""
    return Scope(
        ledger, state, world, day, {**state.fields, **given.fields}, given.own, ledger.acts[name].entry, actor,
    )  # fmt: skip


def evidenced(act: Act, evidence: Mapping[str, int]) -> Iterator[Unmet]:
    """What pieces of evidence are lacking."""
    for kind, least in act.evidence.items():
        lacking = least - evidence.get(kind, 0)
        if lacking > 0:
            called = EVIDENCE[kind]
            yield Unmet("evidence", Text(f"还缺{lacking}份{called.zh}。", f"{lacking} more {called.en} needed."), kind)


def conditions(ledger: Ledger, name: str, scope: Scope, skip: frozenset[str] = frozenset()) -> Iterator[Unmet]:
    """The needs that are not met; those that read a name in `skip` cannot be judged yet and are left out."""
    for text, message in ledger.acts[name].needs.items():
        condition = ledger.conditions.at("acts", name, "needs", text)
        # `case.category.former_poor` reads the fact `case.category`; `entry.` stands for every name of the entry
        read = {
            head for name in condition.names for head in (name, ".".join(name.split(".")[:2]), f"{name.split('.')[0]}.")
        }
        if read & skip:
            continue
        value = scope.ask(condition)
        if value is True:
            continue
        lacking = [name for name in _policies(condition.names) if name in scope.unpublished] if value is UNKNOWN else []
        for policy in lacking:
            yield unpublished(ledger, policy, scope)
        if not lacking:  # else the need cannot be judged, and its sentence would not be true
            yield Unmet("needs", message or Text(text, text))


def _policies(names: tuple[str, ...]) -> list[str]:
    return [name.removeprefix("policy.") for name in names if name.startswith("policy.")]


def unpublished(ledger: Ledger, name: str, scope: Scope) -> Unmet:
    """The sentence about a policy number of which none is in force."""
    policy = ledger.conditions.library.policies.get(name)
    called = policy.label if policy else Text(name, name)
    return Unmet("policy", Text(
        f"{scope.day.year}年的“{called.zh}”尚未公布（{scope.day.isoformat()}，地区 {scope.state.area}）：请主管部门先录入。",
        f"No “{called.en}” is published for {scope.day.year} ({scope.day.isoformat()}, area {scope.state.area}): "
        "the office in charge has to enter it first."), name)  # fmt: skip


def waits(
    ledger: Ledger, name: str, state: State, moment: Moment, world: World
) -> Iterator[tuple[Unmet | None, datetime | None, str]]:
    """`after` and `within`: each as (what is unmet, the instant it depends on, "from" or "until")."""
    act = ledger.acts[name]
    scope = Scope(ledger, state, world, day_of(moment.received), state.fields)
    for other, wait in act.after.items():
        first = ledger.acts[other].label
        begun = history.last(ledger, state, other)
        if begun is None:
            yield Unmet("after", Text(f"要先办“{first.zh}”。", f"“{first.en}” comes first.")), None, "from"
            continue
        if isinstance(wait, str):
            over = _notice_over(ledger, state, world, other)
            still = Text(f"“{first.zh}”公示尚未期满（暂停中）。", f"the notice of “{first.en}” stands still.")
        else:
            length, _ = lights.resolved(wait, scope, ("acts", name, "after", other), begun.received)
            over = spans.elapsed(begun.received, length, world.calendar) if length else None
            still = Text(f"“{first.zh}”之后的等待时长尚未公布。", f"the wait after “{first.en}” is not published.")
        if over is None:
            yield Unmet("after", still), None, "from"
        elif moment.received < over:
            at = said(over)
            word = (
                Text("公示期满", "when the notice is over")
                if isinstance(wait, str)
                else Text("期满", "when the time has passed")
            )
            yield (
                Unmet(
                    "after", Text(f"{at} {word.zh}后才能“{act.zh}”。", f"“{act.en}” is possible from {at}, {word.en}.")
                ),
                over,
                "from",
            )
    for other, limit in act.within.items():
        begun = history.last(ledger, state, other)
        length, _ = (
            lights.resolved(limit, scope, ("acts", name, "within", other), begun.received) if begun else (None, None)
        )
        if begun is None or length is None:
            continue
        ends = spans.limit_ends(begun.received, length, world.calendar)
        late = Text(f"“{act.zh}”要在“{ledger.acts[other].zh}”之后{spans.said(length).zh}内办理，已过期。",
                    f"“{act.en}” had to be done within {spans.said(length).en} of “{ledger.acts[other].en}”.")  # fmt: skip
        yield (Unmet("within", late) if moment.received >= ends else None), ends, "until"


def _notice_over(ledger: Ledger, state: State, world: World, act: str) -> datetime | None:
    passed = list(history.steps(ledger, state.entries))
    index = max(i for i, step in enumerate(passed) if step.entry.act == act)
    return lights.notice_over(ledger, state, world, passed, index)


def signatures(ledger: Ledger, name: str, scope: Scope, actor: Actor | None) -> Iterator[Unmet]:
    """`each`: only who is on the list, and each of them once."""
    act = ledger.acts[name]
    if not act.each or actor is None:
        return
    still = missing(scope, name)
    if still is UNKNOWN:
        yield Unmet("each", Text("名单尚未确定。", "The list is not known yet."))
    elif actor.person not in still and actor.org not in still:
        yield Unmet("each", Text(f"“{act.zh}”由名单上的各方各办一次：您不在名单上或已办过。",
                                 f"“{act.en}” is for each party on the list, once: you are not on it or have done it."))  # fmt: skip
