"""The auditor's page: entries by who, when, case, area and kind, and the state of the chain. No sealed value is opened."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import QuerySet

from taizhang.core import access, chain, editions, seals
from taizhang.core.head import Head
from taizhang.core.models import Account, Area, Case, District, Entry
from taizhang.kit import days
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text

PAGE: Final = 100
# What entries that are no act of a ledger are called.
KINDS: Final[Mapping[str, Text]] = {
    "act": Text("办理", "Act"), "annul": Text("更正", "Correction"), "genesis": Text("建库", "Beginning"),
    "edition": Text("台账版本", "Edition of a ledger"), "upgrade": Text("台账更新，事项转版", "Case moved to a newer edition"),
    "import": Text("导入", "Import"), "reveal": Text("查看密封内容", "Reveal"),
    "clock": Text("拨动时钟", "Clock moved"), "appoint": Text("岗位任免", "Appointment"), "erase": Text("删除资料", "Erasure"),
    "screening": Text("筛查", "Screening"), "account": Text("账号", "Account"), "mapping": Text("列对应", "Columns mapped"),
    "link": Text("同人判定", "Link decided"), "withdraw": Text("撤回导入", "Import withdrawn"), "export": Text("导出", "Export"),
    "policy": Text("补录政策数", "Policy number entered"), "complaint": Text("对页面的意见", "Complaint about a page"),
    "post": Text("设岗位", "Post made"), "register": Text("名册", "Register"),
    "tip": Text("举报件", "Tip"), "assets": Text("查看资产比对", "Assets asked"),
    "print": Text("打印文书", "Paper printed"), "proposal": Text("试算建议", "Proposal of numbers"),
    "waiver": Text("数据疑点豁免", "Doubt waived"), "linkage": Text("关联模型", "Linkage model"),
    "bulletin": Text("发布简报", "Bulletin published"),
    "scorecard": Text("固定评分表", "Scorecard kept"),
    "retention": Text("到期删除数据", "Data let go"), "restore": Text("从备份恢复", "Restored from a backup"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the auditor looks for; empty means everything."""

    who: str = ""  # part of a name or a log-in
    since: date | None = None
    until: date | None = None  # inclusive
    case: str = ""  # a number
    area: str = ""  # a path
    kind: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One entry."""

    seq: int
    entry: uuid.UUID
    kind: str
    kind_label: Text
    what: Text
    who: str
    post: str
    deputy: bool
    case: uuid.UUID | None
    number: str
    n: int | None
    area: str
    happened: datetime
    received: datetime
    digest: str
    fields: tuple[str, ...]  # the keys that were written; sealed ones are marked with a bar
    evidence: int


@dataclass(frozen=True, slots=True)
class Audit:
    """One page of entries and the head of the chain."""

    lines: tuple[Line, ...]
    total: int
    page: int
    pages: int
    head: Head
    algorithm: str
    demo: bool


def page(actor: access.Actor, asked: Asked) -> Audit:
    """Entries of the auditor's areas, newest first. Raises Refusal("not_allowed") without `audit.read`."""
    access.acting(actor, "audit.read")
    rows = _narrowed(access.entries_for(actor), asked)
    total = rows.count()
    pages = max(1, -(-total // PAGE))
    at = min(max(asked.page, 1), pages)
    district = District.objects.get()
    found = list(rows.select_related("account", "post", "case").order_by("-seq")[(at - 1) * PAGE : at * PAGE])
    return Audit(_lines(found), total, at, pages, chain.head(), district.algorithm, district.demo)


def body(actor: access.Actor, entry_id: uuid.UUID | str) -> Mapping[str, Any]:
    """One entry as it was written, sealed values as references. Raises NotFound, and Refusal without `audit.read`."""
    access.acting(actor, "audit.read")
    row = access.entries_for(actor).filter(pk=entry_id).first()
    if row is None:
        raise NotFound(Text("这条记录", "This entry"))
    written: Mapping[str, Any] = json.loads(row.body)
    return written


def _narrowed(rows: QuerySet[Entry], asked: Asked) -> QuerySet[Entry]:
    if asked.who.strip():
        people = Account.objects.filter(name__contains=asked.who.strip()) | Account.objects.filter(
            username=asked.who.strip()
        )
        rows = rows.filter(account__in=people.values("pk"))
    if asked.since is not None:
        rows = rows.filter(received__gte=days.start_of(asked.since))
    if asked.until is not None:
        rows = rows.filter(received__lt=days.start_of(date.fromordinal(asked.until.toordinal() + 1)))
    if asked.case.strip():
        rows = rows.filter(case__in=Case.objects.filter(number=asked.case.strip().upper()).values("pk"))
    if asked.area.isdigit():
        rows = rows.filter(access.within("area_path", [asked.area]))
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    return rows


def _lines(rows: Sequence[Entry]) -> tuple[Line, ...]:
    areas = dict(Area.objects.filter(path__in={row.area_path for row in rows}).values_list("path", "name"))
    return tuple(_line(row, json.loads(row.body), areas) for row in rows)


def _line(row: Entry, written: Mapping[str, Any], areas: Mapping[str, str]) -> Line:
    says = written.get("says") or {}
    label = KINDS.get(row.kind, Text(row.kind, row.kind))
    return Line(
        seq=row.seq, entry=row.pk, kind=row.kind, kind_label=label, what=_what(written, label), who=_who(row, written),
        post=row.post.title if row.post else "", deputy=bool(says.get("deputy")), case=row.case_id,
        number=row.case.number if row.case else "", n=row.n, area=areas.get(row.area_path, row.area_path),
        happened=row.happened, received=row.received, digest=row.digest,
        fields=tuple(f"{key}▮" if seals.is_reference(value) else key for key, value in (says.get("fields") or {}).items()),
        evidence=len(written.get("evidence") or ()),
    )  # fmt: skip


def _what(written: Mapping[str, Any], label: Text) -> Text:
    if not written.get("case") or not written.get("act"):
        return label
    law, name = editions.pinned(written["edition"]), written["act"]  # labels are those of the time
    act = law.acts[name].label if name in law.acts else Text(name, name)
    return Text(f"{law.zh} · {act.zh}", f"{law.en} · {act.en}")


def _who(row: Entry, written: Mapping[str, Any]) -> str:
    if row.account is not None:
        return row.account.name
    return {"screen": "部门筛查", "anyone": "公众"}.get(str(written.get("hand")), "系统")
