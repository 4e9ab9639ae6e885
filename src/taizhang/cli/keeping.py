"""`taizhang verify`: whether the records are still what was written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taizhang import environment
from taizhang.cli.frame import WRONG, print_json, progress, say, with_data, with_json
from taizhang.kit.text import Text

if TYPE_CHECKING:
    from taizhang.core.verify import Report


@click.command()
@with_data
@with_json
@click.argument("copy", required=False)
@click.option(
    "--head", "heads", multiple=True, metavar="SEQ:DIGEST", help="A head of the chain that was kept elsewhere."
)
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False), help="The folder of the files, if apart.")
def verify(copy: str | None, heads: tuple[str, ...], evidence: Path | None, *, as_json: bool) -> None:
    """Check a COPY of the ledger offline (a file, directory, bundle or database address; else the data directory).

    Exit code 1 when anything is not as it was written.
    """
    from taizhang.core import verify as verifying
    from taizhang.core.head import Head

    chosen = environment.read(os.environ)
    source = copy or os.environ.get("TAIZHANG_DATABASE_URL") or str(chosen.data)
    if copy is None and chosen.database is not None and evidence is None:
        evidence = chosen.data / "evidence"
    with progress(Text("核对记录", "Checking entries")) as step:
        report = verifying.verify(
            source,
            heads=[Head.parse(head) for head in heads],
            evidence=evidence,
            progress=lambda done: step(done, None),
        )
    if as_json:
        print_json(_as_json(report))
    else:
        _tell(report)
    if not report.ok:
        sys.exit(WRONG)


def _as_json(report: Report) -> dict[str, object]:
    return {
        "ok": report.ok,
        "district": report.district,
        "demo": report.demo,
        "algorithm": report.algorithm,
        "entries": report.entries,
        "evidence": report.evidence,
        "head": str(report.head),
        "found": report.found,
        "faults": [
            {"seq": fault.seq, "code": fault.code, "zh": fault.text.zh, "en": fault.text.en} for fault in report.faults
        ],
        "notes": [{"zh": note.zh, "en": note.en} for note in report.notes],
    }


def _tell(report: Report) -> None:
    for fault in report.faults:
        say(fault.text)
    if report.found > len(report.faults):
        more = report.found - len(report.faults)
        say(Text(f"另有 {more} 处不再列出。", f"{more} more are not listed."))
    examined = Text(
        f"核对 {report.entries} 条记录、{report.evidence} 个附件。",
        f"Examined {report.entries} entries and {report.evidence} files.",
    )
    verdict = (
        Text("与写入时一致。", " All as it was written.")
        if report.ok
        else Text(f"发现 {report.found} 处不一致。", f" {report.found} are not as they were written.")
    )
    say(Text(examined.zh + verdict.zh, examined.en + verdict.en))
    for note in report.notes:
        say(note)
    say(Text(f"链头 {report.head}", f"head {report.head}"))
