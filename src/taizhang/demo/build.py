"""Builds the demo district: founds it, staffs it, lives its year, imports the departments' files and screens them."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from taizhang.core import chain, editions
from taizhang.core.clock import Standing
from taizhang.core.moves import areas
from taizhang.demo import files, lived, play, posts
from taizhang.demo.departments import Departments, Row
from taizhang.kit.days import SHANGHAI
from taizhang.kit.text import Text
from taizhang.work import feeding, harvest, install

DISTRICT: Final = ("410503", "北关区")
BEGINS: Final = datetime(2019, 1, 7, 8, tzinfo=SHANGHAI)  # the register as the lead office had it first
OPENS: Final = datetime(2021, 12, 20, 9, tzinfo=SHANGHAI)  # what the demo clock shows when the building is done
SCREENED: Final = datetime(2021, 12, 20, 6, 30, tzinfo=SHANGHAI)
_ARRIVE: Final = date(2021, 12, 8)  # the first day on which departments send December's files


class Telling(Protocol):
    """Shows somebody how far the building has come."""

    def tell(self, what: Text) -> None:
        """Another part begins."""
        ...

    def __call__(self, done: int, of: int | None = None) -> None:
        """So many are done, of so many."""
        ...


@dataclass
class Built:
    """What the building did, as `taizhang demo` prints it."""

    logins: tuple[posts.Login, ...] = ()
    feeds: dict[str, dict[str, int]] = field(default_factory=dict)
    run: harvest.RunResult | None = None
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """The district before anything of it is written: its households and steps, its departments' files, its staff."""

    district: lived.District
    departments: Departments
    staff: posts.Staff


def build(library: Path, telling: Telling) -> Built:
    """Build the demo district in the empty database of this installation. Raises Refusal where there is one already."""
    built, planned = Built(), plan(library)
    begin(planned, library, telling, built)
    district, departments, staff = planned.district, planned.departments, planned.staff
    with _timed(built, "year"):
        telling.tell(Text("过完2019到2021年", "Living the years 2019 to 2021"))
        play.play(district.steps, staff, telling)
    with tempfile.TemporaryDirectory(prefix="taizhang-demo-") as place, _timed(built, "feeds"):
        register = None
        for order, (feed, table) in enumerate(departments.feeds().items()):
            telling.tell(Text(f"导入部门数据 {feed}", f"Importing {feed}"))
            arrived = datetime.combine(_ARRIVE + timedelta(days=order // 3), OPENS.timetz())
            built.feeds[feed] = _receive(staff, feed, table, Path(place), arrived, register)
            if feed == "residents":
                register = feeding.read_register(arrived.date())
    with _timed(built, "screening"):
        telling.tell(Text("筛查并生成线索", "Screening and opening clues"))
        clock = Standing(SCREENED)
        built.run = harvest.run(staff.actor("lead", SCREENED), SCREENED.date(), clock=clock)
    built.logins = tuple(staff.logins)
    return built


def plan(library: Path) -> Plan:
    """The district on paper; the same every time, and no database is asked."""
    rows = _areas(library)
    district = lived.draw(rows)
    staff = posts.Staff(rows, district.home)
    return Plan(district, Departments(district.houses), staff)


def begin(planned: Plan, library: Path, telling: Telling, built: Built) -> None:
    """Everything before the first step is lived: tables, the district with its posts, the first register."""
    with _timed(built, "tables"):
        telling.tell(Text("建表", "Laying out the tables"))
        install.migrate()
    with _timed(built, "district"):
        telling.tell(Text("设立县区、机构和岗位", "Founding the district, its organisations and posts"))
        _found(library, planned.staff)
    with tempfile.TemporaryDirectory(prefix="taizhang-demo-") as place, _timed(built, "register"):
        telling.tell(Text("导入2019年名册", "Importing the register of 2019"))
        first = planned.departments.residents(planned.district.first)
        _receive(planned.staff, "residents", first, Path(place), BEGINS, None)


def _found(library: Path, staff: posts.Staff) -> None:
    clock = Standing(BEGINS)
    offset = int((OPENS - datetime.now(SHANGHAI)).total_seconds())
    chain.found(*DISTRICT, demo=True, offset=offset, clock=clock)
    areas.load_areas(library / "areas-410503.csv", clock=clock)
    areas.load_organisations(library / "organisations.csv", clock=clock)
    editions.install(clock=clock)
    staff.install(clock)


def _receive(
    staff: posts.Staff, feed: str, table: list[Row], place: Path, at: datetime, register: Any
) -> dict[str, int]:
    """One department sends one feed; the lead office imports it."""
    paths = files.write({feed: table}, place)
    received = feeding.receive(staff.actor("lead", at), feed, paths, clock=Standing(at), register=register)
    return {"received": received.received, "accepted": received.accepted, "rejected": received.rejected}


def _areas(library: Path) -> Sequence[Mapping[str, str]]:
    with (library / "areas-410503.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@contextmanager
def _timed(built: Built, part: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    built.seconds[part] = time.monotonic() - began
