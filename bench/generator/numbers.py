"""Identity numbers: making them, writing them in the ways departments do, and damaging them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .schema import Array

AREA = 990503
"""Unassigned area code: no number made here belongs to anybody."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def numbers(births: Array, serials: Array) -> Array:
    """18-character numbers (GB 11643-1999) for birth days (days since 1970) and serials below 1000."""
    day = births.astype("datetime64[D]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    month = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    of_month = (day - day.astype("datetime64[M]")).astype(np.int64) + 1
    base = ((AREA * 10000 + year) * 100 + month) * 100 + of_month
    base = base * 1000 + serials
    total = np.zeros(len(base), dtype=np.int64)
    rest = base.copy()
    for weight in reversed(WEIGHTS):
        total += rest % 10 * weight
        rest //= 10
    check = pa.array(list(CHECKS)).take(pa.array(total % 11))
    text = pc.binary_join_element_wise(pa.array(base).cast(pa.string()), check, "")
    return np.asarray(text.to_numpy(zero_copy_only=False), dtype=object)


def serials(births: Array) -> Array:
    """A serial for each person so that two of one birth day never share one."""
    order = np.argsort(births, kind="stable")
    ordered = births[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(ordered)), 0))
    rank = np.arange(len(ordered)) - start
    result = np.empty(len(births), dtype=np.int64)
    result[order] = (rank * 37 + ordered * 7) % 1000
    return result


def fifteen(number: str) -> str:
    """The old 15-digit writing of a number of somebody born in the 1900s."""
    return number[:6] + number[8:17]


def damaged(number: str, rng: np.random.Generator) -> str:
    """One of the ways in which numbers arrive broken; the result never has a valid check digit by accident."""
    way = int(rng.integers(10))
    at = int(rng.integers(6, 17))
    if way < 4:
        digit = (int(number[at]) + int(rng.integers(1, 10))) % 10
        return number[:at] + str(digit) + number[at + 1 :]
    if way < 6:
        at = min(at, 15)
        if number[at] == number[at + 1]:
            return number[:-1] + ("0" if number[-1] != "0" else "1")
        return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if way == 6:
        return number[:at] + number[at + 1 :]
    if way == 7:
        return number[:at] + number[at] + number[at:]
    if way == 8:
        return number[:14] + "*" * 4
    return ""


def as_written(column: Array, rng: np.random.Generator, share_damaged: float) -> Array:
    """Numbers as departments send them: most clean, some spelled untidily, a share damaged.

    `column` holds 18-character numbers and is not changed.
    """
    result = column.copy()
    dice = rng.random(len(result))
    untidy = np.flatnonzero(dice < 0.03 + share_damaged)
    for row in untidy:
        number, throw = result[row], dice[row]
        if throw < share_damaged:
            result[row] = damaged(number, rng)
        elif throw < share_damaged + 0.015:
            result[row] = fifteen(number) if number[6:8] == "19" else number.lower()
        elif throw < share_damaged + 0.02:
            result[row] = f" {number} "
        elif throw < share_damaged + 0.023:
            result[row] = "'" + number
        elif throw < share_damaged + 0.026:
            result[row] = number.translate(FULL_WIDTH)
        else:
            result[row] = f"{number[:6]} {number[6:14]} {number[14:].lower()}"
    return result
