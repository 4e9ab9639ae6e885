"""Official letters: the register by number, a case's sheet as picture and files, and the preview beside a draft's form."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from taizhang.core import access, letters
from taizhang.core.queries import district, home
from taizhang.core.queries import forms as asked_forms
from taizhang.core.queries import letters as queries
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import forms
from taizhang.paper.letter import Letter
from taizhang.paper.pictures import pictures
from taizhang.web import asking, export, fields, shown, tables, words
from taizhang.web.templatetags.said import said

POLICY: Final = "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WIDTH: Final = 820  # pixels of a sheet on a page


@dataclass(frozen=True)
class Sheet:
    """The letter of a case as the page of the case shows it."""

    number: str
    name: str
    said: str  # what the sheet is: a draft, or kept with its digest
    digest: str
    pictures: tuple[str, ...]
    error: str
    pdf_url: str
    docx_url: str
    register_url: str
    void: str


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The letters of a year by kind and number, gapless; `as=xlsx|csv` is the same as a file."""
    asked, actor = asking.of(request), asking.actor(request)
    if not queries.readable(actor):
        raise NotFound(Text("公文登记簿", "The register of letters"))
    get = request.GET
    year = int(get.get("year", "")) if get.get("year", "").isdecimal() and len(get["year"]) == 4 else asked.today.year
    narrowed: dict[str, Any] = {
        "year": year, "mark": get.get("kind", "")[:20], "text": get.get("q", "").strip()[:40],
        "open_only": get.get("scope") == "open",
    }  # fmt: skip
    shape = get.get("as", "")
    if shape in ("xlsx", "csv"):
        access.acting(actor, "lists.export")
        book = queries.register(actor, asked.now, **narrowed, size=queries.EXPORT)
        lines = [
            [cell.words + (f" {cell.small}" if cell.small else "") for cell in _cells(one, asked)] for one in book.rows
        ]
        mark = _("演示数据，与真实单位和个人无关") if district.here().demo else ""
        write = export.as_xlsx if shape == "xlsx" else export.as_csv
        return write(f"letters-{year}", _heads(), lines, mark=mark)
    page = tables.page_number(get.get("page", "1"))
    book = queries.register(actor, asked.now, **narrowed, page=page)
    lines_shown: list[tables.Line] = [(_cells(one, asked), reverse("case", args=[one.case])) for one in book.rows]
    kinds = [(one.mark, said(one.label)) for one in book.series]
    context = {
        "here": "letters",
        "year": year,
        "years": [shown.Link(_("%(year)d年") % {"year": one}, f"?year={one}", "here" if one == year else "") for one in book.years],
        "filters": [
            shown.Field("q", _("编号或收件单位"), kind="search", value=narrowed["text"], required=False),
            tables.pick("kind", _("文种"), kinds, narrowed["mark"]),
            tables.pick("scope", _("办结没有"), [("open", _("未办结的"))], "open" if narrowed["open_only"] else ""),
        ],
        "series": _series(book) if book.whole else None,
        "table": tables.table(_("公文登记簿"), _heads(), lines_shown),
        "page": shown.Page(page, queries.PAGE, book.total),
        "drafts": book.drafts,
        "openings": _openings(actor),
        "may_export": access.may(actor, "lists.export"),
    }  # fmt: skip
    return render(request, "web/letters/register.html", context)


def _openings(actor: access.Actor) -> list[shown.Act]:
    """The acts by which the reader drafts a letter."""
    return [
        shown.Act(said(one.label), reverse("open", args=[one.ledger.replace("_", "-"), one.act]))
        for one in home.openings(actor)
        if queries.issues(one.ledger)
    ]


def _heads() -> list[str]:
    return [_("发文字号"), _("标题"), _("主送"), _("签发"), _("走到"), _("期限")]


def _cells(one: queries.Entered, asked: asking.Asking) -> list[shown.Cell]:
    issued = one.issued
    to = one.to
    if one.receipts is not None:
        to = _("已签收 %(got)d，共 %(all)d 个单位") % {"got": one.receipts[0], "all": one.receipts[1]}
    state = _("作废，号不再用") if issued.void else said(one.stage)
    ended = _("%(day)s办结") % {"day": words.day(one.closed, today=asked.today, week=False)} if one.closed else ""
    light = None if one.closed or issued.void or one.due is None else shown.light(one.light, due=one.due, now=asked.now)
    return [
        shown.Cell(issued.number, small=said(issued.label)), shown.Cell(one.title), shown.Cell(to),
        shown.Cell(words.day(issued.signed, today=asked.today, week=False)), shown.Cell(state),
        shown.Cell(ended or (light.words if light is not None else ""), light=light),
    ]  # fmt: skip


def _series(book: queries.Book) -> shown.Table:
    heads: tables.Heads = [
        _("文种"),
        _("机关代字"),
        tables.number(_("份数")),
        tables.number(_("最后一号")),
        _("有没有断号"),
    ]
    lines: list[tables.Line] = []
    for one in book.series:
        gap = _("缺 %(numbers)s") % {"numbers": _("、").join(map(str, one.missing))} if one.missing else _("连续")
        lines.append(([said(one.label), one.mark, str(one.count), str(one.last), gap], ""))
    return tables.table(_("各文种编号"), heads, lines, cards=False)


# --- the sheet of a case --------------------------------------------------------------------------------------------


def sheet(request: HttpRequest, case_id: UUID) -> Sheet | None:
    """The letter of a case for its page; None where the case is none, or the reader may not read its draft."""
    asked, actor = asking.of(request), asking.actor(request)
    found = queries.of_case(actor, case_id, asked.now)
    if found is None or (found.issued is None and found.drafted is None):
        return None
    issued = found.issued
    signed = issued is not None and not issued.void
    sheets: tuple[bytes, ...] = ()
    error = ""
    try:
        sheets = pictures(_content(found, asked), width=WIDTH)
    except Refusal as refusal:
        error = shown.sentence(refusal)
    number = issued.number if issued is not None and signed else ""
    told = _("草稿：签发时取号，作废也留号。")
    if issued is not None and signed:
        told = _("%(day)s签发时存下的原件。") % {"day": words.day(issued.signed, today=asked.today, week=False)}
    return Sheet(
        number, said(found.label) if found.label else "", told, issued.digest if issued is not None and signed else "",
        tuple(_inline(one) for one in sheets), error, reverse("letter-file", args=[case_id, "pdf"]),
        reverse("letter-file", args=[case_id, "docx"]), reverse("letters"),
        _("%(number)s 已作废，号不再用。") % {"number": issued.number} if issued is not None and issued.void else "",
    )  # fmt: skip


def _content(found: queries.Sheet, asked: asking.Asking) -> bytes:
    """The kept sheet as it was sent, else the draft set now."""
    if found.issued is not None and not found.issued.void:
        return queries.content(found)
    return letters.pdf(queries.written(found, asked.now), at=asked.now).content


def _inline(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


@require_safe
def file(request: HttpRequest, case_id: UUID, kind: str) -> HttpResponse:
    """The letter of a case: the PDF that was kept (of a draft, as it would be), or an editable file for Word and WPS."""
    asked, actor = asking.of(request), asking.actor(request)
    found = queries.of_case(actor, case_id, asked.now)
    if found is None or (found.issued is None and found.drafted is None) or kind not in ("pdf", "docx"):
        raise NotFound(Text("这份公文", "This letter"))
    signed = found.issued is not None and not found.issued.void
    name = f"{found.issued.number if found.issued is not None and signed else _('草稿')}.{kind}"
    made = letters.docx(queries.written(found, asked.now), at=asked.now).content if kind == "docx" else None
    content = _content(found, asked) if made is None else made
    response = HttpResponse(content, content_type="application/pdf" if kind == "pdf" else DOCX)
    response.headers["Content-Disposition"] = content_disposition_header(kind == "docx", name) or "inline"
    response.headers["Content-Security-Policy"] = POLICY
    return response


# --- the preview beside a form --------------------------------------------------------------------------------------


def previews(wanted: asked_forms.Asked) -> bool:
    """Whether the form of an act writes what a letter says."""
    printing = letters.printing_act(wanted.ledger)
    words_of = {"title", "body"}
    return printing is not None and bool(words_of & {spec.key for spec in wanted.form.fields})


@require_POST
def preview_act(request: HttpRequest, case_id: UUID, act: str) -> HttpResponse:
    """What the letter would look like with what the form of an act says; nothing is kept."""
    asked = asking.of(request)
    wanted = asked_forms.of_act(asking.actor(request), case_id, act, asked.now)
    return _previewed(request, wanted, case_id, "")


@require_POST
def preview_open(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """The same for the form that opens a letter."""
    asked, subject = asking.of(request), request.GET.get("subject", "")
    wanted = asked_forms.to_open(asking.actor(request), slug.replace("-", "_"), act, subject, asked.now)
    return _previewed(request, wanted, None, subject)


def _previewed(request: HttpRequest, wanted: asked_forms.Asked, case_id: UUID | None, subject: str) -> HttpResponse:
    asked, actor = asking.of(request), asking.actor(request)
    if not previews(wanted):
        raise NotFound(Text("这份公文的样子", "A preview of this"))
    raw = {spec.key: fields.raw(spec, request.POST) for spec in wanted.form.fields}
    given, _wrong = forms.read_all(wanted.ledger, wanted.form.act, raw)
    error = ""
    sheets: tuple[str, ...] = ()
    try:
        one: Letter | None = queries.drafted(
            actor, wanted.ledger.name, case_id, wanted.form.act, subject, given, asked.now
        )
        if one is None:
            error = _("先选文种。")
        else:
            sheets = tuple(_inline(page) for page in pictures(letters.pdf(one, at=asked.now).content, width=WIDTH))
    except NotFound:
        raise
    except Refusal as refusal:
        error = shown.sentence(refusal)
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    context = {"here": "letters", "pictures": sheets, "error": error}
    return render(request, "web/letters/sheets.html" if part else "web/letters/preview.html", context)
