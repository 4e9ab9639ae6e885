"""Checks a copy of the ledger, offline and without keys: is this the chain that was written, whole and in order?

Reads a SQLite file, a data or backup directory, a PostgreSQL address or an exported bundle (JSON lines). It knows no
framework and writes nothing. What it cannot know it says: without a head kept elsewhere, a tail that was cut or
written anew by the owner of the database looks like a chain that simply ends there.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from taizhang.core import copies
from taizhang.core.copies import Copy, Row
from taizhang.core.head import BEFORE_THE_FIRST, FORMAT, Head
from taizhang.kit import canonical
from taizhang.kit.text import Text

LISTED: Final = 200  # faults kept word for word; the others are counted
_REFERENCE: Final = re.compile(r'"commitment":"[0-9a-f]{64}","sealed":"([0-9a-f-]{36})"')
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was written, and the entry at which it shows (0: the copy as a whole)."""

    seq: int
    code: str
    text: Text


@dataclass
class Report:
    """What was examined and what was found."""

    district: str = ""
    algorithm: canonical.Algorithm = "sha256"
    demo: bool = False
    entries: int = 0
    evidence: int = 0  # files examined
    head: Head = field(default_factory=lambda: Head(0, ""))
    faults: list[Fault] = field(default_factory=list)
    found: int = 0  # faults in all
    notes: list[Text] = field(default_factory=list)
    seconds: float = 0

    @property
    def ok(self) -> bool:
        """Whether entries were examined and none is at fault."""
        return self.entries > 0 and not self.found

    def fault(self, seq: int, code: str, zh: str, en: str) -> None:
        """Note a fault."""
        self.found += 1
        if len(self.faults) < LISTED:
            self.faults.append(Fault(seq, code, Text(zh, en)))


@dataclass
class _Seen:
    """What the entries read so far have said."""

    seq: int = 0
    digest: str = BEFORE_THE_FIRST
    cases: dict[str, int] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)
    evidence: dict[str, str] = field(default_factory=dict)  # id -> digest
    erased: set[str] = field(default_factory=set)  # digests of files removed by an erasure
    heads: dict[int, list[str]] = field(default_factory=dict)  # given heads not met yet
    district: str = ""


def verify(
    source: str | Path, *, heads: Iterable[Head] = (), evidence: Path | None = None, progress: Progress | None = None
) -> Report:
    """Check a copy. `evidence` is the folder of the files, found by itself beside a SQLite file.

    Raises Refusal("copy") for what cannot be opened as a copy.
    """
    started = time.monotonic()
    report = Report()
    with copies.open_copy(source) as copy:
        seen = _Seen()
        for head in heads:
            seen.heads.setdefault(head.seq, []).append(head.digest)
        without_head = not seen.heads
        for row in copy.rows():
            _entry(row, seen, report, columns=copy.columns)
            if progress and report.entries % 10_000 == 0:
                progress(report.entries)
        _ends(copy, seen, report)
        if copy.columns:
            _tables(copy, seen, report)
        folder = evidence or copy.evidence
    if folder is not None and folder.is_dir():
        _files(folder, seen, report)
    elif seen.evidence:
        report.notes.append(
            Text("没有附件目录，附件未核对。", "There is no folder of evidence: files were not examined.")
        )
    if without_head:
        report.notes.append(
            Text(
                "没有给出另存的链头：结尾是否被截去或重算，本次无法判断。",
                "No head kept elsewhere was given: whether the tail was cut or written anew cannot be told.",
            )
        )
    report.seconds = time.monotonic() - started
    return report


# --- one entry ------------------------------------------------------------------------------------------------------


def _entry(row: Row, seen: _Seen, report: Report, *, columns: bool) -> None:
    """Check one entry against its own bytes and against the one before it."""
    seq = row[0]
    if not isinstance(seq, int):
        report.entries += 1
        report.fault(seen.seq, "column", "有一条记录的序号不是数。", "The sequence number of an entry is no number.")
        return
    if not report.entries:
        _begin(row, report)
    report.entries += 1
    if seq != seen.seq + 1:
        report.fault(
            seq, "gap",
            f"第 {seen.seq + 1} 条到第 {seq - 1} 条不见了。" if seq > seen.seq else f"第 {seq} 条重复。",
            f"Entries {seen.seq + 1} to {seq - 1} are missing." if seq > seen.seq else f"Entry {seq} is there twice.",
        )  # fmt: skip
    prev, digest, text = row[1], row[2], row[3]
    if prev != seen.digest:
        report.fault(seq, "link", f"第 {seq} 条不接在前一条之后。", f"Entry {seq} does not follow the one before it.")
    if not _is_digest_of(text, digest, report.algorithm):
        report.fault(seq, "digest", f"第 {seq} 条内容与摘要不符。", f"Entry {seq} is not what its digest says.")
    try:
        said = json.loads(text)
        bodied = _bodied(said)
    except (ValueError, TypeError, KeyError, AttributeError):
        report.fault(seq, "body", f"第 {seq} 条内容读不出来。", f"The body of entry {seq} cannot be read.")
    else:
        compared = row if columns else (seq, prev)
        if said["v"] != FORMAT or any(a != b for a, b in zip(compared, bodied, strict=False) if b is not _STORED):
            names = ", ".join(_differing(compared, bodied)) or "v"
            report.fault(
                seq, "column", f"第 {seq} 条的列（{names}）与内容不符。",
                f"Columns of entry {seq} ({names}) differ from what its body says.",
            )  # fmt: skip
        _within(seq, said, text, seen, report)
    for wanted in seen.heads.pop(seq, ()):
        if wanted != digest:
            report.fault(
                seq, "head", f"第 {seq} 条与另存的链头不符：历史被重写。",
                f"Entry {seq} is not the head that was kept elsewhere: history was written anew.",
            )  # fmt: skip
    seen.seq, seen.digest = max(seq, seen.seq), digest


def _is_digest_of(text: Any, digest: Any, algorithm: canonical.Algorithm) -> bool:
    try:
        return bool(canonical.digest(text.encode("utf-8", "surrogateescape"), algorithm) == digest)
    except (AttributeError, UnicodeEncodeError):
        return False  # no text, or text that no bytes can have been


_STORED: Final = object()  # digest and body: checked by computing, not by comparing


def _bodied(said: dict[str, Any]) -> tuple[Any, ...]:
    """What the columns must be, in the order of `copies.COLUMNS`, by what the bytes say."""
    return (
        said["seq"], said["prev"], _STORED, _STORED, said["id"], said["district"], said["kind"], said["case"],
        said["n"], said["act"], said["account"], said["post"], said["area"], said["happened"], said["received"],
        said["key"],
    )  # fmt: skip


def _differing(row: tuple[Any, ...], bodied: tuple[Any, ...]) -> list[str]:
    pairs = zip(copies.COLUMNS, row, bodied, strict=False)
    return [name for name, there, wanted in pairs if wanted is not _STORED and there != wanted]


def _begin(row: Row, report: Report) -> None:
    """The first entry must be the genesis entry; it names the algorithm by which all the others are read."""
    try:
        said = json.loads(row[3])
        says = said["says"]
        if said["kind"] != "genesis" or says["algorithm"] not in canonical.ALGORITHMS:
            raise ValueError
        report.algorithm, report.demo, report.district = says["algorithm"], says["demo"], said["district"]
    except (ValueError, TypeError, KeyError, AttributeError):
        report.fault(row[0], "genesis", "第一条不是创始记录。", "The first entry is not the genesis entry.")


def _within(seq: int, said: dict[str, Any], text: str, seen: _Seen, report: Report) -> None:
    """What an entry says must fit what earlier entries said."""
    if said["district"] != report.district or (said["kind"] == "genesis" and seen.seq):
        report.fault(seq, "foreign", f"第 {seq} 条属于另一条链。", f"Entry {seq} belongs to another chain.")
    case, n = said["case"], said["n"]
    if case is not None and n is not None:
        if n != seen.cases.get(case, 0) + 1:
            report.fault(seq, "case", f"第 {seq} 条在事项中不连续。", f"Entry {seq} is out of order within its case.")
        seen.cases[case] = n
    if '"sealed"' in text:
        seen.sealed.update(_REFERENCE.findall(text))
    for file in said["evidence"]:
        seen.evidence[file["id"]] = file["digest"]
    if said["kind"] == "erase":
        seen.erased.update(said["says"].get("evidence", ()))
        seen.sealed.difference_update(said["says"].get("sealed", ()))


# --- the copy as a whole --------------------------------------------------------------------------------------------


def _ends(copy: Copy, seen: _Seen, report: Report) -> None:
    report.head = Head(seen.seq, seen.digest if report.entries else "")
    if not report.entries:
        report.fault(0, "empty", "没有一条记录。", "There is no entry.")
    for seq in sorted(seen.heads):
        report.fault(
            seq, "cut", f"另存的链头是第 {seq} 条，这里只到第 {seen.seq} 条：结尾被截去。",
            f"The head kept elsewhere is entry {seq}; this copy ends at {seen.seq}: its tail was cut.",
        )  # fmt: skip
    stamped = copy.district()
    if stamped is not None and (*report.head, report.district, report.algorithm, report.demo) != stamped:
        report.fault(
            seen.seq, "stamp", f"县区记录的链头是第 {stamped[0]} 条，与记录不符。",
            f"The district's own row (entry {stamped[0]}) does not fit the entries.",
        )  # fmt: skip


def _tables(copy: Copy, seen: _Seen, report: Report) -> None:
    """What other tables repeat of the chain."""
    for name in copy.missing_triggers():
        report.fault(0, "trigger", f"缺少保护 {name}。", f"The protection {name} is missing.")
    for identity, n in copy.cases():
        if seen.cases.pop(identity, 0) != n:
            report.fault(0, "case", f"事项 {identity} 与其记录条数不符。", f"Case {identity} and its entries differ.")
    for identity in sorted(seen.cases):
        report.fault(0, "case", f"事项 {identity} 不见了。", f"Case {identity} is missing.")
    for identity in copy.sealed():
        seen.sealed.discard(identity)
    if seen.sealed:
        report.fault(
            0, "sealed", f"有 {len(seen.sealed)} 个密封值不见了。", f"{len(seen.sealed)} sealed values are missing."
        )
    for identity, digest in copy.files():
        if seen.evidence.get(identity, digest) != digest:
            report.fault(
                0, "evidence", f"附件 {identity} 被换成另一个文件。", f"Evidence {identity} names another file."
            )


def _files(folder: Path, seen: _Seen, report: Report) -> None:
    """The bytes of every file that an entry names."""
    for digest in sorted(set(seen.evidence.values())):
        path = folder / digest[:2] / digest
        if path.is_file():
            report.evidence += 1
            if copies.digest_of(path, report.algorithm) != digest:
                report.fault(0, "evidence", f"附件 {digest} 的内容被改动。", f"The bytes of evidence {digest} changed.")
        elif digest not in seen.erased:
            report.fault(0, "evidence", f"附件 {digest} 不见了。", f"Evidence {digest} is missing.")
