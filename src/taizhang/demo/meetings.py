"""Meetings, what they decided, and the task forces of the demo district. Pure.

By 14 December 2021 the standing committee met fourteen times on the work, the government eighteen times, and there were
twenty promotion meetings; fourteen task forces are each led by a leader of the district.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from taizhang.demo import offices
from taizhang.demo.story import Hand, Step, at, in_order, workday

_KINDS: Final = (
    ("STANDING", 14, "office.party_office", "party_office", "区委常委会会议研究巩固脱贫攻坚成果", 0),
    ("EXECUTIVE", 18, "office.government_office", "government_office", "区政府常务会议研究乡村振兴衔接工作", 1),
    ("PROMOTION", 20, "lead", "lead", "防止返贫监测帮扶专题推进会", 2),
)
_DECIDED: Final = (
    ("排查农村饮水安全隐患", "water"), ("核对务工就业底数", "human_resources"), ("梳理小额信贷到期清单", "finance_service"),
    ("复查危房改造进度", "housing"), ("摸清控辍保学情况", "education"), ("核实慢病签约服务", "health"),
    ("完善公益岗位台账", "human_resources"), ("核对残疾人补贴发放", "disabled_persons"), ("整改工单办理超时", "petition"),
    ("盘点产业帮扶资产", "agriculture"),
)  # fmt: skip
_FORCES: Final = (
    "综合协调专班", "产业帮扶专班", "就业帮扶专班", "教育帮扶专班", "健康帮扶专班", "住房安全专班", "饮水安全专班",
    "金融帮扶专班", "兜底保障专班", "残疾人帮扶专班", "消费帮扶专班", "公益岗位专班", "督查考核专班", "信访化解专班",
)  # fmt: skip
_ANYBODY: Final = ("agriculture", "fiscal", "human_resources", "health", "education")


def schedule(towns: Sequence[str], home: str) -> list[Step]:
    """Every step, in the order of time."""
    steps = [step for number, title in enumerate(_FORCES, 1) for step in _force(number, title)]
    for kind, count, who, convenor, title, shift in _KINDS:
        for order in range(count):
            day = workday(date(2021, 1, 12) + timedelta(days=order * 335 // count + shift))
            steps += _meeting(kind, order, day, who, convenor, f"{title}（第{order + 1}次）")
    for order, town in enumerate(towns):
        convenor = offices.branch(town)
        steps += _small("TOWN", workday(date(2021, 12, 3)), f"reviewer:{town}", town, convenor, order)
    steps += _small("VILLAGE", date(2021, 12, 6), f"cadre:{home}", home, offices.branch(home), 0)
    steps += _called()
    return in_order(steps)


def _force(number: int, title: str) -> Iterator[Step]:
    given = {
        "name": title,
        "leader": Hand(f"leader.{number}"),
        "members": [_ANYBODY[number % 5], _ANYBODY[(number + 2) % 5]],
    }
    yield Step(at(date(2021, 1, 8), 10, number), "lead", offices.DISTRICT, "task_forces", "set_up", given, file=title)


def _meeting(kind: str, order: int, day: date, who: str, convenor: str, title: str) -> Iterator[Step]:
    """A meeting of the district, and every second time what it decided."""
    file = f"{kind}{order}"

    def step(when: date, hour: int, act: str, **given: Any) -> Step:
        return Step(at(when, hour, order), who, offices.DISTRICT, "meetings", act, given, file=file)

    invited = sorted({_DECIDED[(order + shift) % len(_DECIDED)][1] for shift in range(3)})
    yield step(day - timedelta(days=2), 9, "call", kind=kind, title=title, on=day.isoformat(), convenor=convenor,
               invited=invited)  # fmt: skip
    yield step(day, 17, "hold", present=invited)
    due, minuted = day + timedelta(days=21), workday(day + timedelta(days=1))
    chosen = [_DECIDED[(order * 2 + shift) % len(_DECIDED)] for shift in range(2)] if order % 2 else []
    rows = [{"what": what, "owner": owner, "due": due.isoformat()} for what, owner in chosen]
    if kind == "PROMOTION" and order == 17:  # its second decision is overdue on the last morning, with an invented unit
        rows[1] = {"what": "报送惠农服务网点清单", "owner": "x_farm", "due": "2021-12-10"}
    yield step(
        minuted, 11, "minute", minutes="会议听取汇报，研究议定下列事项。", **({"decisions": rows} if rows else {})
    )
    for row in rows:
        done = workday(minuted + timedelta(days=10 + order % 5))
        if done < date(2021, 12, 15) and row["owner"] != "x_farm":
            yield from _task(row["owner"], f"{file}/{row['owner']}", done, order)


def _task(owner: str, file: str, done: date, order: int) -> Iterator[Step]:
    """A decision carried out and confirmed."""
    given = {"result": "已完成，情况已报牵头办。"}
    yield Step(at(done, 10, order), offices.secretary(owner, done), owner, "tasks", "report", given, file=file)
    yield Step(at(workday(done + timedelta(days=1)), 16, order), "lead", owner, "tasks", "confirm", {}, file=file)


def _small(kind: str, day: date, who: str, area: str, convenor: str, order: int) -> Iterator[Step]:
    """A meeting of a town or a village, without decisions for others."""
    given = {"kind": kind, "title": "十二月工作例会", "on": day.isoformat(), "convenor": convenor}
    yield Step(at(day - timedelta(days=1), 9, order), who, area, "meetings", "call", given, file=kind)
    yield Step(at(day, 17, order), who, area, "meetings", "hold", {}, file=kind)
    yield Step(at(day + timedelta(days=1), 10, order), who, area, "meetings", "minute", {"minutes": "安排本月走访和报送。"},
               file=kind)  # fmt: skip


def _called() -> Iterator[Step]:
    """One that is called for the days to come."""
    given = {"kind": "PROMOTION", "title": "防止返贫监测帮扶专题推进会（第21次）", "on": "2021-12-22", "convenor": "lead",
             "invited": ["agriculture", "water", "petition"]}  # fmt: skip
    yield Step(at(date(2021, 12, 17), 9), "lead", offices.DISTRICT, "meetings", "call", given, file="next")
