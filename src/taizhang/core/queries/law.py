"""The law as it may be read by anyone with a post: ledgers with their documentation, their editions, and what changed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from taizhang.core import access, editions
from taizhang.core.models import Case, Edition
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text
from taizhang.ledger import docs
from taizhang.ledger.faults import LedgerFaults
from taizhang.ledger.schema import Act, Clock


@dataclass(frozen=True, slots=True)
class Mine:
    """An act of a ledger that one of the reader's posts may do, with the stages it is done at and the limits it ends."""

    act: str
    label: Text
    comes_from: tuple[Text, ...]  # empty: it opens a case
    clocks: tuple[Text, ...]
    help: Text | None


@dataclass(frozen=True, slots=True)
class EditionLine:
    """One installed edition of a ledger."""

    ledger: str
    label: Text
    version: int
    digest: str
    installed: datetime
    cases: int  # that stand under it
    in_force: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a comparison: ` ` the same, `+` only in the newer, `-` only in the older."""

    sign: str
    text: str


def ledgers() -> tuple[docs.Page, ...]:
    """The documentation of every ledger in force, in the order of their names."""
    return tuple(docs.page(law) for law in editions.current_all().values())


def page(name: str) -> docs.Page:
    """The documentation of a ledger in force. Raises NotFound."""
    return docs.page(editions.current(name))


def mine(actor: access.Actor, name: str) -> tuple[Mine, ...]:
    """What the actor's posts may do in a ledger, in the ledger's order. Raises NotFound."""
    law = editions.current(name)
    worn = {held.token for held in actor.posts}
    found = []
    for key, act in law.acts.items():
        if worn & set(act.by):
            places = () if act.opens else tuple(law.stages[stage].label for stage in act.from_ if stage in law.stages)
            clocks = tuple(clock.label for clock in law.clocks.values() if _ends(key, act, clock))
            found.append(Mine(key, act.label, places, clocks, act.help))
    return tuple(found)


def _ends(key: str, act: Act, clock: Clock) -> bool:
    """Whether an act ends a clock: named by it, or leading out of the stages in which it runs."""
    if key in clock.stops:
        return True
    return bool(act.to and clock.during and act.to not in clock.during and set(act.from_) & set(clock.during))


def roles() -> Mapping[str, Text]:
    """Every role of the library by `role@level`."""
    return {token: role.label for token, role in editions.library().roles.items()}


def who_may(capability: str) -> tuple[Text, ...]:
    """The roles that give a capability."""
    return tuple(role.label for role in editions.library().roles.values() if capability in role.capabilities)


# --- editions -------------------------------------------------------------------------------------------------------


def installed() -> tuple[EditionLine, ...]:
    """Every installed edition, by ledger and the newest first."""
    counted = dict(Case.objects.order_by().values_list("edition").annotate(count=Count("pk")))
    current = {law.digest for law in editions.current_all().values()}
    rows = Edition.objects.order_by("ledger", "-version", "-installed_at")
    return tuple(
        EditionLine(
            row.ledger, editions.pinned(row.digest).label, row.version, row.digest, row.installed_at,
            counted.get(row.digest, 0), row.digest in current,
        )
        for row in rows
    )  # fmt: skip


def waiting() -> tuple[Text, ...]:
    """Ledgers whose file in the library differs from what is installed; empty when the library has faults."""
    try:
        shelf = editions.shelf()
    except LedgerFaults:
        return ()
    known = set(Edition.objects.values_list("digest", flat=True))
    return tuple(shelf[name].label for name in sorted(shelf) if shelf[name].digest not in known)


def compare(older: str, newer: str) -> tuple[Change, ...]:
    """Two editions line by line, with three lines around each change. Raises NotFound."""
    texts = dict(Edition.objects.filter(pk__in=[older, newer]).values_list("digest", "text"))
    if older not in texts or newer not in texts:
        raise NotFound(Text("这一版台账", "This edition of the ledger"))
    return _changes(texts[older].splitlines(), texts[newer].splitlines())


def _changes(before: Sequence[str], after: Sequence[str]) -> tuple[Change, ...]:
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]  # without the two lines of file names
    return tuple(Change("@", "") if line.startswith("@@") else Change(line[0], line[1:]) for line in lines)


def text_of(digest: str) -> tuple[Text, int, str]:
    """An edition's label, version and text. Raises NotFound."""
    row = Edition.objects.filter(pk=digest).first()
    if row is None:
        raise NotFound(Text("这一版台账", "This edition of the ledger"))
    return editions.pinned(digest).label, row.version, row.text
