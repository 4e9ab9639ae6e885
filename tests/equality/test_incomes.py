"""The income reckoning of the product equals a plain second program, to the fen, on a thousand random households."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from taizhang.core import reckoning
from taizhang.core.queries.incomes import rows_of
from taizhang.core.reckoning import Line
from taizhang.kit import money
from taizhang.ledger import library, loop, shelf
from taizhang.ledger.scope import Scope
from taizhang.ledger.worlds import LibraryWorld

ROOT = Path(__file__).resolve().parents[2]
HOUSEHOLDS = 1_000
DAY = date(2021, 12, 20)
NOW = datetime(2021, 12, 20, 1, tzinfo=UTC)
AREA = "410503100201"


@pytest.fixture(scope="module")
def known() -> library.Library:
    return library.read(ROOT / "library")


@pytest.fixture(scope="module")
def homes(known: library.Library) -> list[dict[str, Any]]:
    """Households with some kinds of income each, in yuan and fen; some costs given, some left to the ratio."""
    rng = Random(20211220)
    tree = reckoning.kinds_of(known.catalogues["income_kinds"].in_force(DAY))
    made = []
    for _ in range(HOUSEHOLDS):
        picked = [code for code, kind in tree.items() if kind.group != "cost" and rng.random() < 0.25]
        amounts = {code: money.decimal_yuan(rng.choice((0, rng.randrange(10_000_000)))) for code in picked}
        for code, kind in tree.items():
            must = kind.of in amounts and not kind.ratio
            if kind.group == "cost" and (must or rng.random() < 0.15):
                amounts[code] = money.decimal_yuan(rng.randrange(12_000_000))
        made.append({"persons": rng.randint(1, 9), "amounts": amounts})
    return made


@pytest.fixture(scope="module")
def plain(homes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the second program says of them."""
    text = "".join(json.dumps(home) + "\n" for home in homes)
    program = [sys.executable, str(ROOT / "bench" / "plain_income.py")]
    done = subprocess.run(program, input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def complete(home: dict[str, Any], known: library.Library) -> tuple[Line, ...]:
    tree = reckoning.kinds_of(known.catalogues["income_kinds"].in_force(DAY))
    ratios = {kind.ratio: known.policy(kind.ratio, AREA, DAY) for kind in tree.values() if kind.ratio}
    lines = [Line(code, money.parse(text), "asked") for code, text in home["amounts"].items()]
    return reckoning.complete(lines, tree, {name: ratio for name, ratio in ratios.items() if isinstance(ratio, int)})


def test_the_arithmetic_equals_a_plain_second_program_to_the_fen(
    homes: list[dict[str, Any]], plain: list[dict[str, Any]], known: library.Library
) -> None:
    tree = reckoning.kinds_of(known.catalogues["income_kinds"].in_force(DAY))
    assert len(plain) == HOUSEHOLDS
    for home, told in zip(homes, plain, strict=True):
        lines = complete(home, known)
        found = reckoning.reckon(lines, tree, home["persons"])
        stood_in = {line.kind: line.amount for line in lines if line.origin == "default"}
        ours = (found.net, found.head, found.reference, found.reference_head, stood_in)
        assert ours == tuple(told[key] for key in ("net", "head", "reference", "reference_head", "stood_in"))
    assert sum(bool(told["stood_in"]) for told in plain) > HOUSEHOLDS / 4  # ratios were used
    assert any(told["net"] < 0 for told in plain)  # and incomes below nothing occur


def test_what_the_ledger_derives_equals_it_too(
    homes: list[dict[str, Any]], plain: list[dict[str, Any]], known: library.Library
) -> None:
    law = shelf.load(ROOT / "library" / "ledgers", library=known)["income"]
    begins, ends = reckoning.window(DAY)
    clerk = loop.Actor("a", "a", None, frozenset({"cadre@village"}), "李兰")
    world = LibraryWorld(known)
    for home, told in zip(homes[::4], plain[::4], strict=True):
        given = {
            "purpose": "yearly", "begins": begins.isoformat(), "ends": ends.isoformat(), "persons": home["persons"],
            "lines": rows_of(complete(home, known)),
        }  # fmt: skip
        if not given["lines"]:
            continue
        done = loop.open_case(law, "reckon", clerk, {}, AREA, given, {}, loop.Moment(NOW), world)
        read = loop.reads(Scope(law, done.state, world, DAY, done.state.fields))
        keys = ("net", "head", "reference", "reference_head")
        assert [read[key] for key in keys] == [told[key] for key in keys]
        assert read["above"] == (told["net"] > 600_000 * home["persons"])
