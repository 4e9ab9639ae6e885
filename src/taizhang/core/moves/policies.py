"""A policy number for a year that the library does not know yet: entered by the office that answers for it, as an entry.

The library's own lines are changed by a new library, not here: only a span without a published value can be filled, and
a line that was entered here can be entered again (the later one stands).
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Final

from django.db import transaction

from taizhang.core import access, chain, editions, numbers
from taizhang.core.clock import Clock
from taizhang.core.models import Area
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import policies
from taizhang.ledger.policies import Policy

SOURCE: Final = 200


def enter(
    actor: access.Actor,
    name: str,
    *,
    area: str,
    begins: date,
    ends: date | None,
    value: str,
    source: str,
    sure: str,
    clock: Clock,
) -> uuid.UUID:
    """Enter a policy number for an area (a path) from a day to a day, as typed (money in yuan, `15 days`); gives the entry.

    Raises NotFound for an unknown number or area, and Refusal: `not_allowed`, `policy_span`, `policy_value`,
    `policy_source`, `policy_known` where the library already has a value on the first day.
    """
    held = None if actor.is_own_hand else access.acting(actor, "policies.enter", area)
    policy = editions.library().policies.get(name)
    if policy is None:
        raise NotFound(Text("这个政策数", "This policy number"))
    if not Area.objects.filter(path=area).exists():
        raise NotFound(Text("这个区划", "This area"))
    _check(policy, area, begins, ends, source, sure)
    written = _read(policy, value)
    says = {
        "name": name, "area": area, "from": begins.isoformat(), "to": ends.isoformat() if ends else None,
        "value": written, "source": source.strip(), "sure": sure,
    }  # fmt: skip
    with transaction.atomic():
        draft = chain.Draft(
            kind=numbers.KIND, received=clock.now(), area=area, account=actor.account, post=held.post if held else None,
            hand=actor.hand, says=says,
        )  # fmt: skip
        chain.append(draft)
    return draft.id


def _check(policy: Policy, area: str, begins: date, ends: date | None, source: str, sure: str) -> None:
    if ends is not None and ends < begins:
        raise Refusal("policy_span", Text("止日不能早于起日。", "The last day is before the first."))
    if not source.strip() or len(source.strip()) > SOURCE:
        raise Refusal(
            "policy_source",
            Text(f"请写明文件名称、文号或网址（不超过 {SOURCE} 字）。", f"Name the document it was read in (at most {SOURCE} characters)."),
        )  # fmt: skip
    if sure not in policies.SURE:
        raise Refusal("policy_source", Text("请选择把握程度。", "Say how sure it is."))
    known = policy.in_force(area, begins)
    if known is not None:
        raise _known(known.begins)


def _known(since: date) -> Refusal:
    day = since.isoformat()
    return Refusal(
        "policy_known",
        Text(f"台账库里已有 {day} 起的数值。", f"The library has a value from {day} on."),
        Text("它有错的，请由系统管理员更换台账库。", "If it is wrong, the system administrator installs a corrected library."),
    )  # fmt: skip


def _read(policy: Policy, typed: str) -> int | str:
    """The value in the unit used inside, as chained bytes keep it."""
    text = typed.strip().replace(",", "").replace("，", "")
    try:
        if policy.type == "int":
            return int(text)
        return policies.amount(policy.type, text)
    except ValueError:
        wanted = {
            "money": Text("写成元，例如 6900 或 6900.50。", "Write yuan, for example 6900 or 6900.50."),
            "int": Text("写整数。", "Write a whole number."),
            "duration": Text("写成 15 days、10 workdays、6 months 的样子。", "Write it like 15 days, 10 workdays, 6 months."),
            "text": Text("写文字。", "Write words."),
        }  # fmt: skip
        raise Refusal(
            "policy_value", Text("这个数值读不懂。", "The value cannot be read."), wanted[policy.type]
        ) from None
