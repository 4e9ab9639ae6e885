"""What templates are given: small frozen shapes, already in words. Nothing here asks the database or decides a right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from taizhang.core.queries.shown import Subject
from taizhang.kit.refusal import Refusal
from taizhang.web import words


class Light(NamedTuple):
    """A light as it is written: its colour (green, yellow, red, none) and its word with the days."""

    colour: str
    words: str


def light(colour: str, *, due: datetime | None, now: datetime, paused: bool = False) -> Light:
    """A light in words; `due` is the instant at which it turns red, and a paused clock keeps its colour."""
    said = words.light(colour, due=None if paused else due, now=now)
    return Light(colour, _("%(light)s 停表") % {"light": said} if paused else said)


def last_moment(turns: datetime | None) -> datetime | None:
    """The last moment of a limit that turns at an instant: a day limit that turns at 00:00 ends on the day before."""
    return turns - timedelta(microseconds=1) if turns else None


def sentence(refusal: Refusal) -> str:
    """A refusal in the language of the page, with what to do next."""
    return refusal.sentence(get_language() or "zh")


def household(head: str) -> str:
    """A household in words, by its head."""
    return _("%(head)s户") % {"head": head}


def subject(about: Subject) -> str:
    """What a case is about, in words."""
    return household(about.label) if about.register == "household" else about.label


class Counts(NamedTuple):
    """How many of each light."""

    red: int
    yellow: int
    green: int


class Link(NamedTuple):
    """A named way onward."""

    words: str
    url: str
    key: str = ""


class Line(NamedTuple):
    """A sentence, perhaps with ways onward and a light."""

    words: str
    links: Sequence[Link] = ()
    light: Light | None = None


@dataclass(frozen=True)
class Helped:
    """A household of a helper as includes/helped.html draws it: who was there, by when to go, and one step if nothing changed."""

    case: UUID
    title: str
    place: str
    phone: str
    last: str
    other: str
    unmet: str
    light: Light
    until: str
    household_url: str
    visit_url: str
    expect: int
    unchanged: bool
    key: UUID


class Choice(NamedTuple):
    """One choice of a field."""

    value: str
    words: str
    chosen: bool = False


@dataclass(frozen=True)
class Field:
    """A field of a form, as includes/field.html draws it.

    `kind`: text, password, date, time, number, search, tel, long (several lines), select, check (visible choices),
    file, table.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    required: bool = True
    hint: str = ""
    error: str = ""
    choices: Sequence[Choice] = ()
    many: bool = False
    unit: str = ""
    figure: bool = False
    narrow: bool = False
    sealed: bool = False
    known: str = ""
    known_source: str = ""
    accept: str = ""
    autocomplete: str = ""
    at_once: bool = False
    columns: Sequence[Field] = ()
    rows: Sequence[Sequence[Field]] = ()


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    words: str = ""
    small: str = ""
    url: str = ""
    head: str = ""
    numeric: bool = False
    light: Light | None = None
    wide: bool = False  # not on a phone
    sealed: Value | None = None

    @property
    def classes(self) -> str:
        """The classes of its cell."""
        named = (("num", self.numeric), ("wide-only", self.wide), ("lit", self.light is not None))
        return " ".join(name for name, holds in named if holds)


@dataclass(frozen=True)
class Head:
    """The head of a column; `sort` is `ascending` or `descending` on the column in use."""

    name: str
    numeric: bool = False
    wide: bool = False
    sort: str = ""
    sort_url: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table; its first cell names it and may lead on."""

    cells: Sequence[Cell]
    url: str = ""


@dataclass(frozen=True)
class Table:
    """A table as includes/table.html draws it; `cards` makes rows into cards on a phone."""

    caption: str
    heads: Sequence[Head]
    rows: Sequence[Row]
    foot: Sequence[Cell] = ()
    cards: bool = True
    compact: bool = False  # its cards need no heads: the values say what they are


class Page(NamedTuple):
    """Where a list has been opened."""

    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """The position of the first row on this page."""
        return min((self.number - 1) * self.size + 1, self.total)

    @property
    def last_row(self) -> int:
        """The position of the last row on this page."""
        return min(self.number * self.size, self.total)

    @property
    def before(self) -> int:
        """The page before."""
        return self.number - 1

    @property
    def after(self) -> int:
        """The page after."""
        return self.number + 1


@dataclass(frozen=True)
class Owed:
    """One thing that is owed, as a row of the home page."""

    title: str
    because: str
    number: str
    url: str
    light: Light
    due: datetime | None
    due_note: str = ""
    ledger: str = ""
    act_words: str = ""
    act_url: str = ""  # nothing of the reader's leads on: empty, and the words lead to the case
    main: bool = False


@dataclass(frozen=True)
class Step:
    """One stage on the track."""

    n: int
    name: str
    lines: Sequence[str]
    state: str  # done, now, ahead


class Folded(NamedTuple):
    """The done steps in one line, for a phone."""

    name: str
    lines: Sequence[str]


class Span(NamedTuple):
    """Some days of a limit: planned, done, running (with the colour of its light) or ahead."""

    days: int
    words: str
    state: str = ""


@dataclass(frozen=True)
class Split:
    """How the days of one limit are used."""

    name: str
    span_words: str
    days: Sequence[tuple[str, bool]]
    actual: Sequence[Span]
    actual_said: str
    plan: Sequence[Span] = ()
    plan_said: str = ""
    note: str = ""  # what runs beside the parts of the plan


@dataclass(frozen=True)
class Why:
    """The arithmetic of one light."""

    clock: str
    title: str
    lines: Sequence[tuple[str, str]]
    rule_words: str = ""
    rule_url: str = ""


@dataclass(frozen=True)
class Value:
    """A labelled value; a sealed one shows the least that helps and where it can be revealed."""

    label: str
    words: str = ""
    rows: Sequence[Sequence[str]] = ()  # of a table, its heads first
    sealed_id: str = ""
    least: str = ""
    reveal_url: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of what happened."""

    n: int
    title: str
    who: str
    happened: datetime
    received: datetime
    late_words: str = ""
    values: Sequence[Value] = ()  # short ones, in one flow
    lines: Sequence[str] = ()  # sentences that stand for several values
    texts: Sequence[Value] = ()  # what was written out: each on its own line
    folded: Sequence[Value] = ()  # many of one sort, opened by who wants them
    folded_words: str = ""
    evidence: Sequence[Link] = ()
    cites: Sequence[Link] = ()  # records of other ledgers; without an address what the reader may not see
    annulled: bool = False
    correct_url: str = ""  # where the reader may withdraw it as a mistake


@dataclass(frozen=True)
class Act:
    """An act on offer, or why it is not yet."""

    words: str
    url: str = ""
    main: bool = False
    waits: Sequence[str] = field(default=())
    aside: bool = False  # stands folded under the acts that lead on
    touch: bool = False  # done at once by this button: nothing has to be asked
    key: UUID | None = None
    expect: int = 0


@dataclass(frozen=True)
class Shell:
    """What the frame of every page shows."""

    demo: bool
    district: str
    clock_face: str
    clock_url: str = ""
    account: str = ""
    post: str = ""
    posts: Sequence[str] = ()
    key: str = ""  # under which the two lists of links are kept for a minute, so they are made when they are not
    sections: Callable[[], Sequence[Link]] = tuple
    offices: Callable[[], Sequence[Link]] = tuple
    foot: Sequence[Link] = ()
    search_url: str = ""
    bell_url: str = ""
    bell: int = 0


@dataclass(frozen=True)
class Chart:
    """Numbers of a chart: printed as JSON beside the table that says the same."""

    key: str
    title: str
    spec: dict[str, Any]

    @property
    def script_id(self) -> str:
        """The id of the JSON on the page."""
        return f"chart-{self.key}"
