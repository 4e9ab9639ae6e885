"""Open cases come to the newest edition of their ledger, where it says how: what would happen, and doing it.

A move is an entry of the case like any other, written by the system; nothing that was written before is changed. The
case is then read by the names of its new edition (folding.under), and its clocks, figures and notices follow at once.
What the newer edition has no place for is refused as a whole, before anything is installed.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count

from taizhang.core import access, editions, folding, subjects
from taizhang.core.clock import Clock
from taizhang.core.models import Case, Edition, Notice, Party
from taizhang.core.moves import sight
from taizhang.core.moves.bringing import Brought
from taizhang.core.moves.effects import Hand, Piece, Writing
from taizhang.core.world import CaseWorld
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import facts, lights, loop, upgrade
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import COLOURS, Colour, Turn

SLICE: Final = 200  # cases of one transaction
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Planned:
    """The open cases of one older edition: whether they come along, and what their lights would be then."""

    ledger: Ledger  # the newest edition
    older: Ledger
    cases: int
    stays: Text | None  # why they end under their own edition; None: they move
    hindrances: tuple[Text, ...]
    before: Mapping[Colour, int]
    after: Mapping[Colour, int]  # as `before` where they stay

    @property
    def told(self) -> Text:
        """One line for whoever installs."""
        zh = f"{self.ledger.zh}：第 {self.older.version} 版在办 {self.cases} 件"
        en = f"{self.ledger.en}: {self.cases} open under version {self.older.version}"
        if self.stays is not None:
            return Text(f"{zh}，不转。{self.stays.zh}", f"{en} stay. {self.stays.en}")
        was, will = ("/".join(str(side.get(colour, 0)) for colour in COLOURS) for side in (self.before, self.after))
        return Text(
            f"{zh}，转到第 {self.ledger.version} 版；绿/黄/红灯 {was} 变为 {will}。",
            f"{en} move to version {self.ledger.version}; green/yellow/red {was} become {will}.",
        )


def plan(now: datetime, ledgers: Mapping[str, Ledger] | None = None) -> tuple[Planned, ...]:
    """What becomes of open cases when some ledgers (else the installed ones) are the newest; nothing is changed."""
    newest = editions.current_all() if ledgers is None else ledgers
    counted = Case.objects.filter(closed=None, ledger__in=newest).values("ledger", "edition").annotate(open=Count("pk"))
    found = []
    for row in counted.order_by("ledger", "edition__version"):
        law, older = newest[row["ledger"]], editions.pinned(row["edition"])
        if older.digest != law.digest:
            found.append(_planned(law, older, row["open"], now))
    return tuple(found)


def _planned(law: Ledger, older: Ledger, count: int, now: datetime) -> Planned:
    stays = upgrade.stays(law, older.version)
    hindered = () if stays else tuple(upgrade.hindrances(older, law))
    before: Counter[Colour] = Counter()
    after: Counter[Colour] = Counter()
    for case in Case.objects.filter(edition=older.digest, closed=None).iterator():
        before[_light(case, older, now, ())] += 1
        moving = () if stays or hindered else (_told(older, law, now),)
        after[_light(case, law if moving else older, now, moving)] += 1
    return Planned(law, older, count, stays, hindered, before, after)


def _told(older: Ledger, law: Ledger, now: datetime) -> Mapping[str, Any]:
    """What the entry of a move will say, as far as it bears on lights."""
    says = {"from": older.digest, "stage": ""}
    return {"kind": folding.UPGRADE, "edition": law.digest, "received": now.isoformat(), "n": 0, "says": says}


def _light(case: Case, law: Ledger, now: datetime, moving: Sequence[Mapping[str, Any]]) -> Colour:
    state = folding.state(case, law, now, written=[*folding.bodies(case), *moving])
    return lights.light(_turns(case, law, state, now), now).colour


def _turns(case: Case, law: Ledger, state: loop.State, now: datetime) -> tuple[Turn, ...]:
    return lights.turns(law, state, CaseWorld(subjects.of_case(case), now, case.pk))


def refuse_hindered(plans: Sequence[Planned]) -> None:
    """Raise Refusal("upgrade") with every sentence, where a newer edition has no place for what an older one holds."""
    wrong = [(one, text) for one in plans for text in one.hindrances]
    if wrong:
        raise Refusal(
            "upgrade",
            Text(
                "".join(f"台账“{one.ledger.zh}”：{text.zh}" for one, text in wrong),
                " ".join(f"Ledger “{one.ledger.en}”: {text.en}" for one, text in wrong),
            ),
            Text(
                "改好台账文件后再启用；现在什么也没有改。", "Mend the ledger's file, then install; nothing was changed."
            ),
        )


def move(plans: Sequence[Planned], *, clock: Clock, progress: Progress | None = None) -> int:
    """Bring the open cases to the newest edition, now installed, where the plan says so; gives how many were moved.

    Slices of a transaction each: when it is stopped, a new plan goes on with the rest. Raises Refusal("upgrade").
    """
    refuse_hindered(plans)
    moving = [one for one in plans if one.stays is None]
    total, done = sum(one.cases for one in moving), 0
    for one in moving:
        for ids in _slices(one.older):
            with transaction.atomic():
                writing = Writing(clock.now())
                for case_id in ids:
                    case = access.case_for(access.SYSTEM, case_id, lock=True)
                    if case.closed is None and case.edition_id == one.older.digest:
                        _move(writing, case, one.older, one.ledger)
                        done += 1
                writing.finish()
            if progress is not None:
                progress(done, total)
    return done


def _slices(older: Ledger) -> Iterator[Sequence[uuid.UUID]]:
    ids = list(Case.objects.filter(edition=older.digest, closed=None).order_by("pk").values_list("pk", flat=True))
    for begin in range(0, len(ids), SLICE):
        yield ids[begin : begin + SLICE]


def _move(writing: Writing, case: Case, older: Ledger, law: Ledger) -> None:
    """One case: its entry, and every row that names things of the ledger by their new names."""
    now, about, written = writing.now, subjects.of_case(case), folding.bodies(case)
    world = CaseWorld(about, now, case.pk)
    before = folding.state(case, older, now, written=written)
    after = folding.state(case, law, now, written=[*written, _told(older, law, now)])
    way = upgrade.route(law, older.version)
    told = loop.Entry(
        n=case.n + 1, act="", happened=None, received=now, actor="system", person="system", org=None, post=None,
        fields={}, own={}, evidence={}, edition=law.digest, stage=after.stage,
    )  # fmt: skip
    done = loop.Done(
        entry=told, state=after, turns=lights.turns(law, after, world),
        facts=facts.moved(older, before, law, after, now, world),
    )  # fmt: skip
    case.edition = Edition.objects.get(pk=law.digest)
    case.data = folding.stored(law, written)
    Case.objects.filter(pk=case.pk, n=case.n).update(edition=law.digest)
    _parties(case, law, way)
    _notices(case, law, way)
    says = {"from": older.digest, "versions": [older.version, law.version]}
    hand = Hand(access.SYSTEM, None, None)
    writing.add(Piece(case, law, about, hand, done, world, Brought(), None, kind=folding.UPGRADE, says=says))


def _notices(case: Case, law: Ledger, way: upgrade.Route) -> None:
    """What hangs shows the same facts by their new names, and none that the new edition would not show."""
    for notice in Notice.objects.filter(case=case.pk, taken_down=None).select_related("entry"):
        act = law.acts.get(way.act(notice.entry.act) or "")
        allowed = act.notice.show if act is not None and act.notice is not None else ()
        named = [key if key == "subject" else way.field(key) for key in notice.show]
        notice.show = [key for key in named if key in allowed]
        notice.save(update_fields=["show"])


def _parties(case: Case, law: Ledger, way: upgrade.Route) -> None:
    """Whom the case points at, by the fields' new names; and whether the new edition gives them sight of it."""
    reading = sight.gives(law)
    for party in Party.objects.filter(case=case.pk):
        name = "subject" if party.field == "subject" else way.field(party.field)
        if name is None:
            party.delete()
        elif (name, name in reading) != (party.field, party.reads):
            party.field, party.reads = name, name in reading
            party.save(update_fields=["field", "reads"])
