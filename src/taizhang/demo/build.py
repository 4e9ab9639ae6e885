"""Builds the demo district: founds it, staffs it, lives its year, imports the departments' files and screens them."""

from __future__ import annotations

import csv
import shutil
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from django.conf import settings

from taizhang.core import chain, editions
from taizhang.core.clock import Standing
from taizhang.core.moves import areas
from taizhang.demo import files, lived, mechanisms, office, offices, play, posts
from taizhang.demo.departments import Departments, Row
from taizhang.demo.mechanisms import doing
from taizhang.demo.story import Step, in_order
from taizhang.kit.days import SHANGHAI
from taizhang.kit.text import Text
from taizhang.work import feeding, harvest, install

DISTRICT: Final = ("410503", "北关区")
BEGINS: Final = datetime(2019, 1, 7, 8, tzinfo=SHANGHAI)  # the register as the lead office had it first
OPENS: Final = datetime(2021, 12, 20, 9, tzinfo=SHANGHAI)  # what the demo clock shows when the building is done
SCREENED: Final = datetime(2021, 12, 20, 6, 30, tzinfo=SHANGHAI)
# in force from the beginning; what else the library holds is in force from December 2021, so that nobody owes years of it
LEDGERS: Final = (
    "assistance", "comparison", "household_monitoring", "income", "pairing", "policy_register", "register", "rounds",
    "village_problems", "village_works",
)  # fmt: skip
# the platform of the two responsibilities begins with the year 2021
OFFICE_LEDGERS: Final = ("duties", "letters", "meetings", "rectification", "task_forces", "tasks")
_OFFICES: Final = datetime(2020, 12, 31, 8, tzinfo=SHANGHAI)
_ALL_LEDGERS: Final = datetime(2021, 12, 1, 8, tzinfo=SHANGHAI)
FIRST_SCREENED: Final = datetime(2021, 11, 8, 6, 30, tzinfo=SHANGHAI)
_NOVEMBER, _DECEMBER = date(2021, 11, 4), date(2021, 12, 3)  # when departments send their files
_LATE: Final[Mapping[str, date]] = {
    "loans": date(2021, 12, 9),
    "housing": date(2021, 12, 17),
    "water": date(2021, 12, 17),
}


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
    offices: tuple[Step, ...]  # duties, letters, problems, meetings


def build(library: Path, telling: Telling) -> Built:
    """Build the demo district in the empty database of this installation. Raises Refusal where there is one already."""
    built, planned = Built(), plan(library)
    begin(planned, library, telling, built)
    live(planned, telling, built)
    built.logins = tuple(planned.staff.logins)
    return built


def live(planned: Plan, telling: Telling, built: Built) -> None:
    """Everything after the first register in the order of time: what people do, what departments send, two screenings."""
    life = _Life(planned, telling, built)
    life.until(_OFFICES)
    # those of the first day stand beside them, because duties cite them
    _install((*LEDGERS, *mechanisms.LEDGERS, *OFFICE_LEDGERS), Standing(_OFFICES))
    life.receive({feed: (_NOVEMBER, table) for feed, table in planned.departments.november().items()})
    life.screen(FIRST_SCREENED)
    life.until(_ALL_LEDGERS)
    editions.install(clock=Standing(_ALL_LEDGERS))
    tables = planned.departments.feeds()
    residents = tables.pop("residents")
    life.receive({"residents": (_DECEMBER, residents)})
    life.receive({feed: (_LATE.get(feed, _DECEMBER), table) for feed, table in tables.items()})
    life.screen(SCREENED)


class _Life:
    """How far the years have been lived."""

    def __init__(self, planned: Plan, telling: Telling, built: Built) -> None:
        self.staff, self.telling, self.built = planned.staff, telling, built
        self.steps = in_order([*planned.district.steps, *planned.district.answers, *planned.offices])
        self.played = play.Played()

    def until(self, instant: datetime) -> None:
        """People act until then."""
        self.telling.tell(Text(f"过到{instant:%Y年%m月%d日}", f"Living until {instant:%d %B %Y}"))
        steps = self.steps[self.played.acts : bisect_left(self.steps, instant, key=lambda step: step.at)]
        with _timed(self.built, "years"):
            play.play(steps, self.staff, self.telling, self.played)

    def receive(self, sent: Mapping[str, tuple[date, list[Row]]]) -> None:
        """Departments send their files on these days, and the lead office imports them."""
        order = sorted(sent, key=lambda feed: sent[feed][0])
        register, read = None, None
        for feed in order:
            day, table = sent[feed]
            at = datetime.combine(day, OPENS.timetz()) + timedelta(minutes=10 * order.index(feed))
            if day != read:
                self.until(at)
                register, read = (None if feed == "residents" else feeding.read_register(day)), day
            self.telling.tell(Text(f"导入部门数据 {feed}", f"Importing {feed}"))
            with _timed(self.built, "feeds"), tempfile.TemporaryDirectory(prefix="taizhang-demo-") as place:
                self.built.feeds[feed] = _receive(self.staff, feed, table, Path(place), at, register)

    def screen(self, at: datetime) -> None:
        """The lead office screens what is there, and the clues go to their villages."""
        self.until(at)
        self.telling.tell(Text("筛查并生成线索", "Screening and opening clues"))
        with _timed(self.built, "screening"):
            run = self.built.run = harvest.run(self.staff.actor("lead", at), at.date(), clock=Standing(at))
        play.take_up(self.played, run.landed.clues if run.landed else ())


def plan(library: Path) -> Plan:
    """The district on paper; the same every time, and no database is asked."""
    rows = _table(library / "areas-410503.csv")
    district = lived.draw(rows)
    staff = posts.Staff(rows, district.home, _table(library / "organisations.csv"))
    steps = office.schedule(library, rows, staff.units, district.home)
    return Plan(district, Departments(district.houses, district.fates.alerted, home=district.quiet), staff, steps)


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
    with tempfile.TemporaryDirectory(prefix="taizhang-demo-") as place:
        invented = Path(place) / "invented.csv"
        invented.write_text(offices.table(), encoding="utf-8")
        areas.load_organisations(invented, clock=clock)
    areas.found_branches(clock=clock)
    _install((*LEDGERS, *mechanisms.LEDGERS), clock)
    doing.found(clock)
    staff.install(clock)


def _install(names: Sequence[str], clock: Standing) -> None:
    """Put some of the library's ledgers into force."""
    with tempfile.TemporaryDirectory(prefix="taizhang-demo-") as place:
        for name in names:
            shutil.copy(Path(settings.LIBRARY) / "ledgers" / f"{name}.yaml", place)
        editions.install(clock=clock, folder=Path(place))


def _receive(
    staff: posts.Staff, feed: str, table: list[Row], place: Path, at: datetime, register: Any
) -> dict[str, int]:
    """One department sends one feed; the lead office imports it."""
    paths = files.write({feed: table}, place)
    received = feeding.receive(staff.actor("lead", at), feed, paths, clock=Standing(at), register=register)
    return {"received": received.received, "accepted": received.accepted, "rejected": received.rejected}


def _table(path: Path) -> Sequence[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@contextmanager
def _timed(built: Built, part: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    built.seconds[part] = built.seconds.get(part, 0) + time.monotonic() - began
