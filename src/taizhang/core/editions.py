"""The law in force: the library of this district, its ledgers as installed editions, and the editions cases are pinned to.

An edition is a ledger file word for word under its digest; it is never changed. A case stays under the edition it was
opened with. Compiled ledgers are kept by digest for the life of the process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from taizhang.core import chain
from taizhang.core.clock import Clock
from taizhang.core.models import Case, District, Edition, Entry
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import library as libraries
from taizhang.ledger import shelf as shelves
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger
from taizhang.ledger.shelf import Shelf

_compiled: dict[str, Ledger] = {}  # by digest
_newest: dict[tuple[tuple[str, str], ...], Mapping[str, Ledger]] = {}  # by what is installed
_shelves: dict[tuple[Path, tuple[tuple[str, bytes], ...]], Shelf] = {}  # by library, and by what the files say
_KEPT: Final = 8  # shelves; their editions stay


def library() -> Library:
    """The district's library (roles, catalogues, policy numbers, calendar), read once per process and folder."""
    return _library(settings.LIBRARY)


def shelf() -> Shelf:
    """The ledgers of the library folder, checked; raises LedgerFaults with every fault at once."""
    return _shelf(settings.LIBRARY)


@lru_cache(maxsize=8)
def _library(folder: Path) -> Library:
    return libraries.read(folder)


@lru_cache(maxsize=8)
def _shelf(folder: Path) -> Shelf:
    return _shelf_of(folder / "ledgers")


def _shelf_of(folder: Path) -> Shelf:
    """The ledgers of a folder; files that say what was found good before are not checked again."""
    said = tuple((path.name, path.read_bytes()) for path in sorted(folder.glob("*.yaml")))
    found = _shelves.get((settings.LIBRARY, said))
    if found is None:
        found = shelves.load(folder, library=library())
        while len(_shelves) >= _KEPT:
            del _shelves[next(iter(_shelves))]
        _shelves[settings.LIBRARY, said] = found
    return found


# --- reading --------------------------------------------------------------------------------------------------------


def pinned(digest: str) -> Ledger:
    """The ledger of an edition, compiled. Raises NotFound."""
    found = _compiled.get(digest)
    if found is None:
        try:
            text = Edition.objects.values_list("text", flat=True).get(pk=digest)
        except Edition.DoesNotExist:
            raise NotFound(Text("这一版台账", "This edition of the ledger")) from None
        found = _compiled[digest] = shelves.edition(text, library=library())
    return found


def of_entry(entry: Entry) -> Ledger:
    """The ledger as it stood when an entry of a case was written: its labels are of that time."""
    return pinned(json.loads(entry.body)["edition"])


def current(name: str) -> Ledger:
    """The newest installed edition of a ledger. Raises NotFound."""
    found = current_all().get(name)
    if found is None:
        raise NotFound(Text("这本台账", "This ledger"))
    return found


def current_all() -> Mapping[str, Ledger]:
    """The newest installed edition of every ledger by name; one query once they are compiled."""
    with connection.cursor() as cursor:  # asked at every door, so without the cost of building the query
        cursor.execute("SELECT ledger, digest FROM core_edition ORDER BY version, installed_at")
        installed = tuple(cursor.fetchall())
    if installed not in _newest:
        _newest.clear()
        _newest[installed] = {name: pinned(digest) for name, digest in sorted(dict(installed).items())}
    return _newest[installed]


# --- installing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Installed:
    """What an installation did: editions that are new, and those that were there."""

    new: tuple[str, ...]
    kept: tuple[str, ...]


def install(*, clock: Clock, folder: Path | None = None) -> Installed:
    """Install the ledgers of the library (or of another ledgers' folder) as editions; one entry for each new one.

    A file that is installed already is left alone. Raises LedgerFaults, and Refusal("edition_version") when a changed
    text carries the version of an edition that has cases... an edition is named by version and must be told apart.
    """
    found = shelf() if folder is None else _shelf_of(folder)
    ledgers = {name: found[name] for name in sorted(found)}
    with transaction.atomic():
        district = District.objects.get()
        known = {edition.digest: edition for edition in Edition.objects.all()}
        editions, drafts = [], []
        for ledger in ledgers.values():
            if ledger.digest in known:
                continue
            _tell_apart(ledger, known.values())
            now = clock.now()
            editions.append(
                Edition(
                    digest=ledger.digest, ledger=ledger.name, version=ledger.version, text=ledger.text, installed_at=now
                )
            )
            says = {"version": ledger.version, "title": ledger.zh}
            drafts.append(
                chain.Draft(
                    kind="edition", hand="system", received=now, area=district.code,
                    ledger=ledger.name, edition=ledger.digest, says=says,
                )
            )  # fmt: skip
        if drafts:
            Edition.objects.bulk_create(editions)
            chain.append(*drafts)
    for ledger in ledgers.values():
        _compiled[ledger.digest] = ledger
    new = tuple(name for name, ledger in ledgers.items() if ledger.digest not in known)
    return Installed(new, tuple(name for name in ledgers if name not in new))


def _tell_apart(ledger: Ledger, known: object) -> None:
    same = [e for e in known if e.ledger == ledger.name and e.version == ledger.version]  # type: ignore[attr-defined]
    if same and Case.objects.filter(edition__in=[edition.pk for edition in same]).exists():
        raise Refusal(
            "edition_version",
            Text(
                f"台账“{ledger.zh}”的内容变了，版本号仍是 {ledger.version}，而该版已有事项。",
                f"The ledger “{ledger.en}” was changed but still says version {ledger.version}, which has cases.",
            ),
            Text("请把 version 加一。", "Add one to its version."),
        )


# --- indexes of fields to be found ----------------------------------------------------------------------------------

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def index_found_fields() -> tuple[str, ...]:
    """Make the expression indexes of `find: true` fields; run by `taizhang ledger install` as the owner of the tables.

    Gives the names of the indexes that now exist. A sealed field gets none: its reference says nothing. SQLite gets
    none either: it takes no JSON function into a schema that must not run code (`trusted_schema=OFF`), and the cases
    of one district are few enough to be looked through.
    """
    names: list[str] = []
    if connection.vendor != "postgresql":
        return ()
    for ledger in current_all().values():
        for key, field in ledger.fields.items():
            if field.find and not field.sealed:
                names.append(_index(ledger.name, key))
    return tuple(names)


def _index(ledger: str, key: str) -> str:
    if not (_NAME.fullmatch(ledger) and _NAME.fullmatch(key)):
        raise ValueError(f"no name: {ledger}.{key}")
    name = f"find_{ledger}_{key}"[:60]
    sql = "CREATE INDEX IF NOT EXISTS {name} ON core_case ((data ->> '{key}')) WHERE ledger = '{ledger}'"
    with connection.cursor() as cursor:
        cursor.execute(sql.format(name=name, key=key, ledger=ledger))
    return name
