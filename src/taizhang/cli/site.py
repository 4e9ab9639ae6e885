"""`taizhang serve` and `taizhang manage`: running the site and looking after its tables."""

from __future__ import annotations

import sys

import click

from taizhang.cli.frame import load_site, with_data
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text


@click.command()
@with_data
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--check", "once", is_flag=True, help="Stop after the first answer.")
def serve(host: str, port: int, *, once: bool) -> None:
    """Run the site and its background jobs until Ctrl-C."""
    from taizhang import serving

    chosen = load_site()
    _refuse_unbuilt()
    _refuse_unmigrated()
    sys.exit(serving.serve(chosen, host=host, port=port, once=once, ready=lambda url: click.echo(f"ready {url}")))


def _refuse_unbuilt() -> None:
    from django.conf import settings

    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        raise Refusal(
            "not_built",
            Text("页面的样式和脚本还没有生成。", "The styles and scripts of the pages are not built yet."),
            Text("请先执行 make setup。", "Run `make setup`."),
        )


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


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a command of Django, for those who look after an installation (`manage migrate`)."""
    migrates = arguments[:1] == ("migrate",)
    load_site(as_owner=migrates, creates=migrates)
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import connection

    from taizhang.core import append_only

    execute_from_command_line(["taizhang manage", *arguments])
    if migrates:
        append_only.grant(connection, settings.SITE_ROLE)
