"""Rows of the register of incomes, as the acts of the ledger `income` make them: reckoned, confirmed, withdrawn.

A reckoning is never overwritten: a correction makes a new row, and the one it replaces stays as history.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from taizhang.core import profiles, reckoning, seals
from taizhang.core.models import Income
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text


def record(household: uuid.UUID, case: uuid.UUID, entry: uuid.UUID, values: Mapping[str, Any]) -> None:
    """A reckoning of a case, in place of the one that stood for it. Raises Refusal when its window is none."""
    begins, ends = date.fromisoformat(values["begins"]), date.fromisoformat(values["ends"])
    if not reckoning.is_window(begins, ends):
        raise Refusal(
            "window",
            Text("核算期要是十二个整月。", "The window has to be twelve whole months."),
            Text(
                "请从月初填到次年前一月的月末。", "From the first of a month to the end of the month before, a year on."
            ),
        )
    withdraw(case)
    row = Income(
        household_id=household, begins=begins, ends=ends, purpose=values["purpose"], case_id=case, entry_id=entry,
    )  # fmt: skip
    kept = (*profiles.INCOME_KINDS, "persons", "line")
    amounts = {kind: int(values[kind]) for kind in kept if values.get(kind) is not None}
    key = seals.key_of(seals.Owner("household", household))
    row.sealed = seals.seal(key, profiles.income_place(row.pk), amounts)
    row.save(force_insert=True)


def confirm(case: uuid.UUID, entry: uuid.UUID) -> None:
    """A second person stands behind the reckoning of a case."""
    Income.objects.filter(case=case, replaced=False).update(confirmed=entry)


def withdraw(case: uuid.UUID) -> None:
    """The reckoning of a case counts no longer."""
    Income.objects.filter(case=case, replaced=False).update(replaced=True)
