"""`taizhang found`: a real district in a new installation."""

from __future__ import annotations

from pathlib import Path

import click

from taizhang.cli.frame import load_site, say, with_data
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

THREE = 3  # system, security and audit administrators are three persons
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@with_data
@click.argument("code")
@click.argument("name")
@click.option("--areas", "area_file", type=FILE, help="The area tree (columns of library/areas-410503.csv).")
@click.option("--organisations", "organisation_file", type=FILE, help="The organisations (else the library's).")
@click.option(
    "--administrator", "names", multiple=True, required=True, metavar="NAME",
    help="The persons of the system administrator, the security administrator and the auditor: three times, in this order.",
)  # fmt: skip
def found(code: str, name: str, area_file: Path | None, organisation_file: Path | None, names: tuple[str, ...]) -> None:
    """Found a real district (six-digit CODE and NAME) in a new installation; prints three first passwords once."""
    if len(names) != THREE:
        raise Refusal("administrators", Text("请给出三个人：系统管理员、安全管理员、审计员。",
                      "Name three persons: the system administrator, the security administrator, the auditor."))  # fmt: skip
    chosen = load_site(as_owner=True, creates=True)
    from taizhang.core import clock
    from taizhang.work import founding, install

    install.migrate()
    done = founding.found(
        code, name, clock=clock.system(), names=names,
        area_file=area_file or chosen.library / f"areas-{code}.csv",
        organisation_file=organisation_file or chosen.library / "organisations.csv",
    )  # fmt: skip
    say(Text(f"{name}：{done.areas} 个区划，{done.organisations} 个机构，{len(done.ledgers)} 本台账。",
             f"{name}: {done.areas} areas, {done.organisations} organisations, {len(done.ledgers)} ledgers."))  # fmt: skip
    say(Text("初始口令只显示这一次，请抄在纸上交给本人，首次登录须修改：",
             "These first passwords are shown once: hand them over on paper; each must be changed at the first log-in:"))  # fmt: skip
    for one in done.issued:
        click.echo(f"  {one.username:<16} {one.name}  {one.password}")
