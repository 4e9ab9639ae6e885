"""The values a paper can name, and how sensitive each is; and what may stand on a paper that is kept here or there.

The law behind it: a public notice names no identity number, telephone, bank account or state of health (rules on public
notices of the monitoring against return to poverty; personal information protection law, article 28).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from taizhang.ledger.schema import Field, Ledger
from taizhang.paper.schema import HOUSEHOLD, Kept, Paper

Sense = Literal[
    "place", "day", "name", "plain", "text", "number", "phone", "labour", "health", "restrict", "mask", "seal"
]

ALONE: Final[Mapping[str, Sense]] = {
    "area.district": "place", "area.town": "place", "area.village": "place",
    "paper.day": "day", "paper.hand": "name",
    "household.number": "plain", "household.head": "name", "household.kind": "plain", "household.persons": "plain",
    "household.address": "plain", "household.phone": "phone", "household.head_number": "number",
}  # fmt: skip
MEMBER: Final[Mapping[str, Sense]] = {
    "each.name": "name", "each.relation": "plain", "each.sex": "plain", "each.age": "plain", "each.born": "plain",
    "each.number": "number", "each.phone": "phone", "each.labour": "labour", "each.health": "health", "each.school": "plain",
}  # fmt: skip
CASE: Final[Mapping[str, Sense]] = {"number": "plain", "opened": "day", "stage": "plain"}
ENTRY: Final[Mapping[str, Sense]] = {"day": "day", "by": "name"}
MEMBERS: Final = "members"

# What may stand on a paper at all. A notice says places and days; its households come through `wording` alone.
MAY_STAND: Final[Mapping[Kept, frozenset[Sense]]] = {
    "public": frozenset({"place", "day"}),
    "card": frozenset({"place", "day", "name", "plain", "number", "phone"}),
    "file": frozenset(
        {"place", "day", "name", "plain", "text", "number", "phone", "labour", "health", "restrict", "mask"}
    ),
}
# What is covered, or may not stand at all, unless the paper says `full: true` and on what ground.
COVERED: Final = frozenset({"number", "phone"})
ONLY_IN_FULL: Final = frozenset({"health", "mask"})


def sense(paper: Paper, path: str, rows: str, ledgers: Mapping[str, Ledger]) -> Sense | None:
    """How sensitive the value at a path is; None when there is no such value."""
    if rows:
        return _of_rows(path, rows, ledgers)
    if path in ALONE:
        return ALONE[path]
    head, _, key = path.partition(".")
    if head == "did":
        act, _, what = key.partition(".")
        law = ledgers.get(paper.source)
        return ENTRY.get(what) if law is not None and act in law.acts else None
    law = ledgers.get(paper.source if head == "case" else head)
    return _of_field(law.fields.get(key), CASE.get(key)) if law is not None else None


def spec(paper: Paper, path: str, rows: str, ledgers: Mapping[str, Ledger]) -> Field | None:
    """The field that a path names, where it names one of a ledger."""
    head, _, key = path.partition(".")
    if rows:
        ledger, _, act = rows.partition(".")
        law = ledgers.get(ledger)
        if law is None or head != "each":
            return None
        return (law.acts[act].entry.get(key) if act in law.acts else None) or law.fields.get(key)
    law = ledgers.get(paper.source if head == "case" else head)
    return law.fields.get(key) if law is not None else None


def shown(law: Ledger) -> frozenset[str]:
    """What a ledger lets stand on a public notice: the `show` of its posting acts, less whatever is sealed."""
    named = {key for act in law.acts.values() if act.notice is not None for key in act.notice.show}
    return frozenset(key for key in named if key == "subject" or (key in law.fields and not law.fields[key].sealed))


def exists(rows: str, ledgers: Mapping[str, Ledger]) -> bool:
    """Whether there is such a list: the members, the cases of a ledger about households, or the entries of an act."""
    ledger, _, act = rows.partition(".")
    if rows == MEMBERS:
        return True
    law = ledgers.get(ledger)
    return law is not None and law.subject == HOUSEHOLD and (not act or act in law.acts)


def stages_exist(rows: str, stages: tuple[str, ...], ledgers: Mapping[str, Ledger]) -> bool:
    """Whether a list's ledger has these stages."""
    law = ledgers.get(rows.partition(".")[0])
    return not stages or (law is not None and set(stages) <= set(law.stages))


def _of_rows(path: str, rows: str, ledgers: Mapping[str, Ledger]) -> Sense | None:
    if rows == MEMBERS:
        return MEMBER.get(path)
    ledger, _, act = rows.partition(".")
    law = ledgers.get(ledger)
    head, _, key = path.partition(".")
    if law is None or head != "each":
        return None
    own = law.acts[act].entry.get(key) if act in law.acts else None
    return _of_field(own or law.fields.get(key), (ENTRY if act else CASE).get(key))


def _of_field(field: Field | None, otherwise: Sense | None) -> Sense | None:
    if field is None:
        return otherwise
    if field.sensitive is not None:
        return field.sensitive
    if field.sealed:
        return "text"
    return "name" if field.type in ("person", "resident", "household") else "plain"
