"""Scores of pairs: every comparison gives its level, a trained model turns levels into bits, bits into a probability.

The arithmetic is Splink's (Fellegi and Sunter), read from the model that Splink trained: `tests/screen` holds the two
equal. So a site scores rows without Splink, inside the machine that links, and on whatever engine runs its SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from taizhang.screen.engine import Engine
from taizhang.screen.linkage import NOTHING, Comparison, Model, Settings


def pair_up(engine: Engine, settings: Settings, left: str, right: str, *, among_one: bool = False, blocks: Sequence[str] | None = None,
            also: str | None = None) -> None:  # fmt: skip
    """Table `pairs` (id_l, id_r): what is looked at at all, by the blocks of the settings (and by the relation `also`).

    `left` and `right` are relations with a column `id`; `among_one`: both are the same one, each pair once.
    """
    once = " AND l.id < r.id" if among_one else ""
    parts = [
        f"SELECT l.id AS id_l, r.id AS id_r FROM {left} l JOIN {right} r ON ({block}){once}"
        for block in (settings.blocks if blocks is None else blocks)
    ]
    if also:
        parts.append(f"SELECT id_l, id_r FROM {also}")
    engine.run(f"CREATE OR REPLACE TEMP TABLE pairs AS {' UNION '.join(parts)}")


def rare(settings: Settings) -> list[str]:
    """The columns of which a rare value says more than a common one."""
    return sorted({level.rare for one in settings.comparisons.values() for level in one.levels if level.rare})


def count(engine: Engine, settings: Settings, left: str, right: str) -> int:
    """Tables `often_COLUMN` (value, share): how often each value of `right` is in `left`. Gives how many people `left` holds."""
    for column in rare(settings):
        engine.run(f"""CREATE OR REPLACE TEMP TABLE often_{column} AS
            SELECT {column} AS value, count(*) / (SELECT count({column}) FROM {left}) AS share
            FROM {left} WHERE {column} IN (SELECT {column} FROM {right}) GROUP BY {column}""")
    return int(engine.rows(f"SELECT count(*) FROM {left}")[0][0])


def score(
    engine: Engine, settings: Settings, model: Model | None, left: str, right: str, *, people: int | None = None
) -> None:
    """Table `scored` (id_l, id_r, level_COMPARISON …, bits_COMPARISON …, bits, probability) of the `pairs`.

    Without a model the levels alone: bits and probability are NULL. `people`: what `count` gave, where `left` holds only those in pairs.
    """
    columns = sorted({column for one in settings.comparisons.values() for column in _columns(one)})
    sides = ", ".join(f"l.{name} AS {name}_l, r.{name} AS {name}_r" for name in columns)
    levels = ", ".join(f"{_level(one)} AS level_{name}" for name, one in settings.comparisons.items())
    rows = f"SELECT p.id_l, p.id_r, {sides} FROM pairs p JOIN {left} l ON l.id = p.id_l JOIN {right} r ON r.id = p.id_r"
    if model is None:
        nothing = ", ".join(f"CAST(NULL AS DOUBLE) AS bits_{name}" for name in settings.comparisons)
        shown = ", ".join(f"level_{name}" for name in settings.comparisons)
        engine.run(f"""CREATE OR REPLACE TEMP TABLE scored AS
            SELECT id_l, id_r, {shown}, {nothing}, CAST(NULL AS DOUBLE) AS bits, CAST(NULL AS DOUBLE) AS probability
            FROM (SELECT *, {levels} FROM ({rows}))""")
        return
    if people is None:
        people = count(engine, settings, left, right)
    columns_rare = rare(settings)
    shares = "".join(f", often_{column}.share AS share_{column}" for column in columns_rare)
    joins = " ".join(f"LEFT JOIN often_{column} ON often_{column}.value = {column}_l" for column in columns_rare)
    weighed = ", ".join(f"{_bits(name, one, model)} AS bits_{name}" for name, one in settings.comparisons.items())
    total = " + ".join([repr(model.prior + _grown(model, people)), *(f"bits_{name}" for name in settings.comparisons)])
    shown = ", ".join(f"level_{name}, bits_{name}" for name in settings.comparisons)
    engine.run(f"""CREATE OR REPLACE TEMP TABLE scored AS
        SELECT id_l, id_r, {shown}, bits, CASE WHEN bits > 0 THEN 1 / (1 + pow(2, -bits)) ELSE pow(2, bits) / (1 + pow(2, bits)) END AS probability
        FROM (SELECT *, CAST({total} AS DOUBLE) AS bits FROM (SELECT *, {weighed} FROM (SELECT p.*{shares} FROM (SELECT *, {levels} FROM ({rows})) p {joins})))""")


def choose(engine: Engine, settings: Settings, *, mutual: bool = False) -> None:
    """Table `chosen` (id_l, id_r, bits, probability, nth, same): of every row of the department whom it may mean, the likeliest first.

    `same` where the first is likely enough and far enough ahead of the next. `mutual`: somebody is meant by one row at
    most (true of two registers of the same people, not of bills), so the first must be first from both sides.
    """
    place = ", row_number() OVER (PARTITION BY id_l ORDER BY bits DESC, id_r) AS back" if mutual else ""
    first = " AND back = 1" if mutual else ""
    engine.run(f"""CREATE OR REPLACE TEMP TABLE chosen AS
        SELECT id_l, id_r, bits, probability, nth,
               nth = 1 AND probability >= {settings.same!r} AND coalesce(bits - behind >= {settings.ahead!r}, true){first} AS same
        FROM (SELECT *, row_number() OVER (PARTITION BY id_r ORDER BY bits DESC, id_l) AS nth,
                     lead(bits) OVER (PARTITION BY id_r ORDER BY bits DESC, id_l) AS behind{place} FROM scored)""")


def _columns(comparison: Comparison) -> set[str]:
    return {column for level in comparison.levels for column in level.columns}


def _level(comparison: Comparison) -> str:
    """The number of the first level whose condition holds."""
    parts, at = [], 0
    for level in comparison.levels:
        number = NOTHING if level.nothing else at
        at += not level.nothing
        parts.append(f"WHEN {level.when} THEN {number}" if level.when else f"ELSE {number}")
    return f"CAST(CASE {' '.join(parts)} END AS TINYINT)"


def _bits(name: str, comparison: Comparison, model: Model) -> str:
    """What a level says, in bits; of two who share a rare value more than of two who share a common one."""
    parts = []
    speaking = [level for level in comparison.levels if not level.nothing]
    for at, (level, weight) in enumerate(zip(speaking, model.weights[name], strict=True)):
        said = repr(weight.bits)
        if level.rare:
            said += f" + coalesce({log2(weight.base)!r} - log2(share_{level.rare}), 0.0)"
        parts.append(f"WHEN {at} THEN {said}")
    return f"CAST(CASE level_{name} {' '.join(parts)} ELSE 0.0 END AS DOUBLE)"


def _grown(model: Model, people: int) -> float:
    """What a larger register than the one trained on takes off, in bits: one person among more is found by chance more easily."""
    return log2(model.rows[0] / max(1, people)) if len(model.rows) > 1 else 0.0
