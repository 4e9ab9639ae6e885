"""City and people in the demo: civic requests, volunteers, contact points, activities, lessons, joint checks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from taizhang.demo.mechanisms.cast import CATERERS, enterprises, office
from taizhang.demo.mechanisms.deeds import Deed, Matter
from taizhang.demo.people import House
from taizhang.demo.story import at, workday

ZHANGDONG: Final = "410503008"
SHUGUANG: Final = "410503011"
RELIC_STREETS: Final = ("410503006", "410503009")
COURSES: Final = 11
TRAINEES: Final = 1_282
_HEADS: Final = (132, 118, 96, 124, 141, 108, 99, 127, 115, 121, 101)  # of the eleven courses, in their order
_STAFF: Final = (3, 2, 3, 4, 2, 3, 2, 3, 4, 2, 3, 2)  # who came from each kitchen


def schedule(houses: Sequence[House]) -> list[Deed]:
    """Every deed about the city, its people and its sites."""
    matters = [
        *_requests(),
        *_volunteers(),
        *_recognised(houses),
        *_contacts(),
        *_activities(),
        *_courses(),
        *_lesson(),
        *_relics(),
    ]
    return [deed for matter in matters for deed in matter.deeds]


def _requests() -> Iterator[Matter]:
    """Plots cleared for green, trading on a road, rubbish, cleaning, a playroom; in December some are open, one is late."""
    street, city = f"reviewer:{ZHANGDONG}", office("urban_management")
    asked = (
        ("PLOT_CLEARING", "平原桥北侧东地块乱搭乱建。", date(2020, 8, 10), 40),
        ("PLOT_CLEARING", "平原桥北侧西地块堆放垃圾。", date(2020, 8, 12), 45),
        ("ROAD_TRADE", "主干道傍晚占道经营。", date(2020, 9, 7), 6), ("GARDEN_PLOT", "楼后空地成了垃圾菜地。", date(2020, 9, 9), 12),
        ("CLEANING", "楼院清扫不及时。", date(2020, 9, 14), 4), ("PLAYGROUND", "儿童活动室插座没有防护。", date(2020, 9, 21), 3),
        ("LIGHTING", "三号楼前路灯不亮。", date(2021, 6, 7), 5), ("PARKING", "消防通道停车。", date(2021, 9, 6), 9),
    )  # fmt: skip
    for order, (kind, words, day, takes) in enumerate(asked):
        matter = Matter("civil_requests", f"{ZHANGDONG}{201 + order:03d}", kind)
        cadre = f"cadre:{ZHANGDONG}{201 + order:03d}"
        matter.did(day, cadre, "ask", kind=kind, words=words)
        due = workday(day + timedelta(days=takes + 5))
        matter.did(
            at(workday(day + timedelta(days=1)), 11),
            street,
            "plan",
            plan="现场查看后明确做法，安排专人专车。",
            unit="urban_management",
            deadline=due,
        )
        if order == 2:
            matter.did(day + timedelta(days=3), cadre, "again", told="摊贩还在。")
        done = workday(day + timedelta(days=takes))
        matter.did(at(done, 15), city, "report", result="已处理到位。")
        matter.did(at(workday(done + timedelta(days=1)), 9), cadre, "accept")
        yield matter
    open_now = (("NOISE", "工地夜间施工。", date(2021, 12, 17), None),
                ("LIGHTING", "村口井盖松动。", date(2021, 12, 8), date(2021, 12, 16)),
                ("PARKING", "学校门口乱停车。", date(2021, 12, 13), date(2021, 12, 24)))  # fmt: skip
    for order, (kind, words, day, deadline) in enumerate(open_now):
        matter = Matter("civil_requests", f"{ZHANGDONG}{211 + order}", f"{kind}-now")
        matter.did(day, f"cadre:{ZHANGDONG}{211 + order}", "ask", kind=kind, words=words)
        if deadline is not None:
            matter.did(
                day + timedelta(days=1),
                street,
                "plan",
                plan="列入本周任务。",
                unit="urban_management",
                deadline=deadline,
            )
        yield matter


def _volunteers() -> Iterator[Matter]:
    """A service each second month, with heads and hours in all."""
    for order in range(9):
        day = workday(date(2020 + (6 + order * 2) // 12, (6 + order * 2) % 12 + 1, 8))
        village = f"{ZHANGDONG}{201 + order % 3}"
        matter = Matter("volunteering", village, f"{day}")
        kind = ("CLEANING", "ORDER", "CARE", "LAW")[order % 4]
        matter.did(
            day - timedelta(days=4), f"cadre:{village}", "call", kind=kind, title="党员志愿服务日", on=day, wanted=8
        )
        matter.did(at(day, 17), f"cadre:{village}", "serve", heads=6 + order % 4, hours=18 + 2 * order)
        yield matter


def _recognised(houses: Sequence[House]) -> Iterator[Matter]:
    """One resident recognised by a dated decision after five days of notice."""
    home = next(house for house in houses if house.village == f"{ZHANGDONG}201" and not house.poor)
    matter = Matter("recognitions", home.head.number)
    matter.did(
        date(2020, 8, 3),
        f"cadre:{home.village}",
        "propose",
        title="IMAGE",
        deed="每天义务清理小广告，捡拾废旧电池，向邻居宣传。",
        consent=True,
    )
    matter.did(date(2020, 8, 4), f"cadre:{home.village}", "post")
    matter.did(date(2020, 8, 11), f"reviewer:{ZHANGDONG}", "decide", decided=date(2020, 8, 11))
    yield matter


def _contacts() -> Iterator[Matter]:
    """Property advisers of two old estates, each month since October 2020, and a leader's contact point each quarter."""
    for order in range(2):
        place = f"{SHUGUANG}{1 + order:03d}"
        guide = Matter("contact_points", place, "guide")
        guide.did(
            date(2020, 10, 9),
            f"reviewer:{SHUGUANG}",
            "link",
            kind="GUIDE" if order == 0 else "KEEPER",
            estate=f"老旧小区{order + 1}号院",
            person=f"second:{place}",
            since=date(2020, 10, 9),
        )
        for months in range(1, 15):
            if order == 0 or months != 13:  # one month missed at the second
                day = workday(date(2020 + (9 + months) // 12, (9 + months) % 12 + 1, 10))
                guide.did(
                    at(day, 16),
                    f"second:{place}",
                    "visit",
                    done="和业主委员会一起看了门禁、楼道和停车。",
                    solved=months % 2,
                )
        yield guide
        if order == 0:
            lamp = Matter("civil_requests", place, "lamp", above=guide.name)
            guide.did(date(2021, 10, 20), f"second:{place}", "pass_on", civil="LIGHTING", words="二号楼前路灯不亮。")
            lamp.did(
                date(2021, 10, 21),
                f"reviewer:{SHUGUANG}",
                "plan",
                plan="更换灯头。",
                unit="urban_management",
                deadline=date(2021, 10, 29),
            )
            lamp.did(date(2021, 10, 26), office("urban_management"), "report", result="灯头已更换。")
            lamp.did(date(2021, 10, 27), f"cadre:{place}", "accept")
            yield lamp
    leader = Matter("contact_points", f"{SHUGUANG}001", "leader")
    leader.did(
        date(2020, 10, 12),
        f"reviewer:{SHUGUANG}",
        "link",
        kind="CONTACT",
        estate="全社区",
        person="leader",
        since=date(2020, 10, 12),
    )
    for day in (date(2021, 2, 24), date(2021, 5, 26), date(2021, 8, 25), date(2021, 11, 24)):
        leader.did(at(day, 15), "leader", "visit", done="参加居民议事会。", solved=1)
    yield leader


def _activities() -> Iterator[Matter]:
    """A disaster-reduction day of three organisers, a free clinic, drills, an online class; one that nobody recorded."""
    told = (
        ("DISASTER_DAY", "国际减灾日宣传", date(2020, 10, 13), ["emergency", "party-410503001", "party-410503005"],
         "department:emergency", 260),
        ("LAW_PUBLICITY", "扫黑除恶宣传", date(2020, 10, 15), ["party-410503006"], "reviewer:410503006", 120),
        ("DRILL", "商场疏散演练", date(2021, 6, 16), ["emergency"], "department:emergency", 85),
        ("ONLINE_CLASS", "环境治理网络课堂", date(2021, 4, 20), ["environment"], office("environment"), 64),
        ("MATCHING", "企业环境治理供需对接会", date(2021, 9, 15), ["environment", "commerce"], office("commerce"), 42),
        ("CLINIC", "康复进社区义诊", date(2021, 12, 16), ["disabled_persons", "health"], "department:disabled_persons", 75),
        ("DRILL", "燃气泄漏应急演练", date(2021, 12, 9), ["emergency"], "department:emergency", None),
    )  # fmt: skip
    for kind, title, day, organisers, who, heads in told:
        place = who.partition(":")[2] if who.startswith("reviewer") else "410503"
        matter = Matter("activities", place, f"{kind}-{day}")
        matter.did(
            day - timedelta(days=6),
            who,
            "plan",
            kind=kind,
            title=title,
            on=day,
            organisers=organisers,
            place="中心广场",
        )
        if heads is not None:
            matter.did(at(day, 17), who, "hold", heads=heads, account="发放资料、现场讲解。")
        yield matter


def _courses() -> Iterator[Matter]:
    """Eleven start-up and skill courses of the year."""
    for order, heads in enumerate(_HEADS):
        day = workday(date(2021, 1 + order, 14))
        matter = Matter("activities", "410503", f"course-{order}")
        title = f"第{order + 1}期{('创业', '电焊', '面点', '缝纫', '家政')[order % 5]}培训"
        matter.did(
            day - timedelta(days=8),
            "department:human_resources",
            "plan",
            kind="TRAINING",
            title=title,
            on=day,
            organisers=["human_resources"],
        )
        matter.did(at(day, 17), "department:human_resources", "hold", heads=heads)
        yield matter


def _lesson() -> Iterator[Matter]:
    """Twelve kitchens at the on-site lesson of 16 October 2020."""
    names = {row["code"]: row["name"] for row in enterprises()}
    matter = Matter("food_lessons", "410503005", "lesson")
    matter.did(
        date(2020, 10, 12),
        "department:market",
        "plan",
        title="餐饮服务食品安全6S管理现场教学",
        on=date(2020, 10, 16),
        model=names[CATERERS[7]],
    )
    came = [{"unit": names[code], "staff": staff} for code, staff in zip(CATERERS, _STAFF, strict=True)]
    problems = [
        {"s": "SEISO", "what": "明厨亮灶不达标", "remedy": "统一更换透明隔断"},
        {"s": "SEITON", "what": "功能间布局不合理", "remedy": "冷热分区"},
    ]
    matter.did(at(date(2020, 10, 16), 17), "department:market", "teach", came=came, problems=problems)
    yield matter


def _relics() -> Iterator[Matter]:
    """The joint night check of 15 December 2021, for which one department has still to sign; and an earlier one, closed."""
    host = office("culture_tourism")
    autumn = Matter("relic_checks", "410503", "autumn")
    autumn.did(date(2021, 9, 14), host, "call", on=date(2021, 9, 15), night=False, host="culture_tourism",
               parties=["culture_tourism", "public_security"], streets=[RELIC_STREETS[1]])  # fmt: skip
    autumn.did(at(date(2021, 9, 15), 16), host, "record", targets=[{"kind": "FIELD", "where": "保护区北侧地块", "finding": "BUILDING"}],
               orders=[{"what": "拆除北侧地块临时棚屋", "owner": "natural_resources", "due": date(2021, 10, 15)}])  # fmt: skip
    for order, who in enumerate((host, "department:public_security")):
        autumn.did(at(date(2021, 9, 16), 9, order * 20), who, "sign")
    autumn.did(at(date(2021, 9, 16), 11), host, "close")
    yield autumn
    night = Matter("relic_checks", "410503", "night")
    night.did(at(date(2021, 12, 15), 17), host, "call", on=date(2021, 12, 15), night=True, host="culture_tourism",
              parties=["culture_tourism", "public_security", "natural_resources", "emergency"], streets=list(RELIC_STREETS))  # fmt: skip
    night.did(at(date(2021, 12, 15), 22), host, "record", targets=[
        {"kind": "HOME", "where": "保护区内住户", "finding": "NONE"}, {"kind": "SHOP", "where": "沿街商铺", "finding": "FIRE"},
        {"kind": "FACTORY", "where": "废弃厂房", "finding": "NONE"},
        {"kind": "FIELD", "where": "村东田地", "finding": "NONE"}])  # fmt: skip
    for order, who in enumerate((host, "department:public_security", "department:emergency")):
        night.did(at(date(2021, 12, 16), 9, order * 20), who, "sign")
    yield night
