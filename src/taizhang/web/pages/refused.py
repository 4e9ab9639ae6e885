"""Refusals and errors as pages: what was not done, that nothing was changed, and what to do next."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from taizhang.kit.refusal import NotFound, Refusal

# A refusal whose code is not here is a conflict with what is true now: 409.
STATUS: Final = {"not_found": 404, "not_allowed": 403, "unmet": 422, "too_large": 413}


def page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as a page; what is hidden and what is absent get the same answer."""
    language = get_language() or "zh"
    status = 404 if isinstance(refusal, NotFound) else STATUS.get(refusal.code, 409)
    shown = {
        "title": _("没有找到") if status == 404 else _("没有办成"),
        "what": refusal.text.within(language),
        "fix": refusal.fix.within(language) if refusal.fix else "",
        "code": "" if status == 404 else refusal.code,
    }
    return render(request, "web/error.html", shown, status=status)


def locked(request: HttpRequest, response: HttpResponse, credentials: object = None) -> HttpResponse:
    """429: too many failed log-ins; says when to come back and nothing about which part was wrong."""
    shown = {"title": _("暂时不能登录"), "what": _("连续输错的次数多了。请半小时后再试，或者找本单位的安全管理员。")}
    return render(request, "web/error.html", shown, status=429)
