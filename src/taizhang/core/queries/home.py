"""The home page of a post: what I owe by the clock, with the act that settles it, and what I wait for from others."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Count, F, Q, QuerySet

from taizhang.core import access, editions, numbers
from taizhang.core.models import Case, Entry, Notice, Party, Turn
from taizhang.core.queries import shown
from taizhang.core.queries.shown import Colour, Subject
from taizhang.kit import days
from taizhang.kit.days import Duration
from taizhang.kit.text import Text
from taizhang.ledger import routes
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Act, Clock, Ledger

LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class NextAct:
    """An act that settles a clock, and from when it is possible where something must run first."""

    act: str
    label: Text
    possible_from: datetime | None
    waits: bool = False  # for a notice that an objection holds


@dataclass(frozen=True, slots=True)
class Owed:
    """One clock that somebody owes."""

    case: uuid.UUID
    number: str
    ledger: str
    ledger_label: Text
    stage: Text
    subject: Subject
    clock: str
    clock_label: Text
    light: Colour
    due: datetime | None
    red_at: datetime | None
    days_left: int | None
    paused: bool
    acts: tuple[NextAct, ...]  # the reader's own that lead on now; ways beside the usual one are never among them
    whose: Text
    turn: Text | None  # where the reader has none: whose act it waits for
    waits_for: Text | None  # and which act or clock that is


@dataclass(frozen=True, slots=True)
class Home:
    """What a person owes today, worst first, and what they wait for."""

    overdue: tuple[Owed, ...]  # red
    near: tuple[Owed, ...]  # yellow
    early: tuple[Owed, ...]  # green
    waiting: tuple[Owed, ...]
    red: int  # all that are owed, also those beyond the first hundred
    yellow: int
    green: int


def owed(actor: access.Actor, now: datetime) -> Home:
    """The home page of an actor; about twelve queries whatever the number of cases."""
    mine = _running().filter(access.owed_by(actor), case__in=access.cases_for(actor))
    counts = _counted(mine, now)
    rows = _listed(mine)
    waiting = _listed(_waiting(actor))
    told = _told([*rows, *waiting], actor, now)
    owing = told[: len(rows)]
    return Home(
        overdue=tuple(one for one in owing if one.light == "red"),
        near=tuple(one for one in owing if one.light == "yellow"),
        early=tuple(one for one in owing if one.light == "green"),
        waiting=tuple(told[len(rows) :]),
        red=counts["red"],
        yellow=counts["yellow"],
        green=counts["green"],
    )


def without(home: Home, cases: Collection[uuid.UUID], ledger: str) -> Home:
    """A home page without the clocks of some cases of a ledger, which stand elsewhere on it; the counts stay."""

    def kept(rows: tuple[Owed, ...]) -> tuple[Owed, ...]:
        return tuple(one for one in rows if one.ledger != ledger or one.case not in cases)

    return replace(home, overdue=kept(home.overdue), near=kept(home.near), early=kept(home.early))


def _listed(rows: QuerySet[Turn]) -> list[Turn]:
    known = rows.select_related("case", "owes_organisation", "owes_account")
    return list(known.order_by(F("red_at").asc(nulls_last=True), "pk")[:LIMIT])


def _running() -> QuerySet[Turn]:
    return Turn.objects.filter(case__closed=None)


def _waiting(actor: access.Actor) -> QuerySet[Turn]:
    """Clocks of others on cases that this person opened or has acted on."""
    acted = Entry.objects.filter(account=actor.account, kind="act").values("case")
    touched = Q(case__in=acted) | Q(case__opened_by=actor.account) | Q(case__parent__in=acted)
    rows = Turn.objects.filter(touched, case__closed=None, case__in=access.cases_for(actor))
    return rows.exclude(access.owed_by(actor)) if actor.account else Turn.objects.none()


def _counted(rows: QuerySet[Turn], now: datetime) -> dict[str, int]:
    found = {"red": 0, "yellow": 0, "green": 0}
    lights = rows.annotate(light=shown.light(now)).order_by().values_list("light")
    found.update(dict(lights.annotate(count=Count("pk"))))
    return found


def _told(rows: Sequence[Turn], actor: access.Actor, now: datetime) -> list[Owed]:
    cases = {row.case_id: row.case for row in rows}
    subjects = shown.subjects(list(cases.values()), days.day_of(now))
    parties = _by_case(Party.objects.filter(case__in=cases, reads=True))
    surroundings = _Past(cases, now)
    onward = [
        _onward(law, row, access.worn(actor, row.case, parties.get(row.case_id, ())))
        for row in rows
        for law in [editions.pinned(row.case.edition_id)]
    ]
    posts = shown.posts_in_words(
        key
        for row, way in zip(rows, onward, strict=True)
        for token in (way.turn, _token(row))
        if (key := _post(row, token))
    )
    found = []
    for row, way in zip(rows, onward, strict=True):
        case = row.case
        law = editions.pinned(case.edition_id)
        found.append(
            Owed(
                case=case.pk, number=case.number, ledger=case.ledger, ledger_label=law.label,
                stage=law.stages[case.stage].label, subject=subjects[case.pk], clock=row.clock,
                clock_label=law.clock(row.clock).label, light=shown.colour(row, now), due=row.due, red_at=row.red_at,
                days_left=shown.days_left(row.red_at, now), paused=bool(row.frozen),
                acts=tuple(surroundings.next_act(case, law, name) for name in way.mine),
                whose=_whose(row, law, posts), turn=_in_words(row, way.turn, law, posts) if way.turn else None,
                waits_for=way.label,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class _Way:
    """How a clock is settled from where its case stands: the reader's acts, else by whom and by what."""

    mine: tuple[str, ...]
    turn: str | None = None  # a by-token
    label: Text | None = None


def _onward(law: Ledger, row: Turn, worn: access.Hats) -> _Way:
    names = settling(law, law.clock(row.clock), row.case.stage)
    lies = {name: _lies_with(law, row, name) for name in names}
    mine = tuple(
        name
        for name in names
        if worn.for_act(law.acts[name].by) is not None and ((owner := lies[name]) is None or owner in worn.tokens)
    )
    if mine or not names:
        return _Way(mine)
    first = names[0]
    others = [token for token in law.acts[first].by if token not in worn.tokens]
    return _Way((), lies[first] or next(iter(others), None), law.acts[first].label)


def _lies_with(law: Ledger, row: Turn, name: str) -> str | None:
    """Who owes another clock of this stage that an act settles: the act is that post's turn, whoever else may do it."""
    if _settles(law, law.clock(row.clock), row.case.stage, name):
        return None
    return next(
        (
            clock.owes
            for key, clock in law.clocks.items()
            if key != row.clock and row.case.stage in clock.during and _settles(law, clock, row.case.stage, name)
        ),
        None,
    )


def _token(row: Turn) -> str:
    return f"{row.owes_role}@{row.owes_level}" if row.owes_role else ""


def _post(row: Turn, token: str | None) -> shown.PostKey | None:
    return shown.post_key(token, row.case.area_path) if token else None


def _in_words(row: Turn, token: str, law: Ledger, posts: Mapping[shown.PostKey, Text]) -> Text:
    key = _post(row, token)
    return posts[key] if key is not None else shown.tokens([token], law)[0]


def _whose(row: Turn, law: Ledger, posts: Mapping[shown.PostKey, Text]) -> Text:
    """Whose light a clock is: the organisation or person that the case names, else the post with its place."""
    party = row.owes_organisation or row.owes_account
    if party is not None:
        return Text(party.name, party.name)
    return _in_words(row, _token(row) or law.clock(row.clock).owes or "system", law, posts)


def settling(law: Ledger, clock: Clock, stage: str) -> list[str]:
    """The acts, possible in a stage, that settle a clock or bring it nearer: that stop it, lead on, or are its own.

    Where none does, the acts of the usual way from here. Ways beside the usual one (`aside`) never settle.
    """
    found = [name for name in law.acts if _settles(law, clock, stage, name)]
    found = found or list(routes.onward(law, stage))
    order = list(law.stages)
    return sorted(found, key=lambda name: _rank(law, law.acts[name], stage, order))


def _settles(law: Ledger, clock: Clock, stage: str, name: str) -> bool:
    act = law.acts[name]
    if act.opens or act.aside or (act.from_ and stage not in act.from_):
        return False
    leaves = bool(clock.during) and act.to is not None and act.to not in clock.during
    order = list(law.stages)
    leads_on = bool(clock.during) and act.to in clock.during and order.index(str(act.to)) > order.index(stage)
    return name in clock.stops or name in clock.act or leaves or leads_on


def _rank(law: Ledger, act: Act, stage: str, order: Sequence[str]) -> int:
    """Acts that lead on come first, then those that stay, end the case, or send it back."""
    if act.to is None or act.to == stage:
        return 1
    if law.stages[act.to].end:
        return 2
    return 0 if order.index(act.to) > order.index(stage) else 3


def _by_case(rows: Iterable[Party]) -> Mapping[uuid.UUID, list[Party]]:
    found: dict[uuid.UUID, list[Party]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


class _Past:
    """When the acts of some cases were last done, and how long their notices hang: two queries for all of them."""

    def __init__(self, cases: Mapping[uuid.UUID, Case], now: datetime):
        self._now = now
        self._last: dict[tuple[uuid.UUID, str], datetime] = {}
        self._notices: dict[uuid.UUID, Notice] = {}
        if not cases:
            return
        entries = Entry.objects.filter(case__in=cases, kind="act").order_by("n").values_list("case", "act", "received")
        for case, act, received in entries:
            self._last[(case, act)] = received
        for notice in Notice.objects.filter(case__in=cases, taken_down=None).order_by("starts"):
            self._notices[notice.case_id] = notice

    def next_act(self, case: Case, law: Ledger, name: str) -> NextAct:
        """An act with the instant from which it is possible."""
        act = law.acts[name]
        found: datetime | None = None
        waits = False
        for earlier, wait in act.after.items():
            since = self._last.get((case.pk, earlier))
            if wait == "notice":
                notice = self._notices.get(case.pk)
                waits = waits or (notice is not None and notice.ends is None)
                until = notice.ends if notice is not None else None
            elif since is not None:
                until = days.turn_instant(since, _length(wait, case, since), editions.library().calendar)
            else:
                until = None
            if until is not None and until > self._now and (found is None or until > found):
                found = until
        return NextAct(name, act.label, found, waits)


def _length(wait: object, case: Case, since: datetime) -> Duration:
    duration = getattr(wait, "duration", None)
    if isinstance(duration, Duration):
        return duration
    policy = getattr(wait, "policy", None)
    value = numbers.policy(policy, case.area_path, days.day_of(since)) if policy else None
    return Duration.parse(value) if isinstance(value, str) else Duration(0, "days")


# --- what may be begun ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """An act by which the actor may open a case."""

    ledger: str
    ledger_label: Text
    act: str
    label: Text
    register: str


def openings(actor: access.Actor) -> tuple[Opening, ...]:
    """The acts by which the actor's posts may open cases on a page."""
    held = {one.token for one in actor.posts}
    return tuple(
        Opening(name, law.label, act_name, act.label, law.subject)
        for name, law in editions.current_all().items()
        for act_name, act in law.acts.items()
        if act.opens and (held | _speaking(actor, law)) & set(act.by) and set(act.via) & {"web", "desk", "phone"}
    )


def _speaking(actor: access.Actor, law: Ledger) -> set[str]:
    """`@subject`, where an enterprise's log-in may begin something about its own."""
    return {"@subject"} if law.subject in THINGS and actor.things else set()
