"""Canonical bytes (RFC 8785) and the digests the chain is made of."""

from __future__ import annotations

import hashlib
import json
from importlib import import_module
from typing import Any, Final, Literal

import rfc8785

Algorithm = Literal["sha256", "sm3"]
_SAFE: Final = 2**53 - 1  # beyond it a number of JSON is not exact
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("sha256", "sm3")


def encode(value: Any) -> bytes:
    """The one byte form of a JSON value (RFC 8785). Raises ValueError for what JSON cannot hold."""
    if _simple(value):  # what acts are made of: the same bytes from the encoder of the language, in a tenth of the time
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return rfc8785.dumps(value)


def _simple(value: Any) -> bool:
    """Whether the order of keys by code point is that by UTF-16, and no number is written in a way of its own."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_SAFE <= value <= _SAFE)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _simple(inner) for key, inner in value.items())
    return isinstance(value, list) and all(map(_simple, value))


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
        hashes = import_module("cryptography.hazmat.primitives.hashes")  # most commands need none of it
        self._hash = hashes.Hash(hashes.SHA256() if algorithm == "sha256" else hashes.SM3())

    def update(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._hash.update(piece)

    def hexdigest(self) -> str:
        """The hexadecimal digest of all pieces; asked for once."""
        return str(self._hash.finalize().hex())
