"""The posts of the demo district and who holds them: every village and town is staffed, a dozen people can log in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.moves import accounts
from taizhang.core.queries import identified
from taizhang.demo.people import SEED, Maker
from taizhang.kit import areacode
from taizhang.kit.text import Text

PASSWORD: Final = "Beiguan-demo-2021"
_STARTED: Final = "2019-01-01"
DEPARTMENTS: Final = (
    "public_security", "housing", "market", "fiscal", "medical_security", "health", "disabled_persons", "education",
    "water", "civil_affairs", "human_resources", "emergency", "agriculture", "finance_service", "petition",
)  # fmt: skip


@dataclass(frozen=True)
class Login:
    """Somebody who can log in to the demo: the user name to type, the person and the post."""

    username: str
    name: str
    post: Text


class Staff:
    """Everybody who holds a post, by the words that the schedule of the year uses (`cadre:CODE`, `lead`, ...)."""

    def __init__(self, areas: Sequence[Mapping[str, str]], village: str, seed: int = SEED) -> None:
        self.areas, self.village, self.town = areas, village, village[:9]
        self.maker = Maker(Random(f"{seed}-staff"))  # noqa: S311 - reproducible fiction, not a secret
        self.rows: list[dict[str, str]] = []
        self.usernames: dict[str, str] = {}
        self.logins: list[Login] = []
        self._actors: dict[str, access.Actor] = {}
        self._plan()

    def _plan(self) -> None:
        names = {row["code"]: row["name"] for row in self.areas}
        logins = {
            f"cadre:{self.village}": "cun1", f"second:{self.village}": "cun2", f"reviewer:{self.town}": "zhen",
            "lead": "qianban", "department:public_security": "gongan", "department:housing": "zhujian",
            "department:market": "shichang", "department:fiscal": "caizheng", "department:medical_security": "yibao",
            "leader": "lingdao", "auditor": "shenji", "system_admin": "xitong", "security_admin": "anquan",
        }  # fmt: skip
        for row in self.areas:
            code, name = row["code"], row["name"]
            if row["level"] == "village":
                self._hold(f"cadre:{code}", "cadre@village", code, f"{areacode.short_name(name)}干部", logins)
                self._hold(f"second:{code}", "cadre@village", code, f"{areacode.short_name(name)}干部", logins)
            elif row["level"] == "town":
                self._hold(f"reviewer:{code}", "reviewer@town", code, f"{areacode.short_name(name)}审核岗", logins)
        district = "410503"
        self._hold("lead", "lead@district", district, "区牵头办公室监测岗", logins, "lead")
        for code in DEPARTMENTS:
            self._hold(f"department:{code}", "department@district", district, "", logins, code)
        for role, title in (
            ("leader", "区领导"),
            ("auditor", "审计岗"),
            ("system_admin", "系统管理员"),
            ("security_admin", "安全管理员"),
        ):
            self._hold(role, f"{role}@district", district, title, logins)
        order = list(logins)
        for who in order:
            row = next(row for row in self.rows if row["username"] == logins[who])
            place = names.get(row["area"], "")
            title = row["title"] or _BUREAUX.get(row["organisation"], "部门经办岗")
            self.logins.append(
                Login(logins[who], row["name"], Text(f"{place} {title}", f"{row['role']} {row['area']}"))
            )

    def _hold(
        self, who: str, token: str, area: str, title: str, logins: Mapping[str, str], organisation: str = ""
    ) -> None:
        role, level = token.split("@")
        username = logins.get(who) or who.replace(":", ".").replace("_", "-")
        self.usernames[who] = username
        self.rows.append({
            "username": username, "name": self.maker.name(), "role": role, "level": level, "area": area,
            "organisation": organisation, "title": title, "from": _STARTED, "to": "", "deputy": ""})  # fmt: skip

    def install(self, clock: Clock) -> None:
        """Make the accounts and posts; those who can log in get the demo's password by the ordinary way."""
        accounts.import_csv(access.SYSTEM, _table(self.rows), clock=clock, issue=False)
        for login in self.logins:
            account = identified.account(login.username)
            issued = accounts.reset(access.SYSTEM, account.pk, clock=clock)
            account = identified.account(login.username)
            accounts.change_password(account, old=issued.password, new=PASSWORD, clock=clock)

    def actor(self, who: str, now: datetime) -> access.Actor:
        """Whoever `who` means, with the posts of that day. Raises NotFound for words the schedule should not use."""
        known = self._actors.get(who)
        if known is None:
            known = self._actors[who] = identified.actor_named(self.usernames.get(who, who), now)
        return known


_BUREAUX: Final[Mapping[str, str]] = {
    "public_security": "公安经办岗", "housing": "住建经办岗", "market": "市场监管经办岗", "fiscal": "财政经办岗",
    "medical_security": "医保经办岗",
}  # fmt: skip


def _table(rows: Iterable[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=accounts.COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
