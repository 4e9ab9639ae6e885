"""The demo district on paper: its households at the beginning and at the end, and every step between. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from taizhang.demo import changes, fates, helped, mechanisms, past, people, year
from taizhang.demo.people import House
from taizhang.demo.story import Step, in_order
from taizhang.kit.days import SHANGHAI

HOME: Final = "410503100205"  # the village of those who can log in
LAST: Final = datetime(2021, 12, 20, 6, tzinfo=SHANGHAI)  # before the screening of the last morning


@dataclass(frozen=True)
class District:
    """What is acted out: households as the first register has them and as the last one does, and the steps in order."""

    home: str
    first: tuple[House, ...]
    houses: tuple[House, ...]
    fates: fates.Fates
    steps: tuple[Step, ...]
    answers: tuple[Step, ...]  # to the clues that the first screening opens

    @property
    def quiet(self) -> tuple[House, ...]:
        """The households of the log-ins' village about which nobody has opened a case of monitoring."""
        told = {step.subject for step in (*self.steps, *self.answers) if step.ledger == "household_monitoring"}
        return tuple(house for house in self.houses if house.village == self.home and house.number not in told)


def draw(areas: Sequence[Mapping[str, str]]) -> District:
    """The whole district from the rows of its area table (columns `code`, `level`)."""
    villages = [row["code"] for row in areas if row["level"] == "village"]
    rural = [code for code in villages if int(code[9:]) >= 200]
    towns = [row["code"] for row in areas if row["level"] == "town"]
    first = people.population([(code, code in rural) for code in villages])
    drawn = fates.draw(first, HOME)
    changed = changes.draw(drawn.changed, rural)
    homes = Counter(house.village for house in first)
    steps = [
        *past.schedule(drawn, rural, towns),
        *year.schedule(drawn, towns, {code: homes[code] for code in villages}, HOME),
    ]
    answers = year.answers(drawn)
    steps += helped.schedule(first, rural, [*steps, *answers], HOME)
    steps += changes.schedule(changed)
    steps += mechanisms.schedule(first, towns)
    return District(
        HOME, tuple(first), tuple(changes.after(first, changed)), drawn,
        tuple(step for step in in_order(steps) if step.at < LAST), tuple(answers),
    )  # fmt: skip
