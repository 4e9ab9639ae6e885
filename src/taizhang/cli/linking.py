"""`taizhang link`: training the model that looks at doubtful rows, and letting a site use it."""

from __future__ import annotations

import os
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import click

from taizhang import environment
from taizhang.cli.frame import Commands, load_site, print_json, progress, say, with_data, with_json
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(cls=Commands)
def link() -> None:
    """Train the model that looks at rows without an exact identity number, and let a site use it."""


@link.command()
@with_json
@click.option("--registers", required=True, type=FOLDER, help="The folder of residents.")
@click.option("--feeds", required=True, type=FOLDER, help="The folder of the departments' files.")
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day that the files are of.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file for the model.")
def train(registers: Path, feeds: Path, day: datetime, out: Path, *, as_json: bool) -> None:
    """Learn from a district's own doubtful rows, which need no labels; the model holds neither names nor numbers of people."""
    if find_spec("splink") is None:
        raise Refusal(
            "no_splink",
            Text("训练需要 Splink，这里没有安装。", "Training needs Splink, which is not installed here."),
            Text(
                "请安装附加部分 linkage：scripts/setup.sh full。", "Install the extra `linkage`: scripts/setup.sh full."
            ),
        )
    from taizhang.screen import linkage, training

    library = environment.read(os.environ).library
    with progress(Text("训练", "Training")):
        content = training.train_files(registers, feeds, day.date(), library=library)
    out.write_bytes(content)
    made = linkage.model(content, linkage.for_feeds(library)[0])
    if as_json:
        print_json({"model": str(out), "digest": made.digest, "rows": list(made.rows), "splink": made.splink})
        return
    people, rows = made.rows
    say(
        Text(
            f"用 {rows} 行拿不准的数据对 {people} 人训练，模型 {made.digest[:12]} 在 {out}。",
            f"Trained on {rows} doubtful rows against {people} people; model {made.digest[:12]} is in {out}.",
        )
    )


@link.command()
@with_data
@click.argument("model", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--none", "without", is_flag=True, help="From now on no model decides anything.")
def adopt(model: Path | None, *, without: bool) -> None:
    """Let imports of a site from now on use a model, or none: an entry that holds the model. Rows that are there stay as they are."""
    if (model is None) != without:
        raise click.UsageError("name a model, or say --none")
    load_site()
    from taizhang.core import access, clock
    from taizhang.work import linking

    digest = linking.adopt(access.SYSTEM, model.read_bytes() if model is not None else None, clock=clock.of_district())
    if digest:
        say(Text(f"模型 {digest[:12]} 从下一次导入起使用。", f"Model {digest[:12]} is used from the next import on."))
    else:
        say(Text("不再使用模型；拿不准的行都由人判定。", "No model is used any more; people decide all doubtful rows."))
