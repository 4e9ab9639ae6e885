"""The entry of what was let go because its time was over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from taizhang.core import chain
from taizhang.core.clock import Clock
from taizhang.core.models import Batch, District


def with_files(before: datetime) -> list[Batch]:
    """Batches that came before an instant and whose raw files and rejects are still kept."""
    return list(Batch.objects.filter(files_gone_at=None, received_at__lt=before))


def with_rows(before: datetime) -> list[Batch]:
    """Batches that came before an instant and whose rows are still kept."""
    return list(Batch.objects.filter(rows_gone_at=None, received_at__lt=before))


def gone(files: Sequence[Batch], rows: Sequence[Batch], *, clock: Clock) -> None:
    """Record that raw files and rows of batches are removed now: one entry, before the bytes go."""
    with transaction.atomic():
        now = clock.now()
        Batch.objects.filter(pk__in=[batch.pk for batch in files]).update(files_gone_at=now)
        Batch.objects.filter(pk__in=[batch.pk for batch in rows]).update(rows_gone_at=now)
        says = {"files": sorted(batch.number for batch in files), "rows": sorted(batch.number for batch in rows)}
        chain.append(
            chain.Draft(kind="retention", hand="system", received=now, area=District.objects.get().code, says=says)
        )
