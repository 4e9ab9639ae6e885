"""All rights: who an account is today, which rows it may see, which hats it wears for a case, and why.

Rights are the sum of four sources, each a WHERE: the area ranges of posts, being party to a case, owning a spawned
matter (owing one of its clocks, or having opened the case that led to it), less what a ledger denies by `see`.
Hidden and absent are the same answer. There is no superuser: an administrator's post gives no sight of any case.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.db.models import Q, QuerySet

from taizhang.core import editions, statements
from taizhang.core.models import (
    Account,
    Appointment,
    Area,
    Case,
    Entry,
    Evidence,
    Household,
    Membership,
    Organisation,
    Party,
    Post,
    Resident,
    Turn,
)
from taizhang.kit import areacode, days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import loop
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger

Hand = Literal["account", "system", "screen", "anyone"]
_NOBODY: Final = Q(pk__in=())
HELPING: Final = "households.helped"  # the capability of who is paired with households


@dataclass(frozen=True, slots=True)
class Held:
    """A post that somebody holds, or stands in for, on a day."""

    post: uuid.UUID
    role: str
    level: str
    area: uuid.UUID
    path: str
    area_name: str
    title: str
    organisation: uuid.UUID | None  # that the post speaks for
    organisation_code: str | None
    organisation_name: str | None
    deputy: bool
    thing: uuid.UUID | None = None  # the enterprise whose log-in the post is

    @property
    def token(self) -> str:
        """The post as ledgers name it: `cadre@village`."""
        return f"{self.role}@{self.level}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account with the posts it holds on the Shanghai day, or one of the system's own hands."""

    account: uuid.UUID | None
    name: str
    posts: tuple[Held, ...] = ()
    hand: Hand = "account"
    follows: uuid.UUID | None = None  # the case whose code a person without a log-in gave

    @property
    def organisations(self) -> frozenset[uuid.UUID]:
        """The organisations that this actor's posts speak for."""
        return frozenset(held.organisation for held in self.posts if held.organisation)

    @property
    def things(self) -> frozenset[uuid.UUID]:
        """The enterprises that this actor's posts speak for."""
        return frozenset(held.thing for held in self.posts if held.thing)

    @property
    def is_own_hand(self) -> bool:
        """Whether it is the system itself and no person."""
        return self.hand in ("system", "screen")


@dataclass(frozen=True, slots=True)
class Hats:
    """The by-tokens that an actor wears for one case, and the post that lends each (None: the person alone)."""

    worn: Mapping[str, Held | None]

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens alone."""
        return frozenset(self.worn)

    def for_act(self, by: Iterable[str]) -> tuple[str, Held | None] | None:
        """The first token of an act's `by` that is worn, with its post; None when there is none."""
        return next(((token, self.worn[token]) for token in by if token in self.worn), None)


SYSTEM: Final = Actor(None, "system", (), "system")
SCREEN: Final = Actor(None, "screen", (), "screen")
ANYONE: Final = Actor(None, "anyone", (), "anyone")


def follower(case: uuid.UUID) -> Actor:
    """A person without a log-in who holds the code of a case: sees that case and no other."""
    return Actor(None, "anyone", (), "anyone", case)


def actor(account: Account, now: datetime) -> Actor:
    """The account with the posts in force on the day of `now`. A closed account holds none."""
    day = days.day_of(now)
    if not account.is_active:
        return Actor(account.pk, account.name)
    rows = [
        row
        for row in statements.find(Appointment, account=account.pk)
        if row.valid_from <= day and (row.valid_to is None or row.valid_to > day)
    ]
    rows.sort(key=lambda row: (row.deputy, row.valid_from, row.pk))
    return Actor(account.pk, account.name, tuple(_held(row) for row in rows))


def _held(row: Appointment) -> Held:
    post = statements.the(Post, row.post_id)
    area = statements.the(Area, post.area_id)
    organisation = statements.the(Organisation, post.organisation_id) if post.organisation_id else None
    role = editions.library().roles.get(f"{post.role}@{post.level}")
    return Held(
        post=post.pk,
        role=post.role,
        level=post.level,
        area=post.area_id,
        path=area.path,
        area_name=area.name,
        title=post.title,
        organisation=organisation.pk if organisation and (role is None or role.speaks) else None,
        organisation_code=organisation.code if organisation else None,
        organisation_name=organisation.name if organisation else None,
        deputy=row.deputy,
        thing=post.thing_id,
    )


# --- capabilities ---------------------------------------------------------------------------------------------------


def may(actor: Actor, capability: str, area: str | None = None) -> bool:
    """Whether one of the actor's posts gives a capability, and covers the area (a path) where one is named."""
    return any(area is None or areacode.covers(held.path, area) for held in posts_with(actor, capability))


def posts_with(actor: Actor, capability: str) -> tuple[Held, ...]:
    """The posts that give a capability."""
    roles = editions.library().roles
    return tuple(held for held in actor.posts if held.token in roles and capability in roles[held.token].capabilities)


def acting(actor: Actor, capability: str, area: str | None = None) -> Held:
    """The post by which the actor uses a capability. Raises Refusal("not_allowed") when no post gives it there."""
    for held in posts_with(actor, capability):
        if area is None or areacode.covers(held.path, area):
            return held
    raise Refusal(
        "not_allowed",
        Text("您现在的岗位不能办理这件事。", "None of the posts you hold today may do this."),
        Text("需要时请由安全管理员调整岗位。", "The security administrator can change posts."),
    )


def within(field: str, paths: Iterable[str]) -> Q:
    """A WHERE for area ranges; byte-wise comparison, so that a range of codes is a range of the index."""
    found = _NOBODY
    for path in sorted(set(paths)):
        low, high = areacode.span(path)
        found |= Q(**{f"{field}__gte": low, f"{field}__lt": high})
    return found


# --- cases ----------------------------------------------------------------------------------------------------------


def cases_for(actor: Actor) -> QuerySet[Case]:
    """The cases that the actor may see, whatever their ledger; every source is a WHERE of one query."""
    if actor.is_own_hand:
        return Case.objects.all()
    wanted = _NOBODY
    for _, source in _sources(actor):
        wanted |= source
    return Case.objects.filter(wanted)


def case_for(actor: Actor, case_id: uuid.UUID | str, *, lock: bool = False) -> Case:
    """One case. Raises NotFound when it is absent or hidden. `lock` holds its row until the transaction ends."""
    try:
        wanted = _uuid(case_id)
    except ValueError:
        raise NotFound(Text("这个事项", "This case")) from None
    found = statements.one(Case, lock=lock, pk=wanted)
    if found is None or not _sees(actor, found):
        raise NotFound(Text("这个事项", "This case"))
    return found


def _sees(actor: Actor, case: Case) -> bool:
    """Whether a source of sight holds for one row: those of `_sources`, the cheapest first."""
    if actor.is_own_hand:
        return True
    if any(case.ledger in ledgers and areacode.covers(held.path, case.area_path) for held, ledgers in _areas(actor)):
        return True
    if actor.follows is not None:
        return actor.follows == case.pk
    if _blind(actor):
        return False
    if actor.account is not None and case.opened_by_id == actor.account:
        return True
    if any(_met(_party(actor), party) for party in statements.find(Party, case=case.pk)):
        return True
    if any(_met(owing(actor), turn) for turn in statements.find(Turn, case=case.pk)):
        return True
    helping = (held for held in actor.posts if case.ledger in readers().get(held.token, ()))
    if any(helping) and _helps(actor, case.household_id):
        return True
    above = statements.value(Case, "opened_by", pk=case.parent_id) if case.parent_id is not None else None
    return above is not None and bool(above == actor.account)


def why(actor: Actor, case: Case) -> Text:
    """The source of the actor's sight of a case, in words; for the person and for the auditor alike."""
    if actor.is_own_hand:
        return Text("系统自动办理", "The system itself")
    for held, ledgers in _areas(actor):
        if case.ledger in ledgers and areacode.covers(held.path, case.area_path):
            return _by_area(held)
    for reason, source in _sources(actor):
        if Case.objects.filter(source, pk=case.pk).exists():
            return reason
    return Text("无权查看：不在岗位辖区内，也不是当事方", "No sight: outside the areas of the posts, and no party")


def _sources(actor: Actor) -> Iterator[tuple[Text, Q]]:
    """Each source of sight with its reason, as a WHERE over cases; areas first."""
    for held, ledgers in _areas(actor):
        yield _by_area(held), Q(ledger__in=ledgers) & within("area_path", [held.path])
    if actor.follows is not None:
        yield Text("凭查询码", "By the code of the case"), Q(pk=actor.follows)
    if _blind(actor):
        return
    if party := _party(actor):
        reason = Text("本人或本单位是当事方", "The person or the organisation is a party")
        yield reason, Q(pk__in=Party.objects.filter(_where(party)).values("case"))
    reason = Text("本岗位承担该事项的时限", "The post owes one of its clocks")
    yield reason, Q(pk__in=Turn.objects.filter(owed_by(actor)).values("case"))
    if actor.account is not None:
        yield Text("由本人上报", "Opened by this person"), Q(opened_by=actor.account)
        reason = Text("由本人上报的事项引出", "Arose from a case opened by this person")
        yield reason, Q(parent__opened_by=actor.account)
    for held in posts_with(actor, HELPING):
        reason = Text("本人结对帮扶的户", "A household that this person helps")
        yield reason, Q(ledger__in=readers().get(held.token, ()), household__in=_helped(actor))


def _by_area(held: Held) -> Text:
    return Text(f"岗位“{held.title}”管辖{held.area_name}", f"The post “{held.title}” covers {held.area_name}")


def _helped(actor: Actor) -> QuerySet[Party, Any]:
    """The households that the actor helps in person: named in an open case of theirs that gives sight of it."""
    rows = Party.objects.filter(account=actor.account, reads=True, case__closed=None)
    return rows.exclude(case__household=None).values("case__household")


def _helps(actor: Actor, household: uuid.UUID | None) -> bool:
    """Whether the actor is paired with a household, and the post lets that be seen."""
    return bool(posts_with(actor, HELPING)) and _helped(actor).filter(case__household=household).exists()


def _areas(actor: Actor) -> Iterator[tuple[Held, tuple[str, ...]]]:
    """The posts that see cases inside their area, each with the ledgers it may read there."""
    readable = readers()
    roles = editions.library().roles
    for held in actor.posts:
        ledgers = readable.get(held.token, ())
        if ledgers and held.token in roles and roles[held.token].cases == "area":
            yield held, ledgers


def _blind(actor: Actor) -> bool:
    """Whether a post is held that must not see cases at all (the administrators), or no post at all."""
    roles = editions.library().roles
    kinds = {roles[held.token].cases for held in actor.posts if held.token in roles}
    return not kinds or kinds == {"none"}


def readers() -> Mapping[str, tuple[str, ...]]:
    """For each `role@level` the ledgers it may read inside its area: those named by `see` or by an act, else all."""
    return _readers(tuple(editions.current_all().values()), editions.library())


_READERS: dict[tuple[str, ...], Mapping[str, tuple[str, ...]]] = {}  # by the editions in force


def _readers(laws: tuple[Ledger, ...], library: Library) -> Mapping[str, tuple[str, ...]]:
    named = tuple(law.digest for law in laws)
    if named not in _READERS:
        found: dict[str, list[str]] = defaultdict(list)
        everyone = [token for token, role in library.roles.items() if role.cases == "area"]
        for law in laws:
            acting = (token for act in law.acts.values() for token in act.by)
            for token in {*law.see, *acting} if law.see else everyone:
                found[token].append(law.name)
        _READERS.clear()
        _READERS[named] = {token: tuple(names) for token, names in found.items()}
    return _READERS[named]


# A rule over rows as alternatives of equal columns: read as a WHERE for many rows, or held against one that is there.
Alternatives = tuple[Mapping[str, Any], ...]


def _where(wanted: Alternatives) -> Q:
    found = _NOBODY
    for columns in wanted:
        found |= Q(**columns)
    return found


def _met(wanted: Alternatives, row: Party | Turn) -> bool:
    return any(all(getattr(row, name) == value for name, value in columns.items()) for columns in wanted)


def _party(actor: Actor) -> Alternatives:
    """The parties that are this actor, or what the actor's posts speak for, and that see the case."""
    person = ({"account_id": actor.account, "reads": True},) if actor.account is not None else ()
    units = ({"organisation_id": ours, "reads": True} for ours in actor.organisations)
    return (*person, *units, *({"thing_id": ours, "reads": True} for ours in actor.things))


def owed_by(actor: Actor) -> Q:
    """A WHERE over turns: the clocks that this actor's posts, organisations or own person owe."""
    return _where(owing(actor))


def owing(actor: Actor) -> Alternatives:
    """The same as alternatives of equal columns."""
    wanted: list[Mapping[str, Any]] = []
    for held in actor.posts:
        if held.thing is not None:
            wanted.append({"owes_thing_id": held.thing})
            continue
        post = {"owes_role": held.role, "owes_level": held.level, "owes_path": held.path}
        if held.organisation is None:
            wanted.append(post)
        else:
            wanted += [{"owes_organisation_id": held.organisation}, {**post, "owes_organisation_id": None}]
    if actor.account is not None:
        wanted.append({"owes_account_id": actor.account})
    return tuple(wanted)


# --- hats -----------------------------------------------------------------------------------------------------------


def hats(actor: Actor, case: Case) -> Hats:
    """The by-tokens that the actor wears for a case; one query."""
    return worn(actor, case, statements.find(Party, case=case.pk))


def worn(actor: Actor, case: Case, parties: Iterable[Party]) -> Hats:
    """The by-tokens for a case whose parties were fetched already; no query."""
    return _hats(actor, case.area_path, parties, opener=case.opened_by_id, subject=case.organisation_id)


def hats_to_open(actor: Actor, path: str, speaker: uuid.UUID | None = None) -> Hats:
    """The by-tokens for a case that is about to be opened in an area; `speaker` is who speaks for its subject."""
    return _hats(actor, path, (), opener=actor.account, subject=speaker)


def _hats(
    actor: Actor, path: str, parties: Iterable[Party], *, opener: uuid.UUID | None, subject: uuid.UUID | None
) -> Hats:
    on: dict[str, Held | None] = {"anyone": None}
    if actor.is_own_hand:
        on |= {actor.hand: None, "system": None}
        return Hats(on)
    speaking: dict[uuid.UUID, Held] = {}  # by the organisation or enterprise that a post speaks for
    covering = [held for held in actor.posts if held.thing is not None or areacode.covers(held.path, path)]
    for held in covering:
        if held.thing is not None:
            speaking.setdefault(held.thing, held)  # the log-in of one enterprise is no office over the others
            continue
        on.setdefault(held.token, held)
        if held.organisation is not None:
            speaking.setdefault(held.organisation, held)
    first = covering[0] if covering else None
    for party in parties:
        for named in (party.organisation_id, party.thing_id):
            if named is not None and named in speaking:
                on.setdefault(f"@{party.field}", speaking[named])
        if party.account_id is not None and party.account_id == actor.account:
            on.setdefault(f"@{party.field}", first)
    if opener is not None and opener == actor.account:
        on.setdefault("@opener", first)
    if subject is not None and subject in speaking:
        on.setdefault("@subject", speaking[subject])
    return Hats(on)


def in_loop(actor: Actor, worn: Hats, held: Held | None) -> loop.Actor:
    """The actor as the pure loop knows it, acting by one post."""
    identity = str(actor.account) if actor.account else actor.hand
    return loop.Actor(
        id=identity,
        person=identity,
        org=held.organisation_code if held else None,
        hats=worn.tokens,
        name=actor.name,
    )


# --- registers, evidence, entries -----------------------------------------------------------------------------------


def households_for(actor: Actor) -> QuerySet[Household]:
    """The households inside the areas of the posts that may read registers, and those the actor helps in person."""
    if actor.is_own_hand:
        return Household.objects.all()
    wanted = within("area_path", [held.path for held in posts_with(actor, "households.read")])
    if posts_with(actor, HELPING):
        wanted |= Q(pk__in=_helped(actor))
    return Household.objects.filter(wanted)


def household_for(actor: Actor, household_id: uuid.UUID | str, *, by: Iterable[str] = ()) -> Household:
    """One household. Raises NotFound when it is absent or hidden.

    `by` are the tokens of an act about to open a case on it: a post that may do so may name the household.
    """
    opening = set(by)
    posts = (*posts_with(actor, "households.read"), *(held for held in actor.posts if held.token in opening))
    try:
        home = statements.one(Household, pk=_uuid(household_id))
    except ValueError:
        home = None
    covered = home is not None and any(areacode.covers(held.path, home.area_path) for held in posts)
    if home is None or not (actor.is_own_hand or covered or _helps(actor, home.pk)):
        raise NotFound(Text("这一户", "This household"))
    return home


def residents_for(actor: Actor) -> QuerySet[Resident]:
    """The residents who belong, or once belonged, to a household that the actor may see."""
    if actor.is_own_hand:
        return Resident.objects.all()
    ours = Membership.objects.filter(household__in=households_for(actor), batch__withdrawn_at=None).values("resident")
    return Resident.objects.filter(pk__in=ours)


def areas_for(actor: Actor) -> QuerySet[Area]:
    """The areas that the actor's posts cover; on public pages every one."""
    if actor.is_own_hand or actor.hand == "anyone":
        return Area.objects.all()
    return Area.objects.filter(within("path", [held.path for held in actor.posts]))


def evidence_for(actor: Actor) -> QuerySet[Evidence]:
    """Kept files of the cases that the actor may see, and those the actor has just uploaded."""
    if actor.is_own_hand:
        return Evidence.objects.all()
    if actor.account is None:
        return Evidence.objects.none()
    return Evidence.objects.filter(Q(entry__case__in=cases_for(actor)) | Q(account=actor.account, entry=None))


def entries_for(actor: Actor) -> QuerySet[Entry]:
    """The entries that the actor may read: an auditor those of the posts' areas, anybody else their own."""
    if actor.is_own_hand:
        return Entry.objects.all()
    audited = [held.path for held in posts_with(actor, "audit.read")]
    if audited:
        return Entry.objects.filter(within("area_path", audited))
    return Entry.objects.filter(account=actor.account) if actor.account else Entry.objects.none()


def _uuid(value: uuid.UUID | str) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
