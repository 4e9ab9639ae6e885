"""`taizhang screen`: screening plain files, on a machine that need not have the site."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taizhang import environment
from taizhang.cli.frame import language, load_site, print_json, progress, say, with_data, with_json
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

if TYPE_CHECKING:
    from taizhang.screen.explain import Answer
    from taizhang.screen.run import Report

LEAST_MB = 300
PLAN = "plan.txt"
FOLDER = click.Path(path_type=Path, file_okay=False)


class Memory(click.ParamType[int]):
    """An amount of memory (`1GB`, `800MB`), as megabytes."""

    name = "memory"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; 300 MB are the least that anything can be done with."""
        found = re.fullmatch(r"([0-9]+)\s*(GB|MB)", str(value).strip().upper())
        read = value if isinstance(value, int) else int(found[1]) * (1000 if found[2] == "GB" else 1) if found else 0
        if read < LEAST_MB:
            self.fail(f"{value!r}: 1GB, 800MB … (at least {LEAST_MB}MB)", param, ctx)
        return read


@click.command()
@with_json
@click.option("--registers", required=True, type=FOLDER, help="The folder of residents, household_income and areas.")
@click.option("--feeds", required=True, type=FOLDER, help="The folder of the departments' files.")
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to screen for.")
@click.option("--out", required=True, type=FOLDER, help="The folder for alerts, links, rejects and run.json.")
@click.option(
    "--policies", type=click.Path(path_type=Path, dir_okay=False), help="Policy numbers instead of the library's."
)
@click.option(
    "--model",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A linkage model made by `taizhang link train`.",
)
@click.option("--engine", default="duckdb", show_default=True, metavar="duckdb|sc://HOST:PORT", help="What computes.")
@click.option(
    "--memory", type=Memory(), metavar="1GB", help="What DuckDB may hold in memory; more than that spills to OUT."
)
@click.option("--explain", "plan", is_flag=True, help="Write every statement with DuckDB's plan of it to OUT/plan.txt.")
@click.option("--state", is_flag=True, help="Leave in OUT/state what the next run can go on from.")
@click.option(
    "--since",
    type=FOLDER,
    metavar="RUN",
    help="Go on from the output folder of an earlier run: only what changed is read, linked and judged anew.",
)
@click.option(
    "--links", is_flag=True, help="With --since: write every link, not only those that are otherwise than in RUN."
)
@click.option("--keep", is_flag=True, help="Leave in OUT/kept what `taizhang whatif` tries other numbers on.")
def screen(
    registers: Path,
    feeds: Path,
    day: datetime,
    out: Path,
    policies: Path | None,
    model: Path | None,
    engine: str,
    memory: int | None,
    since: Path | None,
    *,
    plan: bool,
    state: bool,
    links: bool,
    keep: bool,
    as_json: bool,
) -> None:
    """Screen plain files of a district: alerts with their reasons, links, rejects, and what was not evaluated."""
    from taizhang.screen import run
    from taizhang.screen.engine import Limits

    if since is not None and (keep or model is not None or engine != "duckdb"):
        raise click.UsageError("--since goes with neither --keep, --model nor another --engine")
    if links and since is None:
        raise click.UsageError("--links goes with --since")
    library = environment.read(os.environ).library
    if plan:
        out.mkdir(parents=True, exist_ok=True)
        (out / PLAN).unlink(missing_ok=True)
    limits = Limits(memory_mb=memory or Limits.memory_mb, plan=out / PLAN if plan else None)
    with progress(Text("筛查", "Screening")) as bar:
        if since is not None:
            from taizhang.screen import since as going_on

            report = going_on.screen_since(
                since,
                registers,
                feeds,
                day.date(),
                out,
                policies,
                library=library,
                progress=bar.tell,
                limits=limits,
                links=links,
            )
        else:
            report = run.screen_files(
                registers, feeds, day.date(), out, policies, engine, library=library, progress=bar.tell, limits=limits,
                keep=keep, state=state, model=model.read_bytes() if model is not None else None,
            )  # fmt: skip
    if as_json:
        print_json(report.json())
        return
    _tell(report, out)


def _tell(report: Report, out: Path) -> None:
    """What a run did, in a few lines."""
    received, accepted, rejected = (
        sum(feed[name] for feed in report.inputs.values()) for name in ("received", "accepted", "rejected")
    )
    say(
        Text(
            f"收到 {received} 行，接受 {accepted} 行，退回 {rejected} 行。",
            f"{received} rows received, {accepted} accepted, {rejected} rejected.",
        )
    )
    if report.since:
        rows, homes = report.since["rows"], report.since["households"]
        every = homes is None
        say(
            Text(
                f"与 {report.since['run']} 相比，{rows} 行有变化，重新计算{'全部' if every else f' {homes} '}户。",
                f"Since {report.since['run']} {rows} rows changed; {'all' if every else homes} households were reckoned anew.",
            )
        )
    for rule, hits in report.hits.items():
        click.echo(f"{rule} {hits}")
    for missed in report.not_evaluated:
        click.echo(f"{missed['rule']} — {missed['sentence_en' if language() == 'en' else 'sentence']}")
    say(Text(f"用时 {report.seconds:.1f} 秒，结果在 {out}。", f"{report.seconds:.1f} s; the results are in {out}."))


@click.command()
@with_json
@click.argument("out", type=FOLDER)
@click.option("--registers", required=True, type=FOLDER, help="The folder of residents, household_income and areas.")
@click.option("--feeds", required=True, type=FOLDER, help="The folder of the departments' files.")
@click.option(
    "--policies", type=click.Path(path_type=Path, dir_okay=False), help="Policy numbers instead of the library's."
)
@click.option("--sample", default=1000, show_default=True, type=click.IntRange(1), help="How many households.")
def prove(out: Path, registers: Path, feeds: Path, policies: Path | None, sample: int, *, as_json: bool) -> None:
    """Reckon a sample of households of a run with a state anew, from all their rows, and compare with its alerts; 1 where they differ."""
    from taizhang.screen import proof

    library = environment.read(os.environ).library
    with progress(Text("核对", "Proving")):
        found = proof.prove(out, registers, feeds, library=library, policies=policies, households=sample)
    if as_json:
        print_json(found.json())
    else:
        homes, alerts, files, wrong = found.households, found.alerts, len(found.files), len(found.differing)
        say(
            Text(
                f"重新计算 {homes} 户、{alerts} 条预警，重读 {files} 个文件：不一致 {wrong}。",
                f"{homes} households with {alerts} alerts reckoned anew, {files} files read again: {wrong} differ.",
            )
        )
        for one in found.differing:
            click.echo(one)
    if found.differing:
        raise SystemExit(1)


@click.command()
@with_json
@click.argument("folder", type=FOLDER)
@click.option(
    "--set", "changes", multiple=True, required=True, metavar="NAME=VALUE", help="A number as policies.yaml has it."
)
def whatif(folder: Path, changes: tuple[str, ...], *, as_json: bool) -> None:
    """Say what other numbers would change, on what `taizhang screen --keep` left in a folder; no feed is read again."""
    from taizhang.ledger import policies as numbers
    from taizhang.screen import feeds, rules
    from taizhang.screen import whatif as trying

    library = environment.read(os.environ).library
    book = rules.read(library, feeds.read_all(library))
    wanted: dict[str, int] = {}
    for said in changes:
        name, _, value = said.partition("=")
        kind = book.policies[name].type if name in book.policies else "int"
        try:
            read = numbers.amount(kind, value if kind == "money" else int(value))
        except ValueError:
            raise click.UsageError(f"--set {said}: NAME=VALUE, yuan for money, else a whole number") from None
        wanted[name] = read if isinstance(read, int) else -1
    tried = trying.attempt(folder, book, wanted)
    if as_json:
        print_json(tried.json())
        return
    whole = tried.households
    say(Text(f"现行 {whole.before} 户，试算 {whole.after} 户：新增 {whole.gained}，减少 {whole.lost}。",
             f"{whole.before} households now, {whole.after} then: {whole.gained} gained, {whole.lost} lost."))  # fmt: skip
    for one in (*tried.rules, *tried.areas, *tried.kinds):
        if one.gained or one.lost:
            click.echo(f"{one.name} {one.before} -> {one.after} (+{one.gained} -{one.lost})")


@click.command()
@with_data
@with_json
@click.argument("household")
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day to explain for.")
@click.option(
    "--registers", type=FOLDER, help="The folder of residents and household_income; without it, the site's data."
)
@click.option("--feeds", type=FOLDER, help="The folder of the departments' files; goes with --registers.")
@click.option(
    "--policies", type=click.Path(path_type=Path, dir_okay=False), help="Policy numbers instead of the library's."
)
def explain(
    household: str, day: datetime, registers: Path | None, feeds: Path | None, policies: Path | None, *, as_json: bool
) -> None:
    """Say of one household (its 户编号) which rules hit it or not and by how much, with the rows behind each."""
    if (registers is None) != (feeds is None):
        raise click.UsageError("--registers and --feeds go together")
    with progress(Text("说明", "Explaining")):
        if registers is not None and feeds is not None:
            answers = _of_files(household, registers, feeds, day.date(), policies)
        else:
            answers = _of_site(household, day.date())
    if as_json:
        shown = [{**asdict(one), "label": one.label._asdict(), "text": one.text._asdict()} for one in answers]
        print_json({"household": household, "day": day.date().isoformat(), "answers": shown})
        return
    for answer in answers:
        mark = {True: "■", False: "□", None: "—"}[answer.hit]
        click.echo(f"{mark} {answer.rule} {answer.label.within(language())}  {answer.text.within(language())}")
        for row in answer.rows:
            said = "；".join(f"{name} {value}" for name, value in row.values)
            click.echo(f"    {row.file}:{row.row}  {said}".rstrip())
        for total in answer.sums:
            click.echo(f"    = {total.total}" + ("" if total.equal else f" ≠ {answer.figures.get(total.figure)}"))


def _of_files(household: str, registers: Path, feeds: Path, day: date, policies: Path | None) -> tuple[Answer, ...]:
    from taizhang.screen import explain as explaining

    library = environment.read(os.environ).library
    return explaining.explain_files(registers, feeds, household, day, library=library, policies=policies).answers


def _of_site(household: str, day: date) -> tuple[Answer, ...]:
    load_site()
    from taizhang.core import access
    from taizhang.core.queries import identified
    from taizhang.work import desk

    found = identified.households(access.SYSTEM).get(household.strip())
    if found is None:
        raise NotFound(Text(f"户编号 {household}", f"The household {household}"))
    return desk.explain(access.SYSTEM, found, day).answers
