"""Where the bytes of evidence lie: DATA/evidence/ab/DIGEST, written and synced before anything names them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final, cast

from django.conf import settings

from taizhang.core.models import District
from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

SPARE: Final = 200 * 1024 * 1024  # bytes that must stay free on the disk: the database needs room to say so


def algorithm() -> canonical.Algorithm:
    """The digest algorithm of this district's chain."""
    district = District.objects.first()
    return cast(canonical.Algorithm, district.algorithm if district else settings.DIGEST)


def path_of(digest: str) -> Path:
    """Where the bytes with that digest lie, whether they are there or not."""
    return Path(settings.EVIDENCE) / digest[:2] / digest


def put(data: bytes) -> str:
    """Keep bytes; their digest. The same bytes are kept once. Raises Refusal("disk_full")."""
    digest = canonical.digest(data, algorithm())
    target = path_of(digest)
    if target.exists():
        return digest
    _make(target.parent)
    part = target.with_name(f"{digest}.{secrets.token_hex(4)}.part")
    try:
        _spare(target.parent, len(data))
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        sync(target.parent)  # the name itself must survive a power cut, not only the bytes
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _full(error.strerror or "") from None
    return digest


def remove(digest: str) -> bool:
    """Remove bytes that an erasure names; whether they were there."""
    target = path_of(digest)
    if not target.exists():
        return False
    target.unlink()
    sync(target.parent)
    return True


def sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make(folder: Path) -> None:
    missing = [part for part in (folder, folder.parent) if not part.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in missing:
        sync(part.parent)


def _spare(folder: Path, size: int) -> None:
    room = os.statvfs(folder)
    if room.f_bavail * room.f_frsize < size + SPARE:
        raise _full("")


def _full(reason: str) -> Refusal:
    return Refusal(
        "disk_full",
        Text(
            "附件没有保存：磁盘空间不足或不能写。",
            f"The file was not kept: the disk is full or cannot be written. {reason}".rstrip(),
        ),
        Text("请联系系统管理员清理磁盘后重试。", "Ask the system administrator to make room, then try again."),
    )
