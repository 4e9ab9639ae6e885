"""A browser without a browser: asks the site within this process, as Django's client does."""

from __future__ import annotations

from typing import Any

from django import test
from django.core.signals import got_request_exception


class Client(test.Client):
    """Django's client, which keeps no copy of what every template was given: nobody asks for it."""

    def request(self, **request: Any) -> Any:
        """Ask the site, raise what it raised, keep its cookies."""
        client: Any = self  # the types of Django's client leave out what its own `request` uses
        asked = f"asked-{id(request)}"
        got_request_exception.connect(client.store_exc_info, dispatch_uid=asked)
        try:
            answer = client.handler(client._base_environ(**request))
        finally:
            got_request_exception.disconnect(dispatch_uid=asked)
        client.check_exception(answer)
        answer.client, answer.request = self, request
        self.cookies.update(answer.cookies)
        return answer
