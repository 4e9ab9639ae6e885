"""Plain values as frozen dataclasses: checked by pydantic once, then built straight from what was found good.

Loading pydantic and making models of it takes as long as screening a village; a command that only needs what a text said last
time goes without.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from taizhang.kit import remembered

T = TypeVar("T")


class Misshapen(ValueError):
    """A value does not have the shape of a type: where, and what is wrong there."""

    def __init__(self, where: tuple[str | int, ...], said: str):
        super().__init__(said)
        self.where, self.said = where, said


def checked(kind: type[T], data: Any) -> T:
    """The value as a dataclass; other dataclasses, mappings and tuples within. Raises Misshapen with the first fault."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise Misshapen(tuple(first["loc"]), first["msg"]) from error


def recall(kind: type[T], text: str) -> dict[str, T] | None:
    """What a text was found to declare before, by name; None where nobody remembers."""
    made: Callable[[Any], T] = _maker(cast(Hashable, kind))
    known = remembered.recall(_key(kind, text))
    try:
        return {name: made(data) for name, data in known.items()}
    except (AttributeError, TypeError):
        return None


def keep(kind: type[T], text: str, declared: Mapping[str, T]) -> None:
    """Remember what a text was found to declare."""
    plain = {name: asdict(one) for name, one in declared.items() if is_dataclass(one) and not isinstance(one, type)}
    remembered.keep(_key(kind, text), plain)


@cache
def _source(module: str) -> str:
    """The text of the module that declares a type: what was built by another one is not recalled."""
    return Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8")


def _key(kind: type[Any], text: str) -> str:
    return "\0".join((kind.__name__, _source(kind.__module__), text))


@cache
def _maker(kind: Hashable) -> Callable[[Any], Any]:
    """What builds a type from plain values that are known to be good."""
    inner = get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        said = get_type_hints(kind)
        makers = {one.name: _maker(said[one.name]) for one in fields(kind)}
        return lambda data: kind(**{name: makers[name](value) for name, value in data.items()})
    if get_origin(kind) is tuple:
        return lambda data: tuple(map(_maker(inner[0]), data))
    if get_origin(kind) is Mapping:
        return lambda data: {name: _maker(inner[1])(value) for name, value in data.items()}
    parts: list[Any] = [one for one in inner if is_dataclass(one)]  # one such type, or plain values
    return lambda data: _maker(parts[0])(data) if parts and isinstance(data, dict) else data
