"""Two programs written from one text find the same: the product's screening and the plain one in `bench/`.

`bench/plain.py` imports nothing of the product and uses no SQL. Both run as programs on generated files.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"
sys.path.insert(0, str(BENCH))

import results  # noqa: E402 - a program beside the product, not part of a package

pytestmark = pytest.mark.slow

DAY = "2021-12-20"
RULES = tuple(f"R{number:02d}" for number in range(1, 19))
NOT_OF_PERSONS = {"residents", "household_income", "water", "hotline", "areas"}


@dataclass(frozen=True)
class Found:
    """What a program found: alerts in one shape, links as CSV lines, rejected lines by place, counts per feed."""

    alerts: list[results.Alert]
    links: set[str]
    rejected: set[tuple[str, str, int]]
    counts: dict[str, tuple[int, int, int]]


def program(*words: str | Path, library: Path | None = None) -> None:
    """Run a program of this environment; what it says is shown when it fails."""
    variables = os.environ | ({"TAIZHANG_LIBRARY": str(library)} if library else {})
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def generate(out: Path, residents: int, seed: int, form: str = "parquet", day: str = DAY) -> Path:
    """Generated registers and feeds."""
    size = ("--residents", str(residents), "--seed", str(seed))
    program(BENCH / "generate.py", out, *size, "--format", form, "--date", day)
    return out


def files(data: Path, day: str) -> tuple[str | Path, ...]:
    """The arguments that both programs take."""
    return "--registers", data / "registers", "--feeds", data / "feeds", "--date", day


def counted(run: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Received, accepted and rejected lines by feed."""
    keys = ("received", "accepted", "rejected")
    return {feed: (of[keys[0]], of[keys[1]], of[keys[2]]) for feed, of in run["inputs"].items() if of["received"]}


def plain(data: Path, day: str = DAY) -> Found:
    """What the plain program finds."""
    out = data / "plain"
    program(BENCH / "plain.py", *files(data, day), "--out", out)
    links = set((out / "links.csv").read_text(encoding="utf-8").splitlines())
    with (out / "rejects.csv").open(encoding="utf-8", newline="") as lines:
        rejected = {(feed, file, int(row)) for feed, file, row in csv.reader(lines)}
    counts = counted(json.loads((out / "run.json").read_text(encoding="utf-8")))
    return Found(results.from_json(out / "alerts.json"), links, rejected, counts)


def product(data: Path, day: str = DAY, library: Path | None = None, name: str = "product") -> Found:
    """What `taizhang screen` finds."""
    out = data / name
    program("-m", "taizhang.cli", "screen", *files(data, day), "--out", out, library=library)
    names = ["feed", "file", "row", "resident", "band", "differs"]
    links = pq.ParquetFile(out / "links.parquet").read(columns=names)
    rejects = pq.ParquetFile(out / "rejects.parquet").read(columns=["feed", "file", "row"]).to_pylist()
    return Found(
        results.from_parquet(out / "alerts.parquet"),
        {
            f"{feed},{file},{row},{resident or ''},{band},{int(differs)}"
            for feed, file, row, resident, band, differs in zip(
                *(links[name].to_pylist() for name in names), strict=True
            )
            if feed not in NOT_OF_PERSONS
        },
        {(reject["feed"], reject["file"], reject["row"]) for reject in rejects},
        counted(json.loads((out / "run.json").read_text(encoding="utf-8"))),
    )


def differing(ours: Found, theirs: Found) -> dict[str, list[results.Alert]]:
    """Alerts that only one of the two found, by rule; equal programs give nothing."""
    only = sorted(set(ours.alerts) ^ set(theirs.alerts))
    return {rule: [alert for alert in only if alert[0] == rule][:5] for rule in sorted({alert[0] for alert in only})}


def assert_equal(ours: Found, theirs: Found) -> None:
    """Alerts with figures and levels, links and rejected lines are the same to the row."""
    assert ours.counts == theirs.counts
    assert sorted(ours.rejected ^ theirs.rejected)[:10] == []
    assert differing(ours, theirs) == {}
    assert len(ours.alerts) == len(theirs.alerts)
    assert sorted(ours.links ^ theirs.links)[:10] == []


def wrong_edges(data: Path, found: Found) -> list[tuple[str, str, str]]:
    """Planted boundary cases that the program answers otherwise than planned."""
    hits = {(alert[1] or alert[2], alert[0]) for alert in found.alerts}
    with (data / "edges.csv").open(encoding="utf-8", newline="") as lines:
        return [
            (row["rule"], row["case"], row["household"])
            for row in csv.DictReader(lines)
            if ((row["household"], row["rule"]) in hits) != (row["hit"] == "1")
        ]


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Found, Found]:
    """200,000 residents, screened by both programs."""
    data = generate(tmp_path_factory.mktemp("district"), 200_000, seed=7)
    return data, product(data), plain(data)


def test_two_programs_find_the_same_on_two_hundred_thousand_residents(district: tuple[Path, Found, Found]) -> None:
    _, ours, theirs = district
    assert_equal(ours, theirs)


def test_every_rule_hits_a_hundred_times_and_both_levels_occur(district: tuple[Path, Found, Found]) -> None:
    _, ours, _ = district
    hits = Counter(alert[0] for alert in ours.alerts)
    assert [rule for rule in RULES if hits[rule] < 100] == []
    assert {alert[3] for alert in ours.alerts} == {"red", "yellow"}


def test_both_sides_of_every_boundary_are_answered_as_the_text_says(district: tuple[Path, Found, Found]) -> None:
    data, ours, theirs = district
    assert wrong_edges(data, ours) == []
    assert wrong_edges(data, theirs) == []
    with (data / "edges.csv").open(encoding="utf-8", newline="") as lines:
        sides = {(row["rule"], row["hit"]) for row in csv.DictReader(lines)}
    assert sides == {(rule, hit) for rule in RULES for hit in "01"}


def test_one_number_in_fifty_is_damaged(district: tuple[Path, Found, Found]) -> None:
    _, ours, _ = district
    rows: dict[str, str] = {}
    for line in ours.links:
        feed, file, row, _, band, _ = line.split(",")
        if feed == "medical":
            rows[f"{file} {row}"] = band
    bands = Counter(rows.values())
    assert 0.015 < (bands["person"] + bands["different"]) / len(rows) < 0.035
    assert min(bands["person"], bands["different"]) > 1000


@pytest.mark.parametrize("form", ["mixed", "csv"])
def test_two_programs_read_untidy_files_alike(tmp_path: Path, form: str) -> None:
    data = generate(tmp_path, 6_000, seed=8 if form == "mixed" else 9, form=form)
    theirs = plain(data)
    assert len(theirs.rejected) > 100
    assert_equal(product(data), theirs)


@pytest.mark.parametrize("day", ["2020-02-29", "2022-02-28", "2022-03-01"])
def test_two_programs_agree_on_the_last_days_of_february(tmp_path: Path, day: str) -> None:
    data = generate(tmp_path, 2_500, seed=11, day=day)
    ours, theirs = product(data, day), plain(data, day)
    assert_equal(ours, theirs)
    assert wrong_edges(data, ours) == []


def swapped(file: str, old: str, new: str) -> Callable[[Path], None]:
    """A change of a library file that puts `new` for the first `old`, which must be there."""

    def change(library: Path) -> None:
        text = (library / file).read_text(encoding="utf-8")
        assert old in text, old
        (library / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


CHANGES = {
    "R01": swapped("rules.yaml", "self_paid_12m >= :r01_self_paid", "self_paid_12m > :r01_self_paid"),
    "R06": swapped("rules.yaml", "school_cost > :", "school_cost >= :"),
}


def test_a_rule_changed_on_purpose_is_found(tmp_path: Path) -> None:
    data = generate(tmp_path / "data", 2_500, seed=12)
    theirs = plain(data)
    assert differing(product(data), theirs) == {}
    for rule, change in CHANGES.items():
        library = tmp_path / f"library {rule}"
        shutil.copytree(ROOT / "library", library)
        change(library)
        assert rule in differing(product(data, library=library, name=rule), theirs)
