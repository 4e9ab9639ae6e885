"""Printed codes of batches of help products: made, recognised, counted when they are scanned.

A code is the batch's number, a serial and forty bits of a keyed digest of both. No list of codes is kept: whoever has
no key can make none, and only serials that were printed by an act are recognised. Scans are counters by the hour; they
hold nothing about who scans, and where only as far as the reader says at which counter.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import F, Sum

from taizhang.core import access, numbers, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Case, Scan, Thing
from taizhang.core.moves import public
from taizhang.kit import areacode, days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

BATCHES: Final = "batches"
MOST: Final = 60  # codes of one sheet
OUTLETS: Final = ("counter", "zone")
SCANS_AN_HOUR: Final = 20_000
_SERIAL, _MARK = 6, 8  # digits, letters


@dataclass(frozen=True, slots=True)
class Read:
    """A code that was recognised."""

    batch: uuid.UUID
    serial: int


def code(number: str, serial: int) -> str:
    """The code of one piece of a batch, by the batch's number (`PC-2020-0001`) and the piece's serial from 1."""
    plain = f"{number}-{serial:0{_SERIAL}d}"
    bits = int(seals.index("origin", plain), 16)
    mark = "".join(public.ALPHABET[(bits >> (5 * at)) & 31] for at in range(_MARK))
    return f"{plain}-{mark}"


def read(text: str) -> Read:
    """The piece that a code belongs to. Raises NotFound for one that was never printed."""
    number, _, rest = text.strip().upper()[:60].rpartition("-")[0].rpartition("-")
    case = Case.objects.filter(ledger=BATCHES, number=number).first() if rest.isdecimal() else None
    if case is None or code(number, int(rest)) != text.strip().upper() or not 1 <= int(rest) <= _printed(case):
        raise NotFound(
            Text("这枚溯源码：不是本区印制的，请勿轻信", "This code: it was not printed here, do not trust it")
        )
    return Read(case.pk, int(rest))


def _printed(case: Case) -> int:
    return int(case.data.get("codes") or 0)


def codes(actor: access.Actor, case_id: uuid.UUID, first: int) -> tuple[Case, tuple[str, ...]]:
    """A sheet of a batch's printed codes from a serial on, for who may print them. Raises NotFound."""
    case = access.case_for(actor, case_id)
    worn = access.hats(actor, case).tokens
    if case.ledger != BATCHES or not worn & {"@subject", "reviewer@town"}:
        raise NotFound(Text("这一批的溯源码", "The codes of this batch"))
    last = min(first + MOST - 1, _printed(case))
    return case, tuple(code(case.number, serial) for serial in range(max(first, 1), last + 1))


def scan(found: Read, place: uuid.UUID | None, *, clock: Clock) -> None:
    """Count one look at a code, at a counter or zone where the reader named one. Raises NotFound for no such place."""
    public.admit("scan", SCANS_AN_HOUR, clock)
    row = Thing.objects.filter(pk=place, register="place", kind__in=OUTLETS).first() if place else None
    if place is not None and row is None:
        raise NotFound(Text("这个专柜或专区", "This counter or zone"))
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    town = (areacode.at(row.area_path, "town") or row.area_path) if row else ""
    same = {"batch_id": found.batch, "serial": found.serial, "place": row, "hour": hour}
    counted, _ = Scan.objects.get_or_create(**same, defaults={"town": town})
    Scan.objects.filter(pk=counted.pk).update(count=F("count") + 1)


def suspect(found: Read, *, clock: Clock) -> bool:
    """Whether a code has lately been in two towns at once, or was looked at more often in a day than one piece is."""
    now = clock.now()
    path = Case.objects.values_list("area_path", flat=True).get(pk=found.batch)
    hours, limit = (numbers.policy(name, path, days.day_of(now)) for name in ("scan_hours", "scan_limit"))
    rows = Scan.objects.filter(batch=found.batch, serial=found.serial)
    if isinstance(hours, int) and _apart(rows.exclude(town="").values_list("hour", "town"), timedelta(hours=hours)):
        return True
    a_day = rows.filter(hour__gt=now - timedelta(days=1)).aggregate(sum=Sum("count"))["sum"] or 0
    return isinstance(limit, int) and a_day > limit


def _apart(seen: object, span: timedelta) -> bool:
    told = sorted(seen)  # type: ignore[call-overload]
    return any(
        other[1] != one[1] and other[0] - one[0] <= span for at, one in enumerate(told) for other in told[at + 1 :]
    )
