"""The documentation page of a ledger, from the ledger: the thing a bureau signs off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from taizhang.kit.text import Text
from taizhang.ledger import spans
from taizhang.ledger.diagram import Diagram, diagram
from taizhang.ledger.library import Role
from taizhang.ledger.needs import EVIDENCE, stages_of
from taizhang.ledger.parts import Span, is_formula
from taizhang.ledger.schema import Act, Clock, Effect, Field, Ledger, Period
from taizhang.ledger.why import whose


@dataclass(frozen=True)
class ActRow:
    """An act in words."""

    act: str
    label: Text
    by: tuple[Text, ...]
    comes_from: tuple[Text, ...]
    to: Text | None
    asks: tuple[Text, ...]
    may: tuple[Text, ...]
    evidence: tuple[Text, ...]
    needs: tuple[tuple[Text, str], ...]  # the sentence, and the condition word for word
    waits: tuple[Text, ...]
    effects: tuple[Text, ...]
    help: Text | None


@dataclass(frozen=True)
class ClockRow:
    """A clock in words."""

    clock: str
    label: Text
    limit: Text
    starts: Text
    stops: Text
    pauses: tuple[Text, ...]
    reminder: Text
    owes: Text
    condition: str | None


@dataclass(frozen=True)
class FieldRow:
    """A field in words."""

    field: str
    label: Text
    type: Text
    sealed: bool
    note: Text | None


@dataclass(frozen=True)
class FigureRow:
    """An indicator in words."""

    indicator: str
    label: Text
    counts: Text
    unit: str | None


@dataclass(frozen=True)
class Page:
    """Everything a documentation page shows; the source stands at its end, word for word."""

    ledger: str
    label: Text
    version: int
    digest: str
    see: tuple[Text, ...]
    diagram: Diagram
    acts: tuple[ActRow, ...]
    clocks: tuple[ClockRow, ...]
    fields: tuple[FieldRow, ...]
    figures: tuple[FigureRow, ...]
    stories: tuple[Text, ...]
    source: str


def page(ledger: Ledger, roles: Mapping[str, Role] | None = None) -> Page:
    """A ledger's page; `roles` (the library's) name the posts, by default those the ledger was checked against."""
    known = roles if roles is not None else (ledger.conditions.library.roles if ledger.conditions else {})
    return Page(
        ledger.name, ledger.label, ledger.version, ledger.digest,
        tuple(whose(ledger, token, known) for token in ledger.see), diagram(ledger),
        tuple(_act(ledger, name, act, known) for name, act in ledger.acts.items()),
        tuple(_clock(ledger, name, clock, known) for name, clock in ledger.clocks.items()),
        tuple(_field(name, spec) for name, spec in ledger.fields.items()), _figures(ledger),
        tuple(story.tells for story in ledger.stories), ledger.text,
    )  # fmt: skip


def _stages(ledger: Ledger, names: tuple[str, ...]) -> tuple[Text, ...]:
    return tuple(ledger.stages[name].label for name in names if name in ledger.stages)


def _act(ledger: Ledger, name: str, act: Act, roles: Mapping[str, Role]) -> ActRow:
    comes_from = () if act.opens else _stages(ledger, stages_of(ledger, act))
    return ActRow(
        name, act.label, tuple(whose(ledger, token, roles) for token in act.by), comes_from,
        ledger.stages[act.to].label if act.to else None,
        tuple(ledger.fields[key].label for key in act.asks) + tuple(s.label for s in act.entry.values() if not s.optional),
        tuple(ledger.fields[key].label for key in act.may) + tuple(s.label for s in act.entry.values() if s.optional),
        (*(_evidence(kind, least) for kind, least in act.evidence.items()), *((_CITES,) if act.cites else ())),
        tuple((message, text) for text, message in act.needs.items() if message is not None),
        tuple(_waits(ledger, act)), tuple(text for effect in act.do for text in _effect(ledger, effect)), act.help,
    )  # fmt: skip


_CITES: Final = Text("引用已有的记录（可选）", "records that exist already (optional)")


def _evidence(kind: str, least: int) -> Text:
    called = EVIDENCE[kind]
    if least == 0:
        return Text(f"{called.zh}（可附）", f"{called.en} (optional)")
    return Text(f"{called.zh}×{least}", f"{called.en} ×{least}")


def length(span: Span, ledger: Ledger) -> Text:
    """A span of time in words; a policy number by its label and name."""
    if span.duration is not None:
        return spans.said(span.duration)
    if span.policy is not None:
        known = ledger.conditions.library.policies.get(span.policy) if ledger.conditions else None
        label = known.label if known else Text("政策数", "policy number")
        return Text(f"{label.zh}（policy.{span.policy}）", f"{label.en} (policy.{span.policy})")
    return Text(f"{span.unit}：{span.cel}", f"{span.unit}: {span.cel}")


def _waits(ledger: Ledger, act: Act) -> list[Text]:
    found = []
    for other, wait in act.after.items():
        first = ledger.acts[other].label
        if isinstance(wait, str):
            found.append(Text(f"“{first.zh}”公示期满后", f"once the notice of “{first.en}” is over"))
        else:
            long = length(wait, ledger)
            found.append(Text(f"“{first.zh}”满{long.zh}后", f"{long.en} after “{first.en}”"))
    for other, limit in act.within.items():
        first, long = ledger.acts[other].label, length(limit, ledger)
        found.append(Text(f"“{first.zh}”之后{long.zh}内", f"within {long.en} of “{first.en}”"))
    if act.each:
        found.append(Text(f"名单上每一方各一次（{act.each}）", f"once by each of {act.each}"))
    return found


def _effect(ledger: Ledger, effect: Effect) -> list[Text]:
    if effect.spawn is not None:
        each = "（逐项）" if effect.spawn.each else ""
        return [
            Text(
                f"在“{effect.spawn.ledger}”开启事项{each}",
                f"opens {'cases' if each else 'a case'} in “{effect.spawn.ledger}”",
            )
        ]
    if effect.register_ is not None:
        return [Text(f"变更名册：{effect.register_.change}", f"changes the register: {effect.register_.change}")]
    if effect.act is not None:
        label = ledger.acts[effect.act].label
        return [Text(f"系统随即办“{label.zh}”", f"the system then does “{label.en}”")]
    labels = [ledger.fields[name].label for name in effect.set or {}]
    return [Text(f"写入“{label.zh}”", f"writes “{label.en}”") for label in labels]


def _names(ledger: Ledger, acts: tuple[str, ...]) -> Text:
    labels = []
    for name in acts:
        act = ledger.acts[name.removesuffix(".notice")].label
        labels.append(
            Text(f"{act.zh}公示期满", f"the end of the notice of {act.en}") if name.endswith(".notice") else act
        )
    return Text("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))


def _clock(ledger: Ledger, name: str, clock: Clock, roles: Mapping[str, Role]) -> ClockRow:
    during = _stages(ledger, clock.during)
    inside = Text("、".join(s.zh for s in during), ", ".join(s.en for s in during))
    if clock.starts:
        starts = _names(ledger, clock.starts)
    else:
        starts = Text(f"进入“{inside.zh}”", f"entering “{inside.en}”") if during else Text("开启事项", "opening")
    stops = _names(ledger, clock.stops)
    if during:
        stops = Text(
            "，".join(filter(None, (stops.zh, f"离开“{inside.zh}”"))),
            ", ".join(filter(None, (stops.en, f"leaving “{inside.en}”"))),
        )
    return ClockRow(
        name, clock.label, _limit(ledger, clock), starts, stops if stops.zh else Text("办结", "the end of the case"),
        _stages(ledger, clock.pauses), _reminder(ledger, clock), whose(ledger, clock.owes or "system", roles), clock.when,
    )  # fmt: skip


def _limit(ledger: Ledger, clock: Clock) -> Text:
    if clock.limit is not None:
        return length(clock.limit, ledger)
    if clock.due is not None:
        return Text(f"到 {clock.due} 当天 24:00", f"to the end of {clock.due}")
    if is_formula(clock.every):
        return Text(f"周期：{clock.every}", f"period: {clock.every}")
    period: Period = clock.every  # type: ignore[assignment]  # checked by sense_time
    said, what = spans.PERIOD_TEXT[period], _names(ledger, clock.act)
    return Text(f"{said.zh}{clock.times}次“{what.zh}”", f"“{what.en}” {said.en}, {clock.times} ×")


def _reminder(ledger: Ledger, clock: Clock) -> Text:
    if clock.yellow is None:
        return Text("无", "none")
    if isinstance(clock.yellow, Span):
        long = length(clock.yellow, ledger)
        return Text(f"提前{long.zh}", f"{long.en} before")
    return Text(f"提前 {clock.yellow}（与时限同单位）", f"{clock.yellow} before, in the limit's unit")


TYPES: Mapping[str, Text] = {
    "choice": Text("选项", "choice"),
    "pick": Text("目录选择", "from a catalogue"),
    "text": Text("文字", "text"),
    "money": Text("金额", "money"),
    "int": Text("整数", "whole number"),
    "number": Text("数字", "number"),
    "bool": Text("是/否", "yes or no"),
    "date": Text("日期", "date"),
    "person": Text("人员", "person"),
    "organisation": Text("机构", "organisation"),
    "area": Text("区划", "area"),
    "household": Text("户", "household"),
    "resident": Text("居民", "resident"),
    "enterprise": Text("企业", "enterprise"),
    "place": Text("场所", "place"),
    "product": Text("产品", "product"),
    "project": Text("项目", "project"),
    "table": Text("表格", "table"),
}


def _field(name: str, spec: Field) -> FieldRow:
    kind = TYPES[spec.type]
    if spec.type == "pick":
        kind = Text(f"{kind.zh}：{spec.of}", f"{kind.en}: {spec.of}")
    note = Text(f"= {spec.calc}", f"= {spec.calc}") if spec.calc else spec.hint
    return FieldRow(name, spec.label, kind, spec.sealed, note)


def _figures(ledger: Ledger) -> tuple[FigureRow, ...]:
    rows = []
    for name, figure in ledger.indicators.items():
        done = _names(ledger, tuple(act for act in figure.on if act in ledger.acts))
        counts = Text("现存", "standing") if figure.standing else Text(f"每次“{done.zh}”", f"each “{done.en}”")
        for word, text in (("条件", figure.where), ("占", figure.over), ("合计", figure.sum)):
            if text:
                en = {"条件": "where", "占": "of those", "合计": "sum of"}[word]
                counts = Text(f"{counts.zh}；{word} {text}", f"{counts.en}; {en} {text}")
        rows.append(FigureRow(name, figure.label, counts, figure.unit))
    return tuple(rows)
