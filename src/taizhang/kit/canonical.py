"""Canonical bytes (RFC 8785) and the digests the chain is made of."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

import rfc8785
from cryptography.hazmat.primitives import hashes

Algorithm = Literal["sha256", "sm3"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("sha256", "sm3")


def encode(value: Any) -> bytes:
    """The one byte form of a JSON value (RFC 8785). Raises ValueError for what JSON cannot hold."""
    return rfc8785.dumps(value)


def digest(data: bytes, algorithm: Algorithm = "sha256") -> str:
    """The hexadecimal digest of bytes."""
    if algorithm == "sha256":
        return hashlib.sha256(data).hexdigest()
    hasher = Hasher(algorithm)
    hasher.update(data)
    return hasher.hexdigest()


class Hasher:
    """A digest of bytes that come in pieces."""

    def __init__(self, algorithm: Algorithm = "sha256") -> None:
        self._hash = hashes.Hash(hashes.SHA256() if algorithm == "sha256" else hashes.SM3())

    def update(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._hash.update(piece)

    def hexdigest(self) -> str:
        """The hexadecimal digest of all pieces; asked for once."""
        return self._hash.finalize().hex()
