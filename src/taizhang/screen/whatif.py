"""What another number would change: households gained and lost, by area and kind, on what the last run left behind."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen import kept as keeping
from taizhang.screen import texts
from taizhang.screen.engine import DuckEngine, Limits, literal, parquet
from taizhang.screen.kept import Kept
from taizhang.screen.rules import Rulebook
from taizhang.screen.texts import Value

ENOUGH: Final = "red_departments"
_NEVER: Final = 1 << 30
TOWN: Final = 9  # digits of a town's code
LISTED: Final = 500
_HIGHEST: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Share:
    """What one rule finds, or what changes in one area, for one kind of household, for one level: households (villages)."""

    name: str
    before: int
    after: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One household that some rule finds or no longer finds."""

    household: str
    area: str
    kind: str
    before: str  # level: red, yellow, or empty
    after: str
    gained: tuple[str, ...]  # rules
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """The answer: whole households, then by rule, town, kind and level, then the households that change."""

    changes: Mapping[str, int]
    rules: tuple[Share, ...]
    households: Share
    areas: tuple[Share, ...]
    kinds: tuple[Share, ...]
    levels: tuple[Share, ...]
    moved: tuple[Moved, ...]  # at most LISTED
    moved_total: int
    seconds: float  # CPU
    computed: tuple[str, ...]  # signals that had to be computed anew

    def json(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)


def triable(rulebook: Rulebook) -> tuple[str, ...]:
    """The numbers that change what rules find, in the order of the rules that look at them; whole numbers and money."""
    named: dict[str, None] = {}
    for name, rule in rulebook.rules.items():
        if not rule.site:
            named |= dict.fromkeys(sorted(rulebook.numbers_of(name)))
    named[ENOUGH] = None
    return tuple(
        name for name in named if name in rulebook.policies and rulebook.policies[name].type in ("int", "money")
    )


def attempt(folder: Path, rulebook: Rulebook, changes: Mapping[str, int], *, limits: Limits | None = None) -> Tried:
    """Try other numbers (money in fen) on what a run left in a folder.

    Raises Refusal: `nothing_kept`, `rules_changed` where rules are others than those of the run, `no_number`, `no_change`,
    `bad_value`.
    """
    began = time.process_time()
    kept = keeping.read(folder)
    _check(kept, rulebook, changes)
    with tempfile.TemporaryDirectory(prefix="taizhang-") as scratch:
        machine = engines.open_engine("duckdb", [folder], scratch=Path(scratch), limits=limits)
        try:
            machine.lock()
            keeping.laid(machine, kept)
            computed = _after(machine, kept, rulebook, changes, Path(scratch))
            _compare(machine, kept, rulebook, changes)
            texts.keep()
            return _told(machine, changes, computed, began)
        finally:
            machine.close()


def _check(kept: Kept, rulebook: Rulebook, changes: Mapping[str, int]) -> None:
    if kept.rules != rulebook.digest:
        raise Refusal(
            "rules_changed",
            Text(
                "上次筛查以后规则改过，信号不能再用。",
                "The rules have changed since the last run; its signals do not fit.",
            ),
            Text("请重新筛查一次，再试算。", "Screen once more, then try."),
        )
    if not changes:
        raise Refusal(
            "no_change",
            Text("没有改任何数。", "No number was changed."),
            Text("请至少改一个数。", "Change at least one."),
        )
    known = set(triable(rulebook))
    for name, value in changes.items():
        if name not in known:
            raise Refusal("no_number", Text(f"规则不用“{name}”这个数。", f"No rule uses a number {name}."))
        if not 0 <= value <= _HIGHEST:
            raise Refusal(
                "bad_value",
                Text(f"“{rulebook.policies[name].label.zh}”要写不小于零的数。", f"“{rulebook.policies[name].label.en}” is a number from zero up."),
            )  # fmt: skip


# --- computing --------------------------------------------------------------------------------------------------------


def _after(machine: DuckEngine, kept: Kept, rulebook: Rulebook, changes: Mapping[str, int], scratch: Path) -> tuple[str, ...]:  # fmt: skip
    """Tables `before` and `after` of hits; the signals computed anew. Only rules that look at a changed number are asked."""
    touched = _touched(rulebook, changes)
    machine.run(f"CREATE TEMP TABLE before AS SELECT * FROM {parquet([kept.folder / 'hit.parquet'])}")
    machine.run(f"CREATE TEMP TABLE after AS SELECT * FROM before WHERE rule NOT IN ({_listed(touched)})")
    made: dict[tuple[str, int], Path] = {}
    for at, group in enumerate(kept.groups):
        values = {**group.values, **changes}
        asked = [name for name in keeping.live(rulebook, kept, values) if name in touched]
        if not asked:
            continue
        keeping.show(machine, kept, group)
        for name in asked:
            signal = rulebook.rules[name].signal
            if (signal, at) not in made:
                made[signal, at] = _signal(machine, kept, rulebook, signal, at, values, set(changes), scratch)
            query = keeping.hits_sql(rulebook, name, values, made[signal, at], at)
            machine.run(f"INSERT INTO after {query}")
    return tuple(sorted({signal for (signal, at), path in made.items() if path != kept.signal(signal, at)}))


def _touched(rulebook: Rulebook, changes: Mapping[str, int]) -> list[str]:
    """The rules that look at a changed number; of all others the hits are what they were."""
    return [name for name, rule in rulebook.rules.items() if not rule.site and rulebook.numbers_of(name) & set(changes)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(literal, names)) or "''"


def _signal(machine: DuckEngine, kept: Kept, rulebook: Rulebook, name: str, at: int, values: Mapping[str, Value],
            changed: set[str], scratch: Path) -> Path:  # fmt: skip
    """The signal as the run kept it, or computed anew from the kept rows where it looks at a changed number itself."""
    kept_at = kept.signal(name, at)
    if kept_at.is_file() and not rulebook.signals[name].said.parameters & changed:
        return kept_at
    path = scratch / f"signal-{name}-{at}.parquet"
    machine.run(f"COPY ({rulebook.signals[name].filled(values)}) TO {literal(path)} {engines.SCRATCH}")
    return path


def _compare(machine: DuckEngine, kept: Kept, rulebook: Rulebook, changes: Mapping[str, int]) -> None:
    """Table `home`: each household hit before or after, with its level then and now and the rules that came and went."""
    facts = ", ".join(
        f"({literal(name)}, {literal(rule.counts_as or rule.department)}, {rule.level == 'red'}, {rule.level != 'none'})"
        for name, rule in rulebook.rules.items()
    )
    machine.run(f"CREATE TEMP TABLE fact AS SELECT * FROM (VALUES {facts}) AS t(rule, department, alone, counts)")
    for name, changed in (("before", {}), ("after", changes)):
        enough = " ".join(
            f"WHEN {at} THEN {({**group.values, **changed}).get(ENOUGH, _NEVER)}"
            for at, group in enumerate(kept.groups)
        )
        machine.run(f"""CREATE TEMP TABLE {name}_level AS SELECT x.household,
                CASE WHEN count(DISTINCT f.department) FILTER (f.counts) >= min(CASE x.nth {enough} END)
                          OR bool_or(f.alone AND f.counts) THEN 'red' ELSE 'yellow' END AS level
            FROM {name} x JOIN fact f ON f.rule = x.rule WHERE x.household IS NOT NULL GROUP BY x.household""")
    then, now = (
        f"SELECT rule, household, area FROM {table} WHERE rule IN ({_listed(_touched(rulebook, changes))})"
        for table in ("before", "after")
    )
    machine.run(f"CREATE TEMP TABLE came AS {now} EXCEPT ALL {then}")
    machine.run(f"CREATE TEMP TABLE went AS {then} EXCEPT ALL {now}")
    machine.run("""CREATE TEMP TABLE home AS SELECT h.household, h.known, h.kind, h.area,
            coalesce(b.level, '') AS before, coalesce(a.level, '') AS after
        FROM before_level b FULL JOIN after_level a ON a.household = b.household
        JOIN kept_household h ON h.household = coalesce(a.household, b.household)""")


def _told(machine: DuckEngine, changes: Mapping[str, int], computed: tuple[str, ...], began: float) -> Tried:
    rules = machine.rows("""SELECT rule, sum(b), sum(a), sum(c), sum(w) FROM (
            SELECT rule, 1 AS b, 0 AS a, 0 AS c, 0 AS w FROM before UNION ALL SELECT rule, 0, 1, 0, 0 FROM after
            UNION ALL SELECT rule, 0, 0, 1, 0 FROM came UNION ALL SELECT rule, 0, 0, 0, 1 FROM went) GROUP BY rule ORDER BY rule""")
    count = """count(*) FILTER (before <> ''), count(*) FILTER (after <> ''),
        count(*) FILTER (before = '' AND after <> ''), count(*) FILTER (before <> '' AND after = '')"""
    whole = machine.rows(f"SELECT '', {count} FROM home")
    areas = machine.rows(f"SELECT substr(area, 1, {TOWN}), {count} FROM home GROUP BY 1 ORDER BY 3 DESC, 1")
    kinds = machine.rows(f"SELECT kind, {count} FROM home GROUP BY 1 ORDER BY 3 DESC, 1")
    level = """count(*) FILTER (before = l.level), count(*) FILTER (after = l.level),
        count(*) FILTER (before <> l.level AND after = l.level), count(*) FILTER (before = l.level AND after <> l.level)"""
    levels = machine.rows(
        f"SELECT l.level, {level} FROM home, (VALUES ('red'), ('yellow')) AS l(level) GROUP BY 1 ORDER BY 1"
    )
    total, moved = _moved(machine)
    return Tried(
        dict(changes), _shares(rules), _shares(whole)[0], _shares(areas), _shares(kinds),
        _shares(levels), moved, total, round(time.process_time() - began, 3), computed,
    )  # fmt: skip


def _moved(machine: DuckEngine) -> tuple[int, tuple[Moved, ...]]:
    """The households of which anything changes; those gained or lost altogether first."""
    every = """(SELECT household, list(rule ORDER BY rule) FILTER (way > 0) AS came, list(rule ORDER BY rule) FILTER (way < 0) AS went
        FROM (SELECT household, rule, 1 AS way FROM came UNION ALL SELECT household, rule, -1 FROM went)
        WHERE household IS NOT NULL GROUP BY household)"""
    source = f"FROM home h LEFT JOIN {every} x ON x.household = h.household WHERE x.household IS NOT NULL OR h.before <> h.after"
    total = machine.rows(f"SELECT count(*) {source}")[0][0]
    rows = machine.rows(f"""SELECT h.known, h.area, h.kind, h.before, h.after, x.came, x.went {source}
        ORDER BY (h.before <> '') = (h.after <> ''), h.area, h.known LIMIT {LISTED}""")
    return int(total), tuple(
        Moved(known, area, kind, before, after, tuple(came or ()), tuple(went or ()))
        for known, area, kind, before, after, came, went in rows
    )


def _whole(value: Any) -> Any:
    return value if isinstance(value, str) else int(value or 0)


def _shares(rows: Iterable[tuple[Any, ...]]) -> tuple[Share, ...]:
    return tuple(Share(*map(_whole, row)) for row in rows)
