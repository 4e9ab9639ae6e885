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
THINGS: Final = ("enterprise", "place", "product", "project")  # registers that share one table
# `kind` and `grade` are codes (catalogues `enterprise_kinds` and so on, `thing_grades`); `enterprise` whose it is (id),
# `organisation` who answers for it (code): empty where nobody does. `open` is false once it was closed or merged away.
_OF_THINGS: Final[Mapping[str, AttributeType]] = {
    "kind": "string", "grade": "string", "enterprise": "string", "organisation": "string", "open": "bool",
}  # fmt: skip
REGISTERS: Final[Mapping[str, Mapping[str, AttributeType]]] = {
    "area": {**_ALWAYS, "level": "string", "children": "strings", "households": "int"},
    "organisation": {**_ALWAYS, "kind": "string", "level": "string"},
    "household": {
        **_ALWAYS, "kind": "string", "former_poor": "bool", "members": "int", "registered": "int", "labour": "int",
        "income_known": "bool", "income_head": "int", "income_above": "bool", "income_steady_months": "int", "income_purpose": "string",
        "income_ends": "date",
    },
    "resident": {**_ALWAYS, "household": "string", "age": "int", "alive": "bool"},
    **{name: {**_ALWAYS, **_OF_THINGS} for name in THINGS},
}  # fmt: skip
