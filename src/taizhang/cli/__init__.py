"""The commands of an installation. Each imports what it needs when it runs: `taizhang screen` never loads the site."""

from __future__ import annotations

import click

from taizhang.cli import clocks, counting, demo, founding, keeping, ledgers, linking, screening, site
from taizhang.cli.frame import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="taizhang")
def main() -> None:
    """Taizhang (台账): the open accountability ledger of a county or district."""


for command in (
    *(demo.demo, founding.found, site.serve, site.manage),
    *(clocks.sweep, clocks.advance),
    *(screening.screen, screening.whatif, screening.explain, counting.figures),
    *(keeping.verify, keeping.backup, keeping.restore, keeping.doctor),
    *(ledgers.ledger, linking.link),
):
    main.add_command(command)
