"""What every answer passes through: language, headers, the first password, and refusals as pages."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers

from taizhang.kit.refusal import Refusal
from taizhang.web.pages import refused

Answer = Callable[[HttpRequest], HttpResponseBase]
# Features no page uses; the camera is reached through the file field, which needs no permission of the page.
PERMISSIONS: Final = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), browsing-topics=()"
)
# What somebody may still reach who has not replaced the first password.
FREE: Final = frozenset({"password", "logout", "language", "login"})


def language(get_response: Answer) -> Answer:
    """Speak Chinese unless the reader chose otherwise (a choice kept in a cookie, not the browser's own language)."""
    spoken = frozenset(code for code, _name in settings.LANGUAGES)

    def answer(request: HttpRequest) -> HttpResponseBase:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        code = wanted if wanted in spoken else settings.LANGUAGE_CODE
        translation.activate(code)
        request.LANGUAGE_CODE = code
        response = get_response(request)
        patch_vary_headers(response, ("Cookie",))
        response.headers.setdefault("Content-Language", "en" if code == "en" else "zh-CN")
        return response

    return answer


def headers(get_response: Answer) -> Answer:
    """Add the headers that no other middleware sets; pages behind the log-in are never kept by a browser or a proxy."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = _whole(request, get_response(request))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        # Not "no-referrer": under it a browser sends `Origin: null` with a form, and the form's own token is refused.
        response.headers.setdefault("Referrer-Policy", "same-origin")
        patch_vary_headers(response, ("HX-Request",))
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def _whole(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A redirect answers a request for a part by opening the whole page: a log-in page never lands inside a list."""
    if request.headers.get("HX-Request") != "true" or response.status_code != HTTPStatus.FOUND:
        return response
    onward = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": response.headers["Location"]})
    onward.cookies = response.cookies
    return onward


def first_password(get_response: Answer) -> Answer:
    """Nobody works under a password that somebody else gave them."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and user.must_change_password and not _free(request.path_info):
            return redirect("password")
        return get_response(request)

    return answer


def _free(path: str) -> bool:
    try:
        return resolve(path).url_name in FREE
    except Resolver404:
        return False


class Refusals:
    """A refusal that a page did not answer itself becomes a page (or a part) that says it and what to do."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The refusal as an answer; other errors go their way."""
        return refused.page(request, error) if isinstance(error, Refusal) else None
