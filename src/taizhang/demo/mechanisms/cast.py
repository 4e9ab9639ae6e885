"""Who and what the mechanisms are about: invented enterprises, two roads, and the posts of bureaux that only they need. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from taizhang.demo.people import SEED, Maker
from taizhang.kit.text import Text

DISTRICT: Final = "410503"
BAIZHUANG: Final = "410503100"
BUS: Final = "YQ-QINGHE"  # the enterprise that asked for a bus stop
ROADS: Final = ("GC-CHANYE", "GC-BEIDUAN")
INVESTED: Final = "TZ-QINGHE"
BUILDER: Final = "YQ-LUQIAO"
COOPERATIVE, MARKET_HALL = "YQ-LUSUN", "YQ-SHANGCHAO"
PRODUCT: Final = "CP-LUSUN"
SMALL: Final = tuple(f"YQ-XW{order:02d}" for order in range(1, 15))
CATERERS: Final = tuple(f"YQ-CY{order:02d}" for order in range(1, 13))
SITES: Final = tuple(f"YQ-AQ{order:02d}" for order in range(1, 9))
_WORKS: Final = (
    "管件",
    "门窗",
    "木器",
    "涂装",
    "橡塑",
    "纸品",
    "五金",
    "机加工",
    "保温材料",
    "印务",
    "家具",
    "标准件",
    "电器",
    "饲料",
)
_FOOD: Final = (
    "面馆",
    "小吃店",
    "火锅店",
    "饺子馆",
    "快餐店",
    "烩面馆",
    "早餐店",
    "酒楼",
    "烧烤店",
    "汤馆",
    "茶餐厅",
    "家常菜馆",
)
_FLOURS: Final = ("塑料制品", "仓储", "面粉", "化工", "木业", "冷库", "印刷", "加油站")
# bureaux with somebody at a desk whom no other part of the demo needs
BUREAUX: Final[Mapping[str, str]] = {
    "culture_tourism": "文旅", "natural_resources": "自然资源", "industry_information": "工信", "commerce": "商务", "transport": "交通",
    "environment": "生态环境", "urban_management": "城管", "organisation_department": "组织",
}  # fmt: skip
LOGINS: Final[Mapping[str, tuple[str, Text]]] = {
    "office.industry-information": ("gongxin", Text("企业诉求：分办、报市工作组、批回",
                                                    "requests of enterprises: assign, up to the city and back")),
    "firm.qinghe": ("qiye", Text("本企业的诉求、检查和对接", "one's own enterprise: requests, checks, the exchange")),
    "office.culture-tourism": ("wenlv", Text("文物联合检查：谁还没有签字", "joint checks of relics: who has still to sign")),
    "office.natural-resources": ("ziran", Text("文物联合检查等您签字", "a joint check that waits for your signature")),
    "office.environment": ("huanbao", Text("小微企业环保服务、网络课堂", "small enterprises: classes, visits, an online class")),
    "office.commerce": ("shangwu", Text("供需对接：谁和谁对得上；帮扶产品卖出登记",
                                        "the exchange: who could deal with whom; sales of help products")),
    "department:emergency": ("yingji", Text("四不两直：一轮抽好还没去的夜查", "an unannounced round, drawn and not yet gone to")),
    "office.emergency-2": ("yingji2", Text("第二名检查人员：签字、复查", "the second inspector: signs and checks again")),
    "office.market-2": ("shichang2", Text("餐饮6S检查的第二人", "the second hand of a 6S check")),
    "office.urban-management": ("chengguan", Text("居民诉求：一件逾期的待报处理结果", "residents' requests: one is late")),
    "office.organisation-department": ("zuzhi", Text("支部工作：看一看、请补充、归档", "work of branches: look, ask for more, file")),
    "secretary.party-VILLAGE": ("zhibu", Text("本支部这个月还有哪些没办", "what one's branch still owes this month")),
    "office.transport": ("jiaotong", Text("民生工程：节点、拨款、居民的话", "roads: milestones, money, what residents say")),
    "department:human_resources": ("renshe", Text("就业月报、培训班", "monthly employment reports, courses")),
}  # fmt: skip


def enterprises() -> list[dict[str, str]]:
    """The invented enterprises, as a table of the register has them."""
    rows = [
        _firm(BUS, "青禾制衣有限公司（虚构）", "industry", "410503010003"),
        _firm(BUILDER, "通衢路桥有限公司（虚构）", "construction", "410503010"),
        _firm(COOPERATIVE, "绿笋种植专业合作社（虚构）", "cooperative", "410503100209"),
        _firm(MARKET_HALL, "惠邻购物广场（虚构）", "trade", "410503005"),
    ]
    rows += [_firm(code, f"北岗{work}厂（虚构）", "industry", f"{BAIZHUANG}{205 + order % 5}")
             for order, (code, work) in enumerate(zip(SMALL, _WORKS, strict=True))]  # fmt: skip
    rows += [_firm(code, f"豆香{food}（虚构）", "catering", "410503005")
             for code, food in zip(CATERERS, _FOOD, strict=True)]  # fmt: skip
    rows += [_firm(code, f"安临{work}（虚构）", "industry", "410503010001")
             for code, work in zip(SITES, _FLOURS, strict=True)]  # fmt: skip
    return rows


def _firm(code: str, name: str, kind: str, area: str) -> dict[str, str]:
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "grade": "",
        "area": area,
        "address": "",
        "enterprise": "",
        "organisation": "",
    }


def projects() -> list[dict[str, str]]:
    """The two roads, and the workshop that an enterprise builds."""
    places = (("产业大道改建工程", "410503010002"), ("北段道路新建工程", "410503010003"))
    rows = [{**_firm(code, name, "road", area), "organisation": "transport"}
            for code, (name, area) in zip(ROADS, places, strict=True)]  # fmt: skip
    workshop = _firm(INVESTED, "青禾制衣二期车间（虚构）", "investment", "410503010003")
    return [*rows, workshop | {"enterprise": BUS, "organisation": "industry_information"}]


def accounts() -> list[dict[str, str]]:
    """Posts of bureaux, a second one at the market bureau, and the person who speaks for one enterprise."""
    maker = Maker(Random(f"{SEED}-mechanisms"))  # noqa: S311 - reproducible fiction, not a secret
    desks = [
        (f"office.{code.replace('_', '-')}", "department", code, f"{short}经办岗") for code, short in BUREAUX.items()
    ]
    desks += [("office.market-2", "department", "market", "市场监管执法岗"),
              ("office.emergency-2", "department", "emergency", "应急执法岗"),
              ("firm.qinghe", "enterprise", BUS, "企业经办人")]  # fmt: skip
    return [
        {"username": login(who), "name": maker.name(), "role": role, "level": "district",
         "area": DISTRICT, "organisation": organisation, "title": title, "from": "2019-01-01", "to": "", "deputy": ""}
        for who, role, organisation, title in desks
    ]  # fmt: skip


def office(code: str) -> str:
    """The user name of a bureau's clerk."""
    return login(f"office.{code.replace('_', '-')}")


def login(who: str) -> str:
    """The user name of a post: the short one, where it is one of those that people try."""
    return LOGINS[who][0] if who in LOGINS else who
