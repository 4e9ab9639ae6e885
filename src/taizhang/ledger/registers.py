"""The attributes of registers that a condition may read as `subject.NAME`; the registers themselves are typed tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

AttributeType = Literal["string", "int", "bool", "date"]

_ALWAYS: Final[Mapping[str, AttributeType]] = {"id": "string", "area": "string"}
# `members` share house and purse, `registered` stand in the household register; `labour` counts those able to work.
REGISTERS: Final[Mapping[str, Mapping[str, AttributeType]]] = {
    "area": {**_ALWAYS, "level": "string"},
    "organisation": {**_ALWAYS, "kind": "string"},
    "household": {
        **_ALWAYS, "kind": "string", "former_poor": "bool", "members": "int", "registered": "int", "labour": "int",
    },
    "resident": {**_ALWAYS, "household": "string", "age": "int", "alive": "bool"},
    "enterprise": {**_ALWAYS, "kind": "string", "grade": "string"},
    "place": {**_ALWAYS, "kind": "string"},
    "product": {**_ALWAYS, "kind": "string", "enterprise": "string"},
    "project": {**_ALWAYS, "kind": "string", "organisation": "string"},
}  # fmt: skip
