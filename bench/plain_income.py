"""The reckoning of incomes once more, written from the words alone: imports nothing of the product, knows no library file.

Reads households as JSON lines, amounts in yuan as people write them:
    {"persons": 3, "amounts": {"WAGE_WORK": "18000", "BUSINESS_GRAIN": "5200.55", ...}}
and writes one JSON line each, in fen: net, head, reference, reference_head, and the costs that a ratio stood in for.

The words: net income = wages + business + property + transfers - costs of business, over twelve months. Costs nobody
has papers for are a share of their income: grain 40 %, tobacco 45 %, other crops 40 %, livestock 40 %, fruit 15 %, to
the nearest fen, half a fen upwards. One-off and purpose-bound aid and borrowed money are no income. The reference
income adds claims and takes off what was paid oneself. Shares per head are cut to the fen, towards zero.
"""

from __future__ import annotations

import json
import sys
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

SHARES = {
    "GRAIN": Decimal("0.40"), "TOBACCO": Decimal("0.45"), "CROPS": Decimal("0.40"), "LIVESTOCK": Decimal("0.40"),
    "FRUIT": Decimal("0.15"),
}  # fmt: skip
FEN = Decimal("0.01")


def household(told: dict[str, Any]) -> dict[str, Any]:
    """One household's figures, fen."""
    amounts = {kind: Decimal(text) for kind, text in told["amounts"].items()}
    stood_in = {}
    for crop, share in SHARES.items():
        gain = amounts.get("BUSINESS_" + crop, Decimal(0))
        if gain > 0 and "COST_" + crop not in amounts:
            stood_in["COST_" + crop] = (gain * share).quantize(FEN, ROUND_HALF_UP)
    net = Decimal(0)
    for kind, amount in (amounts | stood_in).items():
        branch = kind.split("_")[0]
        if branch in ("WAGE", "BUSINESS", "PROPERTY", "TRANSFER"):
            net += amount
        elif branch == "COST":
            net -= amount
    reference = net + amounts.get("CLAIMS", Decimal(0)) - amounts.get("SELF_PAID", Decimal(0))
    return {
        "net": fen(net), "head": fen(net / told["persons"]), "reference": fen(reference),
        "reference_head": fen(reference / told["persons"]), "stood_in": {k: fen(v) for k, v in sorted(stood_in.items())},
    }  # fmt: skip


def fen(yuan: Decimal) -> int:
    """Yuan in fen, cut towards zero."""
    return int(yuan.quantize(FEN, ROUND_DOWN) * 100)


def main() -> None:
    """Answer every line of the standard input."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(household(json.loads(line))) + "\n")


if __name__ == "__main__":
    main()
