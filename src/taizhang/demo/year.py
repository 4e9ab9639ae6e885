"""The lived year 2021 as a schedule of steps: who did what to which household at which minute. Pure; `play` acts it out.

Most households are found, visited, reviewed, put on notice and decided in time; some steps are late, some households
withdraw, refuse or are not eligible, some notices meet an objection, some are removed or kept, and on 20 December
somebody stands at every stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

from taizhang.demo import past
from taizhang.demo.fates import CLOSED, KEPT, LEAVING, Fates
from taizhang.demo.people import SEED, House
from taizhang.demo.story import Step, Story, at, in_order, workday

LAST_WATCHED: Final = date(2021, 12, 13)
SCREENED: Final = date(2021, 11, 8)  # the first screening, of what some departments had sent by then


def schedule(
    fates: Fates, towns: Sequence[str], villages: Mapping[str, int], home: str, seed: int = SEED
) -> list[Step]:
    """Every step of the year, in the order of time.

    `villages` are the codes of all villages and communities with their households; `home` is that of the demo's log-ins.
    """
    rng = Random(f"{seed}-year")  # noqa: S311 - reproducible fiction, not a secret
    steps: list[Step] = []
    for order, house in enumerate(fates.watched):
        story = Story(house, date(2021, 1, 4) + timedelta(days=order * 320 // len(fates.watched)), rng)
        story.watched(objection=order % 13 == 5, late=order % 11 == 7)
        if house in fates.leaving:
            _leaving(story, LEAVING[fates.leaving.index(house)], fates.leaving.index(house))
        elif house in fates.kept:
            _kept(story, KEPT[fates.kept.index(house)])
        steps += story.steps
    steps += _back_and_gone(fates, rng)
    steps += _closed(fates.closed[:CLOSED], rng)
    for order, house in enumerate(fates.half_way):
        steps += _half_way(Story(house, date(2021, 12, 6), rng), order)
    steps += _incomes(sorted(fates.since_2020, key=lambda house: house.village[:9] != home[:9]), rng)
    steps += [*_rounds(towns, rng), *_round_by_villages(towns, villages, home, rng)]
    steps += _problems(sorted({house.village for house in fates.watched})[:6], home)
    return in_order(steps)


def answers(fates: Fates, seed: int = SEED) -> list[Step]:
    """What came of the clues of November's screening: two were risks, most were none, one was helped, one was refused."""
    rng = Random(f"{seed}-warned")  # noqa: S311 - reproducible fiction, not a secret
    steps: list[Step] = []
    for order, house in enumerate(fates.warned):
        story = Story(house, SCREENED, rng)
        story.later(5 if order == 4 else 1 + order % 3)
        if order == 2:
            story.add("reviewer", "close_data_error", 10, reason="残疾人证号与姓名不符，已请残联更正。")
        elif order == 7:
            story.visit(0)
            story.answers(flagged=False)
            story.later(3)
            story.refuse()
            story.later(3)
            story.add("cadre", "tell", 9, told_on=story.day.isoformat(), told_how="phone")
        else:
            story.close("helped" if order == 0 else "no_risk")
        steps += story.steps
    for house in fates.found:
        story = Story(house, SCREENED, rng)
        story.watched(screened=True)
        steps += story.steps
    return in_order(steps)


def _back_and_gone(fates: Fates, rng: Random) -> Iterator[Step]:
    """Households at risk again after their removal, and some that entered in spring and were removed by the autumn."""
    for order, house in enumerate(fates.returned):
        story = Story(house, date(2021, 8, 16) + timedelta(days=order * 24), rng)
        story.watched()
        yield from story.steps
    for order, house in enumerate(fates.removed_2021):
        story = Story(house, date(2021, 1, 18) + timedelta(days=order * 11), rng)
        story.watched()
        story.removed(workday(date(2021, 9, 6) + timedelta(days=order * 9)), objection=order == 5)
        yield from story.steps


def _leaving(story: Story, stage: str, order: int) -> None:
    """A removal that stands at a stage on the last morning."""
    if stage == "leaving":
        story.exit(date(2021, 12, 16), "MOVED", "长子在郑州购房，全家迁往同住，户口已迁出。", confirmed=False)
        return
    begun = {"removing": 13, "removal_reviewed": 15, "removal_posted": 7, "removal_objected": 9,
             "removal_at_county": 1, "removal_approved": 1}[stage]  # fmt: skip
    if order == len(LEAVING) - 1:
        begun = 13  # its notice still hangs
    story.propose_removal(story.reckon(workday(date(2021, 12, begun) - timedelta(days=3))))
    if stage == "removing":
        return
    story.review_removal()
    if stage == "removal_reviewed":
        return
    story.post_removal()
    if stage == "removal_objected":
        story.object_removal()
    elif stage in ("removal_at_county", "removal_approved"):
        story.pass_removal(10)
        if stage == "removal_approved":
            story.approve_removal(2)


def _kept(story: Story, why: str) -> None:
    """A removal that did not pass: the village, an objection or the town kept the household in watch."""
    story.propose_removal(story.reckon(date(2021, 10, 11)))
    if why == "review":
        story.keep()
        return
    story.review_removal()
    story.post_removal()
    if why == "objection":
        story.object_removal()
        story.uphold_removal()
    else:
        story.keep_watching()


def _closed(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    """Clues that led nowhere, and the side exits: closed, refused, withdrawn, authorisation declined."""
    for order, house in enumerate(houses):
        story = Story(house, date(2021, 1, 11) + timedelta(days=order * 5), rng)
        story.open()
        if order % 16 == 3:
            story.later(2)
            story.add("reviewer", "close_data_error", 10, reason="名册中的户主已迁出，线索对应错户。")
        elif order % 16 == 7:
            story.visit(2)
            story.answers(flagged=False, unanswered=order == 7)
            story.later(3)
            story.add("cadre", "withdraw", 11, signatures=1, reason="长子已返乡务工，本户自愿撤回。")
            if order == 7:
                story.call_off("market", "fiscal")
        elif order % 16 == 10:
            story.visit(1)
            story.answers(flagged=True)
            story.later(4)
            story.refuse()
            story.later(2)
            story.add("cadre", "tell", 9, told_on=story.day.isoformat(), told_how="home")
        elif order % 16 == 13:
            story.later(2)
            story.look()
            story.add("cadre", "decline", 10, reason="户主不同意查询车辆和存款信息。")
        else:
            story.later(rng.randint(1, 3) + 3 * (order % 9 == 4))
            story.close()
        yield from story.steps


def _half_way(story: Story, order: int) -> list[Step]:
    """A household that stands half way on the morning of 20 December; most in time, some late."""
    story.day = date(2021, 12, (19, 18, 17, 17, 17, 14, 15, 10, 10, 9, 8, 6, 8, 6, 4, 2, 5, 9, 18)[order])
    story.open()
    if order < 3:  # clues of the last days
        return story.steps
    if order == 3:  # visited, the authorisation not signed yet
        story.later(2)
        story.look()
        return story.steps
    story.visit(1 + order % 2)
    if order < 6:  # the departments are asked; two of them are late
        story.answers(flagged=order == 4, explained=False, unanswered=order == 5)
        return story.steps
    story.answers(flagged=order in (6, 10), explained=order != 6)
    if order == 18:  # nobody has answered yet
        return story.steps
    if order == 17:  # refused, to be told at home
        story.later(5)
        story.refuse()
        return story.steps
    story.review(3)
    if order in (6, 7):  # to be put on notice, one late
        return story.steps
    story.post()
    if order == 9:
        story.object()
    elif order == 10:
        story.later(2)
        story.add("cadre", "object", 11, objection="有人反映该户长子在城里有住房。")
    elif order >= 12:
        story.pass_town(6)
    if order in (14, 15, 16):
        story.approve(3)
    return story.steps


def _incomes(houses: Sequence[House], rng: Random) -> Iterator[Step]:
    """Reckonings that wait for the town, went back to the village, or were taken back."""
    for order, house in enumerate(houses[:4]):
        story = Story(house, LAST_WATCHED, rng)
        story.reckon(date(2021, 12, (17, 16, 9, 13)[order]), confirmed=False)
        if order == 2:
            story.income("send_back", date(2021, 12, 15), "reviewer", reason="务工收入没有附工资流水。")
        elif order == 3:
            story.income("withdraw", date(2021, 12, 14), "cadre", reason="录错了户。")
        yield from story.steps


def _rounds(towns: Sequence[str], rng: Random) -> Iterator[Step]:
    """Twelve rounds of visits, one a month."""
    for month in range(1, 13):
        first, last = date(2021, month, 1), date(2021, month, 10)
        yield from past.round_of(first, last, f"2021年第{month}轮集中排查", towns, rng, late=4 if month == 5 else -1)


def _round_by_villages(towns: Sequence[str], villages: Mapping[str, int], home: str, rng: Random) -> Iterator[Step]:
    """A round that runs and that villages report: three towns are through, the log-ins' village and a few others are not."""
    given = {
        "title": "2021年末回头看排查",
        "since": "2021-12-15",
        "until": "2021-12-24",
        "towns": list(towns),
        "by_village": True,
    }
    yield Step(at(date(2021, 12, 15), 9), "lead", "410503", "rounds", "open_round", given)
    for order, (village, homes) in enumerate(sorted(villages.items())):
        if village != home and (village[:9] in towns[:3] or order % 4):
            seen = {"seen": max(0, homes - 1 - rng.randint(0, 2)), "problems": 1 if order % 29 == 7 else 0}
            day = date(2021, 12, 16 + order % 3)
            yield Step(
                at(day, 16, order % 60), f"cadre:{village}", "410503", "rounds", "report_village", seen, town=village
            )
    for town in towns[:3]:
        yield Step(at(date(2021, 12, 19), 10), f"reviewer:{town}", "410503", "rounds", "sum_up", town=town)


def _problems(villages: Sequence[str], home: str) -> Iterator[Step]:
    """Problems of whole villages: repaired by the bureau and verified by the village; one waits for that at home."""
    for order, village in enumerate(villages):
        yield from past.problem(date(2021, 3 + order, 8), village, days=4 + order)
    yield from past.problem(date(2021, 12, 13), home, days=5, verified=False)
