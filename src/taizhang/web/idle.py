"""A log-in ends half an hour after its last request, without a write to the database for every page."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

SEEN = "seen"  # the minute of the last note, in seconds since 1970
NOTE_EVERY = 60  # seconds: a write per request would make every reader wait for whoever writes


def keep_awake(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Move the end of the session on when the last note of a request is a minute old."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            if now - int(request.session.get(SEEN, 0)) >= NOTE_EVERY:
                request.session[SEEN] = now
                request.session.set_expiry(settings.SESSION_COOKIE_AGE)
        return get_response(request)

    return answer
