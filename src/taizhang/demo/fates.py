"""Which households of the demo district live through what: watched since 2020, removed, returned, gone, on their way.

Drawn with the seed among those whom the rules allow, the village and the town of the demo's log-ins first where a
story is meant to be seen there. The households that stand in watch on the last day are those of `people.population`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from taizhang.demo.people import SEED, House
from taizhang.demo.story import able

_FROM, _TO = date(2020, 4, 1), date(2021, 12, 31)  # who is of working age all the time can be removed at any
SINCE_2020, RETURNED, REMOVED_2020, REMOVED_2021, LEFT = 10, 4, 22, 8, 3
LEAVING: Final = ("removing", "removal_reviewed", "removal_posted", "removal_objected", "removal_at_county",
                  "removal_approved", "leaving", "removal_posted")  # fmt: skip
KEPT: Final = ("review", "objection", "town")  # who found that a household had better stay in watch
CLOSED, CLOSED_2020 = 64, 16
# where: in the log-ins' village, in their town, or elsewhere
HALF_WAY: Final = "veevvevevettettteve"
WARNED, FOUND = 8, 2
CHANGED: Final = "eteteeteeetv"


@dataclass(frozen=True)
class Fates:
    """The households of each kind of story; nobody is in two of them."""

    watched: tuple[House, ...]  # found by people in 2021 and in watch on the last day, in the order of entry
    since_2020: tuple[House, ...]  # in watch since 2020, renamed in 2021
    returned: tuple[House, ...]  # removed from the watch of 2020, at risk again in 2021: a second spell
    rolled_back: House  # removed, and the removal taken back
    leaving: tuple[House, ...]  # of `watched`: in the stages of `LEAVING` on the last day
    kept: tuple[House, ...]  # of `watched`: proposed for removal, and kept for the reasons of `KEPT`
    removed_2020: tuple[House, ...]  # entered in 2020, removed since
    removed_2021: tuple[House, ...]  # entered and removed in 2021
    left: tuple[House, ...]  # left by themselves
    closed: tuple[House, ...]  # clues that led nowhere
    half_way: tuple[House, ...]  # on their way into watch on the last morning
    changed: tuple[House, ...]  # ordinary ones with a birth, a death, a move
    warned: tuple[House, ...]  # alerted by the screening of November without a risk that lasts
    found: tuple[House, ...]  # found by that screening, and in watch on the last day

    @property
    def alerted(self) -> tuple[House, ...]:
        """Those of whom departments have news in November: two by two ill, with a new card, hurt, without relief, calling."""
        ill, hurt = self.found
        return (self.warned[0], ill, *self.warned[1:3], hurt, *self.warned[3:])

    @property
    def gone(self) -> tuple[House, ...]:
        """Once in watch and no longer."""
        return (*self.removed_2020, *self.removed_2021, *self.left)


def draw(houses: Sequence[House], home: str, seed: int = SEED) -> Fates:
    """Choose for every story. `home` is the village of the demo's log-ins."""
    rng = Random(f"{seed}-fates")  # noqa: S311 - reproducible fiction, not a secret
    watched = [house for house in houses if house.watched]
    others = [house for house in houses if not house.watched and house.kind != "非农户"]
    rng.shuffle(others)
    pool = _Pool(watched, home)
    early = pool.take(SINCE_2020 + RETURNED + 1, lambda house: house.watched != "sudden" and _can_work(house), spread=5)
    rest, found = tuple(pool.left[:-FOUND]), tuple(pool.left[-FOUND:])
    half = len(rest) // 3  # entered by spring, so that half a year has passed by the autumn
    spring = _Pool([house for house in rest[:half] if _can_work(house)], home)
    leaving = spring.take(len(LEAVING), near=True)  # those of the log-ins' place first
    kept = spring.take(len(KEPT))
    free = _Pool(others, home)
    return Fates(
        watched=rest, since_2020=early[:SINCE_2020], returned=early[SINCE_2020:-1], rolled_back=early[-1],
        leaving=leaving, kept=kept, half_way=free.places(HALF_WAY),
        removed_2020=free.take(REMOVED_2020, _modest), removed_2021=free.take(REMOVED_2021, _modest),
        left=free.take(LEFT, _modest), closed=free.take(CLOSED + CLOSED_2020),
        changed=free.places(CHANGED, _family), warned=free.take(WARNED, _family), found=found,
    )  # fmt: skip


def _can_work(house: House) -> bool:
    return any(one in able(house, _TO) for one in able(house, _FROM))


def _family(house: House) -> bool:
    return not house.poor and len(house.people) == 3


def _modest(house: House) -> bool:
    return _can_work(house) and len(house.people) <= 5


class _Pool:
    """Households that are still free, in order."""

    def __init__(self, houses: Sequence[House], home: str) -> None:
        self.left, self.home = list(houses), home

    def take(
        self, count: int, fits: Callable[[House], bool] = lambda _: True, *, spread: int = 1, near: bool = False
    ) -> tuple[House, ...]:
        """The first `count` that fit: every `spread`th of them, or those nearest to the log-ins' village first."""
        chosen = [house for house in self.left if fits(house)]
        if near:
            chosen.sort(key=lambda house: (house.village != self.home, house.village[:9] != self.home[:9]))
        taken = tuple(list(_every(chosen, spread))[:count])
        self.left = [house for house in self.left if house not in taken]
        return taken

    def places(self, where: str, fits: Callable[[House], bool] = lambda _: True) -> tuple[House, ...]:
        """One for each letter: `v` in the log-ins' village, `t` elsewhere in its town, `e` elsewhere."""
        taken = []
        for letter in where:
            there = (house for house in self.left if fits(house) and _place(house, self.home) == letter)
            taken.append(next(there))
            self.left.remove(taken[-1])
        return tuple(taken)


def _place(house: House, home: str) -> str:
    return "v" if house.village == home else "t" if house.village[:9] == home[:9] else "e"


def _every(houses: Sequence[House], spread: int) -> Iterator[House]:
    """Every `spread`th one, then those left over."""
    for begin in range(spread):
        yield from houses[begin::spread]
