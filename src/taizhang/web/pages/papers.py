"""Papers of the household file: of a case, of a household, or one for each watched household of a village; as PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core import access
from taizhang.core.moves import printing
from taizhang.core.queries import district
from taizhang.core.queries import papers as queries
from taizhang.core.queries.papers import About
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.paper.schema import Paper
from taizhang.paper.typeset import Made
from taizhang.web import asking, shown
from taizhang.web.templatetags.said import said

# A viewer may show the file inside the browser; nothing in it may reach anything.
POLICY: Final = "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'"


@require_safe
def of_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The papers of a case: each blank, or with what is known."""
    actor = asking.actor(request)
    about, offered = queries.of_case(actor, case_id)
    return _listed(request, about, offered)


@require_safe
def of_household(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """The papers of a household, and the way to those of its cases."""
    actor = asking.actor(request)
    about, offered = queries.of_household(actor, household_id)
    return _listed(request, about, offered)


@require_POST
def print_case(request: HttpRequest, case_id: UUID, paper: str) -> HttpResponse:
    """A paper of a case with what is known."""
    actor, clock = asking.actor(request), asking.of(request).clock
    about, offered = queries.of_case(actor, case_id)

    def made(reason: str) -> Made:
        return printing.for_case(actor, case_id, _name(paper), reason=reason, clock=clock)

    return _answered(request, about, offered, _name(paper), made)


@require_POST
def print_household(request: HttpRequest, household_id: UUID, paper: str) -> HttpResponse:
    """A paper of a household with what is known."""
    actor, clock = asking.actor(request), asking.of(request).clock
    about, offered = queries.of_household(actor, household_id)

    def made(reason: str) -> Made:
        return printing.for_household(actor, household_id, _name(paper), reason=reason, clock=clock)

    return _answered(request, about, offered, _name(paper), made)


@require_safe
def blank(request: HttpRequest, paper: str) -> HttpResponse:
    """A paper with nothing but the names of the reader's village and town on it (`?area=` another of theirs)."""
    actor, clock = asking.actor(request), asking.of(request).clock
    made = printing.blank(actor, _name(paper), area=request.GET.get("area", ""), clock=clock)
    return _pdf(made, queries.paper(_name(paper)), _("空白"))


@require_safe
def villages(request: HttpRequest) -> HttpResponse:
    """Cards for all watched households of a village, in one file."""
    return _village(request)


@require_POST
def print_village(request: HttpRequest, paper: str) -> HttpResponse:
    """The file of a village."""
    actor, clock = asking.actor(request), asking.of(request).clock
    area = request.POST.get("area", "")
    try:
        made = printing.for_village(actor, area, _name(paper), clock=clock)
    except NotFound:
        raise
    except Refusal as refusal:
        return _village(request, chosen=area, paper=_name(paper), error=shown.sentence(refusal))
    named = next((one.name for one in district.areas(actor) if one.path == area), area)
    return _pdf(made, queries.paper(_name(paper)), named)


def _name(slug: str) -> str:
    return slug.replace("-", "_")


def _slug(name: str) -> str:
    return name.replace("_", "-")


def _answered(
    request: HttpRequest, about: About, offered: Sequence[Paper], name: str, made: Callable[[str], Made]
) -> HttpResponse:
    """The file, or the list again with what was wrong said at the paper."""
    try:
        document = made(request.POST.get("reason", "").strip())
    except NotFound:
        raise
    except Refusal as refusal:
        if refusal.code == "not_allowed":
            raise
        return _listed(request, about, offered, wrong=(name, shown.sentence(refusal)))
    number = about.case.number if about.case is not None else ""
    return _pdf(document, queries.paper(name), number)


def _pdf(made: Made, paper: Paper, what: str) -> HttpResponse:
    response = HttpResponse(made.content, content_type="application/pdf")
    name = f"{paper.zh}-{what}.pdf" if what else f"{paper.zh}.pdf"
    response.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _listed(
    request: HttpRequest, about: About, offered: Sequence[Paper], wrong: tuple[str, str] = ("", "")
) -> HttpResponse:
    actor = asking.actor(request)
    case = about.case
    may = queries.reads_in_full(actor, about)
    rows = [_row(one, about, may, wrong, request.POST.get("reason", "")) for one in offered]
    back = reverse("case", args=[case.pk]) if case is not None else reverse("household", args=[about.home.pk])
    others = [
        shown.Link(f"{said(label)} {number}", reverse("case-papers", args=[pk]))
        for pk, number, label in (queries.cases_with_papers(actor, about.home) if case is None else ())
    ]
    context: dict[str, Any] = {
        "here": "households" if case is None else "ledgers",
        "back": shown.Link(_("回到事项") if case is not None else _("回到农户"), back),
        "number": case.number if case is not None else "",
        "papers": rows,
        "others": others,
        "nothing": _("这里没有可以打印的文书。"),
    }
    return render(request, "web/papers/list.html", context, status=422 if wrong[1] else 200)


def _row(one: Paper, about: About, may: bool, wrong: tuple[str, str], reason: str) -> dict[str, Any]:
    case = about.case
    address = reverse("paper-case", args=[case.pk, _slug(one.paper)]) if case is not None else ""
    area = urlencode({"area": about.home.area_path})
    kept = {"file": _("存一户一档"), "card": _("交农户保管"), "public": _("张贴在公示栏")}[one.kept]
    failed = wrong[1] if wrong[0] == one.paper else ""
    return {
        "key": _slug(one.paper),
        "name": said(one.label),
        "kept": kept,
        "blank_url": f"{reverse('paper-blank', args=[_slug(one.paper)])}?{area}",
        "print_url": (address or reverse("paper-household", args=[about.home.pk, _slug(one.paper)]))
        if may or one.kept == "public"
        else "",
        "asks": bool(queries.in_full(one)),
        "ground": said(one.ground) if one.ground is not None else "",
        "error": failed,
        "reason": reason if failed else "",
    }


def _village(request: HttpRequest, *, chosen: str = "", paper: str = "", error: str = "") -> HttpResponse:
    actor = asking.actor(request)
    places = [(one.path, one.name) for one in district.areas(actor) if one.level == "village"]
    chosen = chosen or (places[0][0] if len(places) == 1 else "")
    choices = [shown.Choice(path, named, path == chosen) for path, named in places]
    offered = [
        {"name": said(one.label), "url": reverse("paper-village", args=[_slug(one.paper)]), "key": _slug(one.paper),
         "field": shown.Field("area", _("村（社区）"), kind="select", choices=choices, error=error if paper == one.paper else "")}
        for one in queries.papers().values()
        if one.batch
    ]  # fmt: skip
    blanks = [
        shown.Link(said(one.label), reverse("paper-blank", args=[_slug(one.paper)]))
        for one in queries.papers().values()
    ]
    context = {
        "here": "households", "offered": offered if places and access.may(actor, "households.read") else [],
        "blanks": blanks, "most": printing.MOST,
    }  # fmt: skip
    return render(request, "web/papers/village.html", context, status=422 if error else 200)
