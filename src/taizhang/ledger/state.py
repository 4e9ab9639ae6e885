"""The values the loop takes and gives: who acts, when, a case as it stands, and everything that comes of an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from taizhang.kit.days import Calendar
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

Colour = Literal["green", "yellow", "red"]
COLOURS: tuple[Colour, ...] = ("green", "yellow", "red")
NO_FIELDS: Mapping[str, Any] = {}
NO_TEXT = Text("", "")


@dataclass(frozen=True)
class Actor:
    """Who acts, for one case: an account as a person, perhaps for an organisation, and the hats worn here."""

    id: str
    person: str
    org: str | None
    hats: frozenset[str]  # the `by` tokens this actor wears for this case: "cadre@village", "@helper", "@opener"
    name: str


@dataclass(frozen=True)
class Moment:
    """When: received by the server (UTC), and when it is said to have happened."""

    received: datetime
    happened: datetime | None = None


@dataclass(frozen=True)
class Children:
    """How many cases of a ledger this case has spawned, and how many of them are open."""

    open: int = 0
    count: int = 0


class World(Protocol):
    """What lies outside a case, asked for by name; one is made for each case."""

    @property
    def calendar(self) -> Calendar:
        """Which days are worked."""

    def policy(self, name: str, area: str, day: date) -> int | str | None:
        """A policy number in force (money in fen, durations as `5 days`); None when none is published."""

    def total(self, indicator: str, window: str | None) -> int:
        """An indicator of a ledger (`pairing.active`): of this subject if the registers agree, else inside its area."""

    def children(self, ledger: str) -> Children:
        """The cases of a ledger that this case has spawned."""

    def rows(self, catalogue: str, day: date) -> Sequence[Mapping[str, str]]:
        """A catalogue's rows in force on a day."""

    def things(self, register: str, area: str, day: date) -> Sequence[Mapping[str, Any]]:
        """The rows of a register that were open on a day inside an area, with their attributes."""

    def recent(self, ledger: str, since: datetime) -> frozenset[str]:
        """The ids of the rows about which cases of a ledger were opened since then."""

    def seed(self) -> int:
        """A number that nobody could have known before."""


@dataclass(frozen=True)
class Entry:
    """One append-only record of an act."""

    n: int  # 1 for the opening
    act: str
    happened: datetime | None
    received: datetime
    actor: str
    person: str
    org: str | None
    post: str | None  # the hat under which it was done
    fields: Mapping[str, Any]  # what it wrote on the case, defaults and `set` included
    own: Mapping[str, Any]  # facts of this entry alone
    evidence: Mapping[str, int]  # pieces by kind
    edition: str  # digest of the ledger's text it was done under
    annulled: bool = False
    stage: str | None = None  # the case's stage after it; None: as the act says


@dataclass(frozen=True)
class State:
    """A case as its entries leave it."""

    ledger: str
    case: str
    subject: Mapping[str, Any]  # the register's attributes of the subject (registers.py), at least `id`
    area: str  # the area's code
    stage: str
    opened: datetime
    closed: datetime | None
    fields: Mapping[str, Any]
    entries: tuple[Entry, ...]
    period: date | None = None  # of a roster's cell: the first day of its period
    # clocks that the case's earlier edition did not have count from the instant it came to this one, never from before
    clocks_from: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Owes:
    """Whose light a clock is: a role at a level (of the case's area), or the party a field names."""

    token: str
    role: str = ""
    level: str = ""
    party: str | None = None  # a person's or organisation's id; None while the field is not filled in


@dataclass(frozen=True)
class Turn:
    """A clock of a case: since when it runs, when its light turns, whose it is. Instants are UTC."""

    clock: str
    since: datetime
    due: datetime | None  # the end of the limit, half-open: from then on it is late
    yellow_at: datetime | None
    red_at: datetime | None
    owes: Owes
    stopped_at: datetime | None = None
    frozen: Colour | None = None  # the colour a paused clock keeps
    limit_text: Text = NO_TEXT
    policy_source: str | None = None  # the policy number the limit comes from
    provisional: bool = False  # working days of a year without its holiday notice: the end may move, and nobody is late

    def colour(self, now: datetime) -> Colour:
        """Its light at an instant; a stopped clock is green."""
        if self.stopped_at is not None:
            return "green"
        if self.frozen is not None:
            return self.frozen
        if self.red_at is not None and now >= self.red_at:
            return "red"
        return "yellow" if self.yellow_at is not None and now >= self.yellow_at else "green"


@dataclass(frozen=True)
class Spawn:
    """A case to be opened in another ledger."""

    ledger: str
    act: str
    given: Mapping[str, Any]
    subject: str | None  # id in the other ledger's register; None: the same subject
    area: str | None = None  # None: the same area
    gathered: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # by table field: the row that this one adds


@dataclass(frozen=True)
class NoticePosted:
    """A list put on the board. `ends` is None while it stands still."""

    days: int
    workdays: bool
    show: tuple[str, ...]
    starts: datetime
    ends: datetime | None


@dataclass(frozen=True)
class EffectDone:
    """Something an act does besides its entry: a change of a register, a further act of the system, a numbered paper."""

    kind: Literal["register", "act", "print"]
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """A dated delta of an indicator: `at` is the instant it counts for, `known` when it was received."""

    indicator: str
    at: datetime
    known: datetime
    num: int
    den: int
    value: int


@dataclass(frozen=True)
class Done:
    """Everything that comes of an act."""

    entry: Entry
    state: State
    turns: tuple[Turn, ...]
    spawns: tuple[Spawn, ...] = ()
    notice: NoticePosted | None = None
    facts: tuple[Fact, ...] = ()
    effects: tuple[EffectDone, ...] = ()


@dataclass(frozen=True)
class Unmet:
    """One reason why an act may not be done now; `field` is the fact or evidence it is about."""

    code: str
    text: Text
    field: str | None = None


class Refused(Refusal):
    """An act was refused; every unmet need is in it."""

    def __init__(self, unmet: tuple[Unmet, ...]):
        text = Text("；".join(u.text.zh.rstrip("。") for u in unmet) + "。", " ".join(u.text.en for u in unmet))
        super().__init__(unmet[0].code, text, details={"unmet": [u.code for u in unmet]})
        self.unmet = unmet


@dataclass(frozen=True)
class Offer:
    """An act that can come next: whether now, from when, what is lacking, and for whom it waits."""

    act: str
    allowed_now: bool
    possible_from: datetime | None
    unmet: tuple[Unmet, ...]
    waits_for: tuple[str, ...]  # by-tokens
    missing: tuple[str, ...] = ()  # elements of `each` that have not done it yet
    until: datetime | None = None  # `within`: the instant from which it is too late
