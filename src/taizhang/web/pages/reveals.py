"""A sealed value on a page: first the use is asked, then it is shown, noted, and covered again after a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from taizhang.kit.refusal import NotFound, Refusal
from taizhang.web import shown


def answer(request: HttpRequest, look: Callable[[str], str], back: shown.Link, key: str) -> HttpResponse:
    """Ask for the use (GET) or look (POST); a part inside a page, or a page of its own without scripts."""
    reason = request.POST.get("reason", "").strip()
    context: dict[str, Any] = {"reveal_url": request.path, "key": key, "reason": reason, "back": back}
    part, status = "includes/sealed_ask.html", 200
    if request.method == "POST":
        try:
            context["value"] = look(reason)
            part = "includes/sealed_shown.html"
        except NotFound:
            raise
        except Refusal as refusal:
            context["error"], status = shown.sentence(refusal), 422
    whole = "web/sealed.html"
    return render(request, part if request.htmx else whole, context, status=status)  # type: ignore[attr-defined]
