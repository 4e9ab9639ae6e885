"""Since when, and until when, each household was in watch, read from the steps that say so. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from taizhang.demo.story import Step


@dataclass(frozen=True)
class Spell:
    """One time in watch: from the day of its announcement to the day of the removal or exit."""

    since: date
    until: date | None = None
    removing: bool = False  # whether its removal was ever proposed


def spells(lived: Sequence[Step]) -> dict[str, list[Spell]]:
    """The spells of each household that was ever watched, in order, by its number."""
    found: dict[str, list[Spell]] = {}
    for step in lived:
        if step.ledger != "household_monitoring":
            continue
        told, day = found.setdefault(step.subject, []), step.at.date()
        if step.act == "announce":
            told.append(Spell(day))
        elif step.act == "propose_removal":
            told[-1] = replace(told[-1], removing=True)
        elif step.act in ("announce_removal", "confirm_exit"):
            told[-1] = replace(told[-1], until=day)
        elif step.act == "roll_back":
            told[-1] = replace(told[-1], until=None)
    return {number: told for number, told in found.items() if told}
