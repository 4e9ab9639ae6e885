"""Files that lie sealed beside the database: what departments sent, and what was sent back to them.

DATA/feeds/BATCH/NAME.sealed is a row of pieces, each its length (4 bytes) and a sealed value; batch, file and position
are bound into every piece. The key is that of the district's area, wrapped by the key file like every other.
"""

from __future__ import annotations

import base64
import os
import shutil
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.conf import settings

from taizhang.core import seals, store
from taizhang.core.models import Area, District
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

ENDING: Final = ".sealed"
_PIECE: Final = 1 << 22
_LENGTH: Final = 4
_END: Final = "end"


def folder() -> Path:
    """Where all batches lie."""
    return Path(settings.DATA) / "feeds"


def make(place: Path) -> Path:
    """A folder that only this account can read."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def key() -> seals.Key:
    """The key of the district's own files. Raises Refusal("no_district") before it is founded."""
    district = District.objects.first()
    area = Area.objects.filter(path=district.code).first() if district else None
    if area is None:
        raise Refusal(
            "no_district",
            Text("本库还没有县区的区划。", "This database has no area of its district yet."),
            Text("请先导入区划。", "Load the areas first."),
        )
    return seals.key_of(seals.Owner("area", area.pk))


def put(source: Path | bytes, target: Path, owner: uuid.UUID) -> None:
    """Seal a file (or bytes) into `target`, written and synced; `owner` is the batch or job it belongs to."""
    secret = key()
    part = target.with_name(f"{target.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sealed:
        at = 0
        for at, piece in enumerate(_pieces(source), 1):
            _write(sealed, seals.seal(secret, _place(target, owner, at), _packed(piece)))
        _write(sealed, seals.seal(secret, _place(target, owner, at + 1), _END))
        sealed.flush()
        os.fsync(sealed.fileno())
    part.replace(target)


def pieces(target: Path, owner: uuid.UUID) -> Iterator[bytes]:
    """The content, piece by piece. Raises NotFound when it is no longer kept, seals.Unreadable when it was changed."""
    if not target.is_file():
        raise NotFound(Text("这个文件（保管期已过或已清除）", "The file (it was kept for its time only)"))
    with target.open("rb") as sealed:
        at = 0
        while head := sealed.read(_LENGTH):
            at += 1
            value = _opened(sealed.read(int.from_bytes(head)), _place(target, owner, at))
            if value == _END:
                return
            if value is None:
                raise seals.Unreadable(target.name)
            yield zlib.decompress(base64.b64decode(value))
    raise seals.Unreadable(target.name)  # its end is missing


def read(target: Path, owner: uuid.UUID) -> bytes:
    """The whole content. Raises NotFound and seals.Unreadable like `pieces`."""
    return b"".join(pieces(target, owner))


def restore(target: Path, owner: uuid.UUID, copy: Path) -> Path:
    """Write the content into a file that only this account can read."""
    with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as plain:
        for piece in pieces(target, owner):
            plain.write(piece)
    return copy


def settle(made: Path, target: Path) -> None:
    """Give a folder that was written elsewhere on the disk its name, so that it is there whole or not at all."""
    for path in sorted(made.rglob("*")):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    make(target.parent)
    made.rename(target)
    store.sync(target.parent)


def remove(place: Path) -> bool:
    """Remove a folder or a file; whether it was there."""
    if place.is_dir():
        shutil.rmtree(place)
        return True
    there = place.exists()
    place.unlink(missing_ok=True)
    return there


def _pieces(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield from (source[at : at + _PIECE] for at in range(0, len(source), _PIECE))
        return
    with source.open("rb") as plain:
        while piece := plain.read(_PIECE):
            yield piece


def _opened(piece: bytes, place: seals.Place) -> Any:
    try:
        return seals.unseal(piece, place)
    except (ValueError, IndexError):  # cut so short that it is no sealed value at all
        raise seals.Unreadable(place.field) from None


def _write(sealed: BinaryIO | Any, value: bytes) -> None:
    sealed.write(len(value).to_bytes(_LENGTH) + value)


def _packed(piece: bytes) -> str:
    return base64.b64encode(zlib.compress(piece, 1)).decode()


def _place(target: Path, owner: uuid.UUID, at: int) -> seals.Place:
    return seals.Place("vault", f"{target.name}#{at}", owner)
