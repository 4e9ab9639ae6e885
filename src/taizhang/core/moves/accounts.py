"""Accounts, posts and who holds them: every change an entry, nothing done to oneself, no sight of cases by it."""

from __future__ import annotations

import csv
import io
import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from axes.utils import reset as forget_failures
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from taizhang.core import access, chain, editions, profiles
from taizhang.core.clock import Clock
from taizhang.core.models import Account, Appointment, Area, District, Organisation, Post, Thing
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

# No letter or digit that looks like another on paper: 12 of 30 signs are 58 bits.
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz2345679"
COLUMNS: Final = ("username", "name", "role", "level", "area", "organisation", "title", "from", "to", "deputy")


class Issued(NamedTuple):
    """A password that is shown once, to be handed over on paper."""

    account: uuid.UUID
    username: str
    name: str
    password: str


@dataclass(frozen=True)
class _Deed:
    """One administrative act on the way to its entry."""

    actor: access.Actor
    held: access.Held | None
    clock: Clock


@contextmanager
def _deed(actor: access.Actor, capability: str, clock: Clock, area: str | None = None) -> Iterator[_Deed]:
    held = None if actor.is_own_hand else access.acting(actor, capability, area)
    with transaction.atomic():
        yield _Deed(actor, held, clock)


def _append(deed: _Deed, kind: str, says: Mapping[str, Any], area: str | None = None) -> None:
    chain.append(
        chain.Draft(
            kind=kind, received=deed.clock.now(), account=deed.actor.account, hand=deed.actor.hand, says=says,
            area=area or (deed.held.path if deed.held else District.objects.get().code),
            post=deed.held.post if deed.held else None,
        )
    )  # fmt: skip


# --- accounts -------------------------------------------------------------------------------------------------------


def create(actor: access.Actor, *, username: str, name: str, clock: Clock) -> Issued:
    """A new account with a first password that must be changed at the first log-in.

    Raises Refusal: `not_allowed`, `username` (taken, or other than 2-40 letters, digits, dots, hyphens), `name`.
    """
    with _deed(actor, "accounts.manage", clock) as deed:
        issued = _create(username, name)
        _append(deed, "account", {"account": str(issued.account), "username": issued.username, "what": "create"})
    return issued


def _create(username: str, name: str, issue: bool = True) -> Issued:
    username, name = username.strip(), name.strip()
    if not re.fullmatch(r"[\w.-]{2,40}", username):
        raise Refusal("username", Text(f"账号“{username}”不合规定。", f"The user name {username!r} cannot be used."),
                      Text("用 2 到 40 个字母、数字、点或短横。", "Use 2 to 40 letters, digits, dots or hyphens."))  # fmt: skip
    if not name or len(name) > 40:
        raise Refusal("name", Text("请填写姓名（不超过 40 字）。", "Give the person's name (at most 40 characters)."))
    if Account.objects.filter(username__iexact=username).exists():
        raise Refusal("username", Text(f"账号“{username}”已被使用。", f"The user name {username!r} is taken."))
    account = Account(username=username, name=name, sort_key=profiles.sort_key(name))
    password = _set_first(account) if issue else ""
    if not issue:
        account.set_unusable_password()
    account.save(force_insert=True)
    return Issued(account.pk, username, name, password)


def _set_first(account: Account) -> str:
    signs = "".join(secrets.choice(_SIGNS) for _ in range(12))
    password = f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"
    account.set_password(password)
    account.must_change_password = True
    return password


def reset(actor: access.Actor, account_id: uuid.UUID, *, clock: Clock) -> Issued:
    """A new first password for somebody else, who must change it; open sessions end. Raises Refusal, NotFound."""
    with _deed(actor, "passwords.reset", clock) as deed:
        account = _other(actor, account_id)
        password = _set_first(account)
        account.save(update_fields=["password", "must_change_password"])
        forget_failures(username=account.username)
        _append(deed, "account", {"account": str(account.pk), "what": "reset"})
    return Issued(account.pk, account.username, account.name, password)


def unlock(actor: access.Actor, account_id: uuid.UUID, *, clock: Clock) -> None:
    """Let somebody else try again after too many wrong passwords. Raises Refusal, NotFound."""
    with _deed(actor, "accounts.manage", clock) as deed:
        account = _other(actor, account_id)
        forget_failures(username=account.username)
        _append(deed, "account", {"account": str(account.pk), "what": "unlock"})


def close(actor: access.Actor, account_id: uuid.UUID, *, clock: Clock, reopen: bool = False) -> None:
    """Close somebody else's account, or open it again; what they did keeps their name. Raises Refusal, NotFound."""
    with _deed(actor, "accounts.manage", clock) as deed:
        account = _other(actor, account_id)
        account.is_active = reopen
        account.save(update_fields=["is_active"])
        _append(deed, "account", {"account": str(account.pk), "what": "reopen" if reopen else "close"})


def change_password(account: Account, *, old: str, new: str, clock: Clock) -> None:
    """One's own password. Raises Refusal: `password_old` for a wrong one, `password_new` with every rule it breaks."""
    if not account.check_password(old):
        raise Refusal("password_old", Text("原密码不对。", "The old password is wrong."))
    if new == old:
        raise Refusal("password_new", Text("新密码不能与原密码相同。", "The new password must be another one."))
    choose_password(account, new=new, clock=clock)


def choose_password(account: Account, *, new: str, clock: Clock) -> None:
    """The password that whoever is known to hold the account chose. Raises Refusal `password_new` with every rule it breaks."""
    try:
        validate_password(new, account)
    except ValidationError as error:
        said = " ".join(error.messages)
        raise Refusal("password_new", Text(said, said)) from None
    with transaction.atomic():
        account.set_password(new)
        account.must_change_password = False
        account.save(update_fields=["password", "must_change_password"])
        actor = access.Actor(account.pk, account.name)
        _append(_Deed(actor, None, clock), "account", {"account": str(account.pk), "what": "password"})


def _other(actor: access.Actor, account_id: uuid.UUID) -> Account:
    if actor.account == account_id:
        raise Refusal(
            "oneself",
            Text("不能给自己办理，请另一位安全管理员办理。", "Not for oneself: another administrator must do it."),
        )
    try:
        return Account.objects.select_for_update().get(pk=account_id)
    except Account.DoesNotExist:
        raise NotFound(Text("这个账号", "This account")) from None


# --- posts ----------------------------------------------------------------------------------------------------------


def make_post(
    actor: access.Actor,
    *,
    role: str,
    level: str,
    area: str,
    organisation: str | None = None,
    title: str = "",
    clock: Clock,
) -> Post:
    """The post of a role in an area (a path), for a department's post with its organisation (a code); made when new.

    For an enterprise's post `organisation` is the enterprise's credit code or name.

    Raises Refusal: `not_allowed`, `role`, `post_level`, `post_organisation`; NotFound for an unknown area or organisation.
    """
    with _deed(actor, "posts.manage", clock) as deed:
        post, made = _post(role, level, area, organisation, title)
        if made:
            _append(deed, "post", {"post": str(post.pk), "role": f"{role}@{level}", "organisation": organisation}, area)
    return post


def _post(role: str, level: str, area: str, organisation: str | None, title: str) -> tuple[Post, bool]:
    known = editions.library().roles.get(f"{role}@{level}")
    if known is None:
        raise Refusal("role", Text(f"没有岗位“{role}@{level}”。", f"There is no role {role}@{level}."))
    place = Area.objects.filter(path=area).first()
    if place is None:
        raise NotFound(Text(f"区划“{area}”", f"The area {area}"))
    if place.level != level:
        raise Refusal("post_level", Text(f"{place.name}不是这一级的区划。", f"{place.name} is no area of this level."))
    thing = _thing(known.register, organisation) if known.register else None
    organisation = organisation if thing is None else None
    if known.organisation != bool(organisation):
        raise Refusal(
            "post_organisation",
            Text("这个岗位要写明单位。", "This post needs its organisation.") if known.organisation
            else Text("这个岗位不属于任何单位。", "This post belongs to no organisation."),
        )  # fmt: skip
    unit = Organisation.objects.filter(code=organisation).first() if organisation else None
    if organisation and unit is None:
        raise NotFound(Text(f"单位“{organisation}”", f"The organisation {organisation}"))
    owner = unit or thing or place
    title = title or f"{owner.name}{known.label.zh}"
    return Post.objects.get_or_create(
        role=role, level=level, area=place, organisation=unit, thing=thing, defaults={"title": title[:60]}
    )


def _thing(register: str, wanted: str | None) -> Thing:
    """The enterprise whose log-in a post is to be, by its credit code or its name."""
    rows = Thing.objects.filter(register=register, closed=None)
    found = list(rows.filter(Q(code=wanted) | Q(name=wanted))[:2]) if wanted else []
    if len(found) != 1:
        raise Refusal(
            "post_organisation",
            Text(
                f"企业名录里没有“{wanted or ''}”，或者有重名。", f"“{wanted or ''}” is not in the register, or twice."
            ),
            Text("请写统一社会信用代码。", "Give its credit code."),
        )
    return found[0]


def appoint(
    actor: access.Actor,
    account_id: uuid.UUID,
    post_id: uuid.UUID,
    *,
    since: date,
    until: date | None = None,
    deputy: bool = False,
    clock: Clock,
) -> Appointment:
    """Somebody else holds a post, or stands in for its holder, from `since` up to and without `until`.

    Raises Refusal: `not_allowed`, `oneself`, `span`, `twice` for the same post on the same days, `apart` for an
    administrator's or auditor's post beside any other; NotFound.
    """
    with _deed(actor, "posts.manage", clock) as deed:
        account = _other(actor, account_id)
        post = Post.objects.select_related("area").filter(pk=post_id).first()
        if post is None:
            raise NotFound(Text("这个岗位", "This post"))
        appointment = _appoint(account, post, since, until, deputy)
        _append(deed, "appoint", _said(appointment), post.area.path)
    return appointment


def _appoint(account: Account, post: Post, since: date, until: date | None, deputy: bool) -> Appointment:
    if until is not None and until <= since:
        raise Refusal("span", Text("任期的止日要在起日之后。", "A term must end after it begins."))
    same_days = Q(valid_to=None) | Q(valid_to__gt=since)
    if until is not None:
        same_days &= Q(valid_from__lt=until)
    others = Appointment.objects.filter(same_days, account=account).select_related("post")
    tokens = {f"{held.post.role}@{held.post.level}" for held in others if held.post_id != post.pk}
    if any(held.post_id == post.pk for held in others):
        raise Refusal("twice", Text("此人这段时间已在这个岗位。", "This person holds the post on these days already."))
    # GB/T 22239-2019, level 3: system, security and audit administrators are separate persons
    roles = editions.library().roles
    apart = {token for token in roles if roles[token].apart}
    if (f"{post.role}@{post.level}" in apart and tokens) or tokens & apart:
        raise Refusal(
            "apart",
            Text(
                "系统、安全、审计岗位不能与其他岗位由同一人担任。",
                "Administrators and auditors can hold no other post.",
            ),
            Text("请另外指定一人。", "Appoint another person."),
        )
    return Appointment.objects.create(account=account, post=post, valid_from=since, valid_to=until, deputy=deputy)


def end_appointment(actor: access.Actor, appointment_id: uuid.UUID, *, on: date, clock: Clock) -> None:
    """Somebody else holds the post until the day before `on`. Raises Refusal: `not_allowed`, `oneself`, `span`; NotFound."""
    with _deed(actor, "posts.manage", clock) as deed:
        found = Appointment.objects.select_related("post__area").filter(pk=appointment_id).first()
        if found is None:
            raise NotFound(Text("这次任职", "This appointment"))
        _other(actor, found.account_id)
        if on <= found.valid_from or (found.valid_to is not None and found.valid_to < on):
            raise Refusal("span", Text("卸任日不在任期之内。", "The last day lies outside the term."))
        found.valid_to = on
        found.save(update_fields=["valid_to"])
        _append(deed, "appoint", {**_said(found), "ended": True}, found.post.area.path)


def _said(appointment: Appointment) -> dict[str, Any]:
    until = appointment.valid_to
    return {
        "account": str(appointment.account_id), "post": str(appointment.post_id), "deputy": appointment.deputy,
        "from": appointment.valid_from.isoformat(), "to": until.isoformat() if until else None,
    }  # fmt: skip


# --- many at once ---------------------------------------------------------------------------------------------------


def import_csv(actor: access.Actor, text: str, *, clock: Clock, issue: bool = True) -> list[Issued]:
    """Accounts with their posts from a table (columns: COLUMNS; UTF-8); the first passwords of those who are new.

    Without `issue` nobody new can log in until a password is reset for them (hashing three hundred takes minutes).
    A person with several posts has several lines. All or nothing: Refusal("accounts_file") names every line at fault.
    """
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    missing = {"username", "name", "role", "level", "area"} - set(rows[0] if rows else ())
    if missing:
        names = "、".join(sorted(missing))
        raise Refusal("accounts_file", Text(f"表里缺少列：{names}。", f"The table lacks columns: {names}."))
    issued: list[Issued] = []
    faults: list[Text] = []
    today = days.day_of(clock.now())
    with _deed(actor, "accounts.manage", clock) as deed:
        for line, row in enumerate(rows, 2):
            try:
                with transaction.atomic():
                    issued += _line(
                        deed, {key: (value or "").strip() for key, value in row.items() if key}, today, issue
                    )
            except (Refusal, ValueError) as error:
                said = error.text if isinstance(error, Refusal) else Text("日期读不出来。", "A date cannot be read.")
                faults.append(Text(f"第 {line} 行：{said.zh}", f"Line {line}: {said.en}"))
        if faults:
            raise Refusal(
                "accounts_file",
                Text("没有导入任何账号。" + " ".join(fault.zh for fault in faults),
                     "No account was imported. " + " ".join(fault.en for fault in faults)),
            )  # fmt: skip
        says = {"what": "import", "accounts": [str(one.account) for one in issued], "lines": len(rows)}
        _append(deed, "account", says)
    return issued


def _line(deed: _Deed, row: Mapping[str, str], today: date, issue: bool) -> list[Issued]:
    account = Account.objects.filter(username__iexact=row["username"]).first()
    issued = [] if account else [_create(row["username"], row["name"], issue)]
    account = account or Account.objects.get(pk=issued[0].account)
    if deed.actor.account == account.pk:
        raise Refusal("oneself", Text("不能给自己加岗位。", "Not for oneself."))
    post, _ = _post(row["role"], row["level"], row["area"], row.get("organisation") or None, row.get("title", ""))
    since = date.fromisoformat(row["from"]) if row.get("from") else today
    until = date.fromisoformat(row["to"]) if row.get("to") else None
    _appoint(account, post, since, until, row.get("deputy", "") in ("1", "yes", "true", "是"))
    return issued
