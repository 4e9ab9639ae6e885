"""Help products in the demo: two zones in wholesale markets, a certified vegetable, its batches and sales, spot checks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from taizhang.demo.mechanisms.cast import BAIZHUANG, COOPERATIVE, PRODUCT, office
from taizhang.demo.mechanisms.deeds import Deed, Matter
from taizhang.demo.story import at, workday

BASE, COUNTER, ZONES = "JD-LUSUN", "ZG-HUILIN", ("ZQ-NONGPI", "ZQ-GUOPIN")
_COMMERCE: Final = office("commerce")
_TOWN: Final = f"reviewer:{BAIZHUANG}"
_OUTLETS: Final = (
    (ZONES[0], "豆香农产品批发市场帮扶专区（虚构）", "zone", "410503005", date(2020, 9, 8)),
    (ZONES[1], "安临果品批发市场帮扶专区（虚构）", "zone", "410503008", date(2020, 9, 22)),
    (COUNTER, "惠邻购物广场帮扶专柜（虚构）", "counter", "410503005", date(2020, 9, 9)),
)


def schedule() -> list[Deed]:
    """Every deed about help products."""
    return [deed for matter in (*_outlets(), *_certificate(), *_batches(), *_checks()) for deed in matter.deeds]


def _outlets() -> Iterator[Matter]:
    for code, name, kind, area, day in _OUTLETS:
        entered = Matter("directory", area, code)
        yield entered.did(day, _COMMERCE, "place", name=name, code=code, place_kind=kind, office="commerce",
                          reason="与市场方签订协议，当日开柜。")  # fmt: skip


def _certificate() -> Iterator[Matter]:
    base = Matter("directory", "410503100209", BASE)
    yield base.did(date(2020, 7, 27), _TOWN, "place", name="绿笋基地（虚构）", code=BASE, place_kind="base", owner=COOPERATIVE,
                   reason="现场看过，与农户签有用工协议。")  # fmt: skip
    product = Matter("directory", "410503100209", PRODUCT)
    yield product.did(date(2020, 7, 28), _TOWN, "product", name="绿笋芦笋（虚构）", code=PRODUCT, product_kind="vegetable",
                      owner=COOPERATIVE, reason="检测报告和商标已核。")  # fmt: skip
    certified = Matter("products", PRODUCT)
    certified.did(date(2020, 8, 3), _TOWN, "apply", base=BASE, way="wage", households=12, promised=3000, price=12, ours=11,
                  evidence={"file": 1})  # fmt: skip
    certified.did(date(2020, 8, 5), _TOWN, "check", bureau="agriculture")
    certified.did(date(2020, 8, 10), "department:agriculture", "review")
    certified.did(date(2020, 8, 12), "lead", "approve")
    certified.did(date(2020, 8, 24), "lead", "certify", valid_to=date(2022, 8, 31))
    certified.did(date(2020, 12, 21), _TOWN, "deliver", homes=12, sum=38_400, evidence={"file": 1})
    certified.did(date(2021, 12, 6), _TOWN, "deliver", homes=12, sum=41_200, evidence={"file": 1})
    yield certified


def _batches() -> Iterator[Matter]:
    """A batch a month from September to November 2020 and in the autumn of 2021; the last one is still on sale."""
    days = (*(date(2020, month, 7) for month in (9, 10, 11)), *(date(2021, month, 6) for month in (9, 10, 12)))
    for order, made in enumerate(days):
        day, output = workday(made), 600 + 40 * order
        batch = Matter("batches", PRODUCT, f"b{order}")
        batch.did(
            at(day, 9), _TOWN, "declare", made_on=day, unit="kg", output=output, passed=True, evidence={"file": 1}
        )
        batch.did(at(day, 9, 30), _TOWN, "print", count=60)
        sold, left = 0, output
        for week, outlet in enumerate((ZONES[0], COUNTER, ZONES[1])):
            quantity = min(left, 150 + 25 * week + 10 * order)
            when = day + timedelta(days=2 + 3 * week)
            known = outlet in (ZONES[0], COUNTER) or when > date(2020, 9, 22)
            batch.did(
                at(when, 16), _TOWN, "sell", quantity=quantity, amount=quantity * 11, at=outlet if known else None
            )
            sold, left = sold + quantity, left - quantity
        if order < len(days) - 1:
            batch.did(at(day + timedelta(days=20), 17), _TOWN, "close", reason="本批售完或下架，余量自用。")
        yield batch


def _checks() -> Iterator[Matter]:
    """Checks of the commerce bureau: in order, passed off and put right, and one that is still waiting."""
    fair = Matter("market_checks", PRODUCT, "m1")
    fair.did(date(2020, 10, 12), _COMMERCE, "plan", at=ZONES[0])
    yield fair.did(
        date(2020, 10, 13), _COMMERCE, "clear", note="标识、价签与公示一致。", at=ZONES[0], evidence={"photo": 1}
    )
    passed = Matter("market_checks", PRODUCT, "m2")
    passed.did(date(2020, 10, 14), _COMMERCE, "plan", at=ZONES[1])
    passed.did(date(2020, 10, 15), _COMMERCE, "fault", finding="passing_off", note="一个摊位用本区标识卖外地芦笋。",
               deadline=date(2020, 10, 20), evidence={"photo": 1})  # fmt: skip
    passed.did(date(2020, 10, 16), _TOWN, "report", note="已下架，摊主写了说明。", evidence={"photo": 1})
    yield passed.did(date(2020, 10, 19), "lead", "accept")
    waiting = Matter("market_checks", PRODUCT, "m3")
    yield waiting.did(date(2021, 12, 17), _COMMERCE, "plan", at=COUNTER)
