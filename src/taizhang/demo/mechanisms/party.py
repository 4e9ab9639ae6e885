"""The work of branches in the demo: December's theme days, one that wanted more, one filed, a plan of four discussions. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from taizhang.demo.mechanisms.cast import BAIZHUANG, office
from taizhang.demo.mechanisms.deeds import Deed, Matter
from taizhang.demo.offices import branch
from taizhang.demo.story import at

LEDGER: Final = "branch_duties"
BRANCHES: Final = 9
_THEMES: Final = (
    "清理村边沟渠，议定每月第二个周末一次。",
    "入户宣传防止返贫政策，党员每人联系三户。",
    "学习全会精神，讨论村集体大棚分红办法。",
)


def schedule() -> list[Deed]:
    """Every deed of branches."""
    return [deed for matter in _matters() for deed in matter.deeds]


def _matters() -> Iterator[Matter]:
    """Nine branches of a town: eight theme days and a committee meeting of December, looked at by the district."""
    look = office("organisation_department")
    for order in range(BRANCHES):
        code = branch(f"{BAIZHUANG}{205 + order}")
        who, members = f"secretary.{code}", 18 + 3 * order
        month = Matter(LEDGER, code, "theme")
        month.did(at(date(2021, 12, 8 + order % 3), 16, order), who, "record", item="B05" if order else "B02",
                  done_on=date(2021, 12, 8), members=members if order else 5, present=members - 2 if order else 5,
                  account=_THEMES[order % 3], period=date(2021, 12, 8))  # fmt: skip
        if order == 1:
            month.did(at(date(2021, 12, 13), 10), look, "ask", remark="请写明议定了什么、谁负责。")
            month.did(at(date(2021, 12, 14), 9), who, "add", account="清理村边沟渠，由两名党员小组长分段负责。")
            month.did(at(date(2021, 12, 15), 10), look, "file")
        if order == 2:
            month.did(at(date(2021, 12, 14), 10), look, "ask", remark="请附会议记录。")
        yield month
    road = Matter(LEDGER, branch(f"{BAIZHUANG}206"), "four")
    yield road.did(at(date(2021, 12, 10), 17), f"secretary.{branch(f'{BAIZHUANG}206')}", "record", item="B07",
                   done_on=date(2021, 12, 10), members=21, present=17, account="村内道路修补方案，决议已公开。")  # fmt: skip
