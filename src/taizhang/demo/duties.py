"""The demo's year of duties: what every organisation submitted, what the invented units missed, and what came of it. Pure.

Nearly everything is done in time and submitted once a month for all items of the month. Each invented unit misses a few
cells in three months of four; the clock turns, one letter a month names who held the post, it is checked, signed and
served by three hands, answered, and what was missed is submitted at last. Nothing real is ever red.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from taizhang.demo import offices
from taizhang.demo.offices import Unit
from taizhang.demo.people import SEED
from taizhang.demo.story import Step, at, in_order, workday
from taizhang.kit.days import day_of
from taizhang.ledger import roster
from taizhang.ledger.roster import Cell
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import World

MONTHS: Final = 11  # what ends in December is not due on the last morning
_DONE: Final = (
    "集中学习并研究本单位事项，纪要已归档。", "按计划完成，记录随会议纪要归档。", "结合主题党日开展，签到和记录齐全。",
    "班子会研究落实，分工到人，已办结。",
)  # fmt: skip
_AGAIN: Final[Mapping[int, str]] = {  # which of the invented units, all whole in November, and what it sent again
    3: "逐笔核对十一月用车和加油记录二十一笔，均有审批。", 7: "抽查十一月培训支出九笔，一笔附件不全，已补。",
    11: "核对十一月出差报销十四笔，与派差单一致。",
}  # fmt: skip
_LATE: Final = "已补办，材料已归档；因人员外出未能按期，今后提前安排。"
_TOLD: Final = "所列事项已过期限。请尽快补办，分析原因，并在收到之日起十五日内书面回复。"
Reckoned = tuple[Unit, Cell]


def sweep_day(month: int) -> date:
    """When the letters for a month are drafted: after the days of grace, the day after the light turned."""
    return date(2021, month + 1, 13 if month == MONTHS else 18)


def late(unit: Unit, month: int) -> bool:
    """Whether a unit misses something in a month: only invented ones do, in three months of four."""
    return unit.invented and (list(offices.INVENTED).index(unit.code) * 3 + month) % 4 != 0


def owed(law: Ledger, world: World, those: Sequence[Unit]) -> dict[int, list[tuple[Unit, list[Cell]]]]:
    """By the month in which it is due, what each organisation owes of the year; what is due in December is left."""
    cells = roster.cells(law, world, date(2021, 1, 1), date(2022, 1, 1))
    by_month: dict[int, list[Cell]] = {}
    for cell in cells:
        by_month.setdefault(day_of(cell.due - timedelta(days=1)).month, []).append(cell)
    known: dict[tuple[str, str], frozenset[str]] = {}
    found: dict[int, list[tuple[Unit, list[Cell]]]] = {}
    for unit in those:
        alike = unit.kind if unit.level != "district" else "", unit.level
        if alike not in known:
            known[alike] = frozenset(roster.owed_items(law, world, unit.attributes, date(2021, 1, 1)))
        for month in range(1, MONTHS + 1):
            ours = [cell for cell in by_month.get(month, ()) if cell.item in known[alike]]
            found.setdefault(month, []).append((unit, ours))
    return found


def schedule(law: Ledger, world: World, those: Sequence[Unit], seed: int = SEED) -> list[Step]:
    """Every step of the year's duties, in the order of time."""
    rng = Random(f"{seed}-duties")  # noqa: S311 - reproducible fiction, not a secret
    steps: list[Step] = []
    for month, units in owed(law, world, those).items():
        missed: list[tuple[Unit, list[Cell]]] = []
        for order, (unit, cells) in enumerate(units):
            gone = _missed(cells, month, rng) if late(unit, month) else []
            day = workday(date(2021, month, 19 + order % 7))
            done = [cell for cell in cells if cell not in gone]
            steps.append(_submit(unit, done, day, 9 + order % 8, order % 60, _DONE[order % len(_DONE)]))
            if order % 17 == month % 17:
                steps.append(_accepted(unit, done[order % len(done)], workday(day + timedelta(days=3)), order))
            if gone:
                missed.append((unit, gone))
        if missed:
            steps.append(Step(at(sweep_day(month), 7), "system", "", "duties", "sweep"))
        for order, (unit, gone) in enumerate(missed):
            steps += _letter(unit, gone[_otherwise(month, order) :], month, order)
            if _otherwise(month, order):
                steps += _contested(unit, gone[0], month)
    return in_order([*steps, *_beside(law, world, those)])


def _missed(cells: Sequence[Cell], month: int, rng: Random) -> list[Cell]:
    """One to three cells of a month, the more the more is due."""
    return rng.sample(list(cells), 1 + (month % 3 == 0) + (len(cells) > 6))


def _submit(unit: Unit, cells: Sequence[Cell], day: date, hour: int, minute: int, told: str) -> Step:
    given = {"done_on": (day - timedelta(days=1)).isoformat(), "account": told}
    named = tuple((cell.item, cell.begins) for cell in cells)
    return Step(
        at(day, hour, minute), offices.secretary(unit.code, day), unit.code, "duties", "submit", given, cells=named
    )


def _accepted(unit: Unit, cell: Cell, day: date, order: int) -> Step:
    """One in seventeen of what came in time is looked at."""
    given = {"quality": "part" if unit.invented else "full"}
    return Step(at(day, 16, order % 60), "discipline.1", unit.code, "duties", "accept", given, file=name(cell))


def name(cell: Cell) -> str:
    """The file under which the case of a cell is found again."""
    return f"{cell.item}:{cell.begins.isoformat()}"


def _letter(unit: Unit, gone: Sequence[Cell], month: int, order: int) -> Iterator[Step]:
    """One letter from the draft to its end, and the duties submitted at last; the last ones are still on their way."""
    file = f"sweep{month}"

    def step(day: date, hour: int, who: str, act: str, **given: Any) -> Step:
        return Step(at(day, hour, order), who, unit.code, "letters", act, given, file=file)

    first = workday(sweep_day(month))
    hand = offices.secretary(unit.code, first)
    yield step(first, 9, "discipline.1", "edit", title="关于未按期履行主体责任事项的提醒函", body=_TOLD)
    yield step(first, 14, "discipline.2", "check")
    signed = workday(first + timedelta(days=1))
    yield step(signed, 9, "discipline.lead", "sign")
    served = workday(signed + timedelta(days=1))
    yield step(served, 9, "discipline.2", "serve")
    yield step(served, 15, offices.secretary(unit.code, served), "receive_to_reply")
    if month == MONTHS:
        if order in (1, 2):
            yield step(served + timedelta(days=1), 10, hand, "answer", reply="已补办两项，其余下周完成。")
        return
    done = workday(served + timedelta(days=4 + order % 6))
    hand = offices.secretary(unit.code, done)
    if gone and (order % 9 != 4 or month < MONTHS - 1):
        yield _submit(unit, gone, done, 10, order, _LATE)
    yield step(done, 11, hand, "answer", reply="已补办所列事项，分析了原因，明确专人提前提醒。")
    yield step(workday(done + timedelta(days=3)), 15, "discipline.1", "accept")


def _otherwise(month: int, order: int) -> int:
    """How many of the cells that an organisation missed are contested instead of submitted."""
    return 1 if order == 0 and month in (2, 5, MONTHS) else 0


def _contested(unit: Unit, cell: Cell, month: int) -> Iterator[Step]:
    """A red light contested: admitted in March, upheld in June and then submitted, waiting for its ruling in December."""
    day = sweep_day(month) + timedelta(days=3)
    hand, file = offices.secretary(unit.code, day), name(cell)

    def step(on: date, who: str, act: str, **given: Any) -> Step:
        return Step(at(workday(on), 11, month), who, unit.code, "duties", act, given, file=file)

    plea = {"plea": "当月承担防疫值守，人员无法集中，已按线上方式开展。"}
    yield Step(at(workday(day), 10), hand, unit.code, "duties", "contest", plea, cells=((cell.item, cell.begins),))
    if month == MONTHS:
        return
    after = workday(day + timedelta(days=3))
    if month == 2:
        yield step(after, "discipline.lead", "admit", ruling="查值守记录属实，免责。")
        return
    yield step(after, "discipline.lead", "uphold", ruling="值守不影响线上学习，维持。")
    yield step(after + timedelta(days=2), hand, "late_submit", done_on=after.isoformat(), account=_LATE)
    yield step(after + timedelta(days=6), "discipline.1", "accept", quality="part")


def _beside(law: Ledger, world: World, those: Sequence[Unit]) -> Iterator[Step]:
    """What goes another way: submissions returned or found faulty, lights contested, put off, excused."""
    invented = [unit.code for unit in those if unit.invented]
    done: dict[tuple[str, int], list[Cell]] = {
        (unit.code, month): cells
        for month, units in owed(law, world, those).items()
        for unit, cells in units
        if unit.invented
    }

    def of(code: str, item: str, month: int) -> str:
        return next(name(cell) for cell in done[code, month] if cell.item == item)

    def step(day: date, hour: int, who: str, code: str, act: str, file: str, **given: Any) -> Step:
        return Step(at(day, hour, 30), who, code, "duties", act, given, file=file)

    for order, month in enumerate((4, 8)):  # months in which x_farm is whole: 0*3 + month is divisible by four
        code, file = invented[0], of(invented[0], "D36", month)
        day = workday(date(2021, month, 28))
        yield step(day, 10, "discipline.2", code, "return", file, reason="只写了已完成，没有写监督了什么、发现什么。")
        yield step(
            workday(day + timedelta(days=2 + order)), 10, "secretary." + code, code, "redo", file,
            account="检查公车使用和加油记录，发现一笔登记不全，已当场改正。",
        )  # fmt: skip
        yield step(workday(day + timedelta(days=6)), 10, "discipline.2", code, "accept", file, quality="part")
    for order, (place, account) in enumerate(_AGAIN.items()):  # waits to be looked at on the last morning
        code, file = invented[place], of(invented[place], "D36", MONTHS)
        again = workday(date(2021, 12, 10 + order))
        yield step(
            date(2021, 12, 8 + order), 10, "discipline.2", code, "return", file, reason="没有写查了哪几笔、结果怎样。"
        )
        yield step(again, 10 + order, offices.secretary(code, again), code, "redo", file,
                   account=account)  # fmt: skip
    code, file = invented[4], of(invented[4], "D01", 4)  # 4*3 + 4 is divisible by four
    yield step(
        date(2021, 5, 12), 10, "discipline.1", code, "find_fault", file, fault="签到表系会后补签，两人当日在外出差。"
    )
    yield step(
        date(2021, 5, 14), 10, "secretary." + code, code, "contest_fault", file, plea="出差二人线上参加，有会议截图。"
    )
    yield step(date(2021, 5, 18), 10, "discipline.lead", code, "uphold", file, ruling="截图日期不符，维持认定。")
    yield step(date(2021, 5, 20), 10, "secretary." + code, code, "late_submit", file, done_on="2021-05-19",
               account="重新组织学习，全员签到。")  # fmt: skip
    yield step(date(2021, 5, 25), 10, "discipline.1", code, "accept", file, quality="part")
