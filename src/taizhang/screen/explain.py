"""One household on one day: each rule, whether it hit, by how much, and the rows it looked at."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from taizhang.kit import money
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import evaluate, run, stage
from taizhang.screen.engine import DuckEngine, Limits
from taizhang.screen.feeds import Feed
from taizhang.screen.link import Linked
from taizhang.screen.rules import Bound, Rulebook


@dataclass(frozen=True)
class SourceRow:
    """One row of a department's file."""

    feed: str
    file: str
    row: int


@dataclass(frozen=True)
class Answer:
    """What one rule says about the household."""

    rule: str
    label: Text
    department: str
    hit: bool | None  # None: the rule could not be asked
    figures: Mapping[str, Any]
    text: Text
    rows: tuple[SourceRow, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Every rule for one household on one day."""

    household: str
    day: date
    area: str
    kind: str
    members: int
    residents: int
    answers: tuple[Answer, ...]

    def json(self) -> dict[str, Any]:
        """As one JSON object; sentences in both languages."""
        plain = {**asdict(self), "day": self.day.isoformat()}
        plain["answers"] = [
            {**asdict(one), "label": one.label._asdict(), "text": one.text._asdict()} for one in self.answers
        ]
        return plain


def explain(
    engine: DuckEngine, linked: Linked, feeds: Mapping[str, Feed], rulebook: Rulebook, household: str, day: date
) -> Explanation:
    """Ask every rule about one household. Raises Refusal when the register does not hold it."""
    signals = list(rulebook.signals.values())
    ground = stage.lay(engine, linked, feeds, day, signals=signals, only=[household])
    known = engine.rows("SELECT area, kind, members, residents FROM household_all")
    if not known:
        raise Refusal(
            "no_household", Text(f"登记册里没有户编号 {household}。", f"The register holds no household {household}.")
        )
    area, kind, members, residents = known[0]
    engine.run("""CREATE OR REPLACE TEMP TABLE hit (rule VARCHAR, household VARCHAR, area VARCHAR)""")
    values = {**rulebook.values(area, day), "date": day}
    stage.show(engine, None, rulebook.reach())
    answers, made = [], set[str]()
    for name, rule in rulebook.rules.items():
        if rule.site:
            continue
        missing = rulebook.feeds_of(name) - ground.present
        lacking = rulebook.numbers_of(name) - set(values)
        if missing or lacking:
            zh = "、".join([*(feeds[one].zh for one in missing), *(_label(rulebook, one).zh for one in lacking)])
            en = ", ".join([*(feeds[one].en for one in missing), *(_label(rulebook, one).en for one in lacking)])
            text = Text(f"未评估：缺少{zh}。", f"Not evaluated: {en} is missing.")
            answers.append(Answer(name, rule.label, rule.department, None, {}, text))
            continue
        bound = evaluate.ask(engine, rulebook, name, values, made)
        answers.append(_answer(engine, bound, feeds, household, area))
    return Explanation(household, day, area, kind, members, residents, tuple(answers))


def _label(rulebook: Rulebook, name: str) -> Text:
    return rulebook.policies[name].label if name in rulebook.policies else Text(name, name)


def _answer(engine: DuckEngine, bound: Bound, feeds: Mapping[str, Feed], household: str, area: str) -> Answer:
    rule, table = bound.rule, f"signal_{bound.rule.signal}"
    measured = bound.figures[rule.measure.figure] if rule.measure else "NULL"
    on = "s.household = h.household" if rule.about == "household" else "s.area = substr(h.area, 1, 12)"
    when, figures, sentence, value, limit, residents = (
        engine.rows(f"""SELECT ({bound.when}), {bound.json}, {bound.sentence},
        {measured}, {bound.limit}, h.residents FROM household h LEFT JOIN {table} s ON {on}""")[0]
    )
    hit = bool(when) and (residents > 0 or rule.about == "area")
    village = area[:12]
    engine.run("DELETE FROM hit")
    engine.insert("hit", [(bound.name, household if rule.about == "household" else "", village)])
    found: list[SourceRow] = []
    for feed in bound.rows:
        rows = engine.rows(
            f"SELECT feed, file, row FROM ({evaluate.behind_sql(bound, feeds[feed], engine)}) AS b(rule, household, area, feed, file, row, line, mark) ORDER BY line"
        )
        found += [SourceRow(*row) for row in rows]
    text = _text(bound, hit=hit, sentence=sentence, value=value, limit=limit, residents=residents)
    return Answer(
        bound.name, rule.label, rule.department, hit, json.loads(figures) if figures else {}, text, tuple(found)
    )


def _text(
    bound: Bound, *, hit: bool, sentence: str | None, value: int | None, limit: int | None, residents: int
) -> Text:
    if hit:
        return Text(f"命中：{sentence}", f"Hit: {sentence}")
    if residents == 0 and bound.rule.about == "household":
        return Text("未命中：户内没有在世成员。", "Not hit: nobody of the household is alive.")
    measure = bound.rule.measure
    if measure is None:
        return Text("未命中：没有符合条件的记录。", "Not hit: no row fits.")
    if value is None or limit is None:
        return Text("未命中：没有相关记录。", "Not hit: there are no rows.")
    is_money = bound.rule.shown[measure.figure].type == "money"
    say = (lambda fen: money.show(fen)) if is_money else str
    gap = abs(limit - value)
    return Text(
        f"未命中：目前为 {say(value)}，界限 {say(limit)}，相差 {say(gap)}。",
        f"Not hit: it is {say(value)}, the limit is {say(limit)}, the difference {say(gap)}.",
    )


def explain_files(registers: Path, feeds_folder: Path, household: str, day: date, *, library: Path, policies: Path | None = None,
                  engine: str = "duckdb", limits: Limits | None = None,
                  mappings: Mapping[str, Mapping[str, str]] | None = None) -> Explanation:  # fmt: skip
    """The same on plain files, without the site. Raises Refusal."""
    with (
        tempfile.TemporaryDirectory(prefix="taizhang-") as folder,
        run.prepared(registers, feeds_folder, Path(folder), library=library, day=day, policies=policies, engine=engine, limits=limits,
                     mappings=mappings) as ready,
    ):  # fmt: skip
        return explain(ready.engine, ready.linked, ready.feeds, ready.rulebook, household.strip(), day)
