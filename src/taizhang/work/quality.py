"""The check of data quality: rules over registers, feeds and cases, and things of which departments say different words.

Work in the background; what it finds is kept by rule and by whom it is about, so that it survives every import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.moves import quality as moves
from taizhang.core.queries import checking, district
from taizhang.core.queries.checking import Facts, Person, Watch
from taizhang.kit import days, idnumber
from taizhang.kit.text import Text
from taizhang.screen import evaluate, quality, stage
from taizhang.screen.quality import NotAsked, Rows, Rules
from taizhang.work import declared, harvest
from taizhang.work.harvest import Inputs, Prepared

CAPABILITY: Final = "quality.check"
CONFLICT: Final = "@"  # before the name of an item of which words differ
Progress = Callable[[Text], None]
_ABLE: Final = ("普通劳动力", "技能劳动力", "弱劳动力", "弱劳动力或半劳动力")
_PERSON: Final = ("number_length", "checksum_ok", "area6", "card_mark", "number_rows", "relation", "female", "age", "health", "healthy",
                  "disabled", "labour", "school", "phone_ok", "phone_homes", "works", "card_grade", "card_kind")  # fmt: skip
_RISKS: Final = {
    "risk_illness": "ILLNESS", "risk_education": "EDUCATION", "risk_disability": "DISABILITY", "risk_disaster": "DISASTER",
    "risk_job": "JOB", "risk_labour": "LABOUR", "risk_housing": "HOUSING", "risk_water": "WATER", "risk_other": "OTHER",
}  # fmt: skip
_ANSWERS: Final = {"housing_ok": "housing", "water_ok": "water", "school_ok": "education", "insured_ok": "insurance"}


@dataclass(frozen=True)
class Result:
    """What a check found."""

    doubts: int
    new: int
    gone: int
    asked: int
    not_asked: tuple[NotAsked, ...]


@dataclass(frozen=True)
class Sent:
    """What departments sent, as the check looks at it."""

    cards: Mapping[str, tuple[str, int]]  # by person: kind and grade of the latest card
    relief: Mapping[str, set[str]]  # by household: kinds of relief that run
    signals: Mapping[
        str, Mapping[str, Any] | None
    ]  # of absent, housing, water (by village), uninsured; None: not collected
    words: Mapping[str, Mapping[str, list[str]]]  # by item and person: the words of the feeds


def rules() -> Rules:
    """The rules of the library."""
    return _rules(Path(settings.LIBRARY))


@lru_cache(maxsize=4)
def _rules(folder: Path) -> Rules:
    return quality.read(folder / "quality.yaml")


def not_asked() -> tuple[NotAsked, ...]:
    """The rules that cannot be asked with what this district collects, and why; without looking at a row."""
    made = rules()
    columns = {"person": set(_PERSON), "home": set(_HOME)}
    return quality.unasked(made, columns, declared.rulebook().policies)


def check(actor: access.Actor, *, clock: Clock, progress: Progress | None = None) -> Result:
    """Look everything over for today and keep what is found. Raises Refusal("not_allowed")."""
    if not actor.is_own_hand:
        access.acting(actor, CAPABILITY)
    say = progress or (lambda text: None)
    day = days.day_of(clock.now())
    say(Text("读取名册和事项", "Reading registers and cases"))
    facts, inputs = checking.facts(day), harvest.gather(day)
    with harvest.prepared(inputs) as ready:
        say(Text("汇集各部门数据", "Gathering the departments' rows"))
        sent = _sent(ready, inputs)
        say(Text("逐条核对", "Asking the rules"))
        given = {"person": _people(facts, sent, day), "home": _homes(facts, sent, inputs, day)}
        values = inputs.book.values(district.here().code, day)
        found = quality.check(ready.machine, rules(), given, values, day)
    severity = {name: rule.severity for name, rule in rules().rules.items()}
    doubts = [moves.Found(one.rule, one.about, one.area, severity[one.rule]) for one in found.doubts]
    doubts += [moves.Found(f"{CONFLICT}{item}", about, area, "W") for item, about, area in _conflicts(facts, sent)]
    asked = {*found.asked, *(f"{CONFLICT}{item}" for item in declared.items())}
    kept = moves.record(doubts, asked, day)
    return Result(len(doubts), kept.new, kept.gone, len(found.asked), found.not_asked)


# --- what departments sent --------------------------------------------------------------------------------------------


def _sent(ready: Prepared, inputs: Inputs) -> Sent:
    machine, feeds, book = ready.machine, declared.feeds(), inputs.book
    ground = stage.lay(machine, ready.linked, feeds, inputs.day, signals=list(book.signals.values()))
    cards: dict[str, tuple[str, int]] = {}
    relief: dict[str, set[str]] = {}
    if "disability" in ground.present:
        cards = {
            person: (kind, grade) for person, kind, grade in machine.rows("SELECT person, kind, grade FROM disability")
        }
    if "relief" in ground.present:
        day = inputs.day.isoformat()
        homes = "relief r JOIN household_all h ON h.household = r.household"
        rows = machine.rows(f"SELECT h.known, r.kind FROM {homes} WHERE r.until IS NULL OR r.until > DATE '{day}'")  # noqa: S608
        for home, kind in rows:
            relief.setdefault(home, set()).add(kind)
    signals: dict[str, Mapping[str, Any] | None] = {}
    values = {**book.values(district.here().code, inputs.day), "date": inputs.day}
    stage.show(machine, None, book.reach())
    for rule, name, figure in (("R05", "absent", "absent_pupils"), ("R03", "uninsured", "uninsured"), ("R07", "housing", "grade"),
                               ("R08", "water", "days_open")):  # fmt: skip
        if book.feeds_of(rule) - ground.present or book.numbers_of(rule) - set(values):
            signals[name] = None
            continue
        bound = evaluate.ask(machine, book, rule, values, set())
        about, homes = ("s.area", "") if rule == "R08" else ("h.known", "JOIN household h ON h.household = s.household")
        rows = machine.rows(f"SELECT {about}, s.{figure} FROM signal_{name} s {homes} WHERE {bound.when}")  # noqa: S608
        signals[name] = dict(rows)
    return Sent(cards, relief, signals, {name: dict(_words(ready, ground, name)) for name in declared.items()})


def _words(ready: Prepared, ground: stage.Ground, name: str) -> Iterator[tuple[str, list[str]]]:
    """What feeds say of one thing, by person."""
    found: dict[str, list[str]] = {}
    for feed, saying in declared.items()[name].feeds.items():
        if feed not in ground.present:
            continue
        column = f"CAST({saying.column} AS VARCHAR)" if saying.column else "''"
        for person, value in ready.machine.rows(f"SELECT person, {column} FROM {feed} WHERE person IS NOT NULL"):  # noqa: S608
            found.setdefault(person, []).append(saying.word(value or ""))
    yield from found.items()


def _conflicts(facts: Facts, sent: Sent) -> Iterator[tuple[str, str, str]]:
    """Things of which the register and departments say different words: item, whom it is about, where."""
    for name, item in declared.items().items():
        for one in facts.people:
            value = getattr(one.profile, item.ours.column, None)
            said = {item.ours.word("" if value is None else str(value)), *sent.words[name].get(one.key, ())} - {""}
            if one.key in sent.words[name] and len(said) > 1:
                yield name, about(one), one.area


# --- rows that rules look at ------------------------------------------------------------------------------------------


def about(one: Person) -> str:
    """Whom a doubt is about, where it is about a person."""
    return f"{one.household}/{one.resident}"


def _people(facts: Facts, sent: Sent, day: date) -> Rows:
    numbers = Counter(one.profile.number for one in facts.people if one.profile.number)
    homes: dict[str, set[str]] = {}
    for one in facts.people:
        homes.setdefault(one.profile.phone, set()).add(one.household)
    return Rows(_PERSON, [_person(one, sent, numbers, homes, day) for one in facts.people])


def _person(one: Person, sent: Sent, numbers: Mapping[str, int], homes: Mapping[str, set[str]], day: date) -> list[Any]:
    told = one.profile
    number, card = told.number, sent.cards.get(one.key)
    mark = number[18:19]
    valid = idnumber.is_valid(number[:18])
    female = int(number[16]) % 2 == 0 if len(number) >= 18 and number[16].isdigit() else None
    age = idnumber.full_years(told.born, day) if told.born else None
    phone = (
        None if not told.phone else int(len(told.phone) == 11 and told.phone[0] == "1" and told.phone[1] in "3456789")
    )
    return [
        about(one), one.area, len(number), int(valid), number[:6], int(mark) if mark.isdigit() else None, numbers.get(number, 1),
        _relation(one.relation), None if female is None else int(female), age, told.health, int("健康" in told.health),
        int("残疾" in told.health), told.labour, told.school, phone, len(homes[told.phone]) if told.phone else 1,
        int(told.work_months.strip().isdigit() and int(told.work_months) > 0), card[1] if card else None, card[0] if card else None,
    ]  # fmt: skip


def _relation(written: str) -> str:
    """A relation as the catalogue has it: departments write 女 for 之女."""
    return written if written in ("", "户主", "配偶", "其他") or written.startswith("之") else f"之{written}"


_HOME: Final = (
    "kind", "heads", "spouses", "same_sex", "members", "able", "workers", "disabled_members", "ill_members", "grave_cards",
    "dibao_members", "tekun_members", "monitored", "risks", *_RISKS, "disaster_kind", "identified_months", "identified_this_year",
    "identified_year", "income_per_head", "wage_income", "transfer_income", "business_income", "self_paid", *_ANSWERS, "measures",
    "removed", "removal", "removed_after", "unsafe_house", "unsafe_water", "absent_pupils", "uninsured",
)  # fmt: skip
_SIGNALS: Final = {
    "unsafe_house": "housing",
    "unsafe_water": "water",
    "absent_pupils": "absent",
    "uninsured": "uninsured",
}


def _homes(facts: Facts, sent: Sent, inputs: Inputs, day: date) -> Rows:
    """One row per household; columns that rest on a feed that nobody sent are left out."""
    missing = {column for column, signal in _SIGNALS.items() if sent.signals[signal] is None}
    cells = [_home(home, some, facts, sent, day) for home, some in checking.by_household(facts.people).items()]
    columns = tuple(name for name in _HOME if name not in missing)
    return Rows(columns, [[row["about"], row["area"], *(row[name] for name in columns)] for row in cells])


def _home(home: str, some: Sequence[Person], facts: Facts, sent: Sent, day: date) -> dict[str, Any]:
    relations = [_relation(one.relation) for one in some]
    pair = [one.profile.number[16:17] for one in some if _relation(one.relation) in ("户主", "配偶")]
    sexes = [int(digit) % 2 for digit in pair if digit.isdigit()]
    relief, income, watch = sent.relief.get(home, set()), facts.incomes.get(home), facts.watches.get(home)
    cards = [sent.cards[one.key][1] for one in some if one.key in sent.cards]
    area, healths = some[0].area, [one.profile.health for one in some]
    return {
        "about": home, "area": area, "kind": some[0].kind, "heads": relations.count("户主"), "spouses": relations.count("配偶"),
        "same_sex": int(len(sexes) == 2 and sexes[0] == sexes[1]), "members": len(some),
        "able": sum(one.profile.labour in _ABLE for one in some),
        "workers": sum(one.profile.work_months.strip() not in ("", "0") for one in some),
        "disabled_members": sum("残疾" in health for health in healths),
        "ill_members": sum("大病" in health or "慢" in health for health in healths),
        "grave_cards": sum(grade <= 2 for grade in cards),
        "dibao_members": sum("低保" in kind for kind in relief), "tekun_members": sum("特困" in kind for kind in relief),
        "measures": facts.measures.get(home, 0), **_earned(income, len(some)), **_watched(watch, day),
        **{column: _signal(sent, column, home, area) for column in _SIGNALS},
    }  # fmt: skip


def _signal(sent: Sent, column: str, home: str, area: str) -> int:
    found = sent.signals[_SIGNALS[column]] or {}
    value = found.get(area if column == "unsafe_water" else home)
    return value if isinstance(value, int) and column in ("absent_pupils", "uninsured") else int(value is not None)


def _earned(income: Mapping[str, int] | None, members: int) -> dict[str, int | None]:
    names = ("income_per_head", "wage_income", "transfer_income", "business_income", "self_paid")
    if income is None:
        return dict.fromkeys(names)
    net = sum(income.get(kind, 0) for kind in ("wage", "business", "property", "transfer")) - income.get("cost", 0)
    return {
        "income_per_head": net // (income.get("persons") or members), "wage_income": income.get("wage", 0),
        "transfer_income": income.get("transfer", 0), "business_income": income.get("business", 0), "self_paid": income.get("self_paid"),
    }  # fmt: skip


def _watched(watch: Watch | None, day: date) -> dict[str, Any]:
    if watch is None:
        blank = dict.fromkeys(
            (*_RISKS, *_ANSWERS, "disaster_kind", "identified_months", "identified_year", "removal", "removed_after")
        )
        return {**blank, "monitored": 0, "risks": 0, "identified_this_year": 0, "removed": 0}
    months = _months(watch.entered, day)
    return {
        "monitored": int(watch.open), "risks": len(watch.risks), **{name: int(code in watch.risks) for name, code in _RISKS.items()},
        "disaster_kind": watch.disaster, "identified_months": months, "identified_this_year": int(watch.entered.year == day.year),
        "identified_year": watch.entered.year, "removed": int(watch.removed is not None), "removal": watch.removal,
        "removed_after": _months(watch.entered, watch.removed) if watch.removed else None,
        **{name: int(watch.answers[key]) if key in watch.answers else None for name, key in _ANSWERS.items()},
    }  # fmt: skip


def _months(since: date, until: date) -> int:
    """Whole months from a day to a day."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
