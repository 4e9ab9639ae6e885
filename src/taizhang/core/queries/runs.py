"""What a run reads from the rows: batches that count, decisions about people, areas; and whether it was made before."""

from __future__ import annotations

from collections.abc import Sequence

from taizhang.core.models import Area, Batch, Pair, Run


def known(digest: str) -> Run | None:
    """The run of that id, if it was made before."""
    return Run.objects.filter(pk=digest).first()


def of(digest: str) -> Run:
    """The run of that id, which is there."""
    return Run.objects.get(pk=digest)


def newest() -> Run | None:
    """The latest run."""
    return Run.objects.order_by("-started", "-day").first()


def batches() -> tuple[Batch, ...]:
    """The batches that count, feed by feed in the order in which they came."""
    return tuple(Batch.objects.filter(withdrawn_at=None, rows_gone_at=None).order_by("feed", "sequence"))


def decisions() -> tuple[tuple[str, str, bool, bool], ...]:
    """What people decided: key of the row, resident, whether they are the same, whether only the name was in doubt."""
    rows = Pair.objects.exclude(decided_at=None).order_by("row_key", "resident")
    return tuple((pair.row_key, str(pair.resident_id), pair.band == "same", pair.differs) for pair in rows)


def areas() -> Sequence[tuple[str]]:
    """The codes of all areas."""
    return list(Area.objects.order_by("path").values_list("path"))
