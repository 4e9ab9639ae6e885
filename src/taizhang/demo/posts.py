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
from taizhang.demo import offices, paired
from taizhang.demo.mechanisms import cast
from taizhang.demo.people import SEED, Maker
from taizhang.kit import areacode
from taizhang.kit.text import Text

PASSWORD: Final = "Beiguan-demo-2021"
_STARTED: Final = "2019-01-01"
_DISTRICT: Final = "410503"
_BUREAUX: Final[Mapping[str, str]] = {
    "public_security": "公安", "housing": "住建", "market": "市场监管", "fiscal": "财政", "medical_security": "医保",
    "emergency": "应急", "human_resources": "人社",
}  # fmt: skip
DEPARTMENTS: Final = (
    "public_security", "housing", "market", "fiscal", "medical_security", "health", "disabled_persons", "education",
    "water", "civil_affairs", "human_resources", "emergency", "agriculture", "finance_service", "petition",
)  # fmt: skip


_COMPARE: Final = Text("部门比对：反馈有没有记录", "comparisons: answer whether there is a record")
# who can log in, in the order in which a matter passes through their hands: the post, its user name, what to see first
LOGINS: Final[Mapping[str, tuple[str, Text]]] = {
    "cadre:VILLAGE": ("cun1", Text("从一条新线索办起：入户核实、评议、公示；农户页看一户的全部经过",
                                   "begin with a new clue: visit, review, notice; a household's page tells its whole story")),
    "second:VILLAGE": ("cun2", Text("同村第二人：在 cun1 的入户上签名，复核停水修好没有",
                                    "the second visitor: signs what cun1 found, verifies that the water is back")),
    "reviewer:TOWN": ("zhen", Text("乡镇审核和异议复核，确认收入核算，核定出生和并户，上报本轮排查",
                                   "town reviews and objections, incomes to confirm, a birth to enter, a round to report")),
    "lead": ("qianban", Text("县级审批和风险消除；筛查页看预警、规则准不准、疑似同一人，整批撤回一次导入",
                             "approvals and removals; screening: alerts, how often rules were right, pairs, undoing an import")),
    "department:public_security": ("gongan", _COMPARE),
    "department:housing": ("zhujian", Text("部门比对；审批一户的危房维修", "comparisons; the repair of an unsafe house to approve")),
    "department:market": ("shichang", _COMPARE),
    "department:fiscal": ("caizheng", _COMPARE),
    "department:medical_security": ("yibao", Text("审批和发放医疗救助；报送本部门数据，看退回的行",
                                                  "medical relief to approve and pay; send a file and see which rows came back")),
    "helper": ("bangfu012", Text("结对户漏访一个月，红灯：补记走访，只写变化",
                                 "a household not visited for a month, red: record a visit, only what changed")),
    "leader": ("lingdao", Text("指标页：公开数逐个点开到每条记录", "indicators: every printed figure opens to its records")),
    "auditor": ("shenji", Text("留痕页：谁在何时办了什么，链是否完整",
                               "the record of who did what and when, and whether the chain is whole")),
    "discipline.1": ("jiwei1", Text("履职页：什么是红灯、多久了、是谁的；抽查报送，拟提醒函",
                                    "duties: what is red, since when, whose; letters to draft")),
    "discipline.2": ("jiwei2", Text("核稿、送达，审回复，验收整改", "letters to check and serve, replies to look at, problems to accept")),
    "discipline.lead": ("jiwei", Text("签发函书，裁定一件申诉", "letters to sign, a contested light to rule on")),
    "secretary.x_farm": ("huinong", Text("本单位的年度任务表：逾期的补报，一次报送多项；回复提醒函",
                                         "the year of one's organisation: submit what is late, several at once; answer a letter")),
    "system_admin": ("xitong", Text("系统页：作业、日历、机构和区划", "jobs, calendar, organisations and areas")),
    "security_admin": ("anquan", Text("账号页：新建账号、任免岗位、重置密码", "accounts, posts, passwords")),
}  # fmt: skip


@dataclass(frozen=True)
class Login:
    """Somebody who can log in to the demo: the user name to type, the person, the post, and what to look at first."""

    username: str
    name: str
    post: Text
    first: Text


class Staff:
    """Everybody who holds a post, by the words that the schedule of the year uses (`cadre:CODE`, `lead`, ...)."""

    def __init__(
        self,
        areas: Sequence[Mapping[str, str]],
        village: str,
        organisations: Sequence[Mapping[str, str]] = (),
        seed: int = SEED,
    ) -> None:
        self.areas, self.village, self.town = areas, village, village[:9]
        self.units = offices.units(areas, organisations)
        self.maker = Maker(Random(f"{seed}-staff"))  # noqa: S311 - reproducible fiction, not a secret
        self.rows: list[dict[str, str]] = []
        self.usernames: dict[str, str] = {}
        self.logins: list[Login] = []
        self._actors: dict[str, access.Actor] = {}
        self._plan()

    def _plan(self) -> None:
        logins = {who.replace("VILLAGE", self.village).replace("TOWN", self.town): login
                  for who, (login, _) in {**LOGINS, **cast.LOGINS}.items()}  # fmt: skip
        for row in self.areas:
            code, name = row["code"], areacode.short_name(row["name"])
            if row["level"] == "village":
                self._hold(f"cadre:{code}", "cadre@village", code, f"{name}干部", logins)
                self._hold(f"second:{code}", "cadre@village", code, f"{name}干部", logins)
            elif row["level"] == "town":
                self._hold(f"reviewer:{code}", "reviewer@town", code, f"{name}审核岗", logins)
        self._hold("lead", "lead@district", _DISTRICT, "区牵头办公室监测岗", logins, "lead")
        for code in DEPARTMENTS:
            title = f"{_BUREAUX[code]}经办岗" if code in _BUREAUX else ""
            self._hold(f"department:{code}", "department@district", _DISTRICT, title, logins, code)
        for role, title in (
            ("leader", "区领导"), ("auditor", "审计岗"), ("system_admin", "系统管理员"), ("security_admin", "安全管理员"),
        ):  # fmt: skip
            self._hold(role, f"{role}@district", _DISTRICT, title, logins)
        self.rows += paired.accounts()
        for row in offices.accounts(self.units):
            who, row["username"] = row["username"], logins.get(row["username"]) or row["username"]
            self.usernames[who] = row["username"]
            self.rows.append(row)
        self.rows += (others := cast.accounts())
        self.usernames |= {row["username"]: row["username"] for row in others}
        self.logins = [self._login(username, first) for username, first in (*LOGINS.values(), *cast.LOGINS.values())]

    def _login(self, username: str, first: Text) -> Login:
        row = next(row for row in self.rows if row["username"] == username)
        title = row["title"] or "帮扶责任人"
        return Login(username, row["name"], Text(title, row["role"].replace("_", " ")), first)

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
        """Make the accounts and posts; those who can log in get a first password and then the demo's."""
        accounts.import_csv(access.SYSTEM, _table(self.rows), clock=clock, issue=False)
        for login in self.logins:
            account = identified.account(login.username)
            accounts.reset(access.SYSTEM, account.pk, clock=clock)
            accounts.choose_password(identified.account(login.username), new=PASSWORD, clock=clock)

    def actor(self, who: str, now: datetime) -> access.Actor:
        """Whoever `who` means, with the posts of that day. Raises NotFound for words the schedule should not use."""
        known = self._actors.get(who)
        if known is None:
            known = self._actors[who] = identified.actor_named(self.usernames.get(who, who), now)
        return known


def _table(rows: Iterable[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=accounts.COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
