"""A roster at size: a province of 50,000 villages with 22 items, and the year of 44 items as one page.

`TAIZHANG_DATABASE_URL=… python -m bench roster [--villages N] [--json]`, on an empty PostgreSQL database that it fills. Villages and
what they did are written by two statements; what is measured is the product's own counting: `rosters.missing`, the cells
of a month that nobody answered, by street, in CPU seconds of this process and of the database; and two pages as a browser gets
them, in milliseconds by the clock on the wall, after a first one that is not counted (it reads every ledger): an
organisation's year of 44 items, and the desk over the year of 100 organisations with 44 items each. Nothing is stored for
what was not done: the rows are counted.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import acts

HERE: Final = Path(__file__).resolve().parents[1]
MONTH: Final = (date(2021, 11, 1), date(2021, 12, 1))
THE_YEAR: Final = (date(2021, 1, 1), date(2022, 1, 1))
BAR_COUNT, BAR_PAGE = 2.0, 300.0  # CPU seconds, milliseconds
UNITS: Final = 100  # organisations with 44 items each, on one page
A_YEAR, ALL_YEARS = "a year", f"{UNITS} years"
MORE: Final = ("D02", "D18", "D22", "D24", "D34")  # five further items for villages: 22 in all
PER_STREET: Final = 40

VILLAGES: Final = """
INSERT INTO core_area (id, level, parent_id, path, name)
SELECT gen_random_uuid(), 'village', NULL, '41' || lpad((n / 4000)::text, 4, '0') || lpad((n / %(per)s %% 100)::text, 3, '0')
       || lpad((200 + n %% %(per)s)::text, 3, '0'), '村' || n FROM generate_series(0, %(count)s - 1) AS n"""
BRANCHES: Final = """
INSERT INTO core_organisation (id, code, area_id, kind, name, name_en, short, founded, closed)
SELECT gen_random_uuid(), 'party-' || path, id, 'village_branch', name, '', '', DATE '2016-01-01', NULL
FROM core_area WHERE level = 'village' AND path NOT LIKE '410503%%'"""
DONE: Final = """
INSERT INTO core_case (id, number, ledger, edition_id, stage, organisation_id, area_id, area_path, opened, n, item, period, sole, data)
SELECT gen_random_uuid(), 'LZ-' || o.code || item, 'duties', %(edition)s, 'submitted', o.id, o.area_id, a.path, now(), 1, item,
       DATE '2021-11-01', false, '{}' FROM core_organisation o JOIN core_area a ON a.id = o.area_id, unnest(%(items)s::text[]) AS item
WHERE o.kind = 'village_branch' AND hashtext(o.code || item) %% 10 <> 0"""

DEPARTMENTS: Final = """
INSERT INTO core_organisation (id, code, area_id, kind, name, name_en, short, founded, closed)
SELECT gen_random_uuid(), 'unit-' || n, id, 'department', '单位' || n, '', '', DATE '2016-01-01', NULL
FROM core_area, generate_series(1, %(count)s) AS n WHERE path = '410503'"""
YEAR: Final = """
INSERT INTO core_case (id, number, ledger, edition_id, stage, organisation_id, area_id, area_path, opened, n, item, period, sole, data)
SELECT gen_random_uuid(), 'LZ-' || o.code || item || period, 'duties', %(edition)s, 'submitted', o.id, o.area_id, a.path, now(), 1,
       item, period, false, '{}' FROM core_organisation o JOIN core_area a ON a.id = o.area_id,
       unnest(%(items)s::text[], %(periods)s::date[]) AS cell (item, period)
WHERE a.level = 'district' AND hashtext(o.code || item || period) %% 10 <> 0"""


def library() -> Path:
    """The library with a list in which a village owes 22 items."""
    place = Path(tempfile.mkdtemp(prefix="taizhang-roster-")) / "library"
    shutil.copytree(HERE / "library", place)
    path = place / "catalogues" / "duty_items.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    remarks = [line for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    for row in rows:
        if row["code"] in MORE:
            row["levels"] += " village"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\n".join(remarks) + "\n")
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return place


def fill(villages: int) -> dict[str, int]:
    """Tables, district, organisations, the ledger of duties since 2020, and nine tenths of a month done."""
    from django.db import connection

    from taizhang.core import chain, editions
    from taizhang.core.clock import Standing
    from taizhang.core.models import Case
    from taizhang.core.moves import areas
    from taizhang.demo.build import BEGINS
    from taizhang.work import install

    install.migrate()
    clock = Standing(BEGINS)
    chain.found("410503", "北关区", demo=True, clock=clock)
    areas.load_areas(HERE / "library" / "areas-410503.csv", clock=clock)
    areas.load_organisations(HERE / "library" / "organisations.csv", clock=clock)
    editions.install(clock=clock)
    from taizhang.core import rosters
    from taizhang.ledger import roster

    law = editions.current("duties")
    monthly = sorted({cell.item for cell in roster.cells(law, rosters.world(), *MONTH)})
    village = {"level": "village", "kind": "village_branch", "id": "", "area": ""}
    owed = roster.owed_items(law, rosters.world(), village, MONTH[0])
    items = [item for item in monthly if item in owed]
    with connection.cursor() as cursor:
        cursor.execute(VILLAGES, {"count": villages, "per": PER_STREET})
        cursor.execute(BRANCHES, ())
        cursor.execute(DONE, {"edition": law.digest, "items": items})
        cursor.execute(DEPARTMENTS, {"count": UNITS - sum(unit.level == "district" for unit in rosters.units())})
        year = [cell for cell in roster.cells(law, rosters.world(), *THE_YEAR) if cell.begins < MONTH[1]]
        items, periods = [cell.item for cell in year], [cell.begins for cell in year]
        cursor.execute(YEAR, {"edition": law.digest, "items": items, "periods": periods})
        cursor.execute("ANALYZE core_area; ANALYZE core_organisation; ANALYZE core_case")
    return {
        "items of a village": len(owed),
        "rows of what was done": Case.objects.count(),
        "rows of what was not done": 0,
    }


def database_cpu() -> float:
    """CPU seconds of this connection's server process so far, where it runs on this machine; else 0."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def reader() -> Any:
    """A browser of somebody in the discipline office of the district, on the morning of 20 December 2021."""
    from django.test import Client

    from taizhang.core.models import Account, Appointment, Area, District, Post
    from taizhang.demo.build import BEGINS, OPENS

    ahead = round((OPENS - datetime.now(UTC)).total_seconds())
    District.objects.update(clock_offset=ahead)
    area = Area.objects.get(path="410503")
    post = Post.objects.create(role="discipline", level="district", area=area, title="区纪委监委")
    account = Account.objects.create(username="bench", name="测试", must_change_password=False)
    Appointment.objects.create(post=post, account=account, valid_from=BEGINS.date())
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(account)
    return browser


def loads(browser: Any, address: str) -> tuple[float, float]:
    """How long a page takes by the clock on the wall, and how much CPU of the program and the database; milliseconds."""
    clock, begun, served = time.perf_counter(), time.process_time(), database_cpu()
    answer = browser.get(address)
    taken, worked = time.perf_counter() - clock, time.process_time() - begun + database_cpu() - served
    assert answer.status_code == 200, address
    return taken * 1000, worked * 1000


def measure(repeats: int) -> dict[str, Any]:
    """What counting and the two pages cost."""
    from taizhang.core import editions
    from taizhang.core import rosters as owing
    from taizhang.core.queries import rosters

    law, counted, total = editions.current("duties"), [], 0
    for _ in range(repeats):
        begun, served = time.process_time(), database_cpu()
        missing = rosters.missing(law, *MONTH, 9)
        counted.append(time.process_time() - begun + database_cpu() - served)
        total = sum(missing.values())
    browser, desk = reader(), "/duties/duties/?year=2021"
    years = [f"/duties/duties/{unit.code}/?year=2021" for unit in owing.units() if unit.level == "district"][:50]
    assert browser.get(desk).content.count(b"/duties/duties/") >= UNITS
    loads(browser, years[0])
    figures: dict[str, Any] = {"missing cells": total, "counting, CPU s": round(min(counted), 2)}
    for name, addresses in ((A_YEAR, years), (ALL_YEARS, [desk] * 10)):
        found = [loads(browser, address) for address in addresses]
        figures[f"{name}, ms (median)"] = round(statistics.median(taken for taken, _ in found), 1)
        figures[f"{name}, ms (longest)"] = round(max(taken for taken, _ in found), 1)
        figures[f"{name}, CPU ms (median)"] = round(statistics.median(worked for _, worked in found), 1)
    return figures


def main(argv: list[str]) -> int:
    """Fill an empty database, measure, and say whether the bars are kept."""
    parser = argparse.ArgumentParser(prog="python -m bench roster", description=__doc__)
    parser.add_argument("--villages", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(argv)
    if not os.environ.get("TAIZHANG_DATABASE_URL", "").startswith("postgres"):
        parser.error("name an empty PostgreSQL database: TAIZHANG_DATABASE_URL=postgres://…")
    os.environ["TAIZHANG_LIBRARY"] = str(library())
    acts.site(Path(tempfile.mkdtemp(prefix="taizhang-roster-data-")))
    found = {"villages": chosen.villages, **fill(chosen.villages), **measure(chosen.repeats)}
    longest = max(found[f"{name}, ms (longest)"] for name in (A_YEAR, ALL_YEARS))
    kept = found["counting, CPU s"] < BAR_COUNT and longest < BAR_PAGE
    print(json.dumps(found, ensure_ascii=False) if chosen.json else "\n".join(f"{k}: {v}" for k, v in found.items()))
    return 0 if kept else 1
