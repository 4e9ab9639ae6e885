"""What screening found, for the lead office; and what a department is told about the alerts that rest on its rows.

The lead office sees every alert, red before yellow. A department sees of its own rules how many alerts there were and
what became of each, named by the row it has sent: no household, no level (which would tell of other departments).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from taizhang.core import access, profiles, seals
from taizhang.core.models import Alert, Batch, Entry, Organisation
from taizhang.core.moves import imports, screening
from taizhang.core.moves.assets import NOT_YET, authorised
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

PAGE: Final = 50
WAITING: Final = ""
ANSWERS: Final[Mapping[str, Text]] = {
    WAITING: Text("核实中", "Being looked at"),
    "already_watched": Text("已在监测", "Already watched"),
    "no_risk": Text("核实无风险", "No risk found"),
    "helped": Text("已帮扶，不需纳入", "Helped without entry"),
    "entered": Text("已纳入监测", "Entered"),
    "not_local": Text("不在本地", "Not local"),
    "data_error": Text("数据有误", "Data error"),
}
_REFUSED: Final = ("to_tell", "not_eligible", "refused_authorisation", "withdrawn")
_ENDED: Final = ("no_risk", "not_eligible", "refused_authorisation", "withdrawn", "verified", "no_problem")
_CONFIRMED: Final = (*screening.ENTERED, "verified")


# --- who sees what ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sight:
    """What an actor sees of screening: everything, or the feeds and rules of some departments (short names)."""

    everything: bool
    organisations: frozenset[uuid.UUID]
    departments: frozenset[str]

    def covers(self, owners: Iterable[str]) -> bool:
        """Whether something of these departments is seen."""
        return self.everything or bool(self.departments & set(owners))


def sight(actor: access.Actor) -> Sight:
    """What the actor sees of screening. Raises Refusal("not_allowed") for who sees nothing."""
    if actor.is_own_hand or access.posts_with(actor, "screening.read"):
        return Sight(True, frozenset(), frozenset())
    mine = frozenset(held.organisation for held in access.posts_with(actor, "feeds.read") if held.organisation)
    if not mine:
        raise Refusal("not_allowed", Text("您的岗位看不到部门筛查。", "Your posts give no sight of screening."))
    return Sight(False, mine, frozenset(Organisation.objects.filter(pk__in=mine).values_list("short", flat=True)))


# --- answers to the sender --------------------------------------------------------------------------------------------


def answer_of(alert: Alert) -> str:
    """What became of an alert, from how its case ended; empty while nobody knows. `alert.case` should be fetched."""
    case = alert.case
    if alert.answer:
        return alert.answer
    if alert.data_error_at is not None:
        return "data_error"
    if case is None:
        return WAITING
    if case.stage == "no_risk":
        outcome = str(case.data.get("outcome", ""))
        return outcome if outcome in ANSWERS else "no_risk"
    if case.stage in ("data_error", "no_problem"):
        return "data_error" if case.stage == "data_error" else "no_risk"
    if case.stage in screening.ENTERED:
        return "entered"
    if case.stage == "verified":
        return "helped"
    return "no_risk" if case.stage in _REFUSED and case.closed is not None else WAITING


def answers(alerts: Iterable[Alert]) -> dict[str, str]:
    """The codes of `ANSWERS` by the alerts' digests."""
    return {alert.digest: answer_of(alert) for alert in alerts}


_ANSWERED: Final[Mapping[str, Q]] = {
    "waiting": Q(answer="", data_error_at=None)
    & (Q(case=None) | (Q(case__closed=None) & ~Q(case__stage__in=_CONFIRMED))),
    "entered": Q(answer="", data_error_at=None, case__stage__in=screening.ENTERED),
    "already_watched": Q(answer="already_watched"),
    "data_error": Q(answer="data_error") | Q(answer="", case__stage="data_error"),
    "ended": Q(answer="", data_error_at=None, case__stage__in=_ENDED, case__closed__isnull=False),
}
FILTERS: Final[Mapping[str, Text]] = {
    "waiting": ANSWERS[WAITING], "entered": ANSWERS["entered"], "already_watched": ANSWERS["already_watched"],
    "ended": Text("已核实，未纳入", "Looked at, not entered"), "data_error": ANSWERS["data_error"],
}  # fmt: skip


# --- the list ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What the list of alerts is narrowed to; empty means everything."""

    rule: str = ""
    level: str = ""  # red, yellow
    area: str = ""  # a path
    answer: str = ""  # a key of FILTERS
    run: str = ""  # digest
    batch: str = ""  # number
    page: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A row of a department's file, by the name the department gave the file."""

    feed: str
    batch: uuid.UUID
    number: str
    file: str
    row: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert in a list; household, level and sentence are None or empty for a department."""

    digest: str
    rule: str
    level: str
    day: date
    household: uuid.UUID | None
    who: str
    area: str
    path: str
    case: uuid.UUID | None
    number: str
    stage: str
    sentence: str
    figures: Mapping[str, Any]
    answer: str
    answer_text: Text
    assets: Text | None  # "not yet authorised", where nobody has signed
    rows: tuple[Source, ...]


@dataclass(frozen=True)
class Alerts:
    """A page of alerts."""

    rows: tuple[AlertRow, ...]
    total: int
    page: int
    pages: int


def alerts(actor: access.Actor, filters: Filters, now: datetime, *, rules: Sequence[str]) -> Alerts:
    """A page of alerts, red before yellow, the latest first. `rules` are those that the actor's departments own."""
    seen = sight(actor)
    wanted: QuerySet[Alert] = Alert.objects.all() if seen.everything else Alert.objects.filter(rule__in=rules)
    if filters.rule:
        wanted = wanted.filter(rule=filters.rule)
    if filters.level and seen.everything:
        wanted = wanted.filter(level=filters.level)
    if filters.area and seen.everything:
        wanted = wanted.filter(access.within("area_path", [filters.area]))
    if filters.answer in _ANSWERED:
        wanted = wanted.filter(_ANSWERED[filters.answer])
    if filters.run:
        wanted = wanted.filter(run=filters.run)
    if filters.batch:
        wanted = wanted.filter(rests_on__batch__number=filters.batch)
    order = ("level", "-day", "area_path", "household", "rule") if seen.everything else ("-day", "rule", "digest")
    total = wanted.count()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, filters.page), pages)
    some = list(wanted.select_related("case", "area").order_by(*order)[(page - 1) * PAGE : page * PAGE])
    return Alerts(tuple(_rows(some, seen, now)), total, page, pages)


def alert(actor: access.Actor, digest: str, now: datetime, *, rules: Sequence[str]) -> AlertRow:
    """One alert with the rows behind it. Raises NotFound, also where it is hidden."""
    seen = sight(actor)
    row = Alert.objects.select_related("case", "area").filter(pk=digest).first()
    if row is None or not (seen.everything or row.rule in rules):
        raise NotFound(Text("这条预警", "This alert"))
    return _rows([row], seen, now)[0]


def _rows(some: Sequence[Alert], seen: Sight, now: datetime) -> list[AlertRow]:
    day = days.day_of(now)
    contents = screening.content_of(some)
    heads = profiles.heads({row.household_id for row in some if row.household_id}, day) if seen.everything else {}
    sources = _sources(contents, seen)
    found = []
    for row in some:
        content = contents.get(row.digest, {})
        code = answer_of(row)
        case = row.case if seen.everything else None
        blank = seen.everything and case is not None and row.household_id is not None and case.closed is None
        found.append(
            AlertRow(
                row.digest, row.rule, row.level if seen.everything else "", row.day, row.household_id if seen.everything else None,
                heads.get(row.household_id, "") if row.household_id else "", row.area.name if seen.everything else "",
                row.area_path if seen.everything else "", case.pk if case else None, case.number if case else "",
                case.stage if case else "", str(content.get("sentence", "")) if seen.everything else "",
                content.get("figures", {}) if seen.everything else {}, code, ANSWERS[code],
                NOT_YET if blank and case is not None and not authorised(case, day) else None, sources.get(row.digest, ()),
            )
        )  # fmt: skip
    return found


def _sources(contents: Mapping[str, Mapping[str, Any]], seen: Sight) -> dict[str, tuple[Source, ...]]:
    """The rows behind alerts; a department sees those of its own batches."""
    wanted = {row[1] for content in contents.values() for row in content["rows"]}
    batches = {str(batch.pk): batch for batch in Batch.objects.filter(pk__in=wanted)}
    names = imports.sent_names(list(batches.values()))
    found: dict[str, tuple[Source, ...]] = {}
    for digest, content in contents.items():
        mine = []
        for feed, batch_id, file, row in content["rows"]:
            batch = batches[batch_id]
            if seen.everything or batch.organisation_id in seen.organisations:
                theirs = names[batch.pk].get(file, file)
                mine.append(Source(feed, batch.pk, batch.number, theirs, row, batch.withdrawn_at is not None))
        found[digest] = tuple(mine)
    return found


def told_of(batch: Batch, rules: Sequence[str]) -> list[tuple[Alert, list[tuple[str, int]]]]:
    """The alerts of some rules that rest on rows of a batch, each with those rows (our file name, row)."""
    resting = Alert.objects.filter(rests_on__batch=batch, rule__in=rules)
    rows = list(resting.select_related("case").order_by("rule", "day", "digest"))
    contents = screening.content_of(rows)
    mine = str(batch.pk)
    return [
        (row, [(file, line) for _feed, of, file, line in contents.get(row.digest, {}).get("rows", ()) if of == mine])
        for row in rows
    ]


def reason_told(actor: access.Actor, digest: str, *, rules: Sequence[str]) -> str:
    """The reason that goes with the answer `no_risk`, for the sender; empty when there is none. Raises NotFound."""
    seen = sight(actor)
    row = Alert.objects.select_related("case").filter(pk=digest).first()
    if row is None or not (seen.everything or row.rule in rules):
        raise NotFound(Text("这条预警", "This alert"))
    written = row.case.data.get("reason") if row.case is not None and answer_of(row) == "no_risk" else None
    if written is None or not seals.is_reference(written):
        return ""
    return str(seals.read([written])[written["sealed"]] or "")


# --- how well rules do ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Yield:
    """How often a rule was right: alerts, visits they caused, how many were answered, how many of those were entered."""

    rule: str
    alerts: int
    visits: int
    answered: int
    confirmed: int

    @property
    def share(self) -> tuple[int, int]:
        """Confirmed of answered, as two integers."""
        return self.confirmed, self.answered


def yields(rules: Sequence[str]) -> dict[str, Yield]:
    """The yield of each rule, from all its alerts."""
    counted: Counter[str] = Counter()
    visits: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    confirmed: Counter[str] = Counter()
    visited = set(
        Entry.objects.filter(act="visit", case__alerts__rule__in=rules).values_list("case", flat=True).distinct()
    )
    rows = Alert.objects.filter(rule__in=rules).select_related("case").defer("sealed", "marks").only(
        "rule", "answer", "data_error_at", "joined", "case__stage", "case__closed", "case__data"
    )  # fmt: skip
    for row in rows.iterator(2000):
        counted[row.rule] += 1
        visits[row.rule] += row.case_id in visited and not row.joined
        code = answer_of(row)
        # what was watched already neither proves a rule right nor wrong
        answered[row.rule] += code not in (WAITING, "already_watched")
        confirmed[row.rule] += code == "entered"
    return {rule: Yield(rule, counted[rule], visits[rule], answered[rule], confirmed[rule]) for rule in rules}


def levels() -> dict[str, int]:
    """Alerts whose answer is still waited for, by level."""
    rows = (
        Alert.objects.filter(_ANSWERED["waiting"])
        .values("level")
        .annotate(count=Count("pk"))
        .values_list("level", "count")
    )
    return dict(rows)
