"""Sealed values: what may not lie in chained bytes or in plain columns, under a key for each person, household or case.

A key is random and wrapped by the key file (outside the data directory). Destroying the wrapped key makes every value
under it unreadable and leaves the chain whole, because chained bytes hold only a reference and a commitment.

A sealed value is  version (1 byte) | key id (16) | nonce (12) | cipher text and tag;  table, field and row are bound
in, so that a value cannot be moved to another place.
"""

from __future__ import annotations

import hmac
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from taizhang.core import statements
from taizhang.core.models import Sealed, SealKey
from taizhang.core.models.fields import new_id
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

AES: Final = 1
SM4: Final = 2
VERSIONS: Final[Mapping[str, int]] = {"aes-256-gcm": AES, "sm4-gcm": SM4}
NONCE: Final = 12
TAG: Final = 16
HEADER: Final = 1 + 16 + NONCE
Kind = Literal["resident", "household", "case", "area"]


class Owner(NamedTuple):
    """Whose key a value lies under."""

    kind: Kind
    id: uuid.UUID


class Place(NamedTuple):
    """Where a sealed value lies; bound into its cipher text."""

    table: str
    field: str
    row: uuid.UUID

    def bytes(self) -> bytes:
        """The place as the associated data of the cipher."""
        return f"{self.table}|{self.field}|{self.row}".encode()


class Reference(TypedDict):
    """What chained bytes say of a sealed value: which one, and a commitment to what it was."""

    sealed: str
    commitment: str


@dataclass(frozen=True)
class Key:
    """An unwrapped key."""

    id: uuid.UUID
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"  # never its bytes, in no log and no traceback


class Unreadable(Refusal):
    """The value was sealed under a key that is not the one in the key file, or its bytes were changed."""

    def __init__(self, place: str) -> None:
        super().__init__(
            "seal_broken",
            Text(
                "密封的内容读不出来：密钥不对，或内容被改动。",
                "A sealed value cannot be read: wrong key, or its bytes changed.",
            ),
            Text("请执行 taizhang doctor 检查密钥文件。", "Run taizhang doctor to check the key file."),
            {"place": place},
        )


# --- keys -----------------------------------------------------------------------------------------------------------


def key_of(owner: Owner) -> Key:
    """The key of a person, household or case, made when there is none. Raises Refusal("erased") once destroyed."""
    return keys_of(owner.kind, [owner.id])[owner.id]


def keys_of(kind: Kind, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Key]:
    """The keys of many owners by the owner's id, made where there are none. Raises Refusal("erased")."""
    wanted = list(dict.fromkeys(ids))
    found: dict[uuid.UUID, Key] = {}
    for some in _slices(wanted):
        for row in _kept(kind, some):
            if row.wrapped is None:
                raise Refusal("erased", Text("此人的资料已按规定删除。", "This person's data have been erased."))
            found[getattr(row, f"{kind}_id")] = _unwrap(row.id, bytes(row.wrapped))
    missing = [identity for identity in wanted if identity not in found]
    fresh = {identity: Key(new_id(), secrets.token_bytes(32)) for identity in missing}
    rows = [SealKey(id=key.id, wrapped=_wrap(key), **{f"{kind}_id": identity}) for identity, key in fresh.items()]
    if connection.vendor != "postgresql":  # SQLite lets one writer in at a time
        SealKey.objects.bulk_create(rows, batch_size=500)
        return found | fresh
    SealKey.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    for some in _slices(missing):  # another writer may have been first with some of them
        for row in SealKey.objects.filter(**{f"{kind}_id__in": some}).exclude(wrapped=None):
            found[getattr(row, f"{kind}_id")] = _unwrap(row.id, bytes(row.wrapped or b""))
    return found


def _kept(kind: Kind, ids: list[uuid.UUID]) -> Iterable[SealKey]:
    if len(ids) == 1:
        named: dict[str, Any] = {kind: ids[0]}
        return statements.find(SealKey, **named)
    return SealKey.objects.filter(**{f"{kind}_id__in": ids})


def destroy(owner: Owner, at: datetime) -> bool:
    """Destroy an owner's key for ever; whether there was one to destroy."""
    rows = SealKey.objects.filter(**{f"{owner.kind}_id": owner.id}).exclude(wrapped=None)
    forget()
    return bool(rows.update(wrapped=None, destroyed_at=at))


def forget() -> None:
    """Drop the unwrapped keys that this process holds in memory."""
    _unwrap.cache_clear()
    _purpose_key.cache_clear()


def _wrap(key: Key) -> bytes:
    version = VERSIONS[settings.SEAL]
    nonce = secrets.token_bytes(NONCE)
    return bytes([version]) + nonce + _encrypt(version, _secrets().wrapping, nonce, key.secret, _wrapping_place(key.id))


@lru_cache(maxsize=4096)
def _unwrap(identity: uuid.UUID, wrapped: bytes) -> Key:
    nonce, cipher = wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :]
    try:
        return Key(identity, _decrypt(wrapped[0], _secrets().wrapping, nonce, cipher, _wrapping_place(identity)))
    except InvalidTag:
        raise Unreadable(f"key {identity}") from None


def _wrapping_place(identity: uuid.UUID) -> bytes:
    return f"seal key|{identity}".encode()


# --- values ---------------------------------------------------------------------------------------------------------


def seal(key: Key, place: Place, value: Any) -> bytes:
    """Seal a JSON value. Raises TypeError for what JSON cannot hold."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    version = VERSIONS[settings.SEAL]
    nonce = secrets.token_bytes(NONCE)
    return bytes([version]) + key.id.bytes + nonce + _encrypt(version, key.secret, nonce, plain, place.bytes())


def unseal(cipher: bytes | memoryview, place: Place) -> Any:
    """The value, or None once its owner's key was destroyed. Raises Unreadable."""
    return unseal_many([(bytes(cipher), place)])[0]


def unseal_many(sealed: Iterable[tuple[bytes | memoryview | None, Place]]) -> list[Any]:
    """The values in the order given, with two queries at most; None for None and for a destroyed key."""
    pairs = [(bytes(cipher) if cipher is not None else None, place) for cipher, place in sealed]
    wanted = {uuid.UUID(bytes=cipher[1:17]) for cipher, _ in pairs if cipher is not None}
    keys: dict[uuid.UUID, Key] = {}
    for some in _slices(list(wanted)):
        for identity, wrapped in SealKey.objects.filter(id__in=some).values_list("id", "wrapped"):
            if wrapped is not None:
                keys[identity] = _unwrap(identity, bytes(wrapped))
    return [
        None if cipher is None else _open(keys.get(uuid.UUID(bytes=cipher[1:17])), cipher, place)
        for cipher, place in pairs
    ]


def _open(key: Key | None, cipher: bytes, place: Place) -> Any:
    if key is None:
        return None
    try:
        return json.loads(_decrypt(cipher[0], key.secret, cipher[17:HEADER], cipher[HEADER:], place.bytes()))
    except InvalidTag:
        raise Unreadable(f"{place.table}.{place.field}") from None


def fresh_key() -> Key:
    """A random key whose identifier tells no time, for a store that keeps its keys itself."""
    return Key(uuid.uuid4(), secrets.token_bytes(32))


def wrap(key: Key) -> bytes:
    """A key as it is kept, wrapped by the key file."""
    return _wrap(key)


def unwrap(identity: uuid.UUID, wrapped: bytes) -> Key:
    """A kept key. Raises Unreadable under another key file."""
    return _unwrap(identity, wrapped)


def open_under(key: Key, cipher: bytes, place: Place) -> Any:
    """A value that was sealed under a key that the caller holds. Raises Unreadable."""
    return _open(key, cipher, place)


def keep(owner: Owner, field: str, value: Any) -> Reference:
    """Seal one value of an entry under its owner's key; what chained bytes may say of it."""
    return keep_many(owner, {field: value})[field]


def keep_many(owner: Owner, values: Mapping[str, Any]) -> dict[str, Reference]:
    """Seal the values of an entry by field (`ledger.field`); the references that chained bytes may hold."""
    if not values:
        return {}
    key = key_of(owner)
    rows, references = [], {}
    for field, value in values.items():
        identity, salt = new_id(), secrets.token_hex(16)
        # the salt lies with the value, so that after erasure nobody can test guesses against the commitment
        cipher = seal(key, Place("sealed", field, identity), {"salt": salt, "value": value})
        rows.append(Sealed(id=identity, key_id=key.id, field=field, cipher=cipher))
        references[field] = Reference(sealed=str(identity), commitment=_commitment(identity, field, salt, value))
    statements.insert(rows)
    return references


def is_reference(value: Any) -> bool:
    """Whether a value out of chained bytes is a reference to a sealed one."""
    return isinstance(value, Mapping) and value.keys() == {"sealed", "commitment"}


def read(references: Iterable[Reference]) -> dict[str, Any]:
    """The sealed values by the id that references name; None once erased.

    Raises Unreadable, also for a value that is not the one committed to.
    """
    wanted = {uuid.UUID(reference["sealed"]): reference["commitment"] for reference in references}
    rows: list[Sealed] = []
    for some in _slices(list(wanted)):
        rows.extend(Sealed.objects.filter(id__in=some))
    contents = unseal_many((row.cipher, Place("sealed", row.field, row.id)) for row in rows)
    values: dict[str, Any] = dict.fromkeys(map(str, wanted))
    for row, content in zip(rows, contents, strict=True):
        if content is None:
            continue
        made = _commitment(row.id, row.field, content["salt"], content["value"])
        if not hmac.compare_digest(made, wanted[row.id]):
            raise Unreadable(row.field)
        values[str(row.id)] = content["value"]
    return values


def _commitment(identity: uuid.UUID, field: str, salt: str, value: Any) -> str:
    said = json.dumps([str(identity), field, salt, value], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _keyed("commitment", said)


# --- looking up without reading -------------------------------------------------------------------------------------


def index(purpose: str, text: str) -> str:
    """A keyed digest (64 hexadecimal digits) by which equal normalised texts find each other; `purpose` keeps
    a phone from being compared with a number."""
    return _keyed(f"index {purpose}", text)


def keyed_digest(data: bytes) -> str:
    """A keyed digest of bytes, by which the same request is known again without being kept."""
    return _keyed("request", data.hex())


def name_tokens(name: str) -> frozenset[str]:
    """Keyed digests (32 hexadecimal digits) of a name's neighbouring pairs of characters; a single character is one."""
    plain = "".join(name.split())
    pairs = {plain[at : at + 2] for at in range(len(plain) - 1)} or {plain} - {""}
    return frozenset(index("name", pair)[:32] for pair in pairs)


# --- ciphers --------------------------------------------------------------------------------------------------------


def _secrets() -> Any:
    if settings.KEYS is None:
        raise Refusal(
            "key_file",
            Text("还没有密钥文件，不能密封或读取内容。", "There is no key file yet; nothing can be sealed or read."),
            Text("请先执行 taizhang demo 或 taizhang serve。", "Run taizhang demo or taizhang serve first."),
        )
    return settings.KEYS


def _keyed(purpose: str, text: str) -> str:
    return hmac.digest(_purpose_key(_secrets().lookup, purpose), text.encode(), "sha256").hex()


@lru_cache(maxsize=32)
def _purpose_key(lookup: bytes, purpose: str) -> bytes:
    return hmac.digest(lookup, purpose.encode(), "sha256")


def _encrypt(version: int, secret: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    if version == AES:
        return AESGCM(secret).encrypt(nonce, plain, bound)
    encryptor = Cipher(algorithms.SM4(secret[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def _decrypt(version: int, secret: bytes, nonce: bytes, cipher: bytes, bound: bytes) -> bytes:
    if version == AES:
        return AESGCM(secret).decrypt(nonce, cipher, bound)
    if version != SM4 or len(cipher) < TAG:
        raise InvalidTag
    decryptor = Cipher(algorithms.SM4(secret[:16]), modes.GCM(nonce, cipher[-TAG:])).decryptor()
    decryptor.authenticate_additional_data(bound)
    return decryptor.update(cipher[:-TAG]) + decryptor.finalize()


def _slices(items: list[uuid.UUID], size: int = 500) -> Iterable[list[uuid.UUID]]:
    return (items[at : at + size] for at in range(0, len(items), size))
