"""Accounts and posts, for the security administrator: by form or by a table, with first passwords shown once on paper."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taizhang.core.moves import accounts as moves
from taizhang.core.queries import district, officers
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.web import asking, shown, tables, words
from taizhang.web.templatetags.said import said

MOST: Final = 2 * 1024 * 1024  # bytes of a table of accounts
FIELDS: Final = {
    "username": "username", "name": "name", "span": "until", "post_level": "area", "post_organisation": "organisation",
}  # fmt: skip


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every account with today's posts."""
    asked, actor = asking.of(request), asking.actor(request)
    sent = request.GET
    text, role, state = sent.get("q", "").strip()[:40], sent.get("role", ""), sent.get("state", "")
    found = officers.listed(
        actor, asked.today, text=text, role=role, state=state, page=tables.page_number(sent.get("page", "1"))
    )
    heads: tables.Heads = [_("姓名"), _("账号"), _("今天的岗位"), _("状态")]
    lines = []
    for one in found.rows:
        posts = "；".join(_post(term) for term in one.terms) or _("没有岗位")
        cells: tables.Cells = [one.name, one.username, posts, _state(one)]
        lines.append((cells, reverse("account", args=[one.account])))
    states = [
        ("closed", _("已停用")),
        ("locked", _("输错锁住")),
        ("first", _("还没换首次密码")),
        ("idle", _("没有岗位")),
    ]
    context = {
        "here": "accounts",
        "filters": [
            shown.Field("q", _("姓名、账号或岗位"), kind="search", value=text, required=False),
            tables.pick("role", _("岗位"), [(token, said(label)) for token, label in officers.roles()], role),
            tables.pick("state", _("状态"), states, state),
        ],
        "table": tables.table(_("账号"), heads, lines),
        "page": shown.Page(found.page, officers.PAGE, found.total),
        "nothing": _("没有符合条件的账号。"),
    }
    return render(request, "web/accounts/list.html", context)


def _post(term: officers.Term) -> str:
    return _("%(post)s（代理）") % {"post": term.title} if term.deputy else term.title


def _state(one: officers.Officer) -> str:
    if not one.active:
        return _("已停用")
    if one.locked:
        return _("输错锁住")
    if one.no_password:
        return _("还没发密码")
    return _("还没换首次密码") if one.first_password else _("在用")


# --- making one, or many --------------------------------------------------------------------------------------------


@never_cache
@sensitive_variables("issued")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new account; the answer is the slip with its first password."""
    officers.listed(asking.actor(request), asking.of(request).today)  # who may not list may not make
    typed, wrong = request.POST, {}
    if request.method == "POST":
        try:
            issued = moves.create(
                asking.actor(request), username=typed.get("username", ""), name=typed.get("name", ""), clock=asking.of(request).clock
            )  # fmt: skip
        except Refusal as refusal:
            if refusal.code == "not_allowed":
                raise
            wrong = {FIELDS.get(refusal.code, "username"): shown.sentence(refusal)}
        else:
            return slips(request, [issued])
    fields = (
        shown.Field("name", _("姓名"), value=typed.get("name", ""), error=wrong.get("name", "")),
        shown.Field("username", _("账号"), value=typed.get("username", ""), error=wrong.get("username", ""), autocomplete="off",
                    hint=_("2 到 40 个字母、数字、点或短横；以后不能改。")),
    )  # fmt: skip
    context = {"here": "accounts", "fields": fields, "columns": "、".join(moves.COLUMNS)}
    return render(request, "web/accounts/new.html", context, status=422 if wrong else 200)


@never_cache
@sensitive_variables("issued")
@require_POST
def load(request: HttpRequest) -> HttpResponse:
    """Accounts with their posts from a table: all of it or nothing, every line at fault named."""
    file = request.FILES.get("file")
    error = ""
    if file is None or not file.size:
        error = _("请选择一个 CSV 文件。")
    elif file.size > MOST:
        error = _("文件超过 2 MB。请分几次导入。")
    else:
        try:
            text = file.read().decode("utf-8-sig")
            issued = moves.import_csv(asking.actor(request), text, clock=asking.of(request).clock)
        except UnicodeDecodeError:
            error = _("文件不是 UTF-8 编码。请另存为“CSV UTF-8”。")
        except Refusal as refusal:
            if refusal.code == "not_allowed":
                raise
            error = shown.sentence(refusal)
        else:
            return slips(request, issued)
    return render(request, "web/accounts/load.html", {"here": "accounts", "error": error}, status=422)


def slips(request: HttpRequest, issued: Sequence[moves.Issued]) -> HttpResponse:
    """First passwords, one slip for each person: shown in this answer and never again."""
    context = {
        "here": "accounts",
        "slips": issued,
        "address": request.build_absolute_uri(reverse("login")),
        "district": district.here().name,
        "dated": words.day(asking.of(request).today),
    }
    response = render(request, "web/accounts/slips.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


# --- one account ----------------------------------------------------------------------------------------------------


@require_safe
def one(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """One account: its state, every post it held, and what may be done about it."""
    return _page(request, account_id, {})


def _page(request: HttpRequest, account_id: uuid.UUID, wrong: dict[str, str]) -> HttpResponse:
    asked, actor = asking.of(request), asking.actor(request)
    officer = officers.one(actor, account_id, asked.today)
    context = {
        "here": "accounts",
        "officer": officer,
        "state": _state(officer),
        "oneself": officer.account == actor.account,
        "terms": [
            {"term": term, "words": _post(term), "span": _span(term), "end_url": reverse("post-end", args=[account_id, term.appointment])}
            for term in officer.terms
        ],
        "today": asked.today,
        "fields": _appoint_fields(request, wrong),
        "more": wrong.get("", ""),
        "nothing": _("还没有任过岗位。没有岗位的人登录后什么也看不到。"),
    }  # fmt: skip
    return render(request, "web/accounts/one.html", context, status=422 if wrong else 200)


def _span(term: officers.Term) -> str:
    begins = words.day(term.since, week=False)
    if term.until is None:
        return _("%(from)s 起") % {"from": begins}
    last = term.until - timedelta(days=1)
    return _("%(from)s 至 %(to)s") % {"from": begins, "to": words.day(last, week=False)}


def _appoint_fields(request: HttpRequest, wrong: dict[str, str]) -> list[shown.Field]:
    typed = request.POST
    roles = [(token, said(label)) for token, label in officers.roles()]
    today = asking.of(request).today.isoformat()
    return [
        tables.pick("role", _("岗位"), roles, typed.get("role", ""), required=True, error=wrong.get("role", "")),
        tables.pick("area", _("地方"), officers.areas(), typed.get("area", ""), required=True, error=wrong.get("area", "")),
        tables.pick(
            "organisation", _("单位"), officers.organisations(), typed.get("organisation", ""),
            hint=_("区直部门和牵头办的岗位要写单位，其他岗位空着。"), error=wrong.get("organisation", ""),
        ),
        shown.Field("since", _("从哪天起"), kind="date", value=typed.get("since") or today, error=wrong.get("since", ""), narrow=True),
        shown.Field("until", _("最后一天"), kind="date", value=typed.get("until", ""), error=wrong.get("until", ""), required=False,
                    narrow=True, hint=_("不写就一直任到卸任。")),
        shown.Field("deputy", _("代理"), kind="check", many=True, required=False,
                    choices=[shown.Choice("1", _("原任不在时代理，记录里注明"), typed.get("deputy") == "1")]),
    ]  # fmt: skip


@require_POST
def appoint(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Give somebody else a post from a day."""
    sent, actor, clock = request.POST, asking.actor(request), asking.of(request).clock
    wrong: dict[str, str] = {}
    since = _day(sent.get("since", ""), "since", wrong)
    last = _day(sent["until"], "until", wrong) if sent.get("until") else None
    role, _at, level = sent.get("role", "").partition("@")
    if not level:
        wrong["role"] = _("请选择岗位。")
    if not wrong and since is not None:
        try:
            post = moves.make_post(
                actor, role=role, level=level, area=sent.get("area", ""), organisation=sent.get("organisation") or None, clock=clock
            )  # fmt: skip
            until = last + timedelta(days=1) if last else None
            moves.appoint(
                actor, account_id, post.pk, since=since, until=until, deputy=sent.get("deputy") == "1", clock=clock
            )
        except NotFound as absent:
            wrong["area"] = shown.sentence(absent)
        except Refusal as refusal:
            if refusal.code in ("not_allowed", "oneself"):
                raise
            wrong[FIELDS.get(refusal.code, "role")] = shown.sentence(refusal)
        else:
            messages.success(request, _("已任“%(post)s”。") % {"post": post.title})
            return redirect("account", account_id)
    return _page(request, account_id, wrong)


def _day(text: str, key: str, wrong: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong[key] = _("请写日期，例如 2021-12-20。")
        return None


@require_POST
def end_post(request: HttpRequest, account_id: uuid.UUID, appointment_id: uuid.UUID) -> HttpResponse:
    """Somebody else's post ends: the last day is the one given, or yesterday where none is."""
    asked = asking.of(request)
    wrong: dict[str, str] = {}
    on = _day(request.POST.get("on") or asked.today.isoformat(), "", wrong)
    if on is not None:
        try:
            moves.end_appointment(asking.actor(request), appointment_id, on=on, clock=asked.clock)
        except NotFound:
            raise
        except Refusal as refusal:
            if refusal.code in ("not_allowed", "oneself"):
                raise
            wrong[""] = shown.sentence(refusal)
        else:
            messages.success(request, _("已卸任。"))
            return redirect("account", account_id)
    return _page(request, account_id, wrong)


@never_cache
@sensitive_variables("issued")
@require_POST
def reset(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """A new first password for somebody else, on a slip."""
    issued = moves.reset(asking.actor(request), account_id, clock=asking.of(request).clock)
    return slips(request, [issued])


@require_POST
def change(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Unlock, close or open somebody else's account, as the button says."""
    actor, clock = asking.actor(request), asking.of(request).clock
    done: dict[str, tuple[Callable[[], None], str]] = {
        "unlock": (lambda: moves.unlock(actor, account_id, clock=clock), _("已解锁，可以再试密码。")),
        "close": (lambda: moves.close(actor, account_id, clock=clock), _("已停用。办过的事仍记在这个人名下。")),
        "reopen": (lambda: moves.close(actor, account_id, clock=clock, reopen=True), _("已恢复。")),
    }
    what = request.POST.get("what", "")
    if what not in done:
        raise NotFound(Text("这个办法", "This way"))
    carry_out, text = done[what]
    carry_out()
    messages.success(request, text)
    return redirect("account", account_id)
