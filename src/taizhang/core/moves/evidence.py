"""Keeping files: cleaned, measured, written and synced before the entry that names them."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import BinaryIO, Final

from taizhang.core import access, cleaning, seals, store
from taizhang.core.clock import Clock
from taizhang.core.models import Evidence
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

LIMIT: Final = 10 * 1024 * 1024  # bytes, unless the ledger says otherwise
_PIECE: Final = 1 << 20


def keep(
    actor: access.Actor,
    content: bytes | BinaryIO,
    *,
    kind: str,
    clock: Clock,
    name: str = "",
    owner: seals.Owner | None = None,
    limit: int = LIMIT,
) -> Evidence:
    """Keep a file; its row, which no entry names yet.

    `kind` as ledgers say it (photo, located_photo, signature, file). The file's own name is kept only when its `owner`
    is known, sealed under the owner's key. Raises Refusal: `too_large`, `empty_file`, and those of `cleaning.clean` and
    `store.put`.
    """
    data = _read(content, limit)
    if not data:
        raise Refusal("empty_file", Text("文件是空的。", "The file is empty."))
    media_type, cleaned = cleaning.clean(data)
    if kind in ("photo", "located_photo", "signature") and not media_type.startswith("image/"):
        raise Refusal("not_a_picture", Text("这里需要一张图片。", "A picture is needed here."))
    row = Evidence(
        kind=kind,
        digest=store.put(cleaned),
        size=len(cleaned),
        media_type=media_type,
        account_id=actor.account,
        received=clock.now(),
    )
    if owner is not None and name:
        row.name = seals.seal(seals.key_of(owner), _place(row.pk), name[-120:])
    row.save(force_insert=True)
    return row


def name_of(row: Evidence) -> str:
    """The file's own name; empty when it was not kept or was erased."""
    return "" if row.name is None else seals.unseal(row.name, _place(row.pk)) or ""


def path_of(row: Evidence) -> Path:
    """Where the bytes lie. Raises Refusal("evidence_missing") when they are gone or were erased."""
    path = store.path_of(row.digest)
    if not path.is_file():
        raise Refusal("evidence_missing", Text("附件已不在库中。", "The file is no longer kept."))
    return path


def _place(row: uuid.UUID) -> seals.Place:
    return seals.Place("evidence", "name", row)


def _read(content: bytes | BinaryIO, limit: int) -> bytes:
    """All bytes, but never more than one piece beyond the limit, whatever the sender promised."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    pieces, size = [], 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > limit:
            megabytes = limit / (1024 * 1024)
            raise Refusal(
                "too_large",
                Text(f"文件超过 {megabytes:g} MB。", f"The file is larger than {megabytes:g} MB."),
                Text("请压缩图片或拆分文件后再上传。", "Make the picture smaller, or split the file."),
            )
        pieces.append(piece)
    return b"".join(pieces)
