"""Who answers for duties in the demo district: party organisations with their secretaries, invented units, the discipline office.

Real names are of areas and of kinds of bureaux. What is late belongs to the invented units and to nobody else. Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from taizhang.demo.people import SEED, Maker

DISTRICT: Final = "410503"
INVENTED: Final[Mapping[str, tuple[str, str]]] = {
    "x_farm": ("区惠农服务中心（虚构单位）", "Farm Service Centre (invented)"),
    "x_civic": ("区便民服务促进中心（虚构单位）", "Civic Service Promotion Centre (invented)"),
    "x_canal": ("区沟渠管护所（虚构单位）", "Ditch Maintenance Office (invented)"),
    "x_seed": ("区良种推广站（虚构单位）", "Seed Extension Station (invented)"),
    "x_fair": ("区集贸服务中心（虚构单位）", "Fair Service Centre (invented)"),
    "x_green": ("区绿地养护中心（虚构单位）", "Green Space Centre (invented)"),
    "x_lamp": ("区路灯管护所（虚构单位）", "Street Lamp Office (invented)"),
    "x_skill": ("区技能培训服务中心（虚构单位）", "Skills Service Centre (invented)"),
    "x_elder": ("区养老服务指导中心（虚构单位）", "Elder Care Guidance Centre (invented)"),
    "x_youth": ("区青少年活动中心（虚构单位）", "Youth Activity Centre (invented)"),
    "x_depot": ("区公共物资储备站（虚构单位）", "Public Goods Depot (invented)"),
    "x_craft": ("区手工业服务社（虚构单位）", "Handicraft Service Society (invented)"),
    "x_media": ("区乡村广播服务站（虚构单位）", "Village Broadcasting Station (invented)"),
    "x_plan": ("区村镇规划服务所（虚构单位）", "Village Planning Service (invented)"),
}  # fmt: skip
CHANGED: Final = "x_canal"  # its secretary changed on that day
CHANGED_ON: Final = date(2021, 7, 1)
ABSENT: Final = "x_green"  # somebody stood in for its secretary in that month
ABSENT_FROM, ABSENT_TO = date(2021, 10, 1), date(2021, 11, 1)
LEADERS: Final = 14


@dataclass(frozen=True)
class Unit:
    """An organisation that owes duties: its code, kind and level, as conditions read them."""

    code: str
    kind: str
    level: str

    @property
    def invented(self) -> bool:
        """Whether it exists in the demo alone."""
        return self.code in INVENTED

    @property
    def attributes(self) -> dict[str, str]:
        """As conditions read it."""
        return {"id": self.code, "kind": self.kind, "level": self.level, "area": DISTRICT}


def units(areas: Sequence[Mapping[str, str]], organisations: Sequence[Mapping[str, str]]) -> list[Unit]:
    """Every organisation that owes duties, from the area table and the table of bureaux; the invented ones last."""
    found: dict[str, Unit] = {}
    for row in organisations:
        found[row["code"]] = Unit(row["code"], row["kind"], row["level"])
    for row in areas:
        kind = {"town": "town_committee", "village": "village_branch"}.get(row["level"])
        if kind is not None:
            found[branch(row["code"])] = Unit(branch(row["code"]), kind, row["level"])
    for code in INVENTED:
        found[code] = Unit(code, "service", "district")
    return list(found.values())


def branch(area: str) -> str:
    """The code of the party organisation of a town or village."""
    return f"party-{area}"


def table() -> str:
    """The invented units as a table of organisations."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", "zh", "en", "level", "area", "kind", "valid_from", "valid_to", "short"])
    writer.writerows(
        [code, zh, en, "district", DISTRICT, "service", "2019-01-01", "", ""] for code, (zh, en) in INVENTED.items()
    )
    return text.getvalue()


def secretary(code: str, day: date) -> str:
    """Who speaks for an organisation on a day, by the words of the schedule."""
    if code == CHANGED and day >= CHANGED_ON:
        return "secretary2." + code
    if code == ABSENT and ABSENT_FROM <= day < ABSENT_TO:
        return "deputy." + code
    return "secretary." + code


def accounts(those: Sequence[Unit], seed: int = SEED) -> list[dict[str, str]]:
    """Secretaries, the discipline office, the two offices that keep meetings, and the district's leaders."""
    maker = Maker(Random(f"{seed}-offices"))  # noqa: S311 - reproducible fiction, not a secret

    def row(who: str, token: str, area: str, organisation: str, title: str, **more: str) -> dict[str, str]:
        role, level = token.split("@")
        return {"username": who, "name": maker.name(), "role": role, "level": level, "area": area,
                "organisation": organisation, "title": title, "from": "2019-01-01", "to": "", "deputy": "", **more}  # fmt: skip

    rows = []
    for unit in those:
        area = unit.code.removeprefix("party-") if unit.code.startswith("party-") else DISTRICT
        until = {"to": CHANGED_ON.isoformat()} if unit.code == CHANGED else {}
        rows.append(row("secretary." + unit.code, f"secretary@{unit.level}", area, unit.code, "党组织书记", **until))
    rows.append(row("secretary2." + CHANGED, "secretary@district", DISTRICT, CHANGED, "党组织书记",
                    **{"from": CHANGED_ON.isoformat()}))  # fmt: skip
    rows.append(row("deputy." + ABSENT, "secretary@district", DISTRICT, ABSENT, "党组织书记",
                    **{"from": ABSENT_FROM.isoformat(), "to": ABSENT_TO.isoformat(), "deputy": "yes"}))  # fmt: skip
    rows.append(row("discipline.1", "discipline@district", DISTRICT, "discipline", "党风政风监督室"))
    rows.append(row("discipline.2", "discipline@district", DISTRICT, "discipline", "党风政风监督室"))
    rows.append(row("discipline.lead", "discipline_lead@district", DISTRICT, "discipline", "区纪委监委负责人"))
    for office, title in (("party_office", "会议秘书岗"), ("government_office", "会议秘书岗")):
        rows.append(row(f"office.{office}", "department@district", DISTRICT, office, title))
    rows += [row(f"leader.{number}", "leader@district", DISTRICT, "", "区领导") for number in range(1, LEADERS + 1)]
    return rows
