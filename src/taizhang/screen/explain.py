"""One household on one day: each rule, whether it hit, by how much, the rows it looked at, and what they add up to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlglot import exp

from taizhang.kit import money
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import evaluate, run, stage, subset
from taizhang.screen.engine import DuckEngine, Limits
from taizhang.screen.feeds import IDENTIFYING, Feed
from taizhang.screen.link import Linked
from taizhang.screen.rules import Bound, Rule, Rulebook


@dataclass(frozen=True)
class SourceRow:
    """One row of a department's file."""

    feed: str
    file: str
    row: int
    line: int = 0
    values: tuple[tuple[str, str], ...] = ()  # header and what the row says, without what identifies anybody
    adds: int | None = None  # what it adds to the figure (money in fen)


@dataclass(frozen=True)
class Sum:
    """A figure that is the sum of its rows: what they add up to, and whether that is the figure."""

    figure: str
    total: str
    equal: bool


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
    sums: tuple[Sum, ...] = ()
    signal: Mapping[str, Any] = field(default_factory=dict)  # every figure of the signal, used by the rule or not


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
    found = tuple(row for feed in bound.rows for row in _rows(engine, bound, feeds[feed]))
    answer = Answer(
        bound.name, rule.label, rule.department, hit, json.loads(figures) if figures else {},
        _text(bound, hit=hit, sentence=sentence, value=value, limit=limit, residents=residents), found,
        signal=_signal(engine, table, on),
    )  # fmt: skip
    return replace(answer, sums=_sums(rule, answer))


def _rows(engine: DuckEngine, bound: Bound, feed: Feed) -> list[SourceRow]:
    """The rows of one feed that a rule looks at for the household, with what they say."""
    shown = {
        name: column
        for name, column in feed.columns.items()
        if column.type not in IDENTIFYING and column.type != "text"
    }
    there = [str(line[0]) for line in engine.rows(f"DESCRIBE {feed.feed}")]
    names = [name for name in there if name in shown]
    adds = next(iter(bound.rule.adds.values()), "NULL")
    cells = ", ".join(f"v.{name}" for name in names)
    behind = evaluate.behind_sql(bound, feed, engine)
    rows = engine.rows(f"""SELECT b.file, b.row, b.line, CAST({_of("v", adds)} AS BIGINT){", " if cells else ""}{cells}
        FROM ({behind}) AS b(rule, household, area, feed, file, row, line, mark) JOIN {feed.feed} v ON v.line = b.line ORDER BY b.line""")
    return [
        SourceRow(
            feed.feed, file, row, line,
            tuple((shown[name].zh, _written(shown[name].type, cell)) for name, cell in zip(names, told, strict=True) if cell is not None),
            added,
        )
        for file, row, line, added, *told in rows
    ]  # fmt: skip


def _of(table: str, expression: str) -> str:
    """An expression over the columns of one table."""
    tree = subset.parse_condition(expression, name="adds").copy()
    if isinstance(tree, exp.Column):
        return f"{table}.{tree.name}"
    for column in tree.find_all(exp.Column):
        column.set("table", exp.to_identifier(table))
    return subset.sql(tree)


def _written(kind: str, value: Any) -> str:
    return money.show(value) if kind == "money" else str(value)


def _signal(engine: DuckEngine, table: str, on: str) -> dict[str, Any]:
    names = [str(line[0]) for line in engine.rows(f"DESCRIBE {table}")]
    rows = engine.rows(f"SELECT {', '.join(f's.{name}' for name in names)} FROM household h JOIN {table} s ON {on}")
    told = dict(zip(names, rows[0], strict=True)) if rows else {}
    return {
        name: str(value) if isinstance(value, date) else value
        for name, value in told.items()
        if name not in ("household", "area")
    }


def _sums(rule: Rule, answer: Answer) -> tuple[Sum, ...]:
    """What the rows add up to, beside the figure."""
    if not answer.figures:
        return ()
    made = []
    for figure in rule.adds:
        total = sum(row.adds or 0 for row in answer.rows)
        written = money.decimal_yuan(total) if rule.shown[figure].type == "money" else str(total)
        made.append(Sum(figure, written, written == str(answer.figures.get(figure))))
    return tuple(made)


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
                  limits: Limits | None = None,
                  mappings: Mapping[str, Mapping[str, str]] | None = None) -> Explanation:  # fmt: skip
    """The same on plain files, without the site. Raises Refusal."""
    with (
        tempfile.TemporaryDirectory(prefix="taizhang-") as folder,
        run.prepared(registers, feeds_folder, Path(folder), library=library, day=day, policies=policies, limits=limits,
                     mappings=mappings) as ready,
    ):  # fmt: skip
        return explain(ready.engine, ready.linked, ready.feeds, ready.rulebook, household.strip(), day)
