"""The reckoning of a household's income: pure arithmetic in fen over the tree of income kinds. No rows, no clock.

Net income is what was earned, by business, from property and by transfers, less the costs of business, over the
twelve months before the month of the reckoning; per head it is shared by who live and share money together (form of
household data of a monitored household, as counties used it in 2021-2023). The reference income adds insurance claims
and takes off what was paid oneself. Kinds, rules and sources: `library/catalogues/income_kinds.csv`; the ratios that
stand in for costs without papers: `library/policies.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from taizhang.kit import days
from taizhang.kit.text import Text

GAINS: Final = ("wage", "business", "property", "transfer")
GROUPS: Final = (*GAINS, "cost", "claims", "self_paid")  # what a total is kept of
ASIDE: Final = "aside"  # written down, never counted
Origin = Literal["department", "record", "asked", "default"]
MONTHS: Final = 12
PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """One leaf of the tree: what it is, how it counts, and where that was read."""

    code: str
    label: Text
    group: str
    rule: Text
    source: str
    sure: str
    ratio: str = ""  # the policy number that stands in for a cost nobody has papers for, percent of the gain
    of: str = ""  # the gain that a cost belongs to
    measures: tuple[str, ...] = ()  # items of help whose payments are this income
    earns: tuple[str, ...] = ()  # items of help that bring this income
    usual: bool = True  # whether most households are asked about it


@dataclass(frozen=True, slots=True)
class Line:
    """One amount of a reckoning and why it is that amount. Fen; `day` is the day of the paper or payment behind it."""

    kind: str
    amount: int
    origin: Origin
    basis: str = ""  # the batch, case or paper, in words
    day: date | None = None
    known: int | None = None  # what a department says, where the household or the clerk says otherwise
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The totals of a reckoning, fen; heads are cut to the fen, comparisons are made before cutting."""

    totals: Mapping[str, int]  # by group
    persons: int

    @property
    def net(self) -> int:
        """Net income of the household."""
        return sum(self.totals[group] for group in GAINS) - self.totals["cost"]

    @property
    def reference(self) -> int:
        """Net income with claims added and self-paid costs taken off: what the need is told by."""
        return self.net + self.totals["claims"] - self.totals["self_paid"]

    @property
    def head(self) -> int:
        """Net income per head."""
        return per_head(self.net, self.persons)

    @property
    def reference_head(self) -> int:
        """Reference income per head."""
        return per_head(self.reference, self.persons)

    def above(self, line: int) -> bool:
        """Whether net income lies above a line per head; on the line is not above it."""
        return self.net > line * self.persons


def per_head(fen: int, persons: int) -> int:
    """Fen per person, cut to the fen towards zero. Raises ValueError without persons."""
    if persons < 1:
        raise ValueError("income is shared by one person at least")
    return fen // persons if fen >= 0 else -(-fen // persons)


def window(day: date) -> tuple[date, date]:
    """First and last day of the twelve months before the month of a day (visits of May: May of last year to April)."""
    first = day.replace(day=1)
    return days.add_months(first, -MONTHS), first - timedelta(days=1)


def is_window(begins: date, ends: date) -> bool:
    """Whether two days are the first and last of twelve whole months."""
    return (begins, ends) == window(ends + timedelta(days=1))


def kinds_of(rows: Iterable[Mapping[str, str]]) -> dict[str, Kind]:
    """The tree from the rows of the catalogue `income_kinds`, in the catalogue's order."""
    return {
        row["code"]: Kind(
            row["code"], Text(row["zh"], row["en"]), row["group"], Text(row["rule_zh"], row["rule_en"]), row["source"],
            row["sure"], row["ratio"], row["of"], tuple(row["measures"].split()), tuple(row["earns"].split()),
            row["usual"] == "yes",
        )
        for row in rows
    }  # fmt: skip


def defaults(lines: Sequence[Line], kinds: Mapping[str, Kind], ratios: Mapping[str, int]) -> tuple[Line, ...]:
    """The costs that nobody gave and that a ratio stands in for: percent of the gain, half a fen upwards.

    `ratios` are policy numbers in force, percent, by name. A cost that was given, were it nothing, is left alone.
    """
    gained: dict[str, int] = {}
    for line in lines:
        gained[line.kind] = gained.get(line.kind, 0) + line.amount
    made = []
    for kind in kinds.values():
        ratio = ratios.get(kind.ratio)
        if kind.of and kind.code not in gained and gained.get(kind.of) and ratio is not None:
            amount = (gained[kind.of] * ratio + PERCENT // 2) // PERCENT
            made.append(Line(kind.code, amount, "default", f"{kinds[kind.of].label.zh} × {ratio}%"))
    return tuple(made)


def complete(lines: Sequence[Line], kinds: Mapping[str, Kind], ratios: Mapping[str, int]) -> tuple[Line, ...]:
    """The lines in the order of the tree, with the costs that a ratio stands in for."""
    order = {code: place for place, code in enumerate(kinds)}
    return tuple(sorted((*lines, *defaults(lines, kinds, ratios)), key=lambda line: order[line.kind]))


def reckon(lines: Iterable[Line], kinds: Mapping[str, Kind], persons: int) -> Reckoned:
    """The totals of complete lines. What stands aside is not counted. Raises KeyError for a kind that is not known."""
    totals = dict.fromkeys(GROUPS, 0)
    for line in lines:
        group = kinds[line.kind].group
        if group != ASIDE:
            totals[group] += line.amount
    return Reckoned(totals, persons)


def unexplained(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that differ from what a department says and do not say why."""
    return tuple(line for line in lines if line.known is not None and line.known != line.amount and not line.note)


def steady_months(reckonings: Sequence[tuple[date, bool]]) -> int:
    """How long the income has lain above its line, in whole months between the first and last window of that row.

    `reckonings` are the last day of each window and whether the net income was above the line; in any order. One alone
    says nothing of steadiness: 0.
    """
    told = sorted(reckonings)
    row: list[date] = []
    for ends, above in told:
        row = [*row, ends] if above else []
    if not row:
        return 0
    first, last = row[0] + timedelta(days=1), row[-1] + timedelta(days=1)
    return (last.year - first.year) * MONTHS + last.month - first.month - (last.day < first.day)
