"""What a ledger may say: eighteen keys, and the shape of everything below them. Shapes only; sense is in `check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field as Key
from pydantic import PrivateAttr, StringConstraints, ValidationError, field_validator

from taizhang.ledger.parts import (
    After,
    Cel,
    Labelled,
    Margin,
    Message,
    Name,
    Names,
    Part,
    SpanOf,
    Starts,
    Token,
    Tokens,
    Wrong,
)

FieldType = Literal[
    "choice", "pick", "text", "money", "int", "number", "bool", "date",
    "person", "organisation", "area", "household", "resident", "enterprise", "place", "product", "project", "table",
]  # fmt: skip
# Fields that point at a row: kept as relations.
POINTING: Final = (
    "person", "organisation", "area", "household", "resident", "enterprise", "place", "product", "project",
)  # fmt: skip
Register = Literal["area", "organisation", "household", "resident", "enterprise", "place", "product", "project"]
EvidenceKind = Literal["photo", "located_photo", "signature", "file"]
# `split`, `headless` and `emptied` are done by the system when the register of households changes (core/moves/kin.py).
Channel = Literal[
    "desk", "phone", "web", "excel", "api", "spawn", "roster", "public", "screen", "split", "headless", "emptied",
]  # fmt: skip
Period = Literal["week", "ten_days", "half_month", "month", "quarter", "half_year", "year"]
CELL = "roster"  # the name under which the deadline of a roster's cell stands among the clocks of its case
PERIODS: tuple[str, ...] = Period.__args__  # type: ignore[attr-defined]


class Choice(Labelled):
    """One value of a choice field."""


class Field(Labelled):
    """A typed, labelled fact: of the case (`fields`), of one entry (`entry`), or a column of a table (`of`)."""

    type: FieldType
    of: Any = None  # choice: {key: label}; pick: a catalogue; table: {key: column}; organisation, enterprise …: a kind; person: a role
    unit: str | None = None
    min: int | str | None = None
    max: int | str | None = None
    default: Any = None
    calc: Cel | None = None
    when: Cel | None = None
    find: bool = False
    sensitive: Literal["mask", "restrict", "seal"] | None = None
    during: Names = ()  # read in these stages alone, by nobody in others: a contact before both sides agreed
    hint: Message | None = None
    optional: bool = False
    many: bool = False  # choice, pick and parties: a list of values

    @field_validator("of")
    @classmethod
    def _of(cls, of: Any, info: Any) -> Any:
        kind = info.data.get("type")
        if kind == "choice":
            return _choices(of)
        if kind == "table":
            if not isinstance(of, dict) or not of:
                raise Wrong("table 字段要用 of 写出各列：of: {列名: {zh, en, type}}。",
                            "a table names its columns: of: {column: {zh, en, type}}.")  # fmt: skip
            return _each_of(Field, of)
        if of is not None and not isinstance(of, str):
            raise Wrong(f"{kind} 字段的 of 只能是一个名称。", f"`of` of a {kind} field is one name.")
        return of

    @property
    def sealed(self) -> bool:
        """Whether its value may never stand in chained bytes: free text and everything sensitive."""
        if self.type == "table":
            return self.sensitive is not None or any(column.sealed for column in self.columns.values())
        return self.type == "text" or self.sensitive is not None

    def lies_open(self, stage: str) -> bool:
        """Whether its value may be read at all while the case is in a stage; else it is covered for everybody."""
        return not self.during or stage in self.during

    @property
    def choices(self) -> Mapping[str, Choice]:
        """The values of a choice field."""
        return self.of if self.type == "choice" and isinstance(self.of, dict) else {}

    @property
    def columns(self) -> Mapping[str, Field]:
        """The columns of a table field."""
        return self.of if self.type == "table" and isinstance(self.of, dict) else {}

    def column_of(self, kind: str) -> str | None:
        """The first column of a type, of a table."""
        return next((name for name, column in self.columns.items() if column.type == kind), None)


def _choices(of: Any) -> dict[str, Choice]:
    if not isinstance(of, dict) or not of:
        raise Wrong(
            "choice 字段要用 of 写出可选值：of: {键: {zh, en}}。", "a choice names its values: of: {key: {zh, en}}."
        )
    found: dict[str, Choice] = {}
    for key, label in of.items():
        if isinstance(label, Choice):
            found[key] = label
        elif isinstance(label, dict) and set(label) == {"zh", "en"} and all(label.values()):
            found[str(key)] = Choice.model_validate(label)
        else:
            raise Wrong(f"可选值“{key}”要有中英文标签：{key}: {{zh: …, en: …}}。",
                        f"the choice “{key}” needs a label in both languages: {key}: {{zh: …, en: …}}.")  # fmt: skip
    return found


class Nested(ValueError):
    """Faults inside a part whose shape depends on its neighbour; each with its own place below it."""

    def __init__(self, faults: list[tuple[tuple[str | int, ...], dict[str, Any]]]):
        super().__init__("faults below")
        self.faults = faults


_P = TypeVar("_P", bound=Part)


def _each_of(part: type[_P], given: Mapping[str, Any]) -> dict[str, _P]:
    """Each value read as a part; the faults of all of them at once, each at its own place."""
    found: dict[str, _P] = {}
    faults: list[tuple[tuple[str | int, ...], dict[str, Any]]] = []
    for name, raw in given.items():
        try:
            found[name] = raw if isinstance(raw, part) else part.model_validate(raw)
        except ValidationError as errors:
            faults += [((name, *error["loc"]), dict(error)) for error in errors.errors()]
    if faults:
        raise Nested(faults)
    return found


class Stage(Labelled):
    """A named state of a case; an end stage closes it; one that `rests` may lawfully last without a deadline."""

    end: bool = False
    rests: bool = False
    inner: bool = False  # not yet seen by whom the case is about (a draft)


class Each(Part):
    """What to repeat a spawn for: rows of a catalogue that meet a condition."""

    catalogue: Name
    where: Cel | None = None


class Spawn(Part):
    """Open a case in another ledger, once or for each element of a list; the parent is kept."""

    ledger: Name
    act: Name
    subject: Cel | None = None
    area: Cel | None = None
    each: Each | Cel | None = None
    set: dict[Name, Cel] = {}
    void: Name | None = None  # rules only: the act that takes it back when nothing turned after all
    gather: dict[Name, dict[Name, Cel]] = {}  # rules only: {table field: {column: CEL}}, one case per addressee


class RegisterChange(Part):
    """A change of a register (move, split, merge, birth, death, correction …) that this act makes."""

    change: Name
    set: dict[Name, Cel] = {}


class Draw(Part):
    """Draw rows of a register by lot, and who goes to each; the seed and what could be drawn stay in the entry."""

    into: Name  # the table of what was drawn
    seed: Name  # the whole number from which the draw can be repeated
    from_: Annotated[Register, Key(alias="from")]
    where: Cel | None = None  # of a row's attributes: each.kind, each.grade
    size: Cel
    target: Name  # the column of `into` for the row
    without: Cel | None = None  # rows left out by name
    spared: dict[Name, SpanOf] = {}  # rows about which a case of that ledger was opened within so long
    hands: Names = ()  # the columns of `into` for those who go
    among: Cel | None = None  # who can go
    conflicts: Name | None = None  # a table of who may not go where: a person's column and the row's
    pool: Name | None = None  # a table that keeps what could be drawn


class Effect(Part):
    """One thing an act or a rule does besides its entry: exactly one of these keys."""

    spawn: Spawn | None = None
    set: dict[Name, Cel] | None = None
    act: Name | None = None
    draw: Draw | None = None
    print: Cel | None = None  # gives one of `documents`: it takes the next number of its series
    register_: Annotated[RegisterChange | None, Key(alias="register")] = None


class Notice(Part):
    """Put on the notice board: for how many whole days, and which facts may be read there."""

    days: int | str | None = None
    workdays: int | str | None = None
    show: Names
    pauses: Names = ()


class Act(Labelled):
    """All that anyone does to a case: an append-only entry."""

    opens: bool = False
    alone: bool = False  # opens only where the subject has no open case of this ledger
    aside: bool = False  # a way beside the usual one: never proposed as what comes next
    via: Annotated[tuple[Channel, ...], Key(default=("web",))] = ("web",)
    from_: Annotated[Names, Key(alias="from")] = ()
    to: Name | None = None
    by: Tokens = ()
    asks: Names = ()
    may: Names = ()
    entry: dict[Name, Field] = {}
    evidence: dict[EvidenceKind, Annotated[int, Key(ge=0, le=50, strict=True)]] = {}
    cites: dict[Name, Names] = {}  # acts of other ledgers whose records may be named instead of a file
    needs: dict[Cel, Message | None] = {}
    do: tuple[Effect, ...] = ()
    after: dict[Name, After] = {}
    within: dict[Name, SpanOf] = {}
    notice: Notice | None = None
    each: Cel | None = None
    only_changes: bool = False  # what is known is shown with its day, and only what differs is recorded
    help: Message | None = None

    @field_validator("via", mode="before")
    @classmethod
    def _via(cls, via: Any) -> Any:
        return (via,) if isinstance(via, str) else via


class Clock(Labelled):
    """A limit, a due date or a cadence, and whose light it is."""

    limit: SpanOf | None = None
    due: Cel | None = None
    every: str | None = None
    times: Annotated[int, Key(ge=1, le=100)] = 1
    act: Names = ()
    starts: Starts = ()
    stops: Names = ()
    during: Names = ()
    pauses: Names = ()
    when: Cel | None = None
    yellow: Margin | None = None
    grace: SpanOf | None = None
    owes: Token | None = None
    accepts_back: SpanOf | None = None


class Rule(Part):
    """What the system does, exactly once, when a light turns."""

    at: Name
    turns: Literal["yellow", "red"]
    plus: SpanOf | None = None
    do: tuple[Effect, ...]


class Indicator(Labelled):
    """A declared figure: of an act, or standing at the end of a period."""

    on: Annotated[tuple[str, ...], Key()]
    where: Cel | None = None
    sum: Cel | None = None
    over: Cel | None = None
    distinct: Cel | None = None
    unit: str | None = None
    empty: int | None = None

    @field_validator("on", mode="before")
    @classmethod
    def _on(cls, on: Any) -> Any:
        return (on,) if isinstance(on, str) else on

    @property
    def standing(self) -> bool:
        """Whether it says how things stand, rather than how often something was done."""
        return self.on == ("standing",)


class Public(Part):
    """What people without a log-in may do and read."""

    form: Name | None = None
    board: Names = ()
    track: bool | Names = False  # by a code; the fields that its holder may read


class Roster(Part):
    """Duties that exist by arithmetic, subject by item by period: a case is there only where something was done."""

    items: Name  # a catalogue
    item: Name  # the pick field of that catalogue which holds the item
    period: Cel  # of a row: one of PERIODS, or `event` for what has no period
    where: Cel | None = None  # whether a subject owes the row
    due: Cel | None = None  # of a row: `MM-DD`, the last day inside its period; empty: the period's own last day
    yellow: SpanOf | None = None  # so long before the last day ends; else then
    grace: SpanOf | None = None  # red only so much later
    owes: Token = "@subject"
    post: Name | None = None  # the role whose holder at the moment of turning is named (`turned.holder`)
    answers: Names  # the acts that answer a cell
    puts_off: Name | None = None  # a date field that moves the last day
    accepts_back: SpanOf | None = None


class Document(Labelled):
    """A kind of official paper with a number series of its own: 〔year〕 and number, without gaps in each year."""

    mark: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]  # 机关代字
    paper: Name  # the template
    to: Names = ()  # the fields whose organisations it goes to; else to whom the case is about
    copies: Name | None = None  # the field of those who get a copy


class Upgrade(Part):
    """What became of the names of the version before `since`, and whether its open cases come along."""

    since: int
    stages: dict[Name, Name] = {}
    acts: dict[Name, Name | None] = {}  # null: let go
    fields: dict[Name, Name | None] = {}
    open_cases: Literal["keep", "move"] = "keep"


class Step(Part):
    """One step of a story: who does what when, and what comes of it. Times are district time, money is yuan."""

    on: str
    act: str
    as_: Annotated[str | None, Key(alias="as")] = None
    hand: str | None = None
    org: str | None = None
    happened: str | None = None
    period: str | None = None  # of the step that opens a roster's cell: a day inside its period
    give: dict[str, Any] = {}
    evidence: dict[str, int] = {}
    light: Literal["green", "yellow", "red"] | None = None
    stage: str | None = None
    refused: str | tuple[str, ...] | None = None


class StoryWorld(Part):
    """What a story takes for granted outside its own case."""

    policy: dict[str, Any] = {}
    total: dict[str, int] = {}
    children: dict[str, dict[Literal["open", "count"], int]] = {}
    rows: tuple[dict[str, Any], ...] = ()  # what a draw can draw: id and attributes
    recent: dict[str, tuple[str, ...]] = {}  # by ledger: the rows that a draw spares
    seed: int = 1


class StoryEnd(Part):
    """How a story must end; `on` says when its light is looked at (else at its last step)."""

    stage: str | None = None
    light: Literal["green", "yellow", "red"] | None = None
    on: str | None = None
    counts: dict[str, Any] = {}


class Story(Part):
    """A readable worked example, run by the check and by the tests; it may begin where an earlier one ended."""

    tells: Message
    follows: Annotated[int, Key(ge=1, strict=True)] | None = None
    opened: str | None = None
    area: str = "410503001001"
    subject: dict[str, Any] = {}
    world: StoryWorld = StoryWorld()
    do: tuple[Step, ...]
    ends: StoryEnd = StoryEnd()


class Declaration(Labelled):
    """The eighteen keys of a ledger file."""

    ledger: Name
    version: Annotated[int, Key(ge=1, strict=True)]
    subject: Register
    see: Tokens = ()
    fields: dict[Name, Field] = {}
    stages: dict[Name, Stage]
    acts: dict[Name, Act]
    clocks: dict[Name, Clock] = {}
    rules: tuple[Rule, ...] = ()
    documents: dict[str, Any] = {}  # case: a pattern (`JC-YYYY-NNNN`); any other key: a Document
    roster: Roster | None = None
    indicators: dict[Name, Indicator] = {}
    public: Public = Public()
    upgrade: tuple[Upgrade, ...] = ()
    hooks: dict[str, str] = {}
    stories: tuple[Story, ...] = ()

    @field_validator("documents")
    @classmethod
    def _documents(cls, documents: dict[str, Any]) -> dict[str, Any]:
        papers = _each_of(Document, {key: raw for key, raw in documents.items() if key != "case"})
        return {key: papers.get(key, raw) for key, raw in documents.items()}


class Ledger(Declaration):
    """A declaration that was read: word for word, with its digest; conditions compiled."""

    text: str = ""
    digest: str = ""
    file: str = ""
    _conditions: Any = PrivateAttr(default=None)

    def with_conditions(self, compiled: Any) -> Ledger:
        """This ledger with its compiled conditions."""
        self._conditions = compiled
        return self

    @property
    def name(self) -> str:
        """The ledger's id."""
        return self.ledger

    @property
    def prefix(self) -> str:
        """The prefix of the case numbers: `JC` of `JC-YYYY-NNNN`, else the id in capitals."""
        return str(self.documents.get("case", self.ledger.upper())).split("-YYYY")[0]

    @property
    def conditions(self) -> Any:
        """The compiled conditions (`cel.Conditions`)."""
        return (self.__pydantic_private__ or {})[
            "_conditions"
        ]  # asked at every turn; pydantic's own way takes ten times as long

    def clock(self, name: str) -> Clock:
        """A clock by its name; `roster` is the deadline of a roster's cell, which no clock declares. Raises KeyError."""
        if name == CELL and self.roster is not None:
            return Clock(zh="按期履职", en="Done in its period", stops=self.roster.answers, owes=self.roster.owes)
        return self.clocks[name]

    @property
    def opening_acts(self) -> tuple[str, ...]:
        """The acts that open a case."""
        return tuple(name for name, act in self.acts.items() if act.opens)
