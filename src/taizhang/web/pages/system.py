"""The system administrator's pages: ledgers with their editions, areas, health of the installation, sweeps, complaints."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import complaints, law, system
from taizhang.web import asking, shown, tables, words
from taizhang.web.pages import sweeps as swept
from taizhang.web.templatetags.said import said
from taizhang.work import doctor

KEPT: Final = 12


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Everything at a glance; no case and no person."""
    asked, actor = asking.of(request), asking.actor(request)
    system.may(actor)
    counted = system.counts()
    context = {
        "here": "system",
        "figures": [
            shown.Value(_("记录"), f"{counted.entries:,}"), shown.Value(_("事项"), f"{counted.cases:,}"),
            shown.Value(_("户"), f"{counted.households:,}"), shown.Value(_("人"), f"{counted.residents:,}"),
            shown.Value(_("材料"), f"{counted.evidence:,}"), shown.Value(_("账号"), f"{counted.accounts:,}"),
        ],
        "editions": _editions(asked),
        "waiting": "、".join(said(label) for label in law.waiting()),
        "sweeps": swept.ran(asked, KEPT),
        "complaints": _complaints(request),
        "towns": _towns(),
        "organisations": _organisations(),
        "calendar": _calendar(asked),
    }  # fmt: skip
    return render(request, "web/system/show.html", context)


def _editions(asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [
        _("台账"),
        tables.number(_("版本")),
        _("装于"),
        tables.number(_("事项")),
        _("在用"),
        _("比较"),
    ]
    lines = []
    before: dict[str, str] = {}
    found = law.installed()
    for one in reversed(found):
        older = before.get(one.ledger, "")
        before[one.ledger] = one.digest
        url = f"{reverse('editions')}?older={older}&newer={one.digest}" if older else ""
        state = _("在用") if one.in_force else _("旧版，老事项仍按它办")
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=one.digest[:12]), str(one.version), words.stamp(one.installed, today=asked.today),
            f"{one.cases:,}", state, shown.Cell(_("和上一版比") if url else "—", url=url),
        ]  # fmt: skip
        lines.append((cells, f"{reverse('editions')}?newer={one.digest}"))
    return tables.table(_("装了的台账"), heads, reversed(lines))


def _complaints(request: HttpRequest) -> shown.Table:
    heads: tables.Heads = [_("意见"), _("哪一页"), _("谁"), _("何时")]
    today = asking.of(request).today
    lines = []
    for one in complaints.filed(asking.actor(request)):
        page = shown.Cell(one.about, url=one.about if one.about.startswith("/") else "")
        who = shown.Cell(one.who, small=one.post)
        cells: tables.Cells = [one.words or _("（已删除）"), page, who, words.stamp(one.received, today=today)]
        lines.append((cells, ""))
    return tables.table(_("对页面的意见"), heads, lines)


def _towns() -> shown.Table:
    heads: tables.Heads = [_("乡镇街道"), _("代码"), tables.number(_("村和社区"))]
    lines = [([one.name, one.path, str(one.villages)], "") for one in system.towns()]
    foot = [_("合计"), "", str(sum(one.villages for one in system.towns()))]
    return tables.table(_("区划"), heads, lines, foot=foot, cards=False)


def _organisations() -> shown.Table:
    heads: tables.Heads = [_("单位"), _("简称"), tables.wide(_("代码"))]
    return tables.table(
        _("机构"), heads, [([one.name, one.short or "—", one.code], "") for one in system.organisations()]
    )


def _calendar(asked: asking.Asking) -> shown.Table:
    heads: tables.Heads = [_("年"), tables.number(_("工作日")), _("放假通知")]
    lines = [
        ([str(one.year), str(one.workdays), _("还没有，暂按法定节假日算") if one.provisional else _("已有")], "")
        for one in system.calendar(asked.today)
    ]
    return tables.table(_("工作日历"), heads, lines, cards=False)


@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """One edition word for word, or what changed from another to it. Ledgers are shown here, never edited."""
    system.may(asking.actor(request))
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    label, version, text = law.text_of(newer)
    context = {
        "here": "system",
        "name": said(label),
        "version": _("第 %(n)d 版") % {"n": version},
        "changes": law.compare(older, newer) if older else (),
        "compared": bool(older),
        "text": "" if older else text,
    }
    return render(request, "web/system/edition.html", context)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Every check of the installation, made now."""
    system.may(asking.actor(request))
    backups = Path(settings.DATA).parent / "backups"
    lines = doctor.examine(clock=asking.of(request).clock, backups=backups)
    named = {"ok": _("好"), "warn": _("注意"), "fail": _("不行")}
    found = [{"level": line.level, "word": named[line.level], "text": said(line.text)} for line in lines]
    order = {"fail": 0, "warn": 1, "ok": 2}
    context = {
        "here": "system",
        "lines": sorted(found, key=lambda one: order[one["level"]]),
        "said": _("不行 %(fail)d 项，注意 %(warn)d 项，好 %(ok)d 项")
        % {level: sum(1 for line in lines if line.level == level) for level in order},
    }
    return render(request, "web/system/health.html", context)
