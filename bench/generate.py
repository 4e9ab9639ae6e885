"""Seeded files of every register and feed: `python bench/generate.py OUT --residents N --seed S`.

OUT gets `registers/`, `feeds/` and `edges.csv` (planted households: what each boundary case must give).
The same seed, size and options give the same rows. People are invented; every identity number lies in an
unassigned area code.
"""

from __future__ import annotations

import argparse
import csv
import sys
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generator import histories, population, writing
from generator.edges import plant
from generator.planting import Planter, days, written
from generator.schema import EMPTY_DAY, EMPTY_MONEY, FEEDS, REGISTERS, Table, from_rows, joined, size, take

AREAS = Path(__file__).resolve().parents[1] / "library" / "areas-410503.csv"
INCOME_LINES = {2020: 500_000, 2021: 600_000, 2022: 690_000, 2023: 750_000, 2024: 830_000}
"""Income line in fen by year, as in the shipped policy numbers: reckonings are drawn around it."""
UNTIDY_XLSX = ("housing", "relief", "schooling")
PARQUET_WHEN_MIXED = ("residents", "insured", "water")


def village_codes(path: Path) -> list[str]:
    """The twelve-digit codes of an area table."""
    with path.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return [row["code"] for row in rows if row["level"] == "village"]


def planted(planter: Planter) -> dict[str, Table]:
    """Rows of the planted people, by feed, in the order in which they were planted."""
    by_feed: dict[str, list[dict[str, object]]] = {}
    for feed, member, cells in planter.rows:
        row: dict[str, object] = {
            name: days(value) if isinstance(value, date) else value
            for name, value in cells.items()
            if name != "writing"
        }
        if FEEDS[feed].get("核算止") is None and member is not None:
            of_head = "户主证件号码" in FEEDS[feed]
            row.setdefault("户主姓名" if of_head else "姓名", member.name)
            row["户主证件号码" if of_head else "证件号码"] = written(member.number, str(cells.get("writing", "")))
        by_feed.setdefault(feed, []).append(row)
    return {feed: from_rows(feed, rows) for feed, rows in by_feed.items()}


def noise(feed: str, table: Table, rng: np.random.Generator) -> Table:
    """Repeats, rows with neither number nor name, negative and huge amounts, one number in two households."""
    count = size(table)
    again = np.flatnonzero(rng.random(count) < 0.002)
    extra = take(table, again)
    if feed == "residents":
        other = rng.integers(0, count, len(again))
        moved = rng.random(len(again)) < 0.3
        for name in ("户编号", "区划代码"):
            extra[name] = np.where(moved, table[name][other], extra[name])
    result = joined(table, extra)
    table = {name: column.copy() for name, column in result.items()}
    count = size(table)
    for name, kind in FEEDS[feed].items():
        if kind == "money":
            throw = rng.random(count)
            if feed != "medical":
                negative = (throw < 0.0005) & (table[name] > 0)
                table[name] = np.where(negative, -table[name], table[name])
            table[name] = np.where(throw > 0.9997, 1_000_000_001, table[name])
            table[name] = np.where((throw > 0.9994) & (throw < 0.9997), EMPTY_MONEY, table[name])
    number = next((name for name, kind in FEEDS[feed].items() if kind == "id"), "")
    who = (number, "户主姓名" if number.startswith("户主") else "姓名") if number else ("姓名", "联系电话")
    if number or feed == "hotline":
        nobody = rng.random(count) < (0 if feed == "residents" else 0.0004 if number else 0.02)
        for name in who:
            table[name] = np.where(nobody, "", table[name]).astype(object)
    return table


def tables(residents: int, seed: int, today: date, areas: Path, clean: bool) -> tuple[dict[str, Table], Planter]:
    """All registers and feeds, planted rows behind the random ones."""
    rng = np.random.default_rng(seed)
    villages = village_codes(areas)
    line = INCOME_LINES[today.year]
    planter = Planter(today, villages, line, clean)
    for _ in range(max(1, min(8, residents // 20_000))):
        plant(planter)
    planted_people = sum(len(home.members) for home in planter.homes)
    people = population.make(max(1000, residents - planted_people), villages, days(today), rng)
    result = histories.all_feeds(people, villages, days(today), line, rng)
    planter.number_everybody(set(people.number))
    for feed in FEEDS:
        if clean:
            result[feed] = histories.without_repeats(result[feed])
        elif feed != "water":
            result[feed] = noise(feed, result[feed], rng)
    for feed, table in planted(planter).items():
        result[feed] = joined(result[feed], table)
    result["water"], planter.places = water_edges(result["water"], villages, days(today))
    return result, planter


def water_edges(table: Table, villages: list[str], today: int) -> tuple[Table, list[tuple[str, str, bool]]]:
    """Supply trouble at the edges of its days, in villages whose towns are otherwise well.

    The table with these rows, and village, case and what is expected of each.
    """
    towns = {code for code in table["区划代码"].tolist() if len(code) == 9}
    free = iter([v for v in villages if v[:9] not in towns and v not in set(table["区划代码"].tolist())])
    none: int | None = None
    cases: tuple[tuple[str, tuple[tuple[int, int | None], ...], bool], ...] = (
        ("begun today", ((0, none),), True),
        ("begins tomorrow", ((-1, none),), False),
        ("restored today", ((10, 0),), False),
        ("restored tomorrow", ((10, -1),), True),
        ("a later line restores it", ((9, none), (9, 2)), False),
        ("a later line opens it again", ((9, 2), (9, none)), True),
    )
    rows: list[dict[str, object]] = []
    expected: list[tuple[str, str, bool]] = []
    for (case, spells, hit), village in zip(cases, free, strict=False):
        expected.append((village, case, hit))
        for begun, back in spells:
            ended = EMPTY_DAY if back is None else today - back
            rows.append({"区划代码": village, "情形": "停水", "开始日期": today - begun, "恢复日期": ended})
    return joined(table, from_rows("water", rows)), expected


def write(out: Path, feeds: dict[str, Table], form: str, seed: int) -> None:
    """One file per feed (several for `medical` when not Parquet); `form` is parquet, csv or mixed."""
    rng = np.random.default_rng([seed, 1])
    for feed, table in feeds.items():
        folder = out / ("registers" if feed in REGISTERS else "feeds")
        folder.mkdir(parents=True, exist_ok=True)
        if form == "parquet" or (form == "mixed" and feed in PARQUET_WHEN_MIXED):
            writing.parquet(folder / f"{feed}.parquet", feed, table)
            continue
        rows = writing.untidy_rows(feed, table, rng)
        writing.spoil(feed, rows, rng)
        if form == "mixed" and feed in UNTIDY_XLSX:
            writing.xlsx_file(folder / f"{feed}.xlsx", feed, rows, table)
        elif feed == "medical":
            middle = len(rows) // 2
            writing.csv_file(folder / f"{feed}-2021-01.csv", feed, rows[:middle], dressed=True)
            writing.csv_file(folder / f"{feed}-2021-02.csv", feed, rows[middle:], dressed=False)
        else:
            writing.csv_file(folder / f"{feed}.csv", feed, rows, dressed=len(feed) % 2 == 0)


def write_edges(path: Path, planter: Planter) -> None:
    """What each planted household must give: household (for R08 the village), rule, case, 1 for a hit."""
    with path.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(["household", "rule", "case", "hit"])
        lines.writerows([home.household, home.rule, home.case, int(home.hit)] for home in planter.homes)
        lines.writerows([village, "R08", case, int(hit)] for village, case, hit in planter.places)


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description="Seeded registers and feeds for screening.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--residents", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--date", type=date.fromisoformat, default=date(2021, 12, 20))
    parser.add_argument("--format", choices=("parquet", "csv", "mixed"), default="parquet")
    parser.add_argument("--clean", action="store_true", help="no row that intake would reject; damaged numbers stay")
    parser.add_argument("--areas", type=Path, default=AREAS)
    given = parser.parse_args()
    feeds, planter = tables(given.residents, given.seed, given.date, given.areas, given.clean)
    write(given.out, feeds, given.format, given.seed)
    write_edges(given.out / "edges.csv", planter)
    print(f"{size(feeds['residents'])} residents, {sum(map(size, feeds.values()))} rows in {given.out}")


if __name__ == "__main__":
    main()
