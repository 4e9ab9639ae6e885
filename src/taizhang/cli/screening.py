"""`taizhang screen`: screening plain files, on a machine that need not have the site."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from taizhang import environment
from taizhang.cli.frame import language, print_json, progress, say, with_json
from taizhang.kit.text import Text

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@with_json
@click.option("--registers", required=True, type=FOLDER, help="The folder of residents, household_income and areas.")
@click.option("--feeds", required=True, type=FOLDER, help="The folder of the departments' files.")
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to screen for.")
@click.option("--out", required=True, type=FOLDER, help="The folder for alerts, links, rejects and run.json.")
@click.option(
    "--policies", type=click.Path(path_type=Path, dir_okay=False), help="Policy numbers instead of the library's."
)
@click.option("--engine", default="duckdb", show_default=True, metavar="duckdb|sc://HOST:PORT", help="What computes.")
def screen(
    registers: Path, feeds: Path, day: datetime, out: Path, policies: Path | None, engine: str, *, as_json: bool
) -> None:
    """Screen plain files of a district: alerts with their reasons, links, rejects, and what was not evaluated."""
    from taizhang.screen import run

    library = environment.read(os.environ).library
    with progress(Text("筛查", "Screening")) as bar:
        report = run.screen_files(
            registers, feeds, day.date(), out, policies, engine,
            library=library, progress=bar.tell,
        )  # fmt: skip
    if as_json:
        print_json(report.json())
        return
    received, accepted, rejected = (
        sum(feed[name] for feed in report.inputs.values()) for name in ("received", "accepted", "rejected")
    )
    say(
        Text(
            f"收到 {received} 行，接受 {accepted} 行，退回 {rejected} 行。",
            f"{received} rows received, {accepted} accepted, {rejected} rejected.",
        )
    )
    for rule, hits in report.hits.items():
        click.echo(f"{rule} {hits}")
    for missed in report.not_evaluated:
        click.echo(f"{missed['rule']} — {missed['sentence_en' if language() == 'en' else 'sentence']}")
    say(Text(f"用时 {report.seconds:.1f} 秒，结果在 {out}。", f"{report.seconds:.1f} s; the results are in {out}."))


@click.command()
@with_json
@click.argument("household")
@click.option("--registers", required=True, type=FOLDER, help="The folder of residents, household_income and areas.")
@click.option("--feeds", required=True, type=FOLDER, help="The folder of the departments' files.")
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to explain for.")
@click.option(
    "--policies", type=click.Path(path_type=Path, dir_okay=False), help="Policy numbers instead of the library's."
)
def explain(
    household: str, registers: Path, feeds: Path, day: datetime, policies: Path | None, *, as_json: bool
) -> None:
    """Say of one household (its 户编号) which rules hit it or not and by how much, with the rows behind each."""
    from taizhang.screen import explain as explaining

    library = environment.read(os.environ).library
    with progress(Text("说明", "Explaining")):
        found = explaining.explain_files(registers, feeds, household, day.date(), library=library, policies=policies)
    if as_json:
        print_json(found.json())
        return
    for answer in found.answers:
        mark = {True: "■", False: "□", None: "—"}[answer.hit]
        click.echo(f"{mark} {answer.rule} {answer.label.within(language())}  {answer.text.within(language())}")
        for row in answer.rows:
            click.echo(f"    {row.file}:{row.row}")
