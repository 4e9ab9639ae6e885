"""Whether a supply and a demand meet, and why: category, quantity, time, place. Pure; nothing is weighed into a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from taizhang.kit import areacode
from taizhang.kit.text import Text

SUPPLY: Final = "supply"
_LEVELS: Final = (
    ("village", "同一个村（社区）", "in the same village"),
    ("town", "同一个乡镇（街道）", "in the same town"),
)


@dataclass(frozen=True, slots=True)
class Post:
    """What is offered or wanted: how much, from which day to which (both included), where (a path)."""

    side: str  # supply or demand
    goods: str
    label: Text  # of the goods
    unit: str
    quantity: int
    since: date
    until: date
    path: str
    place: str


@dataclass(frozen=True, slots=True)
class Match:
    """Two posts of one kind of goods on opposite sides: what speaks for them, and what against."""

    reasons: tuple[Text, ...]
    against: tuple[Text, ...]
    covered: int  # percent of what is wanted
    days: int  # on which both stand; 0: they never meet
    far: int  # 0 the same village, 1 the same town, 2 further

    @property
    def fits(self) -> bool:
        """Whether they can meet at all."""
        return not self.against

    @property
    def order(self) -> tuple[bool, int, int, int]:
        """What fits first; then who covers more, who is nearer, who has more time."""
        return (not self.fits, -self.covered, self.far, -self.days)


def compare(one: Post, other: Post) -> Match | None:
    """How two posts meet; None where they are of one side or of different goods."""
    if one.side == other.side or one.goods != other.goods:
        return None
    supply, demand = (one, other) if one.side == SUPPLY else (other, one)
    reasons = [Text(f"都是{one.label.zh}", f"Both are {one.label.en.lower()}")]
    against = []
    covered = min(100, supply.quantity * 100 // demand.quantity)
    had, wanted = f"{supply.quantity:,}", f"{demand.quantity:,}"
    if supply.quantity >= demand.quantity:
        quantity = Text(
            f"能供 {had} {one.unit}，够所需的 {wanted} {one.unit}", f"{had} offered cover the {wanted} wanted"
        )
    else:
        quantity = Text(
            f"能供 {had} {one.unit}，是所需 {wanted} {one.unit}的 {covered}%",
            f"{had} offered are {covered}% of the {wanted} wanted",
        )
    reasons.append(quantity)
    begins, ends = max(one.since, other.since), min(one.until, other.until)
    days = max(0, (ends - begins).days + 1)
    if days:
        both = Text(f"{begins} 至 {ends} 都在期内，{days} 天", f"Both stand from {begins} to {ends}, {days} days")
        reasons.append(both)
    else:
        never = Text(f"一方 {ends} 结束，另一方 {begins} 才开始", f"One ends on {ends}, the other begins on {begins}")
        against.append(never)
    far, nearness = _near(one, other)
    return Match((*reasons, nearness), tuple(against), covered, days, far)


def _near(one: Post, other: Post) -> tuple[int, Text]:
    for far, (level, zh, en) in enumerate(_LEVELS):
        where = areacode.at(one.path, level)
        if where is not None and where == areacode.at(other.path, level):
            return far, Text(f"{zh}：{one.place}", f"{en[0].upper()}{en[1:]}: {one.place}")
    return len(_LEVELS), Text(
        f"都在本区：{one.place}、{other.place}", f"Both in this district: {one.place}, {other.place}"
    )
