"""Policy numbers: every figure that differs by place or year is dated data with its source, never a constant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from taizhang.kit import money
from taizhang.kit.days import Duration
from taizhang.kit.text import Text

PolicyType = Literal["money", "int", "text", "duration"]
SURE = ("high", "medium", "low", "chosen")  # how well it was confirmed; chosen: a default that nobody published
PolicyValue = int | str  # money in fen; durations as "15 days"


@dataclass(frozen=True)
class Dated:
    """One published value: for an area (a code or a beginning of one) from a day, to a day where one is set."""

    area: str
    begins: date
    ends: date | None
    value: PolicyValue
    source: str
    sure: str
    decided: bool = False  # an office decided it in place of a default that nobody published

    def covers(self, area: str, day: date) -> bool:
        """Whether it holds there on that day."""
        return area.startswith(self.area) and self.begins <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True)
class Policy:
    """A named number with all the values that were ever published for it, and those that an office entered itself."""

    name: str
    label: Text
    type: PolicyType
    unit: str
    values: tuple[Dated, ...]
    entered: tuple[Dated, ...] = ()
    law: bool = False  # set by a law of the land

    def binding(self, area: str, day: date) -> Dated | None:
        """The published value that an office there may not decide otherwise: set by a law, or for a named area above it."""
        found = [value for value in self.values if value.covers(area, day)]
        held = max(found, key=lambda value: (len(value.area), value.begins), default=None)
        return held if held is not None and (self.law or held.area) else None

    def in_force(self, area: str, day: date) -> Dated | None:
        """The value for an area on a day: one that an office decided, then a published one, then one that an office entered
        where none is published; of these the nearest area wins, then the latest beginning; None if there is none."""
        decided = tuple(value for value in self.entered if value.decided)
        for values in (decided, self.values, self.entered):
            found = [value for value in values if value.covers(area, day)]
            if found:
                return max(found, key=lambda value: (len(value.area), value.begins))
        return None


def amount(type_: PolicyType, raw: object) -> PolicyValue:
    """A value as written in the file, in the unit used inside (money in fen). Raises ValueError."""
    if type_ == "money":
        return money.parse(str(raw))
    if type_ == "duration":
        return str(Duration.parse(str(raw)))
    if type_ == "int":
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise ValueError(f"{raw!r} is no whole number")
        return raw
    return str(raw)


def read(name: str, raw: Mapping[str, object]) -> Policy:
    """One policy number from its mapping in `policies.yaml`. Raises ValueError that says what is missing."""
    kind = raw.get("type", "int")
    if kind not in ("money", "int", "text", "duration"):
        raise ValueError(f"{name}: type is money, int, text or duration, not {kind}")
    rows = raw.get("values") or []
    if not isinstance(rows, list):
        raise ValueError(f"{name}: `values` is a list of {{area, from, value, source, sure}}")
    values = []
    for row in rows:
        if row.get("sure") not in SURE:
            raise ValueError(f"{name}: `sure` is one of {', '.join(SURE)}")
        missing = {"area", "from", "value", "source", "sure"} - set(row)
        if missing:
            raise ValueError(f"{name}: a value lacks {', '.join(sorted(missing))}")
        ends = date.fromisoformat(str(row["to"])) if row.get("to") else None
        values.append(
            Dated(str(row["area"]), date.fromisoformat(str(row["from"])), ends, amount(kind, row["value"]),
                  str(row["source"]), str(row["sure"]))
        )  # fmt: skip
    for label in ("zh", "en"):
        if not raw.get(label):
            raise ValueError(f"{name}: the label {label} is missing")
    return Policy(name, Text(str(raw["zh"]), str(raw["en"])), kind, str(raw.get("unit", "")), tuple(values),
                  law=raw.get("law") is True)  # fmt: skip
