"""`taizhang ledger`: checking and installing the ledgers of a library."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from taizhang import environment
from taizhang.cli.frame import WRONG, Commands, as_line, language, load_site, print_json, say, with_data, with_json
from taizhang.kit.text import Text


@click.group(cls=Commands)
def ledger() -> None:
    """Check, describe or install ledgers."""


@ledger.command()
@with_json
@click.option(
    "--older",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="An older edition of one of the ledgers: also check that its open cases have a place in the new one.",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
def check(paths: tuple[Path, ...], older: tuple[Path, ...], *, as_json: bool) -> None:
    """Check ledger files or folders (else the library's, with papers, letters and scorecards) and run their stories.

    Every fault with its line.

    Exit code 1 when there is a fault.
    """
    from taizhang.ledger import check as checking
    from taizhang.ledger import library, scorecards
    from taizhang.paper import letter_words
    from taizhang.paper import shelf as papers

    folder = environment.read(os.environ).library
    report = checking.check_paths(paths or (folder / "ledgers",), library.read(folder))
    report = checking.against(report, older)
    if not paths:  # the papers of the library name fields of its ledgers
        ledgers = {file.ledger.name: file.ledger for file in report.files if file.ledger is not None}
        templates, wrong_letters = letter_words.load(folder / "letters")
        sources = {file.ledger.name: file.source for file in report.files if file.ledger is not None}
        unmet = [
            sources[law.name].fault(place, "template", text)
            for law, place, text in letter_words.against(ledgers.values(), templates)
        ]
        wrong_cards = scorecards.load(folder / "scorecards", ledgers, library.read(folder))[1]
        wrong_papers = (*papers.load(folder / "papers", ledgers)[1], *wrong_letters, *unmet, *wrong_cards)
        report = checking.Report(report.files, (*report.faults, *wrong_papers), report.advice)
    if as_json:
        print_json(report.json())
    else:
        for fault in (*report.faults, *report.advice):
            click.echo(as_line(fault))
        stories = sum(len(file.stories) for file in report.files)
        count, wrong = len(report.files), len(report.faults)
        say(
            Text(
                f"{count} 本台账，讲了 {stories} 个例子，{wrong} 处错误。",
                f"{count} ledgers, {stories} stories told, {wrong} faults.",
            )
        )
    if report.faults or not report.files:
        sys.exit(WRONG)


@ledger.command()
@with_data
@click.option("--preview", is_flag=True, help="Only say what would happen to open cases; change nothing.")
def install(*, preview: bool) -> None:
    """Put new and changed ledgers of the library in force; open cases come along where `upgrade` says how.

    Says first how many open cases move, which stay under their edition and why, and what their lights would be. What a
    newer edition has no place for is refused before anything is changed. Makes the indexes of fields to be searched.
    """
    load_site(as_owner=True)
    from taizhang.core import clock, editions
    from taizhang.core.moves import upgrades

    now = clock.of_district()
    plans = upgrades.plan(now.now(), editions.shelf())
    for one in plans:
        say(one.told)
    upgrades.refuse_hindered(plans)
    if preview:
        return
    done = editions.install(clock=now)
    moved = upgrades.move(plans, clock=now)
    indexes = editions.index_found_fields()
    for name in done.new:
        say(Text(f"启用 {name}", f"now in force: {name}"))
    say(
        Text(
            f"新启用 {len(done.new)} 本，{len(done.kept)} 本没有变化，{moved} 件事项转到新版，{len(indexes)} 个查找索引。",
            f"{len(done.new)} newly in force, {len(done.kept)} unchanged, {moved} cases moved to a new edition, "
            f"{len(indexes)} indexes for searching.",
        )
    )


@ledger.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write into."
)
def docs(paths: tuple[Path, ...], out: Path) -> None:
    """Write the documentation page of each ledger, and the manual of the language, as Markdown."""
    from taizhang.ledger import docs as describing
    from taizhang.ledger import library, manual, paper, shelf

    folder = environment.read(os.environ).library
    known = library.read(folder)
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for place in paths or (folder / "ledgers",):
        for name, one in shelf.load(place, library=known).items():
            page = paper.markdown(describing.page(one, known.roles), language())
            (out / f"{name}.md").write_text(page, encoding="utf-8")
            count += 1
    (out / "ledger-manual.md").write_text(manual.manual(), encoding="utf-8")
    say(
        Text(
            f"{count} 本台账的说明和语言手册已写入 {out}。",
            f"The pages of {count} ledgers and the manual are in {out}.",
        )
    )
