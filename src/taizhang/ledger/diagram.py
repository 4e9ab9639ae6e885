"""The stage diagram of a ledger as plain geometry: boxes in rows by distance from the opening, and lines between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from taizhang.kit.text import Text
from taizhang.ledger import routes
from taizhang.ledger.schema import Ledger

BOX_WIDTH: Final = 132
BOX_HEIGHT: Final = 44
GAP_X: Final = 36
GAP_Y: Final = 56
MARGIN: Final = 24
LANE: Final = 12


@dataclass(frozen=True)
class Box:
    """A stage: its place (left, top) and what it says."""

    stage: str
    label: Text
    end: bool
    first: bool
    x: int
    y: int
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT


@dataclass(frozen=True)
class Line:
    """The acts that lead from one stage to another: points of a polyline with an arrow at its end."""

    begins: str
    ends: str
    acts: tuple[Text, ...]
    points: tuple[tuple[int, int], ...]
    back: bool  # leads to an earlier row

    @property
    def path(self) -> str:
        """The line as SVG path data."""
        (x, y), *rest = self.points
        return f"M{x},{y} " + " ".join(f"L{px},{py}" for px, py in rest)

    @property
    def middle(self) -> tuple[int, int]:
        """Where a label of the line can stand."""
        one, two = self.points[len(self.points) // 2 - 1], self.points[len(self.points) // 2]
        return (one[0] + two[0]) // 2, (one[1] + two[1]) // 2


@dataclass(frozen=True)
class Diagram:
    """Everything to draw, in user units."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def diagram(ledger: Ledger) -> Diagram:
    """Lay out a ledger's stages; the same ledger always gives the same picture."""
    rows = _rows(ledger)
    widest = max((len(row) for row in rows), default=1)
    inner = widest * BOX_WIDTH + (widest - 1) * GAP_X
    first = {act.to for act in ledger.acts.values() if act.opens}
    boxes: dict[str, Box] = {}
    level: dict[str, int] = {}
    for number, row in enumerate(rows):
        for place, name in enumerate(row):
            stage = ledger.stages[name]
            x, y = MARGIN + place * (BOX_WIDTH + GAP_X), MARGIN + number * (BOX_HEIGHT + GAP_Y)
            boxes[name] = Box(name, stage.label, stage.end, name in first, x, y)
            level[name] = number
    lines, lanes = _lines(ledger, boxes, level, MARGIN + inner)
    height = 2 * MARGIN + len(rows) * BOX_HEIGHT + max(len(rows) - 1, 0) * GAP_Y
    return Diagram(2 * MARGIN + inner + lanes, height, tuple(boxes.values()), lines)


def _rows(ledger: Ledger) -> list[list[str]]:
    """Stages by the length of the shortest way from an opening; ends one row below the first that leads to them."""
    rank: dict[str, int] = {}
    ahead = [stage for act in ledger.acts.values() if act.opens for stage in routes.targets(ledger, act)]
    depth = 0
    while ahead:
        for stage in ahead:
            rank.setdefault(stage, depth)
        reached = {act.to for act in ledger.acts.values() if act.to and set(routes.sources(ledger, act)) & set(ahead)}
        ahead = [stage for stage in ledger.stages if stage in reached and stage not in rank]
        depth += 1
    open_depth = max((rank[name] for name in rank if not ledger.stages[name].end), default=0)
    for name, spec in ledger.stages.items():
        if name not in rank:
            rank[name] = 1 if spec.end else open_depth + 1
    rows = [
        [name for name in ledger.stages if rank[name] == number] for number in range(max(rank.values(), default=0) + 1)
    ]
    return [_ordered(row, ledger) for row in rows if row]


def _ordered(row: list[str], ledger: Ledger) -> list[str]:
    """Open stages on the left, ends on the right, each in the file's order."""
    return sorted(row, key=lambda name: ledger.stages[name].end)


def _ways(ledger: Ledger) -> Mapping[tuple[str, str], list[Text]]:
    ways: dict[tuple[str, str], list[Text]] = {}
    for act in ledger.acts.values():
        for begins in routes.sources(ledger, act):
            if act.to in ledger.stages and act.to != begins and act.to is not None:
                ways.setdefault((begins, act.to), []).append(act.label)
    return ways


def _lines(
    ledger: Ledger, boxes: Mapping[str, Box], level: Mapping[str, int], right: int
) -> tuple[tuple[Line, ...], int]:
    """The lines: straight down to the next row, else by lanes on the right, so that none runs through a box."""
    found: list[Line] = []
    lane_of: dict[str, int] = {}
    for (begins, ends), acts in _ways(ledger).items():
        one, two = boxes[begins], boxes[ends]
        points: tuple[tuple[int, int], ...]
        if level[ends] == level[begins] + 1:
            points = ((one.x + BOX_WIDTH // 2, one.y + BOX_HEIGHT), (two.x + BOX_WIDTH // 2, two.y))
        else:  # every way to a stage from further off joins that stage's lane
            lane = lane_of.setdefault(ends, len(lane_of))
            x, shift = right + LANE * (lane + 1), 6 + 3 * (lane % 6)
            leave, arrive = one.y + BOX_HEIGHT + shift, two.y - shift
            points = (
                (one.x + BOX_WIDTH - 12, one.y + BOX_HEIGHT), (one.x + BOX_WIDTH - 12, leave), (x, leave),
                (x, arrive), (two.x + BOX_WIDTH - 24, arrive), (two.x + BOX_WIDTH - 24, two.y),
            )  # fmt: skip
        found.append(Line(begins, ends, tuple(acts), points, level[ends] <= level[begins]))
    return tuple(found), LANE * len(lane_of)
