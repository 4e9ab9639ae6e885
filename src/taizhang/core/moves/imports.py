"""Batches of department data: who may send one, its row and entry, and taking it back.

Reading the files is the work of `taizhang.work.feeding`, which asks here for rights and hands over what it found.
A batch is never deleted: withdrawn by an entry, its rows stay and later runs leave them out.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from taizhang.core import access, chain, seals
from taizhang.core.clock import Clock
from taizhang.core.models import (
    Area,
    Batch,
    District,
    Organisation,
)
from taizhang.core.models import Mapping as Mappings
from taizhang.core.models.fields import new_id
from taizhang.core.moves import links, series
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

PREFIX: Final = "DR"  # of the numbers of batches
REGISTER: Final = "residents"
LEAD: Final = "lead"
_NAMES: Final = "names"
_REASON: Final = 4  # characters that a reason has at least


@dataclass(frozen=True)
class Sender:
    """By which post a feed is sent, and whose feed it is."""

    held: access.Held | None
    organisation: uuid.UUID | None


@dataclass(frozen=True)
class Counted:
    """Where the rows of a batch went; received = accepted + rejected, accepted = linked + doubtful + unknown."""

    received: int
    rejected: int
    linked: int = 0
    doubtful: int = 0
    unknown: int = 0
    register: Mapping[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """Rows that were read."""
        return self.received - self.rejected


@dataclass(frozen=True)
class Arrived:
    """A batch that was read and lies in its folder, before it is one."""

    id: uuid.UUID
    feed: str
    sequence: int
    folder: str
    files: Sequence[Mapping[str, str]]  # [{name, sha256}]
    names: Sequence[str]  # as the sender called them
    mapping: Mapping[str, str] | None = None  # to be kept
    period: str = ""  # which delivery of the feed it is
    model: str = ""  # digest of the linkage model that looked at its doubtful rows; empty: none did


@dataclass(frozen=True)
class Kept:
    """What one sender calls the columns of a feed."""

    code: str
    name: str
    columns: Mapping[str, str]  # their header -> our column


# --- rights and what is known already ---------------------------------------------------------------------------------


def sender(actor: access.Actor, owners: Sequence[str], capability: str = "feeds.import") -> Sender:
    """The post by which an actor may send a feed: of its owner department, or of the lead office.

    `owners` are the short names of departments. Raises Refusal("not_allowed").
    """
    owning = list(Organisation.objects.filter(short__in=owners).order_by("code"))
    mine = {one.pk for one in owning}
    first = owning[0].pk if owning else None
    if actor.is_own_hand:
        return Sender(None, first)
    held = next((post for post in access.posts_with(actor, capability) if post.organisation in mine), None)
    if held is not None:
        return Sender(held, held.organisation)
    held = next((post for post in access.posts_with(actor, capability) if post.role == LEAD), None)
    if held is not None:
        return Sender(held, first)
    raise Refusal(
        "not_allowed",
        Text(
            "这类数据由所属部门或牵头办报送。",
            "Only the department that owns these data, or the lead office, sends them.",
        ),
        Text("需要时请由安全管理员调整岗位。", "The security administrator can change posts."),
    )


def refuse_known(feed: str, digests: Sequence[str], period: str, period_of: Callable[[date], str]) -> None:
    """Refuse a file that stands in a batch of the feed for the same period; for another one the same bytes may come
    again (a report of nothing is the same every month). Raises Refusal("same_file") that names the batch.

    `period_of` gives the period of a batch that names none, by its day.
    """
    for batch in Batch.objects.filter(feed=feed, withdrawn_at=None).order_by("-received_at"):
        told = batch.period or period_of(days.day_of(batch.received_at))
        if told == period and set(digests) & {one["sha256"] for one in batch.files}:
            day = days.day_of(batch.received_at).isoformat()
            raise Refusal(
                "same_file",
                Text(
                    f"这个文件已在 {day} 的批次 {batch.number} 导入过，内容一字不差，没有再导入。",
                    f"This very file was imported on {day} as batch {batch.number}; it was not imported again.",
                ),
                Text("要重新导入，请先撤回那个批次。", "To import it anew, withdraw that batch first."),
                {"batch": str(batch.pk), "number": batch.number},
            )


def next_sequence(feed: str) -> int:
    """The place of the next batch among those of its feed."""
    last: int | None = Batch.objects.filter(feed=feed).aggregate(last=Max("sequence"))["last"]
    return (last or 0) + 1


# --- mappings ---------------------------------------------------------------------------------------------------------


def mapping_of(feed: str, organisation: uuid.UUID | None) -> dict[str, str]:
    """The kept mapping of a sender's feed, {their header: our column}; empty when there is none."""
    row = Mappings.objects.filter(feed=feed, sender=_code(organisation)).first()
    return dict(row.columns) if row else {}


def own_mapping(actor: access.Actor, feed: str, owners: Sequence[str]) -> dict[str, str]:
    """The kept mapping by which the actor's files are read. Raises Refusal("not_allowed")."""
    return mapping_of(feed, sender(actor, owners).organisation)


def mappings(actor: access.Actor, feed: str, owners: Sequence[str]) -> tuple[Kept, ...]:
    """The kept mappings of a feed that the actor may change: those of the own department; all of them for the lead office.

    Raises Refusal("not_allowed").
    """
    by = sender(actor, owners)
    rows = Mappings.objects.filter(feed=feed).exclude(columns={}).order_by("sender")
    if by.held is not None and by.held.role != LEAD:
        rows = rows.filter(sender=_code(by.organisation))
    names = dict(Organisation.objects.values_list("code", "name"))
    return tuple(Kept(row.sender, names.get(row.sender, ""), dict(row.columns)) for row in rows)


def _code(organisation: uuid.UUID | None) -> str:
    return Organisation.objects.values_list("code", flat=True).get(pk=organisation) if organisation else ""


def save_mapping(
    actor: access.Actor,
    feed: str,
    columns: Mapping[str, str],
    *,
    owners: Sequence[str],
    clock: Clock,
    code: str | None = None,
) -> None:
    """Keep what a sender calls the columns of a feed: an entry; nothing to keep forgets it.

    `code` is the organisation whose mapping the lead office changes; else the actor's own. Raises Refusal("not_allowed").
    """
    by = sender(actor, owners)
    own = _code(by.organisation)
    if code is not None and code != own and by.held is not None and by.held.role != LEAD:
        raise Refusal("not_allowed", Text("这是别的单位的表头对应。", "This is another sender's mapping."))
    with transaction.atomic():
        entry = new_id()
        _keep_mapping(feed, own if code is None else code, columns, entry)
        says = {"feed": feed, "sender": own if code is None else code, "columns": dict(columns)}
        chain.append(_draft(actor, by.held, "mapping", says, clock.now(), entry))


def _keep_mapping(feed: str, code: str, columns: Mapping[str, str], entry: uuid.UUID) -> None:
    Mappings.objects.update_or_create(feed=feed, sender=code, defaults={"columns": dict(columns), "entry_id": entry})


# --- recording --------------------------------------------------------------------------------------------------------


def record(
    actor: access.Actor,
    by: Sender,
    arrived: Arrived,
    count: Callable[[Batch], Counted],
    offers: Sequence[links.Offer],
    *,
    clock: Clock,
) -> Batch:
    """Make a batch of what has arrived: its row, its doubtful pairs and one `import` entry, in one transaction.

    `count` says where the rows went; for a register it brings the register up to date within the transaction.
    """
    entry = new_id()
    try:
        with transaction.atomic():
            now = clock.now()
            year = days.day_of(now).year
            batch = Batch(
                id=arrived.id, number=f"{PREFIX}-{year}-{series.take(PREFIX, year):04d}", feed=arrived.feed, sequence=arrived.sequence,
                files=list(arrived.files), received=0, accepted=0, rejected=0, received_at=now, account_id=actor.account,
                organisation_id=by.organisation, entry_id=entry, folder=arrived.folder,
                names=_sealed_names(arrived), period=arrived.period,
            )  # fmt: skip
            batch.save(force_insert=True)
            counted = count(batch)
            numbers = {
                name: getattr(counted, name)
                for name in ("received", "accepted", "rejected", "linked", "doubtful", "unknown")
            }
            Batch.objects.filter(pk=batch.pk).update(**numbers)
            for name, value in numbers.items():
                setattr(batch, name, value)
            links.offer(batch, offers)
            if arrived.mapping is not None:
                _keep_mapping(arrived.feed, _code(by.organisation), arrived.mapping, entry)
            says = {
                "feed": arrived.feed, "batch": str(batch.pk), "number": batch.number, **numbers,
                "files": [one["sha256"] for one in arrived.files], "register": dict(counted.register),
                "mapping": dict(arrived.mapping) if arrived.mapping is not None else None, "period": arrived.period,
                **({"model": arrived.model} if arrived.model else {}),
            }  # fmt: skip
            chain.append(_draft(actor, by.held, "import", says, now, entry))
    except IntegrityError:
        if Batch.objects.filter(feed=arrived.feed, sequence=arrived.sequence).exists():
            raise Refusal(
                "import_meets_import",
                Text(
                    "同一类数据正好有另一个文件先导入了。", "Another file of this feed was imported at the same moment."
                ),
                Text("请再导入一次。", "Please import it again."),
            ) from None
        raise
    return batch


def _sealed_names(arrived: Arrived) -> bytes:
    area = Area.objects.get(path=District.objects.get().code)
    return seals.seal(seals.key_of(seals.Owner("area", area.pk)), names_place(arrived.id), list(arrived.names))


def names_place(batch: uuid.UUID) -> seals.Place:
    """Where the sender's names of a batch's files lie."""
    return seals.Place("batch", _NAMES, batch)


def sent_names(batches: Sequence[Batch]) -> dict[uuid.UUID, dict[str, str]]:
    """For each batch what the sender called its files, by our name."""
    opened = seals.unseal_many((batch.names, names_place(batch.pk)) for batch in batches)
    return {
        batch.pk: {one["name"]: theirs for one, theirs in zip(batch.files, names or [], strict=False)}
        for batch, names in zip(batches, opened, strict=True)
    }


# --- one batch ------------------------------------------------------------------------------------------------------


def batch_for(actor: access.Actor, batch_id: uuid.UUID | str, capability: str) -> tuple[Batch, access.Held | None]:
    """A batch that the actor's post may deal with: of the department that owns it, or of the lead office.

    Raises NotFound, also where it is hidden.
    """
    try:
        batch = Batch.objects.get(pk=batch_id)
    except (Batch.DoesNotExist, ValueError, ValidationError):
        raise NotFound(Text("这个批次", "This batch")) from None
    if actor.is_own_hand:
        return batch, None
    for held in access.posts_with(actor, capability):
        if held.role == LEAD or (held.organisation is not None and held.organisation == batch.organisation_id):
            return batch, held
    raise NotFound(Text("这个批次", "This batch"))


def _draft(
    actor: access.Actor, held: access.Held | None, kind: str, says: Mapping[str, Any], now: datetime, entry: uuid.UUID
) -> chain.Draft:
    return chain.Draft(
        id=entry, kind=kind, received=now, area=held.path if held else District.objects.get().code, account=actor.account,
        post=held.post if held else None, hand=actor.hand, says=says,
    )  # fmt: skip
