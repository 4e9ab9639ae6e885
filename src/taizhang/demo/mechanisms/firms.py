"""Enterprises in the demo: a bus stop asked for, small enterprises advised, an exchange, kitchens checked, hazards, two roads. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from taizhang.demo.mechanisms import cast
from taizhang.demo.mechanisms.cast import BAIZHUANG, CATERERS, SITES, SMALL, office
from taizhang.demo.mechanisms.deeds import Deed, Matter
from taizhang.demo.story import at, workday

ADVISED: Final = date(2020, 10, 15)
_OFFICE: Final = office("industry_information")
_BOSS: Final = cast.login("firm.qinghe")
_SECOND: Final = cast.login("office.market-2")


def schedule() -> list[Deed]:
    """Every deed about enterprises and projects."""
    matters = [
        *_requests(),
        *_helpers(),
        *_investments(),
        *_services(),
        *_classes(),
        *_exchange(),
        *_kitchens(),
        *_hazards(),
        *_inspections(),
        *_roads(),
    ]
    return [deed for matter in matters for deed in matter.deeds]


# --- requests of enterprises ----------------------------------------------------------------------------------------


def _requests() -> Iterator[Matter]:
    """The bus stop, from the helper's note until the enterprise is satisfied; others half way, late, or explained only."""
    bus = Matter("enterprise_requests", cast.BUS, "bus")
    bus.did(
        date(2021, 11, 1),
        _OFFICE,
        "submit",
        kind="TRANSPORT",
        request="厂门口没有公交车站，职工骑电动车上下班，冬天不安全。",
        staff=720,
        minutes=15,
    )
    bus.did(at(date(2021, 11, 1), 15), _OFFICE, "assign", level="ordinary", unit="industry_information")
    bus.did(date(2021, 11, 2), _OFFICE, "take", plan="报市工作组，协调公交公司在厂门口设站。")
    bus.did(date(2021, 11, 3), _OFFICE, "escalate", reason="公交线路和站点由市里调整。")
    bus.did(date(2021, 11, 16), _OFFICE, "note", told="市工作组已受理，公交公司到现场看过。")
    bus.did(date(2021, 11, 22), _OFFICE, "back", decision="同意设站，由市公交公司办理。")
    bus.did(date(2021, 11, 25), _OFFICE, "reply", answer="厂门口公交站已启用。", outcome="solved")
    bus.did(at(date(2021, 11, 26), 11), _BOSS, "judge", verdict="good")
    yield bus
    loan = Matter("enterprise_requests", SMALL[0], "loan")
    loan.did(
        date(2021, 9, 6), f"reviewer:{BAIZHUANG}", "submit", kind="FINANCE", request="流动资金贷款到期，希望续贷。"
    )
    loan.did(date(2021, 9, 7), _OFFICE, "assign", level="major", unit="commerce")
    loan.did(date(2021, 9, 8), office("commerce"), "send_back", reason="融资由金融服务中心办理。")
    loan.did(at(date(2021, 9, 8), 15), _OFFICE, "assign", level="major", unit="finance_service")
    loan.did(date(2021, 9, 9), "department:finance_service", "take", plan="对接两家银行，逐一说明条件。")
    loan.did(
        date(2021, 9, 24),
        "department:finance_service",
        "reply",
        answer="已说明续贷条件，企业尚缺抵押。",
        outcome="explained",
    )
    loan.did(date(2021, 9, 26), f"reviewer:{BAIZHUANG}", "redo", reason="希望再想办法。")
    loan.did(
        date(2021, 10, 15),
        "department:finance_service",
        "reply",
        answer="由担保公司担保，贷款八十万元已到账。",
        outcome="solved",
    )
    loan.did(date(2021, 10, 18), f"reviewer:{BAIZHUANG}", "judge", verdict="fair")
    yield loan
    waiting = Matter("enterprise_requests", cast.BUS, "labour")
    waiting.did(
        date(2021, 12, 17), _BOSS, "submit", kind="LABOUR", request="春节前订单集中，缺缝纫工四十人。", staff=40
    )
    yield waiting
    late = Matter("enterprise_requests", SMALL[3], "power")
    late.did(date(2021, 12, 3), f"reviewer:{BAIZHUANG}", "submit", kind="POWER", request="车间电压不稳，设备常跳闸。")
    late.did(date(2021, 12, 4), _OFFICE, "assign", level="ordinary", unit="urban_management")
    late.did(date(2021, 12, 6), office("urban_management"), "take", plan="联系供电所查看变压器负荷。")
    yield late


def _helpers() -> Iterator[Matter]:
    """Who keeps in touch with whom; one month was missed."""
    for order, (firm, helper) in enumerate(
        ((cast.BUS, _OFFICE), (SMALL[0], office("commerce")), (SMALL[1], office("environment")))
    ):
        matter = Matter("enterprise_helpers", firm)
        unit = ("industry_information", "commerce", "environment")[order]
        matter.did(
            date(2021, 8, 2 + order), _OFFICE, "bind", role="CHIEF" if order == 0 else "GROUP", unit=unit, helper=helper
        )
        for month in range(8, 12):
            if order != 2 or month != 11:
                told = "没有诉求。" if order else "职工反映公交不便，正在了解。"
                matter.did(at(workday(date(2021, month, 18 + order)), 16), helper, "touch", told=told)
        yield matter


# --- small enterprises ----------------------------------------------------------------------------------------------


def _services() -> Iterator[Matter]:
    """Fourteen small enterprises of a town: twelve advised on one day, then visited as their class asks."""
    for order, firm in enumerate(SMALL):
        village = f"{BAIZHUANG}{205 + order % 5}"
        cadre, grade = f"cadre:{village}", ("B", "C", "A", "B", "LEADING", "C", "D")[order % 7]
        matter = Matter("environment_service", firm)
        until = {1: date(2022, 1, 20), 2: date(2021, 11, 30)}.get(order, date(2023, 6, 30))
        matter.did(date(2020, 8, 3 + order), f"reviewer:{BAIZHUANG}", "enrol", grade=grade, year=2020, cadre=cadre,
                   grid=f"second:{village}", target="A", permit=f"虚构许可{order + 1:03d}号", permit_until=until)  # fmt: skip
        matter.did(date(2020, 8, 20), cadre, "list",
                   problems=[{"what": "喷涂间密闭不严", "found": date(2020, 8, 20)}],
                   tasks=[{"what": "更换密封条并加装负压计", "due": date(2020, 9, 30)}],
                   duties=[{"what": "每班检查收集设施", "who": "车间主任"}],
                   goals=[{"what": "达到A级企业要求", "due": date(2021, 6, 30)}])  # fmt: skip
        if order < 12:
            matter.did(at(ADVISED, 9 + order // 2, order % 2 * 30), cadre, "visit",
                       advice="强化内部管理，对照A级指标逐项改，需要指导随时联系。",
                       wish="希望多组织技术交流会。" if order % 3 == 0 else None)  # fmt: skip
        for day in _visits(grade, skip=order == 6):
            matter.did(at(workday(day), 15, order), cadre, "visit", advice="查看治理设施运行记录，正常。")
        if order == 2:
            matter.did(date(2021, 11, 15), cadre, "renew", permit="虚构许可103号", permit_until=date(2026, 11, 14))
        yield matter


def _visits(grade: str, *, skip: bool) -> Iterator[date]:
    """The last visits of 2021 that its class asks for; the last one of a class D enterprise was missed."""
    if grade in ("A", "LEADING"):
        yield from (date(2021, month, 12) for month in (2, 5, 8, 11))
    elif grade in ("B", "C"):
        yield from (date(2021, month, 12) for month in range(1, 13))
    else:
        days = [date(2021, month, day) for month in range(9, 13) for day in (7, 22)]
        yield from (day for day in days if day < date(2021, 12, 19) and not (skip and day > date(2021, 11, 20)))


def _classes() -> Iterator[Matter]:
    """An online class of April, over with its key; one of December that a few have taken so far."""
    clerk = office("environment")
    questions = [{"question": "活性炭多久更换一次？", "a": "按设计周期更换", "b": "看不出效果再换", "c": "不用更换"},
                 {"question": "更换下来的废活性炭怎样处置？", "a": "当一般垃圾", "b": "交有资质的单位", "c": "自行填埋"},
                 {"question": "治理设施可以晚于生产启动吗？", "a": "可以", "b": "不可以"}]  # fmt: skip
    key = [
        {"right": "a", "why": "吸附会饱和，到期要换。"},
        {"right": "b", "why": "属危险废物，转移要有联单。"},
        {"right": "b"},
    ]
    for title, begins, until, took in (
        ("挥发性有机物治理", date(2021, 4, 12), date(2021, 4, 30), (0, 4, 8, 12)),
        ("冬季应急管控怎么做", date(2021, 12, 6), date(2021, 12, 31), (1, 5)),
    ):
        matter = Matter("online_classes", BAIZHUANG, title)
        matter.did(begins, clerk, "publish", title=title, until=until, invited=list(SMALL), questions=questions, key=key,
                   evidence={"file": 1})  # fmt: skip
        for order in took:
            chosen = [{"answer": "a"}, {"answer": "b" if order else "a"}, {"answer": "b"}]
            matter.did(at(begins + timedelta(days=3), 10 + took.index(order)), f"reviewer:{BAIZHUANG}", "study",
                       enterprise=SMALL[order], who="厂长、环保员", heads=2, answers=chosen)  # fmt: skip
        if until < date(2021, 12, 1):
            matter.did(until - timedelta(days=1), clerk, "close")
        yield matter


def _investments() -> Iterator[Matter]:
    """The fifth ledger of the helpers' campaign: a workshop being built, with its progress each month."""
    matter = Matter("investment_projects", cast.INVESTED)
    matter.did(
        date(2021, 7, 26), _OFFICE, "enter", unit="industry_information", planned=12_000_000, jobs=120,
        due=date(2022, 4, 30),
    )  # fmt: skip
    told = (("permits", 0), ("building", 2_600_000), ("building", 4_100_000), ("building", 6_300_000))
    for month, (phase, spent) in enumerate(told, 8):
        matter.did(at(workday(date(2021, month, 22)), 11), _OFFICE, "progress", phase=phase, spent=spent)
    yield matter


def _exchange() -> Iterator[Matter]:
    """Asparagus that a hall did not take, work clothes dealt in after a meeting, and four posts of which two fit each other."""
    sold = Matter("exchange", cast.COOPERATIVE, "asparagus")
    sold.did(date(2020, 9, 14), "cadre:410503100209", "offer", side="supply", goods="VEGETABLE", what="鲜芦笋，可每周供货。", quantity=500,
             since=date(2020, 9, 20), until=date(2020, 11, 20), contact="合作社办公室")  # fmt: skip
    sold.did(date(2020, 9, 16), office("commerce"), "suggest", partner=cast.MARKET_HALL, way="match")
    sold.did(date(2020, 9, 17), "cadre:410503100209", "accept")
    sold.did(date(2020, 9, 22), office("commerce"), "decline", reason="商超要先看检测报告。")
    yield sold
    met = Matter("exchange", cast.BUS, "met")
    met.did(date(2021, 9, 6), _BOSS, "offer", side="supply", goods="TEXTILE", what="反光工装，可印字。", quantity=400,
            since=date(2021, 9, 6), until=date(2021, 12, 10), contact="厂办公室")  # fmt: skip
    met.did(at(date(2021, 9, 15), 16), _BOSS, "propose", partner=cast.BUILDER, way="meeting")
    met.did(
        date(2021, 9, 16), office("commerce"), "agree_by_phone", partner_contact="材料科", told="材料科长来电同意。"
    )
    met.did(date(2021, 9, 28), _BOSS, "deal", sold=300, amount=36_000)
    yield met
    for firm, side, goods, what, quantity, who in (
        (cast.COOPERATIVE, "supply", "VEGETABLE", "鲜芦笋和菠菜，可送货。", 800, "cadre:410503100209"),
        (cast.MARKET_HALL, "demand", "VEGETABLE", "春节专柜用菜。", 600, "reviewer:410503005"),
        (SMALL[1], "demand", "EQUIPMENT", "活性炭吸附设备一套。", 1, f"reviewer:{BAIZHUANG}"),
        (cast.BUS, "supply", "TEXTILE", "冬季有工装加工余量。", 3000, _BOSS),
    ):
        post = Matter("exchange", firm, f"2021-{goods}-{side}")
        post.did(date(2021, 12, 13), who, "offer", side=side, goods=goods, what=what, quantity=quantity, since=date(2021, 12, 20),
                 until=date(2022, 2, 10), contact="厂（社）办公室")  # fmt: skip
        yield post


# --- kitchens and hazards -------------------------------------------------------------------------------------------


def _kitchens() -> Iterator[Matter]:
    """Six kitchens checked after the lesson; the problem of one became a hazard and was mended."""
    for order, firm in enumerate(CATERERS[:6]):
        scores = {
            name: 96 - (order * 5 + turn * 3) % 22
            for turn, name in enumerate(("seiri", "seiton", "seiso", "seiketsu", "shitsuke", "safety"))
        }
        problems = (
            [{"s": "SEITON", "what": "功能间布局不合理，冷热交叉。", "due": date(2020, 11, 20)}] if order == 1 else None
        )
        matter = Matter("food_checks", firm)
        licence = date(2022, 1, 8) if order == 3 else date(2024, 5, 31)
        matter.did(
            date(2020, 11, 2 + order),
            "department:market",
            "check",
            edition="2020版",
            licence=licence,
            problems=problems,
            **scores,
        )
        if order != 4:
            matter.did(at(date(2020, 11, 2 + order), 11), _SECOND, "sign")
        else:
            matter.did(at(date(2020, 11, 2 + order), 11), _SECOND, "void", reason="录错了单位。")
        yield matter
        if order == 1:
            mended = Matter("hazards", firm, above=matter.name)
            mended.did(date(2020, 11, 18), "reviewer:410503005", "mend", result="冷菜间已单独隔开。", spent=1200)
            mended.did(date(2020, 11, 19), "department:market", "accept")
            yield mended


def _hazards() -> Iterator[Matter]:
    """Ordinary ones mended on the spot or by their day; a major one listed, planned and mended; one that is late."""
    street, bureau = "reviewer:410503010", "department:emergency"
    for order, firm in enumerate(SITES[:4]):
        found = date(2020, 10, 16) + timedelta(days=order * 120)
        matter = Matter("hazards", firm, f"{found}")
        matter.did(workday(found), bureau, "report", standard=("FIRE_EXIT", "ELECTRIC", "TRAINING", "EMERGENCY")[order], host="emergency",
                   what=("疏散通道堆放纸箱。", "配电箱未上锁。", "两名电工证过期。", "灭火器压力不足。")[order],
                   deadline=workday(found) + timedelta(days=10))  # fmt: skip
        if order == 0:
            matter.did(at(workday(found), 11), street, "mend_now", result="已当场清空。")
        else:
            matter.did(workday(found + timedelta(days=6)), street, "mend", result="已整改。", spent=800 * order)
        matter.did(at(workday(found + timedelta(days=8)), 14), bureau, "accept")
        yield matter
    major = Matter("hazards", SITES[4], "dust")
    major.did(
        date(2021, 9, 1),
        bureau,
        "report",
        standard="DUST",
        what="打磨间未设除尘和泄爆。",
        host="emergency",
        deadline=date(2021, 9, 30),
    )
    major.did(date(2021, 9, 3), bureau, "list", deadline=date(2021, 11, 30))
    major.did(
        at(date(2021, 9, 3), 15),
        bureau,
        "interview",
        who="企业主要负责人",
        said="停产整改，明确责任、措施、资金、时限、预案。",
    )
    major.did(date(2021, 9, 10), bureau, "plan", plan="加装干式除尘和泄爆门，责任人、资金、预案均已明确。")
    major.did(date(2021, 11, 22), street, "mend", result="除尘、泄爆设施已安装并检测。", spent=260_000)
    major.did(date(2021, 11, 25), bureau, "accept")
    yield major
    for order, deadline in enumerate((date(2021, 12, 15), date(2021, 12, 22))):
        matter = Matter("hazards", SITES[5 + order], "december")
        matter.did(date(2021, 12, 6), bureau, "report", standard="ELECTRIC" if order else "FIRE_EXIT", host="emergency",
                   what="线路老化，未穿管保护。" if order else "安全出口上锁。", deadline=deadline)  # fmt: skip
        yield matter


def _inspections() -> Iterator[Matter]:
    """An unannounced round of October 2020, drawn and done; a night round that is drawn and, on the last morning, still secret."""
    host, inspectors = (
        "department:emergency",
        ["department:emergency", cast.login("office.emergency-2"), "department:market", _SECOND],
    )
    round_of = Matter("inspection_plans", cast.DISTRICT, "2020")
    round_of.did(date(2020, 10, 12), host, "plan", kind="UNANNOUNCED", host="emergency", night=False, until=date(2020, 10, 20), size=4,
                 inspectors=inspectors, interests=[{"person": _SECOND, "enterprise": CATERERS[0]}])  # fmt: skip
    round_of.did(at(date(2020, 10, 12), 15), host, "draw")
    for order in range(4):
        visit = Matter("inspections", "drawn", f"2020-{order}", above=round_of.name)
        good = order % 2 == 1
        blocked = {"standard": "FIRE_EXIT", "what": "疏散通道堆放杂物。", "due": date(2020, 10, 23)}
        found = None if good else [blocked]
        checked = [{"item": "EXIT", "good": good}, {"item": "WIRING", "good": True}]
        visit.did(at(date(2020, 10, 16), 9 + order), "@first", "visit", checklist=checked, found=found)
        visit.did(at(date(2020, 10, 16), 9 + order, 40), "@second", "cosign")
        yield visit
        if not good:  # the street of whichever enterprise was drawn says that it is mended
            hazard = Matter("hazards", "drawn", f"2020-{order}", above=visit.name)
            hazard.did(at(date(2020, 10, 20), 10 + order), "@town", "mend", result="已清空。")
            hazard.did(at(date(2020, 10, 21), 10 + order), host, "accept")
            yield hazard
    round_of.did(at(date(2020, 10, 20), 17), host, "finish")
    yield round_of
    night = Matter("inspection_plans", cast.DISTRICT, "2021")
    night.did(date(2021, 12, 14), host, "plan", kind="UNANNOUNCED", host="emergency", night=True, until=date(2021, 12, 23), size=3,
              inspectors=inspectors)  # fmt: skip
    night.did(at(date(2021, 12, 14), 15), host, "draw")
    yield night


# --- roads ----------------------------------------------------------------------------------------------------------


def _roads() -> Iterator[Matter]:
    """The two roads of the page: approved, begun, paid, done, and what people said."""
    clerk = office("transport")
    told = (
        ("GC-CHANYE", 2_000, 40, 50_000_000, date(2020, 4, 8), date(2021, 10, 20), ("410503010002", "410503010001")),
        ("GC-BEIDUAN", 1_200, 60, 40_000_000, date(2020, 7, 6), date(2021, 7, 20), ("410503010003",)),
    )
    for code, length, width, budget, begun, done, served in told:
        road = Matter("projects", code)
        road.did(
            date(2020, 3, 2),
            clerk,
            "approve",
            budget=budget,
            source="区财政和专项债券",
            due=done + timedelta(days=30),
            length=length,
            width=width,
        )
        road.did(begun, clerk, "begin", contractor=cast.BUILDER)
        road.did(begun + timedelta(days=90), clerk, "pay", amount=budget // 2, **{"for": "路基和管网"})
        road.did(
            begun + timedelta(days=200),
            clerk,
            "milestone",
            milestones=[{"what": "沥青面层摊铺", "due": done - timedelta(days=60)}],
        )
        road.did(done, clerk, "finish", done_on=done, served=list(served))
        road.did(at(done + timedelta(days=10), 11), clerk, "pay", amount=budget * 3 // 10, **{"for": "路面和照明"})
        words = ("以前下雨就有大坑，现在路宽了，晚上有路灯，出门散步方便多了。", "原料进来、产品出去都快了。")
        for order, said in enumerate(words):
            road.did(at(date(2021, 12, 16), 9 + order), f"cadre:{served[0]}", "say", words=said, good=True)
        yield road
