"""Taking a batch back after it was committed: one entry, the register as it would be without it, alerts judged anew.

Rows stay and later runs leave them out. A clue that nobody has verified and that rests on nothing else is closed as data
error; a case that a person has verified stands and carries a note.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import transaction

from taizhang.core import access, chain, folding, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Alert, AlertBatch, Area, Batch, Case, District, Entry
from taizhang.core.models.fields import new_id
from taizhang.core.moves import cases, restoring, screening
from taizhang.core.moves.imports import batch_for
from taizhang.core.moves.restoring import Restored
from taizhang.core.moves.screening import Found
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

KIND: Final = "withdraw"
CLOSE, NOTE, DISMISS = "close_data_error", "note_withdrawn", "dismiss"
_REASON: Final = 4  # characters that a reason has at least
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Judged:
    """What becomes of alerts: they fall, or still hold on what is left, with other figures."""

    fallen: frozenset[str] = frozenset()
    restated: Mapping[str, Found] = field(default_factory=dict)


@dataclass(frozen=True)
class Withdrawn:
    """What became of a withdrawal."""

    batch: uuid.UUID
    number: str
    register: Restored
    fallen: tuple[str, ...]  # alerts that hold no more
    restated: tuple[str, ...]  # alerts that hold with other figures
    closed: tuple[uuid.UUID, ...]  # clues closed as data error
    noted: tuple[uuid.UUID, ...]  # cases that stand and carry the note


def may_withdraw(actor: access.Actor, batch: Batch) -> bool:
    """Whether the actor may take a batch back that stands: its department or the lead office."""
    if batch.withdrawn_at is not None:
        return False
    return actor.is_own_hand or any(
        held.role == "lead" or (held.organisation is not None and held.organisation == batch.organisation_id)
        for held in access.posts_with(actor, "feeds.withdraw")
    )


def as_if(batch: Batch, ask: Callable[[], _Answer], *, clock: Clock) -> tuple[_Answer, Restored]:
    """What `ask` answers with the batch taken back, and what of the register would change; nothing is kept of it."""
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(withdrawn_at=batch.withdrawn_at or clock.now())
        restored = restoring.restore(batch) if batch.withdrawn_at is None else Restored()
        answer = ask()
        transaction.set_rollback(True)
    return answer, restored


def fates(judged: Judged, batch: Batch) -> dict[uuid.UUID, str]:
    """The act with which each open case would be told, by case."""
    touched = Alert.objects.filter(pk__in=[*judged.fallen, *judged.restated]).values("case")
    fallen = judged.fallen | _fallen(batch)
    every = Case.objects.filter(pk__in=touched, closed=None).order_by("pk")
    told = {
        case.pk: _act_for(case, alive=case.alerts.filter(data_error_at=None).exclude(pk__in=fallen).exists())
        for case in every
    }
    return {case: act for case, act in told.items() if act is not None}


def withdraw(
    actor: access.Actor, batch_id: uuid.UUID | str, judged: Judged | None = None, *, reason: str, clock: Clock
) -> Withdrawn:
    """Take a batch back: an entry, and what it changed in the register undone; then every open case concerned is told.

    `judged` says of alerts what `taizhang.work.undoing` found; without it those fall that rest on withdrawn batches
    alone. Asked again (after an interruption) it finishes what was left. Raises NotFound, Refusal("reason").
    """
    batch, held = batch_for(actor, batch_id, "feeds.withdraw")
    if batch.withdrawn_at is None:
        _mark(actor, held, batch, judged or Judged(), reason.strip(), clock)
        batch.refresh_from_db()
    says = _said(batch)
    fallen, restated = tuple(says.get("fallen", ())), tuple(says.get("restated", ()))
    closed: list[uuid.UUID] = []
    noted: list[uuid.UUID] = []
    touched = Alert.objects.filter(pk__in=[*fallen, *restated]).values("case")
    for case in Case.objects.filter(pk__in=touched, closed=None).order_by("pk"):
        act = _tell(case, batch, frozenset(restated), clock)
        if act is not None:
            (noted if act == NOTE else closed).append(case.pk)
    register = Restored(**says.get("register", {}))
    return Withdrawn(batch.pk, batch.number, register, fallen, restated, tuple(closed), tuple(noted))


def _said(batch: Batch) -> Mapping[str, Any]:
    """What the entry of the withdrawal says; of one before batches named it, nothing."""
    if batch.withdrawal is None:
        return {}
    return folding.said(batch.withdrawal)


def check_reason(reason: str) -> None:
    """Refuse a reason that says nothing. Raises Refusal("reason")."""
    if len(reason.strip()) < _REASON:
        raise Refusal("reason", Text("请写明撤回的理由。", "Give the reason of the withdrawal."))


def _mark(
    actor: access.Actor, held: access.Held | None, batch: Batch, judged: Judged, reason: str, clock: Clock
) -> None:
    check_reason(reason)
    with transaction.atomic():
        now, entry = clock.now(), new_id()
        if not Batch.objects.filter(pk=batch.pk, withdrawn_at=None).update(withdrawn_at=now, withdrawal_id=entry):
            return  # somebody else was first
        batch.withdrawn_at = now
        register = restoring.restore(batch)
        alive = Alert.objects.filter(pk__in=judged.fallen, data_error_at=None)
        fallen = set(alive.values_list("pk", flat=True)) | _fallen(batch)
        Alert.objects.filter(pk__in=fallen).update(data_error_at=now, answer="data_error")
        restated = _restate({key: found for key, found in judged.restated.items() if key not in fallen})
        area = Area.objects.get(path=District.objects.get().code)
        kept = seals.keep(seals.Owner("area", area.pk), "withdraw.reason", reason)
        says = {
            "feed": batch.feed, "batch": str(batch.pk), "number": batch.number, "reason": kept,
            "register": register.plain(), "fallen": sorted(fallen), "restated": sorted(restated),
        }  # fmt: skip
        chain.append(_draft(actor, held, says, now, entry))


def _fallen(batch: Batch) -> frozenset[str]:
    """Alerts that still count and rest on nothing but this batch and others that were withdrawn."""
    resting = Alert.objects.filter(rests_on__batch=batch, data_error_at=None)
    alive = AlertBatch.objects.filter(batch__withdrawn_at=None).exclude(batch=batch).values("alert")
    return frozenset(resting.exclude(pk__in=alive).values_list("pk", flat=True))


def _restate(restated: Mapping[str, Found]) -> list[str]:
    """Alerts that still hold say what is left: sentence, figures, rows and level of what was judged anew."""
    alerts = list(Alert.objects.filter(pk__in=list(restated), data_error_at=None))
    for alert in alerts:
        found = restated[alert.pk]
        alert.level, alert.marks = found.level, screening.marks(found)
    screening.seal_content([(alert, restated[alert.pk]) for alert in alerts])
    Alert.objects.bulk_update(alerts, ["level", "marks", "sealed"], batch_size=screening.SLICE)
    AlertBatch.objects.filter(alert__in=[alert.pk for alert in alerts]).delete()
    AlertBatch.objects.bulk_create(
        [AlertBatch(alert_id=alert.pk, batch_id=one) for alert in alerts for one in restated[alert.pk].batches],
        batch_size=screening.SLICE,
    )
    return [alert.pk for alert in alerts]


def _act_for(case: Case, *, alive: bool) -> str | None:
    """How a case is told: an unverified one that rests on nothing more ends, any other carries the note."""
    acts = list(Entry.objects.filter(case=case, kind="act").order_by("n").values_list("act", flat=True))
    unverified = acts[0] == "warn" and "visit" not in acts
    if case.ledger == screening.MONITORING:
        return CLOSE if not alive and unverified and case.stage == "clue" else NOTE
    return DISMISS if not alive and unverified and case.stage == "open" else None


def _tell(case: Case, batch: Batch, restated: frozenset[str], clock: Clock) -> str | None:
    """Tell a case; the act done, None where its ledger has none. Done once, however often asked."""
    act = _act_for(case, alive=case.alerts.filter(data_error_at=None).exists())
    key = uuid.uuid5(batch.pk, str(case.pk))
    if act is None or Entry.objects.filter(key=key).exists():
        return None
    words = f"导入批次 {batch.number} 已撤回，预警所依据的数据不再有效。"
    still = list(case.alerts.filter(pk__in=restated, data_error_at=None).order_by("rule"))
    if still:
        said = "".join(str(content["sentence"]) for content in screening.content_of(still).values())
        words = f"导入批次 {batch.number} 已撤回。按剩下的数据：{said}"
    cases.act(access.SCREEN, case.pk, act, given={"reason": words}, clock=clock, key=key)
    return act


def _draft(
    actor: access.Actor, held: access.Held | None, says: Mapping[str, Any], now: datetime, entry: uuid.UUID
) -> chain.Draft:
    return chain.Draft(
        id=entry, kind=KIND, received=now, area=held.path if held else District.objects.get().code, account=actor.account,
        post=held.post if held else None, hand=actor.hand, says=says,
    )  # fmt: skip
