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
    hasher = hashes.Hash(hashes.SM3())
    hasher.update(data)
    return hasher.finalize().hex()
