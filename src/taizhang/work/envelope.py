"""Backups that a thief cannot read: files sealed to a public key whose private half is not on this machine.

Hybrid public key encryption (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) in pieces, each of which is bound to its file, its
place in it and whether it is the last one, so that pieces cannot be exchanged, left out or cut off unnoticed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

SUFFIX: Final = ".sealed"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MARK: Final = "x25519:"
_PIECE: Final = 4 << 20  # bytes of a file that are sealed together
_LENGTH: Final = struct.Struct(">I")


def make_key(target: Path) -> str:
    """Write a new private key into a file that only this user can read; the public key, as `TAIZHANG_BACKUP_KEY` takes it.

    Raises Refusal("backup_key") where the file exists.
    """
    private = X25519PrivateKey.generate()
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _bad_key(f"{target} 已有文件，不会覆盖", f"{target} exists and is not overwritten") from None
    with os.fdopen(handle, "wb") as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return _MARK + base64.b64encode(private.public_key().public_bytes_raw()).decode()


def public(said: str) -> X25519PublicKey:
    """A public key from its text. Raises Refusal("backup_key")."""
    try:
        return X25519PublicKey.from_public_bytes(base64.b64decode(said.removeprefix(_MARK), validate=True))
    except (ValueError, binascii.Error):
        raise _bad_key("TAIZHANG_BACKUP_KEY 不是公钥", "TAIZHANG_BACKUP_KEY is no public key") from None


def private(path: Path) -> X25519PrivateKey:
    """The private key in a file. Raises Refusal("backup_key")."""
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        found = None
    if not isinstance(found, X25519PrivateKey):
        raise _bad_key(f"{path} 里没有备份私钥", f"{path} holds no private key of backups")
    return found


def mark(key: X25519PublicKey) -> str:
    """What tells one key from another; says nothing of the private one."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def seal(source: Path, target: Path, name: str, key: X25519PublicKey) -> None:
    """Seal a file under the name that it has in its backup."""
    with source.open("rb") as plain, target.open("wb") as sealed:
        at, piece = 0, plain.read(_PIECE)
        while True:
            following = plain.read(_PIECE)
            cipher = _SUITE.encrypt(piece, key, info=_place(name, at, last=not following))
            sealed.write(_LENGTH.pack(len(cipher)) + cipher)
            if not following:
                return
            at, piece = at + 1, following


def unseal(source: Path, target: Path, name: str, key: X25519PrivateKey) -> None:
    """Write what was sealed. Raises Refusal("backup_key") for another key, or a file that is not as it was sealed."""
    with source.open("rb") as sealed, target.open("wb") as plain:
        at, piece = 0, _piece(sealed.read(_LENGTH.size), sealed.read)
        while True:
            head = sealed.read(_LENGTH.size)
            try:
                plain.write(_SUITE.decrypt(piece, key, info=_place(name, at, last=not head)))
            except (InvalidTag, ValueError):
                raise _bad_key(f"私钥打不开 {name}", f"the private key does not open {name}") from None
            if not head:
                return
            at, piece = at + 1, _piece(head, sealed.read)


def _piece(head: bytes, read: Callable[[int], bytes]) -> bytes:
    return read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""


def _place(name: str, at: int, *, last: bool) -> bytes:
    return f"taizhang backup|{name}|{at}|{'last' if last else 'more'}".encode()


def _bad_key(zh: str, en: str) -> Refusal:
    return Refusal("backup_key", Text(f"{zh}。", f"{en[:1].upper()}{en[1:]}."))
