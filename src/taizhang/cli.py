"""The commands of an installation. Each imports what it needs when it runs: `taizhang screen` never loads the site."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from taizhang import environment
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

WRONG = 1  # the command ran and found something wrong
REFUSED = 2  # nothing was done

NEW = Text(
    "演示请执行 taizhang demo；正式安装请执行 taizhang manage migrate。",
    "For a demo run `taizhang demo`; for a new installation run `taizhang manage migrate`.",
)

F = TypeVar("F", bound=Callable[..., Any])


def _language() -> str:
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if spoken.startswith("en") else "zh"


def say(text: Text, *, error: bool = False) -> None:
    """Print a sentence in the language of the terminal (Chinese unless its locale is English)."""
    click.echo(text.within(_language()), err=error)


def print_json(value: object) -> None:
    """Print what a program will read: one JSON object, sorted nowhere, in UTF-8."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


class Commands(click.Group):
    """A refusal of the product is one sentence and what to do next, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a Refusal ends with exit code 2."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            say(Text(refusal.sentence("zh"), refusal.sentence("en")), error=True)
            ctx.exit(REFUSED)


def with_data(function: F) -> F:
    """Give a command `--data DIR`, the data directory (else TAIZHANG_DATA, else ./data)."""

    def choose(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
        if value is not None:
            os.environ["TAIZHANG_DATA"] = str(value.absolute())

    option = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        callback=choose,
        expose_value=False,
        is_eager=True,
        help="The data directory (else TAIZHANG_DATA, else ./data).",
    )
    return option(function)


def site(*, as_owner: bool = False, creates: bool = False) -> environment.Environment:
    """Load the site in this process: as the role that owns the tables where the command changes the schema.

    Only a command that `creates` an installation makes a data directory and keys; any other is refused without them.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "taizhang.settings"
    os.environ["TAIZHANG_AS_OWNER"] = "1" if as_owner else "0"
    chosen = environment.read(os.environ)
    if creates:
        environment.make_keys(chosen)
        chosen.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif chosen.database is None and not (chosen.data / environment.SQLITE_NAME).exists():
        raise Refusal("no_data", Text(f"{chosen.data} 里没有台账。", f"There is no ledger in {chosen.data}."), NEW)
    import django

    django.setup()
    return chosen


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="taizhang")
def main() -> None:
    """Taizhang (台账): the open accountability ledger of a county or district."""


# --- the site -------------------------------------------------------------------------------------------------------


@main.command()
@with_data
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--check", "once", is_flag=True, help="Stop after the first answer.")
def serve(host: str, port: int, *, once: bool) -> None:
    """Run the site and its background jobs until Ctrl-C."""
    from taizhang import serving

    chosen = site()
    _refuse_unmigrated()
    sys.exit(serving.serve(chosen, host=host, port=port, once=once, ready=lambda url: click.echo(f"ready {url}")))


def _refuse_unmigrated() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if pending:
        raise Refusal(
            "migrations",
            Text("数据库比程序旧。", "The database is older than the program."),
            Text(
                "请先执行 taizhang backup，再执行 taizhang manage migrate。",
                "Run `taizhang backup`, then `taizhang manage migrate`.",
            ),
        )


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a command of Django, for those who look after an installation (`manage migrate`, `manage check`)."""
    migrates = arguments[:1] == ("migrate",)
    site(as_owner=migrates, creates=migrates)
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import connection

    from taizhang.core import append_only

    execute_from_command_line(["taizhang manage", *arguments])
    if migrates:
        append_only.grant(connection, settings.SITE_ROLE)
