"""A draw by lot: the same again from its seed, every row equally likely, nobody who is left out, nobody where they have an interest."""

from __future__ import annotations

import hashlib
from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as some

from taizhang.ledger.draw import Drawn, draw, lot

DRAWS = 10_000
# The chance of a chi-square above these is 0.001 (15 and 9 degrees of freedom; tables of the distribution).
BOUND = {15: 37.697, 9: 27.877}
names = some.lists(some.text("abcdefgh", min_size=1, max_size=4), unique=True, max_size=12)


def chi_square(counts: Counter[str], kinds: int) -> float:
    """How far counts lie from equal ones."""
    expected = sum(counts.values()) / kinds
    return sum((count - expected) ** 2 / expected for count in counts.values())


def test_ten_thousand_draws_with_exclusions_draw_every_row_alike() -> None:
    every = [f"E{order:02d}" for order in range(20)]
    left_out = {"E03", "E07", "E11", "E19"}
    pool = [one for one in every if one not in left_out]
    dice, counts = Random(2021), Counter[str]()
    for _ in range(DRAWS):
        counts.update(row for row, _ in draw(dice.getrandbits(52), pool, 3).rows)
    assert sum(counts.values()) == 3 * DRAWS
    assert set(counts) == set(pool)
    assert chi_square(counts, 16) < BOUND[15]


def test_who_goes_is_drawn_alike_too_and_never_who_has_an_interest() -> None:
    people = [f"P{order}" for order in range(12)]
    barred = {"E1": {"P0", "P1"}}
    dice, counts = Random(7), Counter[str]()
    for _ in range(DRAWS):
        ((_, hands),) = draw(dice.getrandbits(52), ["E1"], 1, 2, people, barred).rows
        assert len(set(hands)) == 2
        counts.update(hands)
    assert set(counts) == set(people[2:])
    assert chi_square(counts, 10) < BOUND[9]


def test_a_spreadsheet_repeats_a_draw_by_sorting_digests() -> None:
    pool = ["E1", "E2", "E3", "E4"]
    by_hand = sorted(pool, key=lambda one: hashlib.sha256(f"12345:{one}".encode()).hexdigest())
    assert [row for row, _ in draw(12345, pool, 2).rows] == by_hand[:2]
    assert lot("12345:E1", ["甲", "乙"]) == sorted(
        ["甲", "乙"], key=lambda one: hashlib.sha256(f"12345:E1:{one}".encode()).hexdigest()
    )


@given(some.integers(0, 2**52), names, some.integers(0, 6), names)
def test_a_draw_is_the_same_again_in_whatever_order_the_pool_stands(
    seed: int, pool: list[str], size: int, people: list[str]
) -> None:
    first = draw(seed, pool, size, 2 if len(people) > 1 else 0, people)
    assert first == draw(seed, list(reversed(pool)), size, 2 if len(people) > 1 else 0, list(reversed(people)))
    assert first.lacks == max(0, size - len(pool))
    if not first.lacks:
        drawn = [row for row, _ in first.rows]
        assert len(set(drawn)) == size
        assert set(drawn) <= set(pool)


def test_too_few_rows_or_too_few_people_draw_nothing() -> None:
    assert draw(1, ["E1"], 2) == Drawn(lacks=1)
    assert draw(1, ["E1"], 1, 2, ["P1", "P2"], {"E1": {"P2"}}) == Drawn(nobody="E1")
