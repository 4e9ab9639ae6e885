"""Log-in, log-out, the password and the language."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from taizhang.core.moves import accounts
from taizhang.kit.refusal import Refusal
from taizhang.web import asking, shown


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The log-in page. A refusal does not say which part was wrong."""
    username = request.POST.get("username", "").strip()
    onward = request.POST.get("next") or request.GET.get("next") or ""
    refused = ""
    if request.method == "POST":
        account = authenticate(request, username=username, password=request.POST.get("password", ""))
        if account is not None:
            login(request, account)
            return redirect(_safe(request, onward))
        refused = _("账号和密码对不上，或者账号已停用。")
    fields = (
        shown.Field("username", _("账号"), value=username, autocomplete="username"),
        shown.Field("password", _("密码"), kind="password", autocomplete="current-password"),
    )
    status = 401 if refused else 200
    return render(request, "web/login.html", {"fields": fields, "next": onward, "refused": refused}, status=status)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Log out; drafts kept in the browser go with the log-in page."""
    logout(request)
    return redirect("login")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password; the first one given by somebody else must be changed at once."""
    account = asking.account(request)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        wrong = _change(request)
        if not wrong:
            account.refresh_from_db()
            update_session_auth_hash(request, account)  # other sessions of this account end
            messages.success(request, _("密码已换好。"))
            return redirect("home")
    old, new = "current-password", "new-password"
    fields = (
        shown.Field("old", _("现在的密码"), kind="password", error=wrong.get("old", ""), autocomplete=old),
        shown.Field("new", _("新密码"), kind="password", error=wrong.get("new", ""), autocomplete=new),
        shown.Field("again", _("新密码再写一遍"), kind="password", error=wrong.get("again", ""), autocomplete=new),
    )
    context = {"fields": fields, "first": account.must_change_password, "rules": password_validators_help_texts()}
    return render(request, "web/password.html", context, status=422 if wrong else 200)


def _change(request: HttpRequest) -> dict[str, str]:
    """Change the password, or say by field what stands against it."""
    sent = request.POST
    if sent.get("new", "") != sent.get("again", ""):
        return {"again": _("两遍写得不一样。")}
    try:
        accounts.change_password(
            asking.account(request), old=sent.get("old", ""), new=sent.get("new", ""), clock=asking.of(request).clock
        )
    except Refusal as refusal:
        return {"old" if refusal.code == "password_old" else "new": shown.sentence(refusal)}
    return {}


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages and come back to the same page."""
    response = redirect(_safe(request, request.POST.get("next", "")))
    code = request.POST.get("language", "")
    if code in {spoken for spoken, _name in settings.LANGUAGES}:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=365 * 86_400,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response


def _safe(request: HttpRequest, onward: str) -> str:
    """Only an address of this site."""
    inside = url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure())
    return onward if onward and inside else "home"
