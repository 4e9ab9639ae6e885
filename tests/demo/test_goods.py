"""The help products of the demo, on paper: two zones before the printed day, never more sold than declared, invented names."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from taizhang.demo.mechanisms import goods


def test_two_zones_stand_in_wholesale_markets_before_the_printed_day() -> None:
    zones = [deed for deed in goods.schedule() if deed.given.get("place_kind") == "zone"]
    assert [deed.at.date() < date(2020, 10, 15) for deed in zones] == [True, True]


def test_no_batch_is_sold_beyond_its_declared_output() -> None:
    declared: dict[str, int] = {}
    sold: dict[str, int] = defaultdict(int)
    for deed in goods.schedule():
        if deed.ledger == "batches":
            declared |= {deed.file: deed.given["output"]} if deed.act == "declare" else {}
            sold[deed.file] += deed.given["quantity"] if deed.act == "sell" else 0
    assert len(declared) == 6
    assert all(0 < sold[batch] <= output for batch, output in declared.items())


def test_every_row_that_is_entered_says_that_it_is_invented() -> None:
    names = [deed.given["name"] for deed in goods.schedule() if deed.ledger == "directory"]
    assert len(names) == 5
    assert all(name.endswith("（虚构）") for name in names)
