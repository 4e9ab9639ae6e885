"""The years 2019 and 2020 of the demo district, and what became later of the households watched first in 2020. Pure.

In 2019 there are rounds of visits and problems of villages; watching households begins with the guiding opinion of
20 March 2020, which knew two kinds of them. Half a year later the first ones are removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

from taizhang.demo.fates import CLOSED, Fates
from taizhang.demo.people import SEED, House
from taizhang.demo.story import THREE_KINDS, Step, Story, at, in_order, workday
from taizhang.kit.days import add_months

_FIRST: Final = date(2020, 4, 7)
_RENAMED: Final = date(2021, 6, 7)  # the towns give every household its class of 2021
_ROUNDS: Final = ((date(2019, 5, 6), "2019年春季集中排查"), (date(2019, 11, 4), "2019年秋季集中排查"),
                  (date(2020, 4, 13), "2020年第一次集中排查"), (date(2020, 8, 3), "2020年第二次集中排查"),
                  (date(2020, 11, 2), "2020年第三次集中排查"))  # fmt: skip


def schedule(fates: Fates, villages: Sequence[str], towns: Sequence[str], seed: int = SEED) -> list[Step]:
    """Every step, in the order of time. `villages` and `towns` are area codes."""
    rng = Random(f"{seed}-past")  # noqa: S311 - reproducible fiction, not a secret
    steps = [*_rounds(towns, rng), *_problems(villages)]
    steps += _still_watched(fates.since_2020, rng)
    steps += _removed(fates.removed_2020, rng)
    for story in _stories((*fates.returned, fates.rolled_back), rng):
        story.removed(workday(add_months(story.day, 6) + timedelta(days=3)))
        if story.house == fates.rolled_back:
            story.roll_back(38)
        steps += story.steps
    steps += _left(fates.left, rng)
    for order, house in enumerate(fates.closed[CLOSED:]):
        story = Story(house, date(2020, 4, 20) + timedelta(days=order * 15), rng)
        story.open()
        story.later(rng.randint(1, 3))
        story.close()
        steps += story.steps
    return in_order(steps)


def _stories(houses: Sequence[House], rng: Random, first: date = _FIRST, every: int = 8) -> Iterator[Story]:
    """The first spell of each household, as far as *watched*; one begins every so many days."""
    for order, house in enumerate(houses):
        story = Story(house, first + timedelta(days=order * every), rng)
        story.watched(objection=order % 11 == 4, late=order % 9 == 6)
        yield story


def _still_watched(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    for story in _stories(houses, rng, date(2020, 5, 11), 17):
        story.reclassify(_RENAMED + timedelta(days=int(story.house.village[-1]) % 5))
        yield from story.steps


def _removed(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    """Removed half a year after they entered, or up to a year later; those still watched in June 2021 get its classes."""
    for order, story in enumerate(_stories(houses, rng, date(2020, 4, 9), 9)):
        day = workday(add_months(story.day, 6) + timedelta(days=4 + order * 37 % 170))
        if day > THREE_KINDS:
            day = max(day, _RENAMED + timedelta(days=10))
            story.reclassify(_RENAMED + timedelta(days=int(story.house.village[-1]) % 5))
        story.removed(day, objection=order % 8 == 3)
        yield from story.steps


def _left(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    """Moved away, taken into an institution, entered by mistake."""
    grounds = (("MOVED", "全家随子女迁往外地，户口已迁出。"), ("INSTITUTION", "夫妻二人入住区敬老院。"),
               ("MISTAKEN", "复核发现识别时漏算外出务工收入，予以清退。"))  # fmt: skip
    for order, (story, (ground, reason)) in enumerate(
        zip(_stories(houses, rng, date(2020, 6, 15), 20), grounds, strict=True)
    ):
        story.exit(workday(date(2020, 12, 14) + timedelta(days=order * 75)), ground, reason)
        yield from story.steps


def _rounds(towns: Sequence[str], rng: Random) -> Iterator[Step]:
    """Rounds of visits before they came every month; one was opened twice and cancelled."""
    for begins, title in _ROUNDS:
        yield from round_of(begins, begins + timedelta(days=14), title, towns, rng)
    twice = {"title": "2020年第三次集中排查（重复）", "since": "2020-11-03", "until": "2020-11-17", "towns": [towns[0]]}
    reason = {"reason": "与11月2日发起的重复。"}
    when = date(2020, 11, 3)
    yield Step(at(when, 9), "lead", "410503", "rounds", "open_round", twice, file="twice")
    yield Step(at(when, 10), "lead", "410503", "rounds", "cancel", reason, town=towns[0], file="twice")
    yield Step(at(when, 10, 5), "lead", "410503", "rounds", "cancel", reason, file="twice")


def round_of(
    begins: date, until: date, title: str, towns: Sequence[str], rng: Random, *, late: int = -1
) -> Iterator[Step]:
    """One round of visits: opened, reported by every town (the one at `late` after its day), closed."""
    given = {"title": title, "since": begins.isoformat(), "until": until.isoformat(), "towns": list(towns)}
    yield Step(at(begins, 9), "lead", "410503", "rounds", "open_round", given)
    half = (until - begins).days // 2 + 1
    for order, town in enumerate(towns):
        seen = {"seen": rng.randint(80, 320), "problems": rng.choice((0, 0, 0, 1, 2))}
        day = until + timedelta(days=2) if order == late else begins + timedelta(days=half + order % 4)
        yield Step(at(day, 16, order), f"reviewer:{town}", "410503", "rounds", "report", seen, town=town)
    yield Step(at(until + timedelta(days=3 if late >= 0 else 0), 17), "lead", "410503", "rounds", "close_round")


def _problems(villages: Sequence[str]) -> Iterator[Step]:
    """Problems of villages in 2019 and 2020: one late, one not solved at first, one that was none."""
    for order, village in enumerate(villages[3::17][:4]):
        day = date(2019, 7, 8) + timedelta(days=order * 130)
        yield from problem(day, village, days=(5, 14, 6, 4)[order], again=order == 2)
    nothing = villages[11]
    given = {"kind": "ROAD", "hint": "村西生产路塌陷。", "began": "2020-07-21"}
    yield Step(at(date(2020, 7, 22), 9), f"cadre:{nothing}", nothing, "village_problems", "report", given, file="road")
    yield Step(at(date(2020, 7, 24), 9), f"reviewer:{nothing[:9]}", nothing, "village_problems", "dismiss",
               {"reason": "塌陷处在邻县境内，已转告。"}, file="road")  # fmt: skip


def problem(day: date, village: str, days: int, *, again: bool = False, verified: bool = True) -> Iterator[Step]:
    """Water that stopped: mended by the bureau after so many days, looked at by the village; `again` if at first in vain."""
    file = day.isoformat()

    def step(when: date, hour: int, who: str, act: str, **given: object) -> Step:
        return Step(at(when, hour), who, village, "village_problems", act, given, file=file)

    yield step(day, 9, f"cadre:{village}", "report", kind="WATER_STOPPED", hint="村内主管道漏水，部分农户停水。",
               began=day.isoformat())  # fmt: skip
    mended = day + timedelta(days=days)
    if again:
        first = mended - timedelta(days=3)
        yield step(first, 15, "department:water", "repair", done="更换阀门。", restored=first.isoformat())
        yield step(first + timedelta(days=1), 9, f"second:{village}", "not_solved", reason="村东仍然没有水。")
    yield step(mended, 15, "department:water", "repair", done="更换破损管道，恢复供水。", restored=mended.isoformat())
    if verified:
        yield step(mended + timedelta(days=1), 9, f"second:{village}", "verify")
