"""Who is logged in: the session of a request and its account, found by statements that are written once.

Every page asks for both, and Django's own stores write the two queries anew each time, at a tenth of a small page's CPU.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db

from taizhang.core import clock, statements
from taizhang.core.models import Account


class Accounts(ModelBackend):
    """Log-in by name and password, as Django does it; a closed account is nobody."""

    def get_user(self, user_id: Any) -> Account | None:
        """The account of a session; None when it is gone or closed."""
        wanted = user_id if isinstance(user_id, uuid.UUID) else uuid.UUID(str(user_id))
        account = statements.one(Account, pk=wanted)
        return account if account is not None and self.user_can_authenticate(account) else None


class SessionStore(db.SessionStore):
    """Sessions in the database, so that a log-out holds in every process at once."""

    def _get_session_from_db(self) -> Any:
        kept = statements.one(self.model, session_key=self.session_key) if self.session_key else None
        if kept is None or kept.expire_date <= clock.system().now():
            self._session_key = None
            return None
        return kept
