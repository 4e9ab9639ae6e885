"""Money is an integer number of fen (1 yuan = 100 fen); no float ever holds an amount."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

FEN_PER_YUAN: Final = 100
_UNITS: Final = {"元": Decimal(1), "万元": Decimal(10_000), "万": Decimal(10_000), "亿元": Decimal(100_000_000)}


def parse(text: str) -> int:
    """An amount as people write it (`1,234.5`, `¥ 12 元`, `2.1万元`, full width) in fen.

    Raises ValueError when the text is no amount or is finer than a fen.
    """
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "").lstrip("¥")
    factor = Decimal(1)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if plain.endswith(unit):
            plain, factor = plain[: -len(unit)], _UNITS[unit]
            break
    try:
        fen = Decimal(plain) * factor * FEN_PER_YUAN
    except InvalidOperation:
        raise ValueError(f"no amount: {text!r}") from None
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise ValueError(f"finer than a fen: {text!r}")
    return int(fen)


def show(fen: int, *, decimals: bool = False) -> str:
    """Yuan with thousands commas; the fen are shown when there are any, or when asked for."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    yuan, rest = divmod(fen, FEN_PER_YUAN)
    return f"{sign}{yuan:,}.{rest:02d}" if rest or decimals else f"{sign}{yuan:,}"


def decimal_yuan(fen: int) -> str:
    """Yuan with two decimals and no commas, as figures in files are written."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN_PER_YUAN}.{fen % FEN_PER_YUAN:02d}"
