"""The page of one case: where it stands, what is next and who may, what was done, and why its light is as it is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from taizhang.core import access, editions, folding, seals, statements, subjects
from taizhang.core.models import Account, Alert, Case, Entry, Evidence, Notice, Organisation, Post
from taizhang.core.queries import citing, shown
from taizhang.core.queries import track as tracks
from taizhang.core.queries.citing import Record
from taizhang.core.queries.shown import Colour, Shown, Subject
from taizhang.core.queries.track import Planned, Step
from taizhang.core.world import CaseWorld
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import lights, loop, why
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.schema import Field, Ledger
from taizhang.ledger.scope import Scope
from taizhang.ledger.state import Turn


@dataclass(frozen=True, slots=True)
class File:
    """A kept file of an entry."""

    id: uuid.UUID
    kind: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Told:
    """One entry on the timeline, with its two times."""

    n: int
    entry: uuid.UUID
    act: str
    label: Text
    who: str
    post: str
    deputy: bool
    happened: datetime
    received: datetime
    late: bool  # entered on a later day than it is said to have happened
    stage: Text
    moved: bool
    values: tuple[Shown, ...]
    files: tuple[File, ...]
    cites: tuple[Record, ...]
    annulled: bool
    annuls: int | None
    seq: int
    correctable: bool  # the reader may withdraw this entry as a mistake, and nothing rests on it yet
    law: Ledger  # the edition it was written under: its labels are those of that time


UUID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True)
class Offered:
    """An act that can come next."""

    act: str
    label: Text
    help: Text | None
    mine: bool
    allowed_now: bool
    possible_from: datetime | None
    unmet: tuple[Text, ...]
    hands: tuple[Text, ...]  # of those, what bars this reader and nobody else: another hand is wanted
    who: tuple[Text, ...]
    missing: tuple[str, ...]  # names of those on the list of `each` who have still to do it
    to: Text | None


@dataclass(frozen=True, slots=True)
class Lit:
    """One running clock and the reasons for its light."""

    clock: str
    light: Colour
    due: datetime | None
    days_left: int | None
    why: why.Why
    since: datetime
    limit: Text
    plan: tuple[Planned, ...]  # how the ledger divides a limit that runs from the opening among the stages


@dataclass(frozen=True, slots=True)
class Posted:
    """A notice of this case."""

    id: uuid.UUID
    starts: datetime
    ends: datetime | None
    taken_down: datetime | None
    hangs: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """Another case that this one led to, or came from."""

    case: uuid.UUID
    number: str
    ledger_label: Text
    stage: Text
    light: Colour
    closed: datetime | None
    whom: str  # what it is about, where that is another thing; else the organisation it lies with, where one is named


@dataclass(frozen=True, slots=True)
class Raised:
    """A screening alert that rests on this case."""

    digest: str
    rule: str
    level: str
    day: datetime


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything that the page of a case shows."""

    case: uuid.UUID
    number: str
    ledger: Ledger
    n: int  # give it back with an act: who saw fewer entries is refused
    subject: Subject
    stage: str
    stage_label: Text
    opened: datetime
    closed: datetime | None
    light: Colour
    why_seen: Text
    fields: tuple[Shown, ...]
    track: tuple[Step, ...]
    timeline: tuple[Told, ...]
    clocks: tuple[Lit, ...]
    offers: tuple[Offered, ...]
    notices: tuple[Posted, ...]
    children: tuple[Linked, ...]
    parent: Linked | None
    spells: tuple[Linked, ...]  # the subject's other cases of a ledger that has at most one open, the earliest first
    alerts: tuple[Raised, ...]


def page(actor: access.Actor, case_id: uuid.UUID | str, now: datetime) -> CasePage:
    """The page of a case; about twenty-five queries. Raises NotFound when it is absent or hidden."""
    case = access.case_for(actor, case_id)
    law = editions.pinned(case.edition_id)
    day = days.day_of(now)
    written = folding.bodies(case)
    state = folding.state(case, law, now, written=written)
    world = CaseWorld(subjects.of_case(case), now, case.pk)
    worn = access.hats(actor, case)
    reads = shown.sight(actor, law, worn)
    turns = lights.turns(law, state, world)
    names, opened = _prepared(law, written, case, day)
    subject = shown.subjects([case], day)[case.pk]
    parent, children = _relatives(actor, case, now)
    return CasePage(
        case=case.pk, number=case.number, ledger=law, n=case.n, subject=subject, stage=case.stage,
        stage_label=law.stages[case.stage].label, opened=case.opened, closed=case.closed,
        light=lights.light(turns, now).colour, why_seen=access.why(actor, case),
        fields=_fields(law, case.data, opened, names, reads, Scope(law, state, world, day, state.fields)),
        track=tracks.track(law, state, turns, now),
        timeline=_timeline(actor, law, case, written, opened, names, reads, worn), clocks=_clocks(law, state, turns, now),
        offers=_offers(law, state, actor, worn, now, world),
        notices=_notices(case, now), children=children, parent=parent, spells=_spells(actor, case, now),
        alerts=_alerts(case),
    )  # fmt: skip


def _prepared(
    law: Ledger, written: Sequence[Mapping[str, Any]], case: Case, day: Any
) -> tuple[shown.Names, Mapping[str, Any]]:
    """The names and the unsealed values that the page needs, fetched together."""
    names = shown.Names(day)
    told = [(law.fields[key], raw) for key, raw in case.data.items() if key in law.fields]
    for body in written:
        specs = _specs(editions.pinned(body["edition"]), body["act"])
        values = [*(body["says"].get("fields") or {}).items(), *(body["says"].get("own") or {}).items()]
        told += [(specs.get(key, _REASON), raw) for key, raw in values]
    references = folding.references(dict(enumerate(raw for _, raw in told)))
    opened = seals.read(references) if references else {}
    for spec, raw in told:
        shown.want(spec, opened.get(raw["sealed"]) if seals.is_reference(raw) else raw, names)
    names.fetch()
    return names, opened


def _specs(law: Ledger, act: str) -> Mapping[str, Field]:
    own = law.acts[act].entry if act in law.acts else {}
    return {**law.fields, **own}


def _fields(
    law: Ledger,
    data: Mapping[str, Any],
    opened: Mapping[str, Any],
    names: shown.Names,
    reads: Literal["full", "none"],
    scope: Scope,
) -> tuple[Shown, ...]:
    """The case's facts in the ledger's order, derived ones reckoned now."""
    found = []
    for key, spec in law.fields.items():
        if spec.calc is not None:
            derived = scope.field(key)
            if derived is not UNKNOWN and spec.sealed and reads == "none":
                found.append(Shown(key, spec.label, Text(shown.COVERED, shown.COVERED), covered=True))
            elif derived is not UNKNOWN:
                found.append(Shown(key, spec.label, shown.words(spec, derived, names)))
        elif data.get(key) is not None:
            found.append(
                shown.value(key, spec, data[key], opened, names, _reads(scope.ledger, key, scope.state.stage, reads))
            )
    return tuple(found)


def _reads(law: Ledger, key: str, stage: str, reads: Literal["full", "none"]) -> Literal["full", "none"]:
    """How much of one field is read while its case is in a stage, whenever it was written."""
    spec = law.fields.get(key)
    return reads if spec is None or spec.lies_open(stage) else "none"


# --- the way so far -------------------------------------------------------------------------------------------------


def _timeline(
    actor: access.Actor,
    law: Ledger,
    case: Case,
    written: Sequence[Mapping[str, Any]],
    opened: Mapping[str, Any],
    names: shown.Names,
    reads: Literal["full", "none"],
    worn: access.Hats,
) -> tuple[Told, ...]:
    accounts = dict(
        Account.objects.filter(pk__in={b["account"] for b in written if b["account"]}).values_list("pk", "name")
    )
    posts = dict(Post.objects.filter(pk__in={b["post"] for b in written if b["post"]}).values_list("pk", "title"))
    files = {str(row.pk): row for row in Evidence.objects.filter(entry__case=case.pk)}
    cited = citing.of_entries(actor, [body["id"] for body in written if body["says"].get("cites")])
    gone = {body["says"]["annuls"] for body in written if body["kind"] == folding.ANNUL}
    last = max(body["n"] for body in written if body["kind"] == folding.ACT and body["n"] not in gone)
    found = []
    stage: str | None = None
    for body in written:
        says, own = body["says"], editions.pinned(body["edition"])
        specs = _specs(own, body["act"])
        happened, received = folding.instant(body["happened"]), folding.instant(body["received"])
        values = _in_order(own, body["act"], {**(says.get("fields") or {}), **(says.get("own") or {})})
        found.append(
            Told(
                n=body["n"], entry=uuid.UUID(body["id"]), act=body["act"], label=_act_label(own, body),
                who=_who(body, accounts), post=posts.get(uuid.UUID(body["post"]), "") if body["post"] else "",
                deputy=bool(says.get("deputy")), happened=happened, received=received,
                late=days.day_of(happened) < days.day_of(received), stage=own.stages[says["stage"]].label,
                moved=says["stage"] != stage,
                values=tuple(
                    shown.value(key, specs.get(key, _REASON), raw, opened, names, _reads(law, key, case.stage, reads))
                    for key, raw in values.items() if raw is not None
                ),
                files=tuple(
                    File(row.pk, row.kind, row.media_type, row.size)
                    for one in body["evidence"] if (row := files.get(one["id"])) is not None
                ),
                cites=cited.get(uuid.UUID(body["id"]), ()), annulled=body["n"] in gone, annuls=says.get("annuls"), seq=body["seq"],
                correctable=not case.closed and body["n"] not in gone and _correctable(law, body, last, worn),
                law=own,
            )
        )  # fmt: skip
        stage = says["stage"]
    return tuple(found)


def _in_order(law: Ledger, act: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the ledger asks for them: `asks`, `may`, `entry`; then what the system set."""
    spec = law.acts.get(act)
    asked = (*spec.asks, *spec.may, *spec.entry) if spec else ()
    return {key: values[key] for key in dict.fromkeys((*asked, *values)) if key in values}


def _correctable(law: Ledger, body: Mapping[str, Any], last: int, worn: access.Hats) -> bool:
    """Whether the reader may withdraw an entry: an act of theirs that is not the opening and on which nothing rests."""
    spec = law.acts.get(body["act"])
    mistakable = body["kind"] == folding.ACT and body["n"] != 1 and body["edition"] == law.digest
    if spec is None or not mistakable or worn.for_act(spec.by) is None:
        return False
    moved = spec.to is not None and body["n"] != last
    return not moved and not any(effect.spawn or effect.register_ or effect.act for effect in spec.do)


_REASON = Field.model_construct(zh="原因", en="Reason", type="text", of=None, unit=None, sensitive=None)


def _act_label(law: Ledger, body: Mapping[str, Any]) -> Text:
    if body["kind"] == folding.UPGRADE:
        older, newer = body["says"]["versions"]
        return Text(
            f"台账更新：由第 {older} 版转到第 {newer} 版办理",
            f"The ledger was renewed: from version {older} to version {newer}",
        )
    label = law.acts[body["act"]].label if body["act"] in law.acts else Text(body["act"], body["act"])
    if body["kind"] == folding.ANNUL:
        return Text(
            f"更正：撤销第{body['says']['annuls']}条“{label.zh}”",
            f"Correction: entry {body['says']['annuls']}, “{label.en}”, withdrawn",
        )
    return label


def _who(body: Mapping[str, Any], accounts: Mapping[uuid.UUID, str]) -> str:
    if body["account"]:
        return accounts.get(uuid.UUID(body["account"]), "")
    return {"screen": "部门筛查", "anyone": "公众"}.get(body["hand"], "系统")


# --- what is next ---------------------------------------------------------------------------------------------------


def _clocks(law: Ledger, state: loop.State, turns: Sequence[Turn], now: datetime) -> tuple[Lit, ...]:
    library = editions.library()
    running = [turn for turn in turns if turn.stopped_at is None]
    order = {"red": 0, "yellow": 1, "green": 2}
    running.sort(key=lambda turn: (order[turn.colour(now)], turn.red_at is None, turn.red_at or now))
    owners = _owners(law, state, running)
    return tuple(
        Lit(
            turn.clock, turn.colour(now), turn.due, shown.days_left(turn.red_at, now),
            replace(why.why(law, turn, now, library), whose=owners[turn.clock]), turn.since, turn.limit_text,
            tracks.planned(law, state, turn.clock),
        )
        for turn in running
    )  # fmt: skip


def _owners(law: Ledger, state: loop.State, turns: Sequence[Turn]) -> dict[str, Text]:
    """Whose light each clock is: the post with its place, the organisation, or the person; three queries at most."""
    posts = {turn.clock: key for turn in turns if (key := shown.post_key(turn.owes.token, state.area)) is not None}
    titles = shown.posts_in_words(posts.values())
    names = shown.Names(days.day_of(state.opened))
    parties = {turn.clock: law.fields[turn.owes.token[1:]].type for turn in turns if turn.owes.token[1:] in law.fields}
    for turn in turns:
        if turn.clock in parties and turn.owes.party:
            names.want(parties[turn.clock], turn.owes.party)
    names.fetch()
    found = {}
    for turn in turns:
        plain = shown.tokens([turn.owes.token], law)[0]
        if turn.clock in posts:
            plain = titles[posts[turn.clock]]
        elif turn.clock in parties and turn.owes.party:
            name = names.of(parties[turn.clock], turn.owes.party)
            plain = Text(name, name)
        found[turn.clock] = plain
    return found


def _offers(
    law: Ledger, state: loop.State, actor: access.Actor, worn: access.Hats, now: datetime, world: CaseWorld
) -> tuple[Offered, ...]:
    found = []
    me = access.in_loop(actor, worn, next((held for held in worn.worn.values() if held is not None), None))
    general = loop.offers(law, state, worn.tokens, loop.Moment(now), world)
    # whether hands must be separate is told of this reader's own acts only
    mine = {offer.act: offer for offer in loop.offers(law, state, worn.tokens, loop.Moment(now), world, me)}
    for told in general:
        act = law.acts[told.act]
        offer = mine[told.act] if worn.for_act(act.by) is not None else told
        if set(act.by) <= {"screen", "system"}:
            continue
        found.append(
            Offered(
                act=offer.act, label=act.label, help=act.help, mine=worn.for_act(act.by) is not None,
                allowed_now=offer.allowed_now, possible_from=offer.possible_from,
                unmet=tuple(one.text for one in offer.unmet), hands=tuple(one.text for one in offer.unmet if one not in told.unmet),
                who=shown.tokens(act.by, law), missing=_named(told.missing),
                to=law.stages[act.to].label if act.to else None,
            )
        )  # fmt: skip
    return tuple(found)


def _named(missing: Sequence[str]) -> tuple[str, ...]:
    """Persons by their id and organisations by their code, as people call them, in the order of the list."""
    if not missing:
        return ()
    people = [one for one in missing if len(one) == UUID_LENGTH]
    names = {str(pk): name for pk, name in Account.objects.filter(pk__in=people).values_list("pk", "name")}
    names |= dict(Organisation.objects.filter(code__in=missing).values_list("code", "name"))
    return tuple(names.get(one, one) for one in missing)


def offered(
    actor: access.Actor, case_id: uuid.UUID | str, act: str, now: datetime
) -> tuple[Case, Ledger, loop.State, CaseWorld]:
    """What the form of an act needs: the case, its ledger, its state and its surroundings. Raises NotFound.

    Absent, hidden, and not this actor's to do are the same answer.
    """
    case = access.case_for(actor, case_id)
    law = editions.pinned(case.edition_id)
    if act not in law.acts or access.hats(actor, case).for_act(law.acts[act].by) is None:
        raise NotFound(Text("这一步", "This act"))
    return case, law, folding.state(case, law, now), CaseWorld(subjects.of_case(case), now, case.pk)


# --- around it ------------------------------------------------------------------------------------------------------


def _notices(case: Case, now: datetime) -> tuple[Posted, ...]:
    rows = Notice.objects.filter(case=case.pk).order_by("starts")
    return tuple(
        Posted(
            row.pk,
            row.starts,
            row.ends,
            row.taken_down,
            row.taken_down is None and (row.ends is None or row.ends > now),
        )
        for row in rows
    )


def _relatives(actor: access.Actor, case: Case, now: datetime) -> tuple[Linked | None, tuple[Linked, ...]]:
    """The case this one came from and those it led to, as far as the actor may see them."""
    parent, rows = None, []
    if case.parent_id is not None:
        parent = access.cases_for(actor).filter(pk=case.parent_id).prefetch_related("parties__organisation").first()
    if statements.value(Case, "pk", parent=case.pk) is not None:
        below = access.cases_for(actor).filter(parent=case.pk).order_by("number")
        rows = list(below.select_related("thing").prefetch_related("parties__organisation"))
    return (_linked(parent, now) if parent is not None else None), tuple(_linked(row, now, case) for row in rows)


def _spells(actor: access.Actor, case: Case, now: datetime) -> tuple[Linked, ...]:
    """The other spells of a subject that stands at most once in this ledger, as far as the actor may see them."""
    if not case.sole:
        return ()
    about = {name: getattr(case, name) for name in ("household_id", "resident_id", "organisation_id", "thing_id")}
    if not any(about.values()):
        about["area_id"] = case.area_id  # it is about a place
    rows = access.cases_for(actor).filter(ledger=case.ledger, **about).exclude(pk=case.pk)
    return tuple(_linked(row, now) for row in rows.order_by("opened").prefetch_related("parties__organisation"))


def _linked(row: Case, now: datetime, above: Case | None = None) -> Linked:
    law = editions.pinned(row.edition_id)
    whom = next((party.organisation.name for party in row.parties.all() if party.organisation is not None), "")
    if above is not None and row.thing is not None and row.thing_id != above.thing_id:
        whom = row.thing.name  # one case for each of many: by what it is about
    return Linked(row.pk, row.number, law.label, law.stages[row.stage].label, shown.colour(row, now), row.closed, whom)


def _alerts(case: Case) -> tuple[Raised, ...]:
    rows = Alert.objects.filter(case=case.pk).order_by("day", "rule")
    return tuple(Raised(row.digest, row.rule, row.level, days.start_of(row.day)) for row in rows)


def entry(actor: access.Actor, entry_id: uuid.UUID | str) -> Mapping[str, Any]:
    """One entry as it was written, for whoever may see its case. Raises NotFound."""
    row = Entry.objects.filter(pk=entry_id).first()
    if row is None or not (_sees(actor, row) or access.entries_for(actor).filter(pk=row.pk).exists()):
        raise NotFound(Text("这条记录", "This entry"))
    written: Mapping[str, Any] = json.loads(row.body)
    return written


def _sees(actor: access.Actor, row: Entry) -> bool:
    return row.case_id is not None and access.cases_for(actor).filter(pk=row.case_id).exists()
