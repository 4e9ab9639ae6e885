"""What goes back to the sender of a batch: of each row whether it was taken, whether its person is known, and what came
of the alerts that rest on it. Nothing of another department, no household, no level, no reason in words.
"""

from __future__ import annotations

import csv
import io
import secrets
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from taizhang.core import access, vault
from taizhang.core.models import Batch
from taizhang.core.moves import imports
from taizhang.core.queries import screening
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen.engine import parquet
from taizhang.screen.feeds import Feed
from taizhang.work import declared, desk, feeding, harvest
from taizhang.work.feeding import SCRATCH

Line = Sequence[str]
HEADING = (
    Text("原文件", "File"), Text("原行号", "Row"), Text("收没收", "Taken"), Text("说明", "Why"), Text("对人", "Person"),
    Text("预警", "Alert"), Text("预警日期", "Alert on"), Text("结果", "Outcome"),
)  # fmt: skip
TAKEN, REFUSED = Text("采用", "Taken"), Text("退回", "Rejected")
PERSON = {
    "linked": Text("对上名册", "In the register"), "doubtful": Text("待人工核对", "Left to a person"),
    "unknown": Text("名册里没有", "Not in the register"), "": Text("不对人", "Not about persons"),
}  # fmt: skip


def lines(actor: access.Actor, batch_id: uuid.UUID | str, now: datetime, language: str) -> Iterator[Line]:
    """The heading and a line per row (and alert) of a batch, by file and row. Raises NotFound, also where it is hidden.

    Rows that were let go, and those of a sealed feed, are not listed; what was rejected is, while its file is kept.
    """
    batch, _ = imports.batch_for(actor, batch_id, "feeds.read")
    spec = declared.feed(batch.feed)
    names = imports.sent_names([batch])[batch.pk]
    alerts = _alerts(actor, batch, now, language)
    yield [one.within(language) for one in HEADING]
    refused = [
        (file, row, [REFUSED.within(language), why, "", "", "", ""]) for file, row, why in _refused(actor, batch)
    ]
    taken: list[tuple[str, int, list[str]]] = []
    for file, row, found in _rows(batch, spec):
        theirs = names.get(file, file)
        start = [TAKEN.within(language), "", PERSON[found].within(language)]
        taken += [(theirs, row, [*start, *alert]) for alert in alerts.get((file, row), [("", "", "")])]
    told = [(names.get(file, file), row, rest) for file, row, rest in refused] + taken
    for file, row, rest in sorted(told, key=lambda one: (one[0], one[1])):
        yield [file, str(row), *rest]


def name_of(actor: access.Actor, batch_id: uuid.UUID | str) -> str:
    """What the file is called. Raises NotFound."""
    batch, _ = imports.batch_for(actor, batch_id, "feeds.read")
    return f"{batch.number}-答复"


def _alerts(
    actor: access.Actor, batch: Batch, now: datetime, language: str
) -> Mapping[tuple[str, int], list[tuple[str, str, str]]]:
    """What came of the alerts that rest on rows of the batch: rule, day and outcome, by our file name and row."""
    rules = desk.rules_of(screening.sight(actor))
    found: dict[tuple[str, int], list[tuple[str, str, str]]] = defaultdict(list)
    for alert, rows in screening.told_of(batch, rules):
        rule = desk.rule(alert.rule)
        outcome = screening.ANSWERS[screening.answer_of(alert)]
        told = (f"{alert.rule} {rule.label.within(language)}", alert.day.isoformat(), outcome.within(language))
        for file, row in rows:
            found[file, row].append(told)
    return found


def _refused(actor: access.Actor, batch: Batch) -> list[tuple[str, int, str]]:
    """File, row and reason of each rejected row, as the file of rejects has them; none once it was let go."""
    if not batch.rejected:
        return []
    try:
        kept = feeding.rejected(actor, batch.pk, "csv")
    except NotFound:
        return []
    rows = list(csv.reader(io.StringIO(kept.content.decode("utf-8-sig"))))[1:]
    return [(file, int(row), why) for *_cells, why, file, row in rows]


def _rows(batch: Batch, spec: Feed) -> list[tuple[str, int, str]]:
    """File, row and what is known of the person of each row that was taken."""
    kept, offers = harvest.paths([batch], "rows.parquet"), harvest.paths([batch], "offered.parquet")
    if not kept or spec.sealed:
        return []
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    machine = engines.open_engine("duckdb", [vault.folder()], scratch=place / "engine")
    try:
        if not spec.is_linked:
            rows = machine.rows(f"SELECT file, row FROM {parquet(kept)} ORDER BY line")  # noqa: S608
            return [(file, row, "") for file, row in rows]
        doubtful = f"r.line IN (SELECT line FROM {parquet(offers)})" if offers else "false"  # noqa: S608
        known = f"CASE WHEN person IS NOT NULL THEN 'linked' WHEN {doubtful} THEN 'doubtful' ELSE 'unknown' END"
        said = machine.rows(f"SELECT file, row, {known} FROM {parquet(kept)} r ORDER BY line")  # noqa: S608
        return [(file, row, found) for file, row, found in said]
    finally:
        machine.close()
        vault.remove(place)
