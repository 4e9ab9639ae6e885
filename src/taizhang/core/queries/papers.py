"""What is known for the papers of a household's file: only the values that a paper names, as far as its reader may see.

A value that the reader may not see is left as room to write in; it is never looked up.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import F

from taizhang.core import access, editions, folding, profiles, seals, subjects
from taizhang.core.models import (
    Area,
    Case,
    Entry,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Membership,
    Resident,
)
from taizhang.core.profiles import Profile, in_force
from taizhang.core.queries import district, posters, shown
from taizhang.core.world import CaseWorld
from taizhang.kit import areacode, days, idnumber
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger.cel import UNKNOWN
from taizhang.ledger.faults import Fault
from taizhang.ledger.schema import Field, Ledger
from taizhang.ledger.scope import Scope
from taizhang.paper import shelf, vocabulary
from taizhang.paper.filling import Key, Value, Values
from taizhang.paper.schema import HOUSEHOLD, Listed, Paper, Wanted, wanted

CHILD: Final = 14  # years; nobody younger is named on what hangs on a wall (personal information protection law, 28)
Raw = tuple[Field, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What a paper is printed for: a household, and the case that it is a paper of, if it is one's."""

    home: Household
    case: Case | None = None


def papers() -> Mapping[str, Paper]:
    """The papers of this district by name."""
    return _shelf(Path(settings.LIBRARY))[0]


def faults() -> tuple[Fault, ...]:
    """What is wrong with the papers that are left out."""
    return _shelf(Path(settings.LIBRARY))[1]


def paper(name: str) -> Paper:
    """One paper. Raises NotFound."""
    found = papers().get(name)
    if found is None:
        raise NotFound(Text("这种文书", "This paper"))
    return found


def has_papers(ledger: str) -> bool:
    """Whether papers are printed from the cases of a ledger."""
    return any(one.source == ledger for one in papers().values())


def of_case(actor: access.Actor, case_id: uuid.UUID | str) -> tuple[About, tuple[Paper, ...]]:
    """A case about a household with its papers. Raises NotFound."""
    case = access.case_for(actor, case_id)
    home = Household.objects.select_related("area").filter(cases=case.pk).first() if case.household_id else None
    if home is None:
        raise NotFound(Text("这件事的文书", "Papers of this case"))
    return About(home, case), tuple(one for one in papers().values() if one.source == case.ledger)


def of_household(actor: access.Actor, household_id: uuid.UUID | str) -> tuple[About, tuple[Paper, ...]]:
    """A household with the papers that need no case. Raises NotFound."""
    home = access.household_for(actor, household_id)
    return About(home), tuple(one for one in papers().values() if one.source == HOUSEHOLD)


def cases_with_papers(actor: access.Actor, home: Household) -> tuple[tuple[uuid.UUID, str, Text], ...]:
    """The cases of a household that papers are printed from, the newest first: id, number, ledger."""
    sources = {one.source for one in papers().values()} - {HOUSEHOLD}
    rows = access.cases_for(actor).filter(household=home, ledger__in=sources).order_by("-opened")
    return tuple((row.pk, row.number, editions.pinned(row.edition_id).label) for row in rows)


def reads_in_full(actor: access.Actor, about: About) -> bool:
    """Whether the reader is one of those who act on the case, and so may print what is sealed on it."""
    if about.case is None:
        return True
    law = editions.pinned(about.case.edition_id)
    # who may only open such a case has not been to the home, and prints nothing of what was found there
    later = {token for act in law.acts.values() if not act.opens for token in act.by} - {"anyone"}
    return bool(access.hats(actor, about.case).tokens & later) or actor.is_own_hand


def in_full(one: Paper) -> tuple[str, ...]:
    """The values that a paper prints in full although they are sensitive."""
    return tuple(dict.fromkeys(value.path for value in wanted(one) if value.full))


def of_village(actor: access.Actor, path: str) -> tuple[Household, ...]:
    """The households of a village that a card is printed for: those of a running case on which a paper rests."""
    sources = {one.source for one in papers().values()} - {HOUSEHOLD}
    rests = [name for name in sources if name in editions.current_all()]
    running = Case.objects.filter(ledger__in=rests, closed=None, stage__in=_resting(rests)).values("household")
    rows = access.households_for(actor).filter(access.within("area_path", [path]), pk__in=running)
    named = {
        version.household_id: version.sort_key
        for version in HouseholdVersion.objects.filter(household__in=rows, valid_to=None)
    }
    return tuple(sorted(rows.select_related("area"), key=lambda home: (home.area_path, named.get(home.pk, ""))))


def _resting(names: Iterable[str]) -> list[str]:
    """The stages in which a case may lawfully stay: the household is watched, helped, paired."""
    return [key for name in names for key, stage in editions.current(name).stages.items() if stage.rests]


@lru_cache(maxsize=4)
def _shelf(folder: Path) -> tuple[Mapping[str, Paper], tuple[Fault, ...]]:
    return shelf.load(folder / "papers", editions.shelf())


# --- values ---------------------------------------------------------------------------------------------------------


def blank(actor: access.Actor, one: Paper, *, area: str = "", by: str = "", now: datetime) -> Values:
    """A sheet to be filled in by hand: the names of the reader's own village and town, and nothing else."""
    seen = access.areas_for(actor)
    path = area if area and seen.filter(path=area).exists() else next((held.path for held in actor.posts), "")
    return Values(one=_places(path), notices=posters.blank(one, path), by=by, day=days.day_of(now))


def filled(actor: access.Actor, one: Paper, about: About, *, by: str = "", now: datetime) -> Values:
    """What a paper says of a household, or of a case about it. About ten queries, and two for each list."""
    gather = _Gather(actor, one, about, now)
    return Values(
        one=gather.only(gather.alone(), ""), rows=gather.lists(), notices=posters.filled(one, about.case, now),
        by=by if one.kept != "public" else "", day=days.day_of(now),
    )  # fmt: skip


def _places(path: str) -> dict[Key, Value]:
    here = district.here()
    found = {("area.district", False): Value(here.name)}
    codes = {level: areacode.at(path, level) for level in ("town", "village")} if path else {}
    names = dict(Area.objects.filter(path__in=[code for code in codes.values() if code]).values_list("path", "name"))
    for level, code in codes.items():
        if code in names:
            found[(f"area.{level}", False)] = Value(areacode.short_name(names[code]))
    return found


class _Gather:
    """One sheet's values: what is asked for by path is read, and nothing beside it."""

    def __init__(self, actor: access.Actor, one: Paper, about: About, now: datetime):
        self.actor, self.paper, self.about, self.now = actor, one, about, now
        self.day = days.day_of(now)
        self.wanted = list(wanted(one))
        self.names = shown.Names(self.day)
        self.cases: dict[str, Case | None] = {one.source: about.case}

    def only(self, found: Mapping[Key, Value], rows: str) -> dict[Key, Value]:
        """What the paper names, and nothing that was merely near it."""
        asked = {(one.path, one.full) for one in self.wanted if one.rows == rows}
        return {key: value for key, value in found.items() if key in asked}

    # --- values that stand alone ---

    def alone(self) -> dict[Key, Value]:
        """Values of the household, of its cases and of what was done in them."""
        found = _places(self.about.home.area_path)
        found[("paper.day", False)] = Value(days.written(self.day))
        found[("paper.hand", False)] = Value(self.actor.name)
        paths = [one for one in self.wanted if not one.rows]
        if any(one.path.startswith("household.") for one in paths):
            found |= self._household({one.full for one in paths if one.path == "household.head_number"})
        for ledger in {self._ledger(one.path) for one in paths} - {""}:
            found |= self._case(ledger, [one for one in paths if self._ledger(one.path) == ledger])
        return found

    def _ledger(self, path: str) -> str:
        head = path.partition(".")[0]
        return {"area": "", "paper": "", "household": "", "case": self.paper.source, "did": self.paper.source}.get(
            head, head
        )

    def _household(self, number_in_full: set[bool]) -> dict[Key, Value]:
        home, day = self.about.home, self.day
        version = HouseholdVersion.objects.filter(in_force(day), household=home).order_by("-valid_from").first()
        number = HouseholdNumber.objects.filter(in_force(day), household=home).order_by("-valid_from").first()
        head = profiles.UNKNOWN
        if version is not None and version.head_id is not None:
            head = profiles.people([version.head_id], day).get(version.head_id, profiles.UNKNOWN)
        living = Membership.objects.filter(in_force(day), household=home, kind="registered").count()
        words = {
            "number": number.number if number else "", "head": head.name, "kind": version.kind if version else "",
            "persons": f"{living} 人", "address": profiles.address([home.pk], day).get(home.pk, ""),
            "phone": profiles.masked_phone(head.phone), "head_number": _ending(head.number),
        }  # fmt: skip
        found = {(f"household.{key}", False): Value(value) for key, value in words.items()}
        if True in number_in_full:
            found[("household.head_number", True)] = Value(head.number)
        if any(one.path == "household.phone" and one.full for one in self.wanted):
            found[("household.phone", True)] = Value(head.phone)
        return found

    def _case(self, ledger: str, paths: Sequence[Wanted]) -> dict[Key, Value]:
        case = self._newest(ledger)
        if case is None:
            return {}
        law = editions.pinned(case.edition_id)
        keys = {one.path.partition(".")[2] for one in paths if not one.path.startswith("did.")}
        values = self._values(case, law, keys)
        found = {(one.path, one.full): values.get(one.path.partition(".")[2], Value()) for one in paths}
        acts = {one.path.split(".")[1] for one in paths if one.path.startswith("did.")}
        for act, told in self._done([case], acts).items():
            for what in ("day", "by"):
                found[(f"did.{act}.{what}", False)] = told[-1][(f"each.{what}", False)]
        return found

    def _newest(self, ledger: str) -> Case | None:
        """The case of a ledger that speaks of the household now: the running one, else the last; as far as it is seen."""
        if ledger not in self.cases:
            rows = access.cases_for(self.actor).filter(household=self.about.home, ledger=ledger)
            self.cases[ledger] = rows.order_by(F("closed").desc(nulls_first=True), "-opened").first()
        return self.cases[ledger]

    def _values(self, case: Case, law: Ledger, keys: set[str]) -> dict[str, Value]:
        """Fields of a case in words; what is sealed only for those who act on the case."""
        specs = {key: law.fields[key] for key in keys if key in law.fields and law.fields[key].sensitive != "seal"}
        raw = {key: case.data[key] for key in specs if case.data.get(key) is not None}
        derived = [key for key, spec in specs.items() if spec.calc is not None]
        references = folding.references(raw)
        if (references or derived) and shown.sight(self.actor, law, access.hats(self.actor, case)) == "full":
            raw = folding.plain(raw, seals.read(references)) | self._derived(case, law, derived)
        raw = {key: value for key, value in raw.items() if not seals.is_reference(value)}
        found = self._in_words({key: (specs[key], value) for key, value in raw.items()})
        own = {
            "number": case.number,
            "opened": days.written(days.day_of(case.opened)),
            "stage": law.stages[case.stage].zh,
        }
        return {key: Value(words) for key, words in own.items()} | found

    def _derived(self, case: Case, law: Ledger, keys: Sequence[str]) -> dict[str, Any]:
        """Fields that are reckoned from others, as far as those are known."""
        if not keys:
            return {}
        state = folding.state(case, law, self.now)
        world = CaseWorld(subjects.of_case(case), self.now, case.pk)
        scope = Scope(law, state, world, self.day, state.fields)
        found = {key: scope.field(key) for key in keys}
        return {key: value for key, value in found.items() if value is not UNKNOWN}

    def _in_words(self, raw: Mapping[str, Raw]) -> dict[str, Value]:
        for spec, value in raw.values():
            shown.want(spec, value, self.names)
        self.names.fetch()
        return {key: Value(_words(spec, value, self.names), _codes(value)) for key, (spec, value) in raw.items()}

    def _done(self, cases: Sequence[Case], acts: Iterable[str]) -> dict[str, list[dict[Key, Value]]]:
        """What entries of some acts tell, by act, the oldest first; what was withdrawn as a mistake is left out."""
        found: dict[str, list[dict[Key, Value]]] = {}
        wanted_acts = set(acts)
        if not wanted_acts:
            return found
        rows = Entry.objects.filter(case__in=[case.pk for case in cases], n__isnull=False).order_by("happened", "seq")
        bodies = [(row, json.loads(row.body)) for row in rows.select_related("account")]
        gone = {(row.case_id, body["says"]["annuls"]) for row, body in bodies if body["kind"] == folding.ANNUL}
        named = {case.pk: case for case in cases}
        for row, body in bodies:
            if row.act in wanted_acts and (row.case_id, row.n) not in gone and row.case_id in named:
                found.setdefault(row.act, []).append(self._entry(named[row.case_id], row, body["says"]))
        return found

    def _entry(self, case: Case, row: Entry, says: Mapping[str, Any]) -> dict[Key, Value]:
        law = editions.pinned(case.edition_id)
        specs = {**law.fields, **law.acts[row.act].entry}
        told = {**(says.get("fields") or {}), **(says.get("own") or {})}
        keys = {one.path.partition(".")[2] for one in self.wanted if one.rows == f"{case.ledger}.{row.act}"}
        raw = {
            key: value for key, value in told.items() if key in keys and key in specs and specs[key].sensitive != "seal"
        }
        references = folding.references(raw)
        if references and shown.sight(self.actor, law, access.hats(self.actor, case)) == "full":
            raw = folding.plain(raw, seals.read(references))
        plain = {key: (specs[key], value) for key, value in raw.items() if not seals.is_reference(value)}
        words = {"day": days.written(days.day_of(row.happened)), "by": row.account.name if row.account else ""}
        found = {(f"each.{key}", False): Value(value) for key, value in words.items()}
        for key, value in self._in_words(plain).items():
            found[(f"each.{key}", False)] = found[(f"each.{key}", True)] = value
        return found

    # --- lists ---

    def lists(self) -> dict[Listed, list[dict[Key, Value]]]:
        """Every list of the paper, line by line."""
        found = {block.list: self._lines(block.list) for block in self.paper.blocks if block.list is not None}
        return {listed: [self.only(line, listed.of) for line in lines] for listed, lines in found.items()}

    def _lines(self, listed: Listed) -> list[dict[Key, Value]]:
        if listed.of == vocabulary.MEMBERS:
            return self._members()
        ledger, _, act = listed.of.partition(".")
        cases = list(access.cases_for(self.actor).filter(household=self.about.home, ledger=ledger).order_by("opened"))
        if act:
            return self._done(cases, [act]).get(act, [])[-listed.most :]
        keys = {column.field.partition(".")[2] for column in listed.columns if column.field}
        here = [case for case in cases if not listed.stages or case.stage in listed.stages]
        return [self._row(case, keys) for case in here[-listed.most :]]

    def _row(self, case: Case, keys: set[str]) -> dict[Key, Value]:
        values = self._values(case, editions.pinned(case.edition_id), keys)
        return {(f"each.{key}", full): value for key, value in values.items() for full in (False, True)}

    def _members(self) -> list[dict[Key, Value]]:
        """Who is registered or lives in the household now, the head first, then by age."""
        rows = list(
            Membership.objects.filter(in_force(self.day), household=self.about.home).order_by("valid_from", "pk")
        )
        people = profiles.people([row.resident_id for row in rows], self.day)
        gone = set(Resident.objects.filter(pk__in=people).exclude(erased_at=None).values_list("pk", flat=True))
        first: dict[uuid.UUID, tuple[str, Profile]] = {}
        for row in rows:
            person = people.get(row.resident_id)
            alive = person is not None and (person.died is None or person.died > self.day)
            if person is not None and alive and row.resident_id not in gone:
                first.setdefault(row.resident_id, (row.relation, person))
        order = {"户主": 0, "本人或户主": 0, "配偶": 1}
        told = sorted(first.values(), key=lambda one: (order.get(one[0], 2), one[1].born or self.day))
        return [self._member(relation, person) for relation, person in told]

    def _member(self, relation: str, person: Profile) -> dict[Key, Value]:
        age = idnumber.full_years(person.born, self.day) if person.born else None
        sexed = idnumber.is_valid(person.number)
        unnamed = self.paper.kept == "card" and age is not None and age < CHILD
        words = {
            "name": "（未满14岁）" if unnamed else person.name, "relation": relation, "age": "" if age is None else str(age),
            "sex": ("女" if idnumber.is_female(person.number) else "男") if sexed else "",
            "born": days.written(person.born) if person.born else "",
            "number": _ending(person.number), "phone": profiles.masked_phone(person.phone),
            "labour": person.labour, "school": person.school, "health": "",
        }  # fmt: skip
        found = {(f"each.{key}", False): Value(value) for key, value in words.items()}
        for one in self.wanted:
            if one.rows == vocabulary.MEMBERS and one.full:
                found[(one.path, True)] = Value(str(getattr(person, one.path.partition(".")[2], "")))
        return found


def _ending(number: str) -> str:
    """What is left of an identity number on paper: its last four characters."""
    return f"尾号{number[-4:]}" if number else ""


def _words(spec: Field, raw: Any, names: shown.Names) -> str:
    if spec.type == "date" and isinstance(raw, str):
        return days.written(date.fromisoformat(raw))
    return shown.words(spec, raw, names).zh


def _codes(raw: Any) -> frozenset[str]:
    """What is ticked: the code of a choice, of each of several, or whether it is so."""
    if isinstance(raw, bool):
        return frozenset({"true" if raw else "false"})
    return frozenset(str(one) for one in (raw if isinstance(raw, list | tuple) else [raw]))


def printed_by(actor: access.Actor, now: datetime) -> str:
    """The words at the foot of a sheet that say who printed it and when."""
    return f"{days.written(days.day_of(now))} {actor.name}打印"
