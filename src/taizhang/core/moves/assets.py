"""Assets: kept sealed, and read only for members of a household with a signed authorisation in force, one query an entry.

The act of comparison asks: a department that owes an answer sees whether there is a record, of its own topic, for the
people whom the authorisation covers. Nobody else sees anything (Henan procedure: comparison only after a signature).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from taizhang.core import access, chain, editions, profiles, seals, vault
from taizhang.core.clock import Clock
from taizhang.core.models import Batch, Case, Entry, Membership, Pair, Resident
from taizhang.kit import days
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

FEED: Final = "assets"
ROWS: Final = f"rows{vault.ENDING}"
COMPARISON: Final = "comparison"
# what the words of asset lists mean for each topic of a comparison (library/catalogues/comparison_departments.csv)
TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "VEHICLE": ("车", "农机", "机械"),
    "HOUSE": ("房", "不动产"),
    "BUSINESS": ("工商", "市场主体", "法人", "股东", "企业"),
    "SALARY": ("财政", "工资", "公职"),
}


@dataclass(frozen=True)
class Flag:
    """A record of an asset: whose, what, since when, and where the department's file says so."""

    resident: uuid.UUID
    name: str
    what: str
    since: str
    batch: str
    row: int


@dataclass(frozen=True)
class Assets:
    """The answer to one query; without an authorisation in force it says so and nothing else."""

    allowed: bool
    text: Text
    covered: int
    flags: tuple[Flag, ...]


NOT_YET: Final = Text("尚未授权", "Not yet authorised")


def keep(rows: Sequence[Mapping[str, Any]], folder: Path, batch: uuid.UUID) -> None:
    """Seal the rows of a batch into its folder."""
    vault.put(json.dumps(list(rows), ensure_ascii=False, default=str).encode(), folder / ROWS, batch)


def authorised(case: Case, day: date) -> bool:
    """Whether a monitoring case has a signed authorisation in force on a day."""
    signed = Entry.objects.filter(case=case, act="authorise").exists()
    until = case.data.get("valid_to")
    return signed and case.closed is None and isinstance(until, str) and date.fromisoformat(until) >= day


def assets_of(actor: access.Actor, case_id: uuid.UUID | str, *, clock: Clock) -> Assets:
    """What the asset lists say, for the department that is to answer a comparison. Every query is an entry.

    Raises NotFound for a hidden case, Refusal("not_allowed") for who owes no answer on it.
    """
    case = access.case_for(actor, case_id)
    law = editions.pinned(case.edition_id)
    answering = {token for act in ("answer_clear", "answer_flag") if act in law.acts for token in law.acts[act].by}
    if case.ledger != COMPARISON or case.closed is not None or not access.hats(actor, case).tokens & answering:
        raise Refusal(
            "not_allowed",
            Text(
                "资产信息只供受托比对的部门在反馈时查看。",
                "Assets are shown only to the department that is asked, while it answers.",
            ),
        )
    now = clock.now()
    day = days.day_of(now)
    main = case.parent
    allowed = main is not None and authorised(main, day)
    covered = _covered(main, day) if main is not None and allowed else {}
    flags = _flags(covered, str(case.data.get("topic", "")), day) if covered else ()
    with transaction.atomic():
        says = {
            "case": str(case.pk), "number": case.number, "authorised": allowed, "people": sorted(map(str, covered.values())),
            "records": len(flags),
        }  # fmt: skip
        held = next((held for held in actor.posts if held.organisation is not None), None)
        chain.append(
            chain.Draft(
                kind="assets",
                received=now,
                area=case.area_path,
                account=actor.account,
                post=held.post if held else None,
                hand=actor.hand,
                says=says,
            )
        )
    if not allowed:
        return Assets(False, NOT_YET, 0, ())
    text = Text(f"有 {len(flags)} 条记录，请核对后反馈。", f"{len(flags)} records: check them before you answer.")
    return Assets(True, text if flags else Text("没有记录。", "No record."), len(covered), flags)


def _covered(main: Case, day: date) -> dict[str, uuid.UUID]:
    """The people whom the authorisation covers, by person key: the members on the day it was signed, who still are."""
    signed = Entry.objects.filter(case=main, act="authorise").order_by("-n").first()
    then = days.day_of(signed.received) if signed else day
    rows = Membership.objects.filter(household=main.household_id)
    members = set(rows.filter(profiles.in_force(then)).values_list("resident", flat=True))
    members &= set(rows.filter(profiles.in_force(day)).values_list("resident", flat=True))
    found = Resident.objects.filter(pk__in=members).values_list("pk", "number_index")
    return {index or seals.index("person", str(pk)): pk for pk, index in found}


def _flags(covered: Mapping[str, uuid.UUID], topic: str, day: date) -> tuple[Flag, ...]:
    words = TOPICS.get(topic, ())
    pairs = Pair.objects.filter(resident__in=covered.values()).exclude(decided_at=None)
    same = dict(pairs.filter(band="same").values_list("row_key", "resident"))
    apart = set(pairs.filter(band="different").values_list("row_key", flat=True))
    names = profiles.people(covered.values(), day)
    found: list[Flag] = []
    for batch in Batch.objects.filter(feed=FEED, withdrawn_at=None, rows_gone_at=None).order_by("sequence"):
        for row in json.loads(vault.read(vault.folder() / batch.folder / ROWS, batch.pk)):
            wrong = row["differs"] and row["row_key"] in apart
            resident = same.get(row["row_key"]) or (None if wrong else covered.get(row["person"] or row["row_key"]))
            what = row.get("what") or ""
            if resident is not None and any(word in what for word in words):
                since = row.get("registered_on") or ""
                found.append(
                    Flag(
                        resident,
                        names[resident].name if resident in names else "",
                        what,
                        since,
                        batch.number,
                        row["row"],
                    )
                )
    return tuple(dict.fromkeys(found))
