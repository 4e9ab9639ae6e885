"""Several duties answered at once: what one meeting or one visit did for several items is written once.

Each cell still has its own case, its own number and its own light; only the words are shared. All or nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db import transaction

from taizhang.core import access, editions, subjects
from taizhang.core.clock import Clock
from taizhang.core.moves import cases
from taizhang.core.moves.effects import Writing
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

MOST: Final = 100  # cells of one submission


def answer(
    actor: access.Actor,
    ledger: str,
    act: str,
    *,
    subject: uuid.UUID | str,
    cells: Sequence[tuple[str, date]],
    given: Mapping[str, Any],
    records: Sequence[uuid.UUID] = (),
    clock: Clock,
) -> tuple[uuid.UUID, ...]:
    """Open a case for each cell, an item and any day of its period, by one opening act with the same values.

    Gives the cases in the order of the cells. `records` of other ledgers show all of them; files are not shared: an
    entry has its own. Asked a second time it is refused, because the cells are answered. Raises NotFound, loop.Refused,
    or Refusal: `nothing_chosen`, `too_many`, and those of a single submission.
    """
    chosen = list(dict.fromkeys(cells))
    if not chosen:
        raise Refusal("nothing_chosen", Text("请先勾选要报送的事项。", "Choose the items to submit first."))
    if len(chosen) > MOST:
        raise Refusal(
            "too_many", Text(f"一次最多报送 {MOST} 项。", f"At most {MOST} items at a time."),
            Text("请分几次报送。", "Please submit them in several parts."),
        )  # fmt: skip
    with transaction.atomic():
        writing = Writing(clock.now())
        law = editions.current(ledger)
        about = subjects.find(actor, law, act, subject)
        item = law.roster.item if law.roster is not None else ""
        pieces = [
            cases.open_in(writing, actor, law, act, about, {**given, item: code}, records, None, day)
            for code, day in chosen
        ]
        writing.finish()
    return tuple(piece.case.pk for piece in pieces)
