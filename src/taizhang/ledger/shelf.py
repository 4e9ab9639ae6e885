"""The shelf: every ledger of a folder by name, compiled against one library; and old editions by their text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from taizhang.ledger import check, conditions
from taizhang.ledger import load as reading
from taizhang.ledger.faults import LedgerFaults
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Ledger


class Shelf(Mapping[str, Ledger]):
    """The ledgers in force, by name, and the library they were checked against."""

    def __init__(self, ledgers: Mapping[str, Ledger], library: Library):
        self._ledgers = dict(ledgers)
        self.library = library

    def __getitem__(self, name: str) -> Ledger:
        return self._ledgers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ledgers)

    def __len__(self) -> int:
        return len(self._ledgers)

    def by_digest(self, digest: str) -> Ledger | None:
        """The ledger of an edition, if it is the one in force."""
        return next((ledger for ledger in self._ledgers.values() if ledger.digest == digest), None)


def load(folder: Path, *, library: Library, stories: bool = False) -> Shelf:
    """Read every ledger of a folder. Raises LedgerFaults with every fault of every file.

    The stories are run by `taizhang ledger check` and the tests; `stories=True` runs them here too.
    """
    paths = sorted(folder.glob("*.yaml"))
    ledgers, report = check.read_all(paths, library, stories=stories)
    if report.faults:
        raise LedgerFaults(report.faults)
    return Shelf(ledgers, library)


def edition(text: str, *, library: Library) -> Ledger:
    """One edition from its text, as an old case pins it: compiled, no stories run, other ledgers not needed.

    Raises LedgerFaults when the text has no right shape, or a condition no longer compiles.
    """
    ledger, source, faults = reading.parse(text, "edition")
    if ledger is None:
        raise LedgerFaults(faults)
    compiled = conditions.compile_all(ledger, library)
    faults += [source.fault(path, error.code, error.text) for path, error in compiled.errors]
    if faults:
        raise LedgerFaults(faults)
    return ledger.with_conditions(compiled)
