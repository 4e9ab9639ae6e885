"""Accounts and posts for whoever administers them: who has an account, which posts they held from when to when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, QuerySet

from taizhang.core import access, editions
from taizhang.core.models import Account, Appointment, Area, Organisation
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Term:
    """One appointment: a post from a day up to and without another."""

    appointment: uuid.UUID
    post: uuid.UUID
    title: str
    role: Text
    area: str
    organisation: str
    since: date
    until: date | None
    deputy: bool
    running: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class Officer:
    """One account with the posts it holds today."""

    account: uuid.UUID
    username: str
    name: str
    active: bool
    first_password: bool  # it was given one and has not replaced it yet
    no_password: bool  # none was ever issued
    locked: bool  # too many wrong passwords
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of accounts."""

    rows: tuple[Officer, ...]
    total: int
    page: int


def listed(actor: access.Actor, day: date, *, text: str = "", role: str = "", state: str = "", page: int = 1) -> Listed:
    """Accounts by the pinyin of their names, with today's posts. Raises Refusal("not_allowed").

    `text` is part of a name, user name or post; `role` is `role@level`; `state` is closed, locked, first or idle (no post).
    """
    access.acting(actor, "accounts.manage")
    rows = _narrowed(Account.objects.all(), day, text.strip(), role, state)
    total = rows.count()
    at = min(max(page, 1), max(1, -(-total // PAGE)))
    found = list(rows.order_by("sort_key", "username")[(at - 1) * PAGE : at * PAGE])
    return Listed(_officers(found, day, only_running=True), total, at)


def one(actor: access.Actor, account_id: uuid.UUID, day: date) -> Officer:
    """One account with every post it ever held. Raises NotFound, Refusal("not_allowed")."""
    access.acting(actor, "accounts.manage")
    row = Account.objects.filter(pk=account_id).first()
    if row is None:
        raise NotFound(Text("这个账号", "This account"))
    return _officers([row], day, only_running=False)[0]


def roles() -> tuple[tuple[str, Text], ...]:
    """Every role: `role@level` and its label."""
    return tuple((token, role.label) for token, role in editions.library().roles.items())


def with_organisation() -> frozenset[str]:
    """The roles whose posts belong to an organisation."""
    return frozenset(token for token, role in editions.library().roles.items() if role.organisation)


def areas(level: str = "") -> tuple[tuple[str, str], ...]:
    """Areas (of one level) in which a post can be: path, and the name behind its town's."""
    rows = list(Area.objects.order_by("path").values_list("path", "name", "level", "parent__name"))
    return tuple(
        (path, f"{parent} {name}" if own == "village" and parent else name)
        for path, name, own, parent in rows
        if not level or own == level
    )


def organisations() -> tuple[tuple[str, str], ...]:
    """Organisations: code and name."""
    return tuple(Organisation.objects.order_by("name").values_list("code", "name"))


def _narrowed(rows: QuerySet[Account], day: date, text: str, role: str, state: str) -> QuerySet[Account]:
    running = Appointment.objects.filter(_running(day))
    if text:
        titled = running.filter(post__title__contains=text).values("account")
        rows = rows.filter(Q(name__contains=text) | Q(username__icontains=text) | Q(pk__in=titled))
    if "@" in role:
        name, _, level = role.partition("@")
        rows = rows.filter(pk__in=running.filter(post__role=name, post__level=level).values("account"))
    if state == "closed":
        rows = rows.filter(is_active=False)
    elif state == "locked":
        rows = rows.filter(username__in=_locked())
    elif state == "first":
        rows = rows.filter(must_change_password=True)
    elif state == "idle":
        rows = rows.exclude(pk__in=running.values("account"))
    return rows


def _running(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))


def _locked() -> set[str]:
    rows = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)
    return set(rows.values_list("username", flat=True))


def _officers(rows: Sequence[Account], day: date, *, only_running: bool) -> tuple[Officer, ...]:
    terms = Appointment.objects.filter(account__in=rows).select_related("post__area", "post__organisation")
    if only_running:
        terms = terms.filter(_running(day))
    held: dict[uuid.UUID, list[Term]] = {}
    labels = dict(roles())
    for term in terms.order_by("-valid_from", "pk"):
        held.setdefault(term.account_id, []).append(_term(term, labels, day))
    locked = _locked()
    return tuple(
        Officer(
            row.pk, row.username, row.name, row.is_active, row.must_change_password and row.has_usable_password(),
            not row.has_usable_password(), row.username in locked, tuple(held.get(row.pk, ())),
        )
        for row in rows
    )  # fmt: skip


def _term(row: Appointment, labels: Mapping[str, Text], day: date) -> Term:
    post = row.post
    token = f"{post.role}@{post.level}"
    return Term(
        row.pk, post.pk, post.title, labels.get(token, Text(token, token)), post.area.name,
        post.organisation.name if post.organisation else "", row.valid_from, row.valid_to, row.deputy,
        row.valid_from <= day and (row.valid_to is None or day < row.valid_to), row.valid_to is not None and row.valid_to <= day,
    )  # fmt: skip


def posts_in_words(actor: access.Actor) -> tuple[Text, ...]:
    """The actor's posts as the head of a page shows them; a deputy is marked so."""
    return tuple(
        Text(f"{held.title}（代理）", f"{held.title} (acting)") if held.deputy else Text(held.title, held.title)
        for held in actor.posts
    )
