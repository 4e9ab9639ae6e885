"""The rights table as it is read, and what it expects of each cell: a pure function of the table and the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from tests.rights.scene import Scene, Thing

PAGE, HIDDEN, REFUSED, NO_METHOD = "page", "hidden", "refused", "no method"
TO_LOGIN, TO_PASSWORD, ANSWERED = "to the log-in", "to the password", "answered"
ABSENT: Final = "00000000-0000-7000-8000-000000000000"
FREE: Final = ("login", "logout", "language", "password")  # what somebody under a first password may still reach


@dataclass(frozen=True)
class Person:
    """Somebody of the table: a role and the area of the post; neither while no post is held."""

    key: str
    role: str = ""
    path: str = ""
    out: bool = False  # is not let in at all
    newcomer: bool = False

    def holds(self, roles: Sequence[str], place: str | None = None) -> bool:
        """Whether this person's role is among some, and the place inside the area of the post."""
        return self.role in roles and (place is None or place.startswith(self.path))


@dataclass(frozen=True)
class Cell:
    """One request of one person, and what must come of it."""

    person: Person
    url: str
    kwargs: Mapping[str, Any]
    method: str
    expected: str
    sent: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, Any] | None = None  # the same address of a thing that is not there, for one that is hidden
    about: str = ""
    trial: bool = False  # the page tries a change and takes it back itself: that nothing stays is seen from the rows
    names: str = ""  # a word that this answer may say because the request itself named whom it is about

    def __str__(self) -> str:
        return f"{self.person.key} {self.method} {self.url} {self.about}"


def law() -> dict[str, Any]:
    """rights.yaml."""
    read: dict[str, Any] = YAML(typ="safe", pure=True).load(Path(__file__).parent / "rights.yaml")
    return read


class Table:
    """rights.yaml with the questions that are put to it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.law = law()
        self.people = [self._person(key, str(words)) for key, words in self.law["people"].items()]

    @staticmethod
    def _person(key: str, words: str) -> Person:
        if words.startswith("must"):
            return Person(key, newcomer=True)
        role, _, path = words.partition(" ")
        return Person(key, role, path) if path else Person(key, out=role == "out")

    # --- sight ----------------------------------------------------------------------------------------------------

    def sees(self, person: Person, thing: Thing) -> bool:
        """Whether the table lets a person read a thing."""
        if not person.role:
            return False
        if thing.kind in ("paper", "resident", "notice", "slip"):
            return self.sees(person, self.scene.things[thing.home])
        if person.key in thing.sees:
            return True
        return person.holds(self.law["sight"].get(thing.kind, ()), thing.place)

    def may_act(self, person: Person, thing: Thing, act: str | None = None) -> bool:
        """Whether the table lets a person do an act on a case (None: any act at all)."""
        acts = self.law["acts"].get(thing.kind, {})
        who = acts.get(act, ()) if act else [one for roles in acts.values() for one in roles]
        if act is None:  # who may open such a case reads at least what opening it asks for
            who = [
                *who,
                *(one for roles in self.law["openings"][thing.kind.replace("_", "-")].values() for one in roles),
            ]
        if person.holds(who, thing.place):
            return True
        return any(person.key in people for hat, people in thing.hats.items() if hat in who)

    def readable(self, person: Person) -> set[str]:
        """Every word of the scene that a person may come to read."""
        words: set[str] = set()
        for thing in self.scene.things.values():
            if thing.canaries and self.sees(person, thing):
                words |= thing.canaries
                if thing.home:
                    words |= self.scene.things[thing.home].canaries
        return words

    def hidden(self, person: Person) -> set[str]:
        """Every word of the scene that a person must never read, numbers and telephones among them."""
        every = {word for thing in self.scene.things.values() for word in thing.canaries}
        return (every - self.readable(person)) | self.scene.secrets

    # --- cells ----------------------------------------------------------------------------------------------------

    def cells(self, person: Person) -> Iterator[Cell]:
        """Every cell of one person."""
        for row in self.law["pages"]:
            for target in self._targets(row, person):
                about, kwargs, reads, writes, extra = target
                seen = any(self.sees(person, thing) for thing in self._named(kwargs))
                asked = {key: self.scene.words.get(value, value) for key, value in row.get("ask", {}).items()} | extra
                for method, right in (("GET", reads), ("POST", writes)):
                    sent = asked if method == "GET" else row.get("send", {})
                    yield Cell(
                        person, row["url"], kwargs, method, self._expected(person, row, method, right), sent,
                        None if seen else absent(kwargs), about, bool(row.get("trial")), self._head(extra),
                    )  # fmt: skip

    def _named(self, kwargs: Mapping[str, Any]) -> list[Thing]:
        ids = {str(value) for key, value in kwargs.items() if key.endswith("_id")}
        return [thing for thing in self.scene.things.values() if thing.key in ids]

    def _head(self, asked: Mapping[str, str]) -> str:
        homes = (home for home in self.scene.of("household") if home.key == asked.get("subject"))
        return next((word for home in homes for word in home.canaries), "")

    def _expected(self, person: Person, row: Mapping[str, Any], method: str, right: bool | str) -> str:
        who = row["read" if method == "GET" else "write"]
        if person.newcomer and row["url"] not in FREE:
            return TO_PASSWORD
        world = "world" in (row["read"], row["write"]) or row.get("open") is True  # open to all, though here is nothing
        if not world and (person.out or not (person.role or person.newcomer or person.key in ("ended", "future"))):
            return TO_LOGIN
        if who == "never":
            return NO_METHOD
        if isinstance(right, str):
            return right
        if right:
            return PAGE if method == "GET" else row.get("answer", ANSWERED)
        refused = row.get("otherwise") == "refused" and not person.holds(row.get("hidden", ()))
        return REFUSED if refused else HIDDEN

    def _targets(
        self, row: Mapping[str, Any], person: Person
    ) -> Iterator[tuple[str, dict[str, Any], bool | str, bool | str, dict[str, str]]]:
        """What an address is tried on: words, its arguments, whether it may be read, whether written, its question."""
        kind = row.get("of", "")
        if kind == "":
            rights = [self._plain(person, row[way], row.get("place")) for way in ("read", "write")]
            yield "", row.get("with", {}), rights[0], rights[1], {}
        elif kind == "list":
            for slug, roles in self.law["lists"].items():
                named = "named" in roles and any(
                    person.key in thing.sees for thing in self.scene.of(slug.replace("-", "_"))
                )
                mine: bool | str = row["read"] == "account" or person.holds(roles) or named or HIDDEN
                if isinstance(row["read"], list) and not person.holds(row["read"]):
                    mine = False  # an export is refused before it is asked of what
                yield slug, {"slug": slug}, mine, mine, {}
        elif kind == "shelf":
            for slug, roles in self.law["shelves"].items():
                may = person.holds(roles) or HIDDEN
                yield slug, {"slug": slug}, may, may, {}
        elif kind == "opening":
            yield from self._openings(person)
        elif kind == "act":
            yield from self._acts(person)
        else:
            yield from self._things(row, person, kind)

    def _plain(self, person: Person, who: Any, place: str | None = None) -> bool:
        if who in ("world", "account"):
            return True
        if who == "post":
            return bool(person.role)
        return isinstance(who, list) and person.holds(who, place)

    def _things(
        self, row: Mapping[str, Any], person: Person, kind: str
    ) -> Iterator[tuple[str, dict[str, Any], bool | str, bool | str, dict[str, str]]]:
        for thing in self.scene.things.values():
            if not self._of(thing, kind, few=not person.role):
                continue
            kwargs: dict[str, Any] = {ARGUMENTS.get(kind, "case_id"): thing.key, **row.get("with", {})}
            if kind == "sealed":
                kwargs |= {"n": 0, "field": thing.sealed}
            elif kind == "resident":
                kwargs["field"] = "phone"
            elif kind == "slip":
                kwargs["n"] = int(thing.stage)
            elif kind == "term":
                kwargs["account_id"] = self.scene.things[thing.home].key
            rights = [self._right(person, row, thing, row[way]) for way in ("read", "write")]
            yield f"{thing.name} ({thing.stage or thing.kind})", kwargs, rights[0], rights[1], {}

    def _of(self, thing: Thing, kind: str, few: bool) -> bool:
        """Whether an address of things of a kind is tried on a thing: every case, and of the rest a few in each place."""
        ledger = thing.kind in self.law["acts"]
        if thing.name.startswith("quiet"):
            return False  # like others that are tried
        if few and thing.kind in self.law["acts"] and thing.name not in FEW:
            return False  # one in each place for who holds no post
        if kind == "case":
            return ledger
        if kind == "household case":
            return thing.kind == "household_monitoring"
        if kind == "sealed":
            return ledger and bool(thing.sealed) and thing.name in SEALED
        if kind in ("household", "resident"):
            return thing.kind == kind and thing.name.rpartition("-")[2] in PLACES
        if kind == "paper":
            return thing.kind in ("paper", "stray paper") and thing.home in ("", *PAPERS)
        return thing.kind == kind

    def _right(self, person: Person, row: Mapping[str, Any], thing: Thing, who: Any) -> bool | str:
        if who == "sight":
            if "gate" in row and not person.holds(row["gate"]) and not self.sees(person, thing):
                return False  # the page itself is not this person's, whatever it shows
            return self.sees(person, thing) or HIDDEN
        if who == "later act":  # not those who may only open such a case
            acts = self.law["acts"].get(thing.kind, {})
            return any(self.may_act(person, thing, act) for act in acts) if self.sees(person, thing) else HIDDEN
        if who == "any act":
            return self.may_act(person, thing) if self.sees(person, thing) else HIDDEN
        if who not in ("world", "account") and row.get("within") == "sight" and not self.sees(person, thing):
            return HIDDEN
        return self._plain(person, who)

    def _openings(self, person: Person) -> Iterator[tuple[str, dict[str, Any], bool | str, bool | str, dict[str, str]]]:
        for slug, acts in self.law["openings"].items():
            for act, roles in acts.items():
                kwargs = {"slug": slug, "act": act}
                may = person.holds(roles) or HIDDEN
                yield f"{slug}.{act}", kwargs, may, may, {}
                subjects = (
                    [("410503100201", "410503100201"), ("410503100", "410503100")]
                    if slug in OF_AREAS
                    else [(home.key, home.place) for home in self.scene.of("household") if home.name in OPENED]
                )
                if not roles or not person.role:
                    subjects = subjects[:1]  # nobody opens these by hand, and who holds no post opens nothing
                for subject, place in subjects:
                    there = person.holds(roles, place) or HIDDEN
                    yield f"{slug}.{act} {place}", kwargs, there, may, {"subject": subject}

    def _acts(self, person: Person) -> Iterator[tuple[str, dict[str, Any], bool | str, bool | str, dict[str, str]]]:
        """Every act on cases near and far; whoever may do it tries it in every stage of their place."""
        for ledger, acts in self.law["acts"].items():
            things = [thing for thing in self.scene.of(ledger) if not thing.name.startswith("quiet")]
            for order, act in enumerate(acts):
                mine = [thing for thing in things if self.may_act(person, thing, act)][:1]
                rest = [thing for thing in things if thing not in mine]
                tried = mine + rest[order % len(rest) :][:1]
                for thing in dict.fromkeys(one.name for one in tried):
                    case = self.scene.things[thing]
                    may: bool | str = (self.sees(person, case) and self.may_act(person, case, act)) or HIDDEN
                    yield f"{act} on {case.name} ({case.stage})", {"case_id": case.key, "act": act}, may, may, {}


ARGUMENTS: Final = {
    "household": "household_id", "resident": "resident_id", "paper": "evidence_id", "notice": "notice_id", "entry": "entry_id",
    "batch": "batch_id", "run": "digest", "alert": "digest", "pair": "pair_id", "job": "job_id", "feed": "slug",
    "account": "account_id", "term": "appointment_id", "proposal": "proposal_id", "bulletin": "entry_id",
}  # fmt: skip
PLACES: Final = ("0", "14", "18")  # a household in each place
OPENED: Final = ("home-0", "home-18")
OF_AREAS: Final = (
    "village-problems", "rounds", "activities", "civil-requests", "contact-points", "volunteering", "employment-reports",
    "food-lessons", "relic-checks", "inspection-plans", "online-classes",
)  # fmt: skip
SEALED: Final = (
    "case-0",
    "case-12",
    "case-14",
    "case-18",
    "comparison-3-public_security",
    "problem-410503100201",
    "case-13",
)
FEW: Final = ("case-0", "case-14", "case-18", "comparison-2-housing", "problem-410503100", "round-410503")
PAPERS: Final = ("case-1", "case-9", "case-16", "case-20")


def absent(kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of a thing that is not there; None where an address names no thing."""
    if not any(key.endswith("_id") for key in kwargs):
        return None
    return {key: ABSENT if key.endswith("_id") else value for key, value in kwargs.items()}
