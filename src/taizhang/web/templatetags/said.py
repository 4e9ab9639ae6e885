"""Small writers for templates: icons, days and instants in words, money, and sentences of two languages."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from taizhang.kit import money
from taizhang.kit.text import Text
from taizhang.web import words

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, extra: str = "") -> SafeString:
    """A decorative drawing of the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>', extra, static("dist/icons.svg"), name
    )


@register.simple_tag
def mark(name: str, label: str = "") -> SafeString:
    """A light mark or a mark of the dense grid; without a label it is decoration beside its word."""
    if label:
        return format_html('<svg class="mark" role="img" aria-label="{}"><use href="#mark-{}"/></svg>', label, name)
    return format_html('<svg class="mark" aria-hidden="true"><use href="#mark-{}"/></svg>', name)


@register.filter
def said(text: Any) -> str:
    """A `Text` in the language of the page; anything else as it is; nothing as a dash."""
    if text is None or text == "":
        return "—"
    if isinstance(text, Text):
        return text.within(get_language() or "zh")
    return str(text)


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan with thousands commas; what is not known is a dash, never a zero."""
    return "—" if fen is None else money.show(fen)


@register.filter
def figure(number: int | float | None) -> str:
    """A number with thousands commas; what is not known is a dash."""
    return "—" if number is None else f"{number:,}"


@register.simple_tag(takes_context=True)
def day(context: template.Context, value: date | datetime | None) -> str:
    """`12月21日 周二`, with the year when it is not this year."""
    return words.day(value, today=context.get("today"))


@register.simple_tag(takes_context=True)
def stamp(context: template.Context, value: datetime | None) -> str:
    """`12-14 17:20`, with the year when it is not this year."""
    return words.stamp(value, today=context.get("today"))


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The present query string with some of its values changed; None takes one out."""
    asked = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    return f"?{asked.urlencode()}"
