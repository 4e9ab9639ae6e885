"""`taizhang figures`: the printed figures, counted from records."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from taizhang.cli.frame import load_site, print_json, progress, say, with_data, with_json
from taizhang.kit.text import Text


@click.command()
@with_data
@with_json
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Count as of this day instead of each figure's own.")
def figures(on: datetime | None, *, as_json: bool) -> None:
    """Count every printed figure from the records behind it, and set it beside what was printed."""
    load_site()
    from taizhang.core.queries import figures as counting

    wanted = counting.read()
    counted = []
    with progress(Text("统计", "Counting")) as step:
        for done, one in enumerate(wanted, 1):
            counted.append(counting.figure(one.id, on=on.date() if on else None))
            step(done, len(wanted))
    if as_json:
        rows = [
            {
                "id": figure.wanted.id,
                "value": _number(figure.value),
                "wanted": _number(figure.wanted.wanted),
                "least": figure.wanted.least,
                "on": (on.date() if on else figure.wanted.on).isoformat(),
                "records": figure.records,
            }
            for figure in counted
        ]
        print_json({"figures": rows})
        return
    for figure in counted:
        bound = "≥ " if figure.wanted.least else ""
        mark = "=" if figure.agrees else "≠"
        say(
            Text(
                f"{mark} {figure.wanted.label.zh}：{figure.value}（公开数 {bound}{figure.wanted.wanted}，{figure.records} 条记录）",
                f"{mark} {figure.wanted.label.en}: {figure.value} "
                f"(printed {bound}{figure.wanted.wanted}, from {figure.records} records)",
            )
        )


def _number(value: str) -> int | float:
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
