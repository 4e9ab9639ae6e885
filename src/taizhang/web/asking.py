"""Who asks, by which clock: worked out once a request and handed to queries and moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.queries import district
from taizhang.kit.days import day_of

if TYPE_CHECKING:
    from taizhang.core.models import Account


@dataclass(frozen=True)
class Asking:
    """One request's district with its clock, its instant, and the actor (None before log-in)."""

    here: district.Here
    now: datetime
    actor: access.Actor | None

    @property
    def clock(self) -> Clock:
        """The clock of the district."""
        return self.here.clock

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return day_of(self.now)


def of(request: HttpRequest) -> Asking:
    """The asking of this request; the same answer however often it is called.

    The instant is taken once, so that every light of one page is reckoned at the same moment.
    """
    kept: Asking | None = getattr(request, "_taizhang_asking", None)
    if kept is None:
        here = district.here()
        now = here.clock.now()
        user = getattr(request, "user", None)
        known = user is not None and user.is_authenticated
        kept = Asking(here, now, access.actor(account(request), now) if known else None)
        request._taizhang_asking = kept  # type: ignore[attr-defined]
    return kept


def account(request: HttpRequest) -> Account:
    """The account of a page that is behind the log-in."""
    return cast("Account", request.user)


def actor(request: HttpRequest) -> access.Actor:
    """The actor of a page that is behind the log-in."""
    found = of(request).actor
    if found is None:
        raise PermissionError("a page behind the log-in was reached without an account")
    return found
