"""Problems rectified in the demo district, 205 of them by 18 December 2021, and letters before and after the work. Pure.

All of them are invented and stand with invented units; towns only receive the prompts of the new year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from taizhang.demo import offices
from taizhang.demo.story import Hand, Step, at, in_order, workday

PROBLEMS: Final = 205
_FOUND: Final = (
    ("INSPECTION", "采购档案缺少验收单。", "补齐验收单，建立采购档案目录。"),
    ("PATROL", "会议议定事项没有督办记录。", "建立督办台账，逐项销号。"),
    ("DUTY", "一岗双责记录过于简单。", "重新谈话并如实记录。"),
    ("RESIDENT", "办事窗口午间无人值守。", "安排轮班并公示。"),
    ("SELF", "公车加油登记不全。", "补登并按月核对。"),
    ("INSPECTION", "固定资产账实不符。", "全面盘点，调整账目。"),
    ("PATROL", "党费收缴记录不及时。", "按月收缴登记。"),
)
_AFTER: Final = (("RECTIFY", "关于规范采购管理的整改建议书"), ("ADVICE", "关于健全内控制度的纪检监察建议书"))


def schedule(towns: Sequence[str]) -> list[Step]:
    """Every step, in the order of time."""
    steps: list[Step] = []
    for order in range(PROBLEMS):
        steps += _problem(order, date(2021, 1, 11) + timedelta(days=order * 315 // PROBLEMS))
    for order in range(PROBLEMS, PROBLEMS + 6):
        steps += _open(order)
    steps += [step for town in towns for step in _prompt(town)]
    for order in range(5):
        steps += _suggested(order)
    return in_order(steps)


def _unit(order: int) -> str:
    return list(offices.INVENTED)[order % len(offices.INVENTED)]


def _problem(order: int, begun: date) -> Iterator[Step]:
    """One problem, from its entry to its acceptance by another hand."""
    unit, begun = _unit(order), workday(begun)
    source, problem, measures = _FOUND[order % len(_FOUND)]

    def step(day: date, hour: int, who: str, act: str, **given: Any) -> Step:
        return Step(at(day, hour, order % 60), who, unit, "rectification", act, given, file=f"p{order}")

    until = begun + timedelta(days=18)
    planned = workday(begun + timedelta(days=1 + order % 4))
    yield step(begun, 9, "discipline.1", "enter", source=source, problem=problem, deadline=until.isoformat())
    hand = offices.secretary(unit, planned)
    yield step(planned, 10, hand, "plan", measures=measures, person=Hand(hand), deadline=until.isoformat())
    done = workday(until - timedelta(days=4 + order % 5))
    if order % 40 == 7:  # too late; the first deadline stays on record
        until = workday(until + timedelta(days=1))
        yield step(until, 9, "discipline.1", "extend", deadline=(until + timedelta(days=9)).isoformat(),
                   reason="责任人住院，准予延期一次。")  # fmt: skip
        done = workday(until + timedelta(days=3))
    yield step(done, 11, offices.secretary(unit, done), "report", result="已按措施整改，佐证随附。")
    looked = workday(done + timedelta(days=2))
    if order % 25 == 3:
        again = looked + timedelta(days=5)
        yield step(
            looked, 15, "discipline.2", "return", reason="只改了当月，前三个月没有补。", deadline=again.isoformat()
        )
        done = workday(looked + timedelta(days=2))
        yield step(done, 16, offices.secretary(unit, done), "report", result="前三个月已补齐。")
        looked = workday(done + timedelta(days=2))
    yield step(looked, 17, "discipline.2", "accept")


def _open(order: int) -> Iterator[Step]:
    """A problem that is on its way on the last morning: without measures yet, being mended, or waiting for acceptance."""
    unit, begun = _unit(order), date(2021, 12, 13 + order % 3)
    source, problem, measures = _FOUND[order % len(_FOUND)]
    how_far, until = order % 3, date(2021, 12, 30).isoformat()

    def step(day: date, hour: int, who: str, act: str, **given: Any) -> Step:
        return Step(at(day, hour, order % 60), who, unit, "rectification", act, given, file=f"p{order}")

    yield step(begun, 9, "discipline.1", "enter", source=source, problem=problem, deadline=until)
    if how_far >= 1:
        hand = offices.secretary(unit, begun)
        yield step(begun + timedelta(days=1), 10, hand, "plan", measures=measures, person=Hand(hand), deadline=until)
    if how_far == 2:
        yield step(date(2021, 12, 17), 10, offices.secretary(unit, begun), "report", result="已整改，请验收。")


def _prompt(town: str) -> Iterator[Step]:
    """The prompt that a town has at the beginning of the year."""
    code = offices.branch(town)
    body = "请对照责任清单制定年度任务安排，明确责任人和完成时间。"
    yield from _sent(code, "prompt", date(2021, 1, 5), "PROMPT", "关于落实全面从严治党主体责任的提示函", body)
    yield Step(at(date(2021, 1, 8), 10), offices.secretary(code, date(2021, 1, 8)), code, "letters", "receive", {},
               file="prompt")  # fmt: skip


def _suggested(order: int) -> Iterator[Step]:
    """A suggestion after the work, answered within its thirty days; the last one waits for its answer."""
    code, begun = _unit(order * 3), workday(date(2021, 3 + order * 2, 8))
    kind, title = _AFTER[order % 2]
    file = f"{kind}{order}"
    yield from _sent(code, file, begun, kind, title, "检查发现有关制度不健全，请于三十日内整改并书面报告。")
    served = workday(begun + timedelta(days=3))
    hand = offices.secretary(code, served)
    yield Step(at(served, 10), hand, code, "letters", "receive_to_reply", {}, file=file)
    if order < 4:
        done = workday(served + timedelta(days=20))
        hand = offices.secretary(code, done)
        yield Step(
            at(done, 10), hand, code, "letters", "answer", {"reply": "已修订制度并培训，整改报告附后。"}, file=file
        )
        yield Step(at(workday(done + timedelta(days=3)), 10), "discipline.2", code, "letters", "accept", {}, file=file)


def _sent(code: str, file: str, day: date, kind: str, title: str, body: str) -> Iterator[Step]:
    """Drafted, checked, signed and served, by three hands."""
    minute = sum(map(ord, code)) % 60
    given = {"kind": kind, "title": title, "body": body}
    yield Step(at(day, 9, minute), "discipline.1", code, "letters", "write", given, file=file)
    yield Step(at(day, 14, minute), "discipline.2", code, "letters", "check", {}, file=file)
    signed = workday(day + timedelta(days=1))
    yield Step(at(signed, 9, minute), "discipline.lead", code, "letters", "sign", {}, file=file)
    yield Step(
        at(workday(signed + timedelta(days=1)), 9, minute), "discipline.2", code, "letters", "serve", {}, file=file
    )
