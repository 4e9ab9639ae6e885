"""Checking ledgers: every fault of every file at once, with its line and what to do; the stories told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taizhang.kit.text import Text
from taizhang.ledger import load, sense, sense_time, stories, upgrade
from taizhang.ledger.cel import Condition
from taizhang.ledger.conditions import compile_all
from taizhang.ledger.faults import Fault, join, near
from taizhang.ledger.library import Library
from taizhang.ledger.load import UNNAMED, Source
from taizhang.ledger.schema import Ledger
from taizhang.ledger.stories import StoryResult

# After a fault of shape, the piece was left out; that it is missing is no second fault.
_CASCADES = frozenset({"no_by", "no_owes", "clock_kind", "no_message", "opens_nowhere", "effect", "every_act", "notice_days",
                       "catalogue", "spawn_lacks"})  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """One file: the ledger if it has the right shape, its size, and how its stories went."""

    source: Source
    ledger: Ledger | None
    stories: tuple[StoryResult, ...] = ()


@dataclass(frozen=True)
class Report:
    """What the check found."""

    files: tuple[Checked, ...]
    faults: tuple[Fault, ...]
    advice: tuple[Fault, ...] = ()

    def json(self) -> dict[str, Any]:
        """As `taizhang ledger check --json` prints it."""
        ledgers = [
            {
                "name": file.ledger.name if file.ledger else Path(file.source.file).stem,
                "lines": file.source.size,
                "stories": len(file.ledger.stories) if file.ledger else 0,
                "hooks": len(file.ledger.hooks) if file.ledger else 0,
            }
            for file in self.files
        ]
        return {"ledgers": ledgers, "faults": [fault.json() for fault in self.faults]}


@dataclass
class _Sheet:
    """The faults of one file as they are found."""

    source: Source
    faults: list[Fault] = field(default_factory=list)
    advice: list[Fault] = field(default_factory=list)

    def add(self, found: Iterable[sense.Found]) -> None:
        """Note faults, but not those that only follow from a piece left out."""
        spoilt = {
            tuple(fault.where.split(".")[:2])
            for fault in self.faults
            if fault.code not in ("extra_forbidden", "missing")
        }
        for path, code, text in found:
            if code in _CASCADES and tuple(map(str, path[:2])) in spoilt:
                continue
            fault = self.source.fault(path, code, text)
            if fault not in self.faults:
                self.faults.append(fault)


def check_paths(paths: Sequence[Path], library: Library) -> Report:
    """Check ledger files together (a folder stands for its `*.yaml`), stories included."""
    files = [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    return read_all(files, library, stories=True)[1]


def against(report: Report, older: Sequence[Path]) -> Report:
    """A report that also says what of older editions has no place in the checked ledgers that take over their cases."""
    new = {file.ledger.name: file for file in report.files if file.ledger is not None}
    found = list(report.faults)
    for path in older:
        old, _, faults = load.parse(path.read_text(encoding="utf-8"), path.name)
        found += faults
        if old is not None and old.name in new:
            file = new[old.name]
            if file.ledger is not None and upgrade.stays(file.ledger, old.version) is None:
                lacking = upgrade.hindrances(old, file.ledger)
                found += [file.source.fault(("upgrade",), "upgrade", text) for text in lacking]
    return Report(report.files, tuple(found), report.advice)


def read_all(paths: Sequence[Path], library: Library, *, stories: bool) -> tuple[dict[str, Ledger], Report]:
    """Read and check files together; the ledgers are compiled. Files with faults are among them only if they have a shape."""
    read = [(path, *load.read(path)) for path in paths]
    sheets: list[_Sheet] = []
    ledgers: dict[str, Ledger] = {}
    for path, ledger, source, faults in read:
        sheet = _Sheet(source, faults)
        sheets.append(sheet)
        if ledger is None:
            continue
        if ledger.name in ledgers:
            sheet.add(
                [
                    (
                        ("ledger",),
                        "twice",
                        Text(f"另一个文件也叫“{ledger.name}”。", f"another file is also “{ledger.name}”."),
                    )
                ]
            )
        elif ledger.name != path.stem and not any(fault.where == "ledger" for fault in faults):
            sheet.add(
                [
                    (
                        ("ledger",),
                        "file_name",
                        Text(f"文件应名为 {ledger.name}.yaml。", f"the file has to be called {ledger.name}.yaml."),
                    )
                ]
            )
        ledgers[path.stem if ledger.name == UNNAMED else ledger.name] = ledger
    files = []
    for (_, ledger, source, _), sheet in zip(read, sheets, strict=True):
        told: tuple[StoryResult, ...] = ()
        if ledger is not None:
            told = _check(ledger, sheet, library, ledgers, with_stories=stories)
        files.append(Checked(source, ledger, told))
    faults = [fault for sheet in sheets for fault in sorted(sheet.faults, key=lambda fault: (fault.line, fault.where))]
    advice = [fault for sheet in sheets for fault in sheet.advice]
    return ledgers, Report(tuple(files), tuple(faults), tuple(advice))


def _check(
    ledger: Ledger, sheet: _Sheet, library: Library, others: Mapping[str, Ledger], *, with_stories: bool
) -> tuple[StoryResult, ...]:
    compiled = compile_all(ledger, library)
    ledger.with_conditions(compiled)
    blind = [
        f"case.{name}."
        for name, spec in ledger.fields.items()
        if spec.type == "pick" and spec.of not in library.catalogues
    ]
    wrong = [(path, error) for path, error in compiled.errors if not any(name in error.text.en for name in blind)]
    sheet.add((path, error.code, error.text) for path, error in wrong)
    for path, condition in compiled.compiled.items():
        sheet.add((path, "choice", text) for text in _choices(ledger, condition))
        sheet.add((path, "total", text) for text in _totals(others, condition))
    sheet.add(sense.fields(ledger, library))
    sheet.add(sense.acts(ledger, library, others))
    if not any(fault.code == "unknown_stage" for fault in sheet.faults):
        sheet.add(sense.stages(ledger))  # where ways lead is not known while a stage is misspelt
    sheet.add(sense_time.clocks(ledger, library))
    sheet.add(sense_time.rest(ledger, library, others))
    sheet.advice += _advice(ledger, sheet.source)
    if not ledger.stories and not any(fault.where.startswith("stories") for fault in sheet.faults):
        sheet.add(
            [
                (
                    (),
                    "no_stories",
                    Text(
                        "没有 stories：请写至少一个实例，检查时会照着办一遍。",
                        "no stories: tell at least one worked example; the check lives it through.",
                    ),
                )
            ]
        )
    sheet.add(_story_acts(ledger))
    return _tell(ledger, sheet, library) if with_stories else ()


_COMPARED = re.compile(r"\bcase\.([a-z][a-z0-9_]*)\s*(?:[=!]=\s*(['\"])(.*?)\2|in\s*\[([^\]]*)\])")


def _choices(ledger: Ledger, condition: Condition) -> Iterator[Text]:
    """Values a choice field is compared with that it can never have."""
    for match in _COMPARED.finditer(condition.text):
        spec = ledger.fields.get(match[1])
        if spec is None or spec.type != "choice":
            continue
        values = [match[3]] if match[3] is not None else re.findall(r"['\"](.*?)['\"]", match[4])
        for value in values:
            if value not in spec.choices:
                yield join(
                    Text(f"“{match[1]}”没有“{value}”这个选项。", f"“{match[1]}” has no choice “{value}”."),
                    near(value, spec.choices),
                )


def _totals(others: Mapping[str, Ledger], condition: Condition) -> Iterator[Text]:
    """Indicators of other ledgers must be there."""
    for indicator, _ in condition.totals.values():
        name, _, figure = indicator.partition(".")
        if name not in others:
            yield join(Text(f"没有“{name}”这本台账。", f"there is no ledger “{name}”."), near(name, others))
        elif figure not in others[name].indicators:
            yield join(
                Text(f"“{name}”没有“{figure}”这个指标。", f"“{name}” has no indicator “{figure}”."),
                near(figure, others[name].indicators),
            )


def _advice(ledger: Ledger, source: Source) -> Iterator[Fault]:
    """What is worth a look: a negated condition on a fact that may be empty is not met while it is."""
    for path, condition in ledger.conditions.compiled.items():
        asked = set(ledger.acts[path[1]].asks) if path[0] == "acts" else set()
        asked |= {name for act in ledger.opening_acts for name in ledger.acts[act].asks}
        for match in re.finditer(r"!\s*case\.([a-z0-9_]+)|case\.([a-z0-9_]+)\s*!=", condition.text):
            name = match[1] or match[2]
            known = f"known.{name}" in condition.names
            if name in ledger.fields and name not in asked and not known and ledger.fields[name].default is None:
                yield source.fault(path, "negation", Text(
                    f"“{name}”没填时这个条件不成立：需要时写 !known.{name} || …",
                    f"this is not met while “{name}” is empty; write !known.{name} || … if it should be."), advice=True)  # fmt: skip


def _story_acts(ledger: Ledger) -> Iterator[sense.Found]:
    for number, story in enumerate(ledger.stories):
        for index, step in enumerate(story.do):
            path = ("stories", number, "do", index)
            if step.act not in ledger.acts and "no_such_act" not in (step.refused or ()):
                yield from sense.known("act", step.act, ledger.acts, (*path, "act"))
        if story.follows is not None and story.follows > number:
            yield (
                ("stories", number, "follows"),
                "follows",
                Text(
                    "follows 写的是前面实例的序号，从1起。",
                    "follows is the number of an earlier story, counted from 1.",
                ),
            )
        if not story.do:
            yield ("stories", number), "empty_story", Text("这个实例没有步骤。", "this story has no steps.")


def _tell(ledger: Ledger, sheet: _Sheet, library: Library) -> tuple[StoryResult, ...]:
    """Tell the stories that no other fault can spoil."""
    spoilt = {tuple(fault.where.split(".")[:2]) for fault in sheet.faults}
    sound = ledger.model_copy(update={
        "clocks": {name: clock for name, clock in ledger.clocks.items() if ("clocks", name) not in spoilt},
        "indicators": {name: figure for name, figure in ledger.indicators.items() if ("indicators", name) not in spoilt},
    })  # fmt: skip
    dim = len(sound.clocks) < len(ledger.clocks)
    results: list[StoryResult] = []
    for result in (_told(sound, library, number, spoilt, dim=dim) for number in range(len(ledger.stories))):
        if result is None:
            continue
        results.append(result)
        if not result.ok:
            path = ("stories", result.number, *(("do", result.step) if result.step is not None else ("ends",)))
            sheet.add(
                [(path, "story", join(Text(f"实例“{result.tells.zh}”：", f"story “{result.tells.en}”:"), result.text))]
            )
    return tuple(results)


def _told(
    ledger: Ledger, library: Library, number: int, spoilt: set[tuple[str, ...]], *, dim: bool
) -> StoryResult | None:
    story = ledger.stories[number]
    used = {step.act for step in (*stories.before(ledger, number), *story.do)}
    needed = {("stories", str(number))} | {("acts", act) for act in used} | {("acts",), ("ledger",)}
    for act in used & set(ledger.acts):
        needed |= {("fields", name) for name in (*ledger.acts[act].asks, *ledger.acts[act].may)}
        needed |= {("stages", str(ledger.acts[act].to))}
    told_of_light = story.ends.light or any(step.light for step in story.do)
    if spoilt & needed or (dim and told_of_light):
        return None
    return stories.tell(ledger, library, number)
