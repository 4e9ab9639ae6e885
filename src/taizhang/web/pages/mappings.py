"""What a sender calls the columns of a feed: kept when it was chosen once, and changed here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from taizhang.core.moves import imports as moves
from taizhang.web import asking, shown
from taizhang.web.pages import imports
from taizhang.web.templatetags.said import said
from taizhang.work import declared

LONG = 60  # characters of a header


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Each column with the header that a sender uses for it; an empty one is forgotten."""
    asked, actor = asking.of(request), asking.actor(request)
    spec = declared.feed(slug.replace("-", "_"))
    kept = moves.mappings(actor, spec.feed, spec.owner)
    if request.method == "POST":
        given = {name: request.POST.get(f"column-{name}", "").strip()[:LONG] for name in spec.columns}
        columns = {theirs: name for name, theirs in given.items() if theirs}
        code = request.POST.get("sender") or None
        moves.save_mapping(actor, spec.feed, columns, owners=spec.owner, clock=asked.clock, code=code)
        messages.success(request, _("已改好，以后的文件按新的对应读。"))
        return redirect("feed", imports.slug(spec.feed))
    wanted = request.GET.get("sender", "")
    shown_one = next((one for one in kept if one.code == wanted), None)
    columns = dict(shown_one.columns) if shown_one else moves.own_mapping(actor, spec.feed, spec.owner)
    theirs = {ours: header for header, ours in columns.items()}
    fields = [
        shown.Field(
            f"column-{name}", column.zh, kind="text", value=theirs.get(name, ""),
            hint=_("也认：%(also)s") % {"also": "、".join(column.also[:6])} if column.also else "",
        )
        for name, column in spec.columns.items()
    ]  # fmt: skip
    context = {
        "here": "screening",
        "label": said(spec.label),
        "slug": imports.slug(spec.feed),
        "fields": fields,
        "sender": shown_one,
        "others": [one for one in kept if one.code != (shown_one.code if shown_one else "")] if len(kept) > 1 else [],
    }
    return render(request, "web/imports/headers.html", context)
