"""The words of public notices, from the library: title, opening, columns, how to object; and which facts may be named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from taizhang.kit.text import Text
from taizhang.ledger import yaml12


@dataclass(frozen=True)
class Wording:
    """The words of one kind of notice; `{village}`, `{town}`, `{days}`, `{from}`, `{to}` stand for what each one says."""

    title: Text
    opening: Text
    columns: Mapping[str, Text]  # shown fact -> its head, in this order
    objection: Text | None
    issuer: Text
    surname_only: bool  # on pages that anyone can open


def of(ledger: str, act: str) -> Wording | None:
    """The words for the notices that an act posts; None where the library has none."""
    return _all(Path(settings.LIBRARY) / "notices.yaml").get(f"{ledger}.{act}")


@lru_cache(maxsize=4)
def _all(file: Path) -> Mapping[str, Wording]:
    if not file.exists():
        return {}
    raw: Mapping[str, Any] = yaml12.read(file.read_text(encoding="utf-8")).data
    return {name: _wording(one) for name, one in raw.items()}


def _wording(raw: Mapping[str, Any]) -> Wording:
    columns = {key: _text(words) for key, words in raw["columns"].items()}
    objection = _text(raw["objection"]) if "objection" in raw else None
    covered = (raw.get("web") or {}).get("subject", "surname_only") == "surname_only"
    return Wording(_text(raw["title"]), _text(raw["opening"]), columns, objection, _text(raw["issuer"]), covered)


def _text(raw: Mapping[str, str]) -> Text:
    return Text(str(raw["zh"]), str(raw["en"]))
