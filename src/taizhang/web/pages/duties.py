"""Duties of a roster: an organisation's year as a grid of lights, and the desk of whoever looks over many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taizhang.core.queries import reviews, rosters, scores
from taizhang.core.rosters import Unit
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.web import asking, shown, tables, words
from taizhang.web.pages import ledger as ledgers
from taizhang.web.templatetags.said import said

SHOWN = 200  # red cells of one page


@dataclass(frozen=True)
class GridCell:
    """One cell of the grid as the page draws it; `months` columns wide."""

    months: int
    light: shown.Light | None
    words: str
    small: str = ""
    url: str = ""
    here: bool = False
    beside: Sequence[shown.Link] = ()  # what else may be done about a red one: contest it, put it off, excuse it


@dataclass(frozen=True)
class GridRow:
    """An item with its cells; an item without periods says how often it was reported."""

    name: str
    small: str
    cells: Sequence[GridCell]
    add: shown.Link | None = None


@dataclass(frozen=True)
class Grid:
    """The rows of one module."""

    name: str
    rows: Sequence[GridRow]


@require_safe
def listed(request: HttpRequest, slug: str = "") -> HttpResponse:
    """What is red, since when and whose; below it how each organisation stands. Areas in their order, no ranking."""
    asked, actor = asking.of(request), asking.actor(request)
    name = named(slug)
    year = year_of(request, asked.today.year)
    desk = rosters.desk(actor, name, year, asked.now, most=SHOWN)
    stands, red = desk.stands, desk.overdue
    if not stands:
        raise NotFound(Text("任务表", "The list of duties"))
    lines = []
    for one in red:
        cells: tables.Cells = [
            shown.Cell(said(one.label), small=one.item),
            unit_name(one.unit),
            said(one.period),
            shown.Cell(words.day(one.since, week=False), light=None),
        ]
        lines.append((cells, reverse("case", args=[one.case]) if one.case else address(name, one.unit.code, year)))
    heads: tables.Heads = [_("责任事项"), _("单位"), _("哪一期"), _("红灯自")]
    counts = shown.Counts(*(sum(getattr(one, colour) for one in stands) for colour in ("red", "yellow", "green")))
    return render(request, "web/duties/list.html", {
        "here": "duties",
        "name": said(rosters.of(name).label),
        "year": year,
        "years": _years(request, year, asked.today.year),
        "lists": _lists(name),
        "counts": counts,
        "red": tables.table(_("现在是红灯的"), heads, lines),
        "more": counts.red - len(red),
        "review_url": reverse("duties-review", args=[slug_of(name)]) if reviews.verdicts(actor, rosters.of(name)) else "",
        "lights_url": f"{reverse('duties-lights', args=[slug_of(name)])}?year={year}",
        "assessments_url": reverse("assessments") if scores.judges(name) else "",
        "levels": [_level(name, level, list(those), year) for level, those in groupby(
            sorted(stands, key=lambda one: _ORDER.index(one.unit.level)), key=lambda one: one.unit.level)],
    })  # fmt: skip


def _lists(name: str) -> list[shown.Link]:
    """Every list of duties, where there are several."""
    laws = rosters.ledgers()
    links = [
        shown.Link(said(law.label), reverse("duties-of", args=[law.name.replace("_", "-")]), "here" if law.name == name else "")
        for law in laws
    ]  # fmt: skip
    return links if len(links) > 1 else []


_ORDER = ("district", "town", "village")


def _level(name: str, level: str, those: Sequence[rosters.Stand], year: int) -> shown.Table:
    label = {"district": _("区直单位"), "town": _("镇（街道）"), "village": _("村（社区）")}[level]
    heads: tables.Heads = [label, *(tables.number(word) for word in (_("逾期"), _("临期"), _("按期")))]
    lines = [
        ([unit_name(one.unit), f"{one.red:,}", f"{one.yellow:,}", f"{one.green:,}"], address(name, one.unit.code, year))
        for one in those
    ]
    return tables.table(label, heads, lines)


@require_safe
def year(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One organisation's year: items by periods, each cell with its light in words, and what can be done about it."""
    asked, actor = asking.of(request), asking.actor(request)
    name = named(slug)
    wanted = year_of(request, asked.today.year)
    found = rosters.year(actor, name, code, wanted, asked.now)
    may = rosters.openings(actor, found.ledger, found.unit)
    modules = [
        Grid(said(module), [_row(request, found, line, may) for line in lines])
        for module, lines in groupby(found.lines, key=rosters.module)
    ]
    lights = found.lights
    return render(request, "web/duties/year.html", {
        "here": "duties",
        "name": said(found.ledger.label),
        "unit": unit_name(found.unit),
        "desk": reverse("duties-of", args=[slug]),
        "year": wanted,
        "years": _years(request, wanted, asked.today.year),
        "counts": shown.Counts(lights["red"], lights["yellow"], lights["green"]),
        "submit_url": f"{reverse('duties-submit', args=[slug, code])}?year={wanted}" if _answers(found, may) else "",
        "lights_url": f"{reverse('duties-lights', args=[slug])}?{urlencode({'unit': code, 'year': wanted})}",
        "months": [_("%(n)d月") % {"n": n} for n in range(1, rosters.MONTHS + 1)],
        "modules": modules,
        "help_url": ledgers.help_url(name),
        "assessment_url": f"{reverse('assessment', args=[code])}?year={wanted}" if scores.judges(name) else "",
    })  # fmt: skip


def _answers(found: rosters.Year, may: Sequence[str]) -> str:
    """The opening act by which the reader answers cells; empty for who only reads, puts off or excuses."""
    return next((act for act in may if act in roster.declared(found.ledger).answers and not _decides(found, act)), "")


def _decides(found: rosters.Year, act: str) -> bool:
    """Whether an act ends the matter: it is no answer of the organisation itself."""
    to = found.ledger.acts[act].to
    return to is not None and found.ledger.stages[to].end


def _row(request: HttpRequest, found: rosters.Year, line: rosters.Line, may: Sequence[str]) -> GridRow:
    today, answer = asking.of(request).today, _answers(found, may)
    add = None
    if not line.squares and answer:
        add = shown.Link(_("报一件"), _open(found, answer, line.item, ""))
    cells = [_cell(found, square, may, here=square.begins <= today < square.ends) for square in line.squares]
    if line.squares and sum(square.months for square in line.squares) < rosters.MONTHS:
        cells.insert(0, GridCell(rosters.MONTHS - sum(cell.months for cell in cells), None, ""))
    small = _("随事而办，今年已报 %(n)d 件") % {"n": line.events} if not line.squares else line.item
    return GridRow(said(line.label), small, cells, add)


def _cell(found: rosters.Year, square: rosters.Square, may: Sequence[str], *, here: bool) -> GridCell:
    """A cell with its light, the way to its case or to answering it, and of an unanswered one what else may be done."""
    last = words.day(square.due, week=False)
    if square.colour is None:
        return GridCell(square.months, None, "", _("%(day)s 止") % {"day": last})
    named = {"green": _("按期"), "yellow": _("临期"), "red": _("逾期")}[square.colour]
    light = shown.Light(square.colour, named)
    if square.case is not None:
        small = said(square.stage) if square.stage else ""
        return GridCell(square.months, light, named, small, reverse("case", args=[square.case]), here)
    small = (
        _("%(day)s 起") % {"day": words.day(square.since, week=False)}
        if square.since
        else _("%(day)s 止") % {"day": last}
    )
    answer, day = _answers(found, may), square.begins.isoformat()
    url = _open(found, answer, square.item, day) if answer else ""
    beside = [act for act in may if act != answer] if square.colour == "red" else []
    links = [shown.Link(said(found.ledger.acts[act].label), _open(found, act, square.item, day)) for act in beside]
    return GridCell(square.months, light, named, small, url, here, links)


def _open(found: rosters.Year, act: str, item: str, period: str) -> str:
    query = urlencode({"subject": found.unit.code, "item": item, "period": period})
    return f"{reverse('open', args=[ledgers.slug(found.ledger.name), act])}?{query}"


def slug_of(name: str) -> str:
    """A roster in an address."""
    return name.replace("_", "-")


def named(slug: str) -> str:
    """The roster of an address; the first one without. Raises NotFound."""
    known = [law.name for law in rosters.ledgers()]
    name = slug.replace("-", "_") or next(iter(known), "")
    if name not in known:
        raise NotFound(Text("任务表", "The list of duties"))
    return name


def unit_name(unit: Unit) -> str:
    """An organisation in the language of the page."""
    return said(Text(unit.name, unit.name_en or unit.name))


def address(name: str, code: str, year: int) -> str:
    """Where an organisation's year stands."""
    return f"{reverse('duty-year', args=[ledgers.slug(name), code])}?{urlencode({'year': year})}"


def year_of(request: HttpRequest, this: int) -> int:
    """The year that an address asks for; this one where it asks for none."""
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and 2000 <= int(text) <= this + 1 else this


def _years(request: HttpRequest, year: int, this: int) -> list[shown.Link]:
    return [shown.Link(_("%(year)d年") % {"year": one}, f"{request.path}?year={one}", "here" if one == year else "")
            for one in (this - 1, this)]  # fmt: skip
