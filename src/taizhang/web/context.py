"""The frame of every page: demo strip, clock, posts, the sections the reader may open, the bell."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import quote

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from taizhang.core import access
from taizhang.core.queries import bell, letters, officers, rosters, things
from taizhang.web import asking, shown, words

# Section -> the capabilities of which one opens it; none means everybody who is logged in.
SECTIONS: Final = {
    "home": (),
    "ledgers": (),
    "households": ("households.read",),
    "things": (),
    "duties": (),
    "letters": (),
    "screening": ("screening.read", "feeds.read", "feeds.import"),
    "figures": ("figures.read",),
    "notices": (),
    "help": (),
}
# Sections that only those see who have anything there. Asking it costs more than the rest of the frame, so it is asked
# once a minute: a link that opens a minute late hides nothing, for every page asks for its own rights.
OPENING: Final = {"duties": rosters.any_for, "letters": letters.readable, "things": things.any_for}
MINUTE: Final = 60  # seconds
OFFICES: Final = {
    "audit": ("audit.read",),
    "accounts": ("accounts.manage", "posts.manage"),
    "system": ("system.manage",),
    "registers": ("registers.import",),
    "tips": ("tips.read",),
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame, made when a template first asks for it."""
    return {
        "shell": SimpleLazyObject(lambda: frame(request)),
        "today": SimpleLazyObject(lambda: asking.of(request).today),
    }


def frame(request: HttpRequest) -> shown.Shell:
    """The frame of a page for whoever reads it."""
    asked = asking.of(request)
    here = asked.here
    language = get_language() or "zh"
    actor = asked.actor
    bare = shown.Shell(demo=here.demo, district=here.name, clock_face=words.clock_face(asked.now))
    if actor is None:
        return bare
    posts = tuple(post.within(language) for post in officers.posts_in_words(actor))
    return replace(
        bare,
        clock_url=_address("demo-clock") if here.demo else "",
        account=actor.name,
        post=posts[0] if posts else _("没有在任岗位"),
        posts=posts,
        key=_key(actor),
        sections=partial(_sections, actor),
        offices=lambda: _links(actor, OFFICES, _office_words()),
        foot=_foot(request.path),
        search_url=_address("search"),
        bell_url=_address("bell"),
        bell=bell.count(actor, asked.now, asking.account(request).bell_seen_at),
    )


def _key(actor: access.Actor) -> str:
    """Whose sections they are: one person with the same posts."""
    return f"{actor.account}:{hash(actor.posts)}"


def _sections(actor: access.Actor) -> tuple[shown.Link, ...]:
    """The sections that the reader may open; duties, letters and registers are theirs who see any of them."""
    key = f"shut:{_key(actor)}"
    shut: frozenset[str] | None = cache.get(key)
    if shut is None:
        shut = frozenset(section for section, opens in OPENING.items() if not opens(actor))
        cache.set(key, shut, MINUTE)
    return tuple(link for link in _links(actor, SECTIONS, _section_words()) if link.key not in shut)


def _links(actor: access.Actor, wanted: dict[str, tuple[str, ...]], named: dict[str, str]) -> tuple[shown.Link, ...]:
    return tuple(
        shown.Link(named[key], url, key)
        for key, needs in wanted.items()
        if (url := _address(key)) and (not needs or any(access.may(actor, need) for need in needs))
    )


def _foot(path: str) -> tuple[shown.Link, ...]:
    """What is said of the page that is open: how it is used, what the reader may do there, and where to complain of it."""
    at = f"?at={quote(path)}"
    guide, complaint = reverse("help-page") + at, reverse("complaint") + at
    return (
        shown.Link(_("本页怎么用"), guide),
        shown.Link(_("本页能办什么"), f"{guide}#mine"),
        shown.Link(_("对这张表提意见"), complaint),
    )


@lru_cache
def _address(name: str) -> str:
    """The address of a named page, or nothing where that page is not installed: no link leads nowhere."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _section_words() -> dict[str, str]:
    return {
        "home": _("我的事项"), "ledgers": _("台账"), "households": _("农户"), "things": _("名录"),
        "duties": _("责任"), "letters": _("公文"), "screening": _("筛查"),
        "figures": _("指标"), "notices": _("公示"), "help": _("帮助"),
    }  # fmt: skip


def _office_words() -> dict[str, str]:
    return {
        "audit": _("查留痕"),
        "accounts": _("账号和岗位"),
        "system": _("系统"),
        "registers": _("名册"),
        "tips": _("举报件"),
    }
