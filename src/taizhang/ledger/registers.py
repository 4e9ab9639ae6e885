"""The attributes of registers that a condition may read as `subject.NAME`; the registers themselves are typed tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

AttributeType = Literal["string", "strings", "int", "bool", "date"]

_ALWAYS: Final[Mapping[str, AttributeType]] = {"id": "string", "area": "string"}
# `children` are the areas directly inside an area, `households` counts those that live in it.
# `members` share house and purse, `registered` stand in the household register; `labour` counts those able to work.
# `income_*` is the latest reckoning that was confirmed: fen per head, against the line of its day, and for how many months
# one reckoning after the other has lain above its line; not known while there is none.
REGISTERS: Final[Mapping[str, Mapping[str, AttributeType]]] = {
    "area": {**_ALWAYS, "level": "string", "children": "strings", "households": "int"},
    "organisation": {**_ALWAYS, "kind": "string", "level": "string"},
    "household": {
        **_ALWAYS, "kind": "string", "former_poor": "bool", "members": "int", "registered": "int", "labour": "int",
        "income_known": "bool", "income_head": "int", "income_above": "bool", "income_steady_months": "int", "income_purpose": "string",
        "income_ends": "date",
    },
    "resident": {**_ALWAYS, "household": "string", "age": "int", "alive": "bool"},
    "enterprise": {**_ALWAYS, "kind": "string", "grade": "string"},
    "place": {**_ALWAYS, "kind": "string"},
    "product": {**_ALWAYS, "kind": "string", "enterprise": "string"},
    "project": {**_ALWAYS, "kind": "string", "organisation": "string"},
}  # fmt: skip
