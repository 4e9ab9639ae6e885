"""What a screening found, kept: one row per run, alerts that are new by the windows of their rules, and landing them.

Landing is one transaction per household (or village): an open case gets the alerts as an act on it, else one clue is
opened, however many rules hit. An interrupted landing goes on where it stopped.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction

from taizhang.core import access, chain, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Alert, AlertBatch, Area, Case, District, Household, Run, SealKey
from taizhang.core.moves import cases
from taizhang.kit import canonical

MONITORING: Final = "household_monitoring"
VILLAGE: Final = "village_problems"
WATER: Final = "WATER_STOPPED"
# Where a household of `household_monitoring` is watched: entered, and its risk not yet removed.
WATCHED: Final = (
    "watched", "removing", "removal_reviewed", "removal_posted", "removal_objected", "removal_at_county",
    "removal_approved", "leaving",
)  # fmt: skip
ENTERED: Final = (*WATCHED, "removed", "left")
SLICE: Final = 500


@dataclass(frozen=True)
class Behind:
    """One row of a department's file that an alert rests on."""

    feed: str
    batch: uuid.UUID
    file: str
    row: int
    mark: str


@dataclass(frozen=True)
class Found:
    """One rule hit of a run."""

    rule: str
    household: uuid.UUID | None
    area: str  # path; for a village the village itself
    level: str
    sentence: str
    figures: Mapping[str, Any]
    again: str  # days, year, case, row, reckoning, period
    again_days: int
    rows: Sequence[Behind]
    batches: Sequence[uuid.UUID]
    period: str = ""  # of `again: period`: the period that was missed


@dataclass
class Landed:
    """What landing did: clues opened, open cases that were told, problems of villages opened or told, what was refused."""

    clues: list[uuid.UUID] = field(default_factory=list)
    joined: list[uuid.UUID] = field(default_factory=list)
    villages: list[uuid.UUID] = field(default_factory=list)
    refused: list[tuple[uuid.UUID, str]] = field(
        default_factory=list
    )  # household or area, and why; tried again next time


# --- recording --------------------------------------------------------------------------------------------------------


def record(
    actor: access.Actor,
    digest: str,
    day: date,
    found: Sequence[Found],
    *,
    inputs: Mapping[str, Any],
    hits: Mapping[str, int],
    not_evaluated: Sequence[Mapping[str, Any]],
    seconds: float,
    clock: Clock,
) -> int:
    """Keep a run and those of its alerts that are new: one transaction, one entry; how many are new.

    An alert whose household has no key any more (erased) or whose village is not in the register is left out.
    """
    held = None if actor.is_own_hand else access.acting(actor, "screening.run")
    with transaction.atomic():
        now = clock.now()
        entry = chain.Draft(
            kind="screening", received=now, area=held.path if held else District.objects.get().code, account=actor.account,
            post=held.post if held else None, hand=actor.hand,
        )  # fmt: skip
        Run.objects.create(
            digest=digest, day=day, started=now, seconds=seconds, inputs=dict(inputs), hits=dict(hits), account_id=actor.account,
            not_evaluated=list(not_evaluated), entry_id=entry.id,
        )  # fmt: skip
        alerts = _write(digest, day, found)
        Run.objects.filter(pk=digest).update(found=alerts)
        says = {
            "run": digest, "day": day.isoformat(), "inputs": dict(inputs), "hits": dict(hits), "new": alerts,
            "not_evaluated": sorted({str(one["rule"]) for one in not_evaluated}),
        }  # fmt: skip
        chain.append(chain.Draft(**{**vars(entry), "says": says}))
    return alerts


def _write(run: str, day: date, found: Sequence[Found]) -> int:
    homes = _homes(found)
    places = {
        area.path: area for area in Area.objects.filter(path__in={one.area for one in found if one.household is None})
    }
    before = _Before(found, places)
    district = District.objects.get().code
    villages = {path: (area.pk, path) for path, area in places.items()}
    fresh: list[tuple[Alert, Found]] = []
    for one in found:
        where = homes.get(one.household) if one.household is not None else villages.get(one.area)
        if where is None:
            continue
        about = str(one.household or where[0])
        key = before.key(one, about, day)
        if key is None:
            continue
        alert = Alert(
            digest=canonical.digest(canonical.encode([district, one.rule, about, key])), run_id=run, rule=one.rule,
            household_id=one.household, area_id=where[0], area_path=where[1], level=one.level, day=day, dedupe_key=key,
            marks=marks(one),
        )  # fmt: skip
        fresh.append((alert, one))
    seal_content(fresh)
    Alert.objects.bulk_create([alert for alert, _ in fresh], batch_size=SLICE)
    AlertBatch.objects.bulk_create(
        [AlertBatch(alert_id=alert.pk, batch_id=batch) for alert, one in fresh for batch in one.batches],
        batch_size=SLICE,
    )
    return len(fresh)


def _homes(found: Sequence[Found]) -> dict[uuid.UUID, tuple[uuid.UUID, str]]:
    """Area and path of the households that were found and can still be written about."""
    wanted = sorted({one.household for one in found if one.household is not None})
    homes: dict[uuid.UUID, tuple[uuid.UUID, str]] = {}
    for some in _slices(wanted):
        for home in Household.objects.filter(pk__in=some):
            homes[home.pk] = (home.area_id, home.area_path)
        for erased in SealKey.objects.filter(household__in=some, wrapped=None).values_list("household", flat=True):
            homes.pop(erased, None)
    return homes


def says_the_same(alert: Alert, found: Found) -> bool:
    """Whether an alert says what a hit says: level, sentence, figures, rows and the batches it rests on."""
    content = content_of([alert]).get(alert.pk)
    batches = set(alert.rests_on.values_list("batch", flat=True))
    same = (alert.level, alert.marks, batches) == (found.level, marks(found), set(found.batches))
    return content is None or (same and {**content} == _content(found))


def _content(found: Found) -> dict[str, Any]:
    rows = [[row.feed, str(row.batch), row.file, row.row] for row in found.rows]
    return {"sentence": found.sentence, "figures": dict(found.figures), "rows": rows}


def marks(found: Found) -> list[str]:
    """The keyed digests of the rows a hit rests on."""
    return sorted({row.mark for row in found.rows if row.mark})


def seal_content(fresh: Sequence[tuple[Alert, Found]]) -> None:
    """Seal into alerts what a run (or a judgement anew) found: sentence, figures and rows."""
    homes = seals.keys_of("household", [one.household for _, one in fresh if one.household is not None])
    areas = seals.keys_of("area", [alert.area_id for alert, one in fresh if one.household is None])
    for alert, one in fresh:
        key = homes[one.household] if one.household is not None else areas[alert.area_id]
        alert.sealed = seals.seal(key, place(alert.pk), _content(one))


def place(digest: str) -> seals.Place:
    """Where sentence, figures and rows of an alert lie."""
    return seals.Place("alert", f"content {digest}", uuid.UUID(digest[:32]))


class _Before:
    """The alerts of the same households and rules that there were before, to know which hit is a new one."""

    def __init__(self, found: Sequence[Found], places: Mapping[str, Area]):
        self.known: dict[tuple[str, str], list[Alert]] = defaultdict(list)
        homes = sorted({one.household for one in found if one.household is not None})
        for some in _slices(homes):
            self._take(Alert.objects.filter(household__in=some))
        self._take(Alert.objects.filter(household=None, area__in=[area.pk for area in places.values()]))

    def _take(self, rows: Iterable[Alert]) -> None:
        for row in rows.select_related("case").defer("sealed"):  # type: ignore[attr-defined]
            self.known[row.rule, str(row.household_id or row.area_id)].append(row)

    def key(self, one: Found, about: str, day: date) -> str | None:
        """The de-duplication key of a hit that is new; None for one that was alerted already (screening rules, `again`)."""
        every = self.known.get((one.rule, about), [])
        valid = [row for row in every if row.data_error_at is None]
        if one.again == "year":
            made = f"year {day.year}"
            return None if any(row.day.year == day.year for row in valid) else self._fresh(made, every)
        if one.again == "case":
            waiting = [row for row in valid if row.case is None or row.case.closed is None]
            if waiting:
                return None
            closed = sorted(str(row.case_id) for row in valid)
            return self._fresh(f"case after {closed[-1] if closed else 'none'}", every)
        if one.again in ("row", "reckoning"):
            told = {mark for row in valid for mark in row.marks}
            marks = {row.mark for row in one.rows if row.mark} - told
            line = f"{one.figures.get('line', '')} " if one.again == "reckoning" else ""
            if line:
                marks = {row.mark for row in one.rows if row.mark}
            made = f"{one.again} {line}{canonical.digest(' '.join(sorted(marks)).encode())[:40]}"
            same = any(row.dedupe_key.partition("#")[0] == made for row in valid)
            return None if same or not marks else self._fresh(made, every)
        if one.again == "period":
            made = f"period {one.period}"
            same = any(row.dedupe_key.partition("#")[0] == made for row in valid)
            return None if same else self._fresh(made, every)
        since = day - timedelta(days=one.again_days)
        return None if any(since < row.day <= day for row in valid) else self._fresh(f"day {day.isoformat()}", every)

    @staticmethod
    def _fresh(made: str, every: Sequence[Alert]) -> str:
        """The key, told apart from alerts under the same key whose data were withdrawn."""
        fallen = sum(row.dedupe_key.partition("#")[0] == made for row in every)
        return f"{made}#{fallen}" if fallen else made


def _slices(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[at : at + SLICE] for at in range(0, len(items), SLICE))


# --- landing ----------------------------------------------------------------------------------------------------------


def to_land(run: str) -> list[tuple[uuid.UUID | None, uuid.UUID]]:
    """What of a run has not landed yet: (household or None, area), red ones first."""
    rows = Alert.objects.filter(run=run, case=None, data_error_at=None).order_by(
        "level", "area_path", "household", "rule"
    )
    return list(dict.fromkeys(rows.values_list("household", "area")))


def land_one(run: str, household: uuid.UUID | None, area: uuid.UUID, landed: Landed, *, clock: Clock) -> None:
    """Land the alerts of one household (or village) in one transaction; nothing when they have landed."""
    with transaction.atomic():
        rows = Alert.objects.select_for_update().filter(run=run, household=household, case=None, data_error_at=None)
        alerts = list((rows if household else rows.filter(area=area)).order_by("rule"))
        if not alerts:
            return
        contents = seals.unseal_many((alert.sealed, place(alert.pk)) for alert in alerts)
        said = [content for content in contents if content is not None]
        if household is not None:
            acted = _warn_household(household, alerts, said, clock)
            opened = acted.act == "warn"
            (landed.clues if opened else landed.joined).append(acted.case)
        else:
            acted, opened = _warn_village(alerts, said, clock)
            landed.villages.append(acted.case)
        joined = "" if opened else acted.stage
        answer = "already_watched" if joined in WATCHED else ""
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(
            case=acted.case, joined=joined, answer=answer
        )


def _warn_household(
    household: uuid.UUID, alerts: Sequence[Alert], said: Sequence[Mapping[str, Any]], clock: Clock
) -> cases.Acted:
    return cases.join_or_open(
        access.SCREEN, MONITORING, subject=household, open_act="warn", join_act="note_alert",
        given={"level": _level(alerts), "hint": _sentences(said)}, clock=clock,
    )  # fmt: skip


def _warn_village(alerts: Sequence[Alert], said: Sequence[Mapping[str, Any]], clock: Clock) -> tuple[cases.Acted, bool]:
    """The village's open problem with its water is told; else one is opened."""
    area, given = alerts[0].area_id, {"level": _level(alerts), "hint": _sentences(said)}
    open_cases = Case.objects.filter(ledger=VILLAGE, area=area, closed=None).order_by("opened")
    known = next((case for case in open_cases if str(case.data.get("kind", "")).startswith("WATER")), None)
    if known is not None:
        return cases.act(access.SCREEN, known.pk, "note_alert", given=given, clock=clock), False
    days_open = max((int(content["figures"].get("days_open", 0)) for content in said), default=0)
    began = alerts[0].day - timedelta(days=days_open)
    more = {"kind": WATER, "began": began.isoformat()}
    return cases.open_case(access.SCREEN, VILLAGE, "warn", subject=area, given=given | more, clock=clock), True


def _level(alerts: Sequence[Alert]) -> str:
    return "red" if any(alert.level == "red" for alert in alerts) else "yellow"


def _sentences(said: Sequence[Mapping[str, Any]]) -> str:
    return "".join(dict.fromkeys(str(content["sentence"]) for content in said))


def finish(run: str, *, clock: Clock) -> bool:
    """Note that a run has landed; whether it was not noted before."""
    return bool(Run.objects.filter(pk=run, landed=None).update(landed=clock.now()))


def content_of(alerts: Sequence[Alert]) -> dict[str, Mapping[str, Any]]:
    """Sentence, figures and rows of alerts by digest; an erased one is left out. Asks for no rights."""
    opened = seals.unseal_many((alert.sealed, place(alert.pk)) for alert in alerts)
    return {alert.pk: content for alert, content in zip(alerts, opened, strict=True) if content is not None}


def digest_of(value: Any) -> str:
    """The digest of a JSON value, key order apart."""
    return canonical.digest(canonical.encode(json.loads(json.dumps(value, default=str))))
