"""What the operator has said: the environment variables, read once and typed, and the key file.

No web framework here: `taizhang screen` runs on a machine without the site.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

ROOT = Path(__file__).resolve().parents[2]
KEY_BYTES = 32
SQLITE_NAME = "taizhang.sqlite3"
DIGESTS = ("sha256", "sm3")
SEALS = ("aes-256-gcm", "sm4-gcm")


@dataclass(frozen=True)
class PostgresAddress:
    """Where a PostgreSQL database is and as whom it is entered."""

    name: str
    user: str
    password: str = field(repr=False)
    host: str
    port: str


@dataclass(frozen=True)
class Environment:
    """Every setting that an operator can make, with its default filled in."""

    data: Path
    library: Path
    key_file: Path
    database: PostgresAddress | None
    owner: PostgresAddress | None
    as_owner: bool
    serving: bool
    https: bool
    hosts: tuple[str, ...]
    debug: bool
    digest: str
    seal: str
    backup_key: str  # the public key to which backups are sealed; empty: they are not

    @property
    def entered_as(self) -> PostgresAddress | None:
        """The database address for this process: the owner's where it migrates, else the site's own."""
        return self.owner or self.database if self.as_owner else self.database


@dataclass(frozen=True)
class Keys:
    """The three independent secrets of an installation, 32 bytes each; none is ever printed."""

    site: bytes = field(repr=False)
    wrapping: bytes = field(repr=False)
    lookup: bytes = field(repr=False)


def read(variables: Mapping[str, str]) -> Environment:
    """The environment as a typed value; raises Refusal("environment") for a value that means nothing."""
    data = Path(variables.get("TAIZHANG_DATA") or "data").absolute()
    key_file = variables.get("TAIZHANG_KEY_FILE")
    return Environment(
        data=data,
        library=Path(variables.get("TAIZHANG_LIBRARY") or ROOT / "library").absolute(),
        key_file=Path(key_file).absolute() if key_file else data.with_name(data.name + ".key"),
        database=_postgres(variables, "TAIZHANG_DATABASE_URL"),
        owner=_postgres(variables, "TAIZHANG_OWNER_DATABASE_URL"),
        as_owner=_switch(variables, "TAIZHANG_AS_OWNER"),
        serving=_switch(variables, "TAIZHANG_SERVING"),
        https=_switch(variables, "TAIZHANG_HTTPS"),
        hosts=_hosts(variables),
        debug=_switch(variables, "TAIZHANG_DEBUG"),
        digest=_one_of(variables, "TAIZHANG_DIGEST", DIGESTS),
        seal=_one_of(variables, "TAIZHANG_SEAL", SEALS),
        backup_key=variables.get("TAIZHANG_BACKUP_KEY", ""),
    )


def keys(path: Path) -> Keys | None:
    """The keys in the file, None where there is no file; raises Refusal("key_file") for a file not to be trusted."""
    try:
        mode = path.stat().st_mode
        content = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refusal(
            "key_file",
            Text(f"密钥文件 {path} 其他人也能读取。", f"The key file {path} can be read by others."),
            Text(f"请执行 chmod 600 {path}。", f"Run: chmod 600 {path}"),
        )
    try:
        held = json.loads(content)
        found = Keys(*(bytes.fromhex(held[name]) for name in ("site", "wrapping", "lookup")))
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    if {len(found.site), len(found.wrapping), len(found.lookup)} != {KEY_BYTES}:
        raise _damaged(path)
    return found


def make_keys(environment: Environment) -> Keys:
    """The keys, made at the first start; raises Refusal("key_file") where data were already sealed under others."""
    found = keys(environment.key_file)
    if found is not None:
        return found
    if (environment.data / SQLITE_NAME).exists():
        raise Refusal(
            "key_file",
            Text(
                f"{environment.data} 已有数据库，密钥文件 {environment.key_file} 却不见了；没有它读不出密封的内容。",
                f"{environment.data} holds a database but its key file {environment.key_file} is missing; "
                "sealed values cannot be read without it.",
            ),
            Text("请从备份或信封里取回密钥文件。", "Bring the key file back from the backup or the recovery envelope."),
        )
    environment.key_file.parent.mkdir(parents=True, exist_ok=True)
    content = {name: secrets.token_hex(KEY_BYTES) for name in ("site", "wrapping", "lookup")}
    # O_EXCL: two first starts at once must not each keep a key of their own
    handle = os.open(environment.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    made = keys(environment.key_file)
    assert made is not None  # noqa: S101  # written and synced two lines above
    return made


def _postgres(variables: Mapping[str, str], name: str) -> PostgresAddress | None:
    value = variables.get(name)
    if not value:
        return None
    parts = urlsplit(value)
    database = parts.path.lstrip("/")
    if parts.scheme not in ("postgres", "postgresql") or not database or not parts.username:
        # the value itself may hold a password: it is not repeated
        raise Refusal(
            "environment",
            Text(f"{name} 不是 PostgreSQL 地址。", f"{name} is not the address of a PostgreSQL database."),
            Text(
                "写法：postgres://用户:密码@主机:端口/数据库；不用 PostgreSQL 时请不要设置它。",
                "Write postgres://user:password@host:port/database, or unset it to use SQLite.",
            ),
        )
    return PostgresAddress(
        name=unquote(database),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        host=parts.hostname or "",
        port=str(parts.port or ""),
    )


def _switch(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "")
    if value not in ("", "0", "1"):
        raise Refusal(
            "environment",
            Text(f"{name} 只能是 0 或 1。", f"{name} is either 0 or 1."),
            Text(f"现在是“{value}”。", f"It is now {value!r}."),
        )
    return value == "1"


def _one_of(variables: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = variables.get(name) or allowed[0]
    if value not in allowed:
        choices = " / ".join(allowed)
        raise Refusal(
            "environment",
            Text(f"{name} 不认识“{value}”。", f"{name} cannot be {value!r}."),
            Text(f"可选：{choices}。", f"It is one of {choices}."),
        )
    return value


def _hosts(variables: Mapping[str, str]) -> tuple[str, ...]:
    named = [name.strip() for name in variables.get("TAIZHANG_HOSTS", "").split(",")]
    return ("127.0.0.1", "localhost", "[::1]", *(name for name in named if name))


def _damaged(path: Path) -> Refusal:
    return Refusal(
        "key_file",
        Text(f"密钥文件 {path} 已损坏。", f"The key file {path} is damaged."),
        Text("请从备份或信封里取回密钥文件。", "Bring the key file back from the backup or the recovery envelope."),
    )
