"""What a day costs that goes on from the day before, by how much changed; and whether it finds what a full run finds.

`python -m bench deltas [--residents N | --data DIR] [--json]` measures a day on which nothing changed, and days with 0.1 % and 1 % of all rows
changed: new and late rows of every feed in files of that day, and lines of the register written otherwise in the files of as
many towns as it takes. Each is held against a full run on the same files. What changed rows cost is told beside the floor, the day on
which nothing changed: that is what the bars at ten million residents are about. `--sequences N` lives as many random sequences of
changes, a hundred side by side in one district, and compares every step with a full run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).resolve().parent
DAY = date(2021, 12, 20)
NEXT = DAY + timedelta(days=1)
TOWNS = 20
SHARES = (0.0, 0.001, 0.01)
BARS = {0.001: 0.08, 0.01: 0.15}
BAR_FROM = 10_000_000
YARDS, STEPS = 100, 2
DATED = {
    "medical": "就诊日期", "serious_illness": "确诊日期", "disability": "发证日期", "schooling": "状态日期", "housing": "鉴定日期",
    "relief": "开始日期", "deaths": "死亡日期", "accidents": "事故日期", "disasters": "发生日期", "farm_losses": "日期", "loans": "放款日期",
    "hotline": "日期", "insured": "", "employment": "",
}  # fmt: skip
PAID = {"medical": "个人自付", "schooling": "学年自付费用", "disasters": "损失金额", "farm_losses": "损失金额"}


def base(data: Path, out: Path) -> int:
    """The files of a first day: those of `data`, with the register cut into files of towns. Gives how many rows there are."""
    count = 0
    with duckdb.connect() as connection:
        for folder in ("registers", "feeds"):
            (out / folder).mkdir(parents=True)
            for path in sorted((data / folder).glob("*.parquet")):
                size: int = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()[0][0]
                count += size
                if path.stem != "residents":
                    os.link(
                        path,
                        out / folder / (path.name if folder == "registers" else f"{path.stem}-{DAY:%Y%m%d}.parquet"),
                    )
                    continue
                part = -(-size // TOWNS)
                for town in range(TOWNS):
                    rows = f"SELECT * EXCLUDE (file_row_number) FROM read_parquet('{path}', file_row_number = true) WHERE file_row_number // {part} = {town}"
                    connection.execute(
                        f"COPY ({rows}) TO '{out / folder / f'residents-{town:02d}.parquet'}' (FORMAT parquet)"
                    )
    return count


def changed(first: Path, out: Path, share: float) -> int:
    """The files of the next day. Gives how many rows came or were written otherwise."""
    count = 0
    with duckdb.connect() as connection:
        for folder in ("registers", "feeds"):
            (out / folder).mkdir(parents=True)
            for path in (first / folder).glob("*.parquet"):
                os.link(path, out / folder / path.name)
        if share == 0:
            return 0
        for feed, column in DATED.items():
            dated = (
                f"CASE WHEN file_row_number % 5 = 0 THEN {column} ELSE DATE '{NEXT}' END AS {column}" if column else ""
            )
            paid = f"{PAID[feed]} + 1 AS {PAID[feed]}" if feed in PAID else ""
            other = ", ".join(part for part in (dated, paid) if part)
            some = f"hash(file_row_number) % 100000 < {round(share * 100000)}"
            rows = f"""SELECT * EXCLUDE (file_row_number) {f"REPLACE ({other})" if other else ""}
                FROM read_parquet('{first / "feeds" / f"{feed}-{DAY:%Y%m%d}.parquet"}', file_row_number = true) WHERE {some}"""
            target = out / "feeds" / f"{feed}-{NEXT:%Y%m%d}.parquet"
            connection.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet)")
            count += connection.execute("SELECT count(*) FROM read_parquet(?)", [str(target)]).fetchall()[0][0]
        towns = max(1, round(share * TOWNS * 10))
        every = round(towns / (share * TOWNS))  # of so many lines one is written otherwise
        for town in range(towns):
            path = out / "registers" / f"residents-{town:02d}.parquet"
            what = f"CASE WHEN file_row_number % {every} = 0 THEN file_row_number // {every} % 5 ELSE 9 END"
            rows = f"""SELECT * EXCLUDE (file_row_number) REPLACE (
                    CASE WHEN {what} < 3 THEN '监测户' ELSE 户类型 END AS 户类型,
                    CASE WHEN {what} = 3 THEN 姓名 || '一' ELSE 姓名 END AS 姓名,
                    CASE WHEN {what} = 4 THEN lag(户编号, 1, 户编号) OVER (ORDER BY file_row_number) ELSE 户编号 END AS 户编号)
                FROM read_parquet('{path}', file_row_number = true) ORDER BY file_row_number"""
            written = path.with_suffix(".new")
            connection.execute(f"COPY ({rows}) TO '{written}' (FORMAT parquet)")
            count += connection.execute(f"SELECT count(*) // {every} FROM read_parquet(?)", [str(written)]).fetchall()[
                0
            ][0]
            written.replace(path)
    return count


def rows(out: Path, name: str) -> list[tuple[Any, ...]]:
    """An output, in an order of its own."""
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM read_parquet('{out / name}') ORDER BY ALL").fetchall()


def measure(data: Path, place: Path, *, shares: Sequence[float] = SHARES) -> dict[str, Any]:
    """One size: the first day in full with a state, then each kind of next day beside a full run."""
    import screening

    first = place / "first"
    told: dict[str, Any] = {"rows": base(data, first), "days": []}
    command = [str(Path(sys.executable).parent / "taizhang"), "screen"]

    def run(files: Path, day: date, out: Path, *more: str) -> screening.Cost:
        given = [
            "--registers",
            str(files / "registers"),
            "--feeds",
            str(files / "feeds"),
            "--date",
            day.isoformat(),
            "--out",
            str(out),
        ]
        return screening.run([*command, *given, *more], out)

    def cost(one: screening.Cost, out: Path) -> dict[str, Any]:
        said = json.loads((out / "run.json").read_text(encoding="utf-8"))
        return {
            "cpu": round(one.cpu, 2),
            "intake": round(one.intake, 2),
            "seconds": said["seconds"],
            "peak_mb": round(one.peak_mb),
            "since": said["since"],
        }

    (place / "one").mkdir()
    told["first"] = cost(run(first, DAY, place / "one", "--state"), place / "one")
    for share in shares:
        files, on, whole = (place / f"{name}-{share}" for name in ("files", "on", "whole"))
        count = changed(first, files, share)
        on.mkdir()
        whole.mkdir()
        mine = cost(run(files, NEXT, on, "--since", str(place / "one")), on)
        full = cost(run(files, NEXT, whole), whole)
        equal = all(rows(on, name) == rows(whole, name) for name in ("alerts.parquet", "rejects.parquet"))
        told["days"].append(
            {
                "share": share,
                "rows": count,
                "delta": mine,
                "full": full,
                "equal": equal,
                "ratio": round(mine["cpu"] / full["cpu"], 3),
            }
        )
    floor = next((one["delta"]["cpu"] for one in told["days"] if one["share"] == 0), 0.0)
    for one in told["days"]:
        one["beside_floor"] = round((one["delta"]["cpu"] - floor) / one["full"]["cpu"], 3)
    return told


def table(residents: int, told: dict[str, Any]) -> str:
    """One size as a Markdown table."""
    lines = [
        f"{residents:,} residents, {told['rows']:,} rows; the first day with a state: {told['first']['cpu']} CPU s",
        "",
        "| changed | rows | households reckoned anew | CPU s | peak MB | full run, CPU s | ratio | beside the floor | alerts and rejects equal |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in told["days"]:
        mine = one["delta"]
        said = f"{mine['since']['households']:,}" if mine["since"]["households"] is not None else "all"
        cells = (
            f"{one['share']:.1%}",
            f"{one['rows']:,}",
            said,
            mine["cpu"],
            mine["peak_mb"],
            one["full"]["cpu"],
            one["ratio"],
            one["beside_floor"],
            one["equal"],
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def sequences(count: int) -> list[str]:
    """Live so many random sequences; a sentence for each district in which a step was not what a full run gives."""
    sys.path.insert(0, str(HERE.parent))
    from tests.screen.test_since import lived

    wrong = []
    for seed in range(-(-count // YARDS)):
        with tempfile.TemporaryDirectory(prefix="taizhang-deltas-") as folder:
            try:
                touched = lived(Path(folder), 1000 + seed, min(YARDS, count - seed * YARDS), STEPS)
            except AssertionError as error:
                wrong.append(str(error)[:300])
                continue
        print(
            f"{min((seed + 1) * YARDS, count)} sequences equal to full runs; households reckoned anew: {touched}",
            flush=True,
        )
    return wrong


def generated(residents: int, data: Path) -> Path:
    """Files of so many residents."""
    words = [str(data), "--residents", str(residents), "--seed", "3", "--date", DAY.isoformat(), "--clean"]
    subprocess.run([sys.executable, str(HERE / "generate.py"), *words], check=True, stdout=subprocess.DEVNULL)
    return data


def main(words: Sequence[str]) -> int:
    """Measure or compare, print; 1 when a bar is missed or something differs."""
    parser = argparse.ArgumentParser(
        prog="python -m bench deltas", description="What a day costs that goes on from the day before."
    )
    parser.add_argument("--residents", type=int, default=1_000_000)
    parser.add_argument(
        "--data", type=Path, help="files of a first day of that many residents that `generate.py --clean` made before"
    )
    parser.add_argument("--sequences", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    if given.sequences:
        wrong = sequences(given.sequences)
        for sentence in wrong:
            print(sentence, file=sys.stderr)
        return 1 if wrong else 0
    with tempfile.TemporaryDirectory(prefix="taizhang-deltas-") as folder:
        data = given.data or generated(given.residents, Path(folder) / "data")
        told = measure(data, Path(folder))
    print(json.dumps(told, ensure_ascii=False, indent=1) if given.json else table(given.residents, told))
    faults = [f"{one['share']:.1%}: not what a full run finds" for one in told["days"] if not one["equal"]]
    if given.residents >= BAR_FROM:
        faults += [f"{one['share']:.1%}: {one['beside_floor']} of the full run beside the floor (bar {BARS[one['share']]})" for one in told["days"]
                   if one["share"] in BARS and one["beside_floor"] > BARS[one["share"]]]  # fmt: skip
    for sentence in faults:
        print(sentence, file=sys.stderr)
    return 1 if faults else 0
