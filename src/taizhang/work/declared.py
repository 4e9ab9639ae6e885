"""The feeds, signals and rules that the library of this district declares, read once per process and folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from taizhang.kit import canonical
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.screen import feeds as declarations
from taizhang.screen import items as reading
from taizhang.screen import rules
from taizhang.screen.feeds import Feed
from taizhang.screen.items import Item
from taizhang.screen.rules import Rulebook

AREAS = "areas"  # the site has its own register of areas


def feeds() -> Mapping[str, Feed]:
    """Every feed by name."""
    return _feeds(Path(settings.LIBRARY))


def feed(name: str) -> Feed:
    """A feed that departments send. Raises NotFound."""
    found = feeds().get(name)
    if found is None or name == AREAS:
        raise NotFound(Text("这类数据", "This feed"))
    return found


def rulebook() -> Rulebook:
    """Rules, signals and numbers."""
    return _rulebook(Path(settings.LIBRARY))


def items() -> Mapping[str, Item]:
    """What several departments say of the same thing."""
    return _items(Path(settings.LIBRARY))


def numbers_digest() -> str:
    """The digest of the policy numbers, which a run reads."""
    return _numbers(Path(settings.LIBRARY))


def forget() -> None:
    """Read the library anew at the next use."""
    for cached in (_feeds, _rulebook, _numbers, _items):
        cached.cache_clear()


@lru_cache(maxsize=4)
def _feeds(folder: Path) -> Mapping[str, Feed]:
    return declarations.read_all(folder)


@lru_cache(maxsize=4)
def _rulebook(folder: Path) -> Rulebook:
    return rules.read(folder, _feeds(folder))


@lru_cache(maxsize=4)
def _items(folder: Path) -> Mapping[str, Item]:
    return reading.read(folder / "items.yaml")


@lru_cache(maxsize=4)
def _numbers(folder: Path) -> str:
    return canonical.digest((folder / "policies.yaml").read_bytes())
