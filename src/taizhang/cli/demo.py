"""`taizhang demo`: the demo district of invented people, built whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taizhang import environment
from taizhang.cli.frame import load_site, print_json, progress, say, with_data, with_json
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

if TYPE_CHECKING:
    from taizhang.demo.build import Built


@click.command()
@with_data
@with_json
@click.option("--if-missing", is_flag=True, help="Do nothing where there are data already.")
@click.option("--fresh", is_flag=True, help="Remove the demo that is there and build it anew.")
def demo(*, as_json: bool, if_missing: bool, fresh: bool) -> None:
    """Build the demo district: a lived year, the files of its departments imported and screened, people to log in as."""
    chosen = environment.read(os.environ)
    there = (chosen.data / environment.SQLITE_NAME).exists()
    if there and if_missing:
        return
    if there and fresh:
        _remove(chosen)
    elif there:
        raise Refusal("data_exist", Text(f"{chosen.data} 里已有台账。", f"There is a ledger in {chosen.data} already."),
                      Text("重建演示请加 --fresh。", "To build the demo anew add --fresh."))  # fmt: skip
    load_site(as_owner=True, creates=True)
    from taizhang.core import access, clock
    from taizhang.core.queries import counts
    from taizhang.demo import build

    with progress(Text("建演示县区", "Building the demo district")) as bar:
        built = build.build(chosen.library, bar)
    if as_json:
        cases = counts.cases(access.SYSTEM, clock.of_district().now())
        print_json({**_numbers(built), "cases": cases})
        return
    _print(built)


def _remove(chosen: environment.Environment) -> None:
    """Take a demo away; anything that is not stamped as one is refused."""
    place = chosen.data / environment.SQLITE_NAME
    with sqlite3.connect(f"file:{place}?mode=ro", uri=True) as database:
        stamped = database.execute("SELECT demo FROM core_district").fetchone()
    if stamped is None or not stamped[0]:
        raise Refusal(
            "not_demo", Text(f"{chosen.data} 不是演示库，不能删除。", f"{chosen.data} is no demo; it is not removed.")
        )
    shutil.rmtree(chosen.data)
    Path(chosen.key_file).unlink(missing_ok=True)


def _numbers(built: Built) -> dict[str, Any]:
    run = built.run
    return {
        "feeds": built.feeds,
        "alerts": run.hits if run else {},
        "clues": len(run.landed.clues) if run and run.landed else 0,
    }


def _print(built: Built) -> None:
    received, accepted, rejected = (
        sum(feed[name] for feed in built.feeds.values()) for name in ("received", "accepted", "rejected")
    )
    say(Text(f"部门数据 {len(built.feeds)} 类：收到 {received} 行，接受 {accepted} 行，退回 {rejected} 行。",
             f"{len(built.feeds)} feeds: {received} rows received, {accepted} accepted, {rejected} rejected."))  # fmt: skip
    if built.run is not None and built.run.landed is not None:
        hits, landed = "  ".join(f"{rule} {count}" for rule, count in built.run.hits.items()), built.run.landed
        clues, joined, villages = len(landed.clues), len(landed.joined), len(landed.villages)
        say(Text(f"筛查命中：{hits}", f"Rules hit: {hits}"))
        say(Text(f"新线索 {clues} 户，并入在办和监测中的 {joined} 户，村级问题 {villages} 个。",
                 f"{clues} new clues, {joined} joined to open cases, {villages} village problems."))  # fmt: skip
    from taizhang.demo.posts import PASSWORD

    say(Text(f"演示账号（密码都是 {PASSWORD}）：", f"Demo log-ins (the password of all is {PASSWORD}):"))
    for login in built.logins:
        who = f"  {login.username:<10} {login.name:　<3}"
        say(Text(f"{who} {login.post.zh}：{login.first.zh}", f"{who} {login.post.en}: {login.first.en}"))
    spent = "  ".join(f"{part} {seconds:.1f}s" for part, seconds in built.seconds.items())
    say(Text(f"用时 {sum(built.seconds.values()):.0f} 秒：{spent}", f"{sum(built.seconds.values()):.0f} s: {spent}"))
