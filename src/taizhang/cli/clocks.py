"""`taizhang sweep` and `taizhang advance`: what time itself brings about."""

from __future__ import annotations

import logging
import time

import click

from taizhang.cli.frame import load_site, say, with_data
from taizhang.kit import days
from taizhang.kit.text import Text

log = logging.getLogger("taizhang.sweep")


@click.command()
@with_data
@click.option(
    "--every", type=click.IntRange(min=1), metavar="SECONDS", help="Go on until stopped, once every so often."
)
def sweep(every: int | None) -> None:
    """Carry out what the ledgers want done when a light turns (`taizhang serve` does it every minute)."""
    load_site()
    _sweep()
    while every is not None:
        time.sleep(every)
        try:
            _sweep()
        except Exception:  # a database that is away for a moment must not end the sweeping for ever
            log.exception("the sweep broke; it is tried again in %s s", every)


def _sweep() -> None:
    from django.db import close_old_connections

    from taizhang.core import clock
    from taizhang.work import sweep as sweeping

    close_old_connections()
    done = sweeping.sweep(clock=clock.of_district())
    if done.done or done.failed:
        say(
            Text(
                f"到期办理 {done.done} 项，失败 {done.failed} 项。",
                f"{done.done} carried out because their time had come, {done.failed} failed.",
            )
        )


@click.command()
@with_data
@click.argument("count", metavar="DAYS", type=int)
def advance(count: int) -> None:
    """Move the clock of a demo database on by DAYS, and carry out what that brings about."""
    load_site()
    from taizhang.core import access, clock
    from taizhang.core.moves import clock as moving

    moving.advance(access.SYSTEM, count, clock=clock.of_district())
    _sweep()
    now = clock.of_district().now().astimezone(days.SHANGHAI)
    say(Text(f"现在是 {now:%Y-%m-%d %H:%M}。", f"It is now {now:%Y-%m-%d %H:%M}."))
