"""Training: Splink learns from rows that have no labels how likely each level is among pairs of one person and among others.

The only module that needs Splink (the extra `linkage`). Its work ends with the file of a model: numbers per level, and
neither a name nor a number of anybody.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping
from datetime import date
from math import log2
from pathlib import Path
from typing import Any, Final

import duckdb
import splink
from splink import DuckDBAPI, Linker

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import likely, link, linkage, run
from taizhang.screen.linkage import Settings

PAIRS: Final = 10_000_000  # random pairs that chance agreement is counted on
_SEEN_ONCE: Final = 0.5  # a level that no pair showed counts as seen half a time
_LEAST: Final = 1e-4  # of a level among pairs of one person
_ENOUGH: Final = 200  # doubtful rows; from fewer nothing can be learnt


def train_files(registers: Path, feeds: Path, day: date, *, library: Path) -> bytes:
    """Train on the doubtful rows of plain files, which need no labels; give the file of the model.

    Raises Refusal when a file cannot be read, or where too few rows are in doubt.
    """
    settings, _ = linkage.for_feeds(library)
    with (
        tempfile.TemporaryDirectory(prefix="taizhang-link-") as place,
        run.prepared(registers, feeds, Path(place), library=library, day=day) as ready,
    ):
        link.name_lost(ready.engine, ready.intakes.values())
        doubtful = int(
            ready.engine.rows("SELECT count(*) FROM lost WHERE number IS NOT NULL AND name IS NOT NULL")[0][0]
        )
        if doubtful < _ENOUGH:
            raise Refusal(
                "too_few_rows",
                Text(
                    f"只有 {doubtful} 行对不上号码，至少要 {_ENOUGH} 行才能训练。",
                    f"Only {doubtful} rows are in doubt; training needs {_ENOUGH} at least.",
                ),
                Text("请放入更多月份或更多部门的文件。", "Use the files of more months or departments."),
            )
        likely.features(ready.engine, known="(SELECT person AS id, number, name FROM register WHERE once)", rows="lost")
        return train(ready.engine.connection, settings, "known", "doubtful")


def splink_settings(settings: Settings, *, among_one: bool = False) -> dict[str, Any]:
    """The settings as Splink writes them."""
    comparisons = []
    for name, comparison in settings.comparisons.items():
        levels = []
        for level in comparison.levels:
            made: dict[str, Any] = {
                "sql_condition": level.when or "ELSE",
                "label_for_charts": level.en,
                "is_null_level": level.nothing,
            }
            if level.rare:
                made |= {"tf_adjustment_column": level.rare, "tf_adjustment_weight": 1.0}
            levels.append(made)
        comparisons.append({"output_column_name": name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only" if among_one else "link_only", "unique_id_column_name": "id", "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": list(settings.blocks), "retain_intermediate_calculation_columns": True,
    }  # fmt: skip


def train(connection: duckdb.DuckDBPyConnection, settings: Settings, left: str, right: str | None, *, seed: int = 1,
          pairs: float = PAIRS) -> bytes:  # fmt: skip
    """Train on two tables of a connection (one: duplicates among it), each with `id`; give the file of the model."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI(connection)
    tables = [database.register(name) for name in (left, right) if name is not None]
    linker = Linker(tables, splink_settings(settings, among_one=right is None), log_level=None)
    linker.training.estimate_probability_two_random_records_match(list(settings.seeds), recall=settings.seeds_find)
    linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed)
    for rule in settings.rounds:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    learnt: dict[str, Any] = linker.misc.save_model_to_json()
    rows = [
        connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        for name in (left, right)
        if name is not None
    ]
    return encode(settings, learnt, rows, pairs)


def predicted(
    connection: duckdb.DuckDBPyConnection, settings: Settings, content: bytes, left: str, right: str
) -> dict[tuple[Any, Any], float]:
    """What Splink itself says of the pairs of two tables with a kept model: bits by the two ids. For whoever doubts ours."""
    told, made = json.loads(content), splink_settings(settings)
    odds = 2 ** told["prior"]
    made["probability_two_random_records_match"] = odds / (1 + odds)
    for comparison in made["comparisons"]:
        speaking = [level for level in comparison["comparison_levels"] if not level["is_null_level"]]
        for level, weight in zip(speaking, told["weights"][comparison["output_column_name"]], strict=True):
            level |= {"m_probability": weight["same"], "u_probability": weight["base"]}
    database = DuckDBAPI(connection)
    linker = Linker([database.register(name) for name in (left, right)], made, log_level=None)
    for column in {level.rare for one in settings.comparisons.values() for level in one.levels if level.rare}:
        shares = f"often_{column}_of_{left}"
        connection.execute(f"""CREATE OR REPLACE TABLE {shares} AS SELECT {column}, count(*) / sum(count(*)) OVER () AS tf_{column}
            FROM {left} WHERE {column} IS NOT NULL GROUP BY {column}""")
        linker.table_management.register_term_frequency_lookup(database.register(shares), column)
    rows = linker.inference.predict().physical_name
    return {
        (one, other): bits
        for one, other, bits in connection.execute(f"SELECT id_l, id_r, match_weight FROM {rows}").fetchall()
    }


def encode(settings: Settings, learnt: Mapping[str, Any], rows: list[int], pairs: float) -> bytes:
    """The file of a model, from what Splink saved."""
    weights: dict[str, list[dict[str, float]]] = {}
    for comparison in learnt["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        weights[comparison["output_column_name"]] = [_weighed(level, pairs) for level in levels]
    odds = learnt["probability_two_random_records_match"]
    told = {
        "settings": linkage.digest(settings), "prior": log2(odds / (1 - odds)), "weights": weights,
        "linkage": settings.linkage, "splink": splink.__version__, "rows": rows,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _weighed(level: Mapping[str, Any], pairs: float) -> dict[str, float]:
    among_one = max(float(level.get("m_probability") or 0.0), _LEAST)
    among_others = max(float(level.get("u_probability") or 0.0), _SEEN_ONCE / pairs)
    return {"bits": log2(among_one / among_others), "base": among_others, "same": among_one}
