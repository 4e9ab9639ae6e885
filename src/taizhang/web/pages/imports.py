"""What a department sends: an import page per feed, the columns it is known by, receipts, rejected rows, withdrawal."""

from __future__ import annotations

import csv
import io
import re
import secrets
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taizhang.core import access, vault
from taizhang.core.moves import imports as moves
from taizhang.core.queries import district
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.screen.feeds import Feed
from taizhang.web import asking, export, shown, tables, words
from taizhang.web.pages import undoing
from taizhang.web.templatetags.said import said
from taizhang.work import answers as answering
from taizhang.work import declared, deliveries, desk, feeding, jobs
from taizhang.work.feeding import SCRATCH, Looked, Sent

MOST: Final = 200 * 1024 * 1024  # bytes of one file
SOME: Final = 20  # rejected rows on a receipt; the file has them all
SHAPES: Final = (".csv", ".xlsx", ".parquet")
_QUOTED: Final = re.compile(r"“[^”]*”")
_OTHER_ROW: Final = re.compile(r"(?:[^\s的]+ )?第 \d+ 行 ?")


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """The feeds that one may send."""
    actor = asking.actor(request)
    mine = desk.may_send(actor)
    if not mine:
        access.acting(actor, "feeds.import")
    heads: tables.Heads = [_("数据"), _("谁的"), tables.number(_("列"))]
    lines = []
    for name, label in mine:
        spec = declared.feed(name)
        lines.append(([said(label), "、".join(spec.owner), str(len(spec.columns))], reverse("feed", args=[slug(name)])))
    return render(
        request, "web/imports/feeds.html", {"here": "screening", "table": tables.table(_("数据"), heads, lines)}
    )


def slug(feed: str) -> str:
    """A feed's name in an address."""
    return feed.replace("_", "-")


@require_http_methods(["GET", "HEAD", "POST"])
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """One feed: its columns, what came so far, and sending files. Columns that a file does not name are asked for."""
    actor = asking.actor(request)
    spec = declared.feed(slug.replace("-", "_"))
    may_send = spec.feed in {name for name, _label in desk.may_send(actor)}
    if request.method == "POST":
        try:
            return _take(request, spec)
        except Refusal as refusal:
            if refusal.code in ("not_allowed", "not_found"):
                raise
            return _feed_page(request, spec, may_send=may_send, error=shown.sentence(refusal))
    return _feed_page(request, spec, may_send=may_send)


def _feed_page(request: HttpRequest, spec: Feed, *, may_send: bool, error: str = "") -> HttpResponse:
    asked, actor = asking.of(request), asking.actor(request)
    kept = moves.own_mapping(actor, spec.feed, spec.owner) if may_send else {}
    periods = deliveries.open_periods(spec, asked.now)
    batches, _pages = desk.batches(actor, feed=spec.feed)
    hint = _("CSV（UTF-8 或 GB 18030）、XLSX 或 Parquet；可以一次选几份。标题行、合计行会认出来，列的先后不限。")
    field = shown.Field("files", _("文件"), kind="file", many=True, hint=hint, error=error, accept=",".join(SHAPES))
    context = {
        "here": "screening",
        "label": said(spec.label),
        "slug": slug(spec.feed),
        "owner": "、".join(spec.owner),
        "sealed": spec.sealed,
        "field": field if may_send else None,
        "period": _period(periods) if may_send else None,
        "zeros": deliveries.missing(spec, asked.now)
        if may_send and spec.keyed not in ("register", "household")
        else (),
        "headers_url": reverse("feed-headers", args=[slug(spec.feed)]) if may_send else "",
        "columns": _columns(spec, kept),
        "kept": bool(kept),
        "table": batch_table(batches, asked),
        "nothing": _("还没有收到过。"),
        "draft": f"feed-{spec.feed}",
    }
    return render(request, "web/imports/feed.html", context, status=422 if error else 200)


def _period(periods: Sequence[str]) -> shown.Field | None:
    """Which delivery the files are for; asked only where an earlier one never came."""
    if len(periods) < 2:
        return None
    return tables.pick("period", _("报的是哪一期"), [(one, one) for one in periods], periods[0], required=True,
                       hint=_("补报以前没有交的那一期，请在这里选。"))  # fmt: skip


def _columns(spec: Feed, kept: Mapping[str, str]) -> shown.Table:
    heads: tables.Heads = [_("列"), _("可以没有"), _("也认这些表头"), _("本部门叫它")]
    theirs = {ours: header for header, ours in kept.items()}
    lines = []
    for name, column in spec.columns.items():
        cells: tables.Cells = [
            column.zh, _("可以没有") if column.may_lack else "", "、".join(column.also) or "—",
            theirs.get(name) or theirs.get(column.zh) or "—",
        ]  # fmt: skip
        lines.append((cells, ""))
    return tables.table(_("列"), heads, lines)


# --- sending --------------------------------------------------------------------------------------------------------


@contextmanager
def _kept(files: Sequence[UploadedFile[Any]]) -> Iterator[list[Sent]]:
    """Uploaded files in a folder of their own that is gone afterwards; refused before anything is read."""
    if not files:
        raise Refusal("no_files", Text("请先选择文件。", "Choose a file first."))
    place = vault.make(vault.folder() / f"{SCRATCH}{secrets.token_hex(8)}")
    try:
        found = []
        for at, file in enumerate(files, 1):
            name = file.name or ""
            ending = Path(name).suffix.lower()
            if ending not in SHAPES:
                raise Refusal(
                    "file_kind",
                    Text(f"文件“{name}”不是 CSV、XLSX 或 Parquet。", f"“{name}” is no CSV, XLSX or Parquet file."),
                    Text("旧的 .xls 请另存为 .xlsx。", "Save an old .xls as .xlsx."),
                )
            if (file.size or 0) > MOST:
                raise Refusal("too_large", Text(f"文件“{name}”超过 200 MB。", f"“{name}” is larger than 200 MB."))
            target = place / f"{at}{ending}"
            with target.open("wb") as stream:
                for chunk in file.chunks():
                    stream.write(chunk)
            found.append(Sent(name, target))
        yield found
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _take(request: HttpRequest, spec: Feed) -> HttpResponse:
    """Look at the heads of the files, hand them to the worker, and ask for what the heads do not name."""
    actor, clock = asking.actor(request), asking.of(request).clock
    with _kept(request.FILES.getlist("files")) as sent:
        looked = [feeding.look(actor, spec.feed, one) for one in sent]
        told = {"feed": spec.feed, "mapping": None, "period": period_of(request, spec)}
        job = jobs.start(actor, "import", told, clock=clock, files=sent)
    lacking = next((one for one in looked if one.missing), None)
    if lacking is None:
        messages.success(request, _("文件已收下，正在逐行核对。可以离开，办完后在“任务”里看回执。"))
        return redirect("job", job)
    return _ask(request, spec, lacking, job)


def period_of(request: HttpRequest, spec: Feed) -> str:
    """The period a form names, where files may be sent for it; else the present one."""
    periods = deliveries.open_periods(spec, asking.of(request).now)
    wanted = request.POST.get("period", "")
    return wanted if wanted in periods else next(iter(periods), "")


def _ask(request: HttpRequest, spec: Feed, looked: Looked, job: uuid.UUID) -> HttpResponse:
    """The page that asks which of the headers are the columns that were not found."""
    unused = [header for header in looked.headers if header not in looked.columns]
    fields = [
        tables.pick(f"column-{name}", spec.columns[name].zh, [(one, one) for one in unused], required=True,
                    hint=_("文件里哪一列就是它？"))
        for name in looked.missing
    ]  # fmt: skip
    found = [(theirs, spec.columns[ours].zh) for theirs, ours in looked.columns.items()]
    context = {
        "here": "screening",
        "label": said(spec.label),
        "slug": slug(spec.feed),
        "job": job,
        "fields": fields,
        "found": found,
        "unused": unused,
    }
    return render(request, "web/imports/mapping.html", context, status=422)


@require_POST
def mapping(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep what the department calls its columns, and read the files that wait for it."""
    actor, clock = asking.actor(request), asking.of(request).clock
    spec = declared.feed(slug.replace("-", "_"))
    chosen = {theirs: name for name in spec.columns if (theirs := request.POST.get(f"column-{name}", "").strip()[:60])}
    if chosen:
        columns = {**moves.own_mapping(actor, spec.feed, spec.owner), **chosen}
        moves.save_mapping(actor, spec.feed, columns, owners=spec.owner, clock=clock)
        messages.success(request, _("已记住这些表头，以后不用再选。"))
    job = _identity(request.POST.get("job", ""))
    if job is None:
        return redirect("feed", slug)
    try:
        jobs.again(actor, job, clock=clock)
    except Refusal as refusal:
        if refusal.code not in ("job_running", "job_done"):
            raise
    return redirect("job", job)


def _identity(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


# --- batches --------------------------------------------------------------------------------------------------------


@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """Every import that one may see, the latest first."""
    asked, actor = asking.of(request), asking.actor(request)
    wanted = request.GET.get("feed", "")
    number = tables.page_number(request.GET.get("page", "1"))
    found, pages = desk.batches(actor, feed=wanted, page=number)
    labels = [(line.feed, said(line.label)) for line in desk.workbench(actor, asked.now).feeds]
    context = {
        "here": "screening",
        "filters": [tables.pick("feed", _("数据"), labels, wanted)],
        "table": batch_table(found, asked),
        "pages": pages,
        "number": min(number, pages),
        "nothing": _("还没有收到过。"),
    }
    return render(request, "web/imports/batches.html", context)


def batch_table(found: Sequence[Any], asked: asking.Asking) -> shown.Table:
    """Batches as a table: received = accepted + rejected."""
    counts = [tables.number(_("收到")), tables.number(_("采用")), tables.number(_("退回"))]
    heads: tables.Heads = [_("批次"), _("数据"), _("收到时间"), _("谁"), *counts, _("状态")]
    lines = []
    for one in found:
        state = _("已撤回") if one.withdrawn else _("在用")
        cells: tables.Cells = [
            one.number, said(declared.feed(one.feed).label), words.stamp(one.at, today=asked.today),
            shown.Cell(one.by or _("系统"), small=one.organisation), f"{one.received:,}", f"{one.accepted:,}", f"{one.rejected:,}", state,
        ]  # fmt: skip
        lines.append((cells, reverse("batch", args=[one.id])))
    return tables.table(_("批次"), heads, lines)


@require_safe
def batch(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The receipt of one import, and how it was taken back."""
    asked, actor = asking.of(request), asking.actor(request)
    one = desk.batch(actor, batch_id)
    spec = declared.feed(one.feed)
    kinds, some = _rejected(actor, batch_id) if one.rejects_kept else ([], [])
    context = {
        "here": "screening",
        "one": one,
        "label": said(spec.label),
        "at": words.stamp(one.at, today=asked.today),
        "withdrawn": words.stamp(one.withdrawn, today=asked.today) if one.withdrawn else "",
        "taken_back": undoing.taken_back(desk.withdrawal(actor, batch_id), asked) if one.withdrawn else [],
        "kinds": tables.table(_("为什么退回"), [_("原因"), tables.number(_("行"))], kinds, cards=False),
        "some": tables.table(_("退回的行"), [_("第几行"), _("文件"), _("原因")], some),
        "more": max(0, one.rejected - SOME),
        "may_withdraw": access.may(actor, "feeds.withdraw") and one.withdrawn is None,
        "alerts_url": f"{reverse('alerts')}?batch={one.id}",
    }
    return render(request, "web/imports/batch.html", context)


def _rejected(actor: access.Actor, batch_id: uuid.UUID) -> tuple[list[tables.Line], list[tables.Line]]:
    """How many rows were rejected for each reason, and the first of them; no cell of a row is shown here."""
    text = feeding.rejected(actor, batch_id, "csv").content.decode("utf-8-sig")
    rows = [line[-3:] for line in list(csv.reader(io.StringIO(text)))[1:] if len(line) > 2]
    counted = Counter(_kind(why) for why, _file, _row in rows)
    kinds: list[tables.Line] = [([why, f"{n:,}"], "") for why, n in counted.most_common()]
    some: list[tables.Line] = [([row, file, _kind(why)], "") for why, file, row in rows[:SOME]]
    return kinds, some


def _kind(sentence: str) -> str:
    """A reason without what stood in the cell, which may name somebody, and without the number of another row."""
    first, *rest = _QUOTED.split(sentence)
    column = _QUOTED.search(sentence)
    plain = f"{first}{column[0]}" + "“…”".join(rest) if column else sentence
    return _OTHER_ROW.sub("某行", re.sub(r"\d{6,}[\dXx]*", "…", plain))


@require_safe
def answers(request: HttpRequest, batch_id: uuid.UUID, kind: str) -> HttpResponse:
    """What became of each row and alert of a batch, as a file for its sender."""
    asked, actor = asking.of(request), asking.actor(request)
    if kind not in feeding.KINDS:
        raise NotFound(Text("这种格式", "This format"))
    told = answering.lines(actor, batch_id, asked.now, get_language() or "zh")
    heads, name = next(told), answering.name_of(actor, batch_id)
    write = export.as_csv if kind == "csv" else export.as_xlsx
    return write(name, heads, told, mark=_("演示数据，与真实单位和个人无关") if district.here().demo else "")


@require_safe
def rejects(request: HttpRequest, batch_id: uuid.UUID, kind: str) -> HttpResponse:
    """The rejected rows as a file, to be mended and sent again."""
    found = feeding.rejected(asking.actor(request), batch_id, kind)
    response = HttpResponse(found.content, content_type=found.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response
