"""A log-in ends half an hour after the last request; most requests write nothing to that end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from taizhang.core.models import Account
from taizhang.web import idle

pytestmark = pytest.mark.django_db


def _asked(session: SessionStore, user: Account | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session, request.user = session, user
    idle.keep_awake(lambda _request: HttpResponse())(request)
    return request


def test_the_first_request_starts_the_half_hour() -> None:
    session = _asked(SessionStore(), Account(name="测试")).session
    assert session.modified
    assert session.get_expiry_age() == settings.SESSION_COOKIE_AGE == 30 * 60


def test_a_request_within_the_minute_writes_nothing() -> None:
    session = SessionStore()
    session[idle.SEEN] = int(datetime.now(UTC).timestamp()) - idle.NOTE_EVERY + 5
    session.modified = False
    assert not _asked(session, Account(name="测试")).session.modified


def test_a_request_after_the_minute_moves_the_end_on() -> None:
    session = SessionStore()
    before = session[idle.SEEN] = int(datetime.now(UTC).timestamp()) - idle.NOTE_EVERY
    session.modified = False
    assert _asked(session, Account(name="测试")).session.modified
    assert session[idle.SEEN] > before


def test_nobody_without_a_log_in_gets_a_session() -> None:
    assert _asked(SessionStore(), AnonymousUser()).session.is_empty()
