"""`taizhang verify`, `backup`, `restore` and `doctor`: keeping the records, and knowing that they are kept."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taizhang import environment
from taizhang.cli.frame import WRONG, load_site, print_json, progress, say, with_data, with_json
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


def _beside(data: Path, chosen: Path | None) -> Path:
    """Where backups lie unless it is said: beside the data, never among them."""
    return chosen or data.parent / "backups"


@click.command()
@with_data
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="The folder of backups (else beside the data)."
)
@click.option("--prune", is_flag=True, help="Afterwards keep 24 hourly, 14 daily and 12 monthly backups only.")
@click.option(
    "--new-key", type=click.Path(path_type=Path, dir_okay=False), help="Only make keys: the private one into this file."
)
def backup(to: Path | None, new_key: Path | None, *, prune: bool) -> None:
    """Copy the whole installation while it runs, and check the copy before it counts as a backup.

    With a public key in TAIZHANG_BACKUP_KEY the copy is encrypted to it.
    """
    if new_key is not None:
        _make_key(new_key)
        return
    chosen = load_site(as_owner=True)
    from taizhang.work import backup as backing

    target = _beside(chosen.data, to)
    with progress(Text("备份", "Backing up")) as step:
        made = backing.make(target, progress=step)
    say(
        Text(
            f"已备份到 {made.folder}，含 {len(made.files)} 个文件。",
            f"Backed up to {made.folder}, {len(made.files)} files.",
        )
    )
    say(Text(f"链头 {made.head}", f"head {made.head}"))
    say(
        Text(
            f"密钥文件 {chosen.key_file} 不在备份里，请另外保管。",
            f"The key file {chosen.key_file} is not in the backup: keep it elsewhere.",
        )
    )
    if prune:
        gone = backing.keep_some(target)
        say(Text(f"删去 {len(gone)} 份旧备份。", f"{len(gone)} old backups were removed."))


def _make_key(target: Path) -> None:
    from taizhang.work import envelope

    public = envelope.make_key(target)
    say(
        Text(
            f"私钥在 {target}：请移到别处保管，恢复时才用。这台机器只要公钥：",
            f"The private key is in {target}: keep it elsewhere, a restore needs it. This machine needs the public one:",
        )
    )
    say(Text(f"TAIZHANG_BACKUP_KEY={public}", f"TAIZHANG_BACKUP_KEY={public}"))


@click.command()
@with_data
@click.argument("folder", metavar="BACKUP", type=click.Path(path_type=Path, file_okay=False))
@click.option("--replace", is_flag=True, help="Move data that are there aside instead of refusing.")
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="The private key of an encrypted backup.")
def restore(folder: Path, key: Path | None, *, replace: bool) -> None:
    """Bring a BACKUP back. Nothing is overwritten: data that are there stay, or with --replace are moved aside."""
    load_site(as_owner=True, empty=True)
    from taizhang.core import clock
    from taizhang.work import backup as backing

    class Restored:
        """The clock of the district that is being brought back, which is known only when it is there."""

        def now(self) -> datetime:
            """The present instant (aware, UTC)."""
            return clock.of_district().now()

    with progress(Text("核对备份", "Checking the backup")) as step:
        aside = backing.restore(backing.read(folder), clock=Restored(), replace=replace, key=key, progress=step)
    say(Text(f"已恢复 {folder}。", f"{folder} was brought back."))
    if aside is not None:
        say(Text(f"原来的数据在 {aside}。", f"The data that were there are in {aside}."))


@click.command()
@with_data
@with_json
@click.option(
    "--backups", type=click.Path(path_type=Path, file_okay=False), help="The folder of backups (else beside the data)."
)
def doctor(backups: Path | None, *, as_json: bool) -> None:
    """Look the installation over: keys, settings, database, disk, clock, backups. Exit code 1 when something must be mended."""
    chosen = load_site()
    from taizhang.core import clock
    from taizhang.work import doctor as looking

    with progress(Text("检查", "Looking")) as step:
        lines = looking.examine(clock=clock.of_district(), backups=_beside(chosen.data, backups), progress=step)
    if as_json:
        print_json({"lines": [{"level": line.level, "zh": line.text.zh, "en": line.text.en} for line in lines]})
    else:
        marks = {"ok": Text("好  ", "ok   "), "warn": Text("注意", "see  "), "fail": Text("不行", "fail ")}
        for line in lines:
            mark = marks[line.level]
            say(Text(f"{mark.zh} {line.text.zh}", f"{mark.en} {line.text.en}"))
    if any(line.level == "fail" for line in lines):
        sys.exit(WRONG)
