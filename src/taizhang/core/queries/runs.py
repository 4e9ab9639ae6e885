"""What a run reads from the rows: batches that count, decisions about people, areas; and whether it was made before."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime

from taizhang.core.models import Alert, Area, Batch, Entry, Pair, Run


def known(digest: str) -> Run | None:
    """The run of that id, if it was made before."""
    return Run.objects.filter(pk=digest).first()


def of(digest: str) -> Run:
    """The run of that id, which is there."""
    return Run.objects.get(pk=digest)


def newest() -> Run | None:
    """The latest run."""
    return Run.objects.order_by("-started", "-entry__seq").first()


def batches() -> tuple[Batch, ...]:
    """The batches that count, feed by feed in the order in which they came."""
    return tuple(Batch.objects.filter(withdrawn_at=None, rows_gone_at=None).order_by("feed", "sequence"))


def batches_of(run: Run) -> tuple[Batch, ...] | None:
    """The batches that a past run read and that still count; None where rows of one of them were let go."""
    rows = Batch.objects.filter(pk__in=run.inputs["batches"], withdrawn_at=None).order_by("feed", "sequence")
    found = tuple(rows)
    return None if any(batch.rows_gone_at is not None for batch in found) else found


def resting_on(batch: uuid.UUID) -> tuple[Run, ...]:
    """The runs that read a batch and whose alerts still count, the latest first."""
    rows = Run.objects.filter(alerts__data_error_at=None, alerts__isnull=False).distinct().order_by("-started")
    return tuple(run for run in rows if str(batch) in run.inputs["batches"])


def alerts_of(run: str) -> tuple[Alert, ...]:
    """The alerts that a run found first and that still count."""
    return tuple(Alert.objects.filter(run=run, data_error_at=None).order_by("rule", "area_path", "digest"))


def decisions(known: datetime | None = None) -> tuple[tuple[str, str, bool, bool], ...]:
    """What people decided (up to an instant): key of the row, resident, whether they are the same, whether only the
    name was in doubt."""
    rows = Pair.objects.exclude(decided_at=None).order_by("row_key", "resident")
    if known is not None:
        rows = rows.filter(decided_at__lte=known)
    return tuple((pair.row_key, str(pair.resident_id), pair.band == "same", pair.differs) for pair in rows)


def linkage_model() -> str:
    """The linkage model in force, as the last entry about it holds it; empty where there is none."""
    last = Entry.objects.filter(kind="linkage").order_by("-seq").first()
    return str(json.loads(last.body)["says"]["model"]) if last is not None else ""


def areas() -> Sequence[tuple[str]]:
    """The codes of all areas."""
    return list(Area.objects.order_by("path").values_list("path"))
