"""Stage two: signals per household, rules on signals, alerts with their sentences, and the rows behind them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from taizhang.kit.text import Text
from taizhang.screen import rules, stage, texts
from taizhang.screen.engine import Engine, literal
from taizhang.screen.feeds import Feed, Repeats
from taizhang.screen.link import Linked
from taizhang.screen.rules import Bound, Rulebook
from taizhang.screen.stage import Ground
from taizhang.screen.texts import Value

_NEVER = 1 << 30


@dataclass(frozen=True)
class NotEvaluated:
    """A rule that could not be asked, and why."""

    rule: str
    code: str  # no_feed, no_number
    text: Text
    areas: tuple[str, ...] = ()  # beginnings of area codes; empty: everywhere

    def json(self) -> dict[str, Any]:
        """As the run report holds it."""
        return {
            "rule": self.rule,
            "code": self.code,
            "sentence": self.text.zh,
            "sentence_en": self.text.en,
            "areas": list(self.areas),
        }


@dataclass(frozen=True)
class Own:
    """A hit of a rule that looks at a site's own records: found there, and weighed here with all others."""

    rule: str
    household: str
    area: str
    figures: Mapping[str, int]


@dataclass
class Evaluation:
    """What one evaluation found."""

    alerts: Path
    hits: dict[str, int] = field(default_factory=dict)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)
    rows: Path | None = None


@dataclass(frozen=True)
class Numbers:
    """One set of numbers and where it holds (None: everywhere that was asked)."""

    values: Mapping[str, Value]
    prefixes: tuple[str, ...] | None


@dataclass(frozen=True)
class Carried:
    """What an earlier run found of households that nothing concerns since, where only the others are looked at."""

    hits: str  # an SQL relation of hits, without those on areas
    present: frozenset[str]  # feeds with rows, whether or not those looked at have any
    areas: str  # an SQL relation of the area of every household, looked at or not


def evaluate(engine: Engine, linked: Linked, feeds: Mapping[str, Feed], rulebook: Rulebook, day: date, out: Path, *,
             areas: Sequence[str] | None = None, only: Collection[str] | None = None, leave_out: Collection[str] = (),
             with_rows: bool = False, own: Sequence[Own] | None = None, carried: Carried | None = None) -> Evaluation:  # fmt: skip
    """Evaluate every rule for a day; write `alerts.parquet` (and `rows.parquet`, the rows behind each alert) to `out`.

    `areas` restricts to the inside of area codes, `only` to households; `leave_out` names rules not to ask. `own` are the
    hits of the rules that look at a site's own records; None where there is no site. `carried` is what is known of all
    other households than those whose rows were given.
    """
    asked = [name for name, rule in rulebook.rules.items() if not rule.site and name not in leave_out]
    result = Evaluation((out / "alerts.parquet").absolute())
    ground = stage.lay(engine, linked, feeds, day, signals=list(rulebook.signals.values()), only=only, areas=areas,
                       present=carried.present if carried else None)  # fmt: skip
    live = [name for name in asked if not _missing_feeds(result, rulebook, ground, name)]
    engine.run("""CREATE OR REPLACE TEMP TABLE hit (rule VARCHAR, household VARCHAR, area VARCHAR, department VARCHAR,
        alone BOOLEAN, counts BOOLEAN, enough INTEGER, sentence VARCHAR, figures VARCHAR)""")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE behind (rule VARCHAR, household VARCHAR, area VARCHAR, feed VARCHAR, file VARCHAR, row INTEGER, line BIGINT, mark VARCHAR)"
    )
    result.hits = dict.fromkeys(live, 0)
    askers = Counter(rulebook.rules[name].signal for name in live)
    lacking: dict[str, list[str]] = {}
    if carried is not None:
        engine.run(f"INSERT INTO hit SELECT * FROM {carried.hits}")
    for numbers in groups(engine, rulebook, day, elsewhere=carried.areas if carried else ""):
        stage.show(engine, numbers.prefixes, rulebook.reach())
        made: set[str] = set()
        for name in live:
            missing = sorted(rulebook.numbers_of(name) - set(numbers.values))
            if missing:
                lacking.setdefault(name, []).extend(numbers.prefixes or ("",))
                continue
            signal = rulebook.rules[name].signal
            alone = askers[signal] == 1  # what one rule alone asks of need not be written down
            source = f"({rulebook.signals[signal].filled(numbers.values)})" if alone else f"signal_{signal}"
            bound = ask(engine, rulebook, name, numbers.values, {*made, signal} if alone else made)
            _hit(engine, bound, numbers.values, source)
            if with_rows:
                for feed in bound.rows:
                    engine.run(f"INSERT INTO behind {behind_sql(bound, feeds[feed], engine)}")
    _lacking(engine, result, rulebook, lacking, day)
    if own is not None:
        result.hits |= dict.fromkeys((name for name, rule in rulebook.rules.items() if rule.site), 0)
        _own(engine, rulebook, own, day)
    result.hits |= dict(engine.rows("SELECT rule, count(*) FROM hit GROUP BY rule"))
    _write(engine, result.alerts)
    texts.keep()
    if with_rows:
        result.rows = (out / "rows.parquet").absolute()
        engine.run(
            f"COPY (SELECT * FROM behind ORDER BY rule, household, area, feed, line) TO {literal(result.rows)} (FORMAT parquet)"
        )
    return result


def groups(engine: Engine, rulebook: Rulebook, day: date, *, elsewhere: str = "") -> Iterator[Numbers]:
    """The different sets of numbers in force, and in which areas; usually there is one."""
    reach, more = rulebook.reach(), f"UNION SELECT area FROM {elsewhere}" if elsewhere else ""
    found = engine.rows(f"""SELECT DISTINCT substr(area, 1, {reach}) FROM (SELECT area FROM household_all UNION SELECT area FROM village_all {more})
        ORDER BY 1""")
    by_values: dict[tuple[tuple[str, Value], ...], list[str]] = {}
    for (prefix,) in found:
        values = rulebook.values(prefix, day)
        by_values.setdefault(tuple(sorted(values.items())), []).append(prefix)
    if not by_values:
        by_values[tuple(sorted(rulebook.values("", day).items()))] = [""]
    for pairs, prefixes in by_values.items():
        yield Numbers({**dict(pairs), "date": day}, None if len(by_values) == 1 else tuple(prefixes))


def ask(engine: Engine, rulebook: Rulebook, name: str, values: Mapping[str, Value], made: set[str]) -> Bound:
    """Make the rule's signal (table `signal_NAME`) once, and give the rule with its numbers filled in."""
    signal = rulebook.rules[name].signal
    table = f"signal_{signal}"
    if signal not in made:
        engine.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {rulebook.signals[signal].filled(values)}")
        made.add(signal)
    columns = {column: f"s.{column}" for column in rulebook.signals[signal].said.gives}
    if rulebook.rules[name].about == "household":
        columns = {"kind": "h.kind", "residents": "h.residents", "members": "h.members"} | columns
    return rules.bind(rulebook, name, values, columns)


def _missing_feeds(result: Evaluation, rulebook: Rulebook, ground: Ground, name: str) -> bool:
    missing = sorted(rulebook.feeds_of(name) - ground.present)
    if missing:
        zh = "、".join(ground.feeds[feed].zh for feed in missing)
        en = ", ".join(ground.feeds[feed].en for feed in missing)
        label = rulebook.rules[name].label
        text = Text(
            f"规则 {name}（{label.zh}）未评估：没有“{zh}”数据。",
            f"Rule {name} ({label.en}) was not evaluated: there is no data of “{en}”.",
        )
        result.not_evaluated.append(NotEvaluated(name, "no_feed", text))
    return bool(missing)


def _lacking(
    engine: Engine, result: Evaluation, rulebook: Rulebook, lacking: Mapping[str, list[str]], day: date
) -> None:
    """Say which rules had no number in force, and where."""
    for name, prefixes in lacking.items():
        areas = tuple(prefix for prefix in prefixes if prefix)
        values = rulebook.values(prefixes[0], day)
        missing = sorted(rulebook.numbers_of(name) - set(values))
        zh = "、".join(rulebook.policies[one].label.zh if one in rulebook.policies else one for one in missing)
        en = ", ".join(rulebook.policies[one].label.en if one in rulebook.policies else one for one in missing)
        label = rulebook.rules[name].label
        text = Text(
            f"规则 {name}（{label.zh}）未评估：{day.isoformat()} 没有有效的“{zh}”数值。",
            f"Rule {name} ({label.en}) was not evaluated: no “{en}” is in force on {day.isoformat()}.",
        )
        result.not_evaluated.append(NotEvaluated(name, "no_number", text, areas))
        everywhere = not engine.rows(f"SELECT 1 FROM hit WHERE rule = {literal(name)} LIMIT 1")
        if everywhere and len(prefixes) == 1:
            result.hits.pop(name, None)


def _hit(engine: Engine, bound: Bound, values: Mapping[str, Value], signal: str) -> None:
    """Every household (or village) of a signal for which the predicate holds; a household without residents is hit by none."""
    rule = bound.rule
    department = literal(rule.counts_as or rule.department)
    enough = values.get("red_departments", _NEVER)
    fixed = f"{department}, {rule.level == 'red'}, {rule.level != 'none'}, {enough}, {bound.sentence}, {bound.json}"
    if rule.about == "area":
        source = f"SELECT {literal(bound.name)}, '', s.area, {fixed} FROM {signal} s WHERE {bound.when}"
    else:
        source = f"""SELECT {literal(bound.name)}, h.known, h.area, {fixed}
            FROM {signal} s JOIN household h ON h.household = s.household WHERE h.residents > 0 AND ({bound.when})"""
    engine.run(f"INSERT INTO hit {source}")


def _own(engine: Engine, rulebook: Rulebook, own: Sequence[Own], day: date) -> None:
    """The hits found in a site's own records, beside those of the signals; none where nobody of the household is alive."""
    lines = []
    for one in own:
        rule = rulebook.rules[one.rule]
        enough = rulebook.values(one.area, day).get("red_departments", _NEVER)
        fixed = (rule.counts_as or rule.department, rule.level == "red", rule.level != "none", enough)
        said = rule.sentence.zh.format(**one.figures)
        lines.append((one.rule, one.household, one.area, *fixed, said, json.dumps(dict(one.figures))))
    engine.run("CREATE OR REPLACE TEMP TABLE own AS SELECT * FROM hit LIMIT 0")
    engine.insert("own", lines)
    engine.run("""INSERT INTO hit SELECT o.* FROM own o JOIN household_all h ON h.known = o.household
        WHERE h.residents > 0""")


def behind_sql(bound: Bound, feed: Feed, engine: Engine) -> str:
    """The rows of a feed that a rule's hits rest on."""
    name, condition = feed.feed, bound.rows[feed.feed]
    columns = {str(row[0]) for row in engine.rows(f"DESCRIBE {name}")}
    mark = "f.mark" if "mark" in columns else "CAST(NULL AS VARCHAR)"
    cells = f"t.rule, t.household, t.area, {literal(name)}, f.file, f.row, f.line, {mark}"
    hits = f"(SELECT rule, household, area FROM hit WHERE rule = {literal(bound.name)})"
    if bound.rule.about == "area":
        return f"SELECT {cells} FROM {name} f JOIN {hits} t ON starts_with(t.area, f.area) WHERE {condition}"
    hits = f"(SELECT x.rule, x.household, x.area, h.household AS home FROM {hits} x JOIN household_all h ON h.known = x.household)"
    if not feed.is_linked or (isinstance(feed.repeats, Repeats) and "household" in feed.repeats.per):
        return f"SELECT {cells} FROM {name} f JOIN {hits} t ON t.home = f.household WHERE {condition}"
    alive = " AND m.living" if bound.rule.of == "resident" else ""
    return f"""SELECT {cells} FROM {name} f JOIN member m ON m.person = f.person AND m.once{alive}
        JOIN {hits} t ON t.home = m.household WHERE {condition}"""


def _write(engine: Engine, target: Path) -> None:
    """Red where several departments' rules hit one household, or one rule that is enough alone; reckoned from all hits."""
    engine.run(f"""COPY (
        WITH level AS (SELECT household, count(DISTINCT department) >= min(enough) OR bool_or(alone) AS red
                       FROM hit WHERE counts AND household <> '' GROUP BY household)
        SELECT h.rule, h.household, h.area, CASE WHEN l.red THEN 'red' ELSE 'yellow' END AS level, h.sentence, h.figures
        FROM hit h LEFT JOIN level l ON l.household = h.household AND h.counts ORDER BY h.rule, h.household, h.area)
        TO {literal(target)} (FORMAT parquet)""")
