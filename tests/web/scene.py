"""What the pages are tested on: a demo district with one household and a clue on it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from taizhang.core import access, editions
from taizhang.core.clock import Standing
from taizhang.core.models import District, Household
from taizhang.core.moves import cases, snapshots
from taizhang.kit import idnumber
from tests.client import Client
from tests.conftest import NOW, FixedClock
from tests.core import sending
from tests.district import SmallDistrict, build

VILLAGE = "410503100201"


def number(serial: int, born: str) -> str:
    """An identity number of an area that does not exist, with its check character."""
    head = f"990503{born}{serial:03d}"
    return head + idnumber.check_character(head)


def member(name: str, serial: int, relation: str, born: str) -> dict[str, str]:
    """One row of a residents' file."""
    return {
        "household": "H-0001", "name": name, "number": number(serial, born), "relation": relation, "area": VILLAGE,
        "address": "一组 3 号", "kind": "脱贫户", "health": "患有大病", "labour": "弱劳动力", "school": "",
        "work_months": "3", "phone": "15405030126",
    }  # fmt: skip


def people() -> SmallDistrict:
    """The small district as a demo whose clock stands at the demo's beginning, with the ledgers installed."""
    made = build(NOW, demo=True)
    stand()
    editions.install(clock=Standing(NOW))
    return made


def stand(at: datetime = NOW) -> None:
    """Set the demo's clock to an instant, else to its beginning."""
    District.objects.update(clock_offset=math.ceil((at - datetime.now(UTC)).total_seconds()))


def furnish(place: Path) -> sending.Office:
    """The demo district with a register, in the present database."""
    made = sending.set_up(people(), FixedClock(), place)
    made.residents()
    return made


def household() -> Household:
    """A household of three in the cadre's village; the youngest is nine."""
    rows = [
        member("申稻香", 1, "户主", "19690101"), member("郭麦收", 2, "配偶", "19660101"), member("郭小禾", 3, "之女", "20120101"),
    ]  # fmt: skip
    snapshots.import_residents(access.SYSTEM, rows, day=NOW.date(), clock=Standing(NOW))
    return Household.objects.get()


def clue(district: SmallDistrict, home: Household) -> UUID:
    """A clue that the village cadre has reported on the household this morning."""
    actor = district.actor("cadre", NOW)
    given = {"hint": "医疗支出大"}
    return cases.open_case(
        actor, "household_monitoring", "report", subject=home.pk, given=given, clock=Standing(NOW)
    ).case


def entered(district: SmallDistrict, key: str) -> Client:
    """A browser without scripts in which somebody has logged in."""
    client = Client()
    client.force_login(district.accounts[key], backend="taizhang.core.logins.Accounts")
    return client
