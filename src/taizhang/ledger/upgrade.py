"""From one edition of a ledger to a newer one: what older names are called now, and what stands against moving cases.

A newer edition says in `upgrade:` what became of each name, one step for each version. Entries are never written anew:
they are read with the names of the edition their case has come to, and shown with those of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taizhang.kit.text import Text
from taizhang.ledger.schema import Field, Ledger, Upgrade


@dataclass(frozen=True)
class Route:
    """The steps from an older version to a ledger's own, the earliest first."""

    steps: tuple[Upgrade, ...]

    def stage(self, name: str) -> str:
        """What a stage is called now."""
        for step in self.steps:
            name = step.stages.get(name, name)
        return name

    def act(self, name: str) -> str | None:
        """What an act is called now; None where it was let go."""
        return _followed(name, [step.acts for step in self.steps])

    def field(self, name: str) -> str | None:
        """What a field is called now; None where it was let go."""
        return _followed(name, [step.fields for step in self.steps])

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by the names that their fields have now, without those that were let go."""
        return {new: value for name, value in values.items() if (new := self.field(name)) is not None}


def _followed(name: str, renamed: list[Mapping[str, str | None]]) -> str | None:
    for names in renamed:
        found = names.get(name, name)
        if found is None:
            return None
        name = found
    return name


def route(ledger: Ledger, version: int) -> Route:
    """How a ledger reads what was written under an older version of it."""
    return Route(tuple(sorted((step for step in ledger.upgrade if step.since > version), key=lambda step: step.since)))


def stays(ledger: Ledger, version: int) -> Text | None:
    """Why open cases of an older version stay under it; None where every version since then moves them."""
    said = {step.since: step for step in ledger.upgrade}
    for number in range(version + 1, ledger.version + 1):
        if number not in said:
            return Text(
                f"第 {number} 版没有写 upgrade，在办的仍按第 {version} 版办结。",
                f"version {number} has no `upgrade`: open cases end under version {version}.",
            )
        if said[number].open_cases == "keep":
            return Text(
                f"第 {number} 版写明 open_cases: keep，在办的仍按第 {version} 版办结。",
                f"version {number} says `open_cases: keep`: open cases end under version {version}.",
            )
    return None


def hindrances(old: Ledger, new: Ledger) -> Iterator[Text]:
    """What of an older edition has no place in a newer one that is to take over its open cases; a sentence each."""
    way = route(new, old.version)
    if old.subject != new.subject:
        yield Text(
            f"第 {old.version} 版的对象是 {old.subject}，现在是 {new.subject}：事项的对象不能改。",
            f"version {old.version} is about a {old.subject}, this one about a {new.subject}: cases keep their subject.",
        )
    for name, stage in old.stages.items():
        there = way.stage(name)
        if there not in new.stages:
            yield _lost("环节", "stage", stage.zh, name, old, f"stages: {{{name}: …}}")
        elif new.stages[there].end and not stage.end:
            yield Text(
                f"第 {old.version} 版的环节“{stage.zh}”（{name}）不能转到结束环节“{new.stages[there].zh}”："
                "事项要经办理才能办结。",
                f"the stage “{stage.en}” ({name}) of version {old.version} cannot become the end stage "
                f"“{new.stages[there].en}”: a case is closed by an act.",
            )
    for name, act in old.acts.items():
        called = way.act(name)
        if called in new.acts and (act.notice is None) != (new.acts[called].notice is None):
            yield Text(
                f"办理“{act.zh}”（{name}）在第 {old.version} 版和现在只有一版张贴公示：请另起一项办理名。",
                f"only one of the two editions puts a notice up by “{act.en}” ({name}): give the new act another name.",
            )
        elif called is not None and called not in new.acts:
            yield _lost("办理", "act", act.zh, name, old, f"acts: {{{name}: …}}", f"acts: {{{name}: null}}")
    for name, field in old.fields.items():
        if field.calc is None:
            yield from _field(name, field, way.field(name), old, new)


def _field(name: str, old_field: Field, there: str | None, old: Ledger, new: Ledger) -> Iterator[Text]:
    if there is None:
        return
    if there not in new.fields:
        yield _lost("字段", "field", old_field.zh, name, old, f"fields: {{{name}: …}}", f"fields: {{{name}: null}}")
        return
    changed = [key for key, differs in _differences(old_field, new.fields[there]) if differs]
    if changed:
        names = "、".join(changed)
        yield Text(
            f"字段“{old_field.zh}”（{name}）的 {names} 变了，原来填的值不能沿用：请换一个字段名。",
            f"{', '.join(changed)} of the field “{old_field.en}” ({name}) changed, so that values given before "
            "do not fit: give the new field another name.",
        )


def _differences(old: Field, new: Field) -> tuple[tuple[str, bool], ...]:
    """By key: whether a value that was given for the old field would mean something else, or nothing, in the new one."""
    same = old.type == new.type
    return (
        ("type", not same),
        ("of", same and not _within(old, new)),
        ("many", old.many != new.many),
        ("unit", old.unit != new.unit),
        ("calc", new.calc is not None),
        ("sensitive", old.sealed != new.sealed),
    )


def _within(old: Field, new: Field) -> bool:
    if old.type == "choice":
        return set(old.choices) <= set(new.choices)
    if old.type == "table":
        return all(
            name in new.columns and column.type == new.columns[name].type and _within(column, new.columns[name])
            for name, column in old.columns.items()
        )
    return old.type == "person" or old.of == new.of


def _lost(kind_zh: str, kind_en: str, label: str, name: str, old: Ledger, say: str, drop: str = "") -> Text:
    or_zh, or_en = (f"，不再要的写 {drop}", f", or {drop} to let it go") if drop else ("", "")
    return Text(
        f"第 {old.version} 版的{kind_zh}“{label}”（{name}）现在没有了：请在 upgrade 里写 {say}{or_zh}。",
        f"the {kind_en} {name} of version {old.version} is no longer there: say {say} in `upgrade`{or_en}.",
    )
