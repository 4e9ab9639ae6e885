"""The append-only chain: entries as canonical bytes, each naming the digest of the one before it.

The bytes that are stored are the bytes that were hashed (RFC 8785). They never hold a sealed value, free text or a
resident's name, only references with commitments (`taizhang.core.seals`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from taizhang.core import statements
from taizhang.core.clock import Clock
from taizhang.core.head import BEFORE_THE_FIRST, FORMAT, Head
from taizhang.core.models import District, Entry
from taizhang.core.models.fields import new_id
from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text


@dataclass(frozen=True, kw_only=True)
class Named:
    """A kept file as an entry names it."""

    id: uuid.UUID
    kind: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An entry before it has its place in the chain. `id` may be referred to by other rows of the same transaction."""

    kind: str  # "act", or a system kind such as import, reveal, clock, appoint, erase
    received: datetime
    area: str  # path
    account: uuid.UUID | None = None
    post: uuid.UUID | None = None
    hand: str = "account"  # account, system, screen, anyone
    happened: datetime | None = None  # None: as received
    case: uuid.UUID | None = None
    n: int | None = None
    ledger: str | None = None
    edition: str | None = None
    act: str = ""
    says: Mapping[str, Any] = field(
        default_factory=dict
    )  # plain JSON: fields, own, stage, ...; sealed ones as references
    evidence: Sequence[Named] = ()
    key: uuid.UUID | None = None
    id: uuid.UUID = field(default_factory=new_id)


def instant(moment: datetime) -> str:
    """An instant as chained bytes write it: UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def body(draft: Draft, *, district: str, seq: int, prev: str) -> str:
    """The canonical bytes of an entry, as text. Raises ValueError for what JSON cannot hold."""
    return canonical.encode(
        {
            "v": FORMAT,
            "id": str(draft.id),
            "district": district,
            "seq": seq,
            "prev": prev,
            "kind": draft.kind,
            "case": _text(draft.case),
            "n": draft.n,
            "ledger": draft.ledger,
            "edition": draft.edition,
            "act": draft.act,
            "account": _text(draft.account),
            "post": _text(draft.post),
            "hand": draft.hand,
            "area": draft.area,
            "happened": instant(draft.happened or draft.received),
            "received": instant(draft.received),
            "key": _text(draft.key),
            "says": draft.says,
            "evidence": [{"id": str(file.id), "kind": file.kind, "digest": file.digest} for file in draft.evidence],
        }
    ).decode()


def found(
    code: str,
    name: str,
    *,
    demo: bool = False,
    algorithm: canonical.Algorithm = "sha256",
    offset: int = 0,
    clock: Clock,
) -> Entry:
    """Begin the chain of this database's district; its first entry names the digest algorithm and whether it is a demo.

    `offset` are the seconds by which the demo clock runs from the system's. Raises Refusal when there is a district.
    """
    if District.objects.exists():
        raise Refusal("district_exists", Text("本库已有县区。", "This database already has its district."))
    if offset and not demo:
        raise Refusal("not_demo", Text("只有演示库能拨动时钟。", "Only a demo database takes another clock."))
    with transaction.atomic():
        District.objects.create(code=code, name=name, algorithm=algorithm, demo=demo, clock_offset=offset)
        says = {"name": name, "algorithm": algorithm, "demo": demo, "clock_offset": offset}
        return append(Draft(kind="genesis", hand="system", received=clock.now(), area=code, says=says))[0]


def append(*drafts: Draft) -> list[Entry]:
    """Give entries their place at the end of the chain, in the order given, and store them.

    Called once, as the last step of a transaction: from here to its commit every other writer of the district waits.
    Rows that refer to an entry are made before, by `Draft.id` (foreign keys are checked at the commit).
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise RuntimeError("an entry is appended inside the transaction of what it records")
    found = statements.values(District, "code", "algorithm", "seq", "head", lock=True)
    if not found:
        raise Refusal(
            "no_district",
            Text("本库还没有县区。", "This database has no district yet."),
            Text("请先执行 taizhang demo 或安装。", "Run taizhang demo, or install first."),
        )
    code, algorithm, seq, head_now = found[0]
    prev = head_now or BEFORE_THE_FIRST
    entries = []
    for draft in drafts:
        seq += 1
        entry = _entry(draft, district=code, algorithm=algorithm, seq=seq, prev=prev)
        prev = entry.digest
        entries.append(entry)
    statements.insert(entries)
    statements.update(District, {"seq": seq, "head": prev}, code=code)
    return entries


def _entry(draft: Draft, *, district: str, algorithm: canonical.Algorithm, seq: int, prev: str) -> Entry:
    text = body(draft, district=district, seq=seq, prev=prev)
    return Entry(
        id=draft.id,
        district_id=district,
        seq=seq,
        prev=prev,
        digest=canonical.digest(text.encode(), algorithm),
        body=text,
        kind=draft.kind,
        case_id=draft.case,
        n=draft.n,
        act=draft.act,
        account_id=draft.account,
        post_id=draft.post,
        area_path=draft.area,
        happened=draft.happened or draft.received,
        received=draft.received,
        key=draft.key,
    )


def head() -> Head:
    """The present end of the chain (0 and nothing before the district is founded)."""
    district = District.objects.first()
    return Head(district.seq, district.head) if district else Head(0, "")


def last() -> Entry | None:
    """The last entry that is there, which should be the head."""
    return Entry.objects.order_by("seq").last()


def after(seq: int) -> tuple[int, datetime | None]:
    """How many entries come after a place in the chain, and when the last of them was received."""
    later = Entry.objects.filter(seq__gt=seq)
    return later.count(), later.order_by("seq").values_list("received", flat=True).last()


def is_demo() -> bool:
    """Whether this database was stamped a demo in its genesis entry."""
    return District.objects.filter(demo=True).exists()


def _text(identity: uuid.UUID | None) -> str | None:
    return None if identity is None else str(identity)
