"""A county of a few invented people on plain files: what it sends, and what screening finds in it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from taizhang.kit import idnumber
from taizhang.screen import run

LIBRARY = Path(__file__).resolve().parents[2] / "library"
DAY = date(2021, 12, 20)
VILLAGE, NEIGHBOUR = "410503100201", "410503100202"
RESIDENT_COLUMNS = (
    "户编号",
    "姓名",
    "证件号码",
    "与户主关系",
    "区划代码",
    "住址",
    "户类型",
    "健康状况",
    "劳动技能",
    "在校状况",
    "务工月数",
    "联系电话",
)
REGISTERS = ("residents", "household_income", "areas")


def number(born: str, serial: int = 1) -> str:
    """An identity number with its check character for a birth date (ISO), in an area code that nobody has."""
    first = f"990503{born.replace('-', '')}{serial:03d}"
    return first + idnumber.check_character(first)


def write_csv(path: Path, rows: Iterable[Sequence[Any]], encoding: str = "utf-8") -> Path:
    """A CSV file of these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """Every row of a Parquet file as a mapping."""
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [str(column[0]) for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@dataclass(frozen=True)
class Found:
    """The outputs of one run."""

    alerts: list[dict[str, Any]]
    links: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    report: run.Report

    def hit(self, rule: str) -> set[str]:
        """The households (R08: villages) that a rule found."""
        return {row["household"] or row["area"] for row in self.alerts if row["rule"] == rule}

    def alert(self, rule: str, household: str) -> dict[str, Any]:
        """The one alert of a rule on a household, its figures read."""
        rows = [row for row in self.alerts if row["rule"] == rule and household in (row["household"], row["area"])]
        assert len(rows) == 1, f"{len(rows)} alerts of {rule} on {household}"
        return {**rows[0], "figures": json.loads(rows[0]["figures"])}

    def figures(self, rule: str, household: str) -> dict[str, Any]:
        """The figures of that alert."""
        figures: dict[str, Any] = self.alert(rule, household)["figures"]
        return figures

    def links_of(self, feed: str) -> list[tuple[int, str, str]]:
        """Row, resident and band of every link of a feed, by row."""
        return sorted((row["row"], row["resident"], row["band"]) for row in self.links if row["feed"] == feed)


class County:
    """Registers and feeds that grow line by line."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.people: list[tuple[str, ...]] = []
        self.rows: dict[str, list[Mapping[str, Any]]] = {}
        self.serial = 0

    def resident(self, household: str, name: str = "", born: str = "1980-01-01", *, relation: str = "户主", kind: str = "一般农户",
                 area: str = VILLAGE, phone: str = "", written: str | None = None) -> str:  # fmt: skip
        """Somebody in the register; give the number (`written` is what the register has instead of it)."""
        self.serial += 1
        own = number(born, self.serial % 1000)
        self.people.append(
            (
                household,
                name or f"甲{household}",
                own if written is None else written,
                relation,
                area,
                "",
                kind,
                "",
                "",
                "",
                "",
                phone,
            )
        )
        return own

    def send(self, feed: str, *rows: Mapping[str, Any]) -> None:
        """Lines of a feed, by header."""
        self.rows.setdefault(feed, []).extend(rows)

    def write(self) -> None:
        """The files of the county: registers and feeds as CSV."""
        registers, feeds = self.place / "registers", self.place / "feeds"
        feeds.mkdir(parents=True, exist_ok=True)
        write_csv(registers / "residents.csv", [RESIDENT_COLUMNS, *self.people])
        for feed, rows in self.rows.items():
            headers = list(dict.fromkeys(header for row in rows for header in row))
            lines = [headers, *([row.get(header, "") for header in headers] for row in rows)]
            write_csv((registers if feed in REGISTERS else feeds) / f"{feed}.csv", lines)

    def screen(self, day: date = DAY, **options: Any) -> Found:
        """Write everything and screen it."""
        self.write()
        return screen(self.place, day, **options)


def screen(place: Path, day: date = DAY, **options: Any) -> Found:
    """Screen the files of a place as they are."""
    out = place / f"out-{len(list(place.glob('out-*')))}"
    report = run.screen_files(place / "registers", place / "feeds", day, out, library=LIBRARY, **options)
    alerts, links, rejects = (read_parquet(out / f"{name}.parquet") for name in ("alerts", "links", "rejects"))
    return Found(alerts, links, rejects, report)
