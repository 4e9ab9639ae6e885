"""Tips in the demo: one opened by two, read and answered; one that nobody has opened yet. Both name an invented unit. Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from taizhang.demo.mechanisms.deeds import TIP, Deed
from taizhang.demo.story import at

ANYONE: Final = "@anyone"


def schedule() -> list[Deed]:
    """Every deed about tips; who sent one is nobody of the demo."""
    lamps = {"words": "去年冬天领的路灯材料没有装到路上，仓库里也没有。", "unit": "x_lamp"}
    fair = {"words": "集市摊位费收了不给票，问了几次都说以后补。", "unit": "x_fair", "contact": "不留"}
    return [
        Deed(at(date(2021, 12, 7), 20), ANYONE, "lamps", TIP, "send", lamps),
        Deed(at(date(2021, 12, 8), 9, 20), "discipline.1", "lamps", TIP, "open", {}),
        Deed(at(date(2021, 12, 8), 10), "discipline.lead", "lamps", TIP, "open", {}),
        Deed(at(date(2021, 12, 8), 10, 10), "discipline.lead", "lamps", TIP, "read", {}),
        Deed(
            at(date(2021, 12, 15), 16),
            "discipline.lead",
            "lamps",
            TIP,
            "answer",
            {"words": "已清点仓库，正在核对领用记录。"},
        ),
        Deed(at(date(2021, 12, 16), 21), ANYONE, "fair", TIP, "send", fair),
    ]
