"""Rules and the signals they look at: read from the library, checked, and filled with the numbers in force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from taizhang.kit import canonical, money, shaped
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import policies as numbers
from taizhang.ledger import yaml12
from taizhang.ledger.policies import Dated, Policy
from taizhang.screen import texts
from taizhang.screen.engine import literal
from taizhang.screen.texts import Query, Value

FigureType = Literal["money", "count", "text"]
_SLOT: Final = re.compile(r"\{(:?)([a-z][a-z0-9_]*)\}")
_QUOTED: Final = re.compile(r"[.?*+()|\[\]^$\\]")  # what means something in a pattern, braces left
BUILT: Final = ("member", "household", "village")


@dataclass(frozen=True)
class _Part:
    __pydantic_config__: ClassVar = {"extra": "forbid"}


@dataclass(frozen=True)
class Figure(_Part):
    """One figure of an alert, and the expression it is worked out by where the signal does not hold it as it is."""

    type: FigureType
    of: str = ""


@dataclass(frozen=True)
class Measure(_Part):
    """The figure that a rule holds against a number."""

    figure: str
    limit: str


@dataclass(frozen=True)
class Sentence(_Part):
    """What an alert says, with `{figure}` and `{:number}` to be filled in."""

    zh: str
    en: str


@dataclass(frozen=True)
class More(Sentence):
    """A sentence that is added when something else holds too."""

    when: str


@dataclass(frozen=True)
class Again(_Part):
    """After how many days the same household may be alerted again: the name of a policy number."""

    days: str


@dataclass(frozen=True, kw_only=True)
class Rule(_Part):
    """One rule as `rules.yaml` declares it."""

    zh: str
    en: str
    department: str
    counts_as: str = ""
    about: Literal["household", "area"] = "household"
    signal: str = ""
    when: str = ""
    figures: Mapping[str, FigureType | Figure]
    measure: Measure | None = None
    sentence: Sentence
    more: More | None = None
    basis: str
    level: Literal["", "red", "none"] = ""
    again: Again | Literal["year", "case", "row", "reckoning", "period"]
    exclusion: str = ""
    of: Literal["member", "resident"] = "member"
    rows: Mapping[str, str] = field(default_factory=dict)
    adds: Mapping[str, str] = field(default_factory=dict)
    site: bool = False

    @cached_property
    def shown(self) -> Mapping[str, Figure]:
        """Every figure with its type and expression."""
        return {
            name: figure if isinstance(figure, Figure) else Figure(type=figure) for name, figure in self.figures.items()
        }

    @property
    def label(self) -> Text:
        """The rule's name for people."""
        return Text(self.zh, self.en)

    def said(self, sentence: str) -> Text:
        """An alert's sentence, which is kept in Chinese, in both languages; in Chinese alone where the rule says it otherwise now."""
        for zh, en in self._templates():
            found = re.fullmatch(_SLOT.sub("(.+?)", _QUOTED.sub(r"\\\g<0>", zh)), sentence)
            if found:
                for slot, value in zip(_SLOT.finditer(zh), found.groups(), strict=True):
                    en = en.replace(slot[0], value)
                return Text(sentence, en)
        return Text(sentence, sentence)

    def _templates(self) -> tuple[tuple[str, str], ...]:
        alone = (self.sentence.zh, self.sentence.en)
        return ((alone[0] + self.more.zh, alone[1] + self.more.en), alone) if self.more else (alone,)


@dataclass(frozen=True)
class Rulebook:
    """All rules, the queries of their signals, and the numbers they use."""

    rules: Mapping[str, Rule]
    signals: Mapping[str, Query]
    policies: Mapping[str, Policy]
    digest: str

    def feeds_of(self, rule: str) -> frozenset[str]:
        """The feeds a rule cannot do without."""
        signal = self.signals.get(self.rules[rule].signal)
        if signal is None:
            return frozenset()
        return frozenset({_feed_of(table) for table in signal.said.tables} - set(BUILT))

    def numbers_of(self, rule: str) -> frozenset[str]:
        """The policy numbers a rule needs, in its signal, its predicate, its sentence and its rows."""
        declared = self.rules[rule]
        found: set[str] = set()
        if declared.signal:
            found |= self.signals[declared.signal].said.parameters
        for text in _conditions(declared):
            found |= texts.condition(text, name=rule).parameters
        found |= {name for colon, name in _SLOT.findall(declared.sentence.zh) if colon}
        return frozenset(found)

    def columns(self, feed: str) -> set[str]:
        """Every column that a signal over this feed, or the rows of a rule behind an alert, may name."""
        said = [signal.said for signal in self.signals.values() if feed in map(_feed_of, signal.said.tables)]
        said += [texts.condition(rule.rows[feed], name="rows") for rule in self.rules.values() if feed in rule.rows]
        return {column for one in said for column in one.columns}

    def reach(self) -> int:
        """How many digits of an area code the published numbers look at."""
        told = (value for policy in self.policies.values() for value in (*policy.values, *policy.entered))
        return max((len(value.area) for value in told), default=0)

    def with_entered(self, entered: Mapping[str, tuple[Dated, ...]]) -> Rulebook:
        """The same rules with the numbers that an office entered where nobody has published one."""
        known = {name: values for name, values in entered.items() if name in self.policies}
        if not known:
            return self
        added = {name: replace(self.policies[name], entered=values) for name, values in known.items()}
        return replace(self, policies={**self.policies, **added})

    def values(self, area: str, day: date) -> dict[str, Value]:
        """Every number in force there on that day, as it is bound (money in fen)."""
        found: dict[str, Value] = {}
        for name, policy in self.policies.items():
            dated = policy.in_force(area, day)
            if dated is not None:
                found[name] = dated.value
        return found


def read(library: Path, feeds: Iterable[str], policies: Path | None = None) -> Rulebook:
    """Read rules, signals and numbers of a library; `policies` overrides numbers by name. Raises Refusal."""
    read = [(library / "rules.yaml").read_text(encoding="utf-8")]
    tables = {*BUILT, *(f"{feed}{ending}" for feed in feeds for ending in ("", "_lines", "_offered"))}
    rules = _declared(library / "rules.yaml", read[0])
    signals: dict[str, Query] = {}
    for rule_name, rule in rules.items():
        if not rule.site and rule.signal not in signals:
            path = library / "signals" / f"{rule.signal}.sql"
            if not path.is_file():
                raise Refusal(
                    "no_signal",
                    Text(
                        f"规则 {rule_name} 用到的信号 {path.name} 不存在。",
                        f"Rule {rule_name}: there is no signal {path.name}.",
                    ),
                )
            read.append(path.read_text(encoding="utf-8"))
            signals[rule.signal] = texts.query(read[-1], name=path.name, tables=tables)
        for text in _conditions(rule):
            texts.condition(text, name=rule_name)
    published = read_numbers(library / "policies.yaml")
    if policies is not None:
        published = {**published, **read_numbers(policies)}
    return Rulebook(rules, signals, published, canonical.digest("\0".join(read).encode()))


def _declared(path: Path, text: str) -> dict[str, Rule]:
    known = shaped.recall(Rule, text)
    if known is not None:
        return known
    rules: dict[str, Rule] = {}
    for name, raw in _mapping(path).items():
        try:
            rules[name] = shaped.checked(Rule, raw)
        except shaped.Misshapen as error:
            place = ".".join(map(str, error.where))
            raise Refusal(
                "bad_rule", Text(f"规则 {name} 的 {place} 有误：{error.said}", f"Rule {name}, {place}: {error.said}")
            ) from error
    shaped.keep(Rule, text, rules)
    return rules


def read_numbers(path: Path) -> dict[str, Policy]:
    """The policy numbers of a file. Raises Refusal with what is wrong."""
    found: dict[str, Policy] = {}
    for name, raw in _mapping(path).items():
        try:
            found[name] = numbers.read(name, raw)
        except (ValueError, TypeError, AttributeError) as error:
            raise Refusal(
                "bad_number", Text(f"{path.name} 的 {name} 有误：{error}", f"{path.name}, {name}: {error}")
            ) from error
    return found


def _feed_of(table: str) -> str:
    return table.removesuffix("_lines").removesuffix("_offered")


def _mapping(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise Refusal("no_file", Text(f"没有找到文件 {path.name}。", f"There is no file {path.name}."))
    return _mapped(path.name, path.read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _mapped(name: str, text: str) -> Mapping[str, Any]:
    """What a text says; a text that was read before is not parsed again."""
    found = yaml12.read(text)
    if found.slips or not isinstance(found.data, dict):
        line = found.slips[0].line if found.slips else 1
        said = found.slips[0].text if found.slips else Text("内容应是一张表。", "it must be a mapping.")
        raise Refusal("bad_yaml", Text(f"{name} 第 {line} 行：{said.zh}", f"{name}, line {line}: {said.en}"))
    return found.data


def _conditions(rule: Rule) -> list[str]:
    texts = [rule.when, *(figure.of for figure in rule.shown.values()), *rule.rows.values(), *rule.adds.values()]
    texts += [rule.measure.limit] if rule.measure else []
    texts += [rule.more.when] if rule.more else []
    return [text for text in texts if text]


# --- filled with numbers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bound:
    """A rule with the numbers of one place and day, as SQL over `household`/`village` h and its signal s."""

    name: str
    rule: Rule
    when: str
    figures: Mapping[str, str]
    json: str
    sentence: str
    limit: str
    rows: Mapping[str, str]


def bind(rulebook: Rulebook, name: str, values: Mapping[str, Value], columns: Mapping[str, str]) -> Bound:
    """Fill a rule with numbers; `columns` maps every name a predicate may use to its SQL (`residents` to `h.residents`)."""
    rule = rulebook.rules[name]

    def made(text: str, known: Mapping[str, str] | None = columns) -> str:
        return texts.filled(text, values, known, name=name)

    figures = {figure: made(one.of or figure) for figure, one in rule.shown.items()}
    written = {figure: _written(rule.shown[figure].type, text) for figure, text in figures.items()}
    parts = " || ', ' || ".join(
        f"'\"{figure}\": ' || {_json(rule.shown[figure].type, text)}" for figure, text in written.items()
    )
    words = {**{column: f"CAST({text} AS VARCHAR)" for column, text in columns.items()}, **written}
    sentence = _sentence(rule.sentence.zh, words, values, rulebook.policies)
    if rule.more:
        extra = _sentence(rule.more.zh, words, values, rulebook.policies)
        sentence = f"{sentence} || CASE WHEN {made(rule.more.when)} THEN {extra} ELSE '' END"
    rows = {feed: made(text, None) for feed, text in rule.rows.items()}
    limit = made(rule.measure.limit) if rule.measure else "NULL"
    return Bound(name, rule, made(rule.when), figures, f"'{{' || {parts} || '}}'", sentence, limit, rows)


def _written(kind: FigureType, text: str) -> str:
    return f"yuan({text})" if kind == "money" else f"CAST({text} AS VARCHAR)"


def _json(kind: FigureType, text: str) -> str:
    """Counts are numbers; money is text, so that its two decimals survive; words are quoted."""
    return text if kind == "count" else f"'\"' || {text} || '\"'"


def _sentence(
    template: str, words: Mapping[str, str], values: Mapping[str, Value], policies: Mapping[str, Policy]
) -> str:
    """A sentence with `{figure}` and `{:number}` as an SQL expression."""
    parts, at = [], 0
    for slot in _SLOT.finditer(template):
        parts.append(literal(template[at : slot.start()]))
        name, at = slot[2], slot.end()
        if slot[1]:
            value = values[name]
            shown = money.show(value) if policies[name].type == "money" and isinstance(value, int) else str(value)
            parts.append(literal(shown))
        else:
            parts.append(words[name])
    parts.append(literal(template[at:]))
    return " || ".join(parts)
