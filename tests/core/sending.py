"""What the tests of imports and screening stand on: the small district with its register, and departments that send files."""

from __future__ import annotations

import csv
import io
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from openpyxl import load_workbook

from taizhang.core import access, editions, seals
from taizhang.core.models import (
    Batch,
    Case,
    HouseholdNumber,
    HouseholdVersion,
    Organisation,
    OrganisationVersion,
    Resident,
)
from taizhang.core.moves import cases
from taizhang.kit import days, idnumber
from taizhang.work import feeding, harvest
from tests.conftest import NOW, FixedClock
from tests.databases import Furnished
from tests.district import SINCE, SmallDistrict, build

VILLAGE, NEIGHBOUR, FAR = "410503100201", "410503100202", "410503008201"
LEDGERS = ("household_monitoring", "comparison", "corrections", "village_problems", "assistance")
SHORTS = {"lead": "乡村振兴", "medical": "医保", "civil": "民政"}
RESIDENTS = ("户编号", "姓名", "证件号码", "与户主关系", "区划代码", "住址", "户类型", "健康状况", "联系电话")
MEDICAL = ("证件号码", "姓名", "就诊日期", "个人自付")
# household, name, first 17 digits, relation, area, kind, phone; everybody is invented
PEOPLE = (
    ("H001", "李兰", "99050319700101123", "户主", VILLAGE, "脱贫户", "13800010001"),
    ("H001", "李小兰", "99050320100101123", "女", VILLAGE, "脱贫户", ""),
    ("H002", "陈强", "99050319650505131", "户主", VILLAGE, "一般农户", "13800010002"),
    ("H002", "陈小强", "99050319900505131", "子", VILLAGE, "一般农户", ""),
    ("H003", "王静", "99050319800808121", "户主", NEIGHBOUR, "脱贫户", "13800010003"),
    ("H004", "赵敏", "99050319850909141", "户主", FAR, "一般农户", "13800010004"),
)


def number_of(first17: str) -> str:
    """An identity number with its check character, in an area code that nobody has."""
    return first17 + idnumber.check_character(first17)


NUMBERS = {name: number_of(first) for _, name, first, *_ in PEOPLE}
SECRETS = tuple(NUMBERS.values()) + tuple(NUMBERS) + tuple(phone for *_, phone in PEOPLE if phone)


@dataclass
class Office:
    """The district, its clock, and shorter ways to send and screen."""

    district: SmallDistrict
    clock: FixedClock
    place: Path
    sent: int = 0
    batches: dict[str, uuid.UUID] = field(default_factory=dict)

    def who(self, key: str) -> access.Actor:
        """The person in a post, now."""
        return self.district.actor(key, self.clock.now())

    def file(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str = "utf-8") -> Path:
        """A CSV file as a department sends it."""
        self.sent += 1
        path = self.place / f"{self.sent}-{name}.csv"
        with path.open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
        return path

    def send(
        self, feed: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, by: str = "lead", **more: Any
    ) -> feeding.Received:
        """Import one file of a feed."""
        got = feeding.receive(self.who(by), feed, [self.file(feed, header, rows)], clock=self.clock, **more)
        self.batches[feed] = got.batch
        return got

    def residents(self, people: Iterable[tuple[str, ...]] = PEOPLE) -> feeding.Received:
        """Import the register."""
        rows = [
            (home, name, number_of(first), relation, area, "1组", kind, "健康", phone)
            for home, name, first, relation, area, kind, phone in people
        ]
        return self.send("residents", RESIDENTS, rows)

    def bill(
        self, name: str, amount: int | str, day: str = "2021-12-01", *, number: str | None = None
    ) -> tuple[Any, ...]:
        """A line of medical settlements."""
        return (number or NUMBERS[name], name, day, amount)

    def run(self, by: str = "lead") -> harvest.RunResult:
        """Screen for today, and land."""
        return harvest.run(self.who(by), clock=self.clock)

    def household(self, number: str) -> uuid.UUID:
        """A household by its number in the files."""
        known = HouseholdNumber.objects.filter(number=number).order_by("valid_from", "pk")
        return known.values_list("household_id", flat=True)[0]

    def district_resident(self, name: str) -> uuid.UUID:
        """Somebody of the register, by the invented name."""
        return Resident.objects.values_list("pk", flat=True).get(number_index=seals.index("number", NUMBERS[name]))

    def visit(self, number: str) -> None:
        """A cadre verifies the clue of a household (of a former poor one: with an income within the line)."""
        case = self.case(number)
        former = self.household_kind(number) == "脱贫户"
        given = {
            "second": str(self.district.accounts["second_cadre"].pk), "persons": 2, "wage": 500_000, "business": 0, "property": 0,
            "transfer": 0, "cost": 0, "claims": 0, "self_paid": 0, "housing": True, "education": True, "water": True,
            "insurance": True, "food": True, "clothing": True, "risk_1": "ILLNESS",
            "category": "UNSTABLE" if former else "MARGINAL", "situation": "户主住院，自付较多",
        }  # fmt: skip
        by = next(
            key for key in ("cadre", "neighbour", "stranger") if self.district.posts[key].area.path == case.area_path
        )
        cases.act(self.who(by), case.pk, "visit", given=given, clock=self.clock)

    def household_kind(self, number: str) -> str:
        """The kind of a household as the register has it now."""
        now = HouseholdVersion.objects.filter(household=self.household(number), valid_to=None)
        return str(now.values_list("kind", flat=True).get())

    def case(self, number: str) -> Case:
        """The monitoring case of a household."""
        return Case.objects.get(ledger="household_monitoring", household=self.household(number))


def set_up(district: SmallDistrict, clock: FixedClock, place: Path) -> Office:
    """The office over a founded district, with the product's own ledgers; files go to the data directory of the settings."""
    for code, short in SHORTS.items():
        Organisation.objects.filter(code=code).update(short=short)
    water = Organisation.objects.create(
        code="water", area=district.areas["410503"], kind="department", name="区水利局", short="水利"
    )
    OrganisationVersion.objects.create(organisation=water, name=water.name, valid_from=SINCE)
    ledgers = place / "ledgers"
    ledgers.mkdir()
    for name in LEDGERS:
        shutil.copy(Path(configured.LIBRARY) / "ledgers" / f"{name}.yaml", ledgers)
    editions.install(clock=clock, folder=ledgers)
    return Office(district, clock, place)


def furnish(place: Path) -> Office:
    """An office with the register imported, in the present database."""
    made = set_up(build(NOW), FixedClock(), place)
    made.residents()
    return made


def moved_in(room: Furnished, clock: FixedClock, place: Path, settings: Any) -> Iterator[Office]:
    """A furnished office for one test, under its clock and in its folder."""
    settings.DATA = place / "data"
    with room.opened(place) as made:
        made.clock, made.place = clock, place
        yield made


@pytest.fixture
def office(db: None, furnished_office: Furnished, clock: FixedClock, tmp_path: Path, settings: Any) -> Iterator[Office]:
    """An office in a transaction that is rolled back, with the register imported."""
    yield from moved_in(furnished_office, clock, tmp_path, settings)


def table(download: feeding.Download) -> list[dict[str, str]]:
    """The rows of a file of rejects, by header."""
    if download.name.endswith(".csv"):
        lines = list(csv.reader(io.StringIO(download.content.decode("utf-8-sig"))))
    else:
        sheet = load_workbook(io.BytesIO(download.content)).active
        lines = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def readable(folder: Path, words: Iterable[str]) -> list[str]:
    """Which of the words stand readable in any file of a folder: in UTF-8, GB 18030, or inside a Parquet file's pages."""
    import duckdb

    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += repr(duckdb.read_parquet(str(path)).fetchall()).encode()
        found += [
            f"{path.name}: {word}" for word in words if word.encode() in content or word.encode("gb18030") in content
        ]
    return found


def says(batch: uuid.UUID) -> Mapping[str, int]:
    """The numbers of a batch."""
    row = Batch.objects.get(pk=batch)
    return {name: getattr(row, name) for name in ("received", "accepted", "rejected", "linked", "doubtful", "unknown")}


TODAY = days.day_of(FixedClock().now())
