"""The commands of an installation. Each imports what it needs when it runs: `taizhang screen` never loads the site."""

from __future__ import annotations

from typing import Final

import click

from taizhang.cli.frame import Commands

COMMANDS: Final = {
    "demo": ("demo",),
    "founding": ("found",),
    "site": ("serve", "manage"),
    "clocks": ("sweep", "advance"),
    "screening": ("screen", "prove", "whatif", "explain"),
    "counting": ("figures",),
    "keeping": ("verify", "backup", "restore", "doctor"),
    "ledgers": ("ledger",),
    "linking": ("link",),
}
"""Which module of this package holds which commands."""


@click.group(
    cls=Commands,
    homes={name: f"{__name__}.{module}" for module, names in COMMANDS.items() for name in names},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="taizhang")
def main() -> None:
    """Taizhang (台账): the open accountability ledger of a county or district."""
