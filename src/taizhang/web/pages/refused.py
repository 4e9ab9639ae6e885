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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the address or the form is not one that a page makes."""
    return _error(request, 400, _("没有看懂这个请求"), _("地址或表单不完整。请回到上一页重新打开。"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a post that the reader does not hold."""
    return _error(request, 403, _("这一页不在您的岗位职责内"), _("如果应当能看，请找本单位的安全管理员核对岗位。"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: absent, or hidden from the reader; the answer is the same."""
    return _error(request, 404, _("没有找到"), _("没有这一页，或者不在您能看的范围内。"))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was opened before the last log-in or in another browser."""
    return _error(request, 403, _("这张表开得太久了"), _("为了安全，请回到上一页、刷新后再提交；已填的内容多半还在。"))


def locked(request: HttpRequest, response: HttpResponse, credentials: object = None) -> HttpResponse:
    """429: too many failed log-ins; says when to come back and nothing about which part was wrong."""
    return _error(request, 429, _("暂时不能登录"), _("连续输错的次数多了。请半小时后再试，或者找本单位的安全管理员。"))


def _error(request: HttpRequest, status: int, title: str, what: str) -> HttpResponse:
    return render(request, "web/error.html", {"title": title, "what": what}, status=status)
