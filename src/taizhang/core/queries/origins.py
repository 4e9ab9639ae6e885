"""What a printed code of a help product tells its reader, and what the codes of a batch tell its offices."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from taizhang.core import access, editions
from taizhang.core.clock import Clock
from taizhang.core.models import Case, Scan, Thing
from taizhang.core.moves import origins as moves
from taizhang.core.queries import public, shown
from taizhang.kit.text import Text

CERTIFICATE = "products"


@dataclass(frozen=True, slots=True)
class Origin:
    """A piece of a batch, for whoever holds it."""

    code: str
    product: str
    enterprise: str
    place: str
    stage: Text  # of the batch
    certificate: Text  # how the certification stands
    good: bool  # certified and on sale
    suspect: bool
    facts: tuple[shown.Shown, ...]
    case: uuid.UUID | None  # of the certification, to which a complaint goes
    outlets: tuple[tuple[str, str], ...]  # id and name of counters and zones


@dataclass(frozen=True, slots=True)
class Looked:
    """A code of a batch that was looked at: how often, where, and whether that is suspect."""

    code: str
    count: int
    places: tuple[str, ...]
    last: datetime
    suspect: bool


def origin(text: str, now: datetime, *, clock: Clock) -> Origin:
    """What a code tells. Raises NotFound for one that was never printed here."""
    found = moves.read(text)
    batch = Case.objects.select_related("thing__enterprise").get(pk=found.batch)
    product = batch.thing
    law = editions.pinned(batch.edition_id)
    certificate = Case.objects.filter(ledger=CERTIFICATE, thing=batch.thing_id).order_by("-opened").first()
    told = public.facts(law, batch, law.public.board, now)
    stands = Text("没有认定记录", "No certificate")
    if certificate is not None:
        pinned = editions.pinned(certificate.edition_id)
        stands = pinned.stages[certificate.stage].label
        told = (*public.facts(pinned, certificate, pinned.public.board, now), *told)
    place = shown.places_of([batch.area_path]).get(batch.area_path)
    return Origin(
        code=text.strip().upper(), product=product.name if product else "",
        enterprise=product.enterprise.name if product and product.enterprise else "",
        place=place.whole if place else "", stage=law.stages[batch.stage].label, certificate=stands,
        good=batch.stage in ("selling", "closed") and certificate is not None and certificate.stage == "certified",
        suspect=moves.suspect(found, clock=clock), facts=told,
        case=certificate.pk if certificate is not None and certificate.closed is None else None, outlets=outlets(),
    )  # fmt: skip


def outlets() -> tuple[tuple[str, str], ...]:
    """The open counters and zones: id and name."""
    rows = Thing.objects.filter(register="place", kind__in=moves.OUTLETS, closed=None).order_by("area_path", "sort_key")
    return tuple((str(pk), name) for pk, name in rows.values_list("pk", "name"))


def looked_at(actor: access.Actor, case_id: uuid.UUID, *, clock: Clock) -> tuple[Looked, ...]:
    """The codes of a batch that were looked at, the suspect ones first, at most a hundred. Raises NotFound."""
    case = access.case_for(actor, case_id)
    rows = Scan.objects.filter(batch=case.pk)
    places: dict[int, set[str]] = defaultdict(set)
    last: dict[int, datetime] = {}
    for serial, name, hour in rows.order_by("hour").values_list("serial", "place__name", "hour"):
        places[serial] |= {name} if name else set()
        last[serial] = hour
    counts = rows.order_by().values_list("serial").annotate(sum=Sum("count"))
    found = [
        Looked(
            moves.code(case.number, serial), count, tuple(sorted(places[serial])), last[serial],
            moves.suspect(moves.Read(case.pk, serial), clock=clock),
        )
        for serial, count in counts
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (not one.suspect, -one.count)))[:100]
