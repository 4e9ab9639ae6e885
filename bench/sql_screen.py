"""Run one of the committed SQL files on generated Parquet: `python bench/sql_screen.py FILE.sql DATA --date D --out DIR`."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent))

from facts import AREAS, INCOME_LINES


def main() -> None:
    """Read the command line, run the file, and write `alerts.parquet` where the file made one."""
    parser = argparse.ArgumentParser(description="Run one SQL file on generated Parquet.")
    parser.add_argument("sql", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, default=date(2021, 12, 20))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plain", action="store_true", help="look numbers up in the plain way (screen_plain.sql)")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    settings = {
        "day": given.date,
        "registers": str(given.data / "registers"),
        "feeds": str(given.data / "feeds"),
        "areas": str(AREAS),
        "line": INCOME_LINES[given.date.year],
    }
    for name, value in settings.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    text = given.sql.read_text(encoding="utf-8")
    if given.plain:
        plain = (Path(__file__).resolve().parent / "screen_plain.sql").read_text(encoding="utf-8")
        text = text[: text.index("-- ---- households")] + plain + text[text.index("-- ---- who died") :]
    connection.execute(text)
    made = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "alerts" in made:
        connection.execute("COPY alerts TO ? (FORMAT parquet)", [str(given.out / "alerts.parquet")])


if __name__ == "__main__":
    main()
