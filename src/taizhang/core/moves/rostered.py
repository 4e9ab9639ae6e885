"""Answering a cell of a roster: which one it is, whether it is owed, and that it is answered by one case alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from taizhang.core import statements, subjects
from taizhang.core.models import Case
from taizhang.core.subjects import Subject
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import World


def cell(
    law: Ledger, act: str, about: Subject, given: Mapping[str, Any], period: date | None, today: date, world: World
) -> tuple[str, date | None]:
    """The cell that an opening act answers, as item and first day of its period; no day where there are no periods.

    `period` is any day of the period. Raises Refusal when the period is missing, the subject does not owe the item
    then, or a case answers the cell already.
    """
    item = given.get(law.roster.item) if law.roster is not None else None
    declared = law.acts.get(act)
    if law.roster is None or declared is None or "roster" not in declared.via or not isinstance(item, str):
        return "", None
    if period is None:
        if roster.cell(law, world, item, today) is not None:
            raise Refusal(
                "which_period",
                Text("请选择是哪一期的任务。", "Say for which period this is."),
                details={"field": law.roster.item},
            )
        return item, None
    found = roster.cell(law, world, item, period)
    if found is None or not _owed(law, world, about, found):
        raise Refusal(
            "not_owed",
            Text("这一期没有这项任务。", "This item is not owed for that period."),
            Text("请从任务表里选择。", "Choose it from the list of duties."),
            {"field": law.roster.item},
        )
    _unanswered(law, about, found)
    return found.item, found.begins


def _owed(law: Ledger, world: World, about: Subject, found: roster.Cell) -> bool:
    """Whether the subject was there for the whole period, and owes the item."""
    if about.organisation is not None:
        founded, closed = about.known["founded"], about.known["closed"]
        if (founded is not None and founded > found.begins) or (closed is not None and closed < found.ends):
            return False
    return roster.owes(law, world, subjects.Attributes(about, found.begins), found.item, found.begins)


def _unanswered(law: Ledger, about: Subject, found: roster.Cell) -> None:
    named: dict[str, Any] = {
        "ledger": law.name,
        "organisation": about.organisation,
        "item": found.item,
        "period": found.begins,
    }
    there = statements.one(Case, **named)
    if there is not None:
        raise Refusal(
            "answered",
            Text(f"这一期已有记录 {there.number}。", f"There is a record for this period already, {there.number}."),
            Text("请在原记录里办理。", "Please act on that case."),
            {"number": there.number, "case": str(there.pk)},
        )
