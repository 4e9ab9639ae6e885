"""A browser without a browser: asks the site within this process, as Django's client does."""

from __future__ import annotations

from typing import Any

from django import test
from django.core.signals import got_request_exception


class Client(test.Client):
    """Django's client, which keeps no copy of what every template was given: that is half of a page's time."""

    def request(self, **request: Any) -> Any:
        """Ask the site, raise what it raised, keep its cookies."""
        asked = f"asked-{id(request)}"
        got_request_exception.connect(self.store_exc_info, dispatch_uid=asked)  # type: ignore[attr-defined]
        try:
            answer: Any = self.handler(self._base_environ(**request))  # type: ignore[attr-defined]
        finally:
            got_request_exception.disconnect(dispatch_uid=asked)
        self.check_exception(answer)  # type: ignore[attr-defined]
        answer.client, answer.request = self, request
        self.cookies.update(answer.cookies)
        return answer
